//! Where everything that reads a manifest leaves what it finds.

use std::cell::RefCell;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place, Severity};

/// Longest sentence kept, in characters; longer ones quote something absurd.
const MOST_CHARACTERS: usize = 400;

/// A collector that many readers share, so that one mistake never hides another.
#[derive(Debug, Default)]
pub(super) struct Findings(RefCell<Vec<Diagnostic>>);

impl Findings {
    /// Keeps one finding, with what it quotes made safe to show.
    pub(super) fn push(&self, mut finding: Diagnostic) {
        finding.message = shown(&finding.message);
        finding.help = finding.help.map(|help| shown(&help));
        for (_, label) in &mut finding.related {
            *label = shown(label);
        }
        self.0.borrow_mut().push(finding);
    }

    /// Keeps an error at `place`.
    pub(super) fn error(&self, code: Code, place: &Place, message: impl Into<String>) {
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
                .then_with(|| left.code.cmp(&right.code))
        });
        list.dedup();
        list
    }
}

/// `text` without what could move a terminal's cursor, turn its writing round, or flood it.
fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(MOST_CHARACTERS));
    for (count, sign) in text.chars().enumerate() {
        if count == MOST_CHARACTERS {
            safe.push('…');
            break;
        }
        if sign.is_control() || turns_writing(sign) {
            safe.extend(sign.escape_unicode());
        } else {
            safe.push(sign);
        }
    }
    safe
}

/// The signs of Unicode that change the direction of what follows.
fn turns_writing(sign: char) -> bool {
    matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_findings_quote_is_safe_to_show() {
        assert_eq!(shown("é `x`"), "é `x`");
        assert_eq!(shown("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\u{a}b");
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), MOST_CHARACTERS + 1);
    }

    #[test]
    fn findings_come_in_the_order_of_the_text_and_once() {
        let place = |offset| Place {
            offset,
            ..Place::start_of(&"m.yaml".into())
        };
        let findings = Findings::default();
        for (code, offset) in [
            (Code::UnknownKey, 9),
            (Code::MissingKey, 3),
            (Code::UnknownKey, 9),
            (Code::KeyTwice, 3),
        ] {
            findings.error(code, &place(offset), "x");
        }
        let found = findings.into_sorted();
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.text()).collect();
        assert_eq!(codes, ["OW1008", "OW1012", "OW1011"]);
    }
}
