//! Lays metadata documents over an org, as another org would hand them out: they are taken at their word, since that org
//! has accepted them.

use roxmltree::Node;

use super::files::Document;
use super::{SeedError, named, standard};
use crate::emulator::documents::{custom_field, groups, permissions};
use crate::emulator::store::{
    AccessLevel, AccountLevels, Container, ContainerKind, CriteriaItem, FieldAccess, GroupKind, Id,
    ObjectAccess, Org, Package, Principal, Profile, RuleScope, SharingModel, SharingRule,
};
use crate::emulator::xml::{
    Writer, child, child_text, child_truth, children, elements, parse, text,
};

/// Types in the order in which they build on one another; the rest comes last and is only kept.
const ORDER: [&str; 11] = [
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
    "SharingRules",
];

/// Lays all documents over the org.
pub(super) fn lay(org: &mut Org, documents: &[Document]) -> Result<(), SeedError> {
    for kind in ORDER {
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
        "CustomObject" => object(org, name, root),
        "CustomField" => return field(org, document, root),
        "RecordType" => record_type(org, name, root),
        "SharingSettings" => sharing_settings(org, document, root),
        "Role" => role(org, name, root),
        "Group" | "Queue" => return group(org, document, root),
        "InstalledPackage" => package(org, name, root),
        "Profile" => profile(org, name, root),
        "PermissionSet" => permission_set(org, name, root),
        _ => rules(org, name, root),
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

fn object(org: &mut Org, name: &str, root: Node<'_, '_>) {
    named::object(org, name);
    let model = |element: &str| child_text(root, element).and_then(SharingModel::parse);
    named::request_models(
        org,
        name,
        model("sharingModel"),
        model("externalSharingModel"),
    );
    for inner in elements(root) {
        let full_name = format!(
            "{name}.{}",
            child_text(inner, "fullName").unwrap_or_default()
        );
        match inner.tag_name().name() {
            "fields" => define(org, &full_name, inner),
            "recordTypes" => record_type(org, &full_name, inner),
            "label" => named::change(org, name, |object| object.label = text(inner).to_owned()),
            "pluralLabel" => named::change(org, name, |object| {
                object.label_plural = text(inner).to_owned()
            }),
            "nameField" => named::change(org, name, |object| {
                custom_field::set_name_field(object, root)
            }),
            "fullName" | "sharingModel" | "externalSharingModel" => {}
            other => {
                let mut writer = Writer::compact();
                writer.copy(inner);
                named::change(org, name, |object| {
                    object
                        .other
                        .entry(other.to_owned())
                        .or_default()
                        .push(writer.finish())
                });
            }
        }
    }
}

fn field(org: &mut Org, document: &Document, root: Node<'_, '_>) -> Result<(), SeedError> {
    let stated = child_text(root, "fullName").unwrap_or_default();
    let full_name = match document.name.split_once('.') {
        Some(_) => document.name.clone(),
        None => stated.to_owned(),
    };
    if !full_name.contains('.') {
        return Err(SeedError::unusable(
            &document.path,
            "neither its folder nor its name says which object the field belongs to",
        ));
    }
    define(org, &full_name, root);
    Ok(())
}

/// A field as its document states it. Of standard fields documents say no more than that they are there.
fn define(org: &mut Org, full_name: &str, element: Node<'_, '_>) {
    let Some((object, name)) = full_name.split_once('.') else {
        return;
    };
    named::object(org, object);
    if let Some(target) = child_text(element, "referenceTo") {
        named::object(org, target);
    }
    if !name.contains("__") {
        return named::field(org, full_name);
    }
    match custom_field::define(org, object, name, None, element) {
        Ok(field) => named::change(org, object, |object| {
            drop(object.fields.insert(name.to_owned(), field))
        }),
        // A type this org does not know behaves as text.
        Err(_) => named::field(org, full_name),
    }
}

fn record_type(org: &mut Org, full_name: &str, element: Node<'_, '_>) {
    let own_name = full_name.rsplit('.').next().unwrap_or_default();
    let label = child_text(element, "label").unwrap_or(own_name);
    named::record_type(
        org,
        full_name,
        label,
        child_truth(element, "active").unwrap_or(true),
    );
}

fn sharing_settings(org: &mut Org, document: &Document, root: Node<'_, '_>) {
    if let Some(enabled) = child_truth(root, "enableExternalSharingModel") {
        org.organization.external_sharing_model_enabled = enabled;
    }
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
    let first = |problems: Vec<crate::emulator::documents::Problem>| {
        problems.into_iter().next().map(|problem| problem.message)
    };
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
    let (namespace, name) = full_name
        .split_once("__")
        .map_or((None, full_name), |(space, name)| {
            (Some(space.to_owned()), name)
        });
    let license = child_text(root, "license")
        .filter(|name| !name.is_empty())
        .map(|name| named::license(org, name));
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

fn rules(org: &mut Org, object: &str, root: Node<'_, '_>) {
    named::object(org, object);
    let replaced: Vec<String> = org
        .rules
        .values()
        .filter(|rule| rule.object == object)
        .map(SharingRule::full_name)
        .collect();
    replaced
        .iter()
        .for_each(|name| drop(org.rules.remove(name)));
    for element in elements(root) {
        let scope = match element.tag_name().name() {
            "sharingCriteriaRules" => criteria(org, object, element),
            "sharingOwnerRules" => RuleScope::Owner(principal(org, element, "sharedFrom")),
            _ => continue,
        };
        let rule = SharingRule {
            object: object.to_owned(),
            name: child_text(element, "fullName")
                .unwrap_or_default()
                .to_owned(),
            label: child_text(element, "label").unwrap_or_default().to_owned(),
            description: child_text(element, "description").map(str::to_owned),
            scope,
            shared_to: principal(org, element, "sharedTo"),
            access: child_text(element, "accessLevel")
                .and_then(AccessLevel::parse)
                .unwrap_or_default(),
            account_levels: child(element, "accountSettings").map(account_levels),
        };
        org.rules.insert(rule.full_name(), rule);
    }
}

fn criteria(org: &mut Org, object: &str, element: Node<'_, '_>) -> RuleScope {
    let items: Vec<CriteriaItem> = children(element, "criteriaItems").map(criterion).collect();
    for item in &items {
        let full_name = format!("{object}.{}", item.field);
        match item.value.as_str() {
            "True" | "False" | "true" | "false" => named::checkbox(org, &full_name),
            _ => named::field(org, &full_name),
        }
    }
    RuleScope::Criteria {
        items,
        boolean_filter: child_text(element, "booleanFilter")
            .filter(|filter| !filter.is_empty())
            .map(str::to_owned),
        include_records_owned_by_all: child_truth(element, "includeRecordsOwnedByAll")
            .unwrap_or_default(),
    }
}

fn criterion(item: Node<'_, '_>) -> CriteriaItem {
    let part = |name: &str| child_text(item, name).unwrap_or_default().to_owned();
    CriteriaItem {
        field: part("field"),
        operation: part("operation"),
        value: part("value"),
    }
}

fn account_levels(settings: Node<'_, '_>) -> AccountLevels {
    let level = |element: &str| {
        child_text(settings, element)
            .and_then(AccessLevel::parse)
            .unwrap_or_default()
    };
    AccountLevels {
        case: level("caseAccessLevel"),
        contact: level("contactAccessLevel"),
        opportunity: level("opportunityAccessLevel"),
    }
}

/// Whom a rule names; the role, group or queue exists afterwards.
fn principal(org: &mut Org, rule: Node<'_, '_>, side: &str) -> Principal {
    let Some(target) = child(rule, side).and_then(|side| elements(side).next()) else {
        return Principal::default();
    };
    let (kind, name) = (target.tag_name().name(), text(target));
    match kind {
        "role" | "roleAndSubordinates" | "roleAndSubordinatesInternal" => {
            drop(named::role(org, name))
        }
        "group" => named::group(org, GroupKind::Regular, name),
        "queue" => named::group(org, GroupKind::Queue, name),
        _ => {}
    }
    Principal {
        kind: kind.to_owned(),
        name: Some(name)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
    }
}
