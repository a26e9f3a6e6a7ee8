//! What user permissions let somebody do beyond its own records: give itself more, run code, act as others, read past sharing,
//! weaken the org. Facts from Salesforce Help ("User Permissions"), the object reference (PermissionSet) and the Security Guide.

mod paths;
mod tiers;

pub use paths::{ESCALATION_PATHS, EscalationPath, Evidence, Gain};
pub use tiers::{Tier, tier_of};

/// Why a permission goes where a manifest takes administration away; what it is worth to a reviewer says its [`Tier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Its holder can give itself more: assign sets, edit profiles and users, roles, sharing.
    RaisesItself,
    /// Its holder can run code of its own, or change what the org does.
    RunsCode,
    /// Its holder can act as somebody else, or open a way in.
    ActsAsOthers,
    /// Its holder reads past sharing.
    ReadsPastSharing,
    /// Its holder can take data out, or weaken the org.
    Weakens,
}

/// The permissions of an administrator that an integration can do without.
pub const ADMINISTRATION: [(&str, Power); 43] = [
    ("AssignPermissionSets", Power::RaisesItself),
    ("ManageInternalUsers", Power::RaisesItself),
    ("ManageProfilesPermissionsets", Power::RaisesItself),
    ("ManageRoles", Power::RaisesItself),
    ("ManageSessionPermissionSets", Power::RaisesItself),
    ("ManageSharing", Power::RaisesItself),
    ("ManageUsers", Power::RaisesItself),
    ("ActivateSystemModeFlows", Power::RunsCode),
    ("AuthorApex", Power::RunsCode),
    ("CreatePackaging", Power::RunsCode),
    ("CustomizeApplication", Power::RunsCode),
    ("InboundMigrationToolsUser", Power::RunsCode),
    ("InstallPackaging", Power::RunsCode),
    ("ManageInteraction", Power::RunsCode),
    ("ManageNamedCredentials", Power::RunsCode),
    ("ModifyMetadata", Power::RunsCode),
    ("OutboundMigrationToolsUser", Power::RunsCode),
    ("PublishPackaging", Power::RunsCode),
    ("CanApproveUninstalledApps", Power::ActsAsOthers),
    ("ClientSecretRotation", Power::ActsAsOthers),
    ("DelegatedTwoFactor", Power::ActsAsOthers),
    ("ExternalClientAppAdmin", Power::ActsAsOthers),
    ("ExternalClientAppDeveloper", Power::ActsAsOthers),
    ("FreezeUsers", Power::ActsAsOthers),
    ("ManageAuthProviders", Power::ActsAsOthers),
    ("ManageCertificates", Power::ActsAsOthers),
    ("ManageIpAddresses", Power::ActsAsOthers),
    ("ManageLoginAccessPolicies", Power::ActsAsOthers),
    ("ManagePasswordPolicies", Power::ActsAsOthers),
    ("ManageRemoteAccess", Power::ActsAsOthers),
    ("ManageTwoFactor", Power::ActsAsOthers),
    ("ResetPasswords", Power::ActsAsOthers),
    ("UseAnyApiAuth", Power::ActsAsOthers),
    ("ViewClientSecret", Power::ActsAsOthers),
    ("ViewEncryptedData", Power::ReadsPastSharing),
    ("BulkApiHardDelete", Power::Weakens),
    ("BypassMFAForUiLogins", Power::Weakens),
    ("DataExport", Power::Weakens),
    ("ManageDevSandboxes", Power::Weakens),
    ("ManageEncryptionKeys", Power::Weakens),
    ("ManageHealthCheck", Power::Weakens),
    ("ManageSandboxes", Power::Weakens),
    ("ModifyTransactionSecurityPolicies", Power::Weakens),
];

/// What only the standard System Administrator can hold: a clone made in Setup comes without it (Salesforce Help, changes to the
/// use of connected apps, September 2025).
pub const ONLY_OF_THE_ORIGINAL: [(&str, &str); 1] = [(
    "CanApproveUninstalledApps",
    "only the standard System Administrator has it",
)];

/// Whoever holds one of these needs a passkey or security key to log in by hand, since July 2026 (Salesforce Help, multi-factor
/// authentication of privileged users); System Administrator does by its name, a clone by its permissions.
pub const NEEDS_PASSKEY: [&str; 4] = [
    "AuthorApex",
    "CustomizeApplication",
    "ModifyAllData",
    "ViewAllData",
];

/// What a permission of an administrator gives power over.
pub fn power_of(permission: &str) -> Option<Power> {
    let mut all = ADMINISTRATION.iter();
    let found = all.find(|(name, _)| *name == permission);
    found.map(|(_, power)| *power)
}

impl Power {
    /// Why the permission goes, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::RaisesItself => "its holder can give itself more",
            Self::RunsCode => "its holder can run code, or change what the org does",
            Self::ActsAsOthers => "its holder can act as others, or open a way in",
            Self::ReadsPastSharing => "its holder reads past sharing",
            Self::Weakens => "its holder can take data out, or weaken the org",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_of_an_administrator_stands_once() {
        assert_eq!(power_of("AuthorApex"), Some(Power::RunsCode));
        assert_eq!(power_of("ApiEnabled"), None);
        let names: std::collections::BTreeSet<&str> =
            ADMINISTRATION.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), ADMINISTRATION.len());
    }
}
