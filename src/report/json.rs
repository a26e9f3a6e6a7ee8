//! Reports for machines: the shapes of format version 1.0, field by field.
//!
//! What is written here is a promise to other people's scripts: fields are added, never renamed. Characters that
//! could act on a terminal are written as JSON escapes, so the data stays exact and the bytes harmless.

mod change;
mod difference;
mod doctor;
mod field_test;
mod inventory;

pub use difference::comparison;
pub use doctor::diagnosis;
pub use field_test::field_test;
pub use inventory::inventory;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::access::{Impact, When};
use crate::apply::{Applied, Outcome};
use crate::change::{Dropped, Until};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::explain::Explanation;
use crate::findings::ManualStep;
use crate::live::OrgIdentity;
use crate::plan::{HeldLimit, Plan, PlanCheck, Summary};
use crate::verify::{Access, Verification};

use self::change::ChangeJson;
use super::capable;
use super::expected;
use super::text::is_unsafe;

/// Version of every shape in this file.
const FORMAT_VERSION: &str = "2.0";

/// A plan. The same org and the same manifest give the same bytes.
pub fn plan(plan: &Plan) -> String {
    pretty(&PlanJson::from(plan))
}

/// The changes of a plan, each as it stands in the plan's JSON.
pub fn changes(plan: &Plan) -> Vec<Value> {
    // String keys and plain values only: this cannot fail.
    let one = |change| serde_json::to_value(ChangeJson::from(change)).unwrap_or_default();
    plan.changes.iter().map(one).collect()
}

/// Whom a plan affects, as its JSON has it.
pub fn impact(plan: &Plan) -> Value {
    // As above: this cannot fail.
    serde_json::to_value(&plan.impact).unwrap_or_default()
}

/// What `verify` found.
pub fn verification(verification: &Verification) -> String {
    pretty(&VerificationJson::from(verification))
}

/// Why the user can or cannot see records.
pub fn explained(explanations: &[Explanation]) -> String {
    pretty(&ExplainedJson {
        format_version: FORMAT_VERSION,
        records: explanations,
    })
}

/// A run that ended without its result.
pub fn failure(failure: &Failure) -> String {
    pretty(&ErrorJson {
        error: FailureJson::from(failure),
    })
}

/// The manifests that are valid, as `validate` tells.
pub fn validation(manifests: &[ValidJson<'_>], findings: &[Diagnostic]) -> String {
    pretty(&ValidationJson {
        format_version: FORMAT_VERSION,
        valid: true,
        manifests,
        findings,
    })
}

/// The plan that an apply begins with, as its first event.
pub fn planned(plan: &Plan) -> String {
    line(&PlannedJson {
        event: "planned",
        plan: PlanJson::from(plan),
    })
}

/// An event of an apply, on one line.
pub fn event(event: &Event) -> String {
    line(event)
}

/// How an apply ended: the last line of its stream.
pub fn result(plan: &Plan, applied: &Applied, exit: Exit, took: &Took) -> String {
    line(&ResultJson {
        event: "result",
        exit: exit.code(),
        exit_meaning: exit.meaning(),
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
    })
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
struct ExplainedJson<'a> {
    format_version: &'a str,
    records: &'a [Explanation],
}

#[derive(Serialize)]
struct PlannedJson<'a> {
    event: &'static str,
    plan: PlanJson<'a>,
}

#[derive(Serialize)]
struct PlanJson<'a> {
    format_version: &'static str,
    manifest: ManifestJson<'a>,
    org: OrgJson<'a>,
    digest: &'a str,
    changes: Vec<ChangeJson<'a>>,
    impact: &'a [Impact],
    limits: &'a [HeldLimit],
    expectations: Vec<Value>,
    findings: &'a [Diagnostic],
    manual_steps: &'a [ManualStep],
    left_alone: &'a BTreeMap<&'static str, u64>,
    summary: Summary,
    api_requests: u64,
    api_calls: u64,
    retrieved: &'a [String],
    check: Option<&'a PlanCheck>,
}

impl<'a> From<&'a Plan> for PlanJson<'a> {
    fn from(plan: &'a Plan) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            manifest: ManifestJson {
                name: &plan.name,
                digest: &plan.manifest_digest,
            },
            org: OrgJson::from(&plan.org),
            digest: &plan.digest,
            changes: plan.changes.iter().map(ChangeJson::from).collect(),
            impact: &plan.impact,
            limits: &plan.limits,
            expectations: expected::json(&plan.expectations, When::After),
            findings: &plan.findings,
            manual_steps: &plan.manual_steps,
            left_alone: &plan.left_alone,
            summary: plan.summary(),
            api_requests: plan.api_requests,
            api_calls: plan.api_calls,
            retrieved: &plan.retrieved,
            check: plan.check.as_ref(),
        }
    }
}

