//! Who reads an object through a permission set.

use super::Live;
use super::known::Known;
use super::need::Need;
use crate::soql::Row;
use std::collections::HashSet;

/// Active users and the permission sets that they read objects through; which objects, stands behind it. A set may
/// let read several of them: what it grants tells them apart.
pub(super) const READERS: &str = "SELECT AssigneeId, Assignee.Username, Assignee.ProfileId, PermissionSetId FROM PermissionSetAssignment \
     WHERE Assignee.IsActive = true AND Assignee.UserType = 'Standard' AND PermissionSet.IsOwnedByProfile = false \
     AND PermissionSetId IN (SELECT ParentId FROM ObjectPermissions";

/// Somebody who reads an object through a permission set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Live {
    /// Active users who read an object through a permission set.
    pub fn readers(&self, object: &str) -> Known<Vec<&ReaderBySet>> {
        let asked = self.known(&Need::Readers(object.to_owned()), Some(&()));
        asked.and(self.grants_on(object)).map(|((), grants)| {
            let reading = grants.iter().filter(|grant| grant.rights.read);
            let reading: HashSet<&str> = reading.map(|grant| grant.container.as_str()).collect();
            let readers = self.readers.iter();
            readers
                .filter(|reader| reading.contains(reader.set.as_str()))
                .collect()
        })
    }
}
