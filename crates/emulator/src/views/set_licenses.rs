//! `PermissionSetLicense` and `PermissionSetLicenseAssign`.

use serde_json::{Value, json};

use super::{Record, STAMPS, stamps};
use crate::store::{Org, Row, SetLicense, SetLicenseAssignment};

fn built(org: &Org, columns: Vec<(&str, Value)>) -> Row {
    let stamped = STAMPS.map(|stamp| (stamp, stamps(org, stamp)));
    let columns = columns.into_iter().chain(stamped);
    columns
        .map(|(column, value)| (column.to_owned(), value))
        .collect()
}

/// `PermissionSetLicense`.
pub(super) fn licenses(org: &Org) -> Vec<Record<'_>> {
    let row = |license: &SetLicense| {
        let columns = vec![
            ("Id", json!(license.id)),
            ("DeveloperName", json!(license.name)),
            ("Language", json!(org.organization.language)),
            ("MasterLabel", json!(license.label)),
            ("PermissionSetLicenseKey", json!(license.name)),
            ("Status", json!("Active")),
            ("TotalLicenses", json!(license.total)),
            ("UsedLicenses", json!(org.set_seats_used(&license.id))),
            ("ExpirationDate", Value::Null),
            ("IsAvailableForIntegrations", json!(false)),
            ("IsSupplementLicense", json!(false)),
        ];
        Record::Built("PermissionSetLicense", built(org, columns))
    };
    org.set_licenses.values().map(row).collect()
}

/// `PermissionSetLicenseAssign`.
pub(super) fn assignments(org: &Org) -> Vec<Record<'_>> {
    let row = |seat: &SetLicenseAssignment| {
        let columns = vec![
            ("Id", json!(seat.id)),
            ("AssigneeId", json!(seat.assignee)),
            ("PermissionSetLicenseId", json!(seat.license)),
            ("IsRevoked", json!(false)),
        ];
        Record::Built("PermissionSetLicenseAssign", built(org, columns))
    };
    org.set_license_assignments.values().map(row).collect()
}
