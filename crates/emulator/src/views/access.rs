//! Share objects and `UserRecordAccess`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Hints, Record, stamps};
use crate::sharing::{Sight, has_share_table, share_prefix, share_rows};
use crate::store::*;
use crate::viewer::Viewer;

/// The share object of a data object: `LeadShare`, `Thing__Share`.
pub(crate) fn share_object(object: &str) -> String {
    match object.strip_suffix("__c") {
        Some(custom) => format!("{custom}__Share"),
        None => format!("{object}Share"),
    }
}

/// The data object a share object belongs to. A parent-controlled object has no share object.
pub(crate) fn shared_object<'o>(org: &'o Org, share: &str) -> Option<&'o ObjectSchema> {
    let is_share = share.len() > 5
        && share.is_char_boundary(share.len() - 5)
        && share[share.len() - 5..].eq_ignore_ascii_case("share");
    if !is_share {
        return None;
    }
    let mut objects = org
        .objects
        .values()
        .filter(|object| has_share_table(org, object));
    objects.find(|object| share_object(&object.name).eq_ignore_ascii_case(share))
}

/// The column that names the shared record.
pub(crate) fn parent_column(object: &str) -> String {
    if object.ends_with("__c") {
        "ParentId".to_owned()
    } else {
        format!("{object}Id")
    }
}

pub(crate) fn level_column(object: &str) -> String {
    if object.ends_with("__c") {
        "AccessLevel".to_owned()
    } else {
        format!("{object}AccessLevel")
    }
}

/// The schema of a data object's share object.
pub(crate) fn share_schema(object: &ObjectSchema) -> ObjectSchema {
    let name = share_object(&object.name);
    let parent = parent_column(&object.name);
    let relationship = if object.custom {
        "Parent"
    } else {
        object.name.as_str()
    };
    let mut fields = vec![
        plain("Id", FieldType::Id),
        reference(&parent, relationship, &[&object.name]),
        reference("UserOrGroupId", "UserOrGroup", &["Group", "User"]),
        FieldSchema {
            createable: true,
            updateable: true,
            ..plain(&level_column(&object.name), FieldType::Picklist)
        },
        FieldSchema {
            createable: true,
            defaulted_on_create: true,
            ..plain("RowCause", FieldType::Picklist)
        },
        plain("LastModifiedDate", FieldType::DateTime),
        FieldSchema {
            createable: false,
            ..reference("LastModifiedById", "LastModifiedBy", &["User"])
        },
        plain("IsDeleted", FieldType::Boolean),
    ];
    if object.name == "Account" {
        for child in ["Opportunity", "Case", "Contact"] {
            let column = plain(&format!("{child}AccessLevel"), FieldType::Picklist);
            fields.push(FieldSchema {
                createable: true,
                updateable: true,
                ..column
            });
        }
    }
    ObjectSchema {
        label: format!("{} Share", object.label),
        label_plural: format!("{} Share", object.label),
        key_prefix: share_prefix(&object.name).to_owned(),
        fields: fields
            .into_iter()
            .map(|field| (field.name.clone(), field))
            .collect(),
        name,
        ..ObjectSchema::default()
    }
}

fn plain(name: &str, kind: FieldType) -> FieldSchema {
    FieldSchema {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
        length: 40,
        ..FieldSchema::default()
    }
}

fn reference(name: &str, relationship: &str, targets: &[&str]) -> FieldSchema {
    FieldSchema {
        relationship_name: Some(relationship.to_owned()),
        reference_to: targets.iter().map(|target| (*target).to_owned()).collect(),
        createable: true,
        ..plain(name, FieldType::Reference)
    }
}

/// The rows of a data object's share object, of records that the running user reads.
pub(super) fn shares<'v>(viewer: &Viewer<'v>, object: &ObjectSchema) -> Vec<Record<'v>> {
    let org = viewer.org;
    let Some(sight) = Sight::new(org, &viewer.user, &object.name, viewer.now) else {
        return Vec::new();
    };
    share_rows(org, &object.name)
        .into_iter()
        .filter(|row| sight.sees(&row.record))
        .map(|row| Record::Share(Box::new(row)))
        .collect()
}

