//! Sends one request and reads one answer within limits; knows no envelope, no token and no retry.
//!
//! **Promise:** no redirect is followed, nothing is sent twice, nothing beyond the limits is held in memory.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderValue,
};
use reqwest::{Client, Method, Url, redirect};
use rustls::crypto::CryptoProvider;
use tokio::sync::Semaphore;

use crate::secret::Secret;

use super::answer::HttpAnswer;
use super::broken::{broken, innermost, lost, too_large};
use super::clock::{self, Clock, MachineClock};
use super::error::OrgError;
use super::phases::Phases;
use super::replay::{RECORD_URL, Recording};
use super::{Exchange, Options, Tape, Trace, Usage, certificates, hosts};

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From sending to the last byte; the platform itself takes up to ten minutes for what nothing here asks for.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest silence in the middle of an answer.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests under way at once; developer orgs allow five long ones, the others twenty-five.
const MAX_IN_FLIGHT: usize = 10;
/// Bytes of a body that fit the first flight of a TCP connection, below which compressing saves no time.
const COMPRESS_ABOVE_BYTES: usize = 14_000;

/// How much of an answer is taken in.
#[derive(Clone, Copy, Debug)]
struct HttpLimits {
    /// Bytes on the wire; a retrieve of 39 MB comes as 52 MB of base64.
    wire: usize,
    /// Bytes after inflating.
    inflated: usize,
    /// Inflated bytes for one on the wire; profiles reach about fifty.
    ratio: usize,
    /// Inflated bytes that are allowed at any ratio.
    ratio_grace: usize,
}

const LIMITS: HttpLimits = HttpLimits {
    wire: 96 << 20,
    inflated: 512 << 20,
    ratio: 400,
    ratio_grace: 16 << 20,
};

/// One request, ready to be sent.
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) write: bool,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<(&'static str, Vec<u8>)>,
    pub(super) soap_action: bool,
    pub(super) bearer: Option<Secret>,
    /// The token wherever it is: in the header or in the body.
    pub(super) token: Option<Secret>,
    /// Calls that the org counts for it; 0 keeps the request out of the usage (log-in).
    pub(super) api_calls: u64,
}

pub(super) struct Http {
    client: Client,
    /// Loopback saves nothing by compressing what it sends.
    compress_above: usize,
    limits: HttpLimits,
    permits: Semaphore,
    usage: Mutex<Usage>,
    pub(super) phases: Phases,
    trace: Option<Trace>,
    tape: Option<Arc<Tape>>,
    /// Answers in place of a host.
    recording: Option<Arc<Recording>>,
    clock: Arc<dyn Clock>,
    /// The host's clock at its last answer.
    host_time: Mutex<Option<Timestamp>>,
}

/// TLS takes its cryptography from the process: the first client brings it, later ones find it there.
fn give_tls_its_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // Refused only where another client was faster, and then it is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

impl Http {
    /// The client for one host and those of its kind. On plain loopback no certificate store is read, which alone
    /// takes longer than a plan.
    pub(super) fn new(host: &Url, options: &Options) -> Result<Self, OrgError> {
        give_tls_its_cryptography();
        let loopback = hosts::is_loopback(host);
        let mut builder = Client::builder()
            .user_agent(&options.client)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(false)
            .https_only(!loopback)
            .connect_timeout(CONNECT_TIMEOUT);
        if let Some(resolver) = &options.resolver {
            builder = builder.dns_resolver(Arc::clone(resolver));
        }
        if loopback {
            builder = builder.no_proxy();
        }
        builder = match host.scheme() {
            "http" => builder.tls_certs_only([]),
            _ => builder.tls_certs_merge(certificates::extra(options)?),
        };
        let client = builder
            .build()
            .map_err(|error| certificates::unusable(options, &innermost(&error)))?;
        Ok(Self {
            client,
            compress_above: if loopback {
                usize::MAX
            } else {
                COMPRESS_ABOVE_BYTES
            },
            limits: LIMITS,
            permits: Semaphore::new(options.most_in_flight.unwrap_or(MAX_IN_FLIGHT)),
            usage: Mutex::default(),
            phases: Phases::default(),
            trace: options.trace.clone(),
            tape: options.tape.clone(),
            recording: None,
            clock: options
                .clock
                .clone()
                .unwrap_or_else(|| Arc::new(MachineClock)),
            host_time: Mutex::default(),
        })
    }

    /// The client that asks a record and no host.
    pub(super) fn of_record(
        recording: Arc<Recording>,
        options: &Options,
    ) -> Result<Self, OrgError> {
        let recording = Some(recording);
        let host = Url::parse(RECORD_URL).map_err(|error| OrgError::Usage(error.to_string()))?;
        let client = Self::new(&host, options)?;
        Ok(Self {
            recording,
            ..client
        })
    }

    /// What has been used since the log-in.
    pub(super) fn usage(&self) -> Usage {
        *locked(&self.usage)
    }

    /// The host's clock at its last answer.
    pub(super) fn host_time(&self) -> Option<Timestamp> {
        *locked(&self.host_time)
    }

    /// The time it lives by.
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Pauses.
    pub(super) async fn pause(&self, wait: Duration) {
        self.clock.sleep(wait).await;
    }

    /// Sends the request once and reads the answer whole. A body that the host does not take compressed was not
    /// looked at, so it goes again as it is.
    pub(super) async fn send(&self, call: Call) -> Result<HttpAnswer, OrgError> {
        let compressible = call
            .body
            .as_ref()
            .is_some_and(|(_, body)| body.len() > self.compress_above);
        let answer = self.exchange(&call, compressible).await?;
        if compressible && answer.status == 415 {
            return self.exchange(&call, false).await;
        }
        Ok(answer)
    }

