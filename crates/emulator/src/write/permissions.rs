//! `PermissionSet`, `ObjectPermissions` and `FieldPermissions`.

use super::{Writer, bad_reference, demand_fields, duplicate, integrity, text, truth};
use crate::http::Refusal;
use crate::rules::{self, Right};
use crate::store::{
    Container, ContainerKind, FieldAccess, Id, ObjectAccess, ObjectSchema, Org, Row,
};
use crate::views::derived_id;

const PERMISSIONS: [&str; 1] = ["ManageProfilesPermissionsets"];

/// Creates a permission set.
pub(super) fn create_set(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("PermissionSet", &PERMISSIONS)?;
    demand_fields(&row, &["Name", "Label"])?;
    let org = &mut writer.world.org;
    let mut set = Container {
        kind: ContainerKind::PermissionSet,
        ..Container::default()
    };
    apply(&mut set, &row);
    let taken = |other: &&Container| {
        other.namespace.is_none() && other.name.eq_ignore_ascii_case(&set.name)
    };
    if let Some(other) = org.containers.values().find(taken) {
        return Err(duplicate("DeveloperName", &other.id));
    }
    set.id = org.next_id("0PS");
    let (id, label) = (set.id.clone(), set.label.clone());
    org.containers.make_mut().insert(id.clone(), set);
    writer.audit(
        "PermSetCreate",
        "Manage Users",
        format!("Created permission set {label}"),
    );
    Ok(id)
}

/// Changes a permission set.
pub(super) fn update_set(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("PermissionSet", &PERMISSIONS)?;
    let set = own_set(writer, id)?;
    apply(set, &row);
    let label = set.label.clone();
    writer.audit(
        "PermSetChange",
        "Manage Users",
        format!("Changed permission set {label}"),
    );
    Ok(())
}

