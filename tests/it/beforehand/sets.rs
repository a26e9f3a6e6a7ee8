//! Permission sets that cannot be given, or give nothing, and a user that cannot log in.

use super::*;

fn set(name: &str, more: &str) -> (String, String) {
    let path = format!("permissionsets/{name}.permissionset-meta.xml");
    let text = format!(
        "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">{more}<label>{name}</label></PermissionSet>"
    );
    (path, text)
}

fn stage(name: &str, more: &str) -> Stage {
    let (path, text) = set(name, more);
    Stage::set(&[(&path, &text)])
}

/// The manifest, with a list of permission sets.
fn with(sets: &str) -> String {
    let rule = rule(&criterion("LeadSource", "equals", "Web"));
    format!("{rule}  permissionSets: [{sets}]\n")
}

#[test]
fn a_set_of_another_licence_is_refused_before_a_user_is_made() {
    let stage = stage("Desk", "<license>Salesforce Platform</license>");
    stage.refuses(
        &with("Desk"),
        &[
            "error[OW2129]",
            "`Desk` is for users of the licence",
            "has the licence `Salesforce`",
            "absent: true",
        ],
    );
    let run = stage.plan(&with("{name: Desk, absent: true}"));
    assert_eq!(run.code, 0, "{}", run.words());
}

#[test]
fn a_set_of_the_same_licence_is_given() {
    let stage = stage("Desk", "<license>Salesforce</license>");
    let run = stage.plan(&with("Desk"));
    assert_eq!(run.code, 0, "{}", run.words());
    assert!(!run.words().contains("OW2033"), "{}", run.words());
}

#[test]
fn a_set_that_waits_for_a_session_is_told() {
    let stage = stage(
        "Vault",
        "<hasActivationRequired>true</hasActivationRequired>",
    );
    let run = stage.plan(&with("Vault"));
    assert_eq!(run.code, 0, "{}", run.words());
    says(
        &run,
        &[
            "warning OW2033",
            "`Vault` gives nothing until a session activates it",
        ],
    );
    let run = stage.plan(&with("{name: Vault, absent: true}"));
    assert!(!run.words().contains("OW2033"), "{}", run.words());
}

/// The user as a first apply makes it, and its id.
fn applied(stage: &Stage, manifest: &str) -> String {
    let run = stage.run(&["apply", "--yes"], manifest);
    assert_eq!(run.code, 0, "{}", run.words());
    let user = &stage
        .org
        .query("SELECT Id FROM User WHERE Username = 'mirror@acme.example'")[0];
    user["Id"].as_str().unwrap().to_owned()
}

fn patch(stage: &Stage, object: &str, condition: &str, body: &str) {
    let row = &stage
        .org
        .query(&format!("SELECT Id FROM {object} WHERE {condition}"))[0];
    let path = format!(
        "/services/data/v66.0/sobjects/{object}/{}",
        row["Id"].as_str().unwrap()
    );
    let (status, answer) =
        stage
            .org
            .send("PATCH", &path, "Content-Type: application/json\r\n", body);
    assert_eq!(status, 204, "{answer}");
}

#[test]
fn an_assignment_that_ends_is_told_with_its_day() {
    let stage = stage("Desk", "");
    let user = applied(&stage, &with("Desk"));
    let condition = format!("AssigneeId = '{user}' AND PermissionSet.Name = 'Desk'");
    let body = r#"{"ExpirationDate": "2031-05-06T07:00:00.000+0000"}"#;
    patch(&stage, "PermissionSetAssignment", &condition, body);
    let run = stage.run(&["verify"], &with("Desk"));
    assert_eq!(run.code, 0, "{}", run.words());
    says(&run, &["OW2034", "`Desk` until 2031-05-06 only"]);
}

#[test]
fn a_frozen_user_is_told_and_nothing_is_called_proved_without_that_word() {
    let stage = stage("Desk", "");
    let user = applied(&stage, &with("Desk"));
    let run = stage.run(&["verify"], &with("Desk"));
    says(&run, &["Proved: 4 of 8"]);
    patch(
        &stage,
        "UserLogin",
        &format!("UserId = '{user}'"),
        r#"{"IsFrozen": true}"#,
    );
    let run = stage.plan(&with("Desk"));
    says(&run, &["error OW2035", "`mirror@acme.example` is frozen"]);
    let run = stage.run(&["verify"], &with("Desk"));
    says(&run, &["OW2035", "frozen user can log in again: 4 of 8"]);
    assert!(!run.words().contains("Proved: "), "{}", run.words());
}
