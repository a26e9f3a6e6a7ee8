//! One HTTP answer, and what it means: data, a refusal in the platform's words, or something that is neither.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use crate::secret::Secret;
use crate::xml::{self, Element};

use super::error::{OrgError, Refusal, excerpt};

/// What came back, read whole.
pub(super) struct HttpAnswer {
    /// What was asked, for errors.
    pub(super) operation: String,
    /// Whether the request changes the org, so that an unreadable answer leaves the outcome open.
    pub(super) write: bool,
    pub(super) host: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The token that was sent: a host that echoes it must not bring it into an error.
    pub(super) token: Option<Secret>,
}

impl HttpAnswer {
    /// The answer, if its status promises data.
    pub(super) fn accept(self) -> Result<Self, OrgError> {
        match self.status {
            200..=299 => Ok(self),
            300..=399 => Err(self.redirected()),
            _ => Err(self.failure()),
        }
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, OrgError> {
        self.read()
    }

    /// The body as what it should hold.
    pub(super) fn read<'body, Body: Deserialize<'body>>(&'body self) -> Result<Body, OrgError> {
        let body = self
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.body);
        serde_json::from_slice(body).map_err(|error| self.unreadable(&unfit(&error)))
    }

    /// The element inside the SOAP body.
    pub(super) fn soap(&self) -> Result<Element, OrgError> {
        let envelope = xml::read_bytes(&self.body)
            .map_err(|error| self.unreadable(&format!("it is not XML ({error})")))?;
        let Some(content) = soap_content(envelope) else {
            return Err(self.unreadable("it is not a SOAP envelope"));
        };
        match fault(&content, self.status) {
            Some(refusal) => Err(self.refused(refusal)),
            None => Ok(content),
        }
    }

    /// The error for an answer that does not hold what was promised.
    pub(super) fn unreadable(&self, problem: &str) -> OrgError {
        let what = format!(
            "the answer to \"{}\" cannot be used: {problem}",
            self.operation
        );
        if self.write {
            return OrgError::LostAnswer {
                operation: self.operation.clone(),
                reason: problem.to_owned(),
            };
        }
        if self.is_html() {
            return self.html_page();
        }
        OrgError::Garbled {
            what,
            excerpt: excerpt(&self.text()),
        }
    }

    pub(super) fn refused(&self, mut refusal: Refusal) -> OrgError {
        if let Some(token) = &self.token {
            refusal.message = token.redact(&refusal.message);
        }
        OrgError::Refused {
            operation: self.operation.clone(),
            refusal: Box::new(refusal),
            request_id: self.request_id(),
        }
    }

    /// The platform's own id of the request, which its support asks for.
    pub(super) fn request_id(&self) -> Option<String> {
        self.header("x-sfdc-request-id")
            .or_else(|| self.header("x-request-id"))
    }

