//! Sharing rules, by criteria or by owner. Other people's rules are never touched. `sharedTo`, the type of a rule and
//! `includeRecordsOwnedByAll` cannot be edited: such a rule is removed and made again.

use super::organization_wide_default::Defaults;
use super::{Draft, Kind, Resource, column, compare, narrowest_level, unknown};
use crate::address::Address;
use crate::change::{Action, Attributes, Component, FieldChange, Lookup, Write};
use crate::criteria::{Criteria, stored};
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, Question, ROLES};
use crate::manifest::{
    self, Holder, KeptAccess, Manifest, Principal, RuleAccess, Sharing, SharingModel, UserRef,
    Value, Word,
};
use crate::soql;
use crate::xml::Element;
use serde_json::json;
use std::collections::BTreeMap;

/// Sharing rules.
pub(super) static KIND: Kind = Kind {
    name: "sharing_rule",
    noun: "sharing rule",
    ask,
    propose,
};

/// What a platform rule cannot change in place.
const FIXED: [&str; 3] = ["sharedTo", "ownedBy", "includeRecordsOwnedByAll"];

#[derive(Clone, Debug, PartialEq)]
struct SharingRule {
    label: String,
    access: String,
    criteria: Option<Criteria>,
    owned_by: Option<String>,
    shared_to: String,
    include_all: Option<bool>,
    description: Option<String>,
}

impl Resource for SharingRule {
    fn attributes(&self) -> Attributes {
        let canonical = self.criteria.as_ref().map(Criteria::canonical);
        let sentences = canonical.as_ref().map(Criteria::sentences);
        let logic = canonical
            .as_ref()
            .and_then(|criteria| criteria.logic.as_ref())
            .map(ToString::to_string);
        vec![
            ("label".into(), json!(self.label), None),
            ("access".into(), json!(self.access), None),
            ("criteria".into(), json!(sentences), None),
            ("logic".into(), json!(logic), None),
            ("ownedBy".into(), json!(self.owned_by), None),
            ("sharedTo".into(), json!(self.shared_to), None),
            (
                "includeRecordsOwnedByAll".into(),
                json!(self.include_all),
                None,
            ),
            ("description".into(), json!(self.description), None),
        ]
    }
}

/// A rule's criteria with references resolved as far as the facts go, and the ids still to be looked up.
pub fn criteria(
    rule: &manifest::Rule,
    object: &str,
    manifest: &Manifest,
    facts: &Facts,
) -> (Criteria, BTreeMap<String, Lookup>) {
    let lookups = std::cell::RefCell::new(BTreeMap::new());
    let resolve = |value: &Value| {
        let Some(question) = reference(value, object, manifest) else {
            return plain(value);
        };
        let column = if matches!(value, Value::RecordType(_)) {
            "Name"
        } else {
            "Id"
        };
        let known = facts
            .rows(&question.soql)
            .first()
            .and_then(|row| row.text(column));
        if let Some(known) = known {
            return known.to_owned();
        }
        let placeholder = format!("@{{{}}}", question.what);
        lookups.borrow_mut().insert(placeholder.clone(), question);
        placeholder
    };
    (Criteria::of_manifest(rule, &resolve), lookups.into_inner())
}

/// Full names of the rules that would change.
pub fn changes(manifest: &Manifest, facts: &Facts) -> Vec<String> {
    let changes = propose(manifest, facts).changes.into_iter();
    changes.map(|change| change.address.name).collect()
}

/// The platform refuses a rule where the default opens as much already, or where the parent decides.
fn pointless(
    rule: &manifest::Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
) -> Option<Diagnostic> {
    let after = Defaults::new(manifest, facts).after(&sharing.object)?;
    let parent = after == SharingModel::ControlledByParent;
    let read = after == SharingModel::Read && rule.access.value == RuleAccess::ReadOnly;
    if rule.absent || !(parent || read || after.is_public_to_edit()) {
        return None;
    }
    let object = &sharing.object;
    let message = format!(
        "the default of {object} is {after}: the org refuses sharing rules that add nothing to it"
    );
    let help = "add `organizationWideDefault: Private` to the object";
    Some(
        Diagnostic::error("OW2009", message)
            .at(&rule.name.place)
            .help(help)
            .see(&object.place, "this object"),
    )
}

