//! Ways by which the holder of user permissions gets more than it has, and what each takes. Whether it is written down that
//! a way works, or follows from what is, stands beside it: nobody was seen to go it.

use serde::Serialize;
use std::collections::BTreeSet;

/// One way to more.
#[derive(Clone, Copy, Debug)]
pub struct EscalationPath {
    /// Its name, the same in every version.
    pub name: &'static str,
    /// What its holder does, to be continued in a sentence: *it …*.
    pub how: &'static str,
    /// What it comes to.
    pub gains: Gain,
    /// What it rests on.
    pub evidence: Evidence,
    /// Whether a person has to do it in Setup.
    pub by_hand: bool,
    /// The permissions that it takes: one of each list. An API permission is understood.
    takes: &'static [&'static [&'static str]],
}

/// What a way comes to: an org says how much that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gain {
    /// Whatever the strongest permission set grants that it may be assigned.
    AnySet,
    /// Any permission that its licence admits.
    AnyPermission,
    /// What an administrator may do.
    Administrator,
    /// Whatever code can reach.
    Everything,
    /// What other users may do.
    OtherUsers,
    /// Records of others.
    Records,
    /// What its sleeping permission sets grant.
    SleepingSets,
}

/// What it rests on that a way works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Salesforce describes it.
    Documented,
    /// It follows from what Salesforce describes.
    Derived,
}

/// Every way that is known, the shortest first. Sources: object reference (access rules of PermissionSetAssignment,
/// PermissionSet, User, GroupMember, UserRole, AuthProvider, SessionPermSetActivation), Apex guide ("Anonymous Blocks",
/// "Sharing"), Metadata API guide ("Metadata API Access", SharingRules), Salesforce Help ("Log In as Another User",
/// "Manage Access to Connected Apps", "Flow Runs in System Context").
pub const ESCALATION_PATHS: [EscalationPath; 17] = [
    path(
        "assign_sets",
        "assigns itself a permission set: no source says that it must hold what it assigns",
        Gain::AnySet,
        Evidence::Derived,
        &[&["AssignPermissionSets", "ManageUsers"]],
    ),
    path(
        "edit_sets",
        "writes permissions into a permission set that it holds, or object rights into its own profile",
        Gain::AnyPermission,
        Evidence::Derived,
        &[&["ManageProfilesPermissionsets", "ManageUsers"]],
    ),
    path(
        "deploy_sets",
        "deploys its own profile or permission set with more in it",
        Gain::AnyPermission,
        Evidence::Documented,
        &[
            &["ModifyMetadata", "ModifyAllData"],
            &["ManageProfilesPermissionsets", "ManageUsers"],
        ],
    ),
    path(
        "make_administrator",
        "makes a user with the profile of an administrator, or gives one that it controls that profile; its own it cannot change",
        Gain::Administrator,
        Evidence::Documented,
        &[&["ManageUsers", "ManageInternalUsers"]],
    ),
    path(
        "run_code",
        "runs code of its own that says to ignore sharing: at once, or as a class (which production takes with tests only)",
        Gain::Everything,
        Evidence::Documented,
        &[&["AuthorApex"]],
    ),
    path(
        "system_flow",
        "builds a flow that runs in system context without sharing; newer orgs may ask for more to activate it",
        Gain::Everything,
        Evidence::Derived,
        &[&["ManageInteraction"]],
    ),
    path(
        "reset_passwords",
        "sets the password of another user and logs in as that, where a password is enough; which permission the call asks \
         for is not written down",
        Gain::OtherUsers,
        Evidence::Derived,
        &[&["ResetPasswords", "ManageUsers"]],
    ),
    by_hand(path(
        "log_in_as",
        "logs in as another user from Setup, where the org or that user allows it",
        Gain::OtherUsers,
        Evidence::Documented,
        &[&["ModifyAllData"], &["ManageUsers"]],
    )),
    path(
        "tokens_through_app",
        "gets tokens of other users through an app with its own certificate",
        Gain::OtherUsers,
        Evidence::Derived,
        &[
            &["CustomizeApplication"],
            &["ManageRemoteAccess", "ModifyAllData"],
        ],
    ),
    path(
        "tokens_through_client_app",
        "gets tokens of other users through an external client app of its own",
        Gain::OtherUsers,
        Evidence::Derived,
        &[&["ExternalClientAppDeveloper"], &["ExternalClientAppAdmin"]],
    ),
    path(
        "authentication_provider",
        "sets up a log-in of its own through which it enters as another user; a class has to handle it",
        Gain::OtherUsers,
        Evidence::Derived,
        &[&["CustomizeApplication"], &["ManageAuthProviders"]],
    ),
    path(
        "identity_provider",
        "sets up single sign-on with its own certificate, where the org has that on",
        Gain::OtherUsers,
        Evidence::Derived,
        &[&["CustomizeApplication"], &["ModifyAllData"]],
    ),
    path(
        "share",
        "changes sharing rules or defaults so that records open to it",
        Gain::Records,
        Evidence::Documented,
        &[&["ManageSharing"]],
    ),
    path(
        "roles",
        "moves roles below its own, and so sees what their users own",
        Gain::Records,
        Evidence::Derived,
        &[&["ManageRoles"]],
    ),
    path(
        "groups",
        "joins a public group or queue that rules share with",
        Gain::Records,
        Evidence::Derived,
        &[&["ManageUsers"]],
    ),
    path(
        "install_package",
        "installs a package with the code and permission sets that it brings",
        Gain::Everything,
        Evidence::Derived,
        &[&["InstallPackaging"]],
    ),
    path(
        "wake_sets",
        "activates a permission set that sleeps until a session does",
        Gain::SleepingSets,
        Evidence::Derived,
        &[&["ManageSessionPermissionSets"]],
    ),
];

