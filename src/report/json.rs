//! Reports for machines: the shapes of format version 1.0, field by field.
//!
//! What is written here is a promise to other people's scripts: fields are added, never renamed. Characters that
//! could act on a terminal are written as JSON escapes, so the data stays exact and the bytes harmless.

mod applied;
mod change;
mod difference;
mod doctor;
mod ended;
mod field_test;
mod inventory;

pub use applied::{PhaseUsage, Took, applied, result};
pub use difference::comparison;
pub use doctor::diagnosis;
pub use ended::failure;
pub use field_test::field_test;
pub use inventory::inventory;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::access::{Impact, When};
use crate::diagnostic::{Diagnostic, Exit};
use crate::event::Event;
use crate::explain::Explanation;
use crate::findings::ManualStep;
use crate::live::OrgIdentity;
use crate::plan::{HeldLimit, Plan, PlanCheck, Summary};
use crate::verify::{Access, Author, Verification};

use self::change::ChangeJson;
use self::ended::Ended;
use super::capable;
use super::text::is_unsafe;
use super::{Ending, expected};

/// Version of every shape in this file.
const FORMAT_VERSION: &str = "2.0";

/// A plan. The same org and the same manifest give the same bytes.
pub fn plan(plan: &Plan) -> String {
    pretty(&PlanJson::from(plan))
}

/// A plan as its own run reports it: with how that ended.
pub fn plan_report(plan: &Plan, ending: &Ending) -> String {
    pretty(&Ended::new(PlanJson::from(plan), ending))
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
pub fn verification(verification: &Verification, ending: &Ending) -> String {
    pretty(&Ended::new(VerificationJson::from(verification), ending))
}

/// Why the user can or cannot see records.
pub fn explained(explanations: &[Explanation], ending: &Ending) -> String {
    let body = ExplainedJson {
        format_version: FORMAT_VERSION,
        records: explanations,
    };
    pretty(&Ended::new(body, ending))
}

/// The manifests that are valid, as `validate` tells.
pub fn validation(manifests: &[ValidJson<'_>], findings: &[Diagnostic]) -> String {
    let body = ValidationJson {
        format_version: FORMAT_VERSION,
        valid: true,
        manifests,
        findings,
    };
    pretty(&Ended::new(body, &Ending::of(Exit::Done)))
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
    authors: &'a [Author],
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
            authors: &verification.authors,
        }
    }
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

/// A document of another shape, over several lines, with nothing in it that acts on a terminal.
pub(super) fn text_of(document: &Value) -> String {
    pretty(document)
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
