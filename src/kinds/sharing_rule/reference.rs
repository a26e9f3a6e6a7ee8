//! References in criteria: users, queues and record types by name, never by an id written by hand.

use crate::change::Lookup;
use crate::code::Code;
use crate::criteria::{Criteria, stored};
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, ORGANIZATION};
use crate::manifest::{self, Manifest, Sharing, UserRef, Value};
use crate::soql;
use std::collections::BTreeMap;

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
        if let Some(known) = found(value, &question, facts) {
            return known.to_owned();
        }
        let placeholder = format!("@{{{}}}", question.what);
        lookups.borrow_mut().insert(placeholder.clone(), question);
        placeholder
    };
    (Criteria::of_manifest(rule, &resolve), lookups.into_inner())
}

/// Criteria with days in the org's own spelling, so that the same day is no change.
pub(super) fn as_spelled(
    criteria: Criteria,
    live: Option<&Criteria>,
    object: &str,
    facts: &Facts,
) -> Criteria {
    let Some(live) = live else { return criteria };
    let is_day = |field: &str| matches!(facts.field_type(object, field), Some("date" | "datetime"));
    let organization = facts.rows(ORGANIZATION).first();
    let locale = organization.and_then(|row| row.text("DefaultLocaleSidKey"));
    let month_first = matches!(locale, None | Some("en_US" | "en_PH"));
    criteria.spelled_as(live, &is_day, month_first)
}

/// The id of what a value refers to (of a record type its label), where it is known.
pub fn referred_to(
    value: &Value,
    object: &str,
    manifest: &Manifest,
    facts: &Facts,
) -> Option<String> {
    let question = reference(value, object, manifest)?;
    found(value, &question, facts).map(str::to_owned)
}

fn found<'a>(value: &Value, question: &Lookup, facts: &'a Facts) -> Option<&'a str> {
    let column = match value {
        Value::RecordType(_) => "Name",
        _ => "Id",
    };
    facts.rows(&question.soql).first()?.text(column)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Literal(scalar) => stored(scalar),
        _ => String::new(),
    }
}

/// References to what the org does not have.
pub(super) fn unresolved(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> Vec<Diagnostic> {
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
            Diagnostic::error(
                Code::UnknownRecordInRule,
                format!("the org has no {}", lookup.what),
            )
            .at(&value.place)
        })
        .collect()
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

/// Every reference of an object's rules, with the value that makes it.
pub(super) fn references(
    sharing: &Sharing,
    manifest: &Manifest,
) -> Vec<(Lookup, manifest::Sp<Value>)> {
    let criteria = sharing.rules.iter().flat_map(|rule| rule.criteria.iter());
    let values = criteria.flat_map(|criterion| match &criterion.value.value {
        Value::List(items) => items.clone(),
        _ => vec![criterion.value.clone()],
    });
    values
        .filter_map(|value| Some((reference(&value.value, &sharing.object, manifest)?, value)))
        .collect()
}
