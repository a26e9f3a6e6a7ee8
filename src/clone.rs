//! The profile clone: (source profile, what the manifest says, the org's vocabulary) -> profile, with reasons.
//!
//! No API clones a profile. A new profile starts nearly empty (`Minimum Access - Salesforce` from API 60 on) and a
//! deploy lays the file over it, so every grant of the source has to be written, and whatever is taken away is written
//! as an explicit `false`. While `ModifyAllData` or `ViewAllData` is on, the platform ignores object flags and says
//! nothing; that is why both go first, with everything that cannot stand without them.

use crate::facts::Row;
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// Permissions that defeat selective sync or cannot stand without those that do, each with the reason shown to people.
///
/// The first three make the platform ignore object flags (Metadata API guide, Profile; help article 005093100). The
/// packaging permissions never occur without View All Data or Modify All Data, and fall with them in Setup.
pub const REMOVED: [(&str, &str); 6] = [
    (
        "ModifyAllData",
        "sees and edits every record, whatever sharing says",
    ),
    ("ViewAllData", "sees every record, whatever sharing says"),
    (
        "QueryAllFiles",
        "requires View All Data, and forces View All on every object",
    ),
    ("InstallPackaging", "requires Modify All Data"),
    ("CreatePackaging", "requires View All Data"),
    ("PublishPackaging", "requires View All Data"),
];

/// Objects whose View All requires View All on the object (`Permission Read All Asset depends on permission(s): Read
/// All Account`).
const VIEW_ALL_REQUIRES: [(&str, &[&str]); 2] = [
    (
        "Account",
        &[
            "Asset",
            "Contract",
            "Entitlement",
            "ServiceContract",
            "AccountBrand",
        ],
    ),
    ("Opportunity", &["Quote"]),
];

/// What a clone leaves out unless the manifest says otherwise: they would lock the integration out.
pub const LOGIN_RESTRICTIONS: [&str; 3] = ["loginIpRanges", "loginHours", "loginFlows"];

/// The permissions of a profile on one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectFlags {
    /// See records.
    pub read: bool,
    /// Make records.
    pub create: bool,
    /// Change records.
    pub edit: bool,
    /// Remove records.
    pub delete: bool,
    /// See all records, whatever sharing says.
    pub view_all: bool,
    /// Change all records, whatever sharing says.
    pub modify_all: bool,
    /// See all fields; only where the API version (63 and later) knows it.
    pub view_all_fields: Option<bool>,
}

/// What the manifest wants of the clone.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Objects without View All and Modify All.
    pub selective: BTreeSet<String>,
    /// Objects whose flags the manifest states.
    pub object_permissions: BTreeMap<String, ObjectFlags>,
    /// User permissions the manifest states.
    pub user_permissions: BTreeMap<String, bool>,
    /// Fields the profile must read and edit, as `Object.Field`.
    pub fields: BTreeSet<String>,
    /// Whether the source's log-in restrictions come along.
    pub login_restrictions: bool,
    /// The new profile's description.
    pub description: Option<String>,
}

/// What is known of the source.
pub struct Source<'a> {
    /// The profile as the Metadata API reads it.
    pub document: &'a Element,
    /// Its object permissions as the data API reads them, which is exact where the document may be partial.
    pub objects: BTreeMap<String, ObjectFlags>,
    /// Permission names the org knows; empty where it was not asked.
    pub vocabulary: BTreeSet<String>,
}

