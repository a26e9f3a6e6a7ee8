//! Manifests from the outside: what is taken, what is reported, and that nothing panics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod laws;
mod together;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use orgwright::address::Address;
use orgwright::code::Code;
use orgwright::diagnostic::{Diagnostic, Exit, Failure};
use orgwright::manifest::{Logic, Manifest, UserRef, Value, load};
use orgwright::render;

fn no_environment(_: &str) -> Option<String> {
    None
}

fn load_one(path: &Path) -> Result<Manifest, Failure> {
    let mut manifests = load(&[path.to_owned()], &[], &[], &no_environment)?;
    Ok(manifests.remove(0))
}

/// Loads `text` as a file of its own.
fn load_text(text: impl AsRef<[u8]>) -> Result<Manifest, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.yaml");
    fs::write(&path, text).unwrap();
    load_one(&path)
}

/// The YAML files of a folder of the repository, in order of name.
fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

fn working_manifests() -> Vec<PathBuf> {
    let mut files = yaml_files("manifests");
    files.extend(yaml_files("templates/manifests"));
    files
}

const EXAMPLE: &str = "manifests/hubspot-selective-sync.yaml";

#[test]
fn every_manifest_and_template_works_as_it_is() {
    for path in working_manifests() {
        let manifest = load_one(&path).unwrap_or_else(|failure| panic!("{path:?}: {failure:?}"));
        assert_eq!(manifest.findings, [], "{path:?}");
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_minimal = name == "minimal";
        assert!(is_minimal || *manifest.name == name, "{path:?}");
    }
}

/// One line for each finding, as the golden reports hold them.
fn report(diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(|finding| {
        let place = finding.place.as_ref().unwrap();
        let mut line = format!(
            "{}:{} {} {} {}\n",
            place.line,
            place.column,
            finding.code,
            finding.severity.word(),
            finding.message
        );
        for (place, label) in &finding.related {
            line.push_str(&format!(
                "    see {}:{} {label}\n",
                place.line, place.column
            ));
        }
        if let Some(help) = &finding.help {
            line.push_str(&format!("    help: {help}\n"));
        }
        line
    });
    lines.collect()
}

fn findings_of(result: Result<Manifest, Failure>) -> Vec<Diagnostic> {
    match result {
        Ok(manifest) => manifest.findings,
        Err(failure) => failure.diagnostics,
    }
}

#[test]
fn bad_manifests_are_reported_as_recorded() {
    let record = std::env::var_os("RECORD").is_some();
    for path in yaml_files("tests/manifests/bad") {
        let found = report(&findings_of(load_one(&path)));
        let golden = path.with_extension("txt");
        if record {
            fs::write(&golden, &found).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(found, expected, "{path:?}: run with RECORD=1 to record");
    }
}

/// Codes that need more than one file on disk to be caused; the tests below cause them, and
/// `tests/it/security/trust.rs` those about files that are found, `tests/it/back.rs` those about snapshots,
/// `tests/it/outputs.rs` those of reports.
const CAUSED_ELSEWHERE: [&str; 14] = [
    "OW1001", "OW1002", "OW1003", "OW1010", "OW1031", "OW1086", "OW1087", "OW1088", "OW1089",
    "OW1093", "OW1094", "OW1095", "OW1096", "OW1097",
];

#[test]
fn every_code_of_manifests_is_caused_by_a_recorded_manifest() {
    let mut caused: BTreeSet<String> = CAUSED_ELSEWHERE.map(str::to_owned).into();
    for path in yaml_files("tests/manifests/bad") {
        let found = findings_of(load_one(&path));
        caused.extend(found.iter().map(|finding| finding.code.to_string()));
    }
    let known = Code::ALL.iter().map(ToString::to_string);
    let known: BTreeSet<String> = known.filter(|code| code.starts_with("OW1")).collect();
    assert_eq!(caused, known);
}

#[test]
fn ten_mistakes_are_ten_findings_each_on_its_line() {
    let findings = load_one(Path::new("tests/manifests/bad/ten-mistakes.yaml"))
        .unwrap_err()
        .diagnostics;
    let text = fs::read_to_string("tests/manifests/bad/ten-mistakes.yaml").unwrap();
    let marked: Vec<usize> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.contains("# mistake"))
        .map(|(number, _)| number)
        .collect();
    let found: Vec<usize> = findings
        .iter()
        .map(|finding| finding.place.as_ref().unwrap().line)
        .collect();
    assert_eq!(found, marked);
    assert_eq!(marked.len(), 10);
}

#[test]
fn places_point_at_the_very_text() {
    let text = fs::read_to_string("tests/manifests/bad/ten-mistakes.yaml").unwrap();
    for finding in load_one(Path::new("tests/manifests/bad/ten-mistakes.yaml"))
        .unwrap_err()
        .diagnostics
    {
        let place = finding.place.unwrap();
        let line = text.lines().nth(place.line - 1).unwrap();
        let piece = text.get(place.offset..place.offset + place.length).unwrap();
        let from_column: String = line.chars().skip(place.column - 1).collect();
        assert!(
            from_column.starts_with(piece),
            "{}: {piece:?} in {line:?}",
            finding.code
        );
    }
}

