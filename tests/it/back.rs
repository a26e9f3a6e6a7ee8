//! The way back, as people go it: a demo apply is undone and retired, a user whom the org does not let go of is frozen, and
//! nothing that is no snapshot of this org is gone back from.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use orgwright::archive;
use serde_json::{Value, json};

use crate::support::{Org, Run, finish, program};

const USER: &str = "hubspot.integration@acme.example";

/// The demo org, and a folder with the demo manifest.
struct Demo {
    folder: tempfile::TempDir,
    org: Org,
}

impl Demo {
    fn new() -> Self {
        Self::of_template("hubspot-selective-sync")
    }

    fn of_template(template: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let org = Org::start(folder.path(), &["--log", "requests.log"]);
        let demo = Self { folder, org };
        let words = ["init", "--template", template];
        assert_eq!(finish(&mut program(demo.folder.path(), &words)).code, 0);
        demo
    }

    /// The same, with the manifest applied.
    fn applied() -> Self {
        let demo = Self::new();
        let applied = demo.run(&["apply", "--yes"]);
        assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
        assert!(
            applied
                .err
                .contains("the way back: orgwright undo .orgwright/snapshots/00D")
        );
        demo
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), words))
    }

    /// The command, which ends so.
    fn ends(&self, words: &[&str], code: i32) -> Run {
        let run = self.run(words);
        assert_eq!(run.code, code, "{words:?}: {}{}", run.out, run.err);
        run
    }

    fn snapshot(&self) -> PathBuf {
        let folder = self.folder.path().join(".orgwright/snapshots");
        let org = std::fs::read_dir(folder).unwrap().flatten();
        let org = org.map(|entry| entry.path()).find(|path| path.is_dir());
        let mut found = std::fs::read_dir(org.unwrap()).unwrap().flatten();
        found.next().unwrap().path()
    }

    fn undo(&self, more: &[&str], code: i32) -> Run {
        let snapshot = self.snapshot();
        let words = ["undo", snapshot.to_str().unwrap(), "--yes"];
        self.ends(&[words.as_slice(), more].concat(), code)
    }

    fn count(&self, soql: &str) -> usize {
        self.org.query(soql).len()
    }

    fn default_of_leads(&self) -> String {
        let rows = self.org.query("SELECT DefaultLeadAccess FROM Organization");
        rows[0]["DefaultLeadAccess"].as_str().unwrap().to_owned()
    }

    fn user(&self) -> Value {
        let soql = format!(
            "SELECT IsActive, Profile.Name, UserRoleId, (SELECT Id FROM PermissionSetAssignments WHERE \
             PermissionSet.IsOwnedByProfile = false) FROM User WHERE Username = '{USER}'"
        );
        self.org.query(&soql).remove(0)
    }

    /// Nothing of the manifest is left but the user, who can do nothing.
    fn is_taken_apart(&self) {
        let user = self.user();
        assert_eq!(user["IsActive"], false, "{user}");
        assert_eq!(user["Profile"]["Name"], "Minimum Access - Salesforce");
        assert!(user["UserRoleId"].is_null() && user["PermissionSetAssignments"].is_null());
        for soql in [
            "SELECT Id FROM UserRole WHERE DeveloperName = 'HubSpot_Integration'",
            "SELECT Id FROM Profile WHERE Name = 'HubSpot Integration'",
        ] {
            assert_eq!(self.count(soql), 0, "{soql}");
        }
        let rules = self.org.read_metadata("SharingRules", "Lead");
        assert!(!rules.contains("Sync_to_HubSpot"), "{rules}");
    }

    fn refuse_deactivation(&self, refusals: &Value) {
        let json = "Content-Type: application/json\r\n";
        let body = refusals.to_string();
        let (status, answer) = self.org.send("PUT", "/emulator/refusals", json, &body);
        assert!(status < 300, "{answer}");
    }

    fn writes(&self) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("requests.log"));
        let log = log.unwrap_or_default();
        log.lines()
            .filter(|line| line.contains("\"write\":true"))
            .count()
    }
}

