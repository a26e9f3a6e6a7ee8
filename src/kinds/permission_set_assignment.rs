//! Permission set assignments. They are records: made and removed, never changed.

mod licence;

use super::permission_set::keepers;
use super::{Attributed, Draft, Kind, compare, unknown_name};
use crate::address::Address;
use crate::change::{Attributes, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{
    AssignedThing, Assignment, Container, Containers, Live, LiveUser, Need, Reference,
    profile_label,
};
use crate::manifest::{GrantedSet, Manifest, PermissionSetRef, nearest};
use serde_json::json;
use std::borrow::Cow;

/// Permission set assignments.
pub(super) static KIND: Kind = Kind {
    name: "permission_set_assignment",
    noun: "permission set assignment",
    needs,
    propose,
};

/// Assignments of permission set groups, which the same entries name. The change is proposed with those of sets.
pub(super) static GROUP: Kind = Kind {
    name: "permission_set_group_assignment",
    noun: "permission set group assignment",
    needs: |_| Vec::new(),
    propose: |_, _| Draft::default(),
};

#[derive(Clone, Debug, PartialEq)]
struct AssignmentState {
    permission_set: String,
    is_group: bool,
    user: String,
    /// The last day on which it is held, where it ends.
    expires: Option<String>,
}

impl Attributed for AssignmentState {
    fn attributes(&self) -> Attributes {
        let assigned = match self.is_group {
            true => "permissionSetGroup",
            false => "permissionSet",
        };
        let mut attributes: Attributes = vec![
            (assigned.into(), json!(self.permission_set), None),
            ("user".into(), json!(self.user), None),
        ];
        if let Some(expires) = &self.expires {
            attributes.push(("expires".into(), json!(expires), None));
        }
        attributes
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
            let wanted = Wanted {
                name: &keeper.name,
                found: None,
                is_group: false,
                expires: None,
                username,
                place: &keeper.entry.place,
            };
            wanted.assign(address, &mut draft);
        }
    }
    for set in &manifest.spec.grants {
        propose_granted(set, manifest, live, &mut draft);
    }
    for reference in &manifest.spec.permission_sets {
        propose_one(reference, manifest, live, &mut draft);
    }
    draft.errors.extend(licence::check(manifest, live));
    draft
}

/// The user holds what its manifest makes.
fn propose_granted(set: &GrantedSet, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let Some(user) = &manifest.spec.user else {
        draft.errors.push(for_nobody(&set.name.place));
        return;
    };
    let held = live.user_of(user);
    let held = held.and_then(|user| user.assignments.of(&set.name));
    let wanted = Wanted {
        name: &set.name,
        found: None,
        is_group: false,
        expires: None,
        username: &user.username,
        place: &set.name.place,
    };
    match (held, set.absent) {
        (None, false) => wanted.assign(wanted.own_address(), draft),
        (Some(held), true) => wanted.unassign(held, draft),
        _ => {}
    }
}

fn for_nobody(place: &Place) -> Diagnostic {
    let message = "a permission set is assigned to nobody: `spec.user` is missing";
    Diagnostic::error(Code::PermissionSetForNobody, message).at(place)
}

fn propose_one(reference: &PermissionSetRef, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let place = &reference.name.place;
    let Some(user) = &manifest.spec.user else {
        draft.errors.push(for_nobody(place));
        return;
    };
    let found = match find_assigned(live, reference) {
        Ok(found) => found,
        Err(error) => {
            draft.errors.push((*error).at(place));
            return;
        }
    };
    let name = found.map_or(&reference.name.value, |set| &set.name);
    let live_user = live.user_of(user);
    let held = live_user.and_then(|user| held_of(user, name, found));
    if held.is_none() && !reference.absent {
        let seat = found.and_then(|set| licence::seat(set, place));
        draft.findings.extend(seat);
    }
    let wanted = Wanted {
        name,
        found,
        is_group: reference.is_group,
        expires: reference.expires.as_ref().map(|day| day.value.as_str()),
        username: &user.username,
        place,
    };
    match (held, reference.absent) {
        (None, false) => wanted.assign(wanted.own_address(), draft),
        (Some(held), true) => wanted.unassign(held, draft),
        (Some(held), false) => wanted.let_end(held, live_user, live, draft),
        _ => {}
    }
}

/// The assignment of a set, or of the set behind a group: by record id, since a set and a group may have the same name.
fn held_of<'a>(
    user: &'a LiveUser,
    name: &str,
    found: Option<&Container>,
) -> Option<&'a Assignment> {
    match found {
        Some(set) => {
            let mut held = user.assignments.all().iter();
            held.find(|held| held.set_id == set.id)
        }
        None => user.assignments.of(name),
    }
}

