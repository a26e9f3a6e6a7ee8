//! An org that is a record: it answers what it was asked when it was recorded, and refuses everything else.
//!
//! **Promise:** nothing leaves this machine, and no write is answered as if it had been done.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::archive;
use crate::xml::{self, Element};

use super::answer::HttpAnswer;
use super::http::Call;
use super::soap::metadata;
use super::tape::members;
use super::transcript::{Asking, Transcript};

/// The code of the refusal of what is not in a record. No platform has it.
pub const NOT_RECORDED: &str = "NOT_IN_THE_RECORD";
const NOT_RECORDED_WORDS: &str = "this was not asked when the org was recorded";

/// Where a record says it is: a name that no machine has (RFC 2606).
pub(super) const RECORD_URL: &str = "http://record.invalid/";

/// What was recorded of one org.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The API version that was spoken, such as `66.0`.
    pub api_version: String,
    /// Organization id, 18 characters.
    pub org_id: String,
    /// Username of the running user, where the log-in told it.
    pub username: Option<String>,
    by_key: BTreeMap<String, Transcript>,
}

/// An answer: its status and its body.
type Reply = (u16, Vec<u8>);

impl Recording {
    /// The record of an org, of these questions and answers.
    pub fn new(api_version: &str, org_id: &str, transcripts: Vec<Transcript>) -> Self {
        let keyed = transcripts.into_iter();
        Self {
            api_version: api_version.to_owned(),
            org_id: org_id.to_owned(),
            username: None,
            by_key: keyed.map(|one| (one.asked.key(), one)).collect(),
        }
    }

    /// What the org answered to this request, or that it was not asked.
    pub(super) fn answer(&self, call: &Call) -> HttpAnswer {
        let (status, body) = match &call.body {
            _ if call.write => refused_as_json(),
            None => self.resource(&call.url),
            Some((_, body)) if call.soap_action => self.operation(body),
            Some((_, body)) => self.composite(body),
        };
        HttpAnswer {
            operation: call.operation.clone(),
            write: call.write,
            host: super::hosts::shown(&call.url),
            status,
            headers: HeaderMap::new(),
            body,
            token: None,
        }
    }

    fn part(&self, path: &str) -> (u16, Value) {
        match self.by_key.get(&Asking::of_path(path).key()) {
            Some(transcript) => (transcript.status, transcript.answer.clone()),
            None => (400, refusal()),
        }
    }

    fn resource(&self, url: &Url) -> Reply {
        if url.path() == "/services/data" {
            let version = json!([{"version": self.api_version}]);
            return (200, version.to_string().into_bytes());
        }
        let query = url
            .query()
            .map_or(String::new(), |query| format!("?{query}"));
        let (status, body) = self.part(&format!("{}{query}", url.path()));
        (status, body.to_string().into_bytes())
    }

    fn composite(&self, body: &[u8]) -> Reply {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts = asked.get("compositeRequest").and_then(Value::as_array);
        let results: Vec<Value> = parts
            .into_iter()
            .flatten()
            .map(|part| {
                let path = part.get("url").and_then(Value::as_str).unwrap_or_default();
                let (status, body) = self.part(path);
                json!({"referenceId": part["referenceId"], "httpStatusCode": status, "body": body})
            })
            .collect();
        let whole = json!({"compositeResponse": results});
        (200, whole.to_string().into_bytes())
    }

    fn operation(&self, body: &[u8]) -> Reply {
        let envelope = xml::read_bytes(body).unwrap_or_default();
        let body = envelope.child("Body");
        let Some(operation) = body.and_then(|body| body.children.first()) else {
            return fault(&refusal());
        };
        let told = match operation.name.as_str() {
            "readMetadata" => self.components(operation),
            "listMetadata" => self.list(operation),
            "retrieve" => self.retrieve(operation),
            "checkRetrieveStatus" => self.retrieved(operation),
            _ => Err(refusal()),
        };
        match told {
            Ok(response) => (200, envelope_of(response)),
            Err(refusal) => fault(&refusal),
        }
    }

    /// The answer to a question, or the refusal.
    fn told(&self, asked: &Asking) -> Result<&Value, Value> {
        match self.by_key.get(&asked.key()) {
            Some(transcript) if transcript.status < 300 => Ok(&transcript.answer),
            Some(transcript) => Err(transcript.answer.clone()),
            None => Err(refusal()),
        }
    }

