//! Who may import whom.
//!
//! The table lists modules from the first to the last. A module may import every line above its own, and its own
//! line. `only` narrows that to the named modules, `never` takes some away.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown;
use super::source::{CLIENT, Source, read, sources_of};

/// One line of the table.
#[derive(Default)]
struct Line {
    modules: Vec<String>,
    only: Option<Vec<String>>,
    never: Vec<String>,
}

fn table() -> Vec<Line> {
    let block = markdown::block(&read("docs/architecture.md"), "imports");
    block.text.lines().map(line).collect()
}

fn line(text: &str) -> Line {
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let mut parts = text.split('|');
    let mut line = Line {
        modules: names(parts.next().unwrap()),
        ..Line::default()
    };
    for part in parts {
        match part.trim().split_once(' ') {
            Some(("only", rest)) => line.only = Some(names(rest)),
            Some(("never", rest)) => line.never = names(rest),
            _ => panic!("not understood in the import table: {text}"),
        }
    }
    line
}

/// The modules of each line, sorted within the line.
pub(crate) fn tabled() -> Vec<Vec<String>> {
    let sorted = |mut line: Line| {
        line.modules.sort();
        line.modules
    };
    table().into_iter().map(sorted).collect()
}

/// The modules that `src/lib.rs` declares, group by group.
pub(crate) fn declared() -> Vec<Vec<String>> {
    let text = read("src/lib.rs");
    let groups = text.split("\n\n").map(|group| {
        let lines = group.lines();
        let names = lines.filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    groups.filter(|group| !group.is_empty()).collect()
}

/// Every import that the table does not allow.
pub(crate) fn problems() -> Vec<String> {
    let table = table();
    let lines = table.iter().enumerate();
    let position: BTreeMap<&str, usize> = lines
        .flat_map(|(index, line)| line.modules.iter().map(move |name| (name.as_str(), index)))
        .collect();
    let mut problems = Vec::new();
    for source in sources_of(CLIENT) {
        if matches!(source.below(), "lib.rs" | "main.rs") {
            continue;
        }
        let Some(own) = position.get(source.module()) else {
            problems.push(format!(
                "{}: `{}` is not in the table",
                source.path,
                source.module()
            ));
            continue;
        };
        problems.extend(climbs_out(&source));
        for imported in imported(&source) {
            let refused = match position.get(imported.as_str()) {
                None => Some("which is not in the table"),
                Some(_) if imported == source.module() => None,
                Some(other) => refusal(&table, *own, *other, &imported),
            };
            problems
                .extend(refused.map(|why| format!("{}: imports `{imported}`, {why}", source.path)));
        }
    }
    problems
}

fn refusal(table: &[Line], own: usize, other: usize, imported: &str) -> Option<&'static str> {
    let line = &table[own];
    let named = |names: &Vec<String>| names.iter().any(|name| name == imported);
    if named(&line.never) {
        return Some("which it never may");
    }
    if line.only.as_ref().is_some_and(|only| !named(only)) {
        return Some("which is not among the few it may");
    }
    (other > own).then_some("which stands below it")
}

/// The modules that a file names behind `crate::`, its tests included.
fn imported(source: &Source) -> BTreeSet<String> {
    let lines = source.whole.lines();
    let code: Vec<&str> = lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    behind_crate(&code.join("\n")).into_iter().collect()
}

fn behind_crate(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => names.extend(first_words(group)),
            None => names.push(first_word(rest)),
        }
    }
    names
}

/// The first word of each entry of a group of imports, up to its closing brace.
fn first_words(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut entries = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(String::new()),
            _ if depth == 0 => entries.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    let words = entries.iter().map(|entry| first_word(entry.trim()));
    words.filter(|word| !word.is_empty()).collect()
}

fn first_word(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

/// `super::` that climbs to the crate's root would pass by the table.
fn climbs_out(source: &Source) -> Option<String> {
    let climbs = "super::".repeat(source.depth());
    source
        .production
        .contains(&climbs)
        .then(|| format!("{}: `{climbs}` is the crate's root", source.path))
}
