//! Custom fields that the rules ask for, with who may see them: a deployed field is invisible to everybody, REST and
//! SOQL included, until a profile or permission set grants it.

use super::{
    Attributed, Draft, Kind, compare, has_profile, lacks_object, profile_labels, unknown_name,
};
use crate::address::Address;
use crate::change::{Attributes, Component, Stage, Write};
use crate::clone::set_field_permission;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Live, Need, profile_full_name as full_name};
use crate::manifest::{Field, FieldType, Manifest, Word};
use crate::xml::Element;
use serde_json::json;
use std::collections::BTreeSet;

/// Custom fields.
pub(super) static KIND: Kind = Kind {
    name: "custom_field",
    noun: "custom field",
    needs,
    propose,
};

#[derive(Clone, Debug, PartialEq)]
struct CustomField {
    kind: String,
    label: String,
    default: Option<String>,
    description: Option<String>,
    help_text: Option<String>,
    /// Labels of the profiles that read and edit it.
    visible_to: BTreeSet<String>,
}

impl Attributed for CustomField {
    fn attributes(&self) -> Attributes {
        vec![
            ("type".into(), json!(self.kind), None),
            ("label".into(), json!(self.label), None),
            ("default".into(), json!(self.default), None),
            ("description".into(), json!(self.description), None),
            ("helpText".into(), json!(self.help_text), None),
            ("visibleTo".into(), json!(self.visible_to), None),
        ]
    }
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let fields = manifest.spec.fields.iter();
    fields
        .flat_map(|field| {
            [
                Need::ObjectDocument(field.object.value.clone()),
                Need::Object(field.object.value.clone()),
                Need::FieldViewers(field.object.value.clone(), field.name.value.clone()),
            ]
        })
        .collect()
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    for field in &manifest.spec.fields {
        if lacks_object(&field.object, live) {
            draft.errors.push(unknown_name(
                Code::UnknownObject,
                "object",
                &field.object,
                &field.object.place,
                [],
            ));
            continue;
        }
        propose_field(field, manifest, live, &mut draft);
    }
    draft
}

fn propose_field(field: &Field, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let document = live_document(field, live);
    let live_field = document.map(|document| read(document, &field.object, &field.name, live));
    let name = format!("{}.{}", field.object, field.name);
    let address = Address::new(KIND.name, name.clone());
    if field.absent {
        let removal = Write::Deploy(vec![Component::removal("CustomField", name)]);
        if let Some(comparison) = compare(live_field.as_ref(), None) {
            draft.change(address, comparison, Stage::Removals, &field.place, removal);
            // The field's data goes with it.
            draft
                .changes
                .iter_mut()
                .rev()
                .take(1)
                .for_each(|change| change.irreversible = true);
        }
        return;
    }
    draft.errors.extend(wrong_type(field, live_field.as_ref()));
    let viewers = viewers(field, manifest, live, draft);
    let desired = overlay(field, live_field.as_ref(), viewers);
    let Some(comparison) = compare(live_field.as_ref(), Some(&desired)) else {
        return;
    };
    let itself = comparison.1.iter().any(|change| change.path != "visibleTo");
    let mut components = Vec::new();
    if itself {
        components.push(Component::new(
            "CustomField",
            name.clone(),
            write(field, &desired, document),
        ));
    }
    let seen = live_field.map(|live| live.visible_to).unwrap_or_default();
    for viewer in desired.visible_to.difference(&seen) {
        let mut profile = Element::new("Profile");
        set_field_permission(&mut profile, &name, true);
        components.push(Component::new("Profile", full_name(viewer), profile));
    }
    draft.change(
        address,
        comparison,
        Stage::Containers,
        &field.place,
        Write::Deploy(components),
    );
}

/// A field as the org has it, laid open.
pub(super) fn stands(name: &str, live: &Live) -> Option<Attributes> {
    let (object, name) = name.split_once('.')?;
    let document = field_of(object, name, live)?;
    Some(read(document, object, name, live).attributes())
}

fn live_document<'a>(field: &Field, live: &'a Live) -> Option<&'a Element> {
    field_of(&field.object, &field.name, live)
}

fn field_of<'a>(object: &str, name: &str, live: &'a Live) -> Option<&'a Element> {
    let object = live.object_document(object).found()?;
    let same = |entry: &&Element| {
        entry
            .text_of("fullName")
            .is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    object.children_named("fields").find(same)
}

