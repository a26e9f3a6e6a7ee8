//! What share rows and implicit sharing give one user on the records of one object.

use std::collections::{BTreeMap, BTreeSet};

use super::criteria::Scope;
use super::guests;
use super::people::{Circle, group_of};
use super::rows::holds_accounts;
use super::{is_private_contact, owner, text};
use crate::store::{
    AccessLevel, AccountLevels, ObjectSchema, Org, Row, ShareRow, SharingModel, SharingRule, User,
};

/// Children of an account whose holders may read the account, with the field that names it (Salesforce Help,
/// "Built-in Sharing Behavior").
pub(super) const ACCOUNT_CHILDREN: [&str; 5] =
    ["Contact", "Opportunity", "Case", "Contract", "Order"];

/// Grants beyond default and ownership.
pub(super) struct Grants<'org> {
    rules: Vec<(AccessLevel, Scope<'org>)>,
    manual: BTreeMap<&'org str, AccessLevel>,
    readable_parents: BTreeSet<&'org str>,
    through_account: Option<ThroughAccount<'org>>,
}

impl<'org> Grants<'org> {
    pub(super) fn new(
        org: &'org Org,
        object: &'org ObjectSchema,
        circle: &Circle<'org>,
    ) -> Grants<'org> {
        let through_account =
            is_account_child(object).then(|| ThroughAccount::new(org, object, circle));
        Grants {
            readable_parents: readable_parents(org, object, circle),
            through_account,
            ..Grants::explicit(org, object, circle)
        }
    }

    /// Rules and manual shares only.
    fn explicit(org: &'org Org, object: &'org ObjectSchema, circle: &Circle<'org>) -> Grants<'org> {
        let rules =
            rules_for(org, object, circle).map(|rule| (rule.access, Scope::new(org, object, rule)));
        let guest = org.users.get(circle.user);
        let for_guest = guest.map(|guest| guests::rules_for(org, &object.name, guest));
        let for_guest = for_guest.into_iter().flatten();
        let for_guest = for_guest.map(|rule| (rule.access, Scope::new(org, object, rule)));
        let rules = rules.chain(for_guest).collect();
        let manual = manual_for(org, &object.name, circle).map(|share| (share, share.level));
        Grants {
            rules,
            manual: widest(manual),
            readable_parents: BTreeSet::new(),
            through_account: None,
        }
    }

    /// The widest level any of them gives on this record.
    pub(super) fn level(&self, org: &Org, record: &str, row: &Row) -> AccessLevel {
        let manual = self.manual.get(record).copied().unwrap_or_default();
        let implicit = if self.readable_parents.contains(record) {
            AccessLevel::Read
        } else {
            AccessLevel::None
        };
        let through = self
            .through_account
            .as_ref()
            .map(|account| account.level(org, row))
            .unwrap_or_default();
        self.by_rules(row).max(manual).max(implicit).max(through)
    }

    fn by_rules(&self, row: &Row) -> AccessLevel {
        let matching = self.rules.iter().filter(|(_, scope)| scope.matches(row));
        matching.map(|(level, _)| *level).max().unwrap_or_default()
    }
}

/// Rules in force on an object from which the user has something.
fn rules_for<'org>(
    org: &'org Org,
    object: &'org ObjectSchema,
    circle: &Circle<'org>,
) -> impl Iterator<Item = &'org SharingRule> {
    let of_object = org
        .rules_in_force
        .values()
        .filter(|rule| rule.object == object.name);
    of_object.filter(|rule| {
        group_of(org, &rule.shared_to).is_some_and(|group| circle.benefits_from(&group.id))
    })
}

/// Shares made by hand on an object from which the user has something.
fn manual_for<'org>(
    org: &'org Org,
    object: &str,
    circle: &Circle<'org>,
) -> impl Iterator<Item = &'org ShareRow> {
    let of_object = org
        .manual_shares
        .values()
        .filter(move |share| share.object == object);
    of_object.filter(|share| circle.benefits_from(&share.user_or_group))
}

/// The widest level for each record: several shares can reach the same user.
fn widest<'org>(
    shares: impl Iterator<Item = (&'org ShareRow, AccessLevel)>,
) -> BTreeMap<&'org str, AccessLevel> {
    let mut levels = BTreeMap::new();
    for (share, level) in shares {
        let kept = levels.entry(share.record.as_str()).or_insert(level);
        *kept = level.max(*kept);
    }
    levels
}

