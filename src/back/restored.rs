//! Documents as they are written to put attributes back: the live one, with what was laid over it.

use super::fate::{BackFate, model};
use super::{BackDraft, Made};
use crate::change::{Component, FieldChange, Stage, Write};
use crate::clone::{self, ObjectFlags};
use crate::kinds;
use crate::live::{RuleKind, profile_full_name};
use crate::xml::Element;
use serde_json::{Value, json};

/// Attributes with the elements of a document that hold them.
const OF_ROLE: [(&str, &str); 6] = [
    ("label", "name"),
    ("parent", "parentRole"),
    ("description", "description"),
    ("caseAccess", "caseAccessLevel"),
    ("contactAccess", "contactAccessLevel"),
    ("opportunityAccess", "opportunityAccessLevel"),
];
const OF_FIELD: [(&str, &str); 4] = [
    ("label", "label"),
    ("default", "defaultValue"),
    ("description", "description"),
    ("helpText", "inlineHelpText"),
];
const OF_RULE: [(&str, &str); 3] = [
    ("label", "label"),
    ("description", "description"),
    ("access", "accessLevel"),
];

impl BackDraft<'_> {
    pub(super) fn default_back(
        &self,
        object: &str,
        fields: &[FieldChange],
    ) -> Option<(Stage, Vec<Component>)> {
        let (internal, external) = self.live.requested_default(object);
        let wanted = |path: &str| {
            let mut fields = fields.iter();
            let field = fields.find(|field| field.path == path)?;
            model(&field.after)
        };
        let internal = wanted("internal").or(internal);
        let external = wanted("external").or(external);
        let write = kinds::default_document(object, internal, external, self.live);
        let Write::Deploy(components) = write else {
            return None;
        };
        Some((Stage::Defaults, components))
    }

    pub(super) fn role_back(
        &self,
        name: &str,
        fields: &[FieldChange],
    ) -> Option<(Stage, Vec<Component>)> {
        let mut document = self.live.role_document(name).found()?;
        document.name = "Role".into();
        document.attributes = Box::default();
        document.remove("fullName");
        laid_over(&mut document, fields, &OF_ROLE);
        let of_level = fields.iter().any(|field| field.path.ends_with("Access"));
        // A level can never be below the default, and the default goes back in between.
        let stage = match of_level {
            true => Stage::RoleLevels,
            false => self.of_rights(),
        };
        Some((stage, vec![Component::new("Role", name, document)]))
    }

    /// When rights come back: before the defaults, so that the two together open nothing new; but after the user is out of use,
    /// where that comes first.
    pub(super) fn of_rights(&self) -> Stage {
        let ends_use = self
            .decided()
            .any(|(made, fate)| made.address.kind == "user" && *fate == BackFate::Goes);
        match ends_use {
            true => Stage::RoleLevels,
            false => Stage::Containers,
        }
    }

    pub(super) fn profile_back(&self, name: &str, fields: &[FieldChange]) -> Vec<Component> {
        let mut document = Element::new("Profile");
        for field in fields {
            let on = field.after == json!(true);
            match field.path.split_once('.') {
                Some(("userPermissions", name)) => {
                    clone::set_user_permission(&mut document, name, on);
                }
                Some(("objectPermissions", object)) => {
                    let flags = ObjectFlags::of_words(&words(&field.after));
                    clone::set_object_permission(&mut document, object, flags);
                }
                Some(("fieldPermissions", name)) => hide_or_show(&mut document, name, on),
                _ => laid_over(
                    &mut document,
                    std::slice::from_ref(field),
                    &[("description", "description")],
                ),
            }
        }
        vec![Component::new("Profile", profile_full_name(name), document)]
    }

    pub(super) fn set_back(
        &self,
        name: &str,
        fields: &[FieldChange],
    ) -> Option<(Stage, Vec<Component>)> {
        let mut document = self.live.permission_set_document(name).found()?.clone();
        document.name = "PermissionSet".into();
        document.attributes = Box::default();
        document.remove("fullName");
        for field in fields {
            if let Some(("objectPermissions", object)) = field.path.split_once('.') {
                let flags = ObjectFlags::of_words(&words(&field.after));
                clone::set_object_permission(&mut document, object, flags);
            }
        }
        laid_over(&mut document, fields, &[("label", "label")]);
        let component = Component::new("PermissionSet", name, document);
        Some((self.of_rights(), vec![component]))
    }

    /// The field's own words, and who may see it: profiles that came to see it do not any more.
    pub(super) fn field_back(
        &self,
        name: &str,
        fields: &[FieldChange],
    ) -> Option<(Stage, Vec<Component>)> {
        let (object, own) = name.split_once('.')?;
        let document = self.live.object_document(object).found()?;
        let mut documents = document.children_named("fields");
        let field = documents.find(|field| field.text_of("fullName") == Some(own))?;
        let (seen, itself): (Vec<&FieldChange>, Vec<&FieldChange>) =
            fields.iter().partition(|field| field.path == "visibleTo");
        let itself: Vec<FieldChange> = itself.into_iter().cloned().collect();
        let mut components = Vec::new();
        if !itself.is_empty() {
            let mut document = field.clone();
            laid_over(&mut document, &itself, &OF_FIELD);
            components.push(Component::new("CustomField", name, document));
        }
        for change in seen {
            let (now, then) = (words(&change.before), words(&change.after));
            let goes = self.own_that_go("profile");
            let moved = now
                .iter()
                .chain(&then)
                .filter(|label| !goes.contains(label.as_str()));
            for label in moved.filter(|label| now.contains(label) != then.contains(label)) {
                let mut profile = Element::new("Profile");
                hide_or_show(&mut profile, name, then.contains(label));
                let full_name = profile_full_name(label);
                components.push(Component::new("Profile", full_name, profile));
            }
        }
        Some((self.of_rights(), components))
    }

    /// The rule as it was, where its document was kept; else what its own words say.
    pub(super) fn rule_back(
        &self,
        made: &Made,
        fields: &[FieldChange],
    ) -> Option<(Stage, Vec<Component>)> {
        let name = made.address.name.as_str();
        let (object, own) = name.split_once('.')?;
        let live = self.live.rules(object).find(|rule| rule.name == own)?;
        let kind = live.kind.metadata_type();
        let is_all = fields.len() == made.fields.len();
        if let Some(before) = self.way.before.get(&made.address).filter(|_| is_all) {
            let then = RuleKind::of(before)?.metadata_type();
            let another = kinds::needs_another_rule(fields) || then != kind;
            let removal = another.then(|| Component::removal(kind, name));
            let again = Component::new(then, name, before.clone());
            return Some((Stage::Rules, removal.into_iter().chain([again]).collect()));
        }
        let mut document = live.element.clone();
        let is_known = |field: &FieldChange| OF_RULE.iter().any(|(path, _)| *path == field.path);
        if !fields.iter().all(is_known) {
            return None;
        }
        laid_over(&mut document, fields, &OF_RULE);
        let level = match document.text_of("accessLevel") {
            Some("ReadWrite" | "Edit") => "Edit",
            _ => "Read",
        };
        document.set_text("accessLevel", level);
        Some((Stage::Rules, vec![Component::new(kind, name, document)]))
    }
}

/// The words of a list.
pub(super) fn words(value: &Value) -> Vec<String> {
    let listed = value.as_array().into_iter().flatten();
    listed
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Sets the elements that hold these attributes; one without a value goes.
fn laid_over(document: &mut Element, fields: &[FieldChange], elements: &[(&str, &str)]) {
    for field in fields {
        let Some((_, element)) = elements.iter().find(|(path, _)| *path == field.path) else {
            continue;
        };
        match &field.after {
            Value::Null => drop(document.remove(element)),
            Value::String(text) => document.set_text(element, text),
            other => document.set_text(element, &other.to_string()),
        }
    }
}

/// Says of a field that a profile sees it, or that it does not.
fn hide_or_show(document: &mut Element, field: &str, shows: bool) {
    clone::set_field_permission(document, field, shows);
    let mut entries = document.children.iter_mut();
    let entry = entries.find(|entry| entry.text_of("field") == Some(field));
    if let Some(entry) = entry {
        entry.set_text("readable", if shows { "true" } else { "false" });
    }
}
