//! What the users of the manifests can do of what is stated or needed: the other half of a proof, with or without records.
//!
//! **Promise:** everything is asked for in the wave before the proof; only before a field is called hidden, a second look asks
//! whether a set lets read all fields.

use crate::access::{self, Capability};
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{OrgError, Reader};
use std::collections::BTreeSet;

/// What tells of it, as needs that can be met in the wave before the proof.
pub(super) fn needs(manifests: &[Manifest]) -> impl Iterator<Item = Need> {
    manifests.iter().flat_map(access::capability_needs)
}

/// What is demanded of each manifest's user, and whether it can.
///
/// # Errors
/// What the org or the way to it made impossible; what it refuses to tell is not known.
pub(super) async fn capabilities(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
) -> Result<Vec<Capability>, OrgError> {
    let lacking: BTreeSet<Need> = needs(manifests)
        .filter(|need| !live.was_asked(need))
        .collect();
    if lacking.is_empty() && further_needs(manifests, live).is_empty() {
        return Ok(told(manifests, live));
    }
    let mut known = live.clone();
    for more in [lacking, BTreeSet::new()] {
        let more = match more.is_empty() {
            true => further_needs(manifests, &known),
            false => more,
        };
        if !more.is_empty() {
            observe::ask_org(more, reader, &mut known).await?;
        }
    }
    Ok(told(manifests, &known))
}

fn further_needs(manifests: &[Manifest], live: &Live) -> BTreeSet<Need> {
    let further = manifests.iter();
    let further = further.flat_map(|manifest| access::further_capability_needs(manifest, live));
    further.collect()
}

fn told(manifests: &[Manifest], live: &Live) -> Vec<Capability> {
    let told = manifests.iter();
    let told = told.flat_map(|manifest| access::capabilities(manifest, live));
    told.collect()
}
