//! Objects: organization-wide defaults, fields and the parts the emulator keeps as they are.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{Applied, Outcome, Setting, custom_field, record_type, shape};
use crate::problem::{INTEGRITY, Problem, REFERENCE};
use crate::rules;
use crate::schema;
use crate::store::{ObjectSchema, Org, SharingModel, SharingState, SparseObjects};
use crate::xml::{self, METADATA, Writer, child, child_text, children, elements, text};

/// Elements with a place of their own in the store.
const TYPED: [&str; 8] = [
    "externalSharingModel",
    "fields",
    "fullName",
    "label",
    "nameField",
    "pluralLabel",
    "recordTypes",
    "sharingModel",
];

/// Writes an object: standard fields by name alone, custom fields in full, the defaults last asked for.
pub(crate) fn write(org: &Org, name: &str, writer: &mut Writer) -> Option<()> {
    let object = super::objects(org).find(|object| object.name == name)?;
    let mut names: Vec<&str> = object
        .other
        .keys()
        .map(String::as_str)
        .chain(TYPED)
        .collect();
    names.sort_unstable();
    names.dedup();
    for element in names {
        write_element(org, object, element, writer);
    }
    Some(())
}

fn write_element(org: &Org, object: &ObjectSchema, element: &str, writer: &mut Writer) {
    let requested = object.sharing.requested;
    match element {
        // Custom metadata types, platform events and external objects have no records to share.
        "externalSharingModel" | "sharingModel" if object.allowed_models.is_empty() => {}
        "externalSharingModel" if org.organization.external_sharing_model_enabled => {
            writer.leaf(element, requested.external.as_str());
        }
        "externalSharingModel" | "fullName" => {}
        "fields" => write_fields(object, writer),
        "label" if object.custom => writer.leaf(element, &object.label),
        "pluralLabel" if object.custom => writer.leaf(element, &object.label_plural),
        "nameField" if object.name.ends_with("__c") => {
            custom_field::write_name_field(object, writer)
        }
        "label" | "pluralLabel" | "nameField" => {}
        "recordTypes" => write_record_types(object, writer),
        "sharingModel" => writer.leaf(element, requested.internal.as_str()),
        _ => write_other(object, element, writer),
    }
}

fn write_fields(object: &ObjectSchema, writer: &mut Writer) {
    let fields = object
        .fields
        .values()
        .filter(|field| !(object.custom && field.name_field));
    fields.for_each(|field| custom_field::write_within(object, field, writer));
}

/// Record types as they were deployed; those the org came with by what the store knows of them.
fn write_record_types(object: &ObjectSchema, writer: &mut Writer) {
    write_other(object, "recordTypes", writer);
    let kept: Vec<String> = object
        .other
        .get("recordTypes")
        .into_iter()
        .flatten()
        .filter_map(|text| full_name(text))
        .collect();
    for record_type in object
        .record_types
        .values()
        .filter(|own| !kept.contains(&own.developer_name))
    {
        writer.within("recordTypes", |writer| {
            writer.leaf("fullName", &record_type.developer_name);
            record_type::write_known(record_type, writer);
        });
    }
}

fn write_other(object: &ObjectSchema, element: &str, writer: &mut Writer) {
    for kept in object.other.get(element).into_iter().flatten() {
        if let Ok(document) = xml::parse(kept) {
            writer.copy(document.root_element());
        }
    }
}

/// Lays an object over the org; what the file leaves out stays.
pub(crate) fn apply(
    org: &mut Org,
    name: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    let mut problems = shape::check("CustomObject", element);
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_new = !org.objects.contains_key(name);
    if is_new {
        let object = create(org, name, element).map_err(|problem| vec![problem])?;
        org.objects.make_mut().insert(name.to_owned(), object);
    } else if !super::exists(org, "CustomObject", name) {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("The object {name} cannot be customized"),
        )]);
    }
    let before = org.objects.get(name).cloned();
    if setting.single_call {
        problems.extend(apply_fields(org, name, element));
    }
    record_type::add_all(org, name, element);
    problems.extend(set_sharing(org, name, element));
    if !is_new {
        rename(org, name, element);
    }
    if is_new && let Some(object) = org.objects.make_mut().get_mut(name) {
        // The default of a new object is in force at once: it has no records.
        object.sharing.in_force = object.sharing.requested;
    }
    if !is_new && !setting.single_call {
        reset_unstated(org, name, element);
    }
    keep_other(org, name, element);
    if !problems.is_empty() {
        return Err(problems);
    }
    let differs = before.as_ref() != org.objects.get(name);
    Ok(if is_new {
        Outcome::Created
    } else {
        Outcome::of_change(differs)
    })
}

/// Labels and name field of a custom object that is there; those of standard objects are not metadata of the object.
fn rename(org: &mut Org, name: &str, element: Node<'_, '_>) {
    let Some(object) = org
        .objects
        .make_mut()
        .get_mut(name)
        .filter(|object| object.custom)
    else {
        return;
    };
    if let Some(label) = child_text(element, "label") {
        object.label = label.to_owned();
    }
    if let Some(label) = child_text(element, "pluralLabel") {
        object.label_plural = label.to_owned();
    }
    custom_field::set_name_field(object, element);
}

/// In a single call the fields come with their object; in a package each is a component of its own.
fn apply_fields(org: &mut Org, name: &str, element: Node<'_, '_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in children(element, "fields") {
        let full_name = format!(
            "{name}.{}",
            child_text(field, "fullName").unwrap_or_default()
        );
        problems.extend(
            custom_field::apply(org, &full_name, field)
                .err()
                .unwrap_or_default(),
        );
    }
    problems
}

