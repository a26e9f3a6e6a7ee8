//! Sharing rules of a seed, and whoever they name.

use roxmltree::Node;

use super::super::files::Document;
use super::super::named;
use super::keep;
use crate::documents::sharing_rules;
use crate::schema;
use crate::store::{
    AccessLevel, AccountLevels, CriteriaItem, GroupKind, Org, Principal, RuleScope, SharingRule,
};
use crate::xml::{child, child_text, children, elements, text};

/// Lays the rules of an object over the org, in place of those it had. Rules for guests and by territory are kept as they
/// were stated.
pub(super) fn rules(org: &mut Org, document: &Document, root: Node<'_, '_>) {
    let object = document.name.as_str();
    if schema::setup_table(object).is_some() {
        // Users are shared by rules as well, which this org does not evaluate.
        return keep(org, document);
    }
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
            _ => {
                sharing_rules::keep_stated(org, object, element);
                continue;
            }
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
    sharing_rules::criteria_scope(items, element)
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
        "managers" | "managerSubordinates" => org.manager_groups = true,
        "allPartnerUsers" => named::group_of_all(org, GroupKind::PRMOrganization),
        "allCustomerPortalUsers" => named::group_of_all(org, GroupKind::AllCustomerPortal),
        "territory" | "territoryAndSubordinates" => drop(named::territory(org, name)),
        _ => {}
    }
    Principal {
        kind: kind.to_owned(),
        name: Some(name)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
    }
}
