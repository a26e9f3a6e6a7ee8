//! What users hold: their assignments with what makes one void, what the sets behind them grant, and how they log in.

use super::Live;
use super::containers::ObjectGrant;
use super::known::{Known, Refused};
use super::need::Need;
use super::question::{Question, Table};
use super::selection::Selection;
use crate::soql::{self, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Something that has to be known of what users hold. Names of users are in lower case, as the org keeps them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldingNeed {
    /// What the user of a name is assigned, with what makes an assignment void.
    Assigned(String),
    /// Which assignments of the user of a name were revoked.
    Revoked(String),
    /// How the user of a name logs in.
    LogIn(String),
    /// What a permission set grants on objects, by record id.
    Objects(String),
    /// Which of these user permissions each of these permission sets grants, by record id.
    Permissions {
        /// Names, such as `ManageUsers`.
        names: BTreeSet<String>,
        /// Record ids of permission sets.
        sets: BTreeSet<String>,
    },
    /// How many fields of each object these permission sets together let read, or edit.
    Fields {
        /// Record ids of permission sets.
        sets: BTreeSet<String>,
        /// Whether fields that can be edited are counted, and not those that can be read.
        edits: bool,
    },
    /// Which permission sets let see every record of an object.
    OpenSets,
    /// The usernames of active users, as many as one answer holds.
    Usernames,
}

/// What permission sets and groups of them let see whole.
const OPEN_SETS: &str = "SELECT ParentId, SobjectType FROM ObjectPermissions WHERE Parent.IsOwnedByProfile = false AND \
     PermissionsViewAllRecords = true";

/// The usernames of active users.
const USERNAMES: &str =
    "SELECT Username FROM User WHERE IsActive = true ORDER BY Username LIMIT 2000";

/// Assignments of users (object reference, PermissionSetAssignment; `ExpirationDate` and `IsActive` since API 52.0).
pub(super) const ASSIGNED: &str = "SELECT Id, Assignee.Username, PermissionSetId, ExpirationDate, IsActive FROM PermissionSetAssignment";

/// Assignments, of whom stands behind it, that a user access policy took back (the same, `IsRevoked`): an org without such
/// policies need not have the column.
pub(super) const REVOKED: (&str, &str) = (
    "SELECT Id, Assignee.Username FROM PermissionSetAssignment",
    " AND IsRevoked = true",
);

/// How users log in (object reference, User).
pub(super) const LOG_INS: &str =
    "SELECT Username, UserType, LastLoginDate, Profile.UserLicense.Name FROM User";

impl HoldingNeed {
    /// The question that answers it.
    pub(super) fn question(&self) -> Question {
        match self {
            Self::Assigned(_) => Question::Rows(Table::Assigned),
            Self::Revoked(_) => Question::Rows(Table::Revoked),
            Self::LogIn(_) => Question::Rows(Table::LogIns),
            Self::Objects(_) => Question::Rows(Table::ObjectPermissions),
            Self::Permissions { names, sets } => Question::Query(permissions(names, sets)),
            Self::Fields { sets, edits } => Question::Query(fields(sets, *edits)),
            Self::OpenSets => Question::Query(OPEN_SETS.to_owned()),
            Self::Usernames => Question::Query(USERNAMES.to_owned()),
        }
    }

    /// Which rows of a table tell of it, for what lies in a table.
    pub(super) fn selection(&self) -> Option<Selection> {
        match self {
            Self::Assigned(username) | Self::Revoked(username) => {
                Some(Selection::of("Assignee.Username", username))
            }
            Self::LogIn(username) => Some(Selection::of("Username", username)),
            Self::Objects(set) => Some(Selection::of("ParentId", set)),
            Self::Permissions { .. } | Self::Fields { .. } | Self::OpenSets | Self::Usernames => {
                None
            }
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Assigned(name) => format!("what the user `{name}` is assigned"),
            Self::Revoked(name) => format!("which sets were taken back from `{name}`"),
            Self::LogIn(name) => format!("how the user `{name}` logs in"),
            Self::Objects(_) => "what a permission set grants on objects".to_owned(),
            Self::Permissions { .. } => "which user permissions sets grant".to_owned(),
            Self::Fields { .. } => "what sets grant on fields".to_owned(),
            Self::OpenSets => "which permission sets open whole objects".to_owned(),
            Self::Usernames => "which users there are".to_owned(),
        }
    }
}

fn permissions(names: &BTreeSet<String>, sets: &BTreeSet<String>) -> String {
    let columns: Vec<String> = names.iter().map(|name| column(name)).collect();
    let sets = soql::list(sets);
    format!(
        "SELECT Id, {} FROM PermissionSet WHERE Id IN {sets}",
        columns.join(", ")
    )
}

fn column(permission: &str) -> String {
    format!("Permissions{permission}")
}

/// A field that several sets open counts once.
fn fields(sets: &BTreeSet<String>, edits: bool) -> String {
    let right = if edits { "Edit" } else { "Read" };
    format!(
        "SELECT SobjectType, COUNT_DISTINCT(Field) n FROM FieldPermissions WHERE ParentId IN {} AND Permissions{right} = true \
         GROUP BY SobjectType",
        soql::list(sets)
    )
}

/// That a user is assigned a permission set, with what may make that void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAssignment {
    /// Record id of the assignment.
    pub id: String,
    /// Record id of the permission set; of a group, that of its hidden set.
    pub set_id: String,
    /// Whether the org counts it as in force.
    pub active: bool,
    /// The day on which it ends or ended, such as `2026-03-01`.
    pub day: Option<String>,
    /// Whether a user access policy took it back.
    pub revoked: bool,
}

