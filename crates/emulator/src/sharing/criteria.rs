//! Whether a record meets the criteria of a sharing rule.
//!
//! Text is compared with regard to case; several values are separated by commas and quoted as in CSV, and one of them
//! is enough (or, for negative operators, none may hold); an empty value means blank (Salesforce Help, "Criteria-Based
//! Sharing Rules" and "Filter Operators"). A rule reads once what its values mean and is then asked about many records.

mod dates;

use std::collections::BTreeSet;

use serde_json::Value;

use super::filter::Filter;
use super::people::{cannot_have_role, group_of, members};
use super::{owner, text};
use crate::store::{
    CriteriaCase, CriteriaItem, FieldType, Id, ObjectSchema, Org, Row, RuleScope, SharingRule,
    canonical,
};
use dates::Dates;

/// Which records a rule shares, ready to be asked.
pub(super) enum Scope<'org> {
    /// Records that meet criteria, unless an unshared user owns them.
    Criteria {
        tests: Vec<Test>,
        filter: Filter,
        unshared_owners: BTreeSet<&'org str>,
    },
    /// Records of these owners: users, and queues.
    Owners(BTreeSet<&'org str>),
}

impl<'org> Scope<'org> {
    pub(super) fn new(org: &'org Org, object: &ObjectSchema, rule: &SharingRule) -> Scope<'org> {
        match &rule.scope {
            RuleScope::Owner(principal) => Scope::Owners(owners(org, principal)),
            RuleScope::Criteria {
                items,
                boolean_filter,
                include_records_owned_by_all,
            } => {
                let tests: Vec<Test> = items
                    .iter()
                    .map(|item| Test::new(org, object, item))
                    .collect();
                let filter = match boolean_filter.as_deref() {
                    None => Filter::all(tests.len()),
                    // A filter nobody could have saved shares nothing.
                    Some(text) => {
                        Filter::parse(text, tests.len()).unwrap_or(Filter::Any(Vec::new()))
                    }
                };
                let without_role = org
                    .users
                    .values()
                    .filter(|user| !include_records_owned_by_all && cannot_have_role(user));
                Scope::Criteria {
                    tests,
                    filter,
                    unshared_owners: without_role.map(|user| user.id.as_str()).collect(),
                }
            }
        }
    }

    /// Whether the rule shares this record.
    pub(super) fn matches(&self, row: &Row) -> bool {
        match self {
            Scope::Owners(owners) => owner(row).is_some_and(|owner| owners.contains(owner)),
            Scope::Criteria {
                tests,
                filter,
                unshared_owners,
            } => {
                let shareable = !owner(row).is_some_and(|owner| unshared_owners.contains(owner));
                shareable
                    && filter
                        .holds(&|number| tests.get(number - 1).is_some_and(|test| test.holds(row)))
            }
        }
    }
}

/// Owners a rule shares from. A queue owns records itself; of every other group it is the members who do.
fn owners<'org>(org: &'org Org, principal: &crate::store::Principal) -> BTreeSet<&'org str> {
    let Some(group) = group_of(org, principal) else {
        return BTreeSet::new();
    };
    let mut owners = members(org, group);
    if principal.kind == "queue" {
        owners = BTreeSet::from([group.id.as_str()]);
    }
    owners
}

/// One criterion, with its values read as the field's type asks.
pub(super) struct Test {
    field: String,
    operation: String,
    kind: Kind,
    values: Vec<Wanted>,
    record_types: Vec<(Id, String)>,
    dates: Dates,
    /// What a checkbox shows in records that are older than it is.
    unset: bool,
    /// Whether case does not count.
    folds: bool,
}

/// How values of a field compare.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    RecordType,
    Reference,
    Checkbox,
    Number,
    Date,
    DateTime,
    MultiPicklist,
}

/// A value of a criterion.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Blank,
    Text(String),
    Flag(bool),
    Number(f64),
    /// A day, or a moment: seconds since 1970, and whether only the day was stated.
    Moment {
        seconds: i64,
        whole_day: bool,
    },
    /// Text that is no value of the field's type: it equals nothing.
    Unreadable,
}

