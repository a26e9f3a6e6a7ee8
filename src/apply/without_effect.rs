//! Deploys that the org calls a success and that changed nothing: found before anything is waited for.
//!
//! **Promise:** what is said to be as it was, was read back from the org after the deploy.

use super::{ChangeResult, Run, Step, Stopped};
use crate::change::{Action, Change, Component, FieldChange, Stage};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::kinds::INTERNAL_DEFAULT;
use crate::live::{Live, Need, Reference};
use crate::manifest::{SharingModel, Word};
use crate::observe;

impl Run<'_> {
    /// Reads back what a deploy of a stage can be said to have done right after it. A default that is in force is; of one that
    /// is not, its document tells whether it was requested: only then there is a recalculation to wait for.
    pub(super) async fn read_back(&mut self, stage: Stage, deployed: &[usize]) -> Step<()> {
        if stage != Stage::Defaults || self.defaults_in_force {
            return Ok(());
        }
        // What cannot be asked here is asked again by who waits.
        let Ok(late) = self.late_defaults(&self.wanted_defaults()).await else {
            return Ok(());
        };
        self.defaults_in_force = late.is_empty();
        let undone = self.requested_as_before(deployed, &late).await;
        self.ends_without_effect(undone)
    }

    /// Those of the changes to late defaults whose object asks for what it had before: nothing of them was kept. None where
    /// the org does not tell: that is waited for, as if nobody had asked.
    pub(super) async fn requested_as_before(
        &self,
        deployed: &[usize],
        late: &[String],
    ) -> Vec<usize> {
        let is_late = |index: &usize| late.contains(&self.plan.changes[*index].address.name);
        let late: Vec<usize> = deployed.iter().copied().filter(is_late).collect();
        if late.is_empty() {
            return late;
        }
        let object = |index: &usize| self.plan.changes[*index].address.name.clone();
        let documents = late.iter().map(|index| Need::ObjectDocument(object(index)));
        let mut told = Live::default();
        let asked = observe::ask_org(documents.collect(), self.reader, &mut told).await;
        if asked.is_err() {
            return Vec::new();
        }
        let is_as_it_was = |index: &usize| {
            let requested = told.requested_default(&object(index)).0;
            let change = &self.plan.changes[*index];
            requested.is_some_and(|requested| was(change, INTERNAL_DEFAULT, requested))
        };
        late.into_iter().filter(is_as_it_was).collect()
    }

    /// Ends the run where planning again would write just what was deployed: then the org has kept nothing of it.
    pub(super) fn check_effect(&mut self, again: &[Change]) -> Step<()> {
        let is_undone = |index: &usize| {
            let change = &self.plan.changes[*index];
            let is_done = self.outcomes[*index].result == ChangeResult::Done;
            is_done && self.deploys(*index).is_some() && is_wanted_again(change, again)
        };
        let all = 0..self.plan.changes.len();
        let undone = all.filter(is_undone).collect();
        self.ends_without_effect(undone)
    }

    /// The end of a run whose record was refused: where the org lacks the role or profile that it said it deployed, that is why.
    pub(super) async fn or_without_effect(&mut self, stopped: Stopped) -> Stopped {
        let refused = match &stopped {
            Stopped::Failure(failure) if failure.exit == Exit::Failed => {
                failure.diagnostics.clone()
            }
            _ => return stopped,
        };
        let mut absent = Vec::new();
        for index in 0..self.plan.changes.len() {
            if self.is_absent(index).await {
                absent.push(index);
            }
        }
        match self.ends_without_effect(absent) {
            Err(Stopped::Failure(mut failure)) => {
                failure.diagnostics.extend(refused);
                Stopped::Failure(failure)
            }
            _ => stopped,
        }
    }

    /// Whether the org says that it has not what this run made, of what records refer to.
    async fn is_absent(&self, index: usize) -> bool {
        let change = &self.plan.changes[index];
        let is_made =
            change.action == Action::Create && self.outcomes[index].result == ChangeResult::Done;
        let components = self.deploys(index).filter(|_| is_made).unwrap_or_default();
        let reference =
            |component: &Component| Reference::of_component(component.kind, &component.full_name);
        match components.iter().find_map(reference) {
            Some(reference) => matches!(self.find(&reference).await, Ok(None)),
            None => false,
        }
    }

    /// Ends the run where a deploy had no effect, by changes.
    pub(super) fn ends_without_effect(&mut self, indexes: Vec<usize>) -> Step<()> {
        if indexes.is_empty() {
            return Ok(());
        }
        for index in &indexes {
            self.outcomes[*index].result = ChangeResult::NotDone;
        }
        let changes = indexes.iter().map(|index| &self.plan.changes[*index]);
        Err(Failure::new(Exit::Failed, changes.map(without_effect).collect()).into())
    }
}

/// Whether planning again finds every attribute of a change to write once more.
fn is_wanted_again(change: &Change, again: &[Change]) -> bool {
    let found = |field: &FieldChange| {
        let mut fields = again
            .iter()
            .filter(|again| again.address == change.address)
            .flat_map(|again| &again.fields);
        fields.any(|again| {
            (&again.path, &again.before, &again.after) == (&field.path, &field.before, &field.after)
        })
    };
    !change.fields.is_empty() && change.fields.iter().all(found)
}

/// Whether an attribute that a change writes had this value before.
fn was(change: &Change, path: &str, model: SharingModel) -> bool {
    let mut fields = change.fields.iter();
    fields.any(|field| field.path == path && field.before == model.word())
}

fn without_effect(change: &Change) -> Diagnostic {
    let found = match change.action {
        Action::Create => "the org does not have it",
        Action::Delete => "it is still there",
        Action::Update | Action::Replace => "it is as it was",
    };
    let message = format!(
        "the org said that it deployed {}, and {found}",
        change.address
    );
    let help = "there is nothing to wait for; run the same command again, and where it stays so, look into \
                Setup > Deployment Status or change it by hand";
    let error = Diagnostic::error(Code::DeployedWithoutEffect, message)
        .help(help)
        .about(change.address.clone());
    error.at(change.place.as_ref())
}
