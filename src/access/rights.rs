//! What the user may do with an object at all, once the manifest is applied. Pure.

use super::sets_of_others_after;
use crate::kinds::{granted_rights, unchanged_profile};
use crate::live::{Containers, Known, Live, ObjectRights, profile_label};
use crate::manifest::{Manifest, ObjectPermission, Profile};
use std::collections::BTreeSet;

/// Whether the user holds such rights on an object once the manifest is applied, as far as its profile, or the one that it
/// is cloned from, and its permission sets tell.
pub(super) fn rights_after(
    object: &str,
    manifest: &Manifest,
    live: &Live,
    holds: impl Fn(ObjectRights) -> bool,
) -> Known<bool> {
    let known = live.containers().and(live.grants_on(object));
    known.map(|(containers, grants)| {
        let rights = |id: &str| {
            let mut grants = grants.iter();
            let grant = grants.find(|grant| grant.container == id);
            grant.map(|grant| grant.rights).unwrap_or_default()
        };
        let mut sets = sets_of_others_after(manifest, live);
        let unchanged = unchanged_profile(manifest, live);
        let behind = unchanged.and_then(|profile| set_behind(&profile.label, containers));
        sets.extend(behind.map(str::to_owned));
        let profile = manifest.spec.profile.as_ref();
        let by_profile = profile.map(|profile| match profile.object_permissions.get(object) {
            Some(stated) => stated_rights(stated),
            None => {
                let id = id_of(profile, containers);
                let today = id.map(rights).unwrap_or_default();
                without_administration(object, profile, manifest, today)
            }
        });
        by_profile.is_some_and(&holds)
            || holds(granted_rights(object, manifest, live))
            || sets.iter().any(|id| holds(rights(id)))
    })
}

/// The profile as the org has it, or else the one that it is cloned from.
fn id_of<'a>(profile: &Profile, containers: &'a Containers) -> Option<&'a str> {
    let source = profile.clone_from.as_ref().map(|source| source.as_str());
    let labels = [Some(profile.name.as_str()), source];
    let mut labels = labels.into_iter().flatten().map(profile_label);
    labels.find_map(|label| set_behind(&label, containers))
}

/// The permission set behind the profile of a label.
fn set_behind<'a>(label: &str, containers: &'a Containers) -> Option<&'a str> {
    let of_label = containers.all().iter().find(|container| {
        let profile = container.profile();
        profile.is_some_and(|profile| profile.label == label)
    });
    of_label.map(|container| container.id.as_str())
}

/// View All and Modify All go from the objects that are named, or from all under `sharing`.
fn without_administration(
    object: &str,
    profile: &Profile,
    manifest: &Manifest,
    today: ObjectRights,
) -> ObjectRights {
    let is_selective = match &profile.without_data_administration {
        Some(named) => named.iter().any(|name| name.value == object),
        None => manifest.spec.sharing_of(object).is_some(),
    };
    ObjectRights {
        view_all: today.view_all && !is_selective,
        modify_all: today.modify_all && !is_selective,
        ..today
    }
}

pub(super) fn stated_rights(stated: &BTreeSet<ObjectPermission>) -> ObjectRights {
    let has = |permission| stated.contains(&permission);
    ObjectRights {
        read: has(ObjectPermission::Read),
        create: has(ObjectPermission::Create),
        edit: has(ObjectPermission::Edit),
        delete: has(ObjectPermission::Delete),
        view_all: has(ObjectPermission::ViewAll),
        modify_all: has(ObjectPermission::ModifyAll),
    }
}
