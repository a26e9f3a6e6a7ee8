//! Names of types: none of the standard prelude's, and none twice within the client.

use std::collections::BTreeMap;

use super::source::{CLIENT, Source, sources, sources_of};

/// Types and traits that every module sees without importing them (`std::prelude::rust_2024`).
const PRELUDE: [&str; 37] = [
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Into",
    "IntoIterator",
    "Iterator",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// Names of the types that a file declares at its top level.
fn declared(source: &Source) -> Vec<&str> {
    let lines = source.production.lines();
    lines.filter_map(declared_in).collect()
}

/// The name of the type that a line declares.
fn declared_in(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest.split_once(' ')?.1,
        None => line,
    };
    let words = ["struct ", "enum ", "trait ", "type ", "union "];
    let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

/// Types that redefine a name of the prelude.
pub(crate) fn of_the_prelude() -> Vec<String> {
    let sources = sources();
    let found = sources.iter().flat_map(|source| {
        let names = declared(source).into_iter();
        names
            .filter(|name| PRELUDE.contains(name))
            .map(|name| format!("{}: {name}", source.path))
    });
    found.collect()
}

/// Names that more than one type of the client has.
pub(crate) fn twice() -> Vec<String> {
    let client = sources_of(CLIENT);
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in &client {
        for name in declared(source) {
            files.entry(name).or_default().push(&source.path);
        }
    }
    let twice = files.iter().filter(|(_, files)| files.len() > 1);
    let told = twice.map(|(name, files)| format!("{name}: {}", files.join(", ")));
    told.collect()
}
