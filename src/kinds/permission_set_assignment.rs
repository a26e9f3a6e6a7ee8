//! Permission set assignments. They are records: made and removed, never changed.

use super::permission_set::keepers;
use super::user::live;
use super::{Draft, Kind, Resource, column, compare, unknown};
use crate::address::Address;
use crate::change::{Attributes, Lookup, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{CONTAINERS, Facts, Question, Row};
use crate::manifest::{Manifest, PermissionSetRef, nearest};
use crate::soql;
use serde_json::json;

/// Permission set assignments.
pub(super) static KIND: Kind = Kind {
    name: "permission_set_assignment",
    noun: "permission set assignment",
    ask,
    propose,
};

#[derive(Clone, Debug, PartialEq)]
struct Assignment {
    permission_set: String,
    user: String,
}

impl Resource for Assignment {
    fn attributes(&self) -> Attributes {
        vec![
            ("permissionSet".into(), json!(self.permission_set), None),
            ("user".into(), json!(self.user), None),
        ]
    }
}

/// The users of a profile who keep access, and whether they hold the set already.
fn holders(profile: &str) -> String {
    format!(
        "SELECT Id, Username, (SELECT Id, PermissionSet.Name, PermissionSet.NamespacePrefix FROM \
         PermissionSetAssignments) FROM User WHERE IsActive = true AND Profile.Name = {}",
        soql::literal(profile)
    )
}

fn ask(manifest: &Manifest) -> Vec<Question> {
    keepers(manifest)
        .iter()
        .map(|keeper| Question::Query(holders(keeper.profile)))
        .collect()
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    for keeper in keepers(manifest) {
        for row in facts.rows(&holders(keeper.profile)) {
            let Some(username) = row.text("Username") else {
                continue;
            };
            if find_assignment(row, &keeper.name).is_none() {
                let address = Address::new(KIND.name, format!("{}:{username}", keeper.name));
                assign(
                    &mut draft,
                    address,
                    (&keeper.name, None),
                    username,
                    &keeper.entry.place,
                );
            }
        }
    }
    for reference in &manifest.spec.permission_sets {
        propose_one(reference, manifest, facts, &mut draft);
    }
    draft
}

fn propose_one(
    reference: &PermissionSetRef,
    manifest: &Manifest,
    facts: &Facts,
    draft: &mut Draft,
) {
    let Some(user) = &manifest.spec.user else {
        let error = Diagnostic::error(
            Code::PermissionSetForNobody,
            "a permission set is assigned to nobody: `spec.user` is missing",
        );
        draft.errors.push(error.at(&reference.name.place));
        return;
    };
    let found = match find(facts, &reference.name) {
        Ok(found) => found,
        Err(error) => {
            draft.errors.push((*error).at(&reference.name.place));
            return;
        }
    };
    let name = found.map_or_else(|| reference.name.value.clone(), api_name);
    let row = live(user, facts);
    let held = row.and_then(|row| find_assignment(row, &name));
    match (held, reference.absent) {
        (None, false) => assign(
            draft,
            own_address(&name),
            (&name, found),
            &user.username,
            &reference.name.place,
        ),
        (Some(id), true) => unassign(draft, &name, &user.username, &id, &reference.name.place),
        _ => {}
    }
}

/// The permission set of that API name, or of that label where only one has it.
pub fn find<'a>(facts: &'a Facts, name: &str) -> Result<Option<&'a Row>, Box<Diagnostic>> {
    if facts.offline {
        return Ok(None);
    }
    let sets = || {
        facts
            .rows(CONTAINERS)
            .iter()
            .filter(|row| !row.flag("IsOwnedByProfile"))
    };
    if let Some(row) = sets().find(|row| api_name(row) == name) {
        return Ok(Some(row));
    }
    let labelled: Vec<&Row> = sets()
        .filter(|row| row.text("Label") == Some(name))
        .collect();
    match labelled.as_slice() {
        [one] => Ok(Some(one)),
        [] => Err(Box::new(missing(facts, name))),
        several => {
            let names: Vec<String> = several.iter().map(|row| api_name(row)).collect();
            let message = format!("{} permission sets are labelled `{name}`", several.len());
            Err(Box::new(
                Diagnostic::error(Code::UnknownPermissionSet, message)
                    .help(format!("name one of {}", names.join(", "))),
            ))
        }
    }
}

