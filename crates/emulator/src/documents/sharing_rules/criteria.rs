//! The criteria of a sharing rule: which fields, operators and values the platform takes.

use roxmltree::Node;

use crate::problem::{INTEGRITY, Problem, UNKNOWN};
use crate::rules;
use crate::sharing::Filter;
use crate::store::{CriteriaItem, FieldSchema, FieldType, Org, RuleScope};
use crate::xml::{child, child_text, child_truth, children, text};

/// Longer values are cut, as the platform cuts them (Salesforce Security Guide, criteria-based sharing rules).
const LONGEST_VALUE: usize = 240;

const OPERATIONS: [&str; 12] = [
    "equals",
    "notEqual",
    "lessThan",
    "greaterThan",
    "lessOrEqual",
    "greaterOrEqual",
    "contains",
    "notContain",
    "startsWith",
    "includes",
    "excludes",
    "within",
];

/// Reads the criteria and checks their filter.
pub(super) fn read(
    org: &Org,
    object: &str,
    element: Node<'_, '_>,
) -> (Vec<CriteriaItem>, Vec<Problem>) {
    let mut items = Vec::new();
    let mut problems = Vec::new();
    for node in children(element, "criteriaItems") {
        match read_item(org, object, node) {
            Ok(item) => items.push(item),
            Err(problem) => problems.push(problem),
        }
    }
    let count = children(element, "criteriaItems").count();
    problems.extend(check_filter(element, count));
    (items, problems)
}

fn check_filter(element: Node<'_, '_>, count: usize) -> Option<Problem> {
    let node = child(element, "booleanFilter").filter(|node| !text(*node).is_empty())?;
    let message = format!("Invalid boolean filter: {}", text(node));
    Filter::parse(text(node), count)
        .is_none()
        .then(|| Problem::at(node, INTEGRITY, message))
}

fn read_item(org: &Org, object: &str, node: Node<'_, '_>) -> Result<CriteriaItem, Problem> {
    let name = child_text(node, "field").unwrap_or_default();
    let full_name = format!("{object}.{name}");
    let field = org
        .objects
        .get(object)
        .and_then(|object| object.fields.get(name));
    let Some(field) = field else {
        return Err(rules::missing(node, "field", "CustomField", &full_name));
    };
    if !takes_criteria(field) {
        return Err(Problem::at(
            node,
            INTEGRITY,
            format!("{full_name}: not valid workflow field"),
        ));
    }
    let operation = child_text(node, "operation").unwrap_or_default();
    check_operation(field, operation, node)?;
    if child(node, "valueField").is_some() {
        return Err(Problem::at(
            node,
            INTEGRITY,
            "A field cannot be compared with another field in a sharing rule",
        ));
    }
    let value = stored_value(field, child_text(node, "value").unwrap_or_default(), node)?;
    Ok(CriteriaItem {
        field: name.to_owned(),
        operation: operation.to_owned(),
        value,
    })
}

/// What a rule shares that has these criteria.
pub(crate) fn scope(items: Vec<CriteriaItem>, rule: Node<'_, '_>) -> RuleScope {
    RuleScope::Criteria {
        items,
        boolean_filter: child_text(rule, "booleanFilter")
            .filter(|filter| !filter.is_empty())
            .map(str::to_owned),
        include_records_owned_by_all: child_truth(rule, "includeRecordsOwnedByAll")
            .unwrap_or_default(),
    }
}

/// Record type, auto number, checkbox, date, date/time, email, number, percent, phone, picklist, text, text area, URL, and
/// the look-ups that name users and queues; no formulas, long texts or multi-select picklists.
fn takes_criteria(field: &FieldSchema) -> bool {
    let to_people = field
        .reference_to
        .iter()
        .any(|target| target == "User" || target == "Group");
    match field.kind {
        _ if field.calculated => false,
        FieldType::Boolean | FieldType::Date | FieldType::DateTime => true,
        FieldType::Int | FieldType::Double | FieldType::Percent => true,
        FieldType::Email | FieldType::Phone | FieldType::Url | FieldType::Picklist => true,
        FieldType::String | FieldType::TextArea => field.length <= 255,
        FieldType::Reference => to_people || field.name == "RecordTypeId",
        _ => false,
    }
}

fn check_operation(
    field: &FieldSchema,
    operation: &str,
    node: Node<'_, '_>,
) -> Result<(), Problem> {
    if !OPERATIONS.contains(&operation) {
        let message = format!("'{operation}' is not a valid value for the enum 'FilterOperation'");
        return Err(Problem::at(node, UNKNOWN, message));
    }
    let fits = match operation {
        "equals" | "notEqual" => true,
        "includes" | "excludes" | "within" => false,
        "contains" | "notContain" | "startsWith" => field.kind.is_text(),
        _ => !matches!(field.kind, FieldType::Boolean | FieldType::Reference),
    };
    let message = format!("Invalid operator {operation} for field {}", field.name);
    if fits {
        Ok(())
    } else {
        Err(Problem::at(node, INTEGRITY, message))
    }
}

/// The value as the platform keeps it: checkboxes as `True` and `False`, everything cut to 240 characters.
fn stored_value(field: &FieldSchema, stated: &str, node: Node<'_, '_>) -> Result<String, Problem> {
    let refuse = || {
        Problem::at(
            node,
            INTEGRITY,
            format!("Invalid value {stated} for field {}", field.name),
        )
    };
    let parts = || {
        stated
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    match field.kind {
        FieldType::Boolean => {
            let words: Option<Vec<&str>> = stated
                .split(',')
                .map(|part| checkbox(part.trim()))
                .collect();
            words.map(|words| words.join(",")).ok_or_else(refuse)
        }
        FieldType::Int | FieldType::Double | FieldType::Percent => {
            if parts().all(|part| part.parse::<f64>().is_ok()) {
                Ok(cut(stated))
            } else {
                Err(refuse())
            }
        }
        FieldType::Picklist if field.restricted_picklist => {
            match parts().find(|part| !has_value(field, part)) {
                Some(part) => {
                    let message = format!(
                        "Picklist value: {part} in picklist: {} not found",
                        field.name
                    );
                    Err(Problem::at(node, INTEGRITY, message))
                }
                None => Ok(cut(stated)),
            }
        }
        _ => Ok(cut(stated)),
    }
}

fn checkbox(word: &str) -> Option<&'static str> {
    match word {
        _ if word.eq_ignore_ascii_case("true") || word == "1" => Some("True"),
        _ if word.eq_ignore_ascii_case("false") || word == "0" => Some("False"),
        _ => None,
    }
}

fn has_value(field: &FieldSchema, stated: &str) -> bool {
    let plain = stated.trim_matches('"');
    field.picklist.iter().any(|value| value.value == plain)
}

fn cut(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).collect()
}