/// A column of a share object.
pub(super) fn share(org: &Org, row: &ShareRow, column: &str) -> Value {
    let custom = row.object.ends_with("__c");
    match column {
        "Id" => json!(row.id),
        "UserOrGroupId" => json!(row.user_or_group),
        "RowCause" => json!(row.cause),
        "ParentId" if custom => json!(row.record),
        "AccessLevel" if custom => json!(row.level.as_str()),
        other => match other.strip_prefix(row.object.as_str()) {
            Some("Id") => json!(row.record),
            Some("AccessLevel") => json!(row.level.as_str()),
            _ if other == "LastModifiedById" && row.by.is_some() => json!(row.by),
            _ => account_level(row, other).unwrap_or_else(|| stamps(org, other)),
        },
    }
}

fn account_level(row: &ShareRow, column: &str) -> Option<Value> {
    let levels = row.account_levels?;
    let level = match column {
        "CaseAccessLevel" => levels.case,
        "ContactAccessLevel" => levels.contact,
        "OpportunityAccessLevel" => levels.opportunity,
        _ => return None,
    };
    Some(json!(level.as_str()))
}

/// `UserRecordAccess` of one user and the records asked for.
///
/// Records the running user cannot read have no row (object reference, `UserRecordAccess`). An id that no record has does
/// to whoever reads all: nothing is allowed with it.
pub(super) fn user_record_access<'v>(viewer: &Viewer<'v>, hints: &Hints) -> Vec<Record<'v>> {
    let Some([user]) = hints.get("UserId").map(Vec::as_slice) else {
        return Vec::new();
    };
    let mut looks: BTreeMap<&str, Option<(Sight<'v>, Sight<'v>)>> = BTreeMap::new();
    let mut rows = Vec::new();
    for record in hints.get("RecordId").into_iter().flatten() {
        let Some(record) = canonical(record) else {
            continue;
        };
        let Some(object) = viewer.org.object_of(&record) else {
            continue;
        };
        let pair = looks.entry(&object.name).or_insert_with(|| {
            let running = Sight::new(viewer.org, &viewer.user, &object.name, viewer.now)?;
            Some((
                running,
                Sight::new(viewer.org, user, &object.name, viewer.now)?,
            ))
        });
        let Some((running, asked)) = pair else {
            continue;
        };
        let gone = viewer.org.row(&object.name, &record).is_none();
        if running.sees(&record) || gone && running.sees_all() {
            rows.push(access_row(user, &record, asked.of(&record)));
        }
    }
    rows.sort_by(|(left, _), (right, _)| left.cmp(right));
    rows.dedup_by(|(left, _), (right, _)| left == right);
    rows.into_iter()
        .map(|(_, row)| Record::Built("UserRecordAccess", row))
        .collect()
}

/// What the running user may do with one record.
pub(super) fn own_access<'v>(viewer: &Viewer<'v>, record: &str) -> Option<Record<'v>> {
    let object = viewer.org.object_of(record)?;
    let sight = Sight::new(viewer.org, &viewer.user, &object.name, viewer.now)?;
    let (_, row) = access_row(&viewer.user, record, sight.of(record));
    Some(Record::Built("UserRecordAccess", row))
}

fn access_row(user: &str, record: &str, access: Access) -> (Id, Row) {
    let row = Row::from([
        ("UserId".to_owned(), json!(user)),
        ("RecordId".to_owned(), json!(record)),
        ("HasReadAccess".to_owned(), json!(access.read)),
        ("HasEditAccess".to_owned(), json!(access.edit)),
        ("HasDeleteAccess".to_owned(), json!(access.delete)),
        ("HasTransferAccess".to_owned(), json!(access.transfer)),
        ("HasAllAccess".to_owned(), json!(access.all)),
        ("MaxAccessLevel".to_owned(), json!(access.max_level())),
    ]);
    (record.to_owned(), row)
}
