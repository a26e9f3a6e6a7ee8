//! What the org is: an edition that lacks half of the recipe, and a sandbox.

use super::*;
use serde_json::json;

fn wanted() -> String {
    rule(&criterion("LeadSource", "equals", "Web"))
}

#[test]
fn what_an_edition_does_not_have_no_consent_applies() {
    let edition = json!("Professional Edition");
    let stage = Stage::set(&[]).with_organization(&[("organization_type", edition)]);
    let run = stage.plan(&wanted());
    says(&run, &["error OW2001", "Professional Edition"]);
    let run = stage.run(&["apply", "--yes"], &wanted());
    assert_eq!(run.code, 4, "{}", run.words());
    says(&run, &["error[OW2001]", "nothing was changed"]);
    let users = stage
        .org
        .query("SELECT Id FROM User WHERE Username LIKE 'mirror%'");
    assert_eq!(users.len(), 0);
}

const COPY: &str = "Username,FirstName,LastName,Email,Profile.Name\n\
    mirror@acme.example.uat,,Mirror,mirror@acme.example.invalid,Standard User\n\
    mirror@acme.example.org.uat,,Mirror,mirror@acme.example.invalid,Standard User\n";

#[test]
fn a_sandbox_holds_a_copy_of_the_user() {
    let sandbox = |is: bool| {
        Stage::set(&[("User.csv", COPY)]).with_organization(&[("is_sandbox", json!(is))])
    };
    let told = "a user `mirror@acme.example.uat`, which looks like a copy of `mirror@acme.example`";
    let run = sandbox(false).plan(&wanted());
    assert!(!run.words().contains("OW2037"), "{}", run.words());
    let stage = sandbox(true);
    let run = stage.plan(&wanted());
    let set = "spec.user.username=mirror@acme.example.uat";
    says(&run, &["warning OW2037", told, set]);
    let run = stage.run(&["plan", "--set", set], &wanted());
    assert_eq!(run.code, 0, "{}", run.words());
    for wrong in ["OW2037", "OW2026", "create user", "email "] {
        assert!(
            !run.words().contains(wrong),
            "{wrong} is in {}",
            run.words()
        );
    }
    says(
        &run,
        &[
            "update user mirror@acme.example.uat",
            "OW2038",
            "the default lead creator",
        ],
    );
}

#[test]
fn a_new_address_of_a_user_that_is_there_waits_for_its_owner() {
    let told = "sends a mail to";
    let stage = Stage::set(&[("User.csv", COPY)]);
    let run = stage.plan(&wanted());
    assert!(!run.words().contains(told), "{}", run.words());
    let moved = wanted().replace("email: mirror@", "email: glass@");
    let run = stage.run(
        &[
            "plan",
            "--set",
            "spec.user.username=mirror@acme.example.uat",
        ],
        &moved,
    );
    says(&run, &["BY HAND", "sends a mail to glass@acme.example"]);
}

#[test]
fn an_address_that_takes_no_mail_is_another_address_in_production() {
    let stage = Stage::set(&[("User.csv", COPY)]);
    let set = "spec.user.username=mirror@acme.example.uat";
    let run = stage.run(&["plan", "--set", set], &wanted());
    says(&run, &["OW2026", "mirror@acme.example.invalid"]);
}
