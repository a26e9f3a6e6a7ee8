//! Apply: the stages of a plan, in the order the platform needs.
//!
//! Writes are serial. Every stage is all or nothing, what fails cheaply comes before the company-wide narrowing, and
//! wherever a run ends, the next one finishes the work: the live org is the only state.

mod assignments;
mod credible;
mod deploy;
mod entry;
mod gap;
mod group_members;
mod hold;
mod leave_out;
mod look;
mod lost;
mod moments;
mod objection;
mod outcome;
mod queue;
mod read_back;
mod records;
mod refusal;
mod rehearsal;
mod through;
mod together;
mod verdict;
mod wait;
mod without_effect;

use crate::address::Address;
use crate::change::{Change, Component, Dropped, Stage, Until, Write};
use crate::diagnostic::{Diagnostic, Failure};
use crate::event::{Emit, Event};
use crate::live::{Live, QueuedDeploy, Reference};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader, Rehearser, Writer};
use crate::plan::{CheckWarning, Plan};
use crate::verify::{Sample, Verification};
use crate::xml::Element;
pub use gap::{gaps_at, gaps_found};
pub use hold::plan_again;
use look::DeployLook;
pub use outcome::{Applied, ChangeResult, Outcome};
pub use rehearsal::{WarningConsent, rehearse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::task::JoinSet;

/// How to apply.
#[derive(Clone, Default)]
pub struct ApplyOptions {
    /// Longest wait for a deploy, a lock or a recalculation.
    pub wait: Duration,
    /// Set by somebody who wants the run to stop at the next safe point.
    pub stop: Arc<AtomicBool>,
    /// How many records the proof compares.
    pub sample: Sample,
    /// The deploys in the org's queue, where they were looked at just now ([`crate::live::Need::Deploys`]).
    pub queue: Option<Vec<QueuedDeploy>>,
    /// Whether somebody else's deploys and validations are waited for, rather than ending the run.
    pub wait_queue: bool,
    /// Whether the first stage is rehearsed before anything is written.
    pub rehearse: bool,
    /// Which warnings of a rehearsal somebody has agreed to.
    pub warnings: WarningConsent,
    /// How far to go.
    pub until: Until,
    /// What the org refused when the plan was checked: the deploys go without it.
    pub left_out: Vec<Dropped>,
    /// What was learnt of the org, where limits stand: what they rest on is asked again before anybody loses sight.
    pub seen: Option<Arc<Live>>,
    /// What the org told and nothing that is applied changes ([`Live::lasting`]): it is not asked again.
    pub lasting: Live,
}

/// Why a step ended the run.
enum Stopped {
    /// The org, or the way to it.
    Org(OrgError),
    /// Something that has a sentence of its own.
    Failure(Box<Failure>),
    /// A default that the org refused because of another of the same deploy.
    Coupled(Box<Failure>),
    /// What the org says that it cannot check without saving it.
    NotCheckable(String),
    /// What the org refused of a deploy, for good.
    Refused(Box<Failure>),
}

impl From<OrgError> for Stopped {
    fn from(error: OrgError) -> Self {
        Self::Org(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

type Step<T> = Result<T, Stopped>;

/// Applies a plan and proves it.
pub async fn apply(
    plan: &Plan,
    manifests: &[Manifest],
    writer: &Writer,
    options: ApplyOptions,
    emit: Emit<'_>,
) -> Applied {
    let mut run = Run::new(plan, manifests, writer.reader(), options, emit);
    let ended = Box::pin(run.stages_and_proof(writer)).await;
    let (outcomes, left_out) = (run.outcomes.clone(), run.deployed_without());
    let until = run.until();
    let (verification, failure) = match ended {
        Ok(verification) => {
            let failure = verification.as_ref().and_then(|proof| run.verdict(proof));
            (verification, failure)
        }
        Err(stopped) => (None, Some(run.failure(stopped))),
    };
    let in_the_dark = run.in_the_dark(failure.as_ref());
    let failure = failure.map(|failure| failure.and_state(&in_the_dark));
    Applied {
        outcomes,
        left_out,
        until,
        verification,
        in_the_dark,
        failure,
    }
}

/// Carries out the stages of a plan of which no manifest says how it ends; who made it looks at the org again.
pub async fn carry_out(
    plan: &Plan,
    writer: &Writer,
    options: ApplyOptions,
    emit: Emit<'_>,
) -> Applied {
    let mut run = Run::new(plan, &[], writer.reader(), options, emit);
    let ended = Box::pin(run.stages(writer)).await;
    Applied {
        outcomes: run.outcomes.clone(),
        left_out: run.deployed_without(),
        until: run.until(),
        verification: None,
        in_the_dark: Vec::new(),
        failure: ended.err().map(|stopped| run.failure(stopped)),
    }
}

fn undone(plan: &Plan) -> Vec<Outcome> {
    let outcome = |change: &Change| Outcome {
        address: change.address.clone(),
        action: change.action,
        result: ChangeResult::NotDone,
    };
    plan.changes.iter().map(outcome).collect()
}

/// One run of apply.
struct Run<'a> {
    plan: &'a Plan,
    manifests: &'a [Manifest],
    reader: &'a Reader,
    options: ApplyOptions,
    emit: Emit<'a>,
    outcomes: Vec<Outcome>,
    wrote: bool,
    /// Ids of this run's deploys, 15 characters each.
    deploys: BTreeSet<String>,
    /// What a rehearsal made of a stage's components: they go without what the org refused of them.
    rehearsed: BTreeMap<Stage, Vec<Component>>,
    /// Ids that were looked up or made, by the query that finds each.
    found: BTreeMap<Reference, String>,
    /// Whether the defaults were seen in force.
    defaults_in_force: bool,
    /// Objects whose default the org took, by this run.
    defaults_taken: BTreeSet<String>,
    /// Whether the limits were held once more, before anybody's sight changes.
    limits_held: bool,
    /// Rules to the manifest's own user that wait, because a limit was passed meanwhile, by index.
    withheld: Vec<usize>,
    /// Why they wait.
    passed_meanwhile: Vec<Diagnostic>,
    /// How long the deploy before took, to the last look at it.
    expected: Option<Duration>,
    /// What the org refused of cloned profiles.
    left_out: Vec<Dropped>,
    /// The profiles that this run made, as they were deployed, by change.
    clones: Vec<(usize, Element)>,
    /// What the org warned of in deploys that it took.
    warnings: Vec<Diagnostic>,
    /// What it warned of in rehearsals.
    foreseen: Vec<CheckWarning>,
    /// Looks at deploys that were found to be through meanwhile. They end with the run.
    late_looks: Vec<JoinSet<DeployLook>>,
}

impl<'a> Run<'a> {
    fn new(
        plan: &'a Plan,
        manifests: &'a [Manifest],
        reader: &'a Reader,
        options: ApplyOptions,
        emit: Emit<'a>,
    ) -> Self {
        Self {
            plan,
            manifests,
            reader,
            options,
            emit,
            outcomes: undone(plan),
            wrote: false,
            deploys: BTreeSet::new(),
            rehearsed: BTreeMap::new(),
            found: BTreeMap::new(),
            defaults_in_force: false,
            defaults_taken: BTreeSet::new(),
            limits_held: false,
            withheld: Vec::new(),
            passed_meanwhile: Vec::new(),
            expected: None,
            left_out: Vec::new(),
            clones: Vec::new(),
            warnings: Vec::new(),
            foreseen: Vec::new(),
            late_looks: Vec::new(),
        }
    }
}

impl Run<'_> {
    /// Writes stage by stage as far as is wanted; the proof, where that is through the end.
    async fn stages_and_proof(&mut self, writer: &Writer) -> Step<Option<Verification>> {
        self.stages(writer).await?;
        if self.until().is_early() {
            return Ok(None);
        }
        let mut verification = self.settled_proof().await?;
        verification.findings.splice(0..0, self.remarks());
        Ok(Some(verification))
    }

    /// Writes stage by stage as far as is wanted.
    async fn stages(&mut self, writer: &Writer) -> Step<()> {
        self.check_packages()?;
        if self.deploys_anything() {
            self.wait_for_queue().await?;
        }
        let rehearser = Rehearser::new(writer.reader().clone());
        Box::pin(self.rehearse_first_stage(&rehearser)).await?;
        let until = self.until();
        for stage in Stage::WRITING {
            if stage <= until.last() {
                Box::pin(self.hold_limits(stage)).await?;
                if stage == Stage::Defaults {
                    Box::pin(self.narrow_through(writer)).await?;
                }
                if stage == Stage::Rules {
                    Box::pin(self.withhold()).await?;
                }
                Box::pin(self.stage(stage, writer)).await?;
                self.end_where_withheld()?;
            }
        }
        Ok(())
    }

    /// How far the run goes: to the end where nothing of the plan would wait.
    fn until(&self) -> Until {
        let until = self.options.until;
        let mut changes = self.plan.changes.iter();
        match changes.any(|change| change.stage > until.last()) {
            true => until,
            false => Until::Proved,
        }
    }

    async fn stage(&mut self, stage: Stage, writer: &Writer) -> Step<()> {
        let left = self.changes_of(stage).into_iter();
        let changes: Vec<usize> = left.filter(|index| !self.is_done(*index)).collect();
        if stage == Stage::Rules {
            // An earlier run may have been killed while a default was being recalculated.
            self.wait_for_defaults(stage).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        let started = self.begin_stage(stage, stage.title(), &changes)?;
        // Whoever has a role or profile leaves it before it goes.
        let records_first = stage == Stage::Removals;
        if !records_first {
            self.deploy_changes(stage, &changes, writer).await?;
        }
        if let Err(stopped) = self.write_records(stage, &changes, writer).await {
            return Err(Box::pin(self.or_without_effect(stopped)).await);
        }
        if records_first {
            self.deploy_changes(stage, &changes, writer).await?;
        }
        match stage {
            Stage::Defaults => self.wait_for_defaults(stage).await?,
            Stage::Rules => self.wait_for_rules(stage).await?,
            _ => {}
        }
        self.end_stage(stage, started);
        Ok(())
    }

    fn changes_of(&self, stage: Stage) -> Vec<usize> {
        let numbered = self.plan.changes.iter().enumerate();
        numbered
            .filter(|(index, change)| change.stage == stage && !self.withheld.contains(index))
            .map(|(index, _)| index)
            .collect()
    }

    /// What the profiles that were deployed lack of what was planned.
    fn deployed_without(&self) -> Vec<Dropped> {
        let deployed = |address: &Address| {
            let mut outcomes = self.outcomes.iter();
            outcomes
                .any(|outcome| outcome.address == *address && outcome.result == ChangeResult::Done)
        };
        let left_out = self.left_out.iter();
        left_out
            .filter(|dropped| deployed(&dropped.address))
            .cloned()
            .collect()
    }

    fn mark(&mut self, index: usize, stage: Stage, result: ChangeResult, id: Option<String>) {
        self.outcomes[index].result = result;
        self.wrote |= result != ChangeResult::NotDone;
        if result == ChangeResult::Done {
            let address = self.plan.changes[index].address.clone();
            (self.emit)(Event::Written { stage, address, id });
        }
    }

    /// The change that a write of this kind belongs to, by index.
    fn deploys(&self, index: usize) -> Option<&[crate::change::Component]> {
        match &self.plan.changes[index].write {
            Write::Deploy(components) => Some(components),
            Write::Insert(_) | Write::Update(..) | Write::Remove(..) => None,
        }
    }
}
