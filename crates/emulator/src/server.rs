//! The HTTP server around the org: one request after the other, however many connections there are.

mod hold;
mod latency;
mod wire;

use std::future::Future;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::net::TcpListener;

use crate::control::Control;
use crate::faults::{ConnectionLoss, Effect, Faults, Moment, leave_out};
use crate::http::{Refusal, Request, Response};
use crate::world::{Clock, World};
use crate::{persist, router};
pub(super) use hold::Held;
use wire::{Line, Wire};

/// The largest request, packed or unpacked: the platform's own limit with room for its envelope.
const LARGEST_REQUEST: usize = 64 * 1024 * 1024;

/// Answers shorter than this are not worth packing.
const WORTH_PACKING: usize = 860;

/// The org and everything around it that requests share.
pub(super) struct Service {
    pub(super) world: Mutex<World>,
    pub(super) faults: Mutex<Faults>,
    pub(super) control: Control,
    pub(super) state: Option<PathBuf>,
    pub(super) latency: Duration,
    pub(super) log: Option<Mutex<std::fs::File>>,
    pub(super) held: Held,
}

impl Service {
    /// The org, whatever happened to the last one who held it: no handler leaves it half changed.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to requests.
    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the control endpoint answers; the state is kept as after any other request.
    fn control(&self, request: &Request) -> Response {
        let mut world = self.world();
        let response = self.control.answer(&mut world, &mut self.faults(), request);
        match &self.state {
            Some(path) if request.method != "GET" => kept(path, &world, response),
            _ => response,
        }
    }

    fn strike(&self, request: &Request) -> Effect {
        self.faults().strike(request)
    }

    /// Carries a request out and keeps the state before the answer is sent.
    fn answer(&self, request: Request) -> Response {
        let mut world = self.world();
        let before = pulse(&world);
        let may_change = router::may_change(&request);
        let response = dated(router::handle(&mut world, request), &world);
        // The request may have moved a manual clock.
        self.held.clock_has_moved();
        let Some(path) = &self.state else {
            return response;
        };
        if !may_change && pulse(&world) == before {
            return response;
        }
        kept(path, &world, response)
    }

    fn note(&self, line: &serde_json::Value) {
        let Some(log) = &self.log else { return };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written must not fail the request it is about.
        let _ = writeln!(log, "{line}");
    }
}

/// The answer, once the state is kept.
fn kept(path: &Path, world: &World, response: Response) -> Response {
    match persist::save(path, &world.org) {
        Ok(()) => response,
        Err(error) => Response::refusal(&Refusal::new(500, "UNKNOWN_EXCEPTION", error.to_string())),
    }
}

/// How far work that goes on by itself has come.
fn pulse(world: &World) -> (usize, usize, usize) {
    let org = &world.org;
    let started = org
        .deploys
        .values()
        .filter(|job| job.started.is_some())
        .count();
    let completed = org
        .deploys
        .values()
        .filter(|job| job.completed.is_some())
        .count();
    (org.recalculations.len(), started, completed)
}

/// Serves until the future ends.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    until: impl Future<Output = ()> + Send + 'static,
) {
    let latency = service.latency;
    let wire = Wire {
        listener,
        latency,
        service: Arc::clone(&service),
    };
    let app = axum::Router::new().fallback(handle).with_state(service);
    let server = axum::serve(wire, app.into_make_service_with_connect_info::<Line>());
    // The only errors are those of accepting, which the listener deals with itself.
    let _ = server.with_graceful_shutdown(until).await;
}

/// The true answer as the faults change it.
fn altered(effect: &Effect, mut response: Response) -> Response {
    if !effect.without.is_empty() {
        response = leave_out(&effect.without, response);
    }
    if let Some(part) = &effect.part {
        response = part.applied(response);
    }
    match effect.spoil {
        Some(spoil) => spoil.applied(response),
        None => response,
    }
}

