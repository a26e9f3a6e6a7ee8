//! Share rows: who was given what, and why.

use std::collections::BTreeMap;

use super::criteria::Scope;
use super::grants::{ACCOUNT_CHILDREN, role_levels};
use super::guests;
use super::people::group_of;
use super::{baseline, is_private_contact, owner, text};
use crate::store::{
    AccessLevel, AccountLevels, Id, ObjectSchema, Org, ShareRow, SharingModel, SharingRule,
    numbered,
};

/// One row for each record, holder and cause; the widest level where several rules say the same.
type Rows<'org> =
    BTreeMap<(&'org str, &'org str, &'static str), (AccessLevel, Option<AccountLevels>)>;

/// The rows of an object's share table, by record. None where the parent controls access or records have no owners.
///
/// A rule's row points at the group that stands for its target. Rules that give no more than everybody has leave no
/// row: the platform removes them as redundant when a default widens.
pub fn share_rows(org: &Org, object: &str) -> Vec<ShareRow> {
    let Some(object) = org.object(object).filter(|object| stores_rows(object)) else {
        return Vec::new();
    };
    let mut rows = Rows::new();
    for (id, row) in org.rows(&object.name) {
        if let Some(owner) = owner(row) {
            rows.insert(
                (id, owner, "Owner"),
                (AccessLevel::All, owner_levels(org, object, owner)),
            );
        }
    }
    add_rule_rows(org, object, &mut rows);
    add_guest_rows(org, object, &mut rows);
    add_implicit_parents(org, object, &mut rows);
    let computed = rows.into_iter().map(|row| share_row(object, row));
    let manual = org
        .manual_shares
        .values()
        .filter(|share| share.object == object.name)
        .cloned();
    let mut all: Vec<ShareRow> = computed.chain(manual).collect();
    all.sort_by(|left, right| {
        (&left.record, &left.user_or_group, &left.cause).cmp(&(
            &right.record,
            &right.user_or_group,
            &right.cause,
        ))
    });
    all
}

fn stores_rows(object: &ObjectSchema) -> bool {
    object.has_shares && object.sharing.in_force.internal != SharingModel::ControlledByParent
}

/// What `AccountShare` shows on an owner's row for the children: the levels of the owner's role.
fn owner_levels(org: &Org, object: &ObjectSchema, owner: &str) -> Option<AccountLevels> {
    let owner = org.users.get(owner).filter(|_| object.name == "Account")?;
    Some(role_levels(org, owner))
}

fn add_rule_rows<'org>(org: &'org Org, object: &'org ObjectSchema, rows: &mut Rows<'org>) {
    for Shared {
        record,
        group,
        rule,
    } in shared_by_rules(org, object)
    {
        let row = rows
            .entry((record, group, "Rule"))
            .or_insert((rule.access, rule.account_levels));
        row.0 = row.0.max(rule.access);
        row.1 = wider(row.1, rule.account_levels);
    }
}

fn add_guest_rows<'org>(org: &'org Org, object: &'org ObjectSchema, rows: &mut Rows<'org>) {
    for (rule, guests) in guests::rules(org, &object.name) {
        let scope = Scope::new(org, object, rule);
        let shared = org
            .rows(&object.name)
            .filter(|(_, row)| !is_private_contact(object, row) && scope.matches(row));
        for (record, _) in shared {
            let given = (rule.access, None);
            let holders = guests.iter().map(|guest| guest.id.as_str());
            rows.extend(holders.map(|guest| ((record.as_str(), guest, "GuestRule"), given)));
        }
    }
}

/// For each kind of child the wider of two levels.
fn wider(one: Option<AccountLevels>, other: Option<AccountLevels>) -> Option<AccountLevels> {
    let (Some(one), Some(other)) = (one, other) else {
        return one.or(other);
    };
    Some(AccountLevels {
        case: one.case.max(other.case),
        contact: one.contact.max(other.contact),
        opportunity: one.opportunity.max(other.opportunity),
    })
}

