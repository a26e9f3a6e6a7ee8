//! Everybody in a public group or queue, through nested groups, and which superiors have what it has.

use super::People;
use super::stands::{both, either_way, is_internal};
use crate::criteria::Verdict;
use crate::live::{GroupKind, Person, SharingGroup};
use std::collections::{HashMap, HashSet};

/// Who is in a group. A group may have a hundred thousand members by one role, who are not listed.
#[derive(Default)]
pub(super) struct Crowd<'a> {
    users: HashSet<&'a str>,
    roles: HashSet<&'a str>,
    /// Roles with those below them, and whether outsiders are left out.
    branches: HashSet<(&'a str, bool)>,
    everybody: bool,
    /// Whether something is in it of which nobody knows the members.
    others: bool,
    /// Roles whose users have what the group has as superiors of members.
    over: HashSet<String>,
    /// The same, where the groups in the group say otherwise than the group: nobody documents which of them counts.
    perhaps_over: HashSet<String>,
}

/// The crowds of all public groups and queues.
pub(super) fn all<'a>(people: &People<'a>) -> HashMap<&'a str, Crowd<'a>> {
    let listed = |group: &&SharingGroup| is_listed(group);
    let groups = people.groups.values().copied().filter(listed);
    let crowd = |group: &'a SharingGroup| {
        let mut gathering = Gathering {
            people,
            crowd: Crowd::default(),
            seen: HashSet::new(),
        };
        let passes = gathering.passes(group);
        gathering.add(group, passes);
        (group.id.as_str(), gathering.crowd)
    };
    groups.map(crowd).collect()
}

/// The crowd of a public group with these members that leaves superiors out.
pub(super) fn of_members<'a>(
    people: &People<'a>,
    members: impl Iterator<Item = &'a str>,
) -> Crowd<'a> {
    let mut gathering = Gathering {
        people,
        crowd: Crowd::default(),
        seen: HashSet::new(),
    };
    for member in members {
        gathering.add_member(member, Verdict::No);
    }
    gathering.crowd
}

fn is_listed(group: &SharingGroup) -> bool {
    matches!(group.kind, GroupKind::Regular | GroupKind::Queue)
}

struct Gathering<'s, 'a> {
    people: &'s People<'a>,
    crowd: Crowd<'a>,
    seen: HashSet<(&'a str, Verdict)>,
}

impl<'a> Gathering<'_, 'a> {
    /// Whether superiors of a group's members have what the group has. A queue that says no where it cannot be told is not
    /// believed; one that says nothing always did.
    fn passes(&self, group: &SharingGroup) -> Verdict {
        match (group.kind, group.includes_bosses) {
            (GroupKind::Queue, Some(false)) if !self.people.queues_say => Verdict::Either,
            (GroupKind::Regular | GroupKind::Queue, Some(false)) => Verdict::No,
            _ => Verdict::Yes,
        }
    }

    /// Adds what is in a group; `passes` is what is known of the groups around it.
    fn add(&mut self, group: &'a SharingGroup, passes: Verdict) {
        if !self.seen.insert((group.id.as_str(), passes)) {
            return;
        }
        for member in self
            .people
            .members
            .get(group.id.as_str())
            .into_iter()
            .flatten()
        {
            self.add_member(member, passes);
        }
    }

    fn add_member(&mut self, member: &'a str, passes: Verdict) {
        if let Some(person) = self.people.person(member) {
            self.crowd.users.insert(member);
            let above = self.people.roles_above(person);
            let above = above.into_iter().map(str::to_owned).collect();
            self.pass_to(above, passes);
        } else if let Some(nested) = self.people.groups.get(member).copied() {
            let agreed = agreed(passes, self.passes(nested));
            self.add_nested(nested, agreed);
        } else {
            self.crowd.others |= !member.starts_with("005");
        }
    }

    fn add_nested(&mut self, group: &'a SharingGroup, passes: Verdict) {
        if is_listed(group) {
            return self.add(group, passes);
        }
        let Some(role) = group.role.as_deref() else {
            self.crowd.everybody |= group.kind == GroupKind::Organization;
            return;
        };
        match group.kind {
            GroupKind::Role => drop(self.crowd.roles.insert(role)),
            kind => {
                let internal = kind == GroupKind::RoleAndSubordinatesInternal;
                self.crowd.branches.insert((role, internal));
            }
        }
        let above = self.people.tree.above(role);
        let above = above.into_iter().map(str::to_owned).collect();
        let peopled = self.people.is_peopled(role, group.kind != GroupKind::Role);
        self.pass_to(
            above,
            if peopled {
                passes
            } else {
                both(passes, Verdict::Either)
            },
        );
    }

    fn pass_to(&mut self, roles: Vec<String>, passes: Verdict) {
        match passes {
            Verdict::Yes => self.crowd.over.extend(roles),
            Verdict::Either => self.crowd.perhaps_over.extend(roles),
            Verdict::No => {}
        }
    }
}

fn agreed(one: Verdict, other: Verdict) -> Verdict {
    match one == other {
        true => one,
        false => Verdict::Either,
    }
}

impl<'a> Crowd<'a> {
    /// Users who are members by themselves, or through groups that list them.
    pub(super) fn users(&self) -> impl Iterator<Item = &str> {
        self.users.iter().copied()
    }

    /// The same, whatever becomes of the crowd.
    pub(super) fn listed(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.users.iter().copied()
    }

    /// Whether somebody is in it.
    pub(super) fn holds(&self, people: &People, person: &Person) -> Verdict {
        if self.users.contains(person.id.as_str()) {
            return Verdict::Yes;
        }
        let mut held = match self.everybody {
            true => is_internal(person),
            false => Verdict::No,
        };
        if let Some(role) = people.role_of(person) {
            held = either_way(held, self.roles.contains(role).into());
            for (top, internal) in &self.branches {
                held = either_way(held, people.is_in_branch(person, Some(top), *internal));
            }
        }
        match self.others {
            true => either_way(held, Verdict::Either),
            false => held,
        }
    }

    /// Whether the users of a role have what the group has as superiors of members.
    pub(super) fn is_under(&self, role: Option<&str>) -> Verdict {
        let Some(role) = role else {
            return Verdict::No;
        };
        match (self.over.contains(role), self.perhaps_over.contains(role)) {
            (true, _) => Verdict::Yes,
            (false, true) => Verdict::Either,
            (false, false) => Verdict::No,
        }
    }
}
