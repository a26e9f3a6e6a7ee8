//! Whose access a user has: its own, that of users in roles below, and that of the groups and queues that it, or somebody
//! below, belongs to. Pure.
//!
//! What the documentation leaves open, or the org did not tell, is [`Verdict::Either`].

mod crowd;
mod stands;
#[cfg(test)]
mod tests;
mod ties;

use crate::criteria::Verdict;
use crate::kinds::kept_by_everyone;
use crate::live::{EveryonePart, GroupKind, Known, Live, Person, SharingGroup, everyone_name};
use crate::manifest::{Manifest, Principal};
use crowd::Crowd;
use std::collections::{BTreeMap, HashMap, HashSet};

use stands::{RoleTree, is_internal};
pub use stands::{both, either_way};
pub use ties::{Tie, Ties};

/// From this version on, a queue says whether superiors of its members have what it has (object reference, Group,
/// `DoesIncludeBosses`).
const QUEUES_SAY: f64 = 67.0;

/// People by role, kind, and the groups that they are in.
type Classes<'s, 'a> = BTreeMap<(Option<&'s str>, &'s str, Vec<&'a str>), Vec<&'a Person>>;

/// Users, roles and groups, and who belongs to what.
pub struct People<'a> {
    persons: HashMap<&'a str, &'a Person>,
    /// Roles that differ from the org's, by the user's id: what a plan leaves.
    moved: HashMap<&'a str, String>,
    tree: RoleTree<'a>,
    groups: HashMap<&'a str, &'a SharingGroup>,
    /// Roles that somebody has, and those that somebody has or stands below.
    peopled: HashSet<String>,
    peopled_branches: HashSet<String>,
    /// Direct members, by the group's id.
    members: HashMap<&'a str, Vec<&'a str>>,
    /// Public groups and queues, with everybody in them.
    crowds: HashMap<&'a str, Crowd<'a>>,
    /// Public groups that a plan makes or changes, by API name.
    planned: HashMap<String, Crowd<'a>>,
    /// Users whom such a group holds one by one, whether it stands yet or not: they are not like others of their role.
    told_apart: HashSet<&'a str>,
    /// Whether queues say what superiors of their members have.
    queues_say: bool,
    /// Whether superiors have what those below have: a custom object can switch it off, and no interface tells.
    passes_upwards: Verdict,
    /// In the order of their usernames.
    sorted: Vec<&'a Person>,
}

impl<'a> People<'a> {
    /// Everybody, as the org has them.
    pub fn of(live: &'a Live) -> Known<Self> {
        let roles = live.roles();
        let people = live.people().and(live.sharing_groups());
        let people = people.and(live.group_members()).and(roles);
        people.map(|(((persons, groups), members), roles)| {
            let mut by_group: HashMap<&'a str, Vec<&'a str>> = HashMap::new();
            for member in members {
                let of_group = by_group.entry(&member.group).or_default();
                of_group.push(&member.member);
            }
            let tree = RoleTree::of(roles);
            let persons_by_id = persons.iter().map(|person| (person.id.as_str(), person));
            let groups = groups.iter().map(|group| (group.id.as_str(), group));
            let mut sorted: Vec<&Person> = persons.iter().collect();
            sorted.sort_by(|a, b| (&a.username, &a.id).cmp(&(&b.username, &b.id)));
            let version: f64 = live.org.api_version.parse().unwrap_or_default();
            let mut people = Self {
                persons: persons_by_id.collect(),
                moved: HashMap::new(),
                tree,
                groups: groups.collect(),
                peopled: HashSet::new(),
                peopled_branches: HashSet::new(),
                members: by_group,
                crowds: HashMap::new(),
                planned: HashMap::new(),
                told_apart: HashSet::new(),
                queues_say: version >= QUEUES_SAY,
                passes_upwards: Verdict::Yes,
                sorted,
            };
            people.settle();
            people
        })
    }

    /// What follows from where everybody stands.
    fn settle(&mut self) {
        let roles = self.sorted.iter().filter_map(|person| self.role_of(person));
        let peopled: HashSet<String> = roles.map(str::to_owned).collect();
        let above = peopled.iter().flat_map(|role| self.tree.above(role));
        let above: Vec<String> = above.map(str::to_owned).collect();
        self.peopled_branches = peopled.iter().cloned().chain(above).collect();
        self.peopled = peopled;
        self.crowds = crowd::all(self);
    }

    /// The same once a manifest is applied: its role stands where it says, its user has it, and its group of everybody but
    /// integrations holds whom it should.
    pub fn after(live: &'a Live, manifest: &'a Manifest) -> Known<Self> {
        Self::moved(live, manifest).map(|mut people| {
            people.plan_everyone(live, manifest);
            people
        })
    }

