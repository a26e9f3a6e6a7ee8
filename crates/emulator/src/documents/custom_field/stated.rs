//! What a document states of a field beyond what the store models: kept, and served back.

use roxmltree::Node;

use super::TRACKED;
use crate::store::{FieldSchema, ObjectSchema, Org};
use crate::xml::{self, Writer, child, child_text, elements};

/// Writes what was stated of a field, in the order of the schema; `false` when nothing was.
pub(super) fn write(field: &FieldSchema, writer: &mut Writer) -> bool {
    let Some(kept) = &field.document else {
        return false;
    };
    let wrapped = format!("<fields>{kept}</fields>");
    let Ok(document) = xml::parse(&wrapped) else {
        return false;
    };
    let mut stated: Vec<Node<'_, '_>> = elements(document.root_element()).collect();
    stated.sort_by_key(|element| element.tag_name().name());
    stated.into_iter().for_each(|element| writer.copy(element));
    true
}

/// Keeps what is stated of a field that this org does not model further: of a standard field even its name alone, since
/// an object lists it then.
pub(crate) fn keep_stated(org: &mut Org, object: &str, name: &str, element: Node<'_, '_>) {
    let stated = inside(element).finish();
    let object = org.objects.make_mut().get_mut(object);
    let Some(field) = object.and_then(|object| object.fields.get_mut(name)) else {
        return;
    };
    if !(field.custom && stated.is_empty()) {
        field.document = Some(stated);
    }
}

/// What is inside an element, without its full name.
fn inside(element: Node<'_, '_>) -> Writer {
    let mut writer = Writer::compact();
    elements(element)
        .filter(|inner| inner.tag_name().name() != "fullName")
        .for_each(|inner| copy(inner, &mut writer));
    writer
}

/// Copies a part of a field. A global picklist is named by its value set since version 38.0 (Metadata API guide,
/// CustomField).
fn copy(part: Node<'_, '_>, writer: &mut Writer) {
    if part.tag_name().name() != "globalPicklist" {
        return writer.copy(part);
    }
    writer.within("valueSet", |writer| {
        writer.leaf("valueSetName", xml::text(part))
    });
}

/// The field's metadata to be served back: what was stated, and the defaults the platform adds.
pub(super) fn document(object: &str, kind: &str, element: Node<'_, '_>) -> String {
    let mut writer = inside(element);
    let mut default = |name: &str, value: bool| {
        if child(element, name).is_none() {
            writer.flag(name, value);
        }
    };
    default("externalId", false);
    if kind != "Checkbox" && kind != "MasterDetail" && kind != "AutoNumber" {
        default("required", false);
    }
    if TRACKED.contains(&object) {
        default("trackFeedHistory", false);
        default("trackHistory", false);
    }
    writer.finish()
}

/// Writes the name field of a custom object.
pub(crate) fn write_name_field(object: &ObjectSchema, writer: &mut Writer) {
    let Some(field) = object.fields.values().find(|field| field.name_field) else {
        return;
    };
    let kind = if field.auto_number {
        "AutoNumber"
    } else {
        "Text"
    };
    writer.within("nameField", |writer| {
        if !write(field, writer) {
            writer.leaf("label", &field.label);
            writer.leaf("type", kind);
        }
    });
}

/// Sets the name field of a custom object to what its document states.
pub(crate) fn set_name_field(object: &mut ObjectSchema, element: Node<'_, '_>) {
    let Some(stated) = child(element, "nameField") else {
        return;
    };
    let Some(field) = object.fields.values_mut().find(|field| field.name_field) else {
        return;
    };
    if let Some(label) = child_text(stated, "label") {
        field.label = label.to_owned();
    }
    field.auto_number = child_text(stated, "type") == Some("AutoNumber");
    field.document = Some(inside(stated).finish());
}
