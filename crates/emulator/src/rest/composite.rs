//! Several requests in one: `composite` and `composite/batch`, and the same of the Tooling API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{answer, body_object, collections, dispatch, method_not_allowed, tree};
use crate::http::{Refusal, Request, Response, VERSIONS, not_found};
use crate::store::ToolingInComposite;
use crate::world::World;

/// How many requests fit into one (REST guide, composite resources).
const MOST_REQUESTS: usize = 25;

/// How many of a composite's may be queries or collections (the same; a batch has no such bound).
const MOST_QUERIES: usize = 5;

/// Answers below `composite`.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    path: &[&str],
) -> Response {
    match (request.method.as_str(), path) {
        ("POST", []) => answer(composite(world, request)),
        ("POST", ["batch"]) => answer(batch(world, request)),
        ("POST" | "PATCH", ["sobjects"]) => answer(collections::write(world, request, version)),
        ("GET" | "POST", ["sobjects", object]) => {
            answer(collections::read(world, request, version, object))
        }
        ("PATCH", ["sobjects", object, field]) => answer(collections::upsert(
            world,
            request,
            version,
            (object, field),
        )),
        ("DELETE", ["sobjects"]) => answer(collections::delete(world, request, version)),
        ("POST", ["tree", object]) => answer(tree::create(world, request, version, object)),
        (method, [] | ["batch"] | ["tree", _]) => method_not_allowed(method, &["POST"]),
        (method, ["sobjects"]) => method_not_allowed(method, &["DELETE", "PATCH", "POST"]),
        (method, ["sobjects", _]) => method_not_allowed(method, &["GET", "POST"]),
        (method, ["sobjects", _, _]) => method_not_allowed(method, &["PATCH"]),
        _ => not_found(),
    }
}

/// Answers below `tooling/composite`, which takes the requests of the Tooling API (Tooling API guide, REST resources).
pub(crate) fn tooling(world: &mut World, request: &Request, path: &[&str]) -> Response {
    match (request.method.as_str(), path) {
        ("POST", []) => answer(composite(world, request)),
        ("POST", ["batch"]) => answer(batch(world, request)),
        (method, [] | ["batch"]) => method_not_allowed(method, &["POST"]),
        _ => not_found(),
    }
}

/// Method, path below the version, query and version of a request inside another.
fn inner(
    outer: &Request,
    method: &str,
    url: &str,
    body: Option<&Value>,
) -> Option<(Request, u32, Vec<String>)> {
    let url = url
        .strip_prefix(&outer.base_url)
        .unwrap_or(url)
        .trim_start_matches('/');
    let url = url.strip_prefix("services/data/").unwrap_or(url);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut segments = path.trim_end_matches('/').split('/');
    let version: u32 = segments
        .next()?
        .strip_prefix('v')?
        .strip_suffix(".0")?
        .parse()
        .ok()?;
    let request = Request {
        method: method.to_ascii_uppercase(),
        path: format!("/services/data/{path}"),
        query: query.to_owned(),
        body: body
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default(),
        headers: BTreeMap::new(),
        ..outer.clone()
    };
    VERSIONS
        .contains(&version)
        .then(|| (request, version, segments.map(str::to_owned).collect()))
}

