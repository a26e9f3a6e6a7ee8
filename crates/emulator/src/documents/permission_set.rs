//! Permission sets: always read whole, and replaced whole by a deploy (API version 40.0 and later).

use roxmltree::Node;

use super::{Applied, Outcome, Rendering, Setting, entries, permissions, shape};
use crate::problem::{Problem, REFERENCE, not_found};
use crate::rules;
use crate::store::{Container, ContainerKind, Org};
use crate::xml::{Writer, child, child_text, child_truth};

/// The elements of a permission set as the schema orders them.
const ORDER: [&str; 22] = [
    "agentAccesses",
    "applicationVisibilities",
    "classAccesses",
    "customMetadataTypeAccesses",
    "customPermissions",
    "customSettingAccesses",
    "description",
    "emailRoutingAddressAccesses",
    "externalCredentialPrincipalAccesses",
    "externalDataSourceAccesses",
    "fieldPermissions",
    "flowAccesses",
    "genComputingSummaryDefAccesses",
    "hasActivationRequired",
    "label",
    "license",
    "objectPermissions",
    "pageAccesses",
    "recordTypeVisibilities",
    "servicePresenceStatusAccesses",
    "tabSettings",
    "userPermissions",
];

/// Writes a permission set.
pub(crate) fn write(
    org: &Org,
    name: &str,
    rendering: &Rendering,
    writer: &mut Writer,
) -> Option<()> {
    let set = org.permission_set(name)?;
    let whole = Rendering {
        scope: super::Scope::everything(),
        ..rendering.clone()
    };
    for element in ORDER {
        match element {
            "description" => writer.optional(element, set.description.as_deref()),
            "fieldPermissions" => {
                set.field_permissions
                    .iter()
                    .for_each(|(name, access)| permissions::write_field(name, *access, writer));
            }
            "hasActivationRequired" => writer.flag(element, set.has_activation_required),
            "label" => writer.leaf(element, &set.label),
            "license" => writer.optional(element, license_name(org, set)),
            "objectPermissions" => permissions::write_object_permissions(org, set, &whole, writer),
            "userPermissions" => {
                permissions::write_user_permissions(set.user_permissions.iter(), writer)
            }
            _ => permissions::write_settings(set, element, writer, |_| true),
        }
    }
    Some(())
}

fn license_name<'o>(org: &'o Org, set: &Container) -> Option<&'o str> {
    let id = set.license.as_ref()?;
    let of_users = org.licenses.get(id).map(|license| license.name.as_str());
    of_users.or_else(|| Some(org.set_licenses.get(id)?.name.as_str()))
}

/// Replaces a permission set by what the file says; a permission it does not name is off.
pub(crate) fn apply(
    org: &mut Org,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    let mut problems = shape::check("PermissionSet", element);
    problems.extend(permissions::check_duplicates(element));
    if child(element, "label").is_none() {
        problems.push(shape::required(element, "label"));
    }
    let existing = org.permission_set(name).cloned();
    if existing.as_ref().is_some_and(|set| set.namespace.is_some()) {
        let message =
            format!("Cannot modify managed object: entity=PermissionSet, component={name}");
        problems.push(Problem::new("CANNOT_MODIFY_MANAGED_OBJECT", message));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (mut set, license_problem) = skeleton(org, name, existing.as_ref(), element);
    problems.extend(license_problem);
    problems.extend(permissions::apply_user_permissions(org, &mut set, element));
    problems.extend(permissions::apply_object_permissions(
        org,
        &mut set,
        element,
        setting.single_call,
    ));
    rules::force_object_permissions(org, &mut set);
    problems.extend(permissions::apply_field_permissions(org, &mut set, element));
    problems.extend(permissions::apply_settings(org, &mut set, element));
    problems.extend(rules::broken_dependencies(
        org,
        &Container::default(),
        &set,
        element,
    ));
    let problems = entries::told(org, problems, Vec::new());
    if !problems.is_empty() {
        return Err(problems);
    }
    let outcome = existing
        .as_ref()
        .map_or(Outcome::Created, |old| Outcome::of_change(*old != set));
    if outcome != Outcome::Unchanged {
        org.containers.make_mut().insert(set.id.clone(), set);
    }
    Ok(outcome)
}

fn skeleton(
    org: &mut Org,
    name: &str,
    existing: Option<&Container>,
    element: Node<'_, '_>,
) -> (Container, Option<Problem>) {
    let wanted = child_text(element, "license").filter(|license| !license.is_empty());
    let license = wanted.and_then(|name| {
        let of_users = org.license(name).map(|license| license.id.clone());
        of_users.or_else(|| Some(org.set_license(name)?.id.clone()))
    });
    let unknown = wanted.filter(|_| license.is_none()).map(|license| {
        Problem::new(
            REFERENCE,
            format!("In field: license - no UserLicense named {license} found"),
        )
    });
    let set = Container {
        id: existing
            .map(|set| set.id.clone())
            .unwrap_or_else(|| org.next_id("0PS")),
        name: name.to_owned(),
        label: child_text(element, "label").unwrap_or_default().to_owned(),
        kind: ContainerKind::PermissionSet,
        license,
        description: child_text(element, "description").map(str::to_owned),
        has_activation_required: child_truth(element, "hasActivationRequired").unwrap_or_default(),
        ..Container::default()
    };
    (set, unknown)
}

/// Deletes a permission set that nobody is assigned to and no group holds.
pub(crate) fn delete(org: &mut Org, name: &str) -> Result<(), Problem> {
    let Some(id) = org.permission_set(name).map(|set| set.id.clone()) else {
        return Err(not_found("PermissionSet", name));
    };
    if org
        .assignments
        .values()
        .any(|assignment| assignment.container == id)
    {
        let message = "Cannot complete this operation. This permission set is assigned to users.";
        return Err(Problem::new("DELETE_FAILED", message));
    }
    let holds = |group: &Container| matches!(&group.kind, ContainerKind::Group { members, .. } if members.contains(&id));
    if org.containers.values().any(holds) {
        let message =
            "Cannot complete this operation. This permission set is in a permission set group.";
        return Err(Problem::new("DELETE_FAILED", message));
    }
    org.containers.make_mut().remove(&id);
    Ok(())
}
