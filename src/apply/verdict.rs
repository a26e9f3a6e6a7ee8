//! What became of a run: what its proof means, why it stopped, and which of its changes were made.

use super::{ChangeResult, Run, Stopped};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Exit, Failure, Place};
use crate::failure;
use crate::plan::Allowed;
use crate::tally::Tally;
use crate::verify::{self, Access, Verification};

impl Run<'_> {
    /// What the proof means for the run.
    pub(super) fn verdict(&self, verification: &Verification) -> Option<Failure> {
        if !verification.converged {
            let names: Vec<String> = verification
                .drift
                .iter()
                .map(|change| change.address.to_string())
                .collect();
            let found = match names.len() {
                1 => "a change".to_owned(),
                several => format!("{several} changes"),
            };
            let message = format!("planning again still finds {found}: {}", names.join(", "));
            let help = "somebody else changes the same settings, or the org keeps them otherwise; plan shows the difference";
            let mut diagnostics = vec![Diagnostic::error(Code::NotAtRest, message).help(help)];
            diagnostics.extend(verification.disproofs().cloned());
            return Some(self.with_state(Failure::new(Exit::ProofFailed, diagnostics)));
        }
        verify::proof_failure(verification).map(|failure| self.with_state(failure))
    }

    /// Limits that hold no longer, by what the proof saw of all records. What the user saw before does not count.
    pub(super) fn passed_by_proof(&self, access: &[Access]) -> Vec<Diagnostic> {
        if self.plan.changes.is_empty() || access.iter().any(|one| one.sampled) {
            return Vec::new();
        }
        let visible: u64 = access.iter().map(|one| one.visible).sum();
        let now = self.plan.impact.iter();
        let now: u64 = now
            .filter_map(|one| one.visible_now.as_ref())
            .map(Tally::at_least)
            .sum();
        let seen = Tally::Exactly(visible.saturating_sub(now));
        let limits = self.plan.limits.iter();
        let passed = limits.filter_map(|limit| match limit.limit {
            Allowed::AtMost(most) if limit.is_of_records() && !limit.refuses() => {
                let beyond = seen.at_least() > most;
                beyond.then(|| passed_meanwhile(&seen, most, limit.place.as_ref()))
            }
            _ => None,
        });
        passed.collect()
    }

    /// What the rules match nothing of yet, because this very run made the fields that they ask for, was foreseen, and is no
    /// error of this run.
    pub(super) fn as_foreseen(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let foreseen = |finding: &Diagnostic| {
            let mut planned = self.plan.findings.iter();
            planned.find(|known| known.code == Code::TickFirst && known.place == finding.place)
        };
        let each = findings.into_iter();
        let each = each.map(|finding| match (finding.code, foreseen(&finding)) {
            (Code::RulesMatchNothing, Some(known)) => known.clone(),
            _ => finding,
        });
        each.collect()
    }

    pub(super) fn failure(&self, stopped: Stopped) -> Failure {
        let mut failure = match stopped {
            Stopped::Failure(failure) | Stopped::Coupled(failure) | Stopped::Refused(failure) => {
                *failure
            }
            Stopped::NotCheckable(words) => Failure::new(
                Exit::Failed,
                vec![Diagnostic::error(Code::DeployFailed, words)],
            ),
            Stopped::Org(error) => failure::of_org(&error),
        };
        failure.diagnostics.extend(self.warnings.iter().cloned());
        if !self.wrote && !is_about(&failure, &[Code::WarningNotAgreedTo]) {
            failure.diagnostics.extend(self.foreseen_remarks());
        }
        let unknown = self
            .outcomes
            .iter()
            .any(|outcome| outcome.result == ChangeResult::Unknown);
        // Some of it stands and some does not: whatever the cause, the outcome is partial.
        let keeps_class = matches!(
            failure.exit,
            Exit::Interrupted | Exit::Terminated | Exit::Login | Exit::Guarded
        ) || is_about(&failure, &FINAL);
        if unknown || (self.wrote && !keeps_class) {
            failure.exit = Exit::Partial;
        }
        self.with_state(failure)
    }

    pub(super) fn with_state(&self, failure: Failure) -> Failure {
        let count = |result| {
            self.outcomes
                .iter()
                .filter(|outcome| outcome.result == result)
                .count()
        };
        let (done, unknown, all) = (
            count(ChangeResult::Done),
            count(ChangeResult::Unknown),
            self.outcomes.len(),
        );
        let state = match (done, unknown) {
            (done, 0) if done == all && done > 0 => all_made(all, failure.exit),
            (0, 0) => failure::NOTHING_CHANGED.to_owned(),
            // Another run meets the same refusal; whether one would do what a deploy without an effect did not, nobody knows.
            (done, 0) if is_about(&failure, &FINAL) => {
                format!("{done} of {all} changes were made")
            }
            (done, 0) => {
                format!("{done} of {all} changes were made; running again finishes the rest")
            }
            (done, unknown) => format!(
                "{done} of {all} changes were made, {unknown} may have been; running again looks first"
            ),
        };
        failure.state(state).with_sources(&self.plan.sources)
    }
}

fn passed_meanwhile(seen: &Tally, most: u64, place: Option<&Place>) -> Diagnostic {
    let seen = count(seen.at_least(), "record");
    let message = format!("{seen} became visible, and the manifest allows {most}");
    let help = "they came after the last look, before the rules: look at them, and raise the limit if they are meant";
    let error = Diagnostic::error(Code::LimitPassedMeanwhile, message);
    error.at(place).help(help)
}

/// What no other run mends: a deploy without an effect, and refusals that are not about a lock, a limit or the log-in.
const FINAL: [Code; 6] = [
    Code::DeployedWithoutEffect,
    Code::ComponentRefused,
    Code::EntriesRefusedWithoutEnd,
    Code::ApexTestFailed,
    Code::OrgRefused,
    Code::UsernameTaken,
];

/// Whether a failure is about one of these.
fn is_about(failure: &Failure, codes: &[Code]) -> bool {
    let mut diagnostics = failure.diagnostics.iter();
    diagnostics.any(|diagnostic| codes.contains(&diagnostic.code))
}

/// Nothing is left to make: only the proof is missing, or says no.
fn all_made(all: usize, exit: Exit) -> String {
    let made = match all {
        1 => "the change was made".to_owned(),
        all => format!("all {all} changes were made"),
    };
    match exit {
        Exit::ProofFailed => format!("{made}; the proof failed"),
        _ => format!("{made}; the proof was not finished"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_is_left_to_make_the_state_says_so() {
        let check = |all, exit, expected| assert_eq!(all_made(all, exit), expected);
        check(
            7,
            Exit::ProofFailed,
            "all 7 changes were made; the proof failed",
        );
        check(
            1,
            Exit::ProofFailed,
            "the change was made; the proof failed",
        );
        check(
            2,
            Exit::Partial,
            "all 2 changes were made; the proof was not finished",
        );
    }
}
