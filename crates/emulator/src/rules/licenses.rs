//! What a licence does not allow, and what it does not let anybody turn off.

use super::dependencies::{Right, permission_word};
use crate::store::{
    Container, ForcedPermissions, INTEGRATION_SET_LICENSE, IntegrationObjects, License,
    ObjectAccess, Org, Platform,
};

/// Licences without rights in setup or on data: their users never get a user permission beyond Chatter's.
const CHATTER_ONLY: &str = "Chatter";

/// The licence of users that are programs.
const INTEGRATION: &str = "Salesforce Integration";

/// What the licence Salesforce forces on: profiles that are emptied keep these (`skinnyProfileHelper.ts` of
/// texei/texei-sfdx-plugin).
const FORCED: [&str; 5] = [
    "ActivitiesAccess",
    "AllowViewKnowledge",
    "ChatterInternalUser",
    "LightningConsoleAllowedForUser",
    "ViewHelpLink",
];

/// Why a licence does not allow a user permission.
pub(crate) fn license_refusal(
    org: &Org,
    container: &Container,
    permission: &str,
) -> Option<String> {
    let license = license(org, container)?;
    let standard = org
        .profiles
        .values()
        .filter(|profile| !profile.custom && profile.license == license.id);
    let mut granted = standard.filter_map(|profile| org.containers.get(&profile.container));
    let by_license =
        license.name.starts_with(CHATTER_ONLY) && !granted.any(|base| base.allows(permission));
    let refused = by_license || Platform::holds(&org.platform.unlicensed_permissions, permission);
    refused.then(|| sentence(&permission_word(org, permission)))
}

/// Why a licence does not allow what an entry grants on an object.
pub(crate) fn object_license_refusal(
    org: &Org,
    container: &Container,
    object: &str,
    access: ObjectAccess,
) -> Option<String> {
    let license = license(org, container)?;
    let stated = &org.platform.unlicensed_permissions;
    let beyond = is_beyond(org, license, object);
    let is_refused = |right: &Right| {
        let mut words = right.words().iter();
        beyond || words.any(|word| Platform::holds(stated, &format!("{word} {object}")))
    };
    let right = Right::granted(access).find(is_refused)?;
    Some(sentence(&right.on(org, object)))
}

/// Whether a licence does not reach an object: Salesforce Integration reaches custom objects alone, as long as nothing
/// widens it. No profile of that licence in public repositories grants a standard object, and assignments of permission
/// sets that do are refused (salesforce help, "Give Integration Users API Only Access").
fn is_beyond(org: &Org, license: &License, object: &str) -> bool {
    let standard = org.objects.get(object).is_some_and(|object| !object.custom);
    standard
        && license.name == INTEGRATION
        && org.platform.integration_objects != Some(IntegrationObjects::Accepted)
}

/// Whether a user has the permission set licence that widens the user licence.
pub(crate) fn is_widened(org: &Org, user: &str) -> bool {
    let license = org.set_license(INTEGRATION_SET_LICENSE);
    license.is_some_and(|license| org.holds_set_license(user, &license.id))
}

fn sentence(what: &str) -> String {
    format!("The user license doesn't allow the permission: {what}")
}

/// Why a profile cannot turn off a user permission.
pub(crate) fn forced_refusal(org: &Org, container: &Container, permission: &str) -> Option<String> {
    let forces = org.platform.forced_permissions == Some(ForcedPermissions::Refused)
        && license(org, container).is_some_and(|license| license.name == "Salesforce")
        && FORCED.contains(&permission);
    let permission = permission_word(org, permission);
    forces.then(|| format!("You may not turn off permission {permission} for this License Type"))
}

fn license<'o>(org: &'o Org, container: &Container) -> Option<&'o License> {
    let profile = container
        .profile()
        .and_then(|profile| org.profiles.get(profile));
    let own = profile.map(|profile| &profile.license);
    org.licenses.get(own.or(container.license.as_ref())?)
}
