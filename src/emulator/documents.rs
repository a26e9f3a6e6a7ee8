//! Setup state and metadata XML: which component types there are, how components are named, read and written.
//!
//! Promise: what is written is in the order of the metadata schema, and what a reader does not know it reports
//! rather than skips.

pub(crate) mod custom_field;
pub(crate) mod custom_object;
pub(crate) mod groups;
pub(crate) mod kept;
pub(crate) mod permission_set;
pub(crate) mod permissions;
pub(crate) mod profile;
pub(crate) mod role;
pub(crate) mod shape;
pub(crate) mod sharing_rules;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use roxmltree::Node;

use super::store::{ContainerKind, GroupKind, Id, ObjectSchema, Org, RuleScope};
use super::xml::Writer;

/// A component type as `describeMetadata` shows it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `CustomObject`.
    pub(crate) name: &'static str,
    /// Folder in a package: `objects`.
    pub(crate) folder: &'static str,
    /// Ending of the file without the dot: `object`.
    pub(crate) suffix: &'static str,
    /// Whether components are grouped in folders.
    pub(crate) in_folder: bool,
    /// Whether a file of another format has its metadata in a file beside it.
    pub(crate) with_content: bool,
    /// Types of the components inside, which manifests can name on their own.
    pub(crate) children: Vec<&'static str>,
}

/// Every component type of the org, by name.
pub(crate) static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let lines = include_str!("documents/kinds.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(parse_kind)
        .collect()
});

fn parse_kind(line: &'static str) -> Option<Kind> {
    let (own, children) = line.split_once('>').unwrap_or((line, ""));
    let mut words = own.split_whitespace();
    let (name, folder, suffix) = (words.next()?, words.next()?, words.next()?);
    let marks: Vec<&str> = words.collect();
    Some(Kind {
        name,
        folder,
        suffix,
        in_folder: marks.contains(&"folders"),
        with_content: marks.contains(&"content"),
        children: children.split_whitespace().collect(),
    })
}

/// The type of that name; child types such as `CustomField` are not among them.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The type whose file holds components of this type: itself, or the parent of a child type.
pub(crate) fn file_kind(name: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.name == name || kind.children.contains(&name))
}

/// Something the platform has to say against a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The sentence.
    pub(crate) message: String,
    /// `statusCode` where the answer has one.
    pub(crate) code: &'static str,
    /// Line and column in the file, counted from 1.
    pub(crate) place: Option<(u32, u32)>,
}

impl Problem {
    /// A problem without a place.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code,
            place: None,
        }
    }

    /// A problem at an element.
    pub(crate) fn at(
        element: Node<'_, '_>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            place: Some(super::xml::place(element)),
            ..Self::new(code, message)
        }
    }
}

/// The problem of a name that nothing answers to.
pub(crate) fn not_found(kind: &str, name: &str) -> Problem {
    Problem::new(REFERENCE, format!("no {kind} named {name} found"))
}

/// `statusCode` of a value that contradicts the rules of its field.
pub(crate) const INTEGRITY: &str = "FIELD_INTEGRITY_EXCEPTION";
/// `statusCode` of a name that nothing answers to.
pub(crate) const REFERENCE: &str = "INVALID_CROSS_REFERENCE_KEY";
/// `statusCode` of a missing required element.
pub(crate) const MISSING: &str = "REQUIRED_FIELD_MISSING";
/// `statusCode` of everything else that is refused.
pub(crate) const UNKNOWN: &str = "UNKNOWN_EXCEPTION";

/// What laying a component over the org did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is new.
    Created,
    /// It was there and is different now.
    Changed,
    /// It was there like this.
    Unchanged,
}

impl Outcome {
    /// Whether something that was there differs now.
    pub(crate) fn of_change(differs: bool) -> Self {
        if differs {
            Self::Changed
        } else {
            Self::Unchanged
        }
    }
}

/// How a component is laid over the org.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// API version of the package, e.g. 66.
    pub(crate) version: u32,
    /// Whether it comes by `updateMetadata` or `upsertMetadata` rather than by a deploy.
    pub(crate) single_call: bool,
}

/// What laying a component over the org gives: the outcome, or everything that speaks against it.
pub(crate) type Applied = Result<Outcome, Vec<Problem>>;

/// Which entries of a profile are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// All of them, as `readMetadata` answers.
    pub(crate) everything: bool,
    /// Otherwise only those that name a component of the same request: type and decoded full name.
    pub(crate) companions: BTreeSet<(String, String)>,
}

impl Scope {
    /// Every entry.
    pub(crate) fn everything() -> Self {
        Self {
            everything: true,
            companions: BTreeSet::new(),
        }
    }

    /// Whether entries about this component are wanted.
    pub(crate) fn includes(&self, kind: &str, full_name: &str) -> bool {
        self.everything
            || self
                .companions
                .contains(&(kind.to_owned(), full_name.to_owned()))
    }
}

/// How components are written.
#[derive(Clone, Debug)]
pub(crate) struct Rendering {
    /// API version of the request.
    pub(crate) version: u32,
    /// Which entries of profiles.
    pub(crate) scope: Scope,
}

