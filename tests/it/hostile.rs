//! Bad input and bad luck: files that are no manifests, hosts that are no orgs, runs that are killed. Nothing panics,
//! everything ends with its exit code, and what was killed is finished by the next run.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use crate::support::host::{Host, JSON, response};
use crate::support::{Org, Run, finish, program};
use serde_json::Value;
use tempfile::TempDir;

const MANIFEST: &str = include_str!("../scenarios/fresh-org/manifest.yaml");
const TOKEN: &str = "00D000000000062!canary.TOKEN";

/// A folder of its own, a repository's root, with a manifest.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("orgwright.yaml"), MANIFEST).unwrap();
    folder
}

#[test]
fn files_that_are_no_manifests_are_refused_with_a_sentence() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("a-folder")).unwrap();
    let check = |name: &str, content: &[u8], code: i32| {
        if !content.is_empty() || name == "empty" {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        for command in ["validate", "plan"] {
            let run = finish(&mut program(folder.path(), &[command, name]));
            assert_eq!(run.code, code, "{command} {name}: {}", run.err);
            assert!(run.err.contains("error[OW"), "{name}: {}", run.err);
            assert!(run.err.len() < 20_000, "{name}: {} bytes", run.err.len());
        }
        let started = folder.path().join(".orgwright").exists();
        assert!(
            !started,
            "{name}: no org is started for what cannot be read"
        );
    };
    let bomb = bomb();
    let deep = "[".repeat(100_000);
    let mappings = format!("a: {}1{}", "{a: ".repeat(5_000), "}".repeat(5_000));
    let big = format!("{MANIFEST}# {}\n", "x".repeat(5 << 20));
    check("empty", b"", 65);
    check("blank", b"\n\n  \n", 65);
    check("big", big.as_bytes(), 65);
    check("big-list", "- 1\n".repeat(1 << 20).as_bytes(), 65);
    check("latin-1", b"apiVersion: orgwright/v1\nkind: \xe9\n", 65);
    check("zeros", &[0; 4096], 65);
    check("utf-16", b"\xff\xfea\0:\0 \x001\0", 65);
    check("bomb", bomb.as_bytes(), 65);
    check("deep", deep.as_bytes(), 65);
    check("deep-mappings", mappings.as_bytes(), 65);
    check("an-archive", b"PK\x03\x04\x14\0\0\0\x08\0", 65);
    check("a-scalar", b"hello", 65);
    check("two-documents", b"a: 1\n---\nb: 2\n", 65);
    check(
        "controls",
        b"metadata: {name: \"\x1b]52;c;aGk=\x07\"}\n",
        65,
    );
    check("a-folder", b"", 64);
    check("not-there", b"", 64);
}

/// Nine levels of nine aliases each.
fn bomb() -> String {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (inner, outer) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        let aliases = vec![format!("*{inner}"); 9].join(",");
        text += &format!("{outer}: &{outer} [{aliases}]\n");
    }
    text
}

/// Plans against a host.
fn plan_at(url: &str) -> Run {
    let folder = folder();
    let run = finish(
        program(folder.path(), &["plan", "--org", "env"])
            .env("SF_ACCESS_TOKEN", TOKEN)
            .env("SF_ORG_INSTANCE_URL", url),
    );
    let streams = format!("{}{}", run.out, run.err);
    assert!(!streams.contains("canary"), "the token is shown: {streams}");
    run
}

fn check_host(code: i32, told: &str, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) {
    let run = plan_at(&Host::start(answer).url);
    assert_eq!(run.code, code, "{told}: {}{}", run.out, run.err);
    let words = run.words();
    assert!(words.contains(told), "{told:?} is not in: {words}");
}

const HTML: &str = "Content-Type: text/html;charset=UTF-8\r\n";
const PAGE: &str =
    "<!DOCTYPE html><html><title>Down for maintenance</title><body>Sorry</body></html>";

#[test]
fn a_page_is_not_taken_for_data() {
    check_host(1, "OW3004", |_| response("200 OK", HTML, PAGE));
    check_host(1, "OW3004", |_| response("200 OK", JSON, PAGE));
    check_host(75, "OW3005", |_| {
        response("503 Service Unavailable", HTML, PAGE)
    });
    check_host(75, "OW3005", |_| {
        response("503 Service Unavailable", "Retry-After: 3600\r\n", "")
    });
}

