//! What comes after an apply: the command to copy, wherever the run ended.

use super::super::arguments::Manifests;
use super::super::command::{command, quoted};
use super::super::snapshots::SnapshotPlace;
use super::super::underway::Underway;
use super::ApplyRun;
use crate::apply::{self, Applied};
use crate::change::Until;
use crate::diagnostic::{Exit, Failure};
use crate::failure::NOTHING_CHANGED;
use crate::plan::Plan;
use crate::verify;
use std::path::{Path, PathBuf};

/// Whether nothing but how many records rules match disproves it: no apply mends that.
fn is_of_numbers_alone(applied: &Applied) -> bool {
    let proof = applied.verification.as_ref();
    let proof = proof.filter(|proof| proof.converged);
    proof.is_some_and(|proof| proof.disproofs().all(verify::is_about_numbers))
}

impl ApplyRun<'_> {
    /// Where what is about to change is going to be saved, which is told before anybody agrees. An empty plan has no way back.
    pub(super) fn snapshot_of(&self, plan: &Plan) -> Option<(SnapshotPlace, PathBuf)> {
        if plan.changes.is_empty() {
            return None;
        }
        let place = SnapshotPlace::new(&plan.org.id, self.arguments.snapshot_dir.as_deref());
        let path = place.path();
        let output = &self.context.output;
        output.note(&format!("the way back: {}\n", self.way_back(&path)));
        if let Some(remark) = place.remark() {
            let help = remark.help.as_deref().unwrap_or_default();
            output.note(&format!(
                "note {}: {}; {help}\n",
                remark.code, remark.message
            ));
        }
        Some((place, path))
    }

    /// The command that undoes the plan.
    fn way_back(&self, snapshot: &Path) -> String {
        let mut words = command("undo", &Manifests::default(), self.context);
        words.insert(2, quoted(&snapshot.to_string_lossy()));
        words.join(" ")
    }

    /// A command about the same manifests and org.
    pub(super) fn command(&self, verb: &str) -> String {
        command(verb, &self.named, self.context).join(" ")
    }

    /// The same apply once more, with the consent that holds for any plan.
    pub(super) fn again(&self) -> String {
        let until = match self.until() {
            Until::Proved => "",
            Until::Prepared => " --until prepared",
            Until::Narrowed => " --until narrowed",
        };
        format!("{}{until}", self.onwards())
    }

    /// The apply that goes to the end.
    fn onwards(&self) -> String {
        self.words_onwards().join(" ")
    }

    fn words_onwards(&self) -> Vec<String> {
        let mut words = command("apply", &self.named, self.context);
        if let Some(path) = &self.arguments.plan {
            words.extend(["--plan".to_owned(), quoted(&path.to_string_lossy())]);
        }
        if let Some(digest) = &self.arguments.expect {
            words.extend(["--expect".to_owned(), digest.clone()]);
        }
        words.extend(self.arguments.yes.then(|| "--yes".to_owned()));
        words
    }

    /// The command that goes on from where an apply ended: a look at the record that disproves it, where nothing is
    /// left to change.
    pub(super) fn next_command(&self, applied: &Applied) -> String {
        let disproof = applied
            .verification
            .as_ref()
            .filter(|verification| verification.converged)
            .and_then(|verification| {
                let mut wrong = verification
                    .access
                    .iter()
                    .flat_map(|access| access.leaks.iter().chain(&access.missing));
                wrong.next()
            });
        match disproof {
            Some(record) => format!(
                "{} --record {}",
                self.command("explain"),
                quoted(&record.id)
            ),
            None if is_of_numbers_alone(applied) => self.command("plan"),
            None => self.again(),
        }
    }

    /// The failure of an apply that was ended while it wrote.
    pub(super) fn cut_off(&self, exit: Exit, last: Option<&Underway>, plan: &Plan) -> Failure {
        let state = match last {
            None => NOTHING_CHANGED.to_owned(),
            Some(Underway::Checks(id)) => format!(
                "{NOTHING_CHANGED}; the check-only deploy {id}, if it still runs, ends by itself and saves nothing"
            ),
            Some(Underway::Writes(_)) => {
                "it is not known which changes were made; a deploy that runs goes on in the org"
                    .to_owned()
            }
        };
        let stage = match last {
            Some(Underway::Writes(stage)) => Some(*stage),
            _ => None,
        };
        Failure::new(exit, Vec::new())
            .state(state)
            .and_state(&apply::gaps_at(plan, stage))
            .next(self.again())
    }

    /// The command to copy where the apply went through: the rest of it, or another look.
    pub(super) fn what_is_next(&self, applied: &Applied) -> Vec<String> {
        let done = applied.failure.is_none() && !applied.outcomes.is_empty();
        match applied.until.is_early() {
            _ if !done => Vec::new(),
            true => self.words_onwards(),
            false => command("verify", &self.named, self.context),
        }
    }
}
