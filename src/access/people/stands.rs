//! Who stands where in the role hierarchy.

use super::People;
use crate::criteria::Verdict;
use crate::live::{Person, Roles};
use std::collections::{HashMap, HashSet};

/// Kinds of users who come from outside (object reference, User, `UserType`).
const EXTERNAL: [&str; 7] = [
    "PowerPartner",
    "PowerCustomerSuccess",
    "CustomerSuccess",
    "CspLitePortal",
    "Guest",
    "SelfService",
    "CsnOnly",
];

/// Whether somebody belongs to *All Internal Users*; of the platform's own users nobody says.
pub(super) fn is_internal(person: &Person) -> Verdict {
    match person.kind.as_str() {
        "Standard" => Verdict::Yes,
        kind if EXTERNAL.contains(&kind) => Verdict::No,
        _ => Verdict::Either,
    }
}

/// One or the other.
pub fn either_way(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::No, Verdict::No) => Verdict::No,
        _ => Verdict::Either,
    }
}

/// Both of them.
pub fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
        _ => Verdict::Either,
    }
}

/// Roles of internal users and whom they report to, by id.
pub(super) struct RoleTree<'a> {
    parents: HashMap<String, Option<String>>,
    names: HashMap<String, &'a str>,
    /// Ids by API name in lower case.
    ids: HashMap<String, String>,
}

impl<'a> RoleTree<'a> {
    pub(super) fn of(roles: &'a Roles) -> Self {
        let all = roles.all().iter();
        let parents = all
            .clone()
            .map(|role| (role.id.clone(), role.parent().map(str::to_owned)));
        let names = all
            .clone()
            .map(|role| (role.id.clone(), role.name.as_str()));
        Self {
            parents: parents.collect(),
            names: names.collect(),
            ids: all
                .map(|role| (role.name.to_lowercase(), role.id.clone()))
                .collect(),
        }
    }

    /// Makes a role report to another, by API names, and gives its id: its name, where it is still to be made.
    pub(super) fn put(&mut self, name: &'a str, parent: Option<&str>) -> String {
        let known = self.id(name).map(str::to_owned);
        let id = known.unwrap_or_else(|| name.to_owned());
        let parent = parent.map(|parent| self.id(parent).unwrap_or(parent).to_owned());
        self.parents.insert(id.clone(), parent);
        self.names.insert(id.clone(), name);
        self.ids.insert(name.to_lowercase(), id.clone());
        id
    }

    /// The id of a role, by API name.
    pub(super) fn id(&self, name: &str) -> Option<&str> {
        self.ids.get(&name.to_lowercase()).map(String::as_str)
    }

    /// The API name of a role, by id.
    pub(super) fn name(&self, id: &str) -> Option<&'a str> {
        self.names.get(id).copied()
    }

    /// The roles above a role, nearest first. A hierarchy that leads back to itself ends the walk.
    pub(super) fn above<'s>(&'s self, role: &'s str) -> Vec<&'s str> {
        let mut seen = HashSet::from([role]);
        let mut above = Vec::new();
        let parent = |role: &str| self.parents.get(role)?.as_deref();
        let mut next = parent(role);
        while let Some(role) = next.filter(|role| seen.insert(role)) {
            above.push(role);
            next = parent(role);
        }
        above
    }

    /// Whether a role stands below another. Roles from outside hang below the role of an account's owner, which nobody
    /// told.
    pub(super) fn is_below(&self, role: &str, top: &str) -> Verdict {
        match self.parents.contains_key(role) {
            true => self.above(role).contains(&top).into(),
            false => Verdict::Either,
        }
    }
}

impl People<'_> {
    /// Whether somebody is no internal user.
    pub fn is_from_outside(&self, person: &Person) -> bool {
        is_internal(person) == Verdict::No
    }

    /// Whether somebody's role stands below another's. Who has no role stands below nobody and above nobody.
    pub(super) fn is_below(&self, person: &Person, superior: &Person) -> Verdict {
        match self.role_of(person).zip(self.role_of(superior)) {
            Some((role, top)) => self.upwards(self.tree.is_below(role, top)),
            None => Verdict::No,
        }
    }

    /// What comes up the hierarchy, as far as the object lets it.
    pub(super) fn upwards(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::No => Verdict::No,
            _ if self.passes_upwards == Verdict::Either => Verdict::Either,
            verdict => verdict,
        }
    }

    /// Whether somebody's role stands above this one, or above it and those below. Where nobody has such a role, nobody says
    /// whether superiors have what it has.
    pub(super) fn is_over(&self, person: &Person, role: Option<&str>, below: bool) -> Verdict {
        let Some((role, top)) = role.zip(self.role_of(person)) else {
            return Verdict::No;
        };
        let over = self.upwards(self.tree.is_below(role, top));
        match self.is_peopled(role, below) {
            true => over,
            false => both(over, Verdict::Either),
        }
    }

    /// Whether somebody has this role, or one of those below.
    pub(super) fn is_peopled(&self, role: &str, below: bool) -> bool {
        match below {
            true => self.peopled_branches.contains(role),
            false => self.peopled.contains(role),
        }
    }

    /// Whether somebody has this role.
    pub(super) fn is_of_role(&self, person: &Person, role: Option<&str>) -> Verdict {
        let own = self.role_of(person);
        (role.is_some() && own == role).into()
    }

    /// Whether somebody has this role or one below it, and is no outsider where only internal users are meant.
    pub(super) fn is_in_branch(
        &self,
        person: &Person,
        top: Option<&str>,
        internal: bool,
    ) -> Verdict {
        let Some((role, top)) = self.role_of(person).zip(top) else {
            return Verdict::No;
        };
        if internal && is_internal(person) == Verdict::No {
            return Verdict::No;
        }
        either_way((role == top).into(), self.tree.is_below(role, top))
    }

    /// The roles above a user's.
    pub(super) fn roles_above<'s>(&'s self, person: &'s Person) -> Vec<&'s str> {
        self.role_of(person)
            .map_or_else(Vec::new, |role| self.tree.above(role))
    }
}
