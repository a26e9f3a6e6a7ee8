//! Counting and grouping.

mod weighed;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Found;
use super::ast::{Aggregate, Function, Name, Operand, Query, Selected};
use super::compare;
use super::compile::compile;
use super::evaluate::{self, Scope, Subject, Test};
use super::resolve::Path;
use crate::soql_error::SoqlError;
use crate::store::{FieldType, fold};
use crate::views::Hints;
use weighed::{Weighed, weighed};

/// An aggregate whose field is resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    function: Function,
    path: Option<Path>,
}

/// How a query groups and what it tells of each group.
pub(super) struct Grouping {
    keys: Vec<Path>,
    columns: Vec<(String, Output)>,
    /// `SELECT COUNT()`: the count is the size of the answer.
    count_only: bool,
}

enum Output {
    Key(usize),
    Aggregate(Column),
}

type Group<'r, 'v> = (Vec<Value>, Vec<&'r Weighed<'v>>);

/// What a query says about its groups.
struct Wish {
    having: Option<Test>,
    /// What is ordered by, whether descending, whether with nulls at the end.
    order: Vec<(Subject, bool, bool)>,
}

/// The grouping of a query; `None` where it selects plain records.
pub(super) fn grouping(
    scope: &Scope<'_, '_>,
    query: &Query,
) -> Result<Option<Grouping>, SoqlError> {
    super::render::check_field_groups(query)?;
    let aggregated = query
        .select
        .iter()
        .any(|selected| matches!(selected, Selected::Aggregate(..)));
    if query.group_by.is_empty() && !aggregated {
        return match query.having {
            Some(_) => Err(SoqlError::malformed(
                query.from.at,
                "HAVING needs GROUP BY".to_owned(),
            )),
            None => Ok(None),
        };
    }
    let keys = query
        .group_by
        .iter()
        .map(|name| key(scope, name))
        .collect::<Result<Vec<_>, _>>()?;
    let count_only = matches!(query.select.as_slice(), [Selected::Aggregate(aggregate, None)] if aggregate.field.is_none());
    let mut columns = Vec::new();
    let mut unnamed = 0;
    for selected in &query.select {
        columns.push(output(scope, &keys, selected, count_only, &mut unnamed)?);
    }
    Ok(Some(Grouping {
        keys,
        columns,
        count_only,
    }))
}

impl Grouping {
    /// Whether all that is asked for is how many records there are.
    pub(super) fn counts_all(&self) -> bool {
        self.count_only && self.keys.is_empty()
    }
}

/// The answer to `SELECT COUNT()`, which a limit cuts.
pub(super) fn counted(scope: &Scope<'_, '_>, query: &Query, count: usize) -> Found {
    Found {
        total: query.limit.map_or(count, |limit| count.min(limit)),
        records: Vec::new(),
        object: scope.schema.name.clone(),
        grouped: true,
    }
}

fn key(scope: &Scope<'_, '_>, name: &Name) -> Result<Path, SoqlError> {
    let path = scope.path(name)?;
    if matches!(
        path.kind,
        FieldType::TextArea | FieldType::DateTime | FieldType::Base64 | FieldType::Address
    ) {
        return Err(SoqlError::at(
            "MALFORMED_QUERY",
            name.at,
            format!("field '{}' can not be grouped in a query call", name.text),
        ));
    }
    Ok(path)
}

fn output(
    scope: &Scope<'_, '_>,
    keys: &[Path],
    selected: &Selected,
    count_only: bool,
    unnamed: &mut usize,
) -> Result<(String, Output), SoqlError> {
    match selected {
        Selected::Field(name, alias) => {
            let path = scope.path(name)?;
            let Some(position) = keys.iter().position(|key| *key == path) else {
                return Err(SoqlError::malformed(
                    name.at,
                    format!("Field must be grouped or aggregated: {}", name.text),
                ));
            };
            let key = || match path.part {
                Some(_) => expression(unnamed),
                None => path.key().to_owned(),
            };
            Ok((alias.clone().unwrap_or_else(key), Output::Key(position)))
        }
        Selected::Aggregate(aggregate, alias) => {
            if aggregate.field.is_none() && !count_only {
                return Err(SoqlError::malformed(
                    aggregate.at,
                    "Grouped query cannot have COUNT()".to_owned(),
                ));
            }
            let name = alias.clone().unwrap_or_else(|| expression(unnamed));
            Ok((name, Output::Aggregate(column(scope, aggregate)?)))
        }
        Selected::Children(_, at) | Selected::Fields(_, at) => Err(SoqlError::malformed(
            *at,
            "Grouped query cannot have sub-queries or FIELDS".to_owned(),
        )),
    }
}

