//! In which ways the org is as hard as a real one.
//!
//! What sources document is how the org behaves without a word. What they only suggest, or contradict each other about,
//! is a switch here, so that a client can be tested both ways.

mod access;
mod component;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use access::*;
pub use component::*;

/// Switches of the platform's behaviour. What is not stated has its default (`docs/emulator.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Platform {
    /// Whether profiles, when they are read, list tabs that the org does not have.
    pub tabs: Option<ListedTabs>,
    /// How many refusals of a profile or permission set one deploy tells.
    pub profile_refusals: Option<ProfileRefusals>,
    /// User permissions that profiles show when they are read and that the org does not know.
    #[serde(deserialize_with = "names")]
    pub unknown_permissions: Option<Vec<String>>,
    /// What no licence allows: user permissions by API name, rights on an object as `View All Lead`.
    #[serde(deserialize_with = "names")]
    pub unlicensed_permissions: Option<Vec<String>>,
    /// Whether the permissions that the licence Salesforce forces on may be turned off.
    pub forced_permissions: Option<ForcedPermissions>,
    /// Whether a profile needs a default record type for each object whose record types it shows.
    pub default_record_type: Option<DefaultRecordType>,
    /// By what refusals of permissions name objects and user permissions.
    pub messages: Option<MessageNames>,
    /// What refusals call `viewAllRecords`.
    pub view_all_records: Option<ViewAllWord>,
    /// Which translations users of other languages are shown.
    pub translations: Option<Translations>,
    /// What `readMetadata` cannot read.
    #[serde(deserialize_with = "names")]
    pub refused_reads: Option<Vec<RefusedRead>>,
    /// What `readMetadata` leaves out.
    #[serde(deserialize_with = "names")]
    pub missing_reads: Option<Vec<Lists>>,
    /// What a retrieve cannot read.
    #[serde(deserialize_with = "names")]
    pub refused_retrieves: Option<Vec<RefusedRead>>,
    /// What a retrieve leaves out.
    #[serde(deserialize_with = "names")]
    pub missing_retrieves: Option<Vec<Lists>>,
    /// What a deploy answers as a success and leaves as it is.
    #[serde(deserialize_with = "names")]
    pub ineffective: Option<Vec<Lists>>,
    /// Elements of components that no deploy takes, though they are read.
    #[serde(deserialize_with = "names")]
    pub refused_elements: Option<Vec<Lists>>,
    /// What a deploy answers with a warning.
    #[serde(deserialize_with = "names")]
    pub warnings: Option<Vec<Components>>,
    /// What becomes of the settings of a custom object that a deploy leaves out.
    pub sparse_objects: Option<SparseObjects>,
    /// Whether the org has external organization-wide defaults.
    pub external_defaults: Option<ExternalDefaults>,
    /// Whether a composite answers queries of the Tooling API.
    pub tooling_in_composite: Option<ToolingInComposite>,
    /// Whether the licence Salesforce Integration reaches standard objects by itself.
    pub integration_objects: Option<IntegrationObjects>,
    /// What the assignment of a permission set does whose permission set licence the user does not hold.
    pub set_licenses: Option<SetLicenses>,
    /// When a changed mail address of an active user is in force.
    pub email_changes: Option<EmailChanges>,
    /// What the owner of a contact has whose access its account controls.
    pub contact_owners: Option<ContactOwners>,
    /// Whose role says what superiors of an account's owner get on the account's children.
    pub superior_levels: Option<SuperiorLevels>,
    /// Who may read the account of a contract or an order.
    pub contract_accounts: Option<ContractAccounts>,
    /// What the share table of an object holds that everybody may write.
    pub public_shares: Option<PublicShares>,
    /// Whether rules that let people edit share beside a default that opens reading.
    pub rules_beside_read: Option<RulesBesideRead>,
    /// Whether criteria on picklists, e-mail, phone and URL heed case.
    pub criteria_case: Option<CriteriaCase>,
    /// Which groups stand for a role and those below.
    pub role_groups: Option<RoleGroups>,
    /// Who has access to a private opportunity.
    pub private_opportunities: Option<PrivateOpportunities>,
}

/// Which tabs a profile lists when it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListedTabs {
    /// Those of the org.
    #[default]
    Listed,
    /// Tabs of features that are off as well.
    Stale,
}

/// How many refusals of a profile or permission set one deploy tells; tabs come all at once in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileRefusals {
    /// All of them.
    #[default]
    All,
    /// The first; tabs once nothing else is refused.
    One,
}

/// What becomes of a profile that turns off what the licence Salesforce forces on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForcedPermissions {
    /// They are off.
    #[default]
    Accepted,
    /// It is refused.
    Refused,
}

/// Whether a profile needs a default record type for each object whose record types it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRecordType {
    /// It may do without.
    #[default]
    Optional,
    /// Exactly one that is visible.
    Required,
}

/// By what refusals of permissions name objects and user permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageNames {
    /// API names.
    #[default]
    Names,
    /// What people read.
    Labels,
}

/// What refusals call `viewAllRecords`: both were seen, the first one longer ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewAllWord {
    /// `Read All`.
    #[default]
    ReadAll,
    /// `View All`.
    ViewAll,
}

