//! What sees every record whatever the default says.

use super::held::Standings;
use crate::live::{Container, ContainerKind, Containers, Known, Live, LiveUser, ObjectRights};
use crate::tally::Tally;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Something that sees every record whatever the default says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bypass {
    /// `profile`, `permission_set` or `permission_set_group`.
    pub kind: &'static str,
    /// Its label.
    pub name: String,
    /// Id of the profile or permission set.
    pub id: String,
    /// Active users who have it.
    pub users: Tally,
    /// What does it: `ModifyAllData`, `ViewAllData`, `ModifyAllRecords` or `ViewAllRecords`.
    pub by: &'static str,
}

/// What ignores the default: Modify or View All Data, or Modify or View All on the object.
pub(super) fn containers_that_bypass(object: &str, live: &Live) -> Known<Vec<Bypass>> {
    let containers = live.containers();
    containers
        .and(live.grants_on(object))
        .map(|(containers, grants)| {
            let rights: HashMap<&str, ObjectRights> = grants
                .iter()
                .map(|grant| (grant.container.as_str(), grant.rights))
                .collect();
            let holders = Holders::of(object, live);
            let all = containers.all().iter();
            let mut bypass: Vec<Bypass> = all
                .filter_map(|container| {
                    let rights = rights.get(container.id.as_str()).copied();
                    let by = what_bypasses(container, rights.unwrap_or_default())?;
                    Some(holders.bypass(container, by))
                })
                .collect();
            bypass.sort_by(|a, b| (a.kind, &a.name, &a.id).cmp(&(b.kind, &b.name, &b.id)));
            bypass
        })
}

/// Who has what, as far as it is known.
struct Holders<'a> {
    live: &'a Live,
    by_set: Known<HashMap<&'a str, u64>>,
}

impl<'a> Holders<'a> {
    fn of(object: &str, live: &'a Live) -> Self {
        let by_set = live.readers(object).map(|readers| {
            let mut users: HashMap<&str, u64> = HashMap::new();
            for reader in readers {
                *users.entry(reader.set.as_str()).or_default() += 1;
            }
            users
        });
        Self { live, by_set }
    }

    fn bypass(&self, container: &Container, by: &'static str) -> Bypass {
        if let Some(profile) = container.profile() {
            let users = self.live.users_by_profile();
            return Bypass {
                kind: "profile",
                name: profile.label.clone(),
                id: profile.id.clone(),
                users: users.map(|users| users.of(&profile.id)).into(),
                by,
            };
        }
        let users = self.by_set.as_ref();
        let of_set = |users: &HashMap<&str, u64>| users.get(container.id.as_str()).copied();
        Bypass {
            kind: match container.kind {
                ContainerKind::PermissionSetGroup => "permission_set_group",
                _ => "permission_set",
            },
            name: container.label.clone(),
            id: container.id.clone(),
            users: users.map(|users| of_set(users).unwrap_or(0)).into(),
            by,
        }
    }
}

/// What of that a user holds today, by its profile or a permission set. Rights over all data need no look at the object.
pub fn held_bypass(object: &str, user: &LiveUser, live: &Live) -> Known<Option<Bypass>> {
    let held = ids_in_force(user, live);
    let holds = |by: &Bypass| held.contains(by.id.as_str());
    let all = containers_that_bypass(object, live).map(|all| all.into_iter().find(holds));
    match all {
        Known::Is(held) => Known::Is(held),
        refused => live.containers().and_then(|containers| {
            let holders = Holders::of(object, live);
            let over_all_data = containers.all().iter().filter_map(|container| {
                let by = what_bypasses(container, ObjectRights::default())?;
                Some(holders.bypass(container, by))
            });
            let mut over_all_data = over_all_data;
            match over_all_data.find(holds) {
                Some(held) => Known::Is(Some(held)),
                None => refused,
            }
        }),
    }
}

/// All of that which a user holds.
pub fn held_bypasses(object: &str, user: &LiveUser, live: &Live) -> Known<Vec<Bypass>> {
    let held = ids_in_force(user, live);
    let holds = |by: &Bypass| held.contains(by.id.as_str());
    containers_that_bypass(object, live).map(|all| all.into_iter().filter(holds).collect())
}

/// Record ids of the profile and the sets that grant a user what they grant at any time.
fn ids_in_force<'a>(user: &LiveUser, live: &'a Live) -> HashSet<&'a str> {
    let standings = Standings::of(user, live);
    let containers = live.containers().learnt();
    let all = containers.into_iter().flat_map(Containers::all);
    let in_force = all.filter(|container| standings.is_in_force(container));
    in_force
        .map(|container| match container.profile() {
            Some(profile) => profile.id.as_str(),
            None => container.id.as_str(),
        })
        .collect()
}

/// The widest of what it grants: who may modify every record may view it.
fn what_bypasses(container: &Container, object: ObjectRights) -> Option<&'static str> {
    if container.modifies_all_data {
        Some("ModifyAllData")
    } else if object.modify_all {
        Some("ModifyAllRecords")
    } else if container.views_all_data {
        Some("ViewAllData")
    } else {
        object.view_all.then_some("ViewAllRecords")
    }
}
