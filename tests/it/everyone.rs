//! Two integrations in one org, one after the other, both with `keepAccess: everyone`: neither sees what the other keeps
//! open, everybody else goes on seeing everything, and who comes later is a difference.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};

use crate::support::{Org, Run, finish};

/// An integration that is sent the opportunities of a stage, and the contacts of a title.
fn manifest(name: &str, stage: &str, title: &str) -> String {
    format!(
        "apiVersion: orgwright/v1
kind: IntegrationUser
metadata: {{name: {name}}}
spec:
  profile: {{name: {name} API, cloneFrom: System Administrator, withoutDataAdministration: [Opportunity, Lead]}}
  role: {{name: {name}_Sync}}
  user: {{username: {name}@acme.example, email: it@acme.example, lastName: {name}}}
  sharing:
    - object: Opportunity
      organizationWideDefault: Private
      keepAccess: everyone
      rules:
        - {{name: {name}_Stage, access: ReadOnly, criteria: [{{field: StageName, operator: equals, value: {stage}}}]}}
    - object: Lead
      organizationWideDefault: Private
      keepAccess: [everyone]
      rules:
        - {{name: {name}_Source, access: ReadOnly, criteria: [{{field: LeadSource, operator: equals, value: {title}}}]}}
"
    )
}

struct Stage {
    folder: tempfile::TempDir,
    org: Org,
}

impl Stage {
    fn set() -> Self {
        Self::meeting("[]")
    }

    /// An org whose requests meet these faults.
    fn meeting(faults: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join("faults.json"), faults).unwrap();
        let org = Org::start(folder.path(), &["--faults", "faults.json"]);
        for (name, stage, source) in [
            ("first", "Prospecting", "Web"),
            ("second", "Closed Won", "Other"),
        ] {
            let text = manifest(name, stage, source);
            std::fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
        }
        Self { folder, org }
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), words))
    }

    fn applied(&self, file: &str) {
        let run = self.run(&["apply", file, "--yes"]);
        assert_eq!(run.code, 0, "{file}: {}", run.words());
    }

    /// Addresses of what a plan would change.
    fn planned(&self, file: &str) -> Vec<String> {
        let run = self.run(&["plan", file, "--format", "json"]);
        let plan: Value = serde_json::from_str(&run.out).unwrap();
        let changes = plan["changes"].as_array().unwrap();
        let addresses = changes.iter().map(|change| {
            let (action, address) = (&change["action"], &change["address"]);
            format!("{} {}", action.as_str().unwrap(), address.as_str().unwrap())
        });
        addresses.collect()
    }

    /// How many records of an object somebody sees.
    fn sees(&self, username: &str, object: &str) -> usize {
        let user = format!("SELECT Id FROM User WHERE Username = '{username}'");
        let user = self.org.query(&user)[0]["Id"].as_str().unwrap().to_owned();
        let ids = self.org.query(&format!("SELECT Id FROM {object}"));
        let ids: Vec<&str> = ids.iter().map(|row| row["Id"].as_str().unwrap()).collect();
        let some = ids.chunks(200).map(|some| {
            let query = format!(
                "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ('{}') AND HasReadAccess = true",
                some.join("','")
            );
            self.org.query(&query).len()
        });
        some.sum()
    }

    fn of_source(&self, source: &str) -> usize {
        let query = format!("SELECT Id FROM Lead WHERE LeadSource = '{source}'");
        self.org.query(&query).len()
    }

    /// Somebody new, with a role or without.
    fn joins(&self, username: &str, role: Option<&str>) {
        let one = |query: &str| self.org.query(query)[0]["Id"].clone();
        let profile = one("SELECT Id FROM Profile WHERE Name = 'Standard User'");
        let role = role.map(|role| {
            one(&format!(
                "SELECT Id FROM UserRole WHERE DeveloperName = '{role}'"
            ))
        });
        let fields = json!({
            "Username": username, "Email": username, "LastName": "New", "Alias": "new", "ProfileId": profile,
            "UserRoleId": role, "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8",
            "LanguageLocaleKey": "en_US",
        });
        let kind = "Content-Type: application/json\r\n";
        let path = "/services/data/v66.0/sobjects/User";
        let (status, answer) = self.org.send("POST", path, kind, &fields.to_string());
        assert_eq!(status, 201, "{answer}");
    }
}

