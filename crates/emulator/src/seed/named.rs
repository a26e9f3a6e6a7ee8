//! Minimal components for what documents name and no seed defines.

use crate::schema;
use crate::sharing::add_role_groups;
use crate::store::{
    Container, FieldSchema, FieldType, Group, GroupKind, INTEGRATION_SET_LICENSE, Id, License,
    Models, ObjectSchema, Org, RecordType, Role, SetLicense, SharingModel, SharingState, Territory,
};

/// Makes sure there is an object of this name.
pub(super) fn object(org: &mut Org, name: &str) {
    if name.is_empty() || org.objects.contains_key(name) || schema::setup_table(name).is_some() {
        return;
    }
    let label = name.strip_suffix("__c").unwrap_or(name).replace('_', " ");
    let prefix = schema::unused_key_prefix(org).unwrap_or_default();
    let mut object = schema::custom_object(name, &label, &label, &prefix);
    object.custom = name.contains("__");
    object.durable_id = if object.custom {
        org.next_id("01I")
    } else {
        name.to_owned()
    };
    if !object.custom || name.ends_with("__c") {
        object.sharing = SharingState::settled(SharingModel::ReadWrite, SharingModel::ReadWrite);
    } else {
        // Metadata types, platform events and external objects have no owners and no defaults to set.
        (object.has_shares, object.allowed_models) = (false, Vec::new());
    }
    org.objects.make_mut().insert(name.to_owned(), object);
}

/// Makes sure there is a field of this full name, `Object.Field`; text where nothing says what it is.
pub(super) fn field(org: &mut Org, full_name: &str) {
    typed_field(
        org,
        full_name,
        FieldSchema {
            kind: FieldType::String,
            length: 255,
            nillable: true,
            ..FieldSchema::default()
        },
    );
}

/// Makes sure there is a checkbox of this full name.
pub(super) fn checkbox(org: &mut Org, full_name: &str) {
    let default_value = Some(false.into());
    let kind = FieldType::Boolean;
    typed_field(
        org,
        full_name,
        FieldSchema {
            kind,
            default_value,
            defaulted_on_create: true,
            ..FieldSchema::default()
        },
    );
}

/// Puts a field under field-level security: a profile that lists it says that it is, whatever the standard org says.
pub(super) fn secured(org: &mut Org, full_name: &str) {
    let Some((object, field)) = full_name.split_once('.') else {
        return;
    };
    change(org, object, |object| {
        if let Some(field) = object.fields.get_mut(field) {
            field.permissionable = true;
        }
    });
}

fn typed_field(org: &mut Org, full_name: &str, field: FieldSchema) {
    let Some((object_name, name)) = full_name.split_once('.') else {
        return;
    };
    object(org, object_name);
    if org
        .objects
        .get(object_name)
        .is_none_or(|object| object.fields.contains_key(name))
    {
        return;
    }
    let custom = name.contains("__");
    let field = FieldSchema {
        name: name.to_owned(),
        label: name.strip_suffix("__c").unwrap_or(name).replace('_', " "),
        createable: true,
        updateable: true,
        permissionable: true,
        custom,
        id: custom.then(|| org.next_id("00N")),
        ..field
    };
    change(org, object_name, |object| {
        drop(object.fields.insert(name.to_owned(), field))
    });
}

/// Makes sure there is a record type of this full name, `Object.Name`.
pub(super) fn record_type(org: &mut Org, full_name: &str, label: &str, active: bool) {
    let Some((object_name, name)) = full_name.split_once('.') else {
        return;
    };
    object(org, object_name);
    let id = org.next_id("012");
    let kind = RecordType {
        id,
        name: label.to_owned(),
        developer_name: name.to_owned(),
        active,
    };
    let reference = FieldSchema {
        name: "RecordTypeId".into(),
        label: "Record Type ID".into(),
        kind: FieldType::Reference,
        length: 18,
        nillable: true,
        createable: true,
        updateable: true,
        reference_to: vec!["RecordType".into()],
        relationship_name: Some("RecordType".into()),
        ..FieldSchema::default()
    };
    change(org, object_name, |object| {
        object.record_types.entry(name.to_owned()).or_insert(kind);
        object
            .fields
            .entry("RecordTypeId".to_owned())
            .or_insert(reference);
    });
}

/// Changes an object that is there.
pub(super) fn change(org: &mut Org, object: &str, change: impl FnOnce(&mut ObjectSchema)) {
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        change(object);
    }
}

/// Makes sure there is a role of this developer name, and returns its id.
pub(super) fn role(org: &mut Org, developer_name: &str) -> Id {
    if let Some(role) = org.role(developer_name) {
        return role.id.clone();
    }
    let id = org.next_id("00E");
    let name = developer_name.replace('_', " ");
    let role = Role {
        id: id.clone(),
        developer_name: developer_name.to_owned(),
        name,
        ..Role::default()
    };
    org.roles.insert(id.clone(), role);
    add_role_groups(org, &id);
    id
}

