//! Saved plans read back: as far as `apply` has to know which plan was agreed to.

mod standing;
mod whole;

use serde::Deserialize;
use serde_json::Value;
use std::fmt;

pub use standing::{Moved, PlanStanding};
pub use whole::whole_plan;

use super::json;
use super::text::{printable, short_digest};
use crate::change::Stage;
use crate::diagnostic::Exit;
use crate::plan::{CheckWarning, Plan, digest_of, digest_with};

/// A saved plan, as far as apply needs it: which plan of which org, from which files, and every change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The plan's digest, `sha256:…`.
    pub digest: String,
    /// The manifests' digest, `sha256:…`.
    pub manifest_digest: String,
    /// The changes as they were saved, without the places in files that asked for them.
    pub changes: Vec<Value>,
    /// The org's id.
    pub org_id: String,
    /// The org's name, for the sentence about another one.
    pub org_name: String,
    /// The files its changes point into, each once, in their order.
    pub files: Vec<String>,
    /// Whether the org has checked what it could of it, and would take that.
    pub is_accepted: bool,
    /// What the org warned of while it checked.
    pub warnings: Vec<CheckWarning>,
    /// What the org refused while it checked, and the deploy goes without.
    pub left_out: Vec<SavedLeftOut>,
    /// The manifests' names.
    pub name: String,
    /// The most records that may become visible, where the manifests say so.
    pub most_becoming_visible: Option<u64>,
    /// Whom it affects, as it was counted.
    impact: Value,
}

/// An entry that a deploy goes without, because the org refused it while it checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SavedLeftOut {
    /// The address of the change that it is an entry of.
    pub address: String,
    /// The entry.
    pub entry: String,
    /// What the org said.
    pub problem: String,
}

/// What a saved plan holds of its check.
#[derive(Default, Deserialize)]
struct SavedCheck {
    checked: Vec<SavedStage>,
    warnings: Vec<CheckWarning>,
    #[serde(default)]
    left_out: Vec<SavedLeftOut>,
    refused: Vec<Value>,
}

/// A stage that the org checked.
#[derive(Deserialize)]
struct SavedStage {
    accepted: bool,
}

/// Why a saved plan is of no use.
#[derive(Debug, PartialEq, Eq)]
pub enum SavedPlanProblem {
    /// Another version of this program saved it: its format version.
    OfAnotherVersion(String),
    /// What is wrong with it.
    Unreadable(String),
}

impl SavedPlanProblem {
    /// How a run ends because of it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::OfAnotherVersion(_) => Exit::Stale,
            Self::Unreadable(_) => Exit::Manifest,
        }
    }
}

impl From<String> for SavedPlanProblem {
    fn from(problem: String) -> Self {
        Self::Unreadable(problem)
    }
}

impl From<&str> for SavedPlanProblem {
    fn from(problem: &str) -> Self {
        Self::Unreadable(problem.to_owned())
    }
}

impl fmt::Display for SavedPlanProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfAnotherVersion(version) => write!(
                formatter,
                "its format_version is {version}; this program reads 2.x: plan again"
            ),
            Self::Unreadable(problem) => formatter.write_str(problem),
        }
    }
}

/// Reads a saved plan back; the error says what is wrong with it.
pub fn saved_plan(text: &str) -> Result<SavedPlan, SavedPlanProblem> {
    let json: Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let at = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let need = |pointer: &str| {
        at(pointer).ok_or_else(|| {
            format!(
                "it has no `{}`",
                pointer.trim_start_matches('/').replace('/', ".")
            )
        })
    };
    let version = need("/format_version")?;
    if version.split('.').next() != Some("2") {
        return Err(SavedPlanProblem::OfAnotherVersion(version));
    }
    let mut files: Vec<String> = Vec::new();
    let changes = json
        .pointer("/changes")
        .and_then(Value::as_array)
        .ok_or("it has no `changes`")?;
    for file in changes
        .iter()
        .filter_map(|change| change.get("file").and_then(Value::as_str))
    {
        if !files.iter().any(|known| known == file) {
            files.push(file.to_owned());
        }
    }
    changes.iter().try_for_each(has_a_stage)?;
    let check = match json.get("check") {
        None | Some(Value::Null) => None,
        Some(check) => {
            Some(SavedCheck::deserialize(check).map_err(|error| format!("its `check`: {error}"))?)
        }
    };
    let accepted = |check: &SavedCheck| {
        check.refused.is_empty() && check.checked.iter().all(|stage| stage.accepted)
    };
    let is_accepted = check.as_ref().is_some_and(accepted);
    let check = check.unwrap_or_default();
    Ok(SavedPlan {
        is_accepted,
        warnings: check.warnings,
        left_out: check.left_out,
        name: at("/manifest/name").unwrap_or_default(),
        most_becoming_visible: most_becoming_visible(&json),
        impact: json.get("impact").cloned().unwrap_or_default(),
        digest: need("/digest")?,
        manifest_digest: need("/manifest/digest")?,
        changes: changes.iter().map(without_place).collect(),
        org_id: need("/org/id")?,
        org_name: at("/org/name").unwrap_or_default(),
        files,
    })
}

