//! The org's state as tables: records as they are stored, and setup as rows of `User`, `PermissionSet`,
//! `EntityDefinition` and the like. Every row is computed when it is asked for.

mod access;
mod definitions;
mod people;
mod permissions;
mod set_licenses;
mod setup_access;
mod stored;
mod tooling;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) use access::{level_column, parent_column, share_object, share_schema, shared_object};
pub(crate) use people::{login_id, user_type};
pub(crate) use stored::{Stored, Tabled};

use crate::schema;
use crate::sharing;
use crate::soql_error::SoqlError;
use crate::store::*;
use crate::viewer::Viewer;

/// Values that fields must have for a row to matter, by API name; a table may leave out what does not meet them.
pub(crate) type Hints = BTreeMap<String, Vec<String>>;

/// The column in which a record tells its object, for `Owner.Type`.
pub(crate) const TYPE_COLUMN: &str = "Type()";

/// A row of a table.
#[derive(Clone, Debug)]
pub(crate) enum Record<'v> {
    /// A record of a data object: object, id, fields.
    Stored(&'v str, &'v str, &'v Row),
    /// `Organization`.
    Organization(&'v Organization),
    /// `User`.
    User(&'v User),
    /// `Profile`.
    Profile(&'v Profile),
    /// `PermissionSet`.
    Container(&'v Container),
    /// `PermissionSetAssignment`.
    Assignment(Cow<'v, Assignment>),
    /// `UserLicense`.
    License(&'v License),
    /// `UserRole`.
    Role(&'v Role),
    /// `Group`.
    Group(&'v Group),
    /// `ObjectPermissions`.
    ObjectPermission(&'v Container, &'v str, ObjectAccess),
    /// `FieldPermissions`.
    FieldPermission(&'v Container, &'v str, FieldAccess),
    /// `EntityDefinition`.
    Object(&'v ObjectSchema),
    /// `FieldDefinition`.
    Field(&'v ObjectSchema, &'v FieldSchema),
    /// A row of a share object.
    Share(Box<ShareRow>),
    /// Any other: object and fields.
    Built(&'static str, Row),
}

impl Record<'_> {
    /// The object it is a record of.
    pub(crate) fn object(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Record::Stored(object, ..) => object,
            Record::Organization(_) => "Organization",
            Record::User(_) => "User",
            Record::Profile(_) => "Profile",
            Record::Container(_) => "PermissionSet",
            Record::Assignment(_) => "PermissionSetAssignment",
            Record::License(_) => "UserLicense",
            Record::Role(_) => "UserRole",
            Record::Group(_) => "Group",
            Record::ObjectPermission(..) => "ObjectPermissions",
            Record::FieldPermission(..) => "FieldPermissions",
            Record::Object(_) => "EntityDefinition",
            Record::Field(..) => "FieldDefinition",
            Record::Share(row) => return Cow::Owned(share_object(&row.object)),
            Record::Built(object, _) => object,
        })
    }

    /// What stands at the end of its URL.
    pub(crate) fn id(&self, viewer: &Viewer<'_>) -> String {
        let column = match self {
            Record::Object(_) | Record::Field(..) => "DurableId",
            Record::Built("UserRecordAccess", _) => "RecordId",
            Record::Built("PermissionDependency" | "TabDefinition", _) => "DurableId",
            _ => "Id",
        };
        self.value(viewer, column)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The value of a field; null where it has none.
    pub(crate) fn value(&self, viewer: &Viewer<'_>, column: &str) -> Cow<'_, Value> {
        const NULL: &Value = &Value::Null;
        if column == TYPE_COLUMN {
            return Cow::Owned(Value::from(self.type_name()));
        }
        match self {
            Record::Stored(object, id, row) => stored::value(viewer.org, object, id, row, column),
            Record::Built(_, row) => Cow::Borrowed(row.get(column).unwrap_or(NULL)),
            computed => Cow::Owned(computed.computed(viewer, column)),
        }
    }

    fn computed(&self, viewer: &Viewer<'_>, column: &str) -> Value {
        let org = viewer.org;
        match self {
            Record::Organization(organization) => {
                definitions::organization(org, organization, column)
            }
            Record::User(user) => people::user(org, user, column),
            Record::Profile(profile) => people::profile(viewer, profile, column),
            Record::Container(container) => permissions::container(org, container, column),
            Record::Assignment(assignment) => people::assignment(viewer, assignment, column),
            Record::License(license) => people::license(org, license, column),
            Record::Role(role) => people::role(org, role, column),
            Record::Group(group) => people::group(org, group, column),
            Record::ObjectPermission(parent, object, access) => {
                permissions::object(org, parent, object, *access, column)
            }
            Record::FieldPermission(parent, field, access) => {
                permissions::field(org, parent, field, *access, column)
            }
            Record::Object(object) => definitions::object(org, object, column),
            Record::Field(object, field) => definitions::field(object, field, column),
            Record::Share(row) => access::share(org, row, column),
            Record::Stored(..) | Record::Built(..) => Value::Null,
        }
    }

    fn type_name(&self) -> String {
        match self {
            Record::Group(group) if group.kind == GroupKind::Queue => "Queue".to_owned(),
            other => other.object().into_owned(),
        }
    }
}

/// The object with this API name, in any case, as the API in use has it.
pub(crate) fn schema<'v>(viewer: &Viewer<'v>, name: &str) -> Option<Cow<'v, ObjectSchema>> {
    if let Some(object) = schema::setup_table(name) {
        return (viewer.tooling || !tooling::is_tooling_only(&object.name))
            .then_some(Cow::Borrowed(object));
    }
    if viewer.tooling {
        return None;
    }
    match viewer.org.object(name) {
        Some(object) => Some(Cow::Borrowed(object)),
        None => {
            shared_object(viewer.org, name).map(|object| Cow::Owned(access::share_schema(object)))
        }
    }
}

/// The field with this API name, in any case, columns for user permissions included.
pub(crate) fn field<'s>(
    org: &Org,
    object: &'s ObjectSchema,
    name: &str,
) -> Option<Cow<'s, FieldSchema>> {
    if let Some(field) = object.field(name) {
        return Some(Cow::Borrowed(field));
    }
    let columns = schema::has_permission_columns(&object.name);
    columns
        .then(|| schema::permission_field(org, name))
        .flatten()
        .map(Cow::Owned)
}

/// The object of this name, where it exists for the running user.
pub(crate) fn visible_schema<'v>(viewer: &Viewer<'v>, name: &str) -> Option<Cow<'v, ObjectSchema>> {
    schema(viewer, name).filter(|schema| viewer.sees_object(schema))
}

/// Whether the records of an object have a column of this name; every one tells what it is.
pub(crate) fn has_column(viewer: &Viewer<'_>, object: &str, column: &str) -> bool {
    let has = |schema: Cow<'_, ObjectSchema>| field(viewer.org, &schema, column).is_some();
    column == TYPE_COLUMN || schema(viewer, object).is_some_and(has)
}

/// Whether a query may filter on fields like this (SOQL reference: not on long texts, addresses and files).
pub(crate) fn is_filterable(field: &FieldSchema) -> bool {
    let long = field.kind == FieldType::TextArea && field.length > 255;
    !long
        && !matches!(
            field.kind,
            FieldType::Base64
                | FieldType::Address
                | FieldType::Location
                | FieldType::EncryptedString
        )
}

/// The rows of a table that the running user may see; those that do not meet the hints may be missing.
///
/// # Errors
/// What an object of its own kind refuses.
pub(crate) fn records<'v>(
    viewer: &Viewer<'v>,
    object: &str,
    hints: &Hints,
) -> Result<Vec<Record<'v>>, SoqlError> {
    let org = viewer.org;
    Ok(match object {
        "Organization" => vec![Record::Organization(&org.organization)],
        "User" => people::users(org, hints),
        "Profile" => org.profiles.values().map(Record::Profile).collect(),
        "PermissionSet" => org.containers.values().map(Record::Container).collect(),
        "PermissionSetAssignment" => people::assignments(org, hints),
        "UserLogin" => people::logins(org),
        "LoginHistory" => people::log_ins(viewer),
        "UserLicense" => org.licenses.values().map(Record::License).collect(),
        "UserRole" => org.roles.values().map(Record::Role).collect(),
        "Group" => org.groups.values().map(Record::Group).collect(),
        "GroupMember" => people::group_members(org),
        "QueueSobject" => people::queue_objects(org),
        "PermissionSetGroup" => permissions::groups(org),
        "PermissionSetLicense" => set_licenses::licenses(org),
        "PermissionSetLicenseAssign" => set_licenses::assignments(org),
        "ObjectPermissions" => permissions::objects(org, hints),
        "FieldPermissions" => permissions::fields(org, hints),
        "SetupEntityAccess" => setup_access::rows(org, hints),
        "EntityDefinition" => definitions::objects(org).map(Record::Object).collect(),
        "FieldDefinition" => definitions::fields(viewer),
        "RecordType" => definitions::record_types(org),
        "SetupAuditTrail" => definitions::audit_trail(org),
        "UserPermissionAccess" => vec![permissions::of_running_user(viewer)],
        "UserRecordAccess" => access::user_record_access(viewer, hints),
        tooling if tooling::is_tooling_only(tooling) => tooling::records(org, tooling),
        other => data(viewer, other, hints),
    })
}

/// Records of data objects, and share rows.
fn data<'v>(viewer: &Viewer<'v>, object: &str, hints: &Hints) -> Vec<Record<'v>> {
    let Some(stored) = Stored::of(viewer, object) else {
        return shared_object(viewer.org, object)
            .map(|shared| access::shares(viewer, shared))
            .unwrap_or_default();
    };
    match hints.get("Id") {
        Some(ids) => stored.with_ids(ids),
        None => stored.all(),
    }
}

