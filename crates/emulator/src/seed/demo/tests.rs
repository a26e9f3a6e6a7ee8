use std::collections::BTreeSet;

use super::*;
use crate::sharing::Sight;
use crate::store::{FieldType, GroupKind, SharingModel};

/// Number of records of an object for which this holds.
fn count(org: &Org, object: &str, test: impl Fn(&crate::store::Row) -> bool) -> usize {
    org.rows(object).filter(|(_, row)| test(row)).count()
}

fn flag(row: &crate::store::Row, field: &str) -> bool {
    row.get(field)
        .and_then(|value| value.as_bool())
        .unwrap_or_default()
}

fn has_address(row: &crate::store::Row) -> bool {
    row.get("Email")
        .and_then(|value| value.as_str())
        .is_some_and(|email| email.contains('@'))
}

#[test]
fn it_is_the_same_every_time() {
    assert_eq!(super::org(Scale::default()), super::org(Scale::default()));
}

#[test]
fn the_people_are_complete() {
    let org = super::org(Scale::default());
    let active = org.users.values().filter(|user| user.active).count();
    assert_eq!((active, org.users.len(), org.roles.len()), (42, 45, 15));
    assert!(
        org.users
            .values()
            .all(|user| org.profiles.contains_key(&user.profile)),
        "every user has a profile"
    );
    let usernames: BTreeSet<&str> = org
        .users
        .values()
        .map(|user| user.username.as_str())
        .collect();
    let aliases: BTreeSet<&str> = org.users.values().map(|user| user.alias.as_str()).collect();
    assert_eq!((usernames.len(), aliases.len()), (45, 45));
    assert!(
        org.users
            .values()
            .all(|user| user.alias.chars().count() <= 8)
    );
    let tops: Vec<&str> = org
        .roles
        .values()
        .filter(|role| role.parent.is_none())
        .map(|role| role.name.as_str())
        .collect();
    assert_eq!(tops, ["Chief Executive"]);
    for license in org.licenses.values() {
        assert!(
            org.seats_used(&license.id) < license.total,
            "{} has a free seat",
            license.name
        );
    }
    for role in org.roles.keys() {
        assert!(org.group_for(GroupKind::Role, Some(role)).is_some());
    }
}

#[test]
fn the_administrator_may_everything_and_has_a_token() {
    let org = super::org(Scale::default());
    let administrator = &org.users[&org.organization.administrator];
    assert_eq!(org.profiles[&administrator.profile].full_name, "Admin");
    let session = &org.sessions[&org.organization.access_token];
    assert_eq!(session.user, administrator.id);
    let (id, secret) = org.organization.access_token.split_once('!').unwrap();
    assert!(id.starts_with("00D") && [15, 18].contains(&id.len()));
    assert!(
        secret
            .chars()
            .all(|c| c == '.' || c == '_' || c.is_ascii_alphanumeric())
    );
    let granted = &org.containers[&org.profiles[&administrator.profile].container];
    assert!(
        [
            "ModifyAllData",
            "ViewAllData",
            "InstallPackaging",
            "QueryAllFiles"
        ]
        .iter()
        .all(|name| granted.allows(name))
    );
    assert!(granted.user_permissions.len() > 190 && granted.settings.contains_key("loginIpRanges"));
}

#[test]
fn the_records_are_what_selective_sync_needs() {
    let org = super::org(Scale::default());
    let sizes = ["Lead", "Contact", "Account", "Opportunity", "Case"]
        .map(|object| org.rows(object).count());
    assert_eq!(sizes, [2000, 1500, 400, 300, 200]);
    assert_eq!(
        count(&org, "Contact", |row| !row.contains_key("AccountId")),
        60
    );
    for (object, least) in [("Lead", 280), ("Contact", 200)] {
        let ticked = count(&org, object, |row| flag(row, "Sync_to_HubSpot__c"));
        let sharable = count(&org, object, |row| {
            flag(row, "Sync_to_HubSpot__c") && has_address(row)
        });
        let unticked = count(&org, object, |row| {
            !flag(row, "Sync_to_HubSpot__c") && has_address(row)
        });
        assert!(
            sharable >= least && ticked > sharable + 20 && unticked > 1000,
            "{object}: {ticked} {sharable} {unticked}"
        );
    }
    let owners: BTreeSet<&str> = org
        .rows("Lead")
        .filter_map(|(_, row)| row["OwnerId"].as_str())
        .collect();
    assert!(owners.len() > 25 && owners.iter().any(|owner| owner.starts_with("00G")));
    assert!(
        owners
            .iter()
            .all(|owner| org.users.contains_key(owner) || org.groups.contains_key(*owner))
    );
}

#[test]
fn records_fit_their_objects() {
    let org = super::org(Scale::default());
    for (object, table) in &org.records {
        let schema = org.object(object).unwrap();
        for (id, row) in table.iter() {
            assert_eq!(&id[..3], schema.key_prefix);
            assert!(!row.contains_key("Id"), "the table knows the ids");
            let flags = schema
                .fields
                .values()
                .filter(|field| field.kind == FieldType::Boolean);
            assert!(
                flags.into_iter().all(|flag| row.contains_key(&flag.name)),
                "{object} {id} has every checkbox"
            );
            for name in row.keys() {
                assert!(schema.fields.contains_key(name), "{object}.{name}");
            }
            for field in schema
                .fields
                .values()
                .filter(|field| !field.reference_to.is_empty())
            {
                let Some(target) = row.get(&field.name).and_then(|value| value.as_str()) else {
                    continue;
                };
                let found = org.users.contains_key(target) || org.groups.contains_key(target);
                assert!(
                    found
                        || field
                            .reference_to
                            .iter()
                            .any(|parent| org.row(parent, target).is_some()),
                    "{object}.{} {target}",
                    field.name
                );
            }
        }
    }
}

#[test]
fn an_edition_holds_these_records() {
    let org = super::org(Scale::default());
    let text = serde_json::to_string(&org.records).unwrap();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Whoever changes the records on purpose raises EDITION and writes the new sum down here.
    assert_eq!((EDITION, hash), (1, 8_413_761_160_467_624_244));
}

#[test]
fn by_passes_are_there_and_defaults_are_public() {
    let org = super::org(Scale::default());
    let models = ["Lead", "Contact", "Account", "Case"]
        .map(|object| org.object(object).unwrap().sharing.in_force.internal);
    let public = [
        SharingModel::ReadWriteTransfer,
        SharingModel::ControlledByParent,
        SharingModel::ReadWrite,
        SharingModel::ReadWriteTransfer,
    ];
    assert_eq!(models, public);
    let sees_all = org
        .users
        .keys()
        .filter(|user| Sight::new(&org, user, "Lead", 0).is_some_and(|sight| sight.sees_all()));
    assert_eq!(
        sees_all.count(),
        8,
        "3 administrators, 3 in revenue operations, 2 lead stewards"
    );
    assert!(
        org.permission_set("HubSpot_Inc__HubSpot_Integration_Permissions")
            .is_some()
    );
}
