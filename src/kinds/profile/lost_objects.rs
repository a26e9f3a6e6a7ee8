//! Rights on objects that the manifest's rules need, that the clone source has, and that nothing gives the user any more.

use super::known::exact_objects;
use crate::clone::ObjectFlags;
use crate::kinds::rule_target;
use crate::live::{Live, profile_label as label};
use crate::manifest::{self, Manifest, Principal, Rule, RuleAccess};
use std::collections::BTreeMap;

/// What the clone has to have again, by object: reading, and editing where a rule shares for that. What the manifest states of
/// an object says by itself what the profile may do with it.
pub(super) fn lost_objects(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> BTreeMap<String, ObjectFlags> {
    let Some(source) = &wanted.clone_from else {
        return BTreeMap::new();
    };
    let own = label(&wanted.name);
    if live.profile_objects(&own).learnt().is_none() {
        return BTreeMap::new();
    }
    let has = exact_objects(&own, live);
    let of_source = exact_objects(&live.profile_label(source), live);
    let sharing = manifest.spec.sharing.iter();
    let unstated = sharing.filter(|sharing| {
        !wanted
            .object_permissions
            .contains_key(&sharing.object.value)
    });
    let lost = unstated.filter_map(|sharing| {
        let object = &sharing.object.value;
        let rules = sharing.rules.iter();
        let rules = rules.filter(|rule| is_for_role(rule, manifest));
        let edits = rules
            .clone()
            .any(|rule| rule.access.value == RuleAccess::ReadWrite);
        let read = rules.count() > 0;
        let has = has.get(object).copied().unwrap_or_default();
        let source = of_source.get(object).copied().unwrap_or_default();
        let by_sets = granted_by_sets(object, manifest, live)?;
        let lost = ObjectFlags {
            read: read && source.read && !has.read && !by_sets.read,
            edit: edits && source.edit && !has.edit && !by_sets.edit,
            ..ObjectFlags::default()
        };
        // Who edits reads.
        let lost = ObjectFlags {
            read: lost.read || lost.edit && !has.read,
            ..lost
        };
        (lost != ObjectFlags::default()).then(|| (object.clone(), lost))
    });
    lost.collect()
}

/// Whether a rule shares with the manifest's own role.
fn is_for_role(rule: &Rule, manifest: &Manifest) -> bool {
    let role = manifest.spec.role.as_ref();
    let own = role.map(|role| Principal::Role(role.name.value.clone()));
    !rule.absent && own.is_some() && rule_target(rule, manifest) == own
}

/// What the user's permission sets grant on an object; `None` where that is not known.
fn granted_by_sets(object: &str, manifest: &Manifest, live: &Live) -> Option<ObjectFlags> {
    let user = live.own_user(manifest)?;
    let grants = live.grants_on(object).learnt()?;
    let held = user.assignments.all().iter().filter(|set| !set.of_profile);
    let held: Vec<&String> = held.map(|set| &set.set_id).collect();
    let of_sets = grants
        .iter()
        .filter(|grant| held.contains(&&grant.container));
    let sum = of_sets.fold(ObjectFlags::default(), |sum, grant| ObjectFlags {
        read: sum.read || grant.rights.read,
        edit: sum.edit || grant.rights.edit,
        ..sum
    });
    Some(sum)
}
