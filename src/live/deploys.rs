//! Deploys and validations that the org has taken (Tooling API, DeployRequest).

use crate::soql::{self, Row};
use jiff::Timestamp;

/// Deploys asked for at once: what lies behind so many is old.
pub(super) const MOST_DEPLOYS: usize = 200;

/// Those of the last ten days, the latest first, but for those without an effect. For so long a validation is good for a
/// quick deploy (Metadata API guide, deployRecentValidation); what has not ended stands in the queue, whatever it is called.
pub const RECENT_DEPLOYS: &str = "SELECT Id, Status, CheckOnly, CreatedDate, CompletedDate, CreatedBy.Name, CreatedBy.Username FROM DeployRequest \
     WHERE Status NOT IN ('Failed', 'Canceled') AND CreatedDate = LAST_N_DAYS:10 ORDER BY CreatedDate DESC LIMIT 200";

/// A deploy, or a validation, that the org has not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedDeploy {
    /// Its id.
    pub id: String,
    /// Whether it only checks.
    pub check_only: bool,
    /// The org's word for where it stands: `Pending`, `InProgress`.
    pub status: String,
    /// Who asked for it, as far as the org tells.
    pub by: Requester,
    /// When, in the org's words.
    pub since: String,
}

/// A validation that succeeded, and after which nothing was deployed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// Its id.
    pub id: String,
    /// Who asked for it, as far as the org tells.
    pub by: Requester,
    /// When it ended, in the org's words.
    pub ended: String,
}

/// Who asked for a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// The name that people read.
    pub name: Option<String>,
    /// The username.
    pub username: Option<String>,
}

impl Requester {
    /// Whether it is this user; usernames know no case.
    pub fn is(&self, username: Option<&str>) -> bool {
        let (Some(own), Some(username)) = (&self.username, username) else {
            return false;
        };
        own.eq_ignore_ascii_case(username)
    }

    /// The name in a sentence.
    pub fn words(&self) -> &str {
        let name = self.name.as_deref().or(self.username.as_deref());
        name.unwrap_or("somebody whom the org does not name")
    }

    fn of(row: &Row) -> Self {
        let text = |path: &str| row.text(path).map(str::to_owned);
        Self {
            name: text("CreatedBy.Name"),
            username: text("CreatedBy.Username"),
        }
    }
}

/// Deploys that the org has taken lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deploys {
    /// Those that have not ended, the oldest first.
    pub queued: Vec<QueuedDeploy>,
    /// Validations that nothing has made void, the latest first: any deploy does that succeeds after them, in part or whole.
    pub validations: Vec<Validation>,
    /// Whether there may be more validations than were asked for.
    pub may_be_more: bool,
}

impl Deploys {
    /// Out of the answer to [`RECENT_DEPLOYS`].
    pub fn of_rows(rows: &[Row]) -> Self {
        let mut deploys = Self {
            may_be_more: rows.len() >= MOST_DEPLOYS,
            ..Self::default()
        };
        let mut void = false;
        for row in rows {
            let (Some(id), Some(status)) = (row.text("Id"), row.text("Status")) else {
                continue;
            };
            let check_only = row.flag("CheckOnly");
            let moment = |column: &str| row.text(column).unwrap_or_default().to_owned();
            match row.text("CompletedDate") {
                None => deploys.queued.push(QueuedDeploy {
                    id: id.to_owned(),
                    check_only,
                    status: status.to_owned(),
                    by: Requester::of(row),
                    since: moment("CreatedDate"),
                }),
                Some(_) if !status.starts_with("Succeeded") => {}
                Some(_) if !check_only => {
                    void = true;
                    deploys.may_be_more = false;
                }
                Some(_) if void => {}
                Some(ended) => deploys.validations.push(Validation {
                    id: id.to_owned(),
                    by: Requester::of(row),
                    ended: ended.to_owned(),
                }),
            }
        }
        deploys.queued.reverse();
        deploys
    }
}

/// Deploys or checks since a point of the org's time, the latest first; those of one user where it is known.
pub fn deploys_since(since: Timestamp, check_only: bool, user_id: Option<&str>) -> String {
    let by = user_id
        .filter(|id| soql::is_id(id))
        .map(|id| format!(" AND CreatedById = {}", soql::literal(id)))
        .unwrap_or_default();
    format!(
        "SELECT Id, Status, CreatedDate FROM DeployRequest WHERE CreatedDate >= {since} AND CheckOnly = {check_only}{by} \
         ORDER BY CreatedDate DESC LIMIT 10"
    )
}

/// Ids of the deploys that a query found.
pub fn deploy_ids(rows: &[Row]) -> Vec<String> {
    let id = |row: &Row| row.text("Id").map(str::to_owned);
    rows.iter().filter_map(id).collect()
}

impl super::Live {
    /// The deploys and validations that the org has taken lately.
    pub fn deploys(&self) -> super::Known<&Deploys> {
        self.known(&super::Need::Deploys, Some(&self.deploys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn deploys_are_asked_for_by_the_orgs_clock_and_our_user() {
        let since: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
        let query = deploys_since(since, false, Some("005000000000001AAA"));
        assert!(
            query.contains(
                "CreatedDate >= 2026-03-01T10:00:00Z AND CheckOnly = false AND CreatedById = '005000000000001AAA' ORDER"
            ),
            "{query}"
        );
        assert!(!deploys_since(since, true, Some("' OR Id != '")).contains("CreatedById"));
        assert!(RECENT_DEPLOYS.ends_with(&MOST_DEPLOYS.to_string()));
    }

    #[test]
    fn validations_are_good_until_something_is_deployed_after_them() {
        let row = |id: &str, status: &str, check_only: bool, completed: Value| {
            Row::of(&json!({
                "Id": id, "Status": status, "CheckOnly": check_only, "CreatedDate": "2026-03-01T10:00:00Z",
                "CompletedDate": completed, "CreatedBy": {"Name": "Jane Doe", "Username": "Jane@acme.example"},
            }))
        };
        let ended = || json!("2026-03-01T10:00:00Z");
        let rows = [
            row("6", "Finalizing", false, Value::Null),
            row("5", "Pending", true, Value::Null),
            row("4", "Succeeded", true, ended()),
            row("3", "FinalizingFailed", false, ended()),
            row("2", "SucceededPartial", false, ended()),
            row("1", "Succeeded", true, ended()),
        ];
        let deploys = Deploys::of_rows(&rows);
        let queued: Vec<&str> = deploys.queued.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(queued, ["5", "6"]);
        let validations: Vec<&str> = deploys
            .validations
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        assert_eq!(validations, ["4"]);
        let by = &deploys.validations[0].by;
        assert!(
            by.is(Some("jane@ACME.example")) && !by.is(Some("joe@acme.example")) && !by.is(None)
        );
        assert_eq!(by.words(), "Jane Doe");
        assert!(!deploys.may_be_more);
    }
}
