//! Rehearsals: a stage handed over as a check-only deploy, which the org checks like any other and does not save.
//!
//! **Promise:** a rehearsal writes nothing, whatever becomes of it, and no failure of one says otherwise. What it leaves out
//! of a cloned profile stays left out of the deploy that follows.

use super::deploy::{DeployTo, StageDeploy, unpackable};
use super::look::still_running;
use super::{ApplyOptions, Run, Step, Stopped};
use crate::change::Stage;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::{Emit, Event};
use crate::manifest::Manifest;
use crate::org::Rehearser;
use crate::package;
use crate::plan::{
    CheckScope, CheckWarning, CheckedStage, DIGITS_OF_CHANGES, NotCheckable, Plan, PlanCheck,
    digest_with,
};

/// Which warnings of a rehearsal somebody has agreed to beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarningConsent {
    /// The leading digits of the digest that was agreed to: it covers the warnings of the check that it is of.
    pub digest: Option<String>,
    /// The digest of the plan that was agreed to, where this one is its rest.
    pub rest_of: Option<String>,
    /// Warnings that the saved plan shows which was agreed to.
    pub read: Vec<CheckWarning>,
    /// Words of warnings that are accepted, whoever they are about.
    pub accepted: Vec<String>,
    /// Whether a warning that nobody has agreed to ends the run.
    pub is_needed: bool,
}

/// Has the org check what it can of a plan, and saves nothing.
///
/// # Errors
/// What kept the org from checking: the way to it, its queue, a lock, or somebody who asked to stop. What the org refuses is
/// part of the result.
pub async fn rehearse(
    plan: &Plan,
    manifests: &[Manifest],
    rehearser: &Rehearser,
    scope: CheckScope,
    options: ApplyOptions,
    emit: Emit<'_>,
) -> Result<PlanCheck, Failure> {
    let mut run = Run::new(plan, manifests, rehearser.reader(), options, emit);
    let checked = Box::pin(run.check(rehearser, scope)).await;
    checked.map_err(|stopped| run.failure(stopped))
}

