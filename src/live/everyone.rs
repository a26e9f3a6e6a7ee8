//! Everybody but integrations, as a public group holds them: roles with those below, roles, and people one by one.
//!
//! The group never contains a user of the run's manifests, nor one that may use the API only, nor one that another such
//! group was made for. What the documentation leaves open is kept away from: whether superiors get what a role group inside
//! a public group has (Record Access guide, group maintenance tables; object reference, Group, `DoesIncludeBosses`). So
//! people below an integration's role are members one by one, of a group that leaves superiors out.

mod notes;

use super::known::Known;
use super::need::Need;
use super::people::{GroupKind, GroupMember, Person, SharingGroup};
use super::sharing_need::SharingNeed;
use super::{Live, LiveRole, Roles};
use crate::manifest::Manifest;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) use notes::{EveryoneGroup, GROUPS_OF_EVERYONE, everyone_group};

/// What the names of such groups begin with.
pub const EVERYONE_BUT: &str = "Everyone_but_";

/// Longest API name of a group that is made here, in characters.
const LONGEST_NAME: usize = 40;

/// Users who may use the API only, by their profile or a permission set (object reference, PermissionSet).
pub(super) const API_ONLY: &str = "SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.PermissionsApiUserOnly = true";

/// A user that a manifest of the run describes, and where its role stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Username, where the manifest has a user.
    username: Option<String>,
    /// API name of the role, where the manifest has one.
    role: Option<String>,
    /// API name of the role above it.
    parent: Option<String>,
}

impl Integration {
    /// That of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let spec = &manifest.spec;
        let role = spec.role.as_ref().filter(|role| !role.absent);
        let parent = role.and_then(|role| role.parent.as_ref());
        Self {
            username: spec.user.as_ref().map(|user| user.username.value.clone()),
            role: role.map(|role| role.name.value.clone()),
            parent: parent.map(|parent| parent.value.clone()),
        }
    }

    fn is(&self, person: &Person) -> bool {
        let username = self.username.as_deref();
        username.is_some_and(|name| name.eq_ignore_ascii_case(&person.username))
    }
}

/// Why somebody is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyLeftOut {
    /// A manifest of the run describes the user.
    Described,
    /// Another group of this kind was made for the user.
    OfAnotherGroup,
    /// The user may use the API only.
    ApiOnly,
}

/// Something in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EveryonePart<'a> {
    /// The users of a role and of the internal roles below it.
    Branch(&'a LiveRole, &'a SharingGroup),
    /// The users of a role.
    Role(&'a LiveRole, &'a SharingGroup),
    /// A user.
    User(&'a Person),
}

impl<'a> EveryonePart<'a> {
    /// Record id of the user or group that becomes a member.
    pub fn id(&self) -> &'a str {
        match self {
            Self::Branch(_, group) | Self::Role(_, group) => &group.id,
            Self::User(person) => &person.id,
        }
    }

    /// What it is called: `role Sales`, or the username.
    pub fn words(&self) -> String {
        match self {
            Self::Branch(role, _) => format!("role {} and below", role.name),
            Self::Role(role, _) => format!("role {}", role.name),
            Self::User(person) => person.username.clone(),
        }
    }
}

/// Everybody but integrations.
#[derive(Clone, Debug, Default)]
pub struct Everyone<'a> {
    /// What the group consists of, roles first, by name.
    pub parts: Vec<EveryonePart<'a>>,
    /// Active people in it.
    pub people: usize,
    /// Roles whose people are in it one by one, since an integration has the role or one above.
    pub one_by_one: Vec<&'a str>,
    /// Active users that are left out, by name.
    pub left_out: BTreeMap<&'a str, WhyLeftOut>,
    /// Members of the standing group that have to go: through them it reaches somebody that is left out.
    pub to_go: Vec<&'a GroupMember>,
}

/// The API name of a manifest's group and of its rules.
pub fn everyone_name(manifest: &Manifest) -> String {
    let mut name = EVERYONE_BUT.to_owned();
    for sign in manifest.name.chars() {
        match sign.is_ascii_alphanumeric() {
            true => name.push(sign),
            false if name.ends_with('_') => {}
            false => name.push('_'),
        }
    }
    name.truncate(LONGEST_NAME);
    name.trim_end_matches('_').to_owned()
}

