//! Texts without what differs from run to run: ids are named by what they stand for, moments, durations, digests and the
//! place of the org by what they are.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::relay::texts::without_moments;
use crate::rig::Org;

/// What the ids of an org stand for, by their first fifteen characters.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, String>);

/// A query for ids, and the columns that name what they are of.
const NAMED: [(&str, &[&str]); 7] = [
    ("SELECT Id, Name FROM Organization", &["Name"]),
    ("SELECT Id, Username FROM User", &["Username"]),
    ("SELECT Id, Name FROM Profile", &["Name"]),
    ("SELECT Id, DeveloperName FROM UserRole", &["DeveloperName"]),
    (
        "SELECT Id, Type, DeveloperName FROM Group",
        &["Type", "DeveloperName"],
    ),
    (
        "SELECT Id, DeveloperName FROM RecordType",
        &["DeveloperName"],
    ),
    (
        "SELECT Id, Label FROM PermissionSet WHERE IsOwnedByProfile = false",
        &["Label"],
    ),
];

impl Names {
    /// Asks an org for the names of what people set up in it, and of the records of these objects.
    pub(crate) fn of(org: &Org, objects: &[&str]) -> Self {
        let mut names = Self::default();
        for (soql, columns) in NAMED {
            names.take(org, soql, columns);
        }
        let own = "SELECT Id, Profile.Name FROM PermissionSet WHERE IsOwnedByProfile = true";
        names.take(org, own, &["Profile.Name"]);
        let assignments =
            "SELECT Id, Assignee.Username, PermissionSet.Label FROM PermissionSetAssignment";
        names.take(
            org,
            assignments,
            &["Assignee.Username", "PermissionSet.Label"],
        );
        for object in objects {
            let column = match *object {
                "Lead" | "Contact" => "LastName",
                "Case" => "Subject",
                _ => "Name",
            };
            names.take(
                org,
                &format!("SELECT Id, {column} FROM {object}"),
                &[column],
            );
        }
        names
    }

    fn take(&mut self, org: &Org, soql: &str, columns: &[&str]) {
        let table = soql
            .split(" FROM ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        for row in org.query(soql) {
            let value = |path: &&str| {
                let value = path.split('.').fold(&row, |value, key| &value[key]);
                value.as_str().unwrap_or_default().to_owned()
            };
            let name: Vec<String> = columns.iter().map(value).collect();
            let id = row["Id"].as_str().and_then(|id| id.get(..15));
            let name = format!("<{} {}>", table.unwrap_or_default(), name.join("/"));
            id.map(|id| self.0.insert(id.to_owned(), name));
        }
    }

    fn name(&self, word: &str) -> Option<String> {
        // The permission set of a profile is called X and the profile's id.
        let (before, id) = match word.strip_prefix('X') {
            Some(id) if word.len() == 16 => ("X", id),
            _ => ("", word),
        };
        if !matches!(id.len(), 15 | 18) {
            return None;
        }
        let known = self.0.get(id.get(..15)?);
        let unknown = || id.contains("00000").then(|| format!("<id {}>", &id[..3]));
        known
            .cloned()
            .or_else(unknown)
            .map(|name| format!("{before}{name}"))
    }
}

/// A text without what differs from run to run. The addresses are those the org was reached at.
pub(crate) fn text(text: &str, names: &Names, addresses: &[&str]) -> String {
    let mut text = without_moments(text);
    for address in addresses {
        text = text.replace(address, "http://org");
    }
    without_durations(&words(&text, names))
}

/// Every run of letters and digits that is an id or a digest, replaced.
fn words(text: &str, names: &Names) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (word, after) = rest.split_at(length);
        match names.name(word) {
            Some(name) => kept += &name,
            None if is_digest(word) => kept += "<digest>",
            None => kept += word,
        }
        let mut others = after.char_indices();
        let next = others.find(|(_, letter)| letter.is_ascii_alphanumeric());
        let end = next.map_or(after.len(), |(place, _)| place);
        kept += &after[..end];
        rest = &after[end..];
    }
    kept
}

fn is_digest(word: &str) -> bool {
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    matches!(word.len(), 12 | 64) && word.bytes().all(hexadecimal)
}

/// `1.2 s` and `340 ms` become `<duration>`.
fn without_durations(text: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let unit = word.trim_end_matches(['.', ',', ')', '\n']);
        let is_unit = matches!(unit, "s" | "ms" | "µs")
            || unit.starts_with("s\n")
            || unit.starts_with("ms\n");
        let number = |last: &String| {
            let digits = last.rsplit(['(', '\n']).next().unwrap_or_default();
            !digits.is_empty()
                && digits
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        if is_unit && kept.last().is_some_and(number) {
            let before = kept.pop().unwrap_or_default();
            let stem =
                before.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
            let tail = word.trim_start_matches(['m', 'µ', 's']);
            kept.push(format!("{stem}<duration>{tail}"));
        } else {
            kept.push(word.to_owned());
        }
    }
    kept.join(" ")
}

/// JSON without what is measured: times and bytes.
pub(crate) fn unmeasured(value: Value) -> Value {
    let measured = |name: &str| {
        name.ends_with("elapsed_ms")
            || name.starts_with("bytes_")
            || name == "total"
            || name == "done"
    };
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !measured(name));
            Value::Object(
                kept.map(|(name, value)| (name, unmeasured(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.into_iter().map(unmeasured).collect()),
        other => other,
    }
}
