//! One stage's deploy: pack, send once, poll, and read what the org says about each component.

use super::credible::{contradiction, not_believed};
use super::leave_out::Nameless;
use super::lost::{is_of, undecided};
use super::{ChangeResult, Run, Step, Stopped, objection};
use crate::change::{Component, Stage};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::live::{Reference, short_id};
use crate::org::{DeployStatus, Rehearser, Writer, poll};
use crate::package::{self, Files};
use crate::soql;
use std::time::{Duration, Instant};

/// What to do about a deploy that did not succeed.
enum RefusedDeploy {
    /// Another operation holds a lock: the same again, later.
    Locked(String),
    /// Nothing that was deployed is named, so that it may be a lock in words that nobody here knows: the same again, after
    /// this wait.
    MayBeLocked(String, Duration),
    /// Entries nobody stated were left out: what is left again, now.
    EntriesLeftOut,
    /// A default does not go with another object's: one after the other.
    Coupled(Box<Failure>),
    /// Nothing but that it cannot be checked without being saved, in the org's words.
    NotCheckable(String),
    /// No.
    Final(Box<Failure>),
}

/// One stage's deploy, and whom it is handed to.
#[derive(Clone, Copy)]
pub(super) struct StageDeploy<'d> {
    pub(super) stage: Stage,
    /// The changes whose components it holds, by index.
    pub(super) changes: &'d [usize],
    pub(super) to: DeployTo<'d>,
}

/// Whom a deploy is handed to: who only checks it, or who saves it.
#[derive(Clone, Copy)]
pub(super) enum DeployTo<'d> {
    Rehearser(&'d Rehearser),
    Writer(&'d Writer),
}

impl StageDeploy<'_> {
    /// Who checks it, where it only checks.
    pub(super) fn rehearser(&self) -> Option<&Rehearser> {
        match self.to {
            DeployTo::Rehearser(rehearser) => Some(rehearser),
            DeployTo::Writer(_) => None,
        }
    }

    pub(super) fn is_rehearsal(&self) -> bool {
        self.rehearser().is_some()
    }
}