/// Which translations users of other languages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Translations {
    /// Those that somebody wrote down; the rest is English.
    #[default]
    Recorded,
    /// Made-up ones as well.
    All,
}

/// What becomes of the settings of a custom object that a deploy leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SparseObjects {
    /// They stay.
    #[default]
    Keep,
    /// They are those of a new object.
    Reset,
}

/// Whether the org has external organization-wide defaults, whatever its seed says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalDefaults {
    /// It has.
    On,
    /// Metadata does not show them, and deploys of them are refused.
    Off,
}

/// Whether a composite answers queries of the Tooling API, which has a composite resource of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolingInComposite {
    /// As any other.
    #[default]
    Answered,
    /// There is no such resource in it.
    Refused,
}

/// Whether the licence Salesforce Integration reaches standard objects without its permission set licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntegrationObjects {
    /// Profiles and permission sets that grant one are refused.
    #[default]
    Refused,
    /// It does.
    Accepted,
}

/// What the assignment of a permission set does whose permission set licence the user does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetLicenses {
    /// It is refused.
    #[default]
    Required,
    /// It takes a seat.
    Taken,
}

/// When a changed mail address of an active user is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmailChanges {
    /// Once its owner confirms it.
    #[default]
    Wait,
    /// At once.
    AtOnce,
}

/// Why switches cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// A switch without its value.
    #[error("{0:?} is not NAME=VALUE")]
    NoValue(String),
    /// A name or a value that is none.
    #[error("{stated:?} is no switch of the platform: {reason}")]
    Unknown {
        /// What was stated.
        stated: String,
        /// What there is instead.
        reason: String,
    },
}

impl Platform {
    /// Reads `NAME=VALUE`, or several of them with commas between; the last word on a switch counts.
    ///
    /// # Errors
    /// A switch that the platform does not have, or a value that it does not take.
    pub fn parse(text: &str) -> Result<Platform, PlatformError> {
        let mut platform = Platform::default();
        for stated in text.split(',') {
            platform.lay(read(stated)?);
        }
        Ok(platform)
    }

    /// Whether a list that a switch states holds a name.
    pub(crate) fn holds(list: &Option<Vec<String>>, name: &str) -> bool {
        list.iter().flatten().any(|listed| listed == name)
    }

    /// Takes over what another one states.
    pub fn lay(&mut self, stated: Platform) {
        // Each switch is named once; the compiler finds one that is forgotten.
        macro_rules! take_over {
            ($($switch:ident)*) => {
                let Platform { $($switch),* } = stated;
                $(lay(&mut self.$switch, $switch);)*
            };
        }
        take_over!(
            tabs profile_refusals unknown_permissions unlicensed_permissions
            forced_permissions default_record_type messages view_all_records
            translations refused_reads missing_reads refused_retrieves
            missing_retrieves ineffective refused_elements warnings
            sparse_objects external_defaults tooling_in_composite integration_objects
            set_licenses email_changes contact_owners superior_levels
            contract_accounts public_shares rules_beside_read criteria_case role_groups
            private_opportunities
        );
    }
}

/// Names as a list, or as a text with `+` between them.
fn names<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let stated = match Value::deserialize(deserializer)? {
        Value::String(text) => {
            let named = text.split('+').map(str::trim);
            named
                .filter(|name| !name.is_empty())
                .map(Value::from)
                .collect()
        }
        other => other,
    };
    serde_json::from_value(stated).map_err(D::Error::custom)
}

fn lay<T>(place: &mut Option<T>, stated: Option<T>) {
    if stated.is_some() {
        *place = stated;
    }
}

fn read(stated: &str) -> Result<Platform, PlatformError> {
    let no_value = || PlatformError::NoValue(stated.to_owned());
    let (name, value) = stated.split_once('=').ok_or_else(no_value)?;
    let switch = Map::from_iter([(name.trim().to_owned(), Value::from(value.trim()))]);
    serde_json::from_value(Value::Object(switch)).map_err(|error| PlatformError::Unknown {
        stated: stated.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, expected: &str) {
        let message = Platform::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn what_is_no_switch_is_refused_with_what_there_is() {
        check_refused("tooling-in-composite", "is not NAME=VALUE");
        check_refused("", "is not NAME=VALUE");
        check_refused("tooling=refused", "tooling-in-composite");
        check_refused(
            "tooling-in-composite=no",
            "expected `answered` or `refused`",
        );
    }

    #[test]
    fn names_are_a_list_or_a_text() {
        let expected = Some(vec!["RunWild".to_owned(), "View All Lead".to_owned()]);
        let read = Platform::parse("unlicensed-permissions=RunWild+View All Lead").unwrap();
        assert_eq!(read.unlicensed_permissions, expected);
        let text = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Platform>(&text).unwrap(), read);
        let written = r#"{"unlicensed-permissions": ["RunWild", "View All Lead"]}"#;
        assert_eq!(serde_json::from_str::<Platform>(written).unwrap(), read);
        assert!(serde_json::from_str::<Platform>(r#"{"unlicensed-permissions": 7}"#).is_err());
    }

    #[test]
    fn the_last_word_on_a_switch_counts() {
        let read =
            Platform::parse("tooling-in-composite=refused, tooling-in-composite=answered").unwrap();
        assert_eq!(
            read.tooling_in_composite,
            Some(ToolingInComposite::Answered)
        );
    }
}
