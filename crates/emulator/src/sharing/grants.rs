//! What share rows and implicit sharing give one user on the records of one object.

use std::collections::{BTreeMap, BTreeSet};

use super::criteria::Scope;
use super::guests;
use super::people::{Circle, group_of};
use super::rows::{holds_accounts, holds_by_owning, rules_share};
use super::{is_owned_only, is_private_contact, model_for, owner, takes_no_rules, text};
use crate::store::{
    AccessLevel, AccountLevels, ObjectSchema, Org, Row, ShareRow, SharingModel, SharingRule,
    SuperiorLevels, User,
};

/// Children of an account whose holders may read the account, with the field that names it (Salesforce Help,
/// "Built-in Sharing Behavior").
pub(super) const ACCOUNT_CHILDREN: [&str; 5] =
    ["Contact", "Opportunity", "Case", "Contract", "Order"];

/// Grants beyond default and ownership.
pub(super) struct Grants<'org> {
    object: &'org ObjectSchema,
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

    /// Rules and rows only.
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
            object,
            rules,
            manual: widest(manual),
            readable_parents: BTreeSet::new(),
            through_account: None,
        }
    }

    /// The widest level any of them gives on this record.
    pub(super) fn level(&self, org: &Org, record: &str, row: &Row) -> AccessLevel {
        if is_owned_only(org, self.object, row) {
            return AccessLevel::None;
        }
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

    /// What rules give, which is all that a guest has.
    pub(super) fn to_guest(&self, row: &Row) -> AccessLevel {
        self.by_rules(row).min(AccessLevel::Read)
    }

    fn by_rules(&self, row: &Row) -> AccessLevel {
        if takes_no_rules(self.object, row) {
            return AccessLevel::None;
        }
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
        .filter(|rule| rule.object == object.name && rules_share(org, object));
    of_object.filter(|rule| {
        group_of(org, &rule.shared_to).is_some_and(|group| circle.benefits_from(&group.id))
    })
}

/// Rows that are kept of an object from which the user has something.
fn manual_for<'org>(
    org: &'org Org,
    object: &str,
    circle: &Circle<'org>,
) -> impl Iterator<Item = &'org ShareRow> {
    kept(org, object).filter(|share| circle.benefits_from(&share.user_or_group))
}

/// Rows that are kept of an object: made by hand, and what a seed brought. What one person was given goes with them: it
/// serves their superiors no longer.
pub(super) fn kept<'org>(org: &'org Org, object: &str) -> impl Iterator<Item = &'org ShareRow> {
    let of_object = org
        .manual_shares
        .values()
        .filter(move |share| share.object == object);
    of_object.filter(|share| {
        let holder = org.users.get(&share.user_or_group);
        !share.ends_with_its_holder() || holder.is_none_or(|holder| holder.active)
    })
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
/// children's organization-wide defaults do not count; of accounts that of this kind of user does.
fn readable_parents<'org>(
    org: &'org Org,
    object: &ObjectSchema,
    circle: &Circle<'org>,
) -> BTreeSet<&'org str> {
    let mut parents = BTreeSet::new();
    let user = org.users.get(circle.user);
    let private = user.is_some_and(|user| model_for(org, user, object) == SharingModel::Private);
    if object.name != "Account" || !private {
        return parents;
    }
    for child in ACCOUNT_CHILDREN
        .iter()
        .filter_map(|child| org.object(child))
        .filter(|child| holds_accounts(org, child))
    {
        let grants = (!holds_by_owning(org, child)).then(|| Grants::explicit(org, child, circle));
        for (id, row) in org
            .rows(&child.name)
            .filter(|(_, row)| !is_private_contact(child, row))
        {
            let held = || owner(row).is_some_and(|owner| circle.benefits_from(owner));
            let given = |grants: &Grants<'_>| grants.level(org, id, row) >= AccessLevel::Read;
            if held() || grants.as_ref().is_some_and(given) {
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
        let middle = org.users.get(circle.user);
        let own = org.platform.superior_levels == Some(SuperiorLevels::Own);
        let owners = below.map(|user| {
            let whose = middle.filter(|_| own).unwrap_or(user);
            (user.id.as_str(), role_level(org, whose, child))
        });
        let owners = owners.collect();
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
