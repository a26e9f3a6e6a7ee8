//! Who changed what: edits by hand of three administrators, and what `verify` says of each. A wrong name is never right;
//! not known, or several candidates of whom one it was, always is.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Run, finish};

const USER: &str = "hubspot.integration@acme.example";
const RULE: &str = "Lead.Sync_to_HubSpot";
const ROLE: &str = "HubSpot_Integration";
const FIELD: &str = "Lead.Sync_to_HubSpot__c";

/// An org with the setup that `init` describes, and who may administer it.
struct Stage {
    folder: TempDir,
    org: Org,
    administrators: Vec<String>,
}

/// One edit: what it is about, and how it is made with the token of whoever makes it.
type Edit = (&'static str, fn(&Stage, &str));

impl Stage {
    fn applied() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let org = Org::start(folder.path(), &["--clock", "manual"]);
        let soql = "SELECT Username FROM User WHERE Profile.Name = 'System Administrator' AND IsActive = true ORDER BY Username";
        let name = |row: Value| row["Username"].as_str().unwrap().to_owned();
        let administrators = org.query(soql).into_iter().map(name).collect();
        let stage = Self {
            folder,
            org,
            administrators,
        };
        let init = finish(&mut crate::support::program(stage.folder.path(), &["init"]));
        assert_eq!(init.code, 0, "{}", init.err);
        let applied = stage.run(&["apply", "--yes"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        stage.tick();
        stage
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), words))
    }

    /// Ticks a lead, so that the rule has something to show.
    fn tick(&self) {
        let rows = self
            .org
            .query("SELECT Id FROM Lead WHERE Email LIKE '%@%' LIMIT 1");
        let path = format!("sobjects/Lead/{}", rows[0]["Id"].as_str().unwrap());
        let token = self.org.token.clone();
        self.rest(&token, "PATCH", &path, &json!({"Sync_to_HubSpot__c": true}));
    }

    /// The token of a user that logs in anew.
    fn token_of(&self, username: &str) -> String {
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><login xmlns=\"urn:partner.soap.sforce.com\">\
             <username>{username}</username><password>any</password></login></e:Body></e:Envelope>"
        );
        let headers = "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n";
        let (status, answer) = self
            .org
            .send("POST", "/services/Soap/u/66.0", headers, &body);
        assert_eq!(status, 200, "{answer}");
        between(&answer, "<sessionId>", "</sessionId>").to_owned()
    }

    fn rest(&self, token: &str, method: &str, path: &str, body: &Value) {
        let headers = "Content-Type: application/json\r\n";
        let path = format!("/services/data/v66.0/{path}");
        let body = match method {
            "DELETE" => String::new(),
            _ => body.to_string(),
        };
        let (status, answer) = self.org.send_as(token, method, &path, headers, &body);
        assert!(status < 300, "{path}: {answer}");
    }

    fn user(&self, token: &str, body: &Value) {
        let rows = self
            .org
            .query(&format!("SELECT Id FROM User WHERE Username = '{USER}'"));
        let path = format!("sobjects/User/{}", rows[0]["Id"].as_str().unwrap());
        self.rest(token, "PATCH", &path, body);
    }

    /// A component as the org has it, with one text in it exchanged.
    fn exchange(&self, token: &str, kind: &str, name: &str, from: &str, to: &str) {
        let answer = self.org.read_metadata(kind, name);
        let whole = between(&answer, "<records", "</records>");
        let inside = &whole[whole.find('>').unwrap() + 1..];
        assert!(inside.contains(from), "{from}: {inside}");
        let inside = inside.replacen(from, to, 1);
        let metadata = format!("<metadata xsi:type='{kind}'>{inside}</metadata>");
        self.org.call_metadata(token, "updateMetadata", &metadata);
    }

    /// Moves the org's clock on.
    fn wait(&self) {
        let headers = "Content-Type: application/json\r\n";
        let body = json!({"advance": "90s"}).to_string();
        let (status, answer) = self.org.send("POST", "/emulator/clock", headers, &body);
        assert!(status < 300, "{answer}");
    }

    /// The minute of the newest row of the audit trail.
    fn latest(&self) -> String {
        let soql = "SELECT CreatedDate FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 1";
        let rows = self.org.query(soql);
        rows[0]["CreatedDate"].as_str().unwrap()[..16].to_owned()
    }

    fn verified(&self) -> Value {
        let run = self.run(&["verify", "--format", "json"]);
        assert_eq!(run.code, 2, "{}", run.err);
        serde_json::from_str(&run.out).unwrap()
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text
        .split_once(from)
        .unwrap_or_else(|| panic!("{from} in {text}"))
        .1;
    rest.split_once(to).unwrap().0
}

