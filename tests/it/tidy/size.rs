//! How long files and functions may be. Tests are not counted.

use super::source::sources;

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

/// What is longer than that, and how long it may be at most: a file, or a file and its function. The list may only
/// shrink; a line that is no longer needed fails the test.
const KNOWN: &[(&str, usize)] = &[
    // The emulator: tables and records written out, one format or one view each.
    ("crates/emulator/src/documents/sharing_rules.rs", 440),
    ("crates/emulator/src/seed/demo/records.rs", 480),
    ("crates/emulator/src/seed/standard.rs", 450),
    ("crates/emulator/src/views.rs", 440),
];

/// Everything too long, and every exception that is needed no more.
pub(crate) fn problems() -> Vec<String> {
    let sources = sources();
    let mut long: Vec<(String, usize)> = Vec::new();
    for source in &sources {
        let lines = source.production.lines().count();
        if lines > LONGEST_FILE {
            long.push((source.path.clone(), lines));
        }
        let functions = functions(&source.production).into_iter();
        let functions = functions.filter(|(_, lines)| *lines > LONGEST_FUNCTION);
        long.extend(functions.map(|(name, lines)| (format!("{} {name}", source.path), lines)));
    }
    let mut problems: Vec<String> = long
        .iter()
        .filter_map(|(name, lines)| {
            let most = KNOWN.iter().find(|(known, _)| known == name)?.1;
            (*lines > most).then(|| format!("{name} grew from {most} to {lines} lines"))
        })
        .collect();
    let unknown = long
        .iter()
        .filter(|(name, _)| !KNOWN.iter().any(|(known, _)| known == name));
    problems.extend(unknown.map(|(name, lines)| format!("{name} has {lines} lines")));
    let gone = KNOWN
        .iter()
        .filter(|(known, _)| !long.iter().any(|(name, _)| name == known));
    problems
        .extend(gone.map(|(known, _)| format!("{known} is short enough now: not an exception")));
    problems
}

/// Every function with its length. Formatted code closes a function in the column it begins in.
pub(super) fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        if line.ends_with(';') || line.ends_with('}') {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let rest = lines.iter().skip(start);
        let length = rest.take_while(|line| **line != closing).count() + 1;
        functions.push((name, length));
    }
    functions
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let modifiers = before.split_whitespace();
    let mut modifiers = modifiers.map(|word| word.split('(').next().unwrap_or_default());
    let declares = modifiers.all(|word| matches!(word, "pub" | "const" | "async"));
    let end = after.find(['(', '<'])?;
    declares.then(|| &after[..end])
}
