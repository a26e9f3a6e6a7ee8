//! What holds permissions: each profile's own permission set, permission sets, permission set groups.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Id;

/// A permission set in the widest sense: the rows of `PermissionSet`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// `0PS…`.
    pub id: Id,
    /// API name without namespace. A profile's own set has a generated one.
    pub name: String,
    /// Label as people see it.
    pub label: String,
    /// Namespace of the managed package it came with.
    pub namespace: Option<String>,
    /// What it is.
    pub kind: ContainerKind,
    /// The licence an assignee must have, where one is fixed: of users (`100…`) or of permission sets (`0PL…`).
    pub license: Option<Id>,
    /// Free text.
    pub description: Option<String>,
    /// Session-based sets grant nothing until a session activates them.
    pub has_activation_required: bool,
    /// API names of the enabled user permissions, e.g. `ModifyAllData`.
    pub user_permissions: BTreeSet<String>,
    /// Object API name to what is granted on it. No entry grants nothing.
    pub object_permissions: BTreeMap<String, ObjectAccess>,
    /// `Object.Field` to what is granted on it. No entry grants nothing.
    pub field_permissions: BTreeMap<String, FieldAccess>,
    /// Every other entry of the metadata, by element name (`tabVisibilities`), then by its key (the tab), as leaf
    /// elements. An element that occurs once has the key `""`.
    pub settings: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
}

/// What a container is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ContainerKind {
    /// The shadow set of the profile with this id.
    Profile(Id),
    /// A permission set of its own.
    #[default]
    PermissionSet,
    /// The aggregate of a permission set group; `group` is its `0PG…` id, `members` are containers.
    Group {
        /// `0PG…`.
        group: Id,
        /// Ids of the member permission sets.
        members: Vec<Id>,
    },
}

impl Container {
    /// The full name in metadata: namespace and name.
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}__{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether this is the full name, which need not be put together for it.
    pub fn is_named(&self, full_name: &str) -> bool {
        match &self.namespace {
            Some(namespace) => full_name
                .strip_prefix(namespace.as_str())
                .and_then(|rest| rest.strip_prefix("__"))
                .is_some_and(|name| name == self.name),
            None => full_name == self.name,
        }
    }

    /// The profile this is the shadow of.
    pub fn profile(&self) -> Option<&Id> {
        match &self.kind {
            ContainerKind::Profile(profile) => Some(profile),
            _ => None,
        }
    }

    /// Whether this user permission is enabled here.
    pub fn allows(&self, permission: &str) -> bool {
        self.user_permissions.contains(permission)
    }
}

/// Object permissions of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectAccess {
    /// `allowRead`.
    pub read: bool,
    /// `allowCreate`.
    pub create: bool,
    /// `allowEdit`.
    pub edit: bool,
    /// `allowDelete`.
    pub delete: bool,
    /// `viewAllRecords`.
    pub view_all: bool,
    /// `modifyAllRecords`.
    pub modify_all: bool,
    /// `viewAllFields`, API 63.0 and later.
    pub view_all_fields: bool,
    /// `viewSetup`: the object's setup, where it can be granted apart.
    pub view_setup: bool,
    /// `customizeSetup`.
    pub customize_setup: bool,
    /// `deleteSetup`.
    pub delete_setup: bool,
}

impl ObjectAccess {
    /// Everything but View All Fields, which only permission sets are given.
    pub const FULL: ObjectAccess = ObjectAccess {
        read: true,
        create: true,
        edit: true,
        delete: true,
        view_all: true,
        modify_all: true,
        view_all_fields: false,
        view_setup: false,
        customize_setup: false,
        delete_setup: false,
    };

    /// Read, create, edit and delete, records by sharing.
    pub const CRED: ObjectAccess = ObjectAccess {
        view_all: false,
        modify_all: false,
        ..Self::FULL
    };

    /// What either grants.
    pub fn union(self, other: ObjectAccess) -> ObjectAccess {
        ObjectAccess {
            read: self.read || other.read,
            create: self.create || other.create,
            edit: self.edit || other.edit,
            delete: self.delete || other.delete,
            view_all: self.view_all || other.view_all,
            modify_all: self.modify_all || other.modify_all,
            view_all_fields: self.view_all_fields || other.view_all_fields,
            view_setup: self.view_setup || other.view_setup,
            customize_setup: self.customize_setup || other.customize_setup,
            delete_setup: self.delete_setup || other.delete_setup,
        }
    }

    /// Whether nothing is granted; such a row does not exist.
    pub fn is_empty(self) -> bool {
        self == ObjectAccess::default()
    }
}

/// Field-level security of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldAccess {
    /// `readable`.
    pub read: bool,
    /// `editable`.
    pub edit: bool,
}
