//! What the running user has to be permitted, and what it may do beyond that.

use serde::Serialize;

use std::collections::BTreeSet;

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
type RequiredPermission = (
    &'static str,
    &'static str,
    NeededFor,
    &'static str,
    &'static [&'static str],
);

/// What the Metadata API guide and the object reference ask of whoever does what orgwright does.
const NEEDS: &[RequiredPermission] = &[
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
pub(super) fn names() -> BTreeSet<&'static str> {
    let needed = NEEDS
        .iter()
        .flat_map(|(name, .., including)| [*name].into_iter().chain(including.iter().copied()));
    needed.chain(BEYOND.iter().map(|(name, _)| *name)).collect()
}

/// What is needed, each with whether it is held.
pub(super) fn needed(held: &BTreeSet<&'static str>) -> Vec<Permission> {
    let permission =
        |(name, label, needed_for, purpose, including): &RequiredPermission| Permission {
            name,
            label,
            needed_for: *needed_for,
            purpose,
            held: held.contains(name) || including.iter().any(|other| held.contains(other)),
        };
    NEEDS.iter().map(permission).collect()
}

/// Labels of what is held and not needed.
pub(super) fn beyond(held: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let beyond = BEYOND.iter().filter(|(name, _)| held.contains(name));
    beyond.map(|(_, label)| *label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_large_include_the_small() {
        let missing = |names: &[&'static str]| -> Vec<&str> {
            let held = names.iter().copied().collect();
            let missing = needed(&held).into_iter().filter(|need| !need.held);
            missing.map(|need| need.name).collect()
        };
        assert_eq!(missing(&[]).len(), NEEDS.len());
        let mut held = vec![
            "ApiEnabled",
            "ViewSetup",
            "ViewAllData",
            "ModifyMetadata",
            "CustomizeApplication",
            "ManageProfilesPermissionsets",
            "ManageUsers",
            "ManageSharing",
        ];
        assert_eq!(missing(&held), ["ViewRoles", "ManageRoles"]);
        held.push("ManageRoles");
        assert_eq!(missing(&held), [""; 0]);
        let held = BTreeSet::from(["ModifyAllData", "ApiEnabled"]);
        assert_eq!(beyond(&held), ["Modify All Data"]);
    }
}