/// How a user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLogIn {
    /// `UserType`, such as `Standard`, where the org says.
    pub user_type: Option<String>,
    /// The moment of the last log-in; `None` where there was none, or the org does not say.
    pub last: Option<String>,
    /// Name of the user licence, where the org says.
    pub licence: Option<String>,
}

/// The objects that each permission set lets see whole, by record id.
pub type OpenObjects = BTreeMap<String, BTreeSet<String>>;

/// How many fields of each object.
pub type FieldCounts = BTreeMap<String, u64>;

/// What was learnt of what users hold. Names of users are in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Holdings {
    assigned: BTreeMap<String, Vec<HeldAssignment>>,
    /// Record ids of assignments.
    revoked: BTreeSet<String>,
    log_ins: BTreeMap<String, UserLogIn>,
    /// Permissions that each set grants.
    permissions: BTreeMap<HoldingNeed, BTreeMap<String, BTreeSet<String>>>,
    fields: BTreeMap<HoldingNeed, FieldCounts>,
    usernames: Vec<String>,
    /// Objects by record id of the permission set.
    open_sets: OpenObjects,
}

impl Holdings {
    /// Rows of a table that several needs share; `false` where the need has none here.
    pub(super) fn add_rows(&mut self, need: &HoldingNeed, rows: &[Row]) -> bool {
        match need {
            HoldingNeed::Assigned(_) => rows.iter().for_each(|row| self.add_assigned(row)),
            HoldingNeed::Revoked(_) => {
                let ids = rows.iter().filter_map(|row| row.text("Id"));
                self.revoked.extend(ids.map(str::to_owned));
            }
            HoldingNeed::LogIn(_) => self.log_ins.extend(rows.iter().filter_map(log_in)),
            HoldingNeed::Objects(_)
            | HoldingNeed::Permissions { .. }
            | HoldingNeed::Fields { .. }
            | HoldingNeed::OpenSets
            | HoldingNeed::Usernames => return false,
        }
        true
    }

    fn add_assigned(&mut self, row: &Row) {
        let cells = row.cells();
        let ids = cells.owned("Id").zip(cells.owned("PermissionSetId"));
        let (Some(username), Some((id, set_id))) = (cells.text("Assignee.Username"), ids) else {
            return;
        };
        let day = cells.text("ExpirationDate");
        let of_user = self.assigned.entry(username.to_lowercase()).or_default();
        of_user.push(HeldAssignment {
            id,
            set_id,
            active: row.flag("IsActive"),
            day: day.map(|moment| moment.get(..10).unwrap_or(moment).to_owned()),
            revoked: false,
        });
    }

    /// What one query answers. `None` where it is no answer to this need.
    pub(super) fn decode(&mut self, need: &HoldingNeed, rows: &[Row]) -> Option<()> {
        match need {
            HoldingNeed::Permissions { names, .. } => {
                let held = |row: &Row| {
                    let held = names.iter().filter(|name| row.flag(&column(name)));
                    Some((row.text("Id")?.to_owned(), held.cloned().collect()))
                };
                let by_set = rows.iter().filter_map(held).collect();
                self.permissions.insert(need.clone(), by_set);
            }
            HoldingNeed::Fields { .. } => {
                let count =
                    |row: &Row| Some((row.text("SobjectType")?.to_owned(), row.number("n")?));
                let counts = rows.iter().filter_map(count).collect();
                self.fields.insert(need.clone(), counts);
            }
            HoldingNeed::OpenSets => {
                for row in rows {
                    let (set, object) = (row.text("ParentId")?, row.text("SobjectType")?);
                    let objects = self.open_sets.entry(set.to_owned()).or_default();
                    objects.insert(object.to_owned());
                }
            }
            HoldingNeed::Usernames => {
                let names = rows.iter().filter_map(|row| row.text("Username"));
                self.usernames = names.map(str::to_owned).collect();
            }
            _ => return None,
        }
        Some(())
    }
}

