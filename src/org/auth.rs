//! From a target to a session: where the org is, and a token for it.
//!
//! **Promise:** a secret is sent to the host that the user named and to no other; the org that answers is the one
//! that was meant.

use std::sync::Arc;

use reqwest::Url;

use crate::private_file;
use crate::secret::Secret;

use super::error::OrgError;
use super::http::Http;
use super::replay::{RECORD_URL, Recording};
use super::secret_source::SecretSource;
use super::target::{NamedTarget, Target, TokenGrant};
use super::{Options, auth_url, hosts, sf, token, version};

#[cfg(windows)]
const SF: &str = "sf.cmd";
#[cfg(not(windows))]
const SF: &str = "sf";

/// Everything that a log-in brings.
pub(super) struct LogIn {
    pub(super) http: Arc<Http>,
    pub(super) base: Url,
    pub(super) token: Secret,
    pub(super) credentials: Credentials,
    pub(super) username: Option<String>,
    pub(super) org_id: Option<String>,
}

/// What a session is renewed with.
pub(super) enum Credentials {
    /// A token and nothing else; the text says how to get a new one.
    Token(&'static str),
    SfAlias(String),
    Grant {
        grant: TokenGrant,
        login: Url,
    },
}

/// Obtains a session for the target.
pub(super) async fn log_in(target: Target, options: &Options) -> Result<LogIn, OrgError> {
    match target {
        Target::Env => {
            let token = Secret::new(variable("SF_ACCESS_TOKEN")?);
            if sf::is_hidden(token.expose()) {
                return Err(OrgError::Usage(String::from(
                    "SF_ACCESS_TOKEN holds the note that the Salesforce CLI shows in place of a token: \
                     `sf org auth show-access-token` shows the token itself",
                )));
            }
            let advice = "set SF_ACCESS_TOKEN to a new access token";
            with_token(
                &variable("SF_ORG_INSTANCE_URL")?,
                token,
                Credentials::Token(advice),
                options,
            )
        }
        Target::Url { base_url, token } => with_token(
            &base_url,
            token,
            Credentials::Token("connect again"),
            options,
        ),
        Target::Record(recording) => recorded(recording, options),
        Target::SfAlias(alias) => borrowed(alias, options).await,
        Target::Named(target) => named(target, options).await,
    }
}

impl Credentials {
    /// A new token for the same org, where there is a way.
    pub(super) async fn renew(&self, http: &Http, base: &Url) -> Result<Option<Secret>, OrgError> {
        match self {
            Self::Token(_) => Ok(None),
            Self::SfAlias(alias) => {
                let org = sf::display(SF, alias).await?;
                same_org(&hosts::trusted(&org.instance_url)?, base)?;
                Ok(Some(org.token(SF, alias).await?))
            }
            Self::Grant { grant, login } => {
                let answer = token::ask(http, grant, login).await?;
                same_org(&hosts::trusted(&answer.instance_url)?, base)?;
                Ok(Some(Secret::new(answer.access_token)))
            }
        }
    }

    /// What the user can do where there is no way.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Token(advice) => advice,
            Self::SfAlias(_) | Self::Grant { .. } => "log in again",
        }
    }
}

fn variable(name: &str) -> Result<String, OrgError> {
    let value = std::env::var(name).unwrap_or_default();
    if value.trim().is_empty() {
        return Err(OrgError::Usage(format!(
            "target `env` needs the environment variable {name}, which is not set"
        )));
    }
    Ok(value)
}

fn with_token(
    url: &str,
    token: Secret,
    credentials: Credentials,
    options: &Options,
) -> Result<LogIn, OrgError> {
    let base = hosts::trusted(url)?;
    let http = Arc::new(Http::new(&base, options)?);
    Ok(LogIn {
        http,
        base,
        token,
        credentials,
        username: None,
        org_id: None,
    })
}

