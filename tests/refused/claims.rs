//! What a report claims, held against the report of a run that could read everything.
//!
//! A value may be what it is there, or `null`, or absent, or a range that holds it. A list is a claim about what it does
//! not hold, too. Sentences may differ where they say that something is not known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::relay::WORDS;
use crate::stage::in_one_line;

/// Keys of what is measured, or of what covers the whole report.
const MEASURED: [&str; 13] = [
    "api_requests",
    "api_calls",
    "bytes_received",
    "bytes_sent",
    "digest",
    "elapsed_ms",
    "exit",
    "exit_meaning",
    "instance_url",
    "phases",
    "remaining",
    "requests",
    "summary",
];

/// Lists to which a report may add what it does not know, and from which it may leave out what it does not.
const OPEN: [&str; 4] = ["findings", "manual_steps", "diagnostics", "checks"];

/// Lists that are empty where what they are made of is not known.
const EMPTY_WHERE_UNKNOWN: [&str; 3] = ["roles", "ways_after", "people"];

/// What a sentence has in it that says something is not known.
const UNKNOWN: [&str; 12] = [
    // The finding that access is not known; its sentence stands below its place.
    "OW2059",
    WORDS,
    "not known",
    "not_known",
    "unknown",
    "refused",
    "could not",
    "cannot be read",
    "cannot tell",
    "cannot_tell",
    "nobody can say",
    "did not say",
];

/// Whether a text says that something is not known.
pub(crate) fn is_unknown(text: &str) -> bool {
    UNKNOWN.iter().any(|words| text.contains(words))
}

/// Everything that a report claims otherwise than the true one.
pub(crate) fn false_claims(truth: &Value, told: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", truth, told, &mut found);
    found
}

fn compare(path: &str, truth: &Value, told: &Value, found: &mut Vec<String>) {
    match (truth, told) {
        (_, Value::Null) => {}
        (Value::Object(truth), Value::Object(told)) => fields(path, truth, told, found),
        (Value::Array(truth), Value::Array(told)) => entries(path, truth, told, found),
        (Value::Number(truth), Value::Object(range)) => {
            let truth = truth.as_f64().unwrap_or_default();
            let bounds = range.values().filter_map(Value::as_f64);
            let bounds: Vec<f64> = bounds.collect();
            let below = bounds.iter().any(|bound| *bound <= truth);
            let above = bounds.iter().any(|bound| *bound >= truth);
            if !(bounds.is_empty() || below && above) {
                found.push(format!("{path} is {truth}, told as {range:?}"));
            }
        }
        (_, Value::Object(told)) if is_unknown(&Value::Object(told.clone()).to_string()) => {}
        // A sentence may end before what is not known.
        (Value::String(truth), Value::String(told)) if truth.starts_with(&format!("{told}, ")) => {}
        // Some of it is lost, and maybe all.
        (Value::String(truth), Value::String(told)) if truth == "everything" && told == "part" => {}
        // How many people lose sight is said at most.
        (Value::Number(truth), Value::Number(told))
            if path.contains("users_losing_access[") && told.as_u64() > truth.as_u64() => {}
        // Caution is no claim.
        (Value::Bool(true), Value::Bool(false)) if path.ends_with("converged") => {}
        // Of records of which access is expected, fewer are known.
        (Value::Bool(true), Value::Bool(false)) if is_expected(path, "holds") => {}
        (Value::Number(truth), Value::Number(told))
            if is_expected(path, "as_expected") && told.as_u64() < truth.as_u64() => {}
        (Value::Number(truth), Value::Number(told))
            if is_expected(path, "not_known") && told.as_u64() > truth.as_u64() => {}
        (Value::Null, Value::String(told))
            if is_expected(path, "why_not_known") && is_unknown(told) => {}
        (Value::String(_), Value::String(told)) if is_unknown(told) || is_passing(told) => {}
        (Value::String(truth), Value::String(told)) if is_bound(truth, told) => {}
        (truth, told) if truth != told => found.push(format!("{path} is {truth}, told as {told}")),
        _ => {}
    }
}

/// Whether a path leads to such a value of an entry of `expectations`.
fn is_expected(path: &str, name: &str) -> bool {
    path.contains(".expectations[") && path.ends_with(&format!(".{name}"))
}

/// Whether a sentence says of people that they are up to so many, and they are no more.
fn is_bound(truth: &str, told: &str) -> bool {
    const MOST: &str = "up to ";
    let Some((before, behind)) = told.split_once(MOST) else {
        return false;
    };
    let people = |text: &str| -> Option<(u64, String)> {
        let (number, rest) = text.split_once(' ')?;
        Some((number.replace(',', "").parse().ok()?, rest.to_owned()))
    };
    let truth = truth.strip_prefix(before);
    let truth = truth.map(|truth| truth.strip_prefix(MOST).unwrap_or(truth));
    let both = truth.and_then(people).zip(people(behind));
    both.is_some_and(|((are, of), (most, told))| of == told && are <= most)
}

/// What is another each time.
fn is_passing(text: &str) -> bool {
    text.contains("API calls") || text.contains("seconds apart")
}

type Fields = serde_json::Map<String, Value>;

