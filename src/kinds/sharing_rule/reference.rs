//! References in criteria: users, queues and record types by name, never by an id written by hand.

use crate::code::Code;
use crate::criteria::{Criteria, stored_text};
use crate::diagnostic::Diagnostic;
use crate::kinds::picklist::instead;
use crate::live::{Known, Live, Reference};
use crate::manifest::{self, Manifest, Sharing, UserRef, Value};
use std::collections::BTreeMap;

/// A rule's criteria with references resolved as far as they were learnt, and the ids still to be looked up.
pub fn rule_criteria(
    rule: &manifest::Rule,
    object: &str,
    manifest: &Manifest,
    live: &Live,
) -> (Criteria, BTreeMap<String, Reference>) {
    let lookups = std::cell::RefCell::new(BTreeMap::new());
    let resolve = |value: &Value| {
        let Some(reference) = reference(value, object, manifest) else {
            return plain(value);
        };
        if let Some(known) = live.reference(&reference).found() {
            return known.to_owned();
        }
        let placeholder = format!("@{{{}}}", reference.what());
        let mut lookups = lookups.borrow_mut();
        lookups.insert(placeholder.clone(), reference);
        placeholder
    };
    (Criteria::of_manifest(rule, &resolve), lookups.into_inner())
}

/// Criteria with days in the org's own spelling, so that the same day is no change.
pub(super) fn as_spelled(
    criteria: Criteria,
    spelled: Option<&Criteria>,
    object: &str,
    live: &Live,
) -> Criteria {
    let Some(spelled) = spelled else {
        return criteria;
    };
    let is_day = |field: &str| matches!(live.field_type(object, field), Some("date" | "datetime"));
    let organization = live.organization().learnt();
    let locale = organization.and_then(|organization| organization.locale.as_deref());
    let month_first = matches!(locale, None | Some("en_US" | "en_PH"));
    criteria.spelled_as(spelled, &is_day, month_first)
}

/// The id of what a value refers to (of a record type its label), where it is known.
pub fn referred_to(
    value: &Value,
    object: &str,
    manifest: &Manifest,
    live: &Live,
) -> Option<String> {
    let reference = reference(value, object, manifest)?;
    live.reference(&reference).found().map(str::to_owned)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Literal(scalar) => stored_text(scalar),
        _ => String::new(),
    }
}

/// References to what the org does not have.
pub(super) fn unresolved(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Vec<Diagnostic> {
    let references = references(sharing, manifest).into_iter();
    let missing = references.filter(|(reference, value)| {
        let ours = matches!(value.value, Value::User(UserRef::This));
        !ours && matches!(live.reference(reference), Known::Is(None))
    });
    missing
        .map(|(reference, value)| {
            let message = format!("the org has no {}", reference.what());
            let error = Diagnostic::error(Code::UnknownRecordInRule, message).at(&value.place);
            match &reference {
                Reference::RecordType(_, name) => near_record_type(error, name, sharing, live),
                _ => error,
            }
        })
        .collect()
}

/// The record types that there are, the nearest first.
fn near_record_type(error: Diagnostic, name: &str, sharing: &Sharing, live: &Live) -> Diagnostic {
    let described = live.object(&sharing.object).found();
    let kinds = described.map_or(&[][..], |described| described.record_types.as_slice());
    let labels: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    match labels.is_empty() {
        true => error,
        false => error.help(instead(name, &labels)),
    }
}

/// What the id (or, for a record type, the label) behind a value is looked up by.
fn reference(value: &Value, object: &str, manifest: &Manifest) -> Option<Reference> {
    Some(match value {
        Value::User(UserRef::This) => {
            let user = manifest.spec.user.as_ref()?;
            Reference::Username(user.username.value.clone())
        }
        Value::User(UserRef::Named(name)) => Reference::User(name.clone()),
        Value::Queue(name) => Reference::Queue(name.clone()),
        Value::RecordType(name) => Reference::RecordType(object.to_owned(), name.clone()),
        Value::Literal(_) | Value::List(_) => return None,
    })
}

/// Every reference of an object's rules, with the value that makes it.
pub(super) fn references(
    sharing: &Sharing,
    manifest: &Manifest,
) -> Vec<(Reference, manifest::Sp<Value>)> {
    let criteria = sharing.rules.iter().flat_map(|rule| rule.criteria.iter());
    let values = criteria.flat_map(|criterion| match &criterion.value.value {
        Value::List(items) => items.clone(),
        _ => vec![criterion.value.clone()],
    });
    values
        .filter_map(|value| Some((reference(&value.value, &sharing.object, manifest)?, value)))
        .collect()
}
