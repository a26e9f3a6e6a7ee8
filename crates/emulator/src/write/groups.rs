//! `Group`, `GroupMember` and `QueueSobject`.

use super::{Writer, bad_reference, demand_fields, duplicate, integrity, text, truth};
use crate::http::Refusal;
use crate::store::{Group, GroupKind, Id, ObjectSchema, Row};
use crate::{rules, schema};

const PERMISSIONS: [&str; 2] = ["ManageUsers", "ManageInternalUsers"];

/// Creates a public group or a queue.
pub(super) fn create(writer: &mut Writer<'_>, _: &ObjectSchema, row: Row) -> Result<Id, Refusal> {
    writer.demand("Group", &PERMISSIONS)?;
    demand_fields(&row, &["Name"])?;
    let kind = match text(&row, "Type").as_deref() {
        None | Some("Regular") => GroupKind::Regular,
        Some("Queue") => GroupKind::Queue,
        Some(other) => {
            return Err(integrity(format!(
                "Groups of type {other} can't be created"
            )));
        }
    };
    let name = text(&row, "Name").unwrap_or_default();
    let developer_name = text(&row, "DeveloperName")
        .unwrap_or_else(|| name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let org = &mut writer.world.org;
    let taken = |other: &&Group| {
        other.kind == kind && other.developer_name.as_deref() == Some(developer_name.as_str())
    };
    if let Some(other) = org.groups.values().find(taken) {
        return Err(duplicate("DeveloperName", &other.id));
    }
    let mut group = Group {
        kind,
        developer_name: Some(developer_name),
        includes_bosses: true,
        ..Group::default()
    };
    apply(&mut group, &row);
    group.id = org.next_id("00G");
    let id = group.id.clone();
    org.groups.insert(id.clone(), group);
    writer.audit(
        "groupcreated",
        "Manage Users",
        format!("Created group {name}"),
    );
    Ok(id)
}

/// Changes a public group or a queue.
pub(super) fn update(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("Group", &PERMISSIONS)?;
    let group = own(writer, id)?;
    apply(group, &row);
    let display = format!("Changed {}", called(group));
    writer.audit("groupchanged", "Manage Users", display);
    Ok(())
}

/// Deletes a public group, or a queue that owns nothing, which no sharing rule names.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("Group", &PERMISSIONS)?;
    let group = own(writer, id)?;
    let display = format!("Deleted {}", called(group));
    let kind = if group.kind == GroupKind::Queue {
        "queue"
    } else {
        "group"
    };
    let name = group.developer_name.clone().unwrap_or_default();
    let org = &mut writer.world.org;
    if rules::is_named(org, kind, &name) {
        let message = format!("The {kind} is used by a sharing rule and can't be deleted");
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    let owns = |row: &Row| row.get("OwnerId").and_then(serde_json::Value::as_str) == Some(id);
    if org.records.values().any(|table| table.values().any(owns)) {
        let message = "The queue owns records and can't be deleted";
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    org.groups.remove(id);
    for group in org.groups.values_mut() {
        group.members.retain(|_, member| member != id);
    }
    writer.audit("groupdeleted", "Manage Users", display);
    Ok(())
}

fn own<'w>(writer: &'w mut Writer<'_>, id: &str) -> Result<&'w mut Group, Refusal> {
    let group = writer
        .world
        .org
        .groups
        .get_mut(id)
        .ok_or_else(Refusal::not_found)?;
    if matches!(group.kind, GroupKind::Regular | GroupKind::Queue) {
        return Ok(group);
    }
    Err(Refusal::new(
        400,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    )
    .about(Vec::<String>::new()))
}

fn apply(group: &mut Group, row: &Row) {
    if let Some(name) = text(row, "Name") {
        group.name = Some(name);
    }
    if let Some(name) = text(row, "DeveloperName") {
        group.developer_name = Some(name);
    }
    if let Some(email) = row.get("Email") {
        group.email = email.as_str().map(str::to_owned);
    }
    if let Some(description) = row.get("Description") {
        group.description = description.as_str().map(str::to_owned);
    }
    group.includes_bosses = truth(row, "DoesIncludeBosses", group.includes_bosses);
}

/// Puts a user or group into a public group or queue. One that is in it already is told by the row that says so (object
/// reference, GroupMember).
pub(super) fn create_member(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("GroupMember", &PERMISSIONS)?;
    demand_fields(&row, &["GroupId", "UserOrGroupId"])?;
    let member = text(&row, "UserOrGroupId").unwrap_or_default();
    let group = text(&row, "GroupId").unwrap_or_default();
    let org = &writer.world.org;
    let is_known = org.users.contains_key(&member) || org.groups.contains_key(&member);
    if member == group || !is_known {
        return Err(bad_reference("UserOrGroupId"));
    }
    let standing = own(writer, &group)?.members.iter();
    if let Some((id, _)) = standing.into_iter().find(|(_, known)| **known == member) {
        return Ok(id.clone());
    }
    let id = writer.world.org.next_id("011");
    let group = own(writer, &group)?;
    group.members.insert(id.clone(), member);
    let display = format!("Added a member to {}", called(group));
    writer.audit("groupMembership", "Manage Users", display);
    Ok(id)
}

/// Takes a member out.
pub(super) fn delete_member(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("GroupMember", &PERMISSIONS)?;
    let mut groups = writer.world.org.groups.values_mut();
    let from = groups.find_map(|group| group.members.remove(id).map(|_| called(group)));
    let display = format!(
        "Removed a member from {}",
        from.ok_or_else(Refusal::not_found)?
    );
    writer.audit("groupMembership", "Manage Users", display);
    Ok(())
}

/// `group Sales` or `queue Triage`, for the audit trail.
fn called(group: &Group) -> String {
    let kind = if group.kind == GroupKind::Queue {
        "queue"
    } else {
        "group"
    };
    format!("{kind} {}", group.name.as_deref().unwrap_or_default())
}

/// Lets a queue own an object's records.
pub(super) fn create_queue_object(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("QueueSobject", &PERMISSIONS)?;
    demand_fields(&row, &["QueueId", "SobjectType"])?;
    let queue = text(&row, "QueueId").unwrap_or_default();
    let named = text(&row, "SobjectType").unwrap_or_default();
    let org = &writer.world.org;
    let object = org
        .object(&named)
        .filter(|object| schema::has_queues(object))
        .map(|object| object.name.clone());
    let object = object.ok_or_else(|| bad_reference("SobjectType"))?;
    if own(writer, &queue)?.kind != GroupKind::Queue {
        return Err(bad_reference("QueueId"));
    }
    if let Some((id, _)) = own(writer, &queue)?
        .queue_objects
        .iter()
        .find(|(_, known)| **known == object)
    {
        return Err(duplicate("QueueId, SobjectType", id));
    }
    let id = writer.world.org.next_id("03g");
    let queue = own(writer, &queue)?;
    let display = format!("Let {} own {object} records", called(queue));
    queue.queue_objects.insert(id.clone(), object);
    writer.audit("queueObjects", "Manage Users", display);
    Ok(id)
}

/// Takes an object away from a queue.
pub(super) fn delete_queue_object(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("QueueSobject", &PERMISSIONS)?;
    let mut groups = writer.world.org.groups.values_mut();
    let removed = groups.find_map(|group| Some((group.queue_objects.remove(id)?, called(group))));
    let (object, queue) = removed.ok_or_else(Refusal::not_found)?;
    let display = format!("No longer lets {queue} own {object} records");
    writer.audit("queueObjects", "Manage Users", display);
    Ok(())
}