fn create(org: &mut Org, name: &str, element: Node<'_, '_>) -> Result<ObjectSchema, Problem> {
    let Some(stem) = name.strip_suffix("__c") else {
        return Err(Problem::new(
            REFERENCE,
            format!("no CustomObject named {name} found"),
        ));
    };
    if let Some(problem) = rules::developer_name_refusal(stem) {
        return Err(problem);
    }
    for needed in [
        "label",
        "pluralLabel",
        "nameField",
        "deploymentStatus",
        "sharingModel",
    ] {
        if child(element, needed).is_none() {
            return Err(shape::required(element, needed));
        }
    }
    let label = child_text(element, "label").unwrap_or_default();
    let plural = child_text(element, "pluralLabel").unwrap_or_default();
    let prefix = schema::unused_key_prefix(org).ok_or_else(|| {
        Problem::new(INTEGRITY, "The maximum number of custom objects is reached")
    })?;
    let mut object = schema::custom_object(name, label, plural, &prefix);
    object.durable_id = org.next_id("01I");
    custom_field::set_name_field(&mut object, element);
    let model = child_text(element, "sharingModel")
        .and_then(SharingModel::parse)
        .unwrap_or_default();
    object.sharing = SharingState::settled(model, model);
    Ok(object)
}

/// Sets the defaults asked for. Their taking effect is the recalculation's business.
fn set_sharing(org: &mut Org, name: &str, element: Node<'_, '_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut models = org
        .objects
        .get(name)
        .map(|object| object.sharing.requested)
        .unwrap_or_default();
    let stated_external = child(element, "externalSharingModel");
    if let Some(node) = child(element, "sharingModel") {
        match rules::sharing_model(org, name, node) {
            Ok(model) => models.internal = model,
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(node) = stated_external {
        match rules::external_sharing_model(org, name, node) {
            Ok(model) => models.external = model,
            Err(problem) => problems.push(problem),
        }
    } else if follows_internal(org, models.external) {
        models.external = models.internal;
    }
    if problems.is_empty() {
        problems.extend(rules::external_wider_than_internal(name, models, element));
    }
    if let Some(object) = org.objects.make_mut().get_mut(name) {
        object.sharing.requested = models;
    }
    problems
}

/// An external default that nobody stated follows the internal one where the org has no external defaults, and where it
/// was controlled by the parent.
fn follows_internal(org: &Org, external: SharingModel) -> bool {
    !org.organization.external_sharing_model_enabled || external == SharingModel::ControlledByParent
}

/// Settings that a new object has on (Metadata API guide, CustomObject); all others are off.
const ON_BY_DEFAULT: [&str; 3] = ["enableBulkApi", "enableSharing", "enableStreamingApi"];

/// Where the org takes the guide by its word ("include every field you want to keep"), settings of a custom object that a
/// file leaves out are those of a new one. The sharing model stays in every org (k12-architecture-kit pull request 327,
/// salto pull request 1685).
fn reset_unstated(org: &mut Org, name: &str, element: Node<'_, '_>) {
    if org.platform.sparse_objects != Some(SparseObjects::Reset) {
        return;
    }
    let custom = org.objects.make_mut().get_mut(name);
    let Some(object) = custom.filter(|object| object.custom) else {
        return;
    };
    let is_setting = |setting: &str| setting.starts_with("enable") || setting.starts_with("allow");
    object
        .other
        .retain(|stated, _| stated != "description" || child(element, stated).is_some());
    for (setting, texts) in &mut object.other {
        if is_setting(setting) && child(element, setting).is_none() {
            let on = ON_BY_DEFAULT.contains(&setting.as_str());
            *texts = vec![format!("<{setting} xmlns=\"{METADATA}\">{on}</{setting}>")];
        }
    }
}

fn keep_other(org: &mut Org, name: &str, element: Node<'_, '_>) {
    let mut stated: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for inner in elements(element).filter(|inner| !TYPED.contains(&inner.tag_name().name())) {
        let mut writer = Writer::compact();
        writer.copy(inner);
        stated
            .entry(inner.tag_name().name().to_owned())
            .or_default()
            .push(writer.finish());
    }
    let Some(object) = org.objects.make_mut().get_mut(name) else {
        return;
    };
    for (element, texts) in stated {
        merge_named(object.other.entry(element).or_default(), texts);
    }
}

/// Entries with a full name replace the entry of that name; an element without names is replaced whole.
pub(crate) fn merge_named(kept: &mut Vec<String>, stated: Vec<String>) {
    let named = stated.iter().all(|text| full_name(text).is_some());
    if named {
        kept.retain(|old| !stated.iter().any(|new| full_name(new) == full_name(old)));
    } else {
        kept.clear();
    }
    kept.extend(stated);
}

/// The `fullName` of a kept element.
pub(crate) fn full_name(fragment: &str) -> Option<String> {
    let document = xml::parse(fragment).ok()?;
    child(document.root_element(), "fullName").map(|node| text(node).to_owned())
}

/// The problem of two coupled defaults that do not go together, on the object it is reported for.
pub(crate) fn check_coupling(
    org: &Org,
    name: &str,
    element: Node<'_, '_>,
    deployed: &BTreeSet<String>,
) -> Option<Problem> {
    let node = child(element, "sharingModel")?;
    let message = rules::coupling_refusal(org, name, deployed)?;
    Some(Problem::at(node, INTEGRITY, message))
}
