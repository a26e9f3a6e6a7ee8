//! Picklists as they list their values, and what is wrong with a value that one does not list.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{DescribedField, PicklistEntry};
use crate::manifest::{Field, FieldType, nearest};
use crate::xml::Element;

/// Values listed where none is near.
const MOST_LISTED: usize = 8;

/// What a field lists, as far as that is known.
pub(super) struct Picklist {
    entries: Vec<PicklistEntry>,
    /// Whether it holds what it lists and nothing else.
    restricted: bool,
}

impl Picklist {
    /// As the org describes it, with what the manifest adds.
    pub(super) fn described(field: &DescribedField, own: Option<&Field>) -> Self {
        let mut entries = match field.kind.as_str() {
            "picklist" => field.picklist_values.clone(),
            _ => Vec::new(),
        };
        if !entries.is_empty() {
            entries.extend(own.into_iter().flat_map(stated));
        }
        Self {
            entries,
            restricted: field.restricted_picklist,
        }
    }

    /// With the inactive values that metadata tells of: a describe leaves them out.
    pub(super) fn with_inactive_of(mut self, field: Option<&Element>) -> Self {
        let told = field.map(Self::in_metadata).into_iter();
        for entry in told.flat_map(|told| told.entries) {
            let listed = self.entries.iter().any(|known| known.value == entry.value);
            if entry.active == Some(false) && !listed && !self.entries.is_empty() {
                self.entries.push(entry);
            }
        }
        self
    }

    /// As the manifest makes it: it begins with nothing else.
    pub(super) fn made_here(field: &Field) -> Self {
        Self {
            entries: stated(field),
            restricted: true,
        }
    }

    /// As the metadata of a field tells that the describe hides. A list that several fields share is not told there.
    pub(super) fn in_metadata(field: &Element) -> Self {
        let set = field.child("valueSet");
        let definition = set.and_then(|set| set.child("valueSetDefinition"));
        let values = definition.into_iter();
        let values = values.flat_map(|definition| definition.children_named("value"));
        let entry = |value: &Element| {
            let name = value.text_of("fullName")?;
            Some(PicklistEntry {
                value: name.to_owned(),
                label: value.text_of("label").unwrap_or(name).to_owned(),
                active: Some(value.text_of("isActive") != Some("false")),
            })
        };
        Self {
            entries: values.filter_map(entry).collect(),
            restricted: set.and_then(|set| set.text_of("restricted")) == Some("true"),
        }
    }

    /// What is wrong with a value that it does not list as active; nothing where it is not known what it lists.
    pub(super) fn unlisted(&self, field: &str, value: &str, place: &Place) -> Option<Diagnostic> {
        if self.entries.is_empty() {
            return None;
        }
        let doubt = |message: String| match self.restricted {
            true => Diagnostic::error(Code::NotAPicklistValue, message).at(place),
            false => Diagnostic::warning(Code::NotAPicklistValue, message).at(place),
        };
        if let Some(entry) = self.entries.iter().find(|entry| entry.value == value) {
            let inactive = entry.active == Some(false);
            let message = format!("`{value}` is an inactive value of the picklist `{field}`");
            let help = "activate it in Setup > Object Manager, or ask for another value";
            return inactive.then(|| doubt(message).help(help));
        }
        if let Some(names) = self.labelled(value) {
            let message =
                format!("`{value}` is a label of the picklist `{field}`, which holds API names");
            let error = Diagnostic::error(Code::NotAPicklistValue, message).at(place);
            return Some(error.help(format!("write {names}")));
        }
        let active = self.entries.iter();
        let active = active.filter(|entry| entry.active != Some(false));
        let known: Vec<&str> = active.map(|entry| entry.value.as_str()).collect();
        let message = format!("`{value}` is no value of the picklist `{field}`");
        Some(doubt(message).help(instead(value, &known)))
    }

    /// The API names of the values that have a label.
    fn labelled(&self, label: &str) -> Option<String> {
        let labelled = self.entries.iter().filter(|entry| entry.label == label);
        let names: Vec<String> = labelled.map(|entry| format!("`{}`", entry.value)).collect();
        (!names.is_empty()).then(|| names.join(" or "))
    }
}

/// The values that the manifest gives a field.
fn stated(field: &Field) -> Vec<PicklistEntry> {
    let FieldType::Picklist { values } = &field.field_type.value else {
        return Vec::new();
    };
    let entry = |value: &String| PicklistEntry {
        value: value.clone(),
        label: value.clone(),
        active: Some(true),
    };
    values.iter().map(|value| entry(&value.value)).collect()
}

/// The nearest of what there is, or some of it: what begins alike first.
pub(super) fn instead(value: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(value, known) {
        return format!("did you mean `{near}`?");
    }
    let more = match known.len() > MOST_LISTED {
        true => ", …",
        false => "",
    };
    let alike = |known: &&str| {
        let pairs = known.chars().zip(value.chars());
        std::cmp::Reverse(pairs.take_while(|(one, other)| one == other).count())
    };
    let mut listed = known.to_vec();
    listed.sort_by_key(alike);
    listed.truncate(MOST_LISTED);
    format!("it has {}{more}", listed.join(", "))
}
