//! What an org did not keep of a profile that it said it deployed.
//!
//! **Promise:** an entry is named only where the org tells exactly what it has: user permissions, rights on objects and
//! fields that the data API tells of, and entries of other lists that it tells of the source in the same answer. A document
//! that merely came in part is no difference.

use super::known::exact_objects;
use super::partial::complete_profile;
use super::wishes::wishes;
use crate::clone::{self, ObjectFlags, Right};
use crate::entries::key;
use crate::live::{Live, profile_label as label};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// The entries of a profile as it was deployed that are not so in the org, by their paths. `live` has to know the profile.
pub fn not_kept(
    deployed: &Element,
    wanted: &manifest::Profile,
    manifest: &Manifest,
    live: &Live,
) -> Vec<String> {
    let Some(document) = complete_profile(&wanted.name, live) else {
        return Vec::new();
    };
    let read_back = ReadBack {
        document: &document,
        wanted,
        live,
    };
    let mut entries = read_back.user_permissions(deployed);
    entries.extend(read_back.objects(deployed));
    let objects = wishes(wanted, manifest);
    let objects = objects.selective.into_iter();
    entries.extend(objects.flat_map(|object| read_back.fields(deployed, &object)));
    let named: BTreeSet<String> = entries.iter().cloned().collect();
    let others = read_back.other_lists(deployed).into_iter();
    entries.extend(others.filter(|entry| !named.contains(entry)));
    entries
}

/// Lists that are told in the document alone, each with what an entry says that grants nothing.
const OTHER_LISTS: [(&str, &str); 11] = [
    ("applicationVisibilities", "visible"),
    ("classAccesses", "enabled"),
    ("customMetadataTypeAccesses", "enabled"),
    ("customPermissions", "enabled"),
    ("externalDataSourceAccesses", "enabled"),
    ("fieldPermissions", "readable"),
    ("flowAccesses", "enabled"),
    ("layoutAssignments", ""),
    ("pageAccesses", "enabled"),
    ("recordTypeVisibilities", "visible"),
    ("tabVisibilities", ""),
];

/// A profile as the org has it after its deploy.
struct ReadBack<'a> {
    document: &'a Element,
    wanted: &'a manifest::Profile,
    live: &'a Live,
}

impl ReadBack<'_> {
    fn user_permissions(&self, deployed: &Element) -> Vec<String> {
        let has = clone::granted(self.document);
        let own = self.live.profile_permissions(&label(&self.wanted.name));
        if has.is_empty() && own.found().is_none() {
            return Vec::new();
        }
        let stated = deployed.children_named("userPermissions");
        let names = stated.filter_map(|entry| entry.text_of("name"));
        let grants = clone::granted(deployed);
        names
            .filter(|name| grants.contains(*name) != has.contains(*name))
            .map(|name| match has.contains(name) {
                true => format!("userPermissions.{name} (still granted)"),
                false => format!("userPermissions.{name}"),
            })
            .collect()
    }

    /// Rights on objects that the data API tells of: its rows of the source name them.
    fn objects(&self, deployed: &Element) -> Vec<String> {
        let source = self.wanted.clone_from.as_ref();
        let told = source.map(|source| exact_objects(&self.live.profile_label(source), self.live));
        let told = told.unwrap_or_default();
        let exact = exact_objects(&self.wanted.name, self.live);
        let listed = clone::document_objects(self.document);
        let entries = clone::document_objects(deployed).into_iter();
        entries
            .filter(|(object, _)| told.contains_key(object) || exact.contains_key(object))
            .filter_map(|(object, flags)| {
                let has = [exact.get(&object), listed.get(&object)];
                let lost = lost(flags, &has.map(Option::<&_>::copied));
                (!lost.is_empty())
                    .then(|| format!("objectPermissions.{object} ({})", lost.join(", ")))
            })
            .collect()
    }

    /// Entries that the org tells of the source, and not of the clone: what is asked for together is told of both alike, so
    /// that a list that did not come at all tells nothing (Metadata API guide, Profile).
    fn other_lists(&self, deployed: &Element) -> Vec<String> {
        let source = self.wanted.clone_from.as_ref();
        let source = source.map(|source| self.live.profile_label(source));
        let source = source.and_then(|source| complete_profile(&source, self.live));
        let Some(source) = source else {
            return Vec::new();
        };
        let lists = OTHER_LISTS.into_iter();
        let lost = lists.flat_map(|(list, flag)| {
            let grants = move |entry: &&Element| entry.text_of(flag) != Some("false");
            let keys = |document: &Element| -> BTreeSet<String> {
                let entries = document.children_named(list).filter(grants);
                entries.map(|entry| key(entry).into_owned()).collect()
            };
            let (told, has) = (keys(&source), keys(self.document));
            let deployed = keys(deployed).into_iter();
            deployed
                .filter(move |entry| told.contains(entry) && !has.contains(entry))
                .map(move |entry| format!("{list}.{}", entry.replace('\0', " ")))
        });
        lost.collect()
    }

    /// Fields of an object whose permissions the data API told of both profiles.
    fn fields(&self, deployed: &Element, object: &str) -> Vec<String> {
        let of = |label: &str| self.live.profile_fields(label, object).learnt();
        let Some(exact) = of(&label(&self.wanted.name)) else {
            return Vec::new();
        };
        let source = self.wanted.clone_from.as_ref();
        let source = source.and_then(|source| of(&self.live.profile_label(source)));
        let told: BTreeSet<&str> = source
            .into_iter()
            .flatten()
            .map(|(field, _)| field)
            .collect();
        let mut has = readable_fields(self.document);
        for (field, edits) in exact {
            *has.entry(field.to_owned()).or_default() |= edits;
        }
        let prefix = format!("{object}.");
        let entries = readable_fields(deployed).into_iter();
        entries
            .filter(|(field, _)| field.starts_with(&prefix))
            .filter(|(field, _)| told.contains(field.as_str()) || has.contains_key(field))
            .filter_map(|(field, edits)| match has.get(&field) {
                None => Some(format!("fieldPermissions.{field}")),
                Some(false) if edits => Some(format!("fieldPermissions.{field} (edit)")),
                Some(_) => None,
            })
            .collect()
    }
}

