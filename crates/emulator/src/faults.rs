//! Failures on request: answers of another kind, lost connections, delays.
//!
//! The file is a JSON array. Each entry says which requests it is for and what happens to them:
//! `{"path": "/query", "method": "GET", "body": "checkDeployStatus", "components": 2, "skip": 2, "times": 1, "status": 503,
//! "code": "SERVER_UNAVAILABLE", "answer": "…", "content_type": "text/html", "retry_after": 1,
//! "drop": "before" | "after" | "stale", "silent": "before" | "after", "delay": "500ms", "drip": "1s", "close": true,
//! "expire": true, "spoil": "truncated" | "garbled" | "mistyped" | "corrupt",
//! "without": ["fieldPermissions"], "part": "tooling/query"}`.
//! All keys are optional. `components` strikes calls alone that name at least so many components. With a `code`, the answer is the platform's refusal in the shape of the interface that was
//! asked; `drop: after` loses the answer to a request that was carried out, `spoil` damages it. `drop: stale` answers
//! and then ends the connection, `close` says so in the answer. `silent` never answers a request that was not, or was,
//! carried out. `delay` comes before the request is looked at, `drip` before each piece of the answer. `expire` ends all
//! sessions before the request is looked at. `without` leaves elements of these names out of the true answer, as an org
//! does that gives a component in part. With `part`, the refusal is for those parts of a composite alone that ask for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Request, Response};
use crate::{soap, xml};

/// Why a file of faults cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not say what it should.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// What happens to which requests.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Each with how many requests it has matched.
    faults: Vec<(Fault, u64)>,
    struck: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fault {
    path: String,
    method: Option<String>,
    body: Option<String>,
    components: usize,
    skip: u64,
    times: Option<u64>,
    status: Option<u16>,
    code: Option<String>,
    answer: String,
    content_type: Option<String>,
    retry_after: Option<u64>,
    drop: Option<ConnectionLoss>,
    spoil: Option<Spoil>,
    without: Vec<String>,
    part: Option<String>,
    silent: Option<Moment>,
    #[serde(deserialize_with = "duration_text")]
    delay: Duration,
    #[serde(deserialize_with = "duration_text")]
    drip: Duration,
    close: bool,
    expire: bool,
}

/// When a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionLoss {
    /// Before the request is carried out.
    Before,
    /// After it was carried out, before the answer.
    After,
    /// After the answer, without a word: the next request on it finds it closed.
    Stale,
}

/// A point in the life of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before it is carried out.
    Before,
    /// After it was carried out.
    After,
}

/// How the true answer is damaged, after the request was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spoil {
    /// Its second half is missing.
    Truncated,
    /// It is neither JSON nor XML.
    Garbled,
    /// It is a web page that stands in its place, with status 200.
    Mistyped,
    /// It claims to be packed and cannot be unpacked.
    Corrupt,
}

impl Spoil {
    /// The damaged answer.
    pub fn applied(self, mut answer: Response) -> Response {
        match self {
            Spoil::Truncated => answer.body.truncate(answer.body.len() / 2),
            Spoil::Garbled => answer.body = b"\x00\xff\xfe{<[".to_vec(),
            Spoil::Corrupt => {
                let packed = ("Content-Encoding".to_owned(), "gzip".to_owned());
                answer.headers.push(packed);
                answer.body = b"\x1f\x8b\x08\0\0\0\0\0\0\xffno such block".to_vec();
            }
            Spoil::Mistyped => {
                answer.status = 200;
                answer.content_type = "text/html;charset=UTF-8".to_owned();
                answer.body =
                    b"<!DOCTYPE html><html><head><title>Log in</title></head></html>".to_vec();
            }
        }
        answer
    }
}

