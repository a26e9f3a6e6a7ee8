//! Lays metadata documents over an org, as another org would hand them out: they are taken at their word, since that org
//! has accepted them.

mod objects;
mod rules;
mod set_groups;

use roxmltree::Node;

use super::files::Document;
use super::{SeedError, named, standard};
use crate::documents::{groups, permissions, restriction_rules};
use crate::problem::Problem;
use crate::schema;
use crate::store::{
    AccessLevel, Container, ContainerKind, FieldAccess, Group, GroupKind, Id, ObjectAccess, Org,
    Package, Profile,
};
use crate::xml::{child_text, child_truth, elements, parse, text};

/// Types in the order in which they build on one another; the rest comes last and is only kept.
const ORDER: [&str; 13] = [
    "CustomObject",
    "CustomField",
    "RecordType",
    "SharingSettings",
    "Role",
    "Group",
    "Queue",
    "InstalledPackage",
    "Profile",
    "PermissionSet",
    "PermissionSetGroup",
    "SharingRules",
    restriction_rules::KIND,
];

/// Lays all documents over the org.
pub(super) fn lay(org: &mut Org, documents: &[Document]) -> Result<(), SeedError> {
    // Only with digital experiences there are people below a role who are not from inside.
    let tells_apart = |document: &Document| {
        let text = &document.text;
        text.contains("ubordinatesInternal>") || text.contains("ubordinateInternal>")
    };
    org.organization.digital_experiences_enabled |= documents.iter().any(tells_apart);
    for kind in ORDER {
        if kind == "SharingSettings" {
            // All objects and fields are there.
            org.objects
                .make_mut()
                .values_mut()
                .for_each(schema::follow_master);
        }
        documents
            .iter()
            .filter(|document| document.kind == kind)
            .try_for_each(|document| lay_one(org, document))?;
    }
    let others = documents
        .iter()
        .filter(|document| !ORDER.contains(&document.kind.as_str()));
    others.for_each(|document| keep(org, document));
    Ok(())
}

fn lay_one(org: &mut Org, document: &Document) -> Result<(), SeedError> {
    let parsed = parse(&document.text)
        .map_err(|malformed| SeedError::unusable(&document.path, malformed.reason))?;
    let (root, name) = (parsed.root_element(), document.name.as_str());
    match document.kind.as_str() {
        "CustomObject" => objects::object(org, document, root),
        "CustomField" => return objects::field(org, document, root),
        "RecordType" => objects::record_type(org, name, root),
        "SharingSettings" => sharing_settings(org, document, root),
        "Role" => role(org, name, root),
        "Group" | "Queue" => return group(org, document, root),
        "InstalledPackage" => package(org, name, root),
        "Profile" => profile(org, name, root),
        "PermissionSet" => permission_set(org, name, root),
        "PermissionSetGroup" => set_groups::set_group(org, name, root),
        restriction_rules::KIND => return restriction_rule(org, document, root),
        _ => rules::rules(org, document, root),
    }
    Ok(())
}

/// A component that is only kept and served back.
fn keep(org: &mut Org, document: &Document) {
    let text = document.text.trim_start_matches('\u{feff}').to_owned();
    org.documents
        .entry(document.kind.clone())
        .or_default()
        .insert(document.name.clone(), text);
}

/// One whose criteria this org cannot read would hide nothing, so it is refused.
fn restriction_rule(
    org: &mut Org,
    document: &Document,
    root: Node<'_, '_>,
) -> Result<(), SeedError> {
    restriction_rules::read(root).map_err(|reason| SeedError::unusable(&document.path, reason))?;
    keep(org, document);
    Ok(())
}

fn sharing_settings(org: &mut Org, document: &Document, root: Node<'_, '_>) {
    if let Some(enabled) = child_truth(root, "enableExternalSharingModel") {
        org.organization.external_sharing_model_enabled = enabled;
    }
    org.manager_groups |= child_truth(root, "enableManagerGroups").unwrap_or_default();
    keep(org, document);
}

