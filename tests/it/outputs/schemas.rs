//! The JSON Schemas of reports, held against reports of real runs: no key that a schema does not describe, and none missing
//! that it requires.

use orgwright::report::schema::{REPORTS, of_report};
use serde_json::{Value, json};

use super::{folder, read, run, run_into_files};
use crate::manifest_schema::violations;

/// Fails where a report of this command is not as its schema says.
pub(crate) fn hold(command: &str, text: &str) {
    let schema = strict(of_report(command).expect("a schema"));
    let report: Value = serde_json::from_str(text).expect("JSON");
    // One of both: the schema of the result gives the better words.
    let kind = usize::from(
        report.get("error").is_some_and(Value::is_object) && report.get("event").is_none(),
    );
    let mut errors = Vec::new();
    violations(&schema, &schema["anyOf"][kind], &report, "", &mut errors);
    assert_eq!(errors, [] as [String; 0], "{command}: {report:#}");
}

/// The schema with every key forbidden that it does not describe.
fn strict(mut schema: Value) -> Value {
    if let Some(entries) = schema.as_object_mut() {
        if entries.contains_key("properties") {
            entries.insert("additionalProperties".to_owned(), json!(false));
        }
        entries
            .values_mut()
            .for_each(|inner| *inner = strict(inner.take()));
    } else if let Some(items) = schema.as_array_mut() {
        items
            .iter_mut()
            .for_each(|inner| *inner = strict(inner.take()));
    }
    schema
}

#[test]
fn reports_are_as_their_schemas_say() {
    let folder = folder();
    for command in REPORTS {
        let printed = run(&folder, &["schema", "--of", command]);
        let printed: Value = serde_json::from_str(&printed.out).unwrap();
        assert_eq!(Some(printed), of_report(command));
    }
    let report = |command: &str, words: &[&str]| {
        run_into_files(&folder, words);
        hold(command, &read(&folder, "r.json"));
    };
    report("plan", &["plan", "--check", "--impact", "full", "--stamp"]);
    report("verify", &["verify", "--stamp"]);
    report("apply", &["apply", "--yes", "--until", "prepared"]);
    report("apply", &["apply", "--yes"]);
    report("plan", &["plan", "--detailed-exitcode"]);
    report("verify", &["verify", "--no-names"]);
    let administrator = "ada.fenwright@acme.example";
    let access = run(
        &folder,
        &["access", "--user", administrator, "--format", "json"],
    );
    hold("access", &access.out);
    let lead = json!(run(&folder, &["verify"]).out);
    assert!(lead.is_string());
    std::fs::write(folder.path().join("orgwright.yaml"), "kind: None\n").unwrap();
    for command in ["plan", "verify", "apply"] {
        let yes: &[&str] = if command == "apply" { &["--yes"] } else { &[] };
        report(command, &[&[command], yes].concat());
    }
}

#[test]
fn a_schema_refuses_what_is_no_report() {
    let schema = of_report("plan").unwrap();
    let mut errors = Vec::new();
    let wrong = json!({"format_version": 2, "exit": "none"});
    violations(&schema, &schema["anyOf"][0], &wrong, "", &mut errors);
    assert!(errors.len() > 10, "{errors:?}");
    assert_eq!(of_report("diff"), None);
}
