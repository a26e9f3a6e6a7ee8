//! Records of data objects, as far as the running user sees them.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::Record;
use crate::sharing::Sight;
use crate::store::*;
use crate::viewer::Viewer;

/// What a table of the org holds.
pub(crate) trait Tabled: Fielded + Sized {
    /// It as a row of a query.
    fn record<'v>(object: &'v str, id: &'v Id, held: &'v Self) -> Record<'v>;

    /// Whether somebody with this sight sees it.
    fn is_seen(&self, id: &str, sight: &Sight<'_>) -> bool;
}

impl Tabled for Row {
    fn record<'v>(object: &'v str, id: &'v Id, held: &'v Row) -> Record<'v> {
        Record::Stored(object, id, held)
    }

    fn is_seen(&self, id: &str, sight: &Sight<'_>) -> bool {
        sight.shows(id, self)
    }
}

impl Tabled for User {
    fn record<'v>(_: &'v str, _: &'v Id, held: &'v User) -> Record<'v> {
        Record::User(held)
    }

    fn is_seen(&self, _: &str, _: &Sight<'_>) -> bool {
        true
    }
}

/// The records of one object that are kept as they are, and who looks at them.
pub(crate) struct Stored<'v, T = Row> {
    object: &'v str,
    table: &'v Table<T>,
    sight: Seen<'v>,
}

enum Seen<'v> {
    All,
    None,
    Some(Box<Sight<'v>>),
}

impl<'v> Stored<'v> {
    /// The records of an object, as far as the user sees them; `None` where it keeps none.
    pub(crate) fn of(viewer: &Viewer<'v>, object: &str) -> Option<Stored<'v>> {
        let all = Stored::all_of(viewer.org, object)?;
        let sight = Sight::new(viewer.org, &viewer.user, all.object, viewer.now);
        let sight = match sight {
            // A user or an object that is not there.
            None => Seen::None,
            Some(sight) if sight.sees_all() => Seen::All,
            Some(sight) => Seen::Some(Box::new(sight)),
        };
        Some(Stored { sight, ..all })
    }

    /// All records of an object, without regard to sharing; `None` where it keeps none.
    pub(crate) fn all_of(org: &'v Org, object: &str) -> Option<Stored<'v>> {
        let (object, table) = org.records.get_key_value(object)?;
        Some(Stored {
            object,
            table,
            sight: Seen::All,
        })
    }

    /// The records with these ids that the user sees, in the order of ids.
    pub(crate) fn with_ids(&self, ids: &[String]) -> Vec<Record<'v>> {
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
    pub(crate) fn all(&self) -> Vec<Record<'v>> {
        let rows = self.table.iter().filter(|(id, row)| self.sees(id, row));
        rows.map(|record| self.record(record)).collect()
    }
}

impl<'v> Stored<'v, User> {
    /// All users: whoever sees the object sees every one of them.
    pub(crate) fn users(org: &'v Org) -> Stored<'v, User> {
        Stored {
            object: "User",
            table: &org.users,
            sight: Seen::All,
        }
    }
}

impl<'v, T: Tabled> Stored<'v, T> {
    /// The parts of the table.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'v Part<T>> + use<'v, T> {
        self.table.parts()
    }

    /// Whether the user sees a record.
    pub(crate) fn sees(&self, id: &str, held: &T) -> bool {
        match &self.sight {
            Seen::All => true,
            Seen::None => false,
            Seen::Some(sight) => held.is_seen(id, sight),
        }
    }

    /// Whether the user sees every record.
    pub(crate) fn sees_all(&self) -> bool {
        matches!(self.sight, Seen::All)
    }

    /// How many records there are, seen or not.
    pub(crate) fn count(&self) -> usize {
        self.table.len()
    }

    /// The values of a field among all records, seen or not.
    pub(crate) fn tally(&self, field: &str) -> Arc<Vec<Tallied>> {
        self.table.tally(field)
    }

    /// A record as a row of a query.
    pub(crate) fn record(&self, (id, held): (&'v Id, &'v T)) -> Record<'v> {
        T::record(self.object, id, held)
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
