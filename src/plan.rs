//! The planner: (manifests, live org) -> plan. Pure; touches nothing.
//!
//! There is one planner: what is shown, what is applied, what verify expects to be empty are all its answer. The
//! digest covers whatever would be written and nothing that merely counts, so a reviewed plan is the applied plan.

mod check;
mod limits;

pub use check::{
    CheckScope, CheckWarning, CheckedStage, DIGITS_OF_CHANGES, Division, NotCheckable, PlanCheck,
    digest_with,
};

pub use limits::{Allowed, HeldLimit, LimitVerdict, has_limits};

use crate::access::{self, ExpectedAccess, Impact, RulesTogether, When};
use crate::address::Address;
use crate::change::{Action, Change, Stage, Until};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Sources};
use crate::findings::{self, ManualStep, View};
use crate::kinds::{Draft, KINDS};
use crate::live::{Live, OrgIdentity, profile_full_name};
use crate::manifest::Manifest;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Plans manifests together against what was read.
///
/// # Errors
/// Everything in the manifests that this org makes impossible (exit 65), each with its line.
pub fn plan(manifests: &[Manifest], live: &Live) -> Result<Plan, Failure> {
    let (mut draft, left_alone) = proposed(manifests, live);
    let expectations: Vec<ExpectedAccess> = manifests
        .iter()
        .flat_map(|manifest| access::expected_access(manifest, live, &draft.changes))
        .collect();
    draft.errors.extend(findings::errors_of_expectations(
        manifests,
        live,
        &expectations,
    ));
    let sources = sources(manifests);
    if !draft.errors.is_empty() {
        draft
            .errors
            .sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
        draft.errors.dedup();
        let no_seat =
            |error: &Diagnostic| matches!(error.code, Code::NoLicenseFree | Code::NoSetLicenceFree);
        // No line has to change, where nothing but a seat is lacking.
        let exit = match draft.errors.iter().all(no_seat) {
            true => Exit::Guarded,
            false => Exit::Manifest,
        };
        return Err(Failure::new(exit, draft.errors)
            .state("nothing was changed")
            .with_sources(&sources));
    }
    draft.changes.sort_by_key(|change| change.stage);
    let (impact, remarks, manual_steps) = remarks(manifests, live, &draft.changes);
    let mut findings = draft.findings;
    findings.extend(remarks);
    findings.extend(findings::voided(live, &draft.changes));
    findings.extend(findings::expected_otherwise(&expectations, When::After));
    findings
        .sort_by(|a, b| (a.severity, a.code, &a.message).cmp(&(b.severity, b.code, &b.message)));
    let manifest_digest = joined_digest(manifests);
    Ok(Plan {
        name: manifests
            .iter()
            .map(|manifest| manifest.name.value.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        digest: digest(&manifest_digest, live, &draft.changes),
        manifest_digest,
        org: live.org.clone(),
        changes: draft.changes,
        limits: limits::held(manifests, &impact),
        impact,
        expectations,
        findings,
        manual_steps,
        left_alone,
        api_requests: live.requests,
        api_calls: live.api_calls,
        retrieved: retrieved(live),
        sources,
        check: None,
    })
}

/// What all kinds propose, and what of the org no manifest names.
fn proposed(manifests: &[Manifest], live: &Live) -> (Draft, BTreeMap<&'static str, u64>) {
    let mut draft = Draft::default();
    let mut left_alone = BTreeMap::new();
    let mut known = HashMap::new();
    for manifest in manifests {
        for kind in KINDS {
            let proposed = (kind.propose)(manifest, live);
            if let Some((noun, count)) = proposed.left_alone {
                left_alone
                    .entry(noun)
                    .and_modify(|least: &mut u64| *least = count.min(*least))
                    .or_insert(count);
            }
            merge(&mut draft, proposed, &mut known);
        }
    }
    (draft, left_alone)
}

fn retrieved(live: &Live) -> Vec<String> {
    let names = live.retrieved.keys();
    names
        .map(|name| format!("Profile {}", profile_full_name(name)))
        .collect()
}

/// The same resource may stand in two manifests, as long as they say the same of it. `known` is where each change
/// stands in the draft.
fn merge(draft: &mut Draft, proposed: Draft, known: &mut HashMap<(Address, Stage), usize>) {
    draft.errors.extend(proposed.errors);
    draft.findings.extend(proposed.findings);
    for change in proposed.changes {
        let key = (change.address.clone(), change.stage);
        let twin = known.get(&key).and_then(|index| draft.changes.get(*index));
        match twin {
            None => {
                known.insert(key, draft.changes.len());
                draft.changes.push(change);
            }
            Some(twin) if twin.fields == change.fields && twin.action == change.action => {}
            Some(twin) => draft.errors.push(disagreement(twin, &change)),
        }
    }
}

fn disagreement(first: &Change, second: &Change) -> Diagnostic {
    let message = format!("two manifests say different things of {}", second.address);
    let mut diagnostic = Diagnostic::error(Code::PlannedManifestsDisagree, message)
        .help("say it in one of them")
        .about(second.address.clone());
    diagnostic.place.clone_from(&second.place);
    match &first.place {
        Some(place) => diagnostic.see(place, "said differently here"),
        None => diagnostic,
    }
}

fn remarks(
    manifests: &[Manifest],
    live: &Live,
    changes: &[Change],
) -> (Vec<Impact>, Vec<Diagnostic>, Vec<ManualStep>) {
    let (mut impacts, mut remarks, mut steps): (Vec<Impact>, Vec<_>, Vec<ManualStep>) =
        Default::default();
    for manifest in manifests {
        let impact = access::impact(manifest, live);
        let view = View {
            manifest,
            live,
            changes,
            impact: &impact,
        };
        remarks.extend(findings::remarks(&view));
        let new = findings::manual_steps(&view)
            .into_iter()
            .filter(|step| !steps.contains(step));
        let new: Vec<ManualStep> = new.collect();
        steps.extend(new);
        impacts.extend(impact);
    }
    (impacts, remarks, steps)
}

fn sources(manifests: &[Manifest]) -> Sources {
    let mut sources = Sources::default();
    for manifest in manifests {
        sources.extend(&manifest.sources);
    }
    sources
}

fn joined_digest(manifests: &[Manifest]) -> String {
    match manifests {
        [one] => one.digest.clone(),
        several => hash(
            several
                .iter()
                .map(|manifest| manifest.digest.as_str())
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    }
}

/// The digest over a plan's changes as a saved plan has them, each with its address, action, stage, attributes and fingerprint.
pub fn digest_of(manifest_digest: &str, org_id: &str, changes: &[Value]) -> String {
    let each = changes.iter().map(|change| {
        let fields = change.get("fields").and_then(Value::as_array);
        let fields = fields.into_iter().flatten().map(|field| {
            let part = |key: &str| field.get(key).cloned().unwrap_or_default();
            let course = [part("path"), part("before"), part("after")];
            Value::from_iter(course.into_iter().chain(field.get("through").cloned()))
        });
        let part = |key: &str| change.get(key).cloned().unwrap_or_default();
        let fields: Vec<Value> = fields.collect();
        let (address, action, stage) = (part("address"), part("action"), part("stage"));
        json!([address, action, stage, fields, part("fingerprint")])
    });
    let each: Vec<Value> = each.collect();
    hash(json!([manifest_digest, org_id, each]).to_string())
}

/// Covers the manifests, the org, each change with before and after, and what `after` was computed from.
pub(crate) fn digest(manifest_digest: &str, live: &Live, changes: &[Change]) -> String {
    let each = changes.iter().map(|change| {
        let fields = change.fields.iter().map(|field| {
            let course = [json!(field.path), field.before.clone(), field.after.clone()];
            Value::from_iter(course.into_iter().chain(field.through.clone()))
        });
        json!([
            change.address,
            change.action,
            change.stage,
            fields.collect::<Vec<_>>(),
            change.fingerprint_digest()
        ])
    });
    let content = json!([manifest_digest, live.org.id, each.collect::<Vec<_>>()]);
    hash(content.to_string())
}

impl Change {
    /// The digest of what else it was computed from.
    pub fn fingerprint_digest(&self) -> Option<String> {
        self.fingerprint.as_ref().map(hash)
    }
}

fn hash(text: impl AsRef<str>) -> String {
    let bytes = Sha256::digest(text.as_ref().as_bytes());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Plan {
    /// Changes by action.
    pub fn summary(&self) -> Summary {
        let count = |action| {
            self.changes
                .iter()
                .filter(|change| change.action == action)
                .count()
        };
        Summary {
            create: count(Action::Create),
            update: count(Action::Update),
            replace: count(Action::Replace),
            delete: count(Action::Delete),
        }
    }

    /// Whether what narrows, and what comes after it, waits best until somebody has filled fields that the plan makes.
    pub fn is_better_prepared(&self) -> bool {
        let waits = |one: &Impact| matches!(one.by_rules.together, RulesTogether::NothingYet(_));
        let mut later = self.changes.iter();
        self.impact.iter().any(waits) && later.any(|change| change.stage > Until::Prepared.last())
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What would change, whom it affects, and what should be looked at first.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The manifests' names, joined.
    pub name: String,
    /// Digest over the manifests' content.
    pub manifest_digest: String,
    /// The org that was read.
    pub org: OrgIdentity,
    /// Digest over the manifests, the org and every change.
    pub digest: String,
    /// Stage by stage.
    pub changes: Vec<Change>,
    /// One for each object under `sharing`.
    pub impact: Vec<Impact>,
    /// What the manifests expect of single records, with what becomes of it.
    pub expectations: Vec<ExpectedAccess>,
    /// The limits of the manifests, each held against what is planned.
    pub limits: Vec<HeldLimit>,
    /// Remarks, errors first.
    pub findings: Vec<Diagnostic>,
    /// What no API can do.
    pub manual_steps: Vec<ManualStep>,
    /// What the org has that no manifest names, counted by plural noun (`sharing_rules`, `roles`).
    pub left_alone: BTreeMap<&'static str, u64>,
    /// HTTP requests after log-in.
    pub api_requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
    /// Components that were retrieved because the org gave them in part, such as `Profile Admin`; what that took is not
    /// among the requests.
    pub retrieved: Vec<String>,
    /// The manifests' texts, for excerpts.
    pub sources: Sources,
    /// What the org said of it without saving anything, where it was asked.
    pub check: Option<PlanCheck>,
}

/// Changes by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Resources made.
    pub create: usize,
    /// Resources changed in place.
    pub update: usize,
    /// Resources removed and made again.
    pub replace: usize,
    /// Resources removed.
    pub delete: usize,
}