    fn plan_everyone(&mut self, live: &'a Live, manifest: &Manifest) {
        if kept_by_everyone(manifest, live).is_empty() {
            return;
        }
        let Known::Is(everyone) = live.everyone(manifest) else {
            return;
        };
        let name = everyone_name(manifest);
        let own = live.group_of_name(&name);
        let standing = own.into_iter().flat_map(|group| live.members_of(group));
        let goes = |id: &str| everyone.to_go.iter().any(|member| member.member == id);
        let standing = standing.map(|member| member.member.as_str());
        let wanted = everyone.parts.iter().map(EveryonePart::id);
        let members = standing.filter(|id| !goes(id)).chain(wanted);
        let crowd = crowd::of_members(self, members);
        self.told_apart = crowd.listed().collect();
        self.planned.insert(name, crowd);
    }

    /// Regards the people alike whom `other` regards alike.
    pub fn tell_apart_as(&mut self, other: &Self) {
        self.told_apart.clone_from(&other.told_apart);
    }

    fn moved(live: &'a Live, manifest: &'a Manifest) -> Known<Self> {
        Self::of(live).map(|mut people| {
            let wanted = manifest.spec.role.as_ref().filter(|role| !role.absent);
            let Some(wanted) = wanted else {
                return people;
            };
            let parent = wanted.parent.as_ref().map(|parent| parent.value.as_str());
            let role = people.tree.put(&wanted.name, parent);
            if let Some(user) = live.own_user(manifest) {
                people.moved.insert(&user.id, role);
            }
            people.settle();
            people
        })
    }

    /// The same as an object regards them.
    #[must_use]
    pub fn of_object(mut self, object: &str) -> Self {
        if object.ends_with("__c") {
            self.passes_upwards = Verdict::Either;
        }
        self
    }

    /// Everybody, by username.
    pub fn all(&self) -> impl Iterator<Item = &'a Person> + '_ {
        self.sorted.iter().copied()
    }

