//! Queries as strangers ask them, over the demo org.

use serde_json::Value;

use super::*;
use crate::seed;
use crate::soql_error::SoqlError;
use crate::store::{Org, Row};

const NOW: i64 = 1_790_000_000_000;

fn ask(org: &Org, text: &str) -> Result<Found, Refusal> {
    let viewer = Viewer::new(org, &org.organization.administrator, NOW, 66);
    run(&viewer, text)
}

fn tooling(org: &Org, text: &str) -> Found {
    let mut viewer = Viewer::new(org, &org.organization.administrator, NOW, 66);
    viewer.tooling = true;
    run(&viewer, text).unwrap()
}

fn records(found: &Found) -> Vec<Value> {
    let parsed = found
        .records
        .iter()
        .map(|record| serde_json::from_str(record).unwrap());
    parsed.collect()
}

fn text<'r>(row: &'r Row, field: &str) -> &'r str {
    row[field].as_str().unwrap_or_default()
}

#[test]
fn filters_find_what_a_plain_loop_finds() {
    let org = seed::demo();
    let check = |filter: &str, holds: &dyn Fn(&Row) -> bool| {
        let expected = org.rows("Lead").filter(|(_, row)| holds(row)).count();
        let counted = ask(&org, &format!("SELECT COUNT() FROM Lead WHERE {filter}")).unwrap();
        assert_eq!(counted.total, expected, "{filter}");
        let listed = ask(&org, &format!("SELECT Id FROM Lead WHERE {filter}")).unwrap();
        assert_eq!(listed.records.len(), expected, "{filter}");
        let limited = ask(
            &org,
            &format!("SELECT Id FROM Lead WHERE {filter} ORDER BY Id LIMIT 7 OFFSET 3"),
        );
        let part: Vec<String> = listed.records.into_iter().skip(3).take(7).collect();
        assert_eq!(limited.unwrap().records, part, "{filter}");
    };
    let ticked = |row: &Row| row["Sync_to_HubSpot__c"] == true;
    let score = |row: &Row| row["Score__c"].as_f64().unwrap_or_default();
    check("Sync_to_HubSpot__c = true", &ticked);
    check("Email LIKE '%@%'", &|row| text(row, "Email").contains('@'));
    check("(NOT Email LIKE '%@%')", &|row| {
        !text(row, "Email").contains('@')
    });
    check("Email = null", &|row| row.get("Email").is_none());
    check("Email != null AND Sync_to_HubSpot__c = TRUE", &|row| {
        row.contains_key("Email") && ticked(row)
    });
    check("LeadSource = 'WEB' OR Score__c >= 90", &|row| {
        text(row, "LeadSource") == "Web" || score(row) >= 90.0
    });
    check("LeadSource NOT IN ('web', 'OTHER')", &|row| {
        !["Web", "Other"].contains(&text(row, "LeadSource"))
    });
    check("NumberOfEmployees < 10", &|row| {
        row["NumberOfEmployees"]
            .as_u64()
            .is_some_and(|count| count < 10)
    });
    check("Title IN ('nobody', null)", &|row| {
        row.get("Title").is_none()
    });
    check(
        "CreatedDate = 2025-03-04T00:00:00Z OR DAY_ONLY(CreatedDate) = 2025-03-04",
        &|row| text(row, "CreatedDate").starts_with("2025-03-04"),
    );
    check("CALENDAR_MONTH(CreatedDate) = 7", &|row| {
        text(row, "CreatedDate").starts_with("2025-07")
    });
    check("Owner.Name LIKE 'Inbound%'", &|row| {
        text(row, "OwnerId").starts_with("00G")
    });
    check("Owner.Type = 'Queue'", &|row| {
        text(row, "OwnerId").starts_with("00G")
    });
    check(
        "CreatedBy.UserRole.ParentRole.Name = 'Head of Sales'",
        &|_| true,
    );
    check(
        "OwnerId IN (SELECT Id FROM User WHERE Profile.Name = 'Inside Sales')",
        &|row| {
            let owner = org.users.get(text(row, "OwnerId"));
            owner.is_some_and(|owner| org.profiles[&owner.profile].label == "Inside Sales")
        },
    );
    check("OwnerId NOT IN (SELECT Id FROM User)", &|row| {
        text(row, "OwnerId").starts_with("00G")
    });
}

