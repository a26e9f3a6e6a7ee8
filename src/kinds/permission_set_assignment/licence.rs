//! Licences of permission sets: a set that belongs to a user licence is for users of that licence alone.

use super::super::permission_set::keepers;
use super::super::user::profile_after;
use super::find_assigned;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Container, Containers, Live, LiveProfile, SetLicence};
use crate::manifest::Manifest;

/// Sets that somebody is to hold, or goes on holding, and whose licence is not that of the profile.
pub(super) fn check(manifest: &Manifest, live: &Live) -> Vec<Diagnostic> {
    let Some(containers) = live.containers().learnt() else {
        return Vec::new();
    };
    let own = profile_after(manifest, live).into_iter();
    let own = own.flat_map(|profile| {
        let held = held(manifest, live, containers).into_iter();
        held.filter_map(|(set, place)| another(set, profile, containers, place))
    });
    let kept = keepers(manifest).into_iter().filter_map(|keeper| {
        let set = containers.set_named(&keeper.name)?;
        let profile = containers.profile(&live.profile_label(keeper.profile))?;
        another(set, profile, containers, &keeper.profile.place)
    });
    own.chain(kept).collect()
}

/// The sets that the user will hold, each with the place that says so.
fn held<'a>(
    manifest: &'a Manifest,
    live: &'a Live,
    containers: &'a Containers,
) -> Vec<(&'a Container, &'a Place)> {
    let mut held = Vec::new();
    let mut named = Vec::new();
    for reference in &manifest.spec.permission_sets {
        let Some(set) = find_assigned(live, reference).ok().flatten() else {
            continue;
        };
        named.push(&set.id);
        if !reference.absent {
            held.push((set, &reference.name.place));
        }
    }
    let own = manifest.spec.profile.as_ref();
    let of_others = manifest.spec.existing_profile.as_ref();
    let place = own.map(|profile| &profile.name.place);
    let place = place.or(of_others.map(|profile| &profile.place));
    let Some((user, place)) = live.own_user(manifest).zip(place) else {
        return held;
    };
    for assignment in user.assignments.all() {
        let set = containers.set_of_id(&assignment.set_id);
        let others = set.filter(|set| !named.contains(&&set.id));
        held.extend(others.map(|set| (set, place)));
    }
    held
}

/// That a set belongs to another licence than a profile, as far as the org tells of both.
fn another(
    set: &Container,
    profile: &LiveProfile,
    containers: &Containers,
    place: &Place,
) -> Option<Diagnostic> {
    let Some(SetLicence::User(wanted)) = &set.licence else {
        return None;
    };
    let has = profile.licence_id.as_ref().filter(|has| *has != wanted)?;
    let name = |id: &str| match containers.licence_named(id) {
        Some(name) => format!("`{name}`"),
        None => format!("of the id {id}"),
    };
    let message = format!(
        "the permission set `{}` is for users of the licence {}, and the profile `{}` has the licence {}",
        set.name,
        name(wanted),
        profile.label,
        name(has)
    );
    let help = "take the set out (one that is held: `absent: true`), or name one without a licence; a set keeps its \
                licence for good, so a set that others need too is made anew without one";
    Some(
        Diagnostic::error(Code::PermissionSetOfAnotherLicence, message)
            .at(place)
            .help(help),
    )
}

/// That a set which is to be assigned takes a seat of a permission set licence.
pub(super) fn seat(set: &Container, place: &Place) -> Option<Diagnostic> {
    let message = format!(
        "the permission set `{}` belongs to a permission set licence: whoever holds it takes a seat of that",
        set.name
    );
    let help = "see that a seat is free: Setup > Company Information > Permission Set Licenses; where the org does not \
                give it by itself, assign the licence to the user first";
    (set.licence == Some(SetLicence::PermissionSet)).then(|| {
        Diagnostic::note(Code::PermissionSetLicenceNeeded, message)
            .at(place)
            .help(help)
    })
}
