//! Who is left out of everybody, where they stand, and what reaches them.

use super::super::people::{GroupKind, GroupMember, Person, SharingGroup};
use super::super::{Live, Roles};
use std::collections::{HashMap, HashSet};

/// Who is left out, and where they stand.
pub(super) struct LeftOutCircle<'a> {
    groups: HashMap<&'a str, &'a SharingGroup>,
    /// Roles and whom they report to once the run's manifests are applied, by id; by name those that are still to be made.
    pub(super) parents: HashMap<&'a str, Option<&'a str>>,
    /// Users who are left out, by id.
    pub(super) users: HashSet<&'a str>,
    /// Their roles.
    pub(super) roles: HashSet<&'a str>,
    /// Their roles and all above: whoever has these with those below has them.
    pub(super) at_or_above: HashSet<&'a str>,
}

impl<'a> LeftOutCircle<'a> {
    pub(super) fn of(live: &'a Live, roles: &'a Roles, groups: &'a [SharingGroup]) -> Self {
        let all = roles.all().iter();
        let mut parents: HashMap<&str, Option<&str>> =
            all.map(|role| (role.id.as_str(), role.parent())).collect();
        let id = |name: &'a str| roles.named(name).map_or(name, |role| role.id.as_str());
        for integration in &live.integrations {
            if let Some(role) = &integration.role {
                let parent = integration.parent.as_deref().map(id);
                parents.insert(id(role), parent);
            }
        }
        Self {
            groups: groups
                .iter()
                .map(|group| (group.id.as_str(), group))
                .collect(),
            parents,
            users: HashSet::new(),
            roles: HashSet::new(),
            at_or_above: HashSet::new(),
        }
    }

    /// Leaves out a user, and whoever else gets a role that is its.
    pub(super) fn leave_out(&mut self, user: Option<&'a Person>, role: Option<&'a str>) {
        self.users.extend(user.map(|user| user.id.as_str()));
        let Some(role) = role.or_else(|| user.and_then(|user| user.role.as_deref())) else {
            return;
        };
        self.roles.insert(role);
        let mut next = Some(role);
        while let Some(role) = next.filter(|role| self.at_or_above.insert(role)) {
            next = self.parents.get(role).copied().flatten();
        }
    }

    /// Whether a member of a group certainly is, or holds, somebody who is left out.
    pub(super) fn is_in(&self, member: &str) -> bool {
        let Some(group) = self.groups.get(member) else {
            return self.users.contains(member);
        };
        let role = group.role.as_deref().unwrap_or_default();
        match group.kind {
            GroupKind::Organization => true,
            GroupKind::Role => self.roles.contains(role),
            GroupKind::RoleAndSubordinates | GroupKind::RoleAndSubordinatesInternal => {
                self.at_or_above.contains(role)
            }
            GroupKind::Regular | GroupKind::Queue => false,
        }
    }

    /// Whether a member of a group is, or holds, somebody who is left out.
    fn holds(&self, member: &str, members: &[GroupMember], seen: &mut HashSet<String>) -> bool {
        if self.users.contains(member) {
            return true;
        }
        let Some(group) = self.groups.get(member) else {
            return false;
        };
        let role = group.role.as_deref().unwrap_or_default();
        match group.kind {
            GroupKind::Organization => true,
            GroupKind::Role => self.roles.contains(role) || self.is_under_one(role),
            GroupKind::RoleAndSubordinates | GroupKind::RoleAndSubordinatesInternal => {
                self.at_or_above.contains(role) || self.is_under_one(role)
            }
            GroupKind::Regular | GroupKind::Queue => {
                let nested = members.iter().filter(|one| one.group == member);
                seen.insert(member.to_owned())
                    && nested
                        .into_iter()
                        .any(|one| self.holds(&one.member, members, seen))
            }
        }
    }

    /// Whether a role stands below one of somebody who is left out.
    fn is_under_one(&self, role: &str) -> bool {
        let mut seen = HashSet::from([role]);
        let mut next = self.parents.get(role).copied().flatten();
        while let Some(role) = next.filter(|role| seen.insert(role)) {
            if self.roles.contains(role) {
                return true;
            }
            next = self.parents.get(role).copied().flatten();
        }
        false
    }

    pub(super) fn to_go(
        &self,
        own: &SharingGroup,
        members: &'a [GroupMember],
    ) -> Vec<&'a GroupMember> {
        let direct = members.iter().filter(|member| member.group == own.id);
        let reaches = |member: &&GroupMember| {
            self.holds(
                &member.member,
                members,
                &mut HashSet::from([own.id.clone()]),
            )
        };
        direct.filter(reaches).collect()
    }
}
