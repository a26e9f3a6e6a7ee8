//! One thing taken or added by hand after an apply: `verify` names what is stated or needed and ends with 2, the next apply
//! brings it back or a person is told how; whatever else changes ends nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod edits;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Org, Run, finish};

const MANIFEST: &str = r#"apiVersion: orgwright/v1
kind: IntegrationUser
metadata: {name: feed}
spec:
  fields:
    - {object: Lead, name: Ready__c, label: Ready, type: Checkbox}
  profile:
    name: Feed
    cloneFrom: System Administrator
    objectPermissions:
      Account: [read, create]
      Contact: [read, create, edit]
      Case: [read]
    userPermissions: {ApiEnabled: true, RunReports: true, ExportReport: true, ManageUsers: false, AuthorApex: false}
  role: {name: Feed, label: Feed}
  user: {username: feed@moss.example, email: feed@moss.example, lastName: Feed, active: true}
  permissionSets: [HubSpot_Inc__HubSpot_Integration_Permissions, Extra]
  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - name: Ready
          access: ReadWrite
          criteria:
            - {field: LeadSource, operator: equals, value: Web}
            - {field: Ready__c, operator: equals, value: false}
"#;

const USER: &str = "feed@moss.example";

/// How a hand edit ends.
enum End {
    /// `verify` ends with 2 and says this; an apply brings it back.
    Healed(&'static str),
    /// `verify` ends with 2 and says this; it goes on doing so after an apply, which says what to do by hand.
    ByHand(&'static str, &'static str),
    /// `verify` ends with 0, and has a finding of this code that names this.
    Told(&'static str, &'static str),
    /// `verify` ends with 0.
    Nothing,
}
use End::{ByHand, Healed, Nothing, Told};
use edits::{of_profile, of_sets, of_user, permission, profile};

/// What somebody does by hand.
enum Edit {
    /// Entries of a component, by type, name and XML.
    Metadata(&'static str, &'static str, String),
    /// Columns of the row of an object that meets a condition.
    Row(&'static str, String, Value),
    /// The row of an object that meets a condition goes.
    Gone(&'static str, String),
    /// A row more: columns, and ids by query.
    New(&'static str, Value, Vec<(&'static str, String)>),
}

/// An applied org, as it is before each edit.
struct Stage {
    folder: TempDir,
    org: Org,
}

impl Stage {
    fn applied() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let sets = folder.path().join("seed/permissionsets");
        std::fs::create_dir_all(&sets).unwrap();
        for (name, grants) in [
            ("Extra", String::new()),
            ("Apex", permission("AuthorApex", true)),
            ("Plain", String::new()),
        ] {
            let text = format!(
                "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>{name}</label>{grants}</PermissionSet>"
            );
            std::fs::write(sets.join(format!("{name}.permissionset-meta.xml")), text).unwrap();
        }
        std::fs::write(folder.path().join("orgwright.yaml"), MANIFEST).unwrap();
        let small = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");
        let seed = folder.path().join("seed");
        let org = Org::start(
            folder.path(),
            &["--seed", small, "--seed", &seed.to_string_lossy()],
        );
        let stage = Self { folder, org };
        let run = stage.run(&["apply", "--yes"]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        stage.control("snapshot");
        stage
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), words))
    }

    fn control(&self, what: &str) {
        let path = format!("/emulator/{what}");
        let (status, told) = self.org.send("POST", &path, "", r#"{"name": "applied"}"#);
        assert_eq!(status / 100, 2, "{told}");
    }

    fn id(&self, object: &str, condition: &str) -> String {
        let query = format!("SELECT Id FROM {object} WHERE {condition}");
        let rows = self.org.query(&query);
        let row = rows.first().unwrap_or_else(|| panic!("{query}: no row"));
        row["Id"].as_str().unwrap().to_owned()
    }

    fn edit(&self, edit: &Edit) {
        let rest = |object: &str, id: &str| format!("/services/data/v66.0/sobjects/{object}/{id}");
        let json = "Content-Type: application/json\r\n";
        let (status, answer) = match edit {
            Edit::Metadata(kind, name, entries) => {
                let component = format!(
                    "<metadata xsi:type=\"{kind}\"><fullName>{name}</fullName>{entries}</metadata>"
                );
                let token = &self.org.token;
                return self.org.call_metadata(token, "updateMetadata", &component);
            }
            Edit::Row(object, condition, body) => {
                let path = rest(object, &self.id(object, condition));
                self.org.send("PATCH", &path, json, &body.to_string())
            }
            Edit::Gone(object, condition) => {
                let path = rest(object, &self.id(object, condition));
                self.org.send("DELETE", &path, json, "")
            }
            Edit::New(object, body, ids) => {
                let mut body = body.clone();
                for (column, query) in ids {
                    let (of, condition) = query.split_once(':').unwrap();
                    body[*column] = self.id(of, condition).into();
                }
                self.org
                    .send("POST", &rest(object, ""), json, &body.to_string())
            }
        };
        assert_eq!(status / 100, 2, "{answer}");
    }

    /// What `verify` says to machines, and how it ends.
    fn verify(&self) -> (i32, Value) {
        let run = self.run(&["verify", "--format", "json"]);
        let told = serde_json::from_str(&run.out);
        let told = told.unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err));
        (run.code, told)
    }
}

