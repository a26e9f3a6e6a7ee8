//! What an org can check of a plan before anything is written, and what it said. Pure.
//!
//! A check-only deploy sees the org as it is. What an earlier stage of the same plan makes is not there yet, so a stage can
//! be checked where nothing that it refers to, or that stands in its way, is still to come.

use super::{Plan, hash};
use crate::address::Address;
use crate::change::{Action, Change, Component, Dropped, RecordValue, Stage, Write};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::Reference;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Digits of a digest that say which changes are meant; where a check met warnings, those behind them say which.
pub const DIGITS_OF_CHANGES: usize = 12;

const RECORD: &str =
    "the platform checks metadata alone: a record is refused, if it is, when it is written";
const DEFAULT: &str = "whether checking a default takes the locks of sharing is not known: `--check=all` checks it as well";
const LEVEL: &str = "the level depends on a default that is not in force yet";
const IN_USE: &str = "what still uses it changes in an earlier stage";

/// How much of a plan is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckScope {
    /// What can be checked now, but for the defaults.
    Ready,
    /// The defaults as well.
    All,
}

/// What an org said of a plan without saving anything.
#[derive(Clone, Debug, Serialize)]
pub struct PlanCheck {
    /// How much was to be checked.
    pub scope: CheckScope,
    /// The stages that the org checked, in their order.
    pub checked: Vec<CheckedStage>,
    /// What cannot be checked yet, each with its reason.
    pub not_checkable: Vec<NotCheckable>,
    /// Entries of cloned profiles that the org refused, and that the deploy goes without.
    pub left_out: Vec<Dropped>,
    /// What the org warned of.
    pub warnings: Vec<CheckWarning>,
    /// What the org refused.
    pub refused: Vec<Diagnostic>,
    /// How a run ends because of that.
    #[serde(skip)]
    pub refusal: Option<Exit>,
}

/// A stage that the org checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedStage {
    /// Which.
    pub stage: Stage,
    /// Whether the org would take it.
    pub accepted: bool,
    /// Its changes that were checked.
    pub addresses: Vec<Address>,
}

/// A change that cannot be checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCheckable {
    /// In which stage it is written.
    pub stage: Stage,
    /// The resource.
    pub address: Address,
    /// Why not.
    pub reason: String,
}

/// What an org warned of while it checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckWarning {
    /// In which stage the component is deployed.
    pub stage: Stage,
    /// The resource, or the component where no change of the plan wrote it.
    pub about: String,
    /// The org's words.
    pub problem: String,
}

/// The changes of a plan by whether they can be checked now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// By stage, the changes to check, by index.
    pub checkable: BTreeMap<Stage, Vec<usize>>,
    /// The others.
    pub not_checkable: Vec<NotCheckable>,
}

impl PlanCheck {
    /// Whether the org would take everything that was checked.
    pub fn is_accepted(&self) -> bool {
        self.refused.is_empty() && self.checked.iter().all(|checked| checked.accepted)
    }

    /// Takes in a refusal. The run ends with the manifest's exit only where nothing but lines of it have to change.
    pub fn refuse(&mut self, failure: Failure) {
        let exit = self.refusal.get_or_insert(failure.exit);
        if failure.exit == Exit::Failed {
            *exit = Exit::Failed;
        }
        self.refused.extend(failure.diagnostics);
    }
}

impl Plan {
    /// The plan with what an org said of it. Its digest covers the warnings that apply meets before its first write.
    #[must_use]
    pub fn with_check(mut self, check: PlanCheck) -> Self {
        self.digest = digest_with(&self.digest, &check.warnings);
        self.check = Some(check);
        self
    }

    /// The changes by whether they can be checked now.
    pub fn divided(&self, scope: CheckScope) -> Division {
        let mut division = Division::default();
        for (index, change) in self.changes.iter().enumerate() {
            match reason_against(change, &self.changes, scope) {
                None => division
                    .checkable
                    .entry(change.stage)
                    .or_default()
                    .push(index),
                Some(reason) => division.not_checkable.push(NotCheckable {
                    stage: change.stage,
                    address: change.address.clone(),
                    reason,
                }),
            }
        }
        division
    }
}