/// What is said of one thing.
fn author<'a>(proof: &'a Value, about: &str) -> &'a Value {
    let authors = proof["authors"].as_array().unwrap();
    // An assignment may have its user behind it.
    let is_it = |author: &&Value| author["about"].as_str().unwrap().starts_with(about);
    let author = authors.iter().find(is_it);
    author.unwrap_or_else(|| {
        panic!(
            "{about}: {authors:?}, {}, {}",
            proof["drift"], proof["findings"]
        )
    })
}

/// How each resource is changed by hand.
fn edits() -> Vec<Edit> {
    vec![
        ("role/HubSpot_Integration", |stage, token| {
            stage.exchange(
                token,
                "Role",
                ROLE,
                "<name>HubSpot Integration<",
                "<name>Other<",
            );
        }),
        ("sharing_rule/Lead.Sync_to_HubSpot", |stage, token| {
            stage.exchange(token, "SharingCriteriaRule", RULE, ">Edit<", ">Read<");
        }),
        ("sharing_rule/Lead.Sync_to_HubSpot", |stage, token| {
            let gone = format!("<type>SharingCriteriaRule</type><fullNames>{RULE}</fullNames>");
            stage.org.call_metadata(token, "deleteMetadata", &gone);
        }),
        ("custom_field/Lead.Sync_to_HubSpot__c", |stage, token| {
            stage.exchange(token, "CustomField", FIELD, ">Sync to HubSpot<", ">Other<");
        }),
        ("user/hubspot.integration@acme.example", |stage, token| {
            stage.user(token, &json!({"FirstName": "Other"}));
        }),
        ("user/hubspot.integration@acme.example", |stage, token| {
            stage.user(token, &json!({"LastName": "Other"}));
        }),
        ("user/hubspot.integration@acme.example", |stage, token| {
            stage.user(token, &json!({"UserRoleId": null}));
        }),
        ("user/hubspot.integration@acme.example", |stage, token| {
            let soql = "SELECT Id FROM Profile WHERE Name = 'System Administrator'";
            let id = stage.org.query(soql)[0]["Id"].clone();
            stage.user(token, &json!({"ProfileId": id}));
        }),
        ("sharing_rule/Lead.Sync_to_HubSpot", |stage, token| {
            stage.exchange(
                token,
                "SharingCriteriaRule",
                RULE,
                ">Sync to HubSpot<",
                ">Other<",
            );
        }),
        ("profile/HubSpot Integration", |stage, token| {
            let profile = "<metadata xsi:type='Profile'><fullName>HubSpot Integration</fullName><custom>true</custom>\
                           <userPermissions><enabled>true</enabled><name>ViewAllData</name></userPermissions></metadata>";
            stage.org.call_metadata(token, "updateMetadata", profile);
        }),
        (SET, |stage, token| {
            let soql = format!(
                "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username = '{USER}' AND PermissionSet.IsOwnedByProfile = false"
            );
            let rows = stage.org.query(&soql);
            let path = format!(
                "sobjects/PermissionSetAssignment/{}",
                rows[0]["Id"].as_str().unwrap()
            );
            stage.rest(token, "DELETE", &path, &Value::Null);
        }),
        ("profile/HubSpot Integration", |stage, token| {
            let profile = "<metadata xsi:type='Profile'><fullName>HubSpot Integration</fullName><objectPermissions><allowCreate>true</allowCreate>\
                           <allowDelete>true</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords>\
                           <object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions></metadata>";
            stage.org.call_metadata(token, "updateMetadata", profile);
        }),
        ("organization_wide_default/Lead", |stage, token| {
            let lead = stage.org.read_metadata("CustomObject", "Lead");
            assert!(lead.contains("<sharingModel>Private<"));
            stage.exchange(
                token,
                "CustomObject",
                "Lead",
                "<sharingModel>Private<",
                "<sharingModel>ReadWriteTransfer<",
            );
        }),
    ]
}

const SET: &str = "permission_set_assignment/HubSpot_Inc__HubSpot_Integration_Permissions";

#[test]
fn an_edit_by_hand_has_its_name_and_its_minute() {
    for (number, (about, edit)) in edits().into_iter().enumerate() {
        let stage = Stage::applied();
        let who = &stage.administrators[number % stage.administrators.len().min(3)];
        let token = stage.token_of(who);
        stage.wait();
        edit(&stage, &token);
        let minute = stage.latest();
        stage.wait();
        let proof = stage.verified();
        let told = author(&proof, about);
        // What the log-in of the apply wrote by records before, it may have written by hand.
        let is_sharp = told["verdict"] == "known";
        assert!(is_sharp, "{number} {about}: {told}");
        assert_eq!(told["by"]["user"], who.as_str(), "{number} {about}: {told}");
        assert_eq!(
            &told["by"]["last"].as_str().unwrap()[..16],
            minute,
            "{about}"
        );
        assert_eq!(told["by"]["deployed"], false, "{about}");
    }
}

