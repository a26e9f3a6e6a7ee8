//! Entries of profiles and permission sets: what they may name and what must stay.

use roxmltree::Node;

use super::{exists, permissions};
use crate::http::decode;
use crate::problem::{INTEGRITY, Problem};
use crate::rules;
use crate::store::{Container, Org};
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
        return rules::tab_refusal(org, entry);
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

/// The app a container opens first.
pub(super) fn default_application(container: &Container) -> Option<&str> {
    let apps = container.settings.get("applicationVisibilities")?;
    let (name, _) = apps
        .iter()
        .find(|(_, leaves)| leaves.get("default").is_some_and(|value| value == "true"))?;
    Some(name)
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
