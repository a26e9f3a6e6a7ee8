//! The API version in use: the newest that both sides know, or the one that was stated.

use std::sync::Arc;

use reqwest::{Method, Url};
use serde_json::Value;

use super::error::{OrgError, excerpt};
use super::http::{Call, Http};
use super::retry::Retries;
use super::session::Session;

/// The newest API version that this client was tested with, as major number.
const NEWEST_TESTED: u32 = 66;
/// The oldest one that has everything it asks for.
const OLDEST_TESTED: u32 = 51;

/// The version that most orgs end up with, to begin with while they are asked.
pub(super) fn likeliest() -> String {
    format!("{NEWEST_TESTED}.0")
}

/// Opens connections to an org without waiting for them. What comes of it shows in the requests that follow.
pub(super) fn warm_up(http: &Arc<Http>, base: &Url, connections: usize) {
    for _ in 0..connections {
        let (http, base) = (Arc::clone(http), base.clone());
        tokio::spawn(async move {
            let _warmed = all(&http, &base).await;
        });
    }
}

/// The org's versions; no session is needed, so the token stays here.
pub(super) async fn all(http: &Http, base: &Url) -> Result<Value, OrgError> {
    let mut url = base.clone();
    url.set_path("/services/data");
    let call = Call {
        operation: String::from("read the API versions"),
        write: false,
        method: Method::GET,
        url,
        body: None,
        soap_action: false,
        bearer: None,
        token: None,
        api_calls: 0,
    };
    http.send(call).await?.accept()?.json()
}

/// The newest version that both sides know.
pub(super) async fn newest(session: &Session) -> Result<String, OrgError> {
    let (retries, mut attempt) = (Retries::default(), 1);
    let answer = loop {
        let error = match all(&session.http, &session.base).await {
            Ok(answer) => break answer,
            Err(error) => error,
        };
        let Some(wait) = retries.wait(&error, attempt, session.http.clock().chance()) else {
            return Err(error);
        };
        session.http.pause(wait).await;
        attempt += 1;
    };
    let listed = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let known = listed
        .iter()
        .filter_map(|entry| major(entry.get("version")?.as_str()?));
    let newest = known
        .filter(|version| (OLDEST_TESTED..=NEWEST_TESTED).contains(version))
        .max();
    newest
        .map(|version| format!("{version}.0"))
        .ok_or_else(|| OrgError::Garbled {
            what: format!(
                "the org serves no API version between {OLDEST_TESTED}.0 and {NEWEST_TESTED}.0"
            ),
            excerpt: excerpt(&answer.to_string()),
        })
}

/// A version as somebody stated it, completed.
pub(super) fn checked(stated: &str) -> Result<String, OrgError> {
    let version = major(stated).filter(|version| (OLDEST_TESTED..=99).contains(version));
    version.map(|version| format!("{version}.0")).ok_or_else(|| {
        let shown = stated.escape_debug();
        OrgError::Usage(format!("`{shown}` is no API version: write a number such as {NEWEST_TESTED}.0, at least {OLDEST_TESTED}.0"))
    })
}

/// The major number of `66.0` or `66`; there are no minor ones.
fn major(version: &str) -> Option<u32> {
    version.strip_suffix(".0").unwrap_or(version).parse().ok()
}
