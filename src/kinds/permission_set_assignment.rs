//! Permission set assignments. They are records: made and removed, never changed.

mod licence;

use super::permission_set::keepers;
use super::{Attributed, Draft, Kind, compare, unknown_name};
use crate::address::Address;
use crate::change::{Attributes, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Assignment, Container, Containers, Live, Need, Reference, profile_label};
use crate::manifest::{Manifest, PermissionSetRef, nearest};
use serde_json::json;

/// Permission set assignments.
pub(super) static KIND: Kind = Kind {
    name: "permission_set_assignment",
    noun: "permission set assignment",
    needs,
    propose,
};

#[derive(Clone, Debug, PartialEq)]
struct AssignmentState {
    permission_set: String,
    user: String,
}

impl Attributed for AssignmentState {
    fn attributes(&self) -> Attributes {
        vec![
            ("permissionSet".into(), json!(self.permission_set), None),
            ("user".into(), json!(self.user), None),
        ]
    }
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let keepers = keepers(manifest).into_iter();
    keepers
        .map(|keeper| Need::Holders(profile_label(keeper.profile)))
        .collect()
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    for keeper in keepers(manifest) {
        let holders = live.holders(&live.profile_label(keeper.profile)).learnt();
        for holder in holders.into_iter().flatten() {
            if holder.assignments.of(&keeper.name).is_some() {
                continue;
            }
            let username = &holder.username;
            let address = Address::new(KIND.name, format!("{}:{username}", keeper.name));
            let set = (keeper.name.as_str(), None);
            assign(&mut draft, address, set, username, &keeper.entry.place);
        }
    }
    for reference in &manifest.spec.permission_sets {
        propose_one(reference, manifest, live, &mut draft);
    }
    draft.errors.extend(licence::check(manifest, live));
    draft
}

fn propose_one(reference: &PermissionSetRef, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let Some(user) = &manifest.spec.user else {
        let error = Diagnostic::error(
            Code::PermissionSetForNobody,
            "a permission set is assigned to nobody: `spec.user` is missing",
        );
        draft.errors.push(error.at(&reference.name.place));
        return;
    };
    let found = match find_permission_set(live, &reference.name) {
        Ok(found) => found,
        Err(error) => {
            draft.errors.push((*error).at(&reference.name.place));
            return;
        }
    };
    let name = found.map_or(&reference.name.value, |set| &set.name);
    let held = live.user_of(user);
    let held = held.and_then(|user| user.assignments.of(name));
    let place = &reference.name.place;
    if held.is_none() && !reference.absent {
        let seat = found.and_then(|set| licence::seat(set, place));
        draft.findings.extend(seat);
    }
    match (held, reference.absent) {
        (None, false) => assign(
            draft,
            own_address(name),
            (name, found),
            &user.username,
            place,
        ),
        (Some(held), true) => unassign(draft, held, &user.username, place),
        _ => {}
    }
}

/// The permission set of that API name, or of that label where only one has it.
pub fn find_permission_set<'a>(
    live: &'a Live,
    name: &str,
) -> Result<Option<&'a Container>, Box<Diagnostic>> {
    if live.offline {
        return Ok(None);
    }
    let Some(containers) = live.containers().learnt() else {
        return Ok(None);
    };
    if let Some(set) = containers.set_named(name) {
        return Ok(Some(set));
    }
    match containers.sets_labelled(name).as_slice() {
        [one] => Ok(Some(one)),
        [] => Err(Box::new(missing(containers, name))),
        several => {
            let names: Vec<&str> = several.iter().map(|set| set.name.as_str()).collect();
            let message = format!("{} permission sets are labelled `{name}`", several.len());
            Err(Box::new(
                Diagnostic::error(Code::UnknownPermissionSet, message)
                    .help(format!("name one of {}", names.join(", "))),
            ))
        }
    }
}

fn missing(containers: &Containers, name: &str) -> Diagnostic {
    let names: Vec<&str> = containers.sets().map(|set| set.name.as_str()).collect();
    if let Some((namespace, _)) = name.split_once("__") {
        let installed = containers
            .sets()
            .any(|set| set.namespace.as_deref() == Some(namespace));
        if !installed && nearest(name, &names).is_none() {
            let message = format!(
                "the org has no permission set `{name}`: no package `{namespace}` is installed"
            );
            let help = match namespace {
                "HubSpot_Inc" => {
                    "install the managed package first (in HubSpot: Settings > Integrations > Connected Apps > Salesforce, or the \
                     AppExchange listing), then plan again"
                }
                _ => "install the managed package first, then plan again",
            };
            return Diagnostic::error(Code::UnknownPermissionSet, message).help(help);
        }
    }
    let labels = containers.all().iter().map(|set| set.label.as_str());
    let known = names.iter().copied().chain(labels);
    let place = Place::start_of(&"".into());
    let mut diagnostic = unknown_name(
        Code::UnknownPermissionSet,
        "permission set",
        name,
        &place,
        known,
    );
    diagnostic.place = None;
    diagnostic
}

fn own_address(name: &str) -> Address {
    Address::new(KIND.name, name)
}

fn assign(
    draft: &mut Draft,
    address: Address,
    (name, found): (&str, Option<&Container>),
    username: &str,
    place: &Place,
) {
    let desired = AssignmentState {
        permission_set: name.to_owned(),
        user: username.to_owned(),
    };
    let Some(comparison) = compare(None, Some(&desired)) else {
        return;
    };
    let set = match found {
        Some(set) => RecordValue::Literal(json!(set.id)),
        None => RecordValue::Lookup(Reference::PermissionSet(name.to_owned())),
    };
    let user = RecordValue::Lookup(Reference::Username(username.to_owned()));
    let values = [("AssigneeId", user), ("PermissionSetId", set)];
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

fn unassign(draft: &mut Draft, held: &Assignment, username: &str, place: &Place) {
    let live = AssignmentState {
        permission_set: held.name.clone(),
        user: username.to_owned(),
    };
    let Some(comparison) = compare(Some(&live), None) else {
        return;
    };
    let write = Write::Remove("PermissionSetAssignment".to_owned(), held.id.clone());
    draft.change(
        own_address(&held.name),
        comparison,
        Stage::User,
        place,
        write,
    );
}