/// The least of the limits that its manifests set on records that become visible.
fn most_becoming_visible(json: &Value) -> Option<u64> {
    let limits = json.get("limits").and_then(Value::as_array)?.iter();
    let of_records = limits.filter(|limit| {
        limit.get("name").and_then(Value::as_str) == Some("recordsBecomingVisible")
    });
    let allowed = of_records.filter_map(|limit| limit.get("limit").and_then(Value::as_u64));
    allowed.min()
}

/// Refuses a change of a stage that this program does not know.
fn has_a_stage(change: &Value) -> Result<(), String> {
    let stage = change.get("stage").unwrap_or(&Value::Null);
    match Stage::deserialize(stage) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("`stage` of {}: {error}", address(change))),
    }
}

impl SavedPlan {
    /// How it stands to a plan that was just made.
    ///
    /// The digest says which plan was meant, the changes what somebody read. Nobody agrees to an edited copy; what is made
    /// already of the very plan is no other plan.
    pub fn standing(&self, plan: &Plan) -> PlanStanding {
        if self.manifest_digest != plan.manifest_digest {
            let made = short_digest(&plan.manifest_digest);
            let saved = shown(&self.manifest_digest);
            return PlanStanding::Other(format!(
                "the manifest is {made} now, not {saved}: it has changed since the plan was saved"
            ));
        }
        let made: Vec<Value> = json::changes(plan).iter().map(without_place).collect();
        let same_digest = self.digest == digest_with(&plan.digest, &self.warnings);
        match (same_digest, self.first_change(&made)) {
            (true, None) => PlanStanding::Same {
                counts_moved: self.impact != json::impact(plan),
            },
            (true, Some(at)) => PlanStanding::Other(format!("the saved plan was edited: {at}")),
            (false, _) if self.is_whole() => standing::of_rest(self, &made),
            (false, Some(at)) => PlanStanding::Other(format!(
                "the org has changed since, or the saved plan was edited: {at}"
            )),
            (false, None) => PlanStanding::Other(format!(
                "the plan is {} now, not {}: the org has changed since, in what the changes are computed from",
                short_digest(&plan.digest),
                shown(&self.digest)
            )),
        }
    }

    /// The digest of its changes, without what a check of them met.
    pub fn digest_of_changes(&self) -> String {
        digest_of(&self.manifest_digest, &self.org_id, &self.changes)
    }

    /// Whether its changes are those that its digest is of. One of an earlier version cannot tell where it makes a profile.
    pub fn is_whole(&self) -> bool {
        self.digest == digest_with(&self.digest_of_changes(), &self.warnings)
    }

    /// The first change that is not the same in both, and what of it.
    fn first_change(&self, made: &[Value]) -> Option<String> {
        let longest = self.changes.len().max(made.len());
        (0..longest).find_map(
            |position| match (self.changes.get(position), made.get(position)) {
                (Some(saved), Some(made)) if saved == made => None,
                (Some(saved), Some(made)) => Some(unlike(saved, made)),
                (Some(saved), None) => Some(format!("{} is not planned now", address(saved))),
                (None, Some(made)) => Some(format!("{} is not in the saved plan", address(made))),
                (None, None) => None,
            },
        )
    }
}

