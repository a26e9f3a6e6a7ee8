//! Permission set licences: seats beside the user licence, and which of them a user holds.

use super::Live;
use super::known::Known;
use super::need::Need;
use crate::soql::{self, Row};

/// Something that has to be known of permission set licences.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetLicenceNeed {
    /// Which the org has.
    Licences,
    /// Which the user of a name holds a seat of.
    Seats(String),
}

/// Permission set licences (object reference, PermissionSetLicense). Few orgs have more than some dozens.
const LICENCES: &str = "SELECT Id, DeveloperName, MasterLabel, PermissionSetLicenseKey, Status, TotalLicenses, UsedLicenses \
     FROM PermissionSetLicense";

/// The status of a licence that is in force; `Disabled` is over (the same).
const ACTIVE: &str = "Active";

impl SetLicenceNeed {
    /// The query that answers it.
    pub(super) fn query(&self) -> String {
        match self {
            Self::Licences => LICENCES.to_owned(),
            Self::Seats(username) => format!(
                "SELECT Id, PermissionSetLicenseId FROM PermissionSetLicenseAssign WHERE Assignee.Username = {}",
                soql::literal(username)
            ),
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Licences => "its permission set licences".to_owned(),
            Self::Seats(name) => format!("which permission set licences `{name}` holds"),
        }
    }
}

/// The licence that a permission set belongs to (object reference, PermissionSet, `LicenseId`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetLicence {
    /// A user licence, by record id: only users of that licence can hold the set.
    User(String),
    /// A permission set licence: whoever holds the set needs a seat of it.
    PermissionSet,
}

impl SetLicence {
    /// Ids of user licences begin with 100, those of permission set licences with 0PL.
    pub(super) fn of_id(id: String) -> Self {
        match id.starts_with("100") {
            true => Self::User(id),
            false => Self::PermissionSet,
        }
    }
}

/// A permission set licence of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSetLicence {
    /// Record id.
    pub id: String,
    /// API name, which is `license` in metadata.
    pub name: String,
    /// Label.
    pub label: String,
    /// The key by which some tools know it.
    pub key: Option<String>,
    /// Whether it is in force, where the org says.
    pub active: Option<bool>,
    /// Seats bought.
    pub total: Option<u64>,
    /// Seats taken.
    pub used: Option<u64>,
}

impl LiveSetLicence {
    fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            id: cells.owned("Id")?,
            name: cells.owned("DeveloperName")?,
            label: cells.owned("MasterLabel").unwrap_or_default(),
            key: cells.owned("PermissionSetLicenseKey"),
            active: cells.text("Status").map(|status| status == ACTIVE),
            total: row.number("TotalLicenses"),
            used: row.number("UsedLicenses"),
        })
    }

    /// Whether a manifest means it: by API name or key, else by label.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.key.as_deref() == Some(name) || self.label == name
    }
}

/// A seat that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSeat {
    /// Record id of the assignment.
    pub id: String,
    /// Record id of the permission set licence.
    pub licence: String,
}

impl Live {
    /// Takes in rows; of seats, by username without regard to case.
    pub(super) fn decode_set_licences(&mut self, need: &SetLicenceNeed, rows: &[Row]) {
        match need {
            SetLicenceNeed::Licences => {
                let licences = rows.iter().filter_map(LiveSetLicence::of_row);
                self.set_licences = Some(licences.collect());
            }
            SetLicenceNeed::Seats(username) => {
                let seat = |row: &Row| {
                    let cells = row.cells();
                    Some(HeldSeat {
                        id: cells.owned("Id")?,
                        licence: cells.owned("PermissionSetLicenseId")?,
                    })
                };
                let seats = rows.iter().filter_map(seat).collect();
                self.seats.insert(username.to_lowercase(), seats);
            }
        }
    }

    /// The permission set licences of the org.
    pub fn set_licences(&self) -> Known<&[LiveSetLicence]> {
        let need = Need::SetLicence(SetLicenceNeed::Licences);
        self.known(&need, self.set_licences.as_deref())
    }

    /// The permission set licence that a manifest means by a name.
    pub fn set_licence(&self, name: &str) -> Option<&LiveSetLicence> {
        let mut licences = self.set_licences().learnt()?.iter();
        licences.find(|licence| licence.is_called(name))
    }

    /// The seats that the user of a name holds.
    pub fn held_seats(&self, username: &str) -> Known<&[HeldSeat]> {
        let seats = self.seats.get(&username.to_lowercase());
        let need = Need::SetLicence(SetLicenceNeed::Seats(username.to_owned()));
        self.known(&need, Some(seats.map_or(&[][..], Vec::as_slice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Answer;
    use serde_json::json;

    #[test]
    fn a_licence_goes_by_api_name_key_or_label() {
        let mut live = Live::default();
        let row = json!({"Id": "0PL1", "DeveloperName": "ApiPsl", "MasterLabel": "API", "PermissionSetLicenseKey": "API_KEY",
            "Status": "Active", "TotalLicenses": 5, "UsedLicenses": 1});
        let answer = Answer::Rows(vec![Row::of(&row)]);
        live.tell(Need::SetLicence(SetLicenceNeed::Licences), answer);
        for name in ["ApiPsl", "API", "API_KEY"] {
            let found = live.set_licence(name).expect(name);
            assert_eq!(
                (found.total, found.used, found.active),
                (Some(5), Some(1), Some(true))
            );
        }
        assert_eq!(live.set_licence("apipsl"), None);
    }
}
