//! Sharing rules: criteria and owner rules, in files of their object and one by one.

mod criteria;
mod stated;

use roxmltree::Node;

use super::{Applied, Outcome, Setting, shape};
use crate::problem::{INTEGRITY, Problem, REFERENCE, UNKNOWN, not_found};
use crate::rules;
use crate::schema;
use crate::sharing;
use crate::store::{AccessLevel, AccountLevels, Org, Principal, RuleScope, SharingRule};
use crate::xml::{self, Writer, child, child_text, elements, text};

pub(crate) use criteria::scope as criteria_scope;
pub(crate) use stated::{keep_stated, read_guest_rules};

/// Longest label, longest description (Metadata API guide, SharingRules).
const LONGEST: [(&str, usize); 2] = [("label", 80), ("description", 1_000)];
/// Rules an object can have, and criteria rules among them.
const MOST_RULES: usize = 300;
const MOST_CRITERIA_RULES: usize = 50;

/// The elements of a `SharingRules` file and the type of what they hold.
const ELEMENTS: [(&str, &str); 4] = [
    ("sharingCriteriaRules", "SharingCriteriaRule"),
    ("sharingGuestRules", "SharingGuestRule"),
    ("sharingOwnerRules", "SharingOwnerRule"),
    ("sharingTerritoryRules", "SharingTerritoryRule"),
];

/// The types that a deploy may hold. Others are served back where a seed brought them.
const DEPLOYABLE: [&str; 2] = ["SharingCriteriaRule", "SharingOwnerRule"];

/// Writes every rule of an object; nothing inside when it has none.
pub(crate) fn write(org: &Org, object: &str, writer: &mut Writer) -> Option<()> {
    let known = org.objects.contains_key(object);
    if !known || !super::exists(org, "SharingRules", object) {
        return None;
    }
    for (element, kind) in ELEMENTS {
        let of_kind = |rule: &&SharingRule| rule.object == object && kind_of(rule) == kind;
        for rule in org.rules.values().filter(of_kind) {
            writer.within(element, |writer| {
                writer.leaf("fullName", &rule.name);
                write_rule(rule, writer);
            });
        }
        stated::write(org, object, element, kind, writer);
    }
    Some(())
}

/// Writes one rule, without its full name.
pub(crate) fn write_one(org: &Org, kind: &str, name: &str, writer: &mut Writer) -> Option<()> {
    let rule = org.rules.get(name).filter(|rule| kind_of(rule) == kind)?;
    write_rule(rule, writer);
    Some(())
}

/// The component type of a rule.
pub(crate) fn kind_of(rule: &SharingRule) -> &'static str {
    match rule.scope {
        RuleScope::Criteria { .. } => "SharingCriteriaRule",
        RuleScope::Owner(_) => "SharingOwnerRule",
    }
}

/// The base type's elements come first, then those of the kind of rule.
fn write_rule(rule: &SharingRule, writer: &mut Writer) {
    writer.leaf("accessLevel", rule.access.as_str());
    if let Some(levels) = rule.account_levels {
        writer.within("accountSettings", |writer| {
            writer.leaf("caseAccessLevel", levels.case.as_str());
            writer.leaf("contactAccessLevel", levels.contact.as_str());
            writer.leaf("opportunityAccessLevel", levels.opportunity.as_str());
        });
    }
    writer.optional("description", rule.description.as_deref());
    writer.leaf("label", &rule.label);
    write_principal("sharedTo", &rule.shared_to, writer);
    match &rule.scope {
        RuleScope::Owner(principal) => write_principal("sharedFrom", principal, writer),
        RuleScope::Criteria {
            items,
            boolean_filter,
            include_records_owned_by_all,
        } => {
            writer.optional("booleanFilter", boolean_filter.as_deref());
            for item in items {
                writer.within("criteriaItems", |writer| {
                    writer.leaf("field", &item.field);
                    writer.leaf("operation", &item.operation);
                    writer.leaf("value", &item.value);
                });
            }
            writer.flag("includeRecordsOwnedByAll", *include_records_owned_by_all);
        }
    }
}

fn write_principal(element: &str, principal: &Principal, writer: &mut Writer) {
    writer.within(element, |writer| {
        writer.leaf(
            &principal.kind,
            principal.name.as_deref().unwrap_or_default(),
        )
    });
}

