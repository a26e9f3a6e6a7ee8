//! Waiting for the org: a default comes into force, and rules make their share rows, after a recalculation.

use super::deploy::StageDeploy;
use super::look::Beside;
use super::{Run, Step};
use crate::change::Stage;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::{Emit, Event};
use crate::failure;
use crate::findings::of_capabilities;
use crate::live::{self, Asked, Columns, Live, Need};
use crate::manifest::{SharingModel, Word};
use crate::observe;
use crate::org::{OrgError, poll};
use crate::plan;
use crate::verify::{self, Verification, Watch};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Longest sleep between two looks at whether the run shall stop.
const STEP: Duration = Duration::from_millis(100);
/// What is waited for after rules have changed.
const RULES: &str = "the sharing rules' recalculation";

impl Run<'_> {
    /// The end of a run that somebody asked to stop.
    pub(super) fn check_stop(&self) -> Step<()> {
        if !self.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let diagnostic =
            Diagnostic::error(Code::Interrupted, "stopped between two steps, as asked");
        let help = "run the same command again: it finishes what is left";
        Err(Failure::new(Exit::Interrupted, vec![diagnostic.help(help)]).into())
    }

    /// Waits until every default the manifests name is in force. Deploy success does not mean it is.
    pub(super) async fn wait_for_defaults(&mut self, stage: Stage) -> Step<()> {
        let wanted = self.wanted_defaults();
        if wanted.is_empty() || self.defaults_in_force {
            return Ok(());
        }
        self.wait_until_in_force(stage, &wanted).await?;
        self.defaults_in_force = true;
        Ok(())
    }

    /// Waits until these defaults are in force.
    pub(super) async fn wait_until_in_force(
        &mut self,
        stage: Stage,
        wanted: &[(String, SharingModel)],
    ) -> Step<()> {
        self.reader.begin_phase("wait");
        let started = self.now();
        for wait in std::iter::once(Duration::ZERO).chain(poll::schedule()) {
            self.pause(wait).await;
            let late = self.late_defaults(wanted).await?;
            if late.is_empty() {
                return Ok(());
            }
            self.waiting(
                stage,
                &format!("the recalculation of {}", late.join(", ")),
                started,
            )?;
        }
        Ok(())
    }

    /// Sleeps, and wakes at once when the run is asked to stop.
    pub(super) async fn pause(&self, wait: Duration) {
        let (clock, until) = (self.reader.clock(), self.now() + wait);
        while self.now() < until && !self.options.stop.load(Ordering::Relaxed) {
            let left = until.saturating_duration_since(self.now());
            clock.sleep(STEP.min(left)).await;
        }
    }

    /// Comes back once the run is asked to stop.
    pub(super) async fn asked_to_stop(&self) {
        while !self.options.stop.load(Ordering::Relaxed) {
            self.reader.clock().sleep(STEP).await;
        }
    }

    pub(super) fn wanted_defaults(&self) -> Vec<(String, SharingModel)> {
        let sharing = self
            .manifests
            .iter()
            .flat_map(|manifest| &manifest.spec.sharing);
        let stated = sharing.filter_map(|sharing| {
            let model = sharing.organization_wide_default.as_ref()?;
            Some((sharing.object.value.clone(), model.value))
        });
        let mut wanted: Vec<(String, SharingModel)> = stated.collect();
        let changes = self.plan.changes.iter();
        let planned = changes.filter_map(|change| {
            let mut fields = change.fields.iter();
            let internal = fields.find(|field| field.path == "internal")?;
            let model = SharingModel::of(internal.after.as_str()?)?;
            (change.stage == Stage::Defaults).then(|| (change.address.name.clone(), model))
        });
        for (object, model) in planned {
            if !wanted.iter().any(|(known, _)| *known == object) {
                wanted.push((object, model));
            }
        }
        wanted
    }

    pub(super) async fn late_defaults(
        &self,
        wanted: &[(String, SharingModel)],
    ) -> Result<Vec<String>, OrgError> {
        let asked = questions_about(wanted);
        let reader = self.reader;
        let results = reader.queries(&observe::queries_of(&asked)).await?;
        let live = observe::learn_from(&asked, results);
        let mut objects = wanted.iter().map(|(object, _)| object);
        // What the org refuses to tell is not late: no waiting helps.
        if let Some(refused) = objects.find_map(|object| live.default_refused(object)) {
            return Err(failure::error_of(&refused));
        }
        Ok(late(wanted, &live))
    }

    /// What tells whether the defaults are in force, for a stage that changes them.
    pub(super) fn default_queries(&self, deploy: StageDeploy<'_>) -> Vec<String> {
        match deploy.stage {
            Stage::Defaults if !deploy.is_rehearsal() => {
                observe::queries_of(&questions_about(&self.wanted_defaults()))
            }
            _ => Vec::new(),
        }
    }

    /// Keeps in mind that the defaults were seen in force beside the last look at their deploy.
    pub(super) fn note_defaults(&mut self, beside: Option<Beside>) {
        let wanted = self.wanted_defaults();
        self.defaults_in_force |= beside.is_some_and(|results| {
            let live = observe::learn_from(&questions_about(&wanted), results);
            late(&wanted, &live).is_empty()
        });
    }

    /// Waits until the rows of the rules stand still, so that a user who changes role afterwards keeps its sight. Where
    /// nothing comes after the rules, the proof waits.
    pub(super) async fn wait_for_rules(&mut self, stage: Stage) -> Step<()> {
        // Without manifests nobody waits for rules: a way back takes them away.
        if self.changes_of(Stage::Removals).is_empty() || self.manifests.is_empty() {
            return Ok(());
        }
        self.reader.begin_phase("wait");
        let live = Box::pin(self.observe_with_effect()).await?;
        self.watch_rules(stage, &live, false, self.now()).await
    }

    /// Proves, as soon as sharing has come to rest: what a recalculation may still change is waited for, and nothing
    /// else. Where one request asks about all records, the proof itself is the best look there is; else the rules'
    /// share rows have to stand still over two looks first, with a sample of records as predicted.
    pub(super) async fn settled_proof(&mut self) -> Step<Verification> {
        self.reader.begin_phase("proof");
        let started = self.now();
        let whole = verify::in_one_request(&self.plan.impact);
        if !whole
            && self
                .plan
                .changes
                .iter()
                .any(|change| change.stage >= Stage::Defaults)
        {
            let live = Box::pin(self.observe_with_effect()).await?;
            self.watch_rules(Stage::Proof, &live, true, started).await?;
        }
        let mut waits = poll::schedule();
        loop {
            let mut events = Vec::new();
            let mut keep = |event| events.push(event);
            let (verification, live) = Box::pin(self.prove(&mut keep)).await?;
            self.check_effect(&verification.drift)?;
            // Also in a run that wrote nothing: an earlier one may have been killed while the rules were recalculated.
            if !verification.settling() {
                events.into_iter().for_each(&mut *self.emit);
                return Ok(verification);
            }
            self.waiting(Stage::Proof, RULES, started)?;
            self.watch_rules(Stage::Proof, &live, true, started).await?;
            self.pause(waits.next().unwrap_or_default()).await;
        }
    }

    /// Reads everything back, plans again and compares record access, the records being read in the same wave.
    async fn prove(&self, emit: Emit<'_>) -> Step<(Verification, Live)> {
        let (manifests, reader) = (self.manifests, self.reader);
        let sample = self.options.sample;
        let needs = verify::needs(manifests, &self.plan.impact, sample);
        let live = Box::pin(self.observe_with(needs)).await?;
        let rest = plan::plan(manifests, &live)?;
        let access = Box::pin(verify::prove(manifests, &live, reader, sample, emit)).await?;
        let mut findings = self.kept_in_part(&live);
        let capabilities = Box::pin(verify::capabilities(manifests, &live, reader)).await?;
        findings.extend(of_capabilities(&capabilities, &rest.changes));
        let told = verify::as_the_org_says(rest.findings, &rest.expectations);
        let rest_findings = verify::with_nothing_matched(told, manifests, &access);
        findings.extend(self.as_foreseen(rest_findings));
        findings.extend(self.passed_by_proof(&access));
        let verification = Verification {
            org: rest.org,
            converged: rest.changes.is_empty(),
            drift: rest.changes,
            capabilities,
            access,
            expectations: rest.expectations,
            findings,
            authors: Vec::new(),
        };
        Ok((verification, live))
    }

    /// Reads everything back, and ends where a deploy had no effect: no waiting changes that.
    async fn observe_with_effect(&mut self) -> Step<Live> {
        let live = self.observe_with(BTreeSet::new()).await?;
        let again = plan::plan(self.manifests, &live)?;
        self.check_effect(&again.changes)?;
        Ok(live)
    }

    pub(super) async fn observe_with(&self, more: BTreeSet<Need>) -> Result<Live, Failure> {
        let (lasting, reader) = (&self.options.lasting, self.reader);
        observe::observe_again(lasting, self.manifests, more, reader).await
    }

    async fn watch_rules(
        &mut self,
        stage: Stage,
        live: &Live,
        with_sample: bool,
        started: Instant,
    ) -> Step<()> {
        let reader = self.reader;
        let watch = Watch::new(self.manifests, live, reader, with_sample).await?;
        let mut last = None;
        for wait in poll::schedule() {
            let look = watch.look(reader).await?;
            if look.as_predicted && last.as_ref() == Some(&look) {
                return Ok(());
            }
            last = Some(look);
            self.waiting(stage, RULES, started)?;
            self.pause(wait).await;
        }
        Ok(())
    }

    /// Says that it waits, and ends the run where it has waited long enough or is asked to stop.
    pub(super) fn waiting(&mut self, stage: Stage, what: &str, started: Instant) -> Step<()> {
        self.check_stop()?;
        if self.elapsed(started) > self.options.wait {
            let message = format!(
                "{what} is not through after {} s",
                self.elapsed(started).as_secs()
            );
            let help = "it goes on in the org; run the same command again, or wait longer with `--wait 1h`";
            let diagnostic = Diagnostic::error(Code::StillWaiting, message).help(help);
            return Err(Failure::new(Exit::Partial, vec![diagnostic]).into());
        }
        let elapsed_ms = self.milliseconds(started);
        (self.emit)(Event::Waiting {
            stage,
            what: what.to_owned(),
            elapsed_ms,
        });
        Ok(())
    }
}

fn questions_about(wanted: &[(String, SharingModel)]) -> Vec<Asked> {
    let objects = wanted
        .iter()
        .map(|(object, _)| Need::DefaultInForce(object.clone()));
    live::questions(objects.chain([Need::Organization(Columns::All)]))
}

/// The objects whose default in force is not the wanted one.
fn late(wanted: &[(String, SharingModel)], live: &Live) -> Vec<String> {
    let late = wanted
        .iter()
        .filter(|(object, model)| live.default_in_force(object) != Some(*model));
    late.map(|(object, _)| object.clone()).collect()
}