/// Whom a rule shares with: the manifest's role where it does not say.
pub fn target(rule: &manifest::Rule, manifest: &Manifest) -> Option<Principal> {
    let own = || {
        manifest
            .spec
            .role
            .as_ref()
            .map(|role| Principal::Role(role.name.value.clone()))
    };
    rule.shared_to
        .as_ref()
        .map(|principal| principal.value.clone())
        .or_else(own)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Literal(scalar) => stored(scalar),
        _ => String::new(),
    }
}

/// Where the id (or, for a record type, the label) behind a reference is looked up.
fn reference(value: &Value, object: &str, manifest: &Manifest) -> Option<Lookup> {
    let by_name = |name: &str| format!("(DeveloperName = {0} OR Name = {0})", soql::literal(name));
    let lookup = |what: String, soql: String| Some(Lookup { what, soql });
    let user = |name: &str| {
        let soql = format!(
            "SELECT Id FROM User WHERE Username = {0} OR Name = {0}",
            soql::literal(name)
        );
        lookup(format!("user {name}"), soql)
    };
    match value {
        Value::User(UserRef::This) => {
            let username = &manifest.spec.user.as_ref()?.username;
            let soql = format!(
                "SELECT Id FROM User WHERE Username = {}",
                soql::literal(username)
            );
            lookup(format!("user {username}"), soql)
        }
        Value::User(UserRef::Named(name)) => user(name),
        Value::Queue(name) => lookup(
            format!("queue {name}"),
            format!(
                "SELECT Id FROM Group WHERE Type = 'Queue' AND {}",
                by_name(name)
            ),
        ),
        Value::RecordType(name) => {
            let object = soql::literal(object);
            let soql = format!(
                "SELECT Id, Name FROM RecordType WHERE SobjectType = {object} AND {}",
                by_name(name)
            );
            lookup(format!("record type {name}"), soql)
        }
        Value::Literal(_) | Value::List(_) => None,
    }
}

fn references(sharing: &Sharing, manifest: &Manifest) -> Vec<(Lookup, manifest::Sp<Value>)> {
    let criteria = sharing.rules.iter().flat_map(|rule| rule.criteria.iter());
    let values = criteria.flat_map(|criterion| match &criterion.value.value {
        Value::List(items) => items.clone(),
        _ => vec![criterion.value.clone()],
    });
    values
        .filter_map(|value| Some((reference(&value.value, &sharing.object, manifest)?, value)))
        .collect()
}

const GROUPS: &str =
    "SELECT Id, Name, DeveloperName, Type FROM Group WHERE Type IN ('Regular', 'Queue')";

fn names_a_group(manifest: &Manifest) -> bool {
    let rules = manifest
        .spec
        .sharing
        .iter()
        .flat_map(|sharing| &sharing.rules);
    let principals = rules.flat_map(|rule| rule.shared_to.iter().chain(rule.owned_by.iter()));
    principals
        .into_iter()
        .any(|principal| matches!(principal.value, Principal::Group(_) | Principal::Queue(_)))
}

fn ask(manifest: &Manifest) -> Vec<Question> {
    let mut questions = Vec::new();
    for sharing in &manifest.spec.sharing {
        questions.push(Question::Component(
            "SharingRules",
            sharing.object.value.clone(),
        ));
        let lookups = references(sharing, manifest);
        questions.extend(
            lookups
                .into_iter()
                .map(|(lookup, _)| Question::Query(lookup.soql)),
        );
    }
    if names_a_group(manifest) {
        questions.push(Question::Query(GROUPS.to_owned()));
    }
    questions
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    let mut others = 0;
    for sharing in &manifest.spec.sharing {
        let live_rules = live_rules(sharing, facts);
        let ours = |name: &str| sharing.rules.iter().any(|rule| rule.name.value == name);
        others += live_rules.keys().filter(|name| !ours(name)).count() as u64;
        if !facts.offline && facts.describe(&sharing.object).is_none() {
            continue;
        }
        draft.errors.extend(unresolved(sharing, manifest, facts));
        for rule in &sharing.rules {
            draft.errors.extend(super::criterion_check::check(
                rule, sharing, manifest, facts,
            ));
            draft
                .errors
                .extend(pointless(rule, sharing, manifest, facts));
            propose_rule(rule, sharing, manifest, facts, &live_rules, &mut draft);
        }
        for (name, rule) in kept_roles(sharing) {
            propose_kept(&name, rule, sharing, facts, &live_rules, &mut draft);
        }
    }
    draft.left_alone = Some(("sharing_rules", others));
    draft
}