fn role(org: &mut Org, developer_name: &str, root: Node<'_, '_>) {
    let parent = child_text(root, "parentRole")
        .filter(|name| !name.is_empty())
        .map(|name| named::role(org, name));
    let id = named::role(org, developer_name);
    let level = |element: &str| {
        child_text(root, element)
            .and_then(AccessLevel::parse)
            .unwrap_or(AccessLevel::Edit)
    };
    let Some(role) = org.roles.get_mut(&id) else {
        return;
    };
    role.parent = parent;
    role.name = child_text(root, "name")
        .unwrap_or(developer_name)
        .to_owned();
    role.description = child_text(root, "description").map(str::to_owned);
    role.may_forecast = child_truth(root, "mayForecastManagerShare").unwrap_or_default();
    role.case_access = level("caseAccessLevel");
    role.contact_access = level("contactAccessLevel");
    role.opportunity_access = level("opportunityAccessLevel");
}

/// Members that are not there yet are made first.
fn group(org: &mut Org, document: &Document, root: Node<'_, '_>) -> Result<(), SeedError> {
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "role" | "roleAndSubordinates" | "roleAndSubordinatesInternal"
                if !text(node).is_empty() =>
            {
                drop(named::role(org, text(node)))
            }
            "publicGroup" => named::group(org, GroupKind::Regular, text(node)),
            "sobjectType" => named::object(org, text(node)),
            _ => {}
        }
    }
    let applied = match document.kind.as_str() {
        "Group" => groups::apply_group(org, &document.name, root),
        _ => groups::apply_queue(org, &document.name, root),
    };
    // A queue that was always there grants access using hierarchies.
    let queue = |group: &&mut Group| {
        let named = group.developer_name.as_ref() == Some(&document.name);
        document.kind == "Queue" && group.kind == GroupKind::Queue && named
    };
    if let Some(queue) = org.groups.values_mut().find(queue) {
        queue.includes_bosses = true;
    }
    let first = |problems: Vec<Problem>| problems.into_iter().next().map(|problem| problem.message);
    applied.map(drop).map_err(|problems| {
        SeedError::unusable(&document.path, first(problems).unwrap_or_default())
    })
}

fn package(org: &mut Org, namespace: &str, root: Node<'_, '_>) {
    let mut version = [0; 4];
    let stated = child_text(root, "versionNumber").unwrap_or_default();
    for (place, number) in version.iter_mut().zip(stated.split('.')) {
        *place = number.parse().unwrap_or_default();
    }
    let package = Package {
        id: org.next_id("0A3"),
        package_id: org.next_id("033"),
        version_id: org.next_id("04t"),
        name: namespace.replace('_', " "),
        namespace: namespace.to_owned(),
        version,
    };
    org.packages.retain(|other| other.namespace != namespace);
    org.packages.push(package);
}

fn profile(org: &mut Org, full_name: &str, root: Node<'_, '_>) {
    let granted = container(org, root);
    let license = child_text(root, "userLicense").map(|name| named::license(org, name));
    let description = child_text(root, "description").map(str::to_owned);
    let custom = child_truth(root, "custom").unwrap_or(true);
    match org.profile_by_full_name(full_name).cloned() {
        Some(profile) => {
            replace(org, &profile.container.clone(), granted);
            let license = license.unwrap_or_else(|| profile.license.clone());
            let profile = Profile {
                license,
                description,
                ..profile
            };
            org.profiles.insert(profile.id.clone(), profile);
        }
        None => {
            let license = license.unwrap_or_else(|| named::license(org, "Salesforce"));
            let (full_name, label) = (full_name.to_owned(), full_name.to_owned());
            standard::add_profile(
                org,
                Profile {
                    full_name,
                    label,
                    custom,
                    license,
                    description,
                    ..Profile::default()
                },
                granted,
            );
        }
    }
}

/// Gives a container other permissions; it stays what it is.
fn replace(org: &mut Org, id: &Id, granted: Container) {
    let Some(container) = org.containers.make_mut().get_mut(id) else {
        return;
    };
    container.user_permissions = granted.user_permissions;
    container.object_permissions = granted.object_permissions;
    container.field_permissions = granted.field_permissions;
    container.settings = granted.settings;
}

