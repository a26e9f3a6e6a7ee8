//! How tests are kept: short files, the same inputs in every run, no outcome that hangs on time.

use super::size::functions;
use super::source::{files, read};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 80;

/// What is longer than that, and how long it may be at most. The list may only shrink.
const LONG: &[(&str, usize)] = &[
    ("crates/emulator/tests/emulator/sharing/setup.rs", 490),
    (
        "crates/emulator/tests/emulator/sharing/setup.rs every_change_of_setup_is_remembered",
        95,
    ),
    ("tests/it/sharing/criteria.rs table", 130),
];

/// Files that look again after a moment, with a bound that no busy machine comes to.
const LOOK_AGAIN: [&str; 3] = [
    "tests/faults/clock.rs",
    "tests/killed.rs",
    "tests/killed/agreed.rs",
];

/// Files of tests alone: those below the code they test are counted with it.
fn test_files() -> Vec<(String, String)> {
    let folders = ["tests", "crates/emulator/tests"];
    let paths = folders.iter().flat_map(|folder| files(folder, ".rs"));
    paths.map(|path| (path.clone(), read(path))).collect()
}

/// Test files and functions that are too long.
pub(crate) fn too_long() -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in test_files() {
        let lines = text.lines().count();
        found.extend((lines > LONGEST_FILE).then(|| (path.clone(), lines)));
        let long = functions(&text).into_iter();
        let long = long.filter(|(_, lines)| *lines > LONGEST_FUNCTION);
        found.extend(long.map(|(name, lines)| (format!("{path} {name}"), lines)));
    }
    let allowed = |name: &str| LONG.iter().find(|(long, _)| *long == name);
    found.retain(|(name, lines)| allowed(name).is_none_or(|(_, most)| lines > most));
    found
        .iter()
        .map(|(name, lines)| format!("{name} has {lines} lines"))
        .collect()
}

/// Tests that would see other inputs in another run, or end otherwise on a busier machine.
pub(crate) fn unsteady() -> Vec<String> {
    let paths = ["src", "tests", "crates"];
    let paths = paths.iter().flat_map(|folder| files(folder, ".rs"));
    paths.flat_map(|path| unsteady_in(&path)).collect()
}

fn unsteady_in(path: &str) -> Vec<String> {
    let text = read(path);
    let count = |words: &str| text.matches(words).count();
    let own_seeds = concat!("ProptestConfig::with", "_cases(");
    let laws = count(concat!("proptest! ", "{\n"));
    let mut found = Vec::new();
    if laws != count(concat!("#![proptest", "_config(")) || count(own_seeds) > 0 {
        found.push(format!("{path}: tries laws not as `testing::law` says"));
    }
    let sleeps = count(concat!("thread::sl", "eep(")) + count(concat!("time::sl", "eep("));
    if sleeps > 0 && path.contains("tests/") && !LOOK_AGAIN.contains(&path) {
        found.push(format!("{path}: sleeps"));
    }
    found
}