/// The name of the next expression that the query gives none.
fn expression(unnamed: &mut usize) -> String {
    let name = format!("expr{unnamed}");
    *unnamed += 1;
    name
}

/// Resolves an aggregate.
pub(super) fn column(scope: &Scope<'_, '_>, aggregate: &Aggregate) -> Result<Column, SoqlError> {
    let path = aggregate
        .field
        .as_ref()
        .map(|name| scope.path(name))
        .transpose()?;
    let numeric = matches!(aggregate.function, Function::Sum | Function::Avg);
    if let (true, Some(path)) = (numeric, &path)
        && !matches!(
            path.kind,
            FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent
        )
    {
        let message = format!(
            "field {} does not support aggregate operator {:?}",
            path.column, aggregate.function
        );
        return Err(SoqlError::malformed(aggregate.at, message));
    }
    Ok(Column {
        function: aggregate.function,
        path,
    })
}

/// Groups the records that pass a test and tells of each group what was asked.
pub(super) fn answer(
    scope: &Scope<'_, '_>,
    query: &Query,
    grouping: &Grouping,
    test: Option<&Test>,
    hints: &Hints,
) -> Result<Found, SoqlError> {
    let wish = wish(scope, query, grouping)?;
    let records = weighed(scope, grouping, &wish, test, hints)?;
    let mut groups = groups(scope, grouping, &records);
    if let Some(test) = &wish.having {
        groups.retain(|group| {
            evaluate::passes(scope.viewer, test, &|subject| {
                group_value(scope, grouping, group, subject)
            })
        });
    }
    order(scope, grouping, &wish, &mut groups);
    let kept = groups
        .iter()
        .skip(query.offset)
        .take(query.limit.unwrap_or(usize::MAX));
    let records: Vec<String> = kept
        .map(|group| row(scope, grouping, group).to_string())
        .collect();
    Ok(Found {
        total: records.len(),
        records,
        object: scope.schema.name.clone(),
        grouped: true,
    })
}

fn wish(scope: &Scope<'_, '_>, query: &Query, grouping: &Grouping) -> Result<Wish, SoqlError> {
    let having = query.having.as_ref();
    let having = having.map(|having| compile(scope, having)).transpose()?;
    let mut order = Vec::new();
    for term in &query.order_by {
        let subject = match &term.by {
            Operand::Aggregate(aggregate) => Subject::Aggregate(column(scope, aggregate)?),
            Operand::Field(name) => Subject::Field(grouped(scope, grouping, name)?),
        };
        order.push((subject, term.descending, term.nulls_last));
    }
    Ok(Wish { having, order })
}

fn groups<'r, 'v>(
    scope: &Scope<'_, 'v>,
    grouping: &Grouping,
    records: &'r [Weighed<'v>],
) -> Vec<Group<'r, 'v>> {
    let mut groups: BTreeMap<Vec<String>, Group<'r, 'v>> = BTreeMap::new();
    if grouping.keys.is_empty() {
        return vec![(Vec::new(), records.iter().collect())];
    }
    for record in records {
        let values: Vec<Value> = grouping
            .keys
            .iter()
            .map(|key| key.value(scope.viewer, &record.0).into_owned())
            .collect();
        let folded = values.iter().map(folded).collect();
        groups
            .entry(folded)
            .or_insert_with(|| (values, Vec::new()))
            .1
            .push(record);
    }
    groups.into_values().collect()
}

/// What two values have in common that are one to grouping.
fn folded(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| fold(text).into_owned())
}

