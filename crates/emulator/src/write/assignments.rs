//! `PermissionSetAssignment`: who has which permission set.

use super::{Writer, bad_reference, demand_fields, duplicate, integrity, text};
use crate::http::Refusal;
use crate::moment;
use crate::rules;
use crate::store::{Assignment, Container, ContainerKind, Id, ObjectSchema, Org, Row, User};

const PERMISSIONS: [&str; 2] = ["AssignPermissionSets", "ManageUsers"];

/// Assigns a permission set, or a group of them, to a user.
pub(super) fn create(writer: &mut Writer<'_>, _: &ObjectSchema, row: Row) -> Result<Id, Refusal> {
    writer.demand("PermissionSetAssignment", &PERMISSIONS)?;
    demand_fields(&row, &["AssigneeId"])?;
    let expires = text(&row, "ExpirationDate").and_then(|moment| moment::moment(&moment));
    let org = &mut writer.world.org;
    let user = text(&row, "AssigneeId")
        .and_then(|id| org.users.get(&id))
        .ok_or_else(|| bad_reference("AssigneeId"))?;
    let container = container(org, &row)?;
    let same = |other: &&Assignment| other.assignee == user.id && other.container == container.id;
    if let Some(existing) = org.assignments.values().find(same) {
        return Err(duplicate("PermissionSetId, AssigneeId", &existing.id));
    }
    check_license(org, user, container)?;
    let group = match &container.kind {
        ContainerKind::Group { group, .. } => Some(group.clone()),
        _ => None,
    };
    let mut assignment = Assignment {
        id: Id::new(),
        assignee: user.id.clone(),
        container: container.id.clone(),
        group,
        expires,
    };
    let display = format!(
        "Permission set {}: assigned to user {}",
        container.label, user.username
    );
    assignment.id = org.next_id("0Pa");
    let id = assignment.id.clone();
    org.assignments.insert(id.clone(), assignment);
    writer.audit("PermSetAssign", "Manage Users", display);
    Ok(id)
}

fn container<'o>(org: &'o Org, row: &Row) -> Result<&'o Container, Refusal> {
    let in_group = |id: &str| {
        let of = |container: &&Container| matches!(&container.kind, ContainerKind::Group { group, .. } if group == id);
        org.containers.values().find(of)
    };
    match (
        text(row, "PermissionSetId"),
        text(row, "PermissionSetGroupId"),
    ) {
        (Some(_), Some(_)) => Err(integrity(
            "You can specify either a permission set or a permission set group, not both",
        )),
        (Some(id), None) => {
            let container = org
                .containers
                .get(&id)
                .filter(|container| container.profile().is_none());
            container.ok_or_else(|| bad_reference("PermissionSetId"))
        }
        (None, Some(id)) => in_group(&id).ok_or_else(|| bad_reference("PermissionSetGroupId")),
        (None, None) => demand_fields(row, &["PermissionSetId"])
            .and_then(|()| Err(bad_reference("PermissionSetId"))),
    }
}

/// A set made for a licence goes to users of that licence; any other may not hold what the user's licence refuses.
fn check_license(org: &Org, user: &User, container: &Container) -> Result<(), Refusal> {
    let license = org
        .profiles
        .get(&user.profile)
        .map(|profile| profile.license.clone());
    let refuse = |reason: &str| {
        Err(integrity(format!(
            "Can't assign permission set {} to user {}. {reason}",
            container.label,
            user.name()
        )))
    };
    if container.license.is_some() && container.license != license {
        return refuse("The user license doesn't match the permission set's license");
    }
    let judged = Container {
        license,
        ..container.clone()
    };
    let refused = container
        .user_permissions
        .iter()
        .find_map(|permission| rules::license_refusal(org, &judged, permission));
    match refused {
        Some(reason) => refuse(&reason),
        None => Ok(()),
    }
}

/// Changes when an assignment lapses; nothing else of it can be changed.
pub(super) fn update(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("PermissionSetAssignment", &PERMISSIONS)?;
    let assignment = writer
        .world
        .org
        .assignments
        .get_mut(id)
        .ok_or_else(Refusal::not_found)?;
    if let Some(moment) = row.get("ExpirationDate") {
        assignment.expires = moment.as_str().and_then(moment::moment);
    }
    let others = row
        .keys()
        .filter(|name| *name != "ExpirationDate")
        .map(str::to_owned)
        .collect::<Vec<_>>();
    if others.is_empty() {
        Ok(())
    } else {
        Err(super::values::read_only(&others))
    }
}

/// Takes a permission set away. The row for the own profile's set cannot be deleted.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("PermissionSetAssignment", &PERMISSIONS)?;
    let org = &mut writer.world.org;
    let Some(gone_now) = org.assignments.remove(id) else {
        return Err(own_profile_row(org, id));
    };
    let label = org
        .containers
        .get(&gone_now.container)
        .map(|container| container.label.clone())
        .unwrap_or_default();
    let username = org
        .users
        .get(&gone_now.assignee)
        .map(|user| user.username.clone())
        .unwrap_or_default();
    writer.audit(
        "PermSetUnassign",
        "Manage Users",
        format!("Permission set {label}: unassigned from user {username}"),
    );
    Ok(())
}

fn own_profile_row(org: &Org, id: &str) -> Refusal {
    let own = |user: &User| {
        let container = &org.profiles.get(&user.profile)?.container;
        Some(crate::views::derived_id("0Pa", &[&user.id, container]))
    };
    match org
        .users
        .values()
        .any(|user| own(user).as_deref() == Some(id))
    {
        true => Refusal::new(
            400,
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "insufficient access rights on object id",
        )
        .about(Vec::<String>::new()),
        false => Refusal::not_found(),
    }
}
