//! S19: the permissions that are needed are proved one by one, and what is held beyond them is said.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{SEED, check, folder, quiet};
use crate::support::Org;

const METADATA: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

/// A token of a user, as the emulator gives it for any password.
fn token_of(org: &Org, username: &str) -> String {
    let username = username.replace('@', "%40");
    let form = format!("grant_type=password&client_id=app&username={username}&password=any");
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, answer) = org.send("POST", "/services/oauth2/token", kind, &form);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The names of what is needed, as an administrator is told them.
fn needed(folder: &Path) -> Vec<String> {
    let org = Org::start(folder, &["--seed", SEED]);
    let run = quiet(&mut org.program(folder, &["doctor", "--format", "json"]));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let permissions = report["permissions"].as_array().unwrap();
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    permissions.iter().map(name).collect()
}

/// An org with a user of the least profile, who holds one permission set with these permissions, and who sees the fields
/// that the manifest's rule asks about.
fn with_user_who_may(folder: &Path, permissions: &[&String]) -> Org {
    let seed = folder.join("seed");
    std::fs::create_dir_all(seed.join("permissionsets")).unwrap();
    let field = |name: &str| {
        format!(
            "<fieldPermissions><editable>false</editable><field>Lead.{name}</field><readable>true</readable></fieldPermissions>"
        )
    };
    let allowed: String = permissions
        .iter()
        .map(|name| {
            format!("<userPermissions><enabled>true</enabled><name>{name}</name></userPermissions>")
        })
        .collect();
    let set = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PermissionSet {METADATA}>{}{}<label>Wright</label>{allowed}</PermissionSet>",
        field("Email"),
        field("Sync_to_HubSpot__c"),
    );
    std::fs::write(seed.join("permissionsets/Wright.permissionset"), set).unwrap();
    let user =
        "Username,LastName,Profile.Name\nwright@acme.example,Wright,Minimum Access - Salesforce\n";
    std::fs::write(seed.join("User.csv"), user).unwrap();
    let assigned = "Assignee.Username,PermissionSet.Name\nwright@acme.example,Wright\n";
    std::fs::write(seed.join("PermissionSetAssignment.csv"), assigned).unwrap();
    Org::start(folder, &["--seed", SEED, "--seed", "seed"])
}

fn as_wright(org: &Org, folder: &Path, words: &[&str]) -> Command {
    let mut command = org.program(folder, words);
    command.env("SF_ACCESS_TOKEN", token_of(org, "wright@acme.example"));
    command
}

#[test]
fn s19_the_listed_permissions_are_enough_and_each_one_is_missed() {
    let folder = folder();
    let names = needed(folder.path());
    let all: Vec<&String> = names.iter().collect();
    let org = with_user_who_may(folder.path(), &all);
    check(
        &quiet(&mut as_wright(&org, folder.path(), &["doctor"])),
        0,
        "ready",
    );
    let run = quiet(&mut as_wright(&org, folder.path(), &["apply", "--yes"]));
    check(&run, 0, "Applied: 7 changes.");
    check(&run, 0, "none that should not be");
    for left_out in &names {
        let others: Vec<&String> = names.iter().filter(|name| *name != left_out).collect();
        let org = with_user_who_may(folder.path(), &others);
        let run = quiet(&mut as_wright(
            &org,
            folder.path(),
            &["doctor", "--format", "json"],
        ));
        if left_out == "ApiEnabled" || (left_out == "ViewRoles" && run.code == 0) {
            // Without the first nobody gets in at all; Manage Roles includes the second.
            continue;
        }
        assert_eq!(run.code, 77, "{left_out}: {}{}", run.out, run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let held = |one: &Value| one["name"] == **left_out && one["held"] == false;
        let permissions = report["permissions"].as_array().unwrap();
        assert!(permissions.iter().any(held), "{left_out}: {}", run.out);
    }
}

#[test]
fn s19_an_administrator_may_do_everything_and_more_than_is_needed() {
    let folder = folder();
    let org = Org::start(folder.path(), &["--seed", SEED]);
    let run = quiet(&mut org.program(folder.path(), &["doctor"]));
    check(&run, 0, "more than is needed: Modify All Data");
    for told in [
        "admin@embedded-org.example",
        "profile System Administrator",
        "Metadata API: answers",
        "may apply: every permission it needs is held",
        "seats of the licence Salesforce are free",
        "API calls are left today",
        "3 requests",
    ] {
        check(&run, 0, told);
    }
    assert!(
        run.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        run.out
    );
    let run = quiet(&mut org.program(folder.path(), &["doctor", "--format", "json"]));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["exit"], 0);
    assert_eq!(report["user"]["username"], "admin@embedded-org.example");
    assert_eq!(report["api_requests"], 3);
    let permissions = report["permissions"].as_array().unwrap();
    assert!(permissions.len() > 10 && permissions.iter().all(|one| one["held"] == true));
}

#[test]
fn s19_what_a_lesser_user_lacks_is_named() {
    let folder = folder();
    let org = Org::start(folder.path(), &[]);
    let rows = org.query(
        "SELECT Username FROM User WHERE Profile.Name = 'Standard User' AND IsActive = true LIMIT 1",
    );
    let token = token_of(&org, rows[0]["Username"].as_str().unwrap());
    let mut command = org.program(folder.path(), &["doctor", "-v"]);
    let run = quiet(command.env("SF_ACCESS_TOKEN", token));
    for told in [
        "may plan: lacks Modify Metadata Through Metadata API Functions, View All Data",
        "Manage Sharing",
        "something is missing",
    ] {
        check(&run, 77, told);
    }
}

/// An org that refuses to answer the parts of composites that ask for this.
fn refusing(folder: &Path, part: &str) -> Org {
    let faults = serde_json::json!([{
        "path": "/composite", "part": part, "status": 400, "code": "INSUFFICIENT_ACCESS", "answer": "no",
    }]);
    std::fs::write(folder.join("faults.json"), faults.to_string()).unwrap();
    Org::start(folder, &["--seed", SEED, "--faults", "faults.json"])
}

#[test]
fn s19_what_the_org_refuses_to_tell_is_not_known() {
    for (part, code, told, keys) in [
        (
            "FROM%20UserLicense",
            0,
            "warning licences: not known: the org refused to tell its licences: INSUFFICIENT_ACCESS: no",
            &["licences"][..],
        ),
        (
            "FROM%20PermissionSetAssignment%20WHERE",
            77,
            "MISSING permissions: not known: the org refused to tell which permissions the user",
            &["permissions", "more_than_needed"],
        ),
    ] {
        let folder = folder();
        let org = refusing(folder.path(), part);
        let run = quiet(&mut org.program(folder.path(), &["doctor"]));
        check(&run, code, told);
        let run = quiet(&mut org.program(folder.path(), &["doctor", "--format", "json"]));
        let report: Value = serde_json::from_str(&run.out).unwrap();
        for key in keys {
            assert_eq!(report[key], Value::Null, "{key}");
            let why = report["unknown"][key].as_str().unwrap_or_default();
            assert!(why.contains("INSUFFICIENT_ACCESS: no"), "{key}: {why}");
        }
        let unknown = report["unknown"].as_object().unwrap();
        assert_eq!(unknown.len(), keys.len(), "{unknown:?}");
    }
}