/// Checks a file of rules, and in a single call lays its rules over the org; in a package each is a component of its own.
pub(crate) fn apply_file(
    org: &mut Org,
    object: &str,
    element: Node<'_, '_>,
    setting: &Setting,
) -> Applied {
    if !super::exists(org, "SharingRules", object) {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("no CustomObject named {object} found"),
        )]);
    }
    let mut problems = shape::check("SharingRules", element);
    let mut outcome = Outcome::Unchanged;
    let mut rules = elements(element)
        .filter(|rule| rule.tag_name().name() != "fullName")
        .peekable();
    if rules.peek().is_none() {
        problems.push(shape::required(element, "sharingCriteriaRules"));
    }
    for rule in rules {
        let stated = rule.tag_name().name();
        let Some((_, kind)) = ELEMENTS.iter().find(|(name, _)| *name == stated) else {
            continue;
        };
        if !DEPLOYABLE.contains(kind) {
            let message = format!("{stated}: Not available for deploy for this organization");
            problems.push(Problem::at(rule, UNKNOWN, message));
            continue;
        }
        outcome = Outcome::Changed;
        if setting.single_call {
            let name = format!(
                "{object}.{}",
                child_text(rule, "fullName").unwrap_or_default()
            );
            problems.extend(apply(org, kind, &name, rule).err().unwrap_or_default());
        }
    }
    if problems.is_empty() {
        Ok(outcome)
    } else {
        Err(problems)
    }
}

/// Lays one rule over the org. Whom it shares to and which owners it includes cannot be changed later (object
/// reference, sharing rules).
pub(crate) fn apply(org: &mut Org, kind: &str, name: &str, element: Node<'_, '_>) -> Applied {
    let Some((object, rule_name)) = name.split_once('.') else {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("Invalid fullName: {name}"),
        )]);
    };
    if !super::exists(org, "SharingRules", object) {
        return Err(vec![Problem::new(
            REFERENCE,
            format!("no CustomObject named {object} found"),
        )]);
    }
    let mut problems = shape::check(kind, element);
    problems.extend(rules::developer_name_refusal(rule_name));
    problems.extend(lengths(element));
    problems.extend(missing_parts(kind, element));
    if !problems.is_empty() {
        return Err(problems);
    }
    let (rule, found) = read(org, kind, object, rule_name, element);
    problems.extend(found);
    let existing = org.rules.get(name);
    problems.extend(
        rules::rule_refusal(org, object, rule.access)
            .map(|message| Problem::at(element, INTEGRITY, message)),
    );
    problems.extend(
        existing
            .into_iter()
            .flat_map(|old| immutable_changes(old, &rule, element)),
    );
    if existing.is_none() {
        problems.extend(too_many(org, &rule));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let before = org.rules.insert(name.to_owned(), rule.clone());
    Ok(before.map_or(Outcome::Created, |before| {
        Outcome::of_change(before != rule)
    }))
}

fn lengths(element: Node<'_, '_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, longest) in LONGEST {
        let Some(node) = child(element, name) else {
            continue;
        };
        if text(node).chars().count() > longest {
            let message = format!(
                "{name}: data value too large: {} (max length={longest})",
                text(node)
            );
            problems.push(Problem::at(node, "STRING_TOO_LONG", message));
        }
    }
    problems
}

fn missing_parts(kind: &str, element: Node<'_, '_>) -> Vec<Problem> {
    let own: &[&str] = match kind {
        "SharingCriteriaRule" => &["criteriaItems", "includeRecordsOwnedByAll"],
        _ => &["sharedFrom"],
    };
    let needed = ["accessLevel", "label", "sharedTo"].iter().chain(own);
    let absent = needed.filter(|name| child_text(element, name).is_none());
    absent.map(|name| shape::required(element, name)).collect()
}

fn read(
    org: &Org,
    kind: &str,
    object: &str,
    name: &str,
    element: Node<'_, '_>,
) -> (SharingRule, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut keep = |found: Option<Problem>| problems.extend(found);
    let access = access_level(object, element, &mut keep);
    let account_levels = account_levels(object, element, &mut keep);
    let shared_to = principal(org, object, "sharedTo", element, &mut keep);
    let scope = if kind == "SharingCriteriaRule" {
        let (items, found) = criteria::read(org, object, element);
        problems.extend(found);
        criteria_scope(items, element)
    } else {
        RuleScope::Owner(principal(
            org,
            object,
            "sharedFrom",
            element,
            &mut |found| problems.extend(found),
        ))
    };
    let rule = SharingRule {
        object: object.to_owned(),
        name: name.to_owned(),
        label: child_text(element, "label").unwrap_or_default().to_owned(),
        description: child_text(element, "description")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        scope,
        shared_to,
        access,
        account_levels,
    };
    (rule, problems)
}

/// Rules give Read or Edit; only campaign rules give everything.
fn access_level(
    object: &str,
    element: Node<'_, '_>,
    keep: &mut impl FnMut(Option<Problem>),
) -> AccessLevel {
    let Some(node) = child(element, "accessLevel") else {
        return AccessLevel::None;
    };
    let level = AccessLevel::parse(text(node)).unwrap_or_default();
    let allowed = matches!(level, AccessLevel::Read | AccessLevel::Edit)
        || level == AccessLevel::All && object == "Campaign";
    let message = format!(
        "accessLevel: bad value for restricted picklist field: {}",
        text(node)
    );
    keep((!allowed).then(|| Problem::at(node, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)));
    level
}

