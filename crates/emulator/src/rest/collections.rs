//! `composite/sobjects`: up to 200 records in one request.

use serde_json::{Map, Value, json};

use super::{body_object, records, viewer};
use crate::http::{Refusal, Request, Response};
use crate::schema;
use crate::sharing;
use crate::store::ObjectSchema;
use crate::views;
use crate::world::World;
use crate::write;

/// How many records fit into one request (REST guide, sObject collections).
const MOST_RECORDS: usize = 200;

/// `POST` and `PATCH composite/sobjects`.
///
/// # Errors
/// Too many records, or a body that is none; single records fail in their own rows.
pub(super) fn write(
    world: &mut World,
    request: &Request,
    version: u32,
) -> Result<Response, Refusal> {
    let (records, all_or_none) = stated(request)?;
    let updates = request.method == "PATCH";
    let mut each = |world: &mut World, record: &Value| {
        let object = record["attributes"]["type"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut fields = record.as_object().cloned().unwrap_or_default();
        if !updates {
            let id = write::create(world, &request.user, version, &object, fields)?;
            return Ok(Saved { id, created: None });
        }
        let id = take(&mut fields, "id").ok_or_else(|| {
            Refusal::new(
                400,
                "MISSING_ARGUMENT",
                "Id not specified in an update call",
            )
        })?;
        write::update(world, &request.user, version, &object, &id, fields)?;
        Ok(Saved { id, created: None })
    };
    Ok(all(world, records.as_slice(), all_or_none, &mut each))
}

/// `PATCH composite/sobjects/OBJECT/FIELD`: each record is the one whose external id it holds, or a new one.
///
/// # Errors
/// Too many records, or a body that is none; single records fail in their own rows.
pub(super) fn upsert(
    world: &mut World,
    request: &Request,
    version: u32,
    (object, field): (&str, &str),
) -> Result<Response, Refusal> {
    let (records, all_or_none) = stated(request)?;
    let mut each = |world: &mut World, record: &Value| {
        let mut fields = record.as_object().cloned().unwrap_or_default();
        let value = take(&mut fields, field).ok_or_else(|| {
            let message = format!("{field} not specified");
            Refusal::new(400, "MISSING_ARGUMENT", message)
        })?;
        let key = (field, value.as_str());
        match write::upsert(world, &request.user, version, object, key, fields)? {
            write::Upserted::Created(id) => Ok(Saved {
                id,
                created: Some(true),
            }),
            write::Upserted::Updated(id) => Ok(Saved {
                id,
                created: Some(false),
            }),
            write::Upserted::Several(ids) => {
                let message =
                    format!("{field}: more than one record found for external id field: {ids:?}");
                Err(Refusal::new(400, "DUPLICATE_EXTERNAL_ID", message))
            }
        }
    };
    Ok(all(world, records.as_slice(), all_or_none, &mut each))
}

/// The records of a body, and whether it is all of them or none.
fn stated(request: &Request) -> Result<(Vec<Value>, bool), Refusal> {
    let body = body_object(request)?;
    let all_or_none = body.get("allOrNone").and_then(Value::as_bool);
    let records = body.get("records").and_then(Value::as_array).cloned();
    let records = records.unwrap_or_default();
    check_size(records.len())?;
    Ok((records, all_or_none.unwrap_or_default()))
}

/// `GET` and `POST composite/sobjects/OBJECT`: the records with these ids, null for each that is not there.
///
/// # Errors
/// Too many ids, or no ids or fields.
pub(super) fn read(
    world: &World,
    request: &Request,
    version: u32,
    object: &str,
) -> Result<Response, Refusal> {
    let (ids, fields) = wanted(request)?;
    check_size(ids.len())?;
    let viewer = viewer(world, request, version);
    let schema = records::schema(&viewer, object)?;
    let one = |id: &String| match records::find(&viewer, &schema, id) {
        Ok(record) => records::selected(&viewer, &schema, &record, &fields).map(Value::Object),
        Err(_) => Ok(Value::Null),
    };
    let found: Vec<Value> = ids.iter().map(one).collect::<Result<_, _>>()?;
    Ok(Response::json(200, &Value::Array(found)))
}

/// Ids and fields, from the body or from the parameters.
fn wanted(request: &Request) -> Result<(Vec<String>, String), Refusal> {
    let list = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let parts = |text: String| text.split(',').map(str::to_owned).collect();
    let (ids, fields): (Vec<String>, Vec<String>) = if request.method == "POST" {
        let body = body_object(request)?;
        let of = |name: &str| body.get(name).map(list).unwrap_or_default();
        (of("ids"), of("fields"))
    } else {
        let mut parameters = request.parameters();
        let mut of = |name: &str| parameters.remove(name).map(parts).unwrap_or_default();
        (of("ids"), of("fields"))
    };
    if ids.is_empty() || fields.is_empty() {
        let message = "The ids and fields parameters are required";
        return Err(Refusal::new(400, "MISSING_ARGUMENT", message));
    }
    Ok((ids, fields.join(",")))
}

fn take(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    let key = fields
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned()?;
    fields.remove(&key)?.as_str().map(str::to_owned)
}

/// `DELETE composite/sobjects?ids=…`.
///
/// # Errors
/// Too many records.
pub(super) fn delete(
    world: &mut World,
    request: &Request,
    version: u32,
) -> Result<Response, Refusal> {
    let parameters = request.parameters();
    let all_or_none = parameters
        .get("allOrNone")
        .is_some_and(|word| word == "true");
    let ids: Vec<Value> = parameters
        .get("ids")
        .map(|ids| ids.split(',').map(Value::from).collect())
        .unwrap_or_default();
    check_size(ids.len())?;
    let mut each = |world: &mut World, id: &Value| {
        let id = id.as_str().unwrap_or_default();
        let object = object_of(world, id)
            .ok_or_else(|| Refusal::new(400, "MALFORMED_ID", format!("malformed id {id}")))?;
        write::delete(world, &request.user, version, &object, id)?;
        let id = id.to_owned();
        Ok(Saved { id, created: None })
    };
    Ok(all(world, ids.as_slice(), all_or_none, &mut each))
}

fn object_of(world: &World, id: &str) -> Option<String> {
    if let Some(object) = world.org.object_of(id) {
        return Some(object.name.clone());
    }
    let prefix = id.get(..3)?;
    let setup = schema::setup_objects().filter_map(schema::setup_table);
    let setup = setup
        .filter(|object| object.key_prefix == prefix)
        .map(|object| object.name.clone())
        .next();
    let share = |object: &&ObjectSchema| sharing::share_prefix(&object.name) == prefix;
    setup.or_else(|| {
        world
            .org
            .objects
            .values()
            .find(share)
            .map(|object| views::share_object(&object.name))
    })
}

fn check_size(size: usize) -> Result<(), Refusal> {
    if size <= MOST_RECORDS {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "EXCEEDED_ID_LIMIT",
        format!(
            "record limit reached. cannot submit more than {MOST_RECORDS} records in this operation"
        ),
    ))
}

