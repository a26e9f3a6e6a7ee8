//! What a query's columns are, without its records: `query?q=…&columns=true`, which the Salesforce CLI asks after every
//! query. The resource is not in the REST guide; its shape is what that client reads.

use serde_json::{Value, json};

use super::ast::{Aggregate, Function, Query, Selected};
use super::evaluate::Scope;
use super::render::{self, Column};
use super::{aggregate, resolve};
use crate::soql_error::SoqlError;
use crate::store::{FieldSchema, FieldType, ObjectSchema};
use crate::viewer::Viewer;
use crate::views;

/// The columns of a query, as one JSON object.
///
/// # Errors
/// What the platform refuses of the query itself.
pub(super) fn describe(viewer: &Viewer<'_>, query: &Query) -> Result<Value, SoqlError> {
    let schema = resolve::object(viewer, &query.from)?;
    let scope = Scope {
        viewer,
        schema: &schema,
        alias: query.alias.as_deref(),
    };
    let grouped = aggregate::grouping(&scope, query)?.is_some();
    let columns = if grouped {
        grouped_columns(&scope, query)?
    } else {
        plain_columns(&scope, query)?
    };
    let is_id = |column: &Value| column["columnName"] == "Id";
    let id_selected = columns.iter().any(is_id);
    Ok(json!({
        "columnMetadata": columns,
        "entityName": schema.name,
        "groupBy": grouped,
        "idSelected": id_selected,
        "keyPrefix": schema.key_prefix,
    }))
}

fn plain_columns(scope: &Scope<'_, '_>, query: &Query) -> Result<Vec<Value>, SoqlError> {
    let columns = render::columns(scope, &query.select)?;
    columns
        .iter()
        .map(|column| tell(scope.viewer, scope.schema, column))
        .collect()
}

fn tell(
    viewer: &Viewer<'_>,
    schema: &ObjectSchema,
    column: &Column<'_>,
) -> Result<Value, SoqlError> {
    match column {
        Column::Field(key, field) => Ok(field_column(viewer, schema, key, field)),
        Column::Parent(step, inner) => {
            let target = step.targets.first().map_or("", String::as_str);
            let parent = views::schema(viewer, target);
            let parent = parent.as_deref().unwrap_or(schema);
            let inner: Result<Vec<Value>, SoqlError> = inner
                .iter()
                .map(|column| tell(viewer, parent, column))
                .collect();
            Ok(joined(&step.relationship, target, false, inner?))
        }
        Column::Children(key, query, child, _) => {
            let scope = Scope {
                viewer,
                schema: child,
                alias: query.alias.as_deref(),
            };
            Ok(joined(
                key,
                &child.name,
                true,
                plain_columns(&scope, query)?,
            ))
        }
    }
}

fn grouped_columns(scope: &Scope<'_, '_>, query: &Query) -> Result<Vec<Value>, SoqlError> {
    let mut unnamed = 0;
    let mut columns = Vec::new();
    for selected in &query.select {
        match selected {
            Selected::Field(name, alias) => {
                let path = scope.path(name)?;
                let key = alias.as_deref().unwrap_or_else(|| path.key());
                columns.push(one(key, key, apex_type(path.kind), path.kind));
            }
            Selected::Aggregate(aggregate, alias) => {
                let name = alias.clone().unwrap_or_else(|| format!("expr{unnamed}"));
                unnamed += usize::from(alias.is_none());
                columns.push(aggregate_column(&name, aggregate));
            }
            // Grouped queries with these are refused when they are grouped.
            Selected::Children(..) | Selected::Fields(..) => {}
        }
    }
    Ok(columns)
}

fn aggregate_column(name: &str, aggregate: &Aggregate) -> Value {
    let function = match aggregate.function {
        Function::Count => "count",
        Function::CountDistinct => "count_distinct",
        Function::Sum => "sum",
        Function::Avg => "avg",
        Function::Min => "min",
        Function::Max => "max",
    };
    let field = aggregate.field.as_ref().map_or("", |field| &field.text);
    let display = format!("{function}({field})");
    let mut column = one(name, &display, "Integer", FieldType::Int);
    column["aggregate"] = json!(true);
    column
}

fn field_column(viewer: &Viewer<'_>, schema: &ObjectSchema, key: &str, field: &str) -> Value {
    let found = views::field(viewer.org, schema, field);
    let Some(field) = found.as_deref() else {
        return one(key, key, "String", FieldType::String);
    };
    let mut column = one(key, key, apex_type(field.kind), field.kind);
    column["custom"] = json!(field.custom);
    column["foreignKeyName"] = json!(field.relationship_name);
    column["insertable"] = json!(insertable(field));
    column["updatable"] = json!(field.updateable);
    column
}

fn insertable(field: &FieldSchema) -> bool {
    field.createable && !field.calculated
}

/// A parent, or the children of a sub-query: what is selected of them stands below.
fn joined(name: &str, object: &str, children: bool, inner: Vec<Value>) -> Value {
    let mut column = one(name, name, object, FieldType::AnyType);
    column["aggregate"] = json!(children);
    column["joinColumns"] = Value::Array(inner);
    column["textType"] = json!(false);
    column
}

fn one(name: &str, display: &str, apex_type: &str, kind: FieldType) -> Value {
    let number = matches!(
        kind,
        FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent
    );
    json!({
        "aggregate": false,
        "apexType": apex_type,
        "booleanType": kind == FieldType::Boolean,
        "columnName": name,
        "custom": false,
        "displayName": display,
        "foreignKeyName": null,
        "insertable": false,
        "joinColumns": [],
        "numberType": number,
        "textType": kind.is_text(),
        "updatable": false,
    })
}

fn apex_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Id | FieldType::Reference => "Id",
        FieldType::Boolean => "Boolean",
        FieldType::Int => "Integer",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "Double",
        FieldType::Date => "Date",
        FieldType::DateTime => "Datetime",
        FieldType::Time => "Time",
        FieldType::Address => "Address",
        FieldType::Location => "Location",
        FieldType::Base64 => "Blob",
        _ => "String",
    }
}
