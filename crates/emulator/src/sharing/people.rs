//! Users, roles and groups: who is in what, and who stands above whom.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::store::{Group, GroupKind, Id, ObjectSchema, Org, Principal, User};

/// Everybody and every group whose access this user has: themselves, the users below in the role hierarchy, the groups
/// they belong to, and the groups that users below belong to.
#[derive(Clone)]
pub(super) struct Circle<'org> {
    /// The user in the middle.
    pub(super) user: &'org str,
    /// Whether what those below have counts: custom objects can switch that off (Salesforce Security Guide, "Controlling
    /// Access Using Hierarchies").
    upwards: bool,
    reach: Arc<Reach<'org>>,
}

/// Users and groups, by the way to them.
struct Reach<'org> {
    /// The user and the groups it is a member of.
    own: HashSet<&'org str>,
    /// Users below, and groups they are members of.
    below: HashSet<&'org str>,
}

impl<'org> Circle<'org> {
    pub(super) fn new(org: &'org Org, user: &'org User) -> Circle<'org> {
        let alone = Crowd::of(org, std::iter::once(user));
        let below = Crowd::of(org, subordinates(org, user).into_iter());
        let mut reach = Reach {
            own: HashSet::from([user.id.as_str()]),
            below: below.users.clone(),
        };
        for group in org.groups.values() {
            if alone.is_in(org, group) {
                reach.own.insert(&group.id);
            } else if is_above(org, user, group) || passes_upwards(group) && below.is_in(org, group)
            {
                reach.below.insert(&group.id);
            }
        }
        Circle {
            user: &user.id,
            upwards: true,
            reach: Arc::new(reach),
        }
    }

    /// The same user among the records of an object.
    pub(super) fn among(&self, org: &Org, object: &ObjectSchema) -> Circle<'org> {
        Circle {
            upwards: !org.without_hierarchies.contains(&object.name),
            ..self.clone()
        }
    }

    /// Whether access of this user or group is this user's access too.
    pub(super) fn benefits_from(&self, user_or_group: &str) -> bool {
        self.reach.own.contains(user_or_group)
            || self.upwards && self.reach.below.contains(user_or_group)
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
    partners: bool,
    customers: bool,
}

