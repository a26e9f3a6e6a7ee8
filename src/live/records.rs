//! The records of an object, as a proof reads them.

use super::Live;
use super::filter::Filter;
use super::known::Known;
use super::need::Need;
use crate::soql::{self, Row};
use std::collections::BTreeSet;

/// Records that one answer to a query holds (REST API guide, Query: the default batch size).
pub const FIRST_PAGE: u64 = 2_000;

/// Where a record tells what decides over it besides criteria.
pub const OWNERS_ROLE: &str = "Owner.UserRoleId";
/// See [`OWNERS_ROLE`].
pub const ACCOUNT: &str = "AccountId";
/// See [`OWNERS_ROLE`].
pub const ACCOUNTS_OWNER: &str = "Account.OwnerId";
/// See [`OWNERS_ROLE`].
pub const ROLE_OF_ACCOUNTS_OWNER: &str = "Account.Owner.UserRoleId";
/// See [`OWNERS_ROLE`]; opportunities only, and only where the org has it.
pub const PRIVATE: &str = "IsPrivate";

/// The columns that a proof reads of an object's records: which one it is, whose it is, and what the criteria ask for.
pub fn record_columns(
    object: &str,
    criteria: impl IntoIterator<Item = String>,
) -> BTreeSet<String> {
    let own: &[&str] = match object {
        "Contact" => &["Id", "OwnerId", "AccountId"],
        _ => &["Id", "OwnerId"],
    };
    let own = own.iter().map(|column| (*column).to_owned());
    own.chain(criteria).collect()
}

/// A record of an object that rules share.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRecord(Row);

impl LiveRecord {
    /// The records that these rows are.
    pub fn of_rows(rows: Vec<Row>) -> Vec<Self> {
        let records = rows.into_iter().map(Self);
        records.filter(|record| !record.id().is_empty()).collect()
    }

    /// Record id.
    pub fn id(&self) -> &str {
        self.0.text("Id").unwrap_or_default()
    }

    /// Record id of its owner, where it has one.
    pub fn owner(&self) -> Option<&str> {
        self.0.text("OwnerId")
    }

    /// Record id of the role of its owner, where that was read.
    pub fn role_of_owner(&self) -> Option<&str> {
        self.0.text(OWNERS_ROLE)
    }

    /// Record id of the account that it belongs to.
    pub fn account(&self) -> Option<&str> {
        self.0.text(ACCOUNT)
    }

    /// Record id of the owner of its account, where that was read.
    pub fn owner_of_account(&self) -> Option<&str> {
        self.0.text(ACCOUNTS_OWNER)
    }

    /// Record id of the role of its account's owner, where that was read.
    pub fn role_of_accounts_owner(&self) -> Option<&str> {
        self.0.text(ROLE_OF_ACCOUNTS_OWNER)
    }

    /// Whether it is marked as private, where that was read.
    pub fn is_private(&self) -> bool {
        self.0.flag(PRIVATE)
    }

    /// All its columns: which ones there are depends on the criteria.
    pub fn row(&self) -> &Row {
        &self.0
    }
}

/// Records of an object, with these columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordQuery<'a> {
    /// The object's API name.
    pub object: &'a str,
    /// Paths of the columns.
    pub columns: BTreeSet<String>,
}

impl RecordQuery<'_> {
    /// All of them.
    pub fn all(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.object)
    }

    /// As many of them as one answer holds.
    pub(super) fn first_page(&self) -> String {
        format!("{} LIMIT {FIRST_PAGE}", self.all())
    }

    /// The first of all records and the last, by id.
    pub fn ends(&self) -> [String; 2] {
        let end =
            |order: &str| format!("SELECT Id FROM {} ORDER BY Id{order} LIMIT 1", self.object);
        [end(""), end(" DESC")]
    }

    /// The first of them from an id on.
    pub fn from(&self, first: &str, limit: u64) -> String {
        self.where_from("", first, limit)
    }

    /// The first from an id on of those that a filter means.
    pub fn meeting_from(&self, filter: &Filter, first: &str, limit: u64) -> String {
        self.where_from(&format!("({}) AND ", filter.condition()), first, limit)
    }

    /// The first from an id on of those that a filter does not mean.
    pub fn not_meeting_from(&self, filter: &Filter, first: &str, limit: u64) -> String {
        self.where_from(
            &format!("(NOT ({})) AND ", filter.condition()),
            first,
            limit,
        )
    }

    fn where_from(&self, condition: &str, first: &str, limit: u64) -> String {
        let (all, first) = (self.all(), soql::literal(first));
        format!("{all} WHERE {condition}Id >= {first} ORDER BY Id LIMIT {limit}")
    }

    /// The first of those that a filter means, by id.
    pub fn meeting(&self, filter: &Filter, limit: u64) -> String {
        format!(
            "{} WHERE {} ORDER BY Id LIMIT {limit}",
            self.all(),
            filter.condition()
        )
    }

    /// Which of these ids there are.
    pub fn ids_among(&self, ids: &[&str]) -> String {
        format!(
            "SELECT Id FROM {} WHERE Id IN {}",
            self.object,
            soql::list(ids)
        )
    }

    /// Those of these accounts.
    pub fn of_accounts(&self, ids: &[&str]) -> String {
        format!("{} WHERE {ACCOUNT} IN {}", self.all(), soql::list(ids))
    }

    /// Those of these ids.
    pub fn of_ids<Id: AsRef<str>>(&self, ids: impl IntoIterator<Item = Id>) -> String {
        format!("{} WHERE Id IN {}", self.all(), soql::list(ids))
    }
}

