//! Users, with the permission sets they hold.

use super::Live;
use super::containers::api_name;
use super::described::Described;
use super::known::Known;
use super::need::Need;
use crate::soql;
use crate::soql::{Cells, Row};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Users as plans and proofs look at them.
pub(super) const USERS: &str = "SELECT Id, Username, Email, FirstName, LastName, Alias, CommunityNickname, TimeZoneSidKey, LocaleSidKey, \
     LanguageLocaleKey, EmailEncodingKey, IsActive, ProfileId, Profile.Name, Profile.PermissionsViewAllData, UserRoleId, \
     UserRole.DeveloperName, (SELECT Id, PermissionSetId, PermissionSet.Name, PermissionSet.Label, \
     PermissionSet.NamespacePrefix, PermissionSet.IsOwnedByProfile FROM PermissionSetAssignments) FROM User";

/// What a question about fields of users is about.
pub(super) const FIELDS: &str = "which fields and values a user has";

/// Something that has to be known of one user besides what every plan asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserNeed {
    /// What these columns hold of the user of a name.
    Values(String, BTreeSet<String>),
    /// From where the user of a record id has logged in lately.
    LogIns(String),
}

impl UserNeed {
    /// The query that answers it. The org keeps half a year of log-ins (object reference, LoginHistory).
    pub(super) fn query(&self) -> String {
        match self {
            Self::Values(username, columns) => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                format!(
                    "SELECT Id, {} FROM User WHERE Username = {}",
                    columns.join(", "),
                    soql::literal(username)
                )
            }
            Self::LogIns(id) => format!(
                "SELECT SourceIp FROM LoginHistory WHERE UserId = {} ORDER BY LoginTime DESC LIMIT 500",
                soql::literal(id)
            ),
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Values(..) => FIELDS,
            Self::LogIns(_) => "from where the user has logged in",
        }
    }
}

/// Active standard users by profile.
pub(super) const BY_PROFILE: &str = "SELECT ProfileId, COUNT(Id) n FROM User WHERE IsActive = true AND UserType = 'Standard' GROUP BY ProfileId";

/// Active users by role.
pub(super) const BY_ROLE: &str = "SELECT UserRoleId, COUNT(Id) n FROM User WHERE IsActive = true AND UserRoleId != null \
     GROUP BY UserRoleId";

/// Users with a role.
pub(super) const WITH_ROLES: &str = "SELECT Id, UserRoleId FROM User WHERE UserRoleId != null";

/// Users whose name is this one with something appended.
pub(super) fn copies(username: &str) -> String {
    format!(
        "SELECT Username FROM User WHERE Username LIKE '{}.%'",
        soql::like(username)
    )
}

/// Users who cannot log in for the time being (object reference, UserLogin); of which names, stands behind it.
pub(super) const FROZEN: &str =
    "SELECT UserId FROM UserLogin WHERE IsFrozen = true AND UserId IN (SELECT Id FROM User";

/// Active users of a profile, with the permission sets that they hold.
pub(super) fn holders(profile: &str) -> String {
    format!(
        "SELECT Id, Username, (SELECT Id, PermissionSet.Name, PermissionSet.NamespacePrefix FROM \
         PermissionSetAssignments) FROM User WHERE IsActive = true AND Profile.Name = {}",
        soql::literal(profile)
    )
}

/// Those of the names that are a username with the name of a sandbox appended, which has letters and digits only.
pub(super) fn copies_among(username: &str, rows: &[Row]) -> Vec<String> {
    let is_copy = |name: &&str| {
        let longer = name.get(username.len()..);
        let sandbox = longer.and_then(|longer| longer.strip_prefix('.'));
        sandbox.is_some_and(|name| name.chars().all(char::is_alphanumeric))
    };
    let names = rows.iter().filter_map(|row| row.text("Username"));
    names.filter(is_copy).map(str::to_owned).collect()
}

