//! Deploys that the org has taken (Tooling API, DeployRequest), those that only check aside.

use crate::soql::{self, Row};
use jiff::Timestamp;

/// Those that have not ended. The queue is short: one runs at a time.
pub const QUEUED_DEPLOYS: &str =
    "SELECT Id FROM DeployRequest WHERE Status IN ('Pending', 'InProgress') AND CheckOnly = false";

/// Those since a point of the org's time, the latest first; those of one user where it is known.
pub fn deploys_since(since: Timestamp, user_id: Option<&str>) -> String {
    let by = user_id
        .filter(|id| soql::is_id(id))
        .map(|id| format!(" AND CreatedById = {}", soql::literal(id)))
        .unwrap_or_default();
    format!(
        "SELECT Id, Status, CreatedDate FROM DeployRequest WHERE CreatedDate >= {since} AND CheckOnly = false{by} \
         ORDER BY CreatedDate DESC LIMIT 10"
    )
}

/// Ids of the deploys that a query found.
pub fn deploy_ids(rows: &[Row]) -> Vec<String> {
    let id = |row: &Row| row.text("Id").map(str::to_owned);
    rows.iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deploys_are_asked_for_by_the_orgs_clock_and_our_user() {
        let since: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
        let query = deploys_since(since, Some("005000000000001AAA"));
        assert!(
            query.contains(
                "CreatedDate >= 2026-03-01T10:00:00Z AND CheckOnly = false AND CreatedById = '005000000000001AAA' ORDER"
            ),
            "{query}"
        );
        assert!(!deploys_since(since, Some("' OR Id != '")).contains("CreatedById"));
    }
}
