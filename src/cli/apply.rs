//! `apply`: plan, ask, deploy in stages, wait, prove.

mod next;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::arguments::{Apply as Arguments, Manifests, TextFormat};
use super::consent::{self, Agreement, Consent, NotAgreed};
use super::context::Context;
use super::files;
use super::github;
use super::outputs;
use super::plan::frame;
use super::progress::Progress;
use super::recording;
use super::session::{self, OrgSession};
use super::signals::{Signals, ended_by_signal, until_stopped};
use super::trace::tell_phases;
use super::trust;
use super::underway::{Underway, phase, with_next_command};
use super::values::sample_of;
use crate::apply::{self, Applied};
use crate::change::Until;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::guard;
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{Reader, Writer};
use crate::plan::{self, Plan};
use crate::render;
use crate::report::json::Took;
use crate::report::{self, Frame, Reported};

/// What became of the org where a limit is passed by the time somebody has agreed.
const MOVED_MEANWHILE: &str = "nothing was changed; the org has moved while you were asked";

/// Everything an apply knows before it connects.
struct ApplyRun<'a> {
    arguments: &'a Arguments,
    named: Manifests,
    manifests: Vec<Manifest>,
    consent: Consent,
    context: &'a Context,
    embedded: bool,
    began: Instant,
    /// The gaps that an earlier run left, in sentences, once they are known.
    gaps: RefCell<Vec<String>>,
}

/// Applies, after everything that can be refused without an org was refused.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let began = Instant::now();
    arguments.outputs.check(&outputs::ALL)?;
    let consent = Consent::of(arguments)?;
    let named = wanted(arguments, &consent)?;
    let manifests = context.manifests(&named)?;
    context.impact_budget.set(Some(arguments.impact_budget));
    let choice = context.target()?;
    if choice.is_record() {
        return Err(recording::cannot_be_changed());
    }
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let run = ApplyRun {
        arguments,
        named,
        manifests,
        consent,
        context,
        embedded,
        began,
        gaps: RefCell::default(),
    };
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let queue = BTreeSet::from([Need::Deploys]);
        let (session, live) = tokio::select! {
            opened = OrgSession::open_reading(choice, context, &run.manifests, queue) => opened?,
            exit = signals.next() => return Err(ended_by_signal(exit)),
        };
        let result = run.plan_and_apply(&session, live, &mut signals).await;
        session.close().await;
        result
    })
}

/// The manifests that are meant: with a saved plan and no FILE, those it was made from.
fn wanted(arguments: &Arguments, consent: &Consent) -> Result<Manifests, Failure> {
    let mut named = arguments.manifests.clone();
    if named.files.is_empty() {
        let here = files::here()?;
        let files = consent.files().iter().map(PathBuf::from);
        named.files = files.filter(|file| !named.overlay.contains(file)).collect();
        named
            .files
            .iter()
            .try_for_each(|file| trust::check_named_inside(file, &here))?;
    }
    Ok(named)
}

