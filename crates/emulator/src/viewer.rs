//! The running user of a request and what it is permitted, apart from the sharing of single records.

use std::borrow::Cow;

use crate::schema;
use crate::store::{Container, FieldSchema, Id, Millis, ObjectAccess, ObjectSchema, Org};

/// The running user and the circumstances of its request.
#[derive(Clone, Debug)]
pub(crate) struct Viewer<'a> {
    /// The state it looks at.
    pub org: &'a Org,
    /// `005…`.
    pub user: Id,
    /// What the clock shows.
    pub now: Millis,
    /// API version of the request, `66` for 66.0.
    pub version: u32,
    /// Whether the request goes to the Tooling API.
    pub tooling: bool,
    containers: Vec<&'a Container>,
    own: Option<&'a Container>,
}

impl<'a> Viewer<'a> {
    /// The user with this id, looking at the org through this API version.
    pub(crate) fn new(org: &'a Org, user: &str, now: Millis, version: u32) -> Viewer<'a> {
        let profile = org
            .users
            .get(user)
            .and_then(|user| org.profiles.get(&user.profile));
        Viewer {
            org,
            user: user.to_owned(),
            now,
            version,
            tooling: false,
            containers: org.containers_of(user, now),
            own: profile.and_then(|profile| org.containers.get(&profile.container)),
        }
    }

    /// Whether anything grants this user permission.
    pub(crate) fn allows(&self, permission: &str) -> bool {
        self.containers
            .iter()
            .any(|container| container.allows(permission))
    }

    /// What is granted on an object, Modify All Data and View All Data included.
    pub(crate) fn object_access(&self, object: &str) -> ObjectAccess {
        let granted = self
            .containers
            .iter()
            .map(|container| granted(container, object));
        granted.fold(ObjectAccess::default(), ObjectAccess::union)
    }

    /// Whether the object exists for this user.
    ///
    /// Setup objects are open to everybody but those that the object reference reserves for View Setup and
    /// Configuration. A share object goes with the object it belongs to (object reference, `OpportunityShare`).
    pub(crate) fn sees_object(&self, object: &ObjectSchema) -> bool {
        match schema::is_setup(&object.name) {
            true => {
                !schema::needs_view_setup(&object.name)
                    || self.allows("ViewSetup")
                    || self.allows("ModifyAllData")
            }
            false => self.object_access(&self.shared(&object.name)).read,
        }
    }

    /// The object that a share object belongs to; any other is its own.
    fn shared<'n>(&self, object: &'n str) -> Cow<'n, str> {
        let name = match object.strip_suffix("__Share") {
            Some(custom) => Some(Cow::Owned(format!("{custom}__c"))),
            None => object.strip_suffix("Share").map(Cow::Borrowed),
        };
        let is_data = |object: &str| self.org.objects.contains_key(object);
        let name = name.filter(|name| is_data(name) && !is_data(object));
        name.unwrap_or(Cow::Borrowed(object))
    }

    /// Whether the field exists for this user (field-level security).
    pub(crate) fn sees_field(&self, object: &ObjectSchema, field: &FieldSchema) -> bool {
        let since_63 = field.name == "PermissionsViewAllFields";
        (self.version >= 63 || !since_63) && self.field_allowed(object, field, false)
    }

    /// Whether this user may write the field, as far as field-level security goes.
    pub(crate) fn edits_field(&self, object: &ObjectSchema, field: &FieldSchema) -> bool {
        self.field_allowed(object, field, true)
    }

    /// A standard field that the profile does not mention is open: seeds state what they restrict. A custom field is
    /// closed until something grants it (Metadata API guide, CustomField).
    fn field_allowed(&self, object: &ObjectSchema, field: &FieldSchema, edit: bool) -> bool {
        if !field.permissionable || schema::is_setup(&object.name) {
            return true;
        }
        let key = format!("{}.{}", object.name, field.name);
        if !field.custom
            && self
                .own
                .is_some_and(|own| !own.field_permissions.contains_key(&key))
        {
            return true;
        }
        let entry = |container: &&&Container| {
            let access = container
                .field_permissions
                .get(&key)
                .copied()
                .unwrap_or_default();
            if edit { access.edit } else { access.read }
        };
        self.containers.iter().any(|container| entry(&container))
            || (!edit && self.object_access(&object.name).view_all_fields)
    }
}

/// What one container grants on an object.
///
/// Modify All Data brings every right on every object, View All Data reading (object reference, Profile): a profile
/// that is read back shows them as object permissions.
pub(crate) fn granted(container: &Container, object: &str) -> ObjectAccess {
    let stated = container
        .object_permissions
        .get(object)
        .copied()
        .unwrap_or_default();
    if container.allows("ModifyAllData") {
        return stated.union(ObjectAccess::FULL);
    }
    if container.allows("ViewAllData") {
        return stated.union(ObjectAccess {
            read: true,
            view_all: true,
            ..ObjectAccess::default()
        });
    }
    stated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_administration_wins_over_object_permissions() {
        let mut container = Container::default();
        let check = |container: &Container, expected: ObjectAccess| {
            assert_eq!(granted(container, "Lead"), expected)
        };
        check(&container, ObjectAccess::default());
        container.user_permissions.insert("ViewAllData".to_owned());
        check(
            &container,
            ObjectAccess {
                read: true,
                view_all: true,
                ..ObjectAccess::default()
            },
        );
        container
            .user_permissions
            .insert("ModifyAllData".to_owned());
        check(&container, ObjectAccess::FULL);
    }
}
