//! The profile clone: (source profile, what the manifest says, what the org knows) -> profile, with reasons.
//!
//! No API clones a profile. A new profile starts nearly empty (`Minimum Access - Salesforce` from API 60 on) and a
//! deploy lays the file over it, so every grant of the source has to be written, and whatever is taken away is written
//! as an explicit `false`. While `ModifyAllData` or `ViewAllData` is on, the platform ignores object flags and says
//! nothing; that is why both go first, with everything that cannot stand without them.

mod document;
mod flags;
mod leave_out;
mod requirements;

use crate::manifest::{LeaveOut, Sp};
use crate::xml::Element;
use document::{field_permission, lay_over, one_default_application, take_out, user_permission};
use std::collections::{BTreeMap, BTreeSet};

pub use document::{
    add_field_permissions, document_objects, enable_user_permissions, granted, keep_defaults,
    set_field_permission, set_object_permission, set_user_permission, settle_applications,
};
pub use flags::{ObjectFlags, Right};
pub use requirements::{
    Contradiction, DEFEATING, Grant, Removal, Removals, Requirements, read_along_with,
};

/// What a clone leaves out unless the manifest says otherwise: they would lock the integration out.
pub const LOGIN_RESTRICTIONS: [&str; 3] = ["loginIpRanges", "loginHours", "loginFlows"];

/// What the licence Salesforce forces on: an explicit `false` is refused (`You may not turn off permission X for this License
/// Type`), and says nothing.
const FORCED: [&str; 5] = [
    "ActivitiesAccess",
    "AllowViewKnowledge",
    "ChatterInternalUser",
    "LightningConsoleAllowedForUser",
    "ViewHelpLink",
];

/// What the manifest wants of the clone.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Objects without View All and Modify All.
    pub selective: BTreeSet<String>,
    /// Objects whose flags the manifest states.
    pub object_permissions: BTreeMap<String, ObjectFlags>,
    /// User permissions the manifest states.
    pub user_permissions: BTreeMap<String, bool>,
    /// Whether the permissions of an administrator go, and which of them stay all the same.
    pub without_administration: Option<BTreeSet<String>>,
    /// Fields the profile must read and edit, as `Object.Field`.
    pub fields: BTreeSet<String>,
    /// Fields the profile must read, as `Object.Field`, whatever the source does.
    pub readable: BTreeSet<String>,
    /// Entries of the source that the manifest leaves out.
    pub leave_out: LeaveOut,
    /// Whether the source's log-in restrictions come along.
    pub login_restrictions: bool,
    /// The new profile's description.
    pub description: Option<String>,
}

impl Wishes {
    /// Whether the manifest says that the profile grants this.
    pub fn states(&self, grant: &Grant) -> bool {
        match grant {
            Grant::User(name) => {
                let kept = self.without_administration.as_ref();
                let kept = kept.is_some_and(|kept| kept.contains(name));
                kept || self.user_permissions.get(name) == Some(&true)
            }
            Grant::Object(object, right) => self
                .object_permissions
                .get(object)
                .is_some_and(|flags| flags.has(*right)),
        }
    }
}

/// What is known of the source and of the org.
pub struct Source<'a> {
    /// The profile as the Metadata API reads it.
    pub document: &'a Element,
    /// Its object permissions as the data API reads them, which is exact where the document may be partial.
    pub objects: BTreeMap<String, ObjectFlags>,
    /// Fields it can read as the data API knows them, as `Object.Field`, and whether it can edit them.
    pub fields: BTreeMap<String, bool>,
    /// Fields that no profile may list, as `Object.Field`: required ones and those that lead to a master.
    pub fixed_fields: BTreeSet<String>,
    /// Permission names the org knows; empty where it was not asked.
    pub vocabulary: BTreeSet<String>,
    /// Tabs the org has; empty where it did not tell.
    pub tabs: BTreeSet<String>,
    /// What a new profile starts with.
    pub baseline: Baseline<'a>,
}

