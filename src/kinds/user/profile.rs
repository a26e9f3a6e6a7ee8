//! The profile that the user gets: the manifest's own, or one that the org has and of which nothing is changed.

use super::unchanged_profile;
use crate::code::Code;
use crate::count::first_few;
use crate::diagnostic::Diagnostic;
use crate::kinds::{has_profile, profile_labels, unknown_name};
use crate::live::Live;
use crate::manifest::{self, Manifest};

/// A new user needs a profile; that is the platform's rule, and the manifest is where it has to be said.
pub(super) fn lacks_profile(
    manifest: &Manifest,
    wanted: &manifest::User,
    exists: bool,
) -> Option<Diagnostic> {
    let spec = &manifest.spec;
    let lacking = spec.profile.is_none() && spec.existing_profile.is_none() && !exists;
    let error = || {
        Diagnostic::error(Code::NewUserWithoutProfile, "a new user needs a profile")
            .at(&wanted.place)
    };
    lacking.then(|| error().help("add `spec.profile`"))
}

/// The label of the profile that the manifest gives the user: its own, or the first of those of others that there is.
pub(super) fn label_after(manifest: &Manifest, live: &Live) -> Option<String> {
    if let Some(profile) = &manifest.spec.profile {
        return Some(profile.name.value.clone());
    }
    let named = manifest.spec.existing_profile.as_ref()?;
    match unchanged_profile(manifest, live) {
        Some(profile) => Some(profile.label.clone()),
        None if live.offline => Some(named.existing.first()?.value.clone()),
        None => None,
    }
}

/// None of the profiles of others, of which one is to be used, is there.
fn no_existing_profile(manifest: &Manifest, live: &Live) -> Option<Diagnostic> {
    let named = manifest.spec.existing_profile.as_ref()?;
    if live.offline || unchanged_profile(manifest, live).is_some() {
        return None;
    }
    let first = named.existing.first()?;
    let known = profile_labels(live);
    if let [one] = named.existing.as_slice() {
        let (code, what) = (Code::UnknownProfile, "profile");
        return Some(unknown_name(code, what, one, &one.place, known));
    }
    let names: Vec<String> = named
        .existing
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let message = format!("the org has none of the profiles {}", names.join(", "));
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    let error = Diagnostic::error(Code::UnknownProfile, message).at(&first.place);
    let help = format!("it has {}", first_few(&known));
    Some(error.help(help).naming(&known))
}

pub(super) fn unknown_profile(manifest: &Manifest, live: &Live) -> Option<Diagnostic> {
    if manifest.spec.existing_profile.is_some() {
        return no_existing_profile(manifest, live);
    }
    let profile = manifest.spec.profile.as_ref()?;
    let name = &profile.name;
    let lacking = profile.absent && !has_profile(name, live);
    lacking.then(|| {
        unknown_name(
            Code::UnknownProfile,
            "profile",
            name,
            &name.place,
            profile_labels(live),
        )
    })
}