impl Run<'_> {
    /// Checks, stage by stage, what can be checked now.
    async fn check(&mut self, rehearser: &Rehearser, scope: CheckScope) -> Step<PlanCheck> {
        self.check_packages()?;
        let division = self.plan.divided(scope);
        let mut check = PlanCheck {
            scope,
            checked: Vec::new(),
            not_checkable: division.not_checkable,
            left_out: Vec::new(),
            warnings: Vec::new(),
            refused: Vec::new(),
            refusal: None,
        };
        if !division.checkable.is_empty() {
            self.wait_for_queue().await?;
        }
        for (stage, changes) in division.checkable {
            self.check_stage(rehearser, stage, &changes, &mut check)
                .await?;
        }
        check.left_out.clone_from(&self.left_out);
        check.warnings.clone_from(&self.foreseen);
        Ok(check)
    }

    async fn check_stage(
        &mut self,
        rehearser: &Rehearser,
        stage: Stage,
        changes: &[usize],
        check: &mut PlanCheck,
    ) -> Step<()> {
        let accepted = match self.rehearse_stage(rehearser, stage, changes).await {
            Ok(()) => true,
            Err(Stopped::Refused(failure)) => {
                check.refuse(*failure);
                false
            }
            Err(Stopped::Coupled(failure)) => {
                self.set_aside(changes, &one_by_one(&failure), check);
                return Ok(());
            }
            Err(Stopped::NotCheckable(words)) => {
                self.set_aside(changes, &cannot_be_checked(&words), check);
                return Ok(());
            }
            Err(stopped) => return Err(stopped),
        };
        check.checked.push(CheckedStage {
            stage,
            accepted,
            addresses: self.addresses_of(changes),
        });
        Ok(())
    }

    /// Lists changes that the org turned out not to be able to check.
    fn set_aside(&self, changes: &[usize], reason: &str, check: &mut PlanCheck) {
        let aside = changes.iter().map(|index| NotCheckable {
            stage: self.plan.changes[*index].stage,
            address: self.plan.changes[*index].address.clone(),
            reason: reason.to_owned(),
        });
        check.not_checkable.extend(aside);
    }

    /// Rehearses the first stage before anything is written, where that was asked for.
    pub(super) async fn rehearse_first_stage(&mut self, rehearser: &Rehearser) -> Step<()> {
        let stage = Stage::Containers;
        let changes = self.deployed_among(&self.changes_of(stage));
        if self.options.rehearse && !changes.is_empty() {
            match self.rehearse_stage(rehearser, stage, &changes).await {
                Err(Stopped::NotCheckable(words)) => (self.emit)(Event::NotRehearsed {
                    stage,
                    reason: cannot_be_checked(&words),
                }),
                rehearsed => rehearsed?,
            }
            self.check_warnings()?;
            // Others may have come meanwhile.
            self.wait_for_queue().await?;
        }
        Ok(())
    }

    async fn rehearse_stage(
        &mut self,
        rehearser: &Rehearser,
        stage: Stage,
        changes: &[usize],
    ) -> Step<()> {
        self.check_stop()?;
        self.reader
            .begin_phase(&format!("rehearsal of stage {stage}"));
        let started = self.now();
        let addresses = self.addresses_of(changes);
        (self.emit)(Event::RehearsalStarted {
            stage,
            title: stage.title().to_owned(),
            addresses,
        });
        let deploy = StageDeploy {
            stage,
            changes,
            to: DeployTo::Rehearser(rehearser),
        };
        let rehearsed = self.rehearse_components(deploy).await;
        rehearsed.map_err(|stopped| self.of_rehearsal(stopped))?;
        let elapsed_ms = self.milliseconds(started);
        (self.emit)(Event::RehearsalDone { stage, elapsed_ms });
        Ok(())
    }

    async fn rehearse_components(&mut self, deploy: StageDeploy<'_>) -> Step<()> {
        let components = self.components_of(deploy.changes).await?;
        let (removals, mut additions) = self.deploy_removals(deploy, components).await?;
        if !additions.is_empty() {
            let files = package::files(&additions, self.api_version()).map_err(unpackable)?;
            self.deploy_rounds(deploy, files, &mut additions).await?;
        }
        let components = removals.into_iter().chain(additions).collect();
        self.rehearsed.insert(deploy.stage, components);
        Ok(())
    }

    fn addresses_of(&self, changes: &[usize]) -> Vec<crate::address::Address> {
        let changes = changes.iter().map(|index| &self.plan.changes[*index]);
        changes.map(|change| change.address.clone()).collect()
    }

    /// The end of a run in a rehearsal: a lost answer leaves nothing in doubt.
    fn of_rehearsal(&self, stopped: Stopped) -> Stopped {
        match stopped {
            Stopped::Org(error) if error.outcome_unknown() => {
                let message = format!("the rehearsal was lost from sight: {error}");
                let help = "it saves nothing, whatever became of it: run the same command again";
                let lost = Diagnostic::error(Code::AnswerLost, message).help(help);
                Failure::new(Exit::Busy, vec![lost]).into()
            }
            stopped => stopped,
        }
    }

    /// The end of a run that was asked to stop in a rehearsal, which is not waited for.
    pub(super) async fn cut_short(&self, deploy: StageDeploy<'_>, id: &str) -> Stopped {
        let words = cancelled(deploy, id).await;
        let message =
            format!("stopped during the rehearsal, as asked: the check-only deploy {id} {words}");
        let help = "it saves nothing; run the same command again when you like";
        let diagnostic = Diagnostic::error(Code::Interrupted, message).help(help);
        Failure::new(Exit::Interrupted, vec![diagnostic]).into()
    }

    /// The end of a run whose deploy takes longer than it may wait.
    pub(super) async fn not_through(&self, deploy: StageDeploy<'_>, id: &str) -> Stopped {
        if !deploy.is_rehearsal() {
            return still_running(id).into();
        }
        let words = cancelled(deploy, id).await;
        let seconds = self.options.wait.as_secs();
        let message = format!(
            "the rehearsal was not through after {seconds} s: the check-only deploy {id} {words}"
        );
        let help =
            "it saves nothing; run the same command again later, or wait longer with `--wait 30m`";
        let diagnostic = Diagnostic::error(Code::StillWaiting, message).help(help);
        Failure::new(Exit::Busy, vec![diagnostic]).into()
    }

    /// Ends the run where the org warned of what nobody has agreed to.
    fn check_warnings(&self) -> Step<()> {
        let consent = &self.options.warnings;
        let plain = consent.rest_of.as_deref().unwrap_or(&self.plan.digest);
        let digest = digest_with(plain, &self.foreseen);
        let starts = |digest: &str| {
            let digest = digest.trim_start_matches("sha256:");
            consent
                .digest
                .as_deref()
                .is_some_and(|given| digest.starts_with(given))
        };
        if consent.digest.is_some() && !starts(&digest) && !starts(plain) {
            return Err(other_warnings(&digest).into());
        }
        let is_covered = starts(&digest)
            && consent
                .digest
                .as_ref()
                .is_some_and(|given| given.len() > DIGITS_OF_CHANGES);
        let is_known = |warning: &&CheckWarning| {
            let is_accepted = |text: &String| warning.problem.contains(text.as_str());
            is_covered || consent.read.contains(warning) || consent.accepted.iter().any(is_accepted)
        };
        if !consent.is_needed || self.foreseen.iter().all(|warning| is_known(&warning)) {
            return Ok(());
        }
        let unknown = self.foreseen.iter().filter(|warning| !is_known(warning));
        let refused = unknown.map(|warning| {
            let words = format!(
                "the org would take {} with a warning that nobody has agreed to: {}",
                warning.about, warning.problem
            );
            let help = "read it with `plan --check`, and agree to that plan; or give `--accept-warning` with words of it";
            let error = Diagnostic::error(Code::WarningNotAgreedTo, words).help(help);
            self.placed(error, warning)
        });
        Err(Failure::new(Exit::Guarded, refused.collect()).into())
    }

    /// What the org warned of in rehearsals, as remarks at the lines that asked for it.
    pub(super) fn foreseen_remarks(&self) -> Vec<Diagnostic> {
        let remark = |warning: &CheckWarning| {
            let words = format!(
                "the org would take {} with a warning: {}",
                warning.about, warning.problem
            );
            self.placed(Diagnostic::warning(Code::DeployWarning, words), warning)
        };
        self.foreseen.iter().map(remark).collect()
    }

    fn placed(&self, mut diagnostic: Diagnostic, warning: &CheckWarning) -> Diagnostic {
        let mut changes = self.plan.changes.iter();
        let asked = changes.find(|change| change.address.to_string() == warning.about);
        diagnostic.address = asked.map(|change| change.address.clone());
        diagnostic.place = asked.and_then(|change| change.place.clone());
        diagnostic
    }
}