impl Test {
    fn new(org: &Org, object: &ObjectSchema, item: &CriteriaItem) -> Test {
        let field = object.field(&item.field);
        let name = field.map_or(item.field.as_str(), |field| field.name.as_str());
        let kind = if name == "RecordTypeId" {
            Kind::RecordType
        } else {
            kind(field.map(|field| field.kind))
        };
        let dates = Dates::of_locale(&org.organization.locale);
        let folds = field.is_some_and(|field| ignores_case(org, field.kind));
        let values = split(&item.value)
            .iter()
            .map(|value| folded(folds, wanted(kind, value, dates)))
            .collect();
        let record_types = object
            .record_types
            .values()
            .map(|kind| (kind.id.clone(), kind.name.clone()))
            .collect();
        let unset = field
            .and_then(|field| field.default_value.as_ref())
            .and_then(Value::as_bool);
        Test {
            field: name.to_owned(),
            operation: item.operation.clone(),
            kind,
            values,
            record_types,
            dates,
            unset: unset.unwrap_or(false),
            folds,
        }
    }

    /// Whether the record meets this criterion.
    pub(super) fn holds(&self, row: &Row) -> bool {
        let actual = self.actual(row);
        let any = |test: fn(&Test, &Wanted, &Wanted) -> bool| {
            self.values.iter().any(|wanted| test(self, &actual, wanted))
        };
        match self.operation.as_str() {
            "equals" => any(Test::equal),
            "notEqual" => !any(Test::equal),
            "contains" => any(|test, actual, wanted| {
                test.text(actual, wanted, |text, part| text.contains(part))
            }),
            "notContain" => !any(|test, actual, wanted| {
                test.text(actual, wanted, |text, part| text.contains(part))
            }),
            "startsWith" => any(|test, actual, wanted| {
                test.text(actual, wanted, |text, part| text.starts_with(part))
            }),
            "includes" => any(Test::includes),
            "excludes" => !any(Test::includes),
            "lessThan" => {
                any(|_, actual, wanted| order(actual, wanted).is_some_and(|order| order.is_lt()))
            }
            "greaterThan" => {
                any(|_, actual, wanted| order(actual, wanted).is_some_and(|order| order.is_gt()))
            }
            "lessOrEqual" => {
                any(|_, actual, wanted| order(actual, wanted).is_some_and(|order| order.is_le()))
            }
            "greaterOrEqual" => {
                any(|_, actual, wanted| order(actual, wanted).is_some_and(|order| order.is_ge()))
            }
            _ => false,
        }
    }

    /// The record's value, in the form criteria compare with.
    fn actual(&self, row: &Row) -> Wanted {
        let value = row.get(&self.field).unwrap_or(&Value::Null);
        match self.kind {
            Kind::Checkbox => Wanted::Flag(value.as_bool().unwrap_or(self.unset)),
            Kind::Number => value.as_f64().map_or(Wanted::Blank, Wanted::Number),
            Kind::RecordType => self.record_type(text(row, &self.field)),
            Kind::Date | Kind::DateTime => match text(row, &self.field) {
                None => Wanted::Blank,
                Some(text) => moment(self.dates.stored(text)),
            },
            Kind::Text | Kind::Reference | Kind::MultiPicklist => match value {
                Value::String(text) if !text.is_empty() => {
                    folded(self.folds, Wanted::Text(text.clone()))
                }
                Value::Null | Value::String(_) => Wanted::Blank,
                other => Wanted::Text(other.to_string()),
            },
        }
    }

    /// Record types are compared by label.
    fn record_type(&self, id: Option<&str>) -> Wanted {
        let Some(id) = id else { return Wanted::Blank };
        let known = self.record_types.iter().find(|(known, _)| known == id);
        known.map_or(Wanted::Unreadable, |(_, label)| Wanted::Text(label.clone()))
    }

    fn equal(&self, actual: &Wanted, wanted: &Wanted) -> bool {
        match (actual, wanted) {
            (Wanted::Unreadable, _) | (_, Wanted::Unreadable) => false,
            (
                Wanted::Moment { seconds, .. },
                Wanted::Moment {
                    seconds: day,
                    whole_day: true,
                },
            ) => (*day..day + dates::DAY).contains(seconds),
            _ => actual == wanted,
        }
    }

