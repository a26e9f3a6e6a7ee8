//! Who may do what with which record, decided from the defaults and rules in force.
//!
//! The order is the platform's: object permissions, View/Modify All, private contacts, controlled by parent,
//! organization-wide default, ownership, role hierarchy, share rows, implicit access; the widest wins (Salesforce
//! Security Guide, "Sharing Considerations"; object reference, `UserRecordAccess`). Everything that depends on the user
//! alone is worked out once for many records.

mod criteria;
mod filter;
mod grants;
mod guests;
mod not_modelled;
mod people;
mod private;
mod recalculation;
mod restrictions;
mod rows;

use std::cell::OnceCell;

use crate::schema;
use crate::store::{
    Access, AccessLevel, ContactOwners, FieldSchema, Millis, ObjectAccess, ObjectSchema, Org, Row,
    SharingModel, User,
};
use people::Circle;
use private::{
    is_owned_only, is_private_contact, is_private_opportunity, owner, takes_no_rules, text,
};
use restrictions::Restrictions;

pub use filter::Filter;
pub use not_modelled::not_modelled;
pub use people::{add_role_groups, group_of, members};
pub use recalculation::{
    LOCKED, Timing, begin, coupled, deploy_reported, locked_defaults, locked_rules, settle,
};
pub use rows::{has_share_table, share_prefix, share_rows};

/// What a user may do with one record. To ask about many, make a [`Sight`] once.
///
/// An unknown user, object or record answers that nothing is allowed.
pub fn access(org: &Org, user: &str, object: &str, record: &str, now: Millis) -> Access {
    Sight::new(org, user, object, now)
        .map(|sight| sight.of(record))
        .unwrap_or_default()
}

/// One user's view of the records of one object.
pub struct Sight<'org> {
    permissions: ObjectAccess,
    transfers_any: bool,
    /// Worked out when first needed: who sees everything never needs it.
    sharing: OnceCell<Sharing<'org>>,
    restrictions: Restrictions<'org>,
    org: &'org Org,
    user: &'org User,
    object: &'org ObjectSchema,
    now: Millis,
}

