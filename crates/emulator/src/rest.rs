//! The REST API below `/services/data/vXX.0`.

mod collections;
pub(crate) mod composite;
pub(crate) mod describe;
pub(crate) mod limits;
pub(crate) mod query;
pub(crate) mod records;
mod related;
mod tree;

use serde_json::{Map, Value, json};

use crate::deploy_request;
use crate::http::{Refusal, Request, Response, VERSIONS, not_found};
use crate::language;
use crate::login;
use crate::store::Org;
use crate::viewer::Viewer;
use crate::world::World;

/// `GET /services/data`: the versions served, oldest first.
pub(crate) fn versions() -> Response {
    let version = |number: u32| json!({"label": release(number), "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")});
    Response::json(200, &VERSIONS.map(version).collect::<Vec<_>>())
}

/// The name of a release; version 51 was Spring '21, and three follow each other every year.
fn release(number: u32) -> String {
    let since = number.saturating_sub(51);
    let year = 21 + since / 3;
    match since % 3 {
        0 => format!("Spring '{year}"),
        1 => format!("Summer '{year}"),
        _ => format!("Winter '{}", year + 1),
    }
}

/// Answers an authenticated request; `path` is what follows the version.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    path: &[&str],
) -> Response {
    world.org.api_requests += 1;
    let mut response = match admitted(world, request) {
        Ok(()) => dispatch(world, request, version, path),
        Err(refusal) => Response::refusal(&refusal),
    };
    translate(&world.org, request, &mut response);
    if request.header("x-prettyprint") == Some("1") {
        response.body = indented(response.body);
    }
    let total = world.org.organization.daily_api_requests;
    let usage = format!("api-usage={}/{total}", world.org.api_requests);
    response
        .headers
        .push(("Sforce-Limit-Info".to_owned(), usage));
    response
}

/// Tells what is refused in the language of who asks.
fn translate(org: &Org, request: &Request, response: &mut Response) {
    let language = language::of(org, &request.user);
    if language.is_english() {
        return;
    }
    let Ok(told) = serde_json::from_slice::<Value>(&response.body) else {
        return;
    };
    let mut translated = told.clone();
    language.errors(&mut translated);
    if translated != told {
        response.body = translated.to_string().into_bytes();
    }
}

/// The same JSON for people to read; what is none stays as it is.
fn indented(body: Vec<u8>) -> Vec<u8> {
    let value = serde_json::from_slice::<Value>(&body);
    value
        .and_then(|value| serde_json::to_vec_pretty(&value))
        .unwrap_or(body)
}

fn admitted(world: &World, request: &Request) -> Result<(), Refusal> {
    let total = world.org.organization.daily_api_requests;
    if world.org.api_requests > total {
        return Err(Refusal::new(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
        ));
    }
    if !viewer(world, request, *VERSIONS.end()).allows("ApiEnabled") {
        return Err(Refusal::new(
            403,
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
        ));
    }
    Ok(())
}

/// Answers a request or a part of a composite one, which is admitted as a whole.
pub(crate) fn dispatch(
    world: &mut World,
    request: &Request,
    version: u32,
    path: &[&str],
) -> Response {
    let method = request.method.as_str();
    match path {
        [] => only(method, &["GET"], || resources(world, request, version)),
        ["limits", rest @ ..] => only(method, &["GET"], || {
            limits::handle(world, request, version, rest)
        }),
        ["query" | "queryAll", rest @ ..] => only(method, &["GET"], || {
            query::handle(world, request, version, false, rest)
        }),
        ["tooling", "query", rest @ ..] => only(method, &["GET"], || {
            query::handle(world, request, version, true, rest)
        }),
        ["tooling", "sobjects", rest @ ..] => only(method, &["GET"], || {
            records::tooling(world, request, version, rest)
        }),
        ["sobjects", rest @ ..] => records::handle(world, request, version, rest),
        ["metadata", "deployRequest", rest @ ..] => deploy_request::handle(world, request, rest),
        ["composite", rest @ ..] => composite::handle(world, request, version, rest),
        ["tooling", "composite", rest @ ..] => composite::tooling(world, request, rest),
        _ => not_found(),
    }
}

fn only(method: &str, allowed: &[&str], answer: impl FnOnce() -> Response) -> Response {
    if allowed.contains(&method) {
        answer()
    } else {
        method_not_allowed(method, allowed)
    }
}

/// What the platform answers to a method a resource does not have.
pub(crate) fn method_not_allowed(method: &str, allowed: &[&str]) -> Response {
    let message = format!(
        "HTTP Method '{method}' not allowed. Allowed are {}",
        allowed.join(",")
    );
    Response::refusal(&Refusal::new(405, "METHOD_NOT_ALLOWED", message))
}

/// The resources of a version, and who the token belongs to.
fn resources(world: &World, request: &Request, version: u32) -> Response {
    let names = [
        "composite",
        "limits",
        "metadata",
        "query",
        "queryAll",
        "sobjects",
        "tooling",
    ];
    let entry = |name: &str| {
        (
            name.to_owned(),
            json!(format!("/services/data/v{version}.0/{name}")),
        )
    };
    let mut resources: Map<String, Value> = names.into_iter().map(entry).collect();
    let identity = login::identity_url(world, request, &request.user);
    resources.insert("identity".to_owned(), json!(identity));
    Response::json(200, &Value::Object(resources))
}

/// The running user of a request.
pub(crate) fn viewer<'w>(world: &'w World, request: &Request, version: u32) -> Viewer<'w> {
    Viewer::new(&world.org, &request.user, world.now(), version)
}

/// An answer, or the refusal in its place.
pub(crate) fn answer(result: Result<Response, Refusal>) -> Response {
    result.unwrap_or_else(|refusal| Response::refusal(&refusal))
}

/// The JSON object in the body.
///
/// # Errors
/// `JSON_PARSER_ERROR`.
pub(crate) fn body_object(request: &Request) -> Result<serde_json::Map<String, Value>, Refusal> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::new(
            400,
            "JSON_PARSER_ERROR",
            "Unexpected value: an object is expected",
        )),
        Err(error) => Err(Refusal::new(400, "JSON_PARSER_ERROR", error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_have_their_names() {
        let cases = [
            (51, "Spring '21"),
            (52, "Summer '21"),
            (53, "Winter '22"),
            (65, "Winter '26"),
            (66, "Spring '26"),
        ];
        for (number, name) in cases {
            assert_eq!(release(number), name);
        }
    }
}
