//! Creating, changing and deleting records over REST, with the platform's refusals.

mod assignments;
mod groups;
mod permissions;
mod profiles;
mod records;
mod roles;
mod set_licenses;
mod shares;
mod users;
mod values;

use serde_json::{Map, Value};

use crate::http::Refusal;
use crate::schema;
use crate::store::{AuditEntry, Id, ObjectSchema, Row, canonical};
use crate::viewer::Viewer;
use crate::views;
use crate::world::World;

/// The fields of a request, by API name.
pub(crate) type Fields = Map<String, Value>;

/// What an upsert did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Upserted {
    /// There was none with this key.
    Created(Id),
    /// There was one.
    Updated(Id),
    /// There are several, and nothing was done.
    Several(Vec<Id>),
}

/// Who writes, through which version of the API.
struct Writer<'w> {
    world: &'w mut World,
    user: &'w str,
    version: u32,
}

impl Writer<'_> {
    fn viewer(&self) -> Viewer<'_> {
        Viewer::new(&self.world.org, self.user, self.world.now(), self.version)
    }

    /// Writes down what was changed in setup.
    fn audit(&mut self, action: &str, section: &str, display: String) {
        let entry = AuditEntry {
            id: self.world.org.next_id("0Ym"),
            created: self.world.now(),
            created_by: self.user.to_owned(),
            action: action.to_owned(),
            section: section.to_owned(),
            display,
        };
        self.world.org.audit.push(entry);
    }

    /// Refuses a new record in words of a test's own.
    fn scripted(&mut self, object: &str) -> Result<(), Refusal> {
        self.scripted_as(object, &[String::new()], false)
    }

    /// Refuses a change of a record in words of a test's own, by one of its new values: `IsActive=false`.
    fn scripted_change(&mut self, object: &str, row: &Row) -> Result<(), Refusal> {
        let values = row
            .iter()
            .map(|(column, value)| format!("{column}={value}"));
        let values: Vec<String> = values.collect();
        self.scripted_as(object, &values, true)
    }

    fn scripted_as(
        &mut self,
        object: &str,
        texts: &[String],
        holds_any: bool,
    ) -> Result<(), Refusal> {
        let mut refusals = self.world.org.refusals.iter_mut();
        let refusal = refusals.find(|refusal| {
            let is_meant = refusal.kind.as_deref() == Some(object)
                && refusal.code.is_some()
                && (!holds_any || !refusal.holds.is_empty());
            is_meant && refusal.is_due(texts.iter().map(String::as_str))
        });
        let Some(refusal) = refusal else {
            return Ok(());
        };
        refusal.said += 1;
        let code = refusal.code.clone().unwrap_or_default();
        Err(Refusal::new(400, code, refusal.problem.clone()))
    }

    /// Refuses a running user who has none of these permissions.
    fn demand(&self, object: &str, permissions: &[&str]) -> Result<(), Refusal> {
        let viewer = self.viewer();
        match permissions
            .iter()
            .any(|permission| viewer.allows(permission))
        {
            true => Ok(()),
            false => Err(Refusal::new(
                400,
                "INSUFFICIENT_ACCESS_OR_READONLY",
                format!("insufficient access rights on entity: {object}"),
            )),
        }
    }
}

