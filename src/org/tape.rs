//! A tape runs along while an org is asked, and tells afterwards what was asked and answered.
//!
//! **Promise:** no token and no header is kept. What passes by itself (a busy org, an ended session) is no answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::archive;
use crate::xml::{self, Element};

use super::answer::HttpAnswer;
use super::http::Call;
use super::transcript::{Asking, Transcript, below_version};

/// Everything that was asked and answered since it was put in.
#[derive(Default)]
pub struct Tape {
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// By the key of the question: what is asked again is answered again, and the last answer counts.
    transcripts: BTreeMap<String, Transcript>,
    /// Further pages of queries, by their path below the version.
    pages: HashMap<String, Value>,
    /// What the retrieves under way are about, by id.
    retrieves: HashMap<String, Asking>,
}

impl Tape {
    /// Takes in a request with its answer.
    pub(super) fn note(&self, call: &Call, answer: &HttpAnswer) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let path = match call.url.query() {
            Some(query) => format!("{}?{query}", call.url.path()),
            None => call.url.path().to_owned(),
        };
        // What cannot be read is an error for whoever asked, and no answer to keep.
        let _noted = match &call.body {
            None => heard.resource(&path, answer),
            Some((_, body)) if call.soap_action => heard.operation(body, answer),
            Some((_, body)) => heard.composite(body, answer),
        };
    }

    /// The questions with their answers, in the order of the questions; queries whole.
    pub fn transcripts(&self) -> Vec<Transcript> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = |transcript: &Transcript| {
            let mut transcript = transcript.clone();
            heard.complete(&mut transcript.answer);
            transcript
        };
        heard.transcripts.values().map(whole).collect()
    }
}

impl Heard {
    fn keep(&mut self, asked: Asking, status: u16, answer: Value) {
        let transcript = Transcript {
            asked,
            status,
            answer,
        };
        self.transcripts.insert(transcript.asked.key(), transcript);
    }

    fn resource(&mut self, path: &str, answer: &HttpAnswer) -> Option<()> {
        if !is_an_answer(answer.status) {
            return None;
        }
        self.part(path, answer.status, answer.json().ok()?);
        Some(())
    }

    fn part(&mut self, path: &str, status: u16, body: Value) {
        let below = below_version(path);
        let is_page = ["query/", "tooling/query/"]
            .iter()
            .any(|it| below.starts_with(it));
        if is_page {
            self.pages.insert(below.to_owned(), body);
        } else {
            self.keep(Asking::of_path(path), status, body);
        }
    }

    /// Many reads in one request; writes look alike and are none of ours.
    fn composite(&mut self, body: &[u8], answer: &HttpAnswer) -> Option<()> {
        let asked: Value = serde_json::from_slice(body).ok()?;
        let told = answer.json().ok()?;
        let told = told.get("compositeResponse")?.as_array()?;
        for part in asked.get("compositeRequest")?.as_array()? {
            let of_part = |one: &&Value| one.get("referenceId") == part.get("referenceId");
            let (Some(path), Some("GET"), Some(result)) = (
                part.get("url").and_then(Value::as_str),
                part.get("method").and_then(Value::as_str),
                told.iter().find(of_part),
            ) else {
                continue;
            };
            let status = result.get("httpStatusCode").and_then(Value::as_u64);
            let status = status.and_then(|status| u16::try_from(status).ok())?;
            if is_an_answer(status) {
                self.part(
                    path,
                    status,
                    result.get("body").cloned().unwrap_or_default(),
                );
            }
        }
        Some(())
    }

