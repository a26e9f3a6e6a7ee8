//! Applying in parts: tick first, then narrow.

use super::*;

/// Leads in which somebody has filled a field that the manifest makes.
const NEW_FIELD: &str = "  fields:
    - {object: Lead, name: Wanted__c, label: Wanted, type: Checkbox, default: false}
  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - {name: Wanted, access: ReadWrite, criteria: [{field: Wanted__c, operator: equals, value: true}]}
";

const STEP: &str =
    "tick first, then narrow: the user sees no Lead record until somebody fills `Lead.Wanted__c`";

/// Ticks the field on leads.
fn want(stage: &Stage, leads: usize) {
    let rows = stage
        .org
        .query(&format!("SELECT Id FROM Lead LIMIT {leads}"));
    let headers = "Content-Type: application/json\r\n";
    for row in rows {
        let path = format!(
            "/services/data/v66.0/sobjects/Lead/{}",
            row["Id"].as_str().unwrap()
        );
        let body = json!({"Wanted__c": true}).to_string();
        assert!(stage.org.send("PATCH", &path, headers, &body).0 < 300);
    }
}

#[test]
fn a_field_is_made_and_filled_before_anything_narrows() {
    let stage = Stage::small(NEW_FIELD);
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(&plan, 2, &["first OW2049", STEP, "--until prepared"]);
    assert!(
        plan.out.lines().nth(1).unwrap().starts_with("first OW2049"),
        "{}",
        plan.out
    );
    never_says(&plan, "OW2050");
    let was = stage.default_of_leads();
    let run = stage.run(&["apply", "--yes", "--until", "prepared"]);
    says(
        &run,
        0,
        &[
            "Prepared: 4 of 6 changes made",
            "WAITS (2)",
            "organization-wide default Lead",
            "next: orgwright apply --org env --yes",
            STEP,
        ],
    );
    never_says(&run, "Proved");
    assert_eq!(stage.default_of_leads(), was);
    assert!(!stage.rules_of_leads().contains("Wanted"));
    // Who does not fill it is told.
    says(&stage.run(&["plan"]), 0, &["OW2050"]);
    want(&stage, 3);
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 0, &["Applied: 2 changes.", "Proved: 3 of 8 leads"]);
    says(
        &stage.run(&["apply", "--yes", "--until", "prepared"]),
        0,
        &["Proved: 3 of 8 leads"],
    );
}

#[test]
fn whoever_applies_all_of_it_is_told_that_nothing_is_seen_yet() {
    let stage = Stage::small(NEW_FIELD);
    let run = stage.run(&["apply", "--yes"]);
    says(&run, 0, &["sees nothing yet", "0 of 8 leads visible", STEP]);
    never_says(&run, "Proved");
    assert!(
        run.out.trim_end().lines().last().unwrap().contains("plan"),
        "{}",
        run.out
    );
    // From now on it is an error: the field is there, and nobody has filled it.
    says(&stage.run(&["verify"]), 2, &["OW2050"]);
    want(&stage, 2);
    says(&stage.run(&["verify"]), 0, &["Proved: 2 of 8 leads"]);
}

#[test]
fn expectations_wait_until_the_field_can_be_filled() {
    let stage = Stage::small(&NEW_FIELD.replace(
        "access: ReadWrite,",
        "access: ReadWrite, expectVisible: 2..4,",
    ));
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(&plan, 4, &["OW2051", "--until prepared"]);
    says(
        &stage.run(&["apply", "--yes"]),
        4,
        &["OW2051", "nothing was changed"],
    );
    says(
        &stage.run(&["apply", "--yes", "--until", "prepared"]),
        0,
        &["Prepared: "],
    );
    says(&stage.run(&["apply", "--yes"]), 4, &["OW2051"]);
    want(&stage, 4);
    says(
        &stage.run(&["apply", "--yes"]),
        0,
        &["Proved: 4 of 8 leads"],
    );
}

#[test]
fn the_defaults_may_be_changed_apart_from_the_rules() {
    // The clone source reads this field: what a proof says of the user is not what this is about.
    let readable = "LeadSource, operator: equals, value: Web";
    let rest = ticked("").replace(
        "Sync_to_HubSpot__c, operator: equals, value: true",
        readable,
    );
    let stage = Stage::small(&rest);
    let run = stage.run(&["apply", "--yes", "--until", "narrowed", "--format", "json"]);
    let result = lines_of(&run).pop().unwrap();
    assert_eq!(
        (run.code, &result["until"], &result["verification"]),
        (0, &json!("narrowed"), &Value::Null)
    );
    let waiting: Vec<&Value> = result["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["result"] == "not_done")
        .collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["address"], "sharing_rule/Lead.Ticked");
    assert_eq!(stage.default_of_leads(), "Private");
    says(
        &stage.run(&["apply", "--yes"]),
        0,
        &["Applied: 1 change.", "Proved"],
    );
    says(
        &stage.run(&["apply", "--yes", "--until", "later"]),
        64,
        &["prepared, or narrowed"],
    );
}
