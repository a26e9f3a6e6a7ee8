//! Conditions whose names are words to conditions whose names are fields, and what no field can be asked.

use super::aggregate;
use super::ast::*;
use super::compare;
use super::evaluate::{Scope, Set, Subject, Test, hints, key, matching};
use super::resolve;
use super::restrictions;
use crate::soql_error::SoqlError;
use crate::store::{FieldType, canonical};

/// The `WHERE` of a query.
pub(super) fn filter(scope: &Scope<'_, '_>, query: &Query) -> Result<Option<Test>, SoqlError> {
    let Some(condition) = &query.filter else {
        return Ok(None);
    };
    let mut joins = 0;
    check_semi_joins(condition, true, &mut joins)?;
    compile(scope, condition).map(Some)
}

/// Semi-joins stand beside each other, joined by AND, two at most (SOQL reference, semi-joins and anti-joins).
fn check_semi_joins(condition: &Condition, top: bool, joins: &mut usize) -> Result<(), SoqlError> {
    match condition {
        Condition::And(terms) if top => terms
            .iter()
            .try_for_each(|term| check_semi_joins(term, !matches!(term, Condition::And(_)), joins)),
        Condition::And(terms) | Condition::Or(terms) => terms
            .iter()
            .try_for_each(|term| check_semi_joins(term, false, joins)),
        Condition::Not(term) => check_semi_joins(term, false, joins),
        Condition::InQuery(_, _, query) => {
            *joins += 1;
            let message = match (top, *joins) {
                (false, _) => {
                    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions."
                }
                (true, 3..) => "Cannot have more than 2 semi join sub-selects",
                _ => return Ok(()),
            };
            Err(SoqlError::malformed(query.from.at, message.to_owned()))
        }
        Condition::Compare(..) | Condition::In(..) | Condition::Includes(..) => Ok(()),
    }
}

/// Resolves a condition.
pub(super) fn compile(scope: &Scope<'_, '_>, condition: &Condition) -> Result<Test, SoqlError> {
    let all = |terms: &[Condition]| {
        terms
            .iter()
            .map(|term| compile(scope, term))
            .collect::<Result<Vec<_>, _>>()
    };
    match condition {
        Condition::And(terms) => Ok(Test::All(all(terms)?)),
        Condition::Or(terms) => Ok(Test::Any(all(terms)?)),
        Condition::Not(term) => Ok(Test::Not(Box::new(compile(scope, term)?))),
        Condition::Compare(operand, operator, literal) => {
            let subject = subject(scope, operand)?;
            check_operator(&subject, operand, *operator)?;
            check_literal(&subject, operand, literal)?;
            Ok(match (operator, literal) {
                (Operator::Like, Literal::Text(_, pattern)) => {
                    Test::Like(subject, compare::Pattern::new(pattern))
                }
                _ => Test::Compare(subject, *operator, literal.clone()),
            })
        }
        Condition::In(operand, negated, literals) => {
            let subject = subject(scope, operand)?;
            literals
                .iter()
                .try_for_each(|literal| check_literal(&subject, operand, literal))?;
            let set = Set::of(literals.clone(), subject.kind());
            Ok(Test::In(subject, *negated, set))
        }
        Condition::InQuery(operand, negated, query) => {
            let subject = subject(scope, operand)?;
            let set = semi_join(scope, &subject, operand, query)?;
            Ok(Test::In(subject, *negated, set))
        }
        Condition::Includes(operand, negated, literals) => {
            let subject = subject(scope, operand)?;
            if subject.kind() != FieldType::MultiPicklist {
                return Err(invalid_operator(operand, subject.kind()));
            }
            Ok(Test::Includes(subject, *negated, literals.clone()))
        }
    }
}

fn subject(scope: &Scope<'_, '_>, operand: &Operand) -> Result<Subject, SoqlError> {
    let name = match operand {
        Operand::Aggregate(aggregate) => {
            return Ok(Subject::Aggregate(aggregate::column(scope, aggregate)?));
        }
        Operand::Field(name) => name,
    };
    let path = scope.path(name)?;
    if !path.filterable || !restrictions::filterable_at(scope.viewer, scope.schema, &path.column) {
        let message = format!("field '{}' can not be filtered in a query call", name.text);
        return Err(SoqlError::at("INVALID_FIELD", name.at, message));
    }
    Ok(Subject::Field(path))
}