const fn path(
    name: &'static str,
    how: &'static str,
    gains: Gain,
    evidence: Evidence,
    takes: &'static [&'static [&'static str]],
) -> EscalationPath {
    EscalationPath {
        name,
        how,
        gains,
        evidence,
        by_hand: false,
        takes,
    }
}

const fn by_hand(path: EscalationPath) -> EscalationPath {
    EscalationPath {
        by_hand: true,
        ..path
    }
}

impl EscalationPath {
    /// The permissions among these that open it, the narrowest of each; `None` where it stays shut.
    pub fn opened_by(&self, held: &BTreeSet<&str>) -> Option<Vec<&'static str>> {
        let each = self.takes.iter().map(|any| {
            let mut any = any.iter();
            any.find(|name| held.contains(**name)).copied()
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::{Tier, tier_of};

    /// Ways up that need nothing else but the API: one call of each gives its holder more than it has.
    const ESCALATING: [&str; 9] = [
        "AssignPermissionSets",
        "ManageProfilesPermissionsets",
        "ManageUsers",
        "ManageInternalUsers",
        "ManageSharing",
        "ManageRoles",
        "ResetPasswords",
        "AuthorApex",
        "ManageInteraction",
    ];

    fn open(held: &[&str]) -> Vec<&'static str> {
        let held = held.iter().copied().collect();
        let open = ESCALATION_PATHS
            .iter()
            .filter(|path| path.opened_by(&held).is_some());
        open.map(|path| path.name).collect()
    }

    #[test]
    fn every_permission_of_a_path_has_a_tier_and_every_name_stands_once() {
        let names: BTreeSet<&str> = ESCALATION_PATHS.iter().map(|path| path.name).collect();
        assert_eq!(names.len(), ESCALATION_PATHS.len());
        for permission in ESCALATION_PATHS.iter().flat_map(|path| path.takes.concat()) {
            assert!(tier_of(permission).is_some(), "{permission}");
        }
    }

    #[test]
    fn what_escalates_by_itself_opens_a_path_alone_and_half_a_pair_opens_none() {
        for permission in ESCALATING {
            assert!(!open(&[permission]).is_empty(), "{permission}");
        }
        assert_eq!(open(&["CustomizeApplication"]), [""; 0]);
        let pair = ["CustomizeApplication", "ManageAuthProviders"];
        assert_eq!(open(&pair), ["authentication_provider"]);
        let reading = ["ViewAllData", "ApiEnabled", "QueryAllFiles"];
        assert_eq!(open(&reading), [""; 0]);
        let all: Vec<&str> = Tier::ALL
            .iter()
            .flat_map(|tier| tier.permissions())
            .copied()
            .collect();
        assert_eq!(open(&all).len(), ESCALATION_PATHS.len());
    }
}
