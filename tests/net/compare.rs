//! Two recordings beside each other: what differs, sorted by its kind, and which of it was foreseen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::record::Kept;

/// Differences of one kind that are shown one by one.
const SHOWN: usize = 3;

/// A difference: `-` was said before, `+` is said now, `~` is said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// What was said: `plan.json`, `deploy`, `requests/plan`.
    part: String,
    /// Sign and line, with the names of the pair left out.
    shape: String,
    /// Sign and line as they are.
    line: String,
}

/// What differs between two recordings of a pair.
pub(crate) fn differences(before: &Kept, after: &Kept) -> Vec<Difference> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = String::new();
    let mut found = Vec::new();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        if was == is {
            continue;
        }
        let (was, is) = (was.unwrap_or(&none), is.unwrap_or(&none));
        let part = match name.split_once('/') {
            Some(("deploy", path)) => {
                let folder = path.split('/').nth(1).unwrap_or(path);
                format!("deploy/{folder}")
            }
            _ => name.clone(),
        };
        let lines = match name.ends_with(".json") {
            true => of_json(was, is),
            false => of_text(was, is),
        };
        let lines = lines.into_iter();
        found.extend(lines.map(|(shape, line)| Difference {
            part: part.clone(),
            shape,
            line,
        }));
    }
    found
}

/// Shape and line of each difference.
type Lines = Vec<(String, String)>;

fn of_text(was: &str, is: &str) -> Lines {
    let counted = |text: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in text.lines() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
        counts
    };
    let (was_counted, is_counted) = (counted(was), counted(is));
    let mut found = Lines::new();
    let mut missing =
        |sign: char, these: &BTreeMap<String, usize>, those: &BTreeMap<String, usize>| {
            for (line, count) in these {
                let other = those.get(line).copied().unwrap_or_default();
                for _ in other..*count {
                    found.push((format!("{sign} {}", shape(line)), format!("{sign} {line}")));
                }
            }
        };
    missing('-', &was_counted, &is_counted);
    missing('+', &is_counted, &was_counted);
    if found.is_empty() {
        let order = String::from("~ the same lines in another order");
        found.push((order.clone(), order));
    }
    found
}

/// A line with its names and numbers left out.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' | '"' | '`' => {
                quoted = !quoted;
                shape.push(letter);
            }
            _ if quoted => {}
            letter if letter.is_ascii_digit() => {
                if !shape.ends_with('#') {
                    shape.push('#');
                }
            }
            letter => shape.push(letter),
        }
    }
    shape
}

fn of_json(was: &str, is: &str) -> Lines {
    let (was, is) = (flat(was), flat(is));
    let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut found = Lines::new();
    for path in paths {
        let line = match (was.get(path), is.get(path)) {
            (Some(was), Some(is)) if was == is => continue,
            (Some(was), Some(is)) => ('~', format!("{path} = {was} → {is}")),
            (Some(was), None) => ('-', format!("{path} = {was}")),
            (None, is) => ('+', format!("{path} = {}", is.cloned().unwrap_or_default())),
        };
        let (sign, line) = line;
        found.push((
            format!("{sign} {}", path_shape(path)),
            format!("{sign} {line}"),
        ));
    }
    found
}

/// A path with the names of list entries left out.
fn path_shape(path: &str) -> String {
    let mut depth = 0_usize;
    let mut shape = String::new();
    for letter in path.chars() {
        match letter {
            '[' => {
                depth += 1;
                if depth == 1 {
                    shape.push_str("[*]");
                }
            }
            ']' => depth = depth.saturating_sub(1),
            letter if depth == 0 => shape.push(letter),
            _ => {}
        }
    }
    shape
}

/// Every value of a JSON text by its path. Entries of a list are named by what they are about.
fn flat(text: &str) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    match serde_json::from_str(text) {
        Ok(value) => lay("", &value, &mut flat),
        Err(_) if text.is_empty() => {}
        Err(_) => drop(flat.insert("text".to_owned(), text.to_owned())),
    }
    flat
}

fn lay(path: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                lay(&format!("{path}{dot}{name}"), value, flat);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for value in values {
                let label = label(value);
                let count = seen.entry(label.clone()).or_default();
                *count += 1;
                let label = if *count > 1 {
                    format!("{label} {count}")
                } else {
                    label
                };
                lay(&format!("{path}[{label}]"), value, flat);
            }
        }
        other => drop(flat.insert(path.to_owned(), other.to_string())),
    }
}

