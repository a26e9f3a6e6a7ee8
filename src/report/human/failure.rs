//! A run that ended without its result, for people.

use crate::diagnostic::{Diagnostic, Failure, Severity};
use crate::report::style::{Page, Style};
use crate::report::text::{count, number, printable};

use super::finding::excerpt;

/// Findings drawn before the rest becomes a count.
const FINDINGS_SHOWN: usize = 50;

/// Every finding with its excerpt, the state of the org, and what to run next.
pub fn failure(failure: &Failure, style: Style) -> String {
    let mut page = Page::new(style);
    for (position, finding) in failure.diagnostics.iter().take(FINDINGS_SHOWN).enumerate() {
        if position > 0 {
            page.raw("");
        }
        excerpt(&mut page, finding, &failure.sources);
    }
    if failure.diagnostics.len() > 1 {
        page.raw("");
        page.text(0, 2, &tally(&failure.diagnostics));
    }
    if let Some(state) = &failure.org_state {
        page.text(0, 7, &format!("state: {}", printable(state)));
    }
    if let Some(next) = &failure.next {
        page.text(0, 6, &format!("next: {}", printable(next)));
    }
    page.finish()
}

/// `12 errors, 1 warning; the first 50 are shown`
fn tally(findings: &[Diagnostic]) -> String {
    let all = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| (findings.iter().filter(|finding| finding.severity == severity).count() as u64, severity))
        .into_iter()
        .filter(|(found, _)| *found > 0)
        .map(|(found, severity)| count(found, severity.word()))
        .collect::<Vec<_>>()
        .join(", ");
    let hidden = findings.len().saturating_sub(FINDINGS_SHOWN) as u64;
    if hidden == 0 { all } else { format!("{all}; the first {FINDINGS_SHOWN} are shown, {} more are not", number(hidden)) }
}
