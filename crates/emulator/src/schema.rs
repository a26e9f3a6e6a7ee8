//! What objects and fields a standard org has.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::store::{FieldSchema, FieldType, ObjectSchema, Org, SharingModel, SharingState};

static STANDARD: LazyLock<BTreeMap<String, ObjectSchema>> =
    LazyLock::new(|| table::read(include_str!("schema/standard_objects.txt")));

static SETUP: LazyLock<BTreeMap<String, ObjectSchema>> =
    LazyLock::new(|| table::read(include_str!("schema/setup_objects.txt")));

/// The standard objects that hold data, with the out-of-the-box organization-wide defaults.
pub fn standard_objects() -> BTreeMap<String, ObjectSchema> {
    STANDARD.clone()
}

/// A setup object (`User`, `PermissionSet`…) by its API name in any case, with one `Permissions…` column for each user
/// permission the org knows where the object has them.
pub fn setup_object(org: &Org, name: &str) -> Option<ObjectSchema> {
    let known = SETUP
        .values()
        .find(|object| object.name.eq_ignore_ascii_case(name))?;
    let mut object = known.clone();
    if has_permission_columns(&object.name) {
        object.fields.extend(
            org.permissions()
                .map(|permission| permission_column(permission)),
        );
    }
    Some(object)
}

/// A setup object as [`setup_object`] finds it, without the columns for user permissions.
pub fn setup_table(name: &str) -> Option<&'static ObjectSchema> {
    SETUP.get(name).or_else(|| {
        SETUP
            .values()
            .find(|object| object.name.eq_ignore_ascii_case(name))
    })
}

/// Whether the object is one of setup, which object permissions and sharing do not govern.
pub fn is_setup(object: &str) -> bool {
    setup_table(object).is_some()
}

/// Objects reserved for those who may view setup.
const VIEW_SETUP: [&str; 8] = [
    "PermissionSet",
    "PermissionSetGroup",
    "PermissionSetLicense",
    "ObjectPermissions",
    "FieldPermissions",
    "SetupAuditTrail",
    "SetupEntityAccess",
    "TabDefinition",
];

/// Whether the object is reserved for View Setup and Configuration.
pub fn needs_view_setup(object: &str) -> bool {
    VIEW_SETUP.contains(&object)
}

/// The column for a user permission the org knows (`PermissionsModifyAllData`, in any case).
pub fn permission_field(org: &Org, column: &str) -> Option<FieldSchema> {
    const PREFIX: &str = "Permissions";
    let (prefix, name) = column.split_at_checked(PREFIX.len())?;
    org.permission(name)
        .filter(|_| prefix.eq_ignore_ascii_case(PREFIX))
        .map(|permission| permission_column(permission).1)
}

/// API names of the setup objects.
pub fn setup_objects() -> impl Iterator<Item = &'static str> {
    SETUP.keys().map(String::as_str)
}

/// Whether the object has a column for each user permission.
pub fn has_permission_columns(object: &str) -> bool {
    matches!(object, "Profile" | "PermissionSet" | "UserPermissionAccess")
}

fn permission_column(permission: &str) -> (String, FieldSchema) {
    let name = format!("Permissions{permission}");
    let label = table::words(permission);
    let field = FieldSchema {
        name: name.clone(),
        label,
        kind: FieldType::Boolean,
        createable: true,
        updateable: true,
        defaulted_on_create: true,
        ..FieldSchema::default()
    };
    (name, field)
}

/// The parent that controls access to a standard object where its default is controlled by parent, or the first master
/// of a detail: the field that names the parent, and the parent's API name.
pub fn parent(object: &ObjectSchema) -> Option<(&str, &str)> {
    match object.name.as_str() {
        "Contact" | "Order" | "Asset" => Some(("AccountId", "Account")),
        "CampaignMember" => Some(("CampaignId", "Campaign")),
        _ => masters(object)
            .find_map(|field| Some((field.name.as_str(), field.reference_to.first()?.as_str()))),
    }
}

/// The fields by which a detail names its masters: a junction has two (Metadata API guide, CustomField).
pub fn masters(object: &ObjectSchema) -> impl Iterator<Item = &FieldSchema> {
    let fields = object.fields.values();
    fields.filter(|field| field.master_detail)
}

/// Whether a custom object is the detail of a master.
pub fn is_detail(object: &ObjectSchema) -> bool {
    object.custom && object.fields.values().any(|field| field.master_detail)
}

/// Gives a detail the owner and the sharing of its master: it has none of its own (object reference, "Relationships
/// Among Objects").
pub fn follow_master(object: &mut ObjectSchema) {
    if is_detail(object) {
        let model = SharingModel::ControlledByParent;
        object.sharing = SharingState::settled(model, model);
        object.has_shares = false;
        object.fields.remove("OwnerId");
    }
}

/// Gives an object that has lost its last master an owner and a default of its own again.
pub fn leave_master(object: &mut ObjectSchema) {
    let prefix = &object.key_prefix;
    let own = custom_object(&object.name, &object.label, &object.label_plural, prefix);
    object.sharing = own.sharing;
    object.has_shares = own.has_shares;
    let owner = own.fields.into_iter().filter(|(name, _)| name == "OwnerId");
    object.fields.extend(owner);
}

/// Whether sharing rules can exist on an object at all, whatever its default (Metadata API guide, SharingRules).
pub fn has_sharing_rules(object: &ObjectSchema) -> bool {
    let standard = [
        "Account",
        "Asset",
        "Campaign",
        "Case",
        "Contact",
        "Individual",
        "Lead",
        "Opportunity",
        "Order",
        "User",
    ];
    standard.contains(&object.name.as_str())
        || object.custom && object.has_shares && !is_detail(object)
}

/// Whether a queue can own records of the object.
pub fn has_queues(object: &ObjectSchema) -> bool {
    let owners = object
        .field("OwnerId")
        .map(|owner| owner.reference_to.as_slice())
        .unwrap_or_default();
    owners.iter().any(|owner| owner == "Group")
}

/// A custom object with the fields every one has: name, owner, system fields. The caller gives it a durable id and puts
/// it into the org.
pub fn custom_object(
    name: &str,
    label: &str,
    label_plural: &str,
    key_prefix: &str,
) -> ObjectSchema {
    let text = format!(
        "object {name} {key_prefix} | {label} | {label_plural} | ReadWrite Private Read\n@system {label}\n\
         @owned-or-queued\n@viewed\nName | string 80 | {label} Name | name open"
    );
    let mut object = table::read(&text).remove(name).unwrap_or_default();
    object.custom = true;
    object
}

/// The first of `a00`, `a01`, … `a0Z`, `a10`, … that no object has: key prefixes of custom objects.
pub fn unused_key_prefix(org: &Org) -> Option<String> {
    let taken: BTreeSet<&str> = org
        .objects
        .values()
        .map(|object| object.key_prefix.as_str())
        .collect();
    let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let pairs = digits.chars().flat_map(|first| {
        digits
            .chars()
            .map(move |second| format!("a{first}{second}"))
    });
    pairs
        .into_iter()
        .find(|prefix| !taken.contains(prefix.as_str()))
}