/// What an entry of a list is about.
fn label(value: &Value) -> String {
    let keys = [
        "event", "stage", "address", "object", "profile", "kind", "name", "code", "path", "id",
        "record", "phase",
    ];
    let words = keys.iter().filter_map(|key| match &value[*key] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A difference that is meant: a pattern in which `*` stands for anything, and why.
#[derive(Debug)]
pub(crate) struct Allowed {
    pattern: String,
    reason: String,
}

impl Allowed {
    /// Reads the list: `PATTERN  # REASON` on each line; empty lines and lines of `#` are for people.
    ///
    /// # Panics
    /// At a line without a reason.
    pub(crate) fn read(text: &str) -> Vec<Self> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let one = |line: &str| {
            let (pattern, reason) = line.split_once("  # ").unwrap_or((line, ""));
            assert!(!reason.trim().is_empty(), "no reason is given for {line:?}");
            Self {
                pattern: pattern.trim().to_owned(),
                reason: reason.trim().to_owned(),
            }
        };
        lines.map(one).collect()
    }

    /// Whether this is the difference that is meant: the pattern fits `PART: LINE`.
    fn fits(&self, difference: &Difference) -> bool {
        fits(
            &self.pattern,
            &format!("{}: {}", difference.part, difference.line),
        )
    }
}

/// Whether a text is what a pattern says.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(place) => rest = &rest[place + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Differences of all pairs, and what they come to.
#[derive(Default)]
pub(crate) struct Tally {
    pairs: usize,
    alike: usize,
    /// By part and shape: the pairs, and some lines.
    groups: BTreeMap<(String, String), (BTreeSet<u64>, BTreeSet<String>)>,
    /// How many differences each pattern has allowed.
    allowed: BTreeMap<usize, usize>,
}

impl Tally {
    /// Notes the differences of a pair.
    pub(crate) fn note(&mut self, pair: u64, differences: Vec<Difference>, allowed: &[Allowed]) {
        self.pairs += 1;
        self.alike += usize::from(differences.is_empty());
        for difference in differences {
            let meant = allowed.iter().position(|allowed| allowed.fits(&difference));
            if let Some(meant) = meant {
                *self.allowed.entry(meant).or_default() += 1;
                continue;
            }
            let group = (difference.part, difference.shape);
            let (pairs, lines) = self.groups.entry(group).or_default();
            pairs.insert(pair);
            if lines.len() < SHOWN {
                lines.insert(format!("{pair:>4}: {}", difference.line));
            }
        }
    }

    /// Whether nothing differs but what is meant.
    pub(crate) fn holds(&self) -> bool {
        self.groups.is_empty()
    }

    /// Everything for people: the most common first within each part.
    pub(crate) fn report(&self, allowed: &[Allowed]) -> String {
        let mut text = format!("{} pairs, {} alike in everything\n", self.pairs, self.alike);
        for (number, allowed) in allowed.iter().enumerate() {
            let count = self.allowed.get(&number).copied().unwrap_or_default();
            let _ = writeln!(
                text,
                "allowed {count:>6}  {}  # {}",
                allowed.pattern, allowed.reason
            );
        }
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups
            .sort_by_key(|((part, _), (pairs, _))| (part.clone(), std::cmp::Reverse(pairs.len())));
        let mut last = "";
        for ((part, shape), (pairs, lines)) in groups {
            if part != last {
                let _ = writeln!(text, "\n{part}");
                last = part;
            }
            let _ = writeln!(text, "  {} pairs  {shape}", pairs.len());
            for line in lines {
                let _ = writeln!(text, "      {line}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, text: &str) -> Kept {
        Kept::from([(name.to_owned(), text.to_owned())])
    }

    fn lines(name: &str, was: &str, is: &str) -> Vec<String> {
        let found = differences(&kept(name, was), &kept(name, is));
        found
            .into_iter()
            .map(|difference| difference.line)
            .collect()
    }

    #[test]
    fn a_value_is_told_by_what_it_is_about() {
        let was = r#"{"impact": [{"object": "Lead", "users": 3}, {"object": "Case", "users": 1}]}"#;
        let is =
            r#"{"impact": [{"object": "Case", "users": 1}, {"object": "Lead", "users": null}]}"#;
        assert_eq!(
            lines("plan.json", was, is),
            ["~ impact[Lead].users = 3 → null"]
        );
    }

    #[test]
    fn lines_are_told_by_what_is_gone_and_what_is_new() {
        assert_eq!(lines("plan.txt", "a\nb\nb\n", "b\na\nc\n"), ["- b", "+ c"]);
        assert_eq!(
            lines("plan.txt", "a\nb\n", "b\na\n"),
            ["~ the same lines in another order"]
        );
    }

    #[test]
    fn what_is_meant_does_not_count() {
        let allowed = Allowed::read("# for people\nplan.json: ~ *digest = *  # it covers more\n");
        let mut tally = Tally::default();
        let found = differences(
            &kept("plan.json", r#"{"digest": 1, "n": 1}"#),
            &kept("plan.json", r#"{"digest": 2, "n": 1}"#),
        );
        tally.note(7, found, &allowed);
        assert!(tally.holds());
        let found = differences(
            &kept("plan.json", r#"{"n": 1}"#),
            &kept("plan.json", r#"{"n": 2}"#),
        );
        tally.note(7, found, &allowed);
        assert!(!tally.holds());
    }
}
