//! Which records of an object are meant, as a condition that the org can count by.

use super::condition::RecordCondition;
use super::criteria_condition::{self, CriteriaKnowledge};
use crate::manifest::Rule;
use crate::soql;
use std::collections::BTreeSet;

/// Some of an object's records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    condition: RecordCondition,
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
        let named = format!(" = {}", soql::literal(username));
        Self::new(
            RecordCondition::of("Owner.Username", named),
            "the user owns",
        )
    }

    /// Records whose owners have one of these roles, by id.
    pub fn owned_by_roles(ids: &BTreeSet<String>) -> Self {
        let listed = format!(" IN {}", soql::list(ids));
        let condition = RecordCondition::of("Owner.UserRoleId", listed);
        Self::new(condition, "belong to roles below")
    }

    /// Records that one of these queues or users owns, by id.
    pub fn owned_by_any(ids: &BTreeSet<String>) -> Self {
        let listed = format!(" IN {}", soql::list(ids));
        Self::new(
            RecordCondition::of("OwnerId", listed),
            "belong to its queues",
        )
    }

    /// Records under the accounts of an owner, by username.
    pub fn under_accounts_of(username: &str) -> Self {
        let named = format!(" = {}", soql::literal(username));
        let condition = RecordCondition::of("Account.Owner.Username", named);
        Self::new(condition, "lie under accounts that the user owns")
    }

    /// Records under accounts whose owners have one of these roles, by id.
    pub fn under_accounts_of_roles<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let listed = format!(" IN {}", soql::list(ids));
        let condition = RecordCondition::of("Account.Owner.UserRoleId", listed);
        Self::new(condition, "lie under accounts of roles below")
    }

    /// Contacts that belong to no account.
    pub fn without_account() -> Self {
        Self::new(
            RecordCondition::of("AccountId", " = null"),
            "have no account",
        )
    }

    /// Those of them that belong to an account.
    pub fn with_account(self) -> Self {
        self.and(RecordCondition::of("AccountId", " != null"))
    }

    /// Those of these opportunities that are not private.
    pub fn not_private(self) -> Self {
        self.and(RecordCondition::of("IsPrivate", " = false"))
    }

    fn and(self, condition: RecordCondition) -> Self {
        let both = RecordCondition::joined([self.condition, condition], " AND ");
        Self::new(both, self.meaning)
    }

    /// Records that at least one of these means; `None` where there is none.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut filters: Vec<Self> = filters.into_iter().collect();
        if filters.len() < 2 {
            return filters.pop();
        }
        let each = filters.into_iter();
        let each = each.map(|filter| filter.condition.within("(", ")"));
        Some(Self::new(
            RecordCondition::joined(each, " OR "),
            "the user will see",
        ))
    }

    /// The condition of a query.
    pub(super) fn condition(&self) -> String {
        self.condition.text()
    }

    /// The condition of a query for records that refer to these, by the relation.
    pub(super) fn condition_of_parent(&self, relation: &str) -> String {
        self.condition.through(&format!("{relation}."))
    }

    /// What they are, for the sentence *how many records …*.
    pub(super) fn meaning(&self) -> &'static str {
        self.meaning
    }

    pub(super) fn new(condition: RecordCondition, meaning: &'static str) -> Self {
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
            any.condition()
        };
        assert_eq!(
            any(vec![one(), two().with_account(), two()]),
            "(Owner.Username = 'ada@acme.example') OR (AccountId = null AND AccountId != null) OR (AccountId = null)"
        );
    }
}
