//! Many records in one request: what goes over the wire, and what its answers mean.

use serde_json::{Map, Value, json};

use super::host::{Host, json, reply};
use crate::org::{FIRST_ID, RefusalClass, Writer};

const USER: &str = "005000000000001AAA";
const ASSIGNMENT: &str = "0Pa000000000001AAA";

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

async fn answering(answer: Value) -> (Host, Writer) {
    let host = Host::org(move |_, _| json(answer.clone())).await;
    let writer = Writer::new(host.quiet().await);
    (host, writer)
}

fn part(number: usize, status: u16, body: Value) -> Value {
    json!({"referenceId": format!("r{number}"), "httpStatusCode": status, "httpHeaders": {}, "body": body})
}

#[tokio::test]
async fn a_user_goes_with_what_refers_to_it_all_or_none() {
    let made = |id: &str| json!({"id": id, "success": true, "errors": []});
    let parts = [part(0, 201, made(USER)), part(1, 201, made(ASSIGNMENT))];
    let (host, writer) = answering(json!({"compositeResponse": parts})).await;
    let user = fields(json!({"Username": "u@acme.example"}));
    let assignment = fields(json!({"AssigneeId": FIRST_ID, "PermissionSetId": "0PS"}));
    let records = [("User", &user), ("PermissionSetAssignment", &assignment)];
    let rows = writer.create_together(&records).await.unwrap();
    assert_eq!(rows, [Ok(USER.to_owned()), Ok(ASSIGNMENT.to_owned())]);
    let seen = host.seen().remove(0);
    assert_eq!(seen.line(), "POST /services/data/v66.0/composite");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(
        body,
        json!({"allOrNone": true, "compositeRequest": [
            {"method": "POST", "url": "/services/data/v66.0/sobjects/User", "referenceId": "r0",
             "body": {"Username": "u@acme.example"}},
            {"method": "POST", "url": "/services/data/v66.0/sobjects/PermissionSetAssignment", "referenceId": "r1",
             "body": {"AssigneeId": "@{r0.id}", "PermissionSetId": "0PS"}}]})
    );
    assert_eq!(writer.reader().usage().api_calls, 1);
}

#[tokio::test]
async fn what_is_rolled_back_is_told_from_what_is_refused() {
    let refused =
        json!([{"errorCode": "LICENSE_LIMIT_EXCEEDED", "message": "License Limit Exceeded"}]);
    let halted =
        json!([{"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back"}]);
    let parts = [part(0, 400, halted), part(1, 400, refused)];
    let (_host, writer) = answering(json!({"compositeResponse": parts})).await;
    let record = Map::new();
    let rows = writer
        .create_together(&[("User", &record), ("PermissionSetAssignment", &record)])
        .await
        .unwrap();
    let classes: Vec<RefusalClass> = rows
        .into_iter()
        .map(|row| row.unwrap_err().class())
        .collect();
    assert_eq!(
        classes,
        [RefusalClass::RolledBack, RefusalClass::LicenceLimit]
    );
}

#[tokio::test]
async fn a_collection_answers_for_each_record() {
    let refused = json!({"success": false, "errors": [{"statusCode": "DUPLICATE_VALUE", "message": "there"}]});
    let made = json!({"id": ASSIGNMENT, "success": true, "errors": []});
    let (host, writer) = answering(json!([made, refused])).await;
    let record = fields(json!({"AssigneeId": USER}));
    let rows = writer
        .create_many("PermissionSetAssignment", &[&record, &record])
        .await
        .unwrap();
    assert_eq!(rows[0], Ok(ASSIGNMENT.to_owned()));
    assert_eq!(
        rows[1].as_ref().unwrap_err().class(),
        RefusalClass::Duplicate
    );
    let gone = writer.delete_many(&[ASSIGNMENT, USER]).await.unwrap();
    assert!(gone[0].is_ok() && gone[1].is_err());
    let lines = host.lines();
    assert_eq!(lines[0], "POST /services/data/v66.0/composite/sobjects");
    let ids = format!("{ASSIGNMENT},{USER}");
    assert_eq!(
        lines[1],
        format!("DELETE /services/data/v66.0/composite/sobjects?ids={ids}&allOrNone=false")
    );
    let typed = json!({"attributes": {"type": "PermissionSetAssignment"}, "AssigneeId": USER});
    let body: Value = serde_json::from_str(&host.seen()[0].body).unwrap();
    assert_eq!(body, json!({"allOrNone": false, "records": [typed, typed]}));
}

#[tokio::test]
async fn an_answer_that_leaves_a_record_out_leaves_the_outcome_open() {
    let made = json!({"id": ASSIGNMENT, "success": true, "errors": []});
    for answer in [
        json!([made]),
        json!([made, {"success": true, "errors": []}]),
        json!([made, 1]),
        json!({"compositeResponse": [part(0, 201, made.clone())]}),
        json!({"compositeResponse": [part(0, 201, made.clone()), part(1, 201, json!({}))]}),
    ] {
        let (host, writer) = answering(answer.clone()).await;
        let record = Map::new();
        let many = writer.create_many("User", &[&record, &record]).await;
        assert!(many.unwrap_err().outcome_unknown(), "{answer}");
        let pair = [("User", &record), ("User", &record)];
        let together = writer.create_together(&pair).await;
        assert!(together.unwrap_err().outcome_unknown(), "{answer}");
        assert_eq!(host.lines().len(), 2, "a write is sent once");
    }
}

#[tokio::test]
async fn a_write_of_many_is_not_sent_again() {
    let host = Host::org(|_, _| reply(503, "text/plain", "").with("retry-after", "0")).await;
    let writer = Writer::new(host.quiet().await);
    let record = Map::new();
    let records = [&record, &record];
    assert!(writer.create_many("User", &records).await.is_err());
    assert!(writer.delete_many(&[USER, USER]).await.is_err());
    assert!(writer.delete_many(&["x' OR '"]).await.is_err());
    assert_eq!(host.lines().len(), 2);
}