fn fields(path: &str, truth: &Fields, told: &Fields, found: &mut Vec<String>) {
    if holds_range(truth, told) {
        return;
    }
    // A link of an explanation that may hold claims nothing.
    let says = told.get("says").and_then(Value::as_str);
    if says.is_some_and(|says| says.starts_with("perhaps ")) {
        return;
    }
    let known_fates = fates(truth).zip(fates(told));
    let knows_less = known_fates.is_some_and(|(truth, told)| {
        let within = |place: usize| told[place] <= truth[place];
        told != truth && within(0) && within(1) && within(2)
    });
    for (name, told) in told {
        let is_fate = name.starts_with("lose_") || name == "cannot_tell";
        if MEASURED.contains(&name.as_str()) || is_fate && knows_less {
            continue;
        }
        let path = format!("{path}.{name}");
        match truth.get(name) {
            Some(truth) => compare(&path, truth, told, found),
            None => {
                let bound = ["least", "most", "worst", "between"];
                let is_bound = bound.iter().any(|word| name.contains(word));
                let counts_unknown = path.contains(".why_not.");
                if told.is_number() && !is_bound && !counts_unknown {
                    found.push(format!("{path} = {told} is said only here"));
                }
            }
        }
    }
}

/// Whether a range holds another.
fn holds_range(truth: &Fields, told: &Fields) -> bool {
    let bound = |range: &Fields, name: &str| range.get(name).and_then(Value::as_u64);
    let least = bound(truth, "at_least").zip(bound(told, "at_least"));
    let most = bound(truth, "at_most").zip(bound(told, "at_most"));
    let both = least.zip(most);
    both.is_some_and(|(least, most)| least.1 <= least.0 && most.1 >= most.0)
}

/// Of how many people it is told that they lose all, something (some of it at least), and nothing.
fn fates(fields: &Fields) -> Option<[u64; 3]> {
    let of = |name: &str| fields.get(name).and_then(Value::as_u64);
    let everything = of("lose_everything")?;
    Some([
        everything,
        everything + of("lose_part")?,
        of("lose_nothing")?,
    ])
}

/// Whether of all these people nobody can tell what they lose.
fn is_of_unknown(entry: &Value) -> bool {
    let roles = entry["roles"].as_array().map_or(&[][..], Vec::as_slice);
    roles
        .iter()
        .all(|role| role["cannot_tell"] == role["users"])
}

fn entries(path: &str, truth: &[Value], told: &[Value], found: &mut Vec<String>) {
    let (truth, told) = (labelled(truth), labelled(told));
    let open = OPEN.iter().any(|name| path.ends_with(name));
    for (label, told) in &told {
        match truth.get(label) {
            _ if open && is_unknown(&told.to_string()) => {}
            None if path.ends_with("users_losing_access") && is_of_unknown(told) => {}
            Some(truth) => compare(&format!("{path}[{label}]"), truth, told, found),
            None => found.push(format!("{path} has {told}, which is not so")),
        }
    }
    let is_empty = told.is_empty() && EMPTY_WHERE_UNKNOWN.iter().any(|name| path.ends_with(name));
    if !open && !is_empty {
        let missing = truth.iter().filter(|(label, _)| !told.contains_key(*label));
        found.extend(missing.map(|(_, truth)| format!("{path} lacks {truth}")));
    }
}

/// Entries by what they are about, equal ones numbered.
fn labelled(values: &[Value]) -> BTreeMap<String, &Value> {
    let mut labelled = BTreeMap::new();
    for value in values {
        let keys = [
            "address", "object", "profile", "role", "username", "way", "kind", "name", "code",
            "check", "path", "id",
        ];
        let words = keys.iter().filter_map(|key| value[*key].as_str());
        let mut label = words.collect::<Vec<_>>().join(" ");
        if !value.is_object() {
            label = value.to_string();
        }
        while labelled.contains_key(&label) {
            label.push('\'');
        }
        labelled.insert(label, value);
    }
    labelled
}

/// Everything that a report for people claims otherwise than the true one: another number in the same sentence, or that
/// there is nobody or nothing.
pub(crate) fn false_lines(truth: &str, told: &str) -> Vec<String> {
    let lines = |text: &str| -> BTreeSet<String> {
        let lines = text.lines().map(in_one_line);
        let of_run = |line: &String| {
            let starts = ["org ", "FINDINGS ", "next: "];
            line.contains(" requests") || starts.iter().any(|start| line.starts_with(start))
        };
        lines.filter(|line| !of_run(line)).collect()
    };
    let (truth, told) = (lines(truth), lines(told));
    let forms: BTreeSet<String> = truth.iter().map(|line| form(line)).collect();
    // What is true of nobody and nothing may stand beside what is known otherwise.
    let clauses: BTreeSet<&str> = truth.iter().flat_map(|line| line.split("; ")).collect();
    let nothing = ["nobody", "no one", "none", "No differences"];
    let is_false = |line: &&String| {
        let other_number =
            line.bytes().any(|byte| byte.is_ascii_digit()) && forms.contains(&form(line));
        // A sentence may break before its number. What is told of a gap is compared as a whole.
        let is_broken = line.bytes().all(|byte| byte.is_ascii_digit())
            || line.contains("is finished (")
            || line.starts_with('(') && line.ends_with(" records)");
        let mut new_clauses = line.split("; ").filter(|clause| !clauses.contains(clause));
        let is_nothing = new_clauses.any(|clause| nothing.iter().any(|word| clause.contains(word)));
        (other_number && !is_broken || is_nothing) && !is_unknown(line)
    };
    let new = told.difference(&truth).filter(is_false);
    new.map(|line| format!("the report says {line:?}"))
        .collect()
}

/// A line with its numbers left out.
fn form(line: &str) -> String {
    let mut form = String::new();
    for letter in line.chars() {
        let digit = letter.is_ascii_digit() || letter == ',' && form.ends_with('#');
        match digit {
            true if form.ends_with('#') => {}
            true => form.push('#'),
            false => form.push(letter),
        }
    }
    form
}
