//! The organization's own row.

use super::need::Columns;
use crate::manifest::SharingModel;
use crate::soql::Row;
use std::collections::BTreeMap;

const EVERY_ORG: &str =
    "Id,Name,OrganizationType,IsSandbox,TimeZoneSidKey,DefaultLocaleSidKey,LanguageLocaleKey";

const ALL: &str = "Id,Name,OrganizationType,IsSandbox,TimeZoneSidKey,DefaultLocaleSidKey,LanguageLocaleKey,\
    DefaultAccountAccess,DefaultContactAccess,DefaultLeadAccess,DefaultOpportunityAccess,DefaultCaseAccess,\
    DefaultCampaignAccess";

/// The column that says when a trial ends; blank where there is none.
pub(super) const TRIAL_END: &str = "TrialExpirationDate";

/// Objects whose default the row tells.
const TOLD: [&str; 6] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
];

/// The columns asked for, separated by commas.
pub(super) fn columns(columns: Columns) -> &'static str {
    match columns {
        Columns::All => ALL,
        Columns::InEveryOrg => EVERY_ORG,
    }
}

/// Whether the organization's row has a column for an object's default in force.
pub fn tells_default_of(object: &str) -> bool {
    TOLD.contains(&object)
}

/// What an organization says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// `OrganizationType`, such as `Enterprise Edition`; empty where it does not say.
    pub edition: String,
    /// Whether it is a sandbox (sandboxes keep production's edition).
    pub sandbox: bool,
    /// Time zone that new users get, where it says.
    pub time_zone: Option<String>,
    /// Locale that new users get, where it says.
    pub locale: Option<String>,
    /// Language that new users get, where it says.
    pub language: Option<String>,
    /// Defaults in force, where it says; `None` for one in a word that nobody knows.
    defaults: BTreeMap<&'static str, Option<SharingModel>>,
}

impl Organization {
    /// What its row says.
    pub fn of_row(row: &Row) -> Self {
        let told = TOLD.into_iter().filter_map(|object| {
            let word = row.text(&format!("Default{object}Access"))?;
            Some((object, super::defaults::default_of_word(word)))
        });
        let cells = row.cells();
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        Self {
            name: text("Name"),
            edition: text("OrganizationType"),
            sandbox: row.flag("IsSandbox"),
            time_zone: cells.owned("TimeZoneSidKey"),
            locale: cells.owned("DefaultLocaleSidKey"),
            language: cells.owned("LanguageLocaleKey"),
            defaults: told.collect(),
        }
    }

    /// The default in force of an object, where the row tells.
    pub(super) fn default_of(&self, object: &str) -> Option<Option<SharingModel>> {
        self.defaults.get(object).copied()
    }
}

/// The day on which a trial ends, such as `2026-03-01`.
pub(super) fn trial_end(row: &Row) -> Option<String> {
    let moment = row.text(TRIAL_END)?;
    Some(moment.get(..10).unwrap_or(moment).to_owned())
}

/// The query for these columns, where the record cannot be asked for by its id.
pub fn organization_query(columns: &str) -> String {
    format!("SELECT {columns} FROM Organization")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_tells_the_defaults_that_it_has_columns_for() {
        let row = Row::of(
            &json!({"Name": "Acme", "OrganizationType": "Enterprise Edition", "IsSandbox": true,
            "DefaultLocaleSidKey": "en_US", "DefaultLeadAccess": "Edit", "DefaultCaseAccess": "Sideways",
            "TrialExpirationDate": "2026-03-01T00:00:00.000+0000"}),
        );
        let organization = Organization::of_row(&row);
        assert_eq!(organization.name, "Acme");
        assert_eq!(organization.edition, "Enterprise Edition");
        assert!(organization.sandbox);
        assert_eq!(organization.locale.as_deref(), Some("en_US"));
        assert_eq!(organization.language, None);
        let lead = organization.default_of("Lead");
        assert_eq!(lead, Some(Some(SharingModel::ReadWrite)));
        assert_eq!(organization.default_of("Case"), Some(None));
        assert_eq!(organization.default_of("Account"), None);
        assert_eq!(trial_end(&row).as_deref(), Some("2026-03-01"));
        for object in TOLD {
            let column = format!("Default{object}Access");
            assert!(columns(Columns::All).split(',').any(|told| told == column));
        }
    }
}
