//! From the node tree to the typed manifest: defaults, rules, criteria and their values.

use super::expected::{ExpectedRecords, expected};
use super::findings::Findings;
use super::logic;
use super::node::{Content, Node};
use super::read::one_key;
use super::read_kept::kept;
use super::reader::{Section, text, wrong_type};
use super::scalar::{Plain, plain};
use super::sharing::{Criterion, Logic, Principal, Rule, Scalar, Sharing, UserRef, Value};
use super::spanned::Sp;
use super::words::{Operator, RuleAccess};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

/// One entry of `sharing`.
pub(super) fn sharing<'a>(node: &'a Node, findings: &'a Findings) -> Option<Sharing> {
    let mut section = Section::open(node, &node.place, findings)?;
    let (keep_access, keep_everyone) = kept(&mut section);
    let sharing = Sharing {
        object: section.required_text("object"),
        organization_wide_default: section.word("organizationWideDefault"),
        external_default: section.word("externalDefault"),
        narrow_through: section.word("narrowThrough"),
        keep_access,
        keep_everyone,
        rules: section.list_of("rules", rule),
        place: section.place.clone(),
    };
    section.finish();
    Some(sharing)
}

fn rule<'a>(node: &'a Node, findings: &'a Findings) -> Option<Rule> {
    let mut section = Section::open(node, &node.place, findings)?;
    let absent = section.is_set("absent");
    let rule = Rule {
        name: section.required_text("name"),
        label: section.text("label"),
        access: section.word_unless(absent, "access", RuleAccess::ReadOnly),
        criteria: criteria(&mut section),
        logic: rule_logic(&mut section),
        owned_by: principal_under(&mut section, "ownedBy"),
        include_records_owned_by_all: section.flag("includeRecordsOwnedByAll"),
        shared_to: principal_under(&mut section, "sharedTo"),
        expect_visible: expect_visible(&mut section),
        description: section.text("description"),
        renamed_from: section.text("renamedFrom"),
        absent,
        place: section.place.clone(),
    };
    section.finish();
    Some(rule)
}

fn expect_visible(section: &mut Section<'_>) -> Option<Sp<ExpectedRecords>> {
    let entry = section.entry("expectVisible")?;
    expected(&entry.value, section.findings)
}

fn rule_logic(section: &mut Section<'_>) -> Option<Sp<Logic>> {
    let entry = section.entry("logic")?;
    let Content::Scalar { text, plain } = &entry.value.content else {
        wrong_type(
            &entry.value,
            "text such as `1 AND (2 OR 3)`",
            section.findings,
        );
        return None;
    };
    let place = &entry.value.place;
    match logic::parse(text) {
        Ok(logic) => Some(Sp::new(logic, place.clone())),
        Err(error) => {
            let message = format!("the logic cannot be read: {}", error.message);
            let at = match plain {
                true => within(place, text, error.offset, error.length),
                false => place.clone(),
            };
            section.findings.error(Code::CriteriaLogic, &at, message);
            None
        }
    }
}

/// The part of an unquoted text at `offset`, or all of it where it runs over several lines.
fn within(place: &Place, text: &str, offset: usize, length: usize) -> Place {
    if place.length != text.len() || offset > text.len() {
        return place.clone();
    }
    let before = text.get(..offset).unwrap_or_default();
    Place {
        column: place.column + before.chars().count(),
        offset: place.offset + offset,
        length,
        ..place.clone()
    }
}

/// The criteria, one for each item of the list: what cannot be read is stood in for, so that numbers
/// in `logic` keep their meaning.
fn criteria(section: &mut Section<'_>) -> Vec<Criterion> {
    let Some(entry) = section.entry("criteria") else {
        return Vec::new();
    };
    let findings = section.findings;
    let read = |node| criterion(node, findings).unwrap_or_else(|| unread_criterion(node));
    match super::reader::items(&entry.value, findings) {
        Some(items) => items.iter().map(read).collect(),
        None => vec![unread_criterion(&entry.value)],
    }
}

fn unread_criterion(node: &Node) -> Criterion {
    Criterion {
        field: Sp::new(String::new(), node.place.clone()),
        operator: Sp::new(Operator::Equals, node.place.clone()),
        value: unread_value(&node.place),
        place: node.place.clone(),
    }
}

fn unread_value(place: &Place) -> Sp<Value> {
    Sp::new(Value::Literal(Scalar::Bool(false)), place.clone())
}

fn criterion(node: &Node, findings: &Findings) -> Option<Criterion> {
    let mut section = Section::open(node, &node.place, findings)?;
    let criterion = Criterion {
        field: section.required_text("field"),
        operator: section.required_word("operator", Operator::Equals),
        value: criterion_value(&mut section),
        place: section.place.clone(),
    };
    section.finish();
    Some(criterion)
}

fn criterion_value(section: &mut Section<'_>) -> Sp<Value> {
    let Some(entry) = section.entry("value") else {
        let missing = section.missing("value");
        return unread_value(&missing.place);
    };
    let read = value(&entry.value, section.findings);
    read.unwrap_or_else(|| unread_value(&entry.value.place))
}

