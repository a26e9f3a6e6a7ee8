//! Permission set assignments of a seed, members of groups, and log-ins.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::moment;
use crate::store::{
    Assignment, Container, ContainerKind, Id, LogIn, Org, SetLicense, SetLicenseAssignment,
};

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

/// The id of the permission set licence of this name or label.
pub(super) fn set_license_by(org: &Org, wanted: &str) -> Option<Id> {
    let named = |license: &&SetLicense| license.label == wanted || license.name == wanted;
    org.set_licenses
        .values()
        .find(named)
        .map(|license| license.id.clone())
}

/// Adds a seat of a permission set licence; there are as many as are taken.
pub(super) fn insert_seat(org: &mut Org, id: Id, values: &BTreeMap<String, Value>) {
    let part = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    let seat = SetLicenseAssignment {
        id: id.clone(),
        assignee: part("AssigneeId").unwrap_or_default(),
        license: part("PermissionSetLicenseId").unwrap_or_default(),
    };
    let license = seat.license.clone();
    org.set_license_assignments.insert(id, seat);
    let taken = org.set_seats_used(&license);
    if let Some(license) = org.set_licenses.get_mut(&license) {
        license.total = license.total.max(taken);
    }
}

/// Adds a log-in.
pub(super) fn insert_log_in(org: &mut Org, id: Id, mut values: BTreeMap<String, Value>) {
    let mut part = |name: &str| {
        let value = values.remove(name)?;
        value.as_str().map(str::to_owned)
    };
    let user = part("UserId").unwrap_or_default();
    let at = part("LoginTime").and_then(|at| moment::moment(&at));
    let log_in = LogIn {
        id: id.clone(),
        user,
        at: at.unwrap_or_default(),
        other: values.into_iter().collect(),
    };
    org.log_ins.insert(id, log_in);
}

/// Puts a user or group into a public group or queue.
pub(super) fn insert_member(org: &mut Org, id: Id, values: &BTreeMap<String, Value>) {
    let part = |name: &str| values.get(name).and_then(Value::as_str);
    let group = part("GroupId").and_then(|group| org.groups.get_mut(group));
    if let Some((group, member)) = group.zip(part("UserOrGroupId")) {
        group.members.insert(id, member.to_owned());
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
