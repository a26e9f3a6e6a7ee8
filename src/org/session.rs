//! One session with one org: puts the token where the protocol wants it, renews it once, retries reads.
//!
//! **Promise:** a write is sent once. It goes again only when the org refused the session before looking at it.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Method, Url};

use crate::secret::Secret;
use crate::xml::{self, Element};

use super::answer::HttpAnswer;
use super::auth::Credentials;
use super::error::OrgError;
use super::http::{Call, Http};
use super::retry::Retries;
use super::{hosts, soap};

/// Why a session is not renewed a second time.
const ENDS_AT_ONCE: &str = "the org ends every new session at once";

/// One request, before a token is put into it.
pub(super) struct Request {
    /// What it does, for errors: "read the profiles".
    pub(super) operation: String,
    pub(super) method: Method,
    /// Path and query from the root of the host.
    pub(super) path: String,
    pub(super) body: Body,
    pub(super) write: bool,
    /// What the org counts for it.
    pub(super) api_calls: u64,
}

pub(super) enum Body {
    None,
    Json(Vec<u8>),
    /// The operation inside the envelope.
    Soap(Element),
}

pub(super) struct Session {
    pub(super) http: Arc<Http>,
    pub(super) base: Url,
    credentials: Credentials,
    held: Mutex<HeldToken>,
    renewal: tokio::sync::Mutex<()>,
    pub(super) retries: Retries,
}

/// The token in use, and how many were used before it.
#[derive(Clone)]
struct HeldToken {
    token: Secret,
    generation: u32,
    /// Whether the org has taken it yet. A new token that it does not take is followed by no newer one.
    worked: bool,
}

impl Session {
    pub(super) fn new(http: Arc<Http>, base: Url, credentials: Credentials, token: Secret) -> Self {
        Self {
            http,
            base,
            credentials,
            held: Mutex::new(HeldToken {
                token,
                generation: 0,
                worked: false,
            }),
            renewal: tokio::sync::Mutex::default(),
            retries: Retries::default(),
        }
    }

    /// Sends the request until it is answered, refused, or not worth another attempt.
    pub(super) async fn call(&self, request: &Request) -> Result<HttpAnswer, OrgError> {
        let (mut attempt, mut renewed) = (1, false);
        loop {
            let held = self.held_token();
            let error = match self.attempt(request, held.token).await {
                Ok(answer) => {
                    self.retries.succeeded();
                    self.note_that_it_works(held.generation);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if error.is_session_end() {
                if renewed {
                    return Err(self.session_ended(ENDS_AT_ONCE));
                }
                self.renew(held.generation).await?;
                renewed = true;
                continue;
            }
            if request.write {
                return Err(error);
            }
            let Some(wait) = self
                .retries
                .wait(&error, attempt, self.http.clock().chance())
            else {
                return Err(error);
            };
            self.http.pause(wait).await;
            attempt += 1;
        }
    }

    /// The request sent once.
    async fn attempt(&self, request: &Request, token: Secret) -> Result<HttpAnswer, OrgError> {
        let call = self.prepare(request, token)?;
        self.http.send(call).await?.accept()
    }

    fn prepare(&self, request: &Request, token: Secret) -> Result<Call, OrgError> {
        let is_soap = matches!(request.body, Body::Soap(_));
        let body = match &request.body {
            Body::None => None,
            Body::Json(bytes) => Some(("application/json; charset=UTF-8", bytes.clone())),
            Body::Soap(operation) => Some((
                "text/xml; charset=UTF-8",
                self.envelope(request, operation, &token)?,
            )),
        };
        Ok(Call {
            operation: request.operation.clone(),
            write: request.write,
            method: request.method.clone(),
            url: self.url(&request.path)?,
            body,
            soap_action: is_soap,
            bearer: (!is_soap).then(|| token.clone()),
            token: Some(token),
            api_calls: request.api_calls,
        })
    }

    fn envelope(
        &self,
        request: &Request,
        operation: &Element,
        token: &Secret,
    ) -> Result<Vec<u8>, OrgError> {
        if token.expose().starts_with("eyJ") {
            return Err(OrgError::JsonWebToken);
        }
        let envelope = soap::envelope(operation.clone(), token);
        match xml::write_compact(&envelope) {
            Ok(text) => Ok(text.into_bytes()),
            Err(error) => Err(OrgError::Usage(format!(
                "cannot {}: {error}",
                request.operation
            ))),
        }
    }

    /// The path on the org's own host, whatever an answer wrote into it.
    fn url(&self, path: &str) -> Result<Url, OrgError> {
        let url = self
            .base
            .join(path)
            .ok()
            .filter(|url| url.origin() == self.base.origin());
        url.ok_or_else(|| OrgError::Untrusted {
            host: path.escape_debug().to_string(),
            reason: "the path leads away from the org",
        })
    }

    /// One renewal for all requests that met the end of the same session.
    async fn renew(&self, ended_generation: u32) -> Result<(), OrgError> {
        let _single_flight = self.renewal.lock().await;
        let held = self.held_token();
        if held.generation != ended_generation {
            return Ok(());
        }
        if held.generation > 0 && !held.worked {
            return Err(self.session_ended(ENDS_AT_ONCE));
        }
        let token = match self.credentials.renew(&self.http, &self.base).await? {
            Some(token) => token,
            None => return Err(self.session_ended(self.credentials.advice())),
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = HeldToken {
            token,
            generation: ended_generation + 1,
            worked: false,
        };
        Ok(())
    }

    fn note_that_it_works(&self, generation: u32) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.worked |= held.generation == generation;
    }

    fn session_ended(&self, advice: &str) -> OrgError {
        OrgError::Login {
            host: hosts::shown(&self.base),
            reason: format!("the session has expired or is not valid; {advice}"),
        }
    }

    fn held_token(&self) -> HeldToken {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
