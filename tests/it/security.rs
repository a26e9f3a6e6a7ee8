//! The security cases, S1 to S21, with the built program. Each has a test here, or stands in this list with the test that
//! holds it elsewhere. Every run searches both streams for the canary secrets.
//!
//! | case | held by |
//! | --- | --- |
//! | S1 to S3, hostile YAML | `s01_to_s03…`; `tests/it/hostile.rs`: `files_that_are_no_manifests…`; `tests/it/manifest.rs` |
//! | S4, entities and DTDs | `s04…` |
//! | S5, bombs and endless answers | `s05…`; `src/org/tests.rs`: `a_compression_bomb_is_refused` |
//! | S6, archives that leave their folder | `s06…`; `src/archive.rs` |
//! | S7, S8, text that acts | `s07…`, `s08…`; `src/report/text.rs`, `src/report/markdown/inert.rs` |
//! | S9, S10, foreign hosts and redirects | `s09…`, `s10…`; `src/org/hosts.rs` |
//! | S11, S12, injection | `s11…`, `s12…`; `tests/it/laws.rs`: `a_literal_ends_where_it_should` and what follows |
//! | S13, secrets | `s13…`; every run of this file and of `tests/it/ways_in.rs`; `src/secret.rs` |
//! | S14, files | `s14…`; `src/private_file.rs`, `src/cli/files.rs`; `tests/it/cli.rs`: `files_and_folders_are_the_owners` |
//! | S15, TLS | `tests/security/tls.rs` |
//! | S16, proxies | `s16…` |
//! | S17, forged plans | `tests/it/cli.rs`: `only_the_plan_that_was_read_is_applied` |
//! | S18, a stranger's manifest | `s18…` |
//! | S19, least privilege | `s19…` |
//! | S20, clocks | `s20…` |
//! | S21, the boundary of trust | `s21…`; `src/cli/trust.rs`; `crates/emulator/src/control.rs` |

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod doctor;
mod secrets;
mod tls;
mod trust;
mod wire;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::Command;

use crate::support::{Org, Run, finish, host, program};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MANIFEST: &str = include_str!("../scenarios/fresh-org/manifest.yaml");
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");

/// A repository's root with a manifest.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("orgwright.yaml"), MANIFEST).unwrap();
    folder
}

/// The same with a target `uat` of these keys.
fn folder_with_target(keys: &str) -> TempDir {
    let folder = folder();
    let text = format!("[targets.uat]\n{keys}\n");
    std::fs::write(folder.path().join("orgwright.toml"), text).unwrap();
    folder
}

/// Runs to the end, and looks for secrets in both streams.
fn quiet(command: &mut Command) -> Run {
    let run = finish(command);
    let streams = format!("{}{}", run.out, run.err);
    for secret in secrets::CANARIES {
        assert!(!streams.contains(secret), "{secret} is shown: {streams}");
    }
    run
}

fn check(run: &Run, code: i32, told: &str) {
    assert_eq!(run.code, code, "{told}: {}{}", run.out, run.err);
    let words = run.words();
    assert!(words.contains(told), "{told:?} is not in: {words}");
}

#[test]
fn s01_to_s03_hostile_yaml_is_refused_at_once_with_its_line() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (inner, outer) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        bomb += &format!(
            "{outer}: &{outer} [{}]\n",
            vec![format!("*{inner}"); 9].join(",")
        );
    }
    let with_label = |label: &str| MANIFEST.replacen("label: HubSpot Integration", label, 1);
    let cases = BTreeMap::from([
        ("bomb", bomb),
        ("deep", "[".repeat(100_000)),
        ("duplicate", format!("{MANIFEST}\nkind: IntegrationUser\n")),
        ("tag", with_label("label: !!python/object x")),
        ("tab", MANIFEST.replacen("  role:", "\trole:", 1)),
        ("zero", MANIFEST.replacen("role:", "ro\0le:", 1)),
        ("no", with_label("label: no")),
        ("octal", with_label("label: 0123")),
        ("exponent", with_label("label: 1e3")),
    ]);
    let folder = folder();
    for (name, text) in &cases {
        assert_ne!(text, MANIFEST, "{name} is a case of its own");
        std::fs::write(folder.path().join("orgwright.yaml"), text).unwrap();
        // What unfolds without end would never come back.
        let run = quiet(&mut program(folder.path(), &["validate"]));
        assert_eq!(run.code, 65, "{name}: {}{}", run.out, run.err);
        assert!(run.err.contains("orgwright.yaml:"), "{name}: {}", run.err);
    }
}

