//! What the platform takes as a criterion: which fields exist, which types a rule may ask for, which values fit.

use super::unknown_name;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{DescribedField, Live};
use crate::manifest::{Criterion, Manifest, Rule, Scalar, Sharing, Value, nearest};

/// Describe types that criteria-based sharing takes (Security guide, Criteria-Based Sharing Rules).
const ALLOWED: [&str; 13] = [
    "boolean",
    "date",
    "datetime",
    "double",
    "email",
    "int",
    "percent",
    "phone",
    "picklist",
    "reference",
    "string",
    "textarea",
    "url",
];

/// Checks every criterion of a rule against the org's fields.
pub(super) fn check(
    rule: &Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
) -> Vec<Diagnostic> {
    let checks = rule
        .criteria
        .iter()
        .filter_map(|criterion| check_one(criterion, sharing, manifest, live));
    checks.collect()
}

fn check_one(
    criterion: &Criterion,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
) -> Option<Diagnostic> {
    if let Some(removed) = removed_here(criterion, sharing, manifest) {
        return Some(removed);
    }
    let own = manifest.spec.field(&sharing.object, &criterion.field);
    let made_here = own.is_some_and(|field| !field.absent);
    let Some(field) = live.field(&sharing.object, &criterion.field) else {
        let known = made_here || live.offline || hidden(criterion, sharing, live);
        return (!known).then(|| unknown_field(criterion, sharing, live));
    };
    unfit_type(criterion, sharing, field).or_else(|| unfit_value(criterion, field))
}

/// The same manifest removes the field.
fn removed_here(
    criterion: &Criterion,
    sharing: &Sharing,
    manifest: &Manifest,
) -> Option<Diagnostic> {
    let field = manifest.spec.field(&sharing.object, &criterion.field);
    let field = field.filter(|field| field.absent)?;
    let message = format!(
        "the rule asks for `{}`, which this manifest removes",
        criterion.field
    );
    let diagnostic =
        Diagnostic::error(Code::CriterionOnRemovedField, message).at(&criterion.field.place);
    Some(
        diagnostic
            .help("keep the field, or drop the criterion")
            .see(&field.name.place, "removed here"),
    )
}

/// A field the running user cannot see, because no profile or permission set shows it, is in the metadata all the
/// same.
fn hidden(criterion: &Criterion, sharing: &Sharing, live: &Live) -> bool {
    let Some(object) = live.object_document(&sharing.object).found() else {
        return false;
    };
    object
        .children_named("fields")
        .any(|field| field.text_of("fullName") == Some(&criterion.field))
}

fn unknown_field(criterion: &Criterion, sharing: &Sharing, live: &Live) -> Diagnostic {
    let described = live.object(&sharing.object).found().into_iter();
    let fields = described.flat_map(|described| &described.fields);
    let names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
    let what = format!("field `{}.{}`", sharing.object, criterion.field);
    let mut diagnostic = unknown_name(
        Code::UnknownField,
        "field",
        &criterion.field,
        &criterion.field.place,
        names.iter().copied(),
    );
    diagnostic.message = format!("the org has no {what}");
    let custom = criterion.field.ends_with("__c");
    if custom && nearest(&criterion.field, &names).is_none() {
        diagnostic = diagnostic.help("let the manifest make it: add it under `spec.fields`");
    }
    diagnostic
}

fn unfit_type(
    criterion: &Criterion,
    sharing: &Sharing,
    field: &DescribedField,
) -> Option<Diagnostic> {
    let kind = field.kind.as_str();
    let long = kind == "textarea" && field.length > 255;
    let mut targets = field.reference_to.iter();
    let lookup = kind == "reference"
        && !targets.any(|target| matches!(target.as_str(), "User" | "Group" | "RecordType"));
    let what = match (field.calculated, long, lookup, ALLOWED.contains(&kind)) {
        (true, ..) => "a formula".to_owned(),
        (_, true, ..) => "a long text area".to_owned(),
        (_, _, true, _) => "a lookup to something else than a user or queue".to_owned(),
        (.., false) => format!("of type {kind}"),
        _ => return None,
    };
    let message = format!(
        "`{}.{}` is {what}: sharing rules cannot ask for it",
        sharing.object, criterion.field
    );
    let help = "copy its value into a text, number or checkbox field by a flow, and ask for that";
    Some(
        Diagnostic::error(Code::CriterionNotPossible, message)
            .at(&criterion.field.place)
            .help(help),
    )
}

fn unfit_value(criterion: &Criterion, field: &DescribedField) -> Option<Diagnostic> {
    let kind = field.kind.as_str();
    let unfit = |value: &Value| match (kind, value) {
        ("boolean", Value::Literal(Scalar::Bool(_))) => None,
        ("boolean", _) => Some("a checkbox compares with `true` or `false`"),
        ("double" | "int" | "percent", Value::Literal(Scalar::Number(_))) => None,
        ("double" | "int" | "percent", Value::Literal(Scalar::Text(text))) if text.is_empty() => {
            None
        }
        ("double" | "int" | "percent", _) => Some("a number field compares with a number"),
        (
            "string" | "email" | "phone" | "url" | "textarea" | "picklist",
            Value::Literal(Scalar::Bool(_)),
        ) => Some("a text field compares with text; put it in quotes"),
        _ => None,
    };
    let place = &criterion.value.place;
    let why = criterion.value.each().find_map(unfit)?;
    let message = format!(
        "the value does not fit `{}`, a field of type {kind}",
        criterion.field
    );
    Some(
        Diagnostic::error(Code::CriterionNotPossible, message)
            .at(place)
            .help(why),
    )
}