    fn operation(&mut self, body: &[u8], answer: &HttpAnswer) -> Option<()> {
        let envelope = xml::read_bytes(body).ok()?;
        let operation = envelope.child("Body")?.children.first()?;
        let told = xml::read_bytes(&answer.body).ok()?;
        let told = told.child("Body")?.children.first()?;
        let kind = || operation.text_of("type").map(str::to_owned);
        match operation.name.as_str() {
            "readMetadata" => self.components(&kind()?, operation, told, answer.status),
            "listMetadata" => {
                let kind = operation.child("queries")?.text_of("type")?.to_owned();
                let answer = refusal(told).or_else(|| text_of(told))?;
                let status = if told.name == "Fault" { 500 } else { 200 };
                self.keep(Asking::List { kind }, status, answer);
                Some(())
            }
            "retrieve" => {
                let id = told.child("result")?.text_of("id")?.to_owned();
                let members = members(operation.child("retrieveRequest")?.child("unpackaged")?);
                self.retrieves.insert(id, Asking::Retrieve { members });
                Some(())
            }
            "checkRetrieveStatus" => {
                let asked = self.retrieves.get(operation.text_of("asyncProcessId")?)?;
                let asked = asked.clone();
                self.keep(asked, 200, package(told.child("result")?)?);
                Some(())
            }
            _ => None,
        }
    }

    fn components(
        &mut self,
        kind: &str,
        operation: &Element,
        told: &Element,
        status: u16,
    ) -> Option<()> {
        let names: Vec<&Element> = operation.children_named("fullNames").collect();
        if let Some(refusal) = refusal(told) {
            // Of several, nobody knows which one it is about: each is asked by itself after that.
            if let ([name], true) = (names.as_slice(), is_an_answer(status) || status == 500) {
                self.keep(Asking::component(kind, &name.text), 500, refusal);
            }
            return Some(());
        }
        let records = &told.child("result")?.children;
        for (number, name) in names.iter().enumerate() {
            let asked = Asking::component(kind, &name.text);
            let is_it = |record: &&Element| {
                let found = record.text_of("fullName").unwrap_or_default();
                Asking::component(kind, found).key() == asked.key()
            };
            let in_step = records.len() == names.len();
            let by_place = || records.get(number).filter(|_| in_step);
            let record = records.iter().find(is_it).or_else(by_place);
            let record = record.filter(|record| !record.is_nil() && !record.children.is_empty());
            let answer = record.map_or(Some(Value::Null), text_of)?;
            self.keep(asked, 200, answer);
        }
        Some(())
    }

    /// Appends the records of all further pages, those of sub-queries included.
    fn complete(&self, page: &mut Value) {
        while let Some(more) = self.next_of(page) {
            let more = more.clone();
            if let (Some(records), Some(further)) = (
                page.get_mut("records").and_then(Value::as_array_mut),
                more.get("records").and_then(Value::as_array),
            ) {
                records.extend(further.iter().cloned());
            }
            for key in ["done", "nextRecordsUrl"] {
                page[key] = more.get(key).cloned().unwrap_or_default();
            }
        }
        if let Some(page) = page.as_object_mut() {
            page.retain(|key, value| key != "nextRecordsUrl" || !value.is_null());
        }
        let records = page.get_mut("records").and_then(Value::as_array_mut);
        let rows = records.into_iter().flatten();
        let fields = rows.filter_map(Value::as_object_mut);
        for field in fields.flat_map(serde_json::Map::values_mut) {
            if field.get("records").is_some() {
                self.complete(field);
            }
        }
    }

    fn next_of(&self, page: &Value) -> Option<&Value> {
        if page.get("done") != Some(&Value::Bool(false)) {
            return None;
        }
        let next = page.get("nextRecordsUrl")?.as_str()?;
        self.pages.get(below_version(next))
    }
}

/// Whether it is what the org says, and not that it has no time or takes the session for ended.
fn is_an_answer(status: u16) -> bool {
    matches!(status, 200..=299 | 400 | 403 | 404 | 405)
}

