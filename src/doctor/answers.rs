//! What the doctor asks an org, and what its answers say.

use serde_json::Value;

use super::permissions;
use super::{Licence, Limit, RunningUser};
use crate::facts::{LICENSES, OrgFacts, Row};
use crate::observe::which_org;
use crate::org::{self, OrgError, Reader, Refusal};
use crate::soql;

const ORGANIZATION: &str =
    "SELECT Id, Name, OrganizationType, IsSandbox, TrialExpirationDate FROM Organization";

/// The namespace of HubSpot's package.
const HUBSPOT: &str = "HubSpot_Inc";

/// Rounds in which columns that the org does not have are left out of the question.
const MAX_ROUNDS: usize = 5;

/// What the org said.
pub(super) struct Answers {
    organization: Option<Row>,
    pub(super) trial: Option<String>,
    user: Option<Row>,
    licences: Vec<Row>,
    packaged: Vec<Row>,
    limits: Value,
    /// Rows of the user's permission sets, or why the org did not show them.
    pub(super) permissions: Result<Vec<Row>, Refusal>,
}

/// Asks everything at once.
pub(super) async fn ask(reader: &Reader, username: &str) -> Result<Answers, OrgError> {
    let mut names = permissions::names();
    let user = format!(
        "SELECT Name, Profile.Name, Profile.UserLicense.Name FROM User WHERE Username = {}",
        soql::literal(username)
    );
    let packaged = format!(
        "SELECT Name FROM PermissionSet WHERE NamespacePrefix = {} ORDER BY Name",
        soql::literal(HUBSPOT)
    );
    let held = permissions::question(username, &names);
    let queries = [ORGANIZATION, &user, LICENSES, &packaged, &held].map(str::to_owned);
    let (answers, limits) = tokio::join!(reader.queries(&queries), reader.get("limits"));
    let mut answers = answers?.into_iter().map(as_rows);
    let mut next = || answers.next().unwrap_or(Ok(Vec::new()));
    let (organization, user) = (first(next()), first(next()));
    let (licences, packaged) = (next().unwrap_or_default(), next().unwrap_or_default());
    let mut held = next();
    // Not every user may see them, and nothing else depends on them.
    let limits = limits.unwrap_or_default();
    for _ in 0..MAX_ROUNDS {
        let Some(absent) = absent_column(&held, &names) else {
            break;
        };
        names.retain(|name| *name != absent);
        let again = permissions::question(username, &names);
        let answer = reader.queries(&[again]).await?.pop();
        held = answer.map_or(Ok(Vec::new()), as_rows);
    }
    Ok(Answers {
        trial: organization
            .as_ref()
            .and_then(|row| row.text("TrialExpirationDate"))
            .map(str::to_owned),
        organization,
        user,
        licences,
        packaged,
        limits,
        permissions: held,
    })
}

/// A permission that the org's edition does not have, by the refusal of its column.
fn absent_column<'a>(held: &Result<Vec<Row>, Refusal>, names: &[&'a str]) -> Option<&'a str> {
    let refusal = held.as_ref().err()?;
    let names_it = |name: &&&str| refusal.message.contains(&format!("Permissions{name}'"));
    let found = names.iter().find(names_it)?;
    (refusal.code == "INVALID_FIELD").then_some(*found)
}

fn as_rows(rows: Result<Vec<org::Row>, Refusal>) -> Result<Vec<Row>, Refusal> {
    rows.map(|rows| rows.into_iter().map(Row).collect())
}

fn first(rows: Result<Vec<Row>, Refusal>) -> Option<Row> {
    rows.ok()?.into_iter().next()
}

impl Answers {
    pub(super) fn org(&self, reader: &Reader, username: &str) -> OrgFacts {
        OrgFacts {
            running_user: Some(username.to_owned()),
            ..which_org(self.organization.as_ref(), reader)
        }
    }

    pub(super) fn user(&self, username: &str) -> RunningUser {
        let text = |column| text_of(self.user.as_ref(), column);
        RunningUser {
            username: username.to_owned(),
            name: text("Name"),
            profile: text("Profile.Name"),
            licence: text("Profile.UserLicense.Name"),
        }
    }

    pub(super) fn licences(&self) -> Vec<Licence> {
        let licence = |row: &Row| {
            Some(Licence {
                name: row.text("Name")?.to_owned(),
                total: row.number("TotalLicenses")?,
                used: row.number("UsedLicenses")?,
            })
        };
        let mut licences: Vec<Licence> = self.licences.iter().filter_map(licence).collect();
        licences.sort_by(|one, other| one.name.cmp(&other.name));
        licences
    }

    pub(super) fn limits(&self) -> Vec<Limit> {
        let limits = self.limits.as_object().into_iter().flatten();
        let limit = |(name, value): (&String, &Value)| {
            Some(Limit {
                name: name.clone(),
                max: value.get("Max")?.as_u64()?,
                remaining: value.get("Remaining")?.as_u64()?,
            })
        };
        let mut limits: Vec<Limit> = limits.filter_map(limit).collect();
        limits.sort_by(|one, other| one.name.cmp(&other.name));
        limits
    }

    pub(super) fn package(&self) -> Vec<String> {
        let name = |row: &Row| Some(format!("{HUBSPOT}__{}", row.text("Name")?));
        self.packaged.iter().filter_map(name).collect()
    }
}

fn text_of(row: Option<&Row>, column: &str) -> String {
    row.and_then(|row| row.text(column))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> Result<Vec<Row>, Refusal> {
        Err(Refusal {
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
            fields: Vec::new(),
        })
    }

    #[test]
    fn a_permission_that_the_edition_does_not_have_is_left_out_of_the_question() {
        let names = ["ViewRoles", "ViewRolesAndMore"];
        let check = |page: &Result<Vec<Row>, Refusal>, expected: Option<&str>| {
            assert_eq!(absent_column(page, &names), expected, "{page:?}");
        };
        let told = "No such column 'PermissionsViewRolesAndMore' on entity 'PermissionSet'.";
        check(&refused("INVALID_FIELD", told), Some("ViewRolesAndMore"));
        check(&refused("INVALID_TYPE", told), None);
        check(&refused("INVALID_FIELD", "No such column 'Assignee'"), None);
        check(&Ok(Vec::new()), None);
    }
}
