//! Users, roles and groups: who is in what, and who stands above whom.

use std::collections::BTreeSet;

use super::super::store::{Group, GroupKind, Id, Org, Principal, User};

/// Everybody and every group whose access this user has: themselves, the users below in the role hierarchy, the groups
/// they belong to, and the groups that users below belong to.
#[derive(Clone)]
pub(super) struct Circle<'org> {
    /// The user in the middle.
    pub(super) user: &'org str,
    benefits: BTreeSet<&'org str>,
}

impl<'org> Circle<'org> {
    pub(super) fn new(org: &'org Org, user: &'org User) -> Circle<'org> {
        let below = subordinates(org, user);
        let mut benefits: BTreeSet<&str> = below.iter().copied().collect();
        benefits.insert(&user.id);
        let belongs = |group: &&Group| {
            let inside = members(org, group);
            inside.contains(user.id.as_str())
                || passes_upwards(group) && !inside.is_disjoint(&below)
        };
        benefits.extend(
            org.groups
                .values()
                .filter(belongs)
                .map(|group| group.id.as_str()),
        );
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
fn subordinates<'org>(org: &'org Org, user: &User) -> BTreeSet<&'org str> {
    let Some(role) = &user.role else {
        return BTreeSet::new();
    };
    let below = |other: &&User| {
        other
            .role
            .as_deref()
            .is_some_and(|own| own != role && is_at_or_below(org, own, role))
    };
    org.users
        .values()
        .filter(below)
        .map(|other| other.id.as_str())
        .collect()
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