fn live_rules<'a>(sharing: &Sharing, facts: &'a Facts) -> BTreeMap<&'a str, &'a Element> {
    let Some(document) = facts.component("SharingRules", &sharing.object) else {
        return BTreeMap::new();
    };
    let rules = document
        .children
        .iter()
        .filter(|child| child.name.starts_with("sharing"));
    rules
        .filter_map(|rule| Some((rule.text_of("fullName")?, rule)))
        .collect()
}

fn unresolved(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> Vec<Diagnostic> {
    let missing = |lookup: &Lookup, value: &Value| {
        let ours = matches!(value, Value::User(UserRef::This));
        !ours && !facts.offline && facts.rows(&lookup.soql).is_empty()
    };
    let lookups = references(sharing, manifest);
    let unknown = lookups
        .iter()
        .filter(|(lookup, value)| missing(lookup, &value.value));
    unknown
        .map(|(lookup, value)| {
            Diagnostic::error("OW2108", format!("the org has no {}", lookup.what)).at(&value.place)
        })
        .collect()
}

fn propose_rule(
    rule: &manifest::Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    let full_name = format!("{}.{}", sharing.object, rule.name);
    let address = Address::new(KIND.name, full_name.clone());
    let live_element = live_rules.get(rule.name.value.as_str()).copied();
    let live = live_element.map(read);
    if rule.absent {
        let removal =
            live_element.map(|element| Component::removal(metadata_type(element), full_name));
        if let (Some(comparison), Some(removal)) = (compare(live.as_ref(), None), removal) {
            draft.change(
                address,
                comparison,
                5,
                &rule.place,
                Write::Deploy(vec![removal]),
            );
        }
        return;
    }
    let (criteria, lookups) = criteria(rule, &sharing.object, manifest, facts);
    let Some(desired) = overlay(rule, criteria, live.as_ref(), manifest) else {
        let error = Diagnostic::error(
            "OW2115",
            "the rule shares with nobody: neither `sharedTo` nor `spec.role`",
        );
        draft.errors.push(error.at(&rule.place));
        return;
    };
    draft
        .errors
        .extend(unknown_principals(rule, manifest, facts));
    let earlier = renamed(rule, live_element.is_some(), live_rules);
    let live = live.or_else(|| earlier.map(|(_, element)| read(element)));
    let Some((action, fields)) = differs(live.as_ref(), &desired, rule, earlier) else {
        return;
    };
    let mut component = write(&full_name, &desired, sharing, manifest, facts);
    component.lookups = lookups;
    let gone = match (needs_replacing(action, &fields), live_element, earlier) {
        (true, Some(element), _) => Some(Component::removal(metadata_type(element), full_name)),
        (_, None, Some((name, element))) => Some(Component::removal(
            metadata_type(element),
            format!("{}.{name}", sharing.object),
        )),
        _ => None,
    };
    let action = if gone.is_some() {
        Action::Replace
    } else {
        action
    };
    let components = gone.into_iter().chain(std::iter::once(component)).collect();
    draft.change(
        address,
        (action, fields),
        5,
        &rule.place,
        Write::Deploy(components),
    );
}

/// What changes of a rule; under its earlier name, the name at least.
fn differs(
    live: Option<&SharingRule>,
    desired: &SharingRule,
    rule: &manifest::Rule,
    earlier: Option<(&str, &Element)>,
) -> Option<(Action, Vec<FieldChange>)> {
    let compared = compare(live, Some(desired));
    let Some((name, _)) = earlier else {
        return compared;
    };
    let mut fields = vec![FieldChange {
        path: "name".to_owned(),
        before: json!(name),
        after: json!(rule.name.value),
        reason: Some(
            "removed and made again under the new name: nothing is shared in between".to_owned(),
        ),
    }];
    fields.extend(compared.map(|(_, fields)| fields).unwrap_or_default());
    Some((Action::Replace, fields))
}

/// The rule under its earlier name, where only that exists.
fn renamed<'a>(
    rule: &manifest::Rule,
    exists: bool,
    live_rules: &BTreeMap<&'a str, &'a Element>,
) -> Option<(&'a str, &'a Element)> {
    let earlier = rule.renamed_from.as_ref().filter(|_| !exists)?;
    live_rules
        .get_key_value(earlier.value.as_str())
        .map(|(name, element)| (*name, *element))
}

