//! What ties a user to what somebody holds: each thing that has to be undone before the user has it no longer. Pure.

use super::{People, either_way};
use crate::criteria::Verdict;
use crate::live::{GroupKind, Person, SharingGroup};
use std::collections::{BTreeMap, HashSet};

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

/// Ties, each with whether there is one for certain.
pub type Ties = BTreeMap<Tie, Verdict>;

impl People<'_> {
    /// Every tie between a user and a holder, or that may be; groups of groups count at any depth. Never none.
    pub fn ties(&self, user: &Person, holder: &str) -> Ties {
        let mut ties = Ties::new();
        match (self.person(holder), self.groups.get(holder)) {
            (Some(other), _) if other.id == user.id => drop(ties.insert(Tie::Own, Verdict::Yes)),
            (Some(other), _) => add(&mut ties, Tie::Above, self.is_below(other, user)),
            (None, Some(group)) => self.ties_to_group(user, group, &mut ties),
            (None, None) => {}
        }
        if ties.is_empty() {
            ties.insert(Tie::Unknown, Verdict::Either);
        }
        ties
    }

    fn ties_to_group(&self, user: &Person, group: &SharingGroup, ties: &mut Ties) {
        let role = group.role.as_deref();
        let over = match group.kind {
            GroupKind::Organization => {
                add(ties, Tie::Everybody, Verdict::Yes);
                Verdict::No
            }
            GroupKind::Regular | GroupKind::Queue => {
                self.ties_to_members(user, group, &mut HashSet::new(), ties);
                let crowd = self.crowds.get(group.id.as_str());
                let over = crowd.map(|crowd| crowd.is_under(self.role_of(user)));
                over.unwrap_or(Verdict::No)
            }
            kind => {
                add(ties, Tie::Role, self.is_of(user, group));
                self.is_over(user, role, kind != GroupKind::Role)
            }
        };
        add(ties, Tie::Above, self.upwards(over));
    }

    /// Whether a user has the role, or one of the roles, that a group stands for.
    fn is_of(&self, user: &Person, group: &SharingGroup) -> Verdict {
        let role = group.role.as_deref();
        match group.kind {
            GroupKind::Role => self.is_of_role(user, role),
            kind => {
                let internal = kind == GroupKind::RoleAndSubordinatesInternal;
                self.is_in_branch(user, role, internal)
            }
        }
    }

    fn ties_to_members<'s>(
        &'s self,
        user: &Person,
        group: &'s SharingGroup,
        seen: &mut HashSet<&'s str>,
        ties: &mut Ties,
    ) {
        if !seen.insert(&group.id) {
            return;
        }
        for member in self.members.get(group.id.as_str()).into_iter().flatten() {
            if *member == user.id {
                add(ties, Tie::Member(group.id.clone()), Verdict::Yes);
            }
            let Some(nested) = self.groups.get(member) else {
                continue;
            };
            match nested.kind {
                GroupKind::Regular | GroupKind::Queue => {
                    self.ties_to_members(user, nested, seen, ties);
                }
                GroupKind::Organization => add(ties, Tie::Everybody, Verdict::Yes),
                _ => add(
                    ties,
                    Tie::RoleIn(group.id.clone()),
                    self.is_of(user, nested),
                ),
            }
        }
    }
}

/// Adds a tie that there is, or may be.
fn add(ties: &mut Ties, tie: Tie, holds: Verdict) {
    if holds != Verdict::No {
        let known = ties.entry(tie).or_insert(holds);
        *known = either_way(*known, holds);
    }
}
