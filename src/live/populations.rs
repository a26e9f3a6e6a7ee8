//! How many records there are, and who owns how many.

use super::filter::Filter;
use super::portions::Portion;
use crate::soql::Row;
use std::collections::HashMap;

/// Records of an object by owner. The platform groups up to 2,000; where there are more owners, populations are asked
/// by themselves.
pub(super) fn owners(object: &str) -> String {
    format!("SELECT OwnerId, COUNT(Id) n FROM {object} GROUP BY OwnerId")
}

/// Counts records.
pub(super) fn count(object: &str, filter: Option<&Filter>) -> String {
    let all = format!("SELECT COUNT(Id) n FROM {object}");
    match filter {
        Some(filter) => format!("{all} WHERE {}", filter.condition()),
        None => all,
    }
}

/// What is counted, for the sentence *the org refused to tell …*.
pub(super) fn what(object: &str, filter: Option<&Filter>) -> String {
    match filter {
        Some(filter) => format!("how many {object} records {}", filter.meaning()),
        None => format!("how many {object} records there are"),
    }
}

/// How many records of an object each owner has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owners {
    all: u64,
    by_owner: HashMap<String, u64>,
    portions: Vec<Portion>,
}

impl Owners {
    pub(super) fn of_rows(rows: &[Row]) -> Self {
        let owned = |row: &Row| Some((row.text("OwnerId")?.to_owned(), row.number("n")?));
        let portion = |row: &Row| {
            Some(Portion {
                owner: row.text("OwnerId").map(str::to_owned),
                account_owner: None,
                records: row.number("n")?,
            })
        };
        Self {
            portions: rows.iter().filter_map(portion).collect(),
            // A record without an owner is a record all the same.
            all: rows.iter().filter_map(|row| row.number("n")).sum(),
            by_owner: rows.iter().filter_map(owned).collect(),
        }
    }

    /// The same, owner by owner.
    pub(super) fn portions(&self) -> &[Portion] {
        &self.portions
    }

    /// How many there are.
    pub fn all(&self) -> u64 {
        self.all
    }

    /// How many an owner has, by id.
    pub fn of(&self, id: &str) -> u64 {
        self.by_owner.get(id).copied().unwrap_or(0)
    }
}

/// The number that a counting query gave: it has one row.
pub(super) fn counted(rows: &[Row]) -> Option<u64> {
    match rows.first() {
        Some(row) => row.number("n"),
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_without_an_owner_count_among_all() {
        let rows = [
            Row::of(&json!({"OwnerId": "005A", "n": 3})),
            Row::of(&json!({"OwnerId": null, "n": 2})),
        ];
        let owners = Owners::of_rows(&rows);
        assert_eq!(
            (owners.all(), owners.of("005A"), owners.of("005B")),
            (5, 3, 0)
        );
        assert_eq!(Owners::of_rows(&[]).all(), 0);
    }

    #[test]
    fn a_count_without_a_number_is_none() {
        assert_eq!(counted(&[Row::of(&json!({"n": 12}))]), Some(12));
        assert_eq!(counted(&[Row::of(&json!({"n": null}))]), None);
    }
}