/// The log-in to a record, which nobody has to open.
fn recorded(recording: Arc<Recording>, options: &Options) -> Result<LogIn, OrgError> {
    let base = Url::parse(RECORD_URL).map_err(|error| OrgError::Usage(error.to_string()))?;
    Ok(LogIn {
        token: Secret::new(format!("{}!record", recording.org_id)),
        credentials: Credentials::Token("a record has no session"),
        username: recording.username.clone(),
        org_id: Some(recording.org_id.clone()),
        http: Arc::new(Http::of_record(recording, options)?),
        base,
    })
}

/// The log-in of the Salesforce CLI. Where the CLI has to be asked a second time, for the token, connections to the org
/// are opened meanwhile.
async fn borrowed(alias: String, options: &Options) -> Result<LogIn, OrgError> {
    let org = sf::display(SF, &alias).await?;
    let base = hosts::trusted(&org.instance_url)?;
    let http = Arc::new(Http::new(&base, options)?);
    if org.hides_token() {
        version::warm_up(&http, &base, options.warm_connections);
    }
    Ok(LogIn {
        http,
        base,
        token: org.token(SF, &alias).await?,
        credentials: Credentials::SfAlias(alias),
        username: org.username,
        org_id: org.org_id,
    })
}

async fn named(target: NamedTarget, options: &Options) -> Result<LogIn, OrgError> {
    let target = unfolded(target)?;
    let options = with_certificates(&target, options);
    let (login, instance) = login_host(&target)?;
    if let (TokenGrant::AccessToken { token }, Some(base)) = (&target.grant, &instance) {
        let credentials =
            Credentials::Token("put a new one into the environment variable that the target names");
        return with_token(base.as_str(), token.read()?, credentials, &options);
    }
    if target.is_logged_out() {
        return Err(OrgError::Login {
            host: hosts::shown(&login),
            reason: format!(
                "nobody is logged in to target `{0}`: run `orgwright login {0}`",
                target.name
            ),
        });
    }
    let http = Arc::new(Http::new(&login, &options)?);
    let known = instance.as_ref().or_else(|| own_host(&login));
    if let Some(org) = known {
        version::warm_up(&http, org, options.warm_connections);
    }
    let answer = token::ask(&http, &target.grant, &login).await?;
    let base = hosts::trusted(&answer.instance_url)?;
    match &instance {
        Some(instance) => same_org(&base, instance)?,
        None if hosts::is_loopback(&base) != hosts::is_loopback(&login) => same_org(&base, &login)?,
        None => {}
    }
    let username = match &target.grant {
        TokenGrant::Jwt { username, .. } => Some(username.clone()),
        _ => None,
    };
    Ok(LogIn {
        http,
        base,
        token: Secret::new(&answer.access_token),
        org_id: answer.org_id(),
        username,
        credentials: Credentials::Grant {
            grant: target.grant,
            login,
        },
    })
}

/// A target that holds everything in one text, as the target it stands for.
fn unfolded(target: NamedTarget) -> Result<NamedTarget, OrgError> {
    let TokenGrant::SfdxAuthUrl { auth_url } = &target.grant else {
        return Ok(target);
    };
    let read = auth_url::read(&auth_url.read()?).map_err(|reason| {
        OrgError::Usage(format!(
            "the auth URL of target `{}`: {reason}",
            target.name
        ))
    })?;
    Ok(NamedTarget {
        grant: TokenGrant::RefreshToken {
            client_id: read.client_id,
            client_secret: read.client_secret.map(SecretSource::Value),
            refresh_token: SecretSource::Value(read.refresh_token),
        },
        login_url: Some(read.login_url),
        ..target
    })
}

/// What became of a log-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// The org took the token back, and the file is gone.
    Revoked,
    /// The org knew the token no more; the file is gone.
    Expired,
    /// There was nothing to log out of.
    NotLoggedIn,
}