/// A user as the org has it. A text is `None` where the org has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveUser {
    /// Record id.
    pub id: String,
    /// Username.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Alias.
    pub alias: Option<String>,
    /// Nickname.
    pub nickname: Option<String>,
    /// Time zone.
    pub time_zone: Option<String>,
    /// Locale.
    pub locale: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// Encoding of e-mail.
    pub email_encoding: Option<String>,
    /// Whether it may log in.
    pub active: bool,
    /// Record id of its profile.
    pub profile_id: Option<String>,
    /// Label of its profile.
    pub profile: Option<String>,
    /// Record id of its role.
    pub role_id: Option<String>,
    /// API name of its role.
    pub role: Option<String>,
    /// The permission sets that it holds, that of its profile included.
    pub assignments: Assignments,
    views_all_data: bool,
}

/// A permission set that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Record id of the assignment.
    pub id: String,
    /// Record id of the permission set; empty where it was not asked for.
    pub set_id: String,
    /// API name of the permission set, with its namespace.
    pub name: String,
    /// Whether it is the permission set behind a profile.
    pub of_profile: bool,
}

/// The permission sets that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignments {
    all: Vec<Assignment>,
    by_name: HashMap<String, usize>,
}

impl Assignments {
    fn new(all: Vec<Assignment>) -> Self {
        let named = all.iter().enumerate();
        let by_name = named
            .map(|(index, held)| (held.name.clone(), index))
            .collect();
        Self { all, by_name }
    }

    /// All of them.
    pub fn all(&self) -> &[Assignment] {
        &self.all
    }

    /// That of a permission set, by API name with its namespace.
    pub fn of(&self, name: &str) -> Option<&Assignment> {
        self.by_name
            .get(name)
            .and_then(|index| self.all.get(*index))
    }

    /// Whether a permission set is held, by record id.
    pub fn holds(&self, set_id: &str) -> bool {
        self.all.iter().any(|held| held.set_id == set_id)
    }
}

/// A user of a profile, as `keepAccess` looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileHolder {
    /// Username.
    pub username: String,
    /// The permission sets that it holds.
    pub assignments: Assignments,
}

fn assignments(row: &Row) -> Assignments {
    let assignment = |cells: Cells| {
        let name = cells.text("PermissionSet.Name").unwrap_or_default();
        Some(Assignment {
            id: cells.owned("Id")?,
            set_id: cells.owned("PermissionSetId").unwrap_or_default(),
            name: api_name(cells.text("PermissionSet.NamespacePrefix"), name),
            of_profile: cells.flag("PermissionSet.IsOwnedByProfile"),
        })
    };
    let rows = row.children("PermissionSetAssignments");
    Assignments::new(rows.filter_map(assignment).collect())
}

impl ProfileHolder {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        Some(Self {
            username: row.text("Username")?.to_owned(),
            assignments: assignments(row),
        })
    }
}

impl LiveUser {
    fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            id: cells.owned("Id")?,
            username: cells.owned("Username")?,
            email: cells.owned("Email"),
            first_name: cells.owned("FirstName"),
            last_name: cells.owned("LastName"),
            alias: cells.owned("Alias"),
            nickname: cells.owned("CommunityNickname"),
            time_zone: cells.owned("TimeZoneSidKey"),
            locale: cells.owned("LocaleSidKey"),
            language: cells.owned("LanguageLocaleKey"),
            email_encoding: cells.owned("EmailEncodingKey"),
            active: row.flag("IsActive"),
            profile_id: cells.owned("ProfileId"),
            profile: cells.owned("Profile.Name"),
            role_id: cells.owned("UserRoleId"),
            role: cells.owned("UserRole.DeveloperName"),
            assignments: assignments(row),
            views_all_data: row.flag("Profile.PermissionsViewAllData"),
        })
    }
}

/// The users that were asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    all: Vec<LiveUser>,
    by_id: HashMap<String, usize>,
    /// By username in lower case: the platform does not tell them apart by case.
    by_username: HashMap<String, usize>,
}

