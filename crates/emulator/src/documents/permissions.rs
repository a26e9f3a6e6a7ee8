//! The entries profiles and permission sets share: user, object and field permissions, and everything else they list.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{Rendering, entries, shape};
use crate::problem::{INTEGRITY, Problem, REFERENCE, UNKNOWN};
use crate::rules;
use crate::store::{Container, ContainerKind, FieldAccess, ObjectAccess, Org};
use crate::xml::{Writer, child, child_text, child_truth, children, elements, text};

/// Elements with entries of their own in the store, by name.
pub(crate) const TYPED: [&str; 9] = [
    "custom",
    "description",
    "fieldPermissions",
    "hasActivationRequired",
    "label",
    "license",
    "objectPermissions",
    "userLicense",
    "userPermissions",
];

/// The leaves that name what an entry is about, and the component type they name.
///
/// An entry is found again by these leaves, since each describes one component (Metadata API guide, Profile).
const KEYS: [(&str, &[&str], Option<&str>); 20] = [
    ("agentAccesses", &["agentName"], None),
    (
        "applicationVisibilities",
        &["application"],
        Some("CustomApplication"),
    ),
    (
        "categoryGroupVisibilities",
        &["dataCategoryGroup"],
        Some("DataCategoryGroup"),
    ),
    ("classAccesses", &["apexClass"], Some("ApexClass")),
    ("customMetadataTypeAccesses", &["name"], None),
    ("customPermissions", &["name"], Some("CustomPermission")),
    ("customSettingAccesses", &["name"], None),
    (
        "externalDataSourceAccesses",
        &["externalDataSource"],
        Some("ExternalDataSource"),
    ),
    ("emailRoutingAddressAccesses", &["name"], None),
    (
        "externalCredentialPrincipalAccesses",
        &["externalCredentialPrincipal"],
        None,
    ),
    ("flowAccesses", &["flow"], Some("Flow")),
    ("loginFlows", &["friendlyName"], None),
    ("genComputingSummaryDefAccesses", &["configName"], None),
    (
        "layoutAssignments",
        &["layout", "recordType"],
        Some("Layout"),
    ),
    ("loginIpRanges", &["startAddress", "endAddress"], None),
    ("pageAccesses", &["apexPage"], Some("ApexPage")),
    (
        "recordTypeVisibilities",
        &["recordType"],
        Some("RecordType"),
    ),
    (
        "servicePresenceStatusAccesses",
        &["servicePresenceStatus"],
        None,
    ),
    ("tabSettings", &["tab"], Some("CustomTab")),
    ("tabVisibilities", &["tab"], Some("CustomTab")),
];

/// Several values of one repeated leaf are kept in one text, separated by this.
const SEPARATOR: char = '\n';

/// The type of component an element's entries are about, when it is one.
pub(crate) fn companion_type(element: &str) -> Option<&'static str> {
    KEYS.iter()
        .find(|(name, ..)| *name == element)
        .and_then(|(.., kind)| *kind)
}

/// The leaf that names what an element's entries are about.
pub(crate) fn key_leaf(element: &str) -> Option<&'static str> {
    KEYS.iter()
        .find(|(name, ..)| *name == element)
        .and_then(|(_, leaves, _)| leaves.first().copied())
}

pub(crate) fn key_of(entry: Node<'_, '_>) -> String {
    let name = entry.tag_name().name();
    let Some((_, leaves, _)) = KEYS.iter().find(|(element, ..)| *element == name) else {
        return String::new();
    };
    let parts: Vec<&str> = leaves
        .iter()
        .filter_map(|leaf| child_text(entry, leaf))
        .collect();
    parts.join("|")
}

/// Reports entries that are there twice.
pub(crate) fn check_duplicates(element: Node<'_, '_>) -> Vec<Problem> {
    let keyed = [
        ("userPermissions", "name"),
        ("objectPermissions", "object"),
        ("fieldPermissions", "field"),
    ];
    let mut problems = Vec::new();
    for (entry, key) in keyed {
        let mut seen = BTreeSet::new();
        for node in children(element, entry) {
            let value = child_text(node, key).unwrap_or_default();
            if !seen.insert(value) {
                let message = format!("Field:{key}, value:{value} appears more than once");
                problems.push(Problem::at(node, UNKNOWN, message));
            }
        }
    }
    problems
}

