//! Deploys: what goes in, what does not, and what the result says about it.

use serde_json::{Value, json};

use super::desk::{Desk, Package, rule};

fn texts(entries: &Value, key: &str) -> Vec<String> {
    let entries = entries.as_array().expect("a list").iter();
    entries
        .filter(|entry| entry["fullName"] != "package.xml")
        .map(|entry| entry[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn failures(result: &Value) -> Vec<String> {
    texts(&result["details"]["componentFailures"], "problem")
}

fn has_role(desk: &mut Desk, name: &str) -> bool {
    !desk
        .query(&format!(
            "SELECT Id FROM UserRole WHERE DeveloperName = '{name}'"
        ))
        .unwrap()
        .is_empty()
}

/// One role that can be, and one under a role that is not there.
fn half_good() -> Package {
    let bad = "    <parentRole>Nobody</parentRole>";
    Package::default().role("Good", "").role("Bad", bad)
}

#[test]
fn without_rollback_what_is_good_stays() {
    let mut desk = Desk::new();
    let result = desk.deploy(&half_good(), json!({"rollbackOnError": false}));
    assert_eq!(result["status"], "SucceededPartial", "{result:#}");
    assert_eq!(
        (&result["success"], &result["numberComponentsDeployed"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        (
            &result["numberComponentErrors"],
            &result["numberComponentsTotal"]
        ),
        (&json!(1), &json!(2))
    );
    assert!(has_role(&mut desk, "Good") && !has_role(&mut desk, "Bad"));
}

#[test]
fn with_rollback_nothing_stays_and_the_result_still_tells_what_was_good() {
    let mut desk = Desk::new();
    let result = desk.deploy(&half_good(), json!({"rollbackOnError": true}));
    assert_eq!(
        (&result["status"], &result["success"]),
        (&json!("Failed"), &json!(false))
    );
    assert_eq!(result["numberComponentsDeployed"], 1);
    assert_eq!(
        texts(&result["details"]["componentSuccesses"], "fullName"),
        ["Good"]
    );
    assert_eq!(
        failures(&result),
        ["In field: parentRole - no Role named Nobody found"]
    );
    assert!(!has_role(&mut desk, "Good"));
}

#[test]
fn a_check_changes_nothing() {
    let mut desk = Desk::new();
    let before = desk.world.org.roles.clone();
    let result = desk.deploy(
        &Package::default().role("New", ""),
        json!({"checkOnly": true}),
    );
    assert_eq!(
        (&result["status"], &result["checkOnly"]),
        (&json!("Succeeded"), &json!(true))
    );
    assert_eq!(desk.world.org.roles, before);
    assert_eq!(desk.world.org.audit, vec![]);
}

#[test]
fn an_error_has_the_line_and_column_behind_the_element_it_is_about() {
    // The platform reported `sharedTo not allowed:role - CEO (8:19)` on a rule that is laid out like these.
    let check = |package: Package, problem: &str, place: (u32, u32)| {
        let mut desk = Desk::new();
        desk.deployed(
            &Package::default()
                .model("Lead", "Private")
                .role("Sales", ""),
        );
        let result = desk.deploy(&package, Value::Null);
        let failure = &result["details"]["componentFailures"][0];
        assert_eq!(failure["problem"], problem, "{result:#}");
        assert_eq!(
            (&failure["lineNumber"], &failure["columnNumber"]),
            (&json!(place.0), &json!(place.1)),
            "{problem}"
        );
    };
    let of = |rule: String| Package::default().rules("Lead", &[rule]);
    check(
        of(rule("R", "CEO", "Company", "x")),
        "sharedTo not allowed:role - CEO (8:19)",
        (8, 19),
    );
    check(
        of(rule("R", "Sales", "Nothing__c", "x")),
        "In field: field - no CustomField named Lead.Nothing__c found",
        (10, 24),
    );
    check(
        of(rule("R", "Sales", "Company", "x").replace("equals", "resembles")),
        "'resembles' is not a valid value for the enum 'FilterOperation'",
        (10, 24),
    );
    check(
        Package::default().role("New", "    <parentRole>Nobody</parentRole>"),
        "In field: parentRole - no Role named Nobody found",
        (4, 17),
    );
    check(
        Package::default().role("New", "    <colour>red</colour>"),
        "Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}colour invalid at this location in type Role",
        (4, 13),
    );
    check(
        Package::default().model("Opportunity", "ControlledByParent"),
        "ControlledByParent is not a valid sharing model for Opportunity",
        (3, 19),
    );
}

#[test]
fn tests_that_cannot_run_are_not_said_to_have_passed() {
    let class = |name: &str, source: &str| {
        Package::default()
            .file(&format!("classes/{name}.cls"), source)
            .file(
                &format!("classes/{name}.cls-meta.xml"),
                "<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\"><apiVersion>66.0</apiVersion><status>Active</status></ApexClass>",
            )
            .naming("ApexClass", name)
    };
    let coverage = "Average test coverage across all Apex Classes and Triggers is 0%, at least 75% test coverage is required.";
    let unknown = "This class name's value is invalid: NoTest. Provide the name of an Apex class that has test methods.";
    let check = |package: &Package, options: Value, expected: Option<&str>| {
        let result = Desk::new().deploy(package, options.clone());
        let status = if expected.is_some() {
            "Failed"
        } else {
            "Succeeded"
        };
        assert_eq!(result["status"], status, "{options}: {result:#}");
        assert_eq!(result["errorMessage"], json!(expected), "{options}");
        assert_eq!(result["errorStatusCode"].is_string(), expected.is_some());
        let runs = !["", "NoTestRun"].contains(&options["testLevel"].as_str().unwrap_or_default());
        assert_eq!(result["runTestsEnabled"], runs);
    };
    let role = Package::default().role("New", "");
    let plain = class("Plain", "public class Plain {}");
    check(&role, json!({"testLevel": "NoTestRun"}), None);
    check(&role, json!({"testLevel": "RunLocalTests"}), None);
    check(
        &role,
        json!({"testLevel": "RunSpecifiedTests", "runTests": ["NoTest"]}),
        Some(unknown),
    );
    check(
        &role,
        json!({"testLevel": "RunEverything"}),
        Some("'RunEverything' is not a valid value for the enum 'TestLevel'"),
    );
    check(&plain, json!({}), None);
    check(
        &plain,
        json!({"testLevel": "RunLocalTests"}),
        Some(coverage),
    );
    check(
        &plain,
        json!({"testLevel": "RunSpecifiedTests", "runTests": ["Plain"]}),
        Some(&unknown.replace("NoTest", "Plain")),
    );
    let test = class("PlainTest", "@IsTest private class PlainTest {}");
    check(
        &test,
        json!({"testLevel": "RunSpecifiedTests", "runTests": ["PlainTest"]}),
        Some(coverage),
    );
}

#[test]
fn what_is_destroyed_before_can_be_made_anew_and_what_is_destroyed_after_is_free_by_then() {
    let mut desk = Desk::new();
    desk.deployed(
        &Package::default()
            .model("Lead", "Private")
            .role("Sales", "")
            .role("Care", ""),
    );
    desk.deployed(&Package::default().rules("Lead", &[rule("R", "Sales", "Company", "x")]));
    let moved = || Package::default().rules("Lead", &[rule("R", "Care", "Company", "x")]);
    let result = desk.deploy(&moved(), Value::Null);
    assert!(
        failures(&result)[0].contains("sharedTo cannot be changed"),
        "{result:#}"
    );
    let anew = moved()
        .destroying(
            "destructiveChangesPre.xml",
            &[("SharingCriteriaRule", "Lead.R")],
        )
        .destroying("destructiveChangesPost.xml", &[("Role", "Sales")]);
    desk.deployed(&anew);
    assert_eq!(
        desk.world.org.rules["Lead.R"].shared_to.name.as_deref(),
        Some("Care")
    );
    assert!(!has_role(&mut desk, "Sales") && has_role(&mut desk, "Care"));
}

#[test]
fn what_is_not_there_to_be_destroyed_is_a_warning() {
    let package = || {
        Package::default().destroying(
            "destructiveChanges.xml",
            &[("SharingCriteriaRule", "Lead.Gone")],
        )
    };
    let check = |ignore: bool, status: &str, list: &str| {
        let result = Desk::new().deploy(&package(), json!({"ignoreWarnings": ignore}));
        assert_eq!(result["status"], status, "{result:#}");
        let entries = result["details"][list].as_array().unwrap();
        let warning = entries
            .iter()
            .find(|entry| entry["problemType"] == "Warning")
            .expect("a warning");
        assert_eq!(
            warning["problem"],
            "No SharingCriteriaRule named: Lead.Gone found"
        );
        assert_eq!(warning["warning"], true);
    };
    check(false, "Failed", "componentFailures");
    check(true, "Succeeded", "componentSuccesses");
}

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_validation_is_deployed_quickly_until_it_is_old_or_something_else_was_deployed() {
    let quick = |desk: &mut Desk, id: &str| {
        let (status, answer) = desk.rest(
            "POST",
            "metadata/deployRequest",
            &json!({"validatedDeployRequestId": id}),
        );
        (status, answer["id"].as_str().unwrap_or_default().to_owned())
    };
    let validated = |days: u64| {
        let mut desk = Desk::new();
        let id = desk.start(
            &Package::default().role("New", ""),
            json!({"checkOnly": true}),
        );
        assert_eq!(desk.result(&id)["status"], "Succeeded");
        desk.advance(days * DAY);
        (desk, id)
    };
    let (mut desk, id) = validated(9);
    let (status, new) = quick(&mut desk, &id);
    assert!(status == 201 && new != id, "{status} {new}");
    assert_eq!(desk.result(&new)["status"], "Succeeded");
    assert!(has_role(&mut desk, "New"));
    assert_eq!(quick(&mut desk, &id).0, 404, "a second time");
    let (mut desk, id) = validated(11);
    assert_eq!(quick(&mut desk, &id).0, 404, "too old");
    let (mut desk, id) = validated(1);
    desk.deployed(&Package::default().role("Other", ""));
    assert_eq!(quick(&mut desk, &id).0, 404, "another deploy since");
}

#[test]
fn a_deploy_is_cancelled_while_it_waits_or_runs() {
    for seconds in [0, 30] {
        let mut desk = Desk::new().taking(60, 0);
        let id = desk.start(&Package::default().role("New", ""), Value::Null);
        desk.advance(seconds);
        let path = format!("metadata/deployRequest/{id}");
        let canceling = json!({"deployResult": {"status": "Canceling"}});
        assert_eq!(desk.rest("PATCH", &path, &canceling).0, 202);
        desk.advance(120);
        let result = desk.result(&id);
        assert_eq!(
            (&result["status"], &result["done"]),
            (&json!("Canceled"), &json!(true))
        );
        assert!(result["canceledBy"].is_string() && !has_role(&mut desk, "New"));
        assert_eq!(desk.refused("PATCH", &path, canceling), "INVALID_ID_FIELD");
    }
}

#[test]
fn an_object_has_at_most_three_hundred_rules() {
    let mut desk = Desk::new();
    desk.deployed(
        &Package::default()
            .model("Lead", "Private")
            .role("Sales", ""),
    );
    let owner_rule = |number: usize| {
        format!(
            "    <sharingOwnerRules>\n        <fullName>O{number}</fullName>\n        <accessLevel>Read</accessLevel>\n        \
             <label>O{number}</label>\n        <sharedTo>\n            <role>Sales</role>\n        </sharedTo>\n        \
             <sharedFrom>\n            <allInternalUsers></allInternalUsers>\n        </sharedFrom>\n    </sharingOwnerRules>"
        )
    };
    let rules = |numbers: std::ops::Range<usize>| {
        let rules: Vec<String> = numbers.map(owner_rule).collect();
        Package::default().rules("Lead", &rules)
    };
    desk.deployed(&rules(0..299));
    let criteria = || Package::default().rules("Lead", &[rule("R", "Sales", "Company", "x")]);
    desk.deployed(&criteria());
    desk.deployed(&criteria());
    let full = ["You have reached the maximum number of sharing rules for Lead"];
    assert_eq!(failures(&desk.deploy(&rules(299..300), Value::Null)), full);
    desk.deployed(&Package::default().destroying(
        "destructiveChanges.xml",
        &[("SharingCriteriaRule", "Lead.R")],
    ));
    desk.deployed(&rules(299..300));
    assert_eq!(failures(&desk.deploy(&criteria(), Value::Null)), full);
}

#[test]
fn an_object_has_at_most_fifty_criteria_rules() {
    let mut desk = Desk::new();
    desk.deployed(
        &Package::default()
            .model("Lead", "Private")
            .role("Sales", ""),
    );
    let rules = |numbers: std::ops::Range<usize>| {
        let rules = numbers.map(|number| rule(&format!("R{number}"), "Sales", "Company", "x"));
        Package::default().rules("Lead", &rules.collect::<Vec<_>>())
    };
    desk.deployed(&rules(0..50));
    desk.deployed(&rules(49..50));
    let result = desk.deploy(&rules(50..51), Value::Null);
    assert_eq!(
        failures(&result),
        ["You have reached the maximum number of sharing rules for Lead"]
    );
    desk.deployed(&Package::default().destroying(
        "destructiveChanges.xml",
        &[("SharingCriteriaRule", "Lead.R0")],
    ));
    desk.deployed(&rules(50..51));
}
