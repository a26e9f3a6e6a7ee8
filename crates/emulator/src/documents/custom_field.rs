//! Custom fields: their definition from metadata, and metadata from their definition.

mod stated;

use roxmltree::Node;
use serde_json::Value;

use super::{Applied, Outcome, shape};
use crate::problem::{INTEGRITY, Problem, REFERENCE, not_found};
use crate::rules;
use crate::schema;
use crate::store::{FieldSchema, FieldType, ObjectSchema, Org, PicklistValue};
use crate::xml::{self, Writer, child, child_text, child_truth, children, elements};

pub(crate) use stated::{keep_stated, set_name_field, write_name_field};

/// Type in metadata, type in describe, length where the type fixes it.
const TYPES: [(&str, FieldType, u32); 20] = [
    ("AutoNumber", FieldType::String, 30),
    ("Checkbox", FieldType::Boolean, 0),
    ("Currency", FieldType::Currency, 0),
    ("Date", FieldType::Date, 0),
    ("DateTime", FieldType::DateTime, 0),
    ("Email", FieldType::Email, 80),
    ("EncryptedText", FieldType::EncryptedString, 175),
    ("Html", FieldType::TextArea, 32_768),
    ("Location", FieldType::Location, 0),
    ("LongTextArea", FieldType::TextArea, 32_768),
    ("Lookup", FieldType::Reference, 18),
    ("MasterDetail", FieldType::Reference, 18),
    ("MultiselectPicklist", FieldType::MultiPicklist, 4_099),
    ("Number", FieldType::Double, 0),
    ("Percent", FieldType::Percent, 0),
    ("Phone", FieldType::Phone, 40),
    ("Picklist", FieldType::Picklist, 255),
    ("Text", FieldType::String, 255),
    ("TextArea", FieldType::TextArea, 255),
    ("Url", FieldType::Url, 255),
];

/// What each type must state besides name and label (Metadata API guide, CustomField).
const NEEDED: [(&str, &[&str]); 10] = [
    ("Checkbox", &["defaultValue"]),
    ("Currency", &["precision", "scale"]),
    ("Html", &["length", "visibleLines"]),
    ("LongTextArea", &["length", "visibleLines"]),
    ("Lookup", &["referenceTo", "relationshipName"]),
    ("MasterDetail", &["referenceTo", "relationshipName"]),
    ("MultiselectPicklist", &["visibleLines"]),
    ("Number", &["precision", "scale"]),
    ("Percent", &["precision", "scale"]),
    ("Text", &["length"]),
];

/// Objects that can track the history of a field, whose metadata then says whether they do.
const TRACKED: [&str; 6] = [
    "Account",
    "Campaign",
    "Case",
    "Contact",
    "Lead",
    "Opportunity",
];

/// Writes a field alone, without its full name; `None` when the org has no such field. Of a standard field there is no
/// more than what was stated.
pub(crate) fn write(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let (object, field) = find(org, name)?;
    write_content(object, field, writer);
    Some(())
}

/// Writes a field inside its object, with its name in that object: a custom field in full, a standard field with what
/// was stated of it, if anything can be.
pub(crate) fn write_within(object: &ObjectSchema, field: &FieldSchema, writer: &mut Writer) {
    if !field.custom && field.document.is_none() && (object.custom || !field.permissionable) {
        return;
    }
    writer.within("fields", |writer| {
        writer.leaf("fullName", &field.name);
        write_content(object, field, writer);
    });
}

fn find<'o>(org: &'o Org, name: &str) -> Option<(&'o ObjectSchema, &'o FieldSchema)> {
    let (object, field) = name.split_once('.')?;
    let object = org.objects.get(object)?;
    Some((object, object.fields.get(field)?))
}

fn write_content(object: &ObjectSchema, field: &FieldSchema, writer: &mut Writer) {
    if !stated::write(field, writer) && field.custom {
        write_definition(object, field, writer);
    }
}

fn write_definition(object: &ObjectSchema, field: &FieldSchema, writer: &mut Writer) {
    let kind = metadata_type(field);
    let number = matches!(kind, "Currency" | "Number" | "Percent");
    let lengthy = matches!(kind, "Text" | "Html" | "LongTextArea");
    if kind == "Checkbox" {
        let ticked = field.default_value == Some(Value::Bool(true));
        writer.flag("defaultValue", ticked);
    }
    writer.optional("description", field.description.as_deref());
    writer.flag("externalId", field.external_id);
    writer.optional("inlineHelpText", field.help_text.as_deref());
    writer.leaf("label", &field.label);
    writer.optional(
        "length",
        lengthy.then(|| field.length.to_string()).as_deref(),
    );
    writer.optional(
        "precision",
        number.then(|| field.precision.to_string()).as_deref(),
    );
    if let (FieldType::Reference, Some(target)) = (field.kind, field.reference_to.first()) {
        writer.leaf("referenceTo", target);
        writer.optional("relationshipName", field.child_relationship.as_deref());
    }
    if kind != "Checkbox" {
        writer.flag("required", !field.nillable);
    }
    writer.optional("scale", number.then(|| field.scale.to_string()).as_deref());
    if TRACKED.contains(&object.name.as_str()) {
        writer.flag("trackFeedHistory", false);
        writer.flag("trackHistory", false);
    }
    writer.leaf("type", kind);
    if matches!(kind, "Text" | "Number" | "Email") {
        writer.flag("unique", field.unique);
    }
    write_values(field, writer);
}

