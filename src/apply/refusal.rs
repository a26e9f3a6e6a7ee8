//! What the org says against a deploy, at the manifest line that asked for it.

use super::deploy::StageDeploy;
use super::entry::first_stated_in;
use super::{Run, objection};
use crate::address::Address;
use crate::change::{Change, Component, Dropped, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Place};
use crate::failure;
use crate::org::{ComponentMessage, DeployStatus, Refusal, RefusalClass};
use crate::plan::CheckWarning;

/// What a deploy means that ended without a word about any component: a right that is missing is told by its code alone.
fn refused_as_a_whole(status: &DeployStatus) -> Failure {
    let reason = status.error_message.as_deref();
    let reason = reason.unwrap_or("the org gave no reason");
    let ended = format!("the deploy {} ended {}", status.id, status.status);
    if let Some(code) = &status.error_code {
        let refusal = Refusal {
            status: 400,
            code: code.clone(),
            message: reason.to_owned(),
            fields: Vec::new(),
        };
        if refusal.class() == RefusalClass::Permission {
            return failure::of_org(&refusal.of(&ended));
        }
    }
    let diagnostic = Diagnostic::error(Code::DeployFailed, format!("{ended}: {reason}"));
    Failure::new(Exit::Failed, vec![diagnostic])
}

impl Run<'_> {
    /// Points each refused component at the manifest line that asked for it.
    pub(super) fn refusal(&self, status: &DeployStatus, changes: &[usize]) -> Failure {
        let mut diagnostics: Vec<Diagnostic> = status
            .failures
            .iter()
            .map(|failure| self.refused_component(failure, changes))
            .collect();
        for test in &status.test_failures {
            let message = format!(
                "the Apex test {} failed during the deploy: {}",
                test.name, test.message
            );
            diagnostics.push(Diagnostic::error(Code::ApexTestFailed, message));
        }
        let is_stated = |failure: &ComponentMessage| {
            let asked = self.asked_for(failure, changes);
            asked.is_some_and(|change| self.stated(&change.address, problem_of(failure)).is_some())
        };
        // A line of the manifest has to change, where nothing else is wrong.
        let mut failures = status.failures.iter();
        let exit = match status.test_failures.is_empty() && failures.all(is_stated) {
            true if !diagnostics.is_empty() => Exit::Manifest,
            _ => Exit::Failed,
        };
        if diagnostics.is_empty() {
            return refused_as_a_whole(status);
        }
        Failure::new(exit, diagnostics)
    }

    /// The refusal after the last round of leaving entries out, with what was left out before of a profile of this deploy.
    pub(super) fn last_refusal(&self, status: &DeployStatus, changes: &[usize]) -> Failure {
        let mut failure = self.refusal(status, changes);
        let of_deploy = |dropped: &&Dropped| {
            let mut addresses = changes
                .iter()
                .map(|index| &self.plan.changes[*index].address);
            dropped.address.kind == "profile"
                && addresses.any(|address| *address == dropped.address)
        };
        let left_out = self.left_out.iter().filter(of_deploy);
        let left_out: Vec<&str> = left_out.map(|dropped| dropped.entry.as_str()).collect();
        if left_out.is_empty() {
            return failure;
        }
        let message = format!(
            "the org refused the profile also without what it had refused before: {}",
            left_out.join(", ")
        );
        let help = "name under `profile.leaveOut` what this org does not take, or state it in the manifest as `false`";
        let last = Diagnostic::error(Code::EntriesRefusedWithoutEnd, message).help(help);
        failure.diagnostics.push(last);
        failure
    }

    /// What the org warned of and what was left out, as remarks at the lines that asked for it.
    pub(super) fn remarks(&self) -> Vec<Diagnostic> {
        let remark = |dropped: &Dropped| {
            let (entry, address) = (&dropped.entry, &dropped.address);
            let message = format!("`{entry}` was left out of {address}: {}", dropped.problem);
            let help = match dropped.address.kind {
                "profile" => {
                    "state it in the manifest if the integration needs it; then the org has to allow it"
                }
                _ => {
                    "no manifest states it: look in Setup (Object Manager) whether it is as it was"
                }
            };
            let mut remark = Diagnostic::warning(Code::EntryLeftOut, message)
                .help(help)
                .about(address.clone());
            let mut changes = self.plan.changes.iter();
            let asked = changes.find(|change| change.address == *address);
            remark.place = asked.and_then(|change| change.place.clone());
            remark
        };
        let left_out = self.left_out.iter().map(remark);
        self.warnings.iter().cloned().chain(left_out).collect()
    }

    /// Keeps what the org warned of in a deploy that it took, once each.
    pub(super) fn note_warnings(&mut self, status: &DeployStatus, deploy: StageDeploy<'_>) {
        let told = status.successes.iter().chain(&status.failures);
        for message in told.filter(|message| message.problem_type.as_deref() == Some("Warning")) {
            if deploy.is_rehearsal() {
                self.foresee(message, deploy);
                continue;
            }
            let warning = self.warned_component(message, deploy.changes);
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    fn foresee(&mut self, message: &ComponentMessage, deploy: StageDeploy<'_>) {
        let warning = CheckWarning {
            stage: deploy.stage,
            about: what_is_named(message, self.asked_for(message, deploy.changes)),
            problem: problem_of(message).to_owned(),
        };
        if !self.foreseen.contains(&warning) {
            self.foreseen.push(warning);
        }
    }

    fn warned_component(&self, message: &ComponentMessage, changes: &[usize]) -> Diagnostic {
        let problem = problem_of(message);
        let asked = self.asked_for(message, changes);
        let what = what_is_named(message, asked);
        let words = format!("the org deployed {what} with a warning: {problem}");
        let help = "look at it in Setup: the org took it, and may have done less than was asked";
        let mut warning = Diagnostic::warning(Code::DeployWarning, words).help(help);
        warning.address = asked.map(|change| change.address.clone());
        warning.place = asked.and_then(|change| change.place.clone());
        warning
    }

    /// The change that wrote the component that a message names. Several may write into one file: the one that is named by
    /// it comes first.
    fn asked_for(&self, message: &ComponentMessage, changes: &[usize]) -> Option<&Change> {
        let changes = || changes.iter().map(|index| &self.plan.changes[*index]);
        let named = |change: &&Change| {
            change.address.name == message.full_name && asks_for(change, message)
        };
        changes()
            .find(named)
            .or_else(|| changes().find(|change| asks_for(change, message)))
    }

    fn refused_component(&self, failure: &ComponentMessage, changes: &[usize]) -> Diagnostic {
        let problem = problem_of(failure);
        let Some(change) = self.asked_for(failure, changes) else {
            let message = format!(
                "the org refused {} {}: {problem}",
                failure.component_type, failure.full_name
            );
            return Diagnostic::error(Code::ComponentRefused, message);
        };
        let message = format!("the org refused {}: {problem}", change.address);
        let diagnostic =
            Diagnostic::error(Code::ComponentRefused, message).about(change.address.clone());
        if let Some(stated) = self.stated(&change.address, problem) {
            return diagnostic.at(stated).help(
                "what the manifest states is never left out: take it out of the manifest, or let the org allow it; \
                 nothing of this deploy was saved",
            );
        }
        let diagnostic = diagnostic.help("nothing of this deploy was saved");
        diagnostic.at(change.place.as_ref())
    }

    /// Where a manifest states the entry of its profile that a problem names.
    pub(super) fn stated(&self, profile: &Address, problem: &str) -> Option<&Place> {
        let profiles = self.manifests.iter();
        let mut profiles = profiles.filter_map(|manifest| manifest.spec.profile.as_ref());
        let profile =
            profiles.find(|wanted| profile.kind == "profile" && *wanted.name == profile.name)?;
        let entries = objection::entries(problem);
        match entries.is_empty() {
            true => first_stated_in(profile, problem),
            false => entries.iter().find_map(|entry| entry.stated_in(profile)),
        }
    }
}

/// The resource that a message is about, or the component where no change wrote it.
fn what_is_named(message: &ComponentMessage, asked: Option<&Change>) -> String {
    match asked {
        Some(change) => change.address.to_string(),
        None => format!("{} {}", message.component_type, message.full_name),
    }
}

fn problem_of(message: &ComponentMessage) -> &str {
    let problem = message.problem.as_deref();
    problem.unwrap_or("the org gave no reason")
}

/// Whether a change wrote the component that a message names. A rule or field may be reported by its object's file.
fn asks_for(change: &Change, failure: &ComponentMessage) -> bool {
    let Write::Deploy(components) = &change.write else {
        return false;
    };
    let exact = |component: &Component| component.full_name == failure.full_name;
    let in_file = |component: &Component| {
        let object = component.full_name.split('.').next().unwrap_or_default();
        failure.full_name == object
            || failure
                .full_name
                .starts_with(&format!("{}.", component.full_name))
    };
    let same_kind = |component: &Component| {
        component.kind == failure.component_type || component.full_name.contains('.')
    };
    components
        .iter()
        .any(|component| exact(component) || (in_file(component) && same_kind(component)))
}
