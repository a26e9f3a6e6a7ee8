//! The OAuth token endpoint: one grant in, one token out.
//!
//! **Promise:** no error repeats a secret that was sent, nor any part of an answer that could hold a token.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::private_file;
use crate::secret::Secret;

use super::answer::HttpAnswer;
use super::assertion::SigningKey;
use super::error::OrgError;
use super::hosts;
use super::http::{Call, Http};
use super::retry::Retries;
use super::secret_source::SecretSource;
use super::target::{Browser, TokenGrant};

/// The log-in host of production orgs, and the audience of their assertions.
pub(super) const PRODUCTION: &str = "https://login.salesforce.com";
/// The log-in host of sandboxes, and the audience of theirs.
pub(super) const SANDBOX: &str = "https://test.salesforce.com";
/// Clock difference from which an assertion may be too old or from the future.
const MAX_SKEW: Duration = Duration::from_secs(120);

/// The answer of the token endpoint; everything else in it is optional in the field.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
    pub(super) instance_url: String,
    /// Given to a log-in with a browser, and to a renewal where the app changes the token each time.
    pub(super) refresh_token: Option<String>,
    id: Option<String>,
}

impl TokenAnswer {
    /// The org id: the last part but one of the identity URL.
    pub(super) fn org_id(&self) -> Option<String> {
        let mut parts = self.id.as_deref()?.rsplit('/');
        parts
            .nth(1)
            .filter(|id| id.starts_with("00D"))
            .map(str::to_owned)
    }
}

/// Obtains a token; nothing in the org changes by it.
pub(super) async fn ask(
    http: &Http,
    grant: &TokenGrant,
    login: &Url,
) -> Result<TokenAnswer, OrgError> {
    let TokenGrant::Jwt {
        client_id,
        username,
        private_key,
        audience,
    } = grant
    else {
        let answer = post_token(http, login, &form(grant)?).await?;
        keep_rotated(grant, &answer)?;
        return Ok(answer);
    };
    let key = SigningKey::read(private_key)?;
    let audience = audience.clone().unwrap_or_else(|| audience_of(login));
    let first = post_token(
        http,
        login,
        &signed_form(&key, client_id, username, &audience)?,
    )
    .await;
    // A sandbox behind its own domain wants the other audience, and only its answer tells.
    match first {
        Err(OrgError::Login { reason, .. })
            if reason.to_lowercase().contains("audience") && !hosts::is_loopback(login) =>
        {
            let other = other_audience(&audience);
            post_token(http, login, &signed_form(&key, client_id, username, other)?).await
        }
        outcome => outcome,
    }
}

/// Trades the code that a browser brought for tokens. A code is good for one attempt.
pub(super) async fn trade_code(
    http: &Http,
    browser: &Browser,
    login: &Url,
    code: Secret,
    callback: &str,
    verifier: Secret,
) -> Result<TokenAnswer, OrgError> {
    let mut form: Form = vec![
        ("grant_type", Secret::new("authorization_code")),
        ("client_id", Secret::new(&browser.client_id)),
        ("redirect_uri", Secret::new(callback)),
        ("code", code),
        ("code_verifier", verifier),
    ];
    push_client_secret(&mut form, browser.client_secret.as_ref())?;
    post_token_once(http, login, &form).await
}

/// Ends a refresh token, and with it every session it was traded for. `false` where the org knows it no more.
pub(super) async fn revoke(http: &Http, login: &Url, token: Secret) -> Result<bool, OrgError> {
    let form: Form = vec![("token", token)];
    match post(http, login, "revoke", "log out", &form)
        .await?
        .accept()
    {
        Ok(_) => Ok(true),
        Err(OrgError::Refused { refusal, .. }) if refusal.status == 400 => Ok(false),
        Err(other) => Err(other),
    }
}

/// Keeps the refresh token that takes the place of the one just used: the old one is worth nothing from now on.
fn keep_rotated(grant: &TokenGrant, answer: &TokenAnswer) -> Result<(), OrgError> {
    match (grant, &answer.refresh_token) {
        (TokenGrant::Browser(browser), Some(token)) => keep(&browser.refresh_token_file, token),
        _ => Ok(()),
    }
}

/// Writes a refresh token into the file that the target names, for its owner alone.
pub(super) fn keep(file: &Path, token: &str) -> Result<(), OrgError> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let written = folder
        .map_or(Ok(()), private_file::create_folder)
        .and_then(|()| is_own_or_absent(file))
        .and_then(|()| {
            private_file::replace(
                file,
                Secret::new(format!("{OWN}{token}")).expose().as_bytes(),
            )
        });
    written.map_err(|error| {
        let file = file.display();
        OrgError::Usage(format!("cannot keep the refresh token in {file}: {error}"))
    })
}

