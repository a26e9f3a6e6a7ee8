//! What a user permission is worth to whoever has the log-in of its holder. The names are columns of PermissionSet (object
//! reference); what each allows, Salesforce Help says under "User Permissions" and the object reference under the access
//! rules of each object. What is known by its label alone stands in the tier that the label says.

use serde::Serialize;

/// What a permission is worth, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tier {
    /// Gives itself, or a user that it controls, more.
    Raise,
    /// Makes code run that ignores its rights.
    Code,
    /// Becomes somebody else, or gets tokens of others.
    Login,
    /// Sees records, fields, files or messages past sharing.
    Read,
    /// Changes what others, or it, will see.
    Setup,
    /// Takes data out in bulk.
    Export,
    /// Removes a defence or a trace.
    Weaken,
}

impl Tier {
    /// All, worst first.
    pub const ALL: [Self; 7] = [
        Self::Raise,
        Self::Code,
        Self::Login,
        Self::Read,
        Self::Setup,
        Self::Export,
        Self::Weaken,
    ];

    /// The word for it in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Raise => "RAISE",
            Self::Code => "CODE",
            Self::Login => "LOGIN",
            Self::Read => "READ",
            Self::Setup => "SETUP",
            Self::Export => "EXPORT",
            Self::Weaken => "WEAKEN",
        }
    }

    /// What its permissions do, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Raise => "gives itself more",
            Self::Code => "runs code that ignores its rights",
            Self::Login => "becomes somebody else",
            Self::Read => "reads past sharing",
            Self::Setup => "changes what others, or it, will see",
            Self::Export => "takes data out in bulk",
            Self::Weaken => "removes defences or traces",
        }
    }

    /// Its permissions, in the order of the alphabet.
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Raise => &RAISE,
            Self::Code => &CODE,
            Self::Login => &LOGIN,
            Self::Read => &READ,
            Self::Setup => &SETUP,
            Self::Export => &EXPORT,
            Self::Weaken => &WEAKEN,
        }
    }
}

/// The tier of a permission; `None` of one that is ordinary.
pub fn tier_of(permission: &str) -> Option<Tier> {
    let mut tiers = Tier::ALL.into_iter();
    tiers.find(|tier| tier.permissions().contains(&permission))
}

const RAISE: [&str; 5] = [
    "AssignPermissionSets",
    "ManageInternalUsers",
    "ManageProfilesPermissionsets",
    "ManageSessionPermissionSets",
    "ManageUsers",
];

const CODE: [&str; 8] = [
    "ActivateSystemModeFlows",
    "AuthorApex",
    "CreatePackaging",
    "InboundMigrationToolsUser",
    "InstallPackaging",
    "ManageInteraction",
    "ModifyMetadata",
    "PublishPackaging",
];

const LOGIN: [&str; 17] = [
    "CanApproveUninstalledApps",
    "ClientSecretRotation",
    "ConnectOrgToEnvironmentHub",
    "DelegatedPortalUserAdmin",
    "DelegatedTwoFactor",
    "ExternalClientAppAdmin",
    "ExternalClientAppDeveloper",
    "ManageAuthProviders",
    "ManageCertificates",
    "ManageCssUsers",
    "ManageLoginAccessPolicies",
    "ManagePartners",
    "ManageRemoteAccess",
    "ManageTwoFactor",
    "ResetPasswords",
    "UseAnyApiAuth",
    "ViewClientSecret",
];

const READ: [&str; 19] = [
    "ManageAnalyticSnapshots",
    "ManageChatterMessages",
    "ManageContentPermissions",
    "ManagePvtRptsAndDashbds",
    "ManageUnlistedGroups",
    "ModerateChatter",
    "ModifyAllData",
    "QueryAllFiles",
    "SubscribeReportsRunAsUser",
    "ViewAllActivities",
    "ViewAllCustomSettings",
    "ViewAllData",
    "ViewAllFieldsGlobal",
    "ViewAllForecasts",
    "ViewAllForeignKeyNames",
    "ViewAllUsers",
    "ViewEncryptedData",
    "ViewMyTeamsDashboards",
    "ViewUserPII",
];

const SETUP: [&str; 15] = [
    "ContentAdministrator",
    "CustomizeApplication",
    "ManageCustomDomains",
    "ManageCustomPermissions",
    "ManageDashbdsInPubFolders",
    "ManageDevSandboxes",
    "ManageDynamicDashboards",
    "ManageNamedCredentials",
    "ManageNetworks",
    "ManageReportsInPubFolders",
    "ManageRoles",
    "ManageSharing",
    "ManageTerritories",
    "OutboundMigrationToolsUser",
    "Packaging2",
];

const EXPORT: [&str; 6] = [
    "ApiEnabled",
    "DataExport",
    "DownloadPackageVersionZips",
    "ExportReport",
    "ManageC360AConnections",
    "ManageSandboxes",
];

const WEAKEN: [&str; 12] = [
    "BulkApiHardDelete",
    "BypassMFAForUiLogins",
    "DeferSharingCalculations",
    "FreezeUsers",
    "ManageEncryptionKeys",
    "ManageHealthCheck",
    "ManageIpAddresses",
    "ManagePasswordPolicies",
    "ManageSecurityCommandCenter",
    "ModifyTransactionSecurityPolicies",
    "PasswordNeverExpires",
    "SkipIdentityConfirmation",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::{ADMINISTRATION, NEEDS_PASSKEY};
    use std::collections::BTreeSet;

    #[test]
    fn every_permission_has_one_tier() {
        let all = Tier::ALL.iter().flat_map(|tier| tier.permissions());
        let names: Vec<&&str> = all.collect();
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        assert!(Tier::ALL.iter().all(|tier| tier.permissions().is_sorted()));
    }

    #[test]
    fn what_an_administrator_can_do_without_has_a_tier() {
        let administration = ADMINISTRATION.iter().map(|(name, _)| *name);
        for name in administration.chain(NEEDS_PASSKEY) {
            assert!(tier_of(name).is_some(), "{name}");
        }
        assert_eq!(tier_of("AuthorApex"), Some(Tier::Code));
        assert_eq!(tier_of("ConvertLeads"), None);
    }
}
