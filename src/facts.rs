//! Facts: what was read from the org, as data. Touches nothing.
//!
//! Kinds put [`Question`]s; `observe` sends them in one wave and files the [`Answer`]s here; kinds then read their
//! live state out of the answers. So the planner is a pure function of manifests and facts, and a recorded `Facts`
//! replays a plan exactly.

mod described;
mod selection;

use crate::xml::Element;
pub use described::{ChildRelationship, Described, DescribedField};
pub use selection::{Selection, Term};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One thing to ask the org. Equal questions are asked once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// A SOQL query over the data API, all pages.
    Query(String),
    /// Rows that are asked for together with others of the same object.
    Rows(Selection),
    /// A SOQL query over the Tooling API.
    Tooling(String),
    /// The describe of an object, by API name.
    Describe(String),
    /// A metadata component: type and full name.
    Component(&'static str, String),
}

/// What the org said to one question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The rows of a query.
    Rows(Vec<Row>),
    /// The describe of an object.
    Describe(Box<Described>),
    /// A component, or `None` where the org has none of that name.
    Component(Option<Box<Element>>),
    /// The org refused this one question: its code and its words.
    Refused {
        /// The platform's error code, such as `INVALID_FIELD`.
        code: String,
        /// The platform's message.
        message: String,
    },
}

/// A record as a query returned it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Row(pub Map<String, Value>);

/// Which org was read.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OrgFacts {
    /// 18-character organization id.
    pub id: String,
    /// The organization's name.
    pub name: String,
    /// Base URL of the instance.
    pub instance_url: String,
    /// `OrganizationType`, such as `Enterprise Edition`.
    pub edition: String,
    /// Whether it is a sandbox (sandboxes keep production's edition).
    pub sandbox: bool,
    /// API version of every request, such as `66.0`.
    pub api_version: String,
    /// Username of the running user, where the log-in told it.
    pub running_user: Option<String>,
}

/// Everything read from one org for one plan.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Which org.
    pub org: OrgFacts,
    /// True where no org was asked: `render` without `--org`. Nothing is known, so nothing is refused as unknown.
    pub offline: bool,
    /// HTTP requests the reading took, after log-in.
    pub requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
    /// Profiles that the org gave in part and that were retrieved besides, by label, with what they came without. What
    /// that took is not among the requests.
    pub retrieved: BTreeMap<String, Vec<&'static str>>,
    answers: BTreeMap<Question, Answer>,
}

/// The organization's own row: asked in every plan, as the four catalogues below are.
pub const ORGANIZATION: &str = "SELECT Id, Name, OrganizationType, IsSandbox, TimeZoneSidKey, DefaultLocaleSidKey, LanguageLocaleKey, \
     DefaultAccountAccess, DefaultContactAccess, DefaultLeadAccess, DefaultOpportunityAccess, DefaultCaseAccess, \
     DefaultCampaignAccess FROM Organization";

/// The same with the columns that every org has.
pub const ORGANIZATION_LEAST: &str = "SELECT Id, Name, OrganizationType, IsSandbox, TimeZoneSidKey, DefaultLocaleSidKey, LanguageLocaleKey FROM Organization";

/// Profiles by label, with their licence: known from [`CONTAINERS`], never asked by itself.
pub const PROFILES: &str = "SELECT Id, Name, UserLicense.Name FROM Profile";

/// Everything that holds permissions: permission sets, groups of them, and the set behind each profile, which tells of
/// the profile and its licence.
pub const CONTAINERS: &str = "SELECT Id, Name, Label, NamespacePrefix, IsOwnedByProfile, ProfileId, Profile.Name, \
     Profile.UserLicense.Name, Profile.UserLicense.TotalLicenses, Profile.UserLicense.UsedLicenses, \
     PermissionSetGroupId, PermissionsModifyAllData, PermissionsViewAllData FROM PermissionSet";

/// What a container grants on an object.
pub const OBJECT_PERMISSIONS: &str = "SELECT ParentId, Parent.Profile.Name, SobjectType, PermissionsRead, PermissionsCreate, \
     PermissionsEdit, PermissionsDelete, PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions";

