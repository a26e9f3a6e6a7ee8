//! What somebody has to agree to: warnings of a rehearsal, and validations that a deploy makes void.

use serde_json::{Value, json};

use super::{Stage, plan_of, says};

/// An org that warns of the role.
const WARNED: [&str; 2] = ["--platform", "warnings=Role/HubSpot_Integration"];

#[test]
fn a_warning_that_nobody_agreed_to_ends_the_run_in_production() {
    let stage = Stage::new(&WARNED);
    let refused = stage.run(&["apply", "--yes"]);
    assert_eq!(refused.code, 4, "{}", refused.words());
    says(
        &refused,
        &[
            "OW4004",
            "role/HubSpot_Integration",
            "--accept-warning",
            "nothing was changed",
        ],
    );
    assert_eq!(stage.written(), 0);
    let checked = plan_of(&stage.run(&["plan", "--check", "--format", "json"]));
    let problem = checked["check"]["warnings"][0]["problem"].as_str().unwrap();
    let digest = checked["digest"]
        .as_str()
        .unwrap()
        .trim_start_matches("sha256:");
    let (changes, whole) = (&digest[..12], &digest[..24]);
    assert!(
        stage
            .run(&["plan"])
            .out
            .contains(&format!("--expect {changes}"))
    );
    assert!(
        stage
            .run(&["plan", "--check"])
            .out
            .contains(&format!("--expect {whole}"))
    );
    let code = |words: &[&str]| {
        let run = stage.run(words);
        assert_eq!(
            (stage.written() == 0, run.code == 0),
            (run.code != 0, run.code == 0),
            "{}",
            run.words()
        );
        run.code
    };
    assert_eq!(code(&["apply", "--expect", changes]), 4);
    assert_eq!(code(&["apply", "--expect", whole, "--no-check"]), 5);
    assert_eq!(
        code(&["apply", "--yes", "--accept-warning", "something else"]),
        4
    );
    let other = format!("{changes}ffffffffffff");
    assert_eq!(code(&["apply", "--expect", &other]), 5);
    assert_eq!(code(&["apply", "--expect", whole]), 0);
    for words in [
        &["apply", "--yes", "--accept-warning", problem][..],
        &["apply", "--yes", "--no-check"],
    ] {
        assert_eq!(Stage::new(&WARNED).run(words).code, 0, "{words:?}");
    }
}

#[test]
fn a_saved_plan_covers_the_warnings_of_its_check() {
    let stage = Stage::new(&WARNED);
    let saved = stage.run(&["plan", "--check", "--out", "plan.json"]);
    assert_eq!(saved.code, 0);
    let applied = stage.run(&["apply", "--plan", "plan.json", "--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.words());
    assert_eq!(
        stage
            .deploys()
            .iter()
            .filter(|told| told.check_only)
            .count(),
        1
    );
    let stage = Stage::new(&WARNED);
    stage.run(&["plan", "--check", "--out", "plan.json"]);
    let path = stage.folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan["check"]["warnings"] = json!([]);
    std::fs::write(&path, plan.to_string()).unwrap();
    let forged = stage.run(&["apply", "--plan", "plan.json", "--yes"]);
    assert_eq!(forged.code, 5, "{}", forged.words());
}

#[test]
fn validations_of_others_are_told_and_protected() {
    let stage = Stage::new(&[]);
    let (username, name) = stage.somebody_else();
    stage.queue(&stage.administrator(), true, "0");
    let own = stage.run(&["plan"]);
    assert!(!own.words().contains("OW2041"), "{}", own.words());
    stage.queue(&username, true, "0");
    let told = stage.run(&["plan"]);
    says(&told, &["OW2041", "1 validation of others", &name]);
    let protected = ["apply", "--yes", "--set", "spec.protectValidations=true"];
    let refused = stage.run(&protected);
    assert_eq!(refused.code, 4, "{}", refused.words());
    says(&refused, &["OW4005", &name]);
    assert_eq!(stage.written(), 0);
    // Anything that is deployed makes it void, whoever does.
    stage.queue(&username, false, "0");
    assert_eq!(stage.run(&protected).code, 0);
}

#[test]
fn validations_that_the_org_does_not_tell_of_may_be_some() {
    let stage = Stage::new(&[]);
    let refused = json!([{"path": "tooling", "body": "DeployRequest", "part": "DeployRequest", "status": 400, "code": "INVALID_TYPE"},
        {"path": "tooling/query", "status": 400, "code": "INVALID_TYPE"}]);
    let (status, answer) = stage
        .org
        .send("PUT", "/emulator/faults", "", &refused.to_string());
    assert_eq!(status, 200, "{answer}");
    let plan = stage.run(&["plan"]);
    says(&plan, &["OW2042"]);
    let run = stage.run(&["apply", "--yes", "--set", "spec.protectValidations=true"]);
    assert_eq!(run.code, 4, "{}", run.words());
    assert_eq!(stage.run(&["apply", "--yes"]).code, 0);
}
