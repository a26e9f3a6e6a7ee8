//! What a new profile starts from.

use crate::store::{Container, Id, Org};

/// The permissions a profile created by a deploy has before its file is laid over it: with the Salesforce licence those
/// of Minimum Access - Salesforce from API version 60.0, of Standard User before; with any other licence those of the
/// licence's own standard profile (Gearset documentation, "A note on deploying custom object permissions on new
/// profiles"; help article 005093100).
pub(crate) fn baseline<'o>(org: &'o Org, license: &Id, version: u32) -> Option<&'o Container> {
    let is_salesforce = org
        .licenses
        .get(license)
        .is_some_and(|license| license.name == "Salesforce");
    let base = if is_salesforce {
        org.profile_by_full_name(if version >= 60 {
            "Minimum Access - Salesforce"
        } else {
            "Standard"
        })
    } else {
        org.profiles
            .values()
            .find(|profile| !profile.custom && profile.license == *license)
    };
    org.containers.get(&base?.container)
}
