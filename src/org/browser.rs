//! Logging in with a browser: authorization code with PKCE, answered to a port of this machine.
//!
//! **Promise:** the code is taken once, from a request that knows this log-in's `state`, on loopback only; what is kept
//! afterwards is the refresh token and nothing else, in the file that the target names.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::secret::Secret;

use super::auth::{login_host, same_org, with_certificates};
use super::error::{OrgError, excerpt};
use super::http::Http;
use super::target::{Browser, NamedTarget, TokenGrant};
use super::{Options, hosts, token};

/// Where the browser comes back to, on an app that leaves it open.
const CALLBACK_PATH: &str = "/OauthRedirect";
/// What is asked for: the APIs, who it is, and to come back without a browser.
const SCOPE: &str = "api id refresh_token";
/// The longest request head that a browser sends here, in bytes.
const LARGEST_HEAD: usize = 16 << 10;
/// How long a connection may take to say what it wants; browsers open some that say nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A log-in that waits for somebody and their browser.
pub struct BrowserLogIn {
    http: Http,
    browser: Browser,
    login: Url,
    instance: Option<Url>,
    listener: TcpListener,
    callback: Url,
    state: Secret,
    verifier: Secret,
}

/// Who logged in, and where the refresh token is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The org's own host.
    pub instance_url: String,
    /// The file with the refresh token.
    pub file: PathBuf,
}

/// Prepares a log-in and begins to listen for the browser's return.
///
/// # Errors
/// [`OrgError::Usage`] for a target of another kind, a host that is none of Salesforce's, or a port that is taken.
pub async fn begin(target: NamedTarget, options: &Options) -> Result<BrowserLogIn, OrgError> {
    let (login, instance) = login_host(&target)?;
    let options = with_certificates(&target, options);
    let name = target.name;
    let TokenGrant::Browser(browser) = target.grant else {
        let problem = format!("target `{name}` is not logged in to with a browser");
        return Err(OrgError::Usage(problem));
    };
    token::is_own_or_absent(&browser.refresh_token_file).map_err(|error| {
        OrgError::Usage(format!("{}: {error}", browser.refresh_token_file.display()))
    })?;
    let (listener, callback) = listen(browser.callback_url.as_ref()).await?;
    Ok(BrowserLogIn {
        http: Http::new(&login, &options)?,
        browser: *browser,
        login,
        instance,
        listener,
        callback,
        state: random()?,
        verifier: random()?,
    })
}

impl BrowserLogIn {
    /// The page to open.
    pub fn url(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()));
        let mut url = self.login.clone();
        url.set_path("/services/oauth2/authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.browser.client_id)
            .append_pair("redirect_uri", self.callback.as_str())
            .append_pair("scope", SCOPE)
            .append_pair("state", self.state.expose())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        url.into()
    }

    /// Waits for the browser's return, trades its code, and keeps the refresh token.
    ///
    /// # Errors
    /// [`OrgError::Login`] where nobody came in time, somebody declined, or the org refused; it says which.
    pub async fn finish(self, patience: Duration) -> Result<LoggedIn, OrgError> {
        let Ok(returned) = timeout(patience, self.returned()).await else {
            let seconds = patience.as_secs();
            return Err(self.failed(format!("no browser came back within {seconds} seconds")));
        };
        let code = returned.map_err(|reason| self.failed(reason))?;
        let answer = token::trade_code(
            &self.http,
            &self.browser,
            &self.login,
            code,
            self.callback.as_str(),
            self.verifier.clone(),
        )
        .await?;
        let Some(refresh_token) = answer.refresh_token.clone().map(Secret::new) else {
            let reason = "the app gave no refresh token: allow it the scope `refresh_token`";
            return Err(self.failed(String::from(reason)));
        };
        let base = hosts::trusted(&answer.instance_url)?;
        if let Err(other_org) = self.is_meant(&base) {
            // Nobody will use this log-in; where it cannot be ended, it ends by the app's own policy.
            let _ended = token::revoke(&self.http, &self.login, refresh_token).await;
            return Err(other_org);
        }
        token::keep(&self.browser.refresh_token_file, refresh_token.expose())?;
        Ok(LoggedIn {
            instance_url: base.origin().ascii_serialization(),
            file: self.browser.refresh_token_file,
        })
    }

    fn is_meant(&self, base: &Url) -> Result<(), OrgError> {
        match &self.instance {
            Some(instance) => same_org(base, instance),
            None if hosts::is_loopback(base) != hosts::is_loopback(&self.login) => {
                same_org(base, &self.login)
            }
            None => Ok(()),
        }
    }

    /// The code of the first request that is the browser's return; anything else is turned away and waited past.
    async fn returned(&self) -> Result<Secret, String> {
        let mut visits = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let (stream, _) = accepted.map_err(|error| format!("nothing can be listened for: {error}"))?;
                    visits.spawn(visit(stream, self.callback.clone(), self.state.clone()));
                }
                Some(visit) = visits.join_next() => {
                    if let Ok(Some(outcome)) = visit {
                        return outcome;
                    }
                }
            }
        }
    }

    fn failed(&self, reason: String) -> OrgError {
        OrgError::Login {
            host: hosts::shown(&self.login),
            reason,
        }
    }
}

