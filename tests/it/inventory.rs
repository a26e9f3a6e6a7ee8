//! What users can see and do, as `access` tells it: against what the emulated org itself does for that user, with what the
//! org does not show said to be unknown, and in how many requests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod judged;
mod refused;

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Run, finish};

/// Requests that two users may take, log-in apart.
const MOST_REQUESTS: usize = 12;

const ADMINISTRATOR: &str = "ada.fenwright@acme.example";
const ANALYST: &str = "mei.stavely-ong@acme.example";
const SELLER: &str = "quentin.marlholt@acme.example";

/// A folder of its own, and an emulated org in it.
struct Stage {
    folder: TempDir,
    org: Org,
}

impl Stage {
    fn demo() -> Self {
        Self::of(&[], &[])
    }

    /// An org of these files.
    fn of(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let seed = folder.path().join("seed");
        for (name, text) in files {
            let path = seed.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let seed = seed.to_string_lossy().into_owned();
        let mut words = arguments.to_vec();
        if !files.is_empty() {
            words.extend(["--seed", &seed]);
        }
        let org = Org::start(folder.path(), &words);
        Self { folder, org }
    }

    fn run(&self, words: &[&str]) -> Run {
        let words = [&["access"], words].concat();
        finish(&mut self.org.program(self.folder.path(), &words))
    }

    /// What is told of these users to machines.
    fn told(&self, users: &[&str]) -> Value {
        let mut words = vec!["--format", "json"];
        words.extend(users.iter().flat_map(|user| ["--user", user]));
        let run = self.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str(&run.out).unwrap()
    }

    /// Requests but those of the log-in.
    fn requests(&self, users: &[&str]) -> usize {
        let mut words = vec!["--trace", "trace"];
        words.extend(users.iter().flat_map(|user| ["--user", user]));
        let run = self.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        let trace = std::fs::read_to_string(self.folder.path().join("trace")).unwrap();
        let lines = trace
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["phase"] != "connect").count()
    }

    /// The reads whose part of a composite holds this are refused from here on.
    fn refuse(&self, part: &str) {
        let fault = json!([{"path": "/composite", "part": part, "status": 403, "code": "INSUFFICIENT_ACCESS"}]);
        let (status, told) = self
            .org
            .send("PUT", "/emulator/faults", "", &fault.to_string());
        assert_eq!(status / 100, 2, "{told}");
    }
}

/// A token of somebody else than the administrator.
fn token_of(org: &Org, username: &str) -> String {
    let form = format!("grant_type=password&client_id=app&username={username}&password=any");
    let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, answer) = org.send("POST", "/services/oauth2/token", headers, &form);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn named<'v>(list: &'v Value, key: &str, name: &str) -> Option<&'v Value> {
    list.as_array().unwrap().iter().find(|one| one[key] == name)
}