/// An archive with these entries as they are.
fn archive(entries: &[&str]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer
            .write_all(b"<Role xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>")
            .unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn s06_an_archive_that_leaves_its_folder_is_refused_whole() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("a/b");
    std::fs::create_dir_all(inner.join("empty")).unwrap();
    for name in [
        "../x.role",
        "roles/../../x.role",
        "/x.role",
        "C:\\x.role",
        "roles\\..\\x.role",
    ] {
        std::fs::write(inner.join("evil.zip"), archive(&["roles/Good.role", name])).unwrap();
        let run = quiet(&mut program(&inner, &["diff", "evil.zip", "empty"]));
        assert!(
            [64, 65].contains(&run.code),
            "{name}: {} {}{}",
            run.code,
            run.out,
            run.err
        );
        let left: Vec<_> = files_in(outer.path())
            .into_iter()
            .filter(|(path, _)| path.contains("x.role"))
            .collect();
        assert!(left.is_empty(), "{name}: {left:?}");
    }
}

/// Every file below a folder, by path, with its content.
fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_in(&path));
        } else if entry.file_type().unwrap().is_file() {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    files
}

/// What no stream may hold: bytes that act on a terminal, turn the text around, or hide.
fn assert_inert(text: &str, what: &str) {
    for (number, line) in text.lines().enumerate() {
        let acts = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(
            !line.contains(acts),
            "{what}, line {}: {line:?}",
            number + 1
        );
        let start = line.trim_start();
        assert!(
            !start.starts_with("::") && !start.starts_with("##["),
            "{what}, line {}: {line:?}",
            number + 1
        );
    }
}

const ACTS: &str =
    "x\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\r\u{8}\u{9b}31m\u{202e}y\u{200b}z ::error::w ##[error]v";

#[test]
fn s07_what_an_org_says_moves_no_cursor_and_is_no_command() {
    let body = serde_json::json!([{"message": ACTS.repeat(40), "errorCode": "MALFORMED_QUERY"}])
        .to_string();
    let host = host::Host::start(move |_| host::response("400 Bad Request", host::JSON, &body));
    for format in ["human", "json", "markdown", "html"] {
        let folder = folder();
        let run = quiet(wire::with_token(
            &mut program(folder.path(), &["plan", "--org", "env", "--format", format]),
            &host.url,
        ));
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.err.contains("\\u{1b}"), "it is told: {}", run.err);
        assert_inert(&run.out, format);
        assert_inert(&run.err, format);
    }
}

#[test]
fn s08_names_in_an_org_are_inert_in_every_format() {
    let folder = folder();
    let seed = folder.path().join("seed");
    std::fs::create_dir_all(seed.join("permissionsets")).unwrap();
    let label = "|a`b</details><script>alert(1)</script>@team ]]&gt; =cmd ::error::c \u{202e}";
    let label = label.replace('<', "&lt;");
    let set = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
         <label>{label}</label><objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete>\
         <allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>\
         <object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions></PermissionSet>"
    );
    std::fs::write(seed.join("permissionsets/Evil.permissionset"), set).unwrap();
    let assigned = "Assignee.Username,PermissionSet.Name\nadmin@embedded-org.example,Evil\n";
    std::fs::write(seed.join("PermissionSetAssignment.csv"), assigned).unwrap();
    let org = Org::start(
        folder.path(),
        &["--seed", SEED, "--seed", seed.to_str().unwrap()],
    );
    for format in ["human", "markdown", "html", "json"] {
        let run = quiet(&mut org.program(folder.path(), &["plan", "-v", "--format", format]));
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.out.contains("alert(1)"),
            "{format} shows the set: {}",
            run.out
        );
        assert_inert(&run.out, format);
        assert!(
            format == "json" || format == "human" || !run.out.contains("<script>alert"),
            "{format}: {}",
            run.out
        );
        let mentions = run.out.contains("@team") && format == "markdown" && !run.out.contains("`");
        assert!(!mentions, "{}", run.out);
    }
}

