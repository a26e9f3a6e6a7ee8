//! Which org is meant: the targets, and the file that names them.
//!
//! ```toml
//! [targets.production]
//! auth = "jwt"          # jwt | client_credentials | browser | refresh_token | sfdx_auth_url | access_token
//! instance_url = "https://acme.my.salesforce.com"
//! client_id = "3MVG9..."                         # the app's consumer key, which is no secret
//! username = "deploy@acme.example"
//! private_key_file = "keys/production.pem"       # paths are relative to this file
//! ```
//!
//! **Promise:** the file holds paths and names of environment variables. A secret written into it is refused, and
//! no error repeats a value from it.

mod secrets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use reqwest::Url;

use crate::secret::Secret;

use super::error::OrgError;
use super::hosts;
use super::replay::Recording;
use super::secret_source::SecretSource;

/// An org to connect to.
#[derive(Clone, Debug)]
pub enum Target {
    /// `SF_ACCESS_TOKEN` and `SF_ORG_INSTANCE_URL`.
    Env,
    /// A log-in of the Salesforce CLI, by alias or username.
    SfAlias(String),
    /// An entry of `orgwright.toml`.
    Named(NamedTarget),
    /// What was recorded of an org: no org is asked.
    Record(Arc<Recording>),
    /// A URL and a token that the program already has.
    Url {
        /// Scheme, host and port.
        base_url: String,
        /// An access token for it.
        token: Secret,
    },
}

/// One entry of `orgwright.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTarget {
    /// The name under `[targets]`.
    pub name: String,
    /// The org's own host, if stated. A log-in that answers with another one is refused.
    pub instance_url: Option<String>,
    /// The host that issues tokens, if it is not the instance.
    pub login_url: Option<String>,
    /// A file with certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    pub(super) grant: TokenGrant,
}

/// How a token is obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenGrant {
    Jwt {
        client_id: String,
        username: String,
        private_key: SecretSource,
        audience: Option<String>,
    },
    ClientCredentials {
        client_id: String,
        client_secret: SecretSource,
    },
    RefreshToken {
        client_id: String,
        client_secret: Option<SecretSource>,
        refresh_token: SecretSource,
    },
    /// Somebody logs in with a browser, once; the refresh token is kept in a file until they log out.
    Browser(Box<Browser>),
    /// The Salesforce CLI's URL, which holds an app, a refresh token and a host.
    SfdxAuthUrl {
        auth_url: SecretSource,
    },
    AccessToken {
        token: SecretSource,
    },
}

/// What a browser log-in needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Browser {
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretSource>,
    pub(super) refresh_token_file: PathBuf,
    /// The callback as it is registered on the app; `None` takes a free port.
    pub(super) callback_url: Option<Url>,
}

impl NamedTarget {
    /// The file that a log-in with a browser leaves behind, for targets that are logged in to that way.
    pub fn log_in_file(&self) -> Option<&Path> {
        match &self.grant {
            TokenGrant::Browser(browser) => Some(&browser.refresh_token_file),
            _ => None,
        }
    }

    /// Whether it waits for somebody to log in with a browser.
    pub(super) fn is_logged_out(&self) -> bool {
        self.log_in_file().is_some_and(|file| !file.exists())
    }
}