/// Lays the `userPermissions` over a container.
pub(crate) fn apply_user_permissions(
    org: &Org,
    container: &mut Container,
    element: Node<'_, '_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in children(element, "userPermissions") {
        let name = child_text(entry, "name").unwrap_or_default();
        let enabled = child_truth(entry, "enabled").unwrap_or_default();
        let refusal = match enabled {
            true => rules::license_refusal(org, container, name),
            // A permission set that leaves a permission off turns nothing off.
            false if container.kind == ContainerKind::PermissionSet => None,
            false => rules::forced_refusal(org, container, name),
        };
        if org.permission(name).is_none_or(|known| known != name) {
            let message = format!("Unknown user permission: {name}");
            problems.push(Problem::at(entry, REFERENCE, message));
        } else if let Some(refusal) = refusal {
            problems.push(Problem::at(entry, INTEGRITY, refusal));
        } else if enabled {
            container.user_permissions.insert(name.to_owned());
        } else {
            container.user_permissions.remove(name);
        }
    }
    problems
}

/// Lays the `objectPermissions` over a container. A flag that is left out keeps its value.
pub(crate) fn apply_object_permissions(
    org: &Org,
    container: &mut Container,
    element: Node<'_, '_>,
    whole_entries_only: bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in children(element, "objectPermissions") {
        let name = child_text(entry, "object").unwrap_or_default();
        if !org
            .objects
            .get(name)
            .is_some_and(rules::takes_object_permissions)
        {
            problems.push(rules::missing(entry, "field", "CustomObject", name));
            continue;
        }
        // updateMetadata silently skips an entry that leaves a flag out.
        if whole_entries_only && FLAGS.iter().any(|flag| child(entry, flag).is_none()) {
            continue;
        }
        let before = container
            .object_permissions
            .get(name)
            .copied()
            .unwrap_or_default();
        let after = overlay_object(before, entry);
        if let Some(refusal) = rules::object_license_refusal(org, container, name, after) {
            problems.push(Problem::at(entry, INTEGRITY, refusal));
            continue;
        }
        set_object(container, name, after);
    }
    problems
}

const FLAGS: [&str; 6] = [
    "allowCreate",
    "allowDelete",
    "allowEdit",
    "allowRead",
    "modifyAllRecords",
    "viewAllRecords",
];

fn overlay_object(before: ObjectAccess, entry: Node<'_, '_>) -> ObjectAccess {
    let flag = |name: &str, before: bool| child_truth(entry, name).unwrap_or(before);
    ObjectAccess {
        read: flag("allowRead", before.read),
        create: flag("allowCreate", before.create),
        edit: flag("allowEdit", before.edit),
        delete: flag("allowDelete", before.delete),
        view_all: flag("viewAllRecords", before.view_all),
        modify_all: flag("modifyAllRecords", before.modify_all),
        view_all_fields: flag("viewAllFields", before.view_all_fields),
        view_setup: flag("viewSetup", before.view_setup),
        customize_setup: flag("customizeSetup", before.customize_setup),
        delete_setup: flag("deleteSetup", before.delete_setup),
    }
}

fn set_object(container: &mut Container, name: &str, access: ObjectAccess) {
    if access.is_empty() {
        container.object_permissions.remove(name);
    } else {
        container.object_permissions.insert(name.to_owned(), access);
    }
}

/// Lays the `fieldPermissions` over a container.
pub(crate) fn apply_field_permissions(
    org: &Org,
    container: &mut Container,
    element: Node<'_, '_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in children(element, "fieldPermissions") {
        let name = child_text(entry, "field").unwrap_or_default();
        if let Some(problem) = entries::field_refusal(org, entry, name) {
            problems.push(problem);
            continue;
        }
        let edit = child_truth(entry, "editable").unwrap_or_default();
        let read = child_truth(entry, "readable").unwrap_or(edit);
        if edit && !read {
            let message = format!("Permission Edit {name} depends on permission(s): Read {name}");
            problems.push(Problem::at(entry, INTEGRITY, message));
        } else if read {
            container
                .field_permissions
                .insert(name.to_owned(), FieldAccess { read, edit });
        } else {
            container.field_permissions.remove(name);
        }
    }
    problems
}

