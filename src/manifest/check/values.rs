//! Values of criteria: what an operator takes, and what a rule can hold.
//!
//! The platform keeps a value as one text of at most 240 characters in which a comma separates
//! alternatives, and cuts longer ones off without a word ("Criteria-Based Sharing Rules", help).

use super::super::findings::Findings;
use super::super::sharing::{Criterion, Scalar, UserRef, Value};
use super::super::spanned::Sp;
use super::super::spec::Spec;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// Longest value of a criterion, in characters.
const MOST_CHARACTERS: usize = 240;

pub(super) fn check(spec: &Spec, criterion: &Criterion, findings: &Findings) {
    let values: Vec<&Sp<Value>> = match &criterion.value.value {
        Value::List(values) => values.iter().collect(),
        _ => vec![&criterion.value],
    };
    check_operator(criterion, &values, findings);
    check_length(criterion, &values, findings);
    for value in values {
        check_separators(value, findings);
        check_user(spec, value, findings);
    }
}

fn check_operator(criterion: &Criterion, values: &[&Sp<Value>], findings: &Findings) {
    let operator = &criterion.operator;
    let blank = values.iter().any(|value| is_blank(value));
    if operator.is_ordering() && (values.len() > 1 || blank) {
        let message = format!("`{operator}` compares with exactly one value that is not blank");
        findings.error(Code::ValueUnfitForOperator, &criterion.value.place, message);
    }
    if operator.is_negative() && !blank {
        let message = format!(
            "`{operator}` also matches records where {} is blank",
            criterion.field.value
        );
        let finding = Diagnostic::note(Code::NegativeOperator, message).at(&operator.place);
        let help = format!(
            "add a criterion on {} with `notEqual` and `\"\"` to leave blank ones out",
            criterion.field.value
        );
        findings.push(finding.help(help));
    }
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Literal(Scalar::Text(text)) if text.is_empty())
}

/// The value as the rule will hold it, as far as it is known without an org: ids have 18 characters.
fn check_length(criterion: &Criterion, values: &[&Sp<Value>], findings: &Findings) {
    let lengths = values.iter().map(|value| match &value.value {
        Value::Literal(Scalar::Text(text)) if text.contains(',') => text.chars().count() + 2,
        Value::Literal(scalar) => scalar.to_string().chars().count(),
        Value::RecordType(name) => name.chars().count(),
        Value::User(_) | Value::Queue(_) => 18,
        Value::List(_) => 0,
    });
    let length = lengths.sum::<usize>() + values.len().saturating_sub(1);
    if length > MOST_CHARACTERS {
        let message = format!(
            "the value has {length} characters; the platform cuts it off after {MOST_CHARACTERS}"
        );
        let finding = Diagnostic::error(Code::ValueTooLong, message).at(&criterion.value.place);
        findings
            .push(finding.help("spread the values over several criteria joined by OR in `logic`"));
    }
}

/// A comma separates alternatives and quotes protect commas, so both in one value cannot be written.
fn check_separators(value: &Sp<Value>, findings: &Findings) {
    let Value::Literal(Scalar::Text(text)) = &value.value else {
        return;
    };
    let quoted = text.contains('"');
    if quoted && (text.contains(',') || text.starts_with('"')) {
        let message =
            "a rule cannot hold a value with a double quote beside a comma, or at its start";
        findings.error(Code::ValueNotWritable, &value.place, message);
    } else if text.contains(',') {
        let message = "the comma is taken as part of this one value";
        let finding = Diagnostic::note(Code::CommaInValue, message).at(&value.place);
        findings.push(finding.help("write a list for alternatives: `value: [first, second]`"));
    }
    if text.contains(['\n', '\r', '\t']) {
        let message = "a rule cannot hold a value of several lines or with tabs";
        findings.error(Code::ValueNotWritable, &value.place, message);
    }
}

/// Whose access is expected, has to be somebody.
pub(super) fn check_expectations(spec: &Spec, findings: &Findings) {
    let of_nobody = spec.expect.iter().filter(|_| spec.user.is_none());
    let of_nobody = of_nobody.filter(|expected| expected.user.value == UserRef::This);
    for expected in of_nobody {
        let message = "the access of this manifest's user is expected, and it has no `user`";
        findings.error(Code::NoUserInManifest, &expected.user.place, message);
    }
}

fn check_user(spec: &Spec, value: &Sp<Value>, findings: &Findings) {
    if value.value == Value::User(UserRef::This) && spec.user.is_none() {
        let message = "`{user: this}` needs a `user` in this manifest";
        findings.error(Code::NoUserInManifest, &value.place, message);
    }
}