/// The first line of a file that this program keeps a refresh token in. Any other file is somebody else's.
const OWN: &str = "# written by orgwright: a refresh token\n";

/// The refresh token that was kept in a file.
pub(super) fn kept(file: &Path) -> Result<Secret, OrgError> {
    let secret = SecretSource::File(file.to_owned()).read()?;
    match secret.expose().strip_prefix(OWN.trim_end()) {
        Some(token) => Ok(Secret::new(token.trim())),
        None => Err(OrgError::Usage(format!("{} {NOT_OWN}", file.display()))),
    }
}

const NOT_OWN: &str = "was not written by orgwright, so it is neither sent, nor replaced, nor deleted: \
                       move it away, and log in again";

/// Refuses a file that something else has written.
pub(super) fn is_own_or_absent(file: &Path) -> std::io::Result<()> {
    let content = match private_file::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        content => content?,
    };
    match content.starts_with(OWN.as_bytes()) {
        true => Ok(()),
        false => Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            format!("it {NOT_OWN}"),
        )),
    }
}

type Form = Vec<(&'static str, Secret)>;

/// The form of every grant but the signed one.
fn form(grant: &TokenGrant) -> Result<Form, OrgError> {
    match grant {
        TokenGrant::ClientCredentials {
            client_id,
            client_secret,
        } => Ok(vec![
            ("grant_type", Secret::new("client_credentials")),
            ("client_id", Secret::new(client_id)),
            ("client_secret", client_secret.read()?),
        ]),
        TokenGrant::RefreshToken {
            client_id,
            client_secret,
            refresh_token,
        } => refresh_form(client_id, client_secret.as_ref(), refresh_token.read()?),
        TokenGrant::Browser(browser) => refresh_form(
            &browser.client_id,
            browser.client_secret.as_ref(),
            kept(&browser.refresh_token_file)?,
        ),
        // Neither asks for a token this way: the one is signed, the others were traded or taken before.
        TokenGrant::Jwt { .. }
        | TokenGrant::SfdxAuthUrl { .. }
        | TokenGrant::AccessToken { .. } => Ok(Vec::new()),
    }
}

fn refresh_form(
    client_id: &str,
    client_secret: Option<&SecretSource>,
    token: Secret,
) -> Result<Form, OrgError> {
    let mut form = vec![
        ("grant_type", Secret::new("refresh_token")),
        ("client_id", Secret::new(client_id)),
        ("refresh_token", token),
    ];
    push_client_secret(&mut form, client_secret)?;
    Ok(form)
}

fn push_client_secret(form: &mut Form, secret: Option<&SecretSource>) -> Result<(), OrgError> {
    if let Some(secret) = secret {
        form.push(("client_secret", secret.read()?));
    }
    Ok(())
}

/// The form of a signed grant.
fn signed_form(
    key: &SigningKey,
    client_id: &str,
    username: &str,
    audience: &str,
) -> Result<Form, OrgError> {
    let assertion = key.assertion(client_id, username, audience)?;
    Ok(vec![
        (
            "grant_type",
            Secret::new("urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ),
        ("assertion", assertion),
    ])
}

fn other_audience(audience: &str) -> &'static str {
    match audience {
        SANDBOX => PRODUCTION,
        _ => SANDBOX,
    }
}

/// The audience that goes with a log-in host: production and sandboxes each have their own. Whoever listens on this machine
/// is given nothing that opens an org of Salesforce.
fn audience_of(login: &Url) -> String {
    let host = login.host_str().unwrap_or_default();
    match host {
        _ if hosts::is_loopback(login) => login.origin().ascii_serialization(),
        "test.salesforce.com" => String::from(SANDBOX),
        test if test.contains(".sandbox.") || test.contains(".scratch.") => String::from(SANDBOX),
        _ => String::from(PRODUCTION),
    }
}

/// Asks for a token; nothing in the org changes by it, so it may be asked again.
async fn post_token(http: &Http, login: &Url, form: &Form) -> Result<TokenAnswer, OrgError> {
    let retries = Retries::default();
    let mut attempt = 1;
    loop {
        let error = match post_token_once(http, login, form).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(wait) = retries.wait(&error, attempt, http.clock().chance()) else {
            return Err(error);
        };
        http.pause(wait).await;
        attempt += 1;
    }
}

async fn post_token_once(http: &Http, login: &Url, form: &Form) -> Result<TokenAnswer, OrgError> {
    let failed = |reason: String| OrgError::Login {
        host: hosts::shown(login),
        reason,
    };
    let answer = post(http, login, "token", "log in", form).await?;
    let status = answer.status;
    let skew = answer.header("date").and_then(|date| skew(&date));
    match answer.accept() {
        // The body is never shown: it holds the token.
        Ok(answer) => serde_json::from_slice(&answer.body).map_err(|_| {
            failed(String::from(
                "the answer of the token endpoint holds no access token",
            ))
        }),
        Err(OrgError::Refused { refusal, .. }) => {
            let reason = format!("{refusal}{}", advice(&refusal.message, skew));
            Err(failed(without_secrets(form, reason)))
        }
        // Whatever this is, it may be a token: none of it is shown.
        Err(OrgError::Garbled { .. }) => Err(failed(format!(
            "the answer of the token endpoint (HTTP {status}) is none that it gives"
        ))),
        Err(OrgError::HtmlPage { host, status, .. }) => Err(OrgError::HtmlPage {
            host,
            status,
            title: None,
        }),
        Err(OrgError::Busy {
            host,
            reason,
            retry_after,
        }) => Err(OrgError::Busy {
            host,
            reason: without_secrets(form, reason),
            retry_after,
        }),
        Err(other) => Err(other),
    }
}

/// A host may say again what it was told.
fn without_secrets(form: &Form, text: String) -> String {
    let secrets = form
        .iter()
        .filter(|(name, _)| !matches!(*name, "grant_type" | "client_id" | "redirect_uri"));
    secrets.fold(text, |text, (_, secret)| secret.redact(&text))
}

/// Sends a form to an endpoint of the log-in host.
async fn post(
    http: &Http,
    login: &Url,
    endpoint: &str,
    operation: &str,
    form: &Form,
) -> Result<HttpAnswer, OrgError> {
    let mut url = login.clone();
    url.set_path(&format!("/services/oauth2/{endpoint}"));
    let mut pairs = login.clone();
    pairs
        .query_pairs_mut()
        .extend_pairs(form.iter().map(|(name, value)| (*name, value.expose())));
    let call = Call {
        operation: operation.to_owned(),
        write: false,
        method: Method::POST,
        url,
        body: Some((
            "application/x-www-form-urlencoded",
            pairs.query().unwrap_or_default().as_bytes().to_vec(),
        )),
        soap_action: false,
        bearer: None,
        token: form.last().map(|(_, secret)| secret.clone()),
        api_calls: 0,
    };
    http.send(call).await
}

/// The next step for the refusals that people meet.
fn advice(message: &str, skew: Option<Duration>) -> String {
    if let Some(skew) = skew.filter(|skew| *skew > MAX_SKEW) {
        return format!(
            "; this machine's clock differs from the org's by {} seconds",
            skew.as_secs()
        );
    }
    let message = message.to_lowercase();
    let advice = if message.contains("approved this consumer") {
        "; pre-authorise the user's profile or a permission set of the user in the connected app's policies"
    } else if message.contains("expired access/refresh token") {
        "; the refresh token was revoked or has expired: log in again, or issue a new one"
    } else if message.contains("client identifier invalid") {
        "; `client_id` must be the app's consumer key, and a new app needs up to ten minutes"
    } else {
        ""
    };
    String::from(advice)
}

/// How far this machine's clock is from the host's.
fn skew(date: &str) -> Option<Duration> {
    let there = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let difference = jiff::Timestamp::now().duration_since(there);
    Some(difference.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences() {
        for (login, expected) in [
            ("https://login.salesforce.com", PRODUCTION),
            ("https://acme.my.salesforce.com", PRODUCTION),
            ("https://test.salesforce.com", SANDBOX),
            ("https://acme--uat.sandbox.my.salesforce.com", SANDBOX),
            (
                "https://brave-fox-1-dev-ed.scratch.my.salesforce.com",
                SANDBOX,
            ),
            ("https://acme-dev-ed.develop.my.salesforce.com", PRODUCTION),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(audience_of(&Url::parse(login).unwrap()), expected);
        }
    }

    #[test]
    fn advice_for_the_refusals_people_meet() {
        assert!(advice("user hasn't approved this consumer", None).contains("pre-authorise"));
        assert!(
            advice("x", Some(Duration::from_secs(900)))
                .contains("differs from the org's by 900 seconds")
        );
        assert_eq!(advice("inactive user", Some(Duration::from_secs(3))), "");
    }

    #[test]
    fn the_hosts_clock_is_read() {
        assert!(skew("Tue, 01 Jan 2019 00:00:00 GMT").is_some_and(|skew| skew > MAX_SKEW));
        assert_eq!(skew("yesterday"), None);
    }
}
