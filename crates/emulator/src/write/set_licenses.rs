//! `PermissionSetLicenseAssign`: who holds a seat of a permission set licence.

use super::{Writer, bad_reference, demand_fields, duplicate, text};
use crate::http::Refusal;
use crate::store::{Id, Org, Row, SetLicense, SetLicenseAssignment};

const PERMISSIONS: [&str; 2] = ["AssignPermissionSets", "ManageUsers"];

/// Gives a user a seat.
pub(super) fn create(writer: &mut Writer<'_>, row: &Row) -> Result<Id, Refusal> {
    writer.demand("PermissionSetLicenseAssign", &PERMISSIONS)?;
    demand_fields(row, &["AssigneeId", "PermissionSetLicenseId"])?;
    let org = &mut writer.world.org;
    let assignee = text(row, "AssigneeId").unwrap_or_default();
    let license = text(row, "PermissionSetLicenseId")
        .filter(|id| org.set_licenses.contains_key(id))
        .ok_or_else(|| bad_reference("PermissionSetLicenseId"))?;
    let same = |seat: &&SetLicenseAssignment| seat.assignee == assignee && seat.license == license;
    if let Some(existing) = org.set_license_assignments.values().find(same) {
        return Err(duplicate(
            "PermissionSetLicenseId, AssigneeId",
            &existing.id,
        ));
    }
    take(org, &assignee, &license)
}

/// Takes a seat for a user, where one is left.
pub(super) fn take(org: &mut Org, assignee: &str, license: &str) -> Result<Id, Refusal> {
    let used = org.set_seats_used(license);
    let full = |license: &&SetLicense| used >= license.total;
    if let Some(license) = org.set_licenses.get(license).filter(full) {
        let message = format!(
            "All {} permission set licenses are in use. For more licenses, contact your salesforce.com representative.",
            license.label
        );
        return Err(
            Refusal::new(400, "LICENSE_LIMIT_EXCEEDED", message).about(Vec::<String>::new())
        );
    }
    let seat = SetLicenseAssignment {
        id: org.next_id("2LA"),
        assignee: assignee.to_owned(),
        license: license.to_owned(),
    };
    let id = seat.id.clone();
    org.set_license_assignments.insert(id.clone(), seat);
    Ok(id)
}

/// Gives a seat back.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("PermissionSetLicenseAssign", &PERMISSIONS)?;
    let gone = writer.world.org.set_license_assignments.remove(id);
    gone.map(drop).ok_or_else(Refusal::not_found)
}
