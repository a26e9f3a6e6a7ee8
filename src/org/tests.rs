//! The client against a scripted host: one test for each fact of the wire.

mod collections;
mod host;
mod parts;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, json};

use super::*;
use crate::archive;
use crate::secret::Secret;
use host::{
    Host, LATER_TOKEN, Reply, TOKEN, error, fault, gzip, ids, json, lost, options, records, reply,
    soap,
};

// Connecting

#[tokio::test]
async fn connecting_shows_the_token_to_no_more_than_the_question_who_it_is() {
    let host = Host::org(|_, _| error(404, "NOT_FOUND", "")).await;
    let reader = host.reader().await;
    let expected = Identity {
        instance_url: host.url.clone(),
        org_id: String::from("00D000000000062EAA"),
        api_version: String::from("66.0"),
        username: None,
    };
    assert_eq!(reader.identity(), &expected);
    let mut seen = host.seen();
    seen.sort_by_key(|seen| seen.line().to_owned());
    let lines: Vec<&str> = seen.iter().map(host::Seen::line).collect();
    assert_eq!(
        lines,
        ["GET /services/data", "GET /services/oauth2/userinfo"]
    );
    assert!(!seen[0].has("canary"));
    assert_eq!(reader.usage(), Usage::default());
    assert!(!format!("{reader:?}").contains("canary"));
}

#[tokio::test]
async fn a_stated_version_is_not_asked_for() {
    let host = Host::org(|_, _| lost()).await;
    assert_eq!(host.quiet().await.identity().api_version, "66.0");
    assert_eq!(host.lines(), [""; 0]);
    for stated in ["sixty", "66.1", "12.0", "", "-1"] {
        let options = Options {
            api_version: Some(stated.to_owned()),
            ..options()
        };
        assert!(
            matches!(
                connect(host.target(), options).await,
                Err(OrgError::Usage(_))
            ),
            "{stated}"
        );
    }
}

#[tokio::test]
async fn the_newest_common_version_is_taken() {
    for (served, expected) in [
        (
            json!([{"version": "58.0"}, {"version": "60.0"}, {"version": "59.0"}]),
            Some("60.0"),
        ),
        (json!([{"version": "68.0"}]), None),
        (json!({"version": "66.0"}), None),
        (json!(["66.0"]), None),
    ] {
        let host = Host::start(move |_, _| json(served.clone())).await;
        let version = connect(host.target(), options())
            .await
            .map(|reader| reader.identity().api_version.clone());
        assert_eq!(version.ok().as_deref(), expected);
    }
}

#[tokio::test]
async fn a_token_in_another_form_asks_who_it_is() {
    let host = Host::org(|seen, _| match seen.line() {
        "GET /services/oauth2/userinfo" => json(
            json!({"organization_id": "00D000000000062EAA", "preferred_username": "u@a.example"}),
        ),
        _ => error(404, "NOT_FOUND", ""),
    })
    .await;
    let target = Target::Url {
        base_url: host.url.clone(),
        token: Secret::new("eyJcanary.x.y"),
    };
    let reader = connect(target, options()).await.unwrap();
    assert_eq!(reader.identity().org_id, "00D000000000062EAA");
    assert_eq!(reader.identity().username.as_deref(), Some("u@a.example"));
    let refused = reader
        .read_metadata("Profile", &[String::from("Admin")])
        .await
        .unwrap_err();
    assert!(matches!(refused, OrgError::JsonWebToken) && refused.is_login());
    assert!(
        !host.lines().iter().any(|line| line.contains("Soap")),
        "the token was sent all the same"
    );
}

#[tokio::test]
async fn no_token_leaves_for_a_foreign_host() {
    let target = Target::Url {
        base_url: String::from("https://acme.example"),
        token: Secret::new(TOKEN),
    };
    let error = connect(target, options()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "refusing to send a token to `acme.example`: it is not one of Salesforce's hosts"
    );
}

#[tokio::test]
async fn nobody_listens() {
    let target = Target::Url {
        base_url: String::from("http://127.0.0.1:1"),
        token: Secret::new(TOKEN),
    };
    let options = Options {
        api_version: Some(String::from("66.0")),
        ..options()
    };
    let writer = Writer::new(connect(target, options).await.unwrap());
    let error = writer.create("Lead", &Map::new()).await.unwrap_err();
    assert!(
        matches!(error, OrgError::Unreachable { .. }),
        "nothing was sent, so nothing is unknown: {error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("cannot reach 127.0.0.1:1: Connection refused"),
        "{error}"
    );
}

// Reading