fn row(scope: &Scope<'_, '_>, grouping: &Grouping, (keys, records): &Group<'_, '_>) -> Value {
    let mut row = Map::new();
    row.insert("attributes".to_owned(), json!({"type": "AggregateResult"}));
    for (name, output) in &grouping.columns {
        let value = match output {
            Output::Key(position) => keys.get(*position).cloned().unwrap_or_default(),
            Output::Aggregate(column) => total(scope, column, records),
        };
        row.insert(name.clone(), value);
    }
    Value::Object(row)
}

fn group_value(
    scope: &Scope<'_, '_>,
    grouping: &Grouping,
    (keys, records): &Group<'_, '_>,
    subject: &Subject,
) -> Cow<'static, Value> {
    Cow::Owned(match subject {
        Subject::Aggregate(column) => total(scope, column, records),
        Subject::Field(path) => {
            let position = grouping.keys.iter().position(|key| key == path);
            position
                .and_then(|position| keys.get(position))
                .cloned()
                .unwrap_or_default()
        }
    })
}

fn order(scope: &Scope<'_, '_>, grouping: &Grouping, wish: &Wish, groups: &mut Vec<Group<'_, '_>>) {
    if wish.order.is_empty() {
        return;
    }
    let value = |group: &Group<'_, '_>, subject| group_value(scope, grouping, group, subject);
    let keyed = std::mem::take(groups).into_iter().map(|group| {
        let subjects = wish.order.iter().map(|(subject, ..)| subject);
        let values: Vec<_> = subjects.map(|subject| value(&group, subject)).collect();
        (values, group)
    });
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort_by(|(left, _), (right, _)| {
        let pairs = wish.order.iter().zip(left.iter().zip(right));
        pairs.fold(Ordering::Equal, |order, (term, (left, right))| {
            let (subject, descending, nulls_last) = term;
            order.then_with(|| {
                compare::sort(subject.kind(), (left, right), *descending, *nulls_last)
            })
        })
    });
    groups.extend(keyed.into_iter().map(|(_, group)| group));
}

fn grouped(scope: &Scope<'_, '_>, grouping: &Grouping, name: &Name) -> Result<Path, SoqlError> {
    let path = scope.path(name)?;
    if grouping.keys.contains(&path) {
        return Ok(path);
    }
    Err(SoqlError::malformed(
        name.at,
        format!("Ordered field must be grouped or aggregated: {}", name.text),
    ))
}

/// The value of an aggregate over some records. Missing values do not count.
fn total(scope: &Scope<'_, '_>, column: &Column, records: &[&Weighed<'_>]) -> Value {
    let path = match &column.path {
        Some(path) if !column.counts_records() => path,
        _ => return json!(records.iter().map(|(_, count)| count).sum::<usize>()),
    };
    let values = records
        .iter()
        .map(|(record, count)| (path.value(scope.viewer, record), count));
    let values = values.filter(|(value, _)| !compare::is_empty(value));
    if column.function == Function::Count {
        return json!(values.map(|(_, count)| count).sum::<usize>());
    }
    let values: Vec<Value> = values.map(|(value, _)| value.into_owned()).collect();
    let sum = || values.iter().filter_map(Value::as_f64).sum::<f64>();
    match column.function {
        Function::Count | Function::CountDistinct => {
            let distinct: std::collections::BTreeSet<String> = values.iter().map(folded).collect();
            json!(distinct.len())
        }
        Function::Sum if values.is_empty() => Value::Null,
        Function::Avg if values.is_empty() => Value::Null,
        Function::Sum => json!(sum()),
        Function::Avg => json!(sum() / values.len() as f64),
        Function::Min => first_of(&values, Ordering::Less),
        Function::Max => first_of(&values, Ordering::Greater),
    }
}

/// The least or the greatest value; of those that differ in case alone the first.
fn first_of(values: &[Value], wanted: Ordering) -> Value {
    let better = |value: &Value, best: &Value| compare::plain(value, best) == wanted;
    let best = values
        .iter()
        .reduce(|best, value| if better(value, best) { value } else { best });
    best.cloned().unwrap_or_default()
}