fn write_values(field: &FieldSchema, writer: &mut Writer) {
    if field.picklist.is_empty() {
        return;
    }
    writer.within("valueSet", |writer| {
        writer.flag("restricted", field.restricted_picklist);
        writer.within("valueSetDefinition", |writer| {
            writer.flag("sorted", false);
            for value in &field.picklist {
                writer.within("value", |writer| {
                    writer.leaf("fullName", &value.value);
                    writer.flag("default", value.default);
                    writer.leaf("label", &value.label);
                });
            }
        });
    });
}

fn metadata_type(field: &FieldSchema) -> &'static str {
    match field.kind {
        FieldType::Reference if field.master_detail => "MasterDetail",
        FieldType::Reference => "Lookup",
        FieldType::TextArea if field.length > 255 => "LongTextArea",
        FieldType::TextArea => "TextArea",
        FieldType::String if field.auto_number => "AutoNumber",
        FieldType::String => "Text",
        FieldType::Int | FieldType::Double => "Number",
        kind => TYPES
            .iter()
            .find(|(_, described, _)| *described == kind)
            .map_or("Text", |(name, ..)| name),
    }
}

/// Lays a custom field over the org. Nobody may see a new field until a profile or permission set says so.
pub(crate) fn apply(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    let Some((object_name, field_name)) = name.split_once('.') else {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("Invalid fullName: {name}"),
        )]);
    };
    let Some(object) = org.objects.get(object_name) else {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("no CustomObject named {object_name} found"),
        )]);
    };
    let existing = object.fields.get(field_name).cloned();
    let Some(stem) = field_name.strip_suffix("__c") else {
        return apply_standard(org, name, element);
    };
    let mut problems = shape::check("CustomField", element);
    problems.extend(rules::developer_name_refusal(stem));
    if problems.is_empty() {
        problems.extend(missing_parts(element));
    }
    let field = match define(org, object_name, field_name, existing.as_ref(), element) {
        Ok(field) if problems.is_empty() => field,
        Ok(_) => return Err(problems),
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let outcome = match &existing {
        None => Outcome::Created,
        Some(old) => Outcome::of_change(
            rendered(org, object_name, old) != rendered(org, object_name, &field),
        ),
    };
    if outcome != Outcome::Unchanged {
        insert(org, object_name, field);
    }
    Ok(outcome)
}

/// An object file lists standard fields by name alone, or with what can be set of them: tracking, values, help.
fn apply_standard(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    let Some((object, field)) = find(org, name) else {
        let message = format!("no CustomField named {name} found");
        return Err(vec![Problem::new(REFERENCE, message)]);
    };
    let (object, field, before) = (
        object.name.clone(),
        field.name.clone(),
        field.document.clone(),
    );
    let problems = shape::check("CustomField", element);
    if !problems.is_empty() {
        return Err(problems);
    }
    if elements(element).any(|stated| stated.tag_name().name() != "fullName") {
        keep_stated(org, &object, &field, element);
    }
    let after = find(org, name).and_then(|(_, field)| field.document.clone());
    Ok(Outcome::of_change(before != after))
}

/// A field's metadata as one text: two fields with the same are the same.
fn rendered(org: &Org, object: &str, field: &FieldSchema) -> Option<String> {
    let mut writer = Writer::compact();
    write_content(org.objects.get(object)?, field, &mut writer);
    Some(writer.finish())
}

fn insert(org: &mut Org, object: &str, field: FieldSchema) {
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        object.fields.insert(field.name.clone(), field);
        schema::follow_master(object);
    }
}

fn missing_parts(element: Node<'_, '_>) -> Vec<Problem> {
    let kind = child_text(element, "type").unwrap_or_default();
    let needed = NEEDED
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or(&[][..], |(_, needed)| needed);
    let all = ["label", "type"].iter().chain(needed);
    let computed = child(element, "formula").is_some();
    let absent = all.filter(|name| child(element, name).is_none());
    let absent = absent.filter(|name| !(computed && **name == "defaultValue"));
    absent.map(|name| shape::required(element, name)).collect()
}

