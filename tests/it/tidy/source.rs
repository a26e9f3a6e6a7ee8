//! The project's files as the checks look at them: production code apart from tests, code apart from comments.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the code of each crate stands.
pub(crate) const CLIENT: &str = "src";
pub(crate) const EMULATOR: &str = "crates/emulator/src";

/// One Rust file of a crate.
pub(crate) struct Source {
    /// The folder of its crate's code: `src`.
    root: &'static str,
    /// Its path from the repository's root: `src/kinds/role.rs`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) whole: String,
    /// The text without comments, up to the inline test module; empty for files that only tests use.
    pub(crate) production: String,
}

impl Source {
    /// Its path below the crate's code: `kinds/role.rs` for `src/kinds/role.rs`.
    pub(crate) fn below(&self) -> &str {
        &self.path[self.root.len() + 1..]
    }

    /// The module below the crate's root that the file belongs to: `kinds` for `src/kinds/role.rs`.
    pub(crate) fn module(&self) -> &str {
        let first = self.below().split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep it stands: 1 for `src/kinds.rs`, 2 for `src/kinds/role.rs`.
    pub(crate) fn depth(&self) -> usize {
        self.below().matches('/').count() + 1
    }
}

/// The text of a file, by its path from the repository's root.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below `folder` whose name ends so, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.to_str().unwrap().replace('\\', "/")),
            }
        }
    }
    found.retain(|path| path.ends_with(ending));
    found.sort();
    found
}

/// Every file of every crate.
pub(crate) fn sources() -> Vec<Source> {
    [CLIENT, EMULATOR]
        .into_iter()
        .flat_map(sources_of)
        .collect()
}

/// Every file of the crate whose code stands there.
pub(crate) fn sources_of(root: &'static str) -> Vec<Source> {
    let texts: Vec<(String, String)> = files(root, ".rs")
        .into_iter()
        .map(|path| (path.clone(), read(path)))
        .collect();
    let for_tests: BTreeSet<String> = texts
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let source = |(path, whole): (String, String)| {
        let module = path.strip_suffix(".rs").unwrap();
        let production = match for_tests.iter().any(|test| module.starts_with(test)) {
            true => String::new(),
            false => production(&whole),
        };
        Source {
            root,
            path,
            whole,
            production,
        }
    };
    texts.into_iter().map(source).collect()
}

/// The files behind `#[cfg(test)] mod NAME;`, as paths without ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let module = path.strip_suffix(".rs").unwrap();
    let folder = module.strip_suffix("/lib").unwrap_or(module);
    let lines: Vec<&str> = text.lines().collect();
    let names = lines.windows(2).filter_map(|pair| {
        let (_, name) = pair[1].strip_suffix(';')?.split_once("mod ")?;
        is_for_tests(pair[0]).then_some(name)
    });
    names.map(|name| format!("{folder}/{name}")).collect()
}

fn is_for_tests(attribute: &str) -> bool {
    attribute == "#[cfg(test)]" || attribute.starts_with("#[cfg(all(test, ")
}

/// The code up to the inline test module, which is the last thing in a file.
fn production(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |pair: &[&str]| {
        is_for_tests(pair[0]) && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    };
    let end = lines.windows(2).position(opens_tests);
    let lines = lines.iter().take(end.unwrap_or(lines.len()));
    let code: Vec<&str> = lines.map(|line| without_comment(line)).collect();
    code.join("\n")
}

/// A line without its comment; the line itself stays, so that lines can be counted.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split(" // ").next().unwrap()
}
