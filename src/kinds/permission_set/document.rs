//! A permission set as a document, and as what is compared of it.

use super::super::Attributed;
use super::fields::FieldRights;
use crate::change::Attributes;
use crate::clone::{self, ObjectFlags};
use crate::xml::Element;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of a document that a manifest can state; all others go, since the set is owned whole.
const STATED: [&str; 8] = [
    "fullName",
    "description",
    "fieldPermissions",
    "hasActivationRequired",
    "label",
    "license",
    "objectPermissions",
    "userPermissions",
];
const RECORD_TYPES: &str = "recordTypeVisibilities";

/// A permission set, whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SetState {
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
    /// Whether it grants nothing until a session activates it.
    pub(super) sleeps: bool,
    pub(super) users: BTreeMap<String, Option<String>>,
    pub(super) objects: BTreeMap<String, (ObjectFlags, Option<String>)>,
    pub(super) fields: FieldRights,
    pub(super) record_types: BTreeSet<String>,
    /// Lists that no manifest states, with how many entries each has.
    pub(super) others: BTreeMap<String, usize>,
}

impl Attributed for SetState {
    fn attributes(&self) -> Attributes {
        let mut attributes: Attributes = vec![
            ("label".into(), json!(self.label), None),
            ("description".into(), json!(self.description), None),
            ("license".into(), json!(self.license), None),
        ];
        if self.sleeps {
            let path = "hasActivationRequired".to_owned();
            attributes.push((path, json!(true), None));
        }
        let users = self.users.iter();
        attributes.extend(
            users.map(|(name, why)| (format!("userPermissions.{name}"), json!(true), why.clone())),
        );
        let objects = self.objects.iter();
        attributes.extend(objects.map(|(object, (flags, why))| {
            let path = format!("objectPermissions.{object}");
            (path, json!(flags.words()), why.clone())
        }));
        let fields = self.fields.iter();
        attributes.extend(fields.map(|(field, edits)| {
            let right = if *edits { "edit" } else { "read" };
            (format!("fieldPermissions.{field}"), json!(right), None)
        }));
        let types = self.record_types.iter();
        attributes.extend(types.map(|name| (format!("recordTypes.{name}"), json!(true), None)));
        let others = self.others.iter();
        attributes.extend(others.map(|(list, count)| (list.clone(), json!(count), None)));
        attributes
    }
}

/// What a document says.
pub(super) fn read(document: &Element) -> SetState {
    let text = |name: &str| {
        let text = document.text_of(name).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let is_true = |entry: &Element, flag: &str| entry.text_of(flag) == Some("true");
    let fields = document.children_named("fieldPermissions");
    let fields = fields.filter(|entry| is_true(entry, "readable") || is_true(entry, "editable"));
    let types = document.children_named(RECORD_TYPES);
    let types = types.filter(|entry| is_true(entry, "visible"));
    let objects = clone::document_objects(document).into_iter();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let unstated = document
        .children
        .iter()
        .filter(|child| !STATED.contains(&&*child.name) && &*child.name != RECORD_TYPES);
    for entry in unstated.filter(|entry| !entry.children.is_empty()) {
        *others.entry(entry.name.to_string()).or_default() += 1;
    }
    SetState {
        label: text("label").unwrap_or_default(),
        description: text("description"),
        license: text("license"),
        sleeps: is_true(document, "hasActivationRequired"),
        users: clone::granted(document)
            .into_iter()
            .map(|name| (name, None))
            .collect(),
        objects: objects
            .filter(|(_, flags)| !flags.words().is_empty())
            .map(|(object, flags)| (object, (flags, None)))
            .collect(),
        fields: fields
            .filter_map(|entry| {
                let field = entry.text_of("field")?.to_owned();
                Some((field, is_true(entry, "editable")))
            })
            .collect(),
        record_types: types
            .filter_map(|entry| entry.text_of("recordType").map(str::to_owned))
            .collect(),
        others,
    }
}

/// The whole document: a deploy of a permission set replaces it (Metadata API guide, PermissionSet, API 40.0 and later).
pub(super) fn write(state: &SetState) -> Element {
    let mut document = Element::new("PermissionSet");
    if let Some(description) = &state.description {
        document.set_text("description", description);
    }
    document.set_text("hasActivationRequired", "false");
    document.set_text("label", &state.label);
    if let Some(license) = &state.license {
        document.set_text("license", license);
    }
    for (field, edits) in &state.fields {
        clone::set_field_permission(&mut document, field, *edits);
    }
    for (object, (flags, _)) in &state.objects {
        clone::set_object_permission(&mut document, object, *flags);
    }
    for name in &state.record_types {
        let entry = Element::new(RECORD_TYPES)
            .with(Element::leaf("recordType", name))
            .with(Element::leaf("visible", "true"));
        document.children.push(entry);
    }
    for name in state.users.keys() {
        clone::set_user_permission(&mut document, name, true);
    }
    document.children.sort_by_key(|child| child.name.clone());
    document
}