    /// Used and allowed calls of the day, from `Sforce-Limit-Info: api-usage=18/5000`.
    pub(super) fn allocation(&self) -> Option<(u64, u64)> {
        let header = self.header("sforce-limit-info")?;
        let usage = header
            .split(';')
            .find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, allowed) = usage.split_once('/')?;
        Some((used.parse().ok()?, allowed.parse().ok()?))
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    }

    /// The wait that the host asks for, in whole seconds; the date form of the header is not used by the platform.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?
            .trim()
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    /// The host that is named, or the page on the same one; never the query, which may hold a token.
    fn redirected(&self) -> OrgError {
        let location = self.header("location").unwrap_or_default();
        let to = match reqwest::Url::parse(&location) {
            Ok(url) => format!("{}://{}", url.scheme(), super::hosts::shown(&url)),
            Err(_) => format!(
                "{}{}",
                self.host,
                location.split('?').next().unwrap_or_default()
            ),
        };
        OrgError::Redirected {
            from: self.host.clone(),
            to: excerpt(&to),
        }
    }

    /// The platform's own words first: its faults come with status 500, and its gateways say nothing it would.
    fn failure(&self) -> OrgError {
        if let Some(refusal) = self.refusal() {
            return match refusal.status {
                429 | 503 if self.retry_after().is_some() => self.busy(refusal.to_string()),
                _ => self.refused(refusal),
            };
        }
        let reason = self
            .title()
            .unwrap_or_else(|| format!("HTTP {}", self.status));
        match self.status {
            420 | 429 | 503 => self.busy(reason),
            500.. if self.write => OrgError::LostAnswer {
                operation: self.operation.clone(),
                reason,
            },
            502 | 504 => self.busy(reason),
            _ if self.is_html() => self.html_page(),
            status => OrgError::Garbled {
                what: format!(
                    "\"{}\" failed with HTTP {status} and no reason",
                    self.operation
                ),
                excerpt: excerpt(&self.text()),
            },
        }
    }

    fn refusal(&self) -> Option<Refusal> {
        let body = self
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.body);
        match body.trim_ascii_start().first()? {
            b'[' | b'{' => json_refusal(&serde_json::from_slice(body).ok()?, self.status),
            // The identity service has its own word for an ended session, in plain text.
            _ if body.starts_with(b"Bad_OAuth_Token") => Some(Refusal::new(
                self.status,
                "INVALID_SESSION_ID",
                "Bad_OAuth_Token",
            )),
            b'<' => fault(&soap_content(xml::read_bytes(body).ok()?)?, self.status),
            _ => None,
        }
    }

    fn busy(&self, reason: String) -> OrgError {
        OrgError::Busy {
            host: self.host.clone(),
            reason,
            retry_after: self.retry_after(),
        }
    }

    fn html_page(&self) -> OrgError {
        OrgError::HtmlPage {
            host: self.host.clone(),
            status: self.status,
            title: self.title(),
        }
    }

    fn is_html(&self) -> bool {
        let declared = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        let start: Vec<u8> = self
            .body
            .trim_ascii_start()
            .iter()
            .take(9)
            .map(u8::to_ascii_lowercase)
            .collect();
        declared || start.starts_with(b"<!doctype") || start.starts_with(b"<html")
    }

    /// The title of a web page.
    fn title(&self) -> Option<String> {
        if !self.is_html() {
            return None;
        }
        let text = self.text();
        let (_, rest) = text.split_once("<title>")?;
        let (title, _) = rest.split_once("</title>")?;
        Some(excerpt(title)).filter(|title| !title.is_empty())
    }

    /// The start of the body as text, without the token.
    fn text(&self) -> String {
        const MAX_BYTES: usize = 4096;
        let start = self.body.get(..MAX_BYTES).unwrap_or(&self.body);
        let text = String::from_utf8_lossy(start);
        self.token
            .as_ref()
            .map_or_else(|| text.to_string(), |token| token.redact(&text))
    }
}

/// Why JSON could not be read. The reader's own words may hold a value, and that a secret, so they stay away.
pub(super) fn unfit(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => {
            let (line, column) = (error.line(), error.column());
            format!("it holds something else than was asked for (line {line}, column {column})")
        }
        _ => format!("it is not JSON ({error})"),
    }
}

/// The first refusal of a REST error body: an array of errors, or the single object of a log-in endpoint.
pub(super) fn json_refusal(body: &Value, status: u16) -> Option<Refusal> {
    let error = match body {
        Value::Array(errors) => errors.first()?,
        other => other,
    };
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    // Rows of a collection say `statusCode` where everything else says `errorCode`.
    let code = text("errorCode")
        .or_else(|| text("statusCode"))
        .or_else(|| text("error"))?;
    let message = text("message")
        .or_else(|| text("error_description"))
        .unwrap_or_default();
    let fields = error
        .get("fields")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut refusal = Refusal::new(status, code, message);
    refusal.fields = fields
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    Some(refusal)
}

/// The one element inside `Envelope/Body`.
fn soap_content(mut envelope: Element) -> Option<Element> {
    if envelope.name != "Envelope" {
        return None;
    }
    envelope.child_mut("Body")?.children.pop()
}