    async fn exchange(&self, call: &Call, compress: bool) -> Result<HttpAnswer, OrgError> {
        // The semaphore is never closed, so there is always a permit to come.
        let _permit = self.permits.acquire().await.ok();
        let started = Instant::now();
        let (request, sent) = self.request(call, compress)?;
        self.count(call, |usage| {
            usage.requests += 1;
            usage.api_calls += call.api_calls;
            usage.bytes_sent += sent as u64;
        });
        let outcome = match &self.recording {
            Some(recording) => Ok((recording.answer(call), 0)),
            None => self.receive(call, request).await,
        };
        if let (Some(tape), Ok((answer, _))) = (&self.tape, &outcome) {
            tape.note(call, answer);
        }
        let (status, received) = outcome
            .as_ref()
            .map_or((None, 0), |(answer, wire)| (Some(answer.status), *wire));
        if let Ok((answer, _)) = &outcome {
            self.count(call, |usage| {
                usage.bytes_received += received as u64;
                usage.allocation = answer.allocation().or(usage.allocation);
            });
        }
        let phase = self.phases.add(call.api_calls == 0, |phase| {
            phase.requests += 1;
            phase.api_calls += call.api_calls;
            phase.bytes_sent += sent as u64;
            phase.bytes_received += received as u64;
        });
        if let Some(trace) = &self.trace {
            let answer = outcome.as_ref().ok().map(|(answer, _)| answer);
            trace(&Exchange {
                phase,
                operation: call.operation.clone(),
                method: call.method.to_string(),
                path: call.url.path().to_owned(),
                status,
                bytes_sent: sent,
                bytes_received: received,
                elapsed: started.elapsed(),
                request_id: answer.and_then(HttpAnswer::request_id),
            });
        }
        outcome.map(|(answer, _)| answer)
    }

    fn request(
        &self,
        call: &Call,
        compress: bool,
    ) -> Result<(reqwest::RequestBuilder, usize), OrgError> {
        let mut request = self
            .client
            .request(call.method.clone(), call.url.clone())
            .header(ACCEPT_ENCODING, "gzip");
        if let Some(token) = &call.bearer {
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
                    OrgError::Usage(String::from(
                        "the access token holds characters that no token has",
                    ))
                })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if call.soap_action {
            request = request.header("SOAPAction", "\"\"");
        }
        let Some((kind, body)) = &call.body else {
            return Ok((request, 0));
        };
        request = request.header(CONTENT_TYPE, *kind);
        let compressed = if compress { gzip(body) } else { None };
        if compressed.is_some() {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let bytes = compressed.unwrap_or_else(|| body.clone());
        let sent = bytes.len();
        Ok((request.body(bytes), sent))
    }

    async fn receive(
        &self,
        call: &Call,
        request: reqwest::RequestBuilder,
    ) -> Result<(HttpAnswer, usize), OrgError> {
        let end = self.clock.now() + REQUEST_TIMEOUT;
        let mut response = self.waited(call, REQUEST_TIMEOUT, request.send()).await?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut wire = Vec::new();
        loop {
            let left = end.saturating_duration_since(self.clock.now());
            let limit = left.min(SILENCE_TIMEOUT);
            let Some(chunk) = self.waited(call, limit, response.chunk()).await? else {
                break;
            };
            if wire.len() + chunk.len() > self.limits.wire {
                return Err(too_large(call, self.limits.wire));
            }
            wire.extend_from_slice(&chunk);
        }
        self.note_time(&headers);
        let received = wire.len();
        let compressed = headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding == "gzip");
        let body = if compressed {
            self.inflate(call, &wire)?
        } else {
            wire
        };
        let answer = HttpAnswer {
            operation: call.operation.clone(),
            write: call.write,
            host: hosts::shown(&call.url),
            status,
            headers,
            body,
            token: call.token.clone(),
        };
        Ok((answer, received))
    }

    /// Waits for the host, as long as it may take.
    async fn waited<Output: Send>(
        &self,
        call: &Call,
        limit: Duration,
        work: impl Future<Output = reqwest::Result<Output>> + Send,
    ) -> Result<Output, OrgError> {
        let Some(outcome) = clock::within(&*self.clock, limit, work).await else {
            let reason = format!("nothing came for {} seconds", limit.as_secs());
            return Err(lost(call, reason));
        };
        outcome.map_err(|error| broken(call, &error))
    }

    fn note_time(&self, headers: &HeaderMap) {
        let told = headers.get(DATE).and_then(|value| value.to_str().ok());
        if let Some(there) = told.and_then(|date| rfc2822::parse(date).ok()) {
            *locked(&self.host_time) = Some(there.timestamp());
        }
    }

    fn inflate(&self, call: &Call, wire: &[u8]) -> Result<Vec<u8>, OrgError> {
        let by_ratio = wire
            .len()
            .saturating_mul(self.limits.ratio)
            .max(self.limits.ratio_grace);
        let limit = self.limits.inflated.min(by_ratio);
        let mut body = Vec::new();
        let read = MultiGzDecoder::new(wire)
            .take(limit as u64 + 1)
            .read_to_end(&mut body);
        if body.len() > limit {
            return Err(too_large(call, limit));
        }
        match read {
            Ok(_) => Ok(body),
            Err(error) => Err(lost(
                call,
                format!("its compressed answer is damaged: {error}"),
            )),
        }
    }

    fn count(&self, call: &Call, add: impl FnOnce(&mut Usage)) {
        if call.api_calls > 0 {
            add(&mut locked(&self.usage));
        }
    }
}

/// The value, whatever happened to the last one who held it: nothing is left half changed.
fn locked<Value>(value: &Mutex<Value>) -> MutexGuard<'_, Value> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
