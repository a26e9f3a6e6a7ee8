//! `UserRole`. Contact access cannot be set here, only through metadata (object reference, UserRole).

use super::{Writer, demand_fields, duplicate, integrity, text};
use crate::http::Refusal;
use crate::store::{AccessLevel, Id, ObjectSchema, Org, Role, Row};
use crate::{rules, sharing};

const PERMISSIONS: [&str; 2] = ["ManageRoles", "ManageUsers"];

/// Creates a role, and the groups that stand for it.
pub(super) fn create(
    writer: &mut Writer<'_>,
    _: &ObjectSchema,
    mut row: Row,
) -> Result<Id, Refusal> {
    writer.demand("UserRole", &PERMISSIONS)?;
    demand_fields(&row, &["Name"])?;
    let name = text(&row, "Name").unwrap_or_default();
    row.fill("DeveloperName", || developer_name(&name).into());
    let org = &mut writer.world.org;
    let mut role = Role::default();
    apply(org, &mut role, &row)?;
    role.id = org.next_id("00E");
    let id = role.id.clone();
    org.roles.insert(id.clone(), role);
    sharing::add_role_groups(org, &id);
    writer.audit(
        "createdrole",
        "Manage Users",
        format!("Created role {name}"),
    );
    Ok(id)
}

/// Changes a role.
pub(super) fn update(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    writer.demand("UserRole", &PERMISSIONS)?;
    let org = &mut writer.world.org;
    let mut role = org.roles.get(id).cloned().ok_or_else(Refusal::not_found)?;
    apply(org, &mut role, &row)?;
    let name = role.name.clone();
    org.roles.insert(id.to_owned(), role);
    writer.audit(
        "changedrole",
        "Manage Users",
        format!("Changed role {name}"),
    );
    Ok(())
}

/// Deletes a role without users and without roles below, which no sharing rule names.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("UserRole", &PERMISSIONS)?;
    let org = &mut writer.world.org;
    let role = org.roles.get(id).cloned().ok_or_else(Refusal::not_found)?;
    let held = org
        .users
        .values()
        .any(|user| user.role.as_deref() == Some(id));
    let above = org
        .roles
        .values()
        .any(|other| other.parent.as_deref() == Some(id));
    if held || above || rules::is_named(org, "role", &role.developer_name) {
        let message = "Your attempt to delete the role could not be completed because it has users or subordinate roles, or a sharing rule names it";
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    org.roles.remove(id);
    org.groups
        .retain(|_, group| group.related.as_deref() != Some(id));
    writer.audit(
        "deletedrole",
        "Manage Users",
        format!("Deleted role {}", role.name),
    );
    Ok(())
}

fn apply(org: &Org, role: &mut Role, row: &Row) -> Result<(), Refusal> {
    for (name, value) in row {
        let said = value.as_str().map(str::to_owned);
        match name {
            "Name" => role.name = said.unwrap_or_default(),
            "DeveloperName" => role.developer_name = said.unwrap_or_default(),
            "ParentRoleId" => role.parent = said,
            "RollupDescription" => role.description = said,
            "CaseAccessForAccountOwner" => role.case_access = level(org, "Case", value.as_str())?,
            "OpportunityAccessForAccountOwner" => {
                role.opportunity_access = level(org, "Opportunity", value.as_str())?
            }
            _ => {}
        }
    }
    if under_itself(org, role) {
        return Err(integrity("Role hierarchy contains a loop"));
    }
    let taken = |other: &&Role| {
        other.id != role.id
            && other
                .developer_name
                .eq_ignore_ascii_case(&role.developer_name)
    };
    match org.roles.values().find(taken) {
        Some(other) => Err(duplicate("DeveloperName", &other.id)),
        None => Ok(()),
    }
}

/// A level below the organization-wide default is refused (help article 000385879).
fn level(org: &Org, object: &str, word: Option<&str>) -> Result<AccessLevel, Refusal> {
    let level = word.and_then(AccessLevel::parse).unwrap_or_default();
    let default = org
        .object(object)
        .map(|object| sharing::baseline(object.sharing.in_force.internal))
        .unwrap_or_default();
    if level < default.min(AccessLevel::Edit) {
        return Err(integrity(format!(
            "field integrity exception: unknown ({object} access level below organization default)"
        )));
    }
    Ok(level)
}

fn under_itself(org: &Org, role: &Role) -> bool {
    let mut above = role.parent.as_deref();
    for _ in 0..=org.roles.len() {
        match above {
            None => return false,
            Some(id) if id == role.id => return true,
            Some(id) => above = org.roles.get(id).and_then(|role| role.parent.as_deref()),
        }
    }
    true
}

/// The developer name the platform makes of a label.
fn developer_name(label: &str) -> String {
    let plain: String = label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
    let name = words.join("_");
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("X{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_developer_names() {
        for (label, name) in [
            ("HubSpot Integration", "HubSpot_Integration"),
            ("7 - Sales", "X7_Sales"),
            ("VP, Sales", "VP_Sales"),
        ] {
            assert_eq!(developer_name(label), name);
        }
    }
}
