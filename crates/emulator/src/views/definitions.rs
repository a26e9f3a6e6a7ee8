//! `Organization`, `EntityDefinition`, `FieldDefinition`, `RecordType` and `SetupAuditTrail`.

use serde_json::{Value, json};

use super::{Record, is_filterable, moment, optional, stamps};
use crate::schema;
use crate::store::*;
use crate::viewer::Viewer;

/// A column of `Organization`. The defaults are those in force, in words of their own.
pub(super) fn organization(org: &Org, organization: &Organization, column: &str) -> Value {
    match column {
        "Id" => json!(organization.id),
        "Name" => json!(organization.name),
        "OrganizationType" => json!(organization.organization_type),
        "IsSandbox" => json!(organization.is_sandbox),
        "IsReadOnly" => json!(false),
        "InstanceName" => json!(organization.instance_name),
        "NamespacePrefix" => optional(organization.namespace_prefix.as_ref()),
        "TrialExpirationDate" => organization.trial_expiration.map_or(Value::Null, moment),
        "TimeZoneSidKey" => json!(organization.time_zone),
        "DefaultLocaleSidKey" => json!(organization.locale),
        "LanguageLocaleKey" => json!(organization.language),
        "FiscalYearStartMonth" => json!(1),
        "DefaultCalendarAccess" => json!("HideDetailsInsert"),
        "DefaultPricebookAccess" => default_access(org, "Pricebook2"),
        other => match other
            .strip_prefix("Default")
            .and_then(|rest| rest.strip_suffix("Access"))
        {
            Some(object) => default_access(org, object),
            None => stamps(org, other),
        },
    }
}

fn default_access(org: &Org, object: &str) -> Value {
    org.object(object).map_or(Value::Null, |object| {
        json!(object.sharing.in_force.internal.organization_word())
    })
}

/// The objects `EntityDefinition` has a row for.
pub(super) fn objects<'v>(org: &'v Org) -> impl Iterator<Item = &'v ObjectSchema> {
    let setup = schema::setup_objects()
        .filter_map(schema::setup_table)
        .map(|object| -> &'v ObjectSchema { object });
    org.objects.values().chain(setup)
}

/// `EntityDefinition.DurableId`.
pub(super) fn durable_id(object: &ObjectSchema) -> &str {
    if object.durable_id.is_empty() {
        &object.name
    } else {
        &object.durable_id
    }
}

/// A column of `EntityDefinition`. A standard object that is controlled by its parent shows the parent's model, as real
/// orgs do; the detail of a master shows that it is controlled.
pub(super) fn object(org: &Org, object: &ObjectSchema, column: &str) -> Value {
    match column {
        "Id" => json!("000000000000000AAA"),
        "DurableId" => json!(durable_id(object)),
        "QualifiedApiName" => json!(object.name),
        "DeveloperName" => json!(developer_name(&object.name)),
        "Label" | "MasterLabel" => json!(object.label),
        "PluralLabel" => json!(object.label_plural),
        "KeyPrefix" => optional(Some(&object.key_prefix)),
        "PublisherId" => json!(if object.custom { "<local>" } else { "System" }),
        "IsCustomizable" => json!(org.objects.contains_key(&object.name)),
        "IsCustomSetting" => json!(false),
        "IsQueryable" => json!(true),
        "InternalSharingModel" => json!(effective(org, object).internal.as_str()),
        "ExternalSharingModel" => json!(effective(org, object).external.as_str()),
        other => stamps(org, other),
    }
}

fn effective(org: &Org, object: &ObjectSchema) -> Models {
    let mut object = object;
    // A chain of parents ends; a damaged one is not followed for ever.
    for _ in 0..5 {
        let by_parent = object.sharing.in_force.internal == SharingModel::ControlledByParent;
        if !by_parent || schema::is_detail(object) {
            break;
        }
        let Some(parent) = schema::parent(object).and_then(|(_, parent)| org.object(parent)) else {
            break;
        };
        object = parent;
    }
    object.sharing.in_force
}

fn developer_name(name: &str) -> &str {
    name.strip_suffix("__c").unwrap_or(name)
}

/// `FieldDefinition`: every field for those who see setup, else those the running user sees.
pub(super) fn fields<'v>(viewer: &Viewer<'v>) -> Vec<Record<'v>> {
    let all = viewer.allows("ViewSetup") || viewer.allows("CustomizeApplication");
    let fields = objects(viewer.org)
        .flat_map(|object| object.fields.values().map(move |field| (object, field)));
    let seen = fields.filter(|(object, field)| all || viewer.sees_field(object, field));
    seen.map(|(object, field)| Record::Field(object, field))
        .collect()
}

