//! People and what they belong to: users with role and profile, the groups that share rows name, and who is in them.

use super::Live;
use super::known::Known;
use super::need::Need;
use super::sharing_need::SharingNeed;
use crate::soql;
use crate::soql::Row;
use std::collections::BTreeSet;

/// All users, also those who may not log in: what they own, their superiors see.
pub(super) const PEOPLE: &str =
    "SELECT Id, Username, UserRoleId, ProfileId, IsActive, UserType FROM User";

/// What share rows may name besides users. Groups of chats, managers, partners and territories are left out: whoever meets
/// one has to say that its members are not known.
pub(super) const SHARING_GROUPS: &str = "SELECT Id, DeveloperName, Type, RelatedId, DoesIncludeBosses FROM Group WHERE Type IN \
     ('Regular', 'Queue', 'Role', 'RoleAndSubordinates', 'RoleAndSubordinatesInternal', 'Organization')";

/// Direct members of public groups and queues (object reference, GroupMember).
pub(super) const MEMBERS: &str = "SELECT Id, GroupId, UserOrGroupId FROM GroupMember";

/// Those of these users and groups that are in these groups, directly.
pub fn members_among(groups: &BTreeSet<&str>, members: &BTreeSet<&str>) -> String {
    let (groups, members) = (soql::list(groups), soql::list(members));
    format!("{MEMBERS} WHERE GroupId IN {groups} AND UserOrGroupId IN {members}")
}

/// What the rows of [`members_among`] say.
pub fn read_members(rows: &[Row]) -> Vec<GroupMember> {
    rows.iter().filter_map(group_member).collect()
}

/// Somebody, as far as record access regards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Record id.
    pub id: String,
    /// Username.
    pub username: String,
    /// Record id of the role.
    pub role: Option<String>,
    /// Record id of the profile.
    pub profile: Option<String>,
    /// Whether it may log in.
    pub active: bool,
    /// What kind of user it is: `Standard`, `PowerPartner` and others (object reference, User, `UserType`).
    pub kind: String,
}

/// Which sort of group it is (object reference, Group, `Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// A public group.
    Regular,
    /// A queue.
    Queue,
    /// The users with a role.
    Role,
    /// The users with a role or one below, from outside as well.
    RoleAndSubordinates,
    /// The users with a role or one below, internal ones only.
    RoleAndSubordinatesInternal,
    /// All internal users.
    Organization,
}

impl GroupKind {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "Regular" => Self::Regular,
            "Queue" => Self::Queue,
            "Role" => Self::Role,
            "RoleAndSubordinates" => Self::RoleAndSubordinates,
            "RoleAndSubordinatesInternal" => Self::RoleAndSubordinatesInternal,
            "Organization" => Self::Organization,
            _ => return None,
        })
    }
}

/// Something that share rows may name besides users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingGroup {
    /// Record id.
    pub id: String,
    /// What sort of group.
    pub kind: GroupKind,
    /// API name, where it has one.
    pub name: Option<String>,
    /// Record id of the role that it stands for.
    pub role: Option<String>,
    /// Whether superiors of the members have what it has; `None` where the org does not say.
    pub includes_bosses: Option<bool>,
}

/// That somebody, or another group, is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Record id of the membership.
    pub id: String,
    /// Record id of the group.
    pub group: String,
    /// Record id of the user or group in it.
    pub member: String,
}

pub(super) fn person(row: &Row) -> Option<Person> {
    let cells = row.cells();
    Some(Person {
        id: cells.owned("Id")?,
        username: cells.owned("Username").unwrap_or_default(),
        role: cells.owned("UserRoleId"),
        profile: cells.owned("ProfileId"),
        active: row.flag("IsActive"),
        kind: cells.owned("UserType").unwrap_or_default(),
    })
}

pub(super) fn sharing_group(row: &Row) -> Option<SharingGroup> {
    let cells = row.cells();
    let bosses = row.get("DoesIncludeBosses");
    Some(SharingGroup {
        id: cells.owned("Id")?,
        kind: GroupKind::of(row.text("Type")?)?,
        name: cells.owned("DeveloperName"),
        role: cells.owned("RelatedId"),
        includes_bosses: bosses.and_then(serde_json::Value::as_bool),
    })
}

pub(super) fn group_member(row: &Row) -> Option<GroupMember> {
    let cells = row.cells();
    Some(GroupMember {
        id: cells.owned("Id").unwrap_or_default(),
        group: cells.owned("GroupId")?,
        member: cells.owned("UserOrGroupId")?,
    })
}

impl Live {
    /// All users.
    pub fn people(&self) -> Known<&[Person]> {
        self.known(&Need::Sharing(SharingNeed::People), self.people.as_deref())
    }

    /// The groups that share rows may name.
    pub fn sharing_groups(&self) -> Known<&[SharingGroup]> {
        self.known(
            &Need::Sharing(SharingNeed::Groups),
            self.sharing_groups.as_deref(),
        )
    }

    /// Who is in which public group or queue, directly.
    pub fn group_members(&self) -> Known<&[GroupMember]> {
        self.known(
            &Need::Sharing(SharingNeed::Members),
            self.group_members.as_deref(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_group_says_what_it_stands_for_and_whether_superiors_have_it() {
        let group = |kind: &str, bosses: serde_json::Value| {
            let row = json!({"Id": "00G1", "DeveloperName": null, "Type": kind, "RelatedId": "00E1", "DoesIncludeBosses": bosses});
            sharing_group(&Row::of(&row))
        };
        let role = group("Role", json!(null)).expect("a group");
        assert_eq!((role.kind, role.includes_bosses), (GroupKind::Role, None));
        let queue = group("Queue", json!(false)).expect("a group");
        assert_eq!(queue.includes_bosses, Some(false));
        assert_eq!(group("Territory", json!(true)), None);
    }
}