impl<'org> Crowd<'org> {
    fn of(org: &'org Org, users: impl Iterator<Item = &'org User>) -> Crowd<'org> {
        let mut crowd = Crowd::default();
        for user in users {
            let inside = !is_external(user);
            crowd.users.insert(&user.id);
            crowd.internal |= inside;
            crowd.partners |= is_partner(user);
            crowd.customers |= is_customer(user);
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
        if self.is_derived_member(org, group) {
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

    fn is_derived_member(&self, org: &Org, group: &Group) -> bool {
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
            GroupKind::AllCustomerPortal => self.customers,
            GroupKind::PRMOrganization => self.partners,
            GroupKind::Manager
            | GroupKind::ManagerAndSubordinatesInternal
            | GroupKind::Territory
            | GroupKind::TerritoryAndSubordinates => {
                let mut users = self.users.iter().filter_map(|user| org.users.get(user));
                users.any(|user| is_derived_member(org, group, user))
            }
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
/// switch it off (object reference, `Group.DoesIncludeBosses`). Groups of managers and territories know no roles.
fn passes_upwards(group: &Group) -> bool {
    match group.kind {
        GroupKind::Regular | GroupKind::Queue => group.includes_bosses,
        GroupKind::Role
        | GroupKind::RoleAndSubordinates
        | GroupKind::RoleAndSubordinatesInternal
        | GroupKind::AllCustomerPortal
        | GroupKind::PRMOrganization => true,
        GroupKind::Organization
        | GroupKind::Manager
        | GroupKind::ManagerAndSubordinatesInternal
        | GroupKind::Territory
        | GroupKind::TerritoryAndSubordinates => false,
    }
}

/// Users of territories above are indirect members of a territory's groups (Record Access guide, group maintenance
/// tables).
fn is_above(org: &Org, user: &User, group: &Group) -> bool {
    let territory = matches!(
        group.kind,
        GroupKind::Territory | GroupKind::TerritoryAndSubordinates
    );
    let below = group.related.as_deref().filter(|_| territory);
    below.is_some_and(|below| {
        let mut own = territories_of(org, user);
        own.any(|own| org.is_in_territory(below, own))
    })
}

fn territories_of<'org>(org: &'org Org, user: &User) -> impl Iterator<Item = &'org str> {
    let id = user.id.clone();
    let assigned = org.territories.values();
    let assigned = assigned.filter(move |territory| territory.users.contains(&id));
    assigned.map(|territory| territory.id.as_str())
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

/// Membership that follows from the user's role, manager or territory, or from being internal.
fn is_derived_member(org: &Org, group: &Group, user: &User) -> bool {
    let (role, related) = (user.role.as_deref(), group.related.as_deref());
    let subordinate = || {
        let top = role.zip(related);
        top.is_some_and(|(role, top)| is_at_or_below(org, role, top))
    };
    match group.kind {
        GroupKind::Regular | GroupKind::Queue => false,
        GroupKind::Organization => !is_external(user),
        GroupKind::Role => role.is_some() && role == related,
        GroupKind::RoleAndSubordinates => subordinate(),
        GroupKind::RoleAndSubordinatesInternal => !is_external(user) && subordinate(),
        GroupKind::AllCustomerPortal => is_customer(user),
        GroupKind::PRMOrganization => is_partner(user),
        GroupKind::Manager => related.is_some_and(|below| {
            let managed = below != user.id && reports_to(org, below, &user.id);
            managed && !is_external(user)
        }),
        GroupKind::ManagerAndSubordinatesInternal => {
            !is_external(user) && related.is_some_and(|top| reports_to(org, &user.id, top))
        }
        GroupKind::Territory => {
            related.is_some_and(|own| territories_of(org, user).any(|other| own == other))
        }
        GroupKind::TerritoryAndSubordinates => related.is_some_and(|top| {
            let mut own = territories_of(org, user);
            own.any(|own| org.is_in_territory(own, top))
        }),
    }
}

/// Whether a user is another or reports to them, through however many managers. Ends on a cycle.
fn reports_to(org: &Org, user: &str, manager: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut current = Some(user);
    while let Some(user) = current.filter(|user| seen.insert(*user)) {
        if user == manager {
            return true;
        }
        current = org.users.get(user).and_then(|user| user.manager.as_deref());
    }
    false
}

fn is_partner(user: &User) -> bool {
    user.user_type == "PowerPartner"
}

/// Customers whose licence knows roles (Metadata API guide, SharedTo).
fn is_customer(user: &User) -> bool {
    matches!(
        user.user_type.as_str(),
        "PowerCustomerSuccess" | "CustomerSuccess"
    )
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
    let name = principal.name.as_deref();
    let role = || Some(org.role(name?)?.id.as_str());
    let named = |kind: GroupKind| {
        let mut groups = org.groups.values();
        groups.find(|group| group.kind == kind && group.developer_name.as_deref() == name)
    };
    let manager = |kind: GroupKind| org.group_for(kind, Some(&manager(org, name?)?.id));
    let territory = |kind: GroupKind| org.group_for(kind, Some(&org.territory(name?)?.id));
    match principal.kind.as_str() {
        "role" => org.group_for(GroupKind::Role, Some(role()?)),
        "roleAndSubordinates" => org.subordinates_group(role()?),
        "roleAndSubordinatesInternal" => {
            org.group_for(GroupKind::RoleAndSubordinatesInternal, Some(role()?))
        }
        "group" => name.and_then(|_| named(GroupKind::Regular)),
        "queue" => name.and_then(|_| named(GroupKind::Queue)),
        "allInternalUsers" => org.group_for(GroupKind::Organization, None),
        "allPartnerUsers" => org.group_for(GroupKind::PRMOrganization, None),
        "allCustomerPortalUsers" => org.group_for(GroupKind::AllCustomerPortal, None),
        "managers" => manager(GroupKind::Manager),
        "managerSubordinates" => manager(GroupKind::ManagerAndSubordinatesInternal),
        "territory" => territory(GroupKind::Territory),
        "territoryAndSubordinates" => territory(GroupKind::TerritoryAndSubordinates),
        _ => None,
    }
}

/// The user that a rule to managers or reports names; in which words it does is documented nowhere.
fn manager<'org>(org: &'org Org, name: &str) -> Option<&'org User> {
    org.user_by_username(name)
        .or_else(|| org.users.values().find(|user| user.nickname == name))
}

/// Makes the groups that stand for a role, where they are missing.
pub fn add_role_groups(org: &mut Org, role: &str) {
    org.add_role_groups(role);
}