#[test]
fn neither_of_two_integrations_sees_what_the_other_keeps_open() {
    let stage = Stage::set();
    let everything =
        ["Opportunity", "Lead"].map(|object| stage.sees("otto.lindqvarn@acme.example", object));
    stage.applied("first.yaml");
    stage.applied("second.yaml");
    for (file, user, source) in [
        ("first.yaml", "first@acme.example", "Web"),
        ("second.yaml", "second@acme.example", "Other"),
    ] {
        assert_eq!(stage.planned(file), [""; 0], "{file}");
        let verified = stage.run(&["verify", file]);
        assert_eq!(verified.code, 0, "{file}: {}", verified.words());
        assert_eq!(stage.sees(user, "Lead"), stage.of_source(source), "{user}");
    }
    let still =
        ["Opportunity", "Lead"].map(|object| stage.sees("otto.lindqvarn@acme.example", object));
    assert_eq!(still, everything);
    // Somebody with a role is in the group at once; without one, the next plan adds them.
    stage.joins("with.role@acme.example", Some("Field_Sales_South"));
    assert_eq!(stage.sees("with.role@acme.example", "Lead"), everything[1]);
    stage.joins("without.role@acme.example", None);
    assert_eq!(stage.sees("without.role@acme.example", "Lead"), 0);
    let added = "create public_group_member/Everyone_but_first:without.role@acme.example";
    assert_eq!(stage.planned("first.yaml"), [added]);
    let verified = stage.run(&["verify", "first.yaml"]);
    assert_eq!(verified.code, 2, "{}", verified.words());
    stage.applied("first.yaml");
    assert_eq!(
        stage.sees("without.role@acme.example", "Lead"),
        everything[1]
    );
}

#[test]
fn a_group_that_was_made_for_another_is_not_taken_over() {
    let stage = Stage::set();
    stage.applied("first.yaml");
    let text = manifest("first", "Prospecting", "Web").replace("first@acme", "third@acme");
    std::fs::write(stage.folder.path().join("third.yaml"), text).unwrap();
    let planned = stage.run(&["plan", "third.yaml"]);
    assert_eq!(planned.code, 65, "{}", planned.words());
    assert!(planned.words().contains("OW2142"), "{}", planned.words());
}

/// The group of the first was made while the second's role was somebody's like others: its rule reaches the second.
#[test]
fn an_integration_in_an_older_group_is_told_and_planned_together_taken_out() {
    let stage = Stage::set();
    let text = manifest("second", "Closed Won", "Other");
    let role = "role: {name: Service_Desk, parent: Head_of_Service}";
    let text = text.replace("role: {name: second_Sync}", role);
    std::fs::write(stage.folder.path().join("second.yaml"), text).unwrap();
    stage.applied("first.yaml");
    let planned = stage.run(&["plan", "second.yaml"]);
    let told = "`Lead.Everyone_but_first` shares more with the integration user";
    assert!(planned.words().contains(told), "{}", planned.words());
    let both = ["first.yaml", "second.yaml"];
    let applied = stage.run(&["apply", both[0], both[1], "--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.words());
    assert_eq!(
        stage.sees("second@acme.example", "Lead"),
        stage.of_source("Other")
    );
    // Whoever shares the role goes on seeing everything, and so does whoever stands above.
    let all = stage.sees("ada.fenwright@acme.example", "Lead");
    for kept in ["oscar.firthing", "nadia.bramblecote", "katya.brackenfall"] {
        assert_eq!(
            stage.sees(&format!("{kept}@acme.example"), "Lead"),
            all,
            "{kept}"
        );
    }
}

/// A group of those who are known would leave people out, or let an integration in.
#[test]
fn who_everybody_is_has_to_be_known() {
    for (read, told) in [
        ("PermissionsApiUserOnly", "which users may use the API only"),
        ("Everyone_but_", "which groups of everybody it has"),
        ("FROM%20GroupMember", "who is in which group"),
    ] {
        let stage = Stage::meeting(&format!(
            r#"[{{"part": "{read}", "status": 400, "code": "QUERY_TIMEOUT", "answer": "too slow"}}]"#
        ));
        let planned = stage.run(&["plan", "first.yaml"]);
        assert_eq!(planned.code, 65, "{read}: {}", planned.words());
        let told = format!("who everybody is, is not known: the org refused to tell {told}");
        assert!(planned.words().contains(&told), "{}", planned.words());
    }
}
