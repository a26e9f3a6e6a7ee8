//! The client against what real orgs answered.
//!
//! The recordings are other people's and not part of this repository: `ORGWRIGHT_RESPONSES` names a folder of them.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::{Request, StatusCode, header};
use axum::response::IntoResponse as _;
use orgwright::live::Described;
use orgwright::org::{self, DeployStatus, Options, OrgError, Reader, Target, Writer};
use orgwright::secret::Secret;
use orgwright::xml::{self, Element};
use serde_json::{Value, json};

/// The folder, or a line that says why the test proves nothing here.
fn recordings() -> Option<PathBuf> {
    testing::material("responses", "the client against recorded answers")
}

/// An org that gives the same answer to everything.
async fn replay(status: u16, body: Vec<u8>) -> Reader {
    let kind = if body.trim_ascii_start().starts_with(b"<") {
        "text/xml"
    } else {
        "application/json"
    };
    let body = Arc::new(body);
    let answer = move |_: Request<axum::body::Body>| {
        let body = body.as_ref().clone();
        let status = StatusCode::from_u16(status).unwrap();
        async move { (status, [(header::CONTENT_TYPE, kind)], body).into_response() }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let token = Secret::new("00D000000000062!canary");
    let options = Options {
        api_version: Some(String::from("66.0")),
        client: String::from("test"),
        ..Options::default()
    };
    org::connect(Target::Url { base_url, token }, options)
        .await
        .unwrap()
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.to_string_lossy().ends_with(suffix));
    files.sort();
    files
}

/// Method, path and status of each recorded body, from the index's note: `GET https://host/path -> 200`.
fn recorded_calls(folder: &Path) -> Vec<(PathBuf, String, String, u16)> {
    let index = String::from_utf8(read(&folder.join("INDEX.tsv"))).unwrap();
    let call = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let (request, status) = columns.last()?.split_once(" -> ")?;
        let (method, url) = request.split_once(' ')?;
        let status = status.split_whitespace().next()?.parse().ok()?;
        Some((
            folder.join(columns.first()?),
            method.to_owned(),
            url.to_owned(),
            status,
        ))
    };
    index.lines().filter_map(call).collect()
}

#[tokio::test]
async fn recorded_queries_give_every_record() {
    let Some(folder) = recordings() else { return };
    let mut checked = 0;
    for (file, method, url, status) in recorded_calls(&folder) {
        if method != "GET" || status != 200 || !url.contains("/query/?q=") {
            continue;
        }
        let body: Value = serde_json::from_slice(&read(&file)).unwrap();
        if body["done"] != true {
            continue;
        }
        let reader = replay(status, read(&file)).await;
        let rows = if url.contains("/tooling/") {
            reader.tooling_query("q").await
        } else {
            reader.query("q").await
        };
        let rows: Vec<Value> = rows
            .unwrap()
            .into_iter()
            .map(|row| Value::Object(row.0))
            .collect();
        assert_eq!(Value::Array(rows), body["records"], "{}", file.display());
        checked += 1;
    }
    assert!(checked >= 20, "only {checked} recorded queries");
}

#[tokio::test]
async fn recorded_resources_are_read() {
    let Some(folder) = recordings() else { return };
    let mut checked = 0;
    for (file, method, url, status) in recorded_calls(&folder) {
        if method != "GET" || !url.contains("/services/data/") || url.contains("/query/") {
            continue;
        }
        let body: Value = serde_json::from_slice(&read(&file)).unwrap();
        assert_eq!(
            replay(status, read(&file))
                .await
                .get("resource")
                .await
                .unwrap(),
            body,
            "{}",
            file.display()
        );
        checked += 1;
    }
    let marked = read(&folder.join("describe/lead_describe_org_with_packages.json"));
    assert!(
        marked.starts_with(b"\xef\xbb\xbf"),
        "the recording with a byte order mark"
    );
    assert!(
        replay(200, marked)
            .await
            .get("sobjects/Lead/describe")
            .await
            .is_ok()
    );
    assert!(checked >= 8, "only {checked} recorded resources");
}

