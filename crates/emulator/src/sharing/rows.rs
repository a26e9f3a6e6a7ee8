//! Share rows: who was given what, and why.

use std::collections::BTreeMap;

use super::criteria::Scope;
use super::grants::{ACCOUNT_CHILDREN, kept, role_levels};
use super::people::{group_of, is_external};
use super::{baseline, guests, is_owned_only, owner, takes_no_rules, text};
use crate::store::{
    AccessLevel, AccountLevels, ContactOwners, ContractAccounts, GroupKind, Id, ObjectSchema, Org,
    PublicShares, RulesBesideRead, ShareRow, SharingModel, SharingRule, numbered,
};

/// One row for each record, holder and cause; the widest level where several rules say the same.
type Rows<'org> =
    BTreeMap<(&'org str, &'org str, &'static str), (AccessLevel, Option<AccountLevels>)>;

/// The rows of an object's share table, by record. None where the parent controls access or records have no owners.
///
/// A rule's row points at the group that stands for its target. Rules that give no more than everybody has leave no
/// row: the platform removes them as redundant when a default widens.
pub fn share_rows(org: &Org, object: &str) -> Vec<ShareRow> {
    let Some(object) = org.object(object).filter(|object| stores_rows(org, object)) else {
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
    let manual = kept(org, &object.name).cloned();
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

/// Whether the object has a share table at present. While everybody may write the records anyway there is none (Record Access
/// guide); whether a query is refused then or answered with nothing is said nowhere.
pub fn has_share_table(org: &Org, object: &ObjectSchema) -> bool {
    let refused = org.platform.public_shares == Some(PublicShares::Refused);
    object.has_shares && !follows_parent(object) && !(refused && is_writable_by_all(object))
}

/// Whether that table holds rows.
fn stores_rows(org: &Org, object: &ObjectSchema) -> bool {
    let shown = org.platform.public_shares == Some(PublicShares::Rows);
    has_share_table(org, object) && (shown || !is_writable_by_all(object))
}

fn is_writable_by_all(object: &ObjectSchema) -> bool {
    let models = object.sharing.in_force;
    [models.internal, models.external]
        .iter()
        .all(|model| baseline(*model) >= AccessLevel::Edit)
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
            .filter(|(_, row)| !takes_no_rules(object, row) && scope.matches(row));
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

/// Whether rules share anything of an object: beside a default that opens reading to everybody that is not documented for
/// each object.
pub(super) fn rules_share(org: &Org, object: &ObjectSchema) -> bool {
    let waiting = org.platform.rules_beside_read == Some(RulesBesideRead::Waiting);
    !(waiting && object.sharing.in_force.internal == SharingModel::Read)
}

/// What rules in force share beyond the default.
fn shared_by_rules<'org>(org: &'org Org, object: &'org ObjectSchema) -> Vec<Shared<'org>> {
    let everybody = baseline(object.sharing.in_force.internal);
    let mut shared = Vec::new();
    for rule in org
        .rules_in_force
        .values()
        .filter(|rule| rule.object == object.name && rule.access > everybody)
        .filter(|_| rules_share(org, object))
    {
        let Some(group) = group_of(org, &rule.shared_to) else {
            continue;
        };
        let scope = Scope::new(org, object, rule);
        let records = org
            .rows(&object.name)
            .filter(|(_, row)| !takes_no_rules(object, row) && scope.matches(row));
        shared.extend(records.map(|(record, _)| Shared {
            record,
            group: &group.id,
            rule,
        }));
    }
    shared
}

/// Holders of a child may read its private account. Where it is private to people from outside alone, they and groups are
/// the ones who may.
fn add_implicit_parents<'org>(org: &'org Org, object: &ObjectSchema, rows: &mut Rows<'org>) {
    let models = object.sharing.in_force;
    let inside = baseline(models.internal) < AccessLevel::Read;
    let outside = org.organization.external_sharing_model_enabled
        && baseline(models.external) < AccessLevel::Read;
    if object.name != "Account" || !inside && !outside {
        return;
    }
    let concerned = |holder: &str| match org.users.get(holder) {
        Some(user) => inside || is_external(user),
        None => {
            let group = org.groups.get(holder);
            inside || group.is_some_and(|group| group.kind != GroupKind::Organization)
        }
    };
    for (account, holder) in ACCOUNT_CHILDREN
        .iter()
        .flat_map(|child| holders_of_children(org, child))
        .filter(|(_, holder)| concerned(holder))
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
    let Some(child) = org.object(child).filter(|child| holds_accounts(org, child)) else {
        return Vec::new();
    };
    let owned = org
        .rows(&child.name)
        .filter_map(|(_, row)| Some((text(row, "AccountId")?, owner(row)?)));
    if holds_by_owning(org, child) {
        return owned.collect();
    }
    let ruled = shared_by_rules(org, child)
        .into_iter()
        .filter_map(|shared| {
            let row = org.row(&child.name, shared.record)?;
            Some((text(row, "AccountId")?, shared.group))
        });
    let manual = kept(org, &child.name).filter_map(|share| {
        let row = org.row(&child.name, &share.record)?;
        let row = (!is_owned_only(org, child, row)).then_some(row)?;
        Some((text(row, "AccountId")?, share.user_or_group.as_str()))
    });
    owned.chain(ruled).chain(manual).collect()
}

/// Whether holding such a child makes its account readable. Of contacts that the account controls sources contradict each
/// other.
pub(super) fn holds_accounts(org: &Org, child: &ObjectSchema) -> bool {
    let nothing = org.platform.contact_owners == Some(ContactOwners::Nothing);
    !(nothing && child.name == "Contact" && follows_parent(child))
}

/// Whether owning is the only way to hold such a child: its parent controls it, so nothing can be shared, or it is one of
/// those that sources contradict each other on.
pub(super) fn holds_by_owning(org: &Org, child: &ObjectSchema) -> bool {
    let contract = matches!(child.name.as_str(), "Contract" | "Order");
    let owned = org.platform.contract_accounts == Some(ContractAccounts::Owned);
    follows_parent(child) || contract && owned
}

fn follows_parent(child: &ObjectSchema) -> bool {
    child.sharing.in_force.internal == SharingModel::ControlledByParent
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
        by: None,
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