/// A fault. SOAP sends each with status 500 (SOAP 1.1, section 6.2), which says nothing about the org: only what a
/// gateway adds to it counts.
fn fault(content: &Element, status: u16) -> Option<Refusal> {
    if content.name != "Fault" {
        return None;
    }
    let status = if status == 500 { 400 } else { status };
    // The prefix in front of the code is the envelope's affair; `soapenv:Client` has no platform code behind it.
    let code = content.text_of("faultcode").unwrap_or_default();
    let code = code.rsplit_once(':').map_or(code, |(_, code)| code);
    Some(Refusal::new(
        status,
        code,
        content.text_of("faultstring").unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn answer(status: u16, kind: &'static str, body: &str) -> HttpAnswer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(kind));
        HttpAnswer {
            operation: String::from("read the roles"),
            write: false,
            host: String::from("acme.my.salesforce.com"),
            status,
            headers,
            body: body.as_bytes().to_vec(),
            token: Some(Secret::new("00D000000000001!canary")),
        }
    }

    const FAULT: &str = "<?xml version=\"1.0\"?><soapenv:Envelope xmlns:soapenv=\"e\" xmlns:sf=\"s\"><soapenv:Body>\
        <soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Invalid Session \
        ID found in SessionHeader: Illegal Session</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>";
    const PAGE: &str =
        "<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>";

    #[test]
    fn failures_in_every_dress() {
        for (status, body, expected) in [
            (
                400,
                r#"[{"message":"No such column 'x'","errorCode":"INVALID_FIELD","fields":["x"]}]"#,
                "read the roles: INVALID_FIELD: No such column 'x'",
            ),
            (
                400,
                "\u{feff}[{\"errorCode\":\"INVALID_TYPE\",\"message\":\"\"}]",
                "INVALID_TYPE (no reason given)",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
                "invalid_grant: user hasn't approved this consumer",
            ),
            (
                500,
                FAULT,
                "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session",
            ),
            (
                503,
                PAGE,
                "acme.my.salesforce.com is busy: Down for maintenance",
            ),
            (502, "", "acme.my.salesforce.com is busy: HTTP 502"),
            (
                404,
                PAGE,
                "answered with a web page, \"Down for maintenance\", (HTTP 404)",
            ),
            (
                404,
                "token 00D000000000001!canary",
                "failed with HTTP 404 and no reason; the answer begins: token ***",
            ),
        ] {
            let error = answer(status, "text/plain", body)
                .accept()
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_fault_is_refused_whatever_its_status() {
        let refusal = answer(200, "text/xml", FAULT).soap().unwrap_err();
        assert!(refusal.is_session_end());
    }

    #[test]
    fn the_identity_services_word_for_an_ended_session() {
        let error = answer(403, "text/html", "Bad_OAuth_Token")
            .accept()
            .err()
            .unwrap();
        assert!(error.is_session_end());
    }

    #[test]
    fn data_that_is_none() {
        for (body, expected) in [
            (PAGE, "answered with a web page"),
            ("{\"records\": [", "is not JSON (EOF while parsing"),
            ("", "the answer begins: (nothing)"),
            ("00D000000000001!canary", "the answer begins: ***"),
        ] {
            let error = answer(200, "application/json", body)
                .json()
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(expected) && !error.contains("canary"),
                "{error}"
            );
        }
        let error = answer(200, "text/xml", "<a/>")
            .soap()
            .unwrap_err()
            .to_string();
        assert!(error.contains("not a SOAP envelope"), "{error}");
    }

    #[test]
    fn an_unreadable_answer_to_a_write_leaves_the_outcome_open() {
        for (status, body) in [(200, "<html>"), (500, ""), (502, PAGE)] {
            let mut answer = answer(status, "text/plain", body);
            answer.write = true;
            let error = match answer.accept() {
                Ok(answer) => answer.json().unwrap_err(),
                Err(error) => error,
            };
            assert!(error.outcome_unknown(), "{status}: {error}");
        }
    }

    #[test]
    fn a_redirect_names_both_hosts() {
        let mut answer = answer(302, "text/html", "");
        answer.headers.insert(
            "location",
            HeaderValue::from_static("https://evil.example/x?y"),
        );
        let error = answer.accept().err().unwrap().to_string();
        assert!(
            error.starts_with("acme.my.salesforce.com redirects to https://evil.example"),
            "{error}"
        );
    }

    #[test]
    fn foreign_answers_never_panic() {
        for body in [
            "[",
            "[]",
            "[1]",
            "{}",
            "<",
            "<a",
            "null",
            "[{\"errorCode\":1}]",
            "\u{feff}",
        ] {
            assert!(answer(500, "", body).accept().is_err());
            assert!(answer(200, "", body).soap().is_err());
        }
    }
}
