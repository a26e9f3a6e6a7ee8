//! What a manifest names of a profile and the org does not have.

use super::known;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds::{lacks_object, unknown_name};
use crate::live::Live;
use crate::manifest;

/// Objects that are named and that the org does not have.
pub(super) fn objects(wanted: &manifest::Profile, live: &Live) -> Vec<Diagnostic> {
    let known = known::objects_granted(wanted, live);
    let listed = || known.iter().copied();
    if known.is_empty() {
        return Vec::new();
    }
    let stated = wanted
        .object_permissions
        .iter()
        .map(|(object, flags)| (object.as_str(), &flags.place));
    let selective = wanted.without_data_administration.iter().flatten();
    let named = stated.chain(selective.map(|object| (object.value.as_str(), &object.place)));
    let missing = named.filter(|(object, _)| !known.contains(object) && lacks_object(object, live));
    missing
        .map(|(object, place)| unknown_name(Code::UnknownObject, "object", object, place, listed()))
        .collect()
}

/// User permissions that are stated and that the org does not know.
pub(super) fn permissions(wanted: &manifest::Profile, live: &Live) -> Vec<Diagnostic> {
    let Some(vocabulary) = live.user_permissions() else {
        return Vec::new();
    };
    let unknowns = wanted
        .user_permissions
        .iter()
        .filter(|(name, _)| !vocabulary.contains(*name));
    let names = || vocabulary.iter().map(String::as_str);
    unknowns
        .map(|(name, on)| {
            unknown_name(
                Code::UnknownUserPermission,
                "user permission",
                name,
                &on.place,
                names(),
            )
        })
        .collect()
}
