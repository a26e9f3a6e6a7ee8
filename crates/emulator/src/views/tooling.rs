//! Objects that only the Tooling API has.

use serde_json::{Value, json};

use super::{Record, derived_id, moment, optional, stamps};
use crate::rules::{self, Dependency, Grant, Right, Tab};
use crate::store::*;
use crate::xml::{self, child_text, child_truth};

const TOOLING_ONLY: [&str; 9] = [
    "DeployRequest",
    "PermissionDependency",
    "InstalledSubscriberPackage",
    "SubscriberPackage",
    "SubscriberPackageVersion",
    "CustomField",
    "CustomObject",
    "TabDefinition",
    "RestrictionRule",
];

/// Whether the object is found through the Tooling API alone.
pub(super) fn is_tooling_only(object: &str) -> bool {
    TOOLING_ONLY.contains(&object)
}

/// The rows of such an object.
pub(super) fn records<'v>(org: &'v Org, object: &str) -> Vec<Record<'v>> {
    match object {
        "DeployRequest" => org
            .deploys
            .values()
            .map(|job| built("DeployRequest", deploy(org, job)))
            .collect(),
        "PermissionDependency" => dependencies(org),
        "InstalledSubscriberPackage" => org
            .packages
            .iter()
            .map(|package| built("InstalledSubscriberPackage", installed(package)))
            .collect(),
        "SubscriberPackage" => org
            .packages
            .iter()
            .map(|package| built("SubscriberPackage", subscriber(package)))
            .collect(),
        "SubscriberPackageVersion" => org
            .packages
            .iter()
            .map(|package| built("SubscriberPackageVersion", version(package)))
            .collect(),
        "CustomField" => custom_fields(org),
        "CustomObject" => custom_objects(org),
        "TabDefinition" => rules::tabs(org)
            .iter()
            .map(|tab| built("TabDefinition", tab_definition(tab)))
            .collect(),
        "RestrictionRule" => restriction_rules(org),
        _ => Vec::new(),
    }
}

/// What the kept documents state, those of rules that restrict nothing too.
fn restriction_rules<'v>(org: &Org) -> Vec<Record<'v>> {
    let kept = org.documents.get("RestrictionRule").into_iter().flatten();
    let row = |(name, stated): (&String, &String)| {
        let document = xml::parse(stated).ok()?;
        let rule = document.root_element();
        let text = |part: &str| json!(child_text(rule, part));
        let flag = child_truth(rule, "active").unwrap_or_default();
        let columns = vec![
            ("Id", json!(derived_id("1RR", &[name]))),
            ("DeveloperName", json!(name)),
            ("MasterLabel", text("masterLabel")),
            ("Description", text("description")),
            ("EnforcementType", text("enforcementType")),
            ("IsActive", json!(flag)),
            ("RecordFilter", text("recordFilter")),
            ("TargetEntity", text("targetEntity")),
            ("UserCriteria", text("userCriteria")),
        ];
        Some(built("RestrictionRule", columns))
    };
    kept.filter_map(row).collect()
}

fn built<'v>(object: &'static str, columns: Vec<(&str, Value)>) -> Record<'v> {
    Record::Built(
        object,
        columns
            .into_iter()
            .map(|(column, value)| (column.to_owned(), value))
            .collect(),
    )
}

fn deploy(org: &Org, job: &DeployJob) -> Vec<(&'static str, Value)> {
    let optional_moment = |at: Option<Millis>| at.map_or(Value::Null, moment);
    let last = job.completed.or(job.started).unwrap_or(job.created);
    vec![
        ("Id", json!(job.id)),
        ("Status", json!(job.status)),
        ("CreatedDate", moment(job.created)),
        ("CreatedById", json!(job.created_by)),
        ("LastModifiedDate", moment(last)),
        ("SystemModstamp", moment(last)),
        ("LastModifiedById", json!(job.created_by)),
        ("IsDeleted", stamps(org, "IsDeleted")),
        ("StartDate", optional_moment(job.started)),
        ("CompletedDate", optional_moment(job.completed)),
        ("CheckOnly", json!(job.check_only)),
    ]
}

/// How often the table lists each dependency: on the platform it is full of duplicates.
const COPIES: [&str; 2] = ["1", "2"];

/// What needs what, among the permissions the org knows.
fn dependencies<'v>(org: &Org) -> Vec<Record<'v>> {
    let row = |dependency: &Dependency, copy: &str| {
        let (permission, kind) = grant(&dependency.permission);
        let (required, required_kind) = grant(&dependency.required);
        built(
            "PermissionDependency",
            vec![
                (
                    "Id",
                    json!(derived_id("0PD", &[&permission, &required, copy])),
                ),
                ("DurableId", json!(format!("{permission}-{required}"))),
                ("Permission", json!(permission)),
                ("PermissionType", json!(kind)),
                ("RequiredPermission", json!(required)),
                ("RequiredPermissionType", json!(required_kind)),
            ],
        )
    };
    let known = rules::dependencies(org);
    let copies = COPIES
        .iter()
        .flat_map(|copy| known.iter().map(move |it| row(it, copy)));
    copies.collect()
}

