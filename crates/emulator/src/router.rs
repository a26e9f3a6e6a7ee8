//! From paths to handlers, and who may call them.

use crate::http::{Refusal, Request, Response, VERSIONS, not_found};
use crate::store::DeployJob;
use crate::world::World;
use crate::{bulk, jobs, login, rest, soap};

/// Answers a request and notes what it changed. Work that is due comes through first.
pub fn handle(world: &mut World, request: Request) -> Response {
    if !(may_change(&request) || has_work(world)) {
        return dispatch(world, request);
    }
    let before = world.org.clone();
    let (method, path) = (request.method.clone(), request.path.clone());
    let response = dispatch(world, request);
    let now = world.now();
    world.journal.note(&method, &path, now, &before, &world.org);
    response
}

/// Whether a request could change the state: reading over SOAP and composites of reads do not.
pub(crate) fn may_change(request: &Request) -> bool {
    if request.method == "GET" || request.method == "HEAD" {
        return false;
    }
    let body = request.text();
    if request.path.starts_with("/services/Soap/m/") {
        let reads = [
            "<readMetadata",
            "<listMetadata",
            "<describeMetadata",
            "<describeValueType",
            ":readMetadata",
            ":listMetadata",
            ":describeMetadata",
        ];
        return !reads.iter().any(|operation| body.contains(operation));
    }
    if request.path.ends_with("/composite/batch") || request.path.ends_with("/composite") {
        let upper = body.to_ascii_uppercase();
        return ["\"POST\"", "\"PATCH\"", "\"DELETE\"", "\"PUT\""]
            .iter()
            .any(|method| upper.contains(method));
    }
    true
}

/// Whether something may come through by itself.
fn has_work(world: &World) -> bool {
    let running = |job: &DeployJob| job.completed.is_none();
    !world.org.recalculations.is_empty() || world.org.deploys.values().any(running)
}

fn dispatch(world: &mut World, request: Request) -> Response {
    if request.has_too_long_url() {
        return Response::url_too_long();
    }
    jobs::settle(world);
    let path = request.path.trim_end_matches('/').to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["services", "oauth2", rest] => oauth(world, request, rest),
        ["id", _, _] => authenticated(world, request, login::bad_token, login::identity),
        ["services", "data"] => rest::versions(),
        ["services", "data", version, path @ ..] => rest(world, request, version, path),
        ["services", "async", version, path @ ..] => bulk(world, &request, version, path),
        ["services", "Soap", "m", ..] => soap::metadata(world, &request),
        ["services", "Soap", "u" | "c", ..] => soap::partner(world, &request),
        _ => not_found(),
    }
}

fn oauth(world: &mut World, request: Request, endpoint: &str) -> Response {
    match (request.method.as_str(), endpoint) {
        ("POST", "token") => login::token(world, &request),
        ("GET", "authorize") => login::authorize(world, &request),
        ("GET" | "POST", "userinfo") => {
            authenticated(world, request, login::bad_token, login::userinfo)
        }
        ("GET" | "POST", "revoke") => login::revoke(world, &request),
        _ => not_found(),
    }
}

fn authenticated(
    world: &World,
    mut request: Request,
    refuse: fn() -> Response,
    answer: fn(&World, &Request) -> Response,
) -> Response {
    match login::bearer(&request).and_then(|token| login::user_of(world, token)) {
        Some(user) => {
            request.user = user;
            answer(world, &request)
        }
        None => refuse(),
    }
}

fn rest(world: &mut World, mut request: Request, version: &str, path: &[&str]) -> Response {
    let Some(version) = parse_version(version) else {
        return not_found();
    };
    match login::bearer(&request).and_then(|token| login::user_of(world, token)) {
        Some(user) => {
            request.user = user;
            rest::handle(world, &request, version, path)
        }
        None => {
            let message = "Session expired or invalid";
            Response::refusal(&Refusal::new(401, "INVALID_SESSION_ID", message))
        }
    }
}

/// The Bulk API, which writes its versions without a `v`.
fn bulk(world: &mut World, request: &Request, version: &str, path: &[&str]) -> Response {
    match parse_version(&format!("v{version}")) {
        Some(version) => bulk::handle(world, request, version, path),
        None => not_found(),
    }
}

/// `v66.0` where the version is served.
fn parse_version(text: &str) -> Option<u32> {
    let number: u32 = text.strip_prefix('v')?.strip_suffix(".0")?.parse().ok()?;
    VERSIONS.contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_over_soap_and_in_batches_changes_nothing() {
        let check = |method: &str, path: &str, body: &str, expected: bool| {
            let request = Request {
                method: method.into(),
                path: path.into(),
                body: body.into(),
                ..Request::default()
            };
            assert_eq!(may_change(&request), expected, "{method} {path} {body}");
        };
        check("GET", "/services/data/v66.0/query", "", false);
        check(
            "POST",
            "/services/Soap/m/66.0",
            "<x><readMetadata xmlns=''/></x>",
            false,
        );
        check("POST", "/services/Soap/m/66.0", "<x><deploy/></x>", true);
        check(
            "POST",
            "/services/data/v66.0/composite/batch",
            r#"{"batchRequests":[{"method":"GET"}]}"#,
            false,
        );
        check(
            "POST",
            "/services/data/v66.0/composite/batch",
            r#"{"batchRequests":[{"method":"Patch"}]}"#,
            true,
        );
        check("PATCH", "/services/data/v66.0/sobjects/Lead/x", "", true);
    }
}
