//! The HTTP server around the org: one request after the other, however many connections there are.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use super::faults::{Drop, Effect, Faults};
use super::http::{Refusal, Request, Response};
use super::store::World;
use super::{persist, router};

/// The largest request, packed or unpacked: the platform's own limit with room for its envelope.
const LARGEST_REQUEST: usize = 64 * 1024 * 1024;

/// Answers shorter than this are not worth packing.
const WORTH_PACKING: usize = 860;

/// The org and everything around it that requests share.
pub(super) struct Service {
    pub(super) world: Mutex<World>,
    pub(super) faults: Mutex<Faults>,
    pub(super) state: Option<PathBuf>,
    pub(super) latency: Duration,
    pub(super) log: Option<Mutex<std::fs::File>>,
}

impl Service {
    /// The org, whatever happened to the last one who held it: no handler leaves it half changed.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strike(&self, request: &Request) -> Effect {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).strike(request)
    }

    /// Carries a request out and keeps the state before the answer is sent.
    fn answer(&self, request: Request) -> Response {
        let mut world = self.world();
        let before = pulse(&world);
        let may_change = may_change(&request);
        let response = router::handle(&mut world, request);
        let Some(path) = &self.state else { return response };
        if !may_change && pulse(&world) == before {
            return response;
        }
        match persist::save(path, &world.org) {
            Ok(()) => response,
            Err(error) => Response::refusal(&Refusal::new(500, "UNKNOWN_EXCEPTION", error.to_string())),
        }
    }

    fn note(&self, line: &serde_json::Value) {
        let Some(log) = &self.log else { return };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written must not fail the request it is about.
        let _ = writeln!(log, "{line}");
    }
}

/// How far work that goes on by itself has come.
fn pulse(world: &World) -> (usize, usize, usize) {
    let org = &world.org;
    let started = org.deploys.values().filter(|job| job.started.is_some()).count();
    let completed = org.deploys.values().filter(|job| job.completed.is_some()).count();
    (org.recalculations.len(), started, completed)
}

/// Whether a request could change the state: reading over SOAP and batches of reads do not.
fn may_change(request: &Request) -> bool {
    if request.method == "GET" || request.method == "HEAD" {
        return false;
    }
    let body = request.text();
    if request.path.starts_with("/services/Soap/m/") {
        let reads = ["<readMetadata", "<listMetadata", "<describeMetadata", "<describeValueType", ":readMetadata", ":listMetadata", ":describeMetadata"];
        return !reads.iter().any(|operation| body.contains(operation));
    }
    if request.path.ends_with("/composite/batch") {
        let upper = body.to_ascii_uppercase();
        return ["\"POST\"", "\"PATCH\"", "\"DELETE\"", "\"PUT\""].iter().any(|method| upper.contains(method));
    }
    true
}

/// Serves until the future ends.
pub(super) async fn serve(listener: TcpListener, service: Arc<Service>, until: impl Future<Output = ()> + Send + 'static) {
    let latency = service.latency;
    let app = axum::Router::new().fallback(handle).with_state(service);
    let wire = Wire { listener, latency };
    let server = axum::serve(wire, app.into_make_service_with_connect_info::<Line>());
    // The only errors are those of accepting, which the listener deals with itself.
    let _ = server.with_graceful_shutdown(until).await;
}

async fn handle(State(service): State<Arc<Service>>, ConnectInfo(line): ConnectInfo<Line>, request: HttpRequest) -> axum::response::Response {
    let begun = Instant::now();
    if !service.latency.is_zero() {
        tokio::time::sleep(service.latency).await;
    }
    let packs = accepts_gzip(request.headers());
    let request = match read(request, &line).await {
        Ok(request) => request,
        Err(response) => return rendered(response, packs),
    };
    let (method, path) = (request.method.clone(), shown_path(&request));
    let effect = service.strike(&request);
    if !effect.delay.is_zero() {
        tokio::time::sleep(effect.delay).await;
    }
    let response = match (effect.drop, effect.answer) {
        (Some(Drop::Before), _) => Response::empty(500),
        (_, Some(answer)) => answer,
        _ => service.answer(request),
    };
    if effect.drop.is_some() {
        line.cut();
    }
    service.note(&json!({"method": method, "path": path, "status": response.status, "bytes": response.body.len(), "milliseconds": begun.elapsed().as_millis() as u64}));
    rendered(response, packs)
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
    let too_large = || Response::text(413, "Maximum size of request reached. Maximum size of request is 52428800 bytes.");
    let body = axum::body::to_bytes(body, LARGEST_REQUEST).await.map_err(|_| too_large())?;
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers: std::collections::BTreeMap<String, String> = headers.collect();
    let packed = headers.get("content-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip"));
    let body = if packed { unpacked(&body).ok_or_else(too_large)? } else { body.to_vec() };
    let host = headers.get("host").cloned().unwrap_or_else(|| line.local.clone());
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
        base_url: format!("http://{host}"),
        user: String::new(),
    })
}

fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(body).take(LARGEST_REQUEST as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= LARGEST_REQUEST).then_some(plain)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|encoding| encoding.trim().split(';').next() == Some("gzip"))
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
    *rendered.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *rendered.headers_mut() = headers;
    rendered
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Accepts connections, each of which answers nothing for two latencies: the hand-shakes of TCP and TLS.
struct Wire {
    listener: TcpListener,
    latency: Duration,
}

impl Listener for Wire {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => return (Connection::new(stream, self.latency * 2), address),
                // Too many open files, or a client that left: the next one may fare better.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that waits before its first byte and can be cut.
struct Connection {
    stream: TcpStream,
    wait: Option<Pin<Box<Sleep>>>,
    cut: Arc<AtomicBool>,
}

impl Connection {
    fn new(stream: TcpStream, wait: Duration) -> Connection {
        // Without it small answers may wait for acknowledgements; a socket that cannot do it works all the same.
        let _ = stream.set_nodelay(true);
        let wait = (!wait.is_zero()).then(|| Box::pin(tokio::time::sleep(wait)));
        Connection { stream, wait, cut: Arc::default() }
    }

    fn check(&self) -> io::Result<()> {
        match self.cut.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(context));
            self.wait = None;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What a handler knows of its connection.
#[derive(Clone)]
struct Line {
    local: String,
    cut: Arc<AtomicBool>,
}

impl Line {
    /// Closes the connection in place of an answer.
    fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Wire>> for Line {
    fn connect_info(stream: IncomingStream<'_, Wire>) -> Line {
        let local = stream.io().stream.local_addr().map(|address| address.to_string()).unwrap_or_default();
        Line { local, cut: Arc::clone(&stream.io().cut) }
    }
}
