//! Setup state and metadata XML: which component types there are, how components are named, read and written.
//!
//! Promise: what is written is in the order of the metadata schema, and what a reader does not know it reports
//! rather than skips.

pub(crate) mod custom_field;
pub(crate) mod custom_object;
mod entries;
pub(crate) mod groups;
pub(crate) mod kept;
mod kinds;
pub(crate) mod permission_set;
mod permission_set_group;
pub(crate) mod permissions;
pub(crate) mod profile;
pub(crate) mod record_type;
pub(crate) mod restriction_rules;
mod role;
pub(crate) mod shape;
pub(crate) mod sharing_rules;

use std::collections::BTreeSet;

use roxmltree::Node;

pub(crate) use kinds::{KINDS, Kind, file_kind, kind, path_of, shown_name};

use crate::problem::{Problem, UNKNOWN};
use crate::store::{ContainerKind, GroupKind, Id, ObjectSchema, Org, RuleScope};
use crate::xml::Writer;

/// What laying a component over the org did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is new.
    Created,
    /// It was there and is different now.
    Changed,
    /// It was there like this.
    Unchanged,
}

impl Outcome {
    /// Whether something that was there differs now.
    pub(crate) fn of_change(differs: bool) -> Self {
        if differs {
            Self::Changed
        } else {
            Self::Unchanged
        }
    }
}

/// How a component is laid over the org.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// API version of the package, e.g. 66.
    pub(crate) version: u32,
    /// Whether it comes by `updateMetadata` or `upsertMetadata` rather than by a deploy.
    pub(crate) single_call: bool,
}

/// What laying a component over the org gives: the outcome, or everything that speaks against it.
pub(crate) type Applied = Result<Outcome, Vec<Problem>>;

/// Which entries of a profile are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// All of them, as `readMetadata` answers.
    pub(crate) everything: bool,
    /// Otherwise only those that name a component of the same request: type and decoded full name.
    pub(crate) companions: BTreeSet<(String, String)>,
}

impl Scope {
    /// Every entry.
    pub(crate) fn everything() -> Self {
        Self {
            everything: true,
            companions: BTreeSet::new(),
        }
    }

    /// Whether entries about this component are wanted.
    pub(crate) fn includes(&self, kind: &str, full_name: &str) -> bool {
        self.everything
            || self
                .companions
                .contains(&(kind.to_owned(), full_name.to_owned()))
    }
}

/// How components are written.
#[derive(Clone, Debug)]
pub(crate) struct Rendering {
    /// API version of the request.
    pub(crate) version: u32,
    /// Which entries of profiles.
    pub(crate) scope: Scope,
}

/// Writes what is inside a component, without its `fullName`; `false` when the org has no such component.
pub(crate) fn write(
    org: &Org,
    kind: &str,
    name: &str,
    rendering: &Rendering,
    writer: &mut Writer,
) -> bool {
    let written = match kind {
        "Profile" => profile::write(org, name, rendering, writer),
        "PermissionSet" => permission_set::write(org, name, rendering, writer),
        "PermissionSetGroup" => permission_set_group::write(org, name, writer),
        "Role" => role::write(org, name, writer),
        "Group" => groups::write_group(org, name, writer),
        "Queue" => groups::write_queue(org, name, writer),
        "CustomObject" => custom_object::write(org, name, writer),
        "CustomField" => custom_field::write(org, name, writer),
        "RecordType" => record_type::write(org, name, writer),
        "SharingRules" => sharing_rules::write(org, name, writer),
        "SharingCriteriaRule" | "SharingOwnerRule" => {
            sharing_rules::write_one(org, kind, name, writer)
        }
        _ => kept::write(org, kind, name, writer),
    };
    // Of setup objects and their fields there are documents only.
    written
        .or_else(|| kept::write(org, kind, name, writer))
        .is_some()
}

