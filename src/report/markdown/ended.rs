//! A run that ended without its result, as a comment.

use super::inert::{fenced, sentence};
use super::marker;
use super::parts::{assembled, list};
use crate::diagnostic::Failure;
use crate::report::style::Style;
use crate::report::{Frame, finding_counts, human};

/// Why a run of this command ended: each finding with its code, its line and what to do.
pub fn failure(command: &str, failure: &Failure, frame: &Frame) -> String {
    let facts = [
        format!(
            "**{}** (exit {})",
            failure.exit.meaning(),
            failure.exit.code()
        ),
        finding_counts(&failure.diagnostics),
        sentence(&frame.org),
    ];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    let head = format!(
        "{}\n## orgwright {command}: not done\n\n{}\n",
        marker(command, &frame.name),
        facts.join(" \u{b7} ")
    );
    let reasons = list("Why", reasons(failure).into_iter());
    let tail = format!("{}\n{}\n", ending(failure), frame.made_by());
    assembled(&head, &[reasons], &tail)
}

/// Each finding in a block of its own, with the lines of the manifest that it points into.
pub(super) fn reasons(failure: &Failure) -> Vec<String> {
    let block = |one: &crate::diagnostic::Diagnostic| {
        let alone = Failure::new(failure.exit, vec![one.clone()]).with_sources(&failure.sources);
        fenced(&human::failure(&alone, Style::PLAIN))
    };
    failure.diagnostics.iter().map(block).collect()
}

/// The state of the org, and the command to run next.
pub(super) fn ending(failure: &Failure) -> String {
    let state = failure.org_state.as_deref();
    let state = state.map(|state| format!("\nState: {}\n", sentence(state)));
    let next = failure.next.as_deref();
    let next = next.map(|next| format!("\nNext: {}\n", super::code(next)));
    format!("{}{}", state.unwrap_or_default(), next.unwrap_or_default())
}
