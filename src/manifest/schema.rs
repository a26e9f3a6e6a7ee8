//! The JSON Schema of the manifest, for editors and other tools.
//!
//! It comes from the types of a manifest. Only the few shapes that YAML writes in another way than
//! the types hold them are described by hand here.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

use super::granted::{ExistingProfile, GrantedSet, SetLicenseRef};
use super::sharing::Principal;
use super::spec::{PermissionSetRef, Profile, Spec};
use super::words::LoginRestrictions;
use super::{API_VERSION, KIND};

/// The JSON Schema (draft 2020-12) that every manifest satisfies.
pub fn json_schema() -> Json {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>();
    schema.insert("title".into(), json!("orgwright manifest"));
    schema.to_value()
}

/// A whole manifest as a file holds it.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; only its schema is used")]
struct Document {
    /// Version of the manifest's format.
    api_version: ApiVersion,
    /// What the manifest describes.
    kind: Kind,
    /// What the manifest is called.
    metadata: Metadata,
    /// What is asked for.
    spec: Spec,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; only its schema is used")]
struct Metadata {
    /// Name of the manifest, shown in plans and reports.
    name: String,
}

/// Declares types that exist for their schema alone.
macro_rules! shapes {
    ($($(#[$meta:meta])* $visibility:vis $name:ident = $schema:expr;)+) => {$(
        $(#[$meta])*
        $visibility struct $name;

        impl JsonSchema for $name {
            shape!($name = $schema);
        }
    )+};
}

/// The body of a hand-written schema.
macro_rules! shape {
    ($name:ident = $schema:expr) => {
        fn schema_name() -> Cow<'static, str> {
            stringify!($name).into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            $schema
        }
    };
}

shapes! {
    ApiVersion = json_schema!({ "const": API_VERSION });
    Kind = json_schema!({ "const": KIND });
    /// What a profile's `follow` key may say.
    pub(super) Follow = json_schema!({ "const": "source" });
    /// What a rule's `logic` key may say: a text, or the number of the only criterion.
    pub(super) LogicText = json_schema!({ "type": ["string", "integer"] });
    /// What a rule's `expectVisible` key may say: a number, or two with `..` between them.
    pub(super) ExpectedCount = json_schema!({ "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^(0|[1-9][0-9]*)\\.\\.(0|[1-9][0-9]*)$" },
    ]});
    /// What a field of the user may be given.
    pub(super) PlainValue = json_schema!({ "type": ["string", "number", "boolean"] });
    /// What an entry of `ipRanges` may say: a network or an address, or two ends.
    pub(super) IpRangeForm = json_schema!({ "anyOf": [{ "type": "string" }, closed(
        json!({ "from": { "type": "string" }, "to": { "type": "string" } }),
        &["from", "to"],
    )]});
    /// What an expectation's `access` key may say.
    pub(super) AccessWord = json_schema!({ "type": "string", "pattern": "^(none|(>= *)?(read|edit))$" });
    /// What a criterion's `value` key may say.
    pub(super) CriterionValue = json_schema!({
        "anyOf": [one_value(), { "type": "array", "minItems": 1, "items": one_value() }]
    });
    /// What `read`, `edit` and `recordTypes` may say: `all`, or names.
    pub(super) AllOrNames = json_schema!({
        "anyOf": [{ "const": "all" }, { "type": "array", "items": { "type": "string" } }]
    });
    /// What an object's `keepAccess` key may say.
    pub(super) KeptList = json_schema!({
        "anyOf": [{ "const": "everyone" }, { "type": "array", "items": one_kept() }]
    });
}

impl JsonSchema for PermissionSetRef {
    shape!(
        PermissionSet = json_schema!({ "anyOf": [
            { "type": "string" },
            closed(assignment("name"), &["name"]),
            closed(assignment("group"), &["group"]),
        ]})
    );
}

impl JsonSchema for SetLicenseRef {
    shape!(
        PermissionSetLicense = json_schema!({ "anyOf": [
            { "type": "string" },
            closed(json!({ "name": { "type": "string" }, "absent": { "type": "boolean" } }), &["name"]),
        ]})
    );
}

/// The keys of an assignment of what `key` names.
fn assignment(key: &str) -> Json {
    let text = json!({ "type": "string" });
    json!({ key: text, "expires": { "type": "string", "format": "date" }, "absent": { "type": "boolean" } })
}