impl ApplyRun<'_> {
    fn json(&self) -> bool {
        self.arguments.format == TextFormat::Json
    }

    /// Plans, asks, applies and reports.
    async fn plan_and_apply(
        &self,
        session: &OrgSession,
        live: Result<Live, Failure>,
        signals: &mut Signals,
    ) -> Result<Exit, Failure> {
        let mut options = self.options(live.as_ref().ok());
        let (plan, agreement) = tokio::select! {
            agreed = self.agreed_plan(live, &session.reader) => agreed.map_err(|failure| self.in_gap(failure))?,
            exit = signals.next() => return Err(self.in_gap(ended_by_signal(exit))),
        };
        options.left_out = self.consent.left_out(&plan);
        options.warnings.rest_of = agreement.rest_of;
        options.rehearse = self.rehearses(&plan);
        options.warnings.is_needed = !self.embedded && !plan.org.sandbox;
        let (mut applied, signal) = self.apply_plan(&plan, options, session, signals).await?;
        if let Some(verification) = &mut applied.verification {
            self.context.know_org(&mut verification.org, self.embedded);
        }
        let next = self.next_command(&applied);
        let is_begun = applied.wrote();
        let is_in_gap = !applied.in_the_dark.is_empty();
        applied.failure = applied
            .failure
            .map(|failure| with_next_command(&failure, &plan, next, is_begun, is_in_gap));
        let unfinished = applied.failure.is_some() || !applied.is_through();
        let exit = signal
            .filter(|_| unfinished)
            .unwrap_or_else(|| self.exit(&plan, &applied));
        let usage = session.reader.usage();
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let took = Took {
            requests: usage.requests,
            api_calls: usage.api_calls,
            milliseconds,
            phases: session.reader.phases().into_iter().map(phase).collect(),
        };
        let exit = self.report(&plan, &applied, exit, &took);
        tell_phases(self.context, &session.reader);
        Ok(exit)
    }

    /// The plan, shown and agreed to.
    async fn agreed_plan(
        &self,
        live: Result<Live, Failure>,
        reader: &Reader,
    ) -> Result<(Plan, Agreement), Failure> {
        let live = live?;
        let mut plan = plan::plan(&self.manifests, &live)?;
        self.context.know_org(&mut plan.org, self.embedded);
        *self.gaps.borrow_mut() = apply::gaps_found(&plan);
        let mut agreement = match self.consent.check(&plan, self.rehearses(&plan)) {
            Ok(agreement) => agreement,
            Err(refused) => return Err(self.not_agreed(refused, reader).await),
        };
        plan.findings.extend(agreement.note.take());
        self.show_plan(&plan);
        guard::check(&plan, &self.manifests, self.until())?;
        self.arguments.denials.check(&plan.findings)?;
        let snapshot = self.snapshot_of(&plan);
        if self.consent.ask && !plan.changes.is_empty() {
            consent::ask(&plan, self.embedded, &self.context.output).await?;
            plan = self.still_agreed(plan, &live, reader).await?;
        }
        self.consent.keep(&plan, &agreement, &self.context.output);
        if let Some((place, path)) = snapshot {
            place.write(&path, &plan, &live)?;
        }
        Ok((plan, agreement))
    }

    /// The end of a run before its first write, with the gap that an earlier one left.
    fn in_gap(&self, failure: Failure) -> Failure {
        let gaps = self.gaps.borrow();
        let next = match gaps.is_empty() || failure.next.is_some() {
            true => failure.next.clone(),
            false => Some(self.again()),
        };
        Failure { next, ..failure }.and_state(&gaps)
    }

    /// The end of a run whose plan is not the one that was agreed to.
    async fn not_agreed(&self, refused: NotAgreed, reader: &Reader) -> Failure {
        let failure = match refused {
            NotAgreed::Other(failure) => *failure,
            NotAgreed::Moved(moved) => {
                let trail = observe::setup_trail(reader).await;
                consent::moved_since(&moved, trail.as_ref())
            }
        };
        failure.next(self.command("plan"))
    }

    /// The plan, held against its limits once more: the org may have moved while somebody was asked.
    async fn still_agreed(
        &self,
        plan: Plan,
        seen: &Live,
        reader: &Reader,
    ) -> Result<Plan, Failure> {
        let mut manifests = self.manifests.iter();
        let protects = |manifest: &Manifest| {
            let protects = manifest.spec.protect_validations.as_ref();
            protects.is_some_and(|protects| protects.value)
        };
        let protects = manifests.any(protects);
        if !protects && !self.has_limits() {
            return Ok(plan);
        }
        let more = protects.then_some(Need::Deploys).into_iter().collect();
        reader.begin_phase("limits");
        let mut again = apply::plan_again(&self.manifests, seen, more, reader).await?;
        self.context.know_org(&mut again.org, self.embedded);
        if again.digest != plan.digest {
            return Err(consent::moved_while_asked(&plan, &again).next(self.command("plan")));
        }
        guard::check(&again, &self.manifests, self.until())
            .and_then(|()| self.arguments.denials.check(&again.findings))
            .map_err(|failure| failure.state(MOVED_MEANWHILE))?;
        Ok(again)
    }

    fn has_limits(&self) -> bool {
        self.manifests.iter().any(plan::has_limits)
    }

    /// How far to go.
    fn until(&self) -> Until {
        self.arguments.until.unwrap_or_default()
    }

    fn show_plan(&self, plan: &Plan) {
        let output = &self.context.output;
        if self.json() {
            self.context.name_org_first();
            return output.data(&report::json::planned(plan));
        }
        self.context.org_was_named();
        let frame = frame(self.context, &self.named, &self.manifests, plan);
        output.say(&report::human::plan_to_apply(
            plan,
            &frame,
            output.style,
            output.quiet(),
        ));
    }

    /// Writes, stage by stage. The first signal asks it to stop where it safely can, the second ends it at once.
    async fn apply_plan(
        &self,
        plan: &Plan,
        options: apply::ApplyOptions,
        session: &OrgSession,
        signals: &mut Signals,
    ) -> Result<(Applied, Option<Exit>), Failure> {
        let output = &self.context.output;
        let stop = Arc::clone(&options.stop);
        let mut progress = Progress::new(output, self.json(), std::io::stderr().is_terminal());
        let last = Mutex::new(None);
        let mut emit = |event: Event| {
            progress.show(&event);
            if let Some(step) = Underway::of(&event) {
                last.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .replace(step);
            }
        };
        let writer = Writer::new(session.reader.clone());
        let work = apply::apply(plan, &self.manifests, &writer, options, &mut emit);
        let notice = || {
            output.warn("stopping after the step that is running; once more ends at once\n");
        };
        let ended = until_stopped(work, &stop, signals, notice).await;
        ended.map_err(|exit| {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner);
            self.cut_off(exit, last.as_ref(), plan)
        })
    }

    /// Whether the first stage is rehearsed: not where the very plan was checked.
    fn rehearses(&self, plan: &Plan) -> bool {
        !self.arguments.no_check && !self.consent.is_checked(plan)
    }

    /// How to apply, with what is of use of the org as it was just seen.
    fn options(&self, live: Option<&Live>) -> apply::ApplyOptions {
        // Whoever is asked may take their time, and the queue does not wait.
        let seen_just_now = live.filter(|_| !self.consent.ask);
        let deploys = seen_just_now.and_then(|live| live.deploys().learnt());
        apply::ApplyOptions {
            queue: deploys.map(|deploys| deploys.queued.clone()),
            wait_queue: self.arguments.wait_queue,
            rehearse: !self.arguments.no_check,
            warnings: self.consent.to_warnings(&self.arguments.accept_warning),
            wait: self.arguments.wait,
            stop: Arc::new(AtomicBool::new(false)),
            sample: sample_of(self.arguments.sample, self.arguments.sample_seed),
            until: self.until(),
            left_out: Vec::new(),
            seen: live
                .filter(|_| self.has_limits())
                .map(|live| Arc::new(live.clone())),
            lasting: live.map(Live::lasting).unwrap_or_default(),
        }
    }

    fn exit(&self, plan: &Plan, applied: &Applied) -> Exit {
        match (&applied.failure, &applied.verification) {
            (Some(failure), _) => failure.exit,
            (None, Some(verification)) if !verification.holds() => Exit::ProofFailed,
            _ if self.arguments.detailed_exitcode && !plan.changes.is_empty() => Exit::Differences,
            _ => Exit::Done,
        }
    }

    /// What was done and what was not, the proof, why it stopped, what it took; the org last. What ends well and cannot be
    /// told where it was asked for does not end well.
    fn report(&self, plan: &Plan, applied: &Applied, exit: Exit, took: &Took) -> Exit {
        let output = &self.context.output;
        let user = report::user(&self.manifests);
        if !self.json() {
            output.say(&report::human::applied(applied, plan, &user, output.style));
        }
        if let Some(failure) = &applied.failure {
            output.warn(&report::human::failure(failure, output.notes));
        }
        let exit = self.write_files(plan, applied, exit, took);
        if self.json() {
            let ending = self.arguments.outputs.ending(exit);
            output.data(&report::json::result(plan, applied, &ending, took));
            self.context.name_org_last();
        } else {
            output.say(&report::human::applied_end(
                plan,
                applied,
                took,
                &self.what_is_next(applied),
                &self.context.org(),
                output.style,
            ));
        }
        exit
    }

    /// The report in every file that was asked for, and for a build server; and how the run ends with that.
    fn write_files(&self, plan: &Plan, applied: &Applied, exit: Exit, took: &Took) -> Exit {
        let outputs = &self.arguments.outputs;
        let ending = outputs.ending(exit);
        let frame = Frame {
            at: ending.at.clone(),
            resources: render::resources(&self.manifests),
            ..frame(self.context, &self.named, &self.manifests, plan)
        };
        let reported = Reported::Applied(plan, applied, took);
        let written = outputs.write(reported, &frame, &ending);
        github::tell(self.context, reported, &frame, &ending);
        let Err(failure) = written else {
            outputs.note(self.context, "report");
            return exit;
        };
        let output = &self.context.output;
        output.warn(&report::human::failure(&failure, output.notes));
        if exit == Exit::Done {
            failure.exit
        } else {
            exit
        }
    }
}