/// Makes sure there is a public group or queue of this developer name.
pub(super) fn group(org: &mut Org, kind: GroupKind, developer_name: &str) {
    let same = |group: &Group| {
        group.kind == kind && group.developer_name.as_deref() == Some(developer_name)
    };
    if org.groups.values().any(same) {
        return;
    }
    let id = org.next_id("00G");
    let (name, developer_name) = (
        Some(developer_name.replace('_', " ")),
        Some(developer_name.to_owned()),
    );
    let group = Group {
        id: id.clone(),
        kind,
        name,
        developer_name,
        includes_bosses: true,
        ..Group::default()
    };
    org.groups.insert(id, group);
}

/// Makes sure there is the one group of a kind that stands for nothing else.
pub(super) fn group_of_all(org: &mut Org, kind: GroupKind) {
    if org.group_for(kind, None).is_some() {
        return;
    }
    let id = org.next_id("00G");
    let group = Group {
        id: id.clone(),
        kind,
        ..Group::default()
    };
    org.groups.insert(id, group);
}

/// Makes sure there is a territory of this developer name with its groups, and returns its id.
pub(super) fn territory(org: &mut Org, developer_name: &str) -> Id {
    if let Some(territory) = org.territory(developer_name) {
        return territory.id.clone();
    }
    let id = org.next_id("0MI");
    let territory = Territory {
        id: id.clone(),
        developer_name: developer_name.to_owned(),
        ..Territory::default()
    };
    org.territories.insert(id.clone(), territory);
    org.add_derived_group(GroupKind::Territory, &id);
    org.add_derived_group(GroupKind::TerritoryAndSubordinates, &id);
    id
}

/// Namespace and name of a full name: `Pkg__Thing` is `Pkg` and `Thing`.
pub(super) fn parts(full_name: &str) -> (Option<String>, &str) {
    match full_name.split_once("__") {
        Some((namespace, name)) => (Some(namespace.to_owned()), name),
        None => (None, full_name),
    }
}

/// Makes sure there is a permission set of this full name, and returns its id.
pub(super) fn permission_set(org: &mut Org, full_name: &str) -> Id {
    if let Some(set) = org.permission_set(full_name) {
        return set.id.clone();
    }
    let (namespace, name) = parts(full_name);
    let set = Container {
        id: org.next_id("0PS"),
        name: name.to_owned(),
        namespace,
        label: name.replace('_', " "),
        ..Container::default()
    };
    let id = set.id.clone();
    org.containers.make_mut().insert(id.clone(), set);
    id
}

/// Makes sure there is a licence of this name, and returns its id.
pub(super) fn license(org: &mut Org, name: &str) -> Id {
    if let Some(license) = org.license(name) {
        return license.id.clone();
    }
    let id = org.next_id("100");
    let definition_key = name.to_uppercase().replace(' ', "_");
    let license = License {
        id: id.clone(),
        name: name.to_owned(),
        definition_key,
        total: 25,
    };
    org.licenses.insert(id.clone(), license);
    id
}

/// Makes sure there is a permission set licence of this developer name, and returns its id.
pub(super) fn set_license(org: &mut Org, name: &str) -> Id {
    if let Some(license) = org.set_license(name) {
        return license.id.clone();
    }
    let label = match name {
        INTEGRATION_SET_LICENSE => "Salesforce API Integration".to_owned(),
        other => other.trim_end_matches("Psl").to_owned(),
    };
    let license = SetLicense {
        id: org.next_id("0PL"),
        name: name.to_owned(),
        label,
        total: 5,
    };
    let id = license.id.clone();
    org.set_licenses.insert(id.clone(), license);
    id
}

/// The id of the licence that a permission set names: a user licence by its name, in which there may be spaces, a
/// permission set licence by its developer name (Metadata API guide, PermissionSet).
pub(super) fn license_of_set(org: &mut Org, name: &str) -> Id {
    match org.license(name) {
        None if name.ends_with("Psl") || org.set_license(name).is_some() => set_license(org, name),
        _ => license(org, name),
    }
}

/// Sets the defaults a document states.
pub(super) fn request_models(
    org: &mut Org,
    object: &str,
    internal: Option<SharingModel>,
    external: Option<SharingModel>,
) {
    change(org, object, |object| {
        let before = object.sharing.requested;
        let internal = internal.unwrap_or(before.internal);
        // Nothing is wider to people from outside than to people from inside.
        let external = external.unwrap_or(if internal == before.internal {
            before.external
        } else {
            internal
        });
        object.sharing.requested = Models { internal, external };
        let missing =
            !object.allowed_models.is_empty() && !object.allowed_models.contains(&internal);
        object.allowed_models.extend(missing.then_some(internal));
    });
}