impl<'org> Sight<'org> {
    /// Works out what depends on the user alone. `None` for an unknown user or object.
    pub fn new(org: &'org Org, user: &str, object: &str, now: Millis) -> Option<Sight<'org>> {
        let object = org.object(object)?;
        let user = org.users.get(user)?;
        let permissions = if user.active {
            object_permissions(org, user, object, now)
        } else {
            ObjectAccess::default()
        };
        let transfers_any = may_transfer_any(org, user, object, now);
        Some(Sight {
            permissions,
            transfers_any,
            sharing: OnceCell::new(),
            restrictions: Restrictions::new(org, user, object),
            org,
            user,
            object,
            now,
        })
    }

    /// Whether the user sees every record of the object, whoever owns it.
    pub fn sees_all(&self) -> bool {
        self.permissions.read && (self.permissions.view_all || self.permissions.modify_all)
    }

    /// Whether the user may read this record.
    pub fn sees(&self, record: &str) -> bool {
        self.sees_all() && self.org.row(&self.object.name, record).is_some() || self.of(record).read
    }

    /// Whether queries show the user this record, given its fields: restriction rules hide some of what may be read, and
    /// `UserRecordAccess` takes no notice of them (Salesforce Security Guide, "Restriction Rule Considerations").
    pub fn shows(&self, record: &str, row: &Row) -> bool {
        self.sees_all() || self.of_row(record, row).read && self.restrictions.leave(row)
    }

    /// What the user may do with this record; nothing where there is no such record.
    pub fn of(&self, record: &str) -> Access {
        self.org
            .row(&self.object.name, record)
            .map(|row| self.of_row(record, row))
            .unwrap_or_default()
    }

    /// What the user may do with this record, given its fields.
    ///
    /// Object permissions and sharing must both allow an action: without Edit on the object a share row that says
    /// Edit allows reading only.
    pub fn of_row(&self, record: &str, row: &Row) -> Access {
        let may = self.permissions;
        if !may.read {
            return Access::default();
        }
        if may.modify_all {
            return Access {
                read: true,
                edit: may.edit,
                delete: may.delete,
                transfer: true,
                all: true,
            };
        }
        let sharing = self
            .sharing
            .get_or_init(|| Sharing::new(self.org, self.user, self.object, self.now));
        let level = sharing.level(record, row);
        let read = may.view_all || level >= AccessLevel::Read;
        let edit = may.edit && level >= AccessLevel::Edit;
        let delete = may.delete && level >= sharing.least_to_delete();
        let given_away = level == AccessLevel::All
            || read && self.transfers_any
            || edit && sharing.transferable();
        let transfer = may.edit && given_away;
        Access {
            read,
            edit,
            delete,
            transfer,
            all: edit && delete && transfer,
        }
    }
}

/// The union of what profile and permission sets grant on an object, with what the two "all data" permissions imply.
pub fn object_permissions(
    org: &Org,
    user: &User,
    object: &ObjectSchema,
    now: Millis,
) -> ObjectAccess {
    let mut granted = ObjectAccess::default();
    for container in org.containers_of(&user.id, now) {
        let stated = container
            .object_permissions
            .get(&object.name)
            .copied()
            .unwrap_or_default();
        granted = granted.union(stated);
        if container.allows("ModifyAllData") {
            granted = granted.union(ObjectAccess::FULL);
        }
        if container.allows("ViewAllData") {
            granted = granted.union(ObjectAccess {
                read: true,
                view_all: true,
                ..ObjectAccess::default()
            });
        }
    }
    granted
}

/// Transfer Record, and Transfer Leads or Transfer Cases where they apply.
fn may_transfer_any(org: &Org, user: &User, object: &ObjectSchema, now: Millis) -> bool {
    let own = match object.name.as_str() {
        "Lead" => "TransferAnyLead",
        "Case" => "TransferAnyCase",
        _ => "TransferAnyEntity",
    };
    let containers = org.containers_of(&user.id, now);
    containers
        .iter()
        .any(|container| container.allows("TransferAnyEntity") || container.allows(own))
}

/// Record access by sharing alone, before object permissions.
struct Sharing<'org> {
    org: &'org Org,
    object: &'org ObjectSchema,
    circle: Circle<'org>,
    guest: bool,
    model: SharingModel,
    grants: grants::Grants<'org>,
    parents: Vec<Parent<'org>>,
}

/// The parent that controls, or one of the masters.
struct Parent<'org> {
    field: &'org str,
    /// What the user has on each record of the parent: View All and Modify All open custom details, and nothing else
    /// (Salesforce Security Guide, "View All and Modify All Permissions").
    everywhere: AccessLevel,
    /// Whether who reads the master writes its details.
    reading_writes: bool,
    sharing: Sharing<'org>,
}