/// The answer without the elements of these names; one that is no XML stays as it is.
pub fn leave_out(names: &[String], mut answer: Response) -> Response {
    let text = String::from_utf8_lossy(&answer.body);
    let Ok(document) = xml::parse(&text) else {
        return answer;
    };
    let left_out = |node: &roxmltree::Node<'_, '_>| {
        node.is_element() && names.iter().any(|name| name == node.tag_name().name())
    };
    let mut kept = String::new();
    let mut from = 0;
    for node in document.descendants().filter(left_out) {
        // What stands inside an element that is left out is gone already.
        kept.push_str(text.get(from..node.range().start).unwrap_or_default());
        from = from.max(node.range().end);
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    answer.body = kept.into_bytes();
    answer
}

/// The refusal of those parts of a composite that ask for something.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedPart {
    url: String,
    refusal: Response,
    /// The composite as it was asked.
    asked: Value,
}

impl RefusedPart {
    /// The answer with the refusal in place of what those parts were answered; one to anything else stays as it is.
    pub fn applied(&self, mut answer: Response) -> Response {
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
            return answer;
        };
        let parts = body.get_mut("compositeResponse");
        let parts = parts.and_then(Value::as_array_mut);
        let refused = serde_json::from_slice(&self.refusal.body).unwrap_or(Value::Null);
        for part in parts.into_iter().flatten() {
            if self.is_meant(&part["referenceId"]) {
                part["httpStatusCode"] = self.refusal.status.into();
                part["body"] = refused.clone();
            }
        }
        answer.body = body.to_string().into_bytes();
        answer
    }

    fn is_meant(&self, reference: &Value) -> bool {
        let parts = self.asked["compositeRequest"].as_array();
        let mut parts = parts.into_iter().flatten();
        parts.any(|part| {
            let url = part["url"].as_str().unwrap_or_default();
            part["referenceId"] == *reference && url.contains(&self.url)
        })
    }
}

/// What happens to one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// The answer in place of the true one; the request is not carried out.
    pub answer: Option<Response>,
    /// When the connection is lost, if it is.
    pub drop: Option<ConnectionLoss>,
    /// How the true answer is damaged, if it is.
    pub spoil: Option<Spoil>,
    /// Elements that the true answer leaves out.
    pub without: Vec<String>,
    /// Parts of a composite that are refused, if some are.
    pub part: Option<RefusedPart>,
    /// Around which moment it falls silent, if it does.
    pub silent: Option<Moment>,
    /// How long the request waits.
    pub delay: Duration,
    /// How long each piece of the answer takes.
    pub drip: Duration,
    /// Whether the answer is the last on its connection, and says so.
    pub close: bool,
    /// Whether all sessions end first.
    pub expire: bool,
}

