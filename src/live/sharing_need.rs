//! What there is to know of who stands where, who owns what, and whom it is shared with.

use super::filter::Filter;
use super::{Live, everyone, people, portions};
use crate::soql::Row;

/// A thing that decides who sees what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharingNeed {
    /// All users, with role, profile and kind.
    People,
    /// What share rows may name besides users.
    Groups,
    /// Who is in which public group or queue.
    Members,
    /// Groups that were made for `keepAccess: everyone`, with what they say of themselves.
    EveryoneGroups,
    /// Users who may use the API only.
    ApiOnly,
    /// An object's shareable records, or those that a filter means, by owner; whether opportunities can be private.
    Portions(String, Option<Filter>, bool),
    /// Share rows of an object by holder, cause and level.
    Rows(String),
    /// Share rows of an object that no rule made, by holder, cause and owner; whether opportunities can be private.
    GivenRows(String, bool),
    /// Share rows of accounts that open an object's records below, by holder and cause.
    RowsThroughAccounts(String),
}

impl SharingNeed {
    pub(super) fn query(&self) -> String {
        match self {
            Self::People => people::PEOPLE.to_owned(),
            Self::Groups => people::SHARING_GROUPS.to_owned(),
            Self::Members => people::MEMBERS.to_owned(),
            Self::EveryoneGroups => everyone::GROUPS_OF_EVERYONE.to_owned(),
            Self::ApiOnly => everyone::API_ONLY.to_owned(),
            Self::Portions(object, filter, private) => {
                portions::query(object, filter.as_ref(), *private)
            }
            Self::Rows(object) => portions::rows_query(object),
            Self::GivenRows(object, private) => portions::given_query(object, *private),
            Self::RowsThroughAccounts(object) => portions::through_accounts_query(object),
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::People => "who its users are".to_owned(),
            Self::Groups => "which groups records are shared with".to_owned(),
            Self::Members => "who is in which group".to_owned(),
            Self::EveryoneGroups => "which groups of everybody it has".to_owned(),
            Self::ApiOnly => "which users may use the API only".to_owned(),
            Self::Portions(object, None, _) => {
                format!("who owns how many {object} records that can be shared")
            }
            Self::Portions(object, Some(filter), _) => {
                format!(
                    "who owns how many {object} records that {}",
                    filter.meaning()
                )
            }
            Self::Rows(object) | Self::GivenRows(object, _) => {
                format!("whom {object} records are shared with")
            }
            Self::RowsThroughAccounts(object) => {
                format!("to whom accounts open {object} records")
            }
        }
    }
}

impl Live {
    /// Takes in the rows that tell of it.
    pub(super) fn decode_sharing(&mut self, need: &SharingNeed, rows: &[Row]) {
        match need {
            SharingNeed::People => {
                self.people = Some(rows.iter().filter_map(people::person).collect());
            }
            SharingNeed::Groups => {
                let groups = rows.iter().filter_map(people::sharing_group);
                self.sharing_groups = Some(groups.collect());
            }
            SharingNeed::Members => {
                let members = rows.iter().filter_map(people::group_member);
                self.group_members = Some(members.collect());
            }
            SharingNeed::EveryoneGroups => {
                let groups = rows.iter().filter_map(everyone::everyone_group);
                self.everyone_groups = Some(groups.collect());
            }
            SharingNeed::ApiOnly => {
                let ids = rows.iter().filter_map(|row| row.text("AssigneeId"));
                self.api_only = ids.map(str::to_owned).collect();
            }
            SharingNeed::Portions(..) => {
                let portions = rows.iter().filter_map(portions::portion).collect();
                self.portions.insert(need.clone(), portions);
            }
            SharingNeed::Rows(_)
            | SharingNeed::GivenRows(..)
            | SharingNeed::RowsThroughAccounts(_) => {
                let counted = rows.iter().filter_map(portions::share_rows).collect();
                self.share_rows.insert(need.clone(), counted);
            }
        }
    }
}
