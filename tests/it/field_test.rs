//! Field tests: what is expected of an org, told without a write; the record of one, without a word of its content, and
//! as good as the org for a plan.

mod canaries;
mod renamed;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::host::{Host, JSON, response};
use crate::support::{Org, Run, finish, program};

/// A folder of its own, a repository's root, with the manifest that `init` writes.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    assert_eq!(finish(&mut program(folder.path(), &["init"])).code, 0);
    folder
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).expect("a file")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// A field test of an org.
fn tested(org: &Org, folder: &Path, words: &[&str]) -> Run {
    let mut all = vec!["field-test"];
    all.extend(words);
    finish(&mut org.program(folder, &all))
}

/// Approves a record as a person does who read its page elsewhere.
fn approve(folder: &Path, record: &str) -> Run {
    let shown = finish(&mut program(folder, &["field-test", "--approve", record]));
    assert_eq!(shown.code, 64, "{}", shown.err);
    assert!(
        shown.out.contains("# Read this before you send the folder"),
        "{}",
        shown.out
    );
    let digest = shown
        .err
        .lines()
        .find_map(|line| line.strip_prefix("digest of the folder: "));
    let digest = digest.expect("the digest is told").trim().to_owned();
    let words = ["field-test", "--approve", record, "--expect", &digest];
    finish(&mut program(folder, &words))
}

/// A seed that makes the org a sandbox: a minimal org in which everything is asked.
fn sandbox(folder: &Path) -> String {
    let seed = folder.join("sandbox");
    std::fs::create_dir_all(&seed).expect("a folder");
    std::fs::write(seed.join("org.json"), r#"{"is_sandbox": true}"#).expect("a file");
    seed.to_string_lossy().into_owned()
}

fn outcome<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = report["expectations"].as_array().expect("expectations");
    let found = all.iter().find(|one| one["id"] == id);
    found.unwrap_or_else(|| panic!("there is no {id}"))
}

/// The files of the demo org in a folder, with their content.
fn demo_org(folder: &Path) -> Vec<(std::path::PathBuf, Option<Vec<u8>>)> {
    let files = std::fs::read_dir(folder.join(".orgwright"));
    let files = files
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.path());
    let mut files: Vec<_> = files
        .map(|path| (path.clone(), std::fs::read(path).ok()))
        .collect();
    files.sort();
    files
}

#[test]
fn the_demo_org_is_as_expected_and_nothing_is_written_to_it() {
    let folder = folder();
    assert_eq!(finish(&mut program(folder.path(), &["plan"])).code, 0);
    let before = demo_org(folder.path());
    let words = ["field-test", "--format", "json", "--record", "record"];
    let run = finish(&mut program(folder.path(), &words));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = json(&run.out);
    assert_eq!(report["does_not_hold"], 0);
    assert!(
        report["holds"].as_u64().expect("a number") >= 25,
        "{report}"
    );
    assert_eq!(outcome(&report, "FT202")["outcome"], "holds");
    assert_eq!(outcome(&report, "FT301")["outcome"], "not_tried");
    let all = report["expectations"].as_array().expect("expectations");
    let document = read("docs/field-test.md");
    for one in all {
        let row = format!(
            "| {} | {} |",
            one["id"].as_str().expect("an id"),
            one["expects"].as_str().expect("a text")
        );
        assert!(document.contains(&row), "docs/field-test.md lacks {row}");
    }
    for one in all.iter().filter(|one| one["outcome"] == "not_tried") {
        assert!(!one["seen"].as_str().expect("a reason").is_empty(), "{one}");
    }
    // The org writes its state before it answers a write.
    assert!(demo_org(folder.path()) == before, "the org was written to");
}

