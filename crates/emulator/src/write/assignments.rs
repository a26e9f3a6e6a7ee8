//! `PermissionSetAssignment`: who has which permission set.

use super::{Writer, bad_reference, demand_fields, duplicate, integrity, set_licenses, text};
use crate::http::Refusal;
use crate::moment;
use crate::rules;
use crate::store::{
    Assignment, Container, ContainerKind, Id, ObjectSchema, Org, Row, SetLicenses, User,
};

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
    check_licenses(org, user, container)?;
    let seat = seat_to_take(org, &user.id, container);
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
    if let Some(license) = seat {
        set_licenses::take(org, &assignment.assignee, &license)?;
    }
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

/// Refuses a set, or a group with one, that the user's licences do not allow.
fn check_licenses(org: &Org, user: &User, container: &Container) -> Result<(), Refusal> {
    let members = match &container.kind {
        ContainerKind::Group { members, .. } => members.as_slice(),
        _ => &[],
    };
    let members = members.iter().filter_map(|id| org.containers.get(id));
    for set in std::iter::once(container).chain(members) {
        if let Some(reason) = license_refusal(org, user, set) {
            return Err(integrity(format!(
                "Can't assign permission set {} to user {}. {reason}",
                container.label,
                user.name()
            )));
        }
    }
    Ok(())
}

/// A set made for a licence goes to users of that licence; any other may not hold what the user's licence refuses.
fn license_refusal(org: &Org, user: &User, set: &Container) -> Option<String> {
    let license = org
        .profiles
        .get(&user.profile)
        .map(|profile| profile.license.clone());
    if let Some(own) = set.license.as_ref().and_then(|id| org.set_licenses.get(id)) {
        let lacking = !org.holds_set_license(&user.id, &own.id) && !takes_seats(org);
        return lacking.then(|| {
            format!(
                "The user isn't assigned the permission set license {}",
                own.label
            )
        });
    }
    if set.license.is_some() && set.license != license {
        return Some("The user license doesn't match the permission set's license".to_owned());
    }
    let judged = Container {
        license,
        ..set.clone()
    };
    let mut permissions = set.user_permissions.iter();
    let refused = permissions.find_map(|name| rules::license_refusal(org, &judged, name));
    // Sets that name the user licence show no standard object at all, whatever they hold.
    if refused.is_some() || set.license.is_some() || rules::is_widened(org, &user.id) {
        return refused;
    }
    let objects = rules::object_permissions(org, set);
    let mut objects = objects.iter();
    objects
        .find_map(|(object, access)| rules::object_license_refusal(org, &judged, object, *access))
}

fn takes_seats(org: &Org) -> bool {
    org.platform.set_licenses == Some(SetLicenses::Taken)
}

/// The permission set licence that the assignment of a set takes a seat of.
fn seat_to_take(org: &Org, user: &str, set: &Container) -> Option<Id> {
    let license = org.set_licenses.get(set.license.as_ref()?)?;
    let takes = takes_seats(org) && !org.holds_set_license(user, &license.id);
    takes.then(|| license.id.clone())
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
