//! A field as describe shows it.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::soql::restrictions;
use crate::store::{FieldSchema, FieldType, ObjectSchema};
use crate::viewer::Viewer;
use crate::views;

/// Flags that no field of this org has.
const NEVER: [&str; 8] = [
    "aiPredictionField",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "restrictedDelete",
];

/// A field as describe shows it to this user. Objects have hundreds of fields of dozens of keys each, so they are
/// written as they are told, without a map in between.
pub(super) struct Described<'a> {
    viewer: &'a Viewer<'a>,
    object: &'a ObjectSchema,
    field: &'a FieldSchema,
}

impl<'a> Described<'a> {
    pub(super) fn new(
        viewer: &'a Viewer<'a>,
        object: &'a ObjectSchema,
        field: &'a FieldSchema,
    ) -> Described<'a> {
        Described {
            viewer,
            object,
            field,
        }
    }
}

impl Serialize for Described<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Described {
            viewer,
            object,
            field,
        } = *self;
        let mut keys = serializer.serialize_map(None)?;
        for (name, value) in texts(object, field) {
            keys.serialize_entry(name, &value)?;
        }
        let flags = properties(viewer, object, field)
            .into_iter()
            .chain(uses(viewer, object, field))
            .chain(NEVER.map(|name| (name, false)));
        for (name, flag) in flags {
            keys.serialize_entry(name, &flag)?;
        }
        keys.end()
    }
}

/// What a field is.
fn properties(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    field: &FieldSchema,
) -> [(&'static str, bool); 19] {
    let edits = viewer.edits_field(object, field);
    let several = field.reference_to.len() > 1;
    [
        ("autoNumber", field.auto_number),
        ("calculated", field.calculated),
        ("cascadeDelete", field.master_detail),
        ("caseSensitive", field.case_sensitive),
        ("createable", field.createable && edits),
        ("custom", field.custom),
        ("defaultedOnCreate", field.defaulted_on_create),
        ("encrypted", field.kind == FieldType::EncryptedString),
        ("externalId", field.external_id),
        ("nameField", field.name_field),
        ("namePointing", several),
        ("nillable", field.nillable),
        ("permissionable", field.permissionable),
        ("polymorphicForeignKey", several),
        ("restrictedPicklist", field.restricted_picklist),
        ("searchPrefilterable", is_search_filter(field)),
        ("unique", field.unique),
        ("updateable", field.updateable && edits),
        ("writeRequiresMasterRead", field.write_requires_master_read),
    ]
}

/// What queries can do with a field.
fn uses(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    field: &FieldSchema,
) -> [(&'static str, bool); 6] {
    use FieldType as Type;
    let kind = field.kind;
    let filterable =
        views::is_filterable(field) && restrictions::filterable_at(viewer, object, &field.name);
    let measured = matches!(
        kind,
        Type::Double | Type::Currency | Type::Percent | Type::DateTime | Type::Combobox
    );
    [
        ("aggregatable", filterable && kind != Type::Boolean),
        // Of compound fields a distance can be asked for.
        ("filterable", filterable || kind == Type::Address),
        ("groupable", filterable && !measured),
        (
            "idLookup",
            kind == Type::Id || field.external_id || field.name == "Email",
        ),
        (
            "queryByDistance",
            matches!(kind, Type::Address | Type::Location),
        ),
        ("sortable", filterable && kind != Type::MultiPicklist),
    ]
}

fn texts(object: &ObjectSchema, field: &FieldSchema) -> [(&'static str, Value); 24] {
    let length = if is_id(field.kind) { 18 } else { field.length };
    let value = |value: &crate::store::PicklistValue| json!({"active": value.active, "defaultValue": value.default, "label": value.label, "validFor": null, "value": value.value});
    let default = match (&field.default_value, field.kind) {
        (Some(value), _) => value.clone(),
        (None, FieldType::Boolean) => json!(false),
        (None, _) => Value::Null,
    };
    [
        ("name", json!(field.name)),
        ("label", json!(field.label)),
        ("type", json!(field.kind.as_str())),
        ("soapType", json!(soap_type(field.kind))),
        ("length", json!(length)),
        ("byteLength", json!(byte_length(field.kind, length))),
        ("precision", json!(field.precision)),
        ("scale", json!(field.scale)),
        (
            "digits",
            json!(if field.kind == FieldType::Int { 8 } else { 0 }),
        ),
        ("defaultValue", default),
        ("inlineHelpText", json!(field.help_text)),
        ("picklistValues", field.picklist.iter().map(value).collect()),
        ("referenceTo", json!(field.reference_to)),
        ("relationshipName", json!(field.relationship_name)),
        ("calculatedFormula", Value::Null),
        ("compoundFieldName", json!(compound(object, field))),
        ("extraTypeInfo", json!(extra_type(object, field))),
        ("controllerName", Value::Null),
        ("defaultValueFormula", Value::Null),
        ("filteredLookupInfo", Value::Null),
        ("mask", Value::Null),
        ("maskType", Value::Null),
        ("referenceTargetField", Value::Null),
        ("relationshipOrder", Value::Null),
    ]
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

fn is_id(kind: FieldType) -> bool {
    matches!(kind, FieldType::Id | FieldType::Reference)
}

/// Texts take three bytes a character, ids one.
fn byte_length(kind: FieldType, length: u32) -> u32 {
    if is_id(kind) {
        length
    } else {
        length.saturating_mul(3)
    }
}

/// Whether a search can be narrowed to what a field refers to: not to people, record types, and what a record was
/// merged into.
fn is_search_filter(field: &FieldSchema) -> bool {
    let people = ["Group", "RecordType", "User"];
    let data = |target: &String| !people.contains(&target.as_str());
    field.kind == FieldType::Reference
        && field.name != "MasterRecordId"
        && field.reference_to.iter().all(data)
}

/// The field that a field is a part of: an address, or the name of a person.
fn compound<'o>(object: &'o ObjectSchema, field: &FieldSchema) -> Option<&'o str> {
    const PARTS: [&str; 8] = [
        "City",
        "Country",
        "GeocodeAccuracy",
        "Latitude",
        "Longitude",
        "PostalCode",
        "State",
        "Street",
    ];
    let part = PARTS.iter().find_map(|part| field.name.strip_suffix(part));
    if let Some(prefix) = part.filter(|_| !field.custom) {
        let address = object.fields.get(&format!("{prefix}Address"))?;
        return (address.kind == FieldType::Address).then_some(address.name.as_str());
    }
    let named =
        is_person(object) && ["FirstName", "LastName", "Salutation"].contains(&field.name.as_str());
    (named || is_switchable(object, field)).then_some("Name")
}

fn is_person(object: &ObjectSchema) -> bool {
    matches!(object.name.as_str(), "Contact" | "Lead")
}

/// The name of an account can be that of a person.
fn is_switchable(object: &ObjectSchema, field: &FieldSchema) -> bool {
    object.name == "Account" && field.name == "Name"
}

fn extra_type(object: &ObjectSchema, field: &FieldSchema) -> Option<&'static str> {
    let name = field.name.as_str();
    match field.kind {
        _ if is_switchable(object, field) => Some("switchablepersonname"),
        _ if is_person(object) && (compound(object, field) == Some("Name") || name == "Name") => {
            Some("personname")
        }
        FieldType::TextArea => Some("plaintextarea"),
        FieldType::Url if name == "PhotoUrl" => Some("imageurl"),
        _ => None,
    }
}