    /// The user of a record id.
    pub fn person(&self, id: &str) -> Option<&'a Person> {
        self.persons.get(id).copied()
    }

    /// The API name of a user's role.
    pub fn role_name(&self, person: &Person) -> Option<&str> {
        self.tree.name(self.role_of(person)?)
    }

    /// Record id of a user's role; for one that is still to be made, its name.
    pub fn role_of<'s>(&'s self, person: &'s Person) -> Option<&'s str> {
        let moved = self.moved.get(person.id.as_str()).map(String::as_str);
        moved.or(person.role.as_deref())
    }

    /// Whether what a user or group holds is this user's too.
    pub fn reaches(&self, user: &Person, holder: &str) -> Verdict {
        match user.id == holder {
            true => Verdict::Yes,
            false => self.is_passed_to(user, holder),
        }
    }

    /// The same but for the user itself: whether what it holds comes down to the user from a group, or up from below.
    pub fn is_passed_to(&self, user: &Person, holder: &str) -> Verdict {
        match (self.person(holder), self.groups.get(holder)) {
            (Some(other), _) => self.is_below(other, user),
            (None, Some(group)) => self.has(user, group),
            // Users of the platform's own stand in no role; of other groups nobody knows the members.
            (None, None) => match holder.starts_with("005") {
                true => Verdict::No,
                false => Verdict::Either,
            },
        }
    }

    /// Whether what a rule shares with these is this user's too.
    pub fn is_shared_with(&self, user: &Person, target: &Principal) -> Verdict {
        match target {
            Principal::AllInternalUsers => is_internal(user),
            Principal::Role(name) => self.has_role(user, self.tree.id(name)),
            Principal::RoleAndSubordinates(name) => {
                self.has_branch(user, self.tree.id(name), false)
            }
            Principal::RoleAndSubordinatesInternal(name) => {
                self.has_branch(user, self.tree.id(name), true)
            }
            Principal::Group(name) => self.has_named(user, GroupKind::Regular, name),
            Principal::Queue(name) => self.has_named(user, GroupKind::Queue, name),
        }
    }

    /// What a user, group or queue is called: a username, or an API name, the role's where it stands for one.
    pub fn name_of_holder(&self, id: &str) -> Option<&str> {
        if let Some(person) = self.person(id) {
            return Some(&person.username);
        }
        let group = self.groups.get(id)?;
        let role = group.role.as_deref().and_then(|role| self.tree.name(role));
        role.or(group.name.as_deref())
    }

    /// Whether an id is a queue's.
    pub fn is_queue(&self, id: &str) -> bool {
        let group = self.groups.get(id);
        group.is_some_and(|group| group.kind == GroupKind::Queue)
    }

    /// Record id of the group that stands for these in share rows, where the org has one.
    pub fn group_of(&self, principal: &Principal) -> Option<&'a str> {
        let of_role = |kind: GroupKind, name: &str| {
            let role = self.tree.id(name)?;
            let mut groups = self.groups.values();
            let is =
                |group: &&&SharingGroup| group.kind == kind && group.role.as_deref() == Some(role);
            groups.find(is).copied()
        };
        let group = match principal {
            Principal::AllInternalUsers => {
                let mut groups = self.groups.values();
                groups
                    .find(|group| group.kind == GroupKind::Organization)
                    .copied()
            }
            Principal::Role(name) => of_role(GroupKind::Role, name),
            Principal::RoleAndSubordinates(name) => of_role(GroupKind::RoleAndSubordinates, name),
            Principal::RoleAndSubordinatesInternal(name) => {
                of_role(GroupKind::RoleAndSubordinatesInternal, name)
            }
            Principal::Group(name) => self.group_named(GroupKind::Regular, name),
            Principal::Queue(name) => self.group_named(GroupKind::Queue, name),
        };
        group.map(|group| group.id.as_str())
    }

    /// Whether a rule for what these own shares what a user or queue owns. A queue stands for itself, not for its members.
    pub fn owns_for(&self, source: &Principal, owner: &str) -> Verdict {
        if let Principal::Queue(name) = source {
            let queue = self.groups.get(owner);
            return queue
                .is_some_and(|queue| {
                    queue.kind == GroupKind::Queue && queue.name.as_deref() == Some(name)
                })
                .into();
        }
        let Some(person) = self.person(owner) else {
            return match owner.starts_with("005") {
                true => Verdict::Either,
                false => Verdict::No,
            };
        };
        match source {
            Principal::AllInternalUsers => is_internal(person),
            Principal::Role(name) => self.is_of_role(person, self.tree.id(name)),
            Principal::RoleAndSubordinates(name) => {
                self.is_in_branch(person, self.tree.id(name), false)
            }
            Principal::RoleAndSubordinatesInternal(name) => {
                self.is_in_branch(person, self.tree.id(name), true)
            }
            Principal::Group(name) => {
                let group = self.group_named(GroupKind::Regular, name);
                let crowd = group.and_then(|group| self.crowds.get(group.id.as_str()));
                crowd.map_or(Verdict::Either, |crowd| crowd.holds(self, person))
            }
            Principal::Queue(_) => Verdict::No,
        }
    }

    /// Users whose reach is the same but for what they themselves own: by role, kind, and the groups that they are in.
    pub fn classes(&self) -> Classes<'_, 'a> {
        let mut in_groups: HashMap<&str, Vec<&'a str>> = HashMap::new();
        for (id, crowd) in &self.crowds {
            for user in crowd.users() {
                in_groups.entry(user).or_default().push(id);
            }
        }
        let mut classes: BTreeMap<_, Vec<&'a Person>> = BTreeMap::new();
        for person in &self.sorted {
            let mut groups = in_groups.remove(person.id.as_str()).unwrap_or_default();
            groups.extend(self.told_apart.get(person.id.as_str()).map(|_| ""));
            groups.sort_unstable();
            let moved = self.moved.get(person.id.as_str()).map(String::as_str);
            let role = moved.or(person.role.as_deref());
            let key = (role, person.kind.as_str(), groups);
            classes.entry(key).or_default().push(person);
        }
        classes
    }

    fn has_named(&self, user: &Person, kind: GroupKind, name: &str) -> Verdict {
        if let Some(crowd) = self
            .planned
            .get(name)
            .filter(|_| kind == GroupKind::Regular)
        {
            return self.has_what_they_have(user, crowd);
        }
        let group = self.group_named(kind, name);
        group.map_or(Verdict::Either, |group| self.has(user, group))
    }

    fn group_named(&self, kind: GroupKind, name: &str) -> Option<&'a SharingGroup> {
        let mut groups = self.groups.values();
        let named =
            |group: &&&SharingGroup| group.kind == kind && group.name.as_deref() == Some(name);
        groups.find(named).copied()
    }

    /// Whether what a group has is a user's: as a member, or as the superior of one.
    fn has(&self, user: &Person, group: &SharingGroup) -> Verdict {
        match group.kind {
            GroupKind::Organization => is_internal(user),
            GroupKind::Role => self.has_role(user, group.role.as_deref()),
            GroupKind::RoleAndSubordinates => self.has_branch(user, group.role.as_deref(), false),
            GroupKind::RoleAndSubordinatesInternal => {
                self.has_branch(user, group.role.as_deref(), true)
            }
            GroupKind::Regular | GroupKind::Queue => {
                let named = group.name.as_deref().unwrap_or_default();
                let planned = self.planned.get(named);
                let planned = planned.filter(|_| group.kind == GroupKind::Regular);
                let crowd = planned.or_else(|| self.crowds.get(group.id.as_str()));
                crowd.map_or(Verdict::No, |crowd| self.has_what_they_have(user, crowd))
            }
        }
    }

    fn has_what_they_have(&self, user: &Person, crowd: &Crowd<'a>) -> Verdict {
        let member = crowd.holds(self, user);
        let over = crowd.is_under(self.role_of(user));
        either_way(member, self.upwards(over))
    }

    fn has_role(&self, user: &Person, role: Option<&str>) -> Verdict {
        either_way(self.is_of_role(user, role), self.is_over(user, role, false))
    }

    fn has_branch(&self, user: &Person, top: Option<&str>, internal: bool) -> Verdict {
        either_way(
            self.is_in_branch(user, top, internal),
            self.is_over(user, top, true),
        )
    }
}
