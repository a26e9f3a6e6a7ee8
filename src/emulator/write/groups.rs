//! `Group`, `GroupMember` and `QueueSobject`.

use super::{Writer, bad_reference, demand_fields, duplicate, gone, integrity, text, truth};
use crate::emulator::http::Refusal;
use crate::emulator::schema;
use crate::emulator::store::{Group, GroupKind, Id, ObjectSchema, Row};

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
    Ok(())
}

/// Deletes a public group, or a queue that owns nothing.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("Group", &PERMISSIONS)?;
    own(writer, id)?;
    let org = &mut writer.world.org;
    let owns = |row: &Row| row.get("OwnerId").and_then(serde_json::Value::as_str) == Some(id);
    if org.records.values().any(|table| table.values().any(owns)) {
        let message = "The queue owns records and can't be deleted";
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    org.groups.remove(id);
    for group in org.groups.values_mut() {
        group.members.retain(|_, member| member != id);
    }
    Ok(())
}

fn own<'w>(writer: &'w mut Writer<'_>, id: &str) -> Result<&'w mut Group, Refusal> {
    let group = writer.world.org.groups.get_mut(id).ok_or_else(gone)?;
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
    group.includes_bosses = truth(row, "DoesIncludeBosses", group.includes_bosses);
}

/// Puts a user or group into a public group or queue.
pub(super) fn create_member(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    row: Row,
) -> Result<Id, Refusal> {
    writer.demand("GroupMember", &PERMISSIONS)?;
    demand_fields(&row, &["GroupId", "UserOrGroupId"])?;
    let member = text(&row, "UserOrGroupId").unwrap_or_default();
    let group = text(&row, "GroupId").unwrap_or_default();
    if member == group {
        return Err(bad_reference("UserOrGroupId"));
    }
    if let Some((id, _)) = own(writer, &group)?
        .members
        .iter()
        .find(|(_, known)| **known == member)
    {
        return Err(duplicate("UserOrGroupId, GroupId", id));
    }
    let id = writer.world.org.next_id("011");
    own(writer, &group)?.members.insert(id.clone(), member);
    Ok(id)
}

/// Takes a member out.
pub(super) fn delete_member(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("GroupMember", &PERMISSIONS)?;
    let mut groups = writer.world.org.groups.values_mut();
    let removed = groups.find_map(|group| group.members.remove(id));
    removed.map(|_| ()).ok_or_else(gone)
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
    own(writer, &queue)?
        .queue_objects
        .insert(id.clone(), object);
    Ok(id)
}

/// Takes an object away from a queue.
pub(super) fn delete_queue_object(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("QueueSobject", &PERMISSIONS)?;
    let mut groups = writer.world.org.groups.values_mut();
    let removed = groups.find_map(|group| group.queue_objects.remove(id));
    removed.map(|_| ()).ok_or_else(gone)
}
