//! What objects and fields there are, as far as the running user sees them.
//!
//! Promise: an object and a field have every key that the platform tells of them, also where this org has but one value.

mod field;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::records::schema;
use crate::http::{Refusal, Response};
use crate::schema as standard;
use crate::store::{FieldSchema, ObjectSchema};
use crate::viewer::Viewer;
use crate::views;

/// `GET sobjects`.
pub(crate) fn global(viewer: &Viewer<'_>) -> Response {
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
pub(crate) fn basic(viewer: &Viewer<'_>, name: &str) -> Result<Response, Refusal> {
    let object = schema(viewer, name)?;
    Ok(Response::json(
        200,
        &json!({"objectDescribe": summary(viewer, &object), "recentItems": []}),
    ))
}

/// Keys of an object's describe that no object of this org has a value for.
const ABSENT: [&str; 8] = [
    "defaultImplementation",
    "extendedBy",
    "extendsInterfaces",
    "implementedBy",
    "implementsInterfaces",
    "listviewable",
    "lookupLayoutable",
    "networkScopeFieldName",
];

/// `GET sobjects/X/describe`.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) fn object(viewer: &Viewer<'_>, name: &str) -> Result<Response, Refusal> {
    let object = schema(viewer, name)?;
    let full =
        standard::setup_object(viewer.org, &object.name).unwrap_or_else(|| object.into_owned());
    let described = Described {
        summary: summary(viewer, &full),
        fields: full
            .fields
            .values()
            .filter(|field| viewer.sees_field(&full, field))
            .map(|field| field::Described::new(viewer, &full, field))
            .collect(),
        surroundings: surroundings(viewer, &full),
    };
    Ok(Response::json(200, &described))
}

/// An object with its fields.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    summary: Map<String, Value>,
    fields: Vec<field::Described<'a>>,
    #[serde(flatten)]
    surroundings: Map<String, Value>,
}

/// What else there is to an object: children, record types, layouts.
fn surroundings(viewer: &Viewer<'_>, object: &ObjectSchema) -> Map<String, Value> {
    let layoutable = json!(viewer.org.objects.contains_key(&object.name));
    let pairs = [
        ("childRelationships", children(viewer, object)),
        ("recordTypeInfos", record_types(viewer, object)),
        ("actionOverrides", json!([])),
        ("namedLayoutInfos", json!([])),
        ("supportedScopes", json!([])),
        ("compactLayoutable", layoutable.clone()),
        ("searchLayoutable", layoutable),
        ("sobjectDescribeOption", json!("FULL")),
    ];
    let absent = ABSENT.map(|name| (name, Value::Null));
    let pairs = pairs.into_iter().chain(absent);
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn summary(viewer: &Viewer<'_>, object: &ObjectSchema) -> Map<String, Value> {
    let access = viewer.object_access(&object.name);
    let setup = standard::is_setup(&object.name);
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
        ("deepCloneable", false),
        (
            "deletable",
            access.delete || writable && object.name != "User",
        ),
        ("deprecatedAndHidden", false),
        ("feedEnabled", data && has_feed(object)),
        ("hasSubtypes", false),
        ("isInterface", false),
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
        ("associateEntityType".to_owned(), Value::Null),
        ("associateParentEntity".to_owned(), Value::Null),
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

/// The feed of an event is that of the records it is about.
fn has_feed(object: &ObjectSchema) -> bool {
    object.name != "Event"
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