/// What a difference is called in the report for machines: an ability that is otherwise, or a change, or the words of a finding.
fn names(told: &Value, what: &str) -> bool {
    let list = |key: &str| told[key].as_array().cloned().unwrap_or_default();
    let is_otherwise =
        |one: &Value| one["what"] == what && !one["has"].is_null() && one["has"] != one["stated"];
    list("capabilities").iter().any(is_otherwise)
        || told["drift"]
            .to_string()
            .contains(&format!("\"path\":\"{what}"))
        || list("findings")
            .iter()
            .any(|one| one["message"].as_str().unwrap().contains(what))
}

fn check(stage: &Stage, name: &str, edit: &Edit, end: &End) {
    stage.edit(edit);
    let (code, told) = stage.verify();
    match end {
        Nothing => assert_eq!(code, 0, "{name}: {told:#}"),
        Told(finding, what) => {
            assert_eq!(code, 0, "{name}: {told:#}");
            let mut findings = told["findings"].as_array().unwrap().iter();
            let named = findings.find(|one| one["code"] == *finding);
            let named = named.map(ToString::to_string).unwrap_or_default();
            assert!(named.contains(what), "{name}: {what} is not told: {told:#}");
        }
        Healed(what) | ByHand(what, _) => {
            assert_eq!(code, 2, "{name}: {told:#}");
            assert!(names(&told, what), "{name}: {what} is not named: {told:#}");
        }
    }
    match end {
        Nothing | Told(..) => {}
        Healed(_) => {
            let run = stage.run(&["apply", "--yes"]);
            assert_eq!(run.code, 0, "{name}: {}{}", run.out, run.err);
            let (code, told) = stage.verify();
            assert_eq!(code, 0, "{name}, healed: {told:#}");
        }
        ByHand(_, step) => {
            let run = stage.run(&["apply", "--yes"]);
            assert_eq!(run.code, 3, "{name}: {}{}", run.out, run.err);
            assert!(
                run.words().contains(step),
                "{name}: {step}: {}{}",
                run.out,
                run.err
            );
            assert_eq!(stage.verify().0, 2, "{name}");
        }
    }
    stage.control("restore");
}

#[test]
fn what_is_stated_or_needed_is_missed_and_healed() {
    let stage = Stage::applied();
    let mut edits = of_profile();
    edits.extend(of_sets());
    edits.extend(of_user());
    assert!(edits.len() >= 40, "{}", edits.len());
    for (name, edit, end) in &edits {
        check(&stage, name, edit, end);
    }
}

#[test]
fn the_proof_says_what_the_user_can_do_without_any_record() {
    let stage = Stage::applied();
    let manifest = MANIFEST.split("  sharing:").next().unwrap();
    std::fs::write(stage.folder.path().join("orgwright.yaml"), manifest).unwrap();
    let run = stage.run(&["verify"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.words().contains("Can do: 16 of 16 stated or needed."),
        "{}",
        run.out
    );
    stage.edit(&profile(permission("ApiEnabled", false)));
    let run = stage.run(&["verify"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    let line = "Can do: 15 of 16 stated or needed; otherwise: hold ApiEnabled.";
    assert!(run.words().contains(line), "{}", run.out);
    let page = stage.run(&["verify", "--format", "markdown"]);
    assert!(
        page.words().contains("15 of 16 stated or needed"),
        "{}",
        page.out
    );
}

#[test]
fn a_clone_that_follows_its_source_takes_back_what_it_lost() {
    let stage = Stage::applied();
    let following = MANIFEST.replace("    cloneFrom:", "    follow: source\n    cloneFrom:");
    std::fs::write(stage.folder.path().join("orgwright.yaml"), following).unwrap();
    assert_eq!(stage.verify().0, 0);
    let lost = of_profile().into_iter();
    let lost = lost.filter(|(_, _, end)| matches!(end, Told(..)));
    let paths = [
        "userPermissions.EditEvent",
        "objectPermissions.Campaign",
        "fieldPermissions.Lead.Phone",
    ];
    for ((name, edit, _), path) in lost.zip(paths) {
        check(&stage, name, &edit, &Healed(path));
    }
}
