//! Share rows: what rules and people share, record by record.

use crate::soql;
use crate::soql::Row;
use std::collections::BTreeSet;

/// Somebody whom share rows may open records to: a user with its role, and the roles around it, by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedWith {
    /// Record id of the user.
    pub user: String,
    /// Its role.
    pub role: Option<String>,
    /// The roles below.
    pub below: BTreeSet<String>,
    /// The roles above.
    pub above: BTreeSet<String>,
}

/// The object that holds the share rows of an object.
pub(super) fn share_object(object: &str) -> String {
    match object.strip_suffix("__c") {
        Some(custom) => format!("{custom}__Share"),
        None => format!("{object}Share"),
    }
}

/// The column of share rows that names their record: `ParentId` on custom objects, by the object on standard ones.
pub(super) fn record_column(object: &str) -> String {
    match object.ends_with("__c") {
        true => "ParentId".to_owned(),
        false => format!("{object}Id"),
    }
}

/// The column of share rows that says what they give: `AccessLevel` on custom objects.
pub(super) fn level_column(object: &str) -> String {
    match object.ends_with("__c") {
        true => "AccessLevel".to_owned(),
        false => format!("{object}AccessLevel"),
    }
}

impl SharedWith {
    /// Counts the records that share rows open besides what the user and those below own: to everybody, to its role and
    /// those below, to branches that they stand in.
    pub(super) fn count(&self, object: &str) -> String {
        let (share, column) = (share_object(object), record_column(object));
        let parent = column.strip_suffix("Id").unwrap_or(&column);
        let mut others = format!("{parent}.OwnerId != {}", soql::literal(&self.user));
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
        let Some(role) = &self.role else {
            return groups.concat();
        };
        let own = || self.below.iter().chain([role]);
        groups.push(format!(
            "(Type = 'Role' AND RelatedId IN {})",
            soql::list(own())
        ));
        let branches = soql::list(own().chain(&self.above));
        groups.push(format!(
            "(Type IN ('RoleAndSubordinates', 'RoleAndSubordinatesInternal') AND RelatedId IN {branches})"
        ));
        groups.join(" OR ")
    }
}

/// Why a record is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Record id of what is shared.
    pub record: String,
    /// `Owner`, `Rule`, `Manual` and others.
    pub cause: String,
    /// Id of the user or group it is shared with.
    pub with: String,
    /// `Read`, `Edit` or `All`, where that was asked for.
    pub level: Option<String>,
}

/// A group, queue, or what stands for a role in share rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareGroup {
    /// Record id.
    pub id: String,
    /// API name, where it has one.
    pub name: Option<String>,
    /// Id of the role that it stands for.
    pub related: Option<String>,
    /// `Regular`, `Queue`, `Role` and others (object reference, Group, `Type`).
    pub kind: String,
}

/// The share rows of these records but their owners', which say no more than whose the records are.
pub fn shares_of(object: &str, ids: &[String]) -> String {
    let (column, share) = (record_column(object), share_object(object));
    let level = level_column(object);
    format!(
        "SELECT {column}, RowCause, UserOrGroupId, {level} FROM {share} WHERE RowCause != 'Owner' AND {column} IN {}",
        soql::list(ids)
    )
}

/// The share rows of these accounts that are there because somebody was given a contact, opportunity or case of them
/// (object reference, AccountShare, `RowCause`).
pub fn parent_rows(accounts: &[&str]) -> String {
    format!(
        "SELECT AccountId, RowCause, UserOrGroupId FROM AccountShare WHERE RowCause = 'ImplicitParent' AND AccountId IN {}",
        soql::list(accounts)
    )
}

/// Whom these accounts are shared with, and what that opens of an object's records below them (object reference,
/// AccountShare, `ContactAccessLevel` and its like).
pub fn shares_of_accounts(accounts: &[&str], object: &str) -> String {
    format!(
        "SELECT AccountId, RowCause, UserOrGroupId, {} FROM AccountShare WHERE AccountId IN {}",
        level_column(object),
        soql::list(accounts)
    )
}

/// What the rows of [`shares_of_accounts`] say.
pub fn read_shares_of_accounts(object: &str, rows: &[Row]) -> Vec<Share> {
    let mut shares = read_shares("Account", rows);
    let levels = rows
        .iter()
        .map(|row| row.cells().owned(&level_column(object)));
    for (share, level) in shares.iter_mut().zip(levels) {
        share.level = level;
    }
    shares
}

/// What the rows of [`shares_of`] say.
pub fn read_shares(object: &str, rows: &[Row]) -> Vec<Share> {
    let (column, level) = (record_column(object), level_column(object));
    let share = |row: &Row| {
        let cells = row.cells();
        Some(Share {
            record: cells.owned(&column)?,
            cause: cells.owned("RowCause")?,
            with: cells.owned("UserOrGroupId")?,
            level: cells.owned(&level),
        })
    };
    rows.iter().filter_map(share).collect()
}

