//! Kinds: one typed struct in one file each, registered in one line.
//!
//! A kind says which things it needs to know of the org, what the manifest wants, what is live, and how the difference is
//! written. `after` is always the live state overlaid with what the manifest says: the desired is adjusted, the
//! difference is never filtered.

mod criterion_check;
mod custom_field;
mod everyone;
mod organization_wide_default;
mod permission_set;
mod permission_set_assignment;
mod permission_set_license_assignment;
mod picklist;
mod profile;
mod public_group;
mod public_group_member;
mod role;
mod sharing_rule;
mod stands;
mod user;

use crate::address::Address;
use crate::change::{Action, Attributes, Change, FieldChange, Stage, Write, differences};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Known, Live, Need};
use crate::manifest::{Manifest, nearest};

pub use everyone::{KeptLevel, is_every_record, kept_by_everyone, kept_level};
pub use organization_wide_default::{
    INTERNAL_DEFAULT, default_document, default_through, leave_out_settings, settings_not_kept,
};
pub use permission_set::{granted_permissions, granted_rights};
pub use permission_set_assignment::{find_assigned, find_permission_set};
pub use permission_set_license_assignment::held_seat;
pub use profile::{PartialSource, not_kept, partial_source, whole_source};
pub use role::narrowest_level;
pub use sharing_rule::{
    makes_editing_rule_of, needs_another_rule, referred_to, rule_changes, rule_criteria,
    rule_target,
};
pub use stands::{standing_member, stands};
pub use user::{unchanged_profile, user_columns};

/// A kind of resource.
pub struct Kind {
    /// Its name in addresses: `sharing_rule`.
    pub name: &'static str,
    /// Its name for people: `sharing rule`.
    pub noun: &'static str,
    /// What it has to know of the org.
    pub needs: fn(&Manifest) -> Vec<Need>,
    /// What it would change.
    pub propose: fn(&Manifest, &Live) -> Draft,
}

/// Every kind, in the order in which people think of them.
pub static KINDS: &[&Kind] = &[
    &custom_field::KIND,
    &permission_set::KIND,
    &public_group::KIND,
    &profile::KIND,
    &role::KIND,
    &user::KIND,
    &permission_set_license_assignment::KIND,
    &permission_set_assignment::KIND,
    &permission_set_assignment::GROUP,
    &public_group_member::KIND,
    &organization_wide_default::KIND,
    &sharing_rule::KIND,
];

/// What the answers make necessary to know besides, until nothing new is.
pub fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    let of_profile = profile::further_needs(manifest, live).into_iter();
    of_profile
        .chain(permission_set::further_needs(manifest, live))
        .collect()
}

/// What a kind proposes.
#[derive(Default)]
pub struct Draft {
    /// What would change.
    pub changes: Vec<Change>,
    /// What makes the manifest impossible on this org.
    pub errors: Vec<Diagnostic>,
    /// What should be looked at.
    pub findings: Vec<Diagnostic>,
    /// What the org has of this kind that no manifest names: plural noun and count.
    pub left_alone: Option<(&'static str, u64)>,
}

/// What a kind's struct has in common with the others: it can be laid open.
pub trait Attributed {
    /// Its attributes by path, in the order to show them.
    fn attributes(&self) -> Attributes;
}

/// Compares live with desired; `None` where there is nothing to do.
pub fn compare<R: Attributed>(
    live: Option<&R>,
    desired: Option<&R>,
) -> Option<(Action, Vec<FieldChange>)> {
    let open = |resource: Option<&R>| resource.map(Attributed::attributes).unwrap_or_default();
    let fields = differences(&open(live), &open(desired));
    let action = match (live, desired) {
        (None, None) => return None,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(_), Some(_)) if fields.is_empty() => return None,
        (Some(_), Some(_)) => Action::Update,
    };
    Some((action, fields))
}

impl Draft {
    /// Adds a change.
    pub fn change(
        &mut self,
        address: Address,
        (action, fields): (Action, Vec<FieldChange>),
        stage: Stage,
        place: &Place,
        write: Write,
    ) {
        let place = Some(place.clone());
        let irreversible = false;
        self.changes.push(Change {
            address,
            action,
            stage,
            irreversible,
            place,
            fields,
            fingerprint: None,
            write,
        });
    }
}

/// Names listed where none is near.
const MOST_LISTED: usize = 8;

/// An error for a name the org does not have, with the nearest it has, or some of those it has.
pub fn unknown_name<'a>(
    code: Code,
    what: &str,
    name: &str,
    place: &Place,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, format!("the org has no {what} `{name}`")).at(place);
    let mut known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(name, &known) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    known.sort_unstable();
    known.dedup();
    let more = if known.len() > MOST_LISTED {
        ", …"
    } else {
        ""
    };
    let listed: Vec<&str> = known.into_iter().take(MOST_LISTED).collect();
    match listed.is_empty() {
        true => diagnostic,
        false => diagnostic.help(format!("it has {}{more}", listed.join(", "))),
    }
}

/// Labels of the profiles that the org has.
fn profile_labels(live: &Live) -> Vec<&str> {
    let containers = live.containers().learnt();
    let profiles = containers
        .into_iter()
        .flat_map(|containers| containers.profiles());
    profiles.map(|profile| profile.label.as_str()).collect()
}

/// Whether the org has a profile of this label, or nobody asked it.
fn has_profile(label: &str, live: &Live) -> bool {
    let containers = live.containers().learnt();
    live.offline
        || containers
            .is_some_and(|containers| containers.profile(&live.profile_label(label)).is_some())
}

/// API names of the roles that the org has.
fn role_names(live: &Live) -> Vec<&str> {
    let roles = live.roles().learnt();
    roles.into_iter().flat_map(|roles| roles.names()).collect()
}

/// The error that the org has no role of this API name: one that has it for a label is meant.
fn unknown_role(name: &str, place: &Place, live: &Live) -> Diagnostic {
    let error = unknown_name(Code::UnknownRole, "role", name, place, role_names(live));
    let roles = live.roles().learnt();
    match roles.and_then(|roles| roles.labelled(name)) {
        Some(role) => error.help(format!("that is a label: write `{}`", role.name)),
        None => error,
    }
}

/// Whether the org has a role of this API name, or nobody asked it.
fn has_role(name: &str, live: &Live) -> bool {
    live.offline || live.roles().learnt().is_some_and(|roles| roles.has(name))
}

/// Whether the org told that it has no such object: by its describe, or by its document where nobody asked for that.
fn lacks_object(object: &str, live: &Live) -> bool {
    match live.object(object) {
        Known::NotAsked => matches!(live.object_document(object), Known::Is(None)),
        described => matches!(described, Known::Is(None)),
    }
}
