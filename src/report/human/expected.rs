//! What manifests expect of single records, for people: a line each.

use crate::access::{ExpectedAccess, When};
use crate::report::expected::{ExpectedVerdict, rows};
use crate::report::style::{Page, Tone};

/// A line for each entry of `expect`.
pub(super) fn expected_rows(page: &mut Page, expected: &[ExpectedAccess], when: When) {
    for row in rows(expected, when) {
        let tone = match row.verdict {
            ExpectedVerdict::Holds => Tone::Good,
            ExpectedVerdict::Missed => Tone::Bad,
            ExpectedVerdict::NotKnown => Tone::Careful,
        };
        let text = format!("{:<9}  {}, {}", row.verdict.word(), row.who, row.what);
        page.toned(2, 13, Some(tone), &text);
    }
}
