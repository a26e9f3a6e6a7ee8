//! Sharing rules, by criteria or by owner. Other people's rules are never touched. `sharedTo`, the type of a rule and
//! `includeRecordsOwnedByAll` cannot be edited: such a rule is removed and made again.

mod element;
mod everyone;
mod keep;
mod limit;
mod principal;
mod reference;

use super::everyone::{KeptLevel, kept_level};
use super::stands::laid_open;
use super::{Attributed, Draft, Kind, compare, criterion_check, lacks_object};
use crate::address::Address;
use crate::change::{Action, Attributes, Change, Component, FieldChange, Stage, Write};
use crate::code::Code;
use crate::criteria::Criteria;
use crate::diagnostic::{Diagnostic, Severity};
use crate::live::{Defaults, Live, Need, RuleKind, everyone_name};
use crate::manifest::{self, Manifest, Principal, RuleAccess, Sharing, SharingModel, Word};
use crate::xml::Element;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

use element::{metadata_type, principal_words, read, write};
use everyone::propose_everyone;
use keep::{kept_roles, propose_kept};
use principal::{names_a_group, unknown_principals};
use reference::as_spelled;
use reference::{references, unresolved};
pub use reference::{referred_to, rule_criteria};

/// Sharing rules.
pub(super) static KIND: Kind = Kind {
    name: "sharing_rule",
    noun: "sharing rule",
    needs,
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

impl Attributed for SharingRule {
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
pub fn rule_changes(manifest: &Manifest, live: &Live) -> Vec<String> {
    let changes = propose(manifest, live).changes.into_iter();
    changes.map(|change| change.address.name).collect()
}

/// Whether a change makes a rule of an object that gives more than everybody has who reads all of it.
pub fn makes_editing_rule_of(change: &Change, object: &str) -> bool {
    let Write::Deploy(components) = &change.write else {
        return false;
    };
    let mut made = components.iter().filter_map(|one| one.body.as_ref());
    let name = change.address.name.split_once('.');
    let is_rule_of = change.address.kind == KIND.name && name.is_some_and(|(of, _)| of == object);
    is_rule_of && made.next().is_some_and(element::edits)
}

/// The platform refuses a rule where the default opens as much already, or where the parent decides.
fn pointless(
    rule: &manifest::Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
) -> Option<Diagnostic> {
    let after = Defaults::new(manifest, live).after(&sharing.object)?;
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
pub fn rule_target(rule: &manifest::Rule, manifest: &Manifest) -> Option<Principal> {
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

fn needs(manifest: &Manifest) -> Vec<Need> {
    let mut needs = Vec::new();
    for sharing in &manifest.spec.sharing {
        needs.push(Need::SharingRules(sharing.object.value.clone()));
        let references = references(sharing, manifest).into_iter();
        needs.extend(references.map(|(reference, _)| Need::Reference(reference)));
    }
    needs.extend(names_a_group(manifest).then_some(Need::Groups));
    needs
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    let mut others = 0;
    for sharing in &manifest.spec.sharing {
        let live_rules = live_rules(sharing, live);
        let ours: BTreeSet<&str> = sharing
            .rules
            .iter()
            .map(|rule| rule.name.as_str())
            .collect();
        let everyone = everyone_name(manifest);
        let everyone = (sharing.keep_everyone.is_some()).then_some(everyone.as_str());
        others += live_rules
            .keys()
            .filter(|name| !ours.contains(*name) && Some(**name) != everyone)
            .count() as u64;
        if lacks_object(&sharing.object, live) {
            continue;
        }
        draft.errors.extend(unresolved(sharing, manifest, live));
        let kept = kept_level(sharing, manifest, live);
        let everyone = everyone.filter(|_| matches!(kept, Some(KeptLevel::Of(_))));
        limit::check(sharing, everyone, &live_rules, &mut draft);
        for rule in &sharing.rules {
            check_criteria(rule, sharing, manifest, live, &live_rules, &mut draft);
            draft
                .errors
                .extend(pointless(rule, sharing, manifest, live));
            propose_rule(rule, sharing, manifest, live, &live_rules, &mut draft);
        }
        for (name, target, entry) in &kept_roles(sharing) {
            let kept = (name.as_str(), target, *entry);
            propose_kept(kept, (sharing, manifest), live, &live_rules, &mut draft);
        }
        propose_everyone(sharing, manifest, live, &live_rules, &mut draft);
    }
    draft.left_alone = Some(("sharing_rules", others));
    draft
}

/// What is wrong with criteria ends the plan; what may be wrong is told.
fn check_criteria(
    rule: &manifest::Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    if rule.absent {
        return;
    }
    let standing = live_rules.get(rule.name.value.as_str());
    let standing = standing.and_then(|element| Criteria::of_element(element));
    let remarks = criterion_check::check(rule, sharing, manifest, live, standing.as_ref());
    let (errors, doubts): (Vec<_>, Vec<_>) = remarks
        .into_iter()
        .partition(|remark| remark.severity == Severity::Error);
    draft.errors.extend(errors);
    draft.findings.extend(doubts);
}

fn live_rules<'a>(sharing: &Sharing, live: &'a Live) -> BTreeMap<&'a str, &'a Element> {
    let rules = live.rules(&sharing.object);
    rules.map(|rule| (rule.name, rule.element)).collect()
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
    live: &Live,
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
    let own = live_element.map(read);
    let (criteria, lookups) = rule_criteria(rule, &sharing.object, manifest, live);
    let spelled = own.as_ref().and_then(|own| own.criteria.as_ref());
    let criteria = as_spelled(criteria, spelled, &sharing.object, live);
    let Some(desired) = overlay(rule, criteria, own.as_ref(), manifest) else {
        let error = Diagnostic::error(
            Code::RuleSharesWithNobody,
            "the rule shares with nobody: neither `sharedTo` nor `spec.role`",
        );
        draft.errors.push(error.at(&rule.place));
        return;
    };
    draft
        .errors
        .extend(unknown_principals(rule, manifest, live));
    let earlier = renamed(rule, live_element.is_some(), live_rules);
    let own = own.or_else(|| earlier.map(|(_, element)| read(element)));
    let Some((action, fields)) = differs(own.as_ref(), &desired, rule, earlier) else {
        return;
    };
    let mut component = write(&full_name, &desired, sharing, manifest, live);
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
        through: None,
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

/// A rule as the org has it, laid open.
pub(super) fn stands(name: &str, live: &Live) -> Option<Attributes> {
    let (object, name) = name.split_once('.')?;
    let rule = live.rules(object).find(|rule| rule.name == name)?;
    laid_open(&read(rule.element))
}

/// Whether these attributes of a rule change by another rule of the name only.
pub fn needs_another_rule(fields: &[FieldChange]) -> bool {
    needs_replacing(Action::Update, fields)
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
        shared_to: principal_words(&rule_target(rule, manifest)?),
        include_all: by_criteria.then_some(include),
        description: description.or_else(|| live.and_then(|live| live.description.clone())),
    })
}
