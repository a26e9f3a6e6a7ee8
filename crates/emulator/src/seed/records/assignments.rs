//! Permission set assignments of a seed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::moment;
use crate::store::{Assignment, Container, ContainerKind, Id, Org};

/// The id of the permission set group of this name or label.
pub(super) fn group_by(org: &Org, wanted: &str) -> Option<Id> {
    let named = |set: &&Container| set.label == wanted || set.is_named(wanted);
    org.containers.values().filter(named).find_map(group_of)
}

fn group_of(set: &Container) -> Option<Id> {
    match &set.kind {
        ContainerKind::Group { group, .. } => Some(group.clone()),
        _ => None,
    }
}

/// Adds an assignment of a set or of a group, with the day on which it ends.
pub(super) fn insert(org: &mut Org, id: Id, values: &BTreeMap<String, Value>) {
    let part = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    let group = part("PermissionSetGroupId");
    let of_group = |set: &&Container| group.is_some() && group_of(set) == group;
    let aggregate = org
        .containers
        .values()
        .find(of_group)
        .map(|set| set.id.clone());
    let assignment = Assignment {
        id: id.clone(),
        assignee: part("AssigneeId").unwrap_or_default(),
        container: aggregate.or(part("PermissionSetId")).unwrap_or_default(),
        group,
        expires: part("ExpirationDate").and_then(|end| moment::moment(&end)),
    };
    org.assignments.insert(id, assignment);
}
