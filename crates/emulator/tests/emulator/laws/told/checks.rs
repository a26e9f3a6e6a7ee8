//! What an org says that was told something it does not know.

use salesforce_emulator::seed;
use serde_json::{Value, json};

use super::super::examples;
use super::records::row;
use super::seed::{document, leaf, put};
use super::{Desk, seeded, token};

fn desk(text: &str) -> Desk {
    let case = &examples::read(text)[0];
    Desk::new(seeded(case).expect("it seeds"), case)
}

/// Two leads of two people; everybody reads the one that somebody shared with them.
const LEADS: &str = "== a\nuser ada -\nuser ben -\nuser no - Lead=-\ndefault Lead Private\n\
                     record nor Lead ada LastName=Nor Company=Acme\n\
                     record sur Lead ada LastName=Sur Company=Acme\nshare nor ben Read";

/// Rules whose target no user of this org can be are not passed over in silence.
pub(in crate::laws) fn check_not_modelled() {
    let rule = "\nrole Field\nrule Lead Read to portalRole:Abroad if Company:equals:Acme";
    let mut desk = desk(&format!("{LEADS}{rule}"));
    let soql = format!(
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{}' AND RecordId = '{}'",
        desk.ids["ada"], desk.ids["nor"]
    );
    let administrator = desk.administrator();
    let mut refused = |token: &str, soql: &str| {
        let (status, answer) = desk.query(token.to_owned(), soql);
        let sentence = answer[0]["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{soql}: {answer}");
        let expected = "does not evaluate the sharing rule Lead.Lead_0 (portalRole)";
        assert!(sentence.contains(expected), "{sentence}");
    };
    refused(&administrator, "SELECT Id FROM LeadShare");
    refused(&administrator, &soql);
    refused(&token("ada"), "SELECT Id FROM Lead");
    let (status, _) = desk.query(administrator, "SELECT Id FROM Lead");
    assert_eq!(status, 200, "who views all does not depend on rules");
}

/// A deleted record is no absence to whoever reads all; others are told nothing of it.
pub(in crate::laws) fn check_gone() {
    let mut desk = desk(LEADS);
    let path = format!("sobjects/Lead/{}", desk.ids["nor"]);
    let deleted = desk.send("DELETE", &path, desk.administrator(), &Value::Null);
    assert_eq!(deleted.0, 204, "{}", deleted.1);
    let soql = format!(
        "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ('{}','{}','zzz000000000001AAA')",
        desk.ids["ada"], desk.ids["nor"], desk.ids["sur"]
    );
    let mut told = |token: String| {
        let (status, answer) = desk.query(token, &soql);
        assert_eq!(status, 200, "{answer}");
        let rows = answer["records"].as_array().expect("rows").iter();
        rows.map(|row| row["HasReadAccess"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(desk_administrator()), [false, true]);
    assert_eq!(told(token("ada")), [true]);
}

/// The administrator's token is the same in every org.
fn desk_administrator() -> String {
    seed::standard().organization.access_token
}

/// Somebody without View All reads the share rows of what they read, and nobody those of an object they do not read.
pub(in crate::laws) fn check_share_rows_of_others() {
    let mut desk = desk(LEADS);
    let soql = "SELECT Id, LeadId FROM LeadShare";
    let mut count = |token: String| {
        let (status, answer) = desk.query(token, soql);
        match status {
            200 => Ok(answer["totalSize"].as_u64().expect("a number")),
            _ => Err(answer[0]["errorCode"].as_str().expect("a code").to_owned()),
        }
    };
    assert_eq!(count(desk_administrator()), Ok(3));
    assert_eq!(count(token("ada")), Ok(3));
    assert_eq!(count(token("ben")), Ok(2));
    assert_eq!(count(token("no")), Err("INVALID_TYPE".to_owned()));
}

/// A seed with a name that nothing has, or with criteria that the emulator does not read, does not start.
pub(in crate::laws) fn check_refused_seeds() {
    let check = |files: &[(&str, String)], expected: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            put(folder.path(), path, text);
        }
        let refused = seed::from_files(&[folder.path().to_owned()]);
        let refused = refused.map(drop).expect_err(expected).to_string();
        assert!(refused.contains(expected), "{refused}");
    };
    let described = |key: &str, value: Value| {
        let mut described = json!({});
        described[key] = value;
        vec![("org.json", described.to_string())]
    };
    let territory = |key: &str, value: Value| {
        let mut territory = json!({"name": "North"});
        territory[key] = value;
        described("territories", json!([territory]))
    };
    check(&territory("parent", json!("World")), "no territory World");
    check(
        &territory("users", json!(["x@y.example"])),
        "no user x@y.example",
    );
    check(&territory("accounts", json!(["Acme"])), "no account Acme");
    check(&territory("account", json!("Some")), "unknown variant");
    check(
        &described("without_hierarchies", json!(["Lead"])),
        "Lead is no custom object",
    );
    check(
        &described("queues_without_hierarchies", json!(["Desk"])),
        "no queue Desk",
    );
    let rule = |filter: &str| {
        let parts = [
            ("active", "true"),
            ("enforcementType", "Restrict"),
            ("recordFilter", filter),
            ("targetEntity", "Task"),
            ("userCriteria", "$User.IsActive = true"),
        ];
        let inside = parts.map(|(name, value)| leaf(name, value)).concat();
        let text = document("RestrictionRule", &inside);
        vec![("restrictionRules/Own.rule", text)]
    };
    check(
        &rule("Owner.Title = 'Boss'"),
        "does not evaluate \"Owner.Title = 'Boss'\"",
    );
    let member = json!({"records": [row("CaseTeamRole", None, json!({"Name": "A", "AccessLevel": "Much"}))]});
    check(
        &[("team.json", member.to_string())],
        "AccessLevel is never \"Much\"",
    );
}
