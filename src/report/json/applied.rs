//! How an apply ended, for machines.

use serde::Serialize;

use super::ended::{Ended, FailureJson};
use super::{FORMAT_VERSION, OrgJson, VerificationJson, line, pretty};
use crate::apply::{Applied, Outcome};
use crate::change::{Dropped, Until};
use crate::plan::Plan;
use crate::report::Ending;

/// How an apply ended: the last line of its stream.
pub fn result(plan: &Plan, applied: &Applied, ending: &Ending, took: &Took) -> String {
    line(&Ended::new(body(plan, applied, took), ending))
}

/// The same, as a report of its own.
pub fn applied(plan: &Plan, applied: &Applied, ending: &Ending, took: &Took) -> String {
    pretty(&Ended::new(body(plan, applied, took), ending))
}

fn body<'a>(plan: &'a Plan, applied: &'a Applied, took: &'a Took) -> ResultJson<'a> {
    ResultJson {
        event: "result",
        format_version: FORMAT_VERSION,
        org: OrgJson::from(&plan.org),
        digest: &plan.digest,
        until: applied.until,
        outcomes: &applied.outcomes,
        left_out: &applied.left_out,
        verification: applied.verification.as_ref().map(VerificationJson::from),
        in_the_dark: &applied.in_the_dark,
        error: applied.failure.as_ref().map(FailureJson::from),
        api_requests: took.requests,
        api_calls: took.api_calls,
        elapsed_ms: took.milliseconds,
        phases: &took.phases,
    }
}

/// What a run cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// HTTP requests after log-in.
    pub requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
    /// Time, in milliseconds.
    pub milliseconds: u64,
    /// The same by what the run was doing, the log-in included.
    pub phases: Vec<PhaseUsage>,
}

/// What one phase of a run used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PhaseUsage {
    /// What the run was doing: `connect`, `plan`, `stage 1`, `wait`, `proof`.
    pub phase: String,
    /// HTTP requests.
    pub api_requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
    /// Bytes of request bodies as sent.
    pub bytes_sent: u64,
    /// Bytes of answer bodies as received.
    pub bytes_received: u64,
    /// Time, in milliseconds.
    pub elapsed_ms: u64,
}

#[derive(Serialize)]
struct ResultJson<'a> {
    event: &'static str,
    format_version: &'static str,
    org: OrgJson<'a>,
    digest: &'a str,
    until: Until,
    outcomes: &'a [Outcome],
    left_out: &'a [Dropped],
    verification: Option<VerificationJson<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    in_the_dark: &'a [String],
    error: Option<FailureJson<'a>>,
    api_requests: u64,
    api_calls: u64,
    elapsed_ms: u64,
    phases: &'a [PhaseUsage],
}
