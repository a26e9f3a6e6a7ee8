//! Values of a request against the fields they are for.

use serde_json::{Number, Value, json};

use super::{Fields, no_such_column};
use crate::http::Refusal;
use crate::moment;
use crate::store::{FieldSchema, FieldType, ObjectSchema, Row, canonical};
use crate::viewer::Viewer;
use crate::views;

/// What the values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new record.
    Create,
    /// A change.
    Update,
}

/// The values by canonical field name, in their canonical form.
pub(super) fn checked(
    viewer: &Viewer<'_>,
    object: &ObjectSchema,
    fields: Fields,
    purpose: Purpose,
) -> Result<Row, Refusal> {
    let mut row = Row::new();
    let mut closed = Vec::new();
    for (name, value) in fields {
        if name == "attributes" {
            continue;
        }
        let field = views::field(viewer.org, object, &name)
            .filter(|field| viewer.sees_field(object, field));
        let Some(field) = field else {
            return Err(no_such_column(&object.name, &name));
        };
        let writable = if purpose == Purpose::Create {
            field.createable
        } else {
            field.updateable
        };
        if !writable || !viewer.edits_field(object, &field) {
            closed.push(field.name.clone());
            continue;
        }
        row.insert(field.name.clone(), converted(viewer, &field, value)?);
    }
    if closed.is_empty() {
        Ok(row)
    } else {
        Err(read_only(&closed))
    }
}

/// `Unable to create/update fields: X. …`.
pub(super) fn read_only(fields: &[String]) -> Refusal {
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
        fields.join(", ")
    );
    Refusal::new(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message).about(fields.iter().cloned())
}

fn converted(viewer: &Viewer<'_>, field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    if value.is_null() || value.as_str() == Some("") {
        return match field.kind {
            FieldType::Boolean => Err(unreadable(field, &value)),
            _ => Ok(Value::Null),
        };
    }
    match field.kind {
        FieldType::Boolean => boolean(field, value),
        FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent => {
            number(field, value)
        }
        FieldType::Date => day(field, value),
        FieldType::DateTime => moment(field, value),
        FieldType::Id | FieldType::Reference => reference(viewer, field, value),
        FieldType::Address | FieldType::Location => Err(unreadable(field, &value)),
        _ => text(field, value),
    }
}

fn unreadable(field: &FieldSchema, value: &Value) -> Refusal {
    let message = format!(
        "Cannot deserialize instance of {} from {value} for field {}",
        field.kind.as_str(),
        field.name
    );
    Refusal::new(400, "JSON_PARSER_ERROR", message)
}

fn boolean(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
        _ => Err(unreadable(field, &value)),
    }
}

fn number(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let read = match &value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => text.parse::<f64>().ok().and_then(Number::from_f64),
        _ => None,
    };
    let read = read.filter(|number| {
        field.kind != FieldType::Int || number.as_f64().is_some_and(|n| n.fract() == 0.0)
    });
    read.map(Value::Number)
        .ok_or_else(|| unreadable(field, &value))
}

fn day(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let read = value
        .as_str()
        .and_then(|text| text.get(..10))
        .filter(|text| moment::day(text).is_some());
    read.map(Value::from)
        .ok_or_else(|| unreadable(field, &value))
}

fn moment(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let read = value
        .as_str()
        .and_then(|text| moment::moment(text).or_else(|| moment::midnight(moment::day(text)?)));
    read.map(|at| json!(moment::rest_moment(at)))
        .ok_or_else(|| unreadable(field, &value))
}

fn reference(viewer: &Viewer<'_>, field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let Some(id) = value.as_str().and_then(canonical) else {
        let given = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let message = format!("{}: id value of incorrect type: {given}", field.label);
        return Err(Refusal::new(400, "MALFORMED_ID", message).about([field.name.as_str()]));
    };
    let mut targets = field.reference_to.iter();
    if field.kind == FieldType::Reference
        && !targets.any(|target| views::by_id(viewer, target, &id).is_some())
    {
        return Err(super::bad_reference(&field.name));
    }
    Ok(Value::from(id))
}

fn text(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        other => return Err(unreadable(field, &other)),
    };
    if field.length > 0 && text.chars().count() > field.length as usize {
        let message = format!(
            "{}: data value too large: {text} (max length={})",
            field.label, field.length
        );
        return Err(Refusal::new(400, "STRING_TOO_LONG", message).about([field.name.as_str()]));
    }
    if field.kind == FieldType::Email && !is_email(&text) {
        let message = format!("{}: invalid email address: {text}", field.label);
        return Err(
            Refusal::new(400, "INVALID_EMAIL_ADDRESS", message).about([field.name.as_str()])
        );
    }
    if field.restricted_picklist
        && !field
            .picklist
            .iter()
            .any(|known| known.active && known.value == text)
    {
        return Err(bad_value(field, &text));
    }
    Ok(Value::from(text))
}

fn bad_value(field: &FieldSchema, text: &str) -> Refusal {
    let message = format!(
        "{}: bad value for restricted picklist field: {text}",
        field.label
    );
    Refusal::new(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)
        .about([field.name.as_str()])
}

/// The refusal of a value that a picklist of setup does not have.
pub(super) fn unknown_value(object: &ObjectSchema, name: &str, value: &str) -> Refusal {
    let named = FieldSchema {
        name: name.to_owned(),
        label: name.to_owned(),
        ..FieldSchema::default()
    };
    bad_value(object.field(name).unwrap_or(&named), value)
}

/// Whether a text looks like an e-mail address to the platform.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !"(),:;<>[]\\\"".contains(c) && c != '@';
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && local.chars().all(plain)
        && labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for (text, expected) in [
            ("a@b.example", true),
            ("a.b+c@d.e.example", true),
            ("a@b", false),
            ("@b.example", false),
            ("a b@c.example", false),
            ("a@.example", false),
        ] {
            assert_eq!(is_email(text), expected, "{text}");
        }
    }
}