#[derive(Serialize)]
struct ManifestJson<'a> {
    name: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct OrgJson<'a> {
    id: &'a str,
    name: &'a str,
    instance_url: &'a str,
    edition: &'a str,
    sandbox: bool,
    api_version: &'a str,
}

impl<'a> From<&'a OrgIdentity> for OrgJson<'a> {
    fn from(org: &'a OrgIdentity) -> Self {
        Self {
            id: &org.id,
            name: &org.name,
            instance_url: &org.instance_url,
            edition: &org.edition,
            sandbox: org.sandbox,
            api_version: &org.api_version,
        }
    }
}

#[derive(Serialize)]
struct VerificationJson<'a> {
    format_version: &'static str,
    org: OrgJson<'a>,
    converged: bool,
    drift: Vec<ChangeJson<'a>>,
    capabilities: Vec<Value>,
    access: &'a [Access],
    expectations: Vec<Value>,
    findings: &'a [Diagnostic],
}

impl<'a> From<&'a Verification> for VerificationJson<'a> {
    fn from(verification: &'a Verification) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            org: OrgJson::from(&verification.org),
            converged: verification.converged,
            drift: verification.drift.iter().map(ChangeJson::from).collect(),
            capabilities: capable::json(&verification.capabilities),
            access: &verification.access,
            expectations: expected::json(&verification.expectations, When::Now),
            findings: &verification.findings,
        }
    }
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    error: FailureJson<'a>,
}

#[derive(Serialize)]
struct FailureJson<'a> {
    exit: u8,
    exit_meaning: &'static str,
    diagnostics: &'a [Diagnostic],
    org_state: Option<&'a str>,
    next: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureJson<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            exit: failure.exit.code(),
            exit_meaning: failure.exit.meaning(),
            diagnostics: &failure.diagnostics,
            org_state: failure.org_state.as_deref(),
            next: failure.next.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ResultJson<'a> {
    event: &'static str,
    exit: u8,
    exit_meaning: &'static str,
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

#[derive(Serialize)]
struct ValidationJson<'a> {
    format_version: &'static str,
    valid: bool,
    manifests: &'a [ValidJson<'a>],
    findings: &'a [Diagnostic],
}

/// A valid manifest.
#[derive(Clone, Debug, Serialize)]
pub struct ValidJson<'a> {
    /// The file as it was named.
    pub file: &'a str,
    /// The manifest's name.
    pub name: &'a str,
    /// Digest over its content.
    pub digest: &'a str,
}

/// JSON over several lines, ended by a newline.
fn pretty(value: &impl Serialize) -> String {
    // These shapes hold string keys and plain values only: writing them to memory cannot fail.
    let mut text = harmless(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

/// JSON on one line, ended by a newline.
fn line(value: &impl Serialize) -> String {
    let mut text = harmless(&serde_json::to_string(value).unwrap_or_default());
    text.push('\n');
    text
}

/// The same JSON with every character that acts on a terminal, or hides, written as an escape.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_unsafe(character) {
            text.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use serde_json::json;

    #[test]
    fn a_plan_has_the_promised_shape_in_the_promised_order() {
        let text = plan(&samples::plan());
        let value: Value = serde_json::from_str(&text).unwrap();
        let keys = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            keys(&value),
            "format_version manifest org digest changes impact limits expectations findings manual_steps left_alone summary api_requests api_calls retrieved check"
        );
        assert_eq!(
            keys(&value["org"]),
            "id name instance_url edition sandbox api_version"
        );
        assert_eq!(
            keys(&value["changes"][0]),
            "address kind action stage irreversible file line fields"
        );
        assert_eq!(
            keys(&value["changes"][0]["fields"][0]),
            "path before after reason"
        );
        assert_eq!(
            keys(&value["impact"][0]),
            "object records visible_now visible_after editable_after ways_after accounts_opened users_losing_access sight_lost bypass unknown"
        );
        assert_eq!(
            keys(&value["impact"][0]["bypass"][0]),
            "kind name id users by"
        );
        assert_eq!(
            keys(&value["findings"][0]),
            "code severity address message help file line column"
        );
        assert_eq!(keys(&value["manual_steps"][0]), "code text done");
        assert_eq!(
            value["summary"],
            json!({"create": 3, "update": 1, "replace": 0, "delete": 0})
        );
        assert_eq!(value["changes"][1]["address"], "role/HubSpot_Integration");
    }

    #[test]
    fn the_same_plan_gives_the_same_bytes() {
        assert_eq!(plan(&samples::plan()), plan(&samples::plan()));
    }

    #[test]
    fn foreign_text_stays_exact_and_its_bytes_harmless() {
        let foreign = "a\u{1b}[2J\u{202e}\u{9b}\u{7f}\u{e0041}\u{e9}";
        let text = line(&json!({ "name": foreign }));
        assert!(!text.trim_end().chars().any(is_unsafe), "{text}");
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap()["name"],
            foreign
        );
    }
}
