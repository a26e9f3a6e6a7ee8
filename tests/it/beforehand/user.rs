//! Values that a user does not take.

use super::*;

fn lead() -> String {
    rule(&criterion("LeadSource", "equals", "Web"))
}

/// The manifest with these lines under `user`.
fn with(lines: &str) -> String {
    let name = "    lastName: Mirror\n";
    lead().replace(name, &format!("{name}{lines}"))
}

#[test]
fn a_value_that_users_do_not_take_is_refused_before_a_user_is_made() {
    let stage = Stage::set(&[]);
    let told = [
        "error[OW2127]",
        "`UTF8` is no value of the picklist `emailEncoding`",
        "did you mean `UTF-8`?",
    ];
    stage.refuses(&with("    emailEncoding: UTF8\n"), &told);
    let run = stage.plan(&with("    emailEncoding: ISO-8859-1\n"));
    assert_eq!(run.code, 0, "{}", run.words());
}

/// The org keeps usernames in lower case: written with capitals, one would never be found again.
#[test]
fn a_username_is_taken_as_the_org_keeps_it() {
    let stage = Stage::set(&[]);
    let capitals = lead().replace("mirror@acme.example", "Mirror@Acme.example");
    let applied = stage.run(&["apply", "--yes"], &capitals);
    assert_eq!(applied.code, 0, "{}", applied.words());
    let again = stage.run(&["plan", "--detailed-exitcode"], &capitals);
    assert_eq!(again.code, 0, "{}", again.words());
    says(
        &stage.run(&["validate"], &capitals),
        &["OW1023", "taken as `mirror@acme.example`"],
    );
}
