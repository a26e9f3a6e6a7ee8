//! The setup audit trail: who changed what in setup, and when, as far as it is read.
//!
//! An entry says what was changed in a sentence (`Display`), in the language of whoever did it; names do not translate. It
//! has `Action`, `Section`, `Display`, `CreatedDate` and `CreatedBy`, and is kept for 180 days at least (object reference,
//! SetupAuditTrail).

use crate::soql::Row;

/// The latest entries.
pub const RECENT_SETUP: &str = "SELECT Action, Section, Display, CreatedDate, CreatedBy.Username FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 200";

/// As many of the latest entries as one answer holds.
pub const SETUP_HISTORY: &str = "SELECT Action, Section, Display, CreatedDate, CreatedBy.Username FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 2000";

/// Deploys that changed the org, the latest first: what of the trail falls into one, by the same user, is its work (Tooling
/// API, DeployRequest).
pub const DEPLOYS_MADE: &str = "SELECT CreatedDate, CompletedDate, CreatedBy.Username FROM DeployRequest WHERE CheckOnly = false AND Status IN ('Succeeded','SucceededPartial') ORDER BY CreatedDate DESC LIMIT 2000";

/// Entries that [`SETUP_HISTORY`] asks for.
const MOST_ENTRIES: usize = 2_000;

/// One entry: somebody changed something in setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupChange {
    /// The platform's code of what was done.
    pub action: String,
    /// The part of setup.
    pub section: String,
    /// What, in a sentence.
    pub display: String,
    /// Who, by username; `None` where the org does not say.
    pub by: Option<String>,
    /// When, in the org's words.
    pub at: String,
    /// Whether it falls into a deploy of the same user.
    pub deployed: bool,
}

/// The trail as far as one answer holds it, with what deploys did told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupHistory {
    /// The newest first.
    pub entries: Vec<SetupChange>,
    /// Whether there may be older ones.
    pub is_cut: bool,
}

impl SetupHistory {
    /// Out of the answers to [`SETUP_HISTORY`] and [`DEPLOYS_MADE`].
    pub fn of_rows(entries: &[Row], deploys: &[Row]) -> Self {
        let trail = SetupTrail::of_rows(entries);
        let mut history = Self {
            entries: trail.0,
            is_cut: entries.len() >= MOST_ENTRIES,
        };
        for entry in &mut history.entries {
            entry.deployed = deploys.iter().any(|deploy| is_of(entry, deploy));
        }
        history
    }
}

/// Whether an entry falls into a deploy. Times of one org are written alike, so they compare as texts.
fn is_of(entry: &SetupChange, deploy: &Row) -> bool {
    let text = |path: &str| deploy.text(path).unwrap_or_default();
    let (from, to) = (text("CreatedDate"), text("CompletedDate"));
    let by = entry.by.as_deref();
    let same = by.is_some_and(|by| by.eq_ignore_ascii_case(text("CreatedBy.Username")));
    same && from <= entry.at.as_str() && (to.is_empty() || entry.at.as_str() <= to)
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
                action: text(row, "Action").unwrap_or_default(),
                section: text(row, "Section").unwrap_or_default(),
                deployed: false,
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