#[test]
fn the_demo_is_undone_but_for_its_user() {
    let demo = Demo::new();
    let wide = demo.default_of_leads();
    demo.ends(&["apply", "--yes"], 0);
    assert_ne!(demo.default_of_leads(), wide);
    let undone = demo.undo(&[], 0);
    demo.is_taken_apart();
    assert_eq!(demo.default_of_leads(), wide);
    assert!(undone.out.contains("STAYS (1)"), "{}", undone.out);
    let wide = undone.out.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
    let writes = demo.writes();
    let again = demo.undo(&[], 0);
    assert!(
        again.out.contains("Nothing is left to put back"),
        "{}",
        again.out
    );
    assert_eq!(demo.writes(), writes);
}

#[test]
fn a_saved_plan_is_a_way_back_too() {
    let demo = Demo::new();
    demo.ends(&["plan", "--out", "plan.json"], 0);
    demo.ends(&["apply", "--plan", "plan.json", "--yes"], 0);
    let refused = demo.ends(&["undo", "plan.json"], 64);
    assert!(refused.err.contains("OW0004"), "{}", refused.err);
    demo.ends(&["undo", "plan.json", "--expect", "000000000000"], 5);
    let shown = demo.run(&["undo", "plan.json", "--expect", "000000000000"]);
    let digest = shown.out.split("plan ").last().unwrap().get(..12).unwrap();
    demo.ends(&["undo", "plan.json", "--expect", digest], 0);
    demo.is_taken_apart();
}

#[test]
fn what_an_administrator_changed_since_stays_and_is_told() {
    let demo = Demo::applied();
    let body = json!({"Name": "Somebody's role"}).to_string();
    let role = "SELECT Id FROM UserRole WHERE DeveloperName = 'HubSpot_Integration'";
    let id = demo.org.query(role)[0]["Id"].as_str().unwrap().to_owned();
    let json = "Content-Type: application/json\r\n";
    let path = format!("/services/data/v66.0/sobjects/UserRole/{id}");
    let (status, answer) = demo.org.send("PATCH", &path, json, &body);
    assert!(status < 300, "{answer}");
    let undone = demo.undo(&[], 0);
    assert!(undone.words().contains("Somebody's role"), "{}", undone.out);
    assert_eq!(demo.count(role), 1);
    assert_eq!(demo.user()["IsActive"], false);
}

#[test]
fn the_demo_is_retired_with_and_without_its_default() {
    let demo = Demo::new();
    let wide = demo.default_of_leads();
    demo.ends(&["apply", "--yes"], 0);
    let narrow = demo.default_of_leads();
    let retired = demo.ends(&["retire", "--yes"], 0);
    assert!(retired.out.contains("OW2087"), "{}", retired.out);
    demo.is_taken_apart();
    assert_eq!(demo.default_of_leads(), narrow);
    demo.ends(&["retire", "--yes", "--restore-default"], 0);
    assert_eq!(demo.default_of_leads(), wide);
    let again = demo.ends(&["retire", "--yes", "--restore-default"], 0);
    assert!(again.out.contains("Nothing is left"), "{}", again.out);
    demo.ends(&["retire", "--yes", "--restore-default=Wide"], 64);
}

#[test]
fn others_who_use_the_role_are_named_before_anything_is_written() {
    let demo = Demo::applied();
    let other = "SELECT Id FROM User WHERE IsActive = true AND UserRoleId != null AND Username LIKE '%acme%' LIMIT 2";
    let rows = demo.org.query(other);
    let of_user = |row: &&Value| row["Id"] != demo.user()["Id"];
    let id = rows.iter().find(of_user).unwrap()["Id"].as_str().unwrap();
    let role = "SELECT Id FROM UserRole WHERE DeveloperName = 'HubSpot_Integration'";
    let role = demo.org.query(role)[0]["Id"].clone();
    let json = "Content-Type: application/json\r\n";
    let path = format!("/services/data/v66.0/sobjects/User/{id}");
    let body = json!({"UserRoleId": role}).to_string();
    assert!(demo.org.send("PATCH", &path, json, &body).0 < 300);
    let writes = demo.writes();
    let refused = demo.ends(&["retire", "--yes"], 4);
    assert!(refused.err.contains("OW4006"), "{}", refused.err);
    assert_eq!(demo.writes(), writes);
}

