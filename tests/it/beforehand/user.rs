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