/// What of a describe plans go by, as the recording has it.
fn of_field(field: &Value) -> Value {
    let keys = [
        "name",
        "type",
        "nillable",
        "permissionable",
        "calculated",
        "length",
        "referenceTo",
        "relationshipOrder",
    ];
    keys.iter().map(|key| field[key].clone()).collect()
}

#[test]
fn recorded_describes_lose_nothing_that_plans_go_by() {
    let Some(folder) = recordings() else { return };
    let mut described = files(&folder.join("cumulusci_bodies"), "_describe.00.json");
    described.push(folder.join("describe/lead_describe_org_with_packages.json"));
    let mut fields = 0;
    for file in described {
        let text = String::from_utf8(read(&file)).unwrap();
        let text = text.trim_start_matches('\u{feff}');
        let recorded: Value = serde_json::from_str(text).unwrap();
        let name = file.display();
        let read: Described =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(json!(read.key_prefix), recorded["keyPrefix"], "{name}");
        let kept = read.fields.iter().map(|field| {
            json!([
                field.name,
                field.kind,
                field.nillable,
                field.permissionable,
                field.calculated,
                field.length,
                field.reference_to,
                field.relationship_order,
            ])
        });
        let of_recorded = recorded["fields"].as_array().unwrap().iter().map(of_field);
        assert!(kept.eq(of_recorded), "{name}");
        fields += read.fields.len();
        let relations = recorded["childRelationships"].as_array().unwrap();
        let relations = relations
            .iter()
            .map(|relation| (&relation["childSObject"], &relation["cascadeDelete"]));
        let kept = read.child_relationships.iter();
        let kept: Vec<(Value, Value)> = kept
            .map(|relation| (json!(relation.child), json!(relation.cascade_delete)))
            .collect();
        assert!(
            kept.iter()
                .map(|(child, cascades)| (child, cascades))
                .eq(relations),
            "{name}"
        );
    }
    assert!(fields >= 150, "only {fields} recorded fields");
}

#[tokio::test]
async fn recorded_refusals_keep_the_platforms_words() {
    let Some(folder) = recordings() else { return };
    for (file, status, expected) in [
        (
            "sobject_query_error_response.json",
            400,
            "INVALID_FIELD: error_message",
        ),
        (
            "sobject_sobject_describe_error_response.json",
            404,
            "NOT_FOUND: The requested resource does not exist",
        ),
        (
            "sobject_write_error_response.json",
            400,
            "INVALID_FIELD: No such column 'foo' on sobject of type Bar",
        ),
        (
            "expired_session_response.json",
            401,
            "the session has expired or is not valid",
        ),
        (
            "refresh_error_response.json",
            400,
            "invalid_grant: expired access/refresh token",
        ),
    ] {
        let reader = replay(status, read(&folder.join("restforce").join(file))).await;
        let error = reader.get("x").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{file}: {error}");
    }
}

#[tokio::test]
async fn recorded_writes() {
    let Some(folder) = recordings() else { return };
    let created = read(&folder.join("restforce/sobject_create_success_response.json"));
    let expected: Value = serde_json::from_slice(&created).unwrap();
    let outcome = Writer::new(replay(201, created).await)
        .create("Whizbang", &serde_json::Map::new())
        .await;
    match outcome {
        Ok(id) => assert_eq!(Value::String(id), expected["id"]),
        // The recording was given an id that is none.
        Err(error) => assert!(error.outcome_unknown(), "{error}"),
    }
}

#[tokio::test]
async fn recorded_metadata_answers() {
    let Some(folder) = recordings() else { return };
    let folder = folder.join("metaforce");
    let listed = replay(200, read(&folder.join("list_metadata_objects.xml")))
        .await
        .list_metadata("CustomObject")
        .await
        .unwrap();
    assert!(
        listed.len() > 1
            && listed
                .iter()
                .all(|entry| entry.kind == "CustomObject" && !entry.full_name.is_empty())
    );
    let ended = replay(500, read(&folder.join("foo_invalid_session.xml"))).await;
    assert!(matches!(
        ended.list_metadata("Role").await,
        Err(OrgError::Login { .. })
    ));
    let refused = replay(500, read(&folder.join("login_failure.xml")))
        .await
        .list_metadata("Role")
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("INVALID_LOGIN: Invalid username, password"),
        "{refused}"
    );
    let other = replay(200, read(&folder.join("describe_metadata_success.xml"))).await;
    assert!(matches!(
        other.list_metadata("Role").await,
        Err(OrgError::Garbled { .. })
    ));
}

