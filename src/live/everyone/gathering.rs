//! How everybody is gathered: branch by branch, from the top.

use super::super::people::{GroupKind, Person, SharingGroup};
use super::super::{Live, LiveRole, Roles};
use super::circle::LeftOutCircle;
use super::{Everyone, EveryonePart, WhyLeftOut};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everybody, as far as gathered.
pub(super) struct EveryoneGathering<'a> {
    pub(super) circle: LeftOutCircle<'a>,
    roles: &'a Roles,
    /// Active internal users who are not left out, by role.
    people: BTreeMap<Option<&'a str>, Vec<&'a Person>>,
    /// What stands for a role, and for a role with those below, by the role's id.
    alone: HashMap<&'a str, &'a SharingGroup>,
    branches: HashMap<&'a str, &'a SharingGroup>,
    pub(super) everyone: Everyone<'a>,
}

impl<'a> EveryoneGathering<'a> {
    pub(super) fn of(
        live: &'a Live,
        people: &'a [Person],
        groups: &'a [SharingGroup],
        roles: &'a Roles,
    ) -> Self {
        let mut circle = LeftOutCircle::of(live, roles, groups);
        let mut left_out = BTreeMap::new();
        let role_id = |name: &'a str| roles.named(name).map_or(name, |role| role.id.as_str());
        for integration in &live.integrations {
            let user = people.iter().find(|person| integration.is(person));
            circle.leave_out(user, integration.role.as_deref().map(role_id));
            left_out.extend(
                integration
                    .username
                    .as_deref()
                    .map(|name| (name, WhyLeftOut::Described)),
            );
        }
        for (person, why) in live.left_out_otherwise(people) {
            circle.leave_out(Some(person), None);
            left_out.insert(&person.username, why);
        }
        let mut by_role: BTreeMap<Option<&str>, Vec<&Person>> = BTreeMap::new();
        let inside = |person: &&Person| person.active && person.kind == "Standard";
        for person in people.iter().filter(inside) {
            if !circle.users.contains(person.id.as_str()) {
                by_role
                    .entry(person.role.as_deref())
                    .or_default()
                    .push(person);
            }
        }
        Self {
            circle,
            roles,
            people: by_role,
            alone: of_kinds(groups, &[GroupKind::Role]),
            // With sites, roles and subordinates hold people from outside; the internal ones are there in every org.
            branches: of_kinds(
                groups,
                &[
                    GroupKind::RoleAndSubordinates,
                    GroupKind::RoleAndSubordinatesInternal,
                ],
            ),
            everyone: Everyone {
                left_out,
                ..Everyone::default()
            },
        }
    }

    pub(super) fn gather(&mut self) {
        let tops = |role: &&LiveRole| {
            let parent = self.circle.parents.get(role.id.as_str()).copied().flatten();
            parent.is_none_or(|parent| !self.circle.parents.contains_key(parent))
        };
        let mut children: HashMap<&str, Vec<&LiveRole>> = HashMap::new();
        for role in self.roles.all() {
            let parent = self.circle.parents.get(role.id.as_str());
            if let Some(parent) = parent.copied().flatten() {
                children.entry(parent).or_default().push(role);
            }
        }
        let mut open: Vec<(&LiveRole, bool)> = (self.roles.all().iter())
            .filter(tops)
            .map(|role| (role, false))
            .collect();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        while let Some((role, below_one)) = open.pop() {
            if !seen.insert(&role.id) {
                continue;
            }
            let one_by_one = below_one || self.circle.roles.contains(role.id.as_str());
            if self.add(role, one_by_one) {
                let below = children.get(role.id.as_str()).into_iter().flatten();
                open.extend(below.map(|child| (*child, one_by_one)));
            }
        }
        self.add_people(None);
        self.everyone.people = self.people.values().map(Vec::len).sum();
        self.everyone.one_by_one.sort_unstable();
        let key = |part: &EveryonePart| (matches!(part, EveryonePart::User(_)), part.words());
        self.everyone.parts.sort_by_key(key);
    }

    /// Adds a role; whether those below are still to be added.
    fn add(&mut self, role: &'a LiveRole, one_by_one: bool) -> bool {
        let id = role.id.as_str();
        let alone = self.alone.get(id).copied();
        let branch = self.branches.get(id).copied();
        match (alone, branch) {
            (_, Some(group)) if !one_by_one && !self.circle.at_or_above.contains(id) => {
                self.everyone.parts.push(EveryonePart::Branch(role, group));
                return false;
            }
            (Some(group), _) if !one_by_one => {
                self.everyone.parts.push(EveryonePart::Role(role, group));
            }
            _ if self.add_people(Some(id)) => self.everyone.one_by_one.push(&role.name),
            _ => {}
        }
        true
    }

    /// Adds people one by one; whether there are any.
    fn add_people(&mut self, role: Option<&'a str>) -> bool {
        let people = self.people.get(&role).into_iter().flatten();
        let before = self.everyone.parts.len();
        self.everyone
            .parts
            .extend(people.map(|person| EveryonePart::User(person)));
        self.everyone.parts.len() > before
    }
}

/// Groups of these kinds by their role, those of a later kind first.
fn of_kinds<'a>(
    groups: &'a [SharingGroup],
    kinds: &[GroupKind],
) -> HashMap<&'a str, &'a SharingGroup> {
    let of_kind = |kind: &GroupKind| {
        let kind = *kind;
        groups.iter().filter(move |group| group.kind == kind)
    };
    let groups = kinds.iter().flat_map(of_kind);
    groups
        .filter_map(|group| Some((group.role.as_deref()?, group)))
        .collect()
}
