//! `User`, `Profile`, `UserLicense`, `UserRole`, `Group` and what joins them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Hints, Record, derived_id, moment, optional, stamps};
use crate::language;
use crate::rules;
use crate::store::*;
use crate::viewer::Viewer;

/// A column of `User`.
pub(super) fn user(org: &Org, user: &User, column: &str) -> Value {
    user.held(column)
        .map_or_else(|| default_of_user(org, column), Cow::into_owned)
}

impl Fielded for User {
    fn held(&self, column: &str) -> Option<Cow<'_, Value>> {
        let value = match column {
            "Id" => json!(self.id),
            "Username" => json!(self.username),
            "Email" => json!(self.email),
            "FirstName" => optional(self.first_name.as_ref()),
            "LastName" => json!(self.last_name),
            "Name" => json!(self.name()),
            "Alias" => json!(self.alias),
            "CommunityNickname" => json!(self.nickname),
            "ProfileId" => json!(self.profile),
            "UserRoleId" => optional(self.role.as_ref()),
            "ManagerId" => optional(self.manager.as_ref()),
            "IsActive" => json!(self.active),
            "TimeZoneSidKey" => json!(self.time_zone),
            "LocaleSidKey" => json!(self.locale),
            "LanguageLocaleKey" => json!(self.language),
            "EmailEncodingKey" => json!(self.email_encoding),
            "UserType" => json!(self.user_type),
            "CreatedDate" => moment(self.created),
            "LastModifiedDate" | "SystemModstamp" => moment(self.modified),
            other => return self.other.get(other).map(Cow::Borrowed),
        };
        Some(Cow::Owned(value))
    }
}

/// What the platform fills in where nobody has.
fn default_of_user(org: &Org, column: &str) -> Value {
    match column {
        "DigestFrequency" => json!("D"),
        "DefaultGroupNotificationFrequency" => json!("N"),
        "ForecastEnabled"
        | "IsPortalEnabled"
        | "ReceivesInfoEmails"
        | "ReceivesAdminInfoEmails" => json!(false),
        flag if flag.starts_with("UserPermissions") => json!(false),
        other => stamps(org, other),
    }
}

/// `UserLogin`: who is frozen.
pub(super) fn logins(org: &Org) -> Vec<Record<'_>> {
    let row = |user: &User| {
        let row = Row::from([
            ("Id".to_owned(), json!(login_id(&user.id))),
            ("UserId".to_owned(), json!(user.id)),
            ("IsFrozen".to_owned(), json!(user.frozen)),
            ("IsPasswordLocked".to_owned(), json!(false)),
            ("LastModifiedDate".to_owned(), moment(user.modified)),
            (
                "LastModifiedById".to_owned(),
                stamps(org, "LastModifiedById"),
            ),
        ]);
        Record::Built("UserLogin", row)
    };
    org.users.values().map(row).collect()
}

/// `LoginHistory`: those of everybody to who manages users, else one's own (object reference, LoginHistory).
pub(super) fn log_ins<'v>(viewer: &Viewer<'v>) -> Vec<Record<'v>> {
    let all = viewer.allows("ManageUsers");
    let seen = |log_in: &&LogIn| all || log_in.user == viewer.user;
    let row = |log_in: &LogIn| {
        let mut row = log_in.other.clone();
        row.insert("Id".to_owned(), json!(log_in.id));
        row.insert("UserId".to_owned(), json!(log_in.user));
        row.insert("LoginTime".to_owned(), moment(log_in.at));
        Record::Built("LoginHistory", row)
    };
    viewer.org.log_ins.values().filter(seen).map(row).collect()
}

/// The id of a user's row of `UserLogin`.
pub(crate) fn login_id(user: &str) -> Id {
    derived_id("0Yw", &[user])
}

/// A column of `Profile`.
pub(super) fn profile(viewer: &Viewer<'_>, profile: &Profile, column: &str) -> Value {
    let org = viewer.org;
    match column {
        "Id" => json!(profile.id),
        "Name" => json!(language::of(org, &viewer.user).profile(profile)),
        "UserLicenseId" => json!(profile.license),
        "UserType" => json!(user_type(org, &profile.license)),
        "Description" => optional(profile.description.as_ref()),
        other => match (
            other.strip_prefix("Permissions"),
            org.containers.get(&profile.container),
        ) {
            (Some(permission), Some(container)) => json!(container.allows(permission)),
            _ => stamps(org, other),
        },
    }
}

/// `UserType` of the users of a licence.
pub(crate) fn user_type(org: &Org, license: &str) -> &'static str {
    match org
        .licenses
        .get(license)
        .map(|license| license.name.as_str())
    {
        Some("Chatter Free" | "Chatter External") => "CsnOnly",
        Some("Customer Community") => "CspLitePortal",
        Some("Partner Community") => "PowerPartner",
        Some("Customer Community Plus") => "PowerCustomerSuccess",
        Some("Guest User License") => "Guest",
        _ => "Standard",
    }
}

/// A column of `UserLicense`.
pub(super) fn license(org: &Org, license: &License, column: &str) -> Value {
    match column {
        "Id" => json!(license.id),
        "Name" | "MasterLabel" => json!(license.name),
        "LicenseDefinitionKey" => json!(license.definition_key),
        "Status" => json!("Active"),
        "TotalLicenses" => json!(license.total),
        "UsedLicenses" => json!(org.seats_used(&license.id)),
        "UsedLicensesLastUpdated" => stamps(org, "SystemModstamp"),
        other => stamps(org, other),
    }
}