/// Deletes a permission set that nobody has.
pub(super) fn delete_set(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("PermissionSet", &PERMISSIONS)?;
    let label = own_set(writer, id)?.label.clone();
    let org = &mut writer.world.org;
    if org
        .assignments
        .values()
        .any(|assignment| assignment.container == id)
    {
        let message = "This permission set is assigned to users. Remove those assignments first.";
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    org.containers.make_mut().remove(id);
    writer.audit(
        "PermSetDelete",
        "Manage Users",
        format!("Deleted permission set {label}"),
    );
    Ok(())
}

fn own_set<'w>(writer: &'w mut Writer<'_>, id: &str) -> Result<&'w mut Container, Refusal> {
    let set = writer
        .world
        .org
        .containers
        .make_mut()
        .get_mut(id)
        .ok_or_else(Refusal::not_found)?;
    if set.kind == ContainerKind::PermissionSet && set.namespace.is_none() {
        return Ok(set);
    }
    Err(Refusal::new(
        400,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    )
    .about(Vec::<String>::new()))
}

fn apply(set: &mut Container, row: &Row) {
    for (name, value) in row {
        let said = value.as_str().map(str::to_owned);
        match name {
            "Name" => set.name = said.unwrap_or_default(),
            "Label" => set.label = said.unwrap_or_default(),
            "Description" => set.description = said,
            "LicenseId" => set.license = said,
            "HasActivationRequired" => {
                set.has_activation_required = value.as_bool().unwrap_or_default()
            }
            other => {
                let Some(permission) = other.strip_prefix("Permissions") else {
                    continue;
                };
                if value.as_bool().unwrap_or_default() {
                    set.user_permissions.insert(permission.to_owned());
                } else {
                    set.user_permissions.remove(permission);
                }
            }
        }
    }
}

/// Creates the row of one object in a permission set.
pub(super) fn create_object(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("ObjectPermissions", &PERMISSIONS)?;
    demand_fields(&row, &["ParentId", "SobjectType"])?;
    let org = &writer.world.org;
    let parent = parent(org, &row)?;
    let named = text(&row, "SobjectType").unwrap_or_default();
    let object = org
        .object(&named)
        .ok_or_else(|| bad_reference("SobjectType"))?
        .name
        .clone();
    let id = derived_id("110", &[&parent, &object]);
    let stated = |container: &Container| container.object_permissions.contains_key(&object);
    if org.containers.get(&parent).is_some_and(stated) {
        return Err(duplicate("ParentId, SobjectType", &id));
    }
    set_object(
        writer,
        &parent,
        &object,
        overlaid(ObjectAccess::default(), &row),
    )?;
    Ok(id)
}

/// Changes the row of one object.
pub(super) fn update_object(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("ObjectPermissions", &PERMISSIONS)?;
    let (parent, object) = object_row(&writer.world.org, id).ok_or_else(Refusal::not_found)?;
    let before = writer
        .world
        .org
        .containers
        .get(&parent)
        .and_then(|set| set.object_permissions.get(&object))
        .copied();
    set_object(
        writer,
        &parent,
        &object,
        overlaid(before.unwrap_or_default(), &row),
    )
}

/// Deletes the row of one object.
pub(super) fn delete_object(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("ObjectPermissions", &PERMISSIONS)?;
    let (parent, object) = object_row(&writer.world.org, id).ok_or_else(Refusal::not_found)?;
    if let Some(set) = writer.world.org.containers.make_mut().get_mut(&parent) {
        set.object_permissions.remove(&object);
    }
    audit_change(writer, &parent, &object);
    Ok(())
}

fn object_row(org: &Org, id: &str) -> Option<(Id, String)> {
    let rows = org.containers.values().flat_map(|set| {
        set.object_permissions
            .keys()
            .map(move |object| (set, object))
    });
    let mut rows = rows.filter(|(set, object)| derived_id("110", &[&set.id, object]) == id);
    rows.next()
        .map(|(set, object)| (set.id.clone(), object.clone()))
}

fn parent(org: &Org, row: &Row) -> Result<Id, Refusal> {
    let parent = text(row, "ParentId").filter(|id| org.containers.contains_key(id));
    parent.ok_or_else(|| bad_reference("ParentId"))
}

fn overlaid(before: ObjectAccess, row: &Row) -> ObjectAccess {
    ObjectAccess {
        read: truth(row, "PermissionsRead", before.read),
        create: truth(row, "PermissionsCreate", before.create),
        edit: truth(row, "PermissionsEdit", before.edit),
        delete: truth(row, "PermissionsDelete", before.delete),
        view_all: truth(row, "PermissionsViewAllRecords", before.view_all),
        modify_all: truth(row, "PermissionsModifyAllRecords", before.modify_all),
        view_all_fields: truth(row, "PermissionsViewAllFields", before.view_all_fields),
        ..before
    }
}

/// What each right on an object needs on the same object (object reference, ObjectPermissions).
fn check_rights(org: &Org, access: ObjectAccess, object: &str) -> Result<(), Refusal> {
    if access.is_empty() {
        return Err(integrity(
            "You must specify at least one permission; delete the record to remove all of them",
        ));
    }
    let needs = [
        (access.create && !access.read, Right::Create, Right::Read),
        (access.edit && !access.read, Right::Edit, Right::Read),
        (access.delete && !access.read, Right::Delete, Right::Read),
        (access.delete && !access.edit, Right::Delete, Right::Edit),
        (access.view_all && !access.read, Right::ViewAll, Right::Read),
        (
            access.view_all_fields && !access.read,
            Right::ViewAllFields,
            Right::Read,
        ),
        (
            access.modify_all && !access.delete,
            Right::ModifyAll,
            Right::Delete,
        ),
        (
            access.modify_all && !access.view_all,
            Right::ModifyAll,
            Right::ViewAll,
        ),
    ];
    match needs.into_iter().find(|(broken, ..)| *broken) {
        Some((_, one, other)) => Err(integrity(rules::dependency_refusal(
            org, object, one, other,
        ))),
        None => Ok(()),
    }
}

fn set_object(
    writer: &mut Writer<'_>,
    parent: &str,
    object: &str,
    access: ObjectAccess,
) -> Result<(), Refusal> {
    let org = &writer.world.org;
    check_rights(org, access, object)?;
    let set = org.containers.get(parent);
    let refusal = set.and_then(|set| rules::object_license_refusal(org, set, object, access));
    if let Some(refusal) = refusal {
        return Err(integrity(refusal));
    }
    if let Some(set) = writer.world.org.containers.make_mut().get_mut(parent) {
        set.object_permissions.insert(object.to_owned(), access);
    }
    audit_change(writer, parent, object);
    Ok(())
}

fn audit_change(writer: &mut Writer<'_>, parent: &str, what: &str) {
    let label = writer
        .world
        .org
        .containers
        .get(parent)
        .map(|set| set.label.clone())
        .unwrap_or_default();
    writer.audit(
        "PermSetEntityPermChanged",
        "Manage Users",
        format!("Changed permission set {label}: permissions on {what}"),
    );
}

/// Creates the row of one field in a permission set.
pub(super) fn create_field(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("FieldPermissions", &PERMISSIONS)?;
    demand_fields(&row, &["ParentId", "SobjectType", "Field"])?;
    let org = &writer.world.org;
    let parent = parent(org, &row)?;
    let named = text(&row, "Field").unwrap_or_default();
    let Some((object, field)) = named.split_once('.') else {
        return Err(bad_reference("Field"));
    };
    let schema = org
        .field(object, field)
        .ok_or_else(|| bad_reference("Field"))?;
    if !schema.permissionable {
        return Err(integrity(format!(
            "You cannot deploy to a required field: {named}"
        )));
    }
    let field = format!(
        "{}.{}",
        org.object(object)
            .map(|object| object.name.as_str())
            .unwrap_or(object),
        schema.name
    );
    let id = derived_id("01k", &[&parent, &field]);
    if org.containers.get(&parent).is_some_and(|set| {
        set.field_permissions
            .get(&field)
            .is_some_and(|access| access.read)
    }) {
        return Err(duplicate("ParentId, Field", &id));
    }
    set_field(writer, &parent, &field, FieldAccess::default(), &row)?;
    Ok(id)
}

/// Changes the row of one field.
pub(super) fn update_field(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("FieldPermissions", &PERMISSIONS)?;
    let (parent, field) = field_row(&writer.world.org, id).ok_or_else(Refusal::not_found)?;
    let before = writer
        .world
        .org
        .containers
        .get(&parent)
        .and_then(|set| set.field_permissions.get(&field))
        .copied();
    set_field(writer, &parent, &field, before.unwrap_or_default(), &row)
}

/// Deletes the row of one field.
pub(super) fn delete_field(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("FieldPermissions", &PERMISSIONS)?;
    let (parent, field) = field_row(&writer.world.org, id).ok_or_else(Refusal::not_found)?;
    if let Some(set) = writer.world.org.containers.make_mut().get_mut(&parent) {
        set.field_permissions.remove(&field);
    }
    audit_change(writer, &parent, &field);
    Ok(())
}

fn field_row(org: &Org, id: &str) -> Option<(Id, String)> {
    let rows = org
        .containers
        .values()
        .flat_map(|set| set.field_permissions.keys().map(move |field| (set, field)));
    let mut rows = rows.filter(|(set, field)| derived_id("01k", &[&set.id, field]) == id);
    rows.next()
        .map(|(set, field)| (set.id.clone(), field.clone()))
}

/// A row that does not let read is deleted, as the object reference has it.
fn set_field(
    writer: &mut Writer<'_>,
    parent: &str,
    field: &str,
    before: FieldAccess,
    row: &Row,
) -> Result<(), Refusal> {
    let access = FieldAccess {
        read: truth(row, "PermissionsRead", before.read),
        edit: truth(row, "PermissionsEdit", before.edit),
    };
    if access.edit && !access.read {
        return Err(integrity(format!(
            "Permission Edit {field} depends on permission(s): Read {field}"
        )));
    }
    if let Some(set) = writer.world.org.containers.make_mut().get_mut(parent) {
        if access.read {
            set.field_permissions.insert(field.to_owned(), access);
        } else {
            set.field_permissions.remove(field);
        }
    }
    audit_change(writer, parent, field);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_need_others() {
        let check = |access: ObjectAccess, expected: Option<&str>| {
            let message = check_rights(&Org::default(), access, "Lead")
                .err()
                .map(|refusal| refusal.message);
            assert_eq!(message.as_deref(), expected);
        };
        check(ObjectAccess::FULL, None);
        check(ObjectAccess::CRED, None);
        let create = ObjectAccess {
            create: true,
            ..ObjectAccess::default()
        };
        check(
            create,
            Some("Permission Create Lead depends on permission(s): Read Lead"),
        );
        let modify = ObjectAccess {
            modify_all: true,
            ..ObjectAccess::CRED
        };
        check(
            modify,
            Some("Permission Modify All Lead depends on permission(s): Read All Lead"),
        );
        assert!(check_rights(&Org::default(), ObjectAccess::default(), "Lead").is_err());
    }
}
