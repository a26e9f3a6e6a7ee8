//! Rows of share objects: only Manual ones can be written.

use super::{Writer, demand_fields, duplicate, integrity, text, values};
use crate::http::Refusal;
use crate::sharing;
use crate::store::{AccessLevel, AccountLevels, Id, ObjectSchema, Org, Row, ShareRow};
use crate::views;

/// Shares a record with a user or group.
pub(super) fn create(
    writer: &mut Writer<'_>,
    schema: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    let (parent, level) = columns(&schema.name);
    demand_fields(&row, &[&parent, "UserOrGroupId", &level])?;
    let org = &writer.world.org;
    let object = shared(org, schema)?;
    let record = text(&row, &parent).unwrap_or_default();
    demand_all(writer, &object, &record)?;
    if text(&row, "RowCause").is_some_and(|cause| cause != "Manual") {
        return Err(values::read_only(&["RowCause".to_owned()]));
    }
    let user_or_group = text(&row, "UserOrGroupId").unwrap_or_default();
    let same = |other: &&ShareRow| {
        let rest = other.record == record && other.user_or_group == user_or_group;
        rest && other.cause == "Manual"
    };
    if let Some(other) = org.manual_shares.values().find(same) {
        return Err(duplicate("ParentId, UserOrGroupId, RowCause", &other.id));
    }
    let granted = granted(org, &object, schema, &row, &level)?;
    let account_levels = account_levels(&object, &row);
    let id = writer.world.org.next_id(&schema.key_prefix);
    let share = ShareRow {
        id: id.clone(),
        object,
        record,
        user_or_group,
        level: granted,
        cause: "Manual".to_owned(),
        account_levels,
        by: Some(writer.user.to_owned()),
    };
    writer.world.org.manual_shares.insert(id.clone(), share);
    Ok(id)
}

/// Changes the level of a manual row.
pub(super) fn update(
    writer: &mut Writer<'_>,
    schema: &ObjectSchema,
    id: &str,
    row: Row,
) -> Result<(), Refusal> {
    let (_, column) = columns(&schema.name);
    let (object, record) = manual(writer, id)?;
    demand_all(writer, &object, &record)?;
    let level = granted(&writer.world.org, &object, schema, &row, &column)?;
    if let Some(share) = writer.world.org.manual_shares.get_mut(id) {
        share.level = level;
        share.account_levels = account_levels(&object, &row).or(share.account_levels);
    }
    Ok(())
}

/// Deletes a manual row.
pub(super) fn delete(writer: &mut Writer<'_>, _: &ObjectSchema, id: &str) -> Result<(), Refusal> {
    let (object, record) = manual(writer, id)?;
    demand_all(writer, &object, &record)?;
    writer.world.org.manual_shares.remove(id);
    Ok(())
}

/// Object and record of a manual row; the platform keeps the others to itself.
fn manual(writer: &Writer<'_>, id: &str) -> Result<(String, Id), Refusal> {
    let org = &writer.world.org;
    if let Some(share) = org.manual_shares.get(id) {
        let written = share.cause == "Manual";
        return match written {
            true => Ok((share.object.clone(), share.record.clone())),
            false => Err(insufficient()),
        };
    }
    let computed = |object: &ObjectSchema| {
        sharing::share_rows(org, &object.name)
            .iter()
            .any(|row| row.id == id)
    };
    match org
        .objects
        .values()
        .filter(|object| object.has_shares)
        .any(computed)
    {
        true => Err(insufficient()),
        false => Err(Refusal::not_found()),
    }
}

fn shared(org: &Org, schema: &ObjectSchema) -> Result<String, Refusal> {
    views::shared_object(org, &schema.name)
        .map(|object| object.name.clone())
        .ok_or_else(Refusal::not_found)
}

fn columns(share: &str) -> (String, String) {
    match share.strip_suffix("Share") {
        Some(object) if !share.ends_with("__Share") => {
            (format!("{object}Id"), format!("{object}AccessLevel"))
        }
        _ => ("ParentId".to_owned(), "AccessLevel".to_owned()),
    }
}

fn insufficient() -> Refusal {
    Refusal::new(
        400,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    )
    .about(Vec::<String>::new())
}

/// Who shares a record must have all rights on it.
fn demand_all(writer: &Writer<'_>, object: &str, record: &str) -> Result<(), Refusal> {
    let access = sharing::access(
        &writer.world.org,
        writer.user,
        object,
        record,
        writer.world.now(),
    );
    if access.all {
        Ok(())
    } else {
        Err(insufficient())
    }
}

/// The level of a row; one that gives no more than everybody has is refused.
fn granted(
    org: &Org,
    object: &str,
    schema: &ObjectSchema,
    row: &Row,
    column: &str,
) -> Result<AccessLevel, Refusal> {
    let word = text(row, column).unwrap_or_default();
    let level = AccessLevel::parse(&word)
        .filter(|level| matches!(level, AccessLevel::Read | AccessLevel::Edit));
    let Some(level) = level else {
        return Err(values::unknown_value(schema, column, &word));
    };
    let model = org
        .object(object)
        .map(|object| object.sharing.in_force.internal)
        .unwrap_or_default();
    let default = sharing::baseline(model);
    if level <= default {
        let message = format!(
            "field integrity exception: {column} (trivial share level {word}, for organization with default level {})",
            default.as_str()
        );
        return Err(integrity(message));
    }
    Ok(level)
}

fn account_levels(object: &str, row: &Row) -> Option<AccountLevels> {
    let level = |child: &str| {
        text(row, &format!("{child}AccessLevel"))
            .and_then(|word| AccessLevel::parse(&word))
            .unwrap_or_default()
    };
    let levels = AccountLevels {
        case: level("Case"),
        contact: level("Contact"),
        opportunity: level("Opportunity"),
    };
    (object == "Account").then_some(levels)
}