impl Run<'_> {
    /// Deploys the components of these changes: what is removed first, then what is made.
    pub(super) async fn deploy_changes(
        &mut self,
        stage: Stage,
        changes: &[usize],
        writer: &Writer,
    ) -> Step<()> {
        let deployed = self.deployed_among(changes);
        if deployed.is_empty() {
            return Ok(());
        }
        let deploy = StageDeploy {
            stage,
            changes: &deployed,
            to: DeployTo::Writer(writer),
        };
        let components = match self.rehearsed.remove(&stage) {
            Some(rehearsed) => rehearsed,
            None => self.components_of(&deployed).await?,
        };
        let (_, additions) = self.deploy_removals(deploy, components).await?;
        if !additions.is_empty() {
            self.deploy_additions(deploy, additions).await?;
        }
        Box::pin(self.read_back(stage, &deployed)).await?;
        for index in deployed {
            self.mark(index, stage, ChangeResult::Done, None);
        }
        Ok(())
    }

    /// Deploys what is removed of these components; gives it, and what is made.
    pub(super) async fn deploy_removals(
        &mut self,
        deploy: StageDeploy<'_>,
        components: Vec<Component>,
    ) -> Step<(Vec<Component>, Vec<Component>)> {
        let (removals, additions): (Vec<_>, Vec<_>) =
            components.into_iter().partition(|c| c.body.is_none());
        if !removals.is_empty() {
            let files =
                package::removal_files(&removals, self.api_version()).map_err(unpackable)?;
            self.deploy_rounds(deploy, files, &mut []).await?;
        }
        Ok((removals, additions))
    }

    /// Those of these changes that are deployed.
    pub(super) fn deployed_among(&self, changes: &[usize]) -> Vec<usize> {
        let deployed = changes.iter().copied();
        deployed
            .filter(|index| self.deploys(*index).is_some())
            .collect()
    }

    /// The components of these changes, with the ids that they refer to.
    pub(super) async fn components_of(&mut self, deployed: &[usize]) -> Step<Vec<Component>> {
        let components: Vec<Component> = deployed
            .iter()
            .flat_map(|index| self.deploys(*index).unwrap_or_default().to_vec())
            .collect();
        let mut components = self.with_ids(components).await?;
        self.leave_out_as_checked(deployed, &mut components);
        Ok(components)
    }

    /// Refuses, before anything is written, what one deploy of a stage would not take.
    pub(super) fn check_packages(&self) -> Step<()> {
        for stage in Stage::WRITING {
            let deployed = self.changes_of(stage).into_iter();
            let components: Vec<Component> = deployed
                .filter_map(|index| self.deploys(index))
                .flatten()
                .cloned()
                .collect();
            let files = package::files(&components, self.api_version()).map_err(unpackable)?;
            package::check_size(&files).map_err(unpackable)?;
        }
        Ok(())
    }

    pub(super) fn api_version(&self) -> &str {
        &self.plan.org.api_version
    }

    pub(super) async fn deploy_additions(
        &mut self,
        deploy: StageDeploy<'_>,
        mut components: Vec<Component>,
    ) -> Step<()> {
        let files = package::files(&components, self.api_version()).map_err(unpackable)?;
        match self.deploy_rounds(deploy, files, &mut components).await {
            Ok(()) => {
                self.keep_clones(&components, deploy.changes);
                Ok(())
            }
            Err(Stopped::Coupled(_)) => {
                for component in narrowest_child_first(components) {
                    let files =
                        package::files(std::slice::from_ref(&component), self.api_version())
                            .map_err(unpackable)?;
                    self.deploy_rounds(deploy, files, &mut [component]).await?;
                }
                Ok(())
            }
            Err(stopped) => Err(stopped),
        }
    }

    /// Deploys until the org takes it: again without entries it refuses, again after a lock or what may be one, never twice
    /// the same for any other reason.
    pub(super) async fn deploy_rounds(
        &mut self,
        deploy: StageDeploy<'_>,
        mut files: Files,
        components: &mut [Component],
    ) -> Step<()> {
        let started = self.now();
        let mut waits = poll::schedule();
        let mut nameless = Nameless::default();
        loop {
            let status = self.deploy_once(deploy, &files).await?;
            if is_whole(&status) {
                if let Some(reason) = contradiction(&status) {
                    self.unsure_of(deploy);
                    return Err(not_believed(&status.id, deploy, &reason));
                }
                self.note_warnings(&status, deploy);
                if deploy.stage == Stage::Defaults && !deploy.is_rehearsal() {
                    let objects = components.iter().map(|one| one.full_name.clone());
                    self.defaults_taken.extend(objects);
                }
                self.learn_ids(&status, deploy);
                return Ok(());
            }
            match self.refused(deploy, &status, components, &mut nameless) {
                RefusedDeploy::EntriesLeftOut => {
                    self.check_stop()?;
                    files = package::files(components, self.api_version()).map_err(unpackable)?;
                }
                RefusedDeploy::Locked(words) if self.elapsed(started) < self.options.wait => {
                    let what = format!("a lock in the org: {words}");
                    let wait = waits.next().unwrap_or_default();
                    self.wait_for_lock(deploy.stage, what, wait, started)
                        .await?;
                }
                RefusedDeploy::MayBeLocked(words, wait) => {
                    let what = format!("what may be a lock in the org: {words}");
                    self.wait_for_lock(deploy.stage, what, wait, started)
                        .await?;
                }
                RefusedDeploy::Locked(words) => return Err(busy(&words).into()),
                RefusedDeploy::NotCheckable(words) => return Err(Stopped::NotCheckable(words)),
                RefusedDeploy::Coupled(failure) => return Err(Stopped::Coupled(failure)),
                RefusedDeploy::Final(failure) => return Err(Stopped::Refused(failure)),
            }
        }
    }

    async fn wait_for_lock(
        &mut self,
        stage: Stage,
        what: String,
        wait: Duration,
        started: Instant,
    ) -> Step<()> {
        self.check_stop()?;
        let elapsed_ms = self.milliseconds(started);
        (self.emit)(Event::Waiting {
            stage,
            what,
            elapsed_ms,
        });
        self.pause(wait).await;
        Ok(())
    }

    /// Keeps the ids of what was deployed, so that records that refer to it need no look-up. What was only checked is not
    /// there.
    fn learn_ids(&mut self, status: &DeployStatus, deploy: StageDeploy<'_>) {
        if deploy.is_rehearsal() {
            return;
        }
        let ids = status.successes.iter().filter_map(|message| {
            let id = message.id.clone().filter(|id| soql::is_id(id))?;
            let found = Reference::of_component(&message.component_type, &message.full_name)?;
            Some((found, id))
        });
        self.found.extend(ids);
    }

    async fn deploy_once(&mut self, deploy: StageDeploy<'_>, files: &Files) -> Step<DeployStatus> {
        let zip = package::zip(files).map_err(unpackable)?;
        let sent = self.hand_over(deploy, zip).await?;
        self.deploys.insert(short_id(&sent.id));
        (self.emit)(Event::DeployStarted {
            stage: deploy.stage,
            id: sent.id.clone(),
            check_only: deploy.is_rehearsal(),
            components: files.len().saturating_sub(1),
        });
        let beside = self.default_queries(deploy);
        let (status, beside) = self.poll(deploy, &sent.id, beside).await?;
        self.note_defaults(beside);
        if sent.found && !is_of(&status, files) {
            self.unsure_of(deploy);
            return Err(undecided(&sent.id, deploy).into());
        }
        Ok(status)
    }

    pub(super) fn unknown(&mut self, changes: &[usize]) {
        for index in changes {
            self.outcomes[*index].result = ChangeResult::Unknown;
        }
    }

    /// Nobody can say what became of a deploy. One that only checks has saved nothing, whatever became of it.
    pub(super) fn unsure_of(&mut self, deploy: StageDeploy<'_>) {
        if !deploy.is_rehearsal() {
            self.unknown(deploy.changes);
        }
    }

    fn refused(
        &mut self,
        deploy: StageDeploy<'_>,
        status: &DeployStatus,
        components: &mut [Component],
        nameless: &mut Nameless,
    ) -> RefusedDeploy {
        if let Some(words) = objection::lock(status) {
            return RefusedDeploy::Locked(words.to_owned());
        }
        if let Some(words) = objection::to_checking(status).filter(|_| deploy.is_rehearsal()) {
            return RefusedDeploy::NotCheckable(words.to_owned());
        }
        let (stage, changes) = (deploy.stage, deploy.changes);
        if stage == Stage::Defaults && is_coupling(status, components) {
            return RefusedDeploy::Coupled(Box::new(self.refusal(status, changes)));
        }
        if let Some((words, wait)) = nameless.may_be_lock(status, components) {
            return RefusedDeploy::MayBeLocked(words, wait);
        }
        let left_out = match stage {
            Stage::Defaults => self.leave_out_settings(status, changes, components),
            _ => self.leave_out(stage, status, changes, components, nameless),
        };
        match left_out {
            true => RefusedDeploy::EntriesLeftOut,
            // A round must make progress, or it would only be the same deploy again.
            false => RefusedDeploy::Final(Box::new(self.last_refusal(status, changes))),
        }
    }
}

