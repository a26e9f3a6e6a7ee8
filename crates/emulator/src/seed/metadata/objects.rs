//! Objects, fields and record types of a seed, with whatever their documents state.

use roxmltree::Node;

use super::super::files::Document;
use super::super::{SeedError, named};
use super::keep;
use crate::documents::{custom_field, record_type};
use crate::schema;
use crate::store::{Org, SharingModel};
use crate::xml::{Writer, child_text, elements, text};

/// Lays an object over the org. Of setup objects only the document is kept: their tables are views.
pub(super) fn object(org: &mut Org, document: &Document, root: Node<'_, '_>) {
    let name = document.name.as_str();
    if schema::setup_table(name).is_some() {
        return keep(org, document);
    }
    named::object(org, name);
    let model = |element: &str| child_text(root, element).and_then(SharingModel::parse);
    named::request_models(
        org,
        name,
        model("sharingModel"),
        model("externalSharingModel"),
    );
    elements(root).for_each(|inner| part(org, name, root, inner));
}

fn part(org: &mut Org, name: &str, root: Node<'_, '_>, inner: Node<'_, '_>) {
    let full_name = format!(
        "{name}.{}",
        child_text(inner, "fullName").unwrap_or_default()
    );
    match inner.tag_name().name() {
        "fields" => define(org, &full_name, inner),
        "recordTypes" => record_type(org, &full_name, inner),
        "label" => named::change(org, name, |object| object.label = text(inner).to_owned()),
        "pluralLabel" => named::change(org, name, |object| {
            object.label_plural = text(inner).to_owned()
        }),
        "nameField" => named::change(org, name, |object| {
            custom_field::set_name_field(object, root)
        }),
        "fullName" | "sharingModel" | "externalSharingModel" => {}
        other => {
            let mut writer = Writer::compact();
            writer.copy(inner);
            named::change(org, name, |object| {
                object
                    .other
                    .entry(other.to_owned())
                    .or_default()
                    .push(writer.finish())
            });
        }
    }
}

/// Lays a field over its object, which its folder or its name tells.
pub(super) fn field(
    org: &mut Org,
    document: &Document,
    root: Node<'_, '_>,
) -> Result<(), SeedError> {
    let stated = child_text(root, "fullName").unwrap_or_default();
    let full_name = match document.name.split_once('.') {
        Some(_) => document.name.as_str(),
        None => stated,
    };
    let Some((object, _)) = full_name.split_once('.') else {
        return Err(SeedError::unusable(
            &document.path,
            "neither its folder nor its name says which object the field belongs to",
        ));
    };
    if schema::setup_table(object).is_some() {
        keep(org, document);
    } else {
        define(org, full_name, root);
    }
    Ok(())
}

/// A field as its document states it. What this org does not model of it (all of a standard field, a type it does not
/// know) is served back as it was stated.
fn define(org: &mut Org, full_name: &str, element: Node<'_, '_>) {
    let Some((object, name)) = full_name.split_once('.') else {
        return;
    };
    named::object(org, object);
    if let Some(target) = child_text(element, "referenceTo") {
        named::object(org, target);
    }
    let modelled = name
        .contains("__")
        .then(|| custom_field::define(org, object, name, None, element).ok());
    let Some(field) = modelled.flatten() else {
        named::field(org, full_name);
        return custom_field::keep_stated(org, object, name, element);
    };
    named::change(org, object, |object| {
        drop(object.fields.insert(name.to_owned(), field))
    });
}

/// Lays a record type over its object.
pub(super) fn record_type(org: &mut Org, full_name: &str, element: Node<'_, '_>) {
    let Some((object, own_name)) = full_name.split_once('.') else {
        return;
    };
    let label = child_text(element, "label").unwrap_or(own_name);
    named::record_type(org, full_name, label, true);
    record_type::lay(org, object, own_name, element);
}
