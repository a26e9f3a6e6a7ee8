//! Users, roles and groups: who is in what, and who stands above whom.

use std::collections::{BTreeSet, HashSet};

use crate::store::{Group, GroupKind, Id, Org, Principal, User};

/// Everybody and every group whose access this user has: themselves, the users below in the role hierarchy, the groups
/// they belong to, and the groups that users below belong to.
#[derive(Clone)]
pub(super) struct Circle<'org> {
    /// The user in the middle.
    pub(super) user: &'org str,
    benefits: HashSet<&'org str>,
}

impl<'org> Circle<'org> {
    pub(super) fn new(org: &'org Org, user: &'org User) -> Circle<'org> {
        let alone = Crowd::of(org, std::iter::once(user));
        let below = Crowd::of(org, subordinates(org, user).into_iter());
        let belongs = |group: &&Group| {
            alone.is_in(org, group) || passes_upwards(group) && below.is_in(org, group)
        };
        let groups = org.groups.values().filter(belongs);
        let mut benefits: HashSet<&str> = groups.map(|group| group.id.as_str()).collect();
        benefits.extend(below.users);
        benefits.insert(&user.id);
        Circle {
            user: &user.id,
            benefits,
        }
    }

    /// Whether access of this user or group is this user's access too.
    pub(super) fn benefits_from(&self, user_or_group: &str) -> bool {
        self.benefits.contains(user_or_group)
    }
}

/// Some users, and what makes any of them a member of a group. A group may have a hundred thousand members, who need not
/// be listed to see whether one of these is among them.
#[derive(Default)]
struct Crowd<'org> {
    users: HashSet<&'org str>,
    /// Their roles.
    roles: HashSet<&'org str>,
    /// Their roles and every role above.
    at_or_above: HashSet<&'org str>,
    /// The same of those who are not from outside.
    internal_at_or_above: HashSet<&'org str>,
    internal: bool,
}

impl<'org> Crowd<'org> {
    fn of(org: &'org Org, users: impl Iterator<Item = &'org User>) -> Crowd<'org> {
        let mut crowd = Crowd::default();
        for user in users {
            let inside = !is_external(user);
            crowd.users.insert(&user.id);
            crowd.internal |= inside;
            let Some(role) = user.role.as_deref() else {
                continue;
            };
            crowd.roles.insert(role);
            add_upwards(org, role, &mut crowd.at_or_above);
            if inside {
                add_upwards(org, role, &mut crowd.internal_at_or_above);
            }
        }
        crowd
    }

    /// Whether any of them is in a group, through nested groups.
    fn is_in(&self, org: &Org, group: &Group) -> bool {
        self.is_in_nested(org, group, &mut BTreeSet::new())
    }

    fn is_in_nested(&self, org: &Org, group: &Group, seen: &mut BTreeSet<Id>) -> bool {
        if self.is_derived_member(group) {
            return true;
        }
        if group.members.is_empty() || !seen.insert(group.id.clone()) {
            return false;
        }
        group.members.values().any(|member| {
            let nested = || org.groups.get(member);
            self.users.contains(member.as_str())
                || nested().is_some_and(|group| self.is_in_nested(org, group, seen))
        })
    }

    fn is_derived_member(&self, group: &Group) -> bool {
        let related = |roles: &HashSet<&str>| {
            let role = group.related.as_deref();
            role.is_some_and(|role| roles.contains(role))
        };
        match group.kind {
            GroupKind::Regular | GroupKind::Queue => false,
            GroupKind::Organization => self.internal,
            GroupKind::Role => related(&self.roles),
            GroupKind::RoleAndSubordinates => related(&self.at_or_above),
            GroupKind::RoleAndSubordinatesInternal => related(&self.internal_at_or_above),
        }
    }
}

/// Adds a role and those above it. What is there already has its superiors there too, which also ends a cycle.
fn add_upwards<'org>(org: &'org Org, role: &'org str, roles: &mut HashSet<&'org str>) {
    let mut current = Some(role);
    while let Some(role) = current.filter(|role| roles.insert(role)) {
        current = org.roles.get(role).and_then(|role| role.parent.as_deref());
    }
}

/// Whether superiors of the members have what the group has. Always so for role groups; public groups and queues can
/// switch it off (object reference, `Group.DoesIncludeBosses`).
fn passes_upwards(group: &Group) -> bool {
    match group.kind {
        GroupKind::Regular | GroupKind::Queue => group.includes_bosses,
        GroupKind::Role
        | GroupKind::RoleAndSubordinates
        | GroupKind::RoleAndSubordinatesInternal => true,
        GroupKind::Organization => false,
    }
}

/// Users in roles below this user's. A user without a role stands above nobody.
fn subordinates<'org>(org: &'org Org, user: &User) -> Vec<&'org User> {
    let Some(top) = user.role.as_deref() else {
        return Vec::new();
    };
    let below: HashSet<&str> = org
        .roles
        .keys()
        .map(String::as_str)
        .filter(|role| *role != top && is_at_or_below(org, role, top))
        .collect();
    if below.is_empty() {
        return Vec::new();
    }
    let is_below = |other: &&User| other.role.as_deref().is_some_and(|own| below.contains(own));
    org.users.values().filter(is_below).collect()
}

