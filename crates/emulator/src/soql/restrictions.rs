//! What single objects refuse that the language allows (object reference, each object's special access rules).

use std::collections::BTreeSet;

use super::ast::{Condition, Literal, Operand, Query, Selected};
use crate::sharing;
use crate::soql_error::SoqlError;
use crate::store::ObjectSchema;
use crate::viewer::Viewer;
use crate::views::{self, Hints};

/// How many records one query on `UserRecordAccess` may name.
const MOST_RECORDS: usize = 200;

/// Whether a query of this API version may filter on the column: `UserLicense.UsedLicenses` not from 64.0,
/// `SetupAuditTrail.Display` never.
pub(crate) fn filterable_at(viewer: &Viewer<'_>, object: &ObjectSchema, column: &str) -> bool {
    match (object.name.as_str(), column) {
        ("UserLicense", "UsedLicenses") => viewer.version < 64,
        ("SetupAuditTrail", "Display") => false,
        _ => true,
    }
}

/// Whether `LIMIT` means nothing for the object, and a cursor gives the same page again and again: only a walk by id is
/// complete (as public tools found `PermissionDependency` to behave).
pub(crate) fn repeats_pages(object: &str) -> bool {
    object == "PermissionDependency"
}

/// Refuses what an object of its own kind does not answer.
///
/// # Errors
/// In the platform's words where they are known.
pub(crate) fn check_restrictions(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    query: &Query,
    hints: &Hints,
) -> Result<(), SoqlError> {
    check_modelled(viewer, object, hints)?;
    match object.name.as_str() {
        "UserRecordAccess" => user_record_access(query, hints),
        "FieldDefinition" => field_definition(query),
        "FieldPermissions" => field_permissions(query),
        _ => Ok(()),
    }
}

/// Refuses what hangs on sharing that this org does not evaluate.
fn check_modelled(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    hints: &Hints,
) -> Result<(), SoqlError> {
    let all = viewer.object_access(&object.name).view_all;
    let own = viewer.org.objects.get(&object.name).filter(|_| !all);
    let shared = views::shared_object(viewer.org, &object.name).or(own);
    let of_record = |id: &String| viewer.org.object_of(id);
    let records = hints
        .get("RecordId")
        .filter(|_| object.name == "UserRecordAccess");
    let records = records.into_iter().flatten().filter_map(of_record);
    let names: BTreeSet<&str> = shared
        .into_iter()
        .chain(records)
        .map(|it| it.name.as_str())
        .collect();
    let mut refusals = names
        .iter()
        .filter_map(|name| sharing::not_modelled(viewer.org, name));
    match refusals.next() {
        Some(sentence) => Err(SoqlError::plain("FUNCTIONALITY_NOT_ENABLED", sentence)),
        None => Ok(()),
    }
}

fn user_record_access(query: &Query, hints: &Hints) -> Result<(), SoqlError> {
    let refuse = |message: &str| Err(SoqlError::malformed(query.from.at, message.to_owned()));
    if hints.get("UserId").is_none_or(|users| users.len() != 1) {
        return refuse("UserRecordAccess must be filtered by exactly one UserId");
    }
    let Some(records) = hints.get("RecordId") else {
        return refuse("UserRecordAccess must be filtered by RecordId");
    };
    if records.len() > MOST_RECORDS {
        return refuse("UserRecordAccess can be filtered by at most 200 RecordIds");
    }
    let selected: Vec<&str> = query.select.iter().filter_map(selected_name).collect();
    let names = |wanted: &str| {
        selected
            .iter()
            .any(|name| name.eq_ignore_ascii_case(wanted))
    };
    if names("Id") || names("UserId") {
        return refuse(
            "UserRecordAccess: only RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess, HasAllAccess and MaxAccessLevel can be selected",
        );
    }
    let filters_level = mentions(query.filter.as_ref(), &|name| {
        starts_with(name, "Has") || starts_with(name, "Max")
    });
    if filters_level && !(selected.len() == 1 && names("RecordId")) {
        return refuse(
            "UserRecordAccess: only RecordId can be selected when filtering by an access level",
        );
    }
    Ok(())
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn selected_name(selected: &Selected) -> Option<&str> {
    match selected {
        Selected::Field(name, _) => Some(&name.text),
        _ => None,
    }
}

fn field_definition(query: &Query) -> Result<(), SoqlError> {
    let reified = [
        "EntityDefinitionId",
        "DurableId",
        "EntityDefinition.QualifiedApiName",
        "EntityDefinition.DurableId",
    ];
    if mentions(query.filter.as_ref(), &|name| {
        reified.iter().any(|known| known.eq_ignore_ascii_case(name))
    }) {
        return Ok(());
    }
    let message = "A filter on a reified column is required [EntityDefinitionId,DurableId]";
    Err(SoqlError::plain("EXTERNAL_OBJECT_EXCEPTION", message))
}

/// Rows of field permissions are meaningless without object and field, and the object reference demands both.
fn field_permissions(query: &Query) -> Result<(), SoqlError> {
    let plain = query
        .select
        .iter()
        .all(|selected| matches!(selected, Selected::Field(..)));
    let names = |wanted: &str| {
        query
            .select
            .iter()
            .filter_map(selected_name)
            .any(|name| name.eq_ignore_ascii_case(wanted))
    };
    if !plain || !query.group_by.is_empty() || names("SobjectType") && names("Field") {
        return Ok(());
    }
    Err(SoqlError::malformed(
        query.from.at,
        "FieldPermissions: SobjectType and Field must be selected".to_owned(),
    ))
}

fn mentions(condition: Option<&Condition>, wanted: &dyn Fn(&str) -> bool) -> bool {
    let of = |operand: &Operand| matches!(operand, Operand::Field(name) if wanted(&name.text));
    match condition {
        None => false,
        Some(Condition::And(terms) | Condition::Or(terms)) => {
            terms.iter().any(|term| mentions(Some(term), wanted))
        }
        Some(Condition::Not(term)) => mentions(Some(term), wanted),
        Some(Condition::Compare(operand, _, literal)) => of(operand) && *literal != Literal::Null,
        Some(
            Condition::In(operand, ..)
            | Condition::InQuery(operand, ..)
            | Condition::Includes(operand, ..),
        ) => of(operand),
    }
}