/// Creates a record and tells its id.
///
/// # Errors
/// What the platform refuses.
pub(crate) fn create(
    world: &mut World,
    user: &str,
    version: u32,
    object: &str,
    fields: Fields,
) -> Result<Id, Refusal> {
    let mut writer = Writer {
        world,
        user,
        version,
    };
    let schema = schema(&writer, object)?;
    writer.scripted(&schema.name)?;
    let row = values::checked(&writer.viewer(), &schema, fields, values::Purpose::Create)?;
    match schema.name.as_str() {
        "User" => users::create(&mut writer, &schema, row),
        "PermissionSetAssignment" => assignments::create(&mut writer, &schema, row),
        "PermissionSetLicenseAssign" => set_licenses::create(&mut writer, &row),
        "PermissionSet" => permissions::create_set(&mut writer, &schema, row),
        "ObjectPermissions" => permissions::create_object(&mut writer, &schema, row),
        "FieldPermissions" => permissions::create_field(&mut writer, &schema, row),
        "Profile" => profiles::create(&mut writer, &schema, row),
        "UserRole" => roles::create(&mut writer, &schema, row),
        "Group" => groups::create(&mut writer, &schema, row),
        "GroupMember" => groups::create_member(&mut writer, &schema, row),
        "QueueSobject" => groups::create_queue_object(&mut writer, &schema, row),
        setup if schema::is_setup(setup) => Err(entity_refusal("inserted", setup)),
        share if views::shared_object(&writer.world.org, share).is_some() => {
            shares::create(&mut writer, &schema, row)
        }
        _ => records::create(&mut writer, &schema, row),
    }
}

/// Changes a record.
///
/// # Errors
/// What the platform refuses.
pub(crate) fn update(
    world: &mut World,
    user: &str,
    version: u32,
    object: &str,
    id: &str,
    fields: Fields,
) -> Result<(), Refusal> {
    let mut writer = Writer {
        world,
        user,
        version,
    };
    let schema = schema(&writer, object)?;
    let id = known_id(id)?;
    let row = values::checked(&writer.viewer(), &schema, fields, values::Purpose::Update)?;
    writer.scripted_change(&schema.name, &row)?;
    match schema.name.as_str() {
        "User" => users::update(&mut writer, &id, row),
        "UserLogin" => users::freeze(&mut writer, &id, &row),
        "PermissionSetAssignment" => assignments::update(&mut writer, &id, row),
        "PermissionSet" => permissions::update_set(&mut writer, &id, row),
        "ObjectPermissions" => permissions::update_object(&mut writer, &id, row),
        "FieldPermissions" => permissions::update_field(&mut writer, &id, row),
        "UserRole" => roles::update(&mut writer, &id, row),
        "Group" => groups::update(&mut writer, &id, row),
        setup if schema::is_setup(setup) => Err(entity_refusal("updated", setup)),
        share if views::shared_object(&writer.world.org, share).is_some() => {
            shares::update(&mut writer, &schema, &id, row)
        }
        _ => records::update(&mut writer, &schema, &id, row),
    }
}

/// Deletes a record.
///
/// # Errors
/// What the platform refuses; users, for one, are deactivated instead.
pub(crate) fn delete(
    world: &mut World,
    user: &str,
    version: u32,
    object: &str,
    id: &str,
) -> Result<(), Refusal> {
    let mut writer = Writer {
        world,
        user,
        version,
    };
    let schema = schema(&writer, object)?;
    let id = known_id(id)?;
    match schema.name.as_str() {
        "PermissionSetAssignment" => assignments::delete(&mut writer, &id),
        "PermissionSetLicenseAssign" => set_licenses::delete(&mut writer, &id),
        "PermissionSet" => permissions::delete_set(&mut writer, &id),
        "ObjectPermissions" => permissions::delete_object(&mut writer, &id),
        "FieldPermissions" => permissions::delete_field(&mut writer, &id),
        "Profile" => profiles::delete(&mut writer, &id),
        "UserRole" => roles::delete(&mut writer, &id),
        "Group" => groups::delete(&mut writer, &id),
        "GroupMember" => groups::delete_member(&mut writer, &id),
        "QueueSobject" => groups::delete_queue_object(&mut writer, &id),
        setup if schema::is_setup(setup) => {
            let message = format!("entity type {setup} does not support delete");
            Err(Refusal::new(400, "INVALID_TYPE_FOR_OPERATION", message))
        }
        share if views::shared_object(&writer.world.org, share).is_some() => {
            shares::delete(&mut writer, &schema, &id)
        }
        _ => records::delete(&mut writer, &schema, &id),
    }
}