/// These groups.
pub fn groups_of(ids: &BTreeSet<&str>) -> String {
    format!(
        "SELECT Id, DeveloperName, Type, RelatedId FROM Group WHERE Id IN {}",
        soql::list(ids)
    )
}

/// What the rows of [`groups_of`] say.
pub fn read_groups(rows: &[Row]) -> Vec<ShareGroup> {
    let group = |row: &Row| {
        let cells = row.cells();
        Some(ShareGroup {
            id: cells.owned("Id")?,
            name: cells.owned("DeveloperName"),
            related: cells.owned("RelatedId"),
            kind: cells.owned("Type").unwrap_or_default(),
        })
    };
    rows.iter().filter_map(group).collect()
}

/// The group that stands for a role, by the role's id: share rows name it, not the role.
pub fn role_group(role_id: &str) -> String {
    format!(
        "SELECT Id, DeveloperName, Type, RelatedId FROM Group WHERE Type = 'Role' AND RelatedId = {}",
        soql::literal(role_id)
    )
}

fn rows_of_rules(object: &str, group_id: &str) -> String {
    let share = share_object(object);
    format!(
        "{share} WHERE RowCause = 'Rule' AND UserOrGroupId = {}",
        soql::literal(group_id)
    )
}

/// Counts the share rows that rules made for a group.
pub fn count_of_rule_rows(object: &str, group_id: &str) -> String {
    format!(
        "SELECT COUNT(Id) n FROM {}",
        rows_of_rules(object, group_id)
    )
}

/// Counts the share rows by which rules let anybody edit.
pub fn count_of_editing_rule_rows(object: &str) -> String {
    let (share, level) = (share_object(object), level_column(object));
    format!("SELECT COUNT(Id) n FROM {share} WHERE RowCause = 'Rule' AND {level} = 'Edit'")
}

/// The first share rows that rules made for a group.
pub fn rule_rows(object: &str, group_id: &str, limit: u64) -> String {
    let column = record_column(object);
    format!(
        "SELECT {column}, RowCause, UserOrGroupId FROM {} LIMIT {limit}",
        rows_of_rules(object, group_id)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn share_rows_name_their_record_by_the_object() {
        let row = Row::of(
            &json!({"LeadId": "00Q1", "ParentId": "a001", "RowCause": "Rule", "UserOrGroupId": "00G1"}),
        );
        let record = |object: &str| {
            let shares = read_shares(object, std::slice::from_ref(&row));
            shares.first().map(|share| share.record.clone())
        };
        assert_eq!(record("Lead").as_deref(), Some("00Q1"));
        assert_eq!(record("Thing__c").as_deref(), Some("a001"));
        assert_eq!(record("Case"), None);
        assert!(
            shares_of("Thing__c", &["a001".to_owned()])
                .contains(" FROM Thing__Share WHERE RowCause != 'Owner' AND ParentId IN ")
        );
        assert!(
            count_of_rule_rows("Lead", "00G1").contains(" FROM LeadShare WHERE RowCause = 'Rule'")
        );
        assert!(rule_rows("Lead", "00G1", 20).ends_with(" LIMIT 20"));
    }

    #[test]
    fn what_is_shared_with_a_user_is_counted_beside_what_it_and_those_below_own() {
        let mut with = SharedWith {
            user: "005A".to_owned(),
            role: None,
            below: BTreeSet::new(),
            above: BTreeSet::new(),
        };
        let alone = with.count("Lead");
        assert!(
            alone.contains("Lead.OwnerId != '005A' AND UserOrGroupId IN"),
            "{alone}"
        );
        assert!(
            alone.ends_with("(SELECT Id FROM Group WHERE Type = 'Organization')"),
            "{alone}"
        );
        with.role = Some("00E2".to_owned());
        with.below.insert("00E3".to_owned());
        with.above.insert("00E1".to_owned());
        let around = with.count("Lead");
        for part in [
            "Lead.Owner.UserRoleId NOT IN ('00E3')",
            "(Type = 'Role' AND RelatedId IN ('00E3','00E2'))",
            "RelatedId IN ('00E3','00E2','00E1'))",
        ] {
            assert!(around.contains(part), "{part}: {around}");
        }
    }

    #[test]
    fn groups_are_read_with_the_role_that_they_stand_for() {
        let rows = [
            Row::of(
                &json!({"Id": "00G1", "DeveloperName": null, "Type": "Role", "RelatedId": "00E1"}),
            ),
            Row::of(
                &json!({"Id": "00G2", "DeveloperName": "Inbox", "Type": "Queue", "RelatedId": null}),
            ),
        ];
        let groups = read_groups(&rows);
        let related: Vec<_> = groups
            .iter()
            .map(|group| group.related.as_deref())
            .collect();
        assert_eq!(related, [Some("00E1"), None]);
        assert_eq!(groups[1].name.as_deref(), Some("Inbox"));
        assert!(role_group("00E1").ends_with("WHERE Type = 'Role' AND RelatedId = '00E1'"));
        assert!(groups_of(&BTreeSet::from(["00G1"])).ends_with("WHERE Id IN ('00G1')"));
    }
}
