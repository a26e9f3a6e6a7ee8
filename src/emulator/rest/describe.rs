//! What objects and fields there are, as far as the running user sees them.

use serde_json::{Map, Value, json};

use super::records::schema;
use crate::emulator::http::{Refusal, Response};
use crate::emulator::schema as standard;
use crate::emulator::store::{FieldSchema, FieldType, ObjectSchema};
use crate::emulator::viewer::Viewer;
use crate::emulator::views;

/// `GET sobjects`.
pub fn global(viewer: &Viewer<'_>) -> Response {
    let data = viewer.org.objects.values();
    let mut names: Vec<String> = data
        .flat_map(|object| [object.name.clone(), views::share_object(&object.name)])
        .collect();
    names.extend(standard::setup_objects().map(str::to_owned));
    let objects = names
        .iter()
        .filter_map(|name| views::schema(viewer, name))
        .filter(|object| viewer.sees_object(object));
    let mut sobjects: Vec<Value> = objects
        .map(|object| Value::Object(summary(viewer, &object)))
        .collect();
    sobjects.sort_by(|left, right| left["name"].as_str().cmp(&right["name"].as_str()));
    Response::json(
        200,
        &json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects}),
    )
}

/// `GET sobjects/X`.
///
/// # Errors
/// `NOT_FOUND`.
pub fn basic(viewer: &Viewer<'_>, name: &str) -> Result<Response, Refusal> {
    let object = schema(viewer, name)?;
    Ok(Response::json(
        200,
        &json!({"objectDescribe": summary(viewer, &object), "recentItems": []}),
    ))
}

/// `GET sobjects/X/describe`.
///
/// # Errors
/// `NOT_FOUND`.
pub fn object(viewer: &Viewer<'_>, name: &str) -> Result<Response, Refusal> {
    let object = schema(viewer, name)?;
    let mut full =
        standard::setup_object(viewer.org, &object.name).unwrap_or_else(|| object.into_owned());
    full.fields
        .retain(|_, field| viewer.version >= 63 || field.name != "PermissionsViewAllFields");
    let mut described = summary(viewer, &full);
    let fields = full
        .fields
        .values()
        .filter(|field| viewer.sees_field(&full, field));
    described.insert(
        "fields".to_owned(),
        fields
            .map(|field| describe_field(viewer, &full, field))
            .collect(),
    );
    described.insert("childRelationships".to_owned(), children(viewer, &full));
    described.insert("recordTypeInfos".to_owned(), record_types(viewer, &full));
    for empty in ["actionOverrides", "namedLayoutInfos", "supportedScopes"] {
        described.insert(empty.to_owned(), json!([]));
    }
    Ok(Response::json(200, &Value::Object(described)))
}

fn summary(viewer: &Viewer<'_>, object: &ObjectSchema) -> Map<String, Value> {
    let access = viewer.object_access(&object.name);
    let setup = views::is_setup(&object.name);
    let data = viewer.org.objects.contains_key(&object.name);
    let writable = setup && object.fields.values().any(|field| field.createable);
    let base = format!(
        "/services/data/v{}.0/sobjects/{}",
        viewer.version, object.name
    );
    let flags = [
        ("activateable", false),
        ("createable", access.create || writable),
        ("custom", object.custom),
        ("customSetting", false),
        (
            "deletable",
            access.delete || writable && object.name != "User",
        ),
        ("deprecatedAndHidden", false),
        ("feedEnabled", data),
        ("hasSubtypes", false),
        ("isSubtype", false),
        ("layoutable", data),
        (
            "mergeable",
            matches!(object.name.as_str(), "Account" | "Contact" | "Lead"),
        ),
        ("mruEnabled", data),
        ("queryable", true),
        ("replicateable", true),
        ("retrieveable", true),
        ("searchable", data),
        ("triggerable", data),
        ("undeletable", data),
        ("updateable", access.edit || writable),
    ];
    let mut summary = Map::from_iter([
        ("name".to_owned(), json!(object.name)),
        ("label".to_owned(), json!(object.label)),
        ("labelPlural".to_owned(), json!(object.label_plural)),
        (
            "keyPrefix".to_owned(),
            Some(&object.key_prefix)
                .filter(|prefix| !prefix.is_empty())
                .map_or(Value::Null, |p| json!(p)),
        ),
    ]);
    summary.extend(
        flags
            .into_iter()
            .map(|(name, flag)| (name.to_owned(), json!(flag))),
    );
    let urls = json!({"sobject": base, "describe": format!("{base}/describe"), "rowTemplate": format!("{base}/{{ID}}")});
    summary.insert("urls".to_owned(), urls);
    summary
}