/// Changes the record whose external id has this value, or creates it.
///
/// # Errors
/// What the platform refuses.
pub(crate) fn upsert(
    world: &mut World,
    user: &str,
    version: u32,
    object: &str,
    key: (&str, &str),
    mut fields: Fields,
) -> Result<Upserted, Refusal> {
    let writer = Writer {
        world,
        user,
        version,
    };
    let schema = schema(&writer, object)?;
    let usable = |name: &str| {
        schema
            .field(name)
            .filter(|field| field.external_id || field.name == "Id")
            .map(|field| field.name.clone())
    };
    let Some(field) = usable(key.0).filter(|_| !schema::is_setup(&schema.name)) else {
        let message = format!(
            "Provided external ID field does not exist or is not accessible: {}",
            key.0
        );
        return Err(Refusal::new(404, "NOT_FOUND", message));
    };
    if field == "Id" {
        update(world, user, version, object, key.1, fields)?;
        return Ok(Upserted::Updated(known_id(key.1)?));
    }
    let same = |row: &Row| {
        row.get(&field)
            .and_then(Value::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case(key.1))
    };
    let found: Vec<Id> = writer
        .world
        .org
        .rows(&schema.name)
        .filter(|(_, row)| same(row))
        .map(|(id, _)| id.clone())
        .collect();
    match found.as_slice() {
        [] => {
            fields.insert(field, Value::from(key.1));
            create(world, user, version, object, fields).map(Upserted::Created)
        }
        [id] => {
            update(world, user, version, object, id, fields).map(|()| Upserted::Updated(id.clone()))
        }
        _ => Ok(Upserted::Several(found)),
    }
}

fn schema(writer: &Writer<'_>, object: &str) -> Result<ObjectSchema, Refusal> {
    let schema = views::visible_schema(&writer.viewer(), object).map(std::borrow::Cow::into_owned);
    schema.ok_or_else(Refusal::not_found)
}

fn known_id(id: &str) -> Result<Id, Refusal> {
    canonical(id).ok_or_else(|| Refusal::new(400, "MALFORMED_ID", format!("malformed id {id}")))
}

/// `No such column 'foo' on sobject of type Lead`.
pub(crate) fn no_such_column(object: &str, name: &str) -> Refusal {
    Refusal::new(
        400,
        "INVALID_FIELD",
        format!("No such column '{name}' on sobject of type {object}"),
    )
}

/// `entity type cannot be inserted: RecordType`.
fn entity_refusal(verb: &str, object: &str) -> Refusal {
    Refusal::new(
        400,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        format!("entity type cannot be {verb}: {object}"),
    )
}

/// What the platform answers to a reference that leads nowhere.
fn bad_reference(field: &str) -> Refusal {
    Refusal::new(
        400,
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
    )
    .about([field])
}

fn integrity(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "FIELD_INTEGRITY_EXCEPTION", message).about(Vec::<String>::new())
}

fn duplicate(field: &str, id: &str) -> Refusal {
    let message = format!(
        "duplicate value found: {field} duplicates value on record with id: {}",
        crate::store::short(id)
    );
    Refusal::new(400, "DUPLICATE_VALUE", message).about(Vec::<String>::new())
}

/// `Required fields are missing: [LastName]`, when any of these is.
fn demand_fields(row: &Row, required: &[&str]) -> Result<(), Refusal> {
    let missing: Vec<&str> = required
        .iter()
        .copied()
        .filter(|name| row.get(name).is_none_or(Value::is_null))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(Refusal::new(400, "REQUIRED_FIELD_MISSING", message).about(missing))
}

/// The text in a field; `None` where there is none.
fn text(row: &Row, name: &str) -> Option<String> {
    row.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The truth in a field, or what holds without it.
fn truth(row: &Row, name: &str, otherwise: bool) -> bool {
    row.get(name).and_then(Value::as_bool).unwrap_or(otherwise)
}