/// What the org gives every new profile before its file is laid over it.
#[derive(Clone, Debug, Default)]
pub struct Baseline<'a> {
    /// The profile it is copied from, where that was read.
    pub document: Option<&'a Element>,
    /// User permissions it grants, or may grant where it was not read.
    pub user_permissions: BTreeSet<String>,
    /// Objects it grants something on.
    pub objects: BTreeSet<String>,
    /// Whether it hides every tab, so that a hidden one need not be written.
    pub tabs_are_hidden: bool,
}

/// An object whose flags differ from the source's.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedObject {
    /// API name.
    pub object: String,
    /// What the source grants.
    pub before: ObjectFlags,
    /// What the clone grants.
    pub after: ObjectFlags,
    /// Why.
    pub reason: String,
}

/// A computed profile.
#[derive(Clone, Debug)]
pub struct ClonedProfile {
    /// The complete profile, ready to be written.
    pub document: Element,
    /// User permissions that go, with the reason.
    pub removed: Vec<(String, String)>,
    /// Objects whose flags differ from the source.
    pub objects: Vec<ChangedObject>,
    /// Log-in restrictions that were left out: element name and how many entries.
    pub left_out: Vec<(&'static str, usize)>,
    /// User permissions that were left out because the org does not know them.
    pub unknown: Vec<String>,
    /// Tabs that were left out because the org does not have them.
    pub unknown_tabs: Vec<String>,
    /// What the manifest leaves out and the source does not have.
    pub not_there: Vec<Sp<String>>,
    /// How many settings are the same as the source's.
    pub kept: usize,
}

/// Clones the source as the manifest wishes, without what has to go.
pub fn clone(source: &Source, wishes: &Wishes, removals: &Removals) -> ClonedProfile {
    let mut document = source.document.clone();
    let granted = granted(&document);
    let unknown = leave_out_unknown(&mut document, &source.vocabulary);
    let left_out = leave_out_restrictions(&mut document, wishes);
    head(&mut document, wishes);
    let removed = user_permissions(&mut document, source, &granted, wishes, removals);
    let objects = object_flags(&mut document, source, &granted, wishes, removals);
    field_permissions(&mut document, source, wishes);
    let listed = document.children.len();
    let not_there = leave_out::take_out(&wishes.leave_out, &mut document);
    let unknown_tabs = leave_out_tabs(&mut document, source);
    let entries = listed - document.children.len();
    keep_defaults(source.document, &mut document);
    one_default_application(&mut document, source.baseline.document);
    let lost = left_out.iter().map(|(_, count)| count).sum::<usize>() + unknown.len() + entries;
    let changed = removed.len() + objects.len() + lost;
    let kept = source.document.children.len().saturating_sub(changed);
    ClonedProfile {
        document,
        removed,
        objects,
        left_out,
        unknown,
        unknown_tabs,
        not_there,
        kept,
    }
}

fn head(document: &mut Element, wishes: &Wishes) {
    document.remove("fullName");
    document.set_text("custom", "true");
    document.remove("description");
    if let Some(description) = &wishes.description {
        document.set_text("description", description);
    }
}

/// A name the org lacks would be refused (`Unknown user permission: X`), and the whole deploy with it.
fn leave_out_unknown(document: &mut Element, vocabulary: &BTreeSet<String>) -> Vec<String> {
    if vocabulary.is_empty() {
        return Vec::new();
    }
    let unknown = |name: &str| !vocabulary.contains(name);
    take_out(document, "userPermissions", "name", unknown)
}

/// A tab that the org does not have would be refused (`You can't edit tab settings for X, as it's not a valid tab.`), and one
/// that is hidden says nothing where a new profile hides all of them.
fn leave_out_tabs(document: &mut Element, source: &Source) -> Vec<String> {
    if source.baseline.tabs_are_hidden {
        let hides = |entry: &Element| entry.text_of("visibility") == Some("Hidden");
        document
            .children
            .retain(|child| child.name != "tabVisibilities" || !hides(child));
    }
    if source.tabs.is_empty() {
        return Vec::new();
    }
    let unknown = |name: &str| !source.tabs.contains(name);
    take_out(document, "tabVisibilities", "tab", unknown)
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

/// Whether a profile is one of the licence Salesforce.
fn licensed(document: &Element) -> bool {
    document.text_of("userLicense") == Some("Salesforce")
}

/// Writes what goes and what only the baseline grants as `false`, then what the manifest states.
fn user_permissions(
    document: &mut Element,
    source: &Source,
    granted: &BTreeSet<String>,
    wishes: &Wishes,
    removals: &Removals,
) -> Vec<(String, String)> {
    let vocabulary = &source.vocabulary;
    let writable = |name: &str| match vocabulary.is_empty() {
        true => granted.contains(name),
        false => vocabulary.contains(name),
    };
    let removed: Vec<(String, String)> = removals
        .user_permissions()
        .filter(|(name, _)| writable(name) && !wishes.user_permissions.contains_key(*name))
        .filter(|(name, _)| {
            let is_held =
                granted.contains(*name) || source.baseline.user_permissions.contains(*name);
            is_held || wishes.without_administration.is_none()
        })
        .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
        .collect();
    let forced = |name: &&String| licensed(source.document) && FORCED.contains(&name.as_str());
    let surplus = source.baseline.user_permissions.difference(granted);
    let surplus = surplus.filter(|name| !forced(name));
    let off = surplus.chain(removed.iter().map(|(name, _)| name));
    let mut entries: BTreeMap<String, Element> = off
        .map(|name| (name.clone(), user_permission(name, false)))
        .collect();
    let stated = wishes.user_permissions.iter();
    entries.extend(stated.map(|(name, on)| (name.clone(), user_permission(name, *on))));
    lay_over(document, "name", entries);
    removed
}

/// Lays the flags of every object whose entry is missing, stated or reduced over the document.
fn object_flags(
    document: &mut Element,
    source: &Source,
    granted: &BTreeSet<String>,
    wishes: &Wishes,
    removals: &Removals,
) -> Vec<ChangedObject> {
    let listed = document_objects(document);
    let before = known_objects(source, &listed, granted, wishes);
    let gone = removals.objects();
    let mut entries = BTreeMap::new();
    let mut changed = Vec::new();
    for (object, before) in &before {
        let (after, reason) = wanted(object, *before, wishes, gone.get(object.as_str()));
        if listed.get(object) != Some(&after) {
            entries.insert(object.clone(), after.to_element(object));
        }
        // What is stated is shown and kept, also where the source has it just so.
        if *before != after || wishes.object_permissions.contains_key(object) {
            changed.push(ChangedObject {
                object: object.clone(),
                before: *before,
                after,
                reason,
            });
        }
    }
    for object in &source.baseline.objects {
        let nothing = || ObjectFlags::default().to_element(object);
        entries.entry(object.clone()).or_insert_with(nothing);
    }
    lay_over(document, "object", entries);
    changed
}

/// What the source grants on each object that is known: exact rows first, then the document, then what the source's
/// permissions over all data imply for an object that the manifest names.
fn known_objects(
    source: &Source,
    listed: &BTreeMap<String, ObjectFlags>,
    granted: &BTreeSet<String>,
    wishes: &Wishes,
) -> BTreeMap<String, ObjectFlags> {
    let mut known = listed.clone();
    for (object, flags) in &source.objects {
        let view_all_fields = known.get(object).and_then(|listed| listed.view_all_fields);
        let exact = ObjectFlags {
            view_all_fields: flags.view_all_fields.or(view_all_fields),
            ..*flags
        };
        known.insert(object.clone(), exact);
    }
    let named = wishes
        .selective
        .iter()
        .chain(wishes.object_permissions.keys());
    for object in named {
        known
            .entry(object.clone())
            .or_insert_with(|| implied(granted));
    }
    known
}

/// The flags of one object in the clone, with the reason where they differ.
fn wanted(
    object: &str,
    before: ObjectFlags,
    wishes: &Wishes,
    gone: Option<&(Vec<Right>, &str)>,
) -> (ObjectFlags, String) {
    if let Some(stated) = wishes.object_permissions.get(object) {
        return (*stated, "stated in the manifest".to_owned());
    }
    reduced(before, gone)
}

/// The flags without the rights that go and those that cannot stand without them.
pub fn reduced(before: ObjectFlags, gone: Option<&(Vec<Right>, &str)>) -> (ObjectFlags, String) {
    let Some((rights, reason)) = gone else {
        let reason = "a right that lacks what it requires on this object";
        return (before.consistent(), reason.to_owned());
    };
    let after = rights
        .iter()
        .fold(before, |flags, right| flags.without(*right));
    (after.consistent(), (*reason).to_owned())
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

/// Adds field permissions that the document lacks or that the manifest wants, and takes out those that no profile may list (`You cannot deploy to
/// a required field: X`).
fn field_permissions(document: &mut Element, source: &Source, wishes: &Wishes) {
    let fixed = |field: &str| source.fixed_fields.contains(field);
    take_out(document, "fieldPermissions", "field", fixed);
    let listed: BTreeSet<&str> = document
        .children_named("fieldPermissions")
        .filter_map(|entry| entry.text_of("field"))
        .collect();
    let missing = source
        .fields
        .iter()
        .filter(|(field, _)| !listed.contains(field.as_str()) && !fixed(field));
    let wanted = wishes.fields.iter().map(|field| (field, &true));
    let reads = |field: &&String| !wishes.fields.contains(*field) && !fixed(field);
    let asked = wishes.readable.iter().filter(reads);
    let entries: BTreeMap<String, Element> = missing
        .chain(wanted)
        .chain(asked.map(|field| (field, &false)))
        .map(|(field, editable)| (field.clone(), field_permission(field, *editable)))
        .collect();
    lay_over(document, "field", entries);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "<Profile><fullName>Admin</fullName><custom>false</custom>\
        <fieldPermissions><editable>true</editable><field>Lead.Company</field><readable>true</readable></fieldPermissions>\
        <loginIpRanges><endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress></loginIpRanges>\
        <objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit>\
        <allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords><object>Lead</object>\
        <viewAllRecords>true</viewAllRecords></objectPermissions>\
        <userLicense>Salesforce</userLicense>\
        <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>\
        <userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>\
        <userPermissions><enabled>true</enabled><name>ViewAllData</name></userPermissions></Profile>";

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn run_with(wishes: &Wishes, change: impl Fn(&mut Source)) -> ClonedProfile {
        let document = crate::xml::read(SOURCE).expect("well-formed");
        let mut source = Source {
            document: &document,
            objects: BTreeMap::new(),
            fields: BTreeMap::new(),
            fixed_fields: BTreeSet::new(),
            vocabulary: names(&[
                "ApiEnabled",
                "ModifyAllData",
                "QueryAllFiles",
                "ViewAllData",
            ]),
            tabs: BTreeSet::new(),
            baseline: Baseline::default(),
        };
        change(&mut source);
        let removals = Requirements::built_in().removals(wishes);
        clone(&source, wishes, &removals)
    }

    fn run(wishes: &Wishes) -> ClonedProfile {
        run_with(wishes, |_| ())
    }

    fn selective(objects: &[&str]) -> Wishes {
        Wishes {
            selective: names(objects),
            ..Wishes::default()
        }
    }

    fn entry<'a>(
        clone: &'a ClonedProfile,
        list: &'a str,
        key: &str,
        name: &str,
    ) -> Option<&'a Element> {
        let mut entries = clone.document.children_named(list);
        entries.find(|entry| entry.text_of(key) == Some(name))
    }

    fn permission<'a>(clone: &'a ClonedProfile, name: &str) -> Option<&'a str> {
        entry(clone, "userPermissions", "name", name).and_then(|entry| entry.text_of("enabled"))
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
    fn what_the_manifest_states_wins() {
        let mut wishes = selective(&["Lead"]);
        wishes.user_permissions.insert("ApiEnabled".into(), false);
        let read = ObjectFlags {
            read: true,
            ..ObjectFlags::default()
        };
        wishes.object_permissions.insert("Lead".into(), read);
        let clone = run(&wishes);
        assert_eq!(permission(&clone, "ApiEnabled"), Some("false"));
        assert_eq!(document_objects(&clone.document)["Lead"].words(), ["read"]);
    }