fn read(document: &Element, object: &str, field: &str, live: &Live) -> CustomField {
    let text = |name: &str| {
        document
            .text_of(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let editors = live.field_editors(object, field).learnt();
    CustomField {
        kind: text("type").unwrap_or_default(),
        label: text("label").unwrap_or_default(),
        default: text("defaultValue"),
        description: text("description"),
        help_text: text("inlineHelpText"),
        visible_to: editors.into_iter().flatten().cloned().collect(),
    }
}

/// A type is never changed in place here: the platform converts data when it is.
fn wrong_type(field: &Field, live: Option<&CustomField>) -> Option<Diagnostic> {
    let live = live?;
    let wanted = field.field_type.kind().word();
    if live.kind == wanted {
        return None;
    }
    let message = format!(
        "`{}.{}` is a {} in the org, not a {wanted}",
        field.object, field.name, live.kind
    );
    let help = "name another field, or change the type by hand in Setup > Object Manager";
    Some(
        Diagnostic::error(Code::FieldOfAnotherType, message)
            .at(&field.field_type.place)
            .help(help),
    )
}

/// The profiles that shall see the field: those the manifest names, else its own profile and that profile's source.
fn viewers(field: &Field, manifest: &Manifest, live: &Live, draft: &mut Draft) -> BTreeSet<String> {
    let own = manifest.spec.profile.as_ref();
    let Some(stated) = &field.visible_to else {
        let own_name = own.map(|profile| profile.name.value.clone());
        let source = own
            .and_then(|profile| profile.clone_from.as_ref())
            .map(|source| live.profile_label(source));
        return own_name.into_iter().chain(source).collect();
    };
    let mut viewers = BTreeSet::new();
    for name in stated {
        let viewer = live.profile_label(name);
        let ours = own.is_some_and(|profile| profile.name.value == viewer);
        if !ours && !has_profile(&viewer, live) {
            draft.errors.push(unknown_name(
                Code::UnknownProfile,
                "profile",
                name,
                &name.place,
                profile_labels(live),
            ));
        }
        viewers.insert(viewer);
    }
    viewers
}

fn overlay(
    field: &Field,
    live: Option<&CustomField>,
    mut viewers: BTreeSet<String>,
) -> CustomField {
    let checkbox = matches!(field.field_type.value, FieldType::Checkbox);
    let stated_default = field
        .default
        .as_ref()
        .map(|default| default.value.to_string());
    let fallback = if live.is_none() && checkbox {
        Some("false".to_owned())
    } else {
        None
    };
    viewers.extend(live.iter().flat_map(|live| live.visible_to.iter().cloned()));
    let text =
        |stated: &Option<crate::manifest::Sp<String>>, old: Option<&Option<String>>| match stated {
            Some(stated) => Some(stated.value.clone()),
            None => old.cloned().flatten(),
        };
    CustomField {
        kind: field.field_type.kind().word().to_owned(),
        label: field.label.value.clone(),
        default: stated_default
            .or_else(|| live.and_then(|live| live.default.clone()))
            .or(fallback),
        description: text(&field.description, live.map(|live| &live.description)),
        help_text: text(&field.help_text, live.map(|live| &live.help_text)),
        visible_to: viewers,
    }
}

/// The live field with our values laid over it, or a new one.
fn write(field: &Field, desired: &CustomField, live: Option<&Element>) -> Element {
    let mut document = live.cloned().unwrap_or_else(|| Element::leaf("fields", ""));
    document.name = "fields".into();
    document.set_text("fullName", &field.name);
    document.set_text("label", &desired.label);
    let texts = [
        ("defaultValue", &desired.default),
        ("description", &desired.description),
        ("inlineHelpText", &desired.help_text),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            document.set_text(name, text);
        }
    }
    if live.is_none() {
        for (name, text) in shape(&field.field_type) {
            document.set_text(name, &text);
        }
        document.children.extend(value_set(&field.field_type));
    }
    document
}

/// What a new field of a type has to say.
fn shape(field_type: &FieldType) -> Vec<(&'static str, String)> {
    let mut shape = vec![("type", field_type.kind().word().to_owned())];
    match field_type {
        FieldType::Text { length } => shape.push(("length", length.to_string())),
        FieldType::Number { precision, scale } => {
            shape.extend([
                ("precision", precision.to_string()),
                ("scale", scale.to_string()),
            ]);
        }
        _ => {}
    }
    shape
}

fn value_set(field_type: &FieldType) -> Option<Element> {
    let FieldType::Picklist { values } = field_type else {
        return None;
    };
    let mut definition = Element::new("valueSetDefinition").with(Element::leaf("sorted", "false"));
    for value in values {
        let entry = Element::new("value")
            .with(Element::leaf("fullName", value.value.clone()))
            .with(Element::leaf("default", "false"))
            .with(Element::leaf("label", value.value.clone()));
        definition = definition.with(entry);
    }
    Some(Element::new("valueSet").with(definition))
}
