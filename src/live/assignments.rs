//! Assignments of permission sets, found again by user and set.

use super::Live;
use super::containers::api_name;
use super::known::Known;
use super::need::Need;
use crate::soql::{self, Row};
use std::collections::BTreeSet;

/// What an assignment gives a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssignedThing {
    /// A permission set.
    Set,
    /// A group of permission sets.
    Group,
    /// A seat of a permission set licence.
    SetLicence,
}

impl AssignedThing {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Set, Self::Group, Self::SetLicence];

    /// The object of its records.
    pub fn object(self) -> &'static str {
        match self {
            Self::Set | Self::Group => "PermissionSetAssignment",
            Self::SetLicence => "PermissionSetLicenseAssign",
        }
    }

    /// The column that says which one it is.
    pub fn column(self) -> &'static str {
        match self {
            Self::Set => "PermissionSetId",
            Self::Group => "PermissionSetGroupId",
            Self::SetLicence => "PermissionSetLicenseId",
        }
    }
}

/// That a user is assigned something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAssignment {
    /// Record id of the assignment.
    pub id: String,
    /// Record id of the user.
    pub user_id: String,
    /// Record id of what is assigned.
    pub assigned_id: String,
}

/// The assignments of these things to these users, by id.
pub fn assignments_of(
    thing: AssignedThing,
    users: &BTreeSet<&str>,
    assigned: &BTreeSet<&str>,
) -> String {
    let (object, column) = (thing.object(), thing.column());
    format!(
        "SELECT Id, AssigneeId, {column} FROM {object} WHERE AssigneeId IN {} AND {column} IN {}",
        soql::list(users),
        soql::list(assigned)
    )
}

/// What the rows of [`assignments_of`] say.
pub fn read_assignments(thing: AssignedThing, rows: &[Row]) -> Vec<UserAssignment> {
    let assignment = |row: &Row| {
        let cells = row.cells();
        Some(UserAssignment {
            id: cells.owned("Id")?,
            user_id: cells.owned("AssigneeId")?,
            assigned_id: cells.owned(thing.column())?,
        })
    };
    rows.iter().filter_map(assignment).collect()
}

/// That a user holds a permission set for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingAssignment {
    /// The user's name.
    pub username: String,
    /// Record id of the permission set.
    pub set_id: String,
    /// Its API name, with its namespace.
    pub name: String,
    /// The day on which it ends, such as `2026-03-01`.
    pub day: String,
}

impl EndingAssignment {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        let name = cells.text("PermissionSet.Name").unwrap_or_default();
        let moment = cells.text("ExpirationDate")?;
        Some(Self {
            username: cells.owned("Assignee.Username")?,
            set_id: cells.owned("PermissionSetId")?,
            name: api_name(cells.text("PermissionSet.NamespacePrefix"), name),
            day: moment.get(..10).unwrap_or(moment).to_owned(),
        })
    }
}

/// Assignments, of whom stands behind it, and behind that, that they end by themselves.
pub(super) const ENDING: (&str, &str) = (
    "SELECT Assignee.Username, PermissionSetId, PermissionSet.Name, PermissionSet.NamespacePrefix, ExpirationDate \
     FROM PermissionSetAssignment",
    " AND ExpirationDate != null",
);

impl Live {
    /// The assignments of a user that end by themselves.
    pub fn ending_assignments(&self, username: &str) -> Known<&[EndingAssignment]> {
        let ending = self.ending.get(&username.to_lowercase());
        let ending = ending.map_or(&[][..], Vec::as_slice);
        self.known(&Need::EndingAssignments(username.to_owned()), Some(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn assignments_are_asked_for_by_users_and_sets() {
        let thing = AssignedThing::Set;
        let users = BTreeSet::from(["005A", "005B"]);
        let query = assignments_of(thing, &users, &BTreeSet::from(["0PS"]));
        let condition = "WHERE AssigneeId IN ('005A','005B') AND PermissionSetId IN ('0PS')";
        assert!(query.ends_with(condition), "{query}");
        let rows = [
            Row::of(&json!({"Id": "0Pa", "AssigneeId": "005A", "PermissionSetId": "0PS"})),
            Row::of(&json!({"Id": "0Pb", "AssigneeId": null, "PermissionSetId": "0PS"})),
        ];
        let read = read_assignments(thing, &rows);
        let expected = UserAssignment {
            id: "0Pa".into(),
            user_id: "005A".into(),
            assigned_id: "0PS".into(),
        };
        assert_eq!(read, [expected]);
    }

    #[test]
    fn an_assignment_ends_on_a_day() {
        let row = |moment: Option<&str>| {
            let set = json!({"Name": "Sync", "NamespacePrefix": "acme"});
            let row = json!({"Assignee": {"Username": "Bot@acme.example"}, "PermissionSetId": "0PS1", "PermissionSet": set, "ExpirationDate": moment});
            EndingAssignment::of_row(&Row::of(&row))
        };
        let ending = row(Some("2027-02-28T23:00:00.000+0000")).expect("it ends");
        let told = (ending.name.as_str(), ending.day.as_str());
        assert_eq!(told, ("acme__Sync", "2027-02-28"));
        assert_eq!(row(None), None);
    }
}
