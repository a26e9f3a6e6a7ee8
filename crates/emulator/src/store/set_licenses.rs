//! Permission set licences: seats beside the user licence, and who holds them.

use serde::{Deserialize, Serialize};

use super::{Id, Org};

/// What a user of the licence Salesforce Integration needs for standard objects.
pub const INTEGRATION_SET_LICENSE: &str = "SalesforceAPIIntegrationPsl";

/// A permission set licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetLicense {
    /// `0PL…`.
    pub id: Id,
    /// Developer name, which is `license` in metadata.
    pub name: String,
    /// Label.
    pub label: String,
    /// Seats bought.
    pub total: u32,
}

/// A row of `PermissionSetLicenseAssign`: a user holds a seat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetLicenseAssignment {
    /// `2LA…`.
    pub id: Id,
    /// The user.
    pub assignee: Id,
    /// The permission set licence.
    pub license: Id,
}

impl Org {
    /// The permission set licence with this developer name.
    pub fn set_license(&self, name: &str) -> Option<&SetLicense> {
        self.set_licenses
            .values()
            .find(|license| license.name == name)
    }

    /// Whether a user holds a seat of a permission set licence.
    pub fn holds_set_license(&self, user: &str, license: &str) -> bool {
        let mut seats = self.set_license_assignments.values();
        seats.any(|seat| seat.assignee == user && seat.license == license)
    }

    /// Seats of a permission set licence that are taken.
    pub fn set_seats_used(&self, license: &str) -> u32 {
        let seats = self.set_license_assignments.values();
        let taken = seats.filter(|seat| seat.license == license).count();
        u32::try_from(taken).unwrap_or(u32::MAX)
    }
}