/// A value, or a list of values of which any will do.
fn value(node: &Node, findings: &Findings) -> Option<Sp<Value>> {
    let Content::List(items) = &node.content else {
        return one_value(node, findings);
    };
    let values: Vec<Sp<Value>> = items
        .iter()
        .filter_map(|item| one_value(item, findings))
        .collect();
    if items.is_empty() {
        findings.error(
            Code::ValueUnfitForOperator,
            &node.place,
            "the list of values is empty",
        );
        return None;
    }
    Some(Sp::new(Value::List(values), node.place.clone()))
}

fn one_value(node: &Node, findings: &Findings) -> Option<Sp<Value>> {
    let value = match &node.content {
        Content::Scalar { text, plain } => Value::Literal(literal(node, text, *plain, findings)?),
        Content::Map(_) => reference(node, findings)?,
        Content::List(_) | Content::Null | Content::Broken => {
            wrong_type(node, "a value, or `\"\"` for a blank field", findings);
            return None;
        }
    };
    Some(Sp::new(value, node.place.clone()))
}

/// Quotes that no keyboard types and no YAML takes.
const CURLY: [char; 10] = [
    '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}',
    '\u{ab}', '\u{bb}',
];

/// Whether a text begins and ends with such a quote.
fn is_in_curly_quotes(text: &str) -> bool {
    let several = text.chars().nth(1).is_some();
    several && text.starts_with(CURLY) && text.ends_with(CURLY)
}

/// A plain value; what two readers would read differently is reported.
pub(super) fn literal(
    node: &Node,
    written: &str,
    is_plain: bool,
    findings: &Findings,
) -> Option<Scalar> {
    if !is_plain {
        return Some(Scalar::Text(written.to_owned()));
    }
    if is_in_curly_quotes(written) {
        let inner = written.trim_matches(CURLY);
        let message = format!("`{written}` holds its curly quotes, and no record has them");
        let help = format!("write straight quotes: \"{inner}\"");
        let finding = Diagnostic::error(Code::CurlyQuotes, message).at(&node.place);
        findings.push(finding.help(help));
        return None;
    }
    let help = match plain(written) {
        Plain::Bool(value) => return Some(Scalar::Bool(value)),
        Plain::Number => return Some(Scalar::Number(written.to_owned())),
        Plain::Text => return Some(Scalar::Text(written.to_owned())),
        Plain::MaybeBool(value) => {
            format!("write `{value}` for a checkbox, or \"{written}\" in quotes for the text")
        }
        Plain::MaybeNumber => {
            format!("write plain digits for a number, or \"{written}\" in quotes for the text")
        }
    };
    let message = format!("`{written}` without quotes can be read in two ways");
    let finding = Diagnostic::error(Code::AmbiguousScalar, message).at(&node.place);
    findings.push(finding.help(help));
    None
}

/// `{user: this}`, `{user: NAME}`, `{queue: NAME}` or `{recordType: NAME}`.
fn reference(node: &Node, findings: &Findings) -> Option<Value> {
    let (key, name) = one_key(node, &["user", "queue", "recordType"], findings)?;
    let name = text(name, findings)?.value;
    Some(match key {
        "user" if name == "this" => Value::User(UserRef::This),
        "user" => Value::User(UserRef::Named(name)),
        "queue" => Value::Queue(name),
        _ => Value::RecordType(name),
    })
}

/// The kinds of principal that have a name.
const NAMED_PRINCIPALS: [&str; 5] = [
    "role",
    "roleAndSubordinates",
    "roleAndSubordinatesInternal",
    "group",
    "queue",
];

fn principal_under(section: &mut Section<'_>, key: &'static str) -> Option<Sp<Principal>> {
    let entry = section.entry(key)?;
    let read = principal(&entry.value, section.findings);
    let stand_in = Principal::AllInternalUsers;
    Some(Sp::new(read.unwrap_or(stand_in), entry.value.place.clone()))
}

fn principal(node: &Node, findings: &Findings) -> Option<Principal> {
    match &node.content {
        Content::Map(_) => named_principal(node, findings),
        Content::Scalar { text, .. } if &**text == "allInternalUsers" => {
            Some(Principal::AllInternalUsers)
        }
        Content::Scalar { text, .. } => {
            let message = format!("`{text}` does not say what kind of thing it is");
            let finding = Diagnostic::error(Code::WrongType, message).at(&node.place);
            let help =
                format!("write `{{role: {text}}}`, `{{group: {text}}}` or `allInternalUsers`");
            findings.push(finding.help(help));
            None
        }
        _ => {
            wrong_type(
                node,
                "a role, group or queue such as `{role: NAME}`",
                findings,
            );
            None
        }
    }
}

fn named_principal(node: &Node, findings: &Findings) -> Option<Principal> {
    let (key, name) = one_key(node, &NAMED_PRINCIPALS, findings)?;
    let name = text(name, findings)?.value;
    Some(match key {
        "role" => Principal::Role(name),
        "roleAndSubordinates" => Principal::RoleAndSubordinates(name),
        "roleAndSubordinatesInternal" => Principal::RoleAndSubordinatesInternal(name),
        "group" => Principal::Group(name),
        _ => Principal::Queue(name),
    })
}
