//! What a user holds and what that lets it do, each right with where it comes from. Pure; every room that says what a user
//! may do says it by this.
//!
//! **Laws:** a set counts while its assignment is active and nobody took it back (object reference,
//! PermissionSetAssignment); one that asks for activation counts in an activated session only, and inside a group without
//! (the same, SessionPermSetActivation); a group grants what its hidden set grants, from which muting is taken already
//! (Metadata API guide, MutingPermissionSet). Modify All Data gives every right on every object, View All Data reads all
//! records of all.

use crate::criteria::Verdict;
use crate::live::{
    Container, ContainerKind, Containers, Known, Live, LiveUser, ObjectRights, Refused,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a set that a user is assigned stands, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetStanding {
    /// It grants what it grants.
    InForce,
    /// It grants nothing until a session activates it.
    OnlyActivated,
    /// It is over, since this day where the org says one.
    Over(Option<String>),
    /// A user access policy took it back.
    TakenBack,
}

/// A profile, permission set or group that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSet<'a> {
    /// What it is.
    pub container: &'a Container,
    /// How it stands.
    pub standing: SetStanding,
}

/// How everything stands that a user is assigned.
pub struct Standings<'a> {
    user: &'a LiveUser,
    /// By record id of the permission set; `None` where only the assignments are known.
    by_set: Option<HashMap<String, SetStanding>>,
    doubt: Option<Refused>,
}

impl<'a> Standings<'a> {
    /// As far as the org told: where it did not say what makes assignments void, each is taken to be in force, and
    /// [`Standings::doubt`] says why that is not known.
    pub fn of(user: &'a LiveUser, live: &Live) -> Self {
        let assigned = live.held_assignments(&user.username).learnt();
        let by_set = assigned.map(|assigned| {
            let mut by_set: HashMap<String, SetStanding> = HashMap::new();
            for held in assigned {
                let standing = match (held.revoked, held.active) {
                    (true, _) => SetStanding::TakenBack,
                    (false, true) => SetStanding::InForce,
                    (false, false) => SetStanding::Over(held.day),
                };
                let best = by_set.entry(held.set_id).or_insert(standing.clone());
                *best = standing.min(best.clone());
            }
            by_set
        });
        Self {
            user,
            by_set,
            doubt: live.standing_refused(&user.username),
        }
    }

    /// The refusal, where it is not known which assignments are over: of the profile there is none.
    pub fn doubt(&self) -> Option<&Refused> {
        self.doubt.as_ref()
    }

    /// How a container stands; `None` where the user does not hold it.
    pub fn of_container(&self, container: &Container) -> Option<SetStanding> {
        if let Some(profile) = container.profile() {
            let own = self.user.profile_id.as_ref() == Some(&profile.id);
            return own.then_some(SetStanding::InForce);
        }
        let assigned = match &self.by_set {
            Some(by_set) => by_set.get(&container.id).cloned(),
            None => {
                let holds = self.user.assignments.holds(&container.id);
                holds.then_some(SetStanding::InForce)
            }
        };
        assigned.map(|standing| match standing {
            SetStanding::InForce if container.needs_activation => SetStanding::OnlyActivated,
            other => other,
        })
    }

    /// Whether a container grants what it grants to the user; open where a session has to activate it, or the org did not tell
    /// whether the assignment is over.
    pub fn verdict(&self, container: &Container) -> Verdict {
        let of_profile = container.profile().is_some();
        match self.of_container(container) {
            None | Some(SetStanding::Over(_) | SetStanding::TakenBack) => Verdict::No,
            Some(SetStanding::OnlyActivated) => Verdict::Either,
            Some(SetStanding::InForce) if of_profile || self.doubt.is_none() => Verdict::Yes,
            Some(SetStanding::InForce) => Verdict::Either,
        }
    }

    /// Whether a container grants what it grants to the user at any time.
    pub fn is_in_force(&self, container: &Container) -> bool {
        self.of_container(container) == Some(SetStanding::InForce)
    }
}

