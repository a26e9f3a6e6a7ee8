//! Values of a seed: in the field's type, and records named by one of their fields.

use serde_json::Value;

use super::assignments;
use crate::store::{FieldSchema, FieldType, GroupKind, Id, Org, canonical};

/// The id of the record a reference names by one of its fields.
pub(super) fn found(
    org: &Org,
    field: &FieldSchema,
    by: &str,
    wanted: &str,
) -> Result<Value, String> {
    if wanted.is_empty() {
        return Ok(Value::Null);
    }
    let id = field
        .reference_to
        .iter()
        .find_map(|target| id_by(org, target, by, wanted));
    id.map(Value::from)
        .ok_or_else(|| format!("{} names no record: {by} {wanted}", field.name))
}

fn id_by(org: &Org, target: &str, by: &str, wanted: &str) -> Option<Id> {
    match target {
        "User" => org
            .users
            .values()
            .find(|user| {
                by.eq_ignore_ascii_case("Username") && user.username.eq_ignore_ascii_case(wanted)
                    || user.alias == wanted
                    || user.name() == wanted
            })
            .map(|user| user.id.clone()),
        "Group" => group_by(org, wanted),
        "Profile" => org
            .profile_by_label(wanted)
            .map(|profile| profile.id.clone()),
        "UserRole" => org
            .roles
            .values()
            .find(|role| role.developer_name == wanted || role.name == wanted)
            .map(|role| role.id.clone()),
        "PermissionSet" => org
            .containers
            .values()
            .find(|set| {
                set.profile().is_none()
                    && (set.name == wanted || set.label == wanted || set.is_named(wanted))
            })
            .map(|set| set.id.clone()),
        "PermissionSetGroup" => assignments::group_by(org, wanted),
        "PermissionSetLicense" => assignments::set_license_by(org, wanted),
        "RecordType" => org
            .objects
            .values()
            .flat_map(|object| object.record_types.values())
            .find(|kind| kind.developer_name == wanted || kind.name == wanted)
            .map(|kind| kind.id.clone()),
        object => org
            .rows(object)
            .find(|(_, row)| row.get(by).and_then(Value::as_str) == Some(wanted))
            .map(|(id, _)| id.clone()),
    }
}

/// A queue of this name or label, or else a public group, or else the group of a role: queues are what owns records.
fn group_by(org: &Org, wanted: &str) -> Option<Id> {
    let wanted_name = |name: Option<&String>| name.is_some_and(|name| name == wanted);
    let named = |kind: GroupKind| {
        let mut groups = org.groups.values().filter(|group| group.kind == kind);
        groups.find(|group| {
            wanted_name(group.developer_name.as_ref()) || wanted_name(group.name.as_ref())
        })
    };
    let kinds = [GroupKind::Queue, GroupKind::Regular, GroupKind::Role];
    let found = kinds.into_iter().find_map(named);
    found.map(|group| group.id.clone())
}

/// A value in the field's type; CSV knows only text.
pub(super) fn typed(field: &FieldSchema, value: &Value) -> Result<Value, String> {
    let Value::String(text) = value else {
        return Ok(value.clone());
    };
    let refused = || format!("{} cannot be {text:?}", field.name);
    match field.kind {
        _ if text.is_empty() => Ok(Value::Null),
        FieldType::Boolean if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true.into()),
        FieldType::Boolean if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false.into()),
        FieldType::Boolean => Err(refused()),
        FieldType::Int => text.parse::<i64>().map(Value::from).map_err(|_| refused()),
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
            text.parse::<f64>().map(Value::from).map_err(|_| refused())
        }
        FieldType::Reference | FieldType::Id => {
            canonical(text).map(Value::from).ok_or_else(refused)
        }
        _ => Ok(value.clone()),
    }
}
