//! Switches of record access: where sources contradict each other or leave something open.

use serde::{Deserialize, Serialize};

/// What the owner of a contact has whose access its account controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactOwners {
    /// The account can be read, and through it every contact of the account (Salesforce Help, "Considerations for
    /// Sharing Contacts").
    #[default]
    Read,
    /// The same, and the own contact can be edited (seen by one).
    Edit,
    /// Nothing (Record Access guide, "Object Relationships").
    Nothing,
}

/// Whose role says what superiors of an account's owner get on the account's contacts, opportunities and cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuperiorLevels {
    /// The owner's.
    #[default]
    Owner,
    /// The superior's own.
    Own,
}

/// Who may read the account of a contract or an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContractAccounts {
    /// Whoever was given the contract or order, as of other children (object reference, `AccountShare`).
    #[default]
    Given,
    /// Its owner alone (seen by one).
    Owned,
}

/// What the share table of an object holds whose internal and external default are both public for writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicShares {
    /// Nothing.
    #[default]
    Empty,
    /// It is not there.
    Refused,
    /// Rows as anywhere.
    Rows,
}

/// Whether rules that let people edit share anything where everybody reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulesBesideRead {
    /// They do.
    #[default]
    Shared,
    /// Only once the default is private.
    Waiting,
}

/// Whether criteria heed case where the guide does not say: picklists, e-mail, phone, URL. Of text they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriteriaCase {
    /// As of text.
    #[default]
    Heeded,
    /// Of text alone.
    OfText,
}

/// Which groups stand for a role and those below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleGroups {
    /// That with people from outside only where digital experiences are on.
    #[default]
    ByExperiences,
    /// Both.
    All,
}

/// Who has access to a private opportunity, beside its owner, their superiors and who views all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivateOpportunities {
    /// Nobody.
    #[default]
    Owned,
    /// Whom it was shared with by hand or in a team, and who owns the account.
    Shared,
}