/// Everything that a user holds, its profile first.
pub fn held_sets<'a>(user: &LiveUser, live: &'a Live) -> Known<Vec<HeldSet<'a>>> {
    let standings = Standings::of(user, live);
    let containers = live.containers();
    let known = containers.and_then(|containers| match behind_profile(user, containers) {
        true => Known::Is(containers),
        false => Known::Refused(Refused::not_told("what stands behind the user's profile")),
    });
    known.map(|containers| {
        let held = containers.all().iter().filter_map(|container| {
            let standing = standings.of_container(container)?;
            Some(HeldSet {
                container,
                standing,
            })
        });
        let mut held: Vec<HeldSet> = held.collect();
        let order = |held: &HeldSet| {
            (
                held.container.profile().is_none(),
                address_of_container(held.container),
            )
        };
        held.sort_by_key(order);
        held
    })
}

/// Whether the org shows the permission set behind the user's profile.
fn behind_profile(user: &LiveUser, containers: &Containers) -> bool {
    let mut profiles = containers.profiles();
    profiles.any(|profile| Some(&profile.id) == user.profile_id.as_ref())
}

/// The address of what holds permissions: `profile/Sales`, `permission_set/HubSpot_Inc__Sync`.
pub fn address_of_container(container: &Container) -> String {
    match &container.kind {
        ContainerKind::Profile(profile) => format!("profile/{}", profile.label),
        ContainerKind::PermissionSet => format!("permission_set/{}", container.name),
        ContainerKind::PermissionSetGroup => format!("permission_set_group/{}", container.name),
    }
}

/// A right, with what grants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldRights {
    /// What may be done with the object.
    pub rights: ObjectRights,
    /// Addresses of what grants any of it.
    pub from: BTreeSet<String>,
}

/// User permissions, each with the addresses of what grants it.
pub type HeldPermissions = BTreeMap<String, BTreeSet<String>>;

/// What a user may do by everything that it holds. What could not be learnt is not known: no right of it is absent.
#[derive(Clone, Debug)]
pub struct EffectiveRights {
    /// What may be done with each object that any set names.
    pub objects: Known<BTreeMap<String, HeldRights>>,
    /// Those of the user permissions asked about that it holds at any time.
    pub permissions: Known<HeldPermissions>,
    /// Those that it holds only where a session activates a set, besides.
    pub only_activated: Known<HeldPermissions>,
    /// How many fields of each object field-level security lets it read.
    pub readable_fields: Known<BTreeMap<String, u64>>,
    /// Those of them that it may edit.
    pub editable_fields: Known<BTreeMap<String, u64>>,
}

impl EffectiveRights {
    /// Adds up what the sets grant; `names` are the user permissions asked about, `asked` the sets of everybody that they
    /// were asked of.
    pub fn of(
        held: &[HeldSet],
        names: &BTreeSet<String>,
        asked: &BTreeSet<String>,
        live: &Live,
    ) -> Self {
        let in_force = sets_that(held, |standing| *standing == SetStanding::InForce);
        let sleeping = sets_that(held, |standing| *standing == SetStanding::OnlyActivated);
        let granted = live.permissions_of_sets(names, asked);
        let permissions = |sets: &BTreeMap<String, &Container>| {
            let granted = granted.clone();
            granted.map(|by_set| permissions_of(sets, by_set))
        };
        let always = permissions(&in_force);
        let only_activated = permissions(&sleeping).map(|mut sleeping| {
            let held = always.as_ref().learnt();
            sleeping.retain(|name, _| held.is_none_or(|held| !held.contains_key(name)));
            sleeping
        });
        let ids = in_force_ids(held);
        let fields = |edits| live.fields_of_sets(&ids, edits).cloned();
        Self {
            objects: objects_of(&in_force, live),
            permissions: always,
            only_activated,
            readable_fields: fields(false),
            editable_fields: fields(true),
        }
    }
}