/// The row with this id, wherever references can point. Parents are found without regard to sharing: whoever reads a
/// record reads the fields of its parents that the query names.
pub(crate) fn by_id<'v>(viewer: &Viewer<'v>, object: &str, id: &str) -> Option<Record<'v>> {
    let org = viewer.org;
    match object {
        "Organization" => Some(&org.organization)
            .filter(|org| org.id == id)
            .map(Record::Organization),
        "User" => org.users.get(id).map(Record::User),
        "Profile" => org.profiles.get(id).map(Record::Profile),
        "PermissionSet" => org.containers.get(id).map(Record::Container),
        "UserLicense" => org.licenses.get(id).map(Record::License),
        "UserRole" => org.roles.get(id).map(Record::Role),
        "Group" => org.groups.get(id).map(Record::Group),
        "UserRecordAccess" => access::own_access(viewer, id),
        "EntityDefinition" => definitions::objects(org)
            .find(|object| definitions::durable_id(object) == id)
            .map(Record::Object),
        other if schema::is_setup(other) || !org.records.contains_key(other) => {
            let hints = Hints::from([("Id".to_owned(), vec![id.to_owned()])]);
            let rows = records(viewer, other, &hints).ok()?;
            rows.into_iter()
                .find(|row| row.value(viewer, "Id").as_str() == Some(id))
        }
        other => {
            let (name, table) = org.records.get_key_value(other)?;
            table
                .get_key_value(id)
                .map(|(id, row)| Record::Stored(name, id, row))
        }
    }
}

