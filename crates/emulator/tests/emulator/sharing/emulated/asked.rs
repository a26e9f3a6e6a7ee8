//! Questions to the org over its REST API.

use std::collections::{BTreeMap, BTreeSet};

use salesforce_emulator::http::Request;
use salesforce_emulator::router;
use salesforce_emulator::world::World;
use serde_json::Value;

use super::super::company::{Company, Object};
use super::super::evaluator::{Access, Row};
use super::{Emulated, level, org, token};

impl Emulated {
    pub(crate) fn new(company: &Company) -> Emulated {
        let (org, ids) = org(company);
        Emulated {
            world: World::new(org),
            ids,
        }
    }

    /// The records of a query, or the error code of its refusal.
    fn query(&mut self, token: &str, soql: &str) -> Result<Vec<Value>, String> {
        let request = Request {
            method: "GET".to_owned(),
            path: "/services/data/v66.0/query".to_owned(),
            query: format!("q={}", soql.replace('+', "%2B").replace(' ', "+")),
            headers: BTreeMap::from([("authorization".to_owned(), format!("Bearer {token}"))]),
            base_url: "http://127.0.0.1:1".to_owned(),
            ..Request::default()
        };
        let response = router::handle(&mut self.world, request);
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        match response.status {
            200 => Ok(body["records"].as_array().cloned().unwrap_or_default()),
            _ => Err(body[0]["errorCode"].as_str().unwrap_or_default().to_owned()),
        }
    }

    fn administrator(&self) -> String {
        self.world.org.organization.access_token.clone()
    }

    fn number(&self, id: &Value) -> usize {
        let found = self
            .ids
            .records
            .iter()
            .position(|known| id == known.as_str());
        found.expect("a record of the company")
    }

    /// The records of an object that a query of this user returns; `None` where the object does not exist for it.
    pub(crate) fn rows_seen(&mut self, user: usize, object: Object) -> Option<BTreeSet<usize>> {
        let rows = self.query(&token(user), &format!("SELECT Id FROM {}", object.name()));
        match rows {
            Ok(rows) => Some(rows.iter().map(|row| self.number(&row["Id"])).collect()),
            Err(code) => {
                assert_eq!(code, "INVALID_TYPE");
                None
            }
        }
    }

    /// What `UserRecordAccess` answers about a user: to the administrator, or to another user.
    pub(crate) fn access(
        &mut self,
        running: Option<usize>,
        user: usize,
        records: &[usize],
    ) -> BTreeMap<usize, Access> {
        if records.is_empty() {
            return BTreeMap::new();
        }
        let token = running.map_or_else(|| self.administrator(), token);
        let quoted = records
            .iter()
            .map(|number| format!("'{}'", self.ids.records[*number]));
        let soql = format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ({})",
            self.ids.users[user],
            quoted.collect::<Vec<_>>().join(",")
        );
        let rows = self.query(&token, &soql).expect("an answer");
        let each = rows.iter().map(|row| {
            let has = |name: &str| row[name].as_bool().expect("a truth");
            let access = Access {
                read: has("HasReadAccess"),
                edit: has("HasEditAccess"),
                delete: has("HasDeleteAccess"),
                transfer: has("HasTransferAccess"),
            };
            (self.number(&row["RecordId"]), access)
        });
        each.collect()
    }

    /// The rows of an object's share table: record, holder, cause, level, and for accounts the levels on the children.
    pub(crate) fn share_rows(&mut self, object: Object) -> BTreeSet<Vec<String>> {
        let (table, record, level) = match object {
            Object::Thing | Object::Lot => (
                object.name().replace("__c", "__Share"),
                "ParentId".to_owned(),
                "AccessLevel".to_owned(),
            ),
            standard => {
                let name = standard.name();
                (
                    format!("{name}Share"),
                    format!("{name}Id"),
                    format!("{name}AccessLevel"),
                )
            }
        };
        let mut columns = vec![record.as_str(), "UserOrGroupId", "RowCause", level.as_str()];
        if object == Object::Account {
            columns.extend([
                "CaseAccessLevel",
                "ContactAccessLevel",
                "OpportunityAccessLevel",
            ]);
        }
        let soql = format!("SELECT {} FROM {table}", columns.join(", "));
        let token = self.administrator();
        let rows = self.query(&token, &soql).expect("an answer");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let each = rows
            .iter()
            .map(|row| columns.iter().map(|column| text(&row[*column])).collect());
        each.collect()
    }

    /// A row as the org shows it.
    pub(crate) fn shown(&self, row: Row) -> Vec<String> {
        let (record, holder, cause, own, children) = row;
        let holder = self.ids.party(&self.world.org, holder);
        let mut shown = vec![self.ids.records[record].clone(), holder, cause.to_owned()];
        let children = children.map(|levels| [levels.cases, levels.contacts, levels.opportunities]);
        let levels = [own].into_iter().chain(children.into_iter().flatten());
        shown.extend(levels.map(|one| level(one).as_str().to_owned()));
        shown
    }
}