/// Types whose effect on permissions and sharing the emulator does not model, so that keeping them would be a silent
/// success.
const UNSUPPORTED: [&str; 5] = [
    "MutingPermissionSet",
    "Settings",
    "SharingGuestRule",
    "SharingSet",
    "SharingTerritoryRule",
];

/// Lays a component over the org.
///
/// What is refused leaves the org as it was, but for ids that were given out and, where the component is an object, that
/// object; the caller takes both back. A file of rules in a single call, whose rules are laid over the org one by one,
/// needs a copy of the org.
pub(crate) fn apply(
    org: &mut Org,
    kind: &str,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    match kind {
        "Profile" => profile::apply(org, name, element, setting),
        "PermissionSet" => permission_set::apply(org, name, element, setting),
        "PermissionSetGroup" => permission_set_group::apply(org, name, element),
        "Role" => role::apply(org, name, element),
        "Group" => groups::apply_group(org, name, element),
        "Queue" => groups::apply_queue(org, name, element),
        "CustomObject" => custom_object::apply(org, name, element, setting),
        "CustomField" => custom_field::apply(org, name, element),
        "SharingCriteriaRule" | "SharingOwnerRule" => {
            sharing_rules::apply(org, kind, name, element)
        }
        "SharingRules" => sharing_rules::apply_file(org, name, element, setting),
        "RecordType" => record_type::apply(org, name, element),
        _ => {
            check_supported(kind, element).map_err(|problem| vec![problem])?;
            kept::apply(org, kind, name, element)
        }
    }
}

/// Whether components of a type can be laid over the org, whatever they say.
pub(crate) fn check_supported(kind: &str, element: Node<'_, '_>) -> Result<(), Problem> {
    let message = "Not available for deploy for this organization";
    match UNSUPPORTED.contains(&kind) {
        true => Err(Problem::at(element, UNKNOWN, message)),
        false => Ok(()),
    }
}

/// Takes a component out of the org.
pub(crate) fn delete(org: &mut Org, kind: &str, name: &str) -> Result<(), Problem> {
    match kind {
        "Profile" => profile::delete(org, name),
        "PermissionSet" => permission_set::delete(org, name),
        "PermissionSetGroup" => permission_set_group::delete(org, name),
        "Role" => role::delete(org, name),
        "Group" => groups::delete_group(org, name),
        "CustomField" => custom_field::delete(org, name),
        "RecordType" => record_type::delete(org, name),
        "SharingCriteriaRule" | "SharingOwnerRule" => sharing_rules::delete(org, kind, name),
        _ => kept::delete(org, kind, name),
    }
}

/// Whether the org has the component.
pub(crate) fn exists(org: &Org, kind: &str, name: &str) -> bool {
    let kept = org
        .documents
        .get(kind)
        .is_some_and(|kept| kept.contains_key(name));
    let (object, own) = name.split_once('.').unwrap_or((name, ""));
    let object = || {
        org.objects
            .get(object)
            .filter(|object| is_customizable(object))
    };
    kept || match kind {
        "Profile" => org.profile_by_full_name(name).is_some(),
        "PermissionSet" => org.permission_set(name).is_some(),
        "Role" => org.role(name).is_some(),
        "CustomObject" | "SharingRules" => own.is_empty() && object().is_some(),
        "CustomField" => object()
            .and_then(|object| object.fields.get(own))
            .is_some_and(|field| field.custom),
        "RecordType" => object().is_some_and(|object| object.record_types.contains_key(own)),
        "SharingCriteriaRule" | "SharingOwnerRule" => org
            .rules
            .get(name)
            .is_some_and(|rule| sharing_rules::kind_of(rule) == kind),
        "Group" => groups::find(org, GroupKind::Regular, name).is_some(),
        "Queue" => groups::find(org, GroupKind::Queue, name).is_some(),
        "PermissionSetGroup" => names(org, kind).iter().any(|existing| existing == name),
        _ => false,
    }
}