impl<'org> Sharing<'org> {
    fn new(
        org: &'org Org,
        user: &'org User,
        object: &'org ObjectSchema,
        now: Millis,
    ) -> Sharing<'org> {
        Sharing::of_circle(org, object, &Circle::new(org, user), (user, now))
    }

    fn of_circle(
        org: &'org Org,
        object: &'org ObjectSchema,
        circle: &Circle<'org>,
        (user, now): (&'org User, Millis),
    ) -> Sharing<'org> {
        let model = model_for(org, user, object);
        let circle = circle.among(org, object);
        let sharing_of = |parent: &str| {
            let parent = org.object(parent)?;
            let sharing = Sharing::of_circle(org, parent, &circle, (user, now));
            Some((parent, sharing))
        };
        let standard = || {
            let (field, parent) = schema::parent(object)?;
            let (_, sharing) = sharing_of(parent)?;
            Some(Parent {
                field,
                everywhere: AccessLevel::None,
                reading_writes: false,
                sharing,
            })
        };
        let master = |field: &'org FieldSchema| {
            let (parent, sharing) = sharing_of(field.reference_to.first()?)?;
            Some(Parent {
                field: &field.name,
                everywhere: everywhere(object_permissions(org, user, parent, now)),
                reading_writes: field.write_requires_master_read,
                sharing,
            })
        };
        let parents = match model {
            SharingModel::ControlledByParent if schema::is_detail(object) => {
                schema::masters(object).filter_map(master).collect()
            }
            SharingModel::ControlledByParent => standard().into_iter().collect(),
            _ => Vec::new(),
        };
        Sharing {
            org,
            object,
            guest: guests::is_guest(user),
            model,
            grants: grants::Grants::new(org, object, &circle),
            circle,
            parents,
        }
    }

    /// The widest level that anything gives on this record.
    fn level(&self, record: &str, row: &Row) -> AccessLevel {
        if is_private_contact(self.object, row) {
            return self.owner_alone(row);
        }
        if self.model == SharingModel::ControlledByParent {
            return self.by_parents(row);
        }
        if self.guest {
            return self.grants.to_guest(row);
        }
        if is_private_opportunity(self.object, row) {
            return self.granted(record, row);
        }
        baseline(self.model).max(self.granted(record, row))
    }

    /// The widest level beyond the organization-wide default.
    fn granted(&self, record: &str, row: &Row) -> AccessLevel {
        if owner(row).is_some_and(|owner| self.circle.benefits_from(owner)) {
            return AccessLevel::All;
        }
        self.grants.level(self.org, record, row)
    }

    /// "As the parent record", of several the narrowest; without a parent record the record is its owner's alone.
    fn by_parents(&self, row: &Row) -> AccessLevel {
        let levels = self
            .parents
            .iter()
            .map(|parent| self.by_parent(parent, row));
        match levels.min() {
            Some(Some(level)) => level.max(self.as_contact_owner(row)),
            _ => self.owner_alone(row),
        }
    }

    /// What one parent gives; `None` where the record names none.
    fn by_parent(&self, parent: &Parent<'org>, row: &Row) -> Option<AccessLevel> {
        let id = text(row, parent.field)?;
        let Some(row) = self.org.row(&parent.sharing.object.name, id) else {
            return Some(AccessLevel::None);
        };
        let level = parent.sharing.level(id, row).max(parent.everywhere);
        let raised = parent.reading_writes && level == AccessLevel::Read;
        Some(if raised { AccessLevel::Edit } else { level })
    }

    /// Sources contradict each other on the owner of a contact that its account controls.
    fn as_contact_owner(&self, row: &Row) -> AccessLevel {
        let edits = self.org.platform.contact_owners == Some(ContactOwners::Edit);
        let owns = || owner(row).is_some_and(|owner| self.circle.benefits_from(owner));
        match edits && self.object.name == "Contact" && owns() {
            true => AccessLevel::Edit,
            false => AccessLevel::None,
        }
    }

    fn owner_alone(&self, row: &Row) -> AccessLevel {
        if owner(row).is_some_and(|owner| owner == self.circle.user) {
            AccessLevel::All
        } else {
            AccessLevel::None
        }
    }

    /// Whoever edits the master deletes its details (Metadata API guide, CustomField); elsewhere that takes everything.
    fn least_to_delete(&self) -> AccessLevel {
        match schema::is_detail(self.object) {
            true => AccessLevel::Edit,
            false => AccessLevel::All,
        }
    }

    /// Whether the default lets everybody who can edit a record give it away.
    fn transferable(&self) -> bool {
        matches!(
            self.model,
            SharingModel::ReadWriteTransfer | SharingModel::FullAccess
        )
    }
}

/// What View All and Modify All give on each record.
fn everywhere(permissions: ObjectAccess) -> AccessLevel {
    if permissions.modify_all {
        AccessLevel::All
    } else if permissions.view_all {
        AccessLevel::Read
    } else {
        AccessLevel::None
    }
}

/// The default that applies to this user: the external one to users from outside, where it is enabled.
fn model_for(org: &Org, user: &User, object: &ObjectSchema) -> SharingModel {
    let models = object.sharing.in_force;
    let external = org.organization.external_sharing_model_enabled && people::is_external(user);
    let model = if external {
        models.external
    } else {
        models.internal
    };
    if guests::is_guest(user) {
        return guests::model(model);
    }
    model
}

/// What the organization-wide default alone gives everybody.
pub fn baseline(model: SharingModel) -> AccessLevel {
    match model {
        SharingModel::Private | SharingModel::ControlledByParent => AccessLevel::None,
        SharingModel::ReadSelect | SharingModel::Read => AccessLevel::Read,
        SharingModel::ReadWrite | SharingModel::ReadWriteTransfer => AccessLevel::Edit,
        SharingModel::FullAccess => AccessLevel::All,
    }
}

#[cfg(test)]
mod tests;
