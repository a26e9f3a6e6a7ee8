//! Which org is meant: the targets, and the file that names them.
//!
//! ```toml
//! [targets.production]
//! auth = "jwt"                                   # jwt | client_credentials | refresh_token | access_token
//! instance_url = "https://acme.my.salesforce.com"
//! client_id = "3MVG9..."                         # the app's consumer key, which is no secret
//! username = "deploy@acme.example"
//! private_key_file = "keys/production.pem"       # paths are relative to this file
//! ```
//!
//! **Promise:** the file holds paths and names of environment variables. A secret written into it is refused, and
//! no error repeats a value from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::secret::Secret;

use super::error::OrgError;

/// An org to connect to.
#[derive(Clone, Debug)]
pub enum Target {
    /// `SF_ACCESS_TOKEN` and `SF_ORG_INSTANCE_URL`.
    Env,
    /// A log-in of the Salesforce CLI, by alias or username.
    SfAlias(String),
    /// An entry of `orgwright.toml`.
    Named(NamedTarget),
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
    pub(super) grant: Grant,
}

/// How a token is obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    Jwt {
        client_id: String,
        username: String,
        private_key_file: PathBuf,
        audience: Option<String>,
    },
    ClientCredentials {
        client_id: String,
        client_secret: Place,
    },
    RefreshToken {
        client_id: String,
        client_secret: Option<Place>,
        refresh_token: Place,
    },
    AccessToken {
        token: Place,
    },
}

/// Where a secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Variable(String),
    File(PathBuf),
}

impl Place {
    /// Fetches the secret.
    pub(super) fn read(&self) -> Result<Secret, OrgError> {
        let text = match self {
            Self::Variable(name) => std::env::var(name).map_err(|_| {
                OrgError::Usage(format!("the environment variable {name} is not set"))
            })?,
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                OrgError::Usage(format!("cannot read {}: {error}", path.display()))
            })?,
        };
        match Secret::new(text) {
            secret if secret.expose().is_empty() => {
                Err(OrgError::Usage(format!("{} is empty", self.shown())))
            }
            secret => Ok(secret),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Variable(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
        }
    }
}