async fn handle(
    State(service): State<Arc<Service>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> axum::response::Response {
    let begun = Instant::now();
    let packs = accepts_gzip(request.headers());
    let request = match read(request, &line).await {
        Ok(request) => request,
        Err(response) => return rendered(response, packs),
    };
    if Control::is_meant(&request) {
        return rendered(service.control(&request), packs);
    }
    if !service.latency.is_zero() {
        latency::pass(service.latency).await;
    }
    let (method, path) = (request.method.clone(), shown_path(&request));
    let write = router::may_change(&request);
    let mut effect = service.strike(&request);
    service.hold(effect.delay).await;
    if effect.expire {
        service.world().org.sessions.clear();
    }
    if effect.silent == Some(Moment::Before) {
        service.hold_for_ever().await;
    }
    let response = match (effect.drop, effect.answer.take()) {
        (Some(ConnectionLoss::Before), _) => Response::empty(500),
        (_, Some(answer)) => answer,
        _ => service.answer(request),
    };
    let response = altered(&effect, response);
    if effect.silent == Some(Moment::After) {
        service.hold_for_ever().await;
    }
    line.treat(&effect);
    service.note(&json!({"method": method, "path": path, "write": write, "status": response.status, "bytes": response.body.len(), "milliseconds": begun.elapsed().as_millis() as u64}));
    rendered(closing(response, effect.close), packs)
}

/// The answer, which may be the last on its connection.
fn closing(mut response: Response, close: bool) -> Response {
    if close {
        let header = ("Connection".to_owned(), "close".to_owned());
        response.headers.push(header);
    }
    response
}

/// The answer with the time that a manual clock shows; the server knows the machine's itself.
fn dated(mut response: Response, world: &World) -> Response {
    let now = jiff::Timestamp::from_millisecond(world.now()).ok();
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    let date = now.and_then(|now| printer.timestamp_to_rfc9110_string(&now).ok());
    if let (Clock::Manual, Some(date)) = (world.clock, date) {
        response.headers.push(("Date".to_owned(), date));
    }
    response
}

/// The path as the log shows it; queries of the log-in may hold secrets and are left out.
fn shown_path(request: &Request) -> String {
    match request.query.is_empty() || request.path.contains("oauth2") {
        true => request.path.clone(),
        false => format!("{}?{}", request.path, request.query),
    }
}

async fn read(request: HttpRequest, line: &Line) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let too_large = || {
        Response::text(
            413,
            "Maximum size of request reached. Maximum size of request is 52428800 bytes.",
        )
    };
    let body = axum::body::to_bytes(body, LARGEST_REQUEST)
        .await
        .map_err(|_| too_large())?;
    let headers = parts.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let headers: std::collections::BTreeMap<String, String> = headers.collect();
    let packed = headers
        .get("content-encoding")
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip"));
    let body = if packed {
        unpacked(&body).ok_or_else(too_large)?
    } else {
        body.to_vec()
    };
    let host = headers
        .get("host")
        .cloned()
        .unwrap_or_else(|| line.local.clone());
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        path: one_slash(parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
        base_url: format!("http://{host}"),
        user: String::new(),
    })
}

/// The path with one slash in front: clients put an instance URL that ends with one before paths that begin with one.
fn one_slash(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(body)
        .take(LARGEST_REQUEST as u64 + 1)
        .read_to_end(&mut plain)
        .ok()?;
    (plain.len() <= LARGEST_REQUEST).then_some(plain)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted
        .split(',')
        .any(|encoding| encoding.trim().split(';').next() == Some("gzip"))
}