/// A computed profile.
#[derive(Clone, Debug)]
pub struct Clone {
    /// The complete profile, ready to be written.
    pub document: Element,
    /// User permissions that go, with the reason.
    pub removed: Vec<(String, String)>,
    /// Objects whose flags differ from the source: before, after and the reason.
    pub objects: Vec<(String, ObjectFlags, ObjectFlags, String)>,
    /// Log-in restrictions that were left out: element name and how many entries.
    pub left_out: Vec<(&'static str, usize)>,
    /// How many settings are the same as the source's.
    pub kept: usize,
}

/// Clones the source as the manifest wishes.
pub fn clone(source: &Source, wishes: &Wishes) -> Clone {
    let mut document = source.document.clone();
    let granted = granted(&document);
    let removed = removals(&granted, &source.vocabulary, wishes);
    let left_out = leave_out_restrictions(&mut document, wishes);
    document.remove("fullName");
    document.set_text("custom", "true");
    document.remove("description");
    if let Some(description) = &wishes.description {
        document.set_text("description", description);
    }
    for (name, _) in &removed {
        set_user_permission(&mut document, name, false);
    }
    for (name, enabled) in &wishes.user_permissions {
        set_user_permission(&mut document, name, *enabled);
    }
    let objects = object_flags(&mut document, source, &granted, wishes);
    for field in &wishes.fields {
        set_field_permission(&mut document, field, true);
    }
    let changed = removed.len() + objects.len();
    let kept = document.children.len().saturating_sub(changed);
    Clone {
        document,
        removed,
        objects,
        left_out,
        kept,
    }
}

/// The user permissions a profile document enables.
pub fn granted(document: &Element) -> BTreeSet<String> {
    let enabled = |entry: &&Element| entry.text_of("enabled") == Some("true");
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

/// The objects that lose View All and Modify All when `selective` do: they and all that require them.
pub fn cascade(selective: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut result: BTreeMap<String, String> = selective
        .iter()
        .map(|object| (object.clone(), "synced selectively".to_owned()))
        .collect();
    for (object, dependents) in VIEW_ALL_REQUIRES {
        if !selective.contains(object) {
            continue;
        }
        for dependent in dependents {
            let reason = || format!("its View All requires View All on {object}");
            result.entry((*dependent).to_owned()).or_insert_with(reason);
        }
    }
    result
}

/// Sets one user permission, keeping the list together.
pub fn set_user_permission(document: &mut Element, name: &str, enabled: bool) {
    let entry = Element::new("userPermissions")
        .with(Element::leaf(
            "enabled",
            if enabled { "true" } else { "false" },
        ))
        .with(Element::leaf("name", name));
    put(document, "name", entry);
}

/// Sets one object permission, all flags written: the platform ignores an entry that leaves some out.
pub fn set_object_permission(document: &mut Element, object: &str, flags: ObjectFlags) {
    put(document, "object", flags.to_element(object));
}

/// Makes one field readable, and editable where asked.
pub fn set_field_permission(document: &mut Element, field: &str, editable: bool) {
    let entry = Element::new("fieldPermissions")
        .with(Element::leaf(
            "editable",
            if editable { "true" } else { "false" },
        ))
        .with(Element::leaf("field", field))
        .with(Element::leaf("readable", "true"));
    put(document, "field", entry);
}

fn removals(
    granted: &BTreeSet<String>,
    vocabulary: &BTreeSet<String>,
    wishes: &Wishes,
) -> Vec<(String, String)> {
    let known = |name: &str| granted.contains(name) || vocabulary.contains(name);
    let stated = |name: &str| wishes.user_permissions.contains_key(name);
    let goes = REMOVED
        .iter()
        .filter(|(name, _)| known(name) && !stated(name));
    goes.map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned()))
        .collect()
}

fn leave_out_restrictions(document: &mut Element, wishes: &Wishes) -> Vec<(&'static str, usize)> {
    if wishes.login_restrictions {
        return Vec::new();
    }
    let mut left_out = Vec::new();
    for name in LOGIN_RESTRICTIONS {
        let count = document.children_named(name).count();
        if count > 0 {
            document.remove(name);
            left_out.push((name, count));
        }
    }
    left_out
}