/// Writes what is inside a component, without its `fullName`; `false` when the org has no such component.
pub(crate) fn write(
    org: &Org,
    kind: &str,
    name: &str,
    rendering: &Rendering,
    writer: &mut Writer,
) -> bool {
    let written = match kind {
        "Profile" => profile::write(org, name, rendering, writer),
        "PermissionSet" => permission_set::write(org, name, rendering, writer),
        "Role" => role::write(org, name, writer),
        "Group" => groups::write_group(org, name, writer),
        "Queue" => groups::write_queue(org, name, writer),
        "CustomObject" => custom_object::write(org, name, writer),
        "CustomField" => custom_field::write(org, name, writer),
        "SharingRules" => sharing_rules::write(org, name, writer),
        "SharingCriteriaRule" | "SharingOwnerRule" => {
            sharing_rules::write_one(org, kind, name, writer)
        }
        _ => kept::write(org, kind, name, writer),
    };
    written.is_some()
}

/// Types whose effect on permissions and sharing the emulator does not model, so that keeping them would be a silent
/// success.
const UNSUPPORTED: [&str; 6] = [
    "MutingPermissionSet",
    "PermissionSetGroup",
    "Settings",
    "SharingGuestRule",
    "SharingSet",
    "SharingTerritoryRule",
];

/// Lays a component over the org.
pub(crate) fn apply(
    org: &mut Org,
    kind: &str,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    match kind {
        "Profile" => profile::apply(org, name, element, setting),
        "PermissionSet" => permission_set::apply(org, name, element, setting),
        "Role" => role::apply(org, name, element),
        "Group" => groups::apply_group(org, name, element),
        "Queue" => groups::apply_queue(org, name, element),
        "CustomObject" => custom_object::apply(org, name, element, setting),
        "CustomField" => custom_field::apply(org, name, element),
        "SharingCriteriaRule" | "SharingOwnerRule" => {
            sharing_rules::apply(org, kind, name, element)
        }
        "SharingRules" => sharing_rules::apply_file(org, name, element, setting),
        "RecordType" => custom_object::apply_record_type(org, name, element),
        _ if UNSUPPORTED.contains(&kind) => Err(vec![Problem::at(
            element,
            UNKNOWN,
            "Not available for deploy for this organization",
        )]),
        _ => kept::apply(org, kind, name, element),
    }
}

/// Takes a component out of the org.
pub(crate) fn delete(org: &mut Org, kind: &str, name: &str) -> Result<(), Problem> {
    match kind {
        "Profile" => profile::delete(org, name),
        "PermissionSet" => permission_set::delete(org, name),
        "Role" => role::delete(org, name),
        "CustomField" => custom_field::delete(org, name),
        "SharingCriteriaRule" | "SharingOwnerRule" => sharing_rules::delete(org, kind, name),
        _ => kept::delete(org, kind, name),
    }
}

/// Whether the org has the component.
pub(crate) fn exists(org: &Org, kind: &str, name: &str) -> bool {
    let kept = org
        .documents
        .get(kind)
        .is_some_and(|kept| kept.contains_key(name));
    let (object, own) = name.split_once('.').unwrap_or((name, ""));
    let object = || {
        org.objects
            .get(object)
            .filter(|object| is_customizable(object))
    };
    kept || match kind {
        "Profile" => org.profile_by_full_name(name).is_some(),
        "PermissionSet" => org.permission_set(name).is_some(),
        "Role" => org.role(name).is_some(),
        "CustomObject" | "SharingRules" => own.is_empty() && object().is_some(),
        "CustomField" => object()
            .and_then(|object| object.fields.get(own))
            .is_some_and(|field| field.custom),
        "RecordType" => object().is_some_and(|object| object.record_types.contains_key(own)),
        "SharingCriteriaRule" | "SharingOwnerRule" => org
            .rules
            .get(name)
            .is_some_and(|rule| sharing_rules::kind_of(rule) == kind),
        "Group" => groups::find(org, GroupKind::Regular, name).is_some(),
        "Queue" => groups::find(org, GroupKind::Queue, name).is_some(),
        "PermissionSetGroup" => names(org, kind).iter().any(|existing| existing == name),
        _ => false,
    }
}

/// Full names of all components of a type, decoded, sorted.
pub(crate) fn names(org: &Org, kind: &str) -> Vec<String> {
    let mut names: Vec<String> = match kind {
        "Profile" => org
            .profiles
            .values()
            .map(|profile| profile.full_name.clone())
            .collect(),
        "PermissionSet" => containers(org, |kind| *kind == ContainerKind::PermissionSet),
        "PermissionSetGroup" => containers(org, |kind| matches!(kind, ContainerKind::Group { .. })),
        "Role" => org
            .roles
            .values()
            .map(|role| role.developer_name.clone())
            .collect(),
        "Group" => groups_of(org, GroupKind::Regular),
        "Queue" => groups_of(org, GroupKind::Queue),
        "CustomObject" => objects(org).map(|object| object.name.clone()).collect(),
        "SharingRules" => objects(org)
            .filter(|object| object.has_shares)
            .map(|o| o.name.clone())
            .collect(),
        "CustomField" => objects(org).flat_map(custom_fields).collect(),
        "RecordType" => objects(org).flat_map(record_types).collect(),
        "SharingCriteriaRule" => rules(org, |scope| matches!(scope, RuleScope::Criteria { .. })),
        "SharingOwnerRule" => rules(org, |scope| matches!(scope, RuleScope::Owner(_))),
        _ => Vec::new(),
    };
    names.extend(
        org.documents
            .get(kind)
            .into_iter()
            .flat_map(|kept| kept.keys().cloned()),
    );
    names.sort();
    names.dedup();
    names
}

