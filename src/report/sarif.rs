//! What a run found, as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for code scanning.
//!
//! Files are named relative to the working folder. What belongs to no line stands on the first line of the first manifest:
//! who reads these files shows nothing without a place.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

use super::json::text_of;
use super::results::{CaseProblem, CheckedCase};
use super::text::{clipped, printable};
use super::{Ending, Frame};
use crate::code::Code;
use crate::diagnostic::{Place, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Digits of a fingerprint.
const FINGERPRINT: usize = 32;
/// Characters of a description that code scanning takes.
const DESCRIPTION: usize = 960;

/// The whole log: one run, every problem a result.
pub(super) fn log(cases: &[CheckedCase], frame: &Frame, ending: &Ending) -> String {
    let problems: Vec<&CaseProblem> = cases.iter().flat_map(|case| &case.problems).collect();
    let mut codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    codes.sort();
    codes.dedup();
    let mut seen = BTreeMap::new();
    let results = problems.iter().map(|problem| {
        let index = codes.binary_search(&problem.code).unwrap_or_default();
        result(problem, index, frame, &mut seen)
    });
    let results: Vec<Value> = results.collect();
    let mut invocation = json!({
        // Findings are results, and no failure of the tool.
        "executionSuccessful": matches!(ending.exit.code(), 0 | 2 | 3 | 4),
        "exitCode": ending.exit.code(),
        "exitCodeDescription": ending.exit.meaning(),
    });
    if let (Some(at), Some(entries)) = (&ending.at, invocation.as_object_mut()) {
        entries.insert("endTimeUtc".to_owned(), json!(at));
    }
    text_of(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.text(),
        "shortDescription": {"text": code.title()},
        "fullDescription": {"text": clipped(code.explanation(), DESCRIPTION)},
        "help": {"text": format!("{} `orgwright explain {code}` says more.", code.explanation())},
    })
}

fn result(
    problem: &CaseProblem,
    index: usize,
    frame: &Frame,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let text = match &problem.help {
        Some(help) => format!("{} Help: {help}", ended(&problem.message)),
        None => problem.message.clone(),
    };
    let key = format!("{}\n{}", problem.code, problem.about);
    let nth = seen.entry(key.clone()).or_default();
    *nth += 1;
    let mut result = json!({
        "ruleId": problem.code.text(),
        "ruleIndex": index,
        "level": level(problem.severity),
        "message": {"text": printable(&text)},
        "locations": [location(problem, frame)],
        "partialFingerprints": {"orgwright/v1": fingerprint(&key, *nth)},
    });
    let related = problem.related.iter().map(|(place, label)| {
        json!({"physicalLocation": physical(place), "message": {"text": printable(label)}})
    });
    let related: Vec<Value> = related.collect();
    if let (false, Some(entries)) = (related.is_empty(), result.as_object_mut()) {
        entries.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

/// A sentence with its full stop.
fn ended(sentence: &str) -> String {
    format!("{}.", sentence.trim_end_matches('.'))
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

fn location(problem: &CaseProblem, frame: &Frame) -> Value {
    let first = || {
        let file = frame.files.first().map_or("orgwright.yaml", String::as_str);
        Place::start_of(&file.into())
    };
    let place = problem.place.clone().unwrap_or_else(first);
    let mut location = Map::new();
    location.insert("physicalLocation".to_owned(), physical(&place));
    if !problem.about.is_empty() {
        let name = printable(&problem.about);
        let logical = json!([{"fullyQualifiedName": name, "kind": "resource"}]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    Value::Object(location)
}

fn physical(place: &Place) -> Value {
    json!({
        "artifactLocation": artifact(&place.file),
        "region": {"startLine": place.line.max(1), "startColumn": place.column.max(1)},
    })
}

/// A file below the working folder by its path from there, any other by itself.
fn artifact(file: &str) -> Value {
    let path = file.replace('\\', "/");
    let path = path.trim_start_matches("./");
    let uri: String = path.bytes().map(escaped).collect();
    match path.starts_with('/') || path.split('/').any(|part| part == "..") {
        true if path.starts_with('/') => json!({"uri": format!("file://{uri}")}),
        true => json!({"uri": uri}),
        false => json!({"uri": uri, "uriBaseId": "%SRCROOT%"}),
    }
}

/// A byte of a path within a URI (RFC 3986, section 2.3).
fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    }
}

fn fingerprint(key: &str, nth: usize) -> String {
    let bytes = Sha256::digest(format!("{key}\n{nth}").as_bytes());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(FINGERPRINT).collect()
}