#[test]
fn an_administrator_can_do_everything_and_each_right_names_its_source() {
    let stage = Stage::demo();
    let told = stage.told(&[ADMINISTRATOR, ANALYST]);
    let ada = &told["users"][0];
    let contact = named(&ada["objects"], "object", "Contact").unwrap();
    assert_eq!(
        [
            &contact["records"],
            &contact["readable"],
            &contact["editable"]
        ],
        [1500, 1500, 1500]
    );
    assert_eq!(
        (&contact["modify_all"], &contact["from"][0]),
        (&json!(true), &json!("profile/System Administrator"))
    );
    let apex = named(&ada["permissions"], "name", "AuthorApex").unwrap();
    assert_eq!(
        (&apex["tier"], &apex["from"][0]),
        (&json!("CODE"), &json!("profile/System Administrator"))
    );
    let assign = named(&ada["escalation_paths"], "path", "assign_sets").unwrap();
    assert_eq!(assign["by"], "AssignPermissionSets");
    let reaches = assign["reaches"].as_array().unwrap();
    assert!(
        reaches.contains(&json!("permission_set/Lead_Stewards (View All on Lead)")),
        "{reaches:?}"
    );
    assert_eq!(ada["login"]["mfa"], "phishing_resistant");
    assert_eq!(ada["login"]["ip_ranges"][0], "203.0.113.0 - 203.0.113.255");
    assert!(
        ada["worst"][0]
            .as_str()
            .unwrap()
            .contains("(Modify All Data)")
    );
    let mei = &told["users"][1];
    assert_eq!(mei["escalation_paths"], json!([]));
    assert_eq!(mei["login"]["mfa"], "ordinary");
    let lead = named(&mei["objects"], "object", "Lead").unwrap();
    assert_eq!(
        (&lead["view_all"], &lead["modify_all"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn two_users_take_a_dozen_requests_at_most_in_a_small_org_and_in_a_large_one() {
    let demo = Stage::demo();
    let requests = demo.requests(&[ADMINISTRATOR, SELLER]);
    assert!(requests <= MOST_REQUESTS, "{requests}");
    let mut users = "Username,FirstName,LastName,Profile.Name\n".to_owned();
    for number in 0..300 {
        users += &format!("person{number}@acme.example,Person,Number{number},Standard User\n");
    }
    let large = Stage::of(&[("User.csv", &users)], &[]);
    let requests = large.requests(&["person7@acme.example", "person8@acme.example"]);
    assert!(requests <= MOST_REQUESTS, "{requests}");
}

#[test]
fn a_user_that_is_not_there_is_named_with_the_one_that_may_be_meant() {
    let stage = Stage::demo();
    let run = stage.run(&["--user", "quentin.marlhold@acme.example"]);
    assert_eq!(run.code, 65, "{}", run.err);
    assert!(
        run.words().contains(&format!("did you mean `{SELLER}`?")),
        "{}",
        run.err
    );
    let run = stage.run(&["--user", "nobody"]);
    assert_eq!(run.code, 65, "{}", run.err);
    let run = stage.run(&[]);
    assert_eq!(run.code, 64, "{}", run.err);
}

#[test]
fn what_the_org_refuses_is_not_known_and_the_rest_is_told() {
    let stage = Stage::demo();
    for (part, key, list) in [
        (
            "FROM%20ObjectPermissions%20WHERE%20ParentId",
            "objects",
            "objects",
        ),
        ("PermissionsAuthorApex", "permissions", "permissions"),
        ("LastLoginDate", "login.last", "licence"),
        ("FROM%20UserLogin", "login.frozen", ""),
    ] {
        stage.refuse(part);
        let told = stage.told(&[ADMINISTRATOR]);
        let ada = &told["users"][0];
        let why = ada["unknown"][key].as_str().unwrap_or_default();
        assert!(
            why.contains("the org refused to tell"),
            "{part}: {}",
            ada["unknown"]
        );
        assert!(
            list.is_empty() || ada[list].is_null(),
            "{part}: {}",
            ada[list]
        );
        assert_eq!(ada["profile"], "System Administrator");
        let people = stage.run(&["--user", ADMINISTRATOR]);
        assert!(people.words().contains("Not known"), "{}", people.out);
    }
    stage.refuse("PermissionsAuthorApex");
    let told = stage.told(&[ADMINISTRATOR]);
    assert!(told["users"][0]["escalation_paths"].is_null());
}

#[test]
fn who_may_not_view_setup_is_told_what_that_hides() {
    let users = "Username,FirstName,LastName,Profile.Name\nbot@moss.example,Bot,Moss,Minimum Access - API Only Integrations\n";
    let stage = Stage::of(&[("User.csv", users)], &[]);
    let bot = "bot@moss.example";
    let mut program = stage.org.program(
        stage.folder.path(),
        &["access", "--user", bot, "--format", "json"],
    );
    program.env("SF_ACCESS_TOKEN", token_of(&stage.org, bot));
    let run = finish(&mut program);
    assert_eq!(run.code, 0, "{}", run.err);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    let seller = &told["users"][0];
    for key in ["objects", "permissions", "escalation_paths"] {
        assert!(seller[key].is_null(), "{key}: {}", seller[key]);
        let why = seller["unknown"][key].as_str().unwrap();
        assert!(
            why.contains("View Setup") || why.contains("the org refused"),
            "{why}"
        );
    }
}

#[test]
fn a_report_is_written_as_its_files_ending_says() {
    let stage = Stage::demo();
    let named = ["--user", ADMINISTRATOR, "--out"];
    let read = |name: &str| std::fs::read_to_string(stage.folder.path().join(name)).unwrap();
    for name in ["access.html", "access.md", "access.json"] {
        let run = stage.run(&[&named[..], &[name]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains("escalation paths"), "{}", run.out);
    }
    let page = read("access.html");
    assert!(
        page.starts_with("<!DOCTYPE html>") && !page.contains("<script"),
        "{page}"
    );
    assert!(page.contains("Modify All Data"));
    assert!(read("access.md").starts_with("## orgwright access"));
    let data: Value = serde_json::from_str(&read("access.json")).unwrap();
    assert_eq!(data["users"][0]["username"], ADMINISTRATOR);
    let lines = stage.run(&["--user", ADMINISTRATOR]).out;
    assert!(
        lines.lines().all(|line| line.chars().count() <= 80),
        "{lines}"
    );
}

/// The name of a file in a seed.
fn folder_of(kind: &str, name: &str) -> String {
    Path::new(kind).join(name).to_string_lossy().into_owned()
}
