//! What the org checks before anything is written, and whom it never queues behind.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod agreed;

use serde_json::{Value, json};

use crate::support::{Org, Run, finish, finish_once_said, interrupted_once_said};

const MANIFEST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/manifests/hubspot-selective-sync.yaml"
);

/// An org that refuses permissions of the clone source, one a deploy.
const UNWILLING: [&str; 4] = [
    "--platform",
    "unlicensed-permissions=FreezeUsers+EditMyReports+RunReports",
    "--platform",
    "profile-refusals=one",
];

/// An org whose clock stands still, and where a deploy takes an hour.
const STILL: [&str; 4] = ["--clock", "manual", "--deploy-time", "1h"];

/// What a run says that waits for the queue.
const WAITING: &str = "waiting for a deploy that was in the org's queue";

struct Stage {
    folder: tempfile::TempDir,
    org: Org,
}

/// A deploy as the org tells of it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    check_only: bool,
    status: String,
}

impl Stage {
    fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let org = Org::start(folder.path(), arguments);
        Self { folder, org }
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), &with_manifest(words)))
    }

    /// Runs to the end; once the words are said, a signal is sent or hours pass.
    fn run_until_said(&self, words: &[&str], said: &str, then: impl Fn(&Self)) -> Run {
        let command = &mut self.org.program(self.folder.path(), &with_manifest(words));
        finish_once_said(command, said, || then(self))
    }

    fn control(&self, resource: &str, body: &Value) -> Value {
        let path = format!("/emulator/{resource}");
        let (status, answer) = self.org.send("POST", &path, "", &body.to_string());
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn pass_hours(&self) {
        self.control("clock", &json!({"advance": "5h"}));
    }

    /// Somebody who is not logged in here: username and name.
    fn somebody_else(&self) -> (String, String) {
        let soql = "SELECT Username, Name FROM User WHERE IsActive = true AND (NOT Username LIKE 'ada.%') LIMIT 1";
        let row = self.org.query(soql).remove(0);
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (text("Username"), text("Name"))
    }

    fn administrator(&self) -> String {
        let soql = "SELECT Username FROM User WHERE Username LIKE 'ada.%'";
        self.org.query(soql)[0]["Username"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn queue(&self, username: &str, check_only: bool, takes: &str) {
        let body = json!({"username": username, "checkOnly": check_only, "takes": takes});
        self.control("deploys", &body);
    }

    /// The deploys that the org has taken, in their order.
    fn deploys(&self) -> Vec<Told> {
        let path = "/services/data/v66.0/tooling/query?q=SELECT+CheckOnly,Status+FROM+DeployRequest+ORDER+BY+Id";
        let (status, answer) = self.org.send("GET", path, "", "");
        assert_eq!(status, 200, "{answer}");
        let page: Value = serde_json::from_str(&answer).unwrap();
        let told = |row: &Value| Told {
            check_only: row["CheckOnly"] == true,
            status: row["Status"].as_str().unwrap().to_owned(),
        };
        page["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(told)
            .collect()
    }

    /// What has been written so far, deploys and records.
    fn written(&self) -> usize {
        let (status, answer) = self.org.send("GET", "/emulator/journal", "", "");
        assert_eq!(status, 200);
        let journal: Value = serde_json::from_str(&answer).unwrap();
        let entries = journal["entries"].as_array().unwrap().iter();
        let of_deploys = |change: &Value| change["type"] == "DeployRequest";
        let changes = entries.flat_map(|entry| entry["changes"].as_array().unwrap());
        changes.filter(|change| !of_deploys(change)).count()
    }
}

fn with_manifest<'w>(words: &[&'w str]) -> Vec<&'w str> {
    words.iter().copied().chain([MANIFEST]).collect()
}

fn says(run: &Run, sentences: &[&str]) {
    for sentence in sentences {
        assert!(
            run.words().contains(sentence),
            "no {sentence:?} in {}",
            run.words()
        );
    }
}

