//! Territories of a seed: who works in which, and which accounts are in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::named;
use crate::store::{self, AccessLevel, AccountLevels, GroupKind, Id, Org, ShareRow};

/// A territory as `org.json` states it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Territory {
    name: String,
    parent: Option<String>,
    /// What its users get on its accounts, and on what hangs on them.
    #[serde(default = "reading")]
    account: AccessLevel,
    #[serde(default)]
    contact: AccessLevel,
    #[serde(default)]
    opportunity: AccessLevel,
    #[serde(default)]
    case: AccessLevel,
    /// Usernames.
    #[serde(default)]
    users: Vec<String>,
    /// Names of accounts, or their ids.
    #[serde(default)]
    accounts: Vec<String>,
}

fn reading() -> AccessLevel {
    AccessLevel::Read
}

/// Makes the territories, their groups and the rows that share their accounts (object reference, `Territory2` and
/// `AccountShare`).
///
/// # Errors
/// A name that nothing has.
pub(super) fn lay(org: &mut Org, territories: &[Territory]) -> Result<(), String> {
    let ids: BTreeMap<&str, Id> = territories
        .iter()
        .map(|territory| {
            (
                territory.name.as_str(),
                named::territory(org, &territory.name),
            )
        })
        .collect();
    for territory in territories {
        let stated = described(org, territory, &ids)?;
        let id = stated.id.clone();
        org.territories.insert(id.clone(), stated);
        let group = org.group_for(GroupKind::Territory, Some(&id));
        let group = group.map(|group| group.id.clone()).unwrap_or_default();
        for account in &territory.accounts {
            share(org, &id, &group, account)?;
        }
    }
    Ok(())
}

fn described(
    org: &Org,
    stated: &Territory,
    ids: &BTreeMap<&str, Id>,
) -> Result<store::Territory, String> {
    let named = |name: &str| {
        let id = ids.get(name).cloned();
        id.ok_or_else(|| format!("territories: there is no territory {name}"))
    };
    let user = |username: &String| {
        let user = org.user_by_username(username);
        user.map(|user| user.id.clone())
            .ok_or_else(|| format!("territories: there is no user {username}"))
    };
    Ok(store::Territory {
        id: named(&stated.name)?,
        developer_name: stated.name.clone(),
        parent: stated.parent.as_deref().map(named).transpose()?,
        users: stated.users.iter().map(user).collect::<Result<_, _>>()?,
        account: stated.account,
        children: AccountLevels {
            case: stated.case,
            contact: stated.contact,
            opportunity: stated.opportunity,
        },
    })
}

fn share(org: &mut Org, territory: &str, group: &str, account: &str) -> Result<(), String> {
    let meant = |(id, row): &(&Id, &store::Row)| {
        *id == account || row.get("Name").and_then(Value::as_str) == Some(account)
    };
    let record = org.rows("Account").find(meant).map(|(id, _)| id.clone());
    let record = record.ok_or_else(|| format!("territories: there is no account {account}"))?;
    let stated = org.territories.get(territory).cloned().unwrap_or_default();
    let id = org.next_id("00r");
    let row = ShareRow {
        id: id.clone(),
        object: "Account".to_owned(),
        record,
        user_or_group: group.to_owned(),
        level: stated.account,
        cause: "Territory2AssociationManual".to_owned(),
        account_levels: Some(stated.children),
        by: None,
    };
    org.manual_shares.insert(id, row);
    Ok(())
}
