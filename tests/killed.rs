//! A run that is killed: SIGKILL at each step of an apply, then the same command again.
//!
//! **Promise:** wherever a run was killed, the next one finishes the work: one user, one role, one profile, one rule,
//! everything proved, and nothing left in the way.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The steps to be killed at: an event of the stream, and its stage where it has one.
const STEPS: [(&str, Option<u64>); 9] = [
    ("stage_started", Some(1)),
    ("deploy_started", Some(1)),
    ("stage_started", Some(2)),
    ("written", Some(2)),
    ("stage_started", Some(3)),
    ("deploy_started", Some(3)),
    ("written", Some(3)),
    ("deploy_started", Some(5)),
    ("stage_done", Some(5)),
];

/// A folder of its own with the manifest that `init` writes.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    assert_eq!(finish(&folder, &["init"]).0, 0);
    folder
}

/// The program in a folder, with nothing of the tester's environment that names an org.
fn program(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgwright"));
    command.args(words).current_dir(folder).stdin(Stdio::null());
    for name in [
        "ORGWRIGHT_ORG",
        "SF_TARGET_ORG",
        "SF_ORG_INSTANCE_URL",
        "SF_ACCESS_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

fn finish(folder: &TempDir, words: &[&str]) -> (i32, String) {
    let output = program(folder.path(), words).output().expect("it runs");
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!told.contains("panicked at"), "{told}");
    (output.status.code().unwrap_or(-1), told)
}

/// Applies and kills the process as soon as it tells of the step; false where the run ended without.
fn killed_at(folder: &TempDir, event: &str, stage: Option<u64>) -> bool {
    let mut command = program(folder.path(), &["apply", "--yes", "--format", "json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let met = lines.map_while(Result::ok).any(|line| {
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        told["event"] == event && told["stage"].as_u64() == stage
    });
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    met
}

/// How many there are of everything an apply could make twice.
fn counts(folder: &TempDir) -> BTreeMap<&'static str, usize> {
    let file = folder.path().join(".orgwright/embedded.json");
    let text = std::fs::read(file).expect("the state of the demo org");
    let state: Value = serde_json::from_slice(&text).expect("JSON");
    let many = |name: &'static str| {
        let size = state["org"][name].as_object().map(serde_json::Map::len);
        (name, size.unwrap_or_else(|| panic!("no {name}")))
    };
    let kinds = [
        "users",
        "roles",
        "profiles",
        "groups",
        "assignments",
        "rules",
        "rules_in_force",
        "containers",
    ];
    kinds.map(many).into()
}

/// What is wrong after a run that was killed at the step and the one after it, if anything is.
fn problem(event: &str, stage: Option<u64>, expected: &BTreeMap<&str, usize>) -> Option<String> {
    let folder = folder();
    if !killed_at(&folder, event, stage) {
        return Some("the run ended before it came there".to_owned());
    }
    let (code, told) = finish(&folder, &["apply", "--yes"]);
    if code != 0 {
        return Some(format!("the next run ended with {code}: {told}"));
    }
    let (code, told) = finish(&folder, &["plan", "--detailed-exitcode"]);
    if code != 0 {
        return Some(format!("planning again finds changes: {told}"));
    }
    let found = counts(&folder);
    (found != *expected).then(|| format!("there are {found:?} instead of {expected:?}"))
}

#[test]
#[expect(clippy::print_stderr, reason = "an enumeration says what it counted")]
fn a_killed_run_is_finished_by_the_next() {
    let whole = folder();
    let (code, told) = finish(&whole, &["apply", "--yes"]);
    assert_eq!(code, 0, "{told}");
    let expected = counts(&whole);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let expected = &expected;
        let killed = STEPS.map(|(event, stage)| {
            let checked = scope.spawn(move || problem(event, stage, expected));
            (event, stage, checked)
        });
        let problems = killed.into_iter().filter_map(|(event, stage, checked)| {
            let problem = checked.join().expect("no panic")?;
            Some(format!("killed at {event} of stage {stage:?}: {problem}"))
        });
        problems.collect()
    });
    eprintln!("killed at {} steps, {} wrong", STEPS.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