/// Takes the refresh token back that a log-in with a browser left behind. Where the org cannot be reached the file
/// stays: somebody has to be able to try again.
///
/// # Errors
/// [`OrgError::Usage`] for a target that keeps no log-in, and the errors of transport.
pub async fn log_out(target: NamedTarget, options: &Options) -> Result<LoggedOut, OrgError> {
    let Some(file) = target.log_in_file() else {
        let problem = format!("target `{}` keeps no log-in", target.name);
        return Err(OrgError::Usage(problem));
    };
    if target.is_logged_out() {
        return Ok(LoggedOut::NotLoggedIn);
    }
    let (login, _) = login_host(&target)?;
    let http = Http::new(&login, &with_certificates(&target, options))?;
    let token = token::kept(file)?;
    let revoked = token::revoke(&http, &login, token).await?;
    private_file::remove(file).map_err(|error| {
        OrgError::Usage(format!(
            "the token is revoked, and its file {} cannot be removed: {error}",
            file.display()
        ))
    })?;
    Ok(if revoked {
        LoggedOut::Revoked
    } else {
        LoggedOut::Expired
    })
}

/// The host that issues tokens, and the org's own where it is stated.
pub(super) fn login_host(target: &NamedTarget) -> Result<(Url, Option<Url>), OrgError> {
    let instance = target
        .instance_url
        .as_deref()
        .map(hosts::trusted)
        .transpose()?;
    let login = match (target.login_url.as_deref(), &instance) {
        (Some(url), _) => hosts::trusted(url)?,
        (None, Some(instance)) => instance.clone(),
        (None, None) => hosts::trusted(token::PRODUCTION)?,
    };
    apart_from_this_machine(target, &login, instance.as_ref())?;
    Ok((login, instance))
}

/// Refuses to mix this machine with Salesforce: whoever listens here would be handed what opens an org there.
fn apart_from_this_machine(
    target: &NamedTarget,
    login: &Url,
    instance: Option<&Url>,
) -> Result<(), OrgError> {
    let mixed = |reason| OrgError::Untrusted {
        host: hosts::shown(login),
        reason,
    };
    let is_here = hosts::is_loopback(login);
    if instance.is_some_and(|instance| hosts::is_loopback(instance) != is_here) {
        return Err(mixed(
            "the log-in host and the instance are not both on this machine, nor both Salesforce's",
        ));
    }
    let TokenGrant::Jwt {
        audience,
        client_id,
        ..
    } = &target.grant
    else {
        return Ok(());
    };
    let audience = audience.as_deref().map(hosts::trusted).transpose()?;
    if audience.is_some_and(|audience| hosts::is_loopback(&audience) != is_here) {
        return Err(mixed(
            "an assertion for Salesforce is not sent to this machine, nor one for this machine to Salesforce",
        ));
    }
    if is_here && client_id.starts_with(SALESFORCE_KEYS) {
        return Err(mixed(
            "an assertion by the key of a Salesforce app is not sent to this machine",
        ));
    }
    Ok(())
}

/// How the consumer keys of Salesforce's apps begin.
const SALESFORCE_KEYS: &str = "3MVG9";

/// The log-in host where it is an org's own. Those that all orgs share lead to another host.
fn own_host(login: &Url) -> Option<&Url> {
    let shared = [token::PRODUCTION, token::SANDBOX];
    let origin = login.origin().ascii_serialization();
    (!shared.contains(&origin.as_str())).then_some(login)
}

/// The options with the certificates that the target names.
pub(super) fn with_certificates(target: &NamedTarget, options: &Options) -> Options {
    let own = target.ca_file.clone();
    Options {
        ca_file: own.or_else(|| options.ca_file.clone()),
        ..options.clone()
    }
}

pub(super) fn same_org(answered: &Url, meant: &Url) -> Result<(), OrgError> {
    if answered.origin() == meant.origin() {
        return Ok(());
    }
    Err(OrgError::Login {
        host: hosts::shown(meant),
        reason: format!(
            "the log-in leads to another org, {}",
            hosts::shown(answered)
        ),
    })
}