/// A column of `UserRole`.
pub(super) fn role(org: &Org, role: &Role, column: &str) -> Value {
    match column {
        "Id" => json!(role.id),
        "Name" => json!(role.name),
        "DeveloperName" => json!(role.developer_name),
        "ParentRoleId" => optional(role.parent.as_ref()),
        "RollupDescription" => optional(role.description.as_ref()),
        "CaseAccessForAccountOwner" => {
            json!(rules::shown_role_level(org, "Case", role.case_access).as_str())
        }
        "ContactAccessForAccountOwner" => {
            json!(rules::shown_role_level(org, "Contact", role.contact_access).as_str())
        }
        "OpportunityAccessForAccountOwner" => {
            json!(rules::shown_role_level(org, "Opportunity", role.opportunity_access).as_str())
        }
        "MayForecastManagerShare" => json!(role.may_forecast),
        "PortalType" => json!("None"),
        other => stamps(org, other),
    }
}

/// A column of `Group`.
pub(super) fn group(org: &Org, group: &Group, column: &str) -> Value {
    match column {
        "Id" => json!(group.id),
        "Name" => optional(group.name.as_ref()),
        "DeveloperName" => optional(group.developer_name.as_ref()),
        "RelatedId" => optional(group.related.as_ref()),
        "Type" => json!(group.kind.as_str()),
        "Email" => optional(group.email.as_ref()),
        "OwnerId" => json!(org.organization.id),
        "DoesIncludeBosses" => json!(group.includes_bosses),
        "Description" => optional(group.description.as_ref()),
        "DoesSendEmailToMembers" => json!(false),
        other => stamps(org, other),
    }
}

/// `GroupMember`: direct members of public groups and queues.
pub(super) fn group_members(org: &Org) -> Vec<Record<'_>> {
    let members = org.groups.values().flat_map(|group| {
        group
            .members
            .iter()
            .map(move |(id, member)| (group, id, member))
    });
    let row = |(group, id, member): (&Group, &Id, &Id)| {
        let columns = [
            ("Id", json!(id)),
            ("GroupId", json!(group.id)),
            ("UserOrGroupId", json!(member)),
        ];
        Record::Built("GroupMember", built(org, columns))
    };
    members.map(row).collect()
}

/// `QueueSobject`: what queues can own.
pub(super) fn queue_objects(org: &Org) -> Vec<Record<'_>> {
    let objects = org.groups.values().flat_map(|group| {
        group
            .queue_objects
            .iter()
            .map(move |(id, object)| (group, id, object))
    });
    let row = |(group, id, object): (&Group, &Id, &String)| {
        let columns = [
            ("Id", json!(id)),
            ("QueueId", json!(group.id)),
            ("SobjectType", json!(object)),
        ];
        Record::Built("QueueSobject", built(org, columns))
    };
    objects.map(row).collect()
}

fn built<const N: usize>(org: &Org, columns: [(&str, Value); N]) -> Row {
    let mut row: Row = columns
        .into_iter()
        .map(|(column, value)| (column.to_owned(), value))
        .collect();
    for stamp in ["CreatedById", "SystemModstamp"] {
        row.insert(stamp.to_owned(), stamps(org, stamp));
    }
    row
}

/// `PermissionSetAssignment`: what somebody assigned, and the row every user has for the own profile's set.
pub(super) fn assignments<'v>(org: &'v Org, hints: &Hints) -> Vec<Record<'v>> {
    let wanted = hints.get("AssigneeId");
    let of_wanted = |user: &str| wanted.is_none_or(|ids| ids.iter().any(|id| id == user));
    let stated = org.assignments.values();
    let stated = stated.filter(|assignment| of_wanted(&assignment.assignee));
    let own = chosen(org, wanted).filter_map(|user| own_assignment(org, user));
    stated
        .map(|assignment| Record::Assignment(Cow::Borrowed(assignment)))
        .chain(own.map(|row| Record::Assignment(Cow::Owned(row))))
        .collect()
}

fn own_assignment(org: &Org, user: &User) -> Option<Assignment> {
    let container = org.profiles.get(&user.profile)?.container.clone();
    Some(Assignment {
        id: derived_id("0Pa", &[&user.id, &container]),
        assignee: user.id.clone(),
        container,
        group: None,
        expires: None,
    })
}

/// The users with these ids in their order; without ids, all.
fn chosen<'v>(org: &'v Org, ids: Option<&Vec<String>>) -> impl Iterator<Item = &'v User> {
    let named = ids.map(|ids| {
        let ids: BTreeSet<&String> = ids.iter().collect();
        let users = ids.into_iter().filter_map(|id| org.users.get(id));
        users.collect::<Vec<_>>()
    });
    let all = named.is_none().then(|| org.users.values());
    named.into_iter().flatten().chain(all.into_iter().flatten())
}

/// `User`: those with the ids asked for, where a query says.
pub(super) fn users<'v>(org: &'v Org, hints: &Hints) -> Vec<Record<'v>> {
    chosen(org, hints.get("Id")).map(Record::User).collect()
}

/// A column of `PermissionSetAssignment`.
pub(super) fn assignment(viewer: &Viewer<'_>, assignment: &Assignment, column: &str) -> Value {
    match column {
        "Id" => json!(assignment.id),
        "AssigneeId" => json!(assignment.assignee),
        "PermissionSetId" => json!(assignment.container),
        "PermissionSetGroupId" => optional(assignment.group.as_ref()),
        "ExpirationDate" => assignment.expires.map_or(Value::Null, moment),
        "IsActive" => json!(assignment.expires.is_none_or(|end| end > viewer.now)),
        "IsRevoked" => json!(false),
        other => stamps(viewer.org, other),
    }
}
