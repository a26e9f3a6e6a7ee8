//! What ties a user to what somebody holds: each thing that has to be undone before the user has it no longer. Pure.

use super::People;
use crate::criteria::Verdict;
use crate::live::{GroupKind, Person, SharingGroup};
use std::collections::{BTreeSet, HashSet};

/// One way on which what a user or group holds is a user's too (guide, "Record Access Under the Hood").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// The user itself holds it.
    Own,
    /// Everybody holds it.
    Everybody,
    /// The user's role holds it, alone or with those below.
    Role,
    /// The user is by itself a member of this public group or queue, by record id.
    Member(String),
    /// The user's role is a member of this public group or queue, by record id.
    RoleIn(String),
    /// The user is assigned this permission set, by record id.
    Assigned(String),
    /// The user's role stands above somebody who holds it.
    Above,
    /// How it comes to the user is not known.
    Unknown,
}

impl People<'_> {
    /// Every tie between a user and a holder; groups of groups count at any depth. Never none.
    pub fn ties(&self, user: &Person, holder: &str) -> BTreeSet<Tie> {
        let mut ties = BTreeSet::new();
        match (self.person(holder), self.groups.get(holder)) {
            (Some(other), _) if other.id == user.id => drop(ties.insert(Tie::Own)),
            (Some(other), _) => {
                let above = self.is_below(other, user) != Verdict::No;
                ties.extend(above.then_some(Tie::Above));
            }
            (None, Some(group)) => self.ties_to_group(user, group, &mut ties),
            (None, None) => {}
        }
        if ties.is_empty() {
            ties.insert(Tie::Unknown);
        }
        ties
    }

    fn ties_to_group(&self, user: &Person, group: &SharingGroup, ties: &mut BTreeSet<Tie>) {
        let role = group.role.as_deref();
        let over = match group.kind {
            GroupKind::Organization => {
                ties.insert(Tie::Everybody);
                Verdict::No
            }
            GroupKind::Regular | GroupKind::Queue => {
                self.ties_to_members(user, group, &mut HashSet::new(), ties);
                let crowd = self.crowds.get(group.id.as_str());
                let over = crowd.map(|crowd| crowd.is_under(self.role_of(user)));
                over.unwrap_or(Verdict::No)
            }
            kind => {
                ties.extend(self.is_of(user, group).then_some(Tie::Role));
                self.is_over(user, role, kind != GroupKind::Role)
            }
        };
        ties.extend((self.upwards(over) != Verdict::No).then_some(Tie::Above));
    }

    /// Whether a user has the role, or one of the roles, that a group stands for.
    fn is_of(&self, user: &Person, group: &SharingGroup) -> bool {
        let role = group.role.as_deref();
        let is = match group.kind {
            GroupKind::Role => self.is_of_role(user, role),
            kind => {
                let internal = kind == GroupKind::RoleAndSubordinatesInternal;
                self.is_in_branch(user, role, internal)
            }
        };
        is != Verdict::No
    }

    fn ties_to_members<'s>(
        &'s self,
        user: &Person,
        group: &'s SharingGroup,
        seen: &mut HashSet<&'s str>,
        ties: &mut BTreeSet<Tie>,
    ) {
        if !seen.insert(&group.id) {
            return;
        }
        for member in self.members.get(group.id.as_str()).into_iter().flatten() {
            if *member == user.id {
                ties.insert(Tie::Member(group.id.clone()));
            }
            let Some(nested) = self.groups.get(member) else {
                continue;
            };
            match nested.kind {
                GroupKind::Regular | GroupKind::Queue => {
                    self.ties_to_members(user, nested, seen, ties);
                }
                GroupKind::Organization => drop(ties.insert(Tie::Everybody)),
                _ if self.is_of(user, nested) => drop(ties.insert(Tie::RoleIn(group.id.clone()))),
                _ => {}
            }
        }
    }
}
