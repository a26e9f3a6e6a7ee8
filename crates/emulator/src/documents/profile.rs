//! Profiles: read complete or by companions, deployed as an overlay, created from the baseline of their licence.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{Applied, Outcome, Rendering, Setting, entries, permissions, shape};
use crate::http::decode;
use crate::problem::{INTEGRITY, Problem, REFERENCE, UNKNOWN, not_found};
use crate::rules;
use crate::store::{Container, ContainerKind, FieldAccess, Org, Profile};
use crate::xml::{Writer, child, child_text, children};

/// The greatest number of characters of a description (object reference, Profile).
const LONGEST_DESCRIPTION: usize = 255;

/// The elements of a profile as the schema orders them.
const ORDER: [&str; 24] = [
    "agentAccesses",
    "applicationVisibilities",
    "categoryGroupVisibilities",
    "classAccesses",
    "custom",
    "customMetadataTypeAccesses",
    "customPermissions",
    "customSettingAccesses",
    "description",
    "externalDataSourceAccesses",
    "fieldPermissions",
    "flowAccesses",
    "genComputingSummaryDefAccesses",
    "layoutAssignments",
    "loginFlows",
    "loginHours",
    "loginIpRanges",
    "objectPermissions",
    "pageAccesses",
    "recordTypeVisibilities",
    "servicePresenceStatusAccesses",
    "tabVisibilities",
    "userLicense",
    "userPermissions",
];

/// Writes a profile; entries outside the scope are left out, which is what makes a retrieve partial.
pub(crate) fn write(
    org: &Org,
    name: &str,
    rendering: &Rendering,
    writer: &mut Writer,
) -> Option<()> {
    let profile = org.profile_by_full_name(name)?;
    let container = org.containers.get(&profile.container)?;
    for element in ORDER {
        match element {
            "custom" => writer.flag(element, profile.custom),
            "description" => writer.optional(element, profile.description.as_deref()),
            "fieldPermissions" => write_fields(org, container, rendering, writer),
            "objectPermissions" => {
                permissions::write_object_permissions(org, container, rendering, writer)
            }
            "userLicense" => writer.optional(element, license_name(org, profile)),
            "userPermissions" => write_user_permissions(org, container, writer),
            _ => write_settings((org, profile, container), element, rendering, writer),
        }
    }
    Some(())
}

/// What is on; a profile over all data also shows permissions that the org does not know any more.
fn write_user_permissions(org: &Org, container: &Container, writer: &mut Writer) {
    let stale = org.platform.unknown_permissions.iter().flatten();
    let stale = stale.filter(|_| container.allows("ModifyAllData"));
    let shown: BTreeSet<&String> = container.user_permissions.iter().chain(stale).collect();
    permissions::write_user_permissions(shown.into_iter(), writer);
}

fn license_name<'o>(org: &'o Org, profile: &Profile) -> Option<&'o str> {
    org.licenses
        .get(&profile.license)
        .map(|license| license.name.as_str())
}

fn write_settings(
    (org, profile, container): (&Org, &Profile, &Container),
    element: &str,
    rendering: &Rendering,
    writer: &mut Writer,
) {
    let (kind, leaf) = (
        permissions::companion_type(element),
        permissions::key_leaf(element),
    );
    let mut entries = container.settings.get(element).cloned().unwrap_or_default();
    if element == "tabVisibilities" {
        for (tab, visibility) in rules::stale_tabs(org, profile) {
            let leaves = [("tab", tab), ("visibility", visibility)];
            let leaves = leaves.map(|(leaf, text)| (leaf.to_owned(), text.to_owned()));
            entries
                .entry(tab.to_owned())
                .or_insert_with(|| leaves.into());
        }
    }
    permissions::write_entries(element, entries.values(), writer, |leaves| {
        let (Some(kind), Some(leaf)) = (kind, leaf) else {
            return true;
        };
        let stated = leaves.get(leaf).map_or("", String::as_str);
        let about = decode(stated);
        rendering.scope.includes(kind, stated)
            || rendering.scope.includes(kind, &about)
            || tab_of_companion(kind, &about, rendering)
    });
}

/// A tab comes along with its object as well.
fn tab_of_companion(kind: &str, tab: &str, rendering: &Rendering) -> bool {
    let object = tab.strip_prefix("standard-").unwrap_or(tab);
    kind == "CustomTab" && rendering.scope.includes("CustomObject", object)
}