/// Record ids of the sets that may grant anything: what is over or taken back is not asked about.
pub fn counted_ids(held: &[HeldSet]) -> BTreeSet<String> {
    let counting = |standing: &SetStanding| *standing <= SetStanding::OnlyActivated;
    sets_that(held, counting).into_keys().collect()
}

/// Record ids of the sets that are in force.
pub fn in_force_ids(held: &[HeldSet]) -> BTreeSet<String> {
    sets_that(held, |standing| *standing == SetStanding::InForce)
        .into_keys()
        .collect()
}

fn sets_that<'a>(
    held: &[HeldSet<'a>],
    stand: impl Fn(&SetStanding) -> bool,
) -> BTreeMap<String, &'a Container> {
    let meant = held.iter().filter(|held| stand(&held.standing));
    meant
        .map(|held| (held.container.id.clone(), held.container))
        .collect()
}

fn permissions_of(
    sets: &BTreeMap<String, &Container>,
    granted: &BTreeMap<String, BTreeSet<String>>,
) -> HeldPermissions {
    let mut permissions = HeldPermissions::new();
    for (id, container) in sets {
        for name in granted.get(id).into_iter().flatten() {
            let from = permissions.entry(name.clone()).or_default();
            from.insert(address_of_container(container));
        }
    }
    permissions
}

fn objects_of(
    sets: &BTreeMap<String, &Container>,
    live: &Live,
) -> Known<BTreeMap<String, HeldRights>> {
    let mut objects: BTreeMap<String, HeldRights> = BTreeMap::new();
    for (id, container) in sets {
        let grants = match live.objects_of_set(id) {
            Known::Is(grants) => grants,
            Known::Refused(refused) => return Known::Refused(refused),
            Known::NotAsked => return Known::NotAsked,
        };
        for grant in grants {
            let held = objects.entry(grant.object.clone()).or_default();
            held.rights = both_rights(held.rights, grant.rights);
            held.from.insert(address_of_container(container));
        }
    }
    for container in sets.values() {
        let over_all = over_all_data(container);
        if over_all == ObjectRights::default() {
            continue;
        }
        for held in objects.values_mut() {
            held.rights = both_rights(held.rights, over_all);
            held.from.insert(address_of_container(container));
        }
    }
    Known::Is(objects)
}

/// What Modify All Data and View All Data give on every object.
pub(super) fn over_all_data(container: &Container) -> ObjectRights {
    let modifies = container.modifies_all_data;
    let views = container.views_all_data || modifies;
    ObjectRights {
        read: views,
        create: modifies,
        edit: modifies,
        delete: modifies,
        view_all: views,
        modify_all: modifies,
    }
}

