//! `PermissionSet`, `PermissionSetGroup`, `ObjectPermissions` and `FieldPermissions`.

use serde_json::{Value, json};

use super::{Hints, Record, STAMPS, derived_id, optional, stamps};
use crate::rules;
use crate::store::*;
use crate::viewer;

/// A column of `PermissionSet`.
pub(super) fn container(org: &Org, container: &Container, column: &str) -> Value {
    match column {
        "Id" => json!(container.id),
        "Name" => json!(container.name),
        "Label" => json!(container.label),
        "NamespacePrefix" => optional(container.namespace.as_ref()),
        "Description" => optional(container.description.as_ref()),
        "LicenseId" => optional(license(org, container)),
        "ProfileId" => optional(container.profile()),
        "IsOwnedByProfile" => json!(container.profile().is_some()),
        "IsCustom" => json!(is_custom(org, container)),
        "HasActivationRequired" => json!(container.has_activation_required),
        "PermissionSetGroupId" => match &container.kind {
            ContainerKind::Group { group, .. } => json!(group),
            _ => Value::Null,
        },
        "Type" => json!(kind(container)),
        other => match other.strip_prefix("Permissions") {
            Some(permission) => {
                json!(sources(org, container).any(|source| source.allows(permission)))
            }
            None => stamps(org, other),
        },
    }
}

fn license<'o>(org: &'o Org, container: &'o Container) -> Option<&'o Id> {
    let profile = container
        .profile()
        .and_then(|profile| org.profiles.get(profile));
    profile
        .map(|profile| &profile.license)
        .or(container.license.as_ref())
}

fn is_custom(org: &Org, container: &Container) -> bool {
    let profile = container
        .profile()
        .and_then(|profile| org.profiles.get(profile));
    profile.is_none_or(|profile| profile.custom)
}

fn kind(container: &Container) -> &'static str {
    match &container.kind {
        ContainerKind::Profile(_) => "Profile",
        ContainerKind::Group { .. } => "Group",
        ContainerKind::PermissionSet if container.has_activation_required => "Session",
        ContainerKind::PermissionSet => "Regular",
    }
}

/// The set itself and, of a group's aggregate, its members.
fn sources<'o>(org: &'o Org, container: &'o Container) -> impl Iterator<Item = &'o Container> {
    let members = match &container.kind {
        ContainerKind::Group { members, .. } => members.as_slice(),
        _ => &[],
    };
    std::iter::once(container).chain(
        members
            .iter()
            .filter_map(|member| org.containers.get(member)),
    )
}

/// `UserPermissionAccess`: what the running user holds by everything that is in force for it; nothing about others (object
/// reference).
pub(super) fn of_running_user<'v>(viewer: &viewer::Viewer<'v>) -> Record<'v> {
    let permissions = viewer.org.permissions();
    let held = permissions.map(|name| {
        let held = json!(viewer.allows(name));
        (format!("Permissions{name}"), held)
    });
    let mut row: Row = held.collect();
    row.insert("Id".to_owned(), json!(viewer.user));
    row.insert("LastCacheUpdate".to_owned(), Value::Null);
    Record::Built("UserPermissionAccess", row)
}

/// `PermissionSetGroup`.
pub(super) fn groups(org: &Org) -> Vec<Record<'_>> {
    let group = |container: &Container| {
        let ContainerKind::Group { group, .. } = &container.kind else {
            return None;
        };
        let mut row = Row::from([
            ("Id".to_owned(), json!(group)),
            ("DeveloperName".to_owned(), json!(container.name)),
            ("MasterLabel".to_owned(), json!(container.label)),
            (
                "NamespacePrefix".to_owned(),
                optional(container.namespace.as_ref()),
            ),
            (
                "Description".to_owned(),
                optional(container.description.as_ref()),
            ),
            ("Language".to_owned(), json!(org.organization.language)),
            ("Status".to_owned(), json!("Updated")),
            (
                "HasActivationRequired".to_owned(),
                json!(container.has_activation_required),
            ),
        ]);
        for stamp in STAMPS {
            row.insert(stamp.to_owned(), stamps(org, stamp));
        }
        Some(Record::Built("PermissionSetGroup", row))
    };
    org.containers.values().filter_map(group).collect()
}

fn parents<'o>(org: &'o Org, hints: &Hints) -> Vec<&'o Container> {
    match hints.get("ParentId") {
        Some(ids) => org
            .containers
            .values()
            .filter(|container| ids.contains(&container.id))
            .collect(),
        None => org.containers.values().collect(),
    }
}

/// `ObjectPermissions`: a row for each object a set grants anything on, Modify and View All Data included.
pub(super) fn objects<'o>(org: &'o Org, hints: &Hints) -> Vec<Record<'o>> {
    let wanted = hints.get("SobjectType");
    let mut rows = Vec::new();
    for parent in parents(org, hints) {
        let taking = org
            .objects
            .values()
            .filter(|object| rules::takes_object_permissions(object));
        for object in taking.map(|object| &object.name) {
            if wanted
                .is_some_and(|wanted| !wanted.iter().any(|name| name.eq_ignore_ascii_case(object)))
            {
                continue;
            }
            let granted = sources(org, parent).map(|source| viewer::granted(source, object));
            let access = granted.fold(ObjectAccess::default(), ObjectAccess::union);
            if !access.is_empty() {
                rows.push(Record::ObjectPermission(parent, object, access));
            }
        }
    }
    rows
}

/// A column of `ObjectPermissions`.
pub(super) fn object(
    org: &Org,
    parent: &Container,
    object: &str,
    access: ObjectAccess,
    column: &str,
) -> Value {
    match column {
        "Id" => json!(derived_id("110", &[&parent.id, object])),
        "ParentId" => json!(parent.id),
        "SobjectType" => json!(object),
        "PermissionsRead" => json!(access.read),
        "PermissionsCreate" => json!(access.create),
        "PermissionsEdit" => json!(access.edit),
        "PermissionsDelete" => json!(access.delete),
        "PermissionsViewAllRecords" => json!(access.view_all),
        "PermissionsModifyAllRecords" => json!(access.modify_all),
        "PermissionsViewAllFields" => json!(access.view_all_fields),
        other => stamps(org, other),
    }
}

/// `FieldPermissions`: a row for each field a set lets read; what it does not let read has none.
pub(super) fn fields<'o>(org: &'o Org, hints: &Hints) -> Vec<Record<'o>> {
    let readable = |(_, access): &(&'o String, &'o FieldAccess)| access.read || access.edit;
    let rows = parents(org, hints).into_iter().flat_map(|parent| {
        let entries = parent.field_permissions.iter().filter(readable);
        entries.map(move |(field, access)| Record::FieldPermission(parent, field, *access))
    });
    rows.collect()
}

/// A column of `FieldPermissions`.
pub(super) fn field(
    org: &Org,
    parent: &Container,
    field: &str,
    access: FieldAccess,
    column: &str,
) -> Value {
    match column {
        "Id" => json!(derived_id("01k", &[&parent.id, field])),
        "ParentId" => json!(parent.id),
        "SobjectType" => json!(field.split_once('.').map_or(field, |(object, _)| object)),
        "Field" => json!(field),
        "PermissionsRead" => json!(access.read || access.edit),
        "PermissionsEdit" => json!(access.edit),
        other => stamps(org, other),
    }
}
