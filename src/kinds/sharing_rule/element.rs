//! Sharing rules as metadata: read from a retrieved element, written in the platform's own order.

use super::super::narrowest_level;
use super::SharingRule;
use crate::change::Component;
use crate::criteria::Criteria;
use crate::live::{Defaults, Live, RuleKind};
use crate::manifest::{self, Manifest, Principal, RuleAccess, Sharing, Word};
use crate::xml::Element;

/// The metadata type of a rule's element.
pub(super) fn metadata_type(element: &Element) -> &'static str {
    RuleKind::of(element)
        .unwrap_or(RuleKind::Criteria)
        .metadata_type()
}

/// Whether a rule lets people edit.
pub(super) fn edits(element: &Element) -> bool {
    element.text_of("accessLevel") == Some("Edit")
}

/// Reads a rule.
pub(super) fn read(element: &Element) -> SharingRule {
    let text = |name: &str| {
        element
            .text_of(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let kind = RuleKind::of(element).unwrap_or(RuleKind::Criteria);
    let by_criteria = matches!(kind, RuleKind::Criteria | RuleKind::Guest);
    let access = match element.text_of("accessLevel") {
        Some("Read") => "ReadOnly",
        Some("Edit") => "ReadWrite",
        Some(other) => other,
        None => "",
    };
    SharingRule {
        kind,
        label: text("label").unwrap_or_default(),
        access: access.to_owned(),
        criteria: by_criteria.then(|| Criteria::of_element(element)).flatten(),
        owned_by: element.child("sharedFrom").map(principal_text),
        shared_to: element
            .child("sharedTo")
            .map(principal_text)
            .unwrap_or_default(),
        include_all: element
            .text_of("includeRecordsOwnedByAll")
            .map(|text| text.eq_ignore_ascii_case("true")),
        description: text("description"),
    }
}

/// `role:Sales`, or `allInternalUsers`.
fn principal_text(element: &Element) -> String {
    let Some(child) = element.children.first() else {
        return String::new();
    };
    if child.text.is_empty() {
        child.name.to_string()
    } else {
        format!("{}:{}", child.name, child.text)
    }
}

fn principal_element(name: &str, text: &str) -> Element {
    let (key, value) = text.split_once(':').unwrap_or((text, ""));
    Element::new(name).with(Element::leaf(key, value))
}

/// A principal as attributes spell it: `role:Sales`.
pub(super) fn principal_words(principal: &Principal) -> String {
    match principal.name() {
        Some(name) => format!("{}:{name}", principal.key()),
        None => principal.key().to_owned(),
    }
}

/// The component that deploys a rule.
pub(super) fn write(
    full_name: &str,
    desired: &SharingRule,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
) -> Component {
    let name = full_name
        .split_once('.')
        .map_or(full_name, |(_, name)| name);
    let settings = (sharing.object.value == "Account").then(|| account_settings(manifest, live));
    let kind = desired.kind.metadata_type();
    Component::new(kind, full_name, element(name, desired, settings))
}

/// Account rules must say what they give on the records below; ours give no more than the defaults do.
fn account_settings(manifest: &Manifest, live: &Live) -> Element {
    let defaults = Defaults::new(manifest, live);
    let level = |object: &str| {
        narrowest_level(defaults.after(object)).map_or("Edit", manifest::AccessLevel::word)
    };
    Element::new("accountSettings")
        .with(Element::leaf("caseAccessLevel", level("Case")))
        .with(Element::leaf("contactAccessLevel", level("Contact")))
        .with(Element::leaf(
            "opportunityAccessLevel",
            level("Opportunity"),
        ))
}

/// In the platform's own order: the base type's elements alphabetically, then the derived type's.
pub(super) fn element(name: &str, rule: &SharingRule, settings: Option<Element>) -> Element {
    let list = if rule.criteria.is_some() {
        "sharingCriteriaRules"
    } else {
        "sharingOwnerRules"
    };
    let access = if rule.access == RuleAccess::ReadWrite.word() {
        "Edit"
    } else {
        "Read"
    };
    let mut element = Element::new(list)
        .with(Element::leaf("fullName", name))
        .with(Element::leaf("accessLevel", access));
    element.children.extend(settings);
    element.children.extend(
        rule.description
            .as_ref()
            .map(|text| Element::leaf("description", text.clone())),
    );
    element
        .children
        .push(Element::leaf("label", rule.label.clone()));
    element
        .children
        .push(principal_element("sharedTo", &rule.shared_to));
    if let Some(owned_by) = &rule.owned_by {
        element
            .children
            .push(principal_element("sharedFrom", owned_by));
    }
    if let Some(criteria) = &rule.criteria {
        element.children.extend(criteria.elements());
        let include = rule.include_all.unwrap_or(true).to_string();
        element
            .children
            .push(Element::leaf("includeRecordsOwnedByAll", include));
    }
    element
}
