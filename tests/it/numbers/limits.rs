//! Limits, from the plan until the last look.

use super::*;

const LIMITS: &str = "  limits: {usersLosingAccess: 33, recordsBecomingVisible: 310}\n";

/// The demo org with a clock of its own: 299 leads are ticked and have an address, and 31 people lose sight.
fn demo(rest: &str) -> Stage {
    Stage::new(&STILL, rest)
}

const APPLY: [&str; 4] = ["apply", "--yes", "--wait", "20h"];

#[test]
fn a_plan_shows_each_limit_with_its_verdict() {
    let rest = format!("{}{LIMITS}", ticked("          expectVisible: 290..300\n"));
    let stage = Stage::new(&[], &rest);
    let plan = stage.run(&["plan", "--format", "json"]);
    let limits = &json_of(&plan)["limits"];
    let entry = |name: &str, rule: Value, limit: Value, planned: u64, verdict: &str| json!({"name": name, "manifest": "numbers", "rule": rule, "limit": limit, "planned": planned, "verdict": verdict});
    let rule = json!("sharing_rule/Lead.Ticked");
    let meant = json!({"at_least": 290, "at_most": 300});
    let expected = json!([
        entry("usersLosingAccess", Value::Null, json!(33), 31, "holds"),
        entry(
            "recordsBecomingVisible",
            Value::Null,
            json!(310),
            299,
            "holds"
        ),
        entry("expectVisible", rule, meant, 299, "holds"),
    ]);
    assert_eq!(*limits, expected);
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    says(
        &plan,
        2,
        &[
            "holds usersLosingAccess: 31 planned",
            "next: orgwright apply",
        ],
    );
    stage.write(&rest.replace("310", "298").replace("290..300", "300..400"));
    for format in ["human", "markdown", "html"] {
        let plan = stage.run(&["plan", "--detailed-exitcode", "--format", format]);
        says(
            &plan,
            4,
            &["would refuse this plan", "OW4002", "OW2051", "broken"],
        );
        never_says(&plan, "orgwright apply");
        assert_eq!(stage.run(&["plan", "--format", format]).code, 0);
    }
    says(
        &stage.run(&["apply", "--yes"]),
        4,
        &["OW4002", "OW2051", "nothing was changed"],
    );
}

#[test]
fn what_moves_before_the_defaults_is_refused_and_nobody_has_lost_anything() {
    let within = format!("{}{LIMITS}", ticked("          expectVisible: 290..310\n"));
    let without = format!("{}{LIMITS}", ticked(""));
    let check = |rest: &str, happens: fn(&Stage), code: &str| {
        let stage = demo(rest);
        let run = stage.run_and_when(&APPLY, "stage 1 ", happens);
        says(&run, 4, &[code, "3 of 5 changes were made"]);
        assert_ne!(stage.default_of_leads(), "Private");
        assert!(!stage.rules_of_leads().contains("Ticked"));
    };
    check(&without, |stage| stage.tick(12), "OW4002");
    check(&without, |stage| stage.hire(3), "OW4001");
    check(
        &within.replace("310}", "900}"),
        |stage| stage.tick(12),
        "OW2051",
    );
    // As many as are allowed are no reason.
    let stage = demo(&within);
    let run = stage.run_and_when(&APPLY, "stage 1 ", |stage| {
        stage.tick(11);
        stage.hire(2);
    });
    says(
        &run,
        0,
        &["Proved: 310 of 2,000 leads", "the limits still hold"],
    );
}

