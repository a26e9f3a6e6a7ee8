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

#[cfg(test)]
mod tests {
    use super::super::parts::BUDGET;
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::{Diagnostic, Exit};
    use crate::report::samples;

    #[test]
    fn an_error_has_its_code_its_line_and_what_to_do() {
        let finding = Diagnostic::error(Code::UnknownKey, "no such key")
            .at(&samples::place(3))
            .help("did you mean `role`?");
        let ended = Failure::new(Exit::Manifest, vec![finding])
            .state("nothing was changed")
            .next("orgwright plan");
        let text = failure("plan", &ended, &Frame::default());
        assert!(
            text.starts_with("<!-- orgwright plan -->\n## orgwright plan: not done\n"),
            "{text}"
        );
        for part in [
            "error[OW1011]: no such key",
            "orgwright.yaml:3:7",
            "help: did you mean `role`?",
            "State: nothing was changed",
            "Next: `orgwright plan`",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_thousand_hostile_errors_fit_a_comment_and_the_rest_is_counted() {
        let hostile = "@\u{1f4a3}```\n## x ".repeat(60);
        let finding = Diagnostic::error(Code::UnknownKey, hostile.as_str());
        let ended = Failure::new(Exit::Manifest, vec![finding; 1_000])
            .state(hostile.as_str())
            .next(hostile.as_str());
        let text = failure("plan", &ended, &samples::frame());
        assert!(text.len() <= BUDGET, "{}", text.len());
        assert!(text.contains(" more\n"), "{text}");
    }
}