/// The values a semi-join selects.
fn semi_join(
    scope: &Scope<'_, '_>,
    subject: &Subject,
    operand: &Operand,
    query: &Query,
) -> Result<Set, SoqlError> {
    let (Subject::Field(outer), Operand::Field(outer_name)) = (subject, operand) else {
        let message = "Semi join sub-selects cannot be used in HAVING".to_owned();
        return Err(SoqlError::malformed(query.from.at, message));
    };
    if !matches!(outer.kind, FieldType::Id | FieldType::Reference) {
        let message = format!(
            "The left operand field in the where expression for outer query should be an id field, cannot use: '{}'",
            outer_name.text
        );
        return Err(SoqlError::malformed(outer_name.at, message));
    }
    let [Selected::Field(name, _)] = query.select.as_slice() else {
        let message = "Semi join sub-selects can only query id fields".to_owned();
        return Err(SoqlError::malformed(query.from.at, message));
    };
    let schema = resolve::object(scope.viewer, &query.from)?;
    let inner = Scope {
        viewer: scope.viewer,
        schema: &schema,
        alias: query.alias.as_deref(),
    };
    let path = inner.path(name)?;
    if !matches!(path.kind, FieldType::Id | FieldType::Reference) {
        let message = format!(
            "Semi join sub-selects can only query id fields, cannot use: '{}'",
            name.text
        );
        return Err(SoqlError::malformed(name.at, message));
    }
    check_same_object(scope, &inner, outer, &path, query)?;
    let test = filter(&inner, query)?;
    let hints = test.as_ref().map(hints).unwrap_or_default();
    let records = matching(&inner, test.as_ref(), &hints, usize::MAX)?;
    let values = records
        .iter()
        .map(|record| path.value(scope.viewer, record).into_owned());
    let ids = values.filter_map(|value| value.as_str().map(|text| key(text, subject.kind())));
    Ok(Set::of_ids(ids))
}

/// Both ids have to be ids of one object, and both queries of different ones.
fn check_same_object(
    scope: &Scope<'_, '_>,
    inner: &Scope<'_, '_>,
    outer: &resolve::Path,
    path: &resolve::Path,
    query: &Query,
) -> Result<(), SoqlError> {
    if scope.schema.name == inner.schema.name {
        let message = "The inner and outer selects should not be on the same object type";
        return Err(SoqlError::malformed(query.from.at, message.to_owned()));
    }
    if outer
        .targets
        .iter()
        .any(|target| path.targets.contains(target))
    {
        return Ok(());
    }
    let message = format!(
        "The selected field '{}' in the subquery and the left operand field in the where expression in the outer query '{}' should point to the same object type",
        path.column, outer.column
    );
    Err(SoqlError::malformed(query.from.at, message))
}

fn invalid_operator(operand: &Operand, kind: FieldType) -> SoqlError {
    let at = match operand {
        Operand::Field(name) => name.at,
        Operand::Aggregate(aggregate) => aggregate.at,
    };
    let message = format!("invalid operator on {} field", kind.as_str());
    SoqlError::at("INVALID_FIELD", at, message)
}

fn check_literal(subject: &Subject, operand: &Operand, literal: &Literal) -> Result<(), SoqlError> {
    let (Subject::Field(path), Operand::Field(name)) = (subject, operand) else {
        return Ok(());
    };
    let fits = match literal {
        Literal::Null => true,
        Literal::Text(..) => path.kind.is_text(),
        Literal::Boolean(_) => path.kind == FieldType::Boolean,
        Literal::Number(_) => is_number(path.kind),
        Literal::Date(_) => path.kind == FieldType::Date,
        Literal::DateTime(_) => path.kind == FieldType::DateTime,
        Literal::Range(..) => matches!(path.kind, FieldType::Date | FieldType::DateTime),
    };
    if !fits {
        let quotes = if path.kind.is_text() {
            "should be enclosed"
        } else {
            "should not be enclosed"
        };
        let kind = type_word(path.kind);
        let message = format!(
            "value of filter criterion for field '{}' must be of type {kind} and {quotes} in quotes",
            name.text
        );
        return Err(SoqlError::at("INVALID_FIELD", name.at, message));
    }
    let is_id = matches!(path.kind, FieldType::Id | FieldType::Reference);
    match literal {
        Literal::Text(text, _) if is_id && !text.is_empty() && canonical(text).is_none() => {
            let message = format!("invalid ID field: {text}");
            Err(SoqlError::at(
                "INVALID_QUERY_FILTER_OPERATOR",
                name.at,
                message,
            ))
        }
        _ => Ok(()),
    }
}

fn check_operator(
    subject: &Subject,
    operand: &Operand,
    operator: Operator,
) -> Result<(), SoqlError> {
    let Subject::Field(path) = subject else {
        return Ok(());
    };
    let exact = [
        FieldType::Id,
        FieldType::Reference,
        FieldType::MultiPicklist,
    ];
    let textual = path.kind.is_text() && !exact.contains(&path.kind);
    let ordered = path.kind != FieldType::Boolean;
    let fits = match operator {
        Operator::Equal | Operator::NotEqual => true,
        Operator::Like => textual,
        _ => ordered,
    };
    match fits {
        true => Ok(()),
        false => Err(invalid_operator(operand, path.kind)),
    }
}

fn is_number(kind: FieldType) -> bool {
    matches!(
        kind,
        FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent
    )
}

fn type_word(kind: FieldType) -> &'static str {
    match kind {
        FieldType::DateTime => "dateTime",
        FieldType::Date => "date",
        kind if kind.is_text() => "string",
        kind => kind.as_str(),
    }
}