/// Keys whose value would be a secret, and what to write instead.
const SECRET_KEYS: &[(&str, &str)] = &[
    ("access_token", "token_env = \"VARIABLE\""),
    (
        "auth_url",
        "auth_url_env = \"VARIABLE\" or auth_url_file = \"PATH\"",
    ),
    (
        "client_secret",
        "client_secret_env = \"VARIABLE\" or client_secret_file = \"PATH\"",
    ),
    (
        "consumer_secret",
        "client_secret_env = \"VARIABLE\" or client_secret_file = \"PATH\"",
    ),
    ("password", "another kind of log-in: passwords are not used"),
    (
        "private_key",
        "private_key_env = \"VARIABLE\" or private_key_file = \"PATH\"",
    ),
    (
        "refresh_token",
        "refresh_token_env = \"VARIABLE\" or refresh_token_file = \"PATH\"",
    ),
    (
        "security_token",
        "another kind of log-in: passwords are not used",
    ),
    (
        "sfdx_auth_url",
        "auth_url_env = \"VARIABLE\" or auth_url_file = \"PATH\"",
    ),
    ("token", "token_env = \"VARIABLE\""),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetTable {
    auth: GrantKind,
    instance_url: Option<String>,
    login_url: Option<String>,
    ca_file: Option<PathBuf>,
    username: Option<String>,
    client_id: Option<String>,
    audience: Option<String>,
    private_key_env: Option<String>,
    private_key_file: Option<PathBuf>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    refresh_token_env: Option<String>,
    refresh_token_file: Option<PathBuf>,
    auth_url_env: Option<String>,
    auth_url_file: Option<PathBuf>,
    callback_url: Option<String>,
    token_env: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantKind {
    Jwt,
    ClientCredentials,
    RefreshToken,
    Browser,
    SfdxAuthUrl,
    AccessToken,
}

/// Reads the targets of an `orgwright.toml`.
///
/// # Errors
/// [`OrgError::Usage`], with the file, the target and the key.
pub fn read_file(path: &Path) -> Result<BTreeMap<String, NamedTarget>, OrgError> {
    let problem = |reason: String| OrgError::Usage(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    read(&text, path.parent().unwrap_or(Path::new(""))).map_err(problem)
}

fn read(text: &str, folder: &Path) -> Result<BTreeMap<String, NamedTarget>, String> {
    // The parser's own display quotes the line, and that line may hold the secret that is in the wrong place.
    let mut file: toml::Table = toml::from_str(text).map_err(|error| match error.span() {
        Some(span) => format!("line {}: {}", line_of(text, span.start), error.message()),
        None => error.message().to_owned(),
    })?;
    let targets = match file.remove("targets") {
        Some(toml::Value::Table(targets)) => targets,
        Some(_) => {
            return Err(String::from(
                "`targets` must be a table: write [targets.NAME]",
            ));
        }
        None => return Err(String::from("no [targets.NAME] in it")),
    };
    if let Some(key) = file.keys().next() {
        return Err(format!("unknown key `{key}`; known is only [targets.NAME]"));
    }
    let read_one = |(name, value): (String, toml::Value)| {
        let target =
            target(&name, value, folder).map_err(|reason| format!("target `{name}`: {reason}"))?;
        Ok((name, target))
    };
    targets.into_iter().map(read_one).collect()
}

fn target(name: &str, value: toml::Value, folder: &Path) -> Result<NamedTarget, String> {
    let toml::Value::Table(table) = value else {
        return Err(String::from("it must be a table"));
    };
    for (key, instead) in SECRET_KEYS {
        if table.contains_key(*key) {
            return Err(format!(
                "`{key}` would put a secret into this file: write {instead}"
            ));
        }
    }
    let entry: TargetTable = table
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    let grant = grant(&entry, folder)?;
    Ok(NamedTarget {
        name: name.to_owned(),
        instance_url: entry.instance_url,
        login_url: entry.login_url,
        ca_file: entry.ca_file.map(|file| folder.join(file)),
        grant,
    })
}

fn grant(entry: &TargetTable, folder: &Path) -> Result<TokenGrant, String> {
    let client_id = || stated(&entry.client_id, "client_id");
    match entry.auth {
        GrantKind::Jwt => Ok(TokenGrant::Jwt {
            client_id: client_id()?,
            username: stated(&entry.username, "username")?,
            private_key: place(
                &entry.private_key_env,
                &entry.private_key_file,
                folder,
                "private_key_env or private_key_file",
            )?,
            audience: entry.audience.clone(),
        }),
        // The platform issues these tokens on the org's own host only.
        GrantKind::ClientCredentials
            if entry.instance_url.is_none() && entry.login_url.is_none() =>
        {
            Err(String::from(
                "`instance_url` is missing: client credentials need the org's My Domain host",
            ))
        }
        GrantKind::ClientCredentials => Ok(TokenGrant::ClientCredentials {
            client_id: client_id()?,
            client_secret: entry.client_secret(folder)?,
        }),
        GrantKind::RefreshToken => Ok(TokenGrant::RefreshToken {
            client_id: client_id()?,
            client_secret: entry.client_secret_if_any(folder)?,
            refresh_token: place(
                &entry.refresh_token_env,
                &entry.refresh_token_file,
                folder,
                "refresh_token_env or refresh_token_file",
            )?,
        }),
        GrantKind::Browser => Ok(TokenGrant::Browser(Box::new(browser(entry, folder)?))),
        GrantKind::SfdxAuthUrl => Ok(TokenGrant::SfdxAuthUrl {
            auth_url: place(
                &entry.auth_url_env,
                &entry.auth_url_file,
                folder,
                "auth_url_env or auth_url_file",
            )?,
        }),
        GrantKind::AccessToken => {
            stated(&entry.instance_url, "instance_url")?;
            Ok(TokenGrant::AccessToken {
                token: place(&entry.token_env, &None, folder, "token_env")?,
            })
        }
    }
}

impl TargetTable {
    fn client_secret(&self, folder: &Path) -> Result<SecretSource, String> {
        place(
            &self.client_secret_env,
            &self.client_secret_file,
            folder,
            "client_secret_env or client_secret_file",
        )
    }

    /// Apps that cannot keep a secret have none.
    fn client_secret_if_any(&self, folder: &Path) -> Result<Option<SecretSource>, String> {
        if self.client_secret_env.is_none() && self.client_secret_file.is_none() {
            return Ok(None);
        }
        self.client_secret(folder).map(Some)
    }
}

fn browser(entry: &TargetTable, folder: &Path) -> Result<Browser, String> {
    let file = stated(&entry.refresh_token_file, "refresh_token_file")?;
    Ok(Browser {
        client_id: stated(&entry.client_id, "client_id")?,
        client_secret: entry.client_secret_if_any(folder)?,
        refresh_token_file: folder.join(file),
        callback_url: entry.callback_url.as_deref().map(callback).transpose()?,
    })
}

/// A callback that ends in this program: http on this machine, as the app registers it.
fn callback(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok();
    url.filter(|url| url.scheme() == "http" && hosts::is_loopback(url) && url.query().is_none())
        .ok_or_else(|| {
            String::from(
                "`callback_url` must lead to this machine, such as http://localhost:1717/OauthRedirect",
            )
        })
}

fn stated<Value: Clone>(value: &Option<Value>, key: &str) -> Result<Value, String> {
    value.clone().ok_or_else(|| format!("`{key}` is missing"))
}

fn place(
    variable: &Option<String>,
    file: &Option<PathBuf>,
    folder: &Path,
    keys: &str,
) -> Result<SecretSource, String> {
    match (variable, file) {
        // The value is not repeated: what is no name is likely the secret itself.
        (Some(name), None) if !is_variable_name(name) => Err(format!(
            "{keys}: the value is not the name of an environment variable"
        )),
        (Some(name), None) => Ok(SecretSource::Variable(name.clone())),
        (None, Some(file)) => Ok(SecretSource::File(folder.join(file))),
        (None, None) => Err(format!("{keys} is missing")),
        (Some(_), Some(_)) => Err(format!("{keys}: state one of them")),
    }
}

fn is_variable_name(name: &str) -> bool {
    name.len() <= 80
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes()
        .take(byte)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Result<NamedTarget, String> {
        let mut targets = read(
            &format!("[targets.production]\n{body}"),
            Path::new("/project"),
        )?;
        Ok(targets.remove("production").unwrap())
    }

    #[test]
    fn every_kind_of_log_in() {
        for (body, expected) in [
            (
                "auth='jwt'\nclient_id='k'\nusername='u'\nprivate_key_file='keys/p.pem'",
                TokenGrant::Jwt {
                    client_id: String::from("k"),
                    username: String::from("u"),
                    private_key: SecretSource::File(PathBuf::from("/project/keys/p.pem")),
                    audience: None,
                },
            ),
            (
                "auth='jwt'\nclient_id='k'\nusername='u'\nprivate_key_env='SF_KEY'",
                TokenGrant::Jwt {
                    client_id: String::from("k"),
                    username: String::from("u"),
                    private_key: SecretSource::Variable(String::from("SF_KEY")),
                    audience: None,
                },
            ),
            (
                "auth='client_credentials'\ninstance_url='https://a.my.salesforce.com'\nclient_id='k'\nclient_secret_env='S'",
                TokenGrant::ClientCredentials {
                    client_id: String::from("k"),
                    client_secret: SecretSource::Variable(String::from("S")),
                },
            ),
            (
                "auth='refresh_token'\nclient_id='k'\nrefresh_token_file='/run/secrets/r'",
                TokenGrant::RefreshToken {
                    client_id: String::from("k"),
                    client_secret: None,
                    refresh_token: SecretSource::File(PathBuf::from("/run/secrets/r")),
                },
            ),
            (
                "auth='browser'\nclient_id='k'\nrefresh_token_file='r'\ncallback_url='http://localhost:1717/OauthRedirect'",
                TokenGrant::Browser(Box::new(Browser {
                    client_id: String::from("k"),
                    client_secret: None,
                    refresh_token_file: PathBuf::from("/project/r"),
                    callback_url: Url::parse("http://localhost:1717/OauthRedirect").ok(),
                })),
            ),
            (
                "auth='sfdx_auth_url'\nauth_url_env='SFDX_AUTH_URL'",
                TokenGrant::SfdxAuthUrl {
                    auth_url: SecretSource::Variable(String::from("SFDX_AUTH_URL")),
                },
            ),
            (
                "auth='access_token'\ninstance_url='https://a.my.salesforce.com'\ntoken_env='T'",
                TokenGrant::AccessToken {
                    token: SecretSource::Variable(String::from("T")),
                },
            ),
        ] {
            assert_eq!(one(body).unwrap().grant, expected);
        }
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_never_repeated() {
        for body in [
            "auth='client_credentials'\nclient_secret='canary'",
            "auth='refresh_token'\nrefresh_token='canary'",
            "auth='sfdx_auth_url'\nauth_url='force://a::canary@b'",
            "auth='sfdx_auth_url'\nauth_url_env='force://a::canary@b'",
            "auth='access_token'\ntoken='canary'",
            "auth='access_token'\ninstance_url='x'\ntoken_env='00D000000000001!canary'",
            "auth='jwt'\nprivate_key=\"\"\"canary\"\"\"",
            "auth='jwt'\nclient_id='k'\nusername='u'\nprivate_key_env='-----BEGIN canary'",
            "auth='access_token'\naccess_token='canary",
            "auth='access_token'\naccess_token=canary canary",
        ] {
            let error = one(body).unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
        let error = one("auth='client_credentials'\nclient_secret='canary'").unwrap_err();
        assert!(
            error.contains(
                "`client_secret` would put a secret into this file: write client_secret_env"
            ),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, expected) in [
            ("auth='jwt'", "target `production`: `client_id` is missing"),
            (
                "auth='access_token'\ntoken_env='T'",
                "`instance_url` is missing",
            ),
            ("auth='client_credentials'\nclient_id='k'", "My Domain"),
            ("auth='jwt'\nclientid='k'", "unknown field `clientid`"),
            (
                "auth='jwt'\nclient_id='k'\nusername='u'",
                "private_key_env or private_key_file is missing",
            ),
            ("auth='password'", "unknown variant `password`"),
            (
                "auth='browser'\nclient_id='k'\nrefresh_token_env='R'",
                "`refresh_token_file` is missing",
            ),
            (
                "auth='browser'\nclient_id='k'\nrefresh_token_file='r'\ncallback_url='https://evil.example/'",
                "must lead to this machine",
            ),
            (
                "auth='sfdx_auth_url'",
                "auth_url_env or auth_url_file is missing",
            ),
            ("client_id='k'", "missing field `auth`"),
            (
                "auth='refresh_token'\nclient_id='k'\nrefresh_token_env='A'\nrefresh_token_file='b'",
                "state one of them",
            ),
            ("auth=", "line 2:"),
        ] {
            let error = one(body).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        for (text, expected) in [
            ("", "no [targets.NAME]"),
            ("targets=1", "must be a table"),
            ("[targets.a]\n[x]", "`x`"),
        ] {
            let error = read(text, Path::new("")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