#[test]
fn half_answers_are_told() {
    check_host(1, "OW300", |_| response("200 OK", JSON, "[{\"label\":"));
    check_host(1, "OW300", |_| {
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n[{"
            .to_vec()
    });
    check_host(1, "OW300", |_| response("200 OK", JSON, ""));
    check_host(1, "OW300", |_| response("200 OK", JSON, "\"not a list\""));
    check_host(1, "OW300", |_| {
        response("200 OK", JSON, &"[".repeat(200_000))
    });
    check_host(1, "OW300", |_| {
        response(
            "200 OK",
            &format!("{JSON}Content-Encoding: gzip\r\n"),
            "no gzip",
        )
    });
}

#[test]
fn hosts_that_hang_up_are_told() {
    check_host(1, "OW3001", |_| Vec::new());
    check_host(1, "OW300", |_| b"220 mail.example ESMTP\r\n".to_vec());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let run = plan_at(&format!("http://{address}"));
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("OW3001"), "{}", run.err);
}

#[test]
fn a_redirect_is_not_followed_and_both_hosts_are_named() {
    check_host(1, "elsewhere.example", |_| {
        response("302 Found", "Location: http://elsewhere.example/\r\n", "")
    });
}

#[test]
fn a_host_that_is_no_salesforce_host_gets_no_token() {
    for url in [
        "https://acme.example",
        "https://salesforce.com.evil.example",
        "http://acme.my.salesforce.com",
        "https://user:secret@acme.my.salesforce.com",
        "ftp://acme.my.salesforce.com",
        "not a url",
        "",
    ] {
        let run = plan_at(url);
        assert_eq!(run.code, 64, "{url}: {}", run.err);
    }
}

/// The faults of an org that otherwise is one.
fn with_faults(folder: &Path, faults: &str) -> Org {
    std::fs::write(folder.join("faults.json"), faults).unwrap();
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");
    Org::start(folder, &["--seed", seeds, "--faults", "faults.json"])
}

#[test]
fn a_wrong_token_is_a_log_in_failure() {
    let folder = folder();
    let org = with_faults(folder.path(), "[]");
    let run = finish(
        org.program(folder.path(), &["plan"])
            .env("SF_ACCESS_TOKEN", "00D000000000062!canary.WRONG"),
    );
    assert_eq!(run.code, 77, "{}", run.err);
    assert!(!run.err.contains("canary"), "{}", run.err);
    let none = finish(
        org.program(folder.path(), &["plan"])
            .env_remove("SF_ACCESS_TOKEN"),
    );
    assert!([64, 77].contains(&none.code), "{}: {}", none.code, none.err);
}

/// Loses the answer to one request. The run may find out by itself what became of it, or say that it does not know;
/// then the next one finishes.
fn check_lost(fault: &str) {
    let folder = folder();
    let org = with_faults(folder.path(), fault);
    let apply = || finish(&mut org.program(folder.path(), &["apply", "--yes", "--wait", "20s"]));
    let first = apply();
    assert!(
        [0, 6].contains(&first.code),
        "{fault}: {}{}",
        first.out,
        first.err
    );
    let second = apply();
    assert_eq!(second.code, 0, "{fault}: {}{}", second.out, second.err);
    assert_converged(&org, folder.path());
}

/// Plans and applies while an org misbehaves, then without: exit codes, and that the second run finishes.
fn check_fault(fault: &str, plan: i32, applies: &[i32]) {
    let folder = folder();
    let org = with_faults(folder.path(), fault);
    let run = finish(&mut org.program(folder.path(), &["plan"]));
    assert_eq!(run.code, plan, "{fault}: {}", run.err);
    for exit in applies {
        let run = finish(&mut org.program(folder.path(), &["apply", "--yes", "--wait", "20s"]));
        assert_eq!(run.code, *exit, "{fault}: {}{}", run.out, run.err);
    }
    if applies.last() == Some(&0) {
        assert_converged(&org, folder.path());
    }
}

/// Nothing is left to do, and the user is there once.
fn assert_converged(org: &Org, folder: &Path) {
    let run = finish(&mut org.program(folder, &["plan", "--detailed-exitcode"]));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        org.query("SELECT Name FROM User WHERE LastName = 'Integration'")
            .len(),
        1
    );
}

