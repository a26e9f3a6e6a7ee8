//! `plan`: what would change. Reads, and writes nothing but the report.

use std::collections::BTreeSet;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use super::arguments::{Manifests, PlanArguments as Arguments, PlanFormat};
use super::command::{command, quoted};
use super::context::Context;
use super::github;
use super::outputs;
use super::progress::Progress;
use super::session::{self, OrgSession};
use super::signals::{Signals, ended_by_signal, until_stopped};
use super::trace::tell_phases;
use super::values::ImpactDetail;
use crate::access::USUAL_BUDGET;
use crate::apply::{self, ApplyOptions};
use crate::change::Until;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::guard;
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::org::Rehearser;
use crate::plan::{self, CheckScope, Plan, PlanCheck};
use crate::report::style::Style;
use crate::report::text::plan_digest;
use crate::report::{self, Frame, ReportFormat, Reported, written};

/// Plans, and reports in the format that was asked for.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    arguments.outputs.check(&outputs::ALL)?;
    let manifests = context.manifests(&arguments.manifests)?;
    context.impact_budget.set(Some(arguments.impact_budget));
    let choice = context.target()?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let mut plan = session::block_on(async {
        let mut signals = Signals::listen()?;
        let deploys = BTreeSet::from([Need::Deploys]);
        let (session, live) = tokio::select! {
            opened = OrgSession::open_reading(choice, context, &manifests, deploys) => opened?,
            exit = signals.next() => return Err(ended_by_signal(exit)),
        };
        let planned = planned(arguments, context, &manifests, &session, live, &mut signals).await;
        tell_phases(context, &session.reader);
        session.close().await;
        planned
    })?;
    context.know_org(&mut plan.org, embedded);
    let denied = arguments.denials.standing(&plan.findings);
    let is_denied = denied.is_some();
    plan.findings.splice(0..0, denied);
    let mut frame = frame(context, &arguments.manifests, &manifests, &plan);
    frame.next = next(arguments, context, &plan, frame.next, is_denied);
    let is_refused = !refusals(&plan, &manifests, Until::Proved).is_empty();
    let exit = exit(arguments, &plan, is_refused, is_denied);
    report(arguments, context, &plan, frame, exit)?;
    Ok(exit)
}

/// How the run ends.
fn exit(arguments: &Arguments, plan: &Plan, is_refused: bool, is_denied: bool) -> Exit {
    let refusal = plan.check.as_ref().and_then(|check| check.refusal);
    match (refusal, plan.changes.is_empty()) {
        (Some(refusal), _) => refusal,
        _ if is_denied => Exit::Guarded,
        _ if !arguments.detailed_exitcode => Exit::Done,
        _ if is_refused => Exit::Guarded,
        (_, false) => Exit::Differences,
        _ => Exit::Done,
    }
}

/// The command that applies this very plan, where there is one: by the file that it is saved in.
fn next(
    arguments: &Arguments,
    context: &Context,
    plan: &Plan,
    usual: Vec<String>,
    is_denied: bool,
) -> Vec<String> {
    if usual.is_empty() || is_denied {
        return Vec::new();
    }
    let mut next = match saved_as(arguments) {
        None => usual,
        Some(path) => {
            let mut next = command("apply", &arguments.manifests, context);
            next.extend(["--plan".to_owned(), quoted(&path.to_string_lossy())]);
            next.extend(until_prepared(plan));
            next
        }
    };
    if arguments.impact_budget != USUAL_BUDGET {
        let budget = arguments.impact_budget.to_string();
        next.extend(["--impact-budget".to_owned(), budget]);
    }
    next.extend(arguments.denials.words());
    next
}

/// What keeps `apply` from this plan, as far as it goes.
fn refusals(plan: &Plan, manifests: &[Manifest], until: Until) -> Vec<Diagnostic> {
    match guard::check(plan, manifests, until) {
        Err(failure) if failure.exit == Exit::Guarded => failure.diagnostics,
        _ => Vec::new(),
    }
}

/// Where fields have to be filled before anything narrows, that is the next step.
fn until_prepared(plan: &Plan) -> Vec<String> {
    match plan.is_better_prepared() {
        true => vec!["--until".to_owned(), "prepared".to_owned()],
        false => Vec::new(),
    }
}

