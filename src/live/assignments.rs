//! Assignments of permission sets, found again by user and set.

use crate::soql::{self, Row};
use std::collections::BTreeSet;

/// That a user holds a permission set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAssignment {
    /// Record id of the assignment.
    pub id: String,
    /// Record id of the user.
    pub user_id: String,
    /// Record id of the permission set.
    pub set_id: String,
}

/// The assignments of these permission sets to these users, by id.
pub fn assignments_of(users: &BTreeSet<&str>, sets: &BTreeSet<&str>) -> String {
    format!(
        "SELECT Id, AssigneeId, PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId IN {} AND \
         PermissionSetId IN {}",
        soql::list(users),
        soql::list(sets)
    )
}

/// What the rows of [`assignments_of`] say.
pub fn read_assignments(rows: &[Row]) -> Vec<UserAssignment> {
    let assignment = |row: &Row| {
        let cells = row.cells();
        Some(UserAssignment {
            id: cells.owned("Id")?,
            user_id: cells.owned("AssigneeId")?,
            set_id: cells.owned("PermissionSetId")?,
        })
    };
    rows.iter().filter_map(assignment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn assignments_are_asked_for_by_users_and_sets() {
        let query = assignments_of(&BTreeSet::from(["005A", "005B"]), &BTreeSet::from(["0PS"]));
        let condition = "WHERE AssigneeId IN ('005A','005B') AND PermissionSetId IN ('0PS')";
        assert!(query.ends_with(condition), "{query}");
        let rows = [
            Row::of(&json!({"Id": "0Pa", "AssigneeId": "005A", "PermissionSetId": "0PS"})),
            Row::of(&json!({"Id": "0Pb", "AssigneeId": null, "PermissionSetId": "0PS"})),
        ];
        let read = read_assignments(&rows);
        let expected = UserAssignment {
            id: "0Pa".into(),
            user_id: "005A".into(),
            set_id: "0PS".into(),
        };
        assert_eq!(read, [expected]);
    }
}
