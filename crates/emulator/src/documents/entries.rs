//! Entries of profiles and permission sets: what they may name and what must stay.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{exists, permissions};
use crate::http::decode;
use crate::problem::{INTEGRITY, Problem};
use crate::rules;
use crate::store::{Container, DefaultRecordType, Org, ProfileRefusals};
use crate::xml::{child_text, child_truth, children};

/// Why field-level security of a field cannot be set: there is no such field, or it is always visible.
pub(super) fn field_refusal(org: &Org, entry: Node<'_, '_>, name: &str) -> Option<Problem> {
    if granted_somewhere(org, name) {
        return None;
    }
    let (object_name, field_name) = name.split_once('.').unwrap_or((name, ""));
    let Some(object) = org.objects.get(object_name) else {
        return Some(rules::missing(entry, "field", "CustomObject", object_name));
    };
    let Some(field) = object.fields.get(field_name) else {
        return Some(rules::missing(entry, "field", "CustomField", name));
    };
    let message = format!("You cannot deploy to a required field: {name}");
    (!field.permissionable).then(|| Problem::at(entry, INTEGRITY, message))
}

/// Setup objects, such as users, have no component of their own; some profile of the org names each of their fields.
fn granted_somewhere(org: &Org, field: &str) -> bool {
    let mut containers = org.containers.values();
    containers.any(|container| container.field_permissions.contains_key(field))
}

/// Why an entry cannot be: what it is about does not exist in the org.
pub(super) fn setting_refusal(org: &Org, entry: Node<'_, '_>) -> Option<Problem> {
    let element = entry.tag_name().name();
    if element == "tabVisibilities" {
        // Tabs are validated by themselves, once everything else is resolved.
        return None;
    }
    let (kind, leaf) = (
        permissions::companion_type(element)?,
        permissions::key_leaf(element)?,
    );
    let name = child_text(entry, leaf).unwrap_or_default();
    let decoded = decode(name);
    let known = exists(org, kind, name)
        || exists(org, kind, &decoded)
        || kind == "CustomTab" && rules::has_tab(org, name)
        || named_elsewhere(org, element, leaf, name);
    (!known).then(|| rules::missing(entry, leaf, kind, name))
}

/// Standard apps have no component of their own; some profile of the org names each of them.
fn named_elsewhere(org: &Org, element: &str, leaf: &str, name: &str) -> bool {
    let entries = org
        .containers
        .values()
        .filter(|_| element != "tabSettings")
        .filter_map(|container| container.settings.get(element));
    entries
        .flat_map(|entries| entries.values())
        .any(|leaves| leaves.get(leaf).is_some_and(|value| value == name))
}

/// What a deploy tells of everything that speaks against a profile or permission set: resolving names and permissions
/// stops at the first fault in some orgs, and validating tabs collects in all of them (xgeek-net/pipeline issue 21,
/// amtrack/sfdx-plugin-source-read issue 66).
pub(super) fn told(org: &Org, mut problems: Vec<Problem>, tabs: Vec<Problem>) -> Vec<Problem> {
    if org.platform.profile_refusals != Some(ProfileRefusals::One) {
        problems.extend(tabs);
    } else if problems.is_empty() {
        return tabs;
    } else {
        problems.truncate(1);
    }
    problems
}

/// The app a container opens first: one that is hidden opens for nobody.
pub(super) fn default_application(container: &Container) -> Option<&str> {
    let apps = container.settings.get("applicationVisibilities")?;
    let (name, _) = apps.iter().find(|(_, leaves)| is_shown_default(leaves))?;
    Some(name)
}

fn is_shown_default(leaves: &BTreeMap<String, String>) -> bool {
    let is_set = |leaf: &str| leaves.get(leaf).is_some_and(|value| value == "true");
    is_set("default") && is_set("visible")
}

/// Objects of which a profile shows record types and not exactly one as the default, among those that a file names.
///
/// That there is such a refusal was reported with its wording on a picture (dxatscale/sfpowerkit issue 362): the sentence
/// is this emulator's own.
pub(super) fn default_record_type_refusals(
    org: &Org,
    container: &Container,
    element: Node<'_, '_>,
) -> Vec<Problem> {
    if org.platform.default_record_type != Some(DefaultRecordType::Required) {
        return Vec::new();
    }
    let stated = children(element, "recordTypeVisibilities");
    let objects: BTreeSet<&str> = stated
        .filter_map(|entry| child_text(entry, "recordType")?.split('.').next())
        .collect();
    let entries = container.settings.get("recordTypeVisibilities");
    let shown = |object: &str, wanted: &dyn Fn(&BTreeMap<String, String>) -> bool| {
        let of_object = entries
            .into_iter()
            .flatten()
            .filter(|(name, leaves)| name.split('.').next() == Some(object) && wanted(leaves));
        of_object.count()
    };
    let lacks = |object: &&str| {
        let visible = |leaves: &BTreeMap<String, String>| {
            leaves.get("visible").is_some_and(|value| value == "true")
        };
        shown(object, &visible) > 0 && shown(object, &is_shown_default) != 1
    };
    let refusal = |object: &str| {
        let message = format!(
            "field integrity exception: unknown (The profile needs exactly one default record type that is visible for {object}.)"
        );
        Problem::new(INTEGRITY, message)
    };
    objects.into_iter().filter(lacks).map(refusal).collect()
}

/// Keeps exactly one default app: a new one replaces the old one, and the only one cannot be taken away.
pub(super) fn settle_default_application(
    container: &mut Container,
    before: Option<&str>,
    element: Node<'_, '_>,
) -> Option<Problem> {
    let stated = children(element, "applicationVisibilities")
        .filter(|entry| child_truth(*entry, "default") == Some(true))
        .filter_map(|entry| child_text(entry, "application"))
        .last();
    if let (Some(wanted), Some(apps)) = (
        stated,
        container.settings.get_mut("applicationVisibilities"),
    ) {
        for (_, leaves) in apps.iter_mut().filter(|(name, _)| *name != wanted) {
            leaves.insert("default".to_owned(), "false".to_owned());
        }
    }
    let lost = before.is_some() && default_application(container).is_none();
    lost.then(|| {
        Problem::new(
            INTEGRITY,
            "You can't remove the only default app from the profile.",
        )
    })
}
