//! Who sees nothing where a run ends between a restricted default and its rules.
//!
//! **Promise:** no run ends in the gap without saying so: what it is not sure of counts as done to the default, and as not
//! done for a rule.

use super::{ChangeResult, Run};
use crate::change::{Change, Stage};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Failure};
use crate::findings::{gap_sentence, is_default_of, makes_rule_of};
use crate::plan::Plan;

/// What the plan says of gaps, those ahead and those that were found open.
fn gaps(plan: &Plan) -> impl Iterator<Item = &Diagnostic> {
    let is_gap = |finding: &&Diagnostic| matches!(finding.code, Code::GapAhead | Code::GapOpen);
    plan.findings.iter().filter(is_gap)
}

/// The gaps that an earlier run left, in sentences.
pub fn gaps_found(plan: &Plan) -> Vec<String> {
    let found = gaps(plan).filter(|finding| finding.code == Code::GapOpen);
    found
        .map(|finding| gap_sentence(finding).to_owned())
        .collect()
}

/// The gaps that a run may be in that was cut off in this stage, in sentences.
pub fn gaps_at(plan: &Plan, stage: Option<Stage>) -> Vec<String> {
    let is_between = stage.is_some_and(|stage| (Stage::Defaults..=Stage::Rules).contains(&stage));
    let may_be = gaps(plan).filter(|finding| match finding.code {
        Code::GapOpen => stage.is_none_or(|stage| stage <= Stage::Rules),
        _ => is_between,
    });
    let is_found =
        |finding: &Diagnostic| finding.code == Code::GapOpen && stage < Some(Stage::Rules);
    may_be
        .map(|finding| match is_found(finding) {
            true => gap_sentence(finding).to_owned(),
            false => if_so(finding),
        })
        .collect()
}

fn if_so(finding: &Diagnostic) -> String {
    format!(
        "where the default is restricted by now and its rules are not there, {}",
        gap_sentence(finding)
    )
}

impl Run<'_> {
    /// What is to be said of the gap that the run ends in, one sentence for each object.
    pub(super) fn in_the_dark(&self, failure: Option<&Failure>) -> Vec<String> {
        let of_gap = |finding: &&Diagnostic| finding.address.is_some();
        let gaps = gaps(self.plan).filter(of_gap).filter_map(|finding| {
            let object = &finding.address.as_ref()?.name;
            let lacks_rules = self.any(|change, result| {
                makes_rule_of(change, object) && result != ChangeResult::Done
            });
            if !lacks_rules {
                return None;
            }
            if finding.code == Code::GapOpen {
                return Some(gap_sentence(finding).to_owned());
            }
            let has_no_effect = failure.is_some_and(|failure| is_without_effect(failure, object));
            let is_done = self.any(|change, result| {
                is_default_of(change, object) && result == ChangeResult::Done
            });
            let is_unsure = self.any(|change, result| {
                is_default_of(change, object) && result == ChangeResult::Unknown
            });
            match (is_done || self.defaults_taken.contains(object), is_unsure) {
                _ if has_no_effect => None,
                (true, _) => Some(gap_sentence(finding).to_owned()),
                (false, true) => Some(if_so(finding)),
                (false, false) => None,
            }
        });
        gaps.collect()
    }

    fn any(&self, is_meant: impl Fn(&Change, ChangeResult) -> bool) -> bool {
        let changes = self.plan.changes.iter().zip(&self.outcomes);
        changes
            .into_iter()
            .any(|(change, outcome)| is_meant(change, outcome.result))
    }
}

/// Whether the default of an object is what a deploy had no effect on.
fn is_without_effect(failure: &Failure, object: &str) -> bool {
    let is_it = |diagnostic: &Diagnostic| {
        let address = diagnostic.address.as_ref();
        let of_default = address
            .is_some_and(|one| one.kind == "organization_wide_default" && one.name == object);
        diagnostic.code == Code::DeployedWithoutEffect && of_default
    };
    failure.diagnostics.iter().any(is_it)
}
