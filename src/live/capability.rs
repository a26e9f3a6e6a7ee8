//! What a user can do by everything that it is assigned, asked for by its name alone, so that a proof needs no second wave:
//! user permissions and fields, set by set, and what who asks is shown of that.
//!
//! Inner queries select the sets of the user's assignments, those of groups among them, in which muting is subtracted already
//! (object reference, PermissionSetAssignment and MutingPermissionSet).

use super::Live;
use super::known::Known;
use super::need::Need;
use super::question::Question;
use crate::soql::{self, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Something that has to be known to say what a user can do. Names of users are in lower case, as the org keeps them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapabilityNeed {
    /// Which of these user permissions who asks holds itself.
    OfReader(BTreeSet<&'static str>),
    /// Which of these user permissions each set grants that the user of a name is assigned.
    Permissions {
        /// The user's name.
        username: String,
        /// Names, such as `ApiEnabled`.
        names: BTreeSet<String>,
    },
    /// Which of these fields each set grants that the user of a name is assigned.
    Fields {
        /// The user's name.
        username: String,
        /// Fields as `Object.Field`.
        fields: BTreeSet<String>,
    },
    /// Which of its sets let the user of a name read all fields of an object.
    AllFields(String),
}

/// Fields beyond this are not listed in a query: all of their objects are asked for.
const MOST_LISTED: usize = 100;

impl CapabilityNeed {
    /// The question that answers it.
    pub(super) fn question(&self) -> Question {
        Question::Query(match self {
            Self::OfReader(names) => of_reader(names),
            Self::Permissions { username, names } => permissions(username, names),
            Self::Fields { username, fields } => of_fields(username, fields),
            Self::AllFields(username) => format!(
                "SELECT ParentId, SobjectType FROM ObjectPermissions WHERE ParentId IN ({}) AND PermissionsViewAllFields = true",
                sets_of(username)
            ),
        })
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::OfReader(_) => "what it shows to you".to_owned(),
            Self::Permissions { username, .. } => {
                format!("which permissions the sets of `{username}` grant")
            }
            Self::Fields { username, .. } => format!("which fields the sets of `{username}` grant"),
            Self::AllFields(username) => {
                format!("whether a set of `{username}` grants all fields of an object")
            }
        }
    }
}

/// The running user's own permissions, which the org tells everybody (object reference, UserPermissionAccess).
fn of_reader(names: &BTreeSet<&'static str>) -> String {
    let columns: Vec<String> = names
        .iter()
        .map(|name| format!("Permissions{name}"))
        .collect();
    format!("SELECT {} FROM UserPermissionAccess", columns.join(", "))
}

fn permissions(username: &str, names: &BTreeSet<String>) -> String {
    let columns: Vec<String> = names.iter().map(|name| column(name)).collect();
    format!(
        "SELECT PermissionSetId, {} FROM PermissionSetAssignment WHERE Assignee.Username = {}",
        columns.join(", "),
        soql::literal(username)
    )
}

fn column(permission: &str) -> String {
    format!("PermissionSet.Permissions{permission}")
}

/// `SobjectType` and `Field` have to be selected both (object reference, FieldPermissions).
fn of_fields(username: &str, fields: &BTreeSet<String>) -> String {
    let objects = fields.iter().filter_map(|field| field.split_once('.'));
    let objects: BTreeSet<&str> = objects.map(|(object, _)| object).collect();
    let objects: Vec<&str> = objects.into_iter().collect();
    let fields: Vec<&String> = fields.iter().collect();
    let listed = match fields.len() <= MOST_LISTED {
        true => format!(" AND Field IN {}", soql::list(&fields)),
        false => String::new(),
    };
    format!(
        "SELECT Id, ParentId, SobjectType, Field, PermissionsRead FROM FieldPermissions WHERE ParentId IN ({}) AND \
         SobjectType IN {}{listed}",
        sets_of(username),
        soql::list(&objects)
    )
}

/// The ids of the sets that a user is assigned, that of its profile among them.
fn sets_of(username: &str) -> String {
    format!(
        "SELECT PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = {}",
        soql::literal(username)
    )
}

/// By record id of the permission set: names that it grants.
pub type GrantedNames = BTreeMap<String, BTreeSet<String>>;

/// What was learnt of what users can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Capabilities {
    of_reader: BTreeSet<&'static str>,
    granted: BTreeMap<CapabilityNeed, GrantedNames>,
}

impl Capabilities {
    /// What one query answers. `None` where it is no answer to this need.
    pub(super) fn decode(&mut self, need: &CapabilityNeed, rows: &[Row]) -> Option<()> {
        let granted = match need {
            CapabilityNeed::OfReader(names) => {
                let row = rows.first()?;
                let held = names.iter();
                let held = held.filter(|name| row.flag(&format!("Permissions{name}")));
                self.of_reader = held.copied().collect();
                return Some(());
            }
            CapabilityNeed::Permissions { names, .. } => {
                let held = |row: &Row| {
                    let held = names.iter().filter(|name| row.flag(&column(name)));
                    held.cloned().collect()
                };
                by_set(rows, "PermissionSetId", held)
            }
            CapabilityNeed::Fields { .. } => {
                // A row that is only inferred has an id of zeros.
                let told = |row: &&Row| !row.text("Id").unwrap_or_default().starts_with("000");
                let readable = rows.iter().filter(told);
                let readable = readable.filter(|row| row.flag("PermissionsRead"));
                by_set(readable, "ParentId", |row| one(row, "Field"))
            }
            CapabilityNeed::AllFields(_) => by_set(rows, "ParentId", |row| one(row, "SobjectType")),
        };
        self.granted.insert(need.clone(), granted);
        Some(())
    }
}