#[test]
fn a_limit_takes_the_first_in_order() {
    let org = seed::demo();
    for order in [
        "City",
        "City DESC NULLS LAST, Score__c",
        "Owner.Name, Email NULLS LAST, Id DESC",
        "CreatedDate DESC",
        "Sync_to_HubSpot__c",
    ] {
        let select = format!("SELECT Id, City FROM Lead ORDER BY {order}");
        let all = ask(&org, &select).unwrap().records;
        assert_eq!(all.len(), 2000);
        for (limit, offset) in [(25, 0), (25, 10), (0, 0), (3000, 1990)] {
            let some = ask(&org, &format!("{select} LIMIT {limit} OFFSET {offset}"));
            let expected: Vec<String> = all.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(some.unwrap().records, expected, "{order} LIMIT {limit}");
        }
    }
}

#[test]
fn filters_follow_what_is_written() {
    let mut org = seed::demo();
    let count = |org: &Org| {
        ask(
            org,
            "SELECT COUNT() FROM Lead WHERE City = 'Nowhere at all'",
        )
        .unwrap()
        .total
    };
    assert_eq!(count(&org), 0);
    let id = org.rows("Lead").nth(1234).unwrap().0.clone();
    org.table_mut("Lead")
        .get_mut(&id)
        .unwrap()
        .insert("City", "Nowhere At All".into());
    assert_eq!(count(&org), 1);
    org.table_mut("Lead").remove(&id);
    assert_eq!(count(&org), 0);
}

#[test]
fn groups_add_up() {
    let org = seed::demo();
    let found = ask(&org, "SELECT CALENDAR_MONTH(CreatedDate), COUNT(Id) many, COUNT_DISTINCT(OwnerId), MIN(Score__c), MAX(Score__c), SUM(Score__c), AVG(Score__c) FROM Lead GROUP BY CALENDAR_MONTH(CreatedDate) HAVING COUNT(Id) > 0 ORDER BY CALENDAR_MONTH(CreatedDate) DESC").unwrap();
    let groups = records(&found);
    let months: Vec<u64> = groups
        .iter()
        .filter_map(|group| group["expr0"].as_u64())
        .collect();
    assert_eq!(months, (1..=12).rev().collect::<Vec<_>>());
    let total: u64 = groups
        .iter()
        .filter_map(|group| group["many"].as_u64())
        .sum();
    assert_eq!(total, 2000);
    let group = &groups[0];
    assert_eq!(
        group["expr4"].as_f64().unwrap() / group["many"].as_f64().unwrap(),
        group["expr5"].as_f64().unwrap()
    );
    assert!(group["expr2"].as_f64() < group["expr3"].as_f64(), "{group}");
}