#[test]
fn s11_a_quote_in_a_name_ends_no_query() {
    let folder = folder();
    let manifest = MANIFEST.replace(
        "hubspot.integration@acme.example",
        "o'neill.or.id@acme.example",
    );
    std::fs::write(folder.path().join("orgwright.yaml"), manifest).unwrap();
    let org = Org::start(folder.path(), &["--seed", SEED, "--log", "requests.log"]);
    let run = quiet(&mut org.program(folder.path(), &["apply", "--yes"]));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let found = org.query(r"SELECT Id FROM User WHERE Username = 'o\'neill.or.id@acme.example'");
    assert_eq!(found.len(), 1);
    for id in ["' OR Id != '", "00Q000000000001'", "../User", ""] {
        let run = quiet(&mut org.program(
            folder.path(),
            &["explain", "orgwright.yaml", "--record", id],
        ));
        assert!(
            [64, 65, 1].contains(&run.code),
            "{id}: {} {}",
            run.code,
            run.err
        );
    }
}

#[test]
fn s12_a_name_becomes_no_markup_and_no_path() {
    let outer = tempfile::tempdir().unwrap();
    for name in [
        "A & B <c> \"d\" ]]> 'e'",
        "../../evil",
        "..",
        "a/b\\c",
        "CON",
        "/etc/evil",
        "a\u{2f}..\u{2f}b",
    ] {
        let inner = outer.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let quoted = name.replace('\'', "''");
        let manifest =
            MANIFEST.replacen("name: HubSpot Integration", &format!("name: '{quoted}'"), 1);
        assert_ne!(manifest, MANIFEST);
        std::fs::write(inner.join("orgwright.yaml"), manifest).unwrap();
        let run = quiet(&mut program(
            &inner,
            &["render", "orgwright.yaml", "--out", "rendered"],
        ));
        assert!(
            [0, 64, 65].contains(&run.code),
            "{name}: {}{}",
            run.out,
            run.err
        );
        let rendered = inner.join("rendered").display().to_string();
        for (path, content) in files_in(outer.path()) {
            let is_own = path.starts_with(&rendered) || path.ends_with("orgwright.yaml");
            assert!(is_own, "{name}: {path} lies outside");
            if path.ends_with(".xml") {
                let text = String::from_utf8(content).unwrap();
                roxmltree::Document::parse(&text)
                    .unwrap_or_else(|error| panic!("{name}: {path}: {error}"));
            }
        }
        std::fs::remove_dir_all(&inner).unwrap();
    }
}

#[test]
fn s18_a_strangers_manifest_reaches_no_secret_no_host_and_no_program() {
    let folder = folder_with_target(
        "auth = 'access_token'\ninstance_url = 'http://127.0.0.1:1'\ntoken_env = 'INNOCENT'",
    );
    let org = Org::start(folder.path(), &["--seed", SEED, "--log", "requests.log"]);
    let with_label = |label: &str| {
        MANIFEST.replacen("label: HubSpot Integration", &format!("label: {label}"), 1)
    };
    for (text, told) in [
        (
            with_label("${env:SF_ACCESS_TOKEN}"),
            "not open to manifests",
        ),
        (with_label("${env:MY_API_KEY}"), "`--env MY_API_KEY`"),
        (with_label("${env:INNOCENT}"), "stay closed to them"),
        (with_label("${file:/etc/passwd}"), "is not known"),
        (with_label("${exec:id}"), "is not known"),
        (
            format!("{MANIFEST}\norg: https://evil.example\n"),
            "is not known here",
        ),
        (
            format!("{MANIFEST}\ninclude: ../../etc/passwd\n"),
            "is not known here",
        ),
    ] {
        std::fs::write(folder.path().join("orgwright.yaml"), text).unwrap();
        let run = quiet(
            org.program(folder.path(), &["plan"])
                .env("MY_API_KEY", "canary-in-the-environment")
                .env("INNOCENT", "canary-of-a-target"),
        );
        check(&run, 65, told);
    }
    std::fs::write(folder.path().join("orgwright.yaml"), MANIFEST).unwrap();
    for words in [
        vec!["plan"],
        vec!["plan", "--format", "markdown"],
        vec!["verify"],
        vec!["doctor"],
    ] {
        quiet(&mut org.program(folder.path(), &words));
    }
    let log = std::fs::read_to_string(folder.path().join("requests.log")).unwrap();
    assert!(log.lines().count() > 10, "{log}");
    let writes: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("\"write\":true"))
        .collect();
    assert!(writes.is_empty(), "what only reads has written: {writes:?}");
}
