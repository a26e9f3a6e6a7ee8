//! The records that a grouped query looks at: one for each value, where everything it asks hangs on one field.

use super::super::evaluate::{self, Scope, Subject, Test};
use super::super::resolve::Path;
use super::super::scan;
use super::{Column, Function, Grouping, Output, Wish};
use crate::soql_error::SoqlError;
use crate::views::{Hints, Record};

/// A record, and how many records it stands for: all that have the same value in the field the query groups by.
pub(super) type Weighed<'v> = (Record<'v>, usize);

/// The records that pass. Where everything that is asked of them hangs on one field, one of them stands for all that have
/// the same value in it; tables know those without a walk.
pub(super) fn weighed<'v>(
    scope: &Scope<'_, 'v>,
    grouping: &Grouping,
    wish: &Wish,
    test: Option<&Test>,
    hints: &Hints,
) -> Result<Vec<Weighed<'v>>, SoqlError> {
    let field = base(grouping, wish).filter(|_| !hints.contains_key("Id"));
    let tallied =
        field.and_then(|field| scan::tallied(scope.viewer, &scope.schema.name, test, field));
    match tallied {
        Some(records) => Ok(records),
        None => {
            let records = evaluate::matching(scope, test, hints, usize::MAX)?;
            Ok(records.into_iter().map(|record| (record, 1)).collect())
        }
    }
}

/// The field of the records that alone decides on every key and every aggregate; `None` where there are several.
fn base<'g>(grouping: &'g Grouping, wish: &'g Wish) -> Option<&'g str> {
    let mut aggregates = Vec::new();
    let outputs = grouping.columns.iter().map(|(_, output)| output);
    aggregates.extend(outputs.filter_map(|output| match output {
        Output::Aggregate(column) => Some(column),
        Output::Key(_) => None,
    }));
    let ordered = wish.order.iter().map(|(subject, ..)| subject);
    let asked = wish.having.iter().flat_map(Test::subjects).chain(ordered);
    aggregates.extend(asked.filter_map(|subject| match subject {
        Subject::Aggregate(column) => Some(column),
        Subject::Field(_) => None,
    }));
    // Sums of decimal fractions depend on the order in which they are added.
    let adds = |column: &&Column| matches!(column.function, Function::Sum | Function::Avg);
    if aggregates.iter().any(adds) {
        return None;
    }
    let over = aggregates
        .into_iter()
        .filter(|column| !column.counts_records());
    let over = over.filter_map(|column| column.path.as_ref());
    let mut fields = grouping.keys.iter().chain(over).map(Path::base);
    let Some(first) = fields.next() else {
        // All records have no value of their own here, so that one of them stands for all.
        return Some("Id");
    };
    (first != "Id" && fields.all(|field| field == first)).then_some(first)
}

impl Column {
    /// Whether it is the number of records, whatever is in them.
    pub(super) fn counts_records(&self) -> bool {
        let each_has_one = |path: &Path| path.steps.is_empty() && path.column == "Id";
        self.function == Function::Count && self.path.as_ref().is_none_or(each_has_one)
    }
}
