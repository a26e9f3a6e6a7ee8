//! Records in the order a query asks for.

use std::collections::BinaryHeap;

use serde_json::Value;

use super::ast::{Operand, Ordering};
use super::compare;
use super::evaluate::Scope;
use super::resolve::Path;
use crate::soql_error::SoqlError;
use crate::viewer::Viewer;
use crate::views::Record;

/// A field to sort by, whether from the last to the first, and whether missing values come last.
pub(super) type Order = (Path, bool, bool);

/// Resolves `ORDER BY`.
pub(super) fn ordering(scope: &Scope<'_, '_>, terms: &[Ordering]) -> Result<Vec<Order>, SoqlError> {
    let term = |term: &Ordering| match &term.by {
        Operand::Field(name) => Ok((scope.path(name)?, term.descending, term.nulls_last)),
        Operand::Aggregate(aggregate) => {
            let message = "Ordered field must be grouped or aggregated".to_owned();
            Err(SoqlError::malformed(aggregate.at, message))
        }
    };
    terms.iter().map(term).collect()
}

/// The first records by the terms, `most` at most; without terms, in the order of the ids. Only so many are kept in
/// order at a time, since a table may hold a million.
pub(super) fn first<'v>(
    viewer: &Viewer<'_>,
    records: Vec<Record<'v>>,
    order: &[Order],
    most: usize,
) -> Vec<Record<'v>> {
    if order.is_empty() {
        return records;
    }
    let key = |record: &Record<'_>| SortKey {
        values: order
            .iter()
            .map(|(path, ..)| path.value(viewer, record).into_owned())
            .collect(),
        order,
    };
    let mut first = BinaryHeap::new();
    for (place, record) in records.iter().enumerate() {
        first.push((key(record), place));
        if first.len() > most {
            first.pop();
        }
    }
    let places = first.into_sorted_vec().into_iter();
    places
        .filter_map(|(_, place)| records.get(place).cloned())
        .collect()
}

struct SortKey<'o> {
    values: Vec<Value>,
    order: &'o [Order],
}

impl Ord for SortKey<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let pairs = self.values.iter().zip(&other.values).zip(self.order);
        let orders = pairs.map(|(values, (path, descending, nulls_last))| {
            compare::sort(path.kind, values, *descending, *nulls_last)
        });
        orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    }
}

impl PartialOrd for SortKey<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortKey<'_> {}
