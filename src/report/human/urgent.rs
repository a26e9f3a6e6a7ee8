//! What comes first and last in a report: what makes a plan pointless, what has to be done before it, what keeps it from being
//! applied.

use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Plan;
use crate::report::style::{Page, Tone};
use crate::report::text::printable;
use crate::report::{Frame, urgent};
use crate::verify::is_about_numbers;

use super::finding::tone;

/// Errors said once more at the end.
const REPEATED: usize = 3;

/// Steps before the plan: fields to fill.
pub(super) fn steps(plan: &Plan) -> impl Iterator<Item = &Diagnostic> {
    plan.findings.iter().filter(|finding| is_step(finding))
}

fn is_step(finding: &Diagnostic) -> bool {
    finding.code == Code::TickFirst
}

/// What stands on the first lines, below the org's name.
pub(super) fn first_lines(page: &mut Page, plan: &Plan) {
    urgent(plan).for_each(|finding| line(page, finding));
}

/// The findings that stand last before somebody agrees: errors, those about numbers first, and steps.
pub(super) fn before_consent(page: &mut Page, findings: &[&Diagnostic]) {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let (numbers, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        errors.partition(|finding| is_about_numbers(finding));
    let errors = others.iter().chain(&numbers).rev();
    let mut shown: Vec<&&Diagnostic> = errors.take(REPEATED).collect();
    shown.reverse();
    shown.iter().for_each(|error| line(page, error));
    let steps = findings.iter().filter(|finding| is_step(finding));
    steps.for_each(|step| line(page, step));
}

/// What an earlier run left: who sees nothing by it.
pub(super) fn gaps<'a>(page: &mut Page, findings: impl Iterator<Item = &'a Diagnostic>) {
    let open = findings.filter(|finding| finding.code == Code::GapOpen);
    open.for_each(|gap| line(page, gap));
}

fn line(page: &mut Page, finding: &Diagnostic) {
    let head = match is_step(finding) {
        true => "first",
        false => finding.severity.word(),
    };
    let text = format!("{head} {}: {}", finding.code, printable(&finding.message));
    page.toned(0, 2, Some(tone(finding.severity)), &text);
}

/// The command to copy; where `apply` would refuse the plan, why, and no command.
pub(super) fn next(page: &mut Page, plan: &Plan, frame: &Frame) {
    if plan.changes.is_empty() {
        return;
    }
    if !frame.refused().is_empty() {
        page.toned(
            0,
            2,
            Some(Tone::Bad),
            "apply would refuse this plan (exit 4):",
        );
        for refusal in frame.refused() {
            let word = refusal.severity.word();
            let text = format!("{word} {}: {}", refusal.code, printable(&refusal.message));
            page.toned(2, 4, Some(Tone::Bad), &text);
        }
    }
    if !frame.next.is_empty() {
        page.command("next: ", &frame.next);
    }
}

/// What is wrong, where something is and is not told just before, and the org once more.
pub(super) fn last_lines(
    page: &mut Page,
    findings: &[&Diagnostic],
    told: &[Diagnostic],
    org: &str,
) {
    let before: Vec<&Diagnostic> = findings
        .iter()
        .filter(|finding| !is_last(finding) && !told.contains(finding))
        .copied()
        .collect();
    before_consent(page, &before);
    last_line(page, findings, org);
}

/// The org once more, and what makes all of it pointless: that stands on the very last line.
pub(super) fn last_line(page: &mut Page, findings: &[&Diagnostic], org: &str) {
    let errors = findings.iter();
    let errors = errors.filter(|finding| finding.severity == Severity::Error);
    let mut facts = vec![org.to_owned()];
    match errors.count() as u64 {
        0 => {}
        errors => facts.push(count(errors, "error")),
    }
    let last = findings.iter().filter(|finding| is_last(finding));
    facts.extend(last.map(|one| printable(&one.message).into_owned()));
    page.text(0, 2, &facts.join("; "));
}

fn is_last(finding: &Diagnostic) -> bool {
    matches!(finding.code, Code::RulesMatchNothing | Code::GapOpen) || is_step(finding)
}
