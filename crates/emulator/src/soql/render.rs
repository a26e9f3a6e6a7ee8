//! Records as the REST API gives them: JSON text, written once.

use serde::Serialize;

use super::ast::{FieldGroup, Name, Query, Selected};
use super::evaluate::{self, Scope};
use super::resolve::{self, Path, Step};
use crate::schema;
use crate::soql_error::SoqlError;
use crate::store::{FieldSchema, ObjectSchema};
use crate::viewer::Viewer;
use crate::views::{self, Record};

/// `FIELDS(ALL)` and `FIELDS(CUSTOM)` need a limit no greater than this (SOQL reference).
const MOST_WITH_ALL_FIELDS: usize = 200;

/// A column of the answer.
pub(super) enum Column<'q> {
    /// A field of the record: the key in the answer, and the field.
    Field(String, String),
    /// Fields of a parent, as an object.
    Parent(Step, Vec<Column<'q>>),
    /// Children: key, query, child object and its reference to the parent.
    Children(String, &'q Query, Box<ObjectSchema>, String),
}

/// Resolves what is selected; fields of one parent come together where the first of them stands.
pub(super) fn columns<'q>(
    scope: &Scope<'_, '_>,
    select: &'q [Selected],
) -> Result<Vec<Column<'q>>, SoqlError> {
    let mut columns = Vec::new();
    for selected in select {
        match selected {
            Selected::Field(name, _) if name.part.is_some() => {
                let message = format!("Field must be grouped or aggregated: {}", name.text);
                return Err(SoqlError::malformed(name.at, message));
            }
            Selected::Field(name, None) => place(&mut columns, &scope.path(name)?, name)?,
            Selected::Field(name, Some(alias)) => {
                let message = format!("only aggregate expressions use field aliasing: {alias}");
                return Err(SoqlError::malformed(name.at, message));
            }
            Selected::Aggregate(aggregate, _) => {
                let message = "aggregate expressions cannot be used here".to_owned();
                return Err(SoqlError::malformed(aggregate.at, message));
            }
            Selected::Fields(group, at) => {
                for name in all_fields(scope, *group, *at) {
                    place(&mut columns, &scope.path(&name)?, &name)?;
                }
            }
            Selected::Children(query, _) => columns.push(child_column(scope, query)?),
        }
    }
    Ok(columns)
}

/// Puts a field in its place among the columns.
fn place(columns: &mut Vec<Column<'_>>, path: &Path, name: &Name) -> Result<(), SoqlError> {
    let mut level = columns;
    for step in &path.steps {
        let same =
            |column: &Column<'_>| matches!(column, Column::Parent(known, _) if known == step);
        let position = level.iter().position(same).unwrap_or_else(|| {
            level.push(Column::Parent(step.clone(), Vec::new()));
            level.len() - 1
        });
        let Some(Column::Parent(_, inner)) = level.get_mut(position) else {
            return Ok(());
        };
        level = inner;
    }
    let taken = |column: &Column<'_>| matches!(column, Column::Field(key, _) if key == path.key());
    if level.iter().any(taken) {
        let message = format!("duplicate field selected: {}", name.text);
        return Err(SoqlError::malformed(name.at, message));
    }
    level.push(Column::Field(path.key().to_owned(), path.column.clone()));
    Ok(())
}

fn all_fields(scope: &Scope<'_, '_>, group: FieldGroup, at: usize) -> Vec<Name> {
    let wanted = |field: &&FieldSchema| match group {
        FieldGroup::All => true,
        FieldGroup::Standard => !field.custom,
        FieldGroup::Custom => field.custom,
    };
    let seen = |field: &&FieldSchema| scope.viewer.sees_field(scope.schema, field);
    let fields = scope.schema.fields.values().filter(wanted).filter(seen);
    let name = |field: &FieldSchema| Name {
        text: field.name.clone(),
        at,
        part: None,
    };
    fields
        .map(name)
        .chain(permissions(scope, group, at))
        .collect()
}

/// The columns for user permissions, which the schema does not list: they are the org's own.
fn permissions(scope: &Scope<'_, '_>, group: FieldGroup, at: usize) -> Vec<Name> {
    if group == FieldGroup::Custom || !schema::has_permission_columns(&scope.schema.name) {
        return Vec::new();
    }
    let names = scope.viewer.org.permissions();
    names
        .map(|name| Name {
            text: format!("Permissions{name}"),
            at,
            part: None,
        })
        .collect()
}

