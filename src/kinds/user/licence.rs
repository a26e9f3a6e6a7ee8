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

/// The manifest's profile, or its source where it does not exist yet; else the profile that the user has.
pub(in crate::kinds) fn profile_after<'a>(
    manifest: &Manifest,
    live: &'a Live,
) -> Option<&'a LiveProfile> {
    let containers = live.containers().learnt()?;
    let Some(profile) = &manifest.spec.profile else {
        return containers.profile(live.own_user(manifest)?.profile.as_deref()?);
    };
    let source = profile.clone_from.as_ref();
    let labels = [
        Some(profile.name.value.clone()),
        source.map(|source| live.profile_label(source)),
    ];
    let mut labels = labels.iter().flatten();
    labels.find_map(|label| containers.profile(label))
}