fn one(row: &Row, column: &str) -> BTreeSet<String> {
    row.text(column).map(str::to_owned).into_iter().collect()
}

fn by_set<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    column: &str,
    names: impl Fn(&Row) -> BTreeSet<String>,
) -> GrantedNames {
    let mut granted = GrantedNames::new();
    for row in rows {
        if let Some(set) = row.text(column) {
            let of_set = granted.entry(set.to_owned()).or_default();
            of_set.extend(names(row));
        }
    }
    granted
}

impl Live {
    /// Which of these user permissions who asks holds itself.
    pub fn held_by_reader(&self, names: &BTreeSet<&'static str>) -> Known<&BTreeSet<&'static str>> {
        let need = Need::Capability(CapabilityNeed::OfReader(names.clone()));
        self.known(&need, Some(&self.capabilities.of_reader))
    }

    /// What each set grants of what a need asks for, by record id of the set.
    pub fn granted_by_sets(&self, need: &CapabilityNeed) -> Known<&GrantedNames> {
        let part = self.capabilities.granted.get(need);
        self.known(&Need::Capability(need.clone()), part)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::live::Answer;
    use serde_json::{Value, json};

    /// One need of each sort.
    pub(in crate::live) fn needs() -> Vec<(CapabilityNeed, Vec<Value>)> {
        let username = || "ours".to_owned();
        let names = BTreeSet::from(["ApiEnabled".to_owned()]);
        let fields = BTreeSet::from(["Lead.Email".to_owned()]);
        let permissions = CapabilityNeed::Permissions {
            username: username(),
            names,
        };
        let of_fields = CapabilityNeed::Fields {
            username: username(),
            fields,
        };
        vec![
            (
                CapabilityNeed::OfReader(BTreeSet::from(["ViewSetup"])),
                vec![json!({"PermissionsViewSetup": true})],
            ),
            (permissions, Vec::new()),
            (of_fields, Vec::new()),
            (CapabilityNeed::AllFields(username()), Vec::new()),
        ]
    }

    /// What was learnt of what a need is about.
    pub(in crate::live) fn part(live: &Live, need: &CapabilityNeed) -> Known<()> {
        match need {
            CapabilityNeed::OfReader(names) => live.held_by_reader(names).map(|_| ()),
            other => live.granted_by_sets(other).map(|_| ()),
        }
    }

    fn told(need: &CapabilityNeed, values: &[Value]) -> Live {
        let mut live = Live::default();
        let rows = Answer::Rows(values.iter().map(Row::of).collect());
        live.tell(Need::Capability(need.clone()), rows);
        live
    }

    #[test]
    fn permissions_and_fields_are_told_set_by_set() {
        let names: BTreeSet<String> = ["ApiEnabled", "RunReports"].map(str::to_owned).into();
        let need = CapabilityNeed::Permissions {
            username: "a@b".into(),
            names,
        };
        let set = |id: &str, api: bool| json!({"PermissionSetId": id, "PermissionSet": {"PermissionsApiEnabled": api, "PermissionsRunReports": true}});
        let live = told(&need, &[set("0PS1", false), set("0PS2", true)]);
        let granted = live.granted_by_sets(&need).learnt().unwrap();
        assert!(!granted["0PS1"].contains("ApiEnabled") && granted["0PS2"].contains("ApiEnabled"));
        let fields = BTreeSet::from(["Lead.Email".to_owned(), "Lead.Phone".to_owned()]);
        let need = CapabilityNeed::Fields {
            username: "a@b".into(),
            fields,
        };
        let row = |id: &str, field: &str, reads: bool| json!({"Id": id, "ParentId": "0PS1", "Field": field, "PermissionsRead": reads});
        let rows = [
            row("01k1", "Lead.Email", true),
            row("01k2", "Lead.Fax", false),
            row("000", "Lead.Phone", true),
        ];
        let live = told(&need, &rows);
        let granted = live.granted_by_sets(&need).learnt().unwrap();
        assert_eq!(granted["0PS1"], BTreeSet::from(["Lead.Email".to_owned()]));
    }

    #[test]
    fn what_the_reader_holds_is_told_by_its_row_and_no_row_tells_nothing() {
        let names = BTreeSet::from(["ManageUsers", "ViewSetup"]);
        let need = CapabilityNeed::OfReader(names.clone());
        let row = json!({"PermissionsViewSetup": true, "PermissionsManageUsers": false});
        let held = told(&need, &[row]).held_by_reader(&names).cloned();
        assert_eq!(held, Known::Is(BTreeSet::from(["ViewSetup"])));
        assert!(told(&need, &[]).held_by_reader(&names).learnt().is_none());
    }

    #[test]
    fn many_fields_are_asked_for_by_their_objects() {
        let query = |fields: usize| {
            let fields = (0..fields).map(|number| format!("Lead.F{number}__c"));
            of_fields("a@b", &fields.collect())
        };
        assert!(query(2).contains(" AND Field IN ('Lead.F0__c','Lead.F1__c')"));
        assert!(query(500).ends_with("SobjectType IN ('Lead')"));
    }
}
