//! Records of data objects, as far as the running user sees them.

use std::borrow::Cow;

use serde_json::Value;

use super::Record;
use crate::emulator::sharing::Sight;
use crate::emulator::store::*;
use crate::emulator::viewer::Viewer;

/// The records of one data object and who looks at them.
pub struct Stored<'v> {
    object: &'v str,
    table: &'v Table,
    /// `None` for a user or object that is not there: nothing is seen.
    sight: Option<Sight<'v>>,
}

impl<'v> Stored<'v> {
    /// The records of an object; `None` where it keeps none.
    pub fn of(viewer: &Viewer<'v>, object: &str) -> Option<Stored<'v>> {
        let (object, table) = viewer.org.records.get_key_value(object)?;
        Some(Stored {
            object,
            table,
            sight: Sight::new(viewer.org, &viewer.user, object, viewer.now),
        })
    }

    /// The parts of the table.
    pub fn parts(&self) -> impl Iterator<Item = &'v Part> {
        self.table.parts()
    }

    /// Whether the user sees every record.
    pub fn sees_all(&self) -> bool {
        self.sight.as_ref().is_some_and(Sight::sees_all)
    }

    /// How many records there are, seen or not.
    pub fn count(&self) -> usize {
        self.table.len()
    }

    /// Whether the user sees a record.
    pub fn sees(&self, id: &str, row: &Row) -> bool {
        self.sight
            .as_ref()
            .is_some_and(|sight| sight.sees_row(id, row))
    }

    /// A record as a row of a query.
    pub fn record(&self, (id, row): (&'v Id, &'v Row)) -> Record<'v> {
        Record::Stored(self.object, id, row)
    }

    /// The records with these ids that the user sees, in the order of ids.
    pub fn with_ids(&self, ids: &[String]) -> Vec<Record<'v>> {
        let rows = ids.iter().filter_map(|id| self.table.get_key_value(id));
        let mut found: Vec<(&Id, &Row)> = rows.filter(|(id, row)| self.sees(id, row)).collect();
        found.sort_by_key(|(id, _)| *id);
        found.dedup_by_key(|(id, _)| *id);
        found
            .into_iter()
            .map(|record| self.record(record))
            .collect()
    }

    /// Every record the user sees.
    pub fn all(&self) -> Vec<Record<'v>> {
        let rows = self.table.iter().filter(|(id, row)| self.sees(id, row));
        rows.map(|record| self.record(record)).collect()
    }
}

/// The value of a field of a record.
pub(super) fn value<'r>(
    org: &Org,
    object: &str,
    id: &str,
    row: &'r Row,
    column: &str,
) -> Cow<'r, Value> {
    match row.get(column) {
        Some(value) => Cow::Borrowed(value),
        None if column == "Id" => Cow::Owned(Value::from(id)),
        None => Cow::Owned(unset(org, object, column)),
    }
}

/// What a field shows that a record was never given: a checkbox its default, since it cannot be empty; others null.
fn unset(org: &Org, object: &str, column: &str) -> Value {
    let checkbox = org
        .field(object, column)
        .filter(|field| field.kind == FieldType::Boolean);
    checkbox.map_or(Value::Null, |field| {
        field.default_value.clone().unwrap_or(Value::Bool(false))
    })
}