impl JsonSchema for Principal {
    shape!(
        Principal = json_schema!({ "anyOf": [
            { "const": "allInternalUsers" },
            one_text("role"),
            one_text("roleAndSubordinates"),
            one_text("roleAndSubordinatesInternal"),
            one_text("group"),
            one_text("queue"),
        ]})
    );
}

fn one_value() -> Json {
    json!({ "anyOf": [
        { "type": ["string", "number", "boolean"] },
        one_text("user"),
        one_text("queue"),
        one_text("recordType"),
    ]})
}

/// An object with exactly the key `key`, holding text.
fn one_text(key: &str) -> Json {
    closed(json!({ key: { "type": "string" } }), &[key])
}

/// Somebody who keeps access.
fn one_kept() -> Json {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let by_profile = json!({ "enum": ["ViewAll", "ModifyAll"] });
    let by_rule = json!({ "enum": ["ReadOnly", "ReadWrite"] });
    json!({ "anyOf": [
        closed(json!({ "profile": text, "access": by_profile }), &["profile", "access"]),
        closed(
            json!({ "role": text, "access": by_rule, "andSubordinates": flag }),
            &["role", "access"],
        ),
        closed(
            json!({ "everyone": { "const": true }, "access": by_rule, "absent": flag }),
            &["everyone"],
        ),
    ]})
}

fn closed(properties: Json, required: &[&str]) -> Json {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Adds the keys that belong to a field's type, which the typed field holds inside the type.
pub(super) fn field_type_keys(schema: &mut Schema) {
    unless_absent(schema, &["object", "name"], &["label", "type"]);
    let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else {
        return;
    };
    let keys = [
        (
            "length",
            json!({ "type": "integer", "minimum": 1, "maximum": 255, "description": "Longest value of a Text field, in characters." }),
        ),
        (
            "precision",
            json!({ "type": "integer", "minimum": 1, "maximum": 18, "description": "Digits of a Number field; absent: 18." }),
        ),
        (
            "scale",
            json!({ "type": "integer", "minimum": 0, "maximum": 17, "description": "Digits of a Number field after the point; absent: 0." }),
        ),
        (
            "values",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "Values of a Picklist field, in order." }),
        ),
    ];
    for (key, value) in keys {
        properties.insert(key.to_owned(), value);
    }
}

/// Adds the keys that say which records are meant, of which an entry has one.
pub(super) fn one_of_record_and_query(schema: &mut Schema) {
    let keys = [
        ("record", "Id of a record, of 15 or 18 letters and digits."),
        (
            "query",
            "SOQL that selects the ids of one object's records: those that it finds, 2,000 at most.",
        ),
    ];
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        for (key, description) in keys {
            let text = json!({ "type": "string", "description": description });
            properties.insert(key.to_owned(), text);
        }
    }
    schema.insert("required".into(), json!(["access"]));
    let by_query = json!({ "required": ["query"] });
    let by_record = json!({ "required": ["record"], "not": { "required": ["count"] } });
    schema.insert("oneOf".into(), json!([by_query, by_record]));
}

/// A rule that is to go needs its name only.
pub(super) fn rule_requirements(schema: &mut Schema) {
    unless_absent(schema, &["name"], &["access"]);
}

/// Requires `always`, and `present` too unless the entry is `absent`.
fn unless_absent(schema: &mut Schema, always: &[&str], present: &[&str]) {
    schema.insert("required".into(), json!(always));
    let is_absent =
        json!({ "properties": { "absent": { "const": true } }, "required": ["absent"] });
    schema.insert("anyOf".into(), json!([{ "required": present }, is_absent]));
}

/// A profile of the manifest's own, or those of others of which the first that there is, is used.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is of use")]
pub(super) enum ProfileForm {
    /// One that the manifest makes.
    Own(Box<Profile>),
    /// One that the org has.
    Existing(ExistingProfile),
}

/// One permission set, or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is of use")]
pub(super) enum GrantsForm {
    /// One by itself.
    One(Box<GrantedSet>),
    /// A list.
    Several(Vec<GrantedSet>),
}

/// `true`, or what is kept.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is of use")]
pub(super) enum WithoutAdministrationForm {
    /// Take all of them off.
    All(bool),
    /// Take all but these off.
    But(KeptPermissions),
}

/// What is kept of an administrator's permissions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is of use")]
pub(super) struct KeptPermissions {
    /// User permissions, by API name.
    keep: Vec<String>,
}

/// What stands when a profile says nothing about log-in restrictions.
pub(super) fn leave_out() -> LoginRestrictions {
    LoginRestrictions::LeaveOut
}
