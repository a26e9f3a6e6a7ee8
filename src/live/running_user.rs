//! Who is logged in, what that user may do, and what else `doctor` asks of an org.

use super::Live;
use super::containers::api_name;
use super::known::Known;
use super::need::Need;
use crate::soql;
use crate::soql::Row;
use serde::Serialize;
use std::collections::BTreeSet;

/// Licences and their seats. `UsedLicenses` cannot be filtered on from API 64 on.
pub(super) const LICENCES: &str = "SELECT Name, TotalLicenses, UsedLicenses FROM UserLicense";

/// Who a user is.
pub(super) fn running_user(username: &str) -> String {
    format!(
        "SELECT Name, LanguageLocaleKey, Profile.Name, Profile.UserLicense.Name FROM User WHERE Username = {}",
        soql::literal(username)
    )
}

/// The permission sets that a package brought.
pub(super) fn packaged_sets(namespace: &str) -> String {
    format!(
        "SELECT Name, NamespacePrefix FROM PermissionSet WHERE NamespacePrefix = {} ORDER BY Name",
        soql::literal(namespace)
    )
}

/// Which of these permissions a user holds: one row for each permission set, that of the profile among them.
pub(super) fn held_permissions(username: &str, names: &BTreeSet<&'static str>) -> String {
    let columns: Vec<String> = names.iter().map(|name| column(name)).collect();
    format!(
        "SELECT {} FROM PermissionSetAssignment WHERE Assignee.Username = {}",
        columns.join(", "),
        soql::literal(username)
    )
}

fn column(permission: &str) -> String {
    format!("PermissionSet.Permissions{permission}")
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningUser {
    /// First and last name.
    pub name: String,
    /// The language in which the org speaks to the user, such as `en_US`, where it says.
    pub language: Option<String>,
    /// Label of the profile, where the org says.
    pub profile: Option<String>,
    /// The profile's licence, where the org says.
    pub licence: Option<String>,
}

/// A licence and its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// Name.
    pub name: String,
    /// Seats.
    pub total: u64,
    /// Seats taken.
    pub used: u64,
}

impl RunningUser {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            name: cells.owned("Name")?,
            language: cells.owned("LanguageLocaleKey"),
            profile: cells.owned("Profile.Name"),
            licence: cells.owned("Profile.UserLicense.Name"),
        })
    }
}

/// Licences by name.
pub(super) fn licences_of(rows: &[Row]) -> Vec<Licence> {
    let licence = |row: &Row| {
        Some(Licence {
            name: row.text("Name")?.to_owned(),
            total: row.number("TotalLicenses")?,
            used: row.number("UsedLicenses")?,
        })
    };
    let mut licences: Vec<Licence> = rows.iter().filter_map(licence).collect();
    licences.sort_by(|one, other| one.name.cmp(&other.name));
    licences
}

/// API names of permission sets, with their namespace.
pub(super) fn set_names_of(rows: &[Row]) -> Vec<String> {
    let name = |row: &Row| Some(api_name(row.text("NamespacePrefix"), row.text("Name")?));
    rows.iter().filter_map(name).collect()
}

/// Those of the permissions that any of the user's permission sets grants.
pub(super) fn held_among(names: &BTreeSet<&'static str>, rows: &[Row]) -> BTreeSet<&'static str> {
    let held = |name: &&&'static str| {
        let column = column(name);
        rows.iter().any(|row| row.flag(&column))
    };
    names.iter().filter(held).copied().collect()
}

impl Live {
    /// Who the user of a name is, as [`Need::RunningUser`] asks; `None` inside where the org does not show it.
    pub fn running_user(&self, username: &str) -> Known<Option<&RunningUser>> {
        let need = Need::RunningUser(username.to_owned());
        self.found(&need, self.running_users.get(username))
    }

    /// Licences with their seats, by name.
    pub fn licences(&self) -> Known<&[Licence]> {
        self.known(&Need::Licences, self.licences.as_deref())
    }

    /// API names of the permission sets that a package brought; none where it is not installed, or not visible.
    pub fn packaged_sets(&self, namespace: &str) -> Known<&[String]> {
        let part = self.packaged_sets.get(namespace).map(Vec::as_slice);
        self.known(&Need::PackagedSets(namespace.to_owned()), part)
    }