/// How two changes in the same position differ.
fn unlike(saved: &Value, made: &Value) -> String {
    if saved.get("address") != made.get("address") {
        return format!(
            "{} stands where {} was saved",
            address(made),
            address(saved)
        );
    }
    let attribute = ["action", "stage", "irreversible", "fields"]
        .into_iter()
        .find(|key| saved.get(key) != made.get(key));
    match attribute {
        Some(key) => format!("`{key}` of {} is not the same", address(made)),
        None => format!("{} holds something else", address(made)),
    }
}

fn address(change: &Value) -> String {
    let address = change.get("address").and_then(Value::as_str);
    printable(address.unwrap_or("a change without address")).into_owned()
}

/// A digest out of a file, short and harmless.
fn shown(digest: &str) -> String {
    printable(short_digest(digest)).into_owned()
}

/// A change without the place that asked for it: the same manifest may lie elsewhere.
fn without_place(change: &Value) -> Value {
    let mut change = change.clone();
    if let Some(entries) = change.as_object_mut() {
        entries.retain(|key, _| key != "file" && key != "line");
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, samples};

    #[test]
    fn a_saved_plan_has_to_say_what_would_be_done() {
        let text = json::plan(&samples::plan());
        let check = |from: &str, to: &str, expected: Option<&str>| {
            assert!(text.contains(from), "{from}");
            let saved = saved_plan(&text.replacen(from, to, 1)).unwrap();
            match (saved.standing(&samples::plan()), expected) {
                (
                    PlanStanding::Same {
                        counts_moved: false,
                    },
                    None,
                ) => {}
                (PlanStanding::Other(told), Some(expected)) => {
                    assert!(told.contains(expected), "{told}")
                }
                (told, expected) => panic!("{told:?} {expected:?}"),
            }
        };
        check("orgwright.yaml", "elsewhere/orgwright.yaml", None);
        check("\"line\": 3", "\"line\": 30", None);
        check(
            "sha256:00",
            "sha256:11",
            Some("the manifest is 00 now, not 11"),
        );
        check(
            "sha256:7f3a",
            "sha256:8f3a",
            Some("the plan is 7f3a91c2d4e5 now, not 8f3a91c2d4e5"),
        );
        check(
            "revops@acme",
            "other@acme",
            Some("was edited: `fields` of user/hubspot"),
        );
        check(
            "\"stage\": 1",
            "\"stage\": 2",
            Some("was edited: `stage` of profile/HubSpot"),
        );
        check(
            "role/HubSpot_Integration",
            "role/CEO",
            Some("role/HubSpot_Integration stands where role/CEO"),
        );
    }

    #[test]
    fn a_change_more_or_less_is_named() {
        let mut saved = saved_plan(&json::plan(&samples::plan())).unwrap();
        let last = saved.changes.pop().unwrap();
        let told = |saved: &SavedPlan| match saved.standing(&samples::plan()) {
            PlanStanding::Other(told) => told,
            standing => panic!("{standing:?}"),
        };
        assert!(told(&saved).ends_with("organization_wide_default/Lead is not in the saved plan"));
        saved.changes.extend([last.clone(), last]);
        assert!(told(&saved).ends_with("organization_wide_default/Lead is not planned now"));
    }

    #[test]
    fn a_saved_plan_is_read_back() {
        let given = samples::plan();
        let saved = saved_plan(&json::plan(&given)).unwrap();
        assert_eq!((saved.digest, saved.org_id), (given.digest, given.org.id));
        assert_eq!(saved.files, ["orgwright.yaml"]);
        let check = |text: &str, problem: &str| {
            assert_eq!(saved_plan(text).unwrap_err().to_string(), problem)
        };
        check("{}", "it has no `format_version`");
        check(
            r#"{"format_version":"1.0"}"#,
            "its format_version is 1.0; this program reads 2.x: plan again",
        );
        check(
            r#"{"format_version":"2.0","changes":[]}"#,
            "it has no `digest`",
        );
        check(
            r#"{"format_version":"2.0","changes":[{"address":"role/Sales","stage":9}]}"#,
            "`stage` of role/Sales: there is no stage 9; the stages are 1 to 7",
        );
    }
}
