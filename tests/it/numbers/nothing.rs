//! Rules that match nothing: an error wherever it is told, unless it is meant, and never where nobody knows.

use super::*;

/// Leads of a source that nobody has.
fn of_source(source: &str, expected: &str) -> String {
    format!(
        "  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - name: Of_source
          access: ReadWrite
{expected}          criteria: [{{field: LeadSource, operator: equals, value: {source}}}]
"
    )
}

const NONE: &str = "the rules of Lead match none of its 8 records";

#[test]
fn it_is_said_first_and_last_and_nothing_calls_it_proved() {
    let stage = Stage::small(&of_source("Carrier pigeon", ""));
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(&plan, 2, &[NONE, "next: orgwright apply"]);
    let lines: Vec<&str> = plan.out.lines().collect();
    assert_eq!(lines[1], format!("error OW2050: {NONE}"), "{}", plan.out);
    assert!(
        crate::support::words(&plan.out).ends_with(NONE),
        "{}",
        plan.out
    );
    let run = stage.run(&["apply", "--yes"]);
    says(
        &run,
        3,
        &[
            NONE,
            "OW2050",
            "next: orgwright plan",
            "0 of 8 leads visible",
        ],
    );
    never_says(&run, "Proved");
    let again = stage.run(&["apply", "--yes"]);
    says(&again, 3, &[NONE]);
    never_says(&again, "Proved");
    let proof = stage.run(&["verify"]);
    says(&proof, 2, &[NONE, "No differences:"]);
    never_says(&proof, "Proved");
    let second = proof.out.lines().nth(1).map(str::to_owned);
    assert_eq!(second, Some(format!("error OW2050: {NONE}")));
    assert!(
        crate::support::words(&proof.out).ends_with(NONE),
        "{}",
        proof.out
    );
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(&plan, 0, &["No changes", NONE]);
}

#[test]
fn it_may_be_meant() {
    for meant in ["0", "0..90"] {
        let stage = Stage::small(&of_source(
            "Pigeon",
            &format!("          expectVisible: {meant}\n"),
        ));
        let run = stage.run(&["apply", "--yes"]);
        says(&run, 0, &["0 of 8 leads visible"]);
        never_says(&run, "OW2050");
        assert_eq!(stage.run(&["verify"]).code, 0);
    }
}

#[test]
fn what_is_shared_with_others_says_nothing_of_the_user() {
    let others = "          sharedTo: {role: Sales}\n";
    let stage = Stage::small(&of_source("Web", others));
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 0, &["0 of 8 leads visible"]);
    never_says(&run, "OW2050");
    let both = of_source("Web", others)
        + "        - {name: Own, access: ReadOnly, criteria: [{field: LeadSource, operator: equals, value: Fax}]}\n";
    let stage = Stage::small(&both);
    says(&stage.run(&["apply", "--yes"]), 3, &[NONE]);
    stage.write(&both.replace("name: Own,", "name: Own, expectVisible: 0,"));
    says(
        &stage.run(&["apply", "--yes"]),
        0,
        &["0 of 8 leads visible"],
    );
}

#[test]
fn what_the_user_owns_hides_nothing() {
    let stage = Stage::small(&of_source("Web", ""));
    says(&stage.run(&["apply", "--yes"]), 0, &["Proved"]);
    let user = stage
        .org
        .query("SELECT Id FROM User WHERE Username = 'feed@numbers.example'")
        .remove(0);
    let lead = json!({"LastName": "Own", "Company": "Own", "LeadSource": "Pigeon post", "OwnerId": user["Id"]});
    stage.post("/services/data/v66.0/sobjects/Lead", &lead);
    stage.write(&of_source("Nobody", ""));
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(
        &plan,
        2,
        &[
            "the rules of Lead match none of its 9 records",
            "will see 1 of 9 leads",
        ],
    );
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 3, &["OW2050"]);
    never_says(&run, "Proved");
    stage.write(&of_source("Pigeon post", ""));
    says(
        &stage.run(&["apply", "--yes"]),
        0,
        &["Proved: 1 of 9 leads"],
    );
}