/// What an entry of `permissionSets` names, where the org tells.
///
/// # Errors
/// The org has none of that name, or several of that label.
pub fn find_assigned<'a>(
    live: &'a Live,
    reference: &PermissionSetRef,
) -> Result<Option<&'a Container>, Box<Diagnostic>> {
    if !reference.is_group {
        return find_permission_set(live, &reference.name);
    }
    let Some(containers) = live.containers().learnt().filter(|_| !live.offline) else {
        return Ok(None);
    };
    let found = containers.group_called(&reference.name);
    if found.is_some() {
        return Ok(found);
    }
    let groups = containers.sets().filter(|set| set.group.is_some());
    let known = groups.map(|group| group.name.as_str());
    let what = "permission set group";
    let place = &reference.name.place;
    let code = Code::UnknownPermissionSet;
    Err(Box::new(unknown_name(
        code,
        what,
        &reference.name,
        place,
        known,
    )))
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

/// An assignment that the manifest speaks of.
struct Wanted<'a> {
    name: &'a str,
    /// What the org has of that name.
    found: Option<&'a Container>,
    /// Whether the manifest names a group.
    is_group: bool,
    /// The last day on which it is held, where the manifest says one.
    expires: Option<&'a str>,
    username: &'a str,
    place: &'a Place,
}

impl Wanted<'_> {
    /// The address of an assignment to the manifest's own user.
    fn own_address(&self) -> Address {
        match self.is_group {
            true => Address::new(GROUP.name, format!("{}@{}", self.name, self.username)),
            false => Address::new(KIND.name, self.name),
        }
    }

    fn state(&self, expires: Option<&str>) -> AssignmentState {
        AssignmentState {
            permission_set: self.name.to_owned(),
            is_group: self.is_group,
            user: self.username.to_owned(),
            expires: expires.map(str::to_owned),
        }
    }

    fn assign(&self, address: Address, draft: &mut Draft) {
        let desired = self.state(self.expires);
        let Some(comparison) = compare(None, Some(&desired)) else {
            return;
        };
        let group = self.found.and_then(|set| set.group.as_ref());
        let (thing, assigned) = match (group, self.found) {
            (Some(group), _) => (AssignedThing::Group, literal(group)),
            (None, Some(set)) => (AssignedThing::Set, literal(&set.id)),
            (None, None) => self.looked_up(),
        };
        let user = RecordValue::Lookup(Reference::Username(self.username.to_owned()));
        let mut record = Record {
            object: thing.object(),
            values: [
                ("AssigneeId".into(), user),
                (thing.column().into(), assigned),
            ]
            .into(),
        };
        record.values.extend(self.expires.map(end_of));
        let write = Write::Insert(record);
        draft.change(address, comparison, Stage::User, self.place, write);
    }

    fn looked_up(&self) -> (AssignedThing, RecordValue) {
        let name = self.name.to_owned();
        let (thing, reference) = match self.is_group {
            true => (AssignedThing::Group, Reference::PermissionSetGroup(name)),
            false => (AssignedThing::Set, Reference::PermissionSet(name)),
        };
        (thing, RecordValue::Lookup(reference))
    }

    fn unassign(&self, held: &Assignment, draft: &mut Draft) {
        let Some(comparison) = compare(Some(&self.state(None)), None) else {
            return;
        };
        let object = AssignedThing::Set.object().to_owned();
        let write = Write::Remove(object, held.id.clone());
        let address = self.own_address();
        draft.change(address, comparison, Stage::User, self.place, write);
    }

    /// One that is held ends on the day that the manifest says; where it says none, or the org does not tell, it stays.
    fn let_end(&self, held: &Assignment, user: Option<&LiveUser>, live: &Live, draft: &mut Draft) {
        let (Some(expires), Some(user)) = (self.expires, user) else {
            return;
        };
        let Some(ending) = live.ending_assignments(&user.username).learnt() else {
            return;
        };
        let mut ending = ending.iter();
        let today = ending.find(|one| one.set_id == held.set_id);
        let today = self.state(today.map(|one| one.day.as_str()));
        let desired = self.state(Some(expires));
        let Some(comparison) = compare(Some(&today), Some(&desired)) else {
            return;
        };
        let record = Record {
            object: AssignedThing::Set.object(),
            values: [end_of(expires)].into(),
        };
        let write = Write::Update(held.id.clone(), record);
        let address = self.own_address();
        draft.change(address, comparison, Stage::User, self.place, write);
    }
}

fn literal(id: &str) -> RecordValue {
    RecordValue::Literal(json!(id))
}

/// The end of a day, in the time of Greenwich (object reference, PermissionSetAssignment, `ExpirationDate`).
fn end_of(day: &str) -> (Cow<'static, str>, RecordValue) {
    let moment = format!("{day}T23:59:59.000Z");
    ("ExpirationDate".into(), RecordValue::Literal(json!(moment)))
}
