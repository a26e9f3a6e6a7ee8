//! The org's own word about records: what a user may do with each.

use super::short_id;
use crate::soql::{self, Row};
use std::collections::BTreeMap;

/// What the org says that somebody may do with one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Whether it reads the record.
    pub read: bool,
    /// Whether it edits the record.
    pub edit: bool,
}

/// What the org says about records, by the first 15 characters of their ids. It leaves out those that are gone, and those
/// that the asking user may not see.
pub type GrantedByRecord = BTreeMap<String, Granted>;

/// Asks what a user may do with records, 200 at most (object reference, UserRecordAccess).
pub fn access_of(user: &str, records: &[impl AsRef<str>]) -> String {
    format!(
        "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}",
        soql::literal(user),
        soql::list(records)
    )
}

/// What the rows of [`access_of`] say.
pub fn read_access(rows: &[Row]) -> GrantedByRecord {
    let granted = rows.iter().filter_map(|row| {
        let granted = Granted {
            read: row.flag("HasReadAccess"),
            edit: row.flag("HasEditAccess"),
        };
        Some((short_id(row.text("RecordId")?), granted))
    });
    granted.collect()
}
