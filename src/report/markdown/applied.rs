//! How an apply ended, as a comment.

use super::ended::{ending, reasons};
use super::findings::told;
use super::inert::{code, sentence};
use super::marker;
use super::parts::{ReportPart, assembled, first_of, list};
use super::proof::parts;
use crate::apply::{Applied, ChangeResult, Outcome};
use crate::count::count;
use crate::plan::Plan;
use crate::report::folded::folded;
use crate::report::json::Took;
use crate::report::text::duration;
use crate::report::{Ending, Frame, kind_words};

/// What became of each change, the proof, and why it stopped where it did.
pub fn applied(plan: &Plan, applied: &Applied, took: &Took, frame: &Frame, end: &Ending) -> String {
    let mut sections = Vec::new();
    if let Some(failure) = &applied.failure {
        sections.push(list("Why it stopped", reasons(failure).into_iter()));
    }
    sections.push(list("Changes", applied.outcomes.iter().map(outcome)));
    sections.push(not_deployed(applied));
    match &applied.verification {
        Some(verification) => sections.extend(parts(verification)),
        None => sections.push(list(
            "Findings",
            folded(&plan.findings, false).into_iter().map(told),
        )),
    }
    let tail = format!(
        "{}\nplan `{}` \u{b7} {} \u{b7} {} \u{b7} {}\n",
        applied.failure.as_ref().map(ending).unwrap_or_default(),
        plan.digest,
        count(took.requests, "request"),
        duration(took.milliseconds),
        frame.made_by()
    );
    assembled(&head(plan, applied, frame, end), &sections, &tail)
}

fn head(plan: &Plan, applied: &Applied, frame: &Frame, end: &Ending) -> String {
    let outcomes = applied.outcomes.iter();
    let done = outcomes.filter(|outcome| outcome.result == ChangeResult::Done);
    let all = count(applied.outcomes.len() as u64, "change");
    let made = match applied.outcomes.is_empty() {
        true => "nothing to change".to_owned(),
        false => format!("{} of {all} made", done.count()),
    };
    let dark = applied.in_the_dark.iter();
    let dark = first_of(dark.map(|one| format!("**{}**\n\n", sentence(one))));
    format!(
        "{}\n## orgwright apply: {}\n\n{dark}**{}** (exit {}) \u{b7} {made} \u{b7} {}\n",
        marker("apply", &plan.name),
        code(&plan.name),
        end.exit.meaning(),
        end.exit.code(),
        sentence(&frame.org)
    )
}

fn outcome(outcome: &Outcome) -> String {
    let result = match outcome.result {
        ChangeResult::Done => "done",
        ChangeResult::NotDone => "not done",
        ChangeResult::Unknown => "unknown",
    };
    format!(
        "- **{result}** {} {} {}\n",
        outcome.action.word(),
        kind_words(&outcome.address),
        code(&outcome.address.name)
    )
}

/// What the digest covers and the org would not take.
fn not_deployed(applied: &Applied) -> ReportPart {
    let entries = applied.left_out.iter().map(|dropped| {
        format!(
            "- {} {}: {}\n",
            code(&dropped.address.to_string()),
            code(&dropped.entry),
            sentence(&dropped.problem)
        )
    });
    list("Not deployed, because the org refused it", entries)
}