/// A fault in the form that all refusals have here.
fn refusal(told: &Element) -> Option<Value> {
    if told.name != "Fault" {
        return None;
    }
    let code = told.text_of("faultcode").unwrap_or_default();
    let code = code.rsplit_once(':').map_or(code, |(_, code)| code);
    let message = told.text_of("faultstring").unwrap_or_default();
    let passes = [
        "INVALID_SESSION_ID",
        "UNKNOWN_EXCEPTION",
        "SERVER_UNAVAILABLE",
    ];
    (!passes.contains(&code)).then(|| json!([{"errorCode": code, "message": message}]))
}

fn text_of(element: &Element) -> Option<Value> {
    xml::write_compact(element).ok().map(Value::String)
}

pub(super) fn members(package: &Element) -> BTreeMap<String, Vec<String>> {
    let one = |types: &Element| {
        let names = types.children_named("members");
        let names = names.map(|name| name.text.as_str().to_owned()).collect();
        Some((types.text_of("name")?.to_owned(), names))
    };
    package.children_named("types").filter_map(one).collect()
}

/// A retrieved package: what is no text in it is told as nothing.
fn package(result: &Element) -> Option<Value> {
    let encoded: String = result
        .text_of("zipFile")?
        .split_ascii_whitespace()
        .collect();
    let files = archive::unpack(&BASE64.decode(encoded).ok()?).ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
    let files: serde_json::Map<String, Value> = files
        .into_iter()
        .map(|(name, bytes)| (name, Value::String(text(bytes))))
        .collect();
    let messages: Vec<&str> = result
        .children_named("messages")
        .filter_map(|message| message.text_of("problem"))
        .collect();
    Some(json!({"files": files, "messages": messages}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str) -> Call {
        Call {
            operation: String::from("read"),
            write: false,
            method: reqwest::Method::GET,
            url: reqwest::Url::parse(&format!("http://127.0.0.1{path}")).unwrap(),
            body: None,
            soap_action: false,
            bearer: None,
            token: None,
            api_calls: 1,
        }
    }

    fn answer(status: u16, body: &Value) -> HttpAnswer {
        HttpAnswer {
            operation: String::from("read"),
            write: false,
            host: String::from("127.0.0.1"),
            status,
            headers: reqwest::header::HeaderMap::new(),
            body: body.to_string().into_bytes(),
            token: None,
        }
    }

    #[test]
    fn the_pages_of_a_query_are_one_answer_those_of_inner_queries_too() {
        let tape = Tape::default();
        let note = |path: &str, body: &Value| tape.note(&call(path), &answer(200, body));
        let inner = json!({"done": false, "nextRecordsUrl": "/services/data/v66.0/query/01g2-1", "records": [{"Id": "3"}]});
        note(
            "/services/data/v66.0/query?q=SELECT+Id+FROM+A",
            &json!({"done": false, "nextRecordsUrl": "/services/data/v66.0/query/01g1-1", "records": [{"Id": "1", "B": inner}]}),
        );
        note(
            "/services/data/v66.0/query/01g1-1",
            &json!({"done": true, "records": [{"Id": "2", "B": null}]}),
        );
        note(
            "/services/data/v66.0/query/01g2-1",
            &json!({"done": true, "records": [{"Id": "4"}]}),
        );
        let transcripts = tape.transcripts();
        assert_eq!(transcripts.len(), 1);
        let whole = json!({"done": true, "records": [
            {"Id": "1", "B": {"done": true, "records": [{"Id": "3"}, {"Id": "4"}]}},
            {"Id": "2", "B": null},
        ]});
        assert_eq!(transcripts[0].answer, whole);
    }

    #[test]
    fn what_passes_by_itself_is_no_answer() {
        let tape = Tape::default();
        let path = "/services/data/v66.0/sobjects/Lead/describe";
        for status in [401, 429, 500, 503] {
            tape.note(&call(path), &answer(status, &json!([{"errorCode": "X"}])));
        }
        assert_eq!(tape.transcripts(), []);
        tape.note(
            &call(path),
            &answer(404, &json!([{"errorCode": "NOT_FOUND"}])),
        );
        assert_eq!(tape.transcripts()[0].status, 404);
    }
}
