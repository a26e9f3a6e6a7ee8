//! The user's licence, which is that of its profile.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Live, LiveProfile};
use crate::manifest::{self, Manifest};

/// The licence of the profile the user will have has no seat left.
pub(super) fn no_seat(
    wanted: &manifest::User,
    manifest: &Manifest,
    live: &Live,
) -> Option<Diagnostic> {
    let licence = licence(manifest, live)?;
    let seats = live.containers().learnt()?.seats(licence)?;
    if seats.used < seats.total {
        return None;
    }
    let (used, total) = (seats.used, seats.total);
    let message = format!("no `{licence}` licence is free: {used} of {total} are used");
    let help = "deactivate a user of that licence or buy a seat; nothing has been written";
    Some(
        Diagnostic::error(Code::NoLicenseFree, message)
            .at(&wanted.username.place)
            .help(help),
    )
}

/// The licence of the profile that the user will have.
fn licence<'a>(manifest: &Manifest, live: &'a Live) -> Option<&'a str> {
    profile_after(manifest, live)?.licence.as_deref()
}

/// The manifest's profile, or its source where it does not exist yet; else the one of others that is used as it is.
pub(in crate::kinds) fn profile_after<'a>(
    manifest: &Manifest,
    live: &'a Live,
) -> Option<&'a LiveProfile> {
    let Some(profile) = &manifest.spec.profile else {
        return unchanged_profile(manifest, live);
    };
    let containers = live.containers().learnt()?;
    let source = profile.clone_from.as_ref();
    let labels = [
        Some(profile.name.value.clone()),
        source.map(|source| live.profile_label(source)),
    ];
    let mut labels = labels.iter().flatten();
    labels.find_map(|label| containers.profile(label))
}

/// The profile that the user will have and of which nothing is changed: the first of those that the manifest names, else
/// the one that the user has. `None` where the manifest has a profile of its own, or the org does not tell.
pub fn unchanged_profile<'a>(manifest: &Manifest, live: &'a Live) -> Option<&'a LiveProfile> {
    let spec = &manifest.spec;
    if spec.profile.is_some() {
        return None;
    }
    let containers = live.containers().learnt()?;
    match &spec.existing_profile {
        Some(named) => {
            let mut names = named.existing.iter();
            names.find_map(|name| containers.profile(&live.profile_label(name)))
        }
        None => containers.profile(live.own_user(manifest)?.profile.as_deref()?),
    }
}