fn containers(org: &Org, wanted: impl Fn(&ContainerKind) -> bool) -> Vec<String> {
    let found = org
        .containers
        .values()
        .filter(|container| wanted(&container.kind));
    found.map(|container| container.full_name()).collect()
}

fn groups_of(org: &Org, kind: GroupKind) -> Vec<String> {
    let found = org.groups.values().filter(|group| group.kind == kind);
    found
        .filter_map(|group| group.developer_name.clone())
        .collect()
}

fn rules(org: &Org, wanted: impl Fn(&RuleScope) -> bool) -> Vec<String> {
    let found = org.rules.values().filter(|rule| wanted(&rule.scope));
    found.map(|rule| rule.full_name()).collect()
}

fn custom_fields(object: &ObjectSchema) -> impl Iterator<Item = String> {
    object
        .fields
        .values()
        .filter(|field| field.custom)
        .map(|field| format!("{}.{}", object.name, field.name))
}

fn record_types(object: &ObjectSchema) -> impl Iterator<Item = String> {
    object
        .record_types
        .values()
        .map(|kind| format!("{}.{}", object.name, kind.developer_name))
}

/// Objects that are components of their own: not the setup objects.
pub(crate) fn objects(org: &Org) -> impl Iterator<Item = &ObjectSchema> {
    org.objects
        .values()
        .filter(|object| is_customizable(object))
}

fn is_customizable(object: &ObjectSchema) -> bool {
    object.custom || !object.allowed_models.is_empty()
}

/// The id of a component, where it has one.
pub(crate) fn id_of(org: &Org, kind: &str, name: &str) -> Option<Id> {
    match kind {
        "Profile" => org
            .profile_by_full_name(name)
            .map(|profile| profile.id.clone()),
        "PermissionSet" => org.permission_set(name).map(|set| set.id.clone()),
        "Role" => org.role(name).map(|role| role.id.clone()),
        "CustomField" => {
            let (object, field) = name.split_once('.')?;
            org.field(object, field)?.id.clone()
        }
        "Group" => groups::find(org, GroupKind::Regular, name).map(|group| group.id.clone()),
        "Queue" => groups::find(org, GroupKind::Queue, name).map(|group| group.id.clone()),
        _ => None,
    }
}

/// A full name as the API writes it: characters other than letters, digits, space, `-`, `_` as `%` and upper-case
/// hexadecimal UTF-8. Only profiles, layouts and other components with free names are written so.
pub(crate) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_alphanumeric() || matches!(character, ' ' | '-' | '_') {
            encoded.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The full name of a component as answers and file names show it.
pub(crate) fn shown_name(kind: &str, name: &str) -> String {
    match kind {
        "Profile" | "Layout" => encode(name),
        _ => name.to_owned(),
    }
}

/// The path of a component's file inside a package, without a leading folder for the package.
pub(crate) fn path_of(kind: &str, name: &str) -> Option<String> {
    let file = file_kind(kind)?;
    let stem = if file.name == kind {
        name
    } else {
        name.split('.').next().unwrap_or(name)
    };
    Some(format!(
        "{}/{}.{}",
        file.folder,
        shown_name(file.name, stem),
        file.suffix
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_encoded_as_the_platform_does() {
        let check = |name: &str, expected: &str| {
            assert_eq!(encode(name), expected);
            assert_eq!(super::super::http::decode(expected), name);
        };
        check("Force.com - One App User", "Force%2Ecom - One App User");
        check("A/B (c) & d", "A%2FB %28c%29 %26 d");
        check("Vertrieb – Süd", "Vertrieb %E2%80%93 Süd");
        check("A_b-c", "A_b-c");
    }

    #[test]
    fn types_know_their_files_and_children() {
        assert_eq!(
            path_of("CustomField", "Lead.X__c").as_deref(),
            Some("objects/Lead.object")
        );
        assert_eq!(
            path_of("SharingCriteriaRule", "Lead.A").as_deref(),
            Some("sharingRules/Lead.sharingRules")
        );
        assert_eq!(
            path_of("Profile", "A/B").as_deref(),
            Some("profiles/A%2FB.profile")
        );
        assert_eq!(path_of("Nothing", "x"), None);
        assert!(kind("ApexClass").is_some_and(|kind| kind.with_content));
        assert!(
            kind("CustomField").is_none(),
            "a child type has no file of its own"
        );
    }
}
