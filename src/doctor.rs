//! Doctor: who is logged in, to which org, and whether that is enough. Reads a few things and writes nothing.
//!
//! **Promise:** three requests after the log-in; what is missing is named with the next step, and an org that hides a
//! permission from the question is not taken for one that lacks it.

mod checks;
mod limits;
mod permissions;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Exit, Failure};
use crate::failure::{self, NOTHING_CHANGED};
use crate::live::{Columns, Known, Licence, Live, Need, OrgIdentity, Refused, RunningUser};
use crate::observe::{ask_org, which_org};
use crate::org::{OrgError, Reader};
use serde::Serialize;

pub use limits::Limit;
pub use permissions::{NeededFor, Permission};

/// The namespace of HubSpot's package.
const HUBSPOT: &str = "HubSpot_Inc";

/// Rounds in which permissions that the org does not have are left out of the question.
const MOST_ROUNDS: usize = 5;

/// What there is to say about a log-in and its org.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Which org.
    pub org: OrgIdentity,
    /// Username of who is logged in.
    pub username: String,
    /// Who that is; `None` where the org does not show it.
    pub user: Known<Option<RunningUser>>,
    /// What is needed, and held or not.
    pub permissions: Known<Vec<Permission>>,
    /// Labels of powerful permissions that are held and not needed.
    pub beyond: Known<Vec<&'static str>>,
    /// Licences with their seats.
    pub licences: Known<Vec<Licence>>,
    /// Limits of the org.
    pub limits: Known<Vec<Limit>>,
    /// API names of the permission sets that HubSpot's package brought; none where it is not installed.
    pub package: Known<Vec<String>>,
    /// Everything that was looked at, in order.
    pub checks: Vec<Check>,
    /// HTTP requests after the log-in.
    pub requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
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
    /// Deserves a look, or is not known.
    Warning,
    /// A log-in or permission that is missing.
    Missing,
    /// Does not work.
    Failed,
}

impl Diagnosis {
    /// Of an org that nobody asked yet.
    fn new(org: OrgIdentity, username: &str) -> Self {
        Self {
            org,
            username: username.to_owned(),
            user: Known::NotAsked,
            permissions: Known::NotAsked,
            beyond: Known::NotAsked,
            licences: Known::NotAsked,
            limits: Known::NotAsked,
            package: Known::NotAsked,
            checks: Vec::new(),
            requests: 0,
            api_calls: 0,
        }
    }

    /// How the run ends: 77 where a permission is missing, 1 where something else does not work, 75 where the org had no
    /// time to say which permissions the user holds.
    pub fn exit(&self) -> Exit {
        let has = |status| self.checks.iter().any(|check| check.status == status);
        if has(Status::Missing) {
            Exit::Login
        } else if has(Status::Failed) {
            Exit::Failed
        } else {
            let refused = self.permissions.refused();
            refused.map_or(Exit::Done, |refused| failure::of_refused(&[refused]).exit)
        }
    }

    /// What is not known, by the key of the report: why.
    pub fn unknown(&self) -> BTreeMap<&'static str, String> {
        let reasons = [
            ("user", self.user.why_unknown()),
            ("permissions", self.permissions.why_unknown()),
            ("more_than_needed", self.beyond.why_unknown()),
            ("licences", self.licences.why_unknown()),
            ("limits", self.limits.why_unknown()),
            ("hubspot_permission_sets", self.package.why_unknown()),
        ];
        let reasons = reasons.into_iter();
        reasons.filter_map(|(key, why)| Some((key, why?))).collect()
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
/// What the org or the way to it made impossible; that it does not say which organization it is, or has no time to say
/// who is logged in.
pub async fn examine(reader: &Reader) -> Result<Diagnosis, Failure> {
    let failed = |error: OrgError| failure::of_org(&error).state(NOTHING_CHANGED);
    let before = reader.usage();
    let username = username(reader).await.map_err(failed)?;
    let (live, limits, metadata) = tokio::join!(
        ask(reader, &username),
        limits::ask_limits(reader),
        reader.list_metadata("Role")
    );
    let (live, names) = live.map_err(failed)?;
    needed_is_told(&live, &username)?;
    let org = OrgIdentity {
        running_user: Some(username.clone()),
        ..which_org(live.organization().learnt(), reader)
    };
    let held = live.held_permissions(&username, &names);
    let mut diagnosis = diagnosis(org, &username, &live, held);
    diagnosis.limits = limits.map_err(failed)?;
    checks::log_in(&mut diagnosis);
    checks::edition(&mut diagnosis, &live.trial_end());
    checks::clock(&mut diagnosis, reader.clock_skew());
    checks::metadata_api(&mut diagnosis, metadata.err().as_ref());
    checks::permissions(&mut diagnosis);
    checks::seats(&mut diagnosis);
    checks::api_calls(&mut diagnosis);
    checks::package(&mut diagnosis);
    let used = reader.usage();
    diagnosis.requests = used.requests - before.requests;
    diagnosis.api_calls = used.api_calls - before.api_calls;
    Ok(diagnosis)
}

/// Asks everything at once, and again without permissions that the org does not have. With the answers: which permissions
/// were asked about last.
async fn ask(reader: &Reader, username: &str) -> Result<(Live, BTreeSet<&'static str>), OrgError> {
    let mut live = Live::default();
    let mut names = permissions::names();
    let held = |names: &BTreeSet<_>| Need::HeldPermissions(username.to_owned(), names.clone());
    let needs = BTreeSet::from([
        Need::Organization(Columns::InEveryOrg),
        Need::TrialEnd,
        Need::RunningUser(username.to_owned()),
        Need::Licences,
        Need::PackagedSets(HUBSPOT.to_owned()),
        held(&names),
    ]);
    ask_org(needs, reader, &mut live).await?;
    for _ in 0..MOST_ROUNDS {
        let Some(others) = live.without_absent_permission(username, &names) else {
            break;
        };
        names = others;
        ask_org(BTreeSet::from([held(&names)]), reader, &mut live).await?;
    }
    Ok((live, names))
}

/// Ends where the org does not say which organization it is, or has no time to say who is logged in: who may not see the
/// own user record lacks a permission, which is a check.
fn needed_is_told(live: &Live, username: &str) -> Result<(), Failure> {
    let organization = live.organization();
    let user = live.running_user(username);
    let busy = user
        .refused()
        .filter(|refused| failure::error_of(refused).is_busy());
    let refused: Vec<&Refused> = organization.refused().into_iter().chain(busy).collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(failure::of_refused(&refused).state(NOTHING_CHANGED)),
    }
}

/// What the answers say, before anything is made of them.
fn diagnosis(
    org: OrgIdentity,
    username: &str,
    live: &Live,
    held: Known<&BTreeSet<&'static str>>,
) -> Diagnosis {
    Diagnosis {
        user: live.running_user(username).map(Option::<&_>::cloned),
        permissions: held.clone().map(permissions::needed),
        beyond: held.map(permissions::beyond),
        licences: live.licences().map(<[_]>::to_vec),
        package: live.packaged_sets(HUBSPOT).map(<[_]>::to_vec),
        ..Diagnosis::new(org, username)
    }
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
