//! S19: the permissions that are needed are proved one by one, and what is held beyond them is said.

use serde_json::Value;

use super::support::Org;
use super::{SEED, check, folder, quiet};

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
        "2 requests",
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
    assert_eq!(report["api_requests"], 2);
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
    let username = rows[0]["Username"].as_str().unwrap().replace('@', "%40");
    let form = format!("grant_type=password&client_id=app&username={username}&password=any");
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, answer) = org.send("POST", "/services/oauth2/token", kind, &form);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let token = answer["access_token"].as_str().unwrap();
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