#[test]
fn a_user_whom_the_org_does_not_let_go_of_is_frozen_and_nothing_widens() {
    let demo = Demo::applied();
    let narrow = demo.default_of_leads();
    demo.refuse_deactivation(
        &json!([{"type": "User", "holds": ["IsActive=false"], "code": "FIELD_INTEGRITY_EXCEPTION",
        "problem": "This user is the default lead owner"}]),
    );
    let stopped = demo.undo(&[], 6);
    let told = stopped.words();
    for part in [
        "OW5018",
        "default lead owner",
        "--sessions-revoked",
        "Session Management",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let frozen = "SELECT Id FROM UserLogin WHERE IsFrozen = true";
    assert_eq!(demo.count(frozen), 1);
    assert_eq!(demo.default_of_leads(), narrow);
    assert_eq!(demo.user()["Profile"]["Name"], "HubSpot Integration");
    demo.undo(&["--sessions-revoked"], 0);
    assert_ne!(demo.default_of_leads(), narrow);
    assert_eq!(
        demo.user()["Profile"]["Name"],
        "Minimum Access - Salesforce"
    );
    demo.refuse_deactivation(&json!([]));
    demo.undo(&[], 0);
    demo.is_taken_apart();
}

/// The snapshot with its files changed.
fn changed(bytes: &[u8], change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
    let mut files = archive::unpack(bytes).unwrap();
    change(&mut files);
    archive::pack(&files).unwrap()
}

#[test]
fn what_is_no_snapshot_of_this_org_is_refused_and_nothing_is_sent() {
    let demo = Demo::applied();
    let bytes = std::fs::read(demo.snapshot()).unwrap();
    let edited = changed(&bytes, |files| {
        let plan = String::from_utf8(files["plan.json"].clone()).unwrap();
        let plan = plan.replace("ReadWriteTransfer", "ReadWrite");
        files.insert("plan.json".to_owned(), plan.into_bytes());
    });
    let plan = String::from_utf8(archive::unpack(&bytes).unwrap()["plan.json"].clone()).unwrap();
    let mut other: Value = serde_json::from_str(&plan).unwrap();
    other["org"]["id"] = "00D000000000009EAA".into();
    let changes = other["changes"].as_array().unwrap().clone();
    let manifest = other["manifest"]["digest"].as_str().unwrap().to_owned();
    other["digest"] = orgwright::plan::digest_of(&manifest, "00D000000000009EAA", &changes).into();
    let writes = demo.writes();
    let (elsewhere, wider) = (
        other.to_string(),
        plan.replace("ReadWriteTransfer", "ReadWrite"),
    );
    let cases: [(&[u8], i32, &str); 6] = [
        (edited.as_slice(), 65, "OW1089"),
        (&bytes[..bytes.len() / 2], 65, "OW1088"),
        (b"PK", 65, "OW1088"),
        (b"{}", 65, "OW1088"),
        (wider.as_bytes(), 65, "OW1089"),
        (elsewhere.as_bytes(), 5, "OW0007"),
    ];
    for (content, code, told) in cases {
        let path = demo.folder.path().join("given");
        std::fs::write(&path, content).unwrap();
        let refused = demo.ends(&["undo", "given", "--yes"], code);
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
    }
    demo.ends(&["undo", "nowhere", "--yes"], 64);
    assert_eq!(demo.writes(), writes);
}

#[test]
fn without_a_snapshot_nothing_is_written() {
    let demo = Demo::new();
    std::fs::write(demo.folder.path().join("full"), "a file").unwrap();
    let refused = demo.ends(&["apply", "--yes", "--snapshot-dir", "full"], 1);
    assert!(refused.err.contains("OW5019"), "{}", refused.err);
    assert!(refused.err.contains("nothing was written to the org"));
    assert_eq!(
        demo.count("SELECT Id FROM UserRole WHERE DeveloperName = 'HubSpot_Integration'"),
        0
    );
    let mut command = demo.org.program(demo.folder.path(), &["apply", "--yes"]);
    let applied = finish(command.env("JENKINS_URL", "https://ci.example"));
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("OW2089"), "{}", applied.err);
    let told = std::fs::read_to_string(demo.folder.path().join(".orgwright/snapshots/.gitignore"));
    assert_eq!(told.unwrap(), "*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(demo.snapshot())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Whoever keeps sight by a rule, a set or a group goes on seeing until the default is wide again.
#[test]
fn whoever_keeps_access_keeps_it_until_the_default_is_back() {
    let demo = Demo::new();
    let path = demo.folder.path().join("orgwright.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let from = "organizationWideDefault: Private\n";
    let at = text.find(from).unwrap();
    let indent = at - text[..at].rfind('\n').unwrap() - 1;
    let keep = format!("{from}{}keepAccess: everyone\n", " ".repeat(indent));
    std::fs::write(&path, text.replacen(from, &keep, 1)).unwrap();
    demo.ends(&["apply", "--yes"], 0);
    let groups = "SELECT Id FROM Group WHERE DeveloperName LIKE 'Everyone_but%'";
    assert_eq!(demo.count(groups), 1);
    let kept = demo.ends(&["retire", "--yes"], 0);
    assert!(kept.words().contains("others see by it"), "{}", kept.out);
    assert_eq!(demo.count(groups), 1);
    assert!(
        demo.org
            .read_metadata("SharingRules", "Lead")
            .contains("Everyone_but")
    );
    demo.ends(&["retire", "--yes", "--restore-default"], 0);
    demo.is_taken_apart();
    assert_eq!(demo.count(groups), 0);
}

/// What the lean recipe gives its user: a seat of a licence and sets, one of them the manifest's own.
fn lean_holdings(demo: &Demo) -> [usize; 4] {
    let user = "hubspot.lean@acme.example";
    let of_user = format!("Assignee.Username = '{user}'");
    [
        format!("SELECT Id FROM PermissionSetLicenseAssign WHERE {of_user}"),
        format!(
            "SELECT Id FROM PermissionSetAssignment WHERE {of_user} AND PermissionSet.IsOwnedByProfile = false"
        ),
        "SELECT Id FROM PermissionSet WHERE Name = 'HubSpot_Lean_Access'".to_owned(),
        format!("SELECT Id FROM User WHERE Username = '{user}' AND IsActive = true"),
    ]
    .map(|query| demo.org.query(&query).len())
}

#[test]
fn seats_and_sets_of_the_lean_recipe_are_taken_back() {
    let ways: [&[&str]; 2] = [
        &["undo"],
        &["retire", "--restore-default=ReadWriteTransfer"],
    ];
    for way in ways {
        let demo = Demo::of_template("hubspot-lean");
        demo.ends(&["apply", "--yes"], 0);
        assert_eq!(lean_holdings(&demo), [1, 2, 1, 1]);
        let snapshot = demo.snapshot().to_string_lossy().into_owned();
        let mut words = way.to_vec();
        words.extend((way[0] == "undo").then_some(snapshot.as_str()));
        words.push("--yes");
        let back = demo.ends(&words, 0);
        let told = format!("{}{}", back.out, back.err);
        assert!(!told.contains("changed it since"), "{told}");
        assert_eq!(lean_holdings(&demo), [0; 4], "{told}");
        let again = demo.ends(&words, 0);
        assert!(
            again.out.contains("Nothing is left to put back"),
            "{}",
            again.out
        );
    }
}