impl Live {
    /// All records of an object, with these columns: read as such, or by their first page where that holds them all.
    pub fn records(&self, object: &str, columns: &BTreeSet<String>) -> Known<&[LiveRecord]> {
        let all = Need::Records(object.to_owned(), columns.clone());
        let first = Need::FirstRecords(object.to_owned(), columns.clone());
        let part = |need: &Need| self.records.get(need).map(Vec::as_slice);
        let whole = self
            .population(object)
            .learnt()
            .is_some_and(|population| population <= FIRST_PAGE);
        match self.known(&all, part(&all)) {
            Known::NotAsked if whole => self.known(&first, part(&first)),
            known => known,
        }
    }
}

/// Counts the records of an object.
pub fn population_query(object: &str) -> String {
    super::populations::count(object, None)
}

/// The number that a counting query gave.
///
/// `None` where its answer holds none.
pub fn counted(rows: &[Row]) -> Option<u64> {
    super::populations::counted(rows)
}

/// Selects the records of an object that have an e-mail address, as many as anybody has to look at.
pub fn records_of_email(object: &str, email: &str) -> String {
    let email = soql::literal(email);
    format!("SELECT Id FROM {object} WHERE Email = {email} ORDER BY Id LIMIT 200")
}

/// Selects the object whose ids begin so (object reference, EntityDefinition, `KeyPrefix`).
pub fn object_of_prefix(prefix: &str) -> String {
    let prefix = soql::literal(prefix);
    format!("SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = {prefix}")
}

/// The names that [`object_of_prefix`] found.
pub fn names_of_objects(rows: &[Row]) -> Vec<String> {
    let names = rows.iter().filter_map(|row| row.text("QualifiedApiName"));
    names.map(str::to_owned).collect()
}

/// Ids are compared by their first 15 characters: the last three are a checksum.
pub fn short_id(id: &str) -> String {
    id.chars().take(15).collect()
}

/// The first page of an object's records, with these columns.
pub(super) fn first_page(object: &str, columns: &BTreeSet<String>) -> String {
    record_query(object, columns).first_page()
}

/// A query for an object's records, with these columns.
pub(super) fn record_query<'a>(object: &'a str, columns: &BTreeSet<String>) -> RecordQuery<'a> {
    let columns = columns.clone();
    RecordQuery { object, columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_proof_asks_whose_a_record_is_and_of_contacts_to_which_account_they_belong() {
        let columns = |object: &str| {
            let columns = record_columns(object, ["Email".to_owned()]);
            columns.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(columns("Lead"), "Email Id OwnerId");
        assert_eq!(columns("Contact"), "AccountId Email Id OwnerId");
        let row = |id: Option<&str>| Row::of(&json!({"Id": id, "OwnerId": "005A", "Email": null}));
        let records = LiveRecord::of_rows(vec![row(Some("00Q1")), row(None)]);
        assert_eq!(records.len(), 1);
        assert_eq!(
            (records[0].id(), records[0].owner()),
            ("00Q1", Some("005A"))
        );
        assert_eq!(records[0].account(), None);
    }

    #[test]
    fn a_sample_is_of_records_that_are_meant_and_of_the_others_from_an_id_on() {
        let query = RecordQuery {
            object: "Lead",
            columns: BTreeSet::from(["Id".to_owned()]),
        };
        let filter = Filter::owned_by("ada@acme.example");
        let owned = "Owner.Username = 'ada@acme.example'";
        let rest = "Id >= '00Q1' ORDER BY Id LIMIT 5";
        let meant = format!("SELECT Id FROM Lead WHERE ({owned}) AND {rest}");
        assert_eq!(query.meeting_from(&filter, "00Q1", 5), meant);
        let others = format!("SELECT Id FROM Lead WHERE (NOT ({owned})) AND {rest}");
        assert_eq!(query.not_meeting_from(&filter, "00Q1", 5), others);
        assert_eq!(
            query.from("00Q1", 5),
            format!("SELECT Id FROM Lead WHERE {rest}")
        );
        assert_eq!(
            query.ends()[1],
            "SELECT Id FROM Lead ORDER BY Id DESC LIMIT 1"
        );
    }
}
