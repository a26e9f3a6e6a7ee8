//! `plan`: what would change. Reads, and writes nothing but the report.

use std::collections::BTreeSet;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use super::arguments::{Manifests, PlanArguments as Arguments, PlanFormat};
use super::command::{command, quoted};
use super::context::Context;
use super::files::{must_be_writable, write_private};
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
use crate::report::text::{plan_digest, printable};
use crate::report::{self, Frame};

/// Plans, and reports in the format that was asked for.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    arguments.out.as_deref().map_or(Ok(()), must_be_writable)?;
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
    let mut frame = frame(context, &arguments.manifests, &manifests, &plan);
    frame.next = next(arguments, context, &plan, frame.next);
    write(arguments, context, &plan, &frame)?;
    let refusal = plan.check.as_ref().and_then(|check| check.refusal);
    let refused = !refusals(&plan, &manifests, Until::Proved).is_empty();
    Ok(match (refusal, refused, plan.changes.is_empty()) {
        (Some(refusal), ..) => refusal,
        _ if !arguments.detailed_exitcode => Exit::Done,
        (_, true, _) => Exit::Guarded,
        (.., false) => Exit::Differences,
        _ => Exit::Done,
    })
}

/// The command that applies this very plan, where there is one: by the file that it is saved in.
fn next(arguments: &Arguments, context: &Context, plan: &Plan, usual: Vec<String>) -> Vec<String> {
    if usual.is_empty() {
        return usual;
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
        refusals,
    }
}

/// What is written: as was asked for, or as the file's ending says.
fn format(arguments: &Arguments) -> PlanFormat {
    let ending = || by_ending(arguments.out.as_deref());
    arguments.format.unwrap_or_else(ending)
}

/// The file that `apply --plan` takes, where one is written.
fn saved_as(arguments: &Arguments) -> Option<&Path> {
    let path = arguments.out.as_deref()?;
    let regular = fs::metadata(path).is_ok_and(|found| found.is_file());
    (format(arguments) == PlanFormat::Json && (regular || !path.exists())).then_some(path)
}

/// Puts the report where it was asked for.
fn write(
    arguments: &Arguments,
    context: &Context,
    plan: &Plan,
    frame: &Frame,
) -> Result<(), Failure> {
    let format = format(arguments);
    let named = context.output.style;
    let named = Style {
        names: named.names || arguments.impact == ImpactDetail::Full,
        ..named
    };
    let Some(path) = &arguments.out else {
        show(format, context, plan, frame, named);
        return Ok(());
    };
    let style = Style {
        color: false,
        ..named
    };
    write_private(path, text(format, plan, frame, style).as_bytes())?;
    match arguments.format {
        Some(_) => saved(context, path, plan, frame),
        // A file named without a format is a copy to keep: the plan is shown as well.
        None => {
            show(PlanFormat::Human, context, plan, frame, named);
            note_saved(context, path);
        }
    }
    Ok(())
}

/// Prints the report: text for people as it is, data with the org's lines beside it.
fn show(format: PlanFormat, context: &Context, plan: &Plan, frame: &Frame, style: Style) {
    if format != PlanFormat::Human {
        context.name_org_first();
        context.output.data(&text(format, plan, frame, style));
        return context.name_org_last();
    }
    context.org_was_named();
    context.output.say(&if context.output.quiet() {
        report::human::plan_totals(plan, frame, style)
    } else {
        report::human::plan(plan, frame, style)
    });
}

/// Tells that the report is in its file, on standard error: standard output was not asked for.
fn saved(context: &Context, path: &Path, plan: &Plan, frame: &Frame) {
    context.name_org_first();
    note_saved(context, path);
    let totals = report::human::plan_totals(plan, frame, context.output.notes);
    context.output.warn(&totals);
}

fn note_saved(context: &Context, path: &Path) {
    let path = printable(&path.to_string_lossy()).into_owned();
    context
        .output
        .note(&format!("the plan is saved in {path}\n"));
}

/// The format that a file's ending asks for.
pub(super) fn by_ending(path: Option<&Path>) -> PlanFormat {
    match path
        .and_then(Path::extension)
        .and_then(|ending| ending.to_str())
    {
        Some("json") => PlanFormat::Json,
        Some("md" | "markdown") => PlanFormat::Markdown,
        Some("html" | "htm") => PlanFormat::Html,
        _ => PlanFormat::Human,
    }
}

fn text(format: PlanFormat, plan: &Plan, frame: &Frame, style: Style) -> String {
    match format {
        PlanFormat::Human => report::human::plan(plan, frame, style),
        PlanFormat::Json => report::json::plan(plan),
        PlanFormat::Markdown => report::markdown::plan(plan, frame),
        PlanFormat::Html => report::html::plan(plan, frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_ending_tells_its_format() {
        assert_eq!(by_ending(Some(Path::new("a/plan.json"))), PlanFormat::Json);
        assert_eq!(by_ending(Some(Path::new("plan.md"))), PlanFormat::Markdown);
        assert_eq!(by_ending(Some(Path::new("plan.html"))), PlanFormat::Html);
        assert_eq!(by_ending(Some(Path::new("plan"))), PlanFormat::Human);
        assert_eq!(by_ending(None), PlanFormat::Human);
    }
}
