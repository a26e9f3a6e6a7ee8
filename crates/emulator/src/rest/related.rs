//! Records beside a record: `sobjects/Contact/ID/Account` and `sobjects/Account/ID/Contacts` (REST guide, "Traverse
//! Relationships with Friendly URLs").

use super::query;
use super::records::{find, schema, whole};
use super::viewer;
use crate::http::{Refusal, Request, Response};
use crate::store::ObjectSchema;
use crate::viewer::Viewer;
use crate::views;
use crate::world::World;

/// The parent a relationship of a record leads to, or its children as a query gives them.
pub(super) fn read(
    world: &mut World,
    request: &Request,
    version: u32,
    [object, id, relationship]: [&str; 3],
) -> Result<Response, Refusal> {
    let looking = viewer(world, request, version);
    let schema = schema(&looking, object)?;
    if let Some(parent) = parent(&looking, &schema, id, relationship)? {
        return Ok(parent);
    }
    let soql = children(&looking, &schema, id, relationship)?;
    let asked = Request {
        query: format!("q={}", soql.replace(' ', "+")),
        ..request.clone()
    };
    Ok(query::handle(world, &asked, version, false, &[]))
}

/// The parent record; `None` where the relationship is none to a parent.
fn parent(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    id: &str,
    relationship: &str,
) -> Result<Option<Response>, Refusal> {
    let named = |name: &String| name.eq_ignore_ascii_case(relationship);
    let reference = object.fields.values().find(|field| {
        field.relationship_name.as_ref().is_some_and(named) && viewer.sees_field(object, field)
    });
    let Some(reference) = reference else {
        return Ok(None);
    };
    let record = find(viewer, object, id)?;
    let parent = record.value(viewer, &reference.name);
    let parent = parent.as_str().ok_or_else(Refusal::not_found)?;
    let target = |name: &String| {
        let schema = schema(viewer, name).ok()?;
        let record = find(viewer, &schema, parent).ok()?;
        Some(whole(viewer, &schema, &record))
    };
    let found = reference.reference_to.iter().find_map(target);
    Ok(Some(Response::json(
        200,
        &found.ok_or_else(Refusal::not_found)?,
    )))
}

/// The query for the children that a relationship leads to.
fn children(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    id: &str,
    relationship: &str,
) -> Result<String, Refusal> {
    let (child, reference) = views::child_relationship(viewer, &object.name, relationship)
        .filter(|(child, _)| viewer.sees_object(child))
        .ok_or_else(Refusal::not_found)?;
    let id = find(viewer, object, id)?.id(viewer);
    let fields = child.fields.values();
    let seen = fields.filter(|field| viewer.sees_field(&child, field));
    let names: Vec<&str> = seen.map(|field| field.name.as_str()).collect();
    let (names, child) = (names.join(", "), &child.name);
    Ok(format!(
        "SELECT {names} FROM {child} WHERE {reference} = '{id}'"
    ))
}