/// Field-level security of every field that is under it, granted or not. In a retrieve the fields come with their
/// object or by their own name.
fn write_fields(org: &Org, container: &Container, rendering: &Rendering, writer: &mut Writer) {
    for (name, access) in secured_fields(org, container) {
        let object = name
            .split_once('.')
            .map_or(name.as_str(), |(object, _)| object);
        let wanted = rendering.scope.includes("CustomObject", object)
            || rendering.scope.includes("CustomField", &name);
        if wanted {
            permissions::write_field(&name, access, writer);
        }
    }
}

/// Every field of the objects that have settings, then what the container grants on others: users, campaign members.
fn secured_fields(org: &Org, container: &Container) -> BTreeMap<String, FieldAccess> {
    let own = super::objects(org).flat_map(|object| {
        let secured = object.fields.values().filter(|field| field.permissionable);
        secured.map(|field| {
            (
                format!("{}.{}", object.name, field.name),
                FieldAccess::default(),
            )
        })
    });
    let mut fields: BTreeMap<String, FieldAccess> = own.collect();
    let granted = container.field_permissions.iter();
    fields.extend(granted.map(|(name, access)| (name.clone(), *access)));
    fields
}

/// Lays a profile over the org: what the file leaves out stays as it is.
pub(crate) fn apply(
    org: &mut Org,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    let mut problems = shape::check("Profile", element);
    problems.extend(permissions::check_duplicates(element));
    if !problems.is_empty() {
        return Err(problems);
    }
    let existing = org.profile_by_full_name(name).cloned();
    let (mut profile, before) = match &existing {
        Some(profile) => (
            profile.clone(),
            org.containers
                .get(&profile.container)
                .cloned()
                .unwrap_or_default(),
        ),
        None => create(org, name, element, setting).map_err(|problem| vec![problem])?,
    };
    let mut container = before.clone();
    let description = child(element, "description");
    if let Some(text) = description.map(crate::xml::text) {
        profile.description = (!text.is_empty()).then(|| text.to_owned());
    }
    problems.extend(description.and_then(too_long));
    problems.extend(
        existing
            .as_ref()
            .and_then(|profile| license_change(org, profile, element)),
    );
    problems.extend(lay_over(org, &mut container, element, setting));
    if existing.is_some() && !profile.custom {
        problems.extend(standard_profile_refusals(org, &before, &container, setting));
    }
    let granted_before = if existing.is_some() {
        before.clone()
    } else {
        Container::default()
    };
    problems.extend(rules::broken_dependencies(
        org,
        &granted_before,
        &container,
        element,
    ));
    let tabs = children(element, "tabVisibilities");
    let tabs = tabs.filter_map(|entry| rules::tab_refusal(org, entry));
    let problems = entries::told(org, problems, tabs.collect());
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(save(org, existing, profile, &before, container))
}

fn save(
    org: &mut Org,
    existing: Option<Profile>,
    profile: Profile,
    before: &Container,
    container: Container,
) -> Outcome {
    let outcome = match &existing {
        None => Outcome::Created,
        Some(old) => Outcome::of_change(*old != profile || *before != container),
    };
    if outcome != Outcome::Unchanged {
        org.containers
            .make_mut()
            .insert(container.id.clone(), container);
        org.profiles.insert(profile.id.clone(), profile);
    }
    outcome
}