/// The rights of an entry that nothing tells of. All fields are not for the data API to tell.
fn lost(flags: ObjectFlags, has: &[Option<ObjectFlags>]) -> Vec<&'static str> {
    let told = |right: Right| has.iter().flatten().any(|flags| flags.has(right));
    let rights = Right::ALL.into_iter();
    rights
        .filter(|right| *right != Right::ViewAllFields && flags.has(*right) && !told(*right))
        .map(Right::word)
        .collect()
}

/// The fields that a document makes readable, and whether editable too.
fn readable_fields(document: &Element) -> BTreeMap<String, bool> {
    let is = |entry: &Element, flag: &str| entry.text_of(flag) == Some("true");
    let entries = document.children_named("fieldPermissions");
    entries
        .filter(|entry| is(entry, "readable"))
        .filter_map(|entry| Some((entry.text_of("field")?.to_owned(), is(entry, "editable"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Need};
    use crate::soql::Row;
    use serde_json::{Value, json};

    const DEPLOYED: &str = "<Profile>\
        <fieldPermissions><editable>true</editable><field>Lead.Email</field><readable>true</readable></fieldPermissions>\
        <fieldPermissions><editable>true</editable><field>Lead.Fax</field><readable>true</readable></fieldPermissions>\
        <fieldPermissions><editable>true</editable><field>Case.Origin</field><readable>true</readable></fieldPermissions>\
        <objectPermissions><allowEdit>true</allowEdit><allowRead>true</allowRead><object>Lead</object></objectPermissions>\
        <objectPermissions><allowRead>true</allowRead><object>Setup__x</object></objectPermissions>\
        <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>\
        <userPermissions><enabled>false</enabled><name>ModifyAllData</name></userPermissions>\
        <userPermissions><enabled>true</enabled><name>RunReports</name></userPermissions></Profile>";

    /// What is told to be missing where the org shows this document, and these fields of leads, of the profile.
    fn check(document: &str, fields: &[(&str, bool)], expected: &[&str]) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/clone.yaml");
        let manifests = manifest::load(&[file.into()], &[], &[], &|_| None).expect("valid");
        let manifest = manifests.first().expect("one");
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let source = wanted.clone_from.as_ref().expect("a source");
        let (own, source) = (label(&wanted.name), label(source));
        let read = |text: &str| crate::xml::read(text).expect("well-formed");
        let mut live = Live::default();
        let shown = Answer::Component(Some(Box::new(read(document))));
        live.tell(Need::Profile(own.clone()), shown);
        let rows = |rows: Vec<Value>| Answer::Rows(rows.iter().map(Row::of).collect());
        let of = |label: &str| json!({"Profile": {"Name": label}});
        let grants = |label: &str, edit: bool| {
            json!({"ParentId": label, "SobjectType": "Lead", "PermissionsRead": true, "PermissionsEdit": edit,
                "Parent": of(label)})
        };
        live.tell(
            Need::ProfileObjects(own.clone()),
            rows(vec![grants(&own, false), grants(&source, true)]),
        );
        live.tell(Need::ProfileObjects(source.clone()), rows(Vec::new()));
        let field = |label: &str, field: &str, edit: bool| {
            json!({"Id": format!("01k{label}{field}"), "Field": field, "PermissionsRead": true, "PermissionsEdit": edit,
                "SobjectType": "Lead", "Parent": of(label)})
        };
        let told = |label: &str, fields: &[(&str, bool)]| {
            rows(
                fields
                    .iter()
                    .map(|(name, edit)| field(label, name, *edit))
                    .collect(),
            )
        };
        let all = [("Lead.Email", true), ("Lead.Fax", true)];
        live.tell(
            Need::ProfileFields(own.clone(), "Lead".into()),
            told(&own, fields),
        );
        live.tell(
            Need::ProfileFields(source.clone(), "Lead".into()),
            told(&source, &all),
        );
        let entries = not_kept(&read(DEPLOYED), wanted, manifest, &live);
        assert_eq!(entries, expected, "{document}");
    }

    #[test]
    fn what_the_org_does_not_tell_of_a_new_profile_is_named() {
        let document = "<Profile><userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions></Profile>";
        let lost = [
            "userPermissions.ApiEnabled",
            "userPermissions.ModifyAllData (still granted)",
            "userPermissions.RunReports",
            "objectPermissions.Lead (edit)",
            "fieldPermissions.Lead.Email",
            "fieldPermissions.Lead.Fax (edit)",
        ];
        check(document, &[("Lead.Fax", false)], &lost);
    }

    #[test]
    fn a_document_that_came_in_part_is_no_difference() {
        let kept = [("Lead.Email", true), ("Lead.Fax", true)];
        // Nothing of user permissions is told at all, and of what the data API does not tell, nothing is said.
        check("<Profile/>", &kept, &["objectPermissions.Lead (edit)"]);
        let document = "<Profile>\
            <fieldPermissions><editable>true</editable><field>Lead.Email</field><readable>true</readable></fieldPermissions>\
            <objectPermissions><allowEdit>true</allowEdit><allowRead>true</allowRead><object>Lead</object></objectPermissions>\
            <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>\
            <userPermissions><enabled>true</enabled><name>RunReports</name></userPermissions></Profile>";
        check(document, &[("Lead.Fax", true)], &[]);
    }
}