fn perform(
    world: &mut World,
    outer: &Request,
    method: &str,
    url: &str,
    body: Option<&Value>,
) -> Response {
    let Some((request, version, path)) = inner(outer, method, url, body) else {
        return not_found();
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if !belongs(world, outer, &path) {
        return not_found();
    }
    let own = path.strip_prefix(&["tooling"]).unwrap_or(&path);
    if own.first() == Some(&"composite") && own.get(1) != Some(&"sobjects") {
        return Response::refusal(&Refusal::new(
            400,
            "INVALID_BATCH_REQUEST",
            "composite requests cannot be nested",
        ));
    }
    dispatch(world, &request, version, &path)
}

/// Each of the two interfaces has a composite resource of its own (REST guide, Tooling API guide). Whether one takes the
/// requests of the other as well, neither guide says.
fn belongs(world: &World, outer: &Request, path: &[&str]) -> bool {
    let strict = world.org.platform.tooling_in_composite == Some(ToolingInComposite::Refused);
    let of_tooling = path.first() == Some(&"tooling");
    !strict || of_tooling == outer.path.contains("/tooling/composite")
}

fn value_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

fn requests<'b>(body: &'b Map<String, Value>, key: &str) -> Result<&'b [Value], Refusal> {
    let requests = body.get(key).and_then(Value::as_array).map(Vec::as_slice);
    let requests = requests
        .ok_or_else(|| Refusal::new(400, "JSON_PARSER_ERROR", format!("{key} is missing")))?;
    if requests.len() > MOST_REQUESTS {
        let message = format!("The number of requests exceeds the limit of {MOST_REQUESTS}");
        return Err(Refusal::new(400, "LIMIT_EXCEEDED", message));
    }
    Ok(requests)
}

fn batch(world: &mut World, outer: &Request) -> Result<Response, Refusal> {
    let body = body_object(outer)?;
    let halt = body
        .get("haltOnError")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    let mut results: Vec<String> = Vec::new();
    let mut failed = false;
    for part in requests(&body, "batchRequests")? {
        let response = match failed && halt {
            true => Response::refusal(&Refusal::new(
                412,
                "BATCH_PROCESSING_HALTED",
                "Batch processing halted per request",
            )),
            false => {
                world.org.api_requests += u64::from(!results.is_empty());
                perform(
                    world,
                    outer,
                    text(part, "method"),
                    text(part, "url"),
                    part.get("richInput"),
                )
            }
        };
        failed |= response.status >= 400;
        results.push(format!(
            r#"{{"statusCode":{},"result":{}}}"#,
            response.status,
            json_text(&response)
        ));
    }
    let body = format!(
        r#"{{"hasErrors":{failed},"results":[{}]}}"#,
        results.join(",")
    );
    Ok(Response::json_text(200, body))
}

/// An answer as a part of another. It is JSON already: reading and writing it again would double the work.
fn json_text(response: &Response) -> &str {
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    if text.is_empty() { "null" } else { text }
}

fn text<'p>(part: &'p Value, key: &str) -> &'p str {
    part[key].as_str().unwrap_or_default()
}

fn composite(world: &mut World, outer: &Request) -> Result<Response, Refusal> {
    let body = body_object(outer)?;
    let parts = requests(&body, "compositeRequest")?;
    let all_or_none = body
        .get("allOrNone")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    check_references(parts)?;
    check_queries(parts)?;
    let snapshot = all_or_none.then(|| world.org.clone());
    let mut done: Vec<(String, Response)> = Vec::new();
    let mut failed = None;
    for part in parts {
        let response = part_of_composite(world, outer, part, &done);
        if response.status >= 400 && failed.is_none() {
            failed = Some(done.len());
        }
        done.push((text(part, "referenceId").to_owned(), response));
        if all_or_none && failed.is_some() {
            break;
        }
    }
    if let (Some(failed), Some(snapshot)) = (failed, snapshot) {
        let requests = world.org.api_requests;
        let refusals = std::mem::take(&mut world.org.refusals);
        world.org = snapshot;
        world.org.api_requests = requests;
        world.org.refusals = refusals;
        halt(parts, &mut done, failed);
    }
    Ok(Response::json_text(200, composite_answers(&done)))
}

fn check_references(parts: &[Value]) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    for part in parts {
        let reference = text(part, "referenceId");
        let plain = !reference.is_empty()
            && reference
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || !seen.insert(reference) {
            let message = format!("Provided referenceId is not valid or not unique: '{reference}'");
            return Err(Refusal::new(400, "JSON_PARSER_ERROR", message));
        }
    }
    Ok(())
}

fn check_queries(parts: &[Value]) -> Result<(), Refusal> {
    let costly = |part: &&Value| {
        let resource = text(part, "url").split('?').next().unwrap_or_default();
        resource.contains("/composite/sobjects")
            || resource
                .split('/')
                .any(|step| step == "query" || step == "queryAll")
    };
    if parts.iter().filter(costly).count() > MOST_QUERIES {
        let message = format!(
            "The number of query and collection operations exceeds the limit of {MOST_QUERIES}"
        );
        return Err(Refusal::new(400, "LIMIT_EXCEEDED", message));
    }
    Ok(())
}