/// A `DeployResult` as JSON in the form the SOAP endpoint gives it: the same names, one element for each list item.
fn to_xml(name: &str, value: &Value) -> Vec<Element> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| to_xml(name, item)).collect(),
        Value::Object(fields) => {
            let children = fields
                .iter()
                .flat_map(|(name, value)| to_xml(name, value))
                .collect();
            vec![Element {
                children,
                ..Element::new(name)
            }]
        }
        Value::Null => vec![Element::new(name).with_attribute("xsi:nil", "true")],
        Value::String(text) => vec![Element::leaf(name, text)],
        other => vec![Element::leaf(name, other.to_string())],
    }
}

async fn decode_deploy(result: &Value) -> DeployStatus {
    let mut response = Element::new("checkDeployStatusResponse");
    response.children = to_xml("result", result);
    let envelope = Element::new("soapenv:Envelope")
        .with_attribute("xmlns:soapenv", "http://schemas.xmlsoap.org/soap/envelope/")
        .with(Element::new("soapenv:Body").with(response));
    let body = xml::write_compact(&envelope).unwrap();
    replay(200, body.into_bytes())
        .await
        .deploy_status("0Af000000000001AAA")
        .await
        .unwrap()
}

#[tokio::test]
async fn recorded_deploys_keep_every_message() {
    let Some(folder) = recordings() else { return };
    let mut failures = 0;
    for file in files(&folder.join("sf_cli_deploy"), ".json") {
        let bytes = read(&file);
        let text = String::from_utf8_lossy(&bytes);
        let Some(start) = text.find('{') else {
            continue;
        };
        let Some(Ok(recorded)) = serde_json::Deserializer::from_str(&text[start..])
            .into_iter::<Value>()
            .next()
        else {
            continue;
        };
        let result = &recorded["result"];
        if result["id"].is_null() {
            continue;
        }
        let status = decode_deploy(result).await;
        let count = |name: &str| match &result["details"][name] {
            Value::Array(items) => items.len(),
            Value::Null => 0,
            _ => 1,
        };
        assert_eq!(status.done, result["done"] == true, "{}", file.display());
        assert_eq!(Value::from(status.status.as_str()), result["status"]);
        assert_eq!(status.failures.len(), count("componentFailures"));
        assert_eq!(status.successes.len(), count("componentSuccesses"));
        for (failure, recorded) in status.failures.iter().zip(
            result["details"]["componentFailures"]
                .as_array()
                .into_iter()
                .flatten(),
        ) {
            assert_eq!(failure.problem.as_deref(), recorded["problem"].as_str());
            assert_eq!(failure.line.map(u64::from), recorded["lineNumber"].as_u64());
            assert_eq!(
                failure.full_name,
                recorded["fullName"].as_str().unwrap_or_default()
            );
            failures += 1;
        }
    }
    assert!(failures >= 4, "only {failures} recorded failures");
}

#[test]
fn recorded_documents_survive_reading_and_writing() {
    let Some(folder) = recordings() else { return };
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for inner in ["metaforce", "soapforce", "rusfdc"] {
        for file in files(&folder.join(inner), ".xml") {
            let tree = xml::read_bytes(&read(&file))
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let written = xml::write(&tree).unwrap();
            assert_eq!(xml::read(&written), Ok(tree.clone()), "{}", file.display());
            *roots.entry(tree.name.to_string()).or_default() += 1;
        }
    }
    assert!(
        roots.get("Envelope").is_some_and(|count| *count >= 20),
        "{roots:?}"
    );
}
