//! Permission set groups: whoever is assigned one has what its permission sets grant.
//!
//! Muting permission sets, which take something back from a group, are not modelled and refused.

use roxmltree::Node;

use super::{Applied, Outcome, shape};
use crate::problem::{Problem, REFERENCE, UNKNOWN, not_found};
use crate::rules;
use crate::store::{Container, ContainerKind, Id, Org};
use crate::xml::{Writer, child_text, child_truth, children, text};

/// The aggregate set of the group with this name.
fn find<'o>(org: &'o Org, name: &str) -> Option<&'o Container> {
    let is_group = |set: &&Container| matches!(set.kind, ContainerKind::Group { .. });
    let mut groups = org.containers.values().filter(is_group);
    groups.find(|set| set.is_named(name))
}

/// The `0PG…` id of the group with this name.
pub(super) fn group_id(org: &Org, name: &str) -> Option<Id> {
    match &find(org, name)?.kind {
        ContainerKind::Group { group, .. } => Some(group.clone()),
        _ => None,
    }
}

/// Writes a group: its sets by name.
pub(super) fn write(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let set = find(org, name)?;
    let ContainerKind::Group { members, .. } = &set.kind else {
        return None;
    };
    writer.optional("description", set.description.as_deref());
    writer.flag("hasActivationRequired", set.has_activation_required);
    writer.leaf("label", &set.label);
    let muting = set
        .settings
        .get("mutingPermissionSets")
        .into_iter()
        .flatten();
    muting.for_each(|(name, _)| writer.leaf("mutingPermissionSets", name));
    let mut names: Vec<String> = members
        .iter()
        .filter_map(|member| org.containers.get(member))
        .map(Container::full_name)
        .collect();
    names.sort();
    names
        .iter()
        .for_each(|name| writer.leaf("permissionSets", name));
    writer.leaf("status", "Updated");
    Some(())
}

/// Replaces a group by what the file says.
pub(super) fn apply(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    let mut problems = shape::check("PermissionSetGroup", element);
    let label = child_text(element, "label").filter(|label| !label.is_empty());
    if label.is_none() {
        problems.push(shape::required(element, "label"));
    }
    problems.extend(rules::developer_name_refusal(name));
    problems.extend(children(element, "mutingPermissionSets").map(|muting| {
        let message = "mutingPermissionSets: Not available for deploy for this organization";
        Problem::at(muting, UNKNOWN, message)
    }));
    let members = members(org, element, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let existing = find(org, name).cloned();
    let (id, group) = match group_id(org, name).zip(existing.as_ref()) {
        Some((group, set)) => (set.id.clone(), group),
        None => (org.next_id("0PS"), org.next_id("0PG")),
    };
    let set = Container {
        id,
        name: name.to_owned(),
        label: label.unwrap_or_default().to_owned(),
        kind: ContainerKind::Group { group, members },
        description: child_text(element, "description")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        has_activation_required: child_truth(element, "hasActivationRequired").unwrap_or_default(),
        ..Container::default()
    };
    let outcome = existing.as_ref();
    let outcome = outcome.map_or(Outcome::Created, |old| Outcome::of_change(*old != set));
    org.containers.make_mut().insert(set.id.clone(), set);
    Ok(outcome)
}

/// The ids of the sets the file names, each of which must be there.
fn members(org: &Org, element: Node<'_, '_>, problems: &mut Vec<Problem>) -> Vec<Id> {
    let mut members = Vec::new();
    for stated in children(element, "permissionSets") {
        let name = text(stated);
        match org.permission_set(name) {
            Some(set) => members.push(set.id.clone()),
            None => {
                let message =
                    format!("In field: permissionSets - no PermissionSet named {name} found");
                problems.push(Problem::at(stated, REFERENCE, message));
            }
        }
    }
    members.sort();
    members.dedup();
    members
}

/// Deletes a group nobody is assigned to.
pub(super) fn delete(org: &mut Org, name: &str) -> Result<(), Problem> {
    let Some(id) = find(org, name).map(|set| set.id.clone()) else {
        return Err(not_found("PermissionSetGroup", name));
    };
    if org
        .assignments
        .values()
        .any(|assignment| assignment.container == id)
    {
        let message =
            "Cannot complete this operation. This permission set group is assigned to users.";
        return Err(Problem::new("DELETE_FAILED", message));
    }
    org.containers.make_mut().remove(&id);
    Ok(())
}
