//! Records that were deleted after they were read. The org's own answer about such an id is a row of nothing, as about a
//! record that the user may not see: whether it is still there has to be looked at.

use super::Access;
use super::subject::Subject;
use crate::live::{LiveRecord, short_id};
use crate::org::{OrgError, Reader};
use std::collections::BTreeSet;

/// Missing records that are looked for; where more are missing, it is not because of deletions.
const MOST_LOOKED_FOR: usize = 1_000;
/// Ids that one query takes.
const A_QUERY: usize = 200;

/// Takes records that are gone out of the proof, as if they had not been read.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn leave_out_gone(
    subject: &Subject<'_>,
    access: &mut Access,
    reader: &Reader,
) -> Result<(), OrgError> {
    let hidden = access.missing.iter().filter(|missing| missing.hidden);
    let ids: Vec<&str> = hidden.map(|missing| missing.id.as_str()).collect();
    if ids.is_empty() || ids.len() > MOST_LOOKED_FOR {
        return Ok(());
    }
    let mut there = BTreeSet::new();
    for ids in ids.chunks(A_QUERY) {
        let rows = reader.query(&subject.query().ids_among(ids)).await?;
        let records = LiveRecord::of_rows(rows);
        there.extend(records.iter().map(|record| short_id(record.id())));
    }
    let before = access.missing.len();
    access
        .missing
        .retain(|missing| !missing.hidden || there.contains(&short_id(&missing.id)));
    let gone = (before - access.missing.len()) as u64;
    access.missing_found = access.missing_found.saturating_sub(gone);
    access.expected = access.expected.saturating_sub(gone);
    access.checked = access.checked.saturating_sub(gone);
    access.population = access.population.saturating_sub(gone);
    Ok(())
}