impl Live {
    /// Whom the group of everybody but integrations consists of once the run's manifests are applied.
    pub fn everyone(&self, manifest: &Manifest) -> Known<Everyone<'_>> {
        let known = self.people().and(self.sharing_groups());
        let known = known.and(self.group_members()).and(self.roles());
        let known = known.and(self.containers()).and(self.api_only());
        let known = known.and(self.told_of_everyone());
        known.map(|((((((people, groups), members), roles), _), _), ())| {
            let mut gathering = Gathering::of(self, people, groups, roles);
            gathering.gather();
            let own = self.group_of_name(&everyone_name(manifest));
            let mut everyone = gathering.everyone;
            everyone.to_go = match own {
                Some(own) => gathering.circle.to_go(own, members),
                None => Vec::new(),
            };
            everyone
        })
    }

    /// The public group of an API name, where the org told of groups.
    pub fn group_of_name(&self, name: &str) -> Option<&SharingGroup> {
        let groups = self.sharing_groups().learnt()?;
        let mut named = groups.iter().filter(|group| {
            group.kind == GroupKind::Regular && group.name.as_deref() == Some(name)
        });
        named.next()
    }

    /// The direct members of a group.
    pub fn members_of<'a>(&'a self, group: &SharingGroup) -> impl Iterator<Item = &'a GroupMember> {
        let members = self.group_members().learnt().unwrap_or_default();
        let id = group.id.clone();
        members.iter().filter(move |member| member.group == id)
    }

    /// What a user or group is called that is in a group.
    pub fn called(&self, id: &str) -> String {
        let people = self.people().learnt().unwrap_or_default();
        if let Some(person) = people.iter().find(|person| person.id == id) {
            return person.username.clone();
        }
        let groups = self.sharing_groups().learnt().unwrap_or_default();
        let group = groups.iter().find(|group| group.id == id);
        let roles = self.roles().learnt();
        let role = group.and_then(|group| roles?.of_id(group.role.as_deref()?));
        match (group, role) {
            (Some(group), Some(role)) if group.kind == GroupKind::Role => {
                format!("role {}", role.name)
            }
            (Some(_), Some(role)) => format!("role {} and below", role.name),
            (Some(group), None) => match &group.name {
                Some(name) => format!("group {name}"),
                None => id.to_owned(),
            },
            (None, _) => id.to_owned(),
        }
    }

    /// Whether a group of everybody but integrations certainly leaves a user out; `false` for any other group.
    pub(super) fn is_left_out_of(&self, group: &str, manifest: &Manifest) -> bool {
        if !group.starts_with(EVERYONE_BUT) {
            return false;
        }
        let Some(own) = self.group_of_name(group) else {
            return false;
        };
        let known = self.people().and(self.group_members()).and(self.roles());
        let Some(((people, members), roles)) = known.learnt() else {
            return false;
        };
        let integration = Integration::of(manifest);
        let groups = self.sharing_groups().learnt().unwrap_or_default();
        let mut circle = Circle::of(self, roles, groups);
        let user = people.iter().find(|person| integration.is(person));
        let role = integration.role.as_deref();
        let id = role.map(|name| roles.named(name).map_or(name, |role| role.id.as_str()));
        circle.leave_out(user, id);
        own.includes_bosses == Some(false) && circle.to_go(own, members).is_empty()
    }
}

/// Who is left out, and where they stand.
struct Circle<'a> {
    groups: HashMap<&'a str, &'a SharingGroup>,
    /// Roles and whom they report to once the run's manifests are applied, by id; by name those that are still to be made.
    parents: HashMap<&'a str, Option<&'a str>>,
    /// Users who are left out, by id.
    users: HashSet<&'a str>,
    /// Their roles.
    roles: HashSet<&'a str>,
    /// Their roles and all above: whoever has these with those below has them.
    at_or_above: HashSet<&'a str>,
}

impl<'a> Circle<'a> {
    fn of(live: &'a Live, roles: &'a Roles, groups: &'a [SharingGroup]) -> Self {
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
    fn leave_out(&mut self, user: Option<&'a Person>, role: Option<&'a str>) {
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

    fn to_go(&self, own: &SharingGroup, members: &'a [GroupMember]) -> Vec<&'a GroupMember> {
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

struct Gathering<'a> {
    circle: Circle<'a>,
    roles: &'a Roles,
    /// Active internal users who are not left out, by role.
    people: BTreeMap<Option<&'a str>, Vec<&'a Person>>,
    /// What stands for a role, and for a role with those below, by the role's id.
    alone: HashMap<&'a str, &'a SharingGroup>,
    branches: HashMap<&'a str, &'a SharingGroup>,
    everyone: Everyone<'a>,
}

impl<'a> Gathering<'a> {
    fn of(
        live: &'a Live,
        people: &'a [Person],
        groups: &'a [SharingGroup],
        roles: &'a Roles,
    ) -> Self {
        let mut circle = Circle::of(live, roles, groups);
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
        let described = |person: &Person| live.integrations.iter().any(|one| one.is(person));
        for person in people.iter().filter(|person| !described(person)) {
            let Some(why) = live.why_left_out(person) else {
                continue;
            };
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

    fn gather(&mut self) {
        let tops = |role: &&LiveRole| {
            let parent = self.circle.parents.get(role.id.as_str()).copied().flatten();
            parent.is_none_or(|parent| !self.circle.parents.contains_key(parent))
        };
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
                let children = self.roles.all().iter().filter(|child| {
                    let parent = self.circle.parents.get(child.id.as_str());
                    parent.copied().flatten() == Some(role.id.as_str())
                });
                open.extend(children.map(|child| (child, one_by_one)));
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

impl Live {
    /// Users who may use the API only, by id.
    fn api_only(&self) -> Known<&BTreeSet<String>> {
        self.known(&Need::Sharing(SharingNeed::ApiOnly), Some(&self.api_only))
    }

    /// Why an active user of no manifest of the run is left out.
    fn why_left_out(&self, person: &Person) -> Option<WhyLeftOut> {
        if !person.active {
            return None;
        }
        let containers = self.containers().learnt();
        let licence = || {
            let profile = person.profile.as_deref()?;
            let mut profiles = containers?.profiles();
            profiles.find(|one| one.id == profile)?.licence.as_deref()
        };
        let by_licence = || licence().is_some_and(|licence| licence.contains("Integration"));
        if self.is_named_by_a_group(&person.username) {
            Some(WhyLeftOut::OfAnotherGroup)
        } else if self.api_only.contains(&person.id) || by_licence() {
            Some(WhyLeftOut::ApiOnly)
        } else {
            None
        }
    }
}
