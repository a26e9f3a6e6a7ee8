//! Of which objects records are counted: of all, where they are few; else of those whose sharing changes.

use super::{SharingView, visible::objects_whose_rules_change};
use crate::live::Live;
use crate::manifest::{Manifest, Sharing};
use crate::tally::Tally;
use std::collections::BTreeSet;

/// Objects whose records are counted in one plan: each takes a few queries, and each answer walks the object's records.
const MOST_COUNTED: usize = 25;

/// The objects whose records are counted before anything is known of the org: all of a few, or where a manifest limits how
/// many may become visible, which is counted over the whole plan; else those of which it says how many are meant.
pub(super) fn counted_beforehand(manifests: &[Manifest]) -> BTreeSet<&str> {
    let all: BTreeSet<&str> = manifests.iter().flat_map(objects).collect();
    let limits = |manifest: &Manifest| manifest.spec.limits.records_becoming_visible.is_some();
    match all.len() <= MOST_COUNTED || manifests.iter().any(limits) {
        true => all,
        false => expected(manifests),
    }
}

/// The objects with a rule of which the manifest says how many records are meant.
fn expected(manifests: &[Manifest]) -> BTreeSet<&str> {
    let sharing = manifests.iter().flat_map(|manifest| &manifest.spec.sharing);
    let told = sharing.filter(|sharing| {
        let mut rules = sharing.rules.iter();
        rules.any(|rule| !rule.absent && rule.expect_visible.is_some())
    });
    told.map(|sharing| sharing.object.as_str()).collect()
}

/// Of many objects those that are counted because their sharing changes; none where these are many too.
pub(super) fn counted_for_change<'a>(manifests: &'a [Manifest], live: &Live) -> BTreeSet<&'a str> {
    let changing = manifests.iter().flat_map(|manifest| {
        let rules = objects_whose_rules_change(manifest, live);
        let sharing = manifest.spec.sharing.iter();
        sharing.filter(move |sharing| {
            rules.contains(&sharing.object.value) || is_default_changing(sharing, live)
        })
    });
    let changing: BTreeSet<&str> = changing.map(|sharing| sharing.object.as_str()).collect();
    match changing.len() {
        0..=MOST_COUNTED => changing,
        _ => BTreeSet::new(),
    }
}

fn objects(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let sharing = manifest.spec.sharing.iter();
    sharing.map(|sharing| sharing.object.as_str())
}

fn is_default_changing(sharing: &Sharing, live: &Live) -> bool {
    let stated = sharing.organization_wide_default.as_ref();
    stated.is_some_and(|model| live.requested_default(&sharing.object).0 != Some(model.value))
}

impl SharingView<'_> {
    /// Whether the org was asked how many records there are.
    pub(super) fn is_counted(&self) -> bool {
        self.live.offline || self.records.was_asked() || self.live.owners(self.object()).was_asked()
    }
}

/// The number of records of an object that is not counted.
pub(super) fn not_counted() -> Tally {
    Tally::Unknown(format!(
        "not counted: records are counted for up to {MOST_COUNTED} objects, or for those whose sharing changes; a plan of fewer objects counts them"
    ))
}
