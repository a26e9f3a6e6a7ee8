//! Sharing rules, share rows, and the answer to "what may this user do with this record".

use serde::{Deserialize, Serialize};

use super::Id;

/// A level of access to records, from narrow to wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AccessLevel {
    /// Nothing.
    #[default]
    None,
    /// Read.
    Read,
    /// Read and edit.
    Edit,
    /// Everything an owner may.
    All,
}

impl AccessLevel {
    /// The word in share rows, roles and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            AccessLevel::None => "None",
            AccessLevel::Read => "Read",
            AccessLevel::Edit => "Edit",
            AccessLevel::All => "All",
        }
    }

    /// The level this word means.
    pub fn parse(word: &str) -> Option<AccessLevel> {
        let levels = [
            AccessLevel::None,
            AccessLevel::Read,
            AccessLevel::Edit,
            AccessLevel::All,
        ];
        levels.into_iter().find(|level| level.as_str() == word)
    }
}

/// A sharing rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharingRule {
    /// API name of the object.
    pub object: String,
    /// Developer name, unique in the object and kind.
    pub name: String,
    /// Label.
    pub label: String,
    /// Free text.
    pub description: Option<String>,
    /// Which records.
    pub scope: RuleScope,
    /// With whom.
    pub shared_to: Principal,
    /// `Read`, `Edit`, or `All` for campaigns.
    pub access: AccessLevel,
    /// Levels on the children of a shared account; of account rules only.
    pub account_levels: Option<AccountLevels>,
}

impl SharingRule {
    /// The key in the store and the full name in metadata: `Lead.Sync_to_HubSpot`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.object, self.name)
    }
}

/// Which records a rule shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RuleScope {
    /// Records that meet criteria.
    Criteria {
        /// The criteria, numbered from 1 in the filter.
        items: Vec<CriteriaItem>,
        /// `1 AND (2 OR 3)`; `None` means all of them.
        boolean_filter: Option<String>,
        /// `includeRecordsOwnedByAll`: also records of owners that cannot have a role.
        include_records_owned_by_all: bool,
    },
    /// Records whose owner belongs to this principal.
    Owner(Principal),
}

impl Default for RuleScope {
    fn default() -> RuleScope {
        RuleScope::Criteria {
            items: Vec::new(),
            boolean_filter: None,
            include_records_owned_by_all: false,
        }
    }
}

/// One criterion of a rule, as stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriteriaItem {
    /// API name of the field.
    pub field: String,
    /// `equals`, `contains`…
    pub operation: String,
    /// Value, several separated by commas.
    pub value: String,
}

/// Somebody a rule names: element name in metadata (`role`, `group`, `allInternalUsers`…) and the developer name in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Principal {
    /// `role`, `roleAndSubordinates`, `roleAndSubordinatesInternal`, `group`, `queue`, `allInternalUsers`…
    pub kind: String,
    /// Developer name; `None` for those without one.
    pub name: Option<String>,
}

/// Levels an account rule gives on the account's children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLevels {
    /// `caseAccessLevel`.
    pub case: AccessLevel,
    /// `contactAccessLevel`.
    pub contact: AccessLevel,
    /// `opportunityAccessLevel`.
    pub opportunity: AccessLevel,
}

/// A row of a share object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Id of the row; computed rows have a stable one.
    pub id: Id,
    /// API name of the shared object, e.g. `Lead`.
    pub object: String,
    /// Id of the shared record.
    pub record: Id,
    /// Id of the user or group.
    pub user_or_group: Id,
    /// `LeadAccessLevel` and the like.
    pub level: AccessLevel,
    /// `RowCause`: `Owner`, `Manual`, `Rule`, `ImplicitParent`…
    pub cause: String,
    /// Levels on the children, in `AccountShare` only.
    pub account_levels: Option<AccountLevels>,
    /// Who shared the record; of computed rows nobody.
    #[serde(default)]
    pub by: Option<Id>,
}

impl ShareRow {
    /// Whether the row names one person who holds it only while active: somebody shared it by hand or put them in a
    /// team (Salesforce Help, "Considerations for Deactivating Users").
    pub fn ends_with_its_holder(&self) -> bool {
        matches!(self.cause.as_str(), "Manual" | "Team")
    }
}

/// A restriction rule (Metadata API guide, RestrictionRule): whom it concerns and which records stay for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// API name of the object.
    pub object: String,
    /// Columns of `User` and the values that they all have to have.
    pub users: Vec<(String, String)>,
    /// Fields of the records and the values that they all have to have.
    pub records: Vec<(String, String)>,
}

/// What a user may do with one record, object permissions and sharing together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// `HasReadAccess`.
    pub read: bool,
    /// `HasEditAccess`.
    pub edit: bool,
    /// `HasDeleteAccess`.
    pub delete: bool,
    /// `HasTransferAccess`.
    pub transfer: bool,
    /// `HasAllAccess`.
    pub all: bool,
}

impl Access {
    /// `MaxAccessLevel`.
    pub fn max_level(self) -> &'static str {
        if self.all {
            "All"
        } else if self.transfer {
            "Transfer"
        } else if self.delete {
            "Delete"
        } else if self.edit {
            "Edit"
        } else if self.read {
            "Read"
        } else {
            "None"
        }
    }
}