#[test]
fn reads_are_asked_again_and_pages_are_not_believed() {
    let page = r#""status": 503, "answer": "<html>", "content_type": "text/html""#;
    check_fault(
        &format!(r#"[{{"path": "/composite", "times": 1, {page}}}]"#),
        0,
        &[0],
    );
    check_fault(&format!(r#"[{{"path": "/composite", {page}}}]"#), 75, &[75]);
    check_fault(
        r#"[{"path": "/Soap/m/", "status": 200, "answer": "<a><b></a>", "content_type": "text/xml"}]"#,
        1,
        &[1],
    );
    check_fault(
        r#"[{"path": "/Soap/m/", "status": 200, "answer": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "content_type": "text/xml"}]"#,
        1,
        &[1],
    );
    check_fault(
        r#"[{"path": "/composite", "status": 200, "answer": "{\"compositeResponse\":[]}"}]"#,
        1,
        &[1],
    );
    check_fault(
        r#"[{"path": "/composite", "times": 1, "drop": "after"}]"#,
        0,
        &[0],
    );
}

#[test]
fn a_source_in_part_is_retrieved_for_the_plan_and_applied_by_its_digest() {
    let folder = folder();
    let lists = r#"["fieldPermissions", "tabVisibilities", "applicationVisibilities"]"#;
    let fault = format!(r#"[{{"body": "fullNames>Admin<", "without": {lists}}}]"#);
    let org = with_faults(folder.path(), &fault);
    let planned = finish(&mut org.program(folder.path(), &["plan", "--format", "json"]));
    let told = "retrieving Profile Admin: the org gave it without";
    assert!(planned.err.contains(told), "{}", planned.err);
    let plan: Value = serde_json::from_str(&planned.out).expect("JSON");
    assert_eq!(plan["retrieved"], serde_json::json!(["Profile Admin"]));
    let digest = plan["digest"].as_str().expect("a digest");
    let words = ["apply", "--expect", digest, "--wait", "20s"];
    let run = finish(&mut org.program(folder.path(), &words));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_converged(&org, folder.path());
}

#[test]
fn a_lost_answer_is_looked_up_and_nothing_is_made_twice() {
    for lost in [
        r#""drop": "after""#,
        r#""drop": "before""#,
        r#""spoil": "truncated""#,
    ] {
        let records =
            format!(r#"[{{"path": "/composite", "body": "sobjects/User\"", "times": 1, {lost}}}]"#);
        check_lost(&records);
    }
    for skip in 0..3 {
        let deploy = format!(
            r#"[{{"path": "/Soap/m/", "body": "<deploy", "skip": {skip}, "times": 1, "drop": "after"}}]"#
        );
        check_lost(&deploy);
    }
}

/// Runs apply on the demo org inside the program, kills it at the line of its progress that holds `at`, and runs again.
#[cfg(unix)]
fn check_killed(at: &str) {
    let folder = folder();
    let mut child = program(folder.path(), &["apply", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(at) {
        line.clear();
        assert!(
            told.read_line(&mut line).unwrap() > 0,
            "it ended before {at:?}"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let run = finish(&mut program(
        folder.path(),
        &["apply", "--yes", "--wait", "60s"],
    ));
    assert_eq!(run.code, 0, "killed at {at:?}: {}{}", run.out, run.err);
    let plan = finish(&mut program(
        folder.path(),
        &["plan", "--detailed-exitcode"],
    ));
    assert_eq!(plan.code, 0, "killed at {at:?}: {}{}", plan.out, plan.err);
    assert_eq!(users(folder.path()), 1, "killed at {at:?}");
}

/// How many users of the manifest's username the org inside the program holds.
#[cfg(unix)]
fn users(folder: &Path) -> usize {
    let org = Org::start(folder, &["--state", ".orgwright/embedded.json"]);
    let rows: Vec<Value> =
        org.query("SELECT Id FROM User WHERE Username = 'hubspot.integration@acme.example'");
    rows.len()
}

#[cfg(unix)]
#[test]
fn a_killed_run_is_finished_by_the_next() {
    let points = [
        "stage 1 ·",
        "accepted",
        "stage 2 ·",
        "written: user",
        "stage 3 ·",
        "written: organization-wide default",
        "stage 5 ·",
        "written: sharing rule",
    ];
    std::thread::scope(|scope| {
        for point in points {
            scope.spawn(move || check_killed(point));
        }
    });
}
