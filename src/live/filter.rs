//! Which records of an object are meant, as a condition that the org can count by.

use super::criteria_condition::{self, CriteriaKnowledge};
use crate::manifest::Rule;
use crate::soql;
use std::collections::BTreeSet;

/// Some of an object's records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    condition: String,
    meaning: &'static str,
}

impl Filter {
    /// Records that meet a rule's criteria, as far as a query can ask for them. `username` is the manifest's user.
    pub fn meeting(rule: &Rule, username: Option<&str>, known: &CriteriaKnowledge) -> Option<Self> {
        let condition = criteria_condition::condition(rule, username, known)?;
        Some(Self::new(condition, "meet the criteria"))
    }

    /// Records of an owner, by username.
    pub fn owned_by(username: &str) -> Self {
        let condition = format!("Owner.Username = {}", soql::literal(username));
        Self::new(condition, "the user owns")
    }

    /// Records whose owners have one of these roles, by id.
    pub fn owned_by_roles(ids: &BTreeSet<String>) -> Self {
        let condition = format!("Owner.UserRoleId IN {}", soql::list(ids));
        Self::new(condition, "belong to roles below")
    }

    /// Records under the accounts of an owner, by username.
    pub fn under_accounts_of(username: &str) -> Self {
        let condition = format!("Account.Owner.Username = {}", soql::literal(username));
        Self::new(condition, "lie under accounts that the user owns")
    }

    /// Records under accounts whose owners have one of these roles, by id.
    pub fn under_accounts_of_roles<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let condition = format!("Account.Owner.UserRoleId IN {}", soql::list(ids));
        Self::new(condition, "lie under accounts of roles below")
    }

    /// Contacts that belong to no account.
    pub fn without_account() -> Self {
        Self::new("AccountId = null".to_owned(), "have no account")
    }

    /// Those of them that belong to an account.
    pub fn with_account(self) -> Self {
        Self::new(
            format!("{} AND AccountId != null", self.condition),
            self.meaning,
        )
    }

    /// Records that at least one of these means; `None` where there is none.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut filters = filters.into_iter();
        let mut any = filters.next()?;
        let mut several = false;
        for filter in filters {
            any.condition = match several {
                true => format!("{} OR ({})", any.condition, filter.condition),
                false => format!("({}) OR ({})", any.condition, filter.condition),
            };
            any.meaning = "the user will see";
            several = true;
        }
        Some(any)
    }

    /// The condition of a query.
    pub(super) fn condition(&self) -> &str {
        &self.condition
    }

    /// What they are, for the sentence *how many records …*.
    pub(super) fn meaning(&self) -> &'static str {
        self.meaning
    }

    pub(super) fn new(condition: String, meaning: &'static str) -> Self {
        Self { condition, meaning }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_joined_so_that_none_binds_to_another() {
        let one = || Filter::owned_by("ada@acme.example");
        let two = || Filter::without_account();
        assert_eq!(Filter::any([]), None);
        assert_eq!(Filter::any([one()]), Some(one()));
        let any = |filters: Vec<Filter>| {
            let any = Filter::any(filters).expect("a filter");
            any.condition().to_owned()
        };
        assert_eq!(
            any(vec![one(), two().with_account(), two()]),
            "(Owner.Username = 'ada@acme.example') OR (AccountId = null AND AccountId != null) OR (AccountId = null)"
        );
    }
}
