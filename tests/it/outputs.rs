//! Reports in files: every format of one run, errors in each of them, and what build servers are told.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod denied;
mod github;
pub(crate) mod junit;
pub(crate) mod sarif;
pub(crate) mod schemas;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, finish, program};

const FILES: [&str; 5] = ["r.json", "r.md", "r.html", "r.sarif", "r.junit.xml"];
/// What a comment on GitHub holds at most, in bytes.
pub(crate) const COMMENT: usize = 65_536;

/// A folder of its own, a repository's root, with the manifest that `init` writes.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    assert_eq!(run(&folder, &["init"]).code, 0);
    folder
}

fn run(folder: &TempDir, words: &[&str]) -> Run {
    finish(&mut program(folder.path(), words))
}

/// The same with every file asked for.
fn run_into_files(folder: &TempDir, words: &[&str]) -> Run {
    let files = FILES.iter().flat_map(|file| ["--out", file]);
    let words: Vec<&str> = words.iter().copied().chain(files).collect();
    run(folder, &words)
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

fn edit(folder: &TempDir, from: &str, to: &str) {
    let path = folder.path().join("orgwright.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Every file of a run holds what its format demands, and how the run ended.
fn judge(folder: &TempDir, code: i32, told: &str) {
    let data: Value = serde_json::from_str(&read(folder, "r.json")).unwrap();
    assert_eq!(data["exit"], code, "{data}");
    assert!(data["exit_meaning"].is_string() && data["format_version"].is_string());
    assert_eq!(data["tool"]["name"], "orgwright");
    assert!(data["time"].is_null(), "no time unless it is asked for");
    let comment = read(folder, "r.md");
    assert!(
        comment.starts_with("<!-- orgwright ") && comment.contains(told),
        "{comment}"
    );
    assert!(comment.len() < COMMENT);
    let page = read(folder, "r.html");
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains(told),
        "{page}"
    );
    let sarif = sarif::judged(&read(folder, "r.sarif"));
    assert_eq!(sarif["runs"][0]["invocations"][0]["exitCode"], code);
    junit::judged(&read(folder, "r.junit.xml"));
}

#[test]
fn one_run_fills_every_file_and_standard_output_keeps_its_format() {
    let folder = folder();
    let planned = run_into_files(&folder, &["plan", "--format", "markdown"]);
    assert_eq!(planned.code, 0, "{}", planned.err);
    assert_eq!(planned.out, read(&folder, "r.md"));
    judge(&folder, 0, "OW2003");
    let applied = run_into_files(&folder, &["apply", "--plan", "r.json", "--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    judge(&folder, 0, "done");
    let result: Value = serde_json::from_str(&read(&folder, "r.json")).unwrap();
    assert_eq!(result["verification"]["converged"], true);
    let verified = run_into_files(&folder, &["verify", "--format", "html"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert_eq!(verified.out, read(&folder, "r.html"));
    judge(&folder, 0, "as the manifest says");
}

#[test]
fn a_file_that_names_no_format_is_refused_with_those_there_are() {
    let folder = folder();
    let refused = run(&folder, &["plan", "--out", "r.md", "--out", "plan.xml"]);
    assert_eq!(refused.code, 64, "{}", refused.err);
    assert!(
        refused.words().contains(".junit.xml, .json, .md"),
        "{}",
        refused.err
    );
    assert!(read(&folder, "r.md").contains("OW1093"));
    assert!(!folder.path().join("plan.xml").exists());
    let refused = run(
        &folder,
        &["access", "--user", "a@b.example", "--out", "r.sarif"],
    );
    assert_eq!(refused.code, 64, "{}", refused.err);
}

#[test]
fn why_a_run_ended_stands_in_every_format() {
    let folder = folder();
    edit(&folder, "access: ReadWrite", "access: Write");
    for verb in ["plan", "verify", "apply"] {
        let words: &[&str] = match verb {
            "apply" => &["apply", "--yes"],
            _ => &[verb],
        };
        let ended = run_into_files(&folder, words);
        assert_eq!(ended.code, 65, "{}", ended.err);
        judge(&folder, 65, "OW1014");
        let comment = read(&folder, "r.md");
        assert!(
            comment.starts_with(&format!("<!-- orgwright {verb} ")),
            "{comment}"
        );
        assert!(
            comment.contains("orgwright.yaml:") && comment.contains("help:"),
            "{comment}"
        );
        let sarif: Value = serde_json::from_str(&read(&folder, "r.sarif")).unwrap();
        let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(region["artifactLocation"]["uri"], "orgwright.yaml");
        assert!(region["region"]["startLine"].as_u64().unwrap() > 1);
        assert!(read(&folder, "r.junit.xml").contains("<error type=\"OW1014\""));
    }
    for format in ["markdown", "html", "json"] {
        let ended = run(&folder, &["plan", "--format", format]);
        assert!(ended.out.contains("OW1014"), "{format}: {}", ended.out);
    }
}

#[test]
fn a_refusal_by_a_guard_and_a_differing_org_stand_in_every_format() {
    let folder = folder();
    let path = folder.path().join("orgwright.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}  limits: {{usersLosingAccess: 1}}\n")).unwrap();
    let refused = run_into_files(&folder, &["apply", "--yes"]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    judge(&folder, 4, "OW4001");
    let differs = run_into_files(&folder, &["verify"]);
    assert_ne!(differs.code, 0);
    judge(&folder, differs.code, "orgwright verify");
}

#[test]
fn a_time_is_said_where_it_is_asked_for_and_nowhere_else() {
    let folder = folder();
    run_into_files(&folder, &["plan"]);
    let first: Vec<String> = FILES.iter().map(|file| read(&folder, file)).collect();
    run_into_files(&folder, &["plan"]);
    let second: Vec<String> = FILES.iter().map(|file| read(&folder, file)).collect();
    assert_eq!(first, second);
    run_into_files(&folder, &["plan", "--stamp"]);
    let data: Value = serde_json::from_str(&read(&folder, "r.json")).unwrap();
    let time = data["time"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.len() == 20, "{time}");
    assert!(read(&folder, "r.md").contains(&time[..11]));
    sarif::judged(&read(&folder, "r.sarif"));
    junit::judged(&read(&folder, "r.junit.xml"));
}

#[cfg(unix)]
#[test]
fn no_file_is_written_through_a_link() {
    let folder = folder();
    let aim = folder.path().join("aim");
    fs::write(&aim, "old").unwrap();
    for name in FILES {
        std::os::unix::fs::symlink(&aim, folder.path().join(name)).unwrap();
        let refused = run(&folder, &["plan", "--out", name]);
        assert_eq!(refused.code, 64, "{name}: {}", refused.err);
    }
    assert_eq!(fs::read_to_string(Path::new(&aim)).unwrap(), "old");
}
