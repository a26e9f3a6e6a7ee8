//! Names of types: none of the standard prelude's, and none twice within the client.

use std::collections::{BTreeMap, BTreeSet};

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

/// Where a name of the prelude still stands. A name that is mended comes off this list.
const OPEN_PRELUDE: [&str; 1] = ["crates/emulator/src/faults.rs: Drop"];

/// Names that two types of the client still have. A name that is mended comes off this list.
const OPEN_TWICE: [&str; 6] = ["Answer", "Profile", "Resource", "Role", "Row", "User"];

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

/// What is not on its list of open names, and what is on it for no reason.
fn against(found: BTreeSet<String>, open: &[&str]) -> Vec<String> {
    let open: BTreeSet<String> = open.iter().map(|name| (*name).to_owned()).collect();
    let mended = open.difference(&found);
    let mended = mended.map(|name| format!("{name} is mended: take it off the list"));
    found.difference(&open).cloned().chain(mended).collect()
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
    against(found.collect(), &OPEN_PRELUDE)
}

/// Names that more than one type of the client has.
pub(crate) fn twice() -> Vec<String> {
    let sources = sources_of(CLIENT);
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in &sources {
        for name in declared(source) {
            files.entry(name).or_default().push(&source.path);
        }
    }
    let twice = files.iter().filter(|(_, files)| files.len() > 1);
    let names = twice.clone().map(|(name, _)| (*name).to_owned());
    let mut problems = against(names.collect(), &OPEN_TWICE);
    for (name, files) in twice {
        let unlisted = problems.iter_mut().filter(|problem| *problem == name);
        unlisted.for_each(|problem| *problem = format!("{name}: {}", files.join(", ")));
    }
    problems
}