fn needs_replacing(action: Action, fields: &[FieldChange]) -> bool {
    let changes_kind = |field: &FieldChange| {
        field.path == "criteria" && field.before.is_null() != field.after.is_null()
    };
    let fixed = |field: &FieldChange| FIXED.contains(&field.path.as_str()) || changes_kind(field);
    action == Action::Update && fields.iter().any(fixed)
}

/// `keepAccess` of a role: an owner rule, so that the role goes on seeing what its members own.
fn kept_roles(sharing: &Sharing) -> Vec<(String, (&manifest::KeepAccess, &manifest::Sp<String>))> {
    let entries = sharing
        .keep_access
        .iter()
        .filter_map(|entry| match &entry.holder {
            Holder::Role(role) => Some((format!("Keep_{}", role.value), (entry, role))),
            Holder::Profile(_) => None,
        });
    entries.collect()
}

fn propose_kept(
    name: &str,
    (entry, role): (&manifest::KeepAccess, &manifest::Sp<String>),
    sharing: &Sharing,
    facts: &Facts,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    let roles = || column(facts.rows(ROLES), "DeveloperName");
    if !facts.offline && !roles().any(|known| known == role.value) {
        draft
            .errors
            .push(unknown("OW2103", "role", role, &role.place, roles()));
        return;
    }
    let full_name = format!("{}.{name}", sharing.object);
    let live = live_rules.get(name).copied().map(read);
    let access = if entry.access.value == KeptAccess::ReadWrite {
        "ReadWrite"
    } else {
        "ReadOnly"
    };
    let desired = SharingRule {
        label: name.replace('_', " "),
        access: access.to_owned(),
        criteria: None,
        owned_by: Some("allInternalUsers".to_owned()),
        shared_to: format!("role:{role}"),
        include_all: None,
        description: live.as_ref().and_then(|live| live.description.clone()),
    };
    let Some(comparison) = compare(live.as_ref(), Some(&desired)) else {
        return;
    };
    let document = element(name, &desired, None);
    let component = Component::new("SharingOwnerRule", full_name.clone(), document);
    let address = Address::new(KIND.name, full_name);
    draft.change(
        address,
        comparison,
        5,
        &entry.place,
        Write::Deploy(vec![component]),
    );
}

fn metadata_type(element: &Element) -> &'static str {
    match element.name.as_str() {
        "sharingOwnerRules" => "SharingOwnerRule",
        "sharingGuestRules" => "SharingGuestRule",
        "sharingTerritoryRules" => "SharingTerritoryRule",
        _ => "SharingCriteriaRule",
    }
}