fn part_of_composite(
    world: &mut World,
    outer: &Request,
    part: &Value,
    done: &[(String, Response)],
) -> Response {
    let filled = fill(&part["url"], done).and_then(|url| Ok((url, fill(&part["body"], done)?)));
    match filled {
        Ok((url, body)) => {
            let body = Some(&body).filter(|body| !body.is_null());
            perform(
                world,
                outer,
                text(part, "method"),
                url.as_str().unwrap_or_default(),
                body,
            )
        }
        Err(message) => Response::refusal(&Refusal::new(400, "PROCESSING_HALTED", message)),
    }
}

/// Replaces `@{reference.path}` in every text of a value.
fn fill(value: &Value, done: &[(String, Response)]) -> Result<Value, String> {
    match value {
        Value::String(text) => fill_text(text, done).map(Value::String),
        Value::Array(items) => items
            .iter()
            .map(|item| fill(item, done))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(fields) => {
            let filled = fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill(value, done)?)));
            filled
                .collect::<Result<Map<_, _>, String>>()
                .map(Value::Object)
        }
        other => Ok(other.clone()),
    }
}

fn fill_text(text: &str, done: &[(String, Response)]) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let Some((path, after)) = after.split_once('}') else {
            break;
        };
        let (reference, inner) = path.split_once('.').unwrap_or((path, ""));
        let missing =
            || format!("Invalid reference specified. No value for {path} found in {reference}");
        let value = done
            .iter()
            .find(|(name, response)| name == reference && response.status < 300)
            .and_then(|(_, response)| look_up(&value_of(response), inner))
            .ok_or_else(missing)?;
        filled.push_str(before);
        filled.push_str(&value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `records[0].Id` in a value.
fn look_up(value: &Value, path: &str) -> Option<String> {
    let mut current = value;
    for part in path.split('.') {
        let (name, indices) = part
            .split_once('[')
            .map_or((part, ""), |(name, indices)| (name, indices));
        if !name.is_empty() {
            current = current.get(name)?;
        }
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            current = current.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    match current {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

/// The others of a composite that is all or none: rolled back or not begun.
fn halt(parts: &[Value], done: &mut Vec<(String, Response)>, failed: usize) {
    let message =
        "The transaction was rolled back since another operation in the same transaction failed.";
    let halted = Response::refusal(&Refusal::new(400, "PROCESSING_HALTED", message));
    for (position, part) in parts.iter().enumerate() {
        match done.get_mut(position) {
            Some(_) if position == failed => {}
            Some((_, response)) => *response = halted.clone(),
            None => done.push((text(part, "referenceId").to_owned(), halted.clone())),
        }
    }
}

/// The answers as one text. They may be large, so each is copied once.
fn composite_answers(done: &[(String, Response)]) -> String {
    /// Bytes around a body, as a rule.
    const AROUND: usize = 100;
    let bytes: usize = done
        .iter()
        .map(|(_, response)| response.body.len() + AROUND)
        .sum();
    let mut text = String::with_capacity(bytes + AROUND);
    text.push_str(r#"{"compositeResponse":["#);
    for (number, (reference, response)) in done.iter().enumerate() {
        text.push_str(if number == 0 {
            r#"{"body":"#
        } else {
            r#",{"body":"#
        });
        text.push_str(json_text(response));
        text.push_str(&after_body(reference, response));
    }
    text.push_str("]}");
    text
}

fn after_body(reference: &str, response: &Response) -> String {
    let location = response
        .headers
        .iter()
        .filter(|(name, _)| name == "Location");
    let headers: Map<String, Value> = location
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    format!(
        r#","httpHeaders":{},"httpStatusCode":{},"referenceId":{}}}"#,
        Value::Object(headers),
        response.status,
        json!(reference),
    )
}
