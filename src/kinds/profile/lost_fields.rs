//! Fields that the criteria ask for, that the clone source reads, and that the clone has lost.

use super::known::exact_fields;
use crate::live::{Live, profile_label as label};
use crate::manifest::{self, Manifest};
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
    lost.retain(|field, _| asked.contains(field) && !made.contains(field));
    lost
}
