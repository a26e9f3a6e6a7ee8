//! Failures on request: answers of another kind, lost connections, delays.
//!
//! The file is a JSON array. Each entry says which requests it is for and what happens to them:
//! `{"path": "/query", "method": "GET", "body": "checkDeployStatus", "skip": 2, "times": 1, "status": 503,
//! "answer": "…", "content_type": "text/html", "retry_after": 1, "drop": "before" | "after", "delay": "500ms"}`.
//! All keys are optional; `drop: after` loses the answer to a request that was carried out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::http::{Request, Response};

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
pub struct Faults(Vec<(Fault, u64)>);

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fault {
    path: String,
    method: Option<String>,
    body: Option<String>,
    skip: u64,
    times: Option<u64>,
    status: Option<u16>,
    answer: String,
    content_type: Option<String>,
    retry_after: Option<u64>,
    drop: Option<Drop>,
    #[serde(deserialize_with = "duration_text")]
    delay: Duration,
}

/// When a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drop {
    /// Before the request is carried out.
    Before,
    /// After it was carried out, before the answer.
    After,
}

/// What happens to one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// The answer in place of the true one; the request is not carried out.
    pub answer: Option<Response>,
    /// When the connection is lost, if it is.
    pub drop: Option<Drop>,
    /// How long the answer waits.
    pub delay: Duration,
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
        let faults: Vec<Fault> =
            serde_json::from_slice(&text).map_err(|source| FaultsError::Malformed {
                path: path.to_owned(),
                source,
            })?;
        Ok(Faults(faults.into_iter().map(|fault| (fault, 0)).collect()))
    }

    /// What happens to a request; every fault counts the requests that match it.
    pub fn strike(&mut self, request: &Request) -> Effect {
        let mut effect = Effect::default();
        for (fault, seen) in &mut self.0 {
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
            effect.delay += fault.delay;
            effect.drop = effect.drop.or(fault.drop);
            effect.answer = effect.answer.or_else(|| fault.answer());
        }
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
        method && body && request.path.contains(&self.path)
    }

    fn answer(&self) -> Option<Response> {
        let kind = self
            .content_type
            .clone()
            .unwrap_or_else(|| "application/json;charset=UTF-8".to_owned());
        let headers = self
            .retry_after
            .map(|seconds| ("Retry-After".to_owned(), seconds.to_string()));
        self.status.map(|status| Response {
            status,
            content_type: kind,
            headers: headers.into_iter().collect(),
            body: self.answer.clone().into_bytes(),
        })
    }
}

fn duration_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    super::duration(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no duration")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        let faults: Vec<Fault> = serde_json::from_str(text).unwrap();
        Faults(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    fn request(path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            ..Request::default()
        }
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
            (Some(Drop::After), Duration::from_millis(20))
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Vec<Fault>>(r#"[{"pth": "/"}]"#).is_err());
    }
}
