//! The Salesforce CLI's auth URL: an app, a refresh token and a host in one text.
//!
//! `force://CLIENT_ID:CLIENT_SECRET:REFRESH_TOKEN@HOST`, the secret often empty. `sf org display --verbose --json`
//! and `sf org auth show-sfdx-auth-url --json` wrap it in JSON, which is taken as well: people save either.
//!
//! **Promise:** no error repeats a part of it.

use serde_json::Value;

use crate::secret::Secret;

use super::{hosts, sf};

/// What an auth URL says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AuthUrl {
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret>,
    pub(super) refresh_token: Secret,
    /// The host with its scheme.
    pub(super) login_url: String,
}

/// Reads an auth URL, bare or in the CLI's JSON.
pub(super) fn read(text: &Secret) -> Result<AuthUrl, &'static str> {
    let text = unwrapped(text)?;
    let parts = text
        .expose()
        .strip_prefix("force://")
        .and_then(|rest| rest.rsplit_once('@'))
        .and_then(|(app, host)| {
            let mut parts = app.split(':');
            let app = (parts.next()?, parts.next()?, parts.next()?);
            (parts.next().is_none() && are_well_formed(app, host)).then_some((app, host))
        });
    let Some(((client_id, client_secret, refresh_token), host)) = parts else {
        return Err("it is not of the form force://CLIENT_ID:CLIENT_SECRET:REFRESH_TOKEN@HOST");
    };
    Ok(AuthUrl {
        client_id: client_id.to_owned(),
        client_secret: Some(client_secret)
            .filter(|secret| !secret.is_empty())
            .map(Secret::new),
        refresh_token: Secret::new(refresh_token),
        login_url: with_scheme(host),
    })
}

/// The URL itself, where the text is the CLI's JSON around it.
fn unwrapped(text: &Secret) -> Result<Secret, &'static str> {
    if !text.expose().starts_with('{') {
        return Ok(text.clone());
    }
    let json: Value = serde_json::from_str(text.expose()).map_err(|_| "it is broken JSON")?;
    let result = json.get("result").unwrap_or(&json);
    let url = result.get("sfdxAuthUrl").and_then(Value::as_str);
    match url {
        Some(url) if sf::is_hidden(url) => Err(
            "the Salesforce CLI has hidden the URL in it; write it with `sf org auth show-sfdx-auth-url --json`",
        ),
        Some(url) => Ok(Secret::new(url)),
        None => Err("the JSON in it has no sfdxAuthUrl"),
    }
}

/// The characters that the CLI itself takes; the secret may be absent.
fn are_well_formed((id, secret, token): (&str, &str, &str), host: &str) -> bool {
    let plain = |text: &str, also: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    let part = |text: &str| plain(text.trim_end_matches('='), "._-");
    !id.is_empty()
        && !token.is_empty()
        && !host.is_empty()
        && [id, secret, token].map(part) == [true; 3]
        && plain(host, ":._-")
}

/// Auth URLs name no scheme; it is https wherever the network lies between.
fn with_scheme(host: &str) -> String {
    let plain = format!("http://{host}");
    match reqwest::Url::parse(&plain) {
        Ok(url) if hosts::is_loopback(&url) => plain,
        _ => format!("https://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auth_url_is_read_in_every_dress() {
        let expected = |secret: Option<&str>, login_url: &str| AuthUrl {
            client_id: String::from("PlatformCLI"),
            client_secret: secret.map(Secret::new),
            refresh_token: Secret::new("5Aep861canary=="),
            login_url: login_url.to_owned(),
        };
        let acme = "https://acme.my.salesforce.com";
        for (text, secret, login_url) in [
            (
                "force://PlatformCLI::5Aep861canary==@acme.my.salesforce.com\n",
                None,
                acme,
            ),
            (
                "force://PlatformCLI:s3cret:5Aep861canary==@acme.my.salesforce.com",
                Some("s3cret"),
                acme,
            ),
            (
                r#"{"status":0,"result":{"sfdxAuthUrl":"force://PlatformCLI::5Aep861canary==@acme.my.salesforce.com"}}"#,
                None,
                acme,
            ),
            (
                r#"{"sfdxAuthUrl":"force://PlatformCLI::5Aep861canary==@acme.my.salesforce.com"}"#,
                None,
                acme,
            ),
            (
                "force://PlatformCLI::5Aep861canary==@127.0.0.1:8080",
                None,
                "http://127.0.0.1:8080",
            ),
        ] {
            assert_eq!(read(&Secret::new(text)), Ok(expected(secret, login_url)));
        }
    }

    #[test]
    fn what_is_no_auth_url_is_refused_without_a_word_of_it() {
        for text in [
            "https://canary@acme.my.salesforce.com",
            "force://canary@acme.my.salesforce.com",
            "force://a:b:canary",
            "force://a:b:c:canary@acme.my.salesforce.com",
            "force://a:b:canary@acme.my.salesforce.com/path",
            "force://a:b:can ary@acme.my.salesforce.com",
            "force://::canary@acme.my.salesforce.com",
            r#"{"result":{"sfdxAuthUrl":"[REDACTED] canary"}}"#,
            r#"{"result":{"canary":1}}"#,
            r#"{"result":canary"#,
        ] {
            let reason = read(&Secret::new(text)).unwrap_err();
            assert!(!reason.contains("canary"), "{text}: {reason}");
        }
    }
}
