//! Who may import whom.
//!
//! The table lists modules from the first to the last. A module may import every line above its own, and in the client
//! its own line. `only` narrows that to the named modules, `never` takes some away.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown;
use super::source::{CLIENT, EMULATOR, Source, read, sources_of};

/// A crate whose modules a document puts in order.
pub(crate) struct Floors {
    /// Where its code stands.
    root: &'static str,
    /// The document with its table.
    document: &'static str,
    /// Whether modules of one line may import each other.
    within_lines: bool,
    /// Whether tests inside the modules are held to the table as well.
    tests: bool,
}

pub(crate) const CRATES: [Floors; 2] = [
    Floors {
        root: CLIENT,
        document: "docs/architecture.md",
        within_lines: true,
        tests: true,
    },
    Floors {
        root: EMULATOR,
        document: "crates/emulator/docs/architecture.md",
        within_lines: false,
        tests: false,
    },
];

/// One line of the table.
#[derive(Default)]
struct Line {
    modules: Vec<String>,
    only: Option<Vec<String>>,
    never: Vec<String>,
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

impl Floors {
    fn table(&self) -> Vec<Line> {
        let block = markdown::block(&read(self.document), "imports");
        block.text.lines().map(line).collect()
    }

    /// The modules of each line, sorted within the line.
    pub(crate) fn tabled(&self) -> Vec<Vec<String>> {
        let sorted = |mut line: Line| {
            line.modules.sort();
            line.modules
        };
        self.table().into_iter().map(sorted).collect()
    }

    /// The modules that `lib.rs` declares, group by group.
    pub(crate) fn declared(&self) -> Vec<Vec<String>> {
        let text = read(format!("{}/lib.rs", self.root));
        let groups = text.split("\n\n");
        let groups = groups.filter(|group| !group.contains("#[cfg(test)]"));
        let groups = groups.map(|group| group.lines().filter_map(declared_module).collect());
        groups.filter(|group: &Vec<_>| !group.is_empty()).collect()
    }

    /// Every import that the table does not allow.
    pub(crate) fn problems(&self) -> Vec<String> {
        let table = self.table();
        let lines = table.iter().enumerate();
        let position: BTreeMap<&str, usize> = lines
            .flat_map(|(index, line)| line.modules.iter().map(move |name| (name.as_str(), index)))
            .collect();
        let mut problems = Vec::new();
        for source in sources_of(self.root) {
            if matches!(source.below(), "lib.rs" | "main.rs") {
                continue;
            }
            let (path, module) = (&source.path, source.module());
            let Some(own) = position.get(module) else {
                if self.tests || !source.production.is_empty() {
                    problems.push(format!("{path}: `{module}` is not in the table"));
                }
                continue;
            };
            problems.extend(climbs_out(&source));
            for imported in self.imported(&source) {
                let refused = match position.get(imported.as_str()) {
                    None => Some("which is not in the table"),
                    Some(_) if imported == module => None,
                    Some(other) => self.refusal(&table, *own, *other, &imported),
                };
                problems.extend(refused.map(|why| format!("{path}: imports `{imported}`, {why}")));
            }
        }
        problems
    }

    fn refusal(
        &self,
        table: &[Line],
        own: usize,
        other: usize,
        imported: &str,
    ) -> Option<&'static str> {
        let line = &table[own];
        let named = |names: &Vec<String>| names.iter().any(|name| name == imported);
        if named(&line.never) {
            return Some("which it never may");
        }
        if line.only.as_ref().is_some_and(|only| !named(only)) {
            return Some("which is not among the few it may");
        }
        if other == own && !self.within_lines {
            return Some("which stands beside it");
        }
        (other > own).then_some("which stands below it")
    }

    /// The modules that a file names behind `crate::`.
    fn imported(&self, source: &Source) -> BTreeSet<String> {
        let held = if self.tests {
            &source.whole
        } else {
            &source.production
        };
        let code: Vec<&str> = held
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        behind_crate(&code.join("\n")).into_iter().collect()
    }
}

fn declared_module(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let name = line.strip_prefix("mod ")?.strip_suffix(';')?;
    Some(name.to_owned())
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
