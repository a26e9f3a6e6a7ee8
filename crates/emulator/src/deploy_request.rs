//! The REST resource `metadata/deployRequest`.

use serde_json::{Value, json};

use crate::deploy::Options;
use crate::http::{Refusal, Request, Response};
use crate::jobs::{self, NotCancelled};
use crate::store::{Id, canonical};
use crate::world::World;

/// Answers a request to `/services/data/vXX.0/metadata/deployRequest…`; `rest` is what stands behind it in the path.
pub(crate) fn handle(world: &mut World, request: &Request, rest: &[&str]) -> Response {
    let answered = match (request.method.as_str(), rest) {
        ("POST", []) => start(world, request),
        ("POST", [id]) => quick(world, request, id),
        ("GET", [id]) => status(world, request, id),
        ("PATCH", [id]) => cancel(world, request, id),
        (method, _) => Err(Refusal::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{method}' not allowed."),
        )),
    };
    answered.unwrap_or_else(|refusal| Response::refusal(&refusal))
}

fn unreadable(message: &str) -> Refusal {
    Refusal::new(400, "INVALID_MULTIPART_REQUEST", message)
}

fn start(world: &mut World, request: &Request) -> Result<Response, Refusal> {
    let content_type = request.header("content-type").unwrap_or_default();
    if !content_type.starts_with("multipart/form-data") {
        let stated: Value = serde_json::from_slice(&request.body).map_err(|_| {
            Refusal::new(
                400,
                "JSON_PARSER_ERROR",
                "The request body is neither multipart nor JSON",
            )
        })?;
        let id = stated
            .get("validatedDeployRequestId")
            .and_then(Value::as_str)
            .ok_or_else(Refusal::not_found)?;
        return quick(world, request, id);
    }
    let parts = multipart(content_type, &request.body)
        .ok_or_else(|| unreadable("The multipart body cannot be read"))?;
    let of_type = |wanted: &str| {
        parts
            .iter()
            .find(|part| part.content_type.starts_with(wanted))
    };
    let stated = of_type("application/json")
        .ok_or_else(|| unreadable("A part of type application/json is missing"))?;
    let zip = of_type("application/zip")
        .or_else(|| of_type("application/octet-stream"))
        .ok_or_else(|| unreadable("A part of type application/zip is missing"))?;
    let options = read_options(stated.body)?;
    let id = jobs::enqueue(world, &request.user, zip.body, options, None);
    Ok(created(world, request, &id))
}

fn created(world: &World, request: &Request, id: &str) -> Response {
    let Some(job) = world.org.deploys.get(id) else {
        return Response::refusal(&Refusal::not_found());
    };
    let mut body = jobs::to_json(&world.org, job, false);
    body["url"] = json!(format!(
        "{}{}/{id}",
        request.base_url,
        request.path.trim_end_matches('/')
    ));
    Response::json(201, &body)
}

fn quick(world: &mut World, request: &Request, id: &str) -> Result<Response, Refusal> {
    let id = canonical(id).ok_or_else(Refusal::not_found)?;
    let (zip, options) =
        jobs::validation(&world.org, &id, world.now()).ok_or_else(Refusal::not_found)?;
    let new = jobs::enqueue(world, &request.user, &zip, options, Some(id));
    Ok(created(world, request, &new))
}

/// Booleans come as such or as texts.
fn read_options(body: &[u8]) -> Result<Options, Refusal> {
    let parser = |_| Refusal::new(400, "JSON_PARSER_ERROR", "The deployOptions cannot be read");
    let stated: Value = serde_json::from_slice(body).map_err(parser)?;
    let options = stated.get("deployOptions").cloned().unwrap_or_default();
    let flag = |name: &str| match options.get(name) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let texts = |value: &Value| value.as_str().map(str::to_owned);
    let tests = options.get("runTests").and_then(Value::as_array);
    Ok(Options {
        allow_missing_files: flag("allowMissingFiles"),
        auto_update_package: flag("autoUpdatePackage"),
        check_only: flag("checkOnly"),
        ignore_warnings: flag("ignoreWarnings"),
        perform_retrieve: flag("performRetrieve"),
        purge_on_delete: flag("purgeOnDelete"),
        rollback_on_error: flag("rollbackOnError"),
        run_tests: tests.into_iter().flatten().filter_map(texts).collect(),
        single_package: flag("singlePackage"),
        test_level: options.get("testLevel").and_then(texts),
    })
}

fn known(world: &World, id: &str) -> Result<Id, Refusal> {
    canonical(id)
        .filter(|id| world.org.deploys.contains_key(id))
        .ok_or_else(Refusal::not_found)
}

fn status(world: &World, request: &Request, id: &str) -> Result<Response, Refusal> {
    let id = known(world, id)?;
    let details = request
        .parameters()
        .get("includeDetails")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let job = world.org.deploys.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Response::json(
        200,
        &jobs::to_json(&world.org, job, details),
    ))
}