/// Whether the limit that `FIELDS(ALL)` and `FIELDS(CUSTOM)` demand is there.
pub(super) fn check_field_groups(query: &Query) -> Result<(), SoqlError> {
    for selected in &query.select {
        let Selected::Fields(group, at) = selected else {
            continue;
        };
        let small = query
            .limit
            .is_some_and(|limit| limit <= MOST_WITH_ALL_FIELDS);
        if *group != FieldGroup::Standard && !small {
            let message = "The SOQL FIELDS function must have a LIMIT of at most 200".to_owned();
            return Err(SoqlError::malformed(*at, message));
        }
    }
    Ok(())
}

fn child_column<'q>(scope: &Scope<'_, '_>, query: &'q Query) -> Result<Column<'q>, SoqlError> {
    let (schema, reference) = resolve::children(scope.viewer, scope.schema, &query.from)?;
    let key = views::relationship_key(scope.viewer, &scope.schema.name, &query.from.text);
    Ok(Column::Children(
        key,
        query,
        Box::new(schema.into_owned()),
        reference,
    ))
}

/// One record.
///
/// # Errors
/// What a sub-query refuses.
pub(super) fn record(
    viewer: &Viewer<'_>,
    columns: &[Column<'_>],
    record: &Record<'_>,
) -> Result<String, SoqlError> {
    let mut text = Vec::with_capacity(256);
    let kind = record.object();
    write_record(viewer, columns, record, &kind, &mut text)?;
    // JSON is UTF-8 by construction; nothing is lost here.
    Ok(String::from_utf8(text).unwrap_or_default())
}

fn write_record(
    viewer: &Viewer<'_>,
    columns: &[Column<'_>],
    record: &Record<'_>,
    kind: &str,
    text: &mut Vec<u8>,
) -> Result<(), SoqlError> {
    text.extend_from_slice(b"{\"attributes\":{\"type\":");
    write(text, kind);
    text.extend_from_slice(b",\"url\":");
    write(text, &url(viewer, record));
    text.push(b'}');
    for column in columns {
        text.push(b',');
        match column {
            Column::Field(key, field) => {
                write_key(text, key);
                write(text, record.value(viewer, field).as_ref());
            }
            Column::Parent(step, inner) => write_parent(viewer, step, inner, record, text)?,
            Column::Children(key, query, schema, reference) => {
                write_key(text, key);
                let scope = Scope {
                    viewer,
                    schema,
                    alias: query.alias.as_deref(),
                };
                let id = record.id(viewer);
                write_children(&evaluate::children(&scope, query, reference, &id)?, text);
            }
        }
    }
    text.push(b'}');
    Ok(())
}

/// Fields of a parent; one that can be of several objects is shown as a `Name` (REST guide, polymorphic fields).
fn write_parent(
    viewer: &Viewer<'_>,
    step: &Step,
    columns: &[Column<'_>],
    record: &Record<'_>,
    text: &mut Vec<u8>,
) -> Result<(), SoqlError> {
    write_key(text, &step.relationship);
    let Some(parent) = step.follow(viewer, record) else {
        text.extend_from_slice(b"null");
        return Ok(());
    };
    let kind = match step.targets.len() {
        1 => parent.object().into_owned(),
        _ => "Name".to_owned(),
    };
    write_record(viewer, columns, &parent, &kind, text)
}

fn write_children(records: &[String], text: &mut Vec<u8>) {
    if records.is_empty() {
        text.extend_from_slice(b"null");
        return;
    }
    let (count, records) = (records.len(), records.join(","));
    let page = format!(r#"{{"totalSize":{count},"done":true,"records":[{records}]}}"#);
    text.extend_from_slice(page.as_bytes());
}

fn write_key(text: &mut Vec<u8>, key: &str) {
    write(text, key);
    text.push(b':');
}

fn write<T: Serialize + ?Sized>(text: &mut Vec<u8>, value: &T) {
    // Memory takes whatever is written to it, and JSON values always serialise.
    let _ = serde_json::to_writer(text, value);
}

fn url(viewer: &Viewer<'_>, record: &Record<'_>) -> String {
    let tooling = if viewer.tooling { "tooling/" } else { "" };
    let (object, id) = (record.object(), record.id(viewer));
    format!(
        "/services/data/v{}.0/{tooling}sobjects/{object}/{id}",
        viewer.version
    )
}