#[test]
fn what_does_not_hold_is_said_with_what_it_means() {
    let folder = folder();
    let faults = folder.path().join("faults.json");
    let refused = r#"[{"path": "/tooling", "status": 400, "code": "INVALID_TYPE"}]"#;
    std::fs::write(&faults, refused).expect("a file");
    let org = Org::start(
        folder.path(),
        &[
            "--seed",
            &sandbox(folder.path()),
            "--faults",
            &faults.to_string_lossy(),
        ],
    );
    let run = tested(&org, folder.path(), &[]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    for part in [
        "DOES NOT HOLD FT",
        "FT202 PermissionDependency",
        "INVALID_TYPE",
        "so: nothing changes: a built-in list",
    ] {
        assert!(run.words().contains(part), "{part}: {}", run.out);
    }
    assert!(
        run.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        run.out
    );
}

#[test]
fn production_is_asked_under_its_name_one_query_at_a_time_and_counts_nothing() {
    let folder = folder();
    let org = Org::start(folder.path(), &[]);
    let unnamed = tested(&org, folder.path(), &[]);
    assert_eq!(unnamed.code, 64, "{}", unnamed.err);
    let rows = org.query("SELECT Name FROM Organization");
    let name = rows[0]["Name"].as_str().expect("a name").to_owned();
    assert!(
        unnamed.words().contains("OW0017") && unnamed.words().contains(&name),
        "{}",
        unnamed.err
    );
    let other = tested(&org, folder.path(), &["--production", "Somebody Else"]);
    assert_eq!(other.code, 64, "{}", other.err);
    let words = [
        "--production",
        &name,
        "--record",
        "record",
        "--format",
        "json",
    ];
    let run = tested(&org, folder.path(), &words);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = json(&run.out);
    for id in ["FT111", "FT127", "FT128", "FT133", "FT203"] {
        assert_eq!(outcome(&report, id)["outcome"], "not_tried", "{id}");
    }
    let record = json(&read(folder.path().join("record/record.json")));
    let asked = record["transcripts"].as_array().expect("transcripts");
    let queries = asked.iter().filter_map(|one| one["asked"]["soql"].as_str());
    for query in queries.filter(|query| query.contains("COUNT")) {
        let of_setup = ["FROM ObjectPermissions", "FROM Group", "FROM UserRole"];
        assert!(
            of_setup.iter().any(|setup| query.contains(setup)),
            "{query}"
        );
    }
}

#[test]
fn a_fifth_of_the_calls_is_left_to_others() {
    let folder = folder();
    let host = Host::start(|head| {
        let limits = format!("{JSON}Sforce-Limit-Info: api-usage=81/100\r\n");
        let body = match head {
            head if head.contains("/services/data ") => r#"[{"version": "66.0"}]"#,
            head if head.contains("userinfo") => {
                r#"{"preferred_username": "ada@acme.example", "organization_id": "00D000000000062EAA"}"#
            }
            _ => {
                r#"{"compositeResponse": [{"referenceId": "r0", "httpStatusCode": 200, "body": {"Id": "00D000000000062EAA", "Name": "Acme", "IsSandbox": true}}]}"#
            }
        };
        response("200 OK", &limits, body)
    });
    let mut command = program(folder.path(), &["field-test", "--org", "env"]);
    command
        .env("SF_ACCESS_TOKEN", "00D000000000062!canary")
        .env("SF_ORG_INSTANCE_URL", &host.url);
    let run = finish(&mut command);
    assert_eq!(run.code, 75, "{}{}", run.out, run.err);
    assert!(
        run.words().contains("19 of its 100 API calls left"),
        "{}",
        run.err
    );
    let asked = host
        .seen()
        .into_iter()
        .filter(|head| head.contains("composite"));
    assert_eq!(asked.count(), 1, "nothing is asked after that");
}

#[test]
fn a_record_is_of_no_use_before_its_page_was_approved_and_after_a_change() {
    let folder = folder();
    let run = finish(&mut program(
        folder.path(),
        &["field-test", "--record", "record"],
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    let planned = || {
        let words = ["plan", "record/orgwright.yaml", "--org", "replay:record"];
        finish(&mut program(folder.path(), &words))
    };
    let refused = |told: &str| {
        let run = planned();
        assert_eq!(run.code, 64, "{}{}", run.out, run.err);
        assert!(
            run.words().contains("OW0018") && run.words().contains(told),
            "{}",
            run.err
        );
    };
    refused("nobody has approved the record in record");
    let words = [
        "field-test",
        "--approve",
        "record",
        "--expect",
        "0123456789ab",
    ];
    assert_eq!(finish(&mut program(folder.path(), &words)).code, 5);
    refused("nobody has approved");
    assert_eq!(approve(folder.path(), "record").code, 0);
    let run = planned();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out
            .starts_with("org replay:record: a record, no org was asked"),
        "{}",
        run.out
    );
    assert!(
        !run.out.contains("next:"),
        "nothing can be applied: {}",
        run.out
    );
    let words = [
        "apply",
        "record/orgwright.yaml",
        "--org",
        "replay:record",
        "--yes",
    ];
    let applied = finish(&mut program(folder.path(), &words));
    assert_eq!(applied.code, 64, "{}", applied.err);
    assert!(
        applied.words().contains("a record is no org"),
        "{}",
        applied.err
    );
    let path = folder.path().join("record/record.json");
    let text = read(&path);
    std::fs::write(&path, text.replacen("transcripts", "transcripts ", 1)).expect("a file");
    refused("was changed after somebody approved it");
}

#[test]
fn a_record_lies_in_a_folder_of_its_own_and_without_the_names() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("record")).expect("a folder");
    std::fs::write(folder.path().join("record/mine.txt"), "mine").expect("a file");
    let again = finish(&mut program(
        folder.path(),
        &["field-test", "--record", "record"],
    ));
    assert_eq!(
        again.code, 64,
        "a record is never mixed with anything: {}",
        again.err
    );
    let words = [
        "field-test",
        "--record",
        "other",
        "--names",
        "other/names.json",
    ];
    let within = finish(&mut program(folder.path(), &words));
    assert_eq!(within.code, 64, "{}", within.err);
}

#[test]
fn what_was_not_asked_is_refused_and_a_folder_that_is_no_record_too() {
    let folder = folder();
    let run = finish(&mut program(
        folder.path(),
        &["field-test", "--record", "record"],
    ));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(approve(folder.path(), "record").code, 0);
    // The record was made of a manifest about leads.
    let manifest =
        read(folder.path().join("record/orgwright.yaml")).replace("\"Lead\"", "\"Case\"");
    std::fs::write(folder.path().join("case.yaml"), manifest).expect("a file");
    let words = ["plan", "case.yaml", "--org", "replay:record"];
    let other = finish(&mut program(folder.path(), &words));
    assert_eq!(other.code, 1, "{}{}", other.out, other.err);
    assert!(other.words().contains("NOT_IN_THE_RECORD"), "{}", other.err);
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    for name in ["replay:empty", "replay:nowhere", "replay:"] {
        let run = finish(&mut program(folder.path(), &["plan", "--org", name]));
        assert_eq!(run.code, 64, "{name}: {}", run.err);
        assert!(run.words().contains("OW0019"), "{name}: {}", run.err);
    }
}