fn cancel(world: &mut World, request: &Request, id: &str) -> Result<Response, Refusal> {
    let id = known(world, id)?;
    let stated: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if stated
        .pointer("/deployResult/status")
        .and_then(Value::as_str)
        != Some("Canceling")
    {
        return Err(Refusal::new(
            400,
            "INVALID_FIELD",
            "The only change of a deployRequest is the status Canceling",
        ));
    }
    match jobs::cancel(world, &id, &request.user) {
        Ok(()) => {
            let job = world.org.deploys.get(&id).ok_or_else(Refusal::not_found)?;
            Ok(Response::json(202, &jobs::to_json(&world.org, job, false)))
        }
        Err(NotCancelled::Unknown) => Err(Refusal::not_found()),
        Err(NotCancelled::Completed) => Err(Refusal::new(
            400,
            "INVALID_ID_FIELD",
            "Deployment already completed",
        )),
    }
}

struct Part<'a> {
    content_type: String,
    body: &'a [u8],
}

/// The parts of a multipart body; `None` when it is none.
fn multipart<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let boundary = content_type
        .split(';')
        .find_map(|word| word.trim().strip_prefix("boundary="))?;
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let mut parts = Vec::new();
    let mut rest = body.get(find(body, delimiter.as_bytes())?..)?;
    loop {
        rest = rest.get(delimiter.len()..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let length = find(rest, format!("\r\n{delimiter}").as_bytes())?;
        parts.push(part(rest.get(..length)?.strip_prefix(b"\r\n")?)?);
        rest = rest.get(length + 2..)?;
    }
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let end = find(bytes, b"\r\n\r\n")?;
    let headers = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let types = headers.lines().filter_map(|line| line.split_once(':'));
    let content_type = types
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.trim().to_ascii_lowercase())
        .next()
        .unwrap_or_default();
    Some(Part {
        content_type,
        body: bytes.get(end + 4..)?,
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;
    use crate::seed;

    fn zip() -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let role = "<Role xmlns=\"http://soap.sforce.com/2006/04/metadata\"><name>A</name></Role>";
        let package = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>*</members><name>Role</name></types><version>66.0</version></Package>";
        for (name, text) in [
            ("metadata/package.xml", package),
            ("metadata/roles/A.role", role),
        ] {
            writer.start_file(name, options).expect("writable");
            writer.write_all(text.as_bytes()).expect("writable");
        }
        writer.finish().expect("writable").into_inner()
    }

    fn request(method: &str, content_type: &str, body: Vec<u8>) -> Request {
        let mut request = Request {
            method: method.into(),
            path: "/services/data/v66.0/metadata/deployRequest".into(),
            query: "includeDetails=true".into(),
            base_url: "http://127.0.0.1:1".into(),
            body,
            ..Request::default()
        };
        request
            .headers
            .insert("content-type".into(), content_type.into());
        request
    }

    fn answer(response: &Response) -> Value {
        serde_json::from_slice(&response.body).expect("JSON")
    }

    fn body(zip_first: bool) -> Vec<u8> {
        let json = b"--B\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{\"deployOptions\":{\"checkOnly\":\"false\",\"singlePackage\":false,\"rollbackOnError\":true,\"testLevel\":null}}\r\n".to_vec();
        let mut file = b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"deploy.zip\"\r\nContent-Type: application/zip\r\n\r\n".to_vec();
        file.extend(zip());
        file.extend(b"\r\n");
        let parts = if zip_first {
            [file, json]
        } else {
            [json, file]
        };
        [parts.concat(), b"--B--\r\n".to_vec()].concat()
    }

    #[test]
    fn a_deploy_is_started_in_either_order_and_reported_with_nulls() {
        for zip_first in [true, false] {
            let mut world = World::new(seed::demo());
            let started = handle(
                &mut world,
                &request("POST", "multipart/form-data; boundary=B", body(zip_first)),
                &[],
            );
            assert_eq!(started.status, 201);
            let started = answer(&started);
            assert_eq!(started["deployResult"]["status"], "Pending");
            let id = started["id"].as_str().expect("an id").to_owned();
            jobs::settle(&mut world);
            let status = answer(&handle(&mut world, &request("GET", "", Vec::new()), &[&id]));
            assert_eq!(status["deployResult"]["status"], "Succeeded", "{status}");
            assert_eq!(status["deployResult"]["errorMessage"], Value::Null);
            let successes = &status["deployResult"]["details"]["componentSuccesses"];
            assert_eq!(successes[0]["fileName"], "metadata/roles/A.role");
            assert_eq!(successes[1]["forPackageManifestFile"], true);
        }
    }

    #[test]
    fn bad_requests_are_refused_in_the_platforms_shape() {
        let mut world = World::new(seed::demo());
        let mut check =
            |method: &str, content_type: &str, body: &[u8], rest: &[&str], status: u16| {
                let response = handle(
                    &mut world,
                    &request(method, content_type, body.to_vec()),
                    rest,
                );
                assert_eq!(response.status, status);
                assert!(answer(&response)[0]["errorCode"].is_string());
            };
        check(
            "POST",
            "multipart/form-data; boundary=B",
            b"nonsense",
            &[],
            400,
        );
        check(
            "POST",
            "multipart/form-data; boundary=B",
            b"--B\r\n",
            &[],
            400,
        );
        check("POST", "multipart/form-data", b"--B--", &[], 400);
        check(
            "POST",
            "application/json",
            b"{\"validatedDeployRequestId\":\"0Af000000000001\"}",
            &[],
            404,
        );
        check("GET", "", b"", &["nonsense"], 404);
        check("PATCH", "", b"{}", &["0Af000000000001"], 404);
        check("DELETE", "", b"", &["0Af000000000001"], 405);
    }
}
