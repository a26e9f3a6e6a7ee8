//! Everybody but integrations, as a public group holds them: roles with those below, roles, and people one by one.
//!
//! The group never contains a user of the run's manifests, nor one that may use the API only, nor one that another such
//! group was made for. What the documentation leaves open is kept away from: whether superiors get what a role group inside
//! a public group has (Record Access guide, group maintenance tables; object reference, Group, `DoesIncludeBosses`). So
//! people below an integration's role are members one by one, of a group that leaves superiors out.

mod circle;
mod gathering;
mod notes;

use super::known::Known;
use super::need::Need;
use super::people::{GroupKind, GroupMember, Person, SharingGroup};
use super::rules::Reach;
use super::sharing_need::SharingNeed;
use super::{Containers, Live, LiveProfile, LiveRole};
use crate::manifest::Manifest;
use std::collections::{BTreeMap, BTreeSet};

use circle::LeftOutCircle;
use gathering::EveryoneGathering;
pub(super) use notes::{EveryoneGroup, GROUPS_OF_EVERYONE, everyone_group};

/// What the names of such groups begin with.
pub const EVERYONE_BUT: &str = "Everyone_but_";

/// Longest API name of a group that is made here, in characters.
const LONGEST_NAME: usize = 80;

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
    /// API name of its group of everybody else, where the manifest has one.
    group: Option<String>,
}

impl Integration {
    /// That of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let spec = &manifest.spec;
        let role = spec.role.as_ref().filter(|role| !role.absent);
        let parent = role.and_then(|role| role.parent.as_ref());
        let mut kept = spec
            .sharing
            .iter()
            .filter_map(|sharing| sharing.keep_everyone.as_ref());
        let is_kept = kept.any(|kept| !kept.absent);
        Self {
            group: is_kept.then(|| everyone_name(manifest)),
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
            let mut gathering = EveryoneGathering::of(self, people, groups, roles);
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

    /// How a rule for a group of everybody but integrations reaches a manifest's user, if it does; outer `None` for any other
    /// group, and where nobody can tell. A group of this very run leaves it out, once it is applied.
    pub(super) fn reach_of_everyone(
        &self,
        group: &str,
        manifest: &Manifest,
    ) -> Option<Option<Reach>> {
        let of_run = |one: &Integration| one.group.as_deref() == Some(group);
        if self.integrations.iter().any(of_run) {
            return Some(None);
        }
        let own = self
            .group_of_name(group)
            .filter(|_| group.starts_with(EVERYONE_BUT))?;
        let known = self.people().and(self.group_members()).and(self.roles());
        let ((people, members), roles) = known.learnt()?;
        let integration = Integration::of(manifest);
        let groups = self.sharing_groups().learnt().unwrap_or_default();
        let mut circle = LeftOutCircle::of(self, roles, groups);
        let user = people.iter().find(|person| integration.is(person));
        let role = integration.role.as_deref();
        let id = role.map(|name| roles.named(name).map_or(name, |role| role.id.as_str()));
        circle.leave_out(user, id);
        if own.includes_bosses == Some(false) && circle.to_go(own, members).is_empty() {
            return Some(None);
        }
        let mut direct = members.iter().filter(|member| member.group == own.id);
        let held = direct.any(|member| circle.is_in(&member.member));
        held.then_some(Some(Reach::Own))
    }
}

impl Live {
    /// Record ids of users who may use the API only.
    pub fn api_only(&self) -> Known<&BTreeSet<String>> {
        self.known(&Need::Sharing(SharingNeed::ApiOnly), Some(&self.api_only))
    }

    /// Why active users of no manifest of the run are left out, by id.
    fn left_out_otherwise<'a>(&'a self, people: &'a [Person]) -> Vec<(&'a Person, WhyLeftOut)> {
        let named = self.users_of_groups();
        let containers = self.containers().learnt();
        let profiles = containers.into_iter().flat_map(Containers::profiles);
        let of_integrations = |profile: &&LiveProfile| {
            let licence = profile.licence.as_deref();
            licence.is_some_and(|licence| licence.contains("Integration"))
        };
        let profiles = profiles.filter(of_integrations);
        let profiles: BTreeSet<&str> = profiles.map(|profile| profile.id.as_str()).collect();
        let why = |person: &Person| {
            let profile = person.profile.as_deref();
            let by_licence = profile.is_some_and(|profile| profiles.contains(profile));
            if named.contains(&person.username.to_lowercase()) {
                Some(WhyLeftOut::OfAnotherGroup)
            } else if by_licence || self.api_only.contains(&person.id) {
                Some(WhyLeftOut::ApiOnly)
            } else {
                None
            }
        };
        let others = people.iter().filter(|person| {
            let described = self.integrations.iter().any(|one| one.is(person));
            person.active && !described
        });
        others
            .filter_map(|person| Some((person, why(person)?)))
            .collect()
    }
}
