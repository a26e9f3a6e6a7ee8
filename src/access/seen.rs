//! How much of an object the integration user sees today. Counts, by share rows where the rules are not yet as wanted.

use super::accounts::{account_level, account_rules, opens_to_owners};
use super::visible::{
    by_default, is_countable, is_open, is_reached_by_others, rules_stand, subordinates, user_row,
};
use super::{expected, held_bypass, of_subordinates, owned};
use crate::facts::{Facts, ROLES, Row};
use crate::kinds::in_force;
use crate::manifest::{Manifest, Sharing, SharingModel};
use crate::soql;
use std::collections::BTreeSet;

/// What the user sees today: everything where the default or a permission opens it, else what it and its subordinates
/// own and what share rows give them; without public groups, whose members are for the org to say. `None` while the user
/// does not exist, and where accounts open their children to it.
pub(super) fn now(
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
    records: u64,
) -> Option<u64> {
    let row = user_row(manifest, facts)?;
    let object = &sharing.object.value;
    if held_bypass(object, row, facts).is_some() {
        return Some(records);
    }
    match in_force(facts, object) {
        Some(SharingModel::Private) | None => {}
        Some(model) => return by_default(object, model, facts, records),
    }
    if is_as_wanted(sharing, manifest, facts, row) {
        return facts.count(&expected(sharing, manifest)?);
    }
    let sight = Sight::of(row, facts);
    if sight.is_opened_by_accounts(object, facts) {
        return None;
    }
    Some(facts.count(&sight.given(object))? + facts.count(&sight.owned(sharing))?)
}

/// Whether the user sees just what the manifest's rules give and what it owns, and a query can count that.
fn is_as_wanted(sharing: &Sharing, manifest: &Manifest, facts: &Facts, user: &Row) -> bool {
    is_countable(sharing, manifest)
        && rules_stand(sharing, manifest, facts)
        && !is_open(sharing, manifest, facts)
        && !is_reached_by_others(sharing, manifest, facts)
        && subordinates(user.text("UserRole.DeveloperName"), facts).is_empty()
}

/// What has to be counted so that [`now`] can answer, beside what is asked anyhow.
pub(super) fn counts(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> Vec<String> {
    let private = in_force(facts, &sharing.object) == Some(SharingModel::Private);
    let Some(user) = user_row(manifest, facts).filter(|_| private) else {
        return Vec::new();
    };
    if is_as_wanted(sharing, manifest, facts, user) {
        return Vec::new();
    }
    let sight = Sight::of(user, facts);
    let accounts = account_level(&sharing.object).map(|_| sight.accounts());
    let counts = [sight.owned(sharing), sight.given(&sharing.object)];
    counts.into_iter().chain(accounts).collect()
}

/// Whose records the user sees, roles by id.
struct Sight<'a> {
    user: &'a Row,
    /// The user's role and those below.
    roles: Vec<&'a Row>,
    below: BTreeSet<String>,
    above: BTreeSet<&'a str>,
}

impl<'a> Sight<'a> {
    fn of(user: &'a Row, facts: &'a Facts) -> Self {
        let below = subordinates(user.text("UserRole.DeveloperName"), facts);
        let own = user.text("UserRoleId");
        let is_ours = |id: &str| own == Some(id) || below.contains(id);
        let roles = facts.rows(ROLES).iter();
        Self {
            user,
            roles: roles
                .filter(|role| role.text("Id").is_some_and(is_ours))
                .collect(),
            below,
            above: superiors(user.text("UserRoleId"), facts),
        }
    }

    /// Counts what the user and its subordinates own.
    fn owned(&self, sharing: &Sharing) -> String {
        let username = self.user.text("Username").unwrap_or_default();
        let own = owned(&sharing.object, username);
        match self.below.is_empty() {
            true => own,
            false => format!("{own} OR {}", of_subordinates(sharing, &self.below)),
        }
    }

    /// Counts the accounts that the user and its subordinates own.
    fn accounts(&self) -> String {
        let username = self.user.text("Username").unwrap_or_default();
        let own = owned("Account", username);
        match self.below.is_empty() {
            true => own,
            false => format!("{own} OR Owner.UserRoleId IN {}", soql::list(&self.below)),
        }
    }

    /// Whether accounts may open an object's records: by rules on accounts, or to those who own accounts.
    fn is_opened_by_accounts(&self, object: &str, facts: &Facts) -> bool {
        let owners_see = self.roles.iter().any(|role| opens_to_owners(role, object));
        account_level(object).is_some()
            && (account_rules(object, facts).next().is_some()
                || (owners_see && facts.count(&self.accounts()) != Some(0)))
    }

    /// Counts what share rows give them besides: to everybody, to their roles, to branches their roles stand in.
    fn given(&self, object: &str) -> String {
        let (share, column, parent) = match object.strip_suffix("__c") {
            Some(custom) => (format!("{custom}__Share"), "ParentId".to_owned(), "Parent"),
            None => (format!("{object}Share"), format!("{object}Id"), object),
        };
        let mut others = format!(
            "{parent}.OwnerId != {}",
            soql::literal(self.user.text("Id").unwrap_or_default())
        );
        if !self.below.is_empty() {
            let below = soql::list(&self.below);
            others.push_str(&format!(" AND {parent}.Owner.UserRoleId NOT IN {below}"));
        }
        let groups = self.groups();
        format!(
            "SELECT COUNT_DISTINCT({column}) n FROM {share} WHERE {others} AND UserOrGroupId IN \
             (SELECT Id FROM Group WHERE {groups})"
        )
    }

    fn groups(&self) -> String {
        let mut groups = vec!["Type = 'Organization'".to_owned()];
        let Some(role) = self.user.text("UserRoleId") else {
            return groups.concat();
        };
        let own = || self.below.iter().map(String::as_str).chain([role]);
        let roles = soql::list(own());
        groups.push(format!("(Type = 'Role' AND RelatedId IN {roles})"));
        let branches = soql::list(own().chain(self.above.iter().copied()));
        groups.push(format!(
            "(Type IN ('RoleAndSubordinates', 'RoleAndSubordinatesInternal') AND RelatedId IN {branches})"
        ));
        groups.join(" OR ")
    }
}

/// The roles above a role, by id.
fn superiors<'a>(role: Option<&'a str>, facts: &'a Facts) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let parent = |id: &str| {
        let mut rows = facts.rows(ROLES).iter();
        rows.find(|row| row.text("Id") == Some(id))?
            .text("ParentRoleId")
    };
    let mut next = role.and_then(parent);
    // A hierarchy that leads back to itself ends here.
    while let Some(id) = next.filter(|id| found.insert(*id)) {
        next = parent(id);
    }
    found
}
