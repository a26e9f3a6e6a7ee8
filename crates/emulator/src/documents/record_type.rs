//! Record types: their label and whether they can be used are modelled, the rest is kept with their object.

use roxmltree::Node;

use super::custom_object::{full_name, merge_named};
use super::{Applied, Outcome};
use crate::problem::{Problem, REFERENCE, UNKNOWN, not_found};
use crate::store::{ObjectSchema, Org, RecordType};
use crate::xml::{self, Writer, child_text, child_truth, children, elements};

/// The element of an object that holds one.
const ELEMENT: &str = "recordTypes";

/// Writes what is inside a record type: as it was deployed, else what the store knows of it.
pub(crate) fn write(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let (object, developer_name) = name.split_once('.')?;
    let object = super::objects(org).find(|known| known.name == object)?;
    let record_type = object.record_types.get(developer_name)?;
    match kept(object, developer_name) {
        Some(text) => {
            let document = xml::parse(text).ok()?;
            let inside = elements(document.root_element());
            inside
                .filter(|element| element.tag_name().name() != "fullName")
                .for_each(|element| writer.copy(element));
        }
        None => write_known(record_type, writer),
    }
    Some(())
}

/// The record type of this name as it was deployed.
fn kept<'o>(object: &'o ObjectSchema, developer_name: &str) -> Option<&'o String> {
    let mut kept = object.other.get(ELEMENT).into_iter().flatten();
    kept.find(|text| full_name(text).as_deref() == Some(developer_name))
}

/// What the store knows of a record type.
pub(crate) fn write_known(record_type: &RecordType, writer: &mut Writer) {
    writer.flag("active", record_type.active);
    writer.leaf("label", &record_type.name);
}

/// Adds the record types that come with an object.
pub(crate) fn add_all(org: &mut Org, name: &str, element: Node<'_, '_>) {
    for stated in children(element, ELEMENT) {
        let developer_name = child_text(stated, "fullName").unwrap_or_default();
        lay(org, name, developer_name, stated);
    }
}

fn add(org: &mut Org, object: &str, developer_name: &str, stated: Node<'_, '_>) {
    let existing = org
        .objects
        .get(object)
        .and_then(|object| object.record_types.get(developer_name));
    let existing = existing.map(|record_type| record_type.id.clone());
    let record_type = RecordType {
        id: existing.unwrap_or_else(|| org.next_id("012")),
        name: child_text(stated, "label").unwrap_or_default().to_owned(),
        developer_name: developer_name.to_owned(),
        active: child_truth(stated, "active").unwrap_or(true),
    };
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        object
            .record_types
            .insert(developer_name.to_owned(), record_type);
    }
}

/// Lays one record type over its object.
pub(crate) fn apply(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    let known = name
        .split_once('.')
        .filter(|(object, _)| super::exists(org, "CustomObject", object));
    let Some((object, developer_name)) = known else {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("no CustomObject named {name} found"),
        )]);
    };
    let before = org.objects.get(object).cloned();
    let is_new = before
        .as_ref()
        .is_some_and(|object| !object.record_types.contains_key(developer_name));
    lay(org, object, developer_name, element);
    let differs = before.as_ref() != org.objects.get(object);
    Ok(if is_new {
        Outcome::Created
    } else {
        Outcome::of_change(differs)
    })
}

/// Adds or replaces a record type, and keeps its document.
pub(crate) fn lay(org: &mut Org, object: &str, developer_name: &str, element: Node<'_, '_>) {
    add(org, object, developer_name, element);
    keep(org, object, developer_name, element);
}

fn keep(org: &mut Org, object: &str, developer_name: &str, element: Node<'_, '_>) {
    let mut writer = Writer::compact();
    writer.within(ELEMENT, |writer| {
        writer.leaf("fullName", developer_name);
        let mut inside: Vec<Node<'_, '_>> = elements(element)
            .filter(|inner| inner.tag_name().name() != "fullName")
            .collect();
        inside.sort_by_key(|inner| inner.tag_name().name());
        inside.iter().for_each(|inner| copy(*inner, writer));
    });
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        let kept = object.other.entry(ELEMENT.to_owned()).or_default();
        merge_named(kept, vec![writer.finish()]);
    }
}

/// Copies a part of a record type. Each of its picklist values says whether it is the default.
fn copy(part: Node<'_, '_>, writer: &mut Writer) {
    if part.tag_name().name() != "picklistValues" {
        return writer.copy(part);
    }
    writer.within("picklistValues", |writer| {
        for inner in elements(part) {
            match inner.tag_name().name() {
                "values" => copy_value(inner, writer),
                _ => writer.copy(inner),
            }
        }
    });
}

fn copy_value(value: Node<'_, '_>, writer: &mut Writer) {
    writer.within("values", |writer| {
        for inner in elements(value) {
            writer.copy(inner);
            if inner.tag_name().name() == "fullName" && child_text(value, "default").is_none() {
                writer.flag("default", false);
            }
        }
    });
}

/// Refuses to take a record type away: only the setup pages can (Metadata API guide, RecordType).
pub(crate) fn delete(org: &Org, name: &str) -> Result<(), Problem> {
    match super::exists(org, "RecordType", name) {
        true => Err(Problem::new(
            UNKNOWN,
            "Cannot delete record type through API",
        )),
        false => Err(not_found("RecordType", name)),
    }
}