/// The exit and the codes that a file of these bytes ends with.
fn check_hostile(bytes: impl AsRef<[u8]>, exit: Exit, codes: &[&str]) {
    let failure = load_text(bytes).unwrap_err();
    let found: Vec<&str> = failure
        .diagnostics
        .iter()
        .map(|finding| finding.code.text())
        .collect();
    assert_eq!((failure.exit, found.as_slice()), (exit, codes));
    assert!(
        failure
            .diagnostics
            .iter()
            .all(|finding| finding.place.is_some())
    );
}

#[test]
fn hostile_files_end_with_a_located_finding() {
    check_hostile("", Exit::Manifest, &["OW1004"]);
    check_hostile(b"a: \xff\xfe\n", Exit::Manifest, &["OW1002"]);
    check_hostile(vec![b'#'; 5_000_001], Exit::Manifest, &["OW1003"]);
    check_hostile(
        format!("spec: {}", "[".repeat(100_000)),
        Exit::Manifest,
        &["OW1005"],
    );
    check_hostile("just words", Exit::Manifest, &["OW1085"]);
    check_hostile("- a\n- b\n", Exit::Manifest, &["OW1085"]);
    check_hostile("spec: &a [*a]\n", Exit::Manifest, &["OW1005"]);
    check_hostile("spec:\n\t- b\n", Exit::Manifest, &["OW1005"]);
    check_hostile("spec: b\0c\n", Exit::Manifest, &["OW1005"]);
}

#[test]
fn files_that_cannot_be_opened_are_a_matter_of_usage() {
    for path in ["no/such/file.yaml", "manifests"] {
        let failure = load_one(Path::new(path)).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage, "{path}");
        assert_eq!(failure.diagnostics[0].code.text(), "OW1001", "{path}");
    }
    let all = [
        PathBuf::from("manifests"),
        PathBuf::from("tests/manifests/bad/ten-mistakes.yaml"),
    ];
    let failure = load(&all, &[], &[], &no_environment).unwrap_err();
    assert_eq!(
        (failure.exit, failure.diagnostics.len()),
        (Exit::Manifest, 11)
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_taken() {
    let text = fs::read_to_string(EXAMPLE).unwrap();
    let plain = load_text(&text).unwrap();
    let windows = load_text(format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(windows.digest, plain.digest);
}

#[test]
fn values_and_logic_are_read_as_written() {
    let manifest = load_one(Path::new("tests/manifests/full.yaml")).unwrap();
    let rule = &manifest.spec.sharing[0].rules[0];
    let logic: &Logic = rule.logic.as_ref().unwrap();
    assert_eq!(logic.to_string(), "1 AND (2 OR 3) AND (4 OR 5 OR 6)");
    let shown: Vec<String> = rule
        .criteria
        .iter()
        .map(|criterion| show(&criterion.value))
        .collect();
    assert_eq!(
        shown,
        [
            "true",
            "10.50",
            "this user, user ada@acme.example, queue Inbox",
            "record type Partner",
            "Acme, acme",
            ""
        ]
    );
}

fn show(value: &Value) -> String {
    match value {
        Value::Literal(scalar) => scalar.to_string(),
        Value::List(values) => values
            .iter()
            .map(|value| show(value))
            .collect::<Vec<_>>()
            .join(", "),
        Value::User(UserRef::This) => "this user".into(),
        Value::User(UserRef::Named(name)) => format!("user {name}"),
        Value::Queue(name) => format!("queue {name}"),
        Value::RecordType(name) => format!("record type {name}"),
    }
}

#[test]
fn changes_lead_back_to_their_lines() {
    let manifest = load_one(Path::new(EXAMPLE)).unwrap();
    let planned = render::planned(&[manifest], None).unwrap();
    let text = fs::read_to_string(EXAMPLE).unwrap();
    for (kind, name, line) in [
        (
            "custom_field",
            "Lead.Sync_to_HubSpot__c",
            "    - object: Lead",
        ),
        ("profile", "HubSpot Integration", "  profile:"),
        ("role", "HubSpot_Integration", "  role:"),
        ("user", "hubspot.integration@acme.example", "  user:"),
        (
            "permission_set_assignment",
            "HubSpot_Inc__HubSpot_Integration_Permissions",
            "    - HubSpot_Inc__HubSpot_Integration_Permissions",
        ),
        (
            "organization_wide_default",
            "Lead",
            "      organizationWideDefault: Private",
        ),
        (
            "sharing_rule",
            "Lead.Sync_to_HubSpot",
            "        - name: Sync_to_HubSpot",
        ),
    ] {
        let address = Address::new(kind, name);
        let mut changes = planned.changes.iter();
        let change = changes.find(|change| change.address == address);
        let place = change.and_then(|change| change.place.as_ref());
        let asked = place.and_then(|place| text.lines().nth(place.line - 1));
        assert_eq!(asked, Some(line), "{address}");
    }
}