    /// A text comparison. A blank value among those wanted stands for a blank field.
    fn text(&self, actual: &Wanted, wanted: &Wanted, compare: impl Fn(&str, &str) -> bool) -> bool {
        match (actual, wanted) {
            (Wanted::Blank, Wanted::Blank) => true,
            (Wanted::Text(text), Wanted::Text(part)) if self.kind == Kind::Reference => {
                compare(text, reference_part(part))
            }
            (Wanted::Text(text), Wanted::Text(part)) => compare(text, part),
            (Wanted::Number(number), Wanted::Number(part)) => {
                compare(&number.to_string(), &part.to_string())
            }
            _ => false,
        }
    }

    /// Whether a multi-select picklist holds a value.
    fn includes(&self, actual: &Wanted, wanted: &Wanted) -> bool {
        match (actual, wanted) {
            (Wanted::Text(chosen), Wanted::Text(value)) => {
                chosen.split(';').any(|one| one == value)
            }
            _ => self.equal(actual, wanted),
        }
    }
}

/// The part of an id that "starts with" compares: a whole id in its 18 characters is compared without its checksum.
fn reference_part(part: &str) -> &str {
    if part.len() == 18 { &part[..15] } else { part }
}

fn kind(kind: Option<FieldType>) -> Kind {
    match kind {
        Some(FieldType::Boolean) => Kind::Checkbox,
        Some(FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent) => {
            Kind::Number
        }
        Some(FieldType::Date) => Kind::Date,
        Some(FieldType::DateTime) => Kind::DateTime,
        Some(FieldType::Reference | FieldType::Id) => Kind::Reference,
        Some(FieldType::MultiPicklist) => Kind::MultiPicklist,
        _ => Kind::Text,
    }
}

/// Whether case counts is documented of Text and Text Area alone, where it does.
fn ignores_case(org: &Org, kind: FieldType) -> bool {
    let open = matches!(
        kind,
        FieldType::Picklist | FieldType::Email | FieldType::Phone | FieldType::Url
    );
    open && org.platform.criteria_case == Some(CriteriaCase::OfText)
}

fn folded(folds: bool, value: Wanted) -> Wanted {
    match value {
        Wanted::Text(text) if folds => Wanted::Text(text.to_lowercase()),
        other => other,
    }
}

/// Reads one value of a criterion.
fn wanted(kind: Kind, value: &str, dates: Dates) -> Wanted {
    if value.is_empty() {
        return if kind == Kind::Checkbox {
            Wanted::Flag(false)
        } else {
            Wanted::Blank
        };
    }
    match kind {
        Kind::Text | Kind::RecordType | Kind::MultiPicklist => Wanted::Text(value.to_owned()),
        Kind::Reference => Wanted::Text(canonical(value).unwrap_or_else(|| value.to_owned())),
        Kind::Checkbox if value.eq_ignore_ascii_case("true") => Wanted::Flag(true),
        Kind::Checkbox if value.eq_ignore_ascii_case("false") => Wanted::Flag(false),
        Kind::Checkbox => Wanted::Unreadable,
        Kind::Number => value.parse().map_or(Wanted::Unreadable, Wanted::Number),
        Kind::Date | Kind::DateTime => moment(dates.criterion(value)),
    }
}

fn moment(read: Option<(i64, bool)>) -> Wanted {
    read.map_or(Wanted::Unreadable, |(seconds, whole_day)| Wanted::Moment {
        seconds,
        whole_day,
    })
}

fn order(actual: &Wanted, wanted: &Wanted) -> Option<std::cmp::Ordering> {
    match (actual, wanted) {
        (Wanted::Number(left), Wanted::Number(right)) => left.partial_cmp(right),
        (Wanted::Text(left), Wanted::Text(right)) => Some(left.cmp(right)),
        (Wanted::Moment { seconds: left, .. }, Wanted::Moment { seconds: right, .. }) => {
            Some(left.cmp(right))
        }
        _ => None,
    }
}

/// The values in a list. Quoted ones may hold commas, and a doubled quote in them stands for one.
fn split(list: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = list.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        let Some(value) = values.last_mut() else {
            break;
        };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => value.extend(characters.next()),
            '"' if quoted || value.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            _ => value.push(character),
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests;