/// A record that was written; of an upsert, whether it is new.
struct Saved {
    id: String,
    created: Option<bool>,
}

type Each<'e> = &'e mut dyn FnMut(&mut World, &Value) -> Result<Saved, Refusal>;

/// One result for each; when it is all or none, one refusal rolls everything back.
fn all(world: &mut World, items: &[Value], all_or_none: bool, each: Each<'_>) -> Response {
    let snapshot = all_or_none.then(|| world.org.clone());
    let mut results: Vec<Result<Saved, Refusal>> =
        items.iter().map(|item| each(world, item)).collect();
    if let (Some(snapshot), true) = (snapshot, results.iter().any(Result::is_err)) {
        world.org = snapshot;
        let rolled_back = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            *result = Err(Refusal::new(
                400,
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                rolled_back,
            ));
        }
    }
    let rows: Vec<Value> = results.into_iter().map(row).collect();
    Response::json(200, &Value::Array(rows))
}

fn row(result: Result<Saved, Refusal>) -> Value {
    match result {
        Ok(Saved { id, created: None }) => json!({"id": id, "success": true, "errors": []}),
        Ok(Saved { id, created }) => {
            json!({"id": id, "success": true, "errors": [], "created": created})
        }
        Err(refusal) => {
            let error = json!({"statusCode": refusal.code, "message": refusal.message, "fields": refusal.fields.unwrap_or_default()});
            json!({"success": false, "errors": [error]})
        }
    }
}