/// Names of relationships from setup objects to their children: parent, child, reference, name.
const CHILDREN: [(&str, &str, &str, &str); 11] = [
    (
        "User",
        "PermissionSetAssignment",
        "AssigneeId",
        "PermissionSetAssignments",
    ),
    (
        "User",
        "PermissionSetLicenseAssign",
        "AssigneeId",
        "PermissionSetLicenseAssignments",
    ),
    (
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetId",
        "Assignments",
    ),
    (
        "PermissionSet",
        "ObjectPermissions",
        "ParentId",
        "ObjectPerms",
    ),
    (
        "PermissionSet",
        "FieldPermissions",
        "ParentId",
        "FieldPerms",
    ),
    (
        "PermissionSet",
        "SetupEntityAccess",
        "ParentId",
        "SetupEntityAccessItems",
    ),
    ("Profile", "User", "ProfileId", "Users"),
    ("UserRole", "User", "UserRoleId", "Users"),
    ("Group", "GroupMember", "GroupId", "GroupMembers"),
    ("Group", "QueueSobject", "QueueId", "QueueSobjects"),
    (
        "EntityDefinition",
        "FieldDefinition",
        "EntityDefinitionId",
        "Fields",
    ),
];

/// The child object and its reference to the parent that a relationship of this name stands for.
pub(crate) fn child_relationship<'v>(
    viewer: &Viewer<'v>,
    parent: &str,
    name: &str,
) -> Option<(Cow<'v, ObjectSchema>, String)> {
    let named = |known: &str| known.eq_ignore_ascii_case(name);
    let listed = CHILDREN
        .iter()
        .find(|(object, _, _, known)| *object == parent && named(known));
    if let Some((_, child, reference, _)) = listed {
        return Some((schema(viewer, child)?, (*reference).to_owned()));
    }
    if named("Shares") {
        let object = viewer
            .org
            .object(parent)
            .filter(|object| sharing::has_share_table(viewer.org, object))?;
        return Some((
            Cow::Owned(access::share_schema(object)),
            access::parent_column(&object.name),
        ));
    }
    child_fields(viewer.org, parent)
        .find(|(_, field)| field.child_relationship.as_deref().is_some_and(named))
        .map(|(object, field)| (Cow::Borrowed(object), field.name.clone()))
}