/// Defaults that the org takes only one after the other cannot be checked together.
fn one_by_one(refused: &Failure) -> String {
    let words = refused.diagnostics.first();
    let words = words.map_or("", |diagnostic| diagnostic.message.as_str());
    format!(
        "the org takes these one after the other, each once the one before is in force ({words})"
    )
}

fn cannot_be_checked(words: &str) -> String {
    format!("the org cannot check this without saving it: {words}")
}

/// What is known of a check-only deploy that was asked to be cancelled.
async fn cancelled(deploy: StageDeploy<'_>, id: &str) -> &'static str {
    let Some(rehearser) = deploy.rehearser() else {
        return "goes on in the org";
    };
    match rehearser.cancel(id).await {
        Ok(true) => "is cancelled",
        Ok(false) => "is being cancelled",
        Err(_) => "goes on in the org until it ends",
    }
}

fn other_warnings(digest: &str) -> Failure {
    let digest = digest.trim_start_matches("sha256:");
    let shown = digest.get(..2 * DIGITS_OF_CHANGES).unwrap_or(digest);
    let message = format!(
        "the plan with the warnings of its rehearsal is {shown} now: the org warns of something else than when it was agreed to"
    );
    let help = "plan again with --check, read it, and apply that one";
    let stale = Diagnostic::error(Code::NotTheExpectedPlan, message).help(help);
    Failure::new(Exit::Stale, vec![stale])
}