/// A record, the group a rule shares it to, and the rule.
struct Shared<'org> {
    record: &'org str,
    group: &'org str,
    rule: &'org SharingRule,
}

/// What rules in force share beyond the default.
fn shared_by_rules<'org>(org: &'org Org, object: &'org ObjectSchema) -> Vec<Shared<'org>> {
    let everybody = baseline(object.sharing.in_force.internal);
    let mut shared = Vec::new();
    for rule in org
        .rules_in_force
        .values()
        .filter(|rule| rule.object == object.name && rule.access > everybody)
    {
        let Some(group) = group_of(org, &rule.shared_to) else {
            continue;
        };
        let scope = Scope::new(org, object, rule);
        let records = org
            .rows(&object.name)
            .filter(|(_, row)| !is_private_contact(object, row) && scope.matches(row));
        shared.extend(records.map(|(record, _)| Shared {
            record,
            group: &group.id,
            rule,
        }));
    }
    shared
}

/// Holders of a child may read its private account.
fn add_implicit_parents<'org>(org: &'org Org, object: &ObjectSchema, rows: &mut Rows<'org>) {
    if object.name != "Account" || baseline(object.sharing.in_force.internal) >= AccessLevel::Read {
        return;
    }
    for (account, holder) in ACCOUNT_CHILDREN
        .iter()
        .flat_map(|child| holders_of_children(org, child))
    {
        if !rows.contains_key(&(account, holder, "Owner")) {
            rows.insert(
                (account, holder, "ImplicitParent"),
                (AccessLevel::Read, Some(AccountLevels::default())),
            );
        }
    }
}

/// Account and holder, for each share row of this child object.
fn holders_of_children<'org>(org: &'org Org, child: &str) -> Vec<(&'org str, &'org str)> {
    let Some(child) = org.object(child).filter(|child| holds_accounts(child)) else {
        return Vec::new();
    };
    let owned = org
        .rows(&child.name)
        .filter_map(|(_, row)| Some((text(row, "AccountId")?, owner(row)?)));
    let ruled = shared_by_rules(org, child)
        .into_iter()
        .filter_map(|shared| {
            let row = org.row(&child.name, shared.record)?;
            Some((text(row, "AccountId")?, shared.group))
        });
    let manual = org
        .manual_shares
        .values()
        .filter(|share| share.object == child.name)
        .filter_map(|share| {
            let row = org.row(&child.name, &share.record)?;
            Some((text(row, "AccountId")?, share.user_or_group.as_str()))
        });
    owned.chain(ruled).chain(manual).collect()
}

/// Whether holding such a child makes its account readable. Contacts that the account controls are held by nobody.
pub(super) fn holds_accounts(child: &ObjectSchema) -> bool {
    child.name != "Contact" || child.sharing.in_force.internal != SharingModel::ControlledByParent
}

fn share_row(
    object: &ObjectSchema,
    row: (
        (&str, &str, &'static str),
        (AccessLevel, Option<AccountLevels>),
    ),
) -> ShareRow {
    let ((record, holder, cause), (level, account_levels)) = row;
    ShareRow {
        id: row_id(object, record, holder, cause),
        object: object.name.clone(),
        record: record.to_owned(),
        user_or_group: holder.to_owned(),
        level,
        cause: cause.to_owned(),
        account_levels,
    }
}

/// An id that a computed row keeps for as long as it says the same: its number is a hash of what the row says.
fn row_id(object: &ObjectSchema, record: &str, holder: &str, cause: &str) -> Id {
    let bytes = [record, holder, cause].into_iter().flat_map(str::bytes);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    numbered(share_prefix(&object.name), hash >> 11)
}

/// The three characters that ids of an object's share rows start with.
pub fn share_prefix(object: &str) -> &'static str {
    match object {
        "Account" => "00r",
        "Campaign" => "08s",
        "Case" => "01n",
        "Contact" => "03s",
        "Individual" => "0T0",
        "Lead" => "01o",
        "Opportunity" => "00t",
        "Order" => "0SU",
        "Asset" => "02h",
        "User" => "0N0",
        _ => "02c",
    }
}
