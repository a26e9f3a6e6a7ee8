//! Records of data objects.

use serde_json::{Value, json};

use super::{Writer, duplicate};
use crate::http::Refusal;
use crate::moment::rest_moment;
use crate::schema;
use crate::sharing;
use crate::store::{Access, FieldSchema, GroupKind, Id, ObjectSchema, Org, Row};

/// Creates a record; its owner is the running user unless the request says otherwise.
pub(super) fn create(
    writer: &mut Writer<'_>,
    schema: &ObjectSchema,
    mut row: Row,
) -> Result<Id, Refusal> {
    if !writer.viewer().object_access(&schema.name).create {
        return Err(super::entity_refusal("inserted", &schema.name));
    }
    fill_defaults(schema, &mut row);
    check_required(schema, &row)?;
    check_masters(writer, schema, &row)?;
    check_unique(&writer.world.org, schema, "", &row)?;
    if schema.field("OwnerId").is_some() {
        row.fill("OwnerId", || json!(writer.user));
        check_owner(&writer.world.org, schema, &row)?;
    }
    let now = json!(rest_moment(writer.world.now()));
    stamp(
        schema,
        &mut row,
        &["CreatedDate", "LastModifiedDate", "SystemModstamp"],
        &now,
    );
    stamp(
        schema,
        &mut row,
        &["CreatedById", "LastModifiedById"],
        &json!(writer.user),
    );
    name(schema, &mut row);
    let org = &mut writer.world.org;
    let id = org.next_id(&schema.key_prefix);
    number(schema, &mut row, &id);
    row.retain(|_, value| !value.is_null());
    org.table_mut(&schema.name).insert(id.clone(), row);
    Ok(id)
}

/// Changes a record.
pub(super) fn update(
    writer: &mut Writer<'_>,
    schema: &ObjectSchema,
    id: &str,
    changes: Row,
) -> Result<(), Refusal> {
    let access = access(writer, schema, id)?;
    let transferred = changes.contains_key("OwnerId");
    if !access.edit || transferred && !access.transfer {
        return Err(insufficient());
    }
    let mut row = writer
        .world
        .org
        .row(&schema.name, id)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    let before_owner = row.get("OwnerId").cloned();
    row.extend(changes.clone());
    check_required(schema, &row)?;
    check_unique(&writer.world.org, schema, id, &changes)?;
    if transferred {
        check_owner(&writer.world.org, schema, &row)?;
    }
    let now = json!(rest_moment(writer.world.now()));
    stamp(
        schema,
        &mut row,
        &["LastModifiedDate", "SystemModstamp"],
        &now,
    );
    stamp(schema, &mut row, &["LastModifiedById"], &json!(writer.user));
    name(schema, &mut row);
    row.retain(|_, value| !value.is_null());
    if row.get("OwnerId") != before_owner.as_ref() {
        let before = before_owner.as_ref().and_then(Value::as_str);
        end_manual_shares(&mut writer.world.org, &schema.name, id, before);
    }
    writer
        .world
        .org
        .table_mut(&schema.name)
        .insert(id.to_owned(), row);
    Ok(())
}

/// Deletes a record.
pub(super) fn delete(
    writer: &mut Writer<'_>,
    schema: &ObjectSchema,
    id: &str,
) -> Result<(), Refusal> {
    if !access(writer, schema, id)?.delete {
        return Err(insufficient());
    }
    let shares = &mut writer.world.org.manual_shares;
    shares.retain(|_, share| share.record != id);
    writer.world.org.table_mut(&schema.name).remove(id);
    Ok(())
}

/// Whoever adds a detail edits each of its masters, or reads one whose field says that this is enough (Metadata API guide,
/// CustomField, `writeRequiresMasterRead`).
fn check_masters(writer: &Writer<'_>, schema: &ObjectSchema, row: &Row) -> Result<(), Refusal> {
    let (org, now) = (&writer.world.org, writer.world.now());
    for field in schema::masters(schema).filter(|_| schema::is_detail(schema)) {
        let id = row.get(&field.name).and_then(Value::as_str);
        let id = id.unwrap_or_default();
        let master = field.reference_to.first().map_or("", String::as_str);
        let access = sharing::access(org, writer.user, master, id, now);
        if access.edit || field.write_requires_master_read && access.read {
            continue;
        }
        let message = format!("insufficient access rights on cross-reference id: {id}");
        let code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY";
        return Err(Refusal::new(400, code, message).about(Vec::<String>::new()));
    }
    Ok(())
}

fn insufficient() -> Refusal {
    Refusal::new(
        400,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    )
    .about(Vec::<String>::new())
}

fn access(writer: &Writer<'_>, schema: &ObjectSchema, id: &str) -> Result<Access, Refusal> {
    let org = &writer.world.org;
    if org.row(&schema.name, id).is_none() {
        return Err(Refusal::not_found());
    }
    let sight = sharing::Sight::new(org, writer.user, &schema.name, writer.world.now());
    let shown = |sight: &sharing::Sight<'_>| {
        let row = org.row(&schema.name, id);
        row.is_some_and(|row| sight.shows(id, row))
    };
    let access = sight.as_ref().map(|sight| sight.of(id));
    let access = access.unwrap_or_default();
    if sight.as_ref().is_some_and(shown) {
        Ok(access)
    } else {
        Err(Refusal::not_found())
    }
}