#[test]
fn what_the_platform_refuses_is_refused_in_its_words() {
    let org = seed::demo();
    let cases = [
        (
            "SELECT Nope FROM Lead",
            "INVALID_FIELD",
            "No such column 'Nope' on entity 'Lead'.",
        ),
        (
            "SELECT Id FROM Nope",
            "INVALID_TYPE",
            "sObject type 'Nope' is not supported.",
        ),
        (
            "SELECT Id FROM Lead WHERE Nope__r.Id = null",
            "INVALID_FIELD",
            "Didn't understand relationship 'Nope__r' in field path.",
        ),
        (
            "SELECT Id, (SELECT Id FROM Nope__r) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Nope__r' in FROM part of query call.",
        ),
        (
            "SELECT Id FROM Lead WHERE Score__c = '5'",
            "INVALID_FIELD",
            "value of filter criterion for field 'Score__c' must be of type double and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE Email = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE CreatedDate > 2025-01-01",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE Id = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: x",
        ),
        (
            "SELECT Id FROM Lead WHERE OwnerId LIKE '005%'",
            "INVALID_FIELD",
            "invalid operator on reference field",
        ),
        (
            "SELECT Id FROM Lead WHERE IsConverted > false",
            "INVALID_FIELD",
            "invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Lead WHERE Status INCLUDES ('a')",
            "INVALID_FIELD",
            "invalid operator on picklist field",
        ),
        (
            "SELECT Id FROM Lead WHERE OwnerId IN (SELECT Name FROM User)",
            "MALFORMED_QUERY",
            "Semi join sub-selects can only query id fields, cannot use: 'Name'",
        ),
        (
            "SELECT Id FROM Lead WHERE LastName IN (SELECT Id FROM User)",
            "MALFORMED_QUERY",
            "The left operand field in the where expression for outer query should be an id field, cannot use: 'LastName'",
        ),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT Id FROM Lead)",
            "MALFORMED_QUERY",
            "The inner and outer selects should not be on the same object type",
        ),
        (
            "SELECT Id FROM Lead WHERE OwnerId IN (SELECT Id FROM Account)",
            "MALFORMED_QUERY",
            "should point to the same object type",
        ),
        (
            "SELECT Id FROM Lead WHERE Score__c = 1 OR OwnerId IN (SELECT Id FROM User)",
            "MALFORMED_QUERY",
            "Semi join sub-selects are only allowed at the top level WHERE expressions",
        ),
        (
            "SELECT Email, COUNT(Id) FROM Lead GROUP BY City",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Email",
        ),
        (
            "SELECT SUM(Email) FROM Lead",
            "MALFORMED_QUERY",
            "does not support aggregate operator",
        ),
        (
            "SELECT CALENDAR_YEAR(CreatedDate) FROM Lead",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated",
        ),
        (
            "SELECT Id FROM Lead WHERE CALENDAR_YEAR(Email) = 2025",
            "MALFORMED_QUERY",
            "does not support date function",
        ),
        (
            "SELECT FIELDS(ALL) FROM Lead",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT Id FROM Lead LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "SOQL offset exceeds the maximum allowed offset of 2000",
        ),
        (
            "SELECT Id FROM Lead WITH SECURITY_ENFORCED",
            "MALFORMED_QUERY",
            "WITH SECURITY_ENFORCED only allowed in Apex code",
        ),
        (
            "SELECT Id FROM Lead FOR VIEW",
            "FUNCTIONALITY_NOT_ENABLED",
            "The embedded org does not answer queries with FOR VIEW",
        ),
        (
            "SELECT Id FROM Lead FOR REFERENCE",
            "FUNCTIONALITY_NOT_ENABLED",
            "The embedded org does not answer queries with FOR REFERENCE",
        ),
        (
            "SELECT Id FROM Lead ALL ROWS",
            "MALFORMED_QUERY",
            "ALL ROWS only allowed in Apex code",
        ),
        (
            "SELECT Id FROM Lead USING SCOPE mine",
            "FUNCTIONALITY_NOT_ENABLED",
            "The embedded org does not answer queries with USING SCOPE",
        ),
        (
            "SELECT Name FROM UserLicense WHERE UsedLicenses > 1",
            "INVALID_FIELD",
            "field 'UsedLicenses' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM PermissionDependency",
            "INVALID_TYPE",
            "sObject type 'PermissionDependency' is not supported.",
        ),
        (
            "SELECT Id FROM FieldPermissions WHERE SobjectType = 'Lead'",
            "MALFORMED_QUERY",
            "SobjectType and Field must be selected",
        ),
    ];
    for (query, code, words) in cases {
        let refused = ask(&org, query).expect_err(query);
        assert_eq!(refused.code, code, "{query}: {}", refused.message);
        assert!(
            refused.message.contains(words),
            "{query}: {}",
            refused.message
        );
    }
}

#[test]
fn permission_dependencies_ignore_limits_and_can_be_walked_by_id() {
    let org = seed::demo();
    let all = tooling(
        &org,
        "SELECT Id, Permission, RequiredPermission FROM PermissionDependency ORDER BY Id",
    );
    let limited = tooling(
        &org,
        "SELECT Id, Permission, RequiredPermission FROM PermissionDependency ORDER BY Id LIMIT 5",
    );
    assert_eq!(all.records, limited.records);
    let rows = records(&all);
    let middle = rows[rows.len() / 2]["Id"].as_str().unwrap();
    let rest = tooling(
        &org,
        &format!("SELECT Id FROM PermissionDependency WHERE Id > '{middle}' ORDER BY Id"),
    );
    assert_eq!(rest.records.len(), rows.len() - rows.len() / 2 - 1);
    let pairs: std::collections::BTreeSet<String> = rows
        .iter()
        .map(|row| format!("{}{}", row["Permission"], row["RequiredPermission"]))
        .collect();
    assert_eq!(pairs.len() * 2, rows.len(), "everything is listed twice");
}

#[test]
fn a_refusal_points_at_the_place() {
    let error = SoqlError::at(
        "INVALID_TYPE",
        20,
        "sObject type 'XYZZY' is not supported.".to_owned(),
    );
    let expected = "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not supported.";
    assert_eq!(error.refusal("select count() from XYZZY").message, expected);
}

#[test]
fn rows_are_counted() {
    let refusal = SoqlError::malformed(10, "x".to_owned()).refusal("SELECT Id\nFROM ä Lead");
    assert_eq!(
        refusal.message,
        "\nFROM ä Lead\n^\nERROR at Row:2:Column:1\nx"
    );
}
