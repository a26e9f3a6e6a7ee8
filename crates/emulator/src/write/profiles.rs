//! `Profile`: an empty one can be made over REST, and one that nobody has can be deleted.

use super::{Writer, bad_reference, demand_fields, duplicate, text};
use crate::http::Refusal;
use crate::store::{Container, ContainerKind, Id, ObjectSchema, Profile, Row, short};

const PERMISSIONS: [&str; 1] = ["ManageProfilesPermissionsets"];

/// Creates a custom profile that grants nothing but the user permissions stated.
pub(super) fn create(writer: &mut Writer<'_>, _: &ObjectSchema, row: Row) -> Result<Id, Refusal> {
    writer.demand("Profile", &PERMISSIONS)?;
    demand_fields(&row, &["Name", "UserLicenseId"])?;
    let org = &mut writer.world.org;
    let label = text(&row, "Name").unwrap_or_default();
    let license = text(&row, "UserLicenseId")
        .filter(|id| org.licenses.contains_key(id))
        .ok_or_else(|| bad_reference("UserLicenseId"))?;
    if let Some(other) = org.profile_by_label(&label) {
        return Err(duplicate("Name", &other.id));
    }
    let (id, container) = (org.next_id("00e"), org.next_id("0PS"));
    let granted = row
        .iter()
        .filter(|(_, value)| value.as_bool() == Some(true));
    let permissions = granted
        .filter_map(|(name, _)| name.strip_prefix("Permissions"))
        .map(str::to_owned)
        .collect();
    let shadow = Container {
        id: container.clone(),
        name: format!("X{}", short(&id)),
        label: label.clone(),
        kind: ContainerKind::Profile(id.clone()),
        license: Some(license.clone()),
        user_permissions: permissions,
        ..Container::default()
    };
    org.containers.make_mut().insert(container.clone(), shadow);
    let description = text(&row, "Description");
    let profile = Profile {
        id: id.clone(),
        full_name: label.clone(),
        label: label.clone(),
        custom: true,
        license,
        container,
        description,
    };
    org.profiles.insert(id.clone(), profile);
    writer.audit(
        "createdcustomprofile",
        "Manage Users",
        format!("Created profile {label}"),
    );
    Ok(id)
}

/// Deletes a custom profile that nobody has.
pub(super) fn delete(writer: &mut Writer<'_>, id: &str) -> Result<(), Refusal> {
    writer.demand("Profile", &PERMISSIONS)?;
    let org = &mut writer.world.org;
    let profile = org
        .profiles
        .get(id)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    if !profile.custom || org.users.values().any(|user| user.profile == id) {
        let message = "You can't delete this profile because it's standard or assigned to users";
        return Err(Refusal::new(400, "DELETE_FAILED", message).about(Vec::<String>::new()));
    }
    org.profiles.remove(id);
    org.containers.make_mut().remove(&profile.container);
    writer.audit(
        "deletedprofile",
        "Manage Users",
        format!("Deleted profile {}", profile.label),
    );
    Ok(())
}