/// Lays every other entry over a container.
pub(crate) fn apply_settings(
    org: &Org,
    container: &mut Container,
    element: Node<'_, '_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let untyped = |entry: &Node<'_, '_>| !TYPED.contains(&entry.tag_name().name());
    for entry in elements(element)
        .filter(untyped)
        .filter(|entry| entry.tag_name().name() != "fullName")
    {
        let name = entry.tag_name().name();
        if let Some(problem) = entries::setting_refusal(org, entry) {
            problems.push(problem);
            continue;
        }
        if elements(entry).next().is_none() && shape::CLEARED.contains(&name) {
            container.settings.remove(name);
            continue;
        }
        let entries = container.settings.entry(name.to_owned()).or_default();
        entries
            .entry(key_of(entry))
            .or_default()
            .extend(leaves(entry));
    }
    problems
}

pub(crate) fn leaves(entry: Node<'_, '_>) -> BTreeMap<String, String> {
    let mut leaves: BTreeMap<String, String> = BTreeMap::new();
    for leaf in elements(entry) {
        let value = leaves.entry(leaf.tag_name().name().to_owned()).or_default();
        if !value.is_empty() {
            value.push(SEPARATOR);
        }
        value.push_str(text(leaf));
    }
    leaves
}

/// Writes the enabled user permissions; those that are off are left out since API version 29.0.
pub(crate) fn write_user_permissions<'n>(
    names: impl Iterator<Item = &'n String>,
    writer: &mut Writer,
) {
    for name in names {
        writer.within("userPermissions", |writer| {
            writer.flag("enabled", true);
            writer.leaf("name", name);
        });
    }
}

/// Writes the object permissions with read access, as the permissions over all data make them.
pub(crate) fn write_object_permissions(
    org: &Org,
    container: &Container,
    rendering: &Rendering,
    writer: &mut Writer,
) {
    for (name, access) in rules::object_permissions(org, container) {
        if access.read && rendering.scope.includes("CustomObject", &name) {
            writer.within("objectPermissions", |writer| {
                write_object(&name, access, rendering.version, writer)
            });
        }
    }
}

fn write_object(name: &str, access: ObjectAccess, version: u32, writer: &mut Writer) {
    writer.flag("allowCreate", access.create);
    writer.flag("allowDelete", access.delete);
    writer.flag("allowEdit", access.edit);
    writer.flag("allowRead", access.read);
    // Few objects have setup to grant: the flags are told only where they are on.
    writer.optional("customizeSetup", access.customize_setup.then_some("true"));
    writer.optional("deleteSetup", access.delete_setup.then_some("true"));
    writer.flag("modifyAllRecords", access.modify_all);
    writer.leaf("object", name);
    if version >= 63 {
        writer.flag("viewAllFields", access.view_all_fields);
    }
    writer.flag("viewAllRecords", access.view_all);
    writer.optional("viewSetup", access.view_setup.then_some("true"));
}

/// Writes one entry of field-level security.
pub(crate) fn write_field(name: &str, access: FieldAccess, writer: &mut Writer) {
    writer.within("fieldPermissions", |writer| {
        writer.flag("editable", access.edit);
        writer.leaf("field", name);
        writer.flag("readable", access.read);
    });
}

/// Writes the entries of one untyped element that `wanted` asks for, by key.
pub(crate) fn write_settings(
    container: &Container,
    element: &str,
    writer: &mut Writer,
    wanted: impl Fn(&BTreeMap<String, String>) -> bool,
) {
    let entries = container.settings.get(element).into_iter();
    write_entries(element, entries.flat_map(BTreeMap::values), writer, wanted);
}

/// Writes those of these entries that `wanted` asks for.
pub(crate) fn write_entries<'e>(
    element: &str,
    entries: impl Iterator<Item = &'e BTreeMap<String, String>>,
    writer: &mut Writer,
    wanted: impl Fn(&BTreeMap<String, String>) -> bool,
) {
    for leaves in entries.filter(|leaves| wanted(leaves)) {
        writer.within(element, |writer| write_leaves(leaves, writer));
    }
}

fn write_leaves(leaves: &BTreeMap<String, String>, writer: &mut Writer) {
    for (name, value) in leaves {
        value
            .split(SEPARATOR)
            .for_each(|part| writer.leaf(name, part));
    }
}