#[test]
fn what_moves_behind_the_defaults_holds_back_the_users_own_rule_alone() {
    let kept = "      keepAccess: [{role: Demand_Generation, access: ReadOnly}]\n      rules:\n";
    let check = |expected: &str, limits: &str, code: &str| {
        let rest = ticked(expected).replace("      rules:\n", kept);
        let stage = demo(&format!("{rest}{limits}"));
        let run = stage.run_and_when(&APPLY, "stage 3 ", |stage| stage.tick(40));
        says(
            &run,
            4,
            &[
                "OW5013",
                code,
                "`Lead.Ticked` waits",
                "5 of 6 changes were made",
                "next: orgwright apply",
            ],
        );
        never_says(&run, "Proved");
        let rules = stage.rules_of_leads();
        assert_eq!(stage.default_of_leads(), "Private");
        assert!(
            rules.contains("Demand_Generation") && !rules.contains("Ticked"),
            "{rules}"
        );
        // As long as the limit stands, the rule waits.
        assert_eq!(stage.run(&["apply", "--yes"]).code, 4);
        stage.write(&rest.replace("310", "339"));
        let run = stage.run_and_when(&APPLY, "stage 5 ", |_| ());
        says(
            &run,
            0,
            &["Applied: 1 change.", "Proved: 339 of 2,000 leads"],
        );
    };
    check("", "  limits: {recordsBecomingVisible: 310}\n", "OW4002");
    check("          expectVisible: 200..310\n", "", "OW2051");
}

/// An earlier run restricted the default and made no rule: whatever the numbers do, the next one gives people theirs back.
#[test]
fn a_gap_is_closed_whatever_the_limits_say_meanwhile() {
    let kept = "      keepAccess: [{role: Demand_Generation, access: ReadOnly}]\n      rules:\n";
    let rest = ticked("").replace("      rules:\n", kept);
    let stage = demo(&format!(
        "{rest}  limits: {{recordsBecomingVisible: 310}}\n"
    ));
    let until = [APPLY.as_slice(), &["--until", "narrowed"]].concat();
    assert_eq!(stage.run_and_when(&until, "stage 3 ", |_| ()).code, 0);
    assert_eq!(stage.default_of_leads(), "Private");
    let path = stage.folder.path().join("orgwright.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    // Something is left for the first stage, so that the numbers can move before the rules.
    std::fs::write(
        &path,
        text.replace("label: Feed Integration", "label: Feed"),
    )
    .unwrap();
    let run = stage.run_and_when(&APPLY, "stage 1 ", |stage| stage.tick(40));
    says(&run, 4, &["OW5013", "OW4002", "`Lead.Ticked` waits"]);
    let rules = stage.rules_of_leads();
    assert!(
        rules.contains("Demand_Generation") && !rules.contains("Ticked"),
        "{rules}"
    );
}

#[test]
fn what_moves_behind_the_rules_is_told_by_the_proof() {
    let stage = demo(&format!("{}{LIMITS}", ticked("")));
    let run = stage.run_and_when(&APPLY, "stage 5 ", |stage| stage.tick(40));
    says(
        &run,
        3,
        &[
            "OW5014",
            "339 records became visible, and the manifest allows 310",
        ],
    );
    assert!(stage.rules_of_leads().contains("Ticked"));
}

#[test]
fn only_limits_are_asked_about_again() {
    let phases = |rest: &str| {
        let stage = Stage::new(&[], rest);
        let run = stage.run(&["apply", "--yes", "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.out);
        let result = lines_of(&run).pop().unwrap();
        let phases = result["phases"].as_array().unwrap().clone();
        let all: u64 = phases
            .iter()
            .map(|one| one["api_requests"].as_u64().unwrap())
            .sum();
        let of = |name: &str| phases.iter().filter(|one| one["phase"] == name).count();
        let requests = phases.iter().filter(|one| one["phase"] == "limits");
        let requests: u64 = requests
            .map(|one| one["api_requests"].as_u64().unwrap())
            .sum();
        (of("limits"), requests, all)
    };
    let (looks, _, without) = phases(&ticked(""));
    assert_eq!(looks, 0);
    let (looks, requests, with) = phases(&format!("{}{LIMITS}", ticked("")));
    assert!(
        looks > 0 && requests <= 6,
        "{looks} looks, {requests} requests"
    );
    assert_eq!(with - requests, without);
}
