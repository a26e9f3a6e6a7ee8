//! A profile read with another XML library than the clone's, and what a clone of it has to be.

use std::collections::{BTreeMap, BTreeSet};

/// What a clone of System Administrator has to give up for selective sync, and what no clone has.
pub(crate) const DATA_ADMINISTRATION: [&str; 7] = [
    "CanApproveUninstalledApps",
    "CreatePackaging",
    "InstallPackaging",
    "ModifyAllData",
    "PublishPackaging",
    "QueryAllFiles",
    "ViewAllData",
];

/// What the licence Salesforce forces on, whatever a profile's document says.
const FORCED: [&str; 5] = [
    "ActivitiesAccess",
    "AllowViewKnowledge",
    "ChatterInternalUser",
    "LightningConsoleAllowedForUser",
    "ViewHelpLink",
];

/// What would lock an integration out, and stays behind.
const RESTRICTIONS: [&str; 3] = ["loginFlows", "loginHours", "loginIpRanges"];

/// Elements that a clone has its own of.
const OWN: [&str; 4] = ["custom", "description", "fullName", "userLicense"];

/// One entry of a list: the texts of its leaves, in their order.
pub(crate) type Entry = BTreeMap<String, String>;

/// A profile: its lists by element, entry by entry.
pub(crate) struct Profile(BTreeMap<String, Vec<Entry>>);

impl Profile {
    pub(crate) fn read(document: &str) -> Self {
        let document = roxmltree::Document::parse(document).unwrap();
        let mut lists: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let elements = |node: &roxmltree::Node<'_, '_>| node.is_element();
        for entry in document.root_element().children().filter(elements) {
            let leaves = entry.children().filter(elements);
            let leaf = |node: roxmltree::Node<'_, '_>| {
                let text = node.text().unwrap_or_default();
                (node.tag_name().name().to_owned(), text.to_owned())
            };
            let list = lists.entry(entry.tag_name().name().to_owned());
            list.or_default().push(leaves.map(leaf).collect());
        }
        Self(lists)
    }

    /// Entries of one list that hold `on`, by the text of `key`.
    pub(crate) fn entries(&self, list: &str, key: &str, on: &str) -> BTreeSet<&str> {
        let entries = self.list(list).iter();
        entries
            .filter(|entry| is_true(entry, on))
            .filter_map(|entry| entry.get(key).map(String::as_str))
            .collect()
    }

    pub(crate) fn permissions(&self) -> BTreeSet<&str> {
        self.entries("userPermissions", "name", "enabled")
    }

    /// Whether it is a full administrator, whatever it is called.
    pub(crate) fn administers_all_data(&self) -> bool {
        ["ModifyAllData", "ViewAllData"]
            .iter()
            .all(|name| self.permissions().contains(name))
    }

    pub(crate) fn has(&self, list: &str) -> bool {
        self.0.contains_key(list)
    }

    fn list(&self, name: &str) -> &[Entry] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Names of every list but those with rules of their own.
    fn plain_lists(&self) -> impl Iterator<Item = &str> {
        let special = ["objectPermissions", "userPermissions"];
        let names = self.0.keys().map(String::as_str);
        names.filter(move |name| {
            !special.contains(name) && !RESTRICTIONS.contains(name) && !OWN.contains(name)
        })
    }
}

/// Without what is on in any case.
pub(crate) fn chosen(mut permissions: BTreeSet<&str>) -> BTreeSet<&str> {
    permissions.retain(|name| !FORCED.contains(name));
    permissions
}

pub(crate) fn without_data_administration(mut permissions: BTreeSet<&str>) -> BTreeSet<&str> {
    permissions.retain(|name| !DATA_ADMINISTRATION.contains(name));
    permissions
}

fn is_true(entry: &Entry, leaf: &str) -> bool {
    entry.get(leaf).is_some_and(|text| text == "true")
}

/// Everything in which a profile is not its source without data administration, and without View All and Modify All
/// on the selective object; nothing but that is expected to differ.
pub(crate) fn differences(source: &Profile, clone: &Profile, selective: &str) -> Vec<String> {
    let mut found = Vec::new();
    let expected = chosen(without_data_administration(source.permissions()));
    let permissions = chosen(clone.permissions());
    found.extend(
        expected
            .difference(&permissions)
            .map(|name| format!("lost {name}")),
    );
    found.extend(
        permissions
            .difference(&expected)
            .map(|name| format!("gained {name}")),
    );
    for restriction in RESTRICTIONS {
        found.extend(
            clone
                .has(restriction)
                .then(|| format!("kept {restriction}")),
        );
    }
    object_differences(source, clone, selective, &mut found);
    for list in source.plain_lists() {
        let kept: BTreeSet<&Entry> = clone.list(list).iter().collect();
        let lost = source
            .list(list)
            .iter()
            .filter(|entry| !kept.contains(entry));
        found.extend(
            lost.filter(|entry| says_something(entry))
                .map(|entry| format!("lost {list} {entry:?}")),
        );
    }
    for list in clone.plain_lists() {
        let known: BTreeSet<&Entry> = source.list(list).iter().collect();
        let gained = clone
            .list(list)
            .iter()
            .filter(|entry| !known.contains(entry) && !is_the_new_field(entry));
        found.extend(
            gained
                .filter(|entry| says_something(entry))
                .map(|entry| format!("gained {list} {entry:?}")),
        );
    }
    let defaults = clone.entries("applicationVisibilities", "application", "default");
    found.extend((defaults.len() > 1).then(|| format!("several default apps: {defaults:?}")));
    found
}

/// The field that the manifest makes, which no source can have.
fn is_the_new_field(entry: &Entry) -> bool {
    entry.get("field").map(String::as_str) == Some("Lead.Sync_to_HubSpot__c")
}

/// An entry that grants nothing is as good as none, and so is a hidden tab: a new profile hides them all.
fn says_something(entry: &Entry) -> bool {
    if entry.get("visibility").map(String::as_str) == Some("Hidden") {
        return false;
    }
    let values = || entry.values().map(String::as_str);
    let flags = values()
        .filter(|value| matches!(*value, "true" | "false"))
        .count();
    flags == 0 || values().any(|value| value == "true")
}

/// Modify All Data grants everything on every object, listed or not: ten real administrators list no leads. So what
/// the clone has more than the list says is right where the source sees and changes all data.
fn object_differences(source: &Profile, clone: &Profile, selective: &str, found: &mut Vec<String>) {
    const FLAGS: [&str; 6] = [
        "allowCreate",
        "allowDelete",
        "allowEdit",
        "allowRead",
        "modifyAllRecords",
        "viewAllRecords",
    ];
    for flag in FLAGS {
        let over_all = ["modifyAllRecords", "viewAllRecords"].contains(&flag);
        let mut expected = source.entries("objectPermissions", "object", flag);
        if over_all {
            expected.remove(selective);
        } else {
            expected.insert(selective);
        }
        let kept = clone.entries("objectPermissions", "object", flag);
        let lost = expected.difference(&kept);
        found.extend(lost.map(|object| format!("lost {flag} on {object}")));
        let open = over_all && kept.contains(selective);
        found.extend(open.then(|| format!("kept {flag} on {selective}")));
    }
}