fn permission_set(org: &mut Org, full_name: &str, root: Node<'_, '_>) {
    let granted = container(org, root);
    let (namespace, name) = named::parts(full_name);
    // Before version 38.0 the element was called `userLicense` (Metadata API guide, PermissionSet).
    let license = child_text(root, "license")
        .or_else(|| child_text(root, "userLicense"))
        .filter(|name| !name.is_empty())
        .map(|name| named::license_of_set(org, name));
    let existing = org.permission_set(full_name).map(|set| set.id.clone());
    let set = Container {
        id: existing.unwrap_or_else(|| org.next_id("0PS")),
        name: name.to_owned(),
        namespace,
        label: child_text(root, "label").unwrap_or(name).to_owned(),
        description: child_text(root, "description").map(str::to_owned),
        has_activation_required: child_truth(root, "hasActivationRequired").unwrap_or_default(),
        kind: ContainerKind::PermissionSet,
        license,
        ..granted
    };
    org.containers.make_mut().insert(set.id.clone(), set);
}

/// What a profile or permission set grants; whatever it names exists afterwards.
fn container(org: &mut Org, root: Node<'_, '_>) -> Container {
    let mut granted = Container::default();
    for entry in elements(root) {
        match entry.tag_name().name() {
            "userPermissions" => user_permission(org, &mut granted, entry),
            "objectPermissions" => object_permission(org, &mut granted, entry),
            "fieldPermissions" => field_permission(org, &mut granted, entry),
            name if permissions::TYPED.contains(&name) || name == "fullName" => {}
            name => {
                name_component(org, name, entry);
                let entries = granted.settings.entry(name.to_owned()).or_default();
                entries
                    .entry(permissions::key_of(entry))
                    .or_default()
                    .extend(permissions::leaves(entry));
            }
        }
    }
    granted
}

fn user_permission(org: &mut Org, granted: &mut Container, entry: Node<'_, '_>) {
    let name = child_text(entry, "name").unwrap_or_default().to_owned();
    org.vocabulary.insert(name.clone());
    if child_truth(entry, "enabled").unwrap_or_default() {
        granted.user_permissions.insert(name);
    }
}

fn object_permission(org: &mut Org, granted: &mut Container, entry: Node<'_, '_>) {
    let name = child_text(entry, "object").unwrap_or_default();
    named::object(org, name);
    let may = |element: &str| child_truth(entry, element).unwrap_or_default();
    let access = ObjectAccess {
        read: may("allowRead"),
        create: may("allowCreate"),
        edit: may("allowEdit"),
        delete: may("allowDelete"),
        view_all: may("viewAllRecords"),
        modify_all: may("modifyAllRecords"),
        view_all_fields: may("viewAllFields"),
        view_setup: may("viewSetup"),
        customize_setup: may("customizeSetup"),
        delete_setup: may("deleteSetup"),
    };
    if !access.is_empty() {
        granted.object_permissions.insert(name.to_owned(), access);
    }
}

fn field_permission(org: &mut Org, granted: &mut Container, entry: Node<'_, '_>) {
    let name = child_text(entry, "field").unwrap_or_default();
    named::field(org, name);
    named::secured(org, name);
    let edit = child_truth(entry, "editable").unwrap_or_default();
    let read = edit || child_truth(entry, "readable").unwrap_or_default();
    if read {
        granted
            .field_permissions
            .insert(name.to_owned(), FieldAccess { read, edit });
    }
}

/// Makes sure that what another entry is about exists.
fn name_component(org: &mut Org, element: &str, entry: Node<'_, '_>) {
    let leaf = permissions::key_leaf(element)
        .and_then(|leaf| child_text(entry, leaf))
        .unwrap_or_default();
    let Some(kind) = permissions::companion_type(element).filter(|_| !leaf.is_empty()) else {
        return;
    };
    match kind {
        "RecordType" => {
            named::record_type(org, leaf, leaf.rsplit('.').next().unwrap_or_default(), true)
        }
        "CustomTab" if leaf.starts_with("standard-") => {}
        _ if org
            .documents
            .get(kind)
            .is_some_and(|kept| kept.contains_key(leaf)) => {}
        _ => standard::keep(org, kind, leaf, ""),
    }
}