impl Users {
    pub(super) fn add_rows(&mut self, rows: &[Row]) {
        for user in rows.iter().filter_map(LiveUser::of_row) {
            if self.by_id.contains_key(&user.id) {
                continue;
            }
            self.by_id.insert(user.id.clone(), self.all.len());
            let username = user.username.to_lowercase();
            self.by_username.insert(username, self.all.len());
            self.all.push(user);
        }
    }

    /// As if the org had no user of this name.
    pub(super) fn forget(&mut self, username: &str) {
        self.by_username.remove(&username.to_lowercase());
    }

    pub(super) fn named(&self, username: &str) -> Option<&LiveUser> {
        let index = self.by_username.get(&username.to_lowercase())?;
        self.all.get(*index)
    }

    pub(super) fn with_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a LiveUser> {
        let same = move |user: &&LiveUser| user.role.as_deref() == Some(role);
        self.all.iter().filter(same)
    }

    /// Whether the user of a name is known without its own question, as one of the administrators.
    pub(super) fn has_administrator(&self, username: &str) -> bool {
        let user = self.named(username);
        user.is_some_and(|user| user.active && user.views_all_data)
    }
}

/// Numbers of users by the id of what they have in common: their profile or their role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCounts(BTreeMap<String, u64>);

impl UserCounts {
    pub(super) fn of_rows(rows: &[Row], need: &Need) -> Self {
        let column = match need {
            Need::UsersByRole => "UserRoleId",
            _ => "ProfileId",
        };
        let count = |row: &Row| Some((row.text(column)?.to_owned(), row.number("n")?));
        Self(rows.iter().filter_map(count).collect())
    }

    /// How many there are.
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many have this one.
    pub fn of(&self, id: &str) -> u64 {
        self.0.get(id).copied().unwrap_or(0)
    }
}

/// The role of each user that has one, by the first 15 characters of the user's id: the last three are a checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesOfUsers(HashMap<String, String>);

impl RolesOfUsers {
    pub(super) fn of_rows(rows: &[Row]) -> Self {
        let role = |row: &Row| {
            let user = row.text("Id")?.get(..15)?.to_owned();
            Some((user, row.text("UserRoleId")?.to_owned()))
        };
        Self(rows.iter().filter_map(role).collect())
    }

    /// The id of a user's role.
    pub fn of(&self, user_id: &str) -> Option<&str> {
        Some(self.0.get(user_id.get(..15)?)?)
    }
}

impl Live {
    /// What these columns hold of the user of a name.
    pub fn user_values(
        &self,
        username: &str,
        columns: BTreeSet<String>,
    ) -> Known<&BTreeMap<String, Value>> {
        let need = Need::OfUser(UserNeed::Values(username.to_owned(), columns));
        self.known(&need, self.user_values.get(&need))
    }

    /// The addresses from which the user of a record id has logged in lately.
    pub fn log_in_addresses(&self, id: &str) -> Known<&BTreeSet<String>> {
        let need = Need::OfUser(UserNeed::LogIns(id.to_owned()));
        self.known(&need, self.log_in_addresses.get(id))
    }

    /// Whether the user of a name is frozen: active, and kept from logging in.
    pub fn frozen(&self, username: &str) -> Known<bool> {
        let need = Need::Frozen(username.to_owned());
        let frozen = |user: &LiveUser| self.frozen.contains(&user.id);
        self.known(&need, Some(&()))
            .map(|()| self.users.named(username).is_some_and(frozen))
    }

    /// Usernames that are this one with a sandbox's name appended.
    pub fn copies_of(&self, username: &str) -> Known<&[String]> {
        let copies = self.copies.get(username).map(Vec::as_slice);
        self.known(&Need::CopiesOf(username.to_owned()), copies)
    }

    /// Whether the org is a sandbox, as far as it tells.
    pub fn is_sandbox(&self) -> bool {
        let organization = self.organization().learnt();
        organization.is_some_and(|organization| organization.sandbox)
    }