/// A column of `FieldDefinition`.
pub(super) fn field(object: &ObjectSchema, field: &FieldSchema, column: &str) -> Value {
    match column {
        "Id" => json!("000000000000000AAA"),
        "DurableId" => json!(format!(
            "{}.{}",
            durable_id(object),
            field.id.as_deref().map_or(field.name.as_str(), short)
        )),
        "QualifiedApiName" => json!(field.name),
        "EntityDefinitionId" => json!(durable_id(object)),
        "DeveloperName" => json!(developer_name(&field.name)),
        "Label" | "MasterLabel" => json!(field.label),
        "DataType" => json!(data_type(field)),
        "ValueTypeId" => json!(field.kind.as_str()),
        "Length" => json!(field.length),
        "Precision" => json!(field.precision),
        "Scale" => json!(field.scale),
        "IsNillable" => json!(field.nillable),
        "IsCalculated" => json!(field.calculated),
        "IsIndexed" => json!(field.kind == FieldType::Id || field.unique || field.external_id),
        "IsNameField" => json!(field.name_field),
        "IsCompound" => json!(!is_filterable(field) && field.kind == FieldType::Address),
        _ => Value::Null,
    }
}

/// The type as setup shows it.
fn data_type(field: &FieldSchema) -> String {
    match field.kind {
        FieldType::Boolean => "Checkbox".to_owned(),
        FieldType::String => format!("Text({})", field.length),
        FieldType::Picklist => "Picklist".to_owned(),
        FieldType::MultiPicklist => "Picklist (Multi-Select)".to_owned(),
        FieldType::Reference => format!("Lookup({})", field.reference_to.join(",")),
        FieldType::Double => format!(
            "Number({}, {})",
            field.precision.saturating_sub(field.scale),
            field.scale
        ),
        FieldType::Currency => format!(
            "Currency({}, {})",
            field.precision.saturating_sub(field.scale),
            field.scale
        ),
        FieldType::Percent => format!(
            "Percent({}, {})",
            field.precision.saturating_sub(field.scale),
            field.scale
        ),
        FieldType::Date => "Date".to_owned(),
        FieldType::DateTime => "Date/Time".to_owned(),
        FieldType::Email => "Email".to_owned(),
        FieldType::Phone => "Phone".to_owned(),
        FieldType::Url => format!("URL({})", field.length),
        FieldType::TextArea if field.length > 255 => format!("Long Text Area({})", field.length),
        FieldType::TextArea => "Text Area".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// `RecordType`.
pub(super) fn record_types(org: &Org) -> Vec<Record<'_>> {
    let types = org
        .objects
        .values()
        .flat_map(|object| object.record_types.values().map(move |kind| (object, kind)));
    let row = |(object, kind): (&ObjectSchema, &RecordType)| {
        let mut row = Row::from([
            ("Id".to_owned(), json!(kind.id)),
            ("Name".to_owned(), json!(kind.name)),
            ("DeveloperName".to_owned(), json!(kind.developer_name)),
            ("SobjectType".to_owned(), json!(object.name)),
            ("IsActive".to_owned(), json!(kind.active)),
        ]);
        for stamp in [
            "CreatedDate",
            "CreatedById",
            "LastModifiedDate",
            "LastModifiedById",
            "SystemModstamp",
        ] {
            row.insert(stamp.to_owned(), stamps(org, stamp));
        }
        Record::Built("RecordType", row)
    };
    types.map(row).collect()
}

/// `SetupAuditTrail`, newest first.
pub(super) fn audit_trail(org: &Org) -> Vec<Record<'_>> {
    let row = |entry: &AuditEntry| {
        let row = Row::from([
            ("Id".to_owned(), json!(entry.id)),
            ("Action".to_owned(), json!(entry.action)),
            ("Section".to_owned(), json!(entry.section)),
            ("CreatedDate".to_owned(), moment(entry.created)),
            ("CreatedById".to_owned(), json!(entry.created_by)),
            ("Display".to_owned(), json!(entry.display)),
        ]);
        Record::Built("SetupAuditTrail", row)
    };
    org.audit.iter().rev().map(row).collect()
}
