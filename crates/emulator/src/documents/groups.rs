//! Public groups and queues.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{Applied, Outcome, shape};
use crate::problem::{Problem, REFERENCE, not_found};
use crate::rules;
use crate::store::{Group, GroupKind, Org};
use crate::xml::{Writer, child, child_text, child_truth, children, elements, text};

/// The group of that kind and developer name.
pub(crate) fn find<'o>(org: &'o Org, kind: GroupKind, name: &str) -> Option<&'o Group> {
    org.groups
        .values()
        .find(|group| group.kind == kind && group.developer_name.as_deref() == Some(name))
}

/// Writes a public group. Its members are data, not metadata.
pub(crate) fn write_group(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let group = find(org, GroupKind::Regular, name)?;
    writer.optional("description", group.description.as_deref());
    writer.flag("doesIncludeBosses", group.includes_bosses);
    writer.leaf("name", group.name.as_deref().unwrap_or_default());
    Some(())
}

/// Writes a queue with its members and objects.
pub(crate) fn write_queue(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let queue = find(org, GroupKind::Queue, name)?;
    writer.flag("doesSendEmailToMembers", false);
    writer.optional("email", queue.email.as_deref());
    writer.leaf("name", queue.name.as_deref().unwrap_or_default());
    write_members(org, queue, writer);
    for object in queue.queue_objects.values() {
        writer.within("queueSobject", |writer| writer.leaf("sobjectType", object));
    }
    Some(())
}

fn write_members(org: &Org, queue: &Group, writer: &mut Writer) {
    let members = members_by_element(org, queue);
    if members.is_empty() {
        return;
    }
    writer.within("queueMembers", |writer| {
        for (plural, (singular, names)) in &members {
            writer.within(plural, |writer| {
                names.iter().for_each(|name| writer.leaf(singular, name))
            });
        }
    });
}

type Members = BTreeMap<&'static str, (&'static str, Vec<String>)>;

fn members_by_element(org: &Org, queue: &Group) -> Members {
    let mut members = Members::new();
    for id in queue.members.values() {
        let (element, name) = match (org.users.get(id), org.groups.get(id)) {
            (Some(user), _) => (("users", "user"), Some(user.username.clone())),
            (None, Some(group)) => (element_of(org, group), group.developer_name.clone()),
            (None, None) => continue,
        };
        members
            .entry(element.0)
            .or_insert((element.1, Vec::new()))
            .1
            .extend(name);
    }
    members
}

/// Where there is one group of a role and those below, it is that of roles and subordinates.
fn element_of(org: &Org, group: &Group) -> (&'static str, &'static str) {
    let alone = || {
        let role = group.related.as_deref().unwrap_or_default();
        org.subordinates_group(role) == Some(group)
    };
    match group.kind {
        GroupKind::RoleAndSubordinatesInternal if alone() => {
            ("roleAndSubordinates", "roleAndSubordinate")
        }
        GroupKind::Role => ("roles", "role"),
        GroupKind::RoleAndSubordinates => ("roleAndSubordinates", "roleAndSubordinate"),
        GroupKind::RoleAndSubordinatesInternal => {
            ("roleAndSubordinatesInternal", "roleAndSubordinateInternal")
        }
        _ => ("publicGroups", "publicGroup"),
    }
}

/// Lays a public group over the org.
pub(crate) fn apply_group(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    check_named("Group", element)?;
    let new = || Group {
        includes_bosses: true,
        ..Group::default()
    };
    let mut group = find(org, GroupKind::Regular, name)
        .cloned()
        .unwrap_or_else(new);
    group.includes_bosses =
        child_truth(element, "doesIncludeBosses").unwrap_or(group.includes_bosses);
    if let Some(description) = child_text(element, "description") {
        group.description = (!description.is_empty()).then(|| description.to_owned());
    }
    Ok(save(org, group, GroupKind::Regular, name, element))
}

/// Deletes a public group that no sharing rule names. Its members go with it, and it goes from other groups.
pub(crate) fn delete_group(org: &mut Org, name: &str) -> Result<(), Problem> {
    let Some(id) = find(org, GroupKind::Regular, name).map(|group| group.id.clone()) else {
        return Err(not_found("Group", name));
    };
    if rules::is_named(org, "group", name) {
        let message = "The group is used by a sharing rule and can't be deleted";
        return Err(Problem::new("DELETE_FAILED", message));
    }
    org.groups.remove(&id);
    for group in org.groups.values_mut() {
        group.members.retain(|_, member| *member != id);
    }
    Ok(())
}

