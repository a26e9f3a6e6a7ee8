//! The demo org: Acme Windmills, a made-up company that sells to other made-up companies.
//!
//! Its defaults are public, so that narrowing one means something; some profiles and permission sets by-pass sharing;
//! the HubSpot package is installed and `Sync_to_HubSpot__c` is filled on some leads and contacts.

mod access;
mod dice;
mod objects;
mod people;
mod records;

use std::sync::LazyLock;

use super::super::store::{Org, Package, Shared, Table};
use super::standard;

/// The edition of the demo org's records. State files name it instead of holding the records nobody changed, so it
/// changes with them.
pub const EDITION: u32 = 1;

/// The demo org.
pub(super) fn org() -> Org {
    let mut org = standard::org();
    org.organization.name = "Acme Windmills".into();
    org.organization.is_sandbox = false;
    objects::add(&mut org);
    access::add_profiles(&mut org);
    people::add(&mut org);
    access::add_permission_sets(&mut org);
    add_package(&mut org);
    for (object, table) in records::TABLES {
        org.records
            .insert((*object).to_owned(), Shared::Seeded(table));
        let prefix = org
            .object(object)
            .map(|object| object.key_prefix.clone())
            .unwrap_or_default();
        org.counters.insert(prefix, records::LAST_NUMBER);
    }
    make_tables_meanwhile();
    org
}

/// Makes the records on a thread of their own: the first query that needs them comes some milliseconds after the start.
pub fn make_tables_meanwhile() {
    std::thread::spawn(|| {
        for (_, table) in &records::TABLES {
            LazyLock::force(table);
        }
    });
}

/// The demo org's records of an object, made when first looked at.
pub fn table(object: &str) -> Option<Shared<Table>> {
    let found = records::TABLES.iter().find(|(name, _)| *name == object);
    found.map(|(_, table)| Shared::Seeded(table))
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