    #[test]
    fn what_only_the_baseline_grants_is_written_false() {
        let clone = run_with(&selective(&["Lead"]), |source| {
            source.baseline.user_permissions = names(&["ApiEnabled", "EditTask", "ViewHelpLink"]);
            source.baseline.objects = names(&["Idea", "Lead"]);
            source.vocabulary.insert("EditTask".into());
        });
        assert_eq!(permission(&clone, "EditTask"), Some("false"));
        // The licence forces it on, and refuses an explicit `false`.
        assert_eq!(permission(&clone, "ViewHelpLink"), None);
        assert_eq!(permission(&clone, "ApiEnabled"), Some("true"));
        let objects = document_objects(&clone.document);
        assert_eq!(objects["Idea"], ObjectFlags::default());
        assert!(objects["Lead"].read);
    }

    /// The tabs that a clone is left with, and those that it lost for the org's sake.
    fn tabs_of_clone(in_org: &[&str], tabs_are_hidden: bool) -> (Vec<String>, Vec<String>) {
        let text = "<Profile><tabVisibilities><tab>standard-CarePlan</tab><visibility>DefaultOn</visibility></tabVisibilities>\
             <tabVisibilities><tab>standard-Lead</tab><visibility>DefaultOn</visibility></tabVisibilities>\
             <tabVisibilities><tab>Visit__c</tab><visibility>Hidden</visibility></tabVisibilities></Profile>";
        let mut document = crate::xml::read(text).expect("well-formed");
        let empty = Element::new("Profile");
        let source = Source {
            document: &empty,
            objects: BTreeMap::new(),
            fields: BTreeMap::new(),
            fixed_fields: BTreeSet::new(),
            vocabulary: BTreeSet::new(),
            tabs: names(in_org),
            baseline: Baseline {
                tabs_are_hidden,
                ..Baseline::default()
            },
        };
        let unknown = leave_out_tabs(&mut document, &source);
        let left = document.children.iter();
        let left = left.filter_map(|tab| tab.text_of("tab").map(str::to_owned));
        (left.collect(), unknown)
    }

