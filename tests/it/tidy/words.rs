//! Words that belong to somebody's machine, not to the project.

use super::source::{files, read};

/// Put together here, so that this file does not hold them.
const FORBIDDEN: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("docs", ".rs/"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("/", "work/"),
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
];

/// Every line that holds one of them.
pub(crate) fn problems() -> Vec<String> {
    let folders = [
        "src",
        "crates",
        "tests",
        "benches",
        "docs",
        "manifests",
        "templates",
        ".ci",
    ];
    let mut paths: Vec<String> = folders
        .iter()
        .flat_map(|folder| files(folder, ""))
        .collect();
    paths.extend(["README.md".to_owned(), "Cargo.toml".to_owned()]);
    let mut problems = Vec::new();
    for path in paths {
        for (number, line) in read(&path).lines().enumerate() {
            let found = FORBIDDEN.iter().find(|word| holds(line, word));
            problems.extend(found.map(|word| format!("{path}:{}: `{word}`", number + 1)));
        }
    }
    problems
}

/// A path of a machine begins there; `https://acme.example/home/` does not.
fn holds(line: &str, word: &str) -> bool {
    let within_address = |position: usize| {
        let before = line[..position].chars().next_back();
        word.starts_with('/') && before.is_some_and(char::is_alphanumeric)
    };
    line.match_indices(word)
        .any(|(position, _)| !within_address(position))
}