/// The digest of a plan that was checked: the plan's own where the check of its first stage met no warning; else its first
/// digits, followed by a digest of both.
pub fn digest_with(digest: &str, warnings: &[CheckWarning]) -> String {
    let first = warnings.iter();
    let mut first: Vec<&CheckWarning> = first
        .filter(|warning| warning.stage == Stage::Containers)
        .collect();
    if first.is_empty() {
        return digest.to_owned();
    }
    first.sort();
    first.dedup();
    let plain = digest.trim_start_matches("sha256:");
    let content: Vec<_> = first
        .iter()
        .map(|warning| json!([warning.about, warning.problem]))
        .collect();
    let both = hash(json!([plain, content]).to_string());
    let changes = plain.get(..DIGITS_OF_CHANGES).unwrap_or(plain);
    let rest = both.trim_start_matches("sha256:");
    let rest = rest.get(..rest.len() - DIGITS_OF_CHANGES).unwrap_or(rest);
    format!("sha256:{changes}{rest}")
}

/// Why a change cannot be checked yet.
fn reason_against(change: &Change, all: &[Change], scope: CheckScope) -> Option<String> {
    let Write::Deploy(components) = &change.write else {
        return Some(RECORD.to_owned());
    };
    let mut earlier = all.iter().filter(|other| other.stage < change.stage);
    match change.stage {
        Stage::Defaults if scope == CheckScope::Ready => return Some(DEFAULT.to_owned()),
        Stage::RoleLevels if earlier.clone().any(|other| other.stage == Stage::Defaults) => {
            return Some(LEVEL.to_owned());
        }
        Stage::Removals if earlier.clone().next().is_some() => return Some(IN_USE.to_owned()),
        _ => {}
    }
    earlier.find_map(|other| components.iter().find_map(|one| waits_for(one, other)))
}

/// Why a component cannot be checked before an earlier change is made.
fn waits_for(component: &Component, earlier: &Change) -> Option<String> {
    let name = &earlier.address.name;
    let object = component.full_name.split('.').next().unwrap_or_default();
    let not_there = || Some(format!("{} is not there yet", earlier.address));
    match earlier.address.kind {
        "organization_wide_default" if object == name && component.full_name != *name => {
            Some(format!("the default of {name} is not the wanted one yet"))
        }
        "custom_field" if earlier.action == Action::Create => {
            let field = name.strip_prefix(object)?.strip_prefix('.')?;
            component.body.as_ref().filter(|body| says(body, field))?;
            not_there()
        }
        "role" | "public_group" if earlier.action == Action::Create => {
            let is_it = component.full_name == *name;
            let names_it = component.body.as_ref().is_some_and(|body| says(body, name));
            (is_it || names_it).then(not_there)?
        }
        "user" if earlier.action == Action::Create => {
            let mut lookups = component.lookups.values();
            lookups
                .any(|lookup| makes(earlier, lookup))
                .then(not_there)?
        }
        _ => None,
    }
}

/// Whether a change makes the user that a reference names.
fn makes(change: &Change, reference: &Reference) -> bool {
    let (Write::Insert(record), Reference::Username(wanted)) = (&change.write, reference) else {
        return false;
    };
    let made = record.values.get("Username");
    matches!(made, Some(RecordValue::Literal(made)) if made.as_str() == Some(wanted))
}