    #[test]
    fn tabs_that_the_org_lacks_or_hides_anyway_are_left_out() {
        let check = |in_org: &[&str], hidden: bool, left: &[&str], unknown: &[&str]| {
            let found = tabs_of_clone(in_org, hidden);
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(found, (owned(left), owned(unknown)), "{in_org:?} {hidden}");
        };
        let told = ["standard-Lead", "Visit__c"];
        check(&told, true, &["standard-Lead"], &["standard-CarePlan"]);
        check(&told, false, &told, &["standard-CarePlan"]);
        // An org that does not tell is not one without tabs.
        check(
            &[],
            false,
            &["standard-CarePlan", "standard-Lead", "Visit__c"],
            &[],
        );
    }

    #[test]
    fn names_the_org_lacks_are_left_out() {
        let clone = run_with(&selective(&["Lead"]), |source| {
            source.vocabulary.remove("ApiEnabled");
        });
        assert_eq!(clone.unknown, ["ApiEnabled"]);
        assert_eq!(permission(&clone, "ApiEnabled"), None);
    }

    #[test]
    fn field_permissions_are_completed_and_fixed_fields_left_out() {
        let clone = run_with(&selective(&["Lead"]), |source| {
            source.fixed_fields = names(&["Lead.Company", "Lead.LastName"]);
            source.fields = [
                ("Lead.Email", true),
                ("Lead.LastName", true),
                ("Lead.Rating", false),
            ]
            .map(|(field, editable)| (field.to_owned(), editable))
            .into();
        });
        let fields: Vec<_> = clone
            .document
            .children_named("fieldPermissions")
            .map(|entry| (entry.text_of("field"), entry.text_of("editable")))
            .collect();
        assert_eq!(
            fields,
            [
                (Some("Lead.Email"), Some("true")),
                (Some("Lead.Rating"), Some("false"))
            ]
        );
    }

    #[test]
    fn lists_stay_together_and_sorted() {
        let clone = run(&selective(&["Contact", "Lead"]));
        let children = clone.document.children.iter();
        let names: Vec<_> = children.map(|child| child.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}