/// Whether all of it was deployed. A deploy that may succeed in part calls that a success too (Metadata API guide,
/// DeployResult); ours may not, and what is missing would only be found by the proof.
fn is_whole(status: &DeployStatus) -> bool {
    status.success && status.status != "SucceededPartial"
}

/// Whether a default was refused because of another of the same deploy.
fn is_coupling(status: &DeployStatus, components: &[Component]) -> bool {
    let objects = components.iter();
    let objects: Vec<String> = objects.map(|object| object.full_name.clone()).collect();
    objects.len() > 1 && objection::refuses_a_default(status, &objects)
}

/// Children of Account first, Account last.
fn narrowest_child_first(mut components: Vec<Component>) -> Vec<Component> {
    components.sort_by_key(|component| component.full_name == "Account");
    components
}

pub(super) fn unpackable(error: package::PackageError) -> Stopped {
    let message = format!("cannot build the package: {error}");
    let mut diagnostic = Diagnostic::error(Code::PackageNotBuildable, message);
    let mut exit = Exit::Failed;
    if error.is_too_much() {
        let help = "divide the manifest into several, and apply one after the other";
        diagnostic = diagnostic.help(help);
        exit = Exit::Manifest;
    }
    Stopped::Failure(Box::new(Failure::new(exit, vec![diagnostic])))
}

fn busy(words: &str) -> Failure {
    let diagnostic = Diagnostic::error(
        Code::OrgBusy,
        format!("another operation holds a lock in the org: {words}"),
    );
    Failure::new(
        Exit::Busy,
        vec![diagnostic.help("run the same command again later")],
    )
}
