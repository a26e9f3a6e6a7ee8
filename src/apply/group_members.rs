//! Members of public groups, after an answer was lost: which of them the org has.

use super::together::{WantedRecord, text};
use crate::live::{members_among, read_members, short_id};
use crate::org::{OrgError, Reader};
use std::collections::BTreeMap;

/// The object of what is in a group.
pub(super) const GROUP_MEMBER: &str = "GroupMember";

/// The ids of those that the org has, by change.
pub(super) async fn members_there(
    reader: &Reader,
    wanted: &[&WantedRecord],
) -> Result<BTreeMap<usize, String>, OrgError> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let column = |column| wanted.iter().map(move |one| text(&one.values, column));
    let groups = column("GroupId").collect();
    let query = members_among(&groups, &column("UserOrGroupId").collect());
    let rows = reader.query(&query).await?;
    let pair = |group: &str, member: &str| (short_id(group), short_id(member));
    let there: BTreeMap<(String, String), String> = read_members(&rows)
        .into_iter()
        .map(|one| (pair(&one.group, &one.member), one.id))
        .collect();
    let found = wanted.iter().filter_map(|one| {
        let value = |column| text(&one.values, column);
        let id = there.get(&pair(value("GroupId"), value("UserOrGroupId")))?;
        Some((one.index, id.clone()))
    });
    Ok(found.collect())
}
