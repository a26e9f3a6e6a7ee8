//! A parsed query over the org's tables.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::Found;
use super::aggregate;
use super::ast::*;
use super::compare;
use super::compile;
use super::order::{Order, first, ordering};
use super::render;
use super::resolve::{self, Path};
use super::restrictions;
use super::scan;
use crate::soql_error::SoqlError;
use crate::store::{FieldType, IdKeys, ObjectSchema, canonical, fold, id_key, text_key};
use crate::viewer::Viewer;
use crate::views::{self, Hints, Record};

/// The greatest `OFFSET` (SOQL reference).
const GREATEST_OFFSET: usize = 2000;

/// What a query was resolved to: names are fields now.
pub(super) struct Scope<'q, 'v> {
    pub(super) viewer: &'q Viewer<'v>,
    pub(super) schema: &'q ObjectSchema,
    pub(super) alias: Option<&'q str>,
}

impl Scope<'_, '_> {
    pub(super) fn path(&self, name: &Name) -> Result<Path, SoqlError> {
        resolve::field(self.viewer, self.schema, self.alias, name)
    }
}

/// A condition whose names are fields and whose sub-queries are sets.
pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Compare(Subject, Operator, Literal),
    Like(Subject, compare::Pattern),
    In(Subject, bool, Set),
    Includes(Subject, bool, Vec<Literal>),
}

impl Test {
    /// Everything it looks at.
    pub(super) fn subjects(&self) -> Vec<&Subject> {
        match self {
            Test::All(tests) | Test::Any(tests) => tests.iter().flat_map(Test::subjects).collect(),
            Test::Not(test) => test.subjects(),
            Test::Compare(subject, ..)
            | Test::Like(subject, _)
            | Test::In(subject, ..)
            | Test::Includes(subject, ..) => vec![subject],
        }
    }
}

/// What is tested.
pub(super) enum Subject {
    Field(Path),
    Aggregate(aggregate::Column),
}

impl Subject {
    pub(super) fn kind(&self) -> FieldType {
        match self {
            Subject::Field(path) => path.kind,
            Subject::Aggregate(_) => FieldType::Double,
        }
    }
}

/// The values of a list, ready to be looked up.
#[derive(Default)]
pub(super) struct Set {
    texts: HashSet<String>,
    null: bool,
    others: Vec<Literal>,
    /// What the texts are looked up by, where they are not too many.
    pub(super) keys: Option<Vec<u32>>,
    /// The texts as ids, where all of them are.
    pub(super) ids: Option<IdKeys>,
}

/// Answers a query.
///
/// # Errors
/// What the platform refuses.
pub(crate) fn answer(viewer: &Viewer<'_>, query: &Query) -> Result<Found, SoqlError> {
    let schema = resolve::object(viewer, &query.from)?;
    let scope = Scope {
        viewer,
        schema: &schema,
        alias: query.alias.as_deref(),
    };
    if query.offset > GREATEST_OFFSET {
        let message = "SOQL offset exceeds the maximum allowed offset of 2000".to_owned();
        return Err(SoqlError::plain("NUMBER_OUTSIDE_VALID_RANGE", message));
    }
    let test = compile::filter(&scope, query)?;
    let hints = test.as_ref().map(hints).unwrap_or_default();
    restrictions::check_restrictions(viewer, &schema, query, &hints)?;
    if let Some(grouping) = aggregate::grouping(&scope, query)? {
        if grouping.counts_all() {
            let total = count(&scope, test.as_ref(), &hints)?;
            return Ok(aggregate::counted(&scope, query, total));
        }
        return aggregate::answer(&scope, query, &grouping, test.as_ref(), &hints);
    }
    let columns = render::columns(&scope, &query.select)?;
    let order = ordering(&scope, &query.order_by)?;
    let records = matching(&scope, test.as_ref(), &hints, most(query, &order))?;
    let limit = limit(query, &schema);
    let records = first(viewer, records, &order, limit.saturating_add(query.offset));
    let kept = records.into_iter().skip(query.offset).take(limit);
    let records = kept
        .map(|record| render::record(viewer, &columns, &record))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Found {
        total: records.len(),
        records,
        object: schema.name.clone(),
        grouped: false,
    })
}

