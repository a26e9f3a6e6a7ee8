//! Names in a query to fields of the org, through parents, as far as the running user knows them.

use super::ast::Name;
use super::parts::DatePart;
use crate::schema;
use crate::soql_error::SoqlError;
use crate::store::{FieldSchema, FieldType, ObjectSchema};
use crate::viewer::Viewer;
use crate::views::{self, Record};

use std::borrow::Cow;

use serde_json::Value;

/// The sentence the platform ends these refusals with.
const ADVICE: &str = "Please reference your WSDL or the describe call for the appropriate names.";

/// The relationship from a record to what the running user may do with it; it can be selected, not filtered on (object
/// reference, UserRecordAccess).
const OWN_ACCESS: &str = "UserRecordAccess";

/// How many parents a path may go through (SOQL reference, relationship queries).
const MOST_PARENTS: usize = 5;

/// A field, reached through parents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    /// The references on the way.
    pub steps: Vec<Step>,
    /// API name of the field at the end.
    pub column: String,
    /// Its type.
    pub kind: FieldType,
    /// Whether a query may filter on it.
    pub filterable: bool,
    /// The date function around it.
    pub part: Option<DatePart>,
    /// The objects whose ids it holds.
    pub targets: Vec<String>,
}

/// One reference on the way to a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// API name of the reference.
    pub column: String,
    /// Name of the relationship, the key in the answer.
    pub relationship: String,
    /// The objects it can point at.
    pub targets: Vec<String>,
}

impl Path {
    /// The value of this field of a record; null where a parent is missing.
    pub(crate) fn value<'r>(&self, viewer: &Viewer<'_>, record: &'r Record<'_>) -> Cow<'r, Value> {
        self.value_after(0, viewer, record)
    }

    /// The same where the first so many steps have led to the record.
    pub(crate) fn value_after<'r>(
        &self,
        taken: usize,
        viewer: &Viewer<'_>,
        record: &'r Record<'_>,
    ) -> Cow<'r, Value> {
        let steps = self.steps.get(taken..).unwrap_or_default();
        let whole = self.whole_value(steps, viewer, record);
        match self.part {
            Some(part) => Cow::Owned(part.of(&whole)),
            None => whole,
        }
    }

    fn whole_value<'r>(
        &self,
        steps: &[Step],
        viewer: &Viewer<'_>,
        record: &'r Record<'_>,
    ) -> Cow<'r, Value> {
        let Some((first, rest)) = steps.split_first() else {
            return record.value(viewer, &self.column);
        };
        let mut parent = first.follow(viewer, record);
        for step in rest {
            parent = parent.and_then(|record| step.follow(viewer, &record));
        }
        Cow::Owned(parent.map_or(Value::Null, |record| {
            record.value(viewer, &self.column).into_owned()
        }))
    }

    /// API name of the field of the record itself that the path begins with.
    pub(crate) fn base(&self) -> &str {
        self.steps.first().map_or(&self.column, |step| &step.column)
    }

    /// The key of the value in an answer.
    pub(crate) fn key(&self) -> &str {
        self.column.trim_end_matches("()")
    }
}

impl Step {
    /// The record this reference of another record points at.
    pub(crate) fn follow<'v>(
        &self,
        viewer: &Viewer<'v>,
        record: &Record<'_>,
    ) -> Option<Record<'v>> {
        let id = record.value(viewer, &self.column);
        let id = id.as_str()?;
        self.targets
            .iter()
            .find_map(|target| views::by_id(viewer, target, id))
    }
}

/// The object a `FROM` names.
///
/// # Errors
/// `INVALID_TYPE` where there is none, or the running user does not see it.
pub(crate) fn object<'v>(
    viewer: &Viewer<'v>,
    name: &Name,
) -> Result<Cow<'v, ObjectSchema>, SoqlError> {
    let schema = views::schema(viewer, &name.text).filter(|schema| viewer.sees_object(schema));
    schema.ok_or_else(|| {
        let message = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. {ADVICE}",
            name.text
        );
        SoqlError::at("INVALID_TYPE", name.at, message)
    })
}

