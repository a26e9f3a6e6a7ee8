//! Fields that the criteria ask for, that the clone source reads, and that the clone has lost.

use super::known::exact_fields;
use crate::live::{Live, profile_label as label};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// These fields, as `Object.Field`, and whether the source edits them. Fields that the manifest itself makes say under
/// `visibleTo` who sees them.
pub(super) fn lost_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> BTreeMap<String, bool> {
    let own = label(&wanted.name);
    let made: BTreeSet<String> = manifest
        .spec
        .fields
        .iter()
        .map(|field| format!("{}.{}", field.object, field.name))
        .collect();
    let mut lost = exact_fields(manifest, wanted, live);
    let mut asked = BTreeSet::new();
    for sharing in &manifest.spec.sharing {
        let Some(readable) = live.profile_fields(&own, &sharing.object).learnt() else {
            continue;
        };
        let readable: BTreeSet<&str> = readable.into_iter().map(|(field, _)| field).collect();
        let rules = sharing.rules.iter().filter(|rule| !rule.absent);
        let fields = rules
            .flat_map(|rule| &rule.criteria)
            .map(|criterion| format!("{}.{}", sharing.object, criterion.field))
            .filter(|field| !readable.contains(field.as_str()));
        asked.extend(fields);
    }
    let hidden = asked_fields(manifest, live).into_iter();
    let hidden = hidden.filter(|field| asked.contains(field) && !lost.contains_key(field));
    let hidden: Vec<String> = hidden.collect();
    lost.extend(hidden.into_iter().map(|field| (field, false)));
    lost.retain(|field, _| asked.contains(field) && !made.contains(field));
    lost
}

/// Fields that criteria ask for and that a profile may read, as `Object.Field`, as far as the org describes them.
pub(super) fn asked_fields(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let sharing = manifest.spec.sharing.iter();
    let asked = sharing.flat_map(|sharing| {
        let rules = sharing.rules.iter().filter(|rule| !rule.absent);
        let criteria = rules.flat_map(|rule| &rule.criteria);
        criteria.map(move |criterion| (&sharing.object.value, &criterion.field.value))
    });
    let may_be_read = |(object, field): &(&String, &String)| {
        let field = live.field(object, field);
        field.is_some_and(|field| {
            let is_part = field.compound_field_name.is_some();
            field.permissionable == Some(true) && !field.is_fixed() && !is_part
        })
    };
    let readable = asked.filter(may_be_read);
    readable
        .map(|(object, field)| format!("{object}.{field}"))
        .collect()
}

/// Those that the clone source does not read: a clone of it would not either.
pub(super) fn unread_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> BTreeSet<String> {
    let source = exact_fields(manifest, wanted, live);
    let mut asked = asked_fields(manifest, live);
    asked.retain(|field| !source.contains_key(field));
    asked
}

/// Whether a profile's document says that it reads a field.
pub(super) fn is_listed(document: &Element, field: &str) -> bool {
    let mut entries = document.children_named("fieldPermissions");
    entries.any(|entry| {
        entry.text_of("field") == Some(field) && entry.text_of("readable") == Some("true")
    })
}
