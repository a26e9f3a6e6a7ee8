//! An example as a seed of the emulator, and what the org answers.

mod checks;
mod records;
mod seed;

use std::collections::BTreeMap;

use salesforce_emulator::http::Request;
use salesforce_emulator::router;
use salesforce_emulator::store::{Org, Platform, Session};
use salesforce_emulator::world::World;
use serde_json::{Value, json};

use super::case::Case;
pub(super) use checks::{
    check_gone, check_not_modelled, check_refused_seeds, check_share_rows_of_others,
};

/// Where the org answers otherwise than the example says, a sentence each.
pub(super) fn differences(case: &Case) -> Vec<String> {
    let org = match seeded(case) {
        Ok(org) => org,
        Err(refused) => return vec![format!("{}: {refused}", case.title)],
    };
    let mut desk = Desk::new(org, case);
    for (what, field, value) in &case.then {
        desk.change(case, what, field, value);
    }
    let mut wrong = Vec::new();
    for (user, record, expected) in &case.sees {
        let actual = desk.access(user, record);
        let same = expected
            .iter()
            .zip(actual)
            .all(|(expected, actual)| expected.is_none_or(|expected| expected == actual));
        if !same {
            wrong.push(format!("{user} and {record}: {actual:?} for {expected:?}"));
        }
    }
    for (user, object, expected) in &case.shown {
        let actual = desk.shown(user, object);
        if actual != *expected {
            wrong.push(format!(
                "{user} is shown {actual:?} of {object}, not {expected:?}"
            ));
        }
    }
    for (object, expected) in &case.rows {
        let actual = desk.rows(object);
        let mut expected = expected.clone();
        expected.sort();
        if actual != expected {
            wrong.push(format!("rows of {object}: {actual:?} for {expected:?}"));
        }
    }
    let title = &case.title;
    wrong.iter().map(|one| format!("{title}: {one}")).collect()
}

fn username(user: &str) -> String {
    format!("{user}@laws.example")
}

fn seeded(case: &Case) -> Result<Org, String> {
    let folder = tempfile::tempdir().expect("a folder");
    seed::write(case, folder.path());
    let mut org = salesforce_emulator::seed::from_files(&[folder.path().to_owned()])
        .map_err(|it| it.to_string())?;
    for (name, value) in &case.platform {
        let stated = Platform::parse(&format!("{name}={value}")).map_err(|it| it.to_string())?;
        org.lay_platform(&stated);
    }
    Ok(org)
}

/// The org, asked as its administrator and as others.
struct Desk {
    world: World,
    /// What the example calls each record and user.
    ids: BTreeMap<String, String>,
}

impl Desk {
    fn new(mut org: Org, case: &Case) -> Desk {
        let mut ids = BTreeMap::new();
        for name in case.users.keys() {
            let user = org.user_by_username(&username(name)).expect("the user");
            ids.insert(name.clone(), user.id.clone());
        }
        for (name, id) in &ids {
            let session = Session {
                user: id.clone(),
                ..Session::default()
            };
            org.sessions.insert(token(name), session);
        }
        // Records of one object have ascending ids in the order in which they are told.
        for object in case.all_objects() {
            let told = case.records.iter().filter(|(_, it)| it.object == object);
            let kept: Vec<String> = org.rows(&object).map(|(id, _)| id.clone()).collect();
            assert_eq!(told.clone().count(), kept.len(), "{object}");
            ids.extend(told.map(|(name, _)| name.clone()).zip(kept));
        }
        let mut queues = org.groups.values();
        let named = |name: &String| {
            let queue = queues.find(|group| group.developer_name.as_ref() == Some(name));
            (name.clone(), queue.expect("the queue").id.clone())
        };
        let queues: Vec<(String, String)> = case.queues.keys().map(named).collect();
        ids.extend(queues);
        Desk {
            world: World::new(org),
            ids,
        }
    }

    fn send(&mut self, method: &str, path: &str, token: String, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: format!("/services/data/v66.0/{path}"),
            query: query.to_owned(),
            headers: BTreeMap::from([
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ]),
            base_url: "http://127.0.0.1:1".to_owned(),
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
            ..Request::default()
        };
        let response = router::handle(&mut self.world, request);
        let body = serde_json::from_slice(&response.body).unwrap_or_default();
        (response.status, body)
    }

    fn query(&mut self, token: String, soql: &str) -> (u16, Value) {
        let path = format!("query?q={}", soql.replace(' ', "+"));
        self.send("GET", &path, token, &Value::Null)
    }

    fn administrator(&self) -> String {
        self.world.org.organization.access_token.clone()
    }

    fn change(&mut self, case: &Case, what: &str, field: &str, value: &str) {
        let object = case.record(what).map_or("User", |record| &record.object);
        let value = match (self.ids.get(value), value) {
            (Some(id), _) => json!(id),
            (None, "true" | "false") => json!(value == "true"),
            (None, other) => json!(other),
        };
        let path = format!("sobjects/{object}/{}", self.ids[what]);
        let mut body = json!({});
        body[field] = value;
        let (status, answer) = self.send("PATCH", &path, self.administrator(), &body);
        assert_eq!(status, 204, "{}: {what}.{field}: {answer}", case.title);
    }

    fn access(&mut self, user: &str, record: &str) -> [bool; 4] {
        let soql = format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId = '{}'",
            self.ids[user], self.ids[record]
        );
        let (status, answer) = self.query(self.administrator(), &soql);
        assert_eq!(status, 200, "{answer}");
        let row = &answer["records"][0];
        let columns = ["Read", "Edit", "Delete", "Transfer"];
        columns.map(|name| row[format!("Has{name}Access")] == true)
    }

    fn shown(&mut self, user: &str, object: &str) -> Vec<String> {
        let soql = format!("SELECT Id FROM {object}");
        let (status, answer) = self.query(token(user), &soql);
        assert_eq!(status, 200, "{answer}");
        let records = answer["records"].as_array().into_iter().flatten();
        records.map(|row| self.name(&row["Id"])).collect()
    }

    fn name(&self, id: &Value) -> String {
        let known = self.ids.iter().find(|(_, known)| id == known.as_str());
        let group = || {
            let group = self.world.org.groups.get(id.as_str()?)?;
            let name = group.developer_name.clone().unwrap_or_default();
            Some(format!("{}:{name}", group.kind.as_str()))
        };
        known
            .map(|(name, _)| name.clone())
            .or_else(group)
            .unwrap_or_else(|| id.to_string())
    }

    /// Record, holder and cause of each row of a share table.
    fn rows(&mut self, object: &str) -> Vec<[String; 3]> {
        let custom = object.strip_suffix("__c");
        let table = custom.map_or(format!("{object}Share"), |it| format!("{it}__Share"));
        let parent = custom.map_or(format!("{object}Id"), |_| "ParentId".to_owned());
        let soql = format!("SELECT {parent}, UserOrGroupId, RowCause FROM {table}");
        let (status, answer) = self.query(self.administrator(), &soql);
        if status != 200 {
            let code = answer[0]["errorCode"].as_str().unwrap_or_default();
            return vec![[code.to_owned(), String::new(), String::new()]];
        }
        let rows = answer["records"].as_array().into_iter().flatten();
        let mut rows: Vec<[String; 3]> = rows
            .map(|row| {
                let cause = row["RowCause"].as_str().unwrap_or_default().to_owned();
                [
                    self.name(&row[parent.as_str()]),
                    self.name(&row["UserOrGroupId"]),
                    cause,
                ]
            })
            .collect();
        rows.sort();
        rows
    }
}

fn token(user: &str) -> String {
    format!("00D000000000001!{user}")
}