/// User permissions first, then object permissions, then what permissions over all data force on every object
/// (help article 005093100).
fn lay_over(
    org: &Org,
    container: &mut Container,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Vec<Problem> {
    let mut problems = permissions::apply_user_permissions(org, container, element);
    problems.extend(permissions::apply_object_permissions(
        org,
        container,
        element,
        setting.single_call,
    ));
    rules::force_object_permissions(org, container);
    problems.extend(permissions::apply_field_permissions(
        org, container, element,
    ));
    let default_before = entries::default_application(container).map(str::to_owned);
    problems.extend(permissions::apply_settings(org, container, element));
    problems.extend(entries::settle_default_application(
        container,
        default_before.as_deref(),
        element,
    ));
    problems.extend(entries::default_record_type_refusals(
        org, container, element,
    ));
    problems
}

/// A new profile starts from the baseline of its licence, never from System Administrator.
fn create(
    org: &mut Org,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Result<(Profile, Container), Problem> {
    if child_text(element, "custom").is_some_and(|custom| !crate::xml::truth(custom)) {
        return Err(Problem::new(
            REFERENCE,
            format!("In field: Profile - no Profile named {name} found"),
        ));
    }
    if org.profile_by_label(name).is_some() {
        let message =
            format!("The profile name {name} is already in use. Please choose a different name.");
        return Err(Problem::new("DUPLICATE_VALUE", message));
    }
    let wanted = child_text(element, "userLicense").unwrap_or("Salesforce");
    let Some(license) = org.license(wanted).map(|license| license.id.clone()) else {
        return Err(Problem::new(
            REFERENCE,
            format!("In field: userLicense - no UserLicense named {wanted} found"),
        ));
    };
    let base = rules::baseline(org, &license, setting.version)
        .cloned()
        .unwrap_or_default();
    let profile_id = org.next_id("00e");
    let container = Container {
        id: org.next_id("0PS"),
        name: format!("X{profile_id}"),
        label: profile_id.clone(),
        namespace: None,
        kind: ContainerKind::Profile(profile_id.clone()),
        license: Some(license.clone()),
        description: None,
        ..base
    };
    let profile = Profile {
        id: profile_id,
        full_name: name.to_owned(),
        label: name.to_owned(),
        custom: true,
        license,
        container: container.id.clone(),
        description: None,
    };
    Ok((profile, container))
}

fn too_long(description: Node<'_, '_>) -> Option<Problem> {
    let text = crate::xml::text(description);
    let message =
        format!("Description: data value too large: {text} (max length={LONGEST_DESCRIPTION})");
    (text.chars().count() > LONGEST_DESCRIPTION)
        .then(|| Problem::at(description, "STRING_TOO_LONG", message))
}

fn license_change(org: &Org, profile: &Profile, element: Node<'_, '_>) -> Option<Problem> {
    let wanted = child(element, "userLicense")?;
    let same = license_name(org, profile) == Some(crate::xml::text(wanted));
    let message = "field integrity exception: UserLicenseId (You can't change the user license of a profile.)";
    (!same).then(|| Problem::at(wanted, INTEGRITY, message))
}

/// User permissions of a standard profile cannot be edited, one refusal each (forcedotcom/cli issue 2733), and from 50.0
/// object permissions on standard objects neither (Metadata API guide, Profile).
fn standard_profile_refusals(
    org: &Org,
    before: &Container,
    after: &Container,
    setting: &Setting,
) -> Vec<Problem> {
    let standard = |container: &Container| {
        let mut rows = rules::object_permissions(org, container);
        rows.retain(|name, _| org.objects.get(name).is_some_and(|object| !object.custom));
        rows
    };
    let changed = before
        .user_permissions
        .symmetric_difference(&after.user_permissions);
    let refusal = |permission: &String| {
        let label = rules::permission_label(permission);
        let message =
            format!("You may not modify the permission {label} while editing a Standard Profile");
        Problem::new(INTEGRITY, message)
    };
    let mut problems: Vec<Problem> = changed.map(refusal).collect();
    if setting.version >= 50 && standard(before) != standard(after) {
        let message = "field integrity exception: unknown (You can't edit object permissions on standard objects of a standard profile.)";
        problems.push(Problem::new(INTEGRITY, message));
    }
    problems
}

/// Deletes a custom profile nobody has.
pub(crate) fn delete(org: &mut Org, name: &str) -> Result<(), Problem> {
    let Some(profile) = org.profile_by_full_name(name).cloned() else {
        return Err(not_found("Profile", name));
    };
    if !profile.custom {
        return Err(Problem::new(
            "DELETE_FAILED",
            format!("Cannot delete standard profile: {name}"),
        ));
    }
    let users = org
        .users
        .values()
        .filter(|user| user.profile == profile.id)
        .count();
    if users > 0 {
        let message = format!(
            "Cannot complete this operation. The profile {name} is assigned to {users} user(s)"
        );
        return Err(Problem::new(UNKNOWN, message));
    }
    org.containers.make_mut().remove(&profile.container);
    org.profiles.remove(&profile.id);
    Ok(())
}
