//! The profile document: reading its entries, laying entries over it. The lists stay together and in ASCII order, as
//! every retrieve has them.

use super::flags::ObjectFlags;
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// The user permissions a profile document enables.
pub fn granted(document: &Element) -> BTreeSet<String> {
    let enabled = |entry: &&Element| is_true(entry, "enabled");
    let entries = document.children_named("userPermissions").filter(enabled);
    entries
        .filter_map(|entry| entry.text_of("name"))
        .map(str::to_owned)
        .collect()
}

/// The object permissions of a profile document, by object.
pub fn document_objects(document: &Element) -> BTreeMap<String, ObjectFlags> {
    let entries = document.children_named("objectPermissions");
    entries
        .filter_map(|entry| {
            Some((
                entry.text_of("object")?.to_owned(),
                ObjectFlags::of_element(entry),
            ))
        })
        .collect()
}

/// Sets one user permission, keeping the list together.
pub fn set_user_permission(document: &mut Element, name: &str, enabled: bool) {
    let entry = user_permission(name, enabled);
    lay_over(document, "name", [(name.to_owned(), entry)].into());
}

/// Enables these user permissions.
pub fn enable_user_permissions(document: &mut Element, names: &BTreeSet<String>) {
    let entries = names
        .iter()
        .map(|name| (name.clone(), user_permission(name, true)));
    lay_over(document, "name", entries.collect());
}

/// Sets one object permission, all flags written: the platform ignores an entry that leaves some out.
pub fn set_object_permission(document: &mut Element, object: &str, flags: ObjectFlags) {
    let entry = flags.to_element(object);
    lay_over(document, "object", [(object.to_owned(), entry)].into());
}

/// Makes one field readable, and editable where asked.
pub fn set_field_permission(document: &mut Element, field: &str, editable: bool) {
    let entry = field_permission(field, editable);
    lay_over(document, "field", [(field.to_owned(), entry)].into());
}

/// Adds readable fields that the document does not list.
pub fn add_field_permissions(document: &mut Element, fields: &BTreeMap<String, bool>) {
    let listed: BTreeSet<&str> = document
        .children_named("fieldPermissions")
        .filter_map(|entry| entry.text_of("field"))
        .collect();
    let missing = fields
        .iter()
        .filter(|(field, _)| !listed.contains(field.as_str()));
    let entries =
        missing.map(|(field, editable)| (field.clone(), field_permission(field, *editable)));
    let entries = entries.collect();
    lay_over(document, "field", entries);
}

/// Leaves one default application where entries were added.
pub fn settle_applications(document: &mut Element) {
    one_default_application(document, None);
}

/// Makes another entry the default where the one that was it is gone: an application, and a record type of each object.
/// The platform takes no profile without (`You can't remove the only default app from the profile.`).
pub fn keep_defaults(before: &Element, document: &mut Element) {
    if default_applications(document).is_empty() && !default_applications(before).is_empty() {
        let shown = applications(document).find(|app| is_true(app, "visible"));
        let name = shown
            .and_then(|app| app.text_of("application"))
            .map(str::to_owned);
        let entry = name.map(|name| (name.clone(), application(&name, true, true)));
        lay_over(document, "application", entry.into_iter().collect());
    }
    let defaults = |document: &Element| -> BTreeSet<String> {
        let entries = document.children_named(RECORD_TYPES);
        let defaults = entries.filter(|entry| is_true(entry, "default"));
        defaults.filter_map(object_of_record_type).collect()
    };
    let left = defaults(document);
    for object in defaults(before).difference(&left) {
        let mut entries = document.children.iter_mut();
        let next = entries.find(|entry| {
            entry.name == RECORD_TYPES
                && is_true(entry, "visible")
                && object_of_record_type(entry).as_ref() == Some(object)
        });
        if let Some(next) = next {
            next.set_text("default", "true");
        }
    }
}

const RECORD_TYPES: &str = "recordTypeVisibilities";

