//! How many records share rows open to somebody.

use super::filter::Filter;
use super::shares::{record_column, share_object};
use crate::soql::{self, MOST_CHARACTERS};
use std::collections::BTreeSet;

/// Records that share rows open, each once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GivenTo {
    /// API name of the records' object.
    pub object: String,
    /// Record ids of the users, groups and queues that hold the rows.
    pub holders: BTreeSet<String>,
    /// Whether only rows count that neither ownership nor a rule nor another record made.
    pub by_people: bool,
    /// Whether the org marks some of the object's records as private: no row reaches them for certain.
    pub has_private: bool,
    /// Records that are not counted.
    pub beside: Option<Filter>,
}

impl GivenTo {
    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        format!("how many {} records the user is given", self.object)
    }

    /// Whether one query can ask for them.
    pub fn is_askable(&self) -> bool {
        !self.holders.is_empty() && self.query().chars().count() <= MOST_CHARACTERS
    }

    /// Counts them.
    pub(super) fn query(&self) -> String {
        let (share, column) = (share_object(&self.object), record_column(&self.object));
        let relation = column.strip_suffix("Id").unwrap_or(&column);
        let holders = soql::list(&self.holders);
        let mut query = format!(
            "SELECT COUNT_DISTINCT({column}) n FROM {share} WHERE UserOrGroupId IN {holders}"
        );
        if self.by_people {
            query
                .push_str(" AND RowCause NOT IN ('Owner','Rule','ImplicitParent','ImplicitChild')");
        }
        if self.object == "Contact" {
            query.push_str(&format!(" AND {relation}.AccountId != null"));
        }
        if self.has_private {
            query.push_str(&format!(" AND {relation}.IsPrivate = false"));
        }
        if let Some(beside) = &self.beside {
            let beside = beside.condition_of_parent(relation);
            query.push_str(&format!(" AND (NOT ({beside}))"));
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(object: &str, by_people: bool, has_private: bool) -> String {
        let given = GivenTo {
            object: object.to_owned(),
            holders: BTreeSet::from(["005A".to_owned()]),
            by_people,
            has_private,
            beside: Some(Filter::owned_by("a@acme.example")),
        };
        assert!(given.is_askable());
        given.query()
    }

    #[test]
    fn rows_are_counted_by_their_records_beside_what_is_seen_otherwise() {
        assert_eq!(
            query("Lead", false, false),
            "SELECT COUNT_DISTINCT(LeadId) n FROM LeadShare WHERE UserOrGroupId IN ('005A') AND (NOT (Lead.Owner.Username = \
             'a@acme.example'))"
        );
        let by_people =
            " AND RowCause NOT IN ('Owner','Rule','ImplicitParent','ImplicitChild') AND ";
        assert!(query("Thing__c", true, false).contains("(ParentId) n FROM Thing__Share"));
        assert!(query("Contact", true, false).contains(by_people));
        assert!(query("Contact", false, false).contains("Contact.AccountId != null"));
        assert!(query("Opportunity", false, true).contains("Opportunity.IsPrivate = false"));
    }
}