#[tokio::test]
async fn a_query_reads_every_page_and_counts_each() {
    let host = Host::org(|seen, _| match seen.line() {
        "GET /services/data/v66.0/query?q=SELECT%20Id%20FROM%20Lead" => {
            json(json!({"done": false, "records": records(&["1"]), "nextRecordsUrl": "/services/data/v66.0/query/01g-1"}))
        }
        "GET /services/data/v66.0/query/01g-1" => json(json!({"done": true, "records": records(&["2", "3"])})),
        _ => error(404, "NOT_FOUND", ""),
    })
    .await;
    let reader = host.quiet().await;
    assert_eq!(
        ids(&reader.query("SELECT Id FROM Lead").await.unwrap()),
        ["1", "2", "3"]
    );
    let usage = reader.usage();
    assert_eq!((usage.requests, usage.api_calls), (2, 2));
    assert!(host.seen()[0].has("authorization: bearer 00d000000000062!canary"));
}

#[tokio::test]
async fn a_sub_query_reads_every_page_too() {
    let host = Host::org(|seen, _| match seen.line() {
        "GET /services/data/v66.0/query/01g-inner" => json(json!({"done": true, "records": records(&["b"])})),
        _ => json(json!({"done": true, "records": [{"Id": "1", "Owner": {"Name": "n"}, "Assignments": {"done": false,
            "records": records(&["a"]), "nextRecordsUrl": "/services/data/v66.0/query/01g-inner"}}]})),
    })
    .await;
    let rows = host.quiet().await.query("q").await.unwrap();
    assert_eq!(rows[0].0["Assignments"]["records"], records(&["a", "b"]));
}

#[tokio::test]
async fn pages_that_never_end_are_refused() {
    let host = Host::org(|_, _| {
        json(json!({"done": false, "records": [], "nextRecordsUrl": "/services/data/v66.0/query/01g-1"}))
    })
    .await;
    let error = host
        .quiet()
        .await
        .query("SELECT Id FROM Lead")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("do not end"), "{error}");
}

#[tokio::test]
async fn a_composite_holds_five_queries_and_the_order_is_kept() {
    let host = Host::org(|seen, _| {
        if seen.line().starts_with("GET") {
            return json(json!({"done": true, "records": records(&["4b"])}));
        }
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let parts = body["compositeRequest"].as_array().unwrap().iter().rev();
        json(json!({"compositeResponse": parts.map(composite_result).collect::<Vec<_>>()}))
    })
    .await;
    let gets: Vec<String> = (0..60).map(|index| format!("query?q={index}")).collect();
    let reader = host.quiet().await;
    let results = reader.together(&gets).await.unwrap();
    assert_eq!(results.len(), 60);
    let rows = |index: usize| match &results[index] {
        Ok(Resource::Rows(rows)) => rows
            .iter()
            .map(|row| Value::Object(row.0.clone()))
            .collect::<Value>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        rows(59),
        json!([{"url": "/services/data/v66.0/query?q=59"}])
    );
    assert_eq!(
        results[3].as_ref().unwrap_err(),
        &Refusal::new(400, "INVALID_TYPE", "no")
    );
    assert_eq!(rows(4), records(&["4a", "4b"]));
    assert_eq!(
        (reader.usage().requests, reader.usage().api_calls),
        (13, 13)
    );
}

fn composite_result(part: &Value) -> Value {
    let (status, body) = match part["url"].as_str().unwrap() {
        "/services/data/v66.0/query?q=3" => {
            (400, json!([{"errorCode": "INVALID_TYPE", "message": "no"}]))
        }
        "/services/data/v66.0/query?q=4" => (
            200,
            json!({"done": false, "records": records(&["4a"]),
            "nextRecordsUrl": "/services/data/v66.0/query/next"}),
        ),
        url => (200, json!({"done": true, "records": [{"url": url}]})),
    };
    json!({"referenceId": part["referenceId"], "httpStatusCode": status, "httpHeaders": {}, "body": body})
}

#[tokio::test]
async fn a_part_of_a_composite_that_says_the_token_again_does_not_bring_it_into_an_error() {
    const TOKEN: &str = "00D000000000062!canary";
    let host = Host::org(|_, _| {
        let refused = json!([{"errorCode": "X", "message": TOKEN}]);
        let part = |number: u8, status: u16, body: Value| {
            json!({"referenceId": format!("r{number}"), "httpStatusCode": status, "body": body})
        };
        let described = part(1, 200, json!({"keyPrefix": {"again": TOKEN}}));
        json(json!({"compositeResponse": [part(0, 400, refused), described]}))
    })
    .await;
    let paths = ["limits", "sobjects/Lead/describe"].map(str::to_owned);
    let results = host.quiet().await.together(&paths).await.unwrap();
    let [Err(refusal), Ok(Resource::Json(described))] = results.as_slice() else {
        panic!("{results:?}");
    };
    assert_eq!(refusal.message, "***");
    let error = described
        .read::<BTreeMap<String, String>>()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("***") && !error.contains("canary"),
        "{error}"
    );
}