    /// The fields of users, as they are described; `None` where the org hides users.
    pub fn user_fields(&self) -> Known<Option<&Described>> {
        let described = self.described.get("User").and_then(Option::as_deref);
        self.found(&Need::UserFields, described)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(id: &str, username: &str) -> Row {
        Row::of(
            &json!({"Id": id, "Username": username, "LastName": "Ada", "Email": null, "IsActive": true,
            "ProfileId": "00e1", "Profile": {"Name": "Sales", "PermissionsViewAllData": id == "005A"},
            "UserRoleId": null, "UserRole": null,
            "PermissionSetAssignments": {"records": [
                {"Id": "0Pa1", "PermissionSetId": "0PS1",
                    "PermissionSet": {"Name": "X00e", "NamespacePrefix": null, "IsOwnedByProfile": true}},
                {"Id": "0Pa2", "PermissionSetId": "0PS2",
                    "PermissionSet": {"Name": "Sync", "NamespacePrefix": "HubSpot_Inc", "IsOwnedByProfile": false}},
            ]}}),
        )
    }

    #[test]
    fn a_user_is_found_by_its_name_in_any_case_with_what_it_holds() {
        let mut users = Users::default();
        users.add_rows(&[
            user("005A", "Ada@acme.example"),
            user("005B", "bob@acme.example"),
        ]);
        users.add_rows(&[user("005A", "Ada@acme.example")]);
        let ada = users.named("ADA@acme.example").expect("a user");
        assert_eq!((ada.id.as_str(), ada.active), ("005A", true));
        assert_eq!((ada.email.as_deref(), ada.role.as_deref()), (None, None));
        assert_eq!(ada.profile.as_deref(), Some("Sales"));
        let held = ada
            .assignments
            .of("HubSpot_Inc__Sync")
            .expect("an assignment");
        assert_eq!((held.id.as_str(), held.of_profile), ("0Pa2", false));
        assert!(ada.assignments.holds("0PS1") && !ada.assignments.holds("0PS9"));
        assert_eq!(ada.assignments.of("Sync"), None);
        assert!(users.has_administrator("ada@acme.example"));
        assert!(!users.has_administrator("bob@acme.example"));
        users.forget("ADA@acme.example");
        assert_eq!(users.named("ada@acme.example"), None);
    }

    #[test]
    fn users_are_counted_by_what_they_have_in_common() {
        let rows = [
            Row::of(&json!({"ProfileId": "00e1", "UserRoleId": "00E1", "n": 3})),
            Row::of(&json!({"ProfileId": null, "UserRoleId": null, "n": 9})),
        ];
        let by_profile = UserCounts::of_rows(&rows, &Need::UsersByProfile);
        assert_eq!((by_profile.of("00e1"), by_profile.of("00e2")), (3, 0));
        let by_role = UserCounts::of_rows(&rows, &Need::UsersByRole);
        assert_eq!((by_role.of("00E1"), by_role.of("00e1")), (3, 0));
    }

    #[test]
    fn the_role_of_a_user_is_found_by_either_form_of_its_id() {
        let row = Row::of(&json!({"Id": "005000000000001AAA", "UserRoleId": "00E1"}));
        let roles = RolesOfUsers::of_rows(&[row]);
        assert_eq!(roles.of("005000000000001AAA"), Some("00E1"));
        assert_eq!(roles.of("005000000000001"), Some("00E1"));
        assert_eq!(
            (roles.of("005000000000002AAA"), roles.of("005")),
            (None, None)
        );
    }

    #[test]
    fn a_copy_is_named_after_the_original_and_its_sandbox() {
        let row = |name: &str| Row::of(&json!({"Username": name}));
        let rows = [
            "a_b@c.example.uat",
            "a_b@c.example.uat.old",
            "a_b@c.example.x@y",
            "a_b@c.examples",
        ];
        let copies = copies_among("a_b@c.example", &rows.map(row));
        assert_eq!(copies, ["a_b@c.example.uat"]);
        let query = copies_query();
        assert!(query.ends_with(r"LIKE 'a\_b@c.example.%'"), "{query}");
    }

    fn copies_query() -> String {
        copies("a_b@c.example")
    }
}
