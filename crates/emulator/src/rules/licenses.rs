//! What a licence does not allow, and what it does not let anybody turn off.

use super::dependencies::{Right, permission_word};
use crate::store::{Container, ForcedPermissions, License, ObjectAccess, Org, Platform};

/// Licences without rights in setup or on data: their users never get a user permission beyond Chatter's.
const CHATTER_ONLY: &str = "Chatter";

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
    license(org, container)?;
    let stated = &org.platform.unlicensed_permissions;
    let is_stated = |right: &Right| {
        let mut words = right.words().iter();
        words.any(|word| Platform::holds(stated, &format!("{word} {object}")))
    };
    let right = Right::granted(access).find(is_stated)?;
    Some(sentence(&right.on(org, object)))
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
    org.licenses.get(container.license.as_ref()?)
}
