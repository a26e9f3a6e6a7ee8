//! How many accounts the records of an object belong to: who is given a contact, opportunity or case reads its account
//! (Record Access Under the Hood, "Object Relationships and Implicit Sharing").

use super::filter::Filter;
use crate::soql::MOST_CHARACTERS;

/// Accounts of some records, each account once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountsOf {
    /// API name of the records' object, which refers to accounts as `AccountId`.
    pub object: String,
    /// Which of its records.
    pub records: Filter,
    /// Accounts that are not counted.
    pub beside: Option<Filter>,
    /// Records of other objects whose accounts are not counted either. A query takes two (SOQL and SOSL Reference,
    /// "Comparison Operators": semi-joins and anti-joins).
    pub besides: Vec<(String, Filter)>,
}

/// Records of other objects that one query can leave out.
const MOST_BESIDES: usize = 2;

impl AccountsOf {
    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        format!("how many accounts come along with {} records", self.object)
    }

    /// Whether one query can ask for them.
    pub fn is_askable(&self) -> bool {
        self.besides.len() <= MOST_BESIDES && self.query().chars().count() <= MOST_CHARACTERS
    }

    /// Counts them.
    pub(super) fn query(&self) -> String {
        let records = self.records.condition();
        let mut query = format!(
            "SELECT COUNT_DISTINCT(AccountId) n FROM {} WHERE ({records}) AND AccountId != null",
            self.object
        );
        if let Some(beside) = &self.beside {
            let beside = beside.condition_of_parent("Account");
            query.push_str(&format!(" AND (NOT ({beside}))"));
        }
        for (object, records) in &self.besides {
            let records = records.condition();
            query.push_str(&format!(
                " AND AccountId NOT IN (SELECT AccountId FROM {object} WHERE ({records}) AND AccountId != null)"
            ));
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn accounts_are_counted_beside_those_that_are_seen_otherwise() {
        let accounts = AccountsOf {
            object: "Case".to_owned(),
            records: Filter::owned_by("a@acme.example"),
            beside: Some(Filter::owned_by("b@acme.example")),
            besides: vec![("Contact".to_owned(), Filter::owned_by("c@acme.example"))],
        };
        let expected = "SELECT COUNT_DISTINCT(AccountId) n FROM Case WHERE (Owner.Username = 'a@acme.example') AND AccountId \
                        != null AND (NOT (Account.Owner.Username = 'b@acme.example')) AND AccountId NOT IN (SELECT AccountId \
                        FROM Contact WHERE (Owner.Username = 'c@acme.example') AND AccountId != null)";
        assert_eq!(accounts.query(), expected);
        assert!(accounts.is_askable());
        let many: BTreeSet<String> = (0..6_000).map(|n| format!("00E{n:015}")).collect();
        let long = AccountsOf {
            records: Filter::owned_by_roles(&many),
            ..accounts
        };
        assert!(!long.is_askable());
    }
}
