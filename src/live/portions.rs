//! An object's records by who owns them, and who owns the account above them: what each of those has is seen whole or not.

use super::Live;
use super::filter::Filter;
use super::known::Known;
use super::need::Need;
use super::shares::{level_column, record_column, share_object};
use super::sharing_need::SharingNeed;
use crate::soql::Row;

/// Records of an object that belong to the same owner, under accounts of the same owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Record id of the owner, where there is one.
    pub owner: Option<String>,
    /// Record id of the account's owner, where they belong to an account and it says anything.
    pub account_owner: Option<String>,
    /// How many.
    pub records: u64,
}

/// Share rows for the same holder and of the same cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRows {
    /// Record id of the user or group.
    pub holder: String,
    /// `Rule`, `Manual`, `Team` and others; never `Owner`.
    pub cause: String,
    /// `Read`, `Edit` or `All`, where it was asked.
    pub level: Option<String>,
    /// Record id of the records' owner, where it was asked.
    pub owner: Option<String>,
    /// How many: one for each record, holder and cause.
    pub rows: u64,
}

/// Whether an object's records may be seen because of the account above them.
pub fn is_under_accounts(object: &str) -> bool {
    matches!(object, "Contact" | "Opportunity" | "Case")
}

/// Records that sharing can open to others: contacts without an account are their owners' alone, and private opportunities
/// their owners' and superiors'. `None` where these are all.
fn shareable(object: &str, has_private: bool, relation: &str) -> Option<String> {
    match object {
        "Contact" => Some(format!("{relation}AccountId != null")),
        "Opportunity" if has_private => Some(format!("{relation}IsPrivate = false")),
        _ => None,
    }
}

/// The shareable records of an object, or those of them that a filter means, by owner. The platform groups up to 2,000.
pub(super) fn query(object: &str, filter: Option<&Filter>, has_private: bool) -> String {
    let conditions = shareable(object, has_private, "").into_iter();
    let filter = filter.map(|filter| format!("({})", filter.condition()));
    let conditions: Vec<String> = conditions.chain(filter).collect();
    let condition = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    match is_under_accounts(object) {
        true => format!(
            "SELECT OwnerId own, Account.OwnerId above, COUNT(Id) n FROM {object}{condition} GROUP BY OwnerId, Account.OwnerId"
        ),
        false => {
            format!("SELECT OwnerId own, COUNT(Id) n FROM {object}{condition} GROUP BY OwnerId")
        }
    }
}

pub(super) fn portion(row: &Row) -> Option<Portion> {
    let cells = row.cells();
    Some(Portion {
        owner: cells.owned("own"),
        account_owner: cells.owned("above"),
        records: row.number("n")?,
    })
}

/// Counts share rows by holder, cause and level.
pub(super) fn rows_query(object: &str) -> String {
    let (share, level) = (share_object(object), level_column(object));
    format!(
        "SELECT UserOrGroupId, RowCause, {level} level, COUNT(Id) n FROM {share} WHERE RowCause != 'Owner' GROUP BY UserOrGroupId, RowCause, {level}"
    )
}

/// Counts share rows that no rule made, by holder, cause and the owner of the record.
pub(super) fn given_query(object: &str, has_private: bool) -> String {
    let (share, column) = (share_object(object), record_column(object));
    let parent = match object.strip_suffix("__c") {
        Some(_) => "Parent".to_owned(),
        None => column.strip_suffix("Id").unwrap_or(&column).to_owned(),
    };
    let only = shareable(object, has_private, &format!("{parent}."));
    let only = only.map_or(String::new(), |only| format!(" AND {only}"));
    format!(
        "SELECT UserOrGroupId, RowCause, {parent}.OwnerId own, COUNT(Id) n FROM {share} WHERE RowCause NOT IN ('Owner','Rule'){only} \
         GROUP BY UserOrGroupId, RowCause, {parent}.OwnerId"
    )
}

/// Counts share rows of accounts that open an object's records below, by holder and cause.
pub(super) fn through_accounts_query(object: &str) -> String {
    let level = level_column(object);
    format!(
        "SELECT UserOrGroupId, RowCause, COUNT(Id) n FROM AccountShare WHERE RowCause != 'Owner' AND {level} != 'None' GROUP BY UserOrGroupId, RowCause"
    )
}

