//! Doctor: who is logged in, to which org, and whether that is enough. Reads a few things and writes nothing.
//!
//! **Promise:** three requests after the log-in; what is missing is named with the next step, and an org that hides a
//! permission from the question is not taken for one that lacks it.

mod answers;
mod checks;
mod permissions;

use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::{Exit, Failure};
use crate::facts::OrgFacts;
use crate::failure::{self, NOTHING_CHANGED};
use crate::org::{OrgError, Reader};

pub use permissions::{NeededFor, Permission};

/// What there is to say about a log-in and its org.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// Which org.
    pub org: OrgFacts,
    /// Who is logged in.
    pub user: RunningUser,
    /// What is needed, and held or not.
    pub permissions: Vec<Permission>,
    /// Labels of powerful permissions that are held and not needed.
    pub beyond: Vec<&'static str>,
    /// Licences with their seats.
    pub licences: Vec<Licence>,
    /// Limits of the org.
    pub limits: Vec<Limit>,
    /// API names of the permission sets that HubSpot's package brought; none where it is not installed.
    pub package: Vec<String>,
    /// Everything that was looked at, in order.
    pub checks: Vec<Check>,
    /// HTTP requests after the log-in.
    pub requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
}

/// Who is logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunningUser {
    /// Username.
    pub username: String,
    /// First and last name.
    pub name: String,
    /// Profile.
    pub profile: String,
    /// The profile's licence.
    pub licence: String,
}

/// A licence and its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// Name.
    pub name: String,
    /// Seats.
    pub total: u64,
    /// Seats taken.
    pub used: u64,
}

/// A limit of the org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The platform's name for it.
    pub name: String,
    /// How much there is.
    pub max: u64,
    /// How much is left.
    pub remaining: u64,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// In a sentence.
    pub message: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'static str>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Deserves a look.
    Warning,
    /// A log-in or permission that is missing.
    Missing,
    /// Does not work.
    Failed,
}

impl Diagnosis {
    /// How the run ends: 77 where a permission is missing, 1 where something else does not work.
    pub fn exit(&self) -> Exit {
        let has = |status| self.checks.iter().any(|check| check.status == status);
        if has(Status::Missing) {
            Exit::Login
        } else if has(Status::Failed) {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    fn note(
        &mut self,
        check: &'static str,
        status: Status,
        message: String,
        help: Option<&'static str>,
    ) {
        self.checks.push(Check {
            check,
            status,
            message,
            help,
        });
    }
}

/// Looks at the log-in and its org.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn examine(reader: &Reader) -> Result<Diagnosis, Failure> {
    let failed = |error: OrgError| failure::of_org(&error).state(NOTHING_CHANGED);
    let before = reader.usage();
    let username = username(reader).await.map_err(failed)?;
    let (answers, metadata) = tokio::join!(
        answers::ask(reader, &username),
        reader.list_metadata("Role")
    );
    let answers = answers.map_err(failed)?;
    let mut diagnosis = Diagnosis {
        org: answers.org(reader, &username),
        user: answers.user(&username),
        licences: answers.licences(),
        limits: answers.limits(),
        package: answers.package(),
        ..Diagnosis::default()
    };
    checks::log_in(&mut diagnosis);
    checks::edition(&mut diagnosis, answers.trial.as_deref());
    checks::clock(&mut diagnosis, reader.clock_skew());
    checks::metadata_api(&mut diagnosis, metadata.err().as_ref());
    checks::permissions(&mut diagnosis, &answers.permissions);
    checks::seats(&mut diagnosis);
    checks::api_calls(&mut diagnosis);
    checks::package(&mut diagnosis);
    let used = reader.usage();
    diagnosis.requests = used.requests - before.requests;
    diagnosis.api_calls = used.api_calls - before.api_calls;
    Ok(diagnosis)
}

/// The running user's name; a log-in that could not ask for it is no log-in.
async fn username(reader: &Reader) -> Result<String, OrgError> {
    if let Some(username) = &reader.identity().username {
        return Ok(username.clone());
    }
    let info = reader.user_info().await?;
    let name = info.get("preferred_username").and_then(Value::as_str);
    Ok(name.unwrap_or_default().to_owned())
}
