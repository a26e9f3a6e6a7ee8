//! Jobs as clients walk through them.

use super::*;
use crate::seed;

const JOB: &str = r#"<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>query</operation><object>Lead</object><contentType>CSV</contentType></jobInfo>"#;

fn send(world: &mut World, method: &str, path: &str, kind: &str, body: &str) -> (u16, String) {
    let token = world.org.organization.access_token.clone();
    let headers = [("x-sfdc-session", token.as_str()), ("content-type", kind)];
    let request = Request {
        method: method.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: body.into(),
        ..Request::default()
    };
    let path: Vec<&str> = path.split('/').collect();
    let response = handle(world, &request, 62, &path);
    (response.status, String::from_utf8(response.body).unwrap())
}

fn between<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once('<').unwrap().0
}

/// State, `stateMessage` and file of a query in a new job over leads.
fn outcome(query: &str) -> (String, String) {
    let mut world = World::new(seed::demo());
    let (status, job) = send(&mut world, "POST", "job", "application/xml", JOB);
    assert_eq!(status, 201, "{job}");
    let job = format!("job/{}", between(&job, "id"));
    let (status, batch) = send(
        &mut world,
        "POST",
        &format!("{job}/batch"),
        "text/csv",
        query,
    );
    assert_eq!((status, between(&batch, "state")), (201, "Queued"));
    let batch = format!("{job}/batch/{}", between(&batch, "id"));
    let (_, told) = send(&mut world, "GET", &batch, "application/xml", "");
    let state = between(&told, "state").to_owned();
    if state == "Failed" {
        return (state, between(&told, "stateMessage").to_owned());
    }
    let (_, results) = send(&mut world, "GET", &format!("{batch}/result"), "", "");
    let result = between(&results, "result");
    (
        state,
        send(
            &mut world,
            "GET",
            &format!("{batch}/result/{result}"),
            "",
            "",
        )
        .1,
    )
}

#[test]
fn a_query_gives_a_file() {
    let (state, file) =
        outcome("SELECT id, Owner.Name, CreatedDate, Email FROM lead ORDER BY Id LIMIT 2");
    assert_eq!(state, "Completed");
    let mut lines = file.lines();
    assert_eq!(
        lines.next(),
        Some(r#""Id","Owner.Name","CreatedDate","Email""#)
    );
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("\"00Q") && first.contains("Z\","),
        "{first}"
    );
    assert_eq!(lines.count(), 1);
    assert_eq!(outcome("SELECT Id FROM Lead WHERE Id = null").1, NOT_FOUND);
}

const NOT_FOUND: &str = "Records not found for this query";

#[test]
fn queries_that_are_not_for_bulk_fail() {
    let check = |query: &str, told: &str| {
        let (state, message) = outcome(query);
        assert_eq!(state, "Failed", "{query}");
        assert!(message.starts_with(told), "{query}: {message}");
    };
    check(
        "SELECT COUNT(Id) FROM Lead",
        "FeatureNotEnabled : Aggregate Relationships not supported",
    );
    check(
        "SELECT Status FROM Lead GROUP BY Status",
        "FeatureNotEnabled : Aggregate",
    );
    check(
        "SELECT Xyzzy FROM Lead",
        "InvalidBatch : Failed to process query: INVALID_FIELD: ",
    );
    check(
        "SELECT Id FROM Contact",
        "InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: ",
    );
    check(
        "nonsense",
        "InvalidBatch : Failed to process query: MALFORMED_QUERY: ",
    );
}

#[test]
fn what_is_no_query_job_is_refused() {
    let mut world = World::new(seed::demo());
    let mut check = |method: &str, path: &str, body: &str, told: &str| {
        let (status, answer) = send(&mut world, method, path, "application/xml", body);
        assert_eq!(
            (status, between(&answer, "exceptionCode")),
            (400, told),
            "{path}"
        );
    };
    check(
        "POST",
        "job",
        &JOB.replace(">query<", ">insert<"),
        "FeatureNotEnabled",
    );
    check("POST", "job", &JOB.replace("Lead", "Xyzzy"), "InvalidJob");
    check("POST", "job", &JOB.replace("CSV", "ZIP_CSV"), "InvalidJob");
    check("POST", "job", "<jobInfo", "InvalidXML");
    check("GET", "job/750000000000001AAA", "", "InvalidJob");
    check("DELETE", "job", "", "InvalidUrl");
    let request = Request::default();
    let refused = handle(&mut World::new(seed::demo()), &request, 62, &["job"]);
    assert!(
        String::from_utf8(refused.body)
            .unwrap()
            .contains("<exceptionCode>InvalidSessionId<")
    );
}

#[test]
fn a_closed_job_takes_no_more_and_json_is_answered_with_json() {
    let mut world = World::new(seed::demo());
    let json = "application/json";
    let (_, job) = send(
        &mut world,
        "POST",
        "job",
        json,
        r#"{"operation":"query","object":"Lead","contentType":"JSON"}"#,
    );
    let job: Value = serde_json::from_str(&job).unwrap();
    let path = format!("job/{}", job["id"].as_str().unwrap());
    let (_, closed) = send(&mut world, "POST", &path, json, r#"{"state":"Closed"}"#);
    assert!(closed.contains(r#""state":"Closed""#), "{closed}");
    let (status, refused) = send(
        &mut world,
        "POST",
        &format!("{path}/batch"),
        json,
        "SELECT Id FROM Lead",
    );
    assert_eq!(status, 400);
    assert!(
        refused.contains(r#""exceptionCode":"InvalidJobState""#),
        "{refused}"
    );
}
