//! Roles: their place in the hierarchy and the levels account owners get on child records.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::{Applied, Outcome, shape};
use crate::problem::{INTEGRITY, Problem, REFERENCE, not_found};
use crate::rules;
use crate::store::{AccessLevel, Id, Org, Role};
use crate::xml::{Writer, child, child_text, child_truth};

/// Writes a role. All three levels are always there; where the default makes one meaningless it reads `Edit`.
pub(crate) fn write(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let role = org.role(name)?;
    let level = |object: &str, own: AccessLevel| rules::shown_role_level(org, object, own).as_str();
    writer.leaf("caseAccessLevel", level("Case", role.case_access));
    writer.leaf("contactAccessLevel", level("Contact", role.contact_access));
    writer.optional("description", role.description.as_deref());
    writer.flag("mayForecastManagerShare", role.may_forecast);
    writer.leaf("name", &role.name);
    writer.leaf(
        "opportunityAccessLevel",
        level("Opportunity", role.opportunity_access),
    );
    let parent = role.parent.as_ref().and_then(|id| org.roles.get(id));
    writer.optional(
        "parentRole",
        parent.map(|parent| parent.developer_name.as_str()),
    );
    Some(())
}

/// Lays a role over the org. A file without `parentRole` describes a role at the top; a level it leaves out stays.
pub(crate) fn apply(org: &mut Org, name: &str, element: Node<'_, '_>) -> Applied {
    let mut problems = shape::check("Role", element);
    if child_text(element, "name").is_none_or(str::is_empty) {
        problems.push(shape::required(element, "name"));
    }
    problems.extend(rules::developer_name_refusal(name));
    if !problems.is_empty() {
        return Err(problems);
    }
    let existing = org.role(name).cloned();
    let mut role = existing.clone().unwrap_or_else(|| new_role(org, name));
    role.name = child_text(element, "name").unwrap_or_default().to_owned();
    if let Some(description) = child_text(element, "description") {
        role.description = (!description.is_empty()).then(|| description.to_owned());
    }
    role.may_forecast =
        child_truth(element, "mayForecastManagerShare").unwrap_or(role.may_forecast);
    problems.extend(set_parent(org, &mut role, element).err());
    problems.extend(set_levels(org, &mut role, element));
    if !problems.is_empty() {
        return Err(problems);
    }
    let outcome = existing
        .as_ref()
        .map_or(Outcome::Created, |old| Outcome::of_change(*old != role));
    if outcome == Outcome::Created {
        org.roles.insert(role.id.clone(), role.clone());
        org.new_role_groups(&role.id);
    }
    org.roles.insert(role.id.clone(), role);
    Ok(outcome)
}

fn new_role(org: &mut Org, name: &str) -> Role {
    Role {
        id: org.next_id("00E"),
        developer_name: name.to_owned(),
        case_access: rules::default_role_level(org, "Case"),
        contact_access: rules::default_role_level(org, "Contact"),
        opportunity_access: rules::default_role_level(org, "Opportunity"),
        ..Role::default()
    }
}

fn set_parent(org: &Org, role: &mut Role, element: Node<'_, '_>) -> Result<(), Problem> {
    let Some(wanted) = child(element, "parentRole") else {
        role.parent = None;
        return Ok(());
    };
    let name = crate::xml::text(wanted);
    let Some(parent) = org.role(name) else {
        let message = format!("In field: parentRole - no Role named {name} found");
        return Err(Problem::at(wanted, REFERENCE, message));
    };
    if parent.id == role.id || is_below(org, parent, role) {
        let message =
            "field integrity exception: ParentRoleId (A role cannot be its own superior.)";
        return Err(Problem::at(wanted, INTEGRITY, message));
    }
    role.parent = Some(parent.id.clone());
    Ok(())
}

fn is_below(org: &Org, role: &Role, superior: &Role) -> bool {
    let mut above = role.parent.as_ref();
    for _ in 0..org.roles.len() {
        match above {
            Some(id) if *id == superior.id => return true,
            Some(id) => above = org.roles.get(id).and_then(|role| role.parent.as_ref()),
            None => return false,
        }
    }
    false
}

fn set_levels(org: &Org, role: &mut Role, element: Node<'_, '_>) -> Vec<Problem> {
    let levels = [
        ("caseAccessLevel", "Case", &mut role.case_access),
        ("contactAccessLevel", "Contact", &mut role.contact_access),
        (
            "opportunityAccessLevel",
            "Opportunity",
            &mut role.opportunity_access,
        ),
    ];
    let mut problems = Vec::new();
    for (name, object, level) in levels {
        let Some(stated) = child(element, name) else {
            continue;
        };
        match rules::role_level(org, object, crate::xml::text(stated)) {
            Ok(allowed) => *level = allowed,
            Err(message) => problems.push(Problem::at(stated, INTEGRITY, message)),
        }
    }
    problems
}

/// Deletes a role that no user, role or rule refers to.
pub(crate) fn delete(org: &mut Org, name: &str) -> Result<(), Problem> {
    let Some(id) = org.role(name).map(|role| role.id.clone()) else {
        return Err(not_found("Role", name));
    };
    let in_rule = rules::is_named(org, "role", name);
    let in_use = org
        .users
        .values()
        .any(|user| user.role.as_ref() == Some(&id))
        || org
            .roles
            .values()
            .any(|role| role.parent.as_ref() == Some(&id))
        || in_rule;
    if in_use {
        let message = "Your attempt to delete this role could not be completed because it is in use by users, roles or sharing rules.";
        return Err(Problem::new("DELETE_FAILED", message));
    }
    org.groups
        .retain(|_, group| group.related.as_ref() != Some(&id));
    let kept: BTreeSet<Id> = org.users.keys().chain(org.groups.keys()).cloned().collect();
    for group in org.groups.values_mut() {
        group.members.retain(|_, member| kept.contains(member));
    }
    org.roles.remove(&id);
    Ok(())
}