/// How many records are wanted at most.
fn limit(query: &Query, schema: &ObjectSchema) -> usize {
    let limit = query
        .limit
        .filter(|_| !restrictions::repeats_pages(&schema.name));
    limit.unwrap_or(usize::MAX)
}

/// How many records have to be found: the first ones will do where nothing puts them into another order.
fn most(query: &Query, order: &[Order]) -> usize {
    let by_id =
        |(path, descending, _): &Order| path.steps.is_empty() && path.column == "Id" && !descending;
    let limit = query.limit.filter(|_| order.first().is_none_or(by_id));
    limit.map_or(usize::MAX, |limit| limit.saturating_add(query.offset))
}

/// The children of one parent, as a sub-query selects them.
pub(super) fn children(
    scope: &Scope<'_, '_>,
    query: &Query,
    reference: &str,
    parent: &str,
) -> Result<Vec<String>, SoqlError> {
    let test = compile::filter(scope, query)?;
    let mut hints = test.as_ref().map(hints).unwrap_or_default();
    hints.insert(reference.to_owned(), vec![parent.to_owned()]);
    let columns = render::columns(scope, &query.select)?;
    let order = ordering(scope, &query.order_by)?;
    let mut records = matching(scope, test.as_ref(), &hints, usize::MAX)?;
    records.retain(|record| record.value(scope.viewer, reference).as_str() == Some(parent));
    let limit = query.limit.unwrap_or(usize::MAX);
    let most = limit.saturating_add(query.offset);
    let records = first(scope.viewer, records, &order, most);
    let kept = records.into_iter().skip(query.offset).take(limit);
    kept.map(|record| render::record(scope.viewer, &columns, &record))
        .collect()
}

/// The records that pass a test; where their order is that of the ids anyway, no more than `most`.
pub(super) fn matching<'v>(
    scope: &Scope<'_, 'v>,
    test: Option<&Test>,
    hints: &Hints,
    most: usize,
) -> Result<Vec<Record<'v>>, SoqlError> {
    let scanned = (!hints.contains_key("Id"))
        .then(|| scan::matching(scope.viewer, &scope.schema.name, test, most));
    if let Some(records) = scanned.flatten() {
        return Ok(records);
    }
    let mut records = views::records(scope.viewer, &scope.schema.name, hints)?;
    if let Some(test) = test {
        records.retain(|record| {
            passes(scope.viewer, test, &|subject| {
                field_value(scope.viewer, subject, record)
            })
        });
    }
    Ok(records)
}

/// How many records pass a test.
fn count(scope: &Scope<'_, '_>, test: Option<&Test>, hints: &Hints) -> Result<usize, SoqlError> {
    let counted =
        (!hints.contains_key("Id")).then(|| scan::count(scope.viewer, &scope.schema.name, test));
    match counted.flatten() {
        Some(count) => Ok(count),
        None => Ok(matching(scope, test, hints, usize::MAX)?.len()),
    }
}

fn field_value<'r>(
    viewer: &Viewer<'_>,
    subject: &Subject,
    record: &'r Record<'_>,
) -> Cow<'r, Value> {
    match subject {
        Subject::Field(path) => path.value(viewer, record),
        Subject::Aggregate(_) => Cow::Owned(Value::Null),
    }
}