fn grant(grant: &Grant) -> (String, &'static str) {
    match grant {
        Grant::User(name) => (name.clone(), "User Permission"),
        Grant::Object(right, object) => (
            format!("{object}<{}>", right_word(*right)),
            "Object Permission",
        ),
    }
}

fn right_word(right: Right) -> &'static str {
    match right {
        Right::Read => "read",
        Right::Create => "create",
        Right::Edit => "edit",
        Right::Delete => "delete",
        Right::ViewAll => "viewAllRecords",
        Right::ModifyAll => "modifyAllRecords",
        Right::ViewAllFields => "viewAllFields",
    }
}

fn tab_definition(tab: &Tab) -> Vec<(&'static str, Value)> {
    let url = match &tab.object {
        Some(object) => format!("/lightning/o/{object}/home"),
        None => format!("/lightning/n/{}", tab.name),
    };
    vec![
        ("Id", Value::Null),
        ("DurableId", json!(tab.name)),
        ("Name", json!(tab.name)),
        ("Label", json!(tab.label)),
        ("SobjectName", json!(tab.object)),
        ("IsCustom", json!(tab.custom)),
        ("IsAvailableInAloha", json!(true)),
        ("IsAvailableInDesktop", json!(true)),
        ("IsAvailableInLightning", json!(true)),
        ("IsAvailableInMobile", json!(true)),
        ("Url", json!(url)),
        ("MobileUrl", json!(url)),
    ]
}

fn installed(package: &Package) -> Vec<(&'static str, Value)> {
    vec![
        ("Id", json!(package.id)),
        ("SubscriberPackageId", json!(package.package_id)),
        ("SubscriberPackageVersionId", json!(package.version_id)),
    ]
}

fn subscriber(package: &Package) -> Vec<(&'static str, Value)> {
    vec![
        ("Id", json!(package.package_id)),
        ("Name", json!(package.name)),
        ("NamespacePrefix", optional(Some(&package.namespace))),
    ]
}

fn version(package: &Package) -> Vec<(&'static str, Value)> {
    let [major, minor, patch, build] = package.version;
    vec![
        ("Id", json!(package.version_id)),
        ("SubscriberPackageId", json!(package.package_id)),
        ("Name", json!(format!("{} {major}.{minor}", package.name))),
        ("MajorVersion", json!(major)),
        ("MinorVersion", json!(minor)),
        ("PatchVersion", json!(patch)),
        ("BuildNumber", json!(build)),
        ("IsBeta", json!(false)),
    ]
}

fn custom_fields(org: &Org) -> Vec<Record<'_>> {
    let fields = org
        .objects
        .values()
        .flat_map(|object| object.fields.values().map(move |field| (object, field)));
    let row = |(object, field): (&ObjectSchema, &FieldSchema)| {
        let (namespace, name) = split(&field.name);
        let id = field
            .id
            .clone()
            .unwrap_or_else(|| derived_id("00N", &[&object.name, &field.name]));
        built(
            "CustomField",
            vec![
                ("Id", json!(id)),
                ("DeveloperName", json!(name)),
                ("NamespacePrefix", json!(namespace)),
                ("TableEnumOrId", json!(object.durable_id)),
                ("Description", optional(field.description.as_ref())),
                (
                    "EntityDefinitionId",
                    json!(super::definitions::durable_id(object)),
                ),
            ],
        )
    };
    fields.filter(|(_, field)| field.custom).map(row).collect()
}

fn custom_objects(org: &Org) -> Vec<Record<'_>> {
    let row = |object: &ObjectSchema| {
        let (namespace, name) = split(&object.name);
        built(
            "CustomObject",
            vec![
                ("Id", json!(object.durable_id)),
                ("DeveloperName", json!(name)),
                ("NamespacePrefix", json!(namespace)),
                (
                    "SharingModel",
                    json!(object.sharing.requested.internal.as_str()),
                ),
                (
                    "ExternalSharingModel",
                    json!(object.sharing.requested.external.as_str()),
                ),
            ],
        )
    };
    org.objects
        .values()
        .filter(|object| object.custom)
        .map(row)
        .collect()
}

/// Namespace and developer name of an API name: `Pkg__Thing__c` is `Pkg` and `Thing`.
fn split(name: &str) -> (Option<&str>, &str) {
    let bare = name.strip_suffix("__c").unwrap_or(name);
    match bare.split_once("__") {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, bare),
    }
}
