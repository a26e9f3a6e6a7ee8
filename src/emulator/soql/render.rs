//! Records as the REST API gives them.

use serde_json::{Map, Value, json};

use super::SoqlError;
use super::ast::{FieldGroup, Name, Query, Selected};
use super::evaluate::{self, Scope};
use super::resolve::{self, Path, Step};
use crate::emulator::store::ObjectSchema;
use crate::emulator::viewer::Viewer;
use crate::emulator::views::Record;

/// `FIELDS(ALL)` and `FIELDS(CUSTOM)` need a limit no greater than this (SOQL reference).
const MOST_WITH_ALL_FIELDS: usize = 200;

/// A column of the answer.
pub(super) enum Column<'q> {
    /// A field, perhaps of a parent.
    Field(Path),
    /// Children: key, query, child object and its reference to the parent.
    Children(String, &'q Query, Box<ObjectSchema>, String),
}

/// Resolves what is selected.
pub(super) fn columns<'q>(
    scope: &Scope<'_, '_>,
    select: &'q [Selected],
) -> Result<Vec<Column<'q>>, SoqlError> {
    let mut columns = Vec::new();
    for selected in select {
        match selected {
            Selected::Field(name, None) => columns.push(Column::Field(scope.path(name)?)),
            Selected::Field(name, Some(alias)) => {
                return Err(SoqlError::malformed(
                    name.at,
                    format!("only aggregate expressions use field aliasing: {alias}"),
                ));
            }
            Selected::Aggregate(aggregate, _) => {
                return Err(SoqlError::malformed(
                    aggregate.at,
                    "aggregate expressions cannot be used here".to_owned(),
                ));
            }
            Selected::Fields(group, at) => columns.extend(all_fields(scope, *group, *at)?),
            Selected::Children(query, _) => columns.push(child_column(scope, query)?),
        }
    }
    Ok(columns)
}

fn all_fields<'q>(
    scope: &Scope<'_, '_>,
    group: FieldGroup,
    at: usize,
) -> Result<Vec<Column<'q>>, SoqlError> {
    let wanted = |custom: bool| match group {
        FieldGroup::All => true,
        FieldGroup::Standard => !custom,
        FieldGroup::Custom => custom,
    };
    let seen =
        |field: &&crate::emulator::store::FieldSchema| scope.viewer.sees_field(scope.schema, field);
    let fields = scope
        .schema
        .fields
        .values()
        .filter(|field| wanted(field.custom))
        .filter(seen);
    let names = fields.map(|field| Name {
        text: field.name.clone(),
        at,
    });
    names
        .map(|name| scope.path(&name).map(Column::Field))
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
    let key = crate::emulator::views::relationship_key(
        scope.viewer,
        &scope.schema.name,
        &query.from.text,
    );
    Ok(Column::Children(
        key,
        query,
        Box::new(schema.into_owned()),
        reference,
    ))
}

/// One record.
pub(super) fn record(
    scope: &Scope<'_, '_>,
    columns: &[Column<'_>],
    record: &Record<'_>,
) -> Result<Value, SoqlError> {
    let mut row = attributes(scope.viewer, record);
    for column in columns {
        match column {
            Column::Field(path) => insert(scope.viewer, &mut row, path, &path.steps, record),
            Column::Children(key, query, schema, reference) => {
                let child = Scope {
                    viewer: scope.viewer,
                    schema,
                    alias: query.alias.as_deref(),
                };
                let id = record.id(scope.viewer);
                let children = evaluate::children(&child, query, reference, &id)?;
                row.insert(key.clone(), page(children));
            }
        }
    }
    Ok(Value::Object(row))
}

fn page(records: Vec<Value>) -> Value {
    if records.is_empty() {
        return Value::Null;
    }
    json!({"totalSize": records.len(), "done": true, "records": records})
}

/// Puts the value of a path in its place, through the objects of the parents.
fn insert(
    viewer: &Viewer<'_>,
    row: &mut Map<String, Value>,
    path: &Path,
    steps: &[Step],
    record: &Record<'_>,
) {
    let Some((step, rest)) = steps.split_first() else {
        row.insert(
            path.key().to_owned(),
            record.value(viewer, &path.column).into_owned(),
        );
        return;
    };
    let Some(parent) = step.follow(viewer, record) else {
        row.insert(step.relationship.clone(), Value::Null);
        return;
    };
    let nested = row
        .entry(step.relationship.as_str())
        .or_insert_with(|| Value::Object(parent_attributes(viewer, step, &parent)));
    if let Value::Object(nested) = nested {
        insert(viewer, nested, path, rest, &parent);
    }
}

/// The same of a parent; one that can be of several objects is shown as a `Name` (REST guide, polymorphic fields).
fn parent_attributes(viewer: &Viewer<'_>, step: &Step, parent: &Record<'_>) -> Map<String, Value> {
    let mut row = attributes(viewer, parent);
    if step.targets.len() > 1 {
        row["attributes"]["type"] = json!("Name");
    }
    row
}

/// A row that holds only `attributes`.
fn attributes(viewer: &Viewer<'_>, record: &Record<'_>) -> Map<String, Value> {
    let object = record.object();
    let tooling = if viewer.tooling { "tooling/" } else { "" };
    let url = format!(
        "/services/data/v{}.0/{tooling}sobjects/{object}/{}",
        viewer.version,
        record.id(viewer)
    );
    let mut row = Map::with_capacity(8);
    row.insert("attributes".to_owned(), json!({"type": object, "url": url}));
    row
}