/// Whether the values that `value_of` tells pass a test.
pub(super) fn passes<'r>(
    viewer: &Viewer<'_>,
    test: &Test,
    value_of: &dyn Fn(&Subject) -> Cow<'r, Value>,
) -> bool {
    match test {
        Test::All(tests) => tests.iter().all(|test| passes(viewer, test, value_of)),
        Test::Any(tests) => tests.iter().any(|test| passes(viewer, test, value_of)),
        Test::Not(test) => !passes(viewer, test, value_of),
        Test::Compare(subject, operator, literal) => compare::meets(
            &value_of(subject),
            subject.kind(),
            *operator,
            literal,
            viewer.now,
        ),
        Test::Like(subject, pattern) => value_of(subject)
            .as_str()
            .is_some_and(|text| pattern.matches(text)),
        Test::In(subject, negated, set) => {
            set.holds(&value_of(subject), subject.kind(), viewer) != *negated
        }
        Test::Includes(subject, negated, values) => {
            includes(&value_of(subject), values) != *negated
        }
    }
}

impl Set {
    pub(super) fn of(literals: Vec<Literal>, kind: FieldType) -> Set {
        let mut set = Set::default();
        let is_reference = matches!(kind, FieldType::Id | FieldType::Reference);
        for literal in literals {
            match literal {
                Literal::Null => set.null = true,
                Literal::Text(text, _) if text.is_empty() => set.null = true,
                Literal::Text(text, _) => {
                    set.texts.insert(key(&text, kind));
                }
                other => set.others.push(other),
            }
        }
        set.index(is_reference);
        set
    }

    /// The set of these ids.
    pub(super) fn of_ids(ids: impl Iterator<Item = String>) -> Set {
        let mut set = Set {
            texts: ids.collect(),
            ..Set::default()
        };
        set.index(true);
        set
    }

    /// Works out how values are found that are in the set.
    fn index(&mut self, is_reference: bool) {
        if !self.others.is_empty() {
            return;
        }
        let empty = self.null.then_some("");
        if self.texts.len() <= scan::MOST_LOOKED_UP {
            let texts = self.texts.iter().map(String::as_str).chain(empty);
            self.keys = Some(texts.map(text_key).collect());
        }
        if is_reference && !self.null {
            self.ids = self.texts.iter().map(|text| id_key(text)).collect();
        }
    }

    fn holds(&self, value: &Value, kind: FieldType, viewer: &Viewer<'_>) -> bool {
        if compare::is_empty(value) {
            return self.null;
        }
        if let Some(text) = value.as_str()
            && self.texts.contains(&key(text, kind))
        {
            return true;
        }
        self.others
            .iter()
            .any(|other| compare::meets(value, kind, Operator::Equal, other, viewer.now))
    }
}

pub(super) fn key(text: &str, kind: FieldType) -> String {
    match kind {
        FieldType::Id | FieldType::Reference => canonical(text).unwrap_or_else(|| text.to_owned()),
        _ => fold(text).into_owned(),
    }
}

/// Whether a multi-select picklist has all values of one of the texts, which are separated by semicolons.
fn includes(value: &Value, wanted: &[Literal]) -> bool {
    let held: Vec<String> = value
        .as_str()
        .unwrap_or_default()
        .split(';')
        .map(|part| fold(part).into_owned())
        .collect();
    wanted.iter().any(|literal| match literal {
        Literal::Text(text, _) => text
            .split(';')
            .all(|part| held.iter().any(|own| *own == fold(part))),
        _ => false,
    })
}

/// Values that base fields must have, which tables use to build fewer rows.
pub(super) fn hints(test: &Test) -> Hints {
    let mut hints = BTreeMap::new();
    let terms = match test {
        Test::All(terms) => terms.as_slice(),
        single => std::slice::from_ref(single),
    };
    for term in terms {
        match term {
            Test::Compare(Subject::Field(path), Operator::Equal, Literal::Text(text, _))
                if path.steps.is_empty() && path.part.is_none() =>
            {
                hints.insert(path.column.clone(), vec![key(text, path.kind)]);
            }
            Test::In(Subject::Field(path), false, set)
                if path.steps.is_empty() && set.others.is_empty() && !set.null =>
            {
                hints.insert(path.column.clone(), set.texts.iter().cloned().collect());
            }
            _ => {}
        }
    }
    hints
}