fn is_account_child(object: &ObjectSchema) -> bool {
    matches!(object.name.as_str(), "Contact" | "Opportunity" | "Case")
}

/// Accounts that are readable because a child of theirs is held. Share rows exist for what somebody was given, so the
/// children's organization-wide defaults do not count.
fn readable_parents<'org>(
    org: &'org Org,
    object: &ObjectSchema,
    circle: &Circle<'org>,
) -> BTreeSet<&'org str> {
    let mut parents = BTreeSet::new();
    if object.name != "Account" || object.sharing.in_force.internal != SharingModel::Private {
        return parents;
    }
    for child in ACCOUNT_CHILDREN
        .iter()
        .filter_map(|child| org.object(child))
        .filter(|child| holds_accounts(child))
    {
        let grants = Grants::explicit(org, child, circle);
        for (id, row) in org
            .rows(&child.name)
            .filter(|(_, row)| !is_private_contact(child, row))
        {
            let held = owner(row).is_some_and(|owner| circle.benefits_from(owner));
            if held || grants.level(org, id, row) >= AccessLevel::Read {
                parents.extend(text(row, "AccountId"));
            }
        }
    }
    parents
}

/// What account owners and account rules give on an account's contacts, opportunities and cases.
struct ThroughAccount<'org> {
    /// Account owner to the level their role gives.
    owners: BTreeMap<&'org str, AccessLevel>,
    rules: Vec<(AccessLevel, Scope<'org>)>,
    manual: BTreeMap<&'org str, AccessLevel>,
}

impl<'org> ThroughAccount<'org> {
    fn new(org: &'org Org, child: &ObjectSchema, circle: &Circle<'org>) -> ThroughAccount<'org> {
        let below = org
            .users
            .values()
            .filter(|user| circle.benefits_from(&user.id));
        let owners = below
            .map(|user| (user.id.as_str(), role_level(org, user, child)))
            .collect();
        let Some(account) = org.object("Account") else {
            return ThroughAccount {
                owners,
                rules: Vec::new(),
                manual: BTreeMap::new(),
            };
        };
        let rules = rules_for(org, account, circle).filter_map(|rule| {
            Some((
                child_level(rule.account_levels?, child),
                Scope::new(org, account, rule),
            ))
        });
        let manual = manual_for(org, "Account", circle)
            .filter_map(|share| Some((share, child_level(share.account_levels?, child))));
        ThroughAccount {
            owners,
            rules: rules.collect(),
            manual: widest(manual),
        }
    }

    fn level(&self, org: &Org, child: &Row) -> AccessLevel {
        let Some(id) = text(child, "AccountId") else {
            return AccessLevel::None;
        };
        let Some(account) = org.row("Account", id) else {
            return AccessLevel::None;
        };
        let by_owner = owner(account)
            .and_then(|owner| self.owners.get(owner))
            .copied()
            .unwrap_or_default();
        let matching = self
            .rules
            .iter()
            .filter(|(_, scope)| scope.matches(account))
            .map(|(level, _)| *level);
        let manual = self.manual.get(id).copied().unwrap_or_default();
        by_owner.max(manual).max(matching.max().unwrap_or_default())
    }
}

/// The level an account owner's role gives on this kind of child; an owner without role has none.
fn role_level(org: &Org, owner: &User, child: &ObjectSchema) -> AccessLevel {
    child_level(role_levels(org, owner), child)
}

/// The levels an account owner's role gives on the accounts' children; an owner without role has none.
pub(super) fn role_levels(org: &Org, owner: &User) -> AccountLevels {
    let role = owner.role.as_ref().and_then(|role| org.roles.get(role));
    role.map_or(AccountLevels::default(), |role| AccountLevels {
        case: role.case_access,
        contact: role.contact_access,
        opportunity: role.opportunity_access,
    })
}

fn child_level(levels: AccountLevels, child: &ObjectSchema) -> AccessLevel {
    match child.name.as_str() {
        "Contact" => levels.contact,
        "Opportunity" => levels.opportunity,
        _ => levels.case,
    }
}
