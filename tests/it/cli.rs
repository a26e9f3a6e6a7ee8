//! The program as its users meet it: words in, streams and an exit code out. Only the demo org is used.

mod apply;
mod explaining;
mod files;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

#[cfg(unix)]
use crate::support::signal;

const EMBEDDED: &str = "embedded demo org, no Salesforce org was touched";

/// A folder of its own, a repository's root, with the manifest that `init` writes.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    assert_eq!(run(&folder, &["init"]).code, 0);
    folder
}

/// The program in a folder, with nothing of the tester's environment that it listens to.
fn program(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgwright"));
    command.args(words).current_dir(folder).stdin(Stdio::null());
    for name in [
        "ORGWRIGHT_ORG",
        "SF_TARGET_ORG",
        "SF_ORG_INSTANCE_URL",
        "SF_ACCESS_TOKEN",
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
    ] {
        command.env_remove(name);
    }
    command
}

/// How a run ended.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

fn run(folder: &TempDir, words: &[&str]) -> Run {
    program(folder.path(), words)
        .output()
        .expect("it runs")
        .into()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn help_and_version_end_well_and_a_wrong_command_line_is_64() {
    let folder = folder();
    let check = |words: &[&str], code: i32, told: &str| {
        let run = run(&folder, words);
        assert_eq!(run.code, code, "{words:?}: {}", run.err);
        assert!(
            format!("{}{}", run.out, run.err).contains(told),
            "{words:?}: {}{}",
            run.out,
            run.err
        );
        assert_eq!(
            run.out.is_empty(),
            code != 0,
            "{words:?}: results go to standard output, remarks do not"
        );
    };
    check(&["--help"], 0, "Exit codes:");
    check(&["apply", "--help"], 0, "--expect");
    check(&["--version"], 0, "orgwright ");
    check(&[], 64, "Usage:");
    check(&["plna"], 64, "'plan'");
    check(&["plan", "--detaild-exitcode"], 64, "--detailed-exitcode");
    check(
        &["apply", "--expect", "7f3a"],
        64,
        "12 to 64 hexadecimal digits",
    );
    check(&["apply", "--wait", "soon"], 64, "no such unit");
    for version in ["50.0", "67", "66.1", "latest"] {
        check(&["plan", "--api-version", version], 64, "from 51.0 to 66.0");
    }
    check(&["plan", "--out", "."], 64, "it is a folder");
    check(&["explain", "OW9999"], 64, "no finding `OW9999`");
    check(&["explain", "ow1011"], 0, "OW1011");
    check(
        &["init", "--template", "minimla", "--out", "x.yaml"],
        64,
        "did you mean `minimal`?",
    );
    check(&["plan", "no-such-file.yaml"], 64, "no-such-file.yaml");
}

#[test]
fn only_what_there_is_is_listed() {
    let folder = folder();
    let help = run(&folder, &["--help"]).out;
    let commands = [
        "init",
        "validate",
        "render",
        "plan",
        "apply",
        "verify",
        "explain",
        "field-test",
        "emulator",
        "reset",
        "schema",
        "completions",
        "man",
    ];
    for command in commands {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
        assert_eq!(run(&folder, &[command, "--help"]).code, 0, "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            run(&folder, &["completions", shell])
                .out
                .contains("orgwright"),
            "{shell}"
        );
    }
    assert!(run(&folder, &["man"]).out.contains(".TH"));
    assert_eq!(json(&run(&folder, &["schema"]).out)["type"], "object");
}

#[test]
fn init_leaves_an_existing_file_alone() {
    let folder = folder();
    let path = folder.path().join("orgwright.yaml");
    std::fs::write(&path, "mine").unwrap();
    assert_eq!(run(&folder, &["init"]).code, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn the_nearest_manifest_up_to_the_repositorys_root_is_taken() {
    let folder = folder();
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    let found: Run = program(&inner, &["validate"]).output().unwrap().into();
    assert_eq!(found.code, 0, "{}", found.err);
    std::fs::create_dir(inner.join(".git")).unwrap();
    let none: Run = program(&inner, &["validate"]).output().unwrap().into();
    assert_eq!(none.code, 64);
    assert!(none.err.contains("OW0001"), "{}", none.err);
}

#[test]
fn every_mistake_is_told_at_once_to_people_and_to_scripts() {
    let folder = folder();
    let path = folder.path().join("orgwright.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replace("cloneFrom", "clonedFrom")
            .replace("ReadWrite", "ReadWritee"),
    )
    .unwrap();
    let run = run(&folder, &["validate", "--format", "json"]);
    assert_eq!(run.code, 65);
    let error = &json(&run.out)["error"];
    assert_eq!(error["exit"], 65);
    assert_eq!(error["diagnostics"].as_array().unwrap().len(), 2);
    for told in [
        "did you mean `cloneFrom`?",
        "orgwright.yaml:",
        "clonedFrom: System",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
}

#[test]
fn the_org_has_to_be_named_where_something_points_at_one() {
    let check = |name: &str, value: &str, told: &str| {
        let folder = folder();
        let run: Run = program(folder.path(), &["plan"])
            .env(name, value)
            .output()
            .unwrap()
            .into();
        assert_eq!(run.code, 64, "{name}");
        assert!(run.err.contains(told), "{}", run.err);
        assert!(!folder.path().join(".orgwright").exists());
    };
    check("SF_TARGET_ORG", "uat", "--org sf:uat");
    check(
        "SF_ORG_INSTANCE_URL",
        "https://acme.my.salesforce.com",
        "--org env",
    );
    let folder = folder();
    let targets = "[targets.uat]\nauth = 'access_token'\ninstance_url = 'https://acme.my.salesforce.com'\ntoken_env = 'T'\n";
    std::fs::write(folder.path().join("orgwright.toml"), targets).unwrap();
    let run_with = |words: &[&str]| run(&folder, words);
    assert!(run_with(&["plan"]).err.contains("--org uat"));
    let unknown = run_with(&["plan", "--org", "utt"]);
    assert!(
        unknown.code == 64 && unknown.err.contains("did you mean `uat`?"),
        "{}",
        unknown.err
    );
}

#[test]
fn a_plan_names_the_org_first_and_last_and_fits_the_page() {
    let folder = folder();
    let plan = run(&folder, &["plan"]);
    assert_eq!((plan.code, plan.err.as_str()), (0, ""));
    assert_eq!(plan.out.lines().next(), Some(EMBEDDED));
    assert!(
        plan.out.lines().last().unwrap().starts_with(EMBEDDED),
        "{}",
        plan.out
    );
    assert!(
        plan.out.contains("to create, ") && plan.out.contains("next: orgwright apply --expect ")
    );
    assert!(
        plan.out.lines().all(|line| line.chars().count() <= 80) && !plan.out.contains('\u{1b}')
    );
    let ascii: Run = program(folder.path(), &["plan"])
        .env("LC_ALL", "C")
        .output()
        .unwrap()
        .into();
    assert!(ascii.out.is_ascii());
    let colored = run(&folder, &["plan", "--color=always"]);
    assert!(colored.out.contains("\u{1b}[32m"));
}

#[test]
fn a_machines_plan_is_data_only_and_the_same_each_time() {
    let folder = folder();
    let first = run(
        &folder,
        &["plan", "--format", "json", "--detailed-exitcode"],
    );
    assert_eq!(first.code, 2, "{}", first.err);
    assert_eq!(first.err.lines().collect::<Vec<_>>(), [EMBEDDED, EMBEDDED]);
    assert_eq!(json(&first.out)["format_version"], "2.0");
    assert_eq!(json(&first.out)["exit"], 2);
    let again = ["plan", "--format", "json", "--detailed-exitcode"];
    let again = run(&folder, &again).out;
    assert!(
        again == first.out,
        "the same org and manifest give the same bytes"
    );
    let markdown = run(&folder, &["plan", "--format", "markdown"]).out;
    assert!(markdown.starts_with("<!-- orgwright plan"), "{markdown}");
    assert!(
        run(&folder, &["plan", "--format", "html"])
            .out
            .starts_with("<!DOCTYPE html>")
    );
}

#[test]
fn reset_starts_the_demo_org_afresh() {
    let folder = folder();
    run(&folder, &["plan"]);
    assert!(folder.path().join(".orgwright/embedded.json").exists());
    let reset = run(&folder, &["reset"]);
    assert!(reset.code == 0 && reset.out.trim_end().ends_with(EMBEDDED));
    assert!(!folder.path().join(".orgwright/embedded.json").exists());
    assert_eq!(run(&folder, &["reset"]).code, 0);
}

#[cfg(unix)]
#[test]
fn the_emulator_says_where_it_is_and_ends_when_told() {
    let folder = folder();
    let mut child = program(folder.path(), &["emulator"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready = json(&line);
    assert!(
        ready["base_url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    assert!(ready["access_token"].as_str().unwrap().starts_with("00D"));
    let keys: Vec<_> = ready.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["base_url", "access_token", "username", "api_version"]
    );
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut rest)
        .unwrap();
    assert_eq!(rest, "");
    assert!(!folder.path().join(".orgwright").exists());
}