pub(crate) fn define(
    org: &mut Org,
    object: &str,
    name: &str,
    existing: Option<&FieldSchema>,
    element: Node<'_, '_>,
) -> Result<FieldSchema, Problem> {
    let word = child_text(element, "type").unwrap_or_default();
    let Some((kind_name, kind, length)) = TYPES.iter().find(|(name, ..)| *name == word) else {
        let message = format!("Invalid type: {word} ({object}.{name})");
        return Err(Problem::new(INTEGRITY, message));
    };
    if existing.is_some_and(|old| metadata_type(old) != *kind_name && old.document.is_some()) {
        return Err(Problem::new(
            INTEGRITY,
            "Cannot change type due to existing data",
        ));
    }
    let references = reference(org, element)?;
    let number = |part: &str| child_text(element, part).and_then(|text| text.parse().ok());
    let flag = |part: &str| child_truth(element, part).unwrap_or_default();
    let required = flag("required");
    let master_detail = *kind_name == "MasterDetail";
    let calculated = child(element, "formula").is_some();
    Ok(FieldSchema {
        name: name.to_owned(),
        label: child_text(element, "label").unwrap_or_default().to_owned(),
        kind: *kind,
        length: number("length").unwrap_or(*length),
        precision: number("precision").unwrap_or_default(),
        scale: number("scale").unwrap_or_default(),
        nillable: !required && !master_detail && *kind != FieldType::Boolean,
        createable: !calculated && *kind_name != "AutoNumber",
        updateable: !calculated && *kind_name != "AutoNumber",
        defaulted_on_create: *kind == FieldType::Boolean,
        custom: true,
        calculated,
        unique: flag("unique"),
        external_id: flag("externalId"),
        auto_number: *kind_name == "AutoNumber",
        case_sensitive: flag("caseSensitive"),
        permissionable: !required && !master_detail,
        relationship_name: (!references.is_empty()).then(|| name.replace("__c", "__r")),
        child_relationship: child_text(element, "relationshipName")
            .map(|name| format!("{name}__r")),
        reference_to: references,
        master_detail,
        write_requires_master_read: flag("writeRequiresMasterRead"),
        picklist: picklist(element),
        restricted_picklist: is_restricted(element),
        default_value: default_value(*kind, element),
        description: child_text(element, "description").map(str::to_owned),
        help_text: child_text(element, "inlineHelpText").map(str::to_owned),
        document: Some(stated::document(object, kind_name, element)),
        id: existing
            .and_then(|field| field.id.clone())
            .or_else(|| Some(org.next_id("00N"))),
        name_field: false,
    })
}

fn reference(org: &Org, element: Node<'_, '_>) -> Result<Vec<String>, Problem> {
    let Some(node) = child(element, "referenceTo") else {
        return Ok(Vec::new());
    };
    let target = xml::text(node);
    if org.objects.contains_key(target) {
        return Ok(vec![target.to_owned()]);
    }
    let message = format!("In field: referenceTo - no CustomObject named {target} found");
    Err(Problem::at(node, REFERENCE, message))
}

fn picklist(element: Node<'_, '_>) -> Vec<PicklistValue> {
    let definition = child(element, "valueSet").and_then(|set| child(set, "valueSetDefinition"));
    let values = definition
        .into_iter()
        .flat_map(|definition| children(definition, "value"));
    values
        .map(|value| PicklistValue {
            value: child_text(value, "fullName").unwrap_or_default().to_owned(),
            label: child_text(value, "label")
                .or_else(|| child_text(value, "fullName"))
                .unwrap_or_default()
                .to_owned(),
            default: child_truth(value, "default").unwrap_or_default(),
            active: child_truth(value, "isActive").unwrap_or(true),
        })
        .collect()
}

fn is_restricted(element: Node<'_, '_>) -> bool {
    child(element, "valueSet")
        .and_then(|set| child_truth(set, "restricted"))
        .unwrap_or_default()
}

fn default_value(kind: FieldType, element: Node<'_, '_>) -> Option<Value> {
    let stated = child_text(element, "defaultValue")?;
    match kind {
        FieldType::Boolean => Some(Value::Bool(xml::truth(stated))),
        _ => None,
    }
}

/// Deletes a custom field: its values, its field-level security, but not while a sharing rule asks for it.
pub(crate) fn delete(org: &mut Org, name: &str) -> Result<(), Problem> {
    let custom = find(org, name).is_some_and(|(_, field)| field.custom);
    let Some((object, field)) = name.split_once('.').filter(|_| custom) else {
        return Err(not_found("CustomField", name));
    };
    if rules::rules_asking_for(org, object, field).next().is_some() {
        let message = format!(
            "This custom field is referenced elsewhere in salesforce.com. : Sharing Rule - {name}"
        );
        return Err(Problem::new("DELETE_FAILED", message));
    }
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        let was_detail = schema::is_detail(object);
        object.fields.remove(field);
        if was_detail && !schema::is_detail(object) {
            schema::leave_master(object);
        }
    }
    for container in org.containers.make_mut().values_mut() {
        container.field_permissions.remove(name);
    }
    if org.records.contains_key(object) {
        org.table_mut(object)
            .values_mut()
            .for_each(|row| drop(row.remove(field)));
    }
    Ok(())
}