pub(super) fn share_rows(row: &Row) -> Option<ShareRows> {
    let cells = row.cells();
    Some(ShareRows {
        holder: cells.owned("UserOrGroupId")?,
        cause: cells.owned("RowCause")?,
        level: cells.owned("level"),
        owner: cells.owned("own"),
        rows: row.number("n")?,
    })
}

impl Live {
    /// Whether opportunities can be private.
    pub fn has_private_opportunities(&self) -> bool {
        self.field("Opportunity", "IsPrivate").is_some()
    }

    /// The need to count an object's shareable records, or some of them, by owner.
    pub fn need_of_portions(&self, object: &str, filter: Option<Filter>) -> Need {
        let has_private = self.has_private_opportunities();
        Need::Sharing(SharingNeed::Portions(
            object.to_owned(),
            filter,
            has_private,
        ))
    }

    /// An object's shareable records, or those that a filter means, by owner.
    pub fn portions(&self, object: &str, filter: Option<&Filter>) -> Known<&[Portion]> {
        if filter.is_none() && !is_under_accounts(object) {
            // The counts by owner tell as much.
            return self.owners(object).map(super::Owners::portions);
        }
        let has_private = self.has_private_opportunities();
        let need = SharingNeed::Portions(object.to_owned(), filter.cloned(), has_private);
        let part = self.portions.get(&need).map(Vec::as_slice);
        self.known(&Need::Sharing(need), part)
    }

    /// Share rows by holder, cause and level.
    pub fn share_rows(&self, object: &str) -> Known<&[ShareRows]> {
        self.rows_of(SharingNeed::Rows(object.to_owned()))
    }

    /// Share rows that no rule made, by holder, cause and owner.
    pub fn given_rows(&self, object: &str) -> Known<&[ShareRows]> {
        let has_private = self.has_private_opportunities();
        self.rows_of(SharingNeed::GivenRows(object.to_owned(), has_private))
    }

    /// Share rows of accounts that open an object's records below.
    pub fn rows_through_accounts(&self, object: &str) -> Known<&[ShareRows]> {
        self.rows_of(SharingNeed::RowsThroughAccounts(object.to_owned()))
    }

    fn rows_of(&self, need: SharingNeed) -> Known<&[ShareRows]> {
        let part = self.share_rows.get(&need).map(Vec::as_slice);
        self.known(&Need::Sharing(need), part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_cannot_see_is_left_out_and_what_lies_under_accounts_is_told_apart_by_theirs() {
        assert_eq!(
            query("Lead", None, false),
            "SELECT OwnerId own, COUNT(Id) n FROM Lead GROUP BY OwnerId"
        );
        let some = Filter::owned_by("ada@acme.example");
        assert_eq!(
            query("Contact", Some(&some), false),
            "SELECT OwnerId own, Account.OwnerId above, COUNT(Id) n FROM Contact WHERE AccountId != null AND \
             (Owner.Username = 'ada@acme.example') GROUP BY OwnerId, Account.OwnerId"
        );
        let private = |has_private| query("Opportunity", None, has_private).contains("IsPrivate");
        assert_eq!((private(true), private(false)), (true, false));
    }

    #[test]
    fn share_rows_are_counted_by_holder_and_of_custom_objects_by_their_own_columns() {
        assert!(rows_query("Lead").contains("LeadAccessLevel level, COUNT(Id) n FROM LeadShare"));
        assert!(
            rows_query("Thing__c")
                .contains("RowCause, AccessLevel level, COUNT(Id) n FROM Thing__Share")
        );
        let given = given_query("Contact", false);
        assert!(
            given.contains("Contact.OwnerId own") && given.contains("Contact.AccountId != null")
        );
        assert!(
            given_query("Thing__c", false)
                .contains("GROUP BY UserOrGroupId, RowCause, Parent.OwnerId")
        );
        let row = json!({"UserOrGroupId": "00G1", "RowCause": "Manual", "own": "005A", "n": 2});
        let rows = share_rows(&Row::of(&row)).expect("rows");
        assert_eq!(
            (rows.owner.as_deref(), rows.level, rows.rows),
            (Some("005A"), None, 2)
        );
    }
}