    fn components(&self, operation: &Element) -> Result<Element, Value> {
        let kind = operation.text_of("type").unwrap_or_default();
        let mut result = Element::new("result");
        for name in operation.children_named("fullNames") {
            let told = self.told(&Asking::component(kind, &name.text))?;
            let record = told.as_str().and_then(|text| xml::read(text).ok());
            let nil = || Element::new("records").with_attribute("xsi:nil", "true");
            let record = record.map_or_else(nil, |record| Element {
                children: record.children,
                ..Element::new("records").with_attribute("xsi:type", kind)
            });
            result = result.with(record);
        }
        Ok(metadata("readMetadataResponse").with(result))
    }

    fn list(&self, operation: &Element) -> Result<Element, Value> {
        let queries = operation.child("queries");
        let kind = queries.and_then(|queries| queries.text_of("type"));
        let kind = kind.unwrap_or_default().to_owned();
        let told = self.told(&Asking::List { kind })?;
        let told = told.as_str().and_then(|text| xml::read(text).ok());
        let children = told.map(|told| told.children).unwrap_or_default();
        Ok(Element {
            children,
            ..metadata("listMetadataResponse")
        })
    }

    /// A retrieve is done at once. Its id is its place in the record.
    fn retrieve(&self, operation: &Element) -> Result<Element, Value> {
        let request = operation.child("retrieveRequest");
        let package = request.and_then(|request| request.child("unpackaged"));
        let members = package.map(members).unwrap_or_default();
        let asked = Asking::Retrieve { members };
        self.told(&asked)?;
        let place = self.by_key.keys().position(|key| *key == asked.key());
        let id = format!("09S{:012}", place.unwrap_or_default());
        let result = Element::new("result")
            .with(Element::leaf("done", "false"))
            .with(Element::leaf("id", id));
        Ok(metadata("retrieveResponse").with(result))
    }

    fn retrieved(&self, operation: &Element) -> Result<Element, Value> {
        let id = operation.text_of("asyncProcessId").unwrap_or_default();
        let place = id.get(3..15).and_then(|digits| digits.parse().ok());
        let transcript = place.and_then(|place| self.by_key.values().nth(place));
        let answer = transcript.map(|one| &one.answer).ok_or_else(refusal)?;
        let files = answer.get("files").and_then(Value::as_object);
        let files: BTreeMap<String, Vec<u8>> = files
            .into_iter()
            .flatten()
            .map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().into()))
            .collect();
        let zip = archive::pack(&files).map_err(|_| refusal())?;
        let messages = answer.get("messages").and_then(Value::as_array);
        let messages = messages.into_iter().flatten().filter_map(Value::as_str);
        let mut result = Element::new("result").with(Element::leaf("done", "true"));
        for message in messages {
            let message = Element::leaf("problem", message);
            result = result.with(Element::new("messages").with(message));
        }
        result = result
            .with(Element::leaf("status", "Succeeded"))
            .with(Element::leaf("success", "true"))
            .with(Element::leaf("zipFile", BASE64.encode(zip)));
        Ok(metadata("checkRetrieveStatusResponse").with(result))
    }
}

fn refusal() -> Value {
    json!([{"errorCode": NOT_RECORDED, "message": NOT_RECORDED_WORDS}])
}

fn refused_as_json() -> Reply {
    (400, refusal().to_string().into_bytes())
}

fn fault(refusal: &Value) -> Reply {
    let text = |name: &str| {
        let text = refusal.get(0).and_then(|first| first.get(name));
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let fault = Element::new("soapenv:Fault")
        .with(Element::leaf(
            "faultcode",
            format!("sf:{}", text("errorCode")),
        ))
        .with(Element::leaf("faultstring", text("message")));
    (500, envelope_of(fault))
}

fn envelope_of(content: Element) -> Vec<u8> {
    let envelope = Element::new("soapenv:Envelope")
        .with_attribute("xmlns:soapenv", super::soap::ENVELOPE)
        .with(Element::new("soapenv:Body").with(content));
    let text = xml::write_compact(&envelope).unwrap_or_default();
    text.into_bytes()
}
