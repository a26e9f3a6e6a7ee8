//! What the running user has to be permitted, and what it may do beyond that.

use serde::Serialize;

use crate::facts::Row;
use crate::soql;

/// The command that a permission is needed for; `apply` needs those of `plan` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NeededFor {
    /// `plan`, `verify` and `explain`, which read.
    Plan,
    /// `apply`, which writes.
    Apply,
}

/// One permission that is needed, and whether the running user holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// API name, such as `ManageRoles`.
    pub name: &'static str,
    /// As setup shows it.
    pub label: &'static str,
    /// The first command that needs it.
    pub needed_for: NeededFor,
    /// What for.
    pub purpose: &'static str,
    /// Whether the running user holds it, or one that includes it.
    pub held: bool,
}

/// API name, label, command, purpose, and the permissions that include it.
type Need = (
    &'static str,
    &'static str,
    NeededFor,
    &'static str,
    &'static [&'static str],
);

/// What the Metadata API guide and the object reference ask of whoever does what orgwright does.
const NEEDS: &[Need] = &[
    (
        "ApiEnabled",
        "API Enabled",
        NeededFor::Plan,
        "every request",
        &[],
    ),
    (
        "ViewSetup",
        "View Setup and Configuration",
        NeededFor::Plan,
        "reads profiles, permission sets and defaults",
        &[],
    ),
    (
        "ViewRoles",
        "View Roles and Role Hierarchy",
        NeededFor::Plan,
        "reads the role hierarchy",
        &["ManageRoles"],
    ),
    (
        "ModifyMetadata",
        "Modify Metadata Through Metadata API Functions",
        NeededFor::Plan,
        "the Metadata API asks for it even to read",
        &["ModifyAllData"],
    ),
    (
        "ViewAllData",
        "View All Data",
        NeededFor::Plan,
        "counts all records, and compares each in the proof",
        &["ModifyAllData"],
    ),
    (
        "CustomizeApplication",
        "Customize Application",
        NeededFor::Apply,
        "writes custom fields",
        &[],
    ),
    (
        "ManageProfilesPermissionsets",
        "Manage Profiles and Permission Sets",
        NeededFor::Apply,
        "writes the profile",
        &[],
    ),
    (
        "ManageRoles",
        "Manage Roles",
        NeededFor::Apply,
        "writes the role",
        &[],
    ),
    (
        "ManageInternalUsers",
        "Manage Internal Users",
        NeededFor::Apply,
        "writes the user",
        &["ManageUsers"],
    ),
    (
        "AssignPermissionSets",
        "Assign Permission Sets",
        NeededFor::Apply,
        "assigns permission sets",
        &["ManageUsers"],
    ),
    (
        "ManageSharing",
        "Manage Sharing",
        NeededFor::Apply,
        "writes defaults and sharing rules",
        &[],
    ),
];

/// Powerful permissions that nothing here needs, with their labels.
const BEYOND: &[(&str, &str)] = &[
    ("ModifyAllData", "Modify All Data"),
    ("AuthorApex", "Author Apex"),
    ("DataExport", "Weekly Data Export"),
];

/// Every permission that is asked about.
pub(super) fn names() -> Vec<&'static str> {
    let needed = NEEDS
        .iter()
        .flat_map(|(name, .., including)| [*name].into_iter().chain(including.iter().copied()));
    let mut names: Vec<&str> = needed.chain(BEYOND.iter().map(|(name, _)| *name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The question which of these permissions a user holds: one row for each permission set, that of the profile among
/// them.
pub(super) fn question(username: &str, names: &[&str]) -> String {
    let columns: Vec<String> = names
        .iter()
        .map(|name| format!("PermissionSet.Permissions{name}"))
        .collect();
    format!(
        "SELECT {} FROM PermissionSetAssignment WHERE Assignee.Username = {}",
        columns.join(", "),
        soql::literal(username)
    )
}

/// Whether any of the user's permission sets has the permission.
fn holds(rows: &[Row], name: &str) -> bool {
    let column = format!("PermissionSet.Permissions{name}");
    rows.iter().any(|row| row.flag(&column))
}

/// What is needed, each with whether it is held.
pub(super) fn needed(rows: &[Row]) -> Vec<Permission> {
    let permission = |(name, label, needed_for, purpose, including): &Need| Permission {
        name,
        label,
        needed_for: *needed_for,
        purpose,
        held: holds(rows, name) || including.iter().any(|other| holds(rows, other)),
    };
    NEEDS.iter().map(permission).collect()
}

/// Labels of what is held and not needed.
pub(super) fn beyond(rows: &[Row]) -> Vec<&'static str> {
    let held = BEYOND.iter().filter(|(name, _)| holds(rows, name));
    held.map(|(_, label)| *label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: &[&str]) -> Row {
        let columns = names
            .iter()
            .map(|name| (format!("Permissions{name}"), true.into()));
        let set: serde_json::Map<_, _> = columns.collect();
        Row([("PermissionSet".to_owned(), set.into())]
            .into_iter()
            .collect())
    }

    #[test]
    fn permissions_add_up_and_the_large_include_the_small() {
        let missing = |rows: &[Row]| -> Vec<&str> {
            let missing = needed(rows).into_iter().filter(|need| !need.held);
            missing.map(|need| need.name).collect()
        };
        assert_eq!(missing(&[]).len(), NEEDS.len());
        let reader = row(&["ApiEnabled", "ViewSetup", "ViewAllData", "ModifyMetadata"]);
        let writer = row(&[
            "CustomizeApplication",
            "ManageProfilesPermissionsets",
            "ManageUsers",
            "ManageSharing",
        ]);
        assert_eq!(
            missing(&[reader.clone(), writer.clone()]),
            ["ViewRoles", "ManageRoles"]
        );
        let roles = row(&["ManageRoles"]);
        assert_eq!(missing(&[reader, writer, roles]), [""; 0]);
        assert_eq!(
            beyond(&[row(&["ModifyAllData", "ApiEnabled"])]),
            ["Modify All Data"]
        );
    }

    #[test]
    fn a_username_cannot_end_its_own_quotes() {
        let question = question("o'neill@acme.example", &["ApiEnabled"]);
        assert!(
            question.ends_with(r"Assignee.Username = 'o\'neill@acme.example'"),
            "{question}"
        );
    }
}