fn plan_of(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn nothing_goes_behind_somebody_elses_deploy_or_validation() {
    for (check_only, what) in [(false, "deploy 0Af"), (true, "validation 0Af")] {
        let stage = Stage::new(&["--clock", "manual"]);
        let (username, name) = stage.somebody_else();
        stage.queue(&username, check_only, "1h");
        for words in [["apply", "--yes"], ["plan", "--check"], ["apply", "--yes"]] {
            let run = stage.run(&words);
            assert_eq!(run.code, 75, "{words:?}: {}", run.words());
            says(
                &run,
                &["OW3018", what, &name, "--wait-queue", "nothing was changed"],
            );
        }
        assert_eq!(stage.run(&["plan"]).code, 0);
        assert_eq!((stage.deploys().len(), stage.written()), (1, 0));
        let words = ["apply", "--yes", "--wait-queue", "--wait", "20h"];
        let waited = stage.run_until_said(&words, WAITING, Stage::pass_hours);
        assert_eq!(waited.code, 0, "{}", waited.words());
        says(&waited, &["Proved: "]);
    }
}

#[test]
fn what_the_same_user_left_in_the_queue_is_waited_for() {
    let stage = Stage::new(&["--clock", "manual"]);
    stage.queue(&stage.administrator(), true, "1h");
    let words = ["apply", "--yes", "--wait", "20h"];
    let run = stage.run_until_said(&words, WAITING, Stage::pass_hours);
    assert_eq!(run.code, 0, "{}", run.words());
}

#[test]
fn the_first_stage_is_rehearsed_once_and_only_where_it_was_not_checked() {
    let stage = Stage::new(&[]);
    let checked = stage.run(&["plan", "--check", "--out", "plan.json"]);
    assert_eq!(
        (checked.code, stage.written()),
        (0, 0),
        "{}",
        checked.words()
    );
    let rehearsals = |stage: &Stage| {
        stage
            .deploys()
            .iter()
            .filter(|told| told.check_only)
            .count()
    };
    assert_eq!(rehearsals(&stage), 1);
    let applied = stage.run(&["apply", "--plan", "plan.json", "--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.words());
    assert_eq!((rehearsals(&stage), stage.deploys().len()), (1, 4));
    for (words, expected) in [
        (&["apply", "--yes"][..], 1),
        (&["apply", "--yes", "--no-check"], 0),
    ] {
        let stage = Stage::new(&[]);
        assert_eq!(stage.run(words).code, 0);
        assert_eq!(
            (rehearsals(&stage), stage.deploys().len()),
            (expected, 3 + expected)
        );
        // With nothing to do there is nothing to rehearse.
        assert_eq!(stage.run(words).code, 0);
        assert_eq!(stage.deploys().len(), 3 + expected);
    }
}

#[test]
fn what_a_rehearsal_leaves_out_the_deploy_goes_without_in_one_round() {
    let stage = Stage::new(&UNWILLING);
    let run = stage.run(&["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.words());
    assert_eq!(run.words().matches("OW2024").count(), 3, "{}", run.words());
    let told = stage.deploys();
    let refused: Vec<bool> = told.iter().map(|told| told.status == "Failed").collect();
    assert_eq!(refused, [true, true, true, false, false, false, false]);
    let check_only: Vec<bool> = told.iter().map(|told| told.check_only).collect();
    assert_eq!(check_only, [true, true, true, true, false, false, false]);
    let stage = Stage::new(&UNWILLING);
    let checked = stage.run(&["plan", "--check", "--format", "json"]);
    let check = &plan_of(&checked)["check"];
    assert_eq!(check["left_out"].as_array().unwrap().len(), 3, "{check}");
    assert_eq!(check["checked"][0]["accepted"], true);
}

#[test]
fn what_a_check_left_out_stays_left_out() {
    let stage = Stage::new(&UNWILLING);
    let checked = stage.run(&["plan", "--check", "--out", "plan.json"]);
    assert_eq!(checked.code, 0, "{}", checked.words());
    let failed = || {
        let told = stage.deploys().into_iter();
        told.filter(|told| told.status == "Failed").count()
    };
    assert_eq!(failed(), 3);
    let run = stage.run(&["apply", "--plan", "plan.json", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.words());
    assert_eq!(
        failed(),
        3,
        "the org was not asked again for what it refuses"
    );
    assert_eq!(run.words().matches("OW2024").count(), 3, "{}", run.words());
}

#[test]
fn what_cannot_be_checked_yet_is_told_with_its_reason() {
    let stage = Stage::new(&[]);
    let stages = |run: &Run, part: &str| -> Vec<u64> {
        let plan = plan_of(run);
        let listed = plan["check"][part].as_array().unwrap().iter();
        listed.map(|one| one["stage"].as_u64().unwrap()).collect()
    };
    let ready = stage.run(&["plan", "--check", "--format", "json"]);
    assert_eq!(stages(&ready, "checked"), [1]);
    assert_eq!(stages(&ready, "not_checkable"), [2, 2, 3, 5]);
    let all = stage.run(&["plan", "--check=all", "--format", "json"]);
    assert_eq!(stages(&all, "checked"), [1, 3]);
    assert_eq!(stages(&all, "not_checkable"), [2, 2, 5]);
    assert_eq!(plan_of(&ready)["digest"], plan_of(&all)["digest"]);
    assert_eq!(
        plan_of(&stage.run(&["plan", "--format", "json"]))["check"],
        Value::Null
    );
    let human = stage.run(&["plan", "--check"]);
    says(
        &human,
        &[
            "CHECK (nothing was saved)",
            "the org would take 3 changes",
            "organization-wide default Lead is not checkable yet",
            "`--check=all`",
        ],
    );
    for (format, words) in [("markdown", "### Check"), ("html", "<h2>Check</h2>")] {
        let run = stage.run(&["plan", "--check", "--format", format]);
        says(
            &run,
            &[words, "the org would take 3 changes", "not checkable yet"],
        );
    }
    assert_eq!(stage.run(&["apply", "--yes"]).code, 0);
    let wider = "spec.sharing.0.rules.0.access=ReadOnly";
    let rule = stage.run(&["plan", "--check", "--format", "json", "--set", wider]);
    assert_eq!(stages(&rule, "checked"), [5], "{}", rule.words());
    assert_eq!(stage.run(&["plan", "--check=some"]).code, 64);
    assert_eq!(stage.run(&["plan", "--wait-queue"]).code, 64);
}

#[test]
fn a_refused_rehearsal_writes_nothing_and_names_the_line() {
    let stage = Stage::new(&["--platform", "unlicensed-permissions=FreezeUsers"]);
    let stated = "spec.profile.userPermissions.FreezeUsers=true";
    let checked = stage.run(&["plan", "--check", "--format", "json", "--set", stated]);
    assert_eq!(checked.code, 65, "{}", checked.words());
    let check = &plan_of(&checked)["check"];
    assert_eq!(check["checked"][0]["accepted"], false);
    assert_eq!(
        check["refused"][0]["file"],
        "--set spec.profile.userPermissions.FreezeUsers"
    );
    let applied = stage.run(&["apply", "--yes", "--set", stated]);
    assert_eq!(applied.code, 65, "{}", applied.words());
    says(
        &applied,
        &[
            "FreezeUsers",
            "nothing was changed",
            "--set spec.profile.userPermissions.FreezeUsers",
        ],
    );
    assert!(stage.deploys().iter().all(|told| told.check_only));
    assert_eq!(stage.written(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_rehearsal_is_cancelled_and_writes_nothing() {
    for words in [&["apply", "--yes"][..], &["plan", "--check"]] {
        let stage = Stage::new(&STILL);
        let command = &mut stage
            .org
            .program(stage.folder.path(), &with_manifest(words));
        let run = interrupted_once_said(command, "check-only deploy");
        assert_eq!(run.code, 130, "{}", run.words());
        says(
            &run,
            &[
                "stopped during the rehearsal",
                "is cancelled",
                "nothing was changed",
            ],
        );
        let cancelled = Told {
            check_only: true,
            status: "Canceled".to_owned(),
        };
        assert_eq!((stage.deploys(), stage.written()), (vec![cancelled], 0));
    }
}

#[test]
fn a_rehearsal_that_takes_too_long_is_cancelled_and_writes_nothing() {
    for words in [
        &["apply", "--yes", "--wait", "1s"][..],
        &["plan", "--check", "--wait", "1s"],
    ] {
        let stage = Stage::new(&STILL);
        let run = stage.run(words);
        assert_eq!(run.code, 75, "{}", run.words());
        says(
            &run,
            &[
                "the rehearsal was not through",
                "is cancelled",
                "nothing was changed",
            ],
        );
        assert_eq!(
            (stage.deploys()[0].status.as_str(), stage.written()),
            ("Canceled", 0)
        );
    }
}