/// Listens where the app's callback leads to, or on a free port. `localhost` may be either family's; the code is
/// worth nothing without the verifier, so whoever else listens gets nothing.
async fn listen(registered: Option<&Url>) -> Result<(TcpListener, Url), OrgError> {
    let port = registered.and_then(Url::port_or_known_default).unwrap_or(0);
    let taken = |error: std::io::Error| {
        OrgError::Usage(format!(
            "cannot listen on port {port} for the browser: {error}"
        ))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(taken)?;
    let callback = match registered {
        Some(url) => url.clone(),
        None => {
            let address = listener.local_addr().map_err(taken)?;
            let url = format!("http://{address}{CALLBACK_PATH}");
            Url::parse(&url).map_err(|error| OrgError::Usage(format!("{url}: {error}")))?
        }
    };
    Ok((listener, callback))
}

/// 256 random bits, as text.
fn random() -> Result<Secret, OrgError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        OrgError::Usage(format!("this machine gives no random numbers: {error}"))
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// One connection: answered with a page; `Some` where it was the browser's return.
async fn visit(
    mut stream: TcpStream,
    callback: Url,
    state: Secret,
) -> Option<Result<Secret, String>> {
    let head = timeout(HEAD_TIMEOUT, head(&mut stream)).await.ok()??;
    let visit = read_visit(&head, &callback, &state);
    let (status, page) = match &visit {
        Visit::Code(_) => ("200 OK", "orgwright has what it needs."),
        Visit::Declined(_) => ("200 OK", "orgwright was not allowed in."),
        Visit::Stranger => (
            "400 Bad Request",
            "This is not the log-in that orgwright waits for.",
        ),
    };
    // Whether the page arrives changes nothing.
    let _ = stream.write_all(response(status, page).as_bytes()).await;
    let _ = stream.shutdown().await;
    match visit {
        Visit::Code(code) => Some(Ok(code)),
        Visit::Declined(reason) => Some(Err(reason)),
        Visit::Stranger => None,
    }
}

fn response(status: &str, sentence: &str) -> String {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>orgwright</title>\
         <p>{sentence} You can close this window; the terminal says how it goes on.</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n\r\n{page}",
        page.len()
    )
}

/// The request up to the empty line; `None` where it breaks off or has no end.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if bytes.len() > LARGEST_HEAD || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// What a request turned out to be.
#[derive(Debug, PartialEq, Eq)]
enum Visit {
    Code(Secret),
    /// The org sent the browser back without a code, and says why.
    Declined(String),
    /// Something else, or somebody who does not know the state.
    Stranger,
}

fn read_visit(head: &str, callback: &Url, state: &Secret) -> Visit {
    let target = head
        .strip_prefix("GET ")
        .and_then(|rest| rest.split(' ').next());
    let Some(url) = target.and_then(|target| callback.join(target).ok()) else {
        return Visit::Stranger;
    };
    let get = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let is_ours = url.origin() == callback.origin()
        && url.path() == callback.path()
        && get("state").as_deref() == Some(state.expose());
    match (is_ours, get("code"), get("error")) {
        (true, Some(code), None) if !code.is_empty() => Visit::Code(Secret::new(code)),
        (true, _, Some(error)) => Visit::Declined(declined(&error, get("error_description"))),
        _ => Visit::Stranger,
    }
}

fn declined(error: &str, description: Option<String>) -> String {
    let description = description.unwrap_or_default();
    let advice = match error {
        "access_denied" => "; somebody declined in the browser",
        "redirect_uri_mismatch" => "; `callback_url` must be a callback that the app lists",
        _ => "",
    };
    format!("{}{advice}", excerpt(&format!("{error}: {description}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(request_line: &str) -> Visit {
        let callback = Url::parse("http://localhost:1717/OauthRedirect").unwrap();
        let head = format!("{request_line}\r\nHost: localhost:1717\r\n\r\n");
        read_visit(&head, &callback, &Secret::new("ours"))
    }

    #[test]
    fn only_the_request_that_knows_the_state_is_the_browsers_return() {
        let code = Visit::Code(Secret::new("aPrx=="));
        let check = |target: &str, expected: &Visit| {
            assert_eq!(
                &visited(&format!("GET {target} HTTP/1.1")),
                expected,
                "{target}"
            );
        };
        check("/OauthRedirect?code=aPrx%3D%3D&state=ours", &code);
        check("/OauthRedirect?state=ours&code=aPrx==", &code);
        for stranger in [
            "/OauthRedirect?code=aPrx&state=theirs",
            "/OauthRedirect?code=aPrx",
            "/OauthRedirect?code=&state=ours",
            "/OauthRedirect?state=ours",
            "/favicon.ico?code=aPrx&state=ours",
            "//evil.example/OauthRedirect?code=aPrx&state=ours",
            "/OauthRedirect?error=access_denied&state=theirs",
        ] {
            check(stranger, &Visit::Stranger);
        }
        assert_eq!(
            visited("POST /OauthRedirect?code=a&state=ours HTTP/1.1"),
            Visit::Stranger
        );
        assert_eq!(visited(""), Visit::Stranger);
    }

    #[test]
    fn a_refusal_is_told_in_the_orgs_words() {
        let told = visited(
            "GET /OauthRedirect?error=access_denied&error_description=end-user%20denied%20authorization%1b%5B2J&state=ours HTTP/1.1",
        );
        let Visit::Declined(reason) = told else {
            panic!("{told:?}");
        };
        assert_eq!(
            reason,
            "access_denied: end-user denied authorization\\u{1b}[2J; somebody declined in the browser"
        );
    }

    #[test]
    fn no_two_log_ins_share_their_secrets() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), 43);
    }
}
