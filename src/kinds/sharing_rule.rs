//! Sharing rules, by criteria or by owner. Other people's rules are never touched. `sharedTo`, the type of a rule and
//! `includeRecordsOwnedByAll` cannot be edited: such a rule is removed and made again.

mod element;
mod keep;
mod limit;
mod live;
mod reference;

use super::organization_wide_default::Defaults;
use super::{Draft, Kind, Resource, column, compare, unknown};
use crate::address::Address;
use crate::change::{Action, Attributes, Component, FieldChange, Stage, Write};
use crate::code::Code;
use crate::criteria::Criteria;
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, Question, ROLES};
use crate::manifest::{self, Manifest, Principal, RuleAccess, Sharing, SharingModel, Word};
use crate::xml::Element;
use serde_json::json;
use std::collections::BTreeMap;

use element::{metadata_type, principal_words, read, write};
use keep::{kept_roles, propose_kept};
use live::RuleKind;
pub use live::{Membership, Reach, foreign_rules};
use reference::as_spelled;
pub use reference::{criteria, referred_to};
use reference::{references, unresolved};

/// Sharing rules.
pub(super) static KIND: Kind = Kind {
    name: "sharing_rule",
    noun: "sharing rule",
    ask,
    propose,
};

/// What a platform rule cannot change in place.
const FIXED: [&str; 4] = ["kind", "sharedTo", "ownedBy", "includeRecordsOwnedByAll"];

#[derive(Clone, Debug, PartialEq)]
struct SharingRule {
    kind: RuleKind,
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
        // What the manifest makes needs no word; what it finds under its name may be of another type.
        let other = matches!(self.kind, RuleKind::Guest | RuleKind::Territory);
        let kind = other.then(|| self.kind.noun());
        vec![
            ("kind".into(), json!(kind), None),
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
        Diagnostic::error(Code::RuleOverWideDefault, message)
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
        limit::check(sharing, &live_rules, &mut draft);
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
    live::live_rules(&sharing.object, facts)
        .map(|rule| (rule.name, rule.element))
        .collect()
}

fn remove(rule: &manifest::Rule, live: Option<&Element>, address: Address, draft: &mut Draft) {
    let removal =
        live.map(|element| Component::removal(metadata_type(element), address.name.clone()));
    let comparison = compare(live.map(read).as_ref(), None);
    if let (Some(comparison), Some(removal)) = (comparison, removal) {
        draft.change(
            address,
            comparison,
            Stage::Rules,
            &rule.place,
            Write::Deploy(vec![removal]),
        );
    }
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
    if rule.absent {
        remove(rule, live_element, address, draft);
        return;
    }
    let live = live_element.map(read);
    let (criteria, lookups) = criteria(rule, &sharing.object, manifest, facts);
    let spelled = live.as_ref().and_then(|live| live.criteria.as_ref());
    let criteria = as_spelled(criteria, spelled, &sharing.object, facts);
    let Some(desired) = overlay(rule, criteria, live.as_ref(), manifest) else {
        let error = Diagnostic::error(
            Code::RuleSharesWithNobody,
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
        Stage::Rules,
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
    let kind = if by_criteria {
        RuleKind::Criteria
    } else {
        RuleKind::Owner
    };
    Some(SharingRule {
        kind,
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
            Principal::Group(_) => (
                "public group",
                facts.rows(GROUPS),
                Code::UnknownRecordInRule,
            ),
            Principal::Queue(_) => ("queue", facts.rows(GROUPS), Code::UnknownRecordInRule),
            _ => ("role", facts.rows(ROLES), Code::UnknownRole),
        };
        let known = || column(rows, "DeveloperName");
        if own != Some(name) && !known().any(|known| known == name) {
            errors.push(unknown(code, what, name, &principal.place, known()));
        }
    }
    errors
}