/// Whether an element, or one below it, has this text.
fn says(element: &Element, text: &str) -> bool {
    *element.text == *text || element.children.iter().any(|child| says(child, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(address: Address, action: Action, stage: Stage, write: Write) -> Change {
        Change {
            address,
            action,
            stage,
            irreversible: false,
            place: None,
            fields: Vec::new(),
            fingerprint: None,
            write,
        }
    }

    fn deploy(kind: &'static str, name: &str, body: Element) -> Write {
        Write::Deploy(vec![Component::new(kind, name, body)])
    }

    fn rule(role: &str, field: &str) -> Change {
        let body = Element::new("SharingCriteriaRule")
            .with(Element::new("sharedTo").with(Element::leaf("role", role)))
            .with(Element::new("criteriaItems").with(Element::leaf("field", field)));
        change(
            Address::new("sharing_rule", "Lead.R"),
            Action::Create,
            Stage::Rules,
            deploy("SharingCriteriaRule", "Lead.R", body),
        )
    }

    fn made(kind: &'static str, name: &str, stage: Stage) -> Change {
        let write = deploy("X", name, Element::new("X"));
        change(Address::new(kind, name), Action::Create, stage, write)
    }

    fn reason(change: &Change, all: &[Change], scope: CheckScope) -> Option<String> {
        reason_against(change, all, scope)
    }

    #[test]
    fn a_rule_is_checked_once_all_that_it_names_is_there() {
        let rule = rule("Sync", "Sync__c");
        let check = |earlier: Change, expected: Option<&str>| {
            let found = reason(&rule, &[earlier], CheckScope::All);
            assert_eq!(found.as_deref(), expected);
        };
        let first = Stage::Containers;
        check(
            made("role", "Sync", first),
            Some("role/Sync is not there yet"),
        );
        check(made("role", "Other", first), None);
        check(
            made("custom_field", "Lead.Sync__c", first),
            Some("custom_field/Lead.Sync__c is not there yet"),
        );
        check(made("custom_field", "Contact.Sync__c", first), None);
        check(
            made("organization_wide_default", "Lead", Stage::Defaults),
            Some("the default of Lead is not the wanted one yet"),
        );
        check(
            made("organization_wide_default", "Contact", Stage::Defaults),
            None,
        );
        let updated = Change {
            action: Action::Update,
            ..made("role", "Sync", first)
        };
        check(updated, None);
    }

    #[test]
    fn defaults_are_checked_only_where_all_is() {
        let default = made("organization_wide_default", "Lead", Stage::Defaults);
        assert_eq!(
            reason(&default, &[], CheckScope::Ready).as_deref(),
            Some(DEFAULT)
        );
        assert_eq!(reason(&default, &[], CheckScope::All), None);
        let level = made("role", "Sync", Stage::RoleLevels);
        assert_eq!(
            reason(&level, &[default], CheckScope::All).as_deref(),
            Some(LEVEL)
        );
    }

    #[test]
    fn a_rule_waits_for_the_group_that_it_names() {
        let group = made("public_group", "Everyone_but_sync", Stage::Containers);
        let named = Element::new("sharedTo").with(Element::leaf("group", "Everyone_but_sync"));
        let name = "Lead.Everyone_but_sync";
        let rule = Element::new("SharingCriteriaRule").with(named);
        let rule = change(
            Address::new("sharing_rule", name),
            Action::Create,
            Stage::Rules,
            deploy("SharingCriteriaRule", name, rule),
        );
        let waits = reason(&rule, &[group], CheckScope::All);
        let told = "public_group/Everyone_but_sync is not there yet";
        assert_eq!(waits.as_deref(), Some(told));
        assert_eq!(reason(&rule, &[], CheckScope::All), None);
    }

    #[test]
    fn records_and_removals_behind_others_wait() {
        let user = change(
            Address::new("user", "a@b.example"),
            Action::Create,
            Stage::User,
            Write::Insert(crate::change::Record::default()),
        );
        assert_eq!(reason(&user, &[], CheckScope::All).as_deref(), Some(RECORD));
        let removal = made("role", "Old", Stage::Removals);
        assert_eq!(reason(&removal, &[], CheckScope::Ready), None);
        assert_eq!(
            reason(&removal, &[user], CheckScope::Ready).as_deref(),
            Some(IN_USE)
        );
    }

    #[test]
    fn a_digest_covers_the_warnings_of_the_first_stage_in_any_order() {
        let plain = format!("sha256:{}", "7".repeat(64));
        let warning = |stage, problem: &str| CheckWarning {
            stage,
            about: "role/Sync".to_owned(),
            problem: problem.to_owned(),
        };
        let first = |problem| warning(Stage::Containers, problem);
        assert_eq!(digest_with(&plain, &[]), plain);
        assert_eq!(digest_with(&plain, &[warning(Stage::Rules, "a")]), plain);
        let one = digest_with(&plain, &[first("a")]);
        assert!(one.starts_with("sha256:777777777777") && one != plain && one.len() == plain.len());
        assert_ne!(one, digest_with(&plain, &[first("b")]));
        let both = digest_with(&plain, &[first("a"), first("b")]);
        assert_eq!(
            both,
            digest_with(&plain, &[first("b"), first("a"), first("b")])
        );
        let other = format!("sha256:{}8", "7".repeat(63));
        assert_ne!(one, digest_with(&other, &[first("a")]));
    }
}