fn rendered(response: Response, packs: bool) -> axum::response::Response {
    let mut headers = HeaderMap::new();
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Ok(kind) = HeaderValue::try_from(&response.content_type)
        && !response.content_type.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let mut body = response.body;
    if packs
        && body.len() >= WORTH_PACKING
        && let Some(packed) = packed(&body)
    {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        body = packed;
    }
    let mut rendered = axum::response::Response::new(Body::from(body));
    *rendered.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *rendered.headers_mut() = headers;
    rendered
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::{Options, Server, start};

    /// Status and body of an answer on a connection of its own; `None` where the connection is lost.
    async fn send(
        server: &Server,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Option<(u16, Vec<u8>)> {
        let host = server.base_url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        let token = server.access_token();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let status = std::str::from_utf8(&answer[..end])
            .unwrap()
            .split(' ')
            .nth(1)?
            .parse()
            .ok()?;
        Some((status, answer[end + 4..].to_vec()))
    }

    async fn leads(server: &Server) -> u64 {
        let (_, body) = send(
            server,
            "GET",
            "/services/data/v66.0/query?q=SELECT+COUNT()+FROM+Lead",
            "",
            "",
        )
        .await
        .unwrap();
        serde_json::from_slice::<serde_json::Value>(&body).unwrap()["totalSize"]
            .as_u64()
            .unwrap()
    }

    const LEAD: &str = r#"{"LastName":"A","Company":"B"}"#;

    #[tokio::test]
    async fn a_path_may_begin_with_two_slashes() {
        let server = start(Options::default()).await.unwrap();
        let answered = send(&server, "GET", "//services/data", "", "").await;
        assert_eq!(answered.unwrap().0, 200);
        server.stop().await;
    }

    #[tokio::test]
    async fn answers_are_packed_when_asked_for() {
        let server = start(Options::default()).await.unwrap();
        let (status, body) = send(
            &server,
            "GET",
            "/services/data",
            "Accept-Encoding: gzip\r\n",
            "",
        )
        .await
        .unwrap();
        assert_eq!(status, 200);
        let mut plain = String::new();
        GzDecoder::new(body.as_slice())
            .read_to_string(&mut plain)
            .unwrap();
        assert!(
            plain.starts_with(
                r#"[{"label":"Spring '21","url":"/services/data/v51.0","version":"51.0"}"#
            ),
            "{plain}"
        );
        server.stop().await;
    }

    #[tokio::test]
    async fn a_state_file_keeps_token_and_records() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            state: Some(folder.path().join("org.json")),
            ..Options::default()
        };
        let server = start(options.clone()).await.unwrap();
        let token = server.access_token().to_owned();
        assert_eq!(
            send(
                &server,
                "POST",
                "/services/data/v66.0/sobjects/Lead",
                "",
                LEAD
            )
            .await
            .unwrap()
            .0,
            201
        );
        server.stop().await;
        let server = start(options).await.unwrap();
        assert_eq!(server.access_token(), token);
        assert_eq!(leads(&server).await, 2001);
        server.stop().await;
    }

    #[tokio::test]
    async fn a_lost_connection_may_hide_a_request_that_was_carried_out() {
        let folder = tempfile::tempdir().unwrap();
        let faults = folder.path().join("faults.json");
        let text = r#"[{"path": "/sobjects/Lead", "times": 1, "drop": "before"}, {"path": "/sobjects/Lead", "skip": 1, "times": 1, "drop": "after"}]"#;
        std::fs::write(&faults, text).unwrap();
        let server = start(Options {
            faults: Some(faults),
            ..Options::default()
        })
        .await
        .unwrap();
        for expected in [2000, 2001] {
            assert_eq!(
                send(
                    &server,
                    "POST",
                    "/services/data/v66.0/sobjects/Lead",
                    "",
                    LEAD
                )
                .await,
                None
            );
            assert_eq!(leads(&server).await, expected);
        }
        server.stop().await;
    }

    #[tokio::test]
    async fn latency_counts_once_for_a_request_and_twice_for_a_connection() {
        let latency = Duration::from_millis(30);
        let server = start(Options {
            latency,
            ..Options::default()
        })
        .await
        .unwrap();
        let begun = Instant::now();
        send(&server, "GET", "/services/data", "", "")
            .await
            .unwrap();
        assert!(begun.elapsed() >= latency * 3);
        server.stop().await;
    }
}
