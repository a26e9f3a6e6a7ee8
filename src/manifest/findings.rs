//! Where everything that reads a manifest leaves what it finds.

use std::cell::RefCell;

use crate::diagnostic::{Diagnostic, Place, Severity};

/// A collector that many readers share, so that one mistake never hides another.
#[derive(Debug, Default)]
pub(super) struct Findings(RefCell<Vec<Diagnostic>>);

impl Findings {
    /// Keeps one finding.
    pub(super) fn push(&self, finding: Diagnostic) {
        self.0.borrow_mut().push(finding);
    }

    /// Keeps an error at `place`.
    pub(super) fn error(&self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Diagnostic::error(code, message).at(place));
    }

    /// Whether anything found so far stops the run.
    pub(super) fn any_error(&self) -> bool {
        self.0
            .borrow()
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// All findings in the order of the text, each once.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut list = self.0.into_inner();
        list.sort_by(|left, right| {
            let key = |finding: &Diagnostic| {
                let place = finding.place.as_ref();
                place.map(|place| (place.file.clone(), place.offset))
            };
            key(left)
                .cmp(&key(right))
                .then_with(|| left.code.cmp(right.code))
        });
        list.dedup();
        list
    }
}
