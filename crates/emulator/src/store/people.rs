//! Users and what they belong to: licences, profiles, roles, groups, assignments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AccessLevel, Id, Millis, Row};

/// A user licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct License {
    /// `100…`.
    pub id: Id,
    /// `Salesforce`, as `userLicense` in metadata names it.
    pub name: String,
    /// `SFDC`.
    pub definition_key: String,
    /// Seats bought. The seats used are counted from the active users.
    pub total: u32,
}

/// A profile. Its permissions are in the container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// `00e…`.
    pub id: Id,
    /// Metadata name, decoded: `Admin`.
    pub full_name: String,
    /// Label, which is `Profile.Name`: `System Administrator`.
    pub label: String,
    /// Whether it is a custom profile.
    pub custom: bool,
    /// Id of its licence.
    pub license: Id,
    /// Id of its own permission set.
    pub container: Id,
    /// Free text.
    pub description: Option<String>,
}

/// A role in the hierarchy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// `00E…`.
    pub id: Id,
    /// Metadata name.
    pub developer_name: String,
    /// Label.
    pub name: String,
    /// The role above; `None` at the top.
    pub parent: Option<Id>,
    /// Level account owners get on child cases.
    pub case_access: AccessLevel,
    /// Level account owners get on child contacts.
    pub contact_access: AccessLevel,
    /// Level account owners get on child opportunities.
    pub opportunity_access: AccessLevel,
    /// Free text.
    pub description: Option<String>,
    /// Whether managers may forecast.
    pub may_forecast: bool,
}

/// A row of `Group`: public groups, queues, and the groups that stand for roles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `00G…`.
    pub id: Id,
    /// What it is.
    pub kind: GroupKind,
    /// Label; role groups have none.
    pub name: Option<String>,
    /// Metadata name; role groups have none or the role's.
    pub developer_name: Option<String>,
    /// The role, user or territory a derived group stands for.
    pub related: Option<Id>,
    /// Direct members of a regular group or queue: `GroupMember` id (`011…`) to the id of the user or group.
    pub members: BTreeMap<Id, Id>,
    /// Objects a queue can own: `QueueSobject` id (`03g…`) to the object's API name.
    pub queue_objects: BTreeMap<Id, String>,
    /// Grant access using hierarchies.
    pub includes_bosses: bool,
    /// A queue's e-mail.
    pub email: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// `Group.Type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GroupKind {
    /// A public group.
    #[default]
    Regular,
    /// A queue.
    Queue,
    /// The users of one role.
    Role,
    /// The users of a role and of those below, portal users among them.
    RoleAndSubordinates,
    /// The users of a role and of those below, without portal users.
    RoleAndSubordinatesInternal,
    /// All internal users.
    Organization,
    /// The managers of one user, all the way up.
    Manager,
    /// One user and everybody who reports to them, all the way down.
    ManagerAndSubordinatesInternal,
    /// The users of a territory.
    Territory,
    /// The users of a territory and of those below.
    TerritoryAndSubordinates,
    /// All customers.
    AllCustomerPortal,
    /// All partners.
    PRMOrganization,
}

impl GroupKind {
    /// The word the platform uses.
    pub fn as_str(self) -> &'static str {
        match self {
            GroupKind::Regular => "Regular",
            GroupKind::Queue => "Queue",
            GroupKind::Role => "Role",
            GroupKind::RoleAndSubordinates => "RoleAndSubordinates",
            GroupKind::RoleAndSubordinatesInternal => "RoleAndSubordinatesInternal",
            GroupKind::Organization => "Organization",
            GroupKind::Manager => "Manager",
            GroupKind::ManagerAndSubordinatesInternal => "ManagerAndSubordinatesInternal",
            GroupKind::Territory => "Territory",
            GroupKind::TerritoryAndSubordinates => "TerritoryAndSubordinates",
            GroupKind::AllCustomerPortal => "AllCustomerPortal",
            GroupKind::PRMOrganization => "PRMOrganization",
        }
    }
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `005…`.
    pub id: Id,
    /// Log-in name, lower case, in e-mail form.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// The address it will be once its owner confirms the change.
    #[serde(default)]
    pub pending_email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: String,
    /// At most eight characters.
    pub alias: String,
    /// `CommunityNickname`, unique in the org.
    pub nickname: String,
    /// Id of the profile.
    pub profile: Id,
    /// Id of the role.
    pub role: Option<Id>,
    /// Id of the manager.
    pub manager: Option<Id>,
    /// Whether the user is active and holds a licence seat.
    pub active: bool,
    /// Whether the user cannot log in for the time being (`UserLogin.IsFrozen`); the seat and everything else stays.
    #[serde(default)]
    pub frozen: bool,
    /// `TimeZoneSidKey`.
    pub time_zone: String,
    /// `LocaleSidKey`.
    pub locale: String,
    /// `LanguageLocaleKey`.
    pub language: String,
    /// `EmailEncodingKey`.
    pub email_encoding: String,
    /// `Standard`, `CsnOnly` (Chatter Free), `AutomatedProcess`…
    pub user_type: String,
    /// Any further columns of `User`, e.g. `Title`, `UserPermissionsMarketingUser`.
    pub other: Row,
    /// When the user was made.
    pub created: Millis,
    /// When the user was last changed.
    pub modified: Millis,
}

impl User {
    /// Whether the user can log in.
    pub fn may_log_in(&self) -> bool {
        self.active && !self.frozen
    }

    /// `Name`: first and last name.
    pub fn name(&self) -> String {
        match self.first_name.as_deref() {
            Some(first) if !first.is_empty() => format!("{first} {}", self.last_name),
            _ => self.last_name.clone(),
        }
    }
}

/// A row of `PermissionSetAssignment` that somebody made. The row each user has for the own profile's set is computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// `0Pa…`.
    pub id: Id,
    /// The user.
    pub assignee: Id,
    /// The permission set, or the aggregate set of a group.
    pub container: Id,
    /// The group (`0PG…`), where the assignment is to a group.
    pub group: Option<Id>,
    /// When it lapses.
    pub expires: Option<Millis>,
}

/// A row of `LoginHistory`: that a user logged in. As a seed has them; what is logged in here is not among them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogIn {
    /// `0Ya…`.
    pub id: Id,
    /// The user.
    pub user: Id,
    /// When.
    pub at: Millis,
    /// Everything else: `SourceIp`, `LoginType`, `Status`, `Application`.
    pub other: Row,
}
