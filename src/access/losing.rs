//! Who loses sight of an object when its default narrows.

use super::{Bypass, Losing, assignments, object_permissions, users_by_profile};
use crate::facts::{CONTAINERS, Facts, PROFILES, Row};
use crate::kinds::{Defaults, live_user};
use crate::manifest::{Holder, Manifest, Sharing, SharingModel};
use std::collections::BTreeSet;

/// Active users, by profile, who read the object today through a public default and will only see what they own, what
/// their subordinates own and what is shared with them.
pub(super) fn losing(
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
    bypass: &[Bypass],
) -> Vec<Losing> {
    if !narrows(sharing, manifest, facts) {
        return Vec::new();
    }
    let object = &sharing.object.value;
    let users = users_by_profile(facts);
    let reading = readers(object, facts);
    let mut losing: Vec<Losing> = Vec::new();
    for row in facts.rows(PROFILES) {
        let (Some(id), Some(name)) = (row.text("Id"), row.text("Name")) else {
            continue;
        };
        if bypass.iter().any(|by| by.id == id) || kept_by_manifest(sharing, name) {
            continue;
        }
        let all = match reading.contains(id) {
            true => users.get(id).copied().unwrap_or(0),
            false => through_sets(object, facts, id, |_| true),
        };
        let keeping = through_sets(object, facts, id, |set| {
            bypass.iter().any(|by| by.id == set)
        });
        let count = all
            .saturating_sub(keeping)
            .saturating_sub(own(manifest, facts, id));
        if count > 0 {
            losing.push(Losing {
                profile: name.to_owned(),
                users: count,
            });
        }
    }
    losing.sort_by(|a, b| {
        b.users
            .cmp(&a.users)
            .then_with(|| a.profile.cmp(&b.profile))
    });
    losing
}

fn narrows(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let defaults = Defaults::new(manifest, facts);
    defaults.after(&sharing.object) == Some(SharingModel::Private)
        && defaults
            .now(&sharing.object)
            .is_some_and(|now| now != SharingModel::Private)
}

/// Users of a profile who read the object through a permission set of that kind, each counted once.
fn through_sets(object: &str, facts: &Facts, profile: &str, counts: impl Fn(&str) -> bool) -> u64 {
    let of_profile = |row: &&Row| row.text("Assignee.ProfileId") == Some(profile);
    let rows = facts.rows(&assignments(object)).iter().filter(of_profile);
    let rows = rows.filter(|row| row.text("PermissionSetId").is_some_and(&counts));
    let assignees: BTreeSet<&str> = rows.filter_map(|row| row.text("AssigneeId")).collect();
    assignees.len() as u64
}

/// Profiles that read the object by themselves.
fn readers<'a>(object: &str, facts: &'a Facts) -> BTreeSet<&'a str> {
    let rows = facts.selected(&object_permissions(object)).iter();
    let reading: BTreeSet<&str> = rows
        .filter(|row| row.flag("PermissionsRead"))
        .filter_map(|row| row.text("ParentId"))
        .collect();
    let containers = facts.rows(CONTAINERS).iter();
    let reading_containers =
        containers.filter(|row| row.text("Id").is_some_and(|id| reading.contains(id)));
    reading_containers
        .filter_map(|row| row.text("ProfileId"))
        .collect()
}

fn kept_by_manifest(sharing: &Sharing, profile: &str) -> bool {
    sharing.keep_access.iter().any(|entry| match &entry.holder {
        Holder::Profile(name) => name.value == profile,
        Holder::Role(_) => false,
    })
}

/// 1 where the manifest's own user is an active user of this profile: it is meant to lose sight.
fn own(manifest: &Manifest, facts: &Facts, profile: &str) -> u64 {
    let user = manifest.spec.user.as_ref();
    let row = user.and_then(|user| live_user(user, facts));
    u64::from(row.is_some_and(|row| row.flag("IsActive") && row.text("ProfileId") == Some(profile)))
}