fn log_in(row: &Row) -> Option<(String, UserLogIn)> {
    let cells = row.cells();
    let log_in = UserLogIn {
        user_type: cells.owned("UserType"),
        last: cells.owned("LastLoginDate"),
        licence: cells.owned("Profile.UserLicense.Name"),
    };
    Some((cells.text("Username")?.to_lowercase(), log_in))
}

impl Live {
    /// What the user of a name is assigned, the set behind its profile among it.
    pub fn held_assignments(&self, username: &str) -> Known<Vec<HeldAssignment>> {
        let username = username.to_lowercase();
        let assigned = self.holdings.assigned.get(&username);
        let assigned = assigned.map_or(&[][..], Vec::as_slice);
        let known = self.known(
            &Need::Holding(HoldingNeed::Assigned(username)),
            Some(assigned),
        );
        known.map(|assigned| {
            let mut assigned = assigned.to_vec();
            for held in &mut assigned {
                held.revoked = self.holdings.revoked.contains(&held.id);
            }
            assigned
        })
    }

    /// The refusal, where the org did not tell which of a user's assignments are over, or were taken back. An org of a version
    /// in which none ends has none to tell of.
    pub fn standing_refused(&self, username: &str) -> Option<Refused> {
        let need = Need::Holding(HoldingNeed::Assigned(username.to_lowercase()));
        let refused = self.known(&need, Some(&())).refused().cloned();
        let refused = refused.filter(|_| !self.lacks_columns(&need));
        refused.or_else(|| self.revoked_refused(username))
    }

    /// The refusal, where the org has revoked assignments and did not tell which.
    pub fn revoked_refused(&self, username: &str) -> Option<Refused> {
        let need = Need::Holding(HoldingNeed::Revoked(username.to_lowercase()));
        let refused = self.known(&need, Some(&())).refused().cloned();
        refused.filter(|_| !self.lacks_columns(&need))
    }

    /// How the user of a name logs in; `None` inside where the org does not show the user.
    pub fn log_in(&self, username: &str) -> Known<Option<&UserLogIn>> {
        let username = username.to_lowercase();
        let log_in = self.holdings.log_ins.get(&username);
        self.found(&Need::Holding(HoldingNeed::LogIn(username)), log_in)
    }

    /// The objects that each permission set lets see whole, by record id.
    pub fn open_sets(&self) -> Known<&OpenObjects> {
        let need = Need::Holding(HoldingNeed::OpenSets);
        self.known(&need, Some(&self.holdings.open_sets))
    }

    /// The usernames of active users, as many as one answer holds.
    pub fn usernames(&self) -> Known<&[String]> {
        let names = self.holdings.usernames.as_slice();
        self.known(&Need::Holding(HoldingNeed::Usernames), Some(names))
    }

    /// What a permission set grants on objects, by record id.
    pub fn objects_of_set(&self, set_id: &str) -> Known<Vec<&ObjectGrant>> {
        let need = Need::Holding(HoldingNeed::Objects(set_id.to_owned()));
        let grants = self.object_grants.of_container(set_id);
        self.known(&need, Some(&())).map(|()| grants.collect())
    }

    /// Which of these user permissions each of these permission sets grants.
    pub fn permissions_of_sets(
        &self,
        names: &BTreeSet<String>,
        sets: &BTreeSet<String>,
    ) -> Known<&BTreeMap<String, BTreeSet<String>>> {
        let (names, sets) = (names.clone(), sets.clone());
        let need = HoldingNeed::Permissions { names, sets };
        let part = self.holdings.permissions.get(&need);
        self.known(&Need::Holding(need), part)
    }

    /// How many fields of each object these permission sets together let read, or edit.
    pub fn fields_of_sets(&self, sets: &BTreeSet<String>, edits: bool) -> Known<&FieldCounts> {
        let sets = sets.clone();
        let need = HoldingNeed::Fields { sets, edits };
        let part = self.holdings.fields.get(&need);
        self.known(&Need::Holding(need), part)
    }
}

#[cfg(test)]
pub(super) mod tests;
