//! Findings as items of a list.

use super::{code, sentence};
use crate::diagnostic::Diagnostic;
use crate::report::folded::Told;
use crate::report::place_words;

/// One finding, or many of a kind.
pub(super) fn told(told: Told<'_>) -> String {
    match told {
        Told::One(one) => finding(one),
        Told::Many(first, count) => format!(
            "- **{} {}** {}\n",
            first.severity.word(),
            first.code,
            sentence(&Told::sentence(first, count))
        ),
    }
}

/// One finding with its place and what to do.
pub(super) fn finding(finding: &Diagnostic) -> String {
    let place = finding
        .place
        .as_ref()
        .map(|place| format!(" ({})", code(&place_words(place))))
        .unwrap_or_default();
    let help = finding
        .help
        .as_ref()
        .map(|help| format!(" Help: {}", sentence(help)))
        .unwrap_or_default();
    format!(
        "- **{} {}** {}{place}{help}\n",
        finding.severity.word(),
        finding.code,
        sentence(&finding.message)
    )
}