/// Full names of all components of a type, decoded, sorted.
pub(crate) fn names(org: &Org, kind: &str) -> Vec<String> {
    let mut names: Vec<String> = match kind {
        "Profile" => org
            .profiles
            .values()
            .map(|profile| profile.full_name.clone())
            .collect(),
        "PermissionSet" => containers(org, |kind| *kind == ContainerKind::PermissionSet),
        "PermissionSetGroup" => containers(org, |kind| matches!(kind, ContainerKind::Group { .. })),
        "Role" => org
            .roles
            .values()
            .map(|role| role.developer_name.clone())
            .collect(),
        "Group" => groups_of(org, GroupKind::Regular),
        "Queue" => groups_of(org, GroupKind::Queue),
        "CustomObject" => objects(org).map(|object| object.name.clone()).collect(),
        "SharingRules" => objects(org)
            .filter(|object| object.has_shares)
            .map(|o| o.name.clone())
            .collect(),
        "CustomField" => objects(org).flat_map(custom_fields).collect(),
        "RecordType" => objects(org).flat_map(record_types).collect(),
        "SharingCriteriaRule" => rules(org, |scope| matches!(scope, RuleScope::Criteria { .. })),
        "SharingOwnerRule" => rules(org, |scope| matches!(scope, RuleScope::Owner(_))),
        _ => Vec::new(),
    };
    names.extend(
        org.documents
            .get(kind)
            .into_iter()
            .flat_map(|kept| kept.keys().cloned()),
    );
    names.sort();
    names.dedup();
    names
}

fn containers(org: &Org, wanted: impl Fn(&ContainerKind) -> bool) -> Vec<String> {
    let found = org
        .containers
        .values()
        .filter(|container| wanted(&container.kind));
    found.map(|container| container.full_name()).collect()
}

fn groups_of(org: &Org, kind: GroupKind) -> Vec<String> {
    let found = org.groups.values().filter(|group| group.kind == kind);
    found
        .filter_map(|group| group.developer_name.clone())
        .collect()
}

fn rules(org: &Org, wanted: impl Fn(&RuleScope) -> bool) -> Vec<String> {
    let found = org.rules.values().filter(|rule| wanted(&rule.scope));
    found.map(|rule| rule.full_name()).collect()
}

fn custom_fields(object: &ObjectSchema) -> impl Iterator<Item = String> {
    object
        .fields
        .values()
        .filter(|field| field.custom)
        .map(|field| format!("{}.{}", object.name, field.name))
}

fn record_types(object: &ObjectSchema) -> impl Iterator<Item = String> {
    object
        .record_types
        .values()
        .map(|kind| format!("{}.{}", object.name, kind.developer_name))
}

/// Objects that are components of their own: not the setup objects.
pub(crate) fn objects(org: &Org) -> impl Iterator<Item = &ObjectSchema> {
    org.objects
        .values()
        .filter(|object| is_customizable(object))
}

fn is_customizable(object: &ObjectSchema) -> bool {
    object.custom || !object.allowed_models.is_empty()
}

/// The id of a component, where it has one.
pub(crate) fn id_of(org: &Org, kind: &str, name: &str) -> Option<Id> {
    match kind {
        "Profile" => org
            .profile_by_full_name(name)
            .map(|profile| profile.id.clone()),
        "PermissionSet" => org.permission_set(name).map(|set| set.id.clone()),
        "PermissionSetGroup" => permission_set_group::group_id(org, name),
        "Role" => org.role(name).map(|role| role.id.clone()),
        "CustomField" => {
            let (object, field) = name.split_once('.')?;
            org.field(object, field)?.id.clone()
        }
        "Group" => groups::find(org, GroupKind::Regular, name).map(|group| group.id.clone()),
        "Queue" => groups::find(org, GroupKind::Queue, name).map(|group| group.id.clone()),
        _ => None,
    }
}
