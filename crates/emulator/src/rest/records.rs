//! `sobjects`: single records, and describe.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{answer, body_object, describe, method_not_allowed, related, viewer};
use crate::http::{Refusal, Request, Response, decode, not_found};
use crate::store::{Millis, ObjectSchema, canonical};
use crate::viewer::Viewer;
use crate::views::{self, Record};
use crate::world::World;
use crate::write;

/// Answers below `sobjects`.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    path: &[&str],
) -> Response {
    let method = request.method.as_str();
    let path: Vec<String> = path.iter().map(|segment| decode(segment)).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (method, path.as_slice()) {
        ("GET", []) => unless_unchanged(
            world,
            request,
            |viewer| Ok(describe::global(viewer)),
            version,
        ),
        ("GET", [object, "describe"]) => unless_unchanged(
            world,
            request,
            |viewer| describe::object(viewer, object),
            version,
        ),
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
        ("GET", [object, id, relationship]) => answer(related::read(
            world,
            request,
            version,
            [object, id, relationship],
        )),
        (_, [] | [_, "describe"]) => method_not_allowed(method, &["GET"]),
        (_, [_]) => method_not_allowed(method, &["GET", "POST"]),
        (_, [_, _]) => method_not_allowed(method, &["GET", "PATCH", "DELETE"]),
        _ => not_found(),
    }
}

/// A description, or 304 where the org's setup has not changed since the client looked (REST guide, describe).
fn unless_unchanged(
    world: &World,
    request: &Request,
    describe: impl FnOnce(&Viewer<'_>) -> Result<Response, Refusal>,
    version: u32,
) -> Response {
    let now = world.now();
    let seen = request.header("if-modified-since").and_then(http_date);
    let changed = world
        .journal
        .setup_changed()
        .unwrap_or(world.org.organization.created);
    if seen.is_some_and(|seen| changed < seen && seen <= now) {
        return Response::empty(304);
    }
    let mut response = answer(describe(&viewer(world, request, version)));
    response
        .headers
        .push(("Last-Modified".to_owned(), shown_date(now)));
    response
}

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

fn http_date(text: &str) -> Option<Millis> {
    let date = jiff::civil::DateTime::strptime(HTTP_DATE, text).ok()?;
    let moment = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_millisecond())
}

fn shown_date(at: Millis) -> String {
    let moment = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    moment.strftime(HTTP_DATE).to_string()
}

/// Answers below `tooling/sobjects`, which can only be read.
pub(crate) fn tooling(world: &World, request: &Request, version: u32, path: &[&str]) -> Response {
    let mut viewer = viewer(world, request, version);
    viewer.tooling = true;
    match path {
        [object, "describe"] => answer(describe::object(&viewer, object)),
        [object, id] => answer(read(&viewer, request, object, &decode(id))),
        _ => not_found(),
    }
}

/// The object a path names.
pub(crate) fn schema<'v>(
    viewer: &Viewer<'v>,
    name: &str,
) -> Result<Cow<'v, ObjectSchema>, Refusal> {
    views::visible_schema(viewer, name).ok_or_else(Refusal::not_found)
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

/// The record with this id, as far as the running user sees it.
pub(super) fn find<'v>(
    viewer: &Viewer<'v>,
    schema: &ObjectSchema,
    id: &str,
) -> Result<Record<'v>, Refusal> {
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

/// Every field of a record that the running user sees.
pub(super) fn whole(
    viewer: &Viewer<'_>,
    schema: &ObjectSchema,
    record: &Record<'_>,
) -> Map<String, Value> {
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

/// The named fields of a record.
pub(super) fn selected(
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
