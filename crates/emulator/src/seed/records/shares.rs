//! Share rows and team members of a seed: what people were given one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::sharing::share_prefix;
use crate::store::{
    AccessLevel, AccountLevels, FieldSchema, FieldType, Id, ObjectSchema, Org, ShareRow,
};
use crate::views;

/// The objects of teams: name, then each field, with what it refers to. This org keeps of a team what it gives.
const TEAMS: [(&str, &[(&str, &str)]); 4] = [
    (
        "AccountTeamMember",
        &[
            ("AccountId", "Account"),
            ("UserId", "User"),
            ("TeamMemberRole", ""),
            ("AccountAccessLevel", ""),
            ("ContactAccessLevel", ""),
            ("OpportunityAccessLevel", ""),
            ("CaseAccessLevel", ""),
        ],
    ),
    (
        "OpportunityTeamMember",
        &[
            ("OpportunityId", "Opportunity"),
            ("UserId", "User"),
            ("TeamMemberRole", ""),
            ("OpportunityAccessLevel", ""),
        ],
    ),
    ("CaseTeamRole", &[("Name", ""), ("AccessLevel", "")]),
    (
        "CaseTeamMember",
        &[
            ("ParentId", "Case"),
            ("MemberId", "User"),
            ("TeamRoleId", "CaseTeamRole"),
        ],
    ),
];

/// The schema of an object whose records become share rows: a share object, or one of teams. In any case.
pub(super) fn schema<'o>(org: &'o Org, name: &str) -> Option<Cow<'o, ObjectSchema>> {
    if let Some(shared) = views::shared_object(org, name) {
        return Some(Cow::Owned(views::share_schema(shared)));
    }
    let (name, fields) = TEAMS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let fields = fields.iter().map(|(field, target)| {
        let field = match *target {
            "" => text(field),
            target => reference(field, target),
        };
        (field.name.clone(), field)
    });
    Some(Cow::Owned(ObjectSchema {
        name: (*name).to_owned(),
        key_prefix: "0Tm".to_owned(),
        fields: fields.collect(),
        ..ObjectSchema::default()
    }))
}

fn text(name: &str) -> FieldSchema {
    FieldSchema {
        name: name.to_owned(),
        kind: FieldType::String,
        ..FieldSchema::default()
    }
}

fn reference(name: &str, target: &str) -> FieldSchema {
    FieldSchema {
        kind: FieldType::Reference,
        reference_to: vec![target.to_owned()],
        relationship_name: name.strip_suffix("Id").map(str::to_owned),
        ..text(name)
    }
}

/// A record of a seed, once its references are ids.
type Values = BTreeMap<String, Value>;

/// The levels of case team roles, by the id that the seed gives each.
pub(super) type TeamRoles = BTreeMap<Id, AccessLevel>;

/// Takes in a record of one of these objects; `Ok(false)` where it is of none.
///
/// # Errors
/// A sentence about what is missing or is no level.
pub(super) fn insert(
    org: &mut Org,
    object: &str,
    id: &Id,
    values: &Values,
    roles: &mut TeamRoles,
) -> Result<bool, String> {
    let named = |name: &str| part(values, name);
    let row = match object {
        "CaseTeamRole" => {
            roles.insert(id.clone(), level(values, "AccessLevel", None)?);
            return Ok(true);
        }
        "AccountTeamMember" => ShareRow {
            record: named("AccountId")?,
            user_or_group: named("UserId")?,
            level: level(values, "AccountAccessLevel", Some(AccessLevel::Read))?,
            account_levels: Some(children(values)?),
            ..team("Account")
        },
        "OpportunityTeamMember" => ShareRow {
            record: named("OpportunityId")?,
            user_or_group: named("UserId")?,
            level: level(values, "OpportunityAccessLevel", Some(AccessLevel::Read))?,
            ..team("Opportunity")
        },
        "CaseTeamMember" => ShareRow {
            record: named("ParentId")?,
            user_or_group: named("MemberId")?,
            level: roles
                .get(&named("TeamRoleId")?)
                .copied()
                .unwrap_or_default(),
            ..team("Case")
        },
        share => match views::shared_object(org, share).map(|shared| shared.name.clone()) {
            Some(object) => shared(object, values)?,
            None => return Ok(false),
        },
    };
    keep(org, row);
    Ok(true)
}

/// Puts a row into the store. A level of None gives nothing and leaves no row.
pub(crate) fn keep(org: &mut Org, row: ShareRow) {
    let holder = org.users.get(&row.user_or_group);
    let ended = row.ends_with_its_holder() && holder.is_some_and(|holder| !holder.active);
    if row.level == AccessLevel::None || ended {
        return;
    }
    let id = org.next_id(share_prefix(&row.object));
    let row = ShareRow {
        id: id.clone(),
        ..row
    };
    org.manual_shares.insert(id, row);
}

fn team(object: &str) -> ShareRow {
    ShareRow {
        object: object.to_owned(),
        cause: "Team".to_owned(),
        ..ShareRow::default()
    }
}

/// A row of a share object; made by hand unless it says otherwise.
fn shared(object: String, values: &Values) -> Result<ShareRow, String> {
    let said = |name: &str| part(values, name).ok();
    Ok(ShareRow {
        record: part(values, &views::parent_column(&object))?,
        user_or_group: part(values, "UserOrGroupId")?,
        level: level(values, &views::level_column(&object), None)?,
        cause: said("RowCause").unwrap_or_else(|| "Manual".to_owned()),
        account_levels: (object == "Account")
            .then(|| children(values))
            .transpose()?,
        by: said("LastModifiedById"),
        object,
        ..ShareRow::default()
    })
}

fn children(values: &Values) -> Result<AccountLevels, String> {
    let of = |name: &str| level(values, name, Some(AccessLevel::None));
    Ok(AccountLevels {
        case: of("CaseAccessLevel")?,
        contact: of("ContactAccessLevel")?,
        opportunity: of("OpportunityAccessLevel")?,
    })
}

fn part(values: &Values, name: &str) -> Result<String, String> {
    let value = values.get(name).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .ok_or_else(|| format!("{name} is missing"))
}

fn level(values: &Values, name: &str, unsaid: Option<AccessLevel>) -> Result<AccessLevel, String> {
    match (part(values, name), unsaid) {
        (Err(_), Some(unsaid)) => Ok(unsaid),
        (stated, _) => {
            let stated = stated?;
            AccessLevel::parse(&stated).ok_or_else(|| format!("{name} is never {stated:?}"))
        }
    }
}