/// What a container grants on a field.
pub const FIELD_PERMISSIONS: &str = "SELECT Id, SobjectType, Field, PermissionsRead, PermissionsEdit, Parent.Profile.Name, \
     Parent.IsOwnedByProfile FROM FieldPermissions";

/// Roles of internal users. Portal roles can be thousands, generated one an account.
pub const ROLES: &str = "SELECT Id, Name, DeveloperName, ParentRoleId, RollupDescription, CaseAccessForAccountOwner, \
     ContactAccessForAccountOwner, OpportunityAccessForAccountOwner, MayForecastManagerShare FROM UserRole \
     WHERE PortalType = 'None'";

/// The same with the columns that every org has.
pub const ROLES_LEAST: &str =
    "SELECT Id, Name, DeveloperName, ParentRoleId FROM UserRole WHERE PortalType = 'None'";

/// Licences and their seats. A plan knows those of profiles from [`CONTAINERS`] and does not ask. `UsedLicenses`
/// cannot be filtered on from API 64, so it is compared here.
pub const LICENSES: &str = "SELECT Name, TotalLicenses, UsedLicenses FROM UserLicense";

impl Facts {
    /// Facts of an org that was not asked: every look-up finds nothing.
    pub fn offline() -> Self {
        Self {
            offline: true,
            ..Self::default()
        }
    }

    /// Files an answer.
    pub fn record(&mut self, question: Question, answer: Answer) {
        self.answers.insert(question, answer);
    }

    /// Forgets an answer, as if the org had nothing of that name.
    pub fn forget(&mut self, question: &Question) {
        self.answers.remove(question);
    }

    /// Whether a question was put, however the org answered.
    pub fn asked(&self, question: &Question) -> bool {
        self.answers.contains_key(question)
    }

    /// The rows of a query; empty where the org refused it or it was not asked.
    pub fn rows(&self, soql: &str) -> &[Row] {
        self.answered(soql).unwrap_or_default()
    }

    /// The rows of a query, where it was asked and answered.
    pub fn answered(&self, soql: &str) -> Option<&[Row]> {
        match self.answers.get(&Question::Query(soql.to_owned())) {
            Some(Answer::Rows(rows)) => Some(rows),
            _ => None,
        }
    }

    /// The rows of a Tooling API query; empty where the org refused it or it was not asked.
    pub fn tooling_rows(&self, soql: &str) -> &[Row] {
        self.tooling_answered(soql).unwrap_or_default()
    }

    /// The rows of a Tooling API query, where it was asked and answered.
    pub fn tooling_answered(&self, soql: &str) -> Option<&[Row]> {
        match self.answers.get(&Question::Tooling(soql.to_owned())) {
            Some(Answer::Rows(rows)) => Some(rows),
            _ => None,
        }
    }

    /// The rows of a selection; empty where the org refused it or it was not asked.
    pub fn selected(&self, selection: &Selection) -> &[Row] {
        match self.answers.get(&Question::Rows(selection.clone())) {
            Some(Answer::Rows(rows)) => rows,
            _ => &[],
        }
    }

    /// Leaves rows out of a query's answer, as if the org did not have them.
    pub fn leave_out(&mut self, soql: &str, gone: impl Fn(&Row) -> bool) {
        if let Some(Answer::Rows(rows)) = self.answers.get_mut(&Question::Query(soql.to_owned())) {
            rows.retain(|row| !gone(row));
        }
    }

    /// Files the profiles and the licences that the permission sets behind the profiles tell of.
    pub fn know_profiles(&mut self) {
        let of_profiles = self
            .rows(CONTAINERS)
            .iter()
            .filter(|row| row.flag("IsOwnedByProfile"));
        let mut profiles = Vec::new();
        let mut licences = BTreeMap::new();
        for row in of_profiles {
            let value = |path: &str| row.get(path).cloned().unwrap_or_default();
            let licence = value("Profile.UserLicense");
            profiles.extend(Row::of(
                &json!({"Id": value("ProfileId"), "Name": value("Profile.Name"), "UserLicense": licence}),
            ));
            let name = row.text("Profile.UserLicense.Name").map(str::to_owned);
            licences.extend(name.zip(Row::of(&licence)));
        }
        let licences = licences.into_values().collect();
        self.record(Question::Query(PROFILES.to_owned()), Answer::Rows(profiles));
        self.record(Question::Query(LICENSES.to_owned()), Answer::Rows(licences));
    }