/// `Account` of the entry for `Account.Business`.
fn object_of_record_type(entry: &Element) -> Option<String> {
    let (object, _) = entry.text_of("recordType")?.split_once('.')?;
    Some(object.to_owned())
}

pub(super) fn user_permission(name: &str, enabled: bool) -> Element {
    Element::new("userPermissions")
        .with(truth("enabled", enabled))
        .with(Element::leaf("name", name))
}

pub(super) fn field_permission(field: &str, editable: bool) -> Element {
    Element::new("fieldPermissions")
        .with(truth("editable", editable))
        .with(Element::leaf("field", field))
        .with(truth("readable", true))
}

fn truth(name: &str, on: bool) -> Element {
    Element::leaf(name, if on { "true" } else { "false" })
}

fn is_true(entry: &Element, name: &str) -> bool {
    entry
        .text_of(name)
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Lays entries of one list, given by the text of their key, over those of the same key; the others are added.
pub(super) fn lay_over(document: &mut Element, key: &str, mut entries: BTreeMap<String, Element>) {
    let Some(list) = entries.values().next().map(|entry| entry.name.clone()) else {
        return;
    };
    for child in &mut document.children {
        let name = (child.name == list).then(|| child.text_of(key)).flatten();
        if let Some(entry) = name.and_then(|name| entries.remove(name)) {
            *child = entry;
        }
    }
    if entries.is_empty() {
        return;
    }
    document.children.extend(entries.into_values());
    let place = |child: &Element| {
        let own = (child.name == list).then(|| child.text_of(key).unwrap_or_default().to_owned());
        (child.name.clone(), own)
    };
    document.children.sort_by_cached_key(place);
}

/// Takes out the entries of a list whose key is unwanted; returns the keys.
pub(super) fn take_out(
    document: &mut Element,
    list: &str,
    key: &str,
    unwanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut gone = Vec::new();
    document.children.retain(|child| {
        let name = (child.name == list).then(|| child.text_of(key)).flatten();
        let Some(name) = name.filter(|name| unwanted(name)) else {
            return true;
        };
        gone.push(name.to_owned());
        false
    });
    gone
}

/// Leaves exactly one application the default, laid over `baseline`: a profile with several is refused, and so is
/// taking away the only one (`You can't remove the only default app from the profile.`).
pub(super) fn one_default_application(document: &mut Element, baseline: Option<&Element>) {
    let of_baseline = baseline.and_then(|baseline| default_applications(baseline).pop());
    let listed = |document: &Element, name: &str| {
        applications(document).any(|app| app.text_of("application") == Some(name))
    };
    let defaults = default_applications(document);
    let mut changes = BTreeMap::new();
    for extra in defaults.iter().skip(1) {
        let visible = is_visible(document, extra);
        changes.insert(extra.clone(), application(extra, false, visible));
    }
    match (defaults.first(), of_baseline) {
        (Some(_), Some(theirs)) if !listed(document, &theirs) => {
            changes.insert(theirs.clone(), application(&theirs, false, false));
        }
        (None, Some(theirs)) if listed(document, &theirs) => {
            let shown = applications(document).find(|app| is_true(app, "visible"));
            match shown.and_then(|app| app.text_of("application")) {
                Some(name) => {
                    changes.insert(name.to_owned(), application(name, true, true));
                }
                None => {
                    let same = |name: &str| name == theirs;
                    take_out(document, "applicationVisibilities", "application", same);
                }
            }
        }
        _ => {}
    }
    lay_over(document, "application", changes);
}

fn applications(document: &Element) -> impl Iterator<Item = &Element> {
    document.children_named("applicationVisibilities")
}

fn default_applications(document: &Element) -> Vec<String> {
    let defaults = applications(document).filter(|app| is_true(app, "default"));
    defaults
        .filter_map(|app| app.text_of("application"))
        .map(str::to_owned)
        .collect()
}

fn is_visible(document: &Element, name: &str) -> bool {
    applications(document)
        .any(|app| app.text_of("application") == Some(name) && is_true(app, "visible"))
}

fn application(name: &str, default: bool, visible: bool) -> Element {
    Element::new("applicationVisibilities")
        .with(Element::leaf("application", name))
        .with(truth("default", default))
        .with(truth("visible", visible))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(applications: &[(&str, bool, bool)]) -> Element {
        let mut profile = Element::new("Profile");
        let entries = applications
            .iter()
            .map(|(name, default, visible)| application(name, *default, *visible));
        profile.children.extend(entries);
        profile.with(Element::leaf("custom", "true"))
    }

    fn check(
        source: &[(&str, bool, bool)],
        baseline: &[(&str, bool, bool)],
        expected: &[(&str, bool, bool)],
    ) {
        let mut document = profile(source);
        one_default_application(&mut document, Some(&profile(baseline)));
        assert_eq!(document, profile(expected), "{source:?} over {baseline:?}");
    }

    #[test]
    fn exactly_one_application_stays_the_default() {
        let own = [("A", false, true), ("B", true, true)];
        check(&own, &[], &own);
        check(&own, &[("A", true, true)], &own);
        check(
            &own,
            &[("C", true, true)],
            &[("A", false, true), ("B", true, true), ("C", false, false)],
        );
        check(
            &[("A", true, true), ("B", true, true)],
            &[],
            &[("A", true, true), ("B", false, true)],
        );
    }

    #[test]
    fn the_baselines_only_default_is_not_taken_away() {
        let baseline = [("A", true, true)];
        check(
            &[("A", false, false), ("B", false, true)],
            &baseline,
            &[("A", false, false), ("B", true, true)],
        );
        check(
            &[("A", false, false), ("B", false, false)],
            &baseline,
            &[("B", false, false)],
        );
        check(&[("B", false, false)], &baseline, &[("B", false, false)]);
    }

    #[test]
    fn another_entry_becomes_the_default_where_that_is_gone() {
        let record_type = |name: &str, default: bool, visible: bool| {
            Element::new(RECORD_TYPES)
                .with(truth("default", default))
                .with(Element::leaf("recordType", name))
                .with(truth("visible", visible))
        };
        let mut before = profile(&[("A", true, true), ("B", false, true), ("C", false, true)]);
        before.children.extend([
            record_type("Visit__c.Home", true, true),
            record_type("Visit__c.Old", false, false),
            record_type("Visit__c.Shop", false, true),
            record_type("Lead.Web", true, true),
        ]);
        let mut after = before.clone();
        take_out(
            &mut after,
            "applicationVisibilities",
            "application",
            |name| name == "A",
        );
        take_out(&mut after, RECORD_TYPES, "recordType", |name| {
            name == "Visit__c.Home"
        });
        keep_defaults(&before, &mut after);
        assert_eq!(default_applications(&after), ["B"]);
        let defaults = after
            .children_named(RECORD_TYPES)
            .filter(|entry| is_true(entry, "default"));
        let defaults: Vec<_> = defaults
            .filter_map(|entry| entry.text_of("recordType"))
            .collect();
        assert_eq!(defaults, ["Visit__c.Shop", "Lead.Web"]);
    }

    #[test]
    fn entries_are_replaced_in_place_and_added_in_order() {
        let mut document = profile(&[]);
        for (name, enabled) in [("C", true), ("A", true), ("B", false), ("C", false)] {
            set_user_permission(&mut document, name, enabled);
        }
        set_field_permission(&mut document, "Lead.X__c", true);
        let names: Vec<&str> = document
            .children
            .iter()
            .map(|child| child.text_of("name").unwrap_or(&child.name))
            .collect();
        assert_eq!(names, ["custom", "fieldPermissions", "A", "B", "C"]);
        assert_eq!(granted(&document), ["A".to_owned()].into());
        let gone = take_out(&mut document, "userPermissions", "name", |name| name != "A");
        assert_eq!(gone, ["B", "C"]);
    }
}
