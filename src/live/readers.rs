//! Who reads an object through a permission set.

use crate::soql::{self, Row};

/// Active users who read an object through a permission set.
pub(super) fn readers(object: &str) -> String {
    format!(
        "SELECT AssigneeId, Assignee.Username, Assignee.ProfileId, PermissionSetId FROM PermissionSetAssignment \
         WHERE Assignee.IsActive = true AND Assignee.UserType = 'Standard' AND PermissionSet.IsOwnedByProfile = false \
         AND PermissionSetId IN (SELECT ParentId FROM ObjectPermissions WHERE SobjectType = {} AND PermissionsRead = true)",
        soql::literal(object)
    )
}

/// Somebody who reads an object through a permission set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderBySet {
    /// Record id of the user.
    pub user: String,
    /// Record id of the user's profile.
    pub profile: Option<String>,
    /// Record id of the permission set.
    pub set: String,
}

impl ReaderBySet {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            user: cells.owned("AssigneeId")?,
            profile: cells.owned("Assignee.ProfileId"),
            set: cells.owned("PermissionSetId")?,
        })
    }
}