/// Manual shares go when the owner changes. A new owner of an account also ends those that the one before made on its
/// contacts, opportunities and cases, and every one on its closed opportunities (Salesforce Security Guide, "Granting
/// Access to Records").
fn end_manual_shares(org: &mut Org, object: &str, record: &str, before: Option<&str>) {
    let mut shares = std::mem::take(&mut org.manual_shares);
    shares.retain(|_, share| {
        let made = before.is_some() && share.by.as_deref() == before;
        let on_child = object == "Account"
            && org.row(&share.object, &share.record).is_some_and(|child| {
                let closed = child.get("IsClosed") == Some(&json!(true));
                let ends = made || share.object == "Opportunity" && closed;
                ends && is_child_of(&share.object, child, record)
            });
        share.cause != "Manual" || share.record != record && !on_child
    });
    org.manual_shares = shares;
}

fn is_child_of(object: &str, row: &Row, account: &str) -> bool {
    let child = matches!(object, "Contact" | "Opportunity" | "Case");
    child && row.get("AccountId").and_then(Value::as_str) == Some(account)
}

fn fill_defaults(schema: &ObjectSchema, row: &mut Row) {
    for field in schema.fields.values() {
        if row.contains_key(&field.name) {
            continue;
        }
        let default = match (&field.default_value, field.kind) {
            (Some(value), _) => value.clone(),
            (None, crate::store::FieldType::Boolean) => json!(false),
            (None, _) => continue,
        };
        row.insert(field.name.clone(), default);
    }
}

fn check_required(schema: &ObjectSchema, row: &Row) -> Result<(), Refusal> {
    let required =
        |field: &&FieldSchema| field.createable && !field.nillable && !field.defaulted_on_create;
    let computed = |field: &&FieldSchema| !(field.name_field && is_person(schema));
    let names: Vec<&str> = schema
        .fields
        .values()
        .filter(required)
        .filter(computed)
        .map(|field| field.name.as_str())
        .collect();
    super::demand_fields(row, &names)
}

fn check_unique(org: &Org, schema: &ObjectSchema, id: &str, row: &Row) -> Result<(), Refusal> {
    for field in schema.fields.values().filter(|field| field.unique) {
        let Some(value) = row.get(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let same = |other: &Value| match (other.as_str(), value.as_str()) {
            (Some(one), Some(other)) if !field.case_sensitive => one.eq_ignore_ascii_case(other),
            _ => other == value,
        };
        let taken = org
            .rows(&schema.name)
            .find(|(other, row)| *other != id && row.get(&field.name).is_some_and(same));
        if let Some((other, _)) = taken {
            return Err(duplicate(&field.name, other));
        }
    }
    Ok(())
}

/// An owner is an active user, or a queue that may own the object.
fn check_owner(org: &Org, schema: &ObjectSchema, row: &Row) -> Result<(), Refusal> {
    let owner = row
        .get("OwnerId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Some(user) = org.users.get(owner) {
        let message = format!(
            "operation performed with inactive user [{owner}] as owner of {}",
            schema.name.to_lowercase()
        );
        return if user.active {
            Ok(())
        } else {
            Err(Refusal::new(400, "INACTIVE_OWNER_OR_USER", message))
        };
    }
    let owns = |objects: &std::collections::BTreeMap<Id, String>| {
        objects.values().any(|object| *object == schema.name)
    };
    match org.groups.get(owner) {
        Some(group) if group.kind == GroupKind::Queue && owns(&group.queue_objects) => Ok(()),
        Some(_) => Err(super::integrity(
            "Queue not associated with this SObject type",
        )),
        None => Err(super::bad_reference("OwnerId")),
    }
}

fn stamp(schema: &ObjectSchema, row: &mut Row, columns: &[&str], value: &Value) {
    for column in columns
        .iter()
        .filter(|column| schema.fields.contains_key(**column))
    {
        row.insert((*column).to_owned(), value.clone());
    }
}

fn is_person(schema: &ObjectSchema) -> bool {
    schema.fields.contains_key("FirstName") && schema.fields.contains_key("LastName")
}

/// The name of a person is made of its parts.
fn name(schema: &ObjectSchema, row: &mut Row) {
    if !is_person(schema) {
        return;
    }
    let part = |name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let name = format!("{} {}", part("FirstName"), part("LastName"));
    row.insert("Name".to_owned(), json!(name.trim()));
}

/// Records that number themselves are given the next number: the one in their id.
fn number(schema: &ObjectSchema, row: &mut Row, id: &str) {
    for field in schema.fields.values().filter(|field| field.auto_number) {
        let number = id.bytes().skip(6).take(9).fold(0_u64, |sum, byte| {
            (sum * 62 + u64::from(byte)) % 100_000_000
        });
        row.insert(field.name.clone(), json!(format!("{number:08}")));
    }
}
