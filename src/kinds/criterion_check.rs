//! What the platform takes as a criterion: which fields exist, which types a rule may ask for, which values fit.

mod listed;

use super::picklist::Picklist;
use super::unknown_name;
use crate::code::Code;
use crate::criteria::Criteria;
use crate::diagnostic::Diagnostic;
use crate::live::{DescribedField, Live};
use crate::manifest::{Criterion, Manifest, Rule, Scalar, Sharing, Value, nearest};
use crate::xml::Element;

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

/// Types of a field in metadata that criteria-based sharing takes (the same), for fields that the describe hides.
const ALLOWED_IN_METADATA: [&str; 13] = [
    "AutoNumber",
    "Checkbox",
    "Date",
    "DateTime",
    "Email",
    "Lookup",
    "Number",
    "Percent",
    "Phone",
    "Picklist",
    "Text",
    "TextArea",
    "Url",
];

/// Checks every criterion of a rule against the org's fields. What the rule asks for already, where the org has it, the
/// org has taken.
pub(super) fn check(
    rule: &Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
    standing: Option<&Criteria>,
) -> Vec<Diagnostic> {
    let checks = rule
        .criteria
        .iter()
        .flat_map(|criterion| check_one(criterion, sharing, manifest, live, standing));
    checks.collect()
}

fn check_one(
    criterion: &Criterion,
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
    standing: Option<&Criteria>,
) -> Vec<Diagnostic> {
    if let Some(removed) = removed_here(criterion, sharing, manifest) {
        return vec![removed];
    }
    let own = manifest.spec.field(&sharing.object, &criterion.field);
    let own = own.filter(|field| !field.absent);
    if let Some(field) = live.field(&sharing.object, &criterion.field) {
        let unfit = unfit_type(criterion, sharing, field).or_else(|| unfit_value(criterion, field));
        return match unfit {
            Some(unfit) => vec![unfit],
            None if listed::is_record_type(criterion) => {
                listed::record_types(criterion, sharing, live, standing)
            }
            None => {
                let document = in_document(criterion, sharing, live);
                let picklist = Picklist::described(field, own).with_inactive_of(document);
                listed::check(criterion, &picklist, standing)
            }
        };
    }
    if let Some(own) = own {
        return listed::check(criterion, &Picklist::made_here(own), standing);
    }
    if live.offline {
        return Vec::new();
    }
    match in_document(criterion, sharing, live) {
        None => vec![unknown_field(criterion, sharing, live)],
        Some(field) => match unfit_hidden(criterion, sharing, field) {
            Some(unfit) => vec![unfit],
            None => listed::check(criterion, &Picklist::in_metadata(field), standing),
        },
    }
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

/// The field in the object's metadata, where also those are that the running user cannot see, because no profile or
/// permission set shows them.
fn in_document<'a>(
    criterion: &Criterion,
    sharing: &Sharing,
    live: &'a Live,
) -> Option<&'a Element> {
    let object = live.object_document(&sharing.object).found()?;
    object
        .children_named("fields")
        .find(|field| field.text_of("fullName") == Some(&criterion.field))
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
    if let Some(field) = labelled(&criterion.field, sharing, live) {
        return diagnostic.help(format!("that is a label: write `{}`", field.name));
    }
    let custom = criterion.field.ends_with("__c");
    if custom && nearest(&criterion.field, &names).is_none() {
        diagnostic = diagnostic.help("let the manifest make it: add it under `spec.fields`");
    }
    diagnostic
}

/// The field whose label a name is, without regard to case and to how its words are joined.
fn labelled<'a>(name: &str, sharing: &Sharing, live: &'a Live) -> Option<&'a DescribedField> {
    let plain = |text: &str| {
        let signs = text.chars().filter(|sign| sign.is_alphanumeric());
        signs.collect::<String>().to_lowercase()
    };
    let described = live.object(&sharing.object).found()?;
    let mut fields = described.fields.iter();
    fields.find(|field| !field.label.is_empty() && plain(&field.label) == plain(name))
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
    let unfiltered = field.filterable == Some(false);
    let what = match (field.calculated, long, lookup, ALLOWED.contains(&kind)) {
        (true, ..) => "a formula".to_owned(),
        (_, true, ..) => "a long text area".to_owned(),
        (_, _, true, _) => "a lookup to something else than a user or queue".to_owned(),
        (.., false) => format!("of type {kind}"),
        _ if unfiltered && field.encrypted => "encrypted".to_owned(),
        _ if unfiltered => "not open to conditions".to_owned(),
        _ => return None,
    };
    Some(not_possible(criterion, sharing, &what))
}

/// The same of a field that only metadata tells of. Standard fields have no type there.
fn unfit_hidden(criterion: &Criterion, sharing: &Sharing, field: &Element) -> Option<Diagnostic> {
    if field.text_of("formula").is_some() {
        return Some(not_possible(criterion, sharing, "a formula"));
    }
    let kind = field.text_of("type")?;
    let unfit = !ALLOWED_IN_METADATA.contains(&kind);
    unfit.then(|| not_possible(criterion, sharing, &format!("of type {kind}")))
}

fn not_possible(criterion: &Criterion, sharing: &Sharing, what: &str) -> Diagnostic {
    let message = format!(
        "`{}.{}` is {what}: sharing rules cannot ask for it",
        sharing.object, criterion.field
    );
    let help = "copy its value into a text, number or checkbox field by a flow, and ask for that";
    Diagnostic::error(Code::CriterionNotPossible, message)
        .at(&criterion.field.place)
        .help(help)
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
