//! The setup audit trail: who changed what in setup, and when, as far as it is read.
//!
//! An entry says what was changed in a sentence (`Display`), in the language of whoever did it; names do not translate. It
//! has `Action`, `Section`, `Display`, `CreatedDate` and `CreatedBy`, and is kept for 180 days at least (object reference,
//! SetupAuditTrail).

use crate::soql::Row;

/// The latest entries.
pub const RECENT_SETUP: &str = "SELECT Action, Section, Display, CreatedDate, CreatedBy.Username FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 200";

/// One entry: somebody changed something in setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupChange {
    /// What, in a sentence.
    pub display: String,
    /// Who, by username; `None` where the org does not say.
    pub by: Option<String>,
    /// When, in the org's words.
    pub at: String,
}

/// The latest entries of the trail, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupTrail(Vec<SetupChange>);

impl SetupTrail {
    /// Out of the answer to [`RECENT_SETUP`].
    pub fn of_rows(rows: &[Row]) -> Self {
        let text = |row: &Row, path: &str| row.text(path).map(str::to_owned);
        let one = |row: &Row| {
            Some(SetupChange {
                display: text(row, "Display")?,
                by: text(row, "CreatedBy.Username"),
                at: text(row, "CreatedDate").unwrap_or_default(),
            })
        };
        Self(rows.iter().filter_map(one).collect())
    }

    /// The latest entry that names this as a word of its own.
    pub fn latest_about(&self, name: &str) -> Option<&SetupChange> {
        self.0.iter().find(|entry| names(&entry.display, name))
    }
}

/// Whether a sentence holds a name that is no part of a longer one.
fn names(sentence: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    sentence.match_indices(name).any(|(at, _)| {
        let before = sentence[..at].chars().next_back();
        let after = sentence[at + name.len()..].chars().next();
        !name.is_empty() && !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        assert!(names(
            "Changed Role HubSpot_Integration",
            "HubSpot_Integration"
        ));
        assert!(names("Role \"Sales\" geändert", "Sales"));
        assert!(!names(
            "Changed Role HubSpot_Integration_2",
            "HubSpot_Integration"
        ));
        assert!(!names("Changed Leader", "Lead"));
        assert!(!names("anything", ""));
    }
}