fn missing(facts: &Facts, name: &str) -> Diagnostic {
    let place = Place::start_of(&"".into());
    let rows = || {
        facts
            .rows(CONTAINERS)
            .iter()
            .filter(|row| !row.flag("IsOwnedByProfile"))
    };
    let names: Vec<String> = rows().map(api_name).collect();
    if let Some((namespace, _)) = name.split_once("__") {
        let installed = rows().any(|row| row.text("NamespacePrefix") == Some(namespace));
        if !installed
            && nearest(name, &names.iter().map(String::as_str).collect::<Vec<_>>()).is_none()
        {
            let message = format!(
                "the org has no permission set `{name}`: no package `{namespace}` is installed"
            );
            let help = "install the managed package first (for HubSpot: Settings > Integrations > Connected Apps > \
                        Salesforce in HubSpot, or the AppExchange listing), then plan again";
            return Diagnostic::error(Code::UnknownPermissionSet, message).help(help);
        }
    }
    let known = names
        .iter()
        .map(String::as_str)
        .chain(column(facts.rows(CONTAINERS), "Label"));
    let mut diagnostic = unknown(
        Code::UnknownPermissionSet,
        "permission set",
        name,
        &place,
        known,
    );
    diagnostic.place = None;
    diagnostic
}

/// The API name with its namespace, as manifests write it.
fn api_name(row: &Row) -> String {
    let name = row.text("Name").unwrap_or_default();
    match row.text("NamespacePrefix") {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

/// The id of a user's assignment of that permission set.
fn find_assignment(user: &Row, name: &str) -> Option<String> {
    let assignments = user.children("PermissionSetAssignments");
    let of_set = |row: &&Row| {
        let set = row.text("PermissionSet.Name").unwrap_or_default();
        match row.text("PermissionSet.NamespacePrefix") {
            Some(namespace) => name == format!("{namespace}__{set}"),
            None => name == set,
        }
    };
    assignments
        .iter()
        .find(of_set)
        .and_then(|row| row.text("Id"))
        .map(str::to_owned)
}

/// The integration user's own assignments are named by the set alone; others say whose they are.
fn own_address(name: &str) -> Address {
    Address::new(KIND.name, name)
}

fn assign(
    draft: &mut Draft,
    address: Address,
    (name, found): (&str, Option<&Row>),
    username: &str,
    place: &Place,
) {
    let desired = Assignment {
        permission_set: name.to_owned(),
        user: username.to_owned(),
    };
    let Some(comparison) = compare(None, Some(&desired)) else {
        return;
    };
    let set = match found.and_then(|row| row.text("Id")) {
        Some(id) => RecordValue::Literal(json!(id)),
        None => lookup(&format!("permission set `{name}`"), &set_query(name)),
    };
    let user = format!(
        "SELECT Id FROM User WHERE Username = {}",
        soql::literal(username)
    );
    let values = [
        ("AssigneeId", lookup(&format!("user `{username}`"), &user)),
        ("PermissionSetId", set),
    ];
    let record = Record {
        object: "PermissionSetAssignment",
        values: values.into(),
    };
    draft.change(
        address,
        comparison,
        Stage::User,
        place,
        Write::Insert(record),
    );
}

fn set_query(name: &str) -> String {
    let (namespace, name) = match name.split_once("__") {
        Some((namespace, name)) => (soql::literal(namespace), name),
        None => ("null".to_owned(), name),
    };
    let name = soql::literal(name);
    format!(
        "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = false AND Name = {name} AND NamespacePrefix = {namespace}"
    )
}

fn lookup(what: &str, soql: &str) -> RecordValue {
    RecordValue::Lookup(Lookup {
        what: what.to_owned(),
        soql: soql.to_owned(),
    })
}

fn unassign(draft: &mut Draft, name: &str, username: &str, id: &str, place: &Place) {
    let live = Assignment {
        permission_set: name.to_owned(),
        user: username.to_owned(),
    };
    let Some(comparison) = compare(Some(&live), None) else {
        return;
    };
    let write = Write::Remove("PermissionSetAssignment".to_owned(), id.to_owned());
    draft.change(own_address(name), comparison, Stage::User, place, write);
}