fn object_flags(
    document: &mut Element,
    source: &Source,
    granted: &BTreeSet<String>,
    wishes: &Wishes,
) -> Vec<(String, ObjectFlags, ObjectFlags, String)> {
    let listed = document_objects(document);
    let before = |object: &str| {
        let exact = source.objects.get(object).or_else(|| listed.get(object));
        exact.copied().unwrap_or_else(|| implied(granted))
    };
    let mut wanted: BTreeMap<String, (ObjectFlags, String)> = BTreeMap::new();
    for (object, reason) in cascade(&wishes.selective) {
        let known = source.objects.contains_key(&object) || listed.contains_key(&object);
        if known || wishes.selective.contains(&object) {
            wanted.insert(
                object.clone(),
                (before(&object).without_data_administration(), reason),
            );
        }
    }
    for (object, flags) in &wishes.object_permissions {
        wanted.insert(
            object.clone(),
            (*flags, "stated in the manifest".to_owned()),
        );
    }
    let missing = source
        .objects
        .iter()
        .filter(|(object, _)| !listed.contains_key(*object));
    for (object, flags) in missing {
        set_object_permission(document, object, *flags);
    }
    let mut changed = Vec::new();
    for (object, (after, reason)) in wanted {
        let was = before(&object);
        set_object_permission(document, &object, after);
        if was != after {
            changed.push((object, was, after, reason));
        }
    }
    changed
}

/// What a profile may do on an object it has no entry for: Modify All Data grants everything, View All Data reading.
fn implied(granted: &BTreeSet<String>) -> ObjectFlags {
    let modify = granted.contains("ModifyAllData");
    let view = modify || granted.contains("ViewAllData");
    ObjectFlags {
        read: view,
        create: modify,
        edit: modify,
        delete: modify,
        view_all: view,
        modify_all: modify,
        view_all_fields: None,
    }
}

/// Puts an entry into its list, over the entry of the same key, in the platform's ASCII order.
fn put(document: &mut Element, key: &str, entry: Element) {
    let list = entry.name.clone();
    let name = entry.text_of(key).unwrap_or_default().to_owned();
    let same = |other: &Element| other.name == list && other.text_of(key) == Some(name.as_str());
    if let Some(existing) = document.children.iter_mut().find(|other| same(other)) {
        *existing = entry;
        return;
    }
    let sorts_after = |other: &Element| {
        let other_key = if other.name == list {
            other.text_of(key).unwrap_or_default()
        } else {
            ""
        };
        (other.name.as_str(), other_key) > (list.as_str(), name.as_str())
    };
    let position = document
        .children
        .iter()
        .position(sorts_after)
        .unwrap_or(document.children.len());
    document.children.insert(position, entry);
}