#[test]
fn of_many_edits_one_after_the_other_none_has_a_wrong_name() {
    let stage = Stage::applied();
    let mut sharp = 0;
    for (number, (about, edit)) in edits().into_iter().enumerate() {
        let who = &stage.administrators[number % stage.administrators.len().min(3)];
        let token = stage.token_of(who);
        stage.wait();
        edit(&stage, &token);
        stage.wait();
        let proof = stage.verified();
        let told = author(&proof, about);
        let named: Vec<&str> = match told["verdict"].as_str().unwrap() {
            "known" => vec![told["by"]["user"].as_str().unwrap()],
            "candidates" => {
                let each = told["by"].as_array().unwrap().iter();
                each.map(|one| one["user"].as_str().unwrap()).collect()
            }
            _ => Vec::new(),
        };
        sharp += usize::from(named == [who.as_str()]);
        assert!(
            named.is_empty() || named.contains(&who.as_str()),
            "{number} {about}: {told}"
        );
        let again = stage.run(&["apply", "--yes"]);
        assert_eq!(again.code, 0, "{number} {about}: {}", again.err);
    }
    assert!(sharp >= 6, "only {sharp} have one name");
}

#[test]
fn a_leak_by_a_rule_has_the_name_of_whoever_made_the_rule() {
    let stage = Stage::applied();
    let who = stage.administrators.last().unwrap().clone();
    let token = stage.token_of(&who);
    stage.wait();
    let rule = stage.org.read_metadata("SharingCriteriaRule", RULE);
    let whole = between(&rule, "<records", "</records>");
    let inside = whole[whole.find('>').unwrap() + 1..]
        .replace("Lead.Sync_to_HubSpot<", "Lead.Others<")
        .replace("<value>true<", "<value>false<")
        .replace("<value>True<", "<value>False<");
    assert!(inside.to_lowercase().contains("<value>false<"), "{inside}");
    let metadata = format!("<metadata xsi:type='SharingCriteriaRule'>{inside}</metadata>");
    stage.org.call_metadata(&token, "createMetadata", &metadata);
    let minute = stage.latest();
    let words = ["verify", "--format", "json", "--out", "leaks.sarif"];
    let run = stage.run(&words);
    assert_eq!(run.code, 2, "{}", run.err);
    let proof: Value = serde_json::from_str(&run.out).unwrap();
    assert!(proof["access"][0]["leaks_found"].as_u64().unwrap() > 0);
    let told = author(&proof, "sharing_rule/Lead.Others");
    assert_eq!(told["by"]["user"], who.as_str(), "{told}");
    assert_eq!(&told["by"]["last"].as_str().unwrap()[..16], minute);
    let sarif = std::fs::read_to_string(stage.folder.path().join("leaks.sarif")).unwrap();
    assert!(
        sarif.contains(&format!("sharing_rule/Lead.Others: changed by {who} at ")),
        "{sarif}"
    );
}

#[test]
fn names_are_left_out_where_nobody_wants_them_and_two_requests_more_are_all_it_takes() {
    let stage = Stage::applied();
    let who = stage.administrators.last().unwrap().clone();
    let token = stage.token_of(&who);
    stage.wait();
    (edits()[0].1)(&stage, &token);
    let told = stage.run(&["verify"]);
    assert!(
        told.out.contains("WHO CHANGED IT")
            && told.words().contains(&format!("changed by {who} at ")),
        "{}",
        told.out
    );
    for format in ["human", "json", "markdown", "html"] {
        let told = stage.run(&["verify", "--no-names", "--format", format]);
        assert!(!told.out.contains(&who), "{format}: {}", told.out);
        let minute = stage.latest();
        let minutes = [minute.clone(), minute.replace('T', " ")];
        assert!(
            minutes.iter().any(|minute| told.out.contains(minute)),
            "{}",
            told.out
        );
    }
    let requests = |words: &[&str]| {
        let path = stage.folder.path().join("trace.jsonl");
        let _ = std::fs::remove_file(&path);
        stage.run(&[words, &["--trace", "trace.jsonl"]].concat());
        let lines = std::fs::read_to_string(&path).unwrap();
        lines.lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let with_drift = requests(&["verify"]);
    stage.run(&["apply", "--yes"]);
    let without = requests(&["verify"]);
    // The trail, and the deploys, which the Tooling API tells.
    let is_more = with_drift.len() > without.len() + 2;
    assert!(!is_more, "{with_drift:#?} beside {without:#?}");
}
