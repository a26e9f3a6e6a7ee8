//! Who is without sight between a restricted default and the rules that come after it. Pure.

use super::{SightLost, views};
use crate::live::{Known, Live};
use crate::manifest::{Holder, Manifest, SharingModel};

/// Who sees less of an object than an open default shows, while every rule that a manifest makes of it is still to come.
/// Permission sets that keep access stand by then: they come before the default.
pub fn lost_without_rules(manifest: &Manifest, live: &Live, object: &str) -> Known<SightLost> {
    let mut bare = manifest.clone();
    for sharing in &mut bare.spec.sharing {
        sharing.rules.clear();
        sharing.keep_everyone = None;
        let is_of_profile = |holder: &Holder| matches!(holder, Holder::Profile(_));
        sharing
            .keep_access
            .retain(|kept| is_of_profile(&kept.holder));
    }
    let is_narrowed = live.default_in_force(object) == Some(SharingModel::Private);
    let supposed = is_narrowed.then(|| live.supposing_default(object, SharingModel::ReadWrite));
    let live = supposed.as_ref().unwrap_or(live);
    let sharing = bare
        .spec
        .sharing
        .iter()
        .filter(|one| one.object.value == object);
    views(sharing, &bare, live)
        .next()
        .map_or(Known::NotAsked, |view| view.sight_lost())
}