/// References of data objects that point at an object.
pub(crate) fn child_fields<'v>(
    org: &'v Org,
    parent: &str,
) -> impl Iterator<Item = (&'v ObjectSchema, &'v FieldSchema)> {
    let fields = org
        .objects
        .values()
        .flat_map(|object| object.fields.values().map(move |field| (object, field)));
    fields.filter(move |(_, field)| field.reference_to.iter().any(|target| target == parent))
}

/// A relationship's name as the platform spells it.
pub(crate) fn relationship_key(viewer: &Viewer<'_>, parent: &str, name: &str) -> String {
    let listed = CHILDREN
        .iter()
        .filter(|(object, ..)| *object == parent)
        .map(|(_, _, _, known)| *known);
    let fields = child_fields(viewer.org, parent)
        .filter_map(|(_, field)| field.child_relationship.as_deref());
    let mut known = listed.chain(fields).chain(["Shares"]);
    known
        .find(|known| known.eq_ignore_ascii_case(name))
        .unwrap_or(name)
        .to_owned()
}

/// A stable id for a row that is not stored, from what makes it unique.
pub(crate) fn derived_id(prefix: &str, parts: &[&str]) -> Id {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    numbered(prefix, hash % 62_u64.pow(9))
}

/// A text, or null where there is none.
fn optional(text: Option<&String>) -> Value {
    text.filter(|text| !text.is_empty())
        .map_or(Value::Null, |text| Value::from(text.as_str()))
}

/// A moment as the REST API writes it.
fn moment(at: Millis) -> Value {
    Value::from(crate::moment::rest_moment(at))
}

/// Columns that setup rows share: who made a row, and when.
const STAMPS: [&str; 6] = [
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
    "IsDeleted",
];

/// The value of one of them.
fn stamps(org: &Org, column: &str) -> Value {
    match column {
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => moment(org.organization.created),
        "CreatedById" | "LastModifiedById" => Value::from(org.organization.administrator.as_str()),
        "IsDeleted" => Value::from(false),
        _ => Value::Null,
    }
}