impl ObjectFlags {
    /// Reads a profile's `objectPermissions` entry.
    pub fn of_element(entry: &Element) -> Self {
        let flag = |name: &str| {
            entry
                .text_of(name)
                .is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        Self {
            read: flag("allowRead"),
            create: flag("allowCreate"),
            edit: flag("allowEdit"),
            delete: flag("allowDelete"),
            view_all: flag("viewAllRecords"),
            modify_all: flag("modifyAllRecords"),
            view_all_fields: entry.child("viewAllFields").map(|_| flag("viewAllFields")),
        }
    }

    /// Reads an `ObjectPermissions` row.
    pub fn of_row(row: &Row) -> Self {
        Self {
            read: row.flag("PermissionsRead"),
            create: row.flag("PermissionsCreate"),
            edit: row.flag("PermissionsEdit"),
            delete: row.flag("PermissionsDelete"),
            view_all: row.flag("PermissionsViewAllRecords"),
            modify_all: row.flag("PermissionsModifyAllRecords"),
            view_all_fields: None,
        }
    }

    /// The same without View All and Modify All.
    pub fn without_data_administration(self) -> Self {
        Self {
            view_all: false,
            modify_all: false,
            ..self
        }
    }

    /// The flags in words, as the manifest spells them: `read, create, edit`.
    pub fn words(self) -> Vec<&'static str> {
        let all = [
            (self.read, "read"),
            (self.create, "create"),
            (self.edit, "edit"),
            (self.delete, "delete"),
            (self.view_all, "viewAll"),
            (self.modify_all, "modifyAll"),
            (self.view_all_fields == Some(true), "viewAllFields"),
        ];
        all.into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| word)
            .collect()
    }

    fn to_element(self, object: &str) -> Element {
        let leaf = |name: &str, on: bool| Element::leaf(name, if on { "true" } else { "false" });
        let mut entry = Element::new("objectPermissions")
            .with(leaf("allowCreate", self.create))
            .with(leaf("allowDelete", self.delete))
            .with(leaf("allowEdit", self.edit))
            .with(leaf("allowRead", self.read))
            .with(leaf("modifyAllRecords", self.modify_all))
            .with(Element::leaf("object", object));
        if let Some(on) = self.view_all_fields {
            entry = entry.with(leaf("viewAllFields", on));
        }
        entry.with(leaf("viewAllRecords", self.view_all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "<Profile><fullName>Admin</fullName><custom>false</custom>\
        <loginIpRanges><endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress></loginIpRanges>\
        <objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit>\
        <allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords><object>Lead</object>\
        <viewAllRecords>true</viewAllRecords></objectPermissions>\
        <userLicense>Salesforce</userLicense>\
        <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>\
        <userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>\
        <userPermissions><enabled>true</enabled><name>ViewAllData</name></userPermissions></Profile>";

    fn run(wishes: &Wishes) -> Clone {
        let document = crate::xml::read(SOURCE).expect("well-formed");
        let vocabulary = ["QueryAllFiles".to_owned()].into();
        clone(
            &Source {
                document: &document,
                objects: BTreeMap::new(),
                vocabulary,
            },
            wishes,
        )
    }

    fn selective(objects: &[&str]) -> Wishes {
        Wishes {
            selective: objects.iter().map(|o| (*o).to_owned()).collect(),
            ..Wishes::default()
        }
    }

    fn permission<'a>(clone: &'a Clone, name: &str) -> Option<&'a str> {
        let entry = clone
            .document
            .children_named("userPermissions")
            .find(|e| e.text_of("name") == Some(name));
        entry.and_then(|entry| entry.text_of("enabled"))
    }

    #[test]
    fn data_administration_is_written_false_where_the_org_knows_it() {
        let clone = run(&selective(&["Lead"]));
        assert_eq!(permission(&clone, "ModifyAllData"), Some("false"));
        assert_eq!(permission(&clone, "QueryAllFiles"), Some("false"));
        assert_eq!(permission(&clone, "ApiEnabled"), Some("true"));
        assert_eq!(
            permission(&clone, "InstallPackaging"),
            None,
            "the org does not know it"
        );
        let flags = document_objects(&clone.document)["Lead"];
        assert_eq!(flags.words(), ["read", "create", "edit", "delete"]);
        assert_eq!(clone.left_out, [("loginIpRanges", 1)]);
        assert!(clone.document.child("fullName").is_none());
        assert_eq!(clone.document.text_of("custom"), Some("true"));
    }

    #[test]
    fn an_object_without_an_entry_has_what_modify_all_data_implies() {
        let clone = run(&selective(&["Contact"]));
        assert_eq!(
            document_objects(&clone.document)["Contact"].words(),
            ["read", "create", "edit", "delete"]
        );
        assert!(
            document_objects(&clone.document)["Lead"].modify_all,
            "only the selective object changes"
        );
    }

    #[test]
    fn account_takes_what_requires_it_along() {
        let affected = cascade(&["Account".to_owned()].into());
        assert!(affected.contains_key("Asset") && affected.contains_key("Contract"));
        assert_eq!(cascade(&["Lead".to_owned()].into()).len(), 1);
    }

    #[test]
    fn what_the_manifest_states_wins() {
        let mut wishes = selective(&["Lead"]);
        wishes.user_permissions.insert("ApiEnabled".into(), false);
        wishes.object_permissions.insert(
            "Lead".into(),
            ObjectFlags {
                read: true,
                ..ObjectFlags::default()
            },
        );
        let clone = run(&wishes);
        assert_eq!(permission(&clone, "ApiEnabled"), Some("false"));
        assert_eq!(document_objects(&clone.document)["Lead"].words(), ["read"]);
    }

    #[test]
    fn lists_stay_together_and_sorted() {
        let clone = run(&selective(&["Contact", "Lead"]));
        let names: Vec<_> = clone
            .document
            .children
            .iter()
            .map(|child| child.name.as_str())
            .collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(names, sorted);
    }
}
