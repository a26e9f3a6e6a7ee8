//! The demo org: Acme Windmills, a made-up company that sells to other made-up companies.
//!
//! Its defaults are public, so that narrowing one means something; some profiles and permission sets by-pass sharing;
//! the HubSpot package is installed and `Sync_to_HubSpot__c` is filled on some leads and contacts.

mod access;
mod dice;
mod growth;
mod objects;
mod people;
mod records;
mod tables;

use super::standard;
use crate::store::{Org, Package, Scale, Shared, Table};

/// The edition of the demo org's records. State files name it instead of holding the records nobody changed, so it
/// changes with them.
pub const EDITION: u32 = 1;

/// The demo org, as large as this.
pub(super) fn org(scale: Scale) -> Org {
    let mut org = standard::org();
    org.organization.name = "Acme Windmills".into();
    org.organization.is_sandbox = false;
    objects::add(&mut org);
    access::add_profiles(&mut org);
    people::add(&mut org);
    access::add_permission_sets(&mut org);
    add_package(&mut org);
    for (object, _) in &tables::TABLES {
        let prefix = org.object(object).map(|object| object.key_prefix.clone());
        let last = tables::LAST_NUMBER.max(scale.leads);
        org.counters.insert(prefix.unwrap_or_default(), last);
        if let Some(table) = table(object, scale) {
            org.records.insert((*object).to_owned(), table);
        }
    }
    growth::grow(&mut org, scale);
    org.scale = scale;
    org
}

/// The records of an object in a demo org of this size, made when first looked at.
pub fn table(object: &str, scale: Scale) -> Option<Shared<Table>> {
    tables::of(object, scale)
}

fn add_package(org: &mut Org) {
    let package = Package {
        id: org.next_id("0A3"),
        package_id: org.next_id("033"),
        version_id: org.next_id("04t"),
        name: "HubSpot Integration".into(),
        namespace: "HubSpot_Inc".into(),
        version: [3, 0, 1, 1],
    };
    org.packages.push(package);
}

#[cfg(test)]
mod tests;