/// Keys whose value would be a secret, and what to write instead.
const SECRET_KEYS: &[(&str, &str)] = &[
    ("access_token", "token_env = \"VARIABLE\""),
    (
        "client_secret",
        "client_secret_env = \"VARIABLE\" or client_secret_file = \"PATH\"",
    ),
    (
        "consumer_secret",
        "client_secret_env = \"VARIABLE\" or client_secret_file = \"PATH\"",
    ),
    ("password", "another kind of log-in: passwords are not used"),
    ("private_key", "private_key_file = \"PATH\""),
    (
        "refresh_token",
        "refresh_token_env = \"VARIABLE\" or refresh_token_file = \"PATH\"",
    ),
    (
        "security_token",
        "another kind of log-in: passwords are not used",
    ),
    ("token", "token_env = \"VARIABLE\""),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    auth: Kind,
    instance_url: Option<String>,
    login_url: Option<String>,
    ca_file: Option<PathBuf>,
    username: Option<String>,
    client_id: Option<String>,
    audience: Option<String>,
    private_key_file: Option<PathBuf>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    refresh_token_env: Option<String>,
    refresh_token_file: Option<PathBuf>,
    token_env: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Jwt,
    ClientCredentials,
    RefreshToken,
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

/// The nearest `orgwright.toml`, from a folder upwards.
pub fn nearest_file(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join("orgwright.toml"))
        .find(|file| file.is_file())
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
    let entry: Entry = table
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

fn grant(entry: &Entry, folder: &Path) -> Result<Grant, String> {
    let client_id = || stated(&entry.client_id, "client_id");
    let client_secret = || {
        place(
            &entry.client_secret_env,
            &entry.client_secret_file,
            folder,
            "client_secret_env or client_secret_file",
        )
    };
    match entry.auth {
        Kind::Jwt => Ok(Grant::Jwt {
            client_id: client_id()?,
            username: stated(&entry.username, "username")?,
            private_key_file: folder.join(stated(&entry.private_key_file, "private_key_file")?),
            audience: entry.audience.clone(),
        }),
        Kind::ClientCredentials => {
            // The platform issues these tokens on the org's own host only.
            if entry.instance_url.is_none() && entry.login_url.is_none() {
                return Err(String::from(
                    "`instance_url` is missing: client credentials need the org's My Domain host",
                ));
            }
            Ok(Grant::ClientCredentials {
                client_id: client_id()?,
                client_secret: client_secret()?,
            })
        }
        Kind::RefreshToken => {
            let has_secret =
                entry.client_secret_env.is_some() || entry.client_secret_file.is_some();
            Ok(Grant::RefreshToken {
                client_id: client_id()?,
                client_secret: if has_secret {
                    Some(client_secret()?)
                } else {
                    None
                },
                refresh_token: place(
                    &entry.refresh_token_env,
                    &entry.refresh_token_file,
                    folder,
                    "refresh_token_env or refresh_token_file",
                )?,
            })
        }
        Kind::AccessToken => {
            stated(&entry.instance_url, "instance_url")?;
            Ok(Grant::AccessToken {
                token: place(&entry.token_env, &None, folder, "token_env")?,
            })
        }
    }
}

fn stated<Value: Clone>(value: &Option<Value>, key: &str) -> Result<Value, String> {
    value.clone().ok_or_else(|| format!("`{key}` is missing"))
}

fn place(
    variable: &Option<String>,
    file: &Option<PathBuf>,
    folder: &Path,
    keys: &str,
) -> Result<Place, String> {
    match (variable, file) {
        // The value is not repeated: what is no name is likely the secret itself.
        (Some(name), None) if !is_variable_name(name) => Err(format!(
            "{keys}: the value is not the name of an environment variable"
        )),
        (Some(name), None) => Ok(Place::Variable(name.clone())),
        (None, Some(file)) => Ok(Place::File(folder.join(file))),
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
                Grant::Jwt {
                    client_id: String::from("k"),
                    username: String::from("u"),
                    private_key_file: PathBuf::from("/project/keys/p.pem"),
                    audience: None,
                },
            ),
            (
                "auth='client_credentials'\ninstance_url='https://a.my.salesforce.com'\nclient_id='k'\nclient_secret_env='S'",
                Grant::ClientCredentials {
                    client_id: String::from("k"),
                    client_secret: Place::Variable(String::from("S")),
                },
            ),
            (
                "auth='refresh_token'\nclient_id='k'\nrefresh_token_file='/run/secrets/r'",
                Grant::RefreshToken {
                    client_id: String::from("k"),
                    client_secret: None,
                    refresh_token: Place::File(PathBuf::from("/run/secrets/r")),
                },
            ),
            (
                "auth='access_token'\ninstance_url='https://a.my.salesforce.com'\ntoken_env='T'",
                Grant::AccessToken {
                    token: Place::Variable(String::from("T")),
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
            "auth='access_token'\ntoken='canary'",
            "auth='access_token'\ninstance_url='x'\ntoken_env='00D000000000001!canary'",
            "auth='jwt'\nprivate_key=\"\"\"canary\"\"\"",
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
            ("auth='browser'", "unknown variant `browser`"),
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

    #[test]
    fn a_place_that_holds_nothing_says_so() {
        let error = Place::Variable(String::from("ORGWRIGHT_NEVER_SET"))
            .read()
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "the environment variable ORGWRIGHT_NEVER_SET is not set"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, " \n").unwrap();
        assert!(
            Place::File(file.clone())
                .read()
                .unwrap_err()
                .to_string()
                .ends_with("is empty")
        );
        std::fs::write(&file, "canary\n").unwrap();
        assert_eq!(Place::File(file).read().unwrap().expose(), "canary");
    }

    #[test]
    fn the_nearest_file_is_found_upwards() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let file = folder.path().join("orgwright.toml");
        std::fs::write(&file, "").unwrap();
        assert_eq!(nearest_file(&inner), Some(file));
    }
}
