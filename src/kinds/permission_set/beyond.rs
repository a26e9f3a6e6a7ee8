//! What a licence does not allow of what the manifest grants, as far as that is known.
//!
//! Known is: the licence Salesforce Integration reaches no standard object without its permission set licence (Salesforce
//! Help, Give Integration Users API Only Access; refusals seen by several), and a set that belongs to a licence goes to those
//! who have it (object reference, PermissionSet, `LicenseId`). What else a licence lacks the org says; nothing is claimed.

use super::completed::completed;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds::unknown_name;
use crate::kinds::user::profile_after;
use crate::live::{Live, LiveProfile};
use crate::manifest::{GrantedSet, Manifest, Sp};

/// The licence of users that are programs.
const INTEGRATION: &str = "Salesforce Integration";
/// The permission set licence that opens standard objects to it.
const INTEGRATION_SET_LICENCE: &str = "SalesforceAPIIntegrationPsl";

/// What the licences of the user do not allow.
pub(super) fn check(manifest: &Manifest, live: &Live) -> Vec<Diagnostic> {
    if live.offline {
        return Vec::new();
    }
    let profile = profile_after(manifest, live);
    let mut errors = Vec::new();
    for set in manifest.spec.granted_sets() {
        let of_set = set
            .license
            .as_ref()
            .and_then(|licence| lacks_licence(set, licence, profile, manifest, live));
        errors.extend(of_set);
        let bare = profile.and_then(|profile| standard_objects(set, profile, manifest, live));
        errors.extend(bare);
    }
    errors
}

/// Standard objects for a user of a licence that reaches none.
fn standard_objects(
    set: &GrantedSet,
    profile: &LiveProfile,
    manifest: &Manifest,
    live: &Live,
) -> Option<Diagnostic> {
    let bare = set
        .license
        .as_ref()
        .is_some_and(|name| **name == INTEGRATION);
    if profile.licence.as_deref() != Some(INTEGRATION)
        || (!bare && will_hold(INTEGRATION_SET_LICENCE, manifest, live))
    {
        return None;
    }
    let objects = completed(set, manifest, live).objects;
    let (object, (flags, _)) = objects.iter().find(|(object, _)| is_standard(object))?;
    let right = flags.words().first().copied().unwrap_or("read");
    let message = format!(
        "a user of the licence `{INTEGRATION}` cannot {right} {object}: it reaches no standard object without the permission \
         set licence `{INTEGRATION_SET_LICENCE}`"
    );
    let help = match bare {
        true => "take `license` out of the set: one that names the user licence gives no standard object".to_owned(),
        false => format!("add `permissionSetLicenses: [{INTEGRATION_SET_LICENCE}]`"),
    };
    let stated = set.objects.get(object).map(|granted| &granted.place);
    let error = Diagnostic::error(Code::BeyondTheLicence, message).help(help);
    Some(error.at(stated.unwrap_or(&set.place)))
}

/// A standard name has no suffix.
fn is_standard(object: &str) -> bool {
    !object.contains("__")
}

/// A set that belongs to a licence which the user will not have.
fn lacks_licence(
    set: &GrantedSet,
    licence: &Sp<String>,
    profile: Option<&LiveProfile>,
    manifest: &Manifest,
    live: &Live,
) -> Option<Diagnostic> {
    let own = profile.and_then(|profile| profile.licence.as_deref());
    if live.set_licence(licence).is_some() {
        let message = format!(
            "the permission set `{}` belongs to the permission set licence `{licence}`, and the user does not take a seat of it",
            set.name
        );
        let help = format!("add `permissionSetLicenses: [{licence}]`");
        let error = Diagnostic::error(Code::BeyondTheLicence, message).at(&licence.place);
        return (!will_hold(licence, manifest, live)).then(|| error.help(help));
    }
    let containers = live.containers().learnt()?;
    let licences: Vec<&str> = containers
        .profiles()
        .filter_map(|one| one.licence.as_deref())
        .collect();
    if !licences.contains(&licence.as_str()) {
        let set_licences = live.set_licences().learnt().into_iter().flatten();
        let known = set_licences.map(|one| one.name.as_str()).chain(licences);
        let (code, what) = (Code::UnknownSetLicence, "licence");
        return Some(unknown_name(code, what, licence, &licence.place, known));
    }
    let own = own.filter(|own| *own != licence.as_str())?;
    let message = format!(
        "the permission set `{}` belongs to the licence `{licence}`, and the user has the licence `{own}`",
        set.name
    );
    let help = "take `license` out: a set without one goes to users of any licence";
    Some(
        Diagnostic::error(Code::BeyondTheLicence, message)
            .at(&licence.place)
            .help(help),
    )
}

/// Whether the user holds a seat of a permission set licence once the manifest is applied, as far as that is known.
fn will_hold(licence: &str, manifest: &Manifest, live: &Live) -> bool {
    let found = live.set_licence(licence);
    let means = |name: &str| match found {
        Some(found) => found.is_called(name),
        None => name == licence,
    };
    let mut stated = manifest.spec.permission_set_licenses.iter();
    if let Some(stated) = stated.find(|stated| means(&stated.name)) {
        return !stated.absent;
    }
    let user = live.own_user(manifest);
    let seats = user.map(|user| live.held_seats(&user.username));
    let Some(seats) = seats else {
        return false;
    };
    seats.learnt().is_none_or(|seats| {
        let mut seats = seats.iter();
        seats.any(|seat| found.is_some_and(|found| found.id == seat.licence))
    })
}
