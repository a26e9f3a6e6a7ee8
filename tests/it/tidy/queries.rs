//! Where query text and the names of columns may stand: rooms above say what they need, and read typed parts.

use super::source::{CLIENT, Source, sources_of};

/// The room of the org, and where a query that a manifest brings is taken apart.
const PLACES: [&str; 2] = ["src/live", "src/soql/selection_of_ids.rs"];

/// What a query begins with, and what stands in any.
const QUERY: [&str; 2] = ["SELECT ", " FROM "];

/// How a column is read by name. Columns begin with a capital, keys of manifests do not.
const COLUMN: [&str; 5] = [
    ".text(\"",
    ".flag(\"",
    ".number(\"",
    ".owned(\"",
    ".children(\"",
];

fn may_stand_in(path: &str) -> bool {
    PLACES.iter().any(|place| {
        let below = path.strip_prefix(place);
        below.is_some_and(|rest| matches!(rest, "" | ".rs") || rest.starts_with('/'))
    })
}

/// The first query or column that the code holds.
fn found_in(source: &Source) -> Option<&str> {
    let code = source.production.as_str();
    let lines = code.lines();
    let mut found =
        lines.filter(|line| QUERY.iter().any(|word| line.contains(word)) || reads_column(line));
    found.next().map(str::trim)
}

fn reads_column(line: &str) -> bool {
    COLUMN.iter().any(|reader| {
        let mut behind = line.split(reader).skip(1);
        behind.any(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    })
}

/// Queries and columns in other places than theirs, and places that hold none.
pub(crate) fn problems() -> Vec<String> {
    let sources = sources_of(CLIENT);
    let found: Vec<(&str, &str)> = sources
        .iter()
        .filter_map(|source| Some((source.path.as_str(), found_in(source)?)))
        .collect();
    let astray = found.iter().filter(|(path, _)| !may_stand_in(path));
    let astray = astray.map(|(path, line)| format!("{path}: {line}"));
    let idle = PLACES.iter().filter(|place| {
        let mut paths = found.iter().map(|(path, _)| path);
        !paths.any(|path| path.starts_with(*place))
    });
    let idle = idle.map(|place| format!("{place} holds no query"));
    astray.chain(idle).collect()
}