    /// Why the org refused a query, if it did.
    pub fn refusal(&self, soql: &str) -> Option<(&str, &str)> {
        match self.answers.get(&Question::Query(soql.to_owned())) {
            Some(Answer::Refused { code, message }) => Some((code, message)),
            _ => None,
        }
    }

    /// The number a `SELECT COUNT(Id) n …` query gave; `None` where it was refused or not asked.
    pub fn count(&self, soql: &str) -> Option<u64> {
        match self.answers.get(&Question::Query(soql.to_owned())) {
            Some(Answer::Rows(rows)) => rows.first().map_or(Some(0), |row| row.number("n")),
            _ => None,
        }
    }

    /// The describe of an object; `None` where the org has no such object, or hides it.
    pub fn describe(&self, object: &str) -> Option<&Described> {
        match self.answers.get(&Question::Describe(object.to_owned())) {
            Some(Answer::Describe(described)) => Some(described),
            _ => None,
        }
    }

    /// A described field of an object, by name without regard to case.
    pub fn field(&self, object: &str, name: &str) -> Option<&DescribedField> {
        self.describe(object)?.field(name)
    }

    /// The describe type of a field.
    pub fn field_type(&self, object: &str, name: &str) -> Option<&str> {
        Some(&self.field(object, name)?.kind)
    }

    /// A metadata component; `None` where the org has none of that name.
    pub fn component(&self, kind: &'static str, full_name: &str) -> Option<&Element> {
        match self
            .answers
            .get(&Question::Component(kind, full_name.to_owned()))
        {
            Some(Answer::Component(component)) => component.as_deref(),
            _ => None,
        }
    }

    /// The organization's own row.
    pub fn organization(&self) -> Option<&Row> {
        self.rows(ORGANIZATION).first()
    }
}

impl Row {
    /// The row that a JSON object is.
    pub fn of(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    /// The value at a dotted path, names without regard to case, as SOQL has them.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let mut value = find(&self.0, steps.next()?)?;
        for step in steps {
            value = find(value.as_object()?, step)?;
        }
        Some(value)
    }

    /// The text at a path; `None` for null and for what is not text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// Whether the value at a path is `true`.
    pub fn flag(&self, path: &str) -> bool {
        self.get(path).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The whole number at a path.
    pub fn number(&self, path: &str) -> Option<u64> {
        let value = self.get(path)?;
        value.as_u64().or_else(|| {
            value
                .as_f64()
                .filter(|n| *n >= 0.0 && n.fract() == 0.0)
                .map(|n| n as u64)
        })
    }

    /// The rows of a child sub-query.
    pub fn children(&self, relationship: &str) -> Vec<Row> {
        let records = self
            .get(relationship)
            .and_then(|value| value.get("records"))
            .and_then(Value::as_array);
        records
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|map| Row(map.clone()))
            .collect()
    }
}

fn find<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        Row(serde_json::from_str(text).expect("a row"))
    }

    #[test]
    fn a_path_reaches_through_parents_without_regard_to_case() {
        let row =
            row(r#"{"Id":"005","Profile":{"Name":"Standard User"},"UserRole":null,"n":3,"x":2.0}"#);
        assert_eq!(row.text("profile.name"), Some("Standard User"));
        assert_eq!(row.text("UserRole.Name"), None);
        assert_eq!((row.number("N"), row.number("x")), (Some(3), Some(2)));
    }

    #[test]
    fn a_refused_question_has_no_rows_and_keeps_the_words() {
        let mut facts = Facts::default();
        let refused = Answer::Refused {
            code: "INVALID_FIELD".into(),
            message: "No such column".into(),
        };
        facts.record(Question::Query("q".into()), refused);
        assert!(facts.rows("q").is_empty());
        assert_eq!(facts.count("q"), None);
        assert_eq!(
            facts.refusal("q"),
            Some(("INVALID_FIELD", "No such column"))
        );
    }
}
