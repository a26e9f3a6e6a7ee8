//! Users on the way back: as the org has them, and what gives them their values again.

use super::{COLUMNS, read_usual};
use crate::change::{Attributes, FieldChange, Record, RecordValue};
use crate::kinds::stands::laid_open;
use crate::live::{Live, Reference};
use std::borrow::Cow;

/// A user as the org has it, laid open.
pub(in crate::kinds) fn stands(username: &str, live: &Live) -> Option<Attributes> {
    laid_open(&read_usual(live.user(username).found()?))
}

/// The record that gives a user these values; a role that is null goes.
pub fn user_columns(fields: &[FieldChange]) -> Record {
    Record {
        object: "User",
        values: fields.iter().filter_map(column_of).collect(),
    }
}

fn column_of(field: &FieldChange) -> Option<(Cow<'static, str>, RecordValue)> {
    let literal = || RecordValue::Literal(field.after.clone());
    let name = field.after.as_str().unwrap_or_default().to_owned();
    let (column, value) = match field.path.as_str() {
        "role" if field.after.is_null() => ("UserRoleId", literal()),
        "role" => ("UserRoleId", RecordValue::Lookup(Reference::Role(name))),
        "profile" => ("ProfileId", RecordValue::Lookup(Reference::Profile(name))),
        path => {
            let (_, column) = COLUMNS.iter().find(|(attribute, _)| *attribute == path)?;
            (*column, literal())
        }
    };
    Some((column.into(), value))
}
