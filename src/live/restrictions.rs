//! Restriction and scoping rules: what hides records from people who may see them (Tooling API, RestrictionRule).

use super::known::Known;
use super::{Live, Need};
use crate::soql::Row;

/// The rules that are in force.
pub(super) const RESTRICTION_RULES: &str = "SELECT DeveloperName, TargetEntity, EnforcementType FROM RestrictionRule WHERE IsActive = true";

/// Objects that no restriction rule can be about (Salesforce Help, Restriction Rules: custom and external objects, contracts,
/// quotes, tasks, events and time sheets can have one).
const NEVER_RESTRICTED: [&str; 6] = [
    "Lead",
    "Account",
    "Contact",
    "Opportunity",
    "Case",
    "Campaign",
];

/// Whether restriction rules can be about an object.
pub fn may_be_restricted(object: &str) -> bool {
    !NEVER_RESTRICTED.contains(&object)
}

/// A rule that hides records of an object from some people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictionRule {
    /// API name.
    pub name: String,
    /// The object's API name, or its id where the org tells that.
    pub object: String,
    /// Whether it only decides which records are shown first, and restricts nothing.
    pub is_scoping: bool,
}

impl RestrictionRule {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        Some(Self {
            name: row.text("DeveloperName")?.to_owned(),
            object: row.text("TargetEntity")?.to_owned(),
            is_scoping: row.text("EnforcementType") == Some("Scoping"),
        })
    }
}

impl Live {
    /// The restriction and scoping rules in force.
    pub fn restriction_rules(&self) -> Known<&[RestrictionRule]> {
        self.known(&Need::RestrictionRules, self.restriction_rules.as_deref())
    }
}