fn read(element: &Element) -> SharingRule {
    let text = |name: &str| {
        element
            .text_of(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let by_criteria = element.name == "sharingCriteriaRules";
    let access = match element.text_of("accessLevel") {
        Some("Read") => "ReadOnly",
        Some("Edit") => "ReadWrite",
        Some(other) => other,
        None => "",
    };
    SharingRule {
        label: text("label").unwrap_or_default(),
        access: access.to_owned(),
        criteria: by_criteria.then(|| Criteria::of_element(element)).flatten(),
        owned_by: element.child("sharedFrom").map(principal_text),
        shared_to: element
            .child("sharedTo")
            .map(principal_text)
            .unwrap_or_default(),
        include_all: element
            .text_of("includeRecordsOwnedByAll")
            .map(|text| text.eq_ignore_ascii_case("true")),
        description: text("description"),
    }
}

/// `role:Sales`, or `allInternalUsers`.
fn principal_text(element: &Element) -> String {
    let Some(child) = element.children.first() else {
        return String::new();
    };
    if child.text.is_empty() {
        child.name.clone()
    } else {
        format!("{}:{}", child.name, child.text)
    }
}

fn principal_element(name: &str, text: &str) -> Element {
    let (key, value) = text.split_once(':').unwrap_or((text, ""));
    Element::new(name).with(Element::leaf(key, value))
}

fn principal_words(principal: &Principal) -> String {
    match principal.name() {
        Some(name) => format!("{}:{name}", principal.key()),
        None => principal.key().to_owned(),
    }
}

fn overlay(
    rule: &manifest::Rule,
    criteria: Criteria,
    live: Option<&SharingRule>,
    manifest: &Manifest,
) -> Option<SharingRule> {
    let owned_by = rule
        .owned_by
        .as_ref()
        .map(|principal| principal_words(principal));
    let by_criteria = owned_by.is_none();
    let stated = rule
        .include_records_owned_by_all
        .as_ref()
        .map(|include| include.value);
    let include = stated
        .or_else(|| live.and_then(|live| live.include_all))
        .unwrap_or(true);
    let label = rule.label.as_ref().map(|label| label.value.clone());
    let label = label
        .or_else(|| live.map(|live| live.label.clone()))
        .unwrap_or_else(|| rule.name.replace('_', " "));
    let description = rule
        .description
        .as_ref()
        .map(|description| description.value.clone());
    Some(SharingRule {
        label,
        access: rule.access.word().to_owned(),
        criteria: by_criteria.then_some(criteria),
        owned_by,
        shared_to: principal_words(&target(rule, manifest)?),
        include_all: by_criteria.then_some(include),
        description: description.or_else(|| live.and_then(|live| live.description.clone())),
    })
}

fn unknown_principals(
    rule: &manifest::Rule,
    manifest: &Manifest,
    facts: &Facts,
) -> Vec<Diagnostic> {
    let own = manifest
        .spec
        .role
        .as_ref()
        .map(|role| role.name.value.as_str());
    let mut errors = Vec::new();
    if facts.offline {
        return errors;
    }
    for principal in rule.shared_to.iter().chain(rule.owned_by.iter()) {
        let Some(name) = principal.name() else {
            continue;
        };
        let (what, rows, code) = match principal.value {
            Principal::Group(_) => ("public group", facts.rows(GROUPS), "OW2108"),
            Principal::Queue(_) => ("queue", facts.rows(GROUPS), "OW2108"),
            _ => ("role", facts.rows(ROLES), "OW2103"),
        };
        let known = || column(rows, "DeveloperName");
        if own != Some(name) && !known().any(|known| known == name) {
            errors.push(unknown(code, what, name, &principal.place, known()));
        }
    }
    errors
}

fn write(
    full_name: &str,
    desired: &SharingRule,
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
) -> Component {
    let name = full_name
        .split_once('.')
        .map_or(full_name, |(_, name)| name);
    let settings = (sharing.object.value == "Account").then(|| account_settings(manifest, facts));
    let kind = if desired.criteria.is_some() {
        "SharingCriteriaRule"
    } else {
        "SharingOwnerRule"
    };
    Component::new(kind, full_name, element(name, desired, settings))
}

/// Account rules must say what they give on the records below; ours give no more than the defaults do.
fn account_settings(manifest: &Manifest, facts: &Facts) -> Element {
    let defaults = Defaults::new(manifest, facts);
    let level = |object: &str| {
        narrowest_level(defaults.after(object)).map_or("Edit", manifest::AccessLevel::word)
    };
    Element::new("accountSettings")
        .with(Element::leaf("caseAccessLevel", level("Case")))
        .with(Element::leaf("contactAccessLevel", level("Contact")))
        .with(Element::leaf(
            "opportunityAccessLevel",
            level("Opportunity"),
        ))
}

/// In the platform's own order: the base type's elements alphabetically, then the derived type's.
fn element(name: &str, rule: &SharingRule, settings: Option<Element>) -> Element {
    let list = if rule.criteria.is_some() {
        "sharingCriteriaRules"
    } else {
        "sharingOwnerRules"
    };
    let access = if rule.access == RuleAccess::ReadWrite.word() {
        "Edit"
    } else {
        "Read"
    };
    let mut element = Element::new(list)
        .with(Element::leaf("fullName", name))
        .with(Element::leaf("accessLevel", access));
    element.children.extend(settings);
    element.children.extend(
        rule.description
            .as_ref()
            .map(|text| Element::leaf("description", text.clone())),
    );
    element
        .children
        .push(Element::leaf("label", rule.label.clone()));
    element
        .children
        .push(principal_element("sharedTo", &rule.shared_to));
    if let Some(owned_by) = &rule.owned_by {
        element
            .children
            .push(principal_element("sharedFrom", owned_by));
    }
    if let Some(criteria) = &rule.criteria {
        element.children.extend(criteria.elements());
        let include = rule.include_all.unwrap_or(true).to_string();
        element
            .children
            .push(Element::leaf("includeRecordsOwnedByAll", include));
    }
    element
}