#[test]
fn a_rule_by_owner_that_gives_nothing_is_found_as_well() {
    let by_owner = |role: &str| {
        format!(
            "  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - {{name: Of_role, access: ReadOnly, ownedBy: {{role: {role}}}}}
"
        )
    };
    let stage = Stage::small(&by_owner("Feed_Integration"));
    says(&stage.run(&["apply", "--yes"]), 3, &[NONE]);
    let stage = Stage::small(&by_owner("Sales"));
    says(&stage.run(&["apply", "--yes"]), 0, &["Proved"]);
}

#[test]
fn each_object_stands_for_itself() {
    let contacts = "    - object: Contact
      organizationWideDefault: Private
      rules:
        - {name: Of_name, access: ReadOnly, criteria: [{field: LastName, operator: equals, value: \"7341\"}]}
";
    let stage = Stage::new(&[], &format!("{}{contacts}", ticked("")));
    let run = stage.run(&["apply", "--yes"]);
    says(
        &run,
        3,
        &[
            "Proved: 299 of 2,000 leads",
            "the rules of Contact match none of its 1,500 records",
        ],
    );
    assert_eq!(run.words().matches("Proved").count(), 1, "{}", run.out);
}

#[test]
fn what_nobody_can_count_is_not_nothing() {
    let in_city = |expected: &str| {
        format!(
            "  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - name: In_company
          access: ReadOnly
{expected}          criteria: [{{field: Company, operator: contains, value: mills}}]
"
        )
    };
    // Queries ignore case, sharing does not: `Abel Mills` is found, and not shared.
    let stage = Stage::small(&in_city(""));
    let plan = stage.run(&["plan"]);
    says(&plan, 0, &["at most 1 of 8 leads"]);
    never_says(&plan, "OW2050");
    // The proof compares each record, and knows.
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 3, &[NONE]);
    never_says(&run, "Proved");
    let stage = Stage::small(&in_city("          expectVisible: 1\n"));
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(
        &plan,
        4,
        &[
            "OW2051",
            "matches 0 to 1 record, and the manifest expects 1",
            "not known",
        ],
    );
    says(
        &stage.run(&["apply", "--yes"]),
        4,
        &["OW2051", "nothing was changed"],
    );
}

#[test]
fn as_many_as_expected_in_the_plan_and_ever_after() {
    let stage = Stage::new(&[], &ticked("          expectVisible: 295..305\n"));
    says(
        &stage.run(&["apply", "--yes"]),
        0,
        &["Proved: 299 of 2,000 leads"],
    );
    stage.tick(6);
    says(&stage.run(&["verify"]), 0, &["Proved: 305 of 2,000 leads"]);
    stage.tick(1);
    let proof = stage.run(&["verify"]);
    let words = "the rule `Ticked` matches 306 records, and the manifest expects 295..305";
    says(
        &proof,
        2,
        &[
            words,
            "OW2051",
            "Not as many as expected: 306 of 2,000 leads",
        ],
    );
    never_says(&proof, "Proved");
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 3, &[words, "next: orgwright plan"]);
    never_says(&run, "Proved");
}

#[test]
fn curly_quotes_and_labels_are_told_before_anything_is_written() {
    let curly = of_source("\u{201c}Web\u{201d}", "");
    let stage = Stage::small(&curly);
    says(
        &stage.run(&["plan"]),
        65,
        &["OW1073", "write straight quotes: \"Web\""],
    );
    says(&stage.run(&["validate"]), 65, &["OW1073"]);
    stage.write(&of_source("\"\u{201c}Web\u{201d}\"", ""));
    assert_eq!(
        stage.run(&["validate"]).code,
        0,
        "straight quotes around curly ones mean them"
    );
    let by_label = of_source("Web", "").replace("field: LeadSource", "field: Sync_to_HubSpot");
    stage.write(&by_label);
    says(
        &stage.run(&["plan"]),
        65,
        &["OW2102", "that is a label: write `Sync_to_HubSpot__c`"],
    );
    let by_role = by_label.replace("Sync_to_HubSpot", "LeadSource");
    let by_role = by_role.replace(
        "access: ReadWrite",
        "access: ReadWrite\n          sharedTo: {role: Everybody}",
    );
    stage.write(&by_role);
    says(&stage.run(&["plan"]), 65, &["OW2103"]);
}