/// The plan, and what the org says of it where that is wanted.
async fn planned(
    arguments: &Arguments,
    context: &Context,
    manifests: &[Manifest],
    session: &OrgSession,
    live: Result<Live, Failure>,
    signals: &mut Signals,
) -> Result<Plan, Failure> {
    let live = live?;
    let plan = plan::plan(manifests, &live)?;
    let options = rehearsal_options(arguments, &live);
    // The process ends soon, and they with it: nobody waits for them to be taken apart.
    std::mem::forget(live);
    let Some(scope) = arguments.check else {
        return Ok(plan);
    };
    let check = checked(&plan, manifests, scope, options, session, context, signals).await?;
    Ok(plan.with_check(check))
}

/// How the plan is rehearsed, with what was just seen of the org.
fn rehearsal_options(arguments: &Arguments, live: &Live) -> ApplyOptions {
    let deploys = live.deploys().learnt();
    ApplyOptions {
        wait: arguments.wait,
        wait_queue: arguments.wait_queue,
        queue: deploys.map(|deploys| deploys.queued.clone()),
        ..ApplyOptions::default()
    }
}

/// What the org says of the plan without saving anything. The first signal cancels the check that is running.
async fn checked(
    plan: &Plan,
    manifests: &[Manifest],
    scope: CheckScope,
    options: ApplyOptions,
    session: &OrgSession,
    context: &Context,
    signals: &mut Signals,
) -> Result<PlanCheck, Failure> {
    let output = &context.output;
    let stop = Arc::clone(&options.stop);
    let mut progress = Progress::new(output, false, std::io::stderr().is_terminal());
    let mut emit = |event: Event| progress.show(&event);
    let rehearser = Rehearser::new(session.reader.clone());
    let work = apply::rehearse(plan, manifests, &rehearser, scope, options, &mut emit);
    let notice = || output.warn("cancelling the check that is running; once more ends at once\n");
    match until_stopped(work, &stop, signals, notice).await {
        Ok((check, signal)) => check.map_err(|failure| Failure {
            exit: signal.unwrap_or(failure.exit),
            ..failure
        }),
        Err(exit) => Err(ended_by_signal(exit)),
    }
}

/// What stands around the plan: the org, the files, and the command that applies this very plan.
pub(crate) fn frame(
    context: &Context,
    arguments: &Manifests,
    manifests: &[Manifest],
    plan: &Plan,
) -> Frame {
    let until = match plan.is_better_prepared() {
        true => Until::Prepared,
        false => Until::Proved,
    };
    let refusals = refusals(plan, manifests, until);
    let mut next = command("apply", arguments, context);
    next.extend(["--expect".to_owned(), plan_digest(plan).to_owned()]);
    next.extend(until_prepared(plan));
    if context.is_of_record() || !refusals.is_empty() {
        // Nothing can be applied to a record, and nothing that is refused.
        next.clear();
    }
    Frame {
        name: plan.name.clone(),
        org: context.org(),
        files: manifests
            .iter()
            .map(|manifest| manifest.file.to_string())
            .collect(),
        next,
        refusals: Some(refusals),
        user: report::user(manifests),
        ..Frame::default()
    }
}

/// The file that `apply --plan` takes, where one is written.
fn saved_as(arguments: &Arguments) -> Option<&Path> {
    let path = arguments.outputs.first(ReportFormat::Json)?;
    let regular = fs::metadata(path).is_ok_and(|found| found.is_file());
    (regular || !path.exists()).then_some(path)
}

/// Puts the report where it was asked for: into each file, then on standard output.
fn report(
    arguments: &Arguments,
    context: &Context,
    plan: &Plan,
    frame: Frame,
    exit: Exit,
) -> Result<(), Failure> {
    let ending = arguments.outputs.ending(exit);
    let frame = Frame {
        at: ending.at.clone(),
        ..frame
    };
    let reported = Reported::Plan(plan);
    arguments.outputs.write(reported, &frame, &ending)?;
    let format = arguments.format.and_then(PlanFormat::of_report);
    match format {
        Some(format) => {
            context.name_org_first();
            let text = written(format, reported, &frame, &ending);
            context.output.data(&text);
        }
        None => say(arguments, context, plan, &frame),
    }
    github::tell(context, reported, &frame, &ending);
    arguments.outputs.note(context, "plan");
    if format.is_some() {
        context.name_org_last();
    }
    Ok(())
}

/// The plan for people.
fn say(arguments: &Arguments, context: &Context, plan: &Plan, frame: &Frame) {
    context.org_was_named();
    let style = context.output.style;
    let style = Style {
        names: style.names || arguments.impact == ImpactDetail::Full,
        ..style
    };
    context.output.say(&if context.output.quiet() {
        report::human::plan_totals(plan, frame, style)
    } else {
        report::human::plan(plan, frame, style)
    });
}