    /// Which of these permissions a user holds.
    pub fn held_permissions(
        &self,
        username: &str,
        names: &BTreeSet<&'static str>,
    ) -> Known<&BTreeSet<&'static str>> {
        let need = Need::HeldPermissions(username.to_owned(), names.clone());
        self.known(&need, self.held_permissions.get(&need))
    }

    /// These permissions without one that the org's edition does not have, where the question was refused for its sake.
    pub fn without_absent_permission(
        &self,
        username: &str,
        names: &BTreeSet<&'static str>,
    ) -> Option<BTreeSet<&'static str>> {
        let held = self.held_permissions(username, names);
        let refused = held
            .refused()
            .filter(|refused| refused.code == "INVALID_FIELD")?;
        let is_named = |name: &&&'static str| {
            let column = format!("Permissions{name}'");
            refused.message.contains(&column)
        };
        let absent = names.iter().find(is_named)?;
        let others = names.iter().filter(|name| *name != absent);
        Some(others.copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Answer;
    use serde_json::json;

    fn rows(values: &[serde_json::Value]) -> Answer {
        Answer::Rows(values.iter().map(Row::of).collect())
    }

    fn refused(code: &str, message: &str) -> Answer {
        Answer::Refused {
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn answers_become_who_is_logged_in_and_what_the_org_has() {
        let mut live = Live::default();
        assert_eq!(live.running_user("a@b"), Known::NotAsked);
        assert_eq!(live.licences(), Known::NotAsked);
        let user = json!({"Name": "Ada", "LanguageLocaleKey": "de", "Profile": {"Name": "Admin", "UserLicense": null}});
        live.tell(Need::RunningUser("a@b".into()), rows(&[user]));
        let expected = RunningUser {
            name: "Ada".into(),
            language: Some("de".into()),
            profile: Some("Admin".into()),
            licence: None,
        };
        assert_eq!(live.running_user("a@b"), Known::Is(Some(&expected)));
        live.tell(Need::RunningUser("hidden".into()), rows(&[]));
        assert_eq!(live.running_user("hidden"), Known::Is(None));
        let licence = |name| json!({"Name": name, "TotalLicenses": 10, "UsedLicenses": 4});
        live.tell(Need::Licences, rows(&[licence("Z"), licence("A")]));
        let names = live
            .licences()
            .map(|all| all.iter().map(|one| one.name.clone()).collect());
        assert_eq!(names, Known::Is(vec!["A".to_owned(), "Z".to_owned()]));
        let set = json!({"Name": "Sync", "NamespacePrefix": "HubSpot_Inc"});
        live.tell(Need::PackagedSets("HubSpot_Inc".into()), rows(&[set]));
        let sets = live.packaged_sets("HubSpot_Inc").learnt();
        assert_eq!(sets, Some(&["HubSpot_Inc__Sync".to_owned()][..]));
        assert_eq!(live.packaged_sets("Other"), Known::NotAsked);
    }

    #[test]
    fn a_refusal_is_told_in_the_orgs_words_and_no_list_stands_in_its_place() {
        let mut live = Live::default();
        let names = BTreeSet::from(["ApiEnabled"]);
        for need in [
            Need::RunningUser("a".into()),
            Need::Licences,
            Need::PackagedSets("H".into()),
            Need::HeldPermissions("a".into(), names.clone()),
        ] {
            live.tell(need, refused("INSUFFICIENT_ACCESS", "no"));
        }
        let told = [
            live.running_user("a").why_unknown(),
            live.licences().why_unknown(),
            live.packaged_sets("H").why_unknown(),
            live.held_permissions("a", &names).why_unknown(),
        ];
        let told = told.map(Option::unwrap_or_default);
        for (told, what) in told.iter().zip([
            "who the user `a` is",
            "its licences",
            "which permission sets the package `H` brought",
            "which permissions the user `a` holds",
        ]) {
            let expected = format!("the org refused to tell {what}: INSUFFICIENT_ACCESS: no");
            assert_eq!(*told, expected);
        }
    }

    #[test]
    fn permissions_of_several_sets_add_up() {
        let mut live = Live::default();
        let names = BTreeSet::from(["ApiEnabled", "ManageRoles", "ViewSetup"]);
        let set = |name: &str| json!({"PermissionSet": {(format!("Permissions{name}")): true}});
        let need = Need::HeldPermissions("a".into(), names.clone());
        live.tell(need, rows(&[set("ApiEnabled"), set("ViewSetup")]));
        let held = live.held_permissions("a", &names).cloned();
        assert_eq!(held, Known::Is(BTreeSet::from(["ApiEnabled", "ViewSetup"])));
    }

    #[test]
    fn a_permission_that_the_edition_does_not_have_is_left_out_of_the_question() {
        let names = BTreeSet::from(["ViewRoles", "ViewRolesAndMore"]);
        let check = |answer: Answer, expected: Option<&[&'static str]>| {
            let mut live = Live::default();
            let need = Need::HeldPermissions("a".into(), names.clone());
            live.tell(need, answer);
            let others = live.without_absent_permission("a", &names);
            let expected = expected.map(|names| names.iter().copied().collect());
            assert_eq!(others, expected);
        };
        let told = "No such column 'PermissionsViewRolesAndMore' on entity 'PermissionSet'.";
        check(refused("INVALID_FIELD", told), Some(&["ViewRoles"]));
        check(refused("INVALID_TYPE", told), None);
        check(refused("INVALID_FIELD", "No such column 'Assignee'"), None);
        check(rows(&[]), None);
    }

    #[test]
    fn a_username_cannot_end_its_own_quotes() {
        let query = held_permissions("o'neill@acme.example", &BTreeSet::from(["ApiEnabled"]));
        assert!(
            query.ends_with(r"Assignee.Username = 'o\'neill@acme.example'"),
            "{query}"
        );
    }
}
