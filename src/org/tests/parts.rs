//! Reads that the org has no time for, alone and as parts of a composite: asked again by themselves, within bounds, and
//! told for what they are in the end.

use serde_json::{Value, json};

use super::host::{Host, Reply, error, json, options, records, reply};
use crate::org::{
    Clock, MachineClock, Options, Reader, Refusal, RefusalClass, Resource, Wait, connect,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A clock on which no pause takes any time; it remembers them.
#[derive(Default)]
struct Impatient(Mutex<Vec<Duration>>);

impl Clock for Impatient {
    fn now(&self) -> Instant {
        MachineClock.now()
    }

    fn sleep(&self, time: Duration) -> Wait<'_, ()> {
        self.0.lock().unwrap().push(time);
        Box::pin(async {})
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        MachineClock.within(limit, work)
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

async fn reader(host: &Host) -> (Reader, Arc<Impatient>) {
    let clock = Arc::new(Impatient::default());
    let options = Options {
        api_version: Some(String::from("66.0")),
        clock: Some(Arc::clone(&clock) as Arc<dyn Clock>),
        ..options()
    };
    let reader = connect(host.target(), options).await.unwrap();
    host.forget();
    clock.0.lock().unwrap().clear();
    (reader, clock)
}

/// What a part is answered: a row that names its path, or what the script says about it.
fn composite(body: &str, refused: impl Fn(&str) -> Option<(u16, Value)>) -> Reply {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let parts = body["compositeRequest"].as_array().into_iter().flatten();
    let answers = parts.map(|part| {
        let url = part["url"].as_str().unwrap();
        let row = json!({"done": true, "records": [{"url": url}]});
        let (status, body) = refused(url).unwrap_or((200, row));
        json!({"referenceId": part["referenceId"], "httpStatusCode": status, "httpHeaders": {}, "body": body})
    });
    json(json!({"compositeResponse": answers.collect::<Vec<_>>()}))
}

fn words(code: &str) -> Value {
    json!([{"errorCode": code, "message": "the org's own words"}])
}

fn paths() -> Vec<String> {
    ["query?q=1", "query?q=2", "limits"]
        .map(str::to_owned)
        .into()
}

/// How many parts each composite held.
fn parts_sent(host: &Host) -> Vec<usize> {
    let bodies = host.seen().into_iter().map(|seen| seen.body);
    let composites = bodies.filter_map(|body| serde_json::from_str::<Value>(&body).ok());
    composites
        .map(|body| body["compositeRequest"].as_array().map_or(0, Vec::len))
        .collect()
}

#[tokio::test]
async fn a_part_the_org_had_no_time_for_is_asked_again_by_itself() {
    for (status, body) in [
        (400, words("QUERY_TIMEOUT")),
        (500, words("UNKNOWN_EXCEPTION")),
        (503, words("SERVER_UNAVAILABLE")),
        (500, words("SOMETHING_NEW")),
        (502, json!("")),
    ] {
        let refusal = (status, body.clone());
        let host = Host::org(move |seen, _| {
            let first = seen.body.matches("referenceId").count() == 3;
            composite(&seen.body, |url| {
                (first && url.ends_with("q=2")).then(|| refusal.clone())
            })
        })
        .await;
        let (reader, clock) = reader(&host).await;
        let results = reader.together(&paths()).await.unwrap();
        assert_eq!(parts_sent(&host), [3, 1], "{status} {body}");
        assert_eq!(
            clock.0.lock().unwrap().as_slice(),
            [Duration::from_millis(400)]
        );
        let Ok(Resource::Rows(rows)) = &results[1] else {
            panic!("{:?}", results[1]);
        };
        assert_eq!(rows[0].0["url"], "/services/data/v66.0/query?q=2");
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(reader.usage().api_calls, 2);
    }
}

#[tokio::test]
async fn a_part_that_is_refused_for_good_keeps_the_orgs_words_and_its_class() {
    for (code, requests, class) in [
        ("QUERY_TIMEOUT", 3, RefusalClass::Transient),
        ("INSUFFICIENT_ACCESS", 1, RefusalClass::Permission),
        ("INVALID_TYPE", 1, RefusalClass::UnknownName),
    ] {
        let host = Host::org(move |seen, _| {
            composite(&seen.body, |url| {
                url.ends_with("q=2").then(|| (400, words(code)))
            })
        })
        .await;
        let (reader, _) = reader(&host).await;
        let mut results = reader.together(&paths()).await.unwrap();
        assert_eq!(parts_sent(&host).len(), requests, "{code}");
        let refusal = results.remove(1).unwrap_err();
        assert_eq!(refusal, Refusal::new(400, code, "the org's own words"));
        assert_eq!(refusal.class(), class, "{code}");
        assert!(results.iter().all(Result::is_ok), "{code}");
    }
}

#[tokio::test]
async fn a_query_by_itself_is_asked_again_and_told_as_busy() {
    let passing = Host::org(|_, before| match before {
        0 => error(
            400,
            "QUERY_TIMEOUT",
            "Your query request was running for too long.",
        ),
        1 => error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        _ => json(json!({"done": true, "records": records(&["1"])})),
    })
    .await;
    let (asking, _) = reader(&passing).await;
    assert_eq!(asking.query("q").await.unwrap().len(), 1);
    assert_eq!(passing.lines().len(), 3);
    let lasting = Host::org(|_, _| error(400, "QUERY_TIMEOUT", "too long")).await;
    let (asking, _) = reader(&lasting).await;
    let refused = asking.query("q").await.unwrap_err();
    assert!(refused.is_busy() && !refused.is_login(), "{refused}");
    assert_eq!(lasting.lines().len(), 3);
}

#[tokio::test]
async fn a_page_that_is_refused_refuses_its_part_alone() {
    let host = Host::org(|seen, _| {
        if seen.line().starts_with("GET") {
            return reply(
                404,
                "application/json",
                words("INVALID_QUERY_LOCATOR").to_string(),
            );
        }
        composite(&seen.body, |url| {
            let page = json!({"done": false, "records": records(&["a"]),
                "nextRecordsUrl": "/services/data/v66.0/query/01g-2000"});
            url.ends_with("q=2").then_some((200, page))
        })
    })
    .await;
    let (reader, _) = reader(&host).await;
    let results = reader.together(&paths()).await.unwrap();
    assert_eq!(
        results[1].as_ref().unwrap_err().class(),
        RefusalClass::NotFound
    );
    assert!(results[0].is_ok() && results[2].is_ok());
}

#[tokio::test]
async fn a_query_too_long_for_an_address_goes_in_a_body() {
    let host = Host::org(|seen, _| match seen.line().starts_with("POST") {
        true => composite(&seen.body, |url| {
            url.contains("Broken")
                .then(|| (400, words("MALFORMED_QUERY")))
        }),
        false => json(json!({"done": true, "records": records(&["1"])})),
    })
    .await;
    let (reader, _) = reader(&host).await;
    let ids = |count: usize| format!("SELECT Id FROM Lead WHERE Id IN ({})", "'a',".repeat(count));
    for (count, line) in [
        (800, "GET /services/data/v66.0/query"),
        (1_500, "POST /services/data/v66.0/composite"),
        (20_000, "POST /services/data/v66.0/composite"),
    ] {
        host.forget();
        assert_eq!(reader.query(&ids(count)).await.unwrap().len(), 1);
        let lines = host.lines();
        assert!(lines.len() == 1 && lines[0].starts_with(line), "{count}");
        assert!(lines[0].len() < 16_384, "{count}: {} bytes", lines[0].len());
    }
    host.forget();
    reader.tooling_query(&ids(1_500)).await.unwrap();
    assert!(host.seen()[0].body.contains("/tooling/query?q="));
    let refused = reader.query(&(ids(1_500) + "Broken")).await.unwrap_err();
    let refusal = refused.refusal().expect("the org's words");
    assert_eq!(refusal.class(), RefusalClass::Malformed);
}
