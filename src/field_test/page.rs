//! The page that a person reads before a record leaves the house: what is in it, what was kept, what was replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::content::is_shape;
use super::names::Pseudonyms;

/// Kept numbers that are shown of one sort.
const MOST_NUMBERS: usize = 40;

/// The page about these files.
pub(super) fn page(files: &BTreeMap<String, String>, record: &Value, names: &Pseudonyms) -> String {
    let mut text = String::from(
        "# Read this before you send the folder\n\n\
         This folder is the record of a field test of orgwright against your org. It is meant for people who look for a \
         fault without a log-in to your org. It holds every question that was asked and every answer, with the content \
         replaced. Nothing was changed in your org.\n\n\
         Open `record.json` and look for anything that you would not show a stranger. If you find it, do not send the \
         folder, and tell us what kind of thing it was.\n\n",
    );
    let _ = writeln!(text, "## What is in the folder\n");
    for (name, content) in files {
        let _ = writeln!(text, "- `{name}`: {} bytes", content.len());
    }
    let asked = record.get("transcripts").and_then(Value::as_array);
    let _ = writeln!(
        text,
        "\n{} questions with their answers.\n",
        asked.map_or(0, Vec::len)
    );
    let _ = writeln!(text, "## What was replaced\n");
    for (what, number) in names.replaced() {
        let _ = writeln!(text, "- {number} {what}");
    }
    text.push_str(
        "\nThe same name has the same pseudonym everywhere; a pseudonym says nothing about the name but whether it was \
         written in small letters, and whether `HubSpot` is part of it. Of a record id only the three characters stay that \
         say of which object it is. Every day is moved by the same number of days, which is written nowhere.\n\n\
         ## What was kept\n\nThe shape of the org: how many roles, profiles and users there are and which belongs to which; \
         whether something is ticked. These numbers, since without them no count can be looked into:\n\n",
    );
    let mut numbers = BTreeMap::new();
    gather(None, record, &mut numbers);
    for (key, values) in &numbers {
        let shown: Vec<String> = values
            .iter()
            .take(MOST_NUMBERS)
            .map(u64::to_string)
            .collect();
        let more = match values.len().saturating_sub(MOST_NUMBERS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(text, "- `{key}`: {}{more}", shown.join(", "));
    }
    text.push_str(
        "\nThese words, and no others. They are the platform's own, or orgwright's; where something of yours is called by \
         one of them, its name is kept as well:\n\n",
    );
    let kept: Vec<String> = names
        .kept()
        .keys()
        .map(|word| format!("`{word}`"))
        .collect();
    let _ = writeln!(text, "{}\n", kept.join(", "));
    text.push_str(
        "## What you do next\n\nUntil a person has approved this page, `orgwright --org replay:DIR` refuses the folder:\n\n\
         ```\norgwright field-test --approve DIR\n```\n\nWhoever changes a file after that has to approve again.\n",
    );
    text
}

/// The numbers that were kept, by what they stand under.
fn gather<'a>(
    key: Option<&'a str>,
    value: &'a Value,
    numbers: &mut BTreeMap<&'a str, BTreeSet<u64>>,
) {
    match value {
        Value::Number(number) => {
            if let (Some(key), Some(number)) = (key.filter(|key| is_shape(key)), number.as_u64()) {
                numbers.entry(key).or_default().insert(number);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(key, item, numbers)),
        Value::Object(entries) => {
            for (key, value) in entries {
                gather(Some(key), value, numbers);
            }
        }
        _ => {}
    }
}
