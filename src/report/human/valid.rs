//! Offline answers for people: valid manifests, and what a code means.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Sources};
use crate::report::finding_counts;
use crate::report::style::{Page, Style, Tone};
use crate::report::text::printable;

use super::finding::excerpt;

/// The manifests that are valid, by file and name, and what is worth knowing about them.
pub fn valid(
    files: &[(&str, &str)],
    findings: &[Diagnostic],
    sources: &Sources,
    style: Style,
) -> String {
    let mut page = Page::new(style);
    findings
        .iter()
        .for_each(|finding| excerpt(&mut page, finding, sources));
    for (file, name) in files {
        page.toned(
            0,
            2,
            Some(Tone::Good),
            &format!("{} is valid ({})", printable(file), printable(name)),
        );
    }
    if !findings.is_empty() {
        page.text(0, 2, &finding_counts(findings));
    }
    page.finish()
}

/// What a code means.
pub fn explanation(code: Code, style: Style) -> String {
    let mut page = Page::new(style);
    page.toned(
        0,
        2,
        Some(Tone::Strong),
        &format!("{code}: {}", code.title()),
    );
    page.raw("");
    page.text(0, 0, code.explanation());
    page.finish()
}