fn account_levels(
    object: &str,
    element: Node<'_, '_>,
    keep: &mut impl FnMut(Option<Problem>),
) -> Option<AccountLevels> {
    let Some(node) = child(element, "accountSettings") else {
        let message = "AccountSettings is required for account sharing rules";
        keep((object == "Account").then(|| Problem::at(element, INTEGRITY, message)));
        return None;
    };
    if object != "Account" {
        keep(Some(Problem::at(
            node,
            INTEGRITY,
            "AccountSettings is only allowed for account sharing rules",
        )));
        return None;
    }
    let mut level = |name: &str| {
        let stated = child_text(node, name).unwrap_or_default();
        let level = AccessLevel::parse(stated).filter(|level| *level != AccessLevel::All);
        let message = format!("{name}: bad value for restricted picklist field: {stated}");
        keep(
            level
                .is_none()
                .then(|| Problem::at(node, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)),
        );
        level.unwrap_or_default()
    };
    Some(AccountLevels {
        case: level("caseAccessLevel"),
        contact: level("contactAccessLevel"),
        opportunity: level("opportunityAccessLevel"),
    })
}

/// The one principal in `sharedTo` or `sharedFrom`, which must exist.
fn principal(
    org: &Org,
    object: &str,
    side: &str,
    element: Node<'_, '_>,
    keep: &mut impl FnMut(Option<Problem>),
) -> Principal {
    let Some(node) = child(element, side) else {
        return Principal::default();
    };
    keep(shape::check("SharedTo", node).into_iter().next());
    let mut stated = elements(node);
    let (Some(target), None) = (stated.next(), stated.next()) else {
        keep(Some(Problem::at(
            node,
            UNKNOWN,
            format!("{side} must name exactly one target"),
        )));
        return Principal::default();
    };
    let kind = target.tag_name().name();
    let name = Some(text(target)).filter(|name| !name.is_empty());
    let principal = Principal {
        kind: kind.to_owned(),
        name: name.map(str::to_owned),
    };
    let queue_of_object =
        kind != "queue" || org.objects.get(object).is_some_and(schema::has_queues);
    if sharing::group_of(org, &principal).is_none() || !queue_of_object {
        let (line, column) = xml::place(target);
        let message = format!(
            "{side} not allowed:{kind} - {} ({line}:{column})",
            name.unwrap_or_default()
        );
        keep(Some(Problem::at(target, REFERENCE, message)));
    }
    principal
}

fn immutable_changes(old: &SharingRule, new: &SharingRule, element: Node<'_, '_>) -> Vec<Problem> {
    let refuse = |name: &str| {
        let message = format!(
            "field integrity exception: unknown ({name} cannot be changed after the sharing rule is created)"
        );
        Problem::at(child(element, name).unwrap_or(element), INTEGRITY, message)
    };
    if kind_of(old) != kind_of(new) {
        let message = format!(
            "duplicate value found: DeveloperName duplicates value on record with id: {}",
            old.name
        );
        return vec![Problem::at(element, "DUPLICATE_VALUE", message)];
    }
    let mut problems = Vec::new();
    if old.shared_to != new.shared_to {
        problems.push(refuse("sharedTo"));
    }
    match (&old.scope, &new.scope) {
        (RuleScope::Owner(before), RuleScope::Owner(after)) if before != after => {
            problems.push(refuse("sharedFrom"))
        }
        (
            RuleScope::Criteria {
                include_records_owned_by_all: before,
                ..
            },
            RuleScope::Criteria {
                include_records_owned_by_all: after,
                ..
            },
        ) if before != after => problems.push(refuse("includeRecordsOwnedByAll")),
        _ => {}
    }
    problems
}

fn too_many(org: &Org, rule: &SharingRule) -> Option<Problem> {
    let of_object: Vec<&SharingRule> = org.rules_of(&rule.object).collect();
    let criteria = of_object
        .iter()
        .filter(|other| matches!(other.scope, RuleScope::Criteria { .. }))
        .count();
    let is_criteria = matches!(rule.scope, RuleScope::Criteria { .. });
    let full = of_object.len() >= MOST_RULES || is_criteria && criteria >= MOST_CRITERIA_RULES;
    let message = format!(
        "You have reached the maximum number of sharing rules for {}",
        rule.object
    );
    full.then(|| Problem::new("LIMIT_EXCEEDED", message))
}

/// Deletes a rule.
pub(crate) fn delete(org: &mut Org, kind: &str, name: &str) -> Result<(), Problem> {
    let found = org
        .rules
        .get(name)
        .is_some_and(|rule| kind_of(rule) == kind);
    if !found {
        return Err(not_found(kind, name));
    }
    org.rules.remove(name);
    Ok(())
}
