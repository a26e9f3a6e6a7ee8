//! Records that are not as they should be, and what closes leaks.

use super::inert::{code, sentence};
use crate::report::text;
use crate::verify::{Access, Mismatch};

/// What closes an object's leaks with the fewest changes.
pub(super) fn mends(access: &Access) -> Vec<String> {
    let mends = access.mends.iter().map(|mend| {
        format!(
            "- {} {}\n",
            sentence(&access.object),
            sentence(&text::mend(mend))
        )
    });
    mends.collect()
}

/// A record that is not as it should be, and why.
pub(super) fn mismatch(access: &Access, record: &Mismatch) -> String {
    format!(
        "- {} {}: {}\n",
        sentence(&access.object),
        code(&record.id),
        sentence(&record.cause)
    )
}