/// Lays a queue over the org; its members and objects are replaced where the file states them. No file of a version up to
/// 66.0 says whether it grants access using hierarchies, and a queue that comes with one does not (Salesforce Help, "Queue
/// Access and Role Hierarchies").
pub(crate) fn apply_queue(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    check_named("Queue", element)?;
    let mut queue = find(org, GroupKind::Queue, name)
        .cloned()
        .unwrap_or_default();
    let mut problems = Vec::new();
    if let Some(email) = child_text(element, "email") {
        queue.email = (!email.is_empty()).then(|| email.to_owned());
    }
    if let Some(members) = child(element, "queueMembers") {
        let before = std::mem::take(&mut queue.members);
        problems.extend(add_members(org, &mut queue, members));
        if same_values(&before, &queue.members) {
            queue.members = before;
        }
    }
    problems.extend(set_objects(org, &mut queue, element));
    if problems.is_empty() {
        Ok(save(org, queue, GroupKind::Queue, name, element))
    } else {
        Err(problems)
    }
}

fn check_named(kind: &str, element: Node<'_, '_>) -> Result<(), Vec<Problem>> {
    let mut problems = shape::check(kind, element);
    if child_text(element, "name").is_none_or(str::is_empty) {
        problems.push(shape::required(element, "name"));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn add_members(org: &mut Org, queue: &mut Group, members: Node<'_, '_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in elements(members).flat_map(elements) {
        match member_id(org, member) {
            Some(id) => {
                let row = org.next_id("011");
                queue.members.insert(row, id);
            }
            None => {
                let (element, name) = (member.tag_name().name(), text(member));
                let message = format!("In field: {element} - no {element} named {name} found");
                problems.push(Problem::at(member, REFERENCE, message));
            }
        }
    }
    problems
}

fn member_id(org: &Org, member: Node<'_, '_>) -> Option<String> {
    let name = text(member);
    let role_group = |kind| {
        let role = org.role(name)?;
        org.group_for(kind, Some(&role.id))
            .map(|group| group.id.clone())
    };
    match member.tag_name().name() {
        "user" => org.user_by_username(name).map(|user| user.id.clone()),
        "publicGroup" => find(org, GroupKind::Regular, name).map(|group| group.id.clone()),
        "role" => role_group(GroupKind::Role),
        "roleAndSubordinate" => {
            let group = org.subordinates_group(&org.role(name)?.id);
            group.map(|group| group.id.clone())
        }
        "roleAndSubordinateInternal" => role_group(GroupKind::RoleAndSubordinatesInternal),
        _ => None,
    }
}

fn set_objects(org: &mut Org, queue: &mut Group, element: Node<'_, '_>) -> Vec<Problem> {
    let stated: Vec<Node<'_, '_>> = children(element, "queueSobject").collect();
    if stated.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut objects = BTreeMap::new();
    for entry in stated {
        let object = child_text(entry, "sobjectType").unwrap_or_default();
        if org.objects.contains_key(object) {
            objects.insert(org.next_id("03g"), object.to_owned());
        } else {
            let message = format!("In field: queueSobject - no CustomObject named {object} found");
            problems.push(Problem::at(entry, REFERENCE, message));
        }
    }
    if !same_values(&queue.queue_objects, &objects) {
        queue.queue_objects = objects;
    }
    problems
}

/// Whether two lists name the same things; the ids of the rows do not matter.
fn same_values(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    one.values().collect::<BTreeSet<_>>() == other.values().collect::<BTreeSet<_>>()
}

fn save(
    org: &mut Org,
    mut group: Group,
    kind: GroupKind,
    name: &str,
    element: Node<'_, '_>,
) -> Outcome {
    group.kind = kind;
    group.name = child_text(element, "name").map(str::to_owned);
    group.developer_name = Some(name.to_owned());
    if group.id.is_empty() {
        group.id = org.next_id("00G");
    }
    let before = org.groups.insert(group.id.clone(), group.clone());
    before.map_or(Outcome::Created, |before| {
        Outcome::of_change(before != group)
    })
}