impl Faults {
    /// Reads a file of faults.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else.
    pub fn read(path: &Path) -> Result<Faults, FaultsError> {
        let text = std::fs::read(path).map_err(|source| FaultsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Faults::parse(&text).map_err(|source| FaultsError::Malformed {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// A text that holds something else.
    pub fn parse(text: &[u8]) -> Result<Faults, serde_json::Error> {
        let faults: Vec<Fault> = serde_json::from_slice(text)?;
        Ok(Faults {
            faults: faults.into_iter().map(|fault| (fault, 0)).collect(),
            struck: 0,
        })
    }

    /// How many requests something has happened to.
    pub fn struck(&self) -> u64 {
        self.struck
    }

    /// What happens to a request; every fault counts the requests that match it.
    pub fn strike(&mut self, request: &Request) -> Effect {
        let mut effect = Effect::default();
        let mut struck = false;
        for (fault, seen) in &mut self.faults {
            if !fault.matches(request) {
                continue;
            }
            *seen += 1;
            let last = fault
                .times
                .map_or(u64::MAX, |times| fault.skip.saturating_add(times));
            if *seen <= fault.skip || *seen > last {
                continue;
            }
            struck = true;
            effect.delay += fault.delay;
            effect.drip += fault.drip;
            effect.close |= fault.close;
            effect.expire |= fault.expire;
            effect.silent = effect.silent.or(fault.silent);
            effect.drop = effect.drop.or(fault.drop);
            effect.spoil = effect.spoil.or(fault.spoil);
            effect.without.extend_from_slice(&fault.without);
            match fault.refused_part(request) {
                Some(part) => effect.part = effect.part.or(Some(part)),
                None => effect.answer = effect.answer.or_else(|| fault.answer(request)),
            }
        }
        self.struck += u64::from(struck);
        effect
    }
}

impl Fault {
    fn matches(&self, request: &Request) -> bool {
        let method = self
            .method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(&request.method));
        let body = self
            .body
            .as_ref()
            .is_none_or(|part| request.text().contains(part.as_str()));
        let named = || {
            let body = request.text();
            let names = body
                .split('<')
                .filter(|tag| tag.split('>').next().is_some_and(is_name));
            names.count()
        };
        let several = self.components == 0 || named() >= self.components;
        method && body && request.path.contains(&self.path) && several
    }

    fn refused_part(&self, request: &Request) -> Option<RefusedPart> {
        Some(RefusedPart {
            url: self.part.clone()?,
            refusal: self.answer(request)?,
            asked: serde_json::from_slice(&request.body).unwrap_or_default(),
        })
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        if let Some(code) = &self.code {
            let status = self.status.unwrap_or(400);
            let mut refused = refusal(request, status, code, &self.answer);
            refused.headers.extend(self.retry_header());
            return Some(refused);
        }
        let kind = self
            .content_type
            .clone()
            .unwrap_or_else(|| "application/json;charset=UTF-8".to_owned());
        self.status.map(|status| Response {
            status,
            content_type: kind,
            headers: self.retry_header().into_iter().collect(),
            body: self.answer.clone().into_bytes(),
        })
    }

    fn retry_header(&self) -> Option<(String, String)> {
        let seconds = self.retry_after?;
        Some(("Retry-After".to_owned(), seconds.to_string()))
    }
}

/// Whether a start tag is one that names a component of a call, whatever its prefix.
fn is_name(tag: &str) -> bool {
    let name = tag.split([' ', '/']).next().unwrap_or_default();
    !tag.starts_with('/') && name.rsplit(':').next() == Some("fullNames")
}

/// A refusal in the platform's words: SOAP faults come with status 500, whatever REST has for them.
fn refusal(request: &Request, status: u16, code: &str, message: &str) -> Response {
    if request.path.starts_with("/services/Soap/") {
        return soap::fault(code, message);
    }
    let error = serde_json::json!([{"message": message, "errorCode": code}]);
    Response::json(status, &error)
}

fn duration_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    crate::moment::duration(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no duration")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        Faults::parse(text.as_bytes()).unwrap()
    }

    fn request(path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            ..Request::default()
        }
    }

    #[test]
    fn a_refused_part_of_what_is_refused_whole_leaves_it_as_it_is() {
        let part = RefusedPart {
            url: "UserLogin".to_owned(),
            refusal: Response::json(400, &serde_json::json!([{"errorCode": "INVALID_TYPE"}])),
            asked: Value::Null,
        };
        let whole = serde_json::json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
        let answer = part.applied(Response::json(403, &whole));
        assert_eq!(
            serde_json::from_slice::<Value>(&answer.body).unwrap(),
            whole
        );
    }

    #[test]
    fn a_fault_strikes_the_requests_it_names_and_no_others() {
        let mut faults = faults(
            r#"[{"path": "/query", "skip": 1, "times": 1, "status": 503, "answer": "busy"}]"#,
        );
        let mut struck = |path: &str| {
            faults
                .strike(&request(path))
                .answer
                .map(|answer| answer.status)
        };
        assert_eq!(struck("/services/data/v66.0/query"), None);
        assert_eq!(struck("/services/data/v66.0/limits"), None);
        assert_eq!(struck("/services/data/v66.0/query"), Some(503));
        assert_eq!(struck("/services/data/v66.0/query"), None);
    }

    #[test]
    fn lost_connections_and_delays() {
        let mut faults = faults(r#"[{"drop": "after", "delay": "20ms"}]"#);
        let effect = faults.strike(&request("/"));
        assert_eq!(
            (effect.drop, effect.delay),
            (Some(ConnectionLoss::After), Duration::from_millis(20))
        );
    }

    #[test]
    fn a_refusal_speaks_as_the_interface_does() {
        let text = r#"[{"code": "UNABLE_TO_LOCK_ROW", "answer": "try later"}]"#;
        let answered = |path: &str| {
            let answer = faults(text).strike(&request(path)).answer.unwrap();
            (answer.status, String::from_utf8(answer.body).unwrap())
        };
        let (status, body) = answered("/services/data/v66.0/query");
        assert_eq!(
            (status, body.as_str()),
            (
                400,
                r#"[{"message":"try later","errorCode":"UNABLE_TO_LOCK_ROW"}]"#
            )
        );
        let (status, body) = answered("/services/Soap/m/66.0");
        assert_eq!(status, 500);
        assert!(
            body.contains("<faultcode>sf:UNABLE_TO_LOCK_ROW</faultcode>"),
            "{body}"
        );
    }

    #[test]
    fn damaged_answers() {
        let whole = || Response::json_text(200, "{\"done\": true}".to_owned());
        for spoil in [
            Spoil::Truncated,
            Spoil::Garbled,
            Spoil::Mistyped,
            Spoil::Corrupt,
        ] {
            let damaged = spoil.applied(whole());
            assert!(
                serde_json::from_slice::<serde_json::Value>(&damaged.body).is_err(),
                "{spoil:?}"
            );
        }
    }

    #[test]
    fn an_answer_in_part() {
        let whole = "<r><a><n>1</n></a><b/><a/><c><a>2</a>3</c></r>";
        let answer = leave_out(
            &["a".to_owned()],
            Response::json_text(200, whole.to_owned()),
        );
        assert_eq!(answer.body, b"<r><b/><c>3</c></r>");
    }

    #[test]
    fn a_refusal_in_part() {
        let text = r#"[{"part": "tooling/", "status": 403, "code": "X", "answer": "no"}]"#;
        let asked = r#"{"compositeRequest": [{"url": "/tooling/query?q=a", "referenceId": "a"},
            {"url": "/query?q=b", "referenceId": "b"}]}"#;
        let request = Request {
            body: asked.as_bytes().to_vec(),
            ..request("/services/data/v66.0/composite")
        };
        let effect = faults(text).strike(&request);
        assert_eq!(effect.answer, None);
        let part = |name: &str| serde_json::json!({"referenceId": name, "httpStatusCode": 200, "body": name});
        let whole = serde_json::json!({"compositeResponse": [part("a"), part("b")]});
        let answer = effect.part.unwrap().applied(Response::json(200, &whole));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let [a, b] = [0, 1].map(|index| &body["compositeResponse"][index]);
        assert_eq!(
            (&a["httpStatusCode"], &a["body"][0]["errorCode"]),
            (&403.into(), &"X".into())
        );
        assert_eq!(*b, part("b"));
    }

    #[test]
    fn calls_that_name_several_components() {
        let mut faults = faults(r#"[{"body": "readMetadata", "components": 2, "code": "BUSY"}]"#);
        let mut is_struck = |inside: &str| {
            let body = format!("<m:readMetadata>{inside}</m:readMetadata>");
            let request = Request {
                body: body.into_bytes(),
                ..request("/services/Soap/m/66.0")
            };
            faults.strike(&request).answer.is_some()
        };
        assert!(!is_struck("<type>Role</type><fullNames>North</fullNames>"));
        assert!(is_struck(
            "<m:fullNames>North</m:fullNames><m:fullNames xsi:type=\"string\">South</m:fullNames>"
        ));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Vec<Fault>>(r#"[{"pth": "/"}]"#).is_err());
    }
}
