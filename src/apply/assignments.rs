//! Assignments of permission sets, groups of them and licences, after an answer was lost: which of them the org has.

use super::together::{WantedRecord, text};
use crate::live::{AssignedThing, assignments_of, read_assignments, short_id};
use crate::org::{FIRST_ID, OrgError, Reader};
use std::collections::BTreeMap;

/// The ids of those assignments of one thing that the org has, by change.
pub(super) async fn assigned_there(
    reader: &Reader,
    thing: AssignedThing,
    wanted: &[&WantedRecord],
    user_id: Option<&str>,
) -> Result<BTreeMap<usize, String>, OrgError> {
    let wanted = wanted.iter().filter(|one| one.object == thing.object());
    let pair = |one: &&WantedRecord| {
        let assignee = match text(&one.values, "AssigneeId") {
            FIRST_ID => user_id?,
            id => id,
        };
        let assigned = one.values.get(thing.column())?.as_str()?;
        Some(((short_id(assignee), short_id(assigned)), one.index))
    };
    let pairs: BTreeMap<(String, String), usize> = wanted.filter_map(pair).collect();
    if pairs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let users = pairs.keys().map(|(user, _)| user.as_str()).collect();
    let assigned = pairs
        .keys()
        .map(|(_, assigned)| assigned.as_str())
        .collect();
    let query = assignments_of(thing, &users, &assigned);
    let rows = reader.query(&query).await?;
    let found = read_assignments(thing, &rows).into_iter();
    let found = found.filter_map(|found| {
        let pair = (short_id(&found.user_id), short_id(&found.assigned_id));
        Some((*pairs.get(&pair)?, found.id))
    });
    Ok(found.collect())
}