/// What either gives, with what follows from it.
fn both_rights(one: ObjectRights, other: ObjectRights) -> ObjectRights {
    let modify_all = one.modify_all || other.modify_all;
    let view_all = one.view_all || other.view_all || modify_all;
    ObjectRights {
        read: one.read || other.read || view_all,
        create: one.create || other.create,
        edit: one.edit || other.edit || modify_all,
        delete: one.delete || other.delete || modify_all,
        view_all,
        modify_all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, HoldingNeed, Need};
    use crate::soql::Row;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The permissions that the sets of the law may grant.
    const NAMES: [&str; 3] = ["AuthorApex", "ManageUsers", "ViewSetup"];
    const OBJECTS: [&str; 2] = ["Contact", "Lead"];

    /// A set that somebody may be assigned.
    #[derive(Clone, Debug)]
    struct GivenSet {
        is_group: bool,
        sleeps: bool,
        all_data: bool,
        names: Vec<bool>,
        /// Rights on each object, as bits: read, create, edit, delete, View All, Modify All.
        objects: Vec<u8>,
        /// The assignments: whether each is active, and whether it was taken back.
        assigned: Vec<(bool, bool)>,
    }

    fn given_set() -> impl Strategy<Value = GivenSet> {
        let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
        let names = prop::collection::vec(any::<bool>(), NAMES.len());
        let objects = prop::collection::vec(0u8..64, OBJECTS.len());
        let assigned = prop::collection::vec((any::<bool>(), prop::bool::weighted(0.2)), 0..3);
        (flags, names, objects, assigned).prop_map(
            |((is_group, sleeps, all_data), names, objects, assigned)| GivenSet {
                is_group,
                sleeps,
                all_data,
                names,
                objects,
                assigned,
            },
        )
    }

    fn rows(values: Vec<Value>) -> Answer {
        Answer::Rows(values.iter().map(Row::of).collect())
    }

    fn id(index: usize) -> String {
        format!("0PS{index}")
    }

    /// An org with these sets, the first of them behind the profile of the one user.
    fn live(sets: &[GivenSet]) -> Live {
        let mut live = Live::default();
        let user = json!({"Id": "005A", "Username": "bot@acme.example", "IsActive": true, "ProfileId": "00e1", "Profile": {"Name": "Sync"}});
        live.tell(Need::User("bot@acme.example".into()), rows(vec![user]));
        let numbered = || sets.iter().enumerate();
        let container = |(index, set): (usize, &GivenSet)| {
            let profile = (index == 0).then(|| json!({"Name": "Sync"}));
            json!({"Id": id(index), "Name": id(index), "Label": id(index), "IsOwnedByProfile": index == 0,
                "ProfileId": (index == 0).then_some("00e1"), "Profile": profile,
                "PermissionSetGroupId": (set.is_group && index > 0).then_some("0PG"),
                "HasActivationRequired": set.sleeps, "PermissionsModifyAllData": set.all_data})
        };
        live.tell(Need::Containers, rows(numbered().map(container).collect()));
        let assigned = numbered().flat_map(|(index, set)| {
            let each = set.assigned.iter().enumerate();
            each.map(move |(number, (active, _))| {
                json!({"Id": format!("{index}-{number}"), "Assignee": {"Username": "bot@acme.example"}, "PermissionSetId": id(index),
                    "IsActive": active})
            })
        });
        let holding = |need| Need::Holding(need);
        live.learn(
            &[holding(HoldingNeed::Assigned("bot@acme.example".into()))],
            rows(assigned.collect()),
        );
        let revoked = numbered().flat_map(|(index, set)| {
            let each = set
                .assigned
                .iter()
                .enumerate()
                .filter(|(_, (_, revoked))| *revoked);
            each.map(move |(number, _)| json!({"Id": format!("{index}-{number}")}))
        });
        live.learn(
            &[holding(HoldingNeed::Revoked("bot@acme.example".into()))],
            rows(revoked.collect()),
        );
        for (index, set) in numbered() {
            let grant = |(object, bits): (&&str, &u8)| {
                let has = |bit: u8| bits & (1 << bit) != 0;
                json!({"ParentId": id(index), "SobjectType": object, "PermissionsRead": has(0), "PermissionsCreate": has(1),
                    "PermissionsEdit": has(2), "PermissionsDelete": has(3), "PermissionsViewAllRecords": has(4),
                    "PermissionsModifyAllRecords": has(5)})
            };
            let grants = OBJECTS.iter().zip(&set.objects).map(grant).collect();
            live.learn(&[holding(HoldingNeed::Objects(id(index)))], rows(grants));
        }
        let all: BTreeSet<String> = (0..sets.len()).map(id).collect();
        let names = NAMES.map(str::to_owned).into();
        let granted = numbered().map(|(index, set)| {
            let mut row = json!({"Id": id(index)});
            for (name, held) in NAMES.iter().zip(&set.names) {
                row[format!("Permissions{name}")] = json!(held);
            }
            row
        });
        live.tell(
            holding(HoldingNeed::Permissions { names, sets: all }),
            rows(granted.collect()),
        );
        live
    }

    /// Whether a set grants to the user at any time, told without the code under test.
    fn counts(index: usize, set: &GivenSet) -> bool {
        let assigned = set
            .assigned
            .iter()
            .any(|(active, revoked)| *active && !revoked);
        index == 0 || (assigned && !set.sleeps)
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn rights_are_those_of_the_sets_that_count(sets in prop::collection::vec(given_set(), 1..5)) {
            let live = live(&sets);
            let user = live.user("bot@acme.example").found().unwrap();
            let held = held_sets(user, &live).learnt().unwrap();
            let names = NAMES.map(str::to_owned).into();
            let asked = (0..sets.len()).map(id).collect();
            let rights = EffectiveRights::of(&held, &names, &asked, &live);
            let counting: Vec<(usize, &GivenSet)> = sets.iter().enumerate().filter(|(index, set)| counts(*index, set)).collect();
            let permissions = rights.permissions.learnt().unwrap();
            for (number, name) in NAMES.iter().enumerate() {
                let granting = counting.iter().filter(|(_, set)| set.names[number]).count();
                prop_assert_eq!(permissions.get(*name).map_or(0, BTreeSet::len), granting, "{}", name);
            }
            let objects = rights.objects.learnt().unwrap();
            let all_data = counting.iter().any(|(_, set)| set.all_data);
            for (number, object) in OBJECTS.iter().enumerate() {
                let bits = counting.iter().fold(0, |bits, (_, set)| bits | set.objects[number]);
                let has = |bit: u8| all_data || bits & (1 << bit) != 0;
                let held = objects[*object].rights;
                prop_assert_eq!(held.modify_all, has(5));
                prop_assert_eq!(held.view_all, has(4) || has(5));
                prop_assert_eq!(held.read, has(0) || has(4) || has(5));
                prop_assert_eq!(held.edit, has(2) || has(5));
                prop_assert_eq!(held.create, has(1));
            }
        }

        #[test]
        fn what_sleeps_is_told_apart_and_never_twice(sets in prop::collection::vec(given_set(), 1..5)) {
            let live = live(&sets);
            let user = live.user("bot@acme.example").found().unwrap();
            let held = held_sets(user, &live).learnt().unwrap();
            let names = NAMES.map(str::to_owned).into();
            let asked = (0..sets.len()).map(id).collect();
            let rights = EffectiveRights::of(&held, &names, &asked, &live);
            let (always, sleeping) = (rights.permissions.learnt().unwrap(), rights.only_activated.learnt().unwrap());
            prop_assert!(sleeping.keys().all(|name| !always.contains_key(name)));
            for (index, set) in sets.iter().enumerate().skip(1) {
                let assigned = set.assigned.iter().any(|(active, revoked)| *active && !revoked);
                let standing = held.iter().find(|held| held.container.id == id(index)).map(|held| &held.standing);
                prop_assert_eq!(standing.is_some(), !set.assigned.is_empty());
                prop_assert_eq!(standing == Some(&SetStanding::OnlyActivated), assigned && set.sleeps);
            }
        }
    }

    #[test]
    fn what_was_not_told_is_not_known_and_no_right_is_absent() {
        let mut live = live(&[]);
        let profile = json!({"Id": "0PS0", "Name": "X", "IsOwnedByProfile": true, "ProfileId": "00e1", "Profile": {"Name": "Sync"}});
        live.tell(Need::Containers, rows(vec![profile]));
        let user = live.user("bot@acme.example").found().unwrap();
        let held = held_sets(user, &live).learnt().unwrap();
        let rights = EffectiveRights::of(
            &held,
            &BTreeSet::new(),
            &BTreeSet::from(["0PS0".to_owned()]),
            &live,
        );
        assert_eq!(rights.objects, Known::NotAsked);
        assert_eq!(rights.permissions, Known::NotAsked);
        assert_eq!(rights.readable_fields, Known::NotAsked);
    }
}