#[tokio::test]
async fn a_composite_of_another_length_is_refused() {
    let host = Host::org(|_, _| json(json!({"compositeResponse": []}))).await;
    let error = host
        .quiet()
        .await
        .together(&[String::from("limits")])
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("one result for each request"),
        "{error}"
    );
}

#[tokio::test]
async fn compressed_answers_are_read_and_damaged_ones_refused() {
    let whole = gzip(r#"{"done":true,"records":[{"Id":"1"}]}"#);
    let received = whole.len() as u64;
    let damaged = whole[..whole.len() - 6].to_vec();
    let host = Host::org(move |seen, _| {
        let body = if seen.line().contains("damaged") {
            damaged.clone()
        } else {
            whole.clone()
        };
        reply(200, "application/json", body).with("content-encoding", "gzip")
    })
    .await;
    let reader = host.quiet().await;
    assert_eq!(ids(&reader.query("whole").await.unwrap()), ["1"]);
    assert_eq!(reader.usage().bytes_received, received);
    let error = reader.query("damaged").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its compressed answer is damaged"),
        "{error}"
    );
    assert!(host.seen()[0].has("accept-encoding: gzip"));
}

#[tokio::test]
async fn a_compression_bomb_is_refused() {
    let bomb = gzip(&" ".repeat(32 << 20));
    assert!(bomb.len() < 1 << 20);
    let host = Host::org(move |_, _| {
        reply(200, "application/json", bomb.clone()).with("content-encoding", "gzip")
    })
    .await;
    let error = host.quiet().await.query("q").await.unwrap_err();
    assert!(matches!(error, OrgError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn the_allocation_is_remembered() {
    let host = Host::org(|_, _| {
        json(json!({})).with(
            "sforce-limit-info",
            "api-usage=18/5000; per-app-api-usage=17/250(appName=x)",
        )
    })
    .await;
    let reader = host.quiet().await;
    reader.get("limits").await.unwrap();
    assert_eq!(reader.usage().allocation, Some((18, 5000)));
}

// Retrying

#[tokio::test]
async fn a_read_is_retried_and_says_how_often() {
    let host = Host::org(|_, before| match before {
        0 => reply(
            503,
            "text/html",
            "<html><title>Down for maintenance</title>",
        )
        .with("retry-after", "0"),
        1 => lost(),
        _ => json(json!({"done": true, "records": []})),
    })
    .await;
    let reader = host.quiet().await;
    assert_eq!(
        reader.query("q").await.unwrap(),
        Vec::<crate::soql::Row>::new()
    );
    assert_eq!(reader.usage().requests, 3);
}

#[tokio::test]
async fn a_read_gives_up_after_three_attempts() {
    let host = Host::org(|_, _| reply(503, "text/plain", "").with("retry-after", "0")).await;
    let error = host.quiet().await.query("q").await.unwrap_err();
    assert!(error.is_busy(), "{error}");
    assert_eq!(host.lines().len(), 3);
}

#[tokio::test]
async fn a_host_that_asks_for_an_hour_is_reported_at_once() {
    let host = Host::org(|_, _| reply(503, "text/plain", "").with("retry-after", "3600")).await;
    let error = host.quiet().await.query("q").await.unwrap_err();
    assert!(
        error.to_string().ends_with("it asks to wait 3600 seconds"),
        "{error}"
    );
    assert_eq!(host.lines().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_retried() {
    for refusal in [
        error(400, "MALFORMED_QUERY", "unexpected token"),
        error(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
        ),
        fault("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS: no"),
    ] {
        let host = Host::org(move |_, _| refusal.clone()).await;
        assert!(
            host.quiet()
                .await
                .query("q")
                .await
                .unwrap_err()
                .refusal()
                .is_some()
        );
        assert_eq!(host.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_cut_answer_to_a_read_is_a_broken_connection() {
    let host = Host::org(|_, _| Reply {
        cut: Some(5),
        ..json(json!({"done": true, "records": []}))
    })
    .await;
    let error = host.quiet().await.query("q").await.unwrap_err();
    assert!(matches!(error, OrgError::Unreachable { .. }), "{error}");
    assert_eq!(host.lines().len(), 3);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Host::org(|_, _| json(json!({}))).await;
    let to = elsewhere.url.clone();
    let host =
        Host::org(move |_, _| reply(307, "text/html", "").with("location", to.clone() + "/x"))
            .await;
    let error = Writer::new(host.quiet().await)
        .create("Lead", &Map::new())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, OrgError::Redirected { to, .. } if *to == elsewhere.url),
        "{error}"
    );
    assert_eq!(elsewhere.lines(), [""; 0]);
}

// Sessions

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_a_login_error() {
    for ended in [
        error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        fault("INVALID_SESSION_ID", "INVALID_SESSION_ID: x"),
    ] {
        let host = Host::org(move |_, _| ended.clone()).await;
        let error = host.quiet().await.list_metadata("Role").await.unwrap_err();
        assert!(
            error.is_login() && error.to_string().contains("the session has expired"),
            "{error}"
        );
        assert_eq!(host.lines().len(), 1);
    }
}

/// A target whose client secret lies in a file, against a host that issues tokens.
fn with_secret(host: &Host, folder: &tempfile::TempDir) -> Target {
    let secret = folder.path().join("secret");
    crate::private_file::replace(&secret, b"canary-secret\n").unwrap();
    let file = folder.path().join("orgwright.toml");
    let text = format!(
        "[targets.test]\nauth='client_credentials'\ninstance_url='{}'\nclient_id='key'\nclient_secret_file='secret'",
        host.url
    );
    std::fs::write(&file, text).unwrap();
    Target::Named(target::read_file(&file).unwrap().remove("test").unwrap())
}

fn issued(host: &str, token: &str) -> Reply {
    json(
        json!({"access_token": token, "instance_url": host, "id": "https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA"}),
    )
}

/// The instance URL as the host sees it, from the `Host` header.
fn own_url(seen: &host::Seen) -> String {
    let header = seen
        .head
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    format!("http://{header}")
}

#[tokio::test]
async fn one_renewal_serves_all_requests_that_met_the_end() {
    let issues = Arc::new(AtomicUsize::new(0));
    let issued_so_far = Arc::clone(&issues);
    let host = Host::org(move |seen, _| {
        if seen.line() == "POST /services/oauth2/token" {
            let first = issued_so_far.fetch_add(1, Ordering::SeqCst) == 0;
            return issued(&own_url(seen), if first { TOKEN } else { LATER_TOKEN });
        }
        match seen.has("later") || seen.body.contains(LATER_TOKEN) {
            true if seen.line().contains("Soap") => soap("<listMetadataResponse/>"),
            true => json(json!({"done": true, "records": []})),
            false => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let reader = connect(with_secret(&host, &folder), options())
        .await
        .unwrap();
    let (rows, listed, again) = tokio::join!(
        reader.query("a"),
        reader.list_metadata("Role"),
        reader.query("b")
    );
    assert!(rows.is_ok() && listed.is_ok() && again.is_ok());
    assert_eq!(issues.load(Ordering::SeqCst), 2);
    let form = &host.seen()[0].body;
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=key&client_secret=canary-secret"
    );
}

#[tokio::test]
async fn a_second_end_of_the_session_is_the_end() {
    let host = Host::org(|seen, _| match seen.line() {
        "POST /services/oauth2/token" => issued(&own_url(seen), TOKEN),
        _ => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let reader = connect(with_secret(&host, &folder), options())
        .await
        .unwrap();
    assert!(reader.query("q").await.unwrap_err().is_login());
    assert_eq!(
        host.lines()
            .iter()
            .filter(|line| line.contains("token"))
            .count(),
        2,
        "the log-in, and one renewal for who it is and for the query together"
    );
}

#[tokio::test]
async fn a_write_goes_again_only_when_the_session_was_refused() {
    let host = Host::org(|seen, before| match (seen.line(), before) {
        ("POST /services/oauth2/token", _) => issued(&own_url(seen), TOKEN),
        (_, 0) => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        _ => reply(
            201,
            "application/json",
            r#"{"id":"005000000000001AAA","success":true,"errors":[]}"#,
        ),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::new(
        connect(with_secret(&host, &folder), options())
            .await
            .unwrap(),
    );
    assert_eq!(
        writer.create("User", &Map::new()).await.unwrap(),
        "005000000000001AAA"
    );
}

#[tokio::test]
async fn a_log_in_that_fails_says_why_without_the_secret() {
    let refusal = |description: &str| {
        reply(
            400,
            "application/json",
            json!({"error": "invalid_grant", "error_description": description}).to_string(),
        )
    };
    for (answer, expected) in [
        (
            refusal("user hasn't approved this consumer"),
            "pre-authorise",
        ),
        (refusal("it was canary-secret"), "invalid_grant: it was ***"),
        (
            refusal("x").with("date", "Tue, 01 Jan 2019 00:00:00 GMT"),
            "this machine's clock differs",
        ),
        (
            reply(200, "application/json", r#"{"access_token":"canary"#),
            "holds no access token",
        ),
        (
            issued("http://127.0.0.2:1", TOKEN),
            "the log-in leads to another org, 127.0.0.2:1",
        ),
        (
            issued("https://evil.example", TOKEN),
            "refusing to send a token to `evil.example`",
        ),
        (
            issued("http://169.254.169.254", TOKEN),
            "refusing to send a token",
        ),
    ] {
        let host = Host::org(move |_, _| answer.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let error = connect(with_secret(&host, &folder), options())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected) && !error.contains("canary"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_refusal_that_no_new_session_helps_is_told_at_once() {
    for text in [
        "This session is not valid for use with the REST API",
        "Connected app is not attached to Agent",
    ] {
        let host = Host::org(move |seen, _| match seen.line() {
            "POST /services/oauth2/token" => issued(&own_url(seen), TOKEN),
            _ => error(401, "INVALID_SESSION_ID", text),
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let reader = connect(with_secret(&host, &folder), options())
            .await
            .unwrap();
        let error = reader.query("q").await.unwrap_err();
        assert!(
            error.is_login() && error.to_string().contains(text),
            "{error}"
        );
        let lines = host.lines();
        let tokens = lines.iter().filter(|line| line.contains("token"));
        assert_eq!(tokens.count(), 1, "{lines:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_that_changes_with_each_use_is_kept_anew() {
    let host = Host::org(|seen, before| match seen.line() {
        "POST /services/oauth2/token" => {
            let next = format!("canary-{}", before + 1);
            assert!(seen.body.contains(&format!("refresh_token=canary-{before}")));
            json(json!({"access_token": TOKEN, "instance_url": own_url(seen), "refresh_token": next}))
        }
        _ => json(json!({"done": true, "records": []})),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let own = "# written by orgwright: a refresh token\n";
    crate::private_file::replace(&kept, format!("{own}canary-0").as_bytes()).unwrap();
    let file = folder.path().join("orgwright.toml");
    let text = format!(
        "[targets.test]\nauth='browser'\ninstance_url='{}'\nclient_id='key'\nrefresh_token_file='kept'",
        host.url
    );
    std::fs::write(&file, text).unwrap();
    for expected in ["canary-1", "canary-2"] {
        let target = target::read_file(&file).unwrap().remove("test").unwrap();
        connect(Target::Named(target), options()).await.unwrap();
        assert_eq!(
            std::fs::read_to_string(&kept).unwrap(),
            format!("{own}{expected}")
        );
    }
}

#[tokio::test]
async fn a_signed_assertion_for_this_machine_is_for_nobody_else() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let pem = key.serialize_pem();
    crate::private_file::replace(&folder.path().join("key.pem"), pem.as_bytes()).unwrap();
    let host = Host::org(|seen, _| issued(&own_url(seen), TOKEN)).await;
    let file = folder.path().join("orgwright.toml");
    let text = format!(
        "[targets.test]\nauth='jwt'\ninstance_url='{}'\nclient_id='key'\nusername='u@a.example'\n\
         private_key_file='key.pem'",
        host.url
    );
    std::fs::write(&file, text).unwrap();
    let target = Target::Named(target::read_file(&file).unwrap().remove("test").unwrap());
    let options = Options {
        api_version: Some(String::from("66.0")),
        ..options()
    };
    let reader = connect(target, options).await.unwrap();
    assert_eq!(reader.identity().username.as_deref(), Some("u@a.example"));
    let audiences: Vec<String> = host
        .seen()
        .iter()
        .map(|seen| {
            let assertion = seen.body.strip_prefix(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=",
            );
            let claims = assertion.unwrap().split('.').nth(1).unwrap();
            let claims: Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            assert_eq!(
                (&claims["iss"], &claims["sub"]),
                (&json!("key"), &json!("u@a.example"))
            );
            claims["aud"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(audiences, [host.url.trim_end_matches('/')]);
}

// Writing

#[tokio::test]
async fn records_are_written_where_they_belong() {
    let host = Host::org(|seen, _| match seen.line() {
        "POST /services/data/v66.0/sobjects/User" => reply(
            201,
            "application/json",
            r#"{"id":"005000000000001AAA","success":true,"errors":[]}"#,
        ),
        _ => reply(204, "application/json", ""),
    })
    .await;
    let writer = Writer::new(host.quiet().await);
    let fields: Map<String, Value> = [(String::from("Alias"), json!("hub"))]
        .into_iter()
        .collect();
    let id = writer.create("User", &fields).await.unwrap();
    writer.update("User", &id, &fields).await.unwrap();
    writer.delete("User", &id).await.unwrap();
    assert_eq!(
        host.lines()[1],
        "PATCH /services/data/v66.0/sobjects/User/005000000000001AAA"
    );
    assert_eq!(
        host.lines()[2],
        "DELETE /services/data/v66.0/sobjects/User/005000000000001AAA"
    );
    assert_eq!(host.seen()[1].body, r#"{"Alias":"hub"}"#);
    for (object, id) in [
        ("../limits", "005000000000001AAA"),
        ("User", "../../limits"),
        ("", "005000000000001AAA"),
    ] {
        assert!(matches!(
            writer.update(object, id, &fields).await,
            Err(OrgError::Usage(_))
        ));
    }
    assert_eq!(host.lines().len(), 3);
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_never_asked_for_again() {
    for reply in [
        lost(),
        Reply {
            cut: Some(3),
            ..json(json!({"id": "005000000000001AAA"}))
        },
        reply(502, "text/html", "<html>"),
        reply(504, "text/plain", ""),
        reply(200, "text/html", "<html>"),
        json(json!({"success": true})),
    ] {
        let host = Host::org(move |_, _| reply.clone()).await;
        let error = Writer::new(host.quiet().await)
            .create("User", &Map::new())
            .await
            .unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(host.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_page_is_no_word_that_a_change_was_made() {
    let host = Host::org(|_, _| reply(200, "text/html", "<html>")).await;
    let writer = Writer::new(host.quiet().await);
    let error = writer
        .update("User", "005000000000001AAA", &Map::new())
        .await
        .unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn a_refused_write_says_the_platforms_words() {
    let body = json!([{"message": "Required fields are missing: [Email]", "errorCode": "REQUIRED_FIELD_MISSING", "fields": ["Email"]}]);
    let answer =
        reply(400, "application/json", body.to_string()).with("x-sfdc-request-id", "abc123");
    let host = Host::org(move |_, _| answer.clone()).await;
    let error = Writer::new(host.quiet().await)
        .create("User", &Map::new())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "create a User record: REQUIRED_FIELD_MISSING: Required fields are missing: [Email] (request abc123)"
    );
    assert_eq!(
        error.refusal().map(|refusal| refusal.fields.clone()),
        Some(vec![String::from("Email")])
    );
}

// Metadata

fn name(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn components_come_in_the_order_asked_as_documents() {
    let host = Host::org(|_, _| {
        soap(
            "<readMetadataResponse><result><records xsi:type=\"Profile\"><fullName>Force%2Ecom - Free User</fullName></records>\
             <records xsi:nil=\"true\"/><records xsi:type=\"Profile\"><fullName>Admin</fullName><custom>false</custom></records>\
             </result></readMetadataResponse>",
        )
    })
    .await;
    let names = [
        name("Admin"),
        name("Missing"),
        name("Force.com - Free User"),
    ];
    let read = host
        .quiet()
        .await
        .read_metadata("Profile", &names)
        .await
        .unwrap();
    let admin = read[0].as_ref().unwrap();
    assert_eq!(
        (admin.name.as_str(), admin.text_of("custom")),
        ("Profile", Some("false"))
    );
    assert_eq!(
        admin.attribute("xmlns"),
        Some("http://soap.sforce.com/2006/04/metadata")
    );
    assert!(read[1].is_none());
    assert_eq!(
        read[2].as_ref().unwrap().text_of("fullName"),
        Some("Force%2Ecom - Free User")
    );
    let seen = &host.seen()[0];
    assert_eq!(seen.line(), "POST /services/Soap/m/66.0");
    assert!(
        seen.has("soapaction: \"\"")
            && seen.has("content-type: text/xml; charset=utf-8")
            && !seen.has("authorization")
    );
    assert!(
        seen.has(&format!("<sessionId>{TOKEN}</sessionId>"))
            && seen.has("user-agent: orgwright/test")
    );
}

#[tokio::test]
async fn eleven_components_are_two_requests() {
    let host = Host::org(|seen, _| {
        let asked = seen
            .body
            .split("<fullNames>")
            .skip(1)
            .filter_map(|rest| rest.split('<').next());
        let records: String = asked
            .map(|name| format!("<records xsi:type=\"Role\"><fullName>{name}</fullName></records>"))
            .collect();
        soap(&format!(
            "<readMetadataResponse><result>{records}</result></readMetadataResponse>"
        ))
    })
    .await;
    let names: Vec<String> = (0..11).map(|index| format!("Role_{index}")).collect();
    let reader = host.quiet().await;
    let read = reader.read_metadata("Role", &names).await.unwrap();
    let full_names: Vec<&str> = read
        .iter()
        .flatten()
        .filter_map(|role| role.text_of("fullName"))
        .collect();
    assert_eq!(full_names, names);
    assert_eq!(reader.usage().requests, 2);
    assert!(reader.read_metadata("Role", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_component_that_was_not_asked_for_is_refused() {
    let host = Host::org(|_, _| {
        soap("<readMetadataResponse><result><records><fullName>A</fullName></records><records><fullName>B</fullName></records></result></readMetadataResponse>")
    })
    .await;
    let error = host
        .quiet()
        .await
        .read_metadata("Role", &[name("C")])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not asked for"), "{error}");
}

#[tokio::test]
async fn an_answer_to_another_question_is_refused() {
    for content in [
        "<deployResponse/>",
        "<describeMetadataResponse><result/></describeMetadataResponse>",
    ] {
        let host = Host::org(move |_, _| soap(content)).await;
        let error = host.quiet().await.list_metadata("Role").await.unwrap_err();
        assert!(
            error.to_string().contains("not a `listMetadataResponse`"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn components_are_listed() {
    let host = Host::org(|_, _| {
        soap(
            "<listMetadataResponse><result><createdDate>1970-01-01T00:00:00.000Z</createdDate><fileName>roles/CEO.role</fileName>\
             <fullName>CEO</fullName><id></id><lastModifiedByName>Ann</lastModifiedByName><namespacePrefix></namespacePrefix>\
             <type>Role</type></result></listMetadataResponse>",
        )
    })
    .await;
    let listed = host.quiet().await.list_metadata("Role").await.unwrap();
    let expected = FileProperties {
        kind: name("Role"),
        full_name: name("CEO"),
        file_name: name("roles/CEO.role"),
        last_modified_by: Some(name("Ann")),
        ..FileProperties::default()
    };
    assert_eq!(listed, [expected]);
    let empty = Host::org(|_, _| soap("<listMetadataResponse/>")).await;
    assert_eq!(empty.quiet().await.list_metadata("Role").await.unwrap(), []);
}

#[tokio::test]
async fn a_retrieve_waits_and_asks_for_the_archive_once() {
    use base64::Engine as _;
    let files = BTreeMap::from([(name("package.xml"), b"<Package/>".to_vec())]);
    let zip = base64::engine::general_purpose::STANDARD.encode(archive::pack(&files).unwrap());
    let host = Host::org(move |seen, _| {
        if seen.has("<retrieve ") {
            return soap("<retrieveResponse><result><done>false</done><id>09S000000000001AAA</id></result></retrieveResponse>");
        }
        let zip = if seen.has("<includeZip>true") { zip.as_str() } else { "" };
        soap(&format!(
            "<checkRetrieveStatusResponse><result><done>true</done><id>09S000000000001AAA</id><messages><fileName>package.xml</fileName>\
             <problem>Entity of type 'Role' named 'X' cannot be found</problem></messages><success>true</success>\
             <zipFile>{zip}</zipFile></result></checkRetrieveStatusResponse>"
        ))
    })
    .await;
    let types = BTreeMap::from([(name("Role"), vec![name("X")])]);
    let retrieved = host.quiet().await.retrieve(&types).await.unwrap();
    assert_eq!(retrieved.files, files);
    assert_eq!(
        retrieved.messages,
        ["Entity of type 'Role' named 'X' cannot be found"]
    );
    assert_eq!(
        host.seen()
            .iter()
            .filter(|seen| seen.has("<includeZip>true"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_deploy_is_handed_over_and_looked_at() {
    let host = Host::org(|seen, _| match seen.has("<deploy ") {
        true => soap("<deployResponse><result><done>false</done><id>0Af000000000001AAA</id><state>Queued</state></result></deployResponse>"),
        false => soap(
            "<checkDeployStatusResponse><result><details><componentFailures><changed>false</changed><columnNumber>5</columnNumber>\
             <componentType>Role</componentType><created>false</created><deleted>false</deleted><fileName>roles/A.role</fileName>\
             <fullName>A</fullName><lineNumber>7</lineNumber><problem>Required field is missing: name</problem>\
             <problemType>Error</problemType><success>false</success></componentFailures><runTestResult><failures><message>m</message>\
             <methodName xsi:nil=\"true\"/><name>T</name></failures></runTestResult></details><done>true</done>\
             <id>0Af000000000001AAA</id><numberComponentErrors>1</numberComponentErrors><numberComponentsTotal>2</numberComponentsTotal>\
             <status>Failed</status><success>false</success></result></checkDeployStatusResponse>",
        ),
    })
    .await;
    let writer = Writer::new(host.quiet().await);
    let id = writer
        .deploy(b"zip".to_vec(), DeployOptions::default())
        .await
        .unwrap();
    let status = writer.reader().deploy_status(&id).await.unwrap();
    assert!(status.done && !status.success);
    assert_eq!(
        (
            status.status.as_str(),
            status.component_errors,
            status.components_total
        ),
        ("Failed", 1, 2)
    );
    let failure = &status.failures[0];
    assert_eq!(
        (failure.line, failure.column, failure.full_name.as_str()),
        (Some(7), Some(5), "A")
    );
    assert_eq!(
        failure.problem.as_deref(),
        Some("Required field is missing: name")
    );
    assert_eq!(
        status.test_failures,
        [TestFailure {
            name: name("T"),
            method: None,
            message: name("m")
        }]
    );
    assert!(
        host.seen()[0].has("<ZipFile>emlw</ZipFile>")
            && host.seen()[1].has("<includeDetails>true</includeDetails>")
    );
}

#[tokio::test]
async fn a_lost_answer_to_a_deploy_is_never_asked_for_again() {
    for reply in [
        lost(),
        reply(504, "text/html", "<html>"),
        soap("<deployResponse><result/></deployResponse>"),
    ] {
        let host = Host::org(move |_, _| reply.clone()).await;
        let writer = Writer::new(host.quiet().await);
        let error = writer
            .deploy(Vec::new(), DeployOptions::default())
            .await
            .unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(host.lines().len(), 1);
    }
}

// Seeing and hearing

#[tokio::test]
async fn the_trace_hears_of_every_request_and_of_no_secret() {
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let trace: Trace =
        Arc::new(move |exchange: &Exchange| log.lock().unwrap().push(format!("{exchange:?}")));
    let host = Host::org(|_, _| json(json!({"done": true, "records": []}))).await;
    let reader = connect(
        host.target(),
        Options {
            trace: Some(trace),
            ..options()
        },
    )
    .await
    .unwrap();
    reader.query("SELECT Id FROM Lead").await.unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 3);
    assert!(heard[2].contains("run a query"), "{heard:?}");
    assert!(
        !heard
            .iter()
            .any(|line| line.contains("canary") || line.contains("SELECT"))
    );
}

#[tokio::test]
async fn no_connection_is_opened_for_nothing() {
    let host = Host::org(|_, _| json(json!({"done": true, "records": []}))).await;
    let warm = Options {
        warm_connections: 3,
        ..options()
    };
    let reader = connect(host.target(), warm).await.unwrap();
    reader.query("q").await.unwrap();
    let lines = host.lines();
    let versions = lines.iter().filter(|line| *line == "GET /services/data");
    assert_eq!(versions.count(), 1, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_is_known_beforehand_is_connected_to_while_another_host_logs_in() {
    const WARMED: usize = 3;
    const PATIENCE: Duration = Duration::from_secs(60);
    let (connected, connections) = std::sync::mpsc::channel();
    let connections = std::sync::Mutex::new(connections);
    let org = Host::start(move |seen, _| {
        if seen.line() == "GET /services/data" {
            assert!(!seen.has("canary"), "nobody has to know who connects");
            connected.send(()).unwrap();
        }
        json(json!({"done": true, "records": []}))
    })
    .await;
    let instance = org.url.clone();
    // No token is given before the org was connected to.
    let login = Host::start(move |_, _| {
        let connections = connections.lock().unwrap();
        let met = (0..WARMED).all(|_| connections.recv_timeout(PATIENCE).is_ok());
        match met {
            true => issued(&instance, TOKEN),
            false => reply(400, "text/plain", ""),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let Target::Named(mut target) = with_secret(&login, &folder) else {
        unreachable!("it has a name");
    };
    target.login_url = target.instance_url.replace(org.url.clone());
    let options = Options {
        warm_connections: WARMED,
        api_version: Some(String::from("66.0")),
        ..options()
    };
    connect(Target::Named(target), options).await.unwrap();
    let lines = org.lines();
    let warming = lines.iter().filter(|line| *line == "GET /services/data");
    assert_eq!(warming.count(), WARMED, "not once more after the log-in");
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let together = Arc::new(tokio::sync::Barrier::new(4));
    let waiting = || {
        let together = Arc::clone(&together);
        async move {
            together.wait().await;
            Ok::<_, OrgError>(())
        }
    };
    let finished =
        tokio::time::timeout(Duration::from_secs(60), all((0..4).map(|_| waiting()))).await;
    assert_eq!(finished.unwrap().unwrap().len(), 4);
}

#[test]
fn a_client_for_plain_loopback_reads_no_certificates() {
    let options = Options {
        ca_file: Some("no-such-file.pem".into()),
        ..options()
    };
    let made = |host: &str| http::Http::new(&reqwest::Url::parse(host).unwrap(), &options);
    assert!(made("http://127.0.0.1:1").is_ok());
    assert!(made("https://acme.my.salesforce.com").is_err());
}