/// Whether a role is another or stands below it. Ends on a cycle, which a damaged seed could hold.
fn is_at_or_below(org: &Org, role: &str, top: &str) -> bool {
    let mut current = Some(role);
    for _ in 0..=org.roles.len() {
        match current {
            Some(role) if role == top => return true,
            Some(role) => current = org.roles.get(role).and_then(|role| role.parent.as_deref()),
            None => return false,
        }
    }
    false
}

/// Ids of the users in a group, through nested groups.
pub fn members<'org>(org: &'org Org, group: &Group) -> BTreeSet<&'org str> {
    let mut found = BTreeSet::new();
    collect(org, group, &mut found, &mut BTreeSet::new());
    found
}

fn collect<'org>(
    org: &'org Org,
    group: &Group,
    found: &mut BTreeSet<&'org str>,
    seen: &mut BTreeSet<Id>,
) {
    if !seen.insert(group.id.clone()) {
        return;
    }
    let is_in = |user: &&User| is_derived_member(org, group, user);
    found.extend(
        org.users
            .values()
            .filter(is_in)
            .map(|user| user.id.as_str()),
    );
    for member in group.members.values() {
        if let Some(user) = org.users.get(member) {
            found.insert(&user.id);
        } else if let Some(nested) = org.groups.get(member) {
            collect(org, nested, found, seen);
        }
    }
}

/// Membership that follows from the user's role, or from being internal.
fn is_derived_member(org: &Org, group: &Group, user: &User) -> bool {
    let (role, related) = (user.role.as_deref(), group.related.as_deref());
    match group.kind {
        GroupKind::Regular | GroupKind::Queue => false,
        GroupKind::Organization => !is_external(user),
        GroupKind::Role => role.is_some() && role == related,
        GroupKind::RoleAndSubordinates => role
            .zip(related)
            .is_some_and(|(role, top)| is_at_or_below(org, role, top)),
        GroupKind::RoleAndSubordinatesInternal => {
            !is_external(user)
                && role
                    .zip(related)
                    .is_some_and(|(role, top)| is_at_or_below(org, role, top))
        }
    }
}

/// Whether somebody comes from outside: portal, community and guest users.
pub(super) fn is_external(user: &User) -> bool {
    matches!(
        user.user_type.as_str(),
        "PowerPartner"
            | "PowerCustomerSuccess"
            | "CustomerSuccess"
            | "CspLitePortal"
            | "Guest"
            | "SelfService"
    )
}

/// Whether somebody cannot have a role: their records are shared only by rules that include records owned by all.
pub(super) fn cannot_have_role(user: &User) -> bool {
    matches!(
        user.user_type.as_str(),
        "CspLitePortal" | "Guest" | "AutomatedProcess" | "CloudIntegrationUser"
    )
}

/// The group a rule's `sharedTo` or `sharedFrom` means; `None` where there is none.
pub fn group_of<'org>(org: &'org Org, principal: &Principal) -> Option<&'org Group> {
    let kind = match principal.kind.as_str() {
        "role" => GroupKind::Role,
        "roleAndSubordinates" => GroupKind::RoleAndSubordinates,
        "roleAndSubordinatesInternal" => GroupKind::RoleAndSubordinatesInternal,
        "group" => GroupKind::Regular,
        "queue" => GroupKind::Queue,
        "allInternalUsers" => return org.group_for(GroupKind::Organization, None),
        _ => return None,
    };
    let name = principal.name.as_deref()?;
    if matches!(kind, GroupKind::Regular | GroupKind::Queue) {
        let named =
            |group: &&Group| group.kind == kind && group.developer_name.as_deref() == Some(name);
        return org.groups.values().find(named);
    }
    org.group_for(kind, Some(&org.role(name)?.id))
}

/// The groups that stand for a role.
const ROLE_GROUPS: [GroupKind; 3] = [
    GroupKind::Role,
    GroupKind::RoleAndSubordinates,
    GroupKind::RoleAndSubordinatesInternal,
];

/// Makes the groups that stand for a role, where they are missing. Every new role needs them: share rows point at them.
pub fn add_role_groups(org: &mut Org, role: &str) {
    for kind in ROLE_GROUPS {
        if org.group_for(kind, Some(role)).is_none() {
            add_role_group(org, kind, role);
        }
    }
}

/// Makes the groups of a role that is new, which nothing stands for yet.
pub fn new_role_groups(org: &mut Org, role: &str) {
    for kind in ROLE_GROUPS {
        add_role_group(org, kind, role);
    }
}

fn add_role_group(org: &mut Org, kind: GroupKind, role: &str) {
    let id = org.next_id("00G");
    let group = Group {
        id: id.clone(),
        kind,
        related: Some(role.to_owned()),
        developer_name: org.roles.get(role).map(|role| role.developer_name.clone()),
        ..Group::default()
    };
    org.groups.insert(id, group);
}
