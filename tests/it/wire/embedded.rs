//! The embedded org's half of a transcript: the request sent as it stands, and the shape of what comes back.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;

use orgwright::org::query_path;
use orgwright::xml::{self, Element};
use salesforce_emulator::{self as emulator, Server};
use serde_json::{Value, json};

use super::transcript::{Message, Transcript, message, pairs};
use super::{ASSIGNMENT, DEPLOY, PROFILE, REFRESH, SET, TOKEN, USER};

/// The code that the transcripts' browser comes back with.
const CODE: &str = "wire-code";

/// An embedded org, and what the transcripts' ids and tokens are there.
pub(crate) struct Embedded {
    server: Server,
    known: BTreeMap<&'static str, String>,
}

impl Embedded {
    pub(crate) async fn start() -> Self {
        let server = emulator::start(emulator::Options::default()).await;
        let server = server.expect("an org");
        let known = [(TOKEN, server.access_token().to_owned())].into();
        let mut org = Self { server, known };
        let profile = "SELECT Id FROM Profile WHERE Name = 'Standard User'";
        let set = "SELECT Id FROM PermissionSet WHERE Name = 'HubSpot_Integration_Permissions'";
        for (name, query) in [(PROFILE, profile), (SET, set)] {
            let id = org.id_of(query);
            org.known.insert(name, id);
        }
        org
    }

    /// The same, without a call left for the day.
    pub(crate) async fn start_exhausted() -> Self {
        let usual = Self::start().await;
        let mut org = usual.server.org();
        usual.server.stop().await;
        org.organization.daily_api_requests = 0;
        let server = emulator::start_over(org, emulator::Options::default()).await;
        Self {
            server: server.expect("an org"),
            known: usual.known,
        }
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }

    /// Sends the request of a transcript; what the answer makes is known from then on.
    pub(crate) fn answer(&mut self, transcript: &Transcript) -> Message {
        let ended = transcript.name.ends_with("session-ended");
        let known = self.known.iter();
        let known = known.filter(|(written, _)| !ended || **written != TOKEN);
        let replace = |text: &str| {
            known.clone().fold(text.to_owned(), |text, (written, own)| {
                text.replace(written, own)
            })
        };
        let answer = self.send(&transcript.request, &replace);
        let made = match transcript.name.as_str() {
            "authorize" => Some(CODE).zip(code_in(&answer)),
            "token-authorization-code" => Some(REFRESH).zip(text_in(&answer, "refresh_token")),
            "create-user" => Some(USER).zip(text_in(&answer, "id")),
            "assign" => Some(ASSIGNMENT).zip(text_in(&answer, "id")),
            "deploy" => Some(DEPLOY).zip(id_in_xml(&answer)),
            _ => None,
        };
        self.known.extend(made);
        answer
    }

    fn send(&self, request: &Message, replace: &dyn Fn(&str) -> String) -> Message {
        let host = self.server.base_url().trim_start_matches("http://");
        let stream = TcpStream::connect(host).expect("the org listens");
        let body = replace(&request.body);
        let mut head = format!(
            "{} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
            replace(&request.line)
        );
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {}\r\n", replace(value)));
        }
        let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        (&stream).write_all(text.as_bytes()).expect("it is sent");
        let answer = message(&stream).expect("an answer");
        let status = answer.line.split(' ').nth(1).unwrap_or_default().to_owned();
        Message {
            line: status,
            ..answer
        }
    }

    /// The id of the first row of a query.
    fn id_of(&self, soql: &str) -> String {
        let token = format!("Bearer {}", self.server.access_token());
        let request = Message {
            line: format!("GET /services/data/v66.0/{}", query_path(soql)),
            headers: [("authorization".to_owned(), token)].into(),
            body: String::new(),
        };
        let answer = self.send(&request, &str::to_owned);
        let page: Value = serde_json::from_str(&answer.body).expect("JSON");
        page["records"][0]["Id"].as_str().expect("an id").to_owned()
    }
}

fn code_in(answer: &Message) -> Option<String> {
    let (_, query) = answer.headers.get("location")?.split_once('?')?;
    pairs(query).remove("code")
}

fn text_in(answer: &Message, key: &str) -> Option<String> {
    let value: Value = serde_json::from_str(&answer.body).ok()?;
    value.get(key)?.as_str().map(str::to_owned)
}

fn id_in_xml(answer: &Message) -> Option<String> {
    let (_, after) = answer.body.split_once("<id>")?;
    after.split('<').next().map(str::to_owned)
}

/// What an answer lacks of the transcript's shape.
pub(crate) fn lacks(expected: &Message, found: &Message) -> Vec<String> {
    let mut lacks = Vec::new();
    lacking(&shape(&expected.body), &shape(&found.body), "", &mut lacks);
    if let Some(expected) = expected.headers.get("location") {
        let found = found.headers.get("location").map_or("", String::as_str);
        lacking(&address(expected), &address(found), "location", &mut lacks);
    }
    lacks
}

/// Where an address leads and the names of what it brings; its state is the sender's and comes back as it was.
fn address(url: &str) -> Value {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let mut brought = pairs(query);
    let state = brought.remove("state");
    json!({place: brought, format!("state {state:?}"): ""})
}

/// Null says nothing about a type.
fn lacking(expected: &Value, found: &Value, path: &str, lacks: &mut Vec<String>) {
    match (expected, found) {
        (Value::Null, _) => {}
        (Value::Object(expected), Value::Object(found)) => {
            for (key, expected) in expected {
                match found.get(key) {
                    Some(found) => lacking(expected, found, &format!("{path}.{key}"), lacks),
                    None if expected.is_null() => {}
                    None => lacks.push(format!("{path}.{key}")),
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            for (index, expected) in expected.iter().enumerate() {
                match found.get(index).or(found.first()) {
                    Some(found) => lacking(expected, found, &format!("{path}[{index}]"), lacks),
                    None => lacks.push(format!("{path}[{index}]")),
                }
            }
        }
        (expected, found) => {
            if std::mem::discriminant(expected) != std::mem::discriminant(found) {
                lacks.push(format!("{path}: {found} instead of {expected}"));
            }
        }
    }
}

/// The shape of a body: XML as objects of its elements, with what their texts are.
fn shape(body: &str) -> Value {
    if !body.starts_with('<') {
        return serde_json::from_str(body).unwrap_or_default();
    }
    element_shape(&xml::read(body).expect("XML"))
}

fn element_shape(element: &Element) -> Value {
    if !element.children.is_empty() {
        let mut children = serde_json::Map::new();
        for child in &element.children {
            // Of those of one name the first stands for all.
            let name = child.name.to_string();
            children.entry(name).or_insert_with(|| element_shape(child));
        }
        return children.into();
    }
    match element.text.trim() {
        "" => Value::Null,
        "true" | "false" => json!(true),
        text if text.parse::<f64>().is_ok() => json!(0),
        _ => json!("text"),
    }
}