/// The field a path names, beginning at an object.
///
/// # Errors
/// `INVALID_FIELD` where there is none, or the running user does not see it.
pub(crate) fn field(
    viewer: &Viewer<'_>,
    base: &ObjectSchema,
    alias: Option<&str>,
    name: &Name,
) -> Result<Path, SoqlError> {
    let mut parts: Vec<&str> = name.text.split('.').collect();
    let prefixed = |part: &str| {
        alias.is_some_and(|alias| alias.eq_ignore_ascii_case(part))
            || base.name.eq_ignore_ascii_case(part)
    };
    if parts.len() > 1 && prefixed(parts[0]) && relationship(base, parts[0]).is_none() {
        parts.remove(0);
    }
    let Some((column, parents)) = parts.split_last() else {
        return Err(no_column(name, "", base));
    };
    if parents.len() > MOST_PARENTS {
        return Err(SoqlError::malformed(
            name.at,
            "SELECT clause has more than 5 levels of parent relationships".to_owned(),
        ));
    }
    let mut steps = Vec::new();
    let mut candidates: Vec<Cow<'_, ObjectSchema>> = vec![Cow::Borrowed(base)];
    for parent in parents {
        let step = step(viewer, &candidates, name, parent)?;
        candidates = step
            .targets
            .iter()
            .filter_map(|target| views::schema(viewer, target))
            .collect();
        steps.push(step);
    }
    let polymorphic = candidates.len() > 1;
    if polymorphic && column.eq_ignore_ascii_case("Type") {
        return Ok(type_path(steps));
    }
    match candidates
        .iter()
        .find_map(|schema| Some((schema, seen(viewer, schema, column)?)))
    {
        Some((schema, field)) => part_of(path(steps, schema, &field), name),
        None => Err(no_column(
            name,
            column,
            candidates.first().map_or(base, |schema| schema),
        )),
    }
}

fn seen<'s>(
    viewer: &Viewer<'_>,
    schema: &'s ObjectSchema,
    column: &str,
) -> Option<Cow<'s, FieldSchema>> {
    views::field(viewer.org, schema, column).filter(|field| viewer.sees_field(schema, field))
}

/// A field with the date function around it.
fn part_of(mut path: Path, name: &Name) -> Result<Path, SoqlError> {
    let Some(part) = name.part else {
        return Ok(path);
    };
    if !part.applies_to(path.kind) {
        let message = format!("field {} does not support date function", name.text);
        return Err(SoqlError::malformed(name.at, message));
    }
    (path.kind, path.part) = (part.kind(), name.part);
    Ok(path)
}

fn path(steps: Vec<Step>, schema: &ObjectSchema, field: &FieldSchema) -> Path {
    // Definitions are told apart by names, not by ids.
    let by_name = field
        .reference_to
        .iter()
        .any(|target| target == "EntityDefinition");
    let kind = if by_name {
        FieldType::String
    } else {
        field.kind
    };
    let computed = steps.iter().any(|step| step.relationship == OWN_ACCESS);
    Path {
        steps,
        column: field.name.clone(),
        kind,
        filterable: !computed && views::is_filterable(field),
        part: None,
        targets: match field.kind {
            FieldType::Id => vec![schema.name.clone()],
            _ => field.reference_to.clone(),
        },
    }
}

/// `Owner.Type`: a polymorphic parent tells what it is, even where it has a field of that name.
fn type_path(steps: Vec<Step>) -> Path {
    Path {
        steps,
        column: views::TYPE_COLUMN.to_owned(),
        kind: FieldType::String,
        filterable: true,
        part: None,
        targets: Vec::new(),
    }
}

fn relationship<'s>(schema: &'s ObjectSchema, name: &str) -> Option<&'s FieldSchema> {
    let named = |field: &&FieldSchema| {
        field
            .relationship_name
            .as_deref()
            .is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    schema.fields.values().find(named)
}

fn step(
    viewer: &Viewer<'_>,
    schemas: &[Cow<'_, ObjectSchema>],
    name: &Name,
    part: &str,
) -> Result<Step, SoqlError> {
    let found = schemas.iter().find_map(|schema| {
        relationship(schema, part).filter(|field| viewer.sees_field(schema, field))
    });
    let shared = schemas
        .first()
        .is_some_and(|schema| !schema::is_setup(&schema.name));
    if found.is_none() && shared && part.eq_ignore_ascii_case(OWN_ACCESS) {
        return Ok(Step {
            column: "Id".to_owned(),
            relationship: OWN_ACCESS.to_owned(),
            targets: vec![OWN_ACCESS.to_owned()],
        });
    }
    let Some(field) = found else {
        let message = format!(
            "Didn't understand relationship '{part}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. {ADVICE}"
        );
        return Err(SoqlError::at("INVALID_FIELD", name.at, message));
    };
    Ok(Step {
        column: field.name.clone(),
        relationship: field.relationship_name.clone().unwrap_or_default(),
        targets: field.reference_to.clone(),
    })
}

fn no_column(name: &Name, column: &str, schema: &ObjectSchema) -> SoqlError {
    let message = format!(
        "No such column '{column}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. {ADVICE}",
        schema.name
    );
    SoqlError::at("INVALID_FIELD", name.at, message)
}

/// The child object and its reference to the parent that a sub-query's `FROM` names.
///
/// # Errors
/// `INVALID_TYPE` where there is no such relationship.
pub(crate) fn children<'v>(
    viewer: &Viewer<'v>,
    parent: &ObjectSchema,
    name: &Name,
) -> Result<(Cow<'v, ObjectSchema>, String), SoqlError> {
    let found = views::child_relationship(viewer, &parent.name, &name.text);
    found.filter(|(schema, _)| viewer.sees_object(schema)).ok_or_else(|| {
        let message = format!(
            "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. {ADVICE}",
            name.text
        );
        SoqlError::at("INVALID_TYPE", name.at, message)
    })
}
