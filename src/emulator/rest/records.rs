//! `sobjects`: single records, and describe.

use serde_json::{Map, Value, json};

use super::{answer, body_object, describe, method_not_allowed, viewer};
use crate::emulator::http::{Refusal, Request, Response, decode};
use crate::emulator::router::not_found;
use crate::emulator::store::{ObjectSchema, World, canonical};
use crate::emulator::viewer::Viewer;
use crate::emulator::views::{self, Record};
use crate::emulator::write;

/// Answers below `sobjects`.
pub fn handle(world: &mut World, request: &Request, version: u32, path: &[&str]) -> Response {
    let method = request.method.as_str();
    let path: Vec<String> = path.iter().map(|segment| decode(segment)).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (method, path.as_slice()) {
        ("GET", []) => describe::global(&viewer(world, request, version)),
        ("GET", [object, "describe"]) => {
            answer(describe::object(&viewer(world, request, version), object))
        }
        ("GET", [object]) => answer(describe::basic(&viewer(world, request, version), object)),
        ("POST", [object]) => answer(create(world, request, version, object)),
        ("GET", [object, id]) => {
            answer(read(&viewer(world, request, version), request, object, id))
        }
        ("PATCH", [object, id]) => answer(update(world, request, version, object, id)),
        ("DELETE", [object, id]) => answer(delete(world, request, version, object, id)),
        ("PATCH", [object, field, value]) => {
            answer(upsert(world, request, version, object, field, value))
        }
        (_, [] | [_, "describe"]) => method_not_allowed(method, &["GET"]),
        (_, [_]) => method_not_allowed(method, &["GET", "POST"]),
        (_, [_, _]) => method_not_allowed(method, &["GET", "PATCH", "DELETE"]),
        _ => not_found(),
    }
}

/// Answers below `tooling/sobjects`, which can only be read.
pub fn tooling(world: &World, request: &Request, version: u32, path: &[&str]) -> Response {
    let mut viewer = viewer(world, request, version);
    viewer.tooling = true;
    match path {
        [object, "describe"] => answer(describe::object(&viewer, object)),
        [object, id] => answer(read(&viewer, request, object, &decode(id))),
        _ => not_found(),
    }
}

/// The object a path names.
pub fn schema<'v>(
    viewer: &Viewer<'v>,
    name: &str,
) -> Result<std::borrow::Cow<'v, ObjectSchema>, Refusal> {
    let schema = views::schema(viewer, name).filter(|schema| viewer.sees_object(schema));
    schema.ok_or_else(|| Refusal::new(404, "NOT_FOUND", "The requested resource does not exist"))
}

fn read(
    viewer: &Viewer<'_>,
    request: &Request,
    object: &str,
    id: &str,
) -> Result<Response, Refusal> {
    let schema = schema(viewer, object)?;
    let record = find(viewer, &schema, id)?;
    let fields = request.parameters().remove("fields");
    let body = match fields {
        Some(fields) => selected(viewer, &schema, &record, &fields)?,
        None => whole(viewer, &schema, &record),
    };
    Ok(Response::json(200, &Value::Object(body)))
}

fn find<'v>(viewer: &Viewer<'v>, schema: &ObjectSchema, id: &str) -> Result<Record<'v>, Refusal> {
    let missing = || {
        let message = "The requested resource does not exist";
        Refusal::new(404, "NOT_FOUND", message)
    };
    let id = canonical(id)
        .ok_or_else(|| Refusal::new(400, "MALFORMED_ID", format!("malformed id {id}")))?;
    let hints = views::Hints::from([("Id".to_owned(), vec![id.clone()])]);
    let records =
        views::records(viewer, &schema.name, &hints).map_err(|error| error.refusal(""))?;
    let wanted = |record: &Record<'_>| record.value(viewer, "Id").as_str() == Some(&id);
    records.into_iter().find(wanted).ok_or_else(missing)
}

fn attributes(viewer: &Viewer<'_>, record: &Record<'_>) -> Map<String, Value> {
    let object = record.object();
    let url = format!(
        "/services/data/v{}.0/sobjects/{object}/{}",
        viewer.version,
        record.id(viewer)
    );
    Map::from_iter([("attributes".to_owned(), json!({"type": object, "url": url}))])
}

fn whole(viewer: &Viewer<'_>, schema: &ObjectSchema, record: &Record<'_>) -> Map<String, Value> {
    let mut body = attributes(viewer, record);
    for field in schema
        .fields
        .values()
        .filter(|field| viewer.sees_field(schema, field))
    {
        body.insert(
            field.name.clone(),
            record.value(viewer, &field.name).into_owned(),
        );
    }
    body
}

fn selected(
    viewer: &Viewer<'_>,
    schema: &ObjectSchema,
    record: &Record<'_>,
    names: &str,
) -> Result<Map<String, Value>, Refusal> {
    let mut body = attributes(viewer, record);
    for name in names.split(',').map(str::trim) {
        let field =
            views::field(viewer.org, schema, name).filter(|field| viewer.sees_field(schema, field));
        let Some(field) = field else {
            return Err(write::no_such_column(&schema.name, name));
        };
        body.insert(
            field.name.clone(),
            record.value(viewer, &field.name).into_owned(),
        );
    }
    Ok(body)
}

fn create(
    world: &mut World,
    request: &Request,
    version: u32,
    object: &str,
) -> Result<Response, Refusal> {
    let fields = body_object(request)?;
    let id = write::create(world, &request.user, version, object, fields)?;
    let location = format!("/services/data/v{version}.0/sobjects/{object}/{id}");
    let mut response = Response::json(201, &json!({"id": id, "success": true, "errors": []}));
    response.headers.push(("Location".to_owned(), location));
    Ok(response)
}

fn update(
    world: &mut World,
    request: &Request,
    version: u32,
    object: &str,
    id: &str,
) -> Result<Response, Refusal> {
    let fields = body_object(request)?;
    write::update(world, &request.user, version, object, id, fields)?;
    Ok(Response::empty(204))
}

fn delete(
    world: &mut World,
    request: &Request,
    version: u32,
    object: &str,
    id: &str,
) -> Result<Response, Refusal> {
    write::delete(world, &request.user, version, object, id)?;
    Ok(Response::empty(204))
}

fn upsert(
    world: &mut World,
    request: &Request,
    version: u32,
    object: &str,
    field: &str,
    value: &str,
) -> Result<Response, Refusal> {
    let fields = body_object(request)?;
    match write::upsert(
        world,
        &request.user,
        version,
        object,
        (field, value),
        fields,
    )? {
        write::Upserted::Created(id) => Ok(Response::json(
            201,
            &json!({"id": id, "success": true, "errors": [], "created": true}),
        )),
        write::Upserted::Updated(id) => Ok(Response::json(
            200,
            &json!({"id": id, "success": true, "errors": [], "created": false}),
        )),
        write::Upserted::Several(ids) => {
            let urls: Vec<String> = ids
                .iter()
                .map(|id| format!("/services/data/v{version}.0/sobjects/{object}/{id}"))
                .collect();
            Ok(Response::json(300, &json!(urls)))
        }
    }
}