fn describe_field(viewer: &Viewer<'_>, object: &ObjectSchema, field: &FieldSchema) -> Value {
    let edits = viewer.edits_field(object, field);
    let mut described = texts(field);
    let filterable =
        views::is_filterable(field) && views::filterable_at(viewer, object, &field.name);
    let groupable = filterable
        && !matches!(
            field.kind,
            FieldType::Double | FieldType::Currency | FieldType::Percent | FieldType::DateTime
        );
    let flags = [
        (
            "aggregatable",
            filterable && field.kind != FieldType::Boolean,
        ),
        ("autoNumber", field.auto_number),
        ("calculated", field.calculated),
        ("cascadeDelete", field.master_detail),
        ("caseSensitive", field.case_sensitive),
        ("createable", field.createable && edits),
        ("custom", field.custom),
        ("defaultedOnCreate", field.defaulted_on_create),
        ("dependentPicklist", false),
        ("deprecatedAndHidden", false),
        ("externalId", field.external_id),
        ("filterable", filterable),
        ("groupable", groupable),
        ("htmlFormatted", false),
        (
            "idLookup",
            field.kind == FieldType::Id || field.external_id || field.name == "Email",
        ),
        ("nameField", field.name_field),
        ("namePointing", field.reference_to.len() > 1),
        ("nillable", field.nillable),
        ("permissionable", field.permissionable),
        ("polymorphicForeignKey", field.reference_to.len() > 1),
        ("restrictedPicklist", field.restricted_picklist),
        (
            "sortable",
            filterable && field.kind != FieldType::MultiPicklist,
        ),
        ("unique", field.unique),
        ("updateable", field.updateable && edits),
        ("writeRequiresMasterRead", false),
    ];
    described.extend(
        flags
            .into_iter()
            .map(|(name, flag)| (name.to_owned(), json!(flag))),
    );
    Value::Object(described)
}

fn texts(field: &FieldSchema) -> Map<String, Value> {
    let length = if matches!(field.kind, FieldType::Id | FieldType::Reference) {
        18
    } else {
        field.length
    };
    let value = |value: &crate::emulator::store::PicklistValue| json!({"active": value.active, "defaultValue": value.default, "label": value.label, "validFor": null, "value": value.value});
    let default = match (&field.default_value, field.kind) {
        (Some(value), _) => value.clone(),
        (None, FieldType::Boolean) => json!(false),
        (None, _) => Value::Null,
    };
    let pairs = [
        ("name", json!(field.name)),
        ("label", json!(field.label)),
        ("type", json!(field.kind.as_str())),
        ("soapType", json!(soap_type(field.kind))),
        ("length", json!(length)),
        ("byteLength", json!(length.saturating_mul(3))),
        ("precision", json!(field.precision)),
        ("scale", json!(field.scale)),
        (
            "digits",
            json!(if field.kind == FieldType::Int { 9 } else { 0 }),
        ),
        ("defaultValue", default),
        ("inlineHelpText", json!(field.help_text)),
        ("picklistValues", field.picklist.iter().map(value).collect()),
        ("referenceTo", json!(field.reference_to)),
        ("relationshipName", json!(field.relationship_name)),
        ("calculatedFormula", Value::Null),
        ("compoundFieldName", Value::Null),
        ("controllerName", Value::Null),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn soap_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Id | FieldType::Reference => "tns:ID",
        FieldType::Boolean => "xsd:boolean",
        FieldType::Int => "xsd:int",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "xsd:double",
        FieldType::Date => "xsd:date",
        FieldType::DateTime => "xsd:dateTime",
        FieldType::Time => "xsd:time",
        FieldType::Address => "urn:address",
        FieldType::Location => "urn:location",
        FieldType::Base64 => "xsd:base64Binary",
        FieldType::AnyType => "xsd:anyType",
        _ => "xsd:string",
    }
}

fn children(viewer: &Viewer<'_>, object: &ObjectSchema) -> Value {
    let references = views::child_fields(viewer.org, &object.name);
    let seen = references
        .filter(|(child, field)| viewer.sees_object(child) && viewer.sees_field(child, field));
    let relation = |(child, field): (&ObjectSchema, &FieldSchema)| {
        json!({
            "cascadeDelete": field.master_detail,
            "childSObject": child.name,
            "deprecatedAndHidden": false,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.child_relationship,
            "restrictedDelete": false,
        })
    };
    seen.map(relation).collect()
}

fn record_types(viewer: &Viewer<'_>, object: &ObjectSchema) -> Value {
    let info = |id: &str, name: &str, developer_name: &str, active: bool, master: bool| {
        let layout = format!(
            "/services/data/v{}.0/sobjects/{}/describe/layouts/{id}",
            viewer.version, object.name
        );
        json!({
            "active": active,
            "available": true,
            "defaultRecordTypeMapping": master,
            "developerName": developer_name,
            "master": master,
            "name": name,
            "recordTypeId": id,
            "urls": {"layout": layout},
        })
    };
    let own = object.record_types.values().map(|kind| {
        info(
            &kind.id,
            &kind.name,
            &kind.developer_name,
            kind.active,
            false,
        )
    });
    own.chain([info("012000000000000AAA", "Master", "Master", true, true)])
        .collect()
}
