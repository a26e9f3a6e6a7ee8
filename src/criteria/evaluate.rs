//! Whether a record meets a condition, as far as the documentation says (Salesforce Help, "Criteria-Based Sharing
//! Rules" and "Filter Operators"). Where it does not, and both outcomes are right, the answer is [`Verdict::Either`].

use std::cmp::Ordering;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::{Condition, Verdict};
use crate::live::criterion_path;
use crate::manifest::{Logic, Operator};
use crate::soql;
use crate::soql::Row;

/// A record's value and the describe type of its field, where that is known.
struct FieldValue<'a> {
    value: &'a Json,
    kind: Option<String>,
}

impl Condition {
    pub(super) fn verdict(&self, row: &Row, kind: &dyn Fn(&str) -> Option<String>) -> Verdict {
        let held = FieldValue {
            value: row.get(&criterion_path(&self.field)).unwrap_or(&Json::Null),
            kind: kind(&self.field),
        };
        let any_value = |test: &dyn Fn(&str) -> Verdict| any(self.values.iter().map(|v| test(v)));
        let equal = || any_value(&|wanted| held.equals(wanted));
        let contained =
            || any_value(&|wanted| held.matches(wanted, |text, part| text.contains(part)));
        match self.operator {
            Operator::Equals => equal(),
            Operator::NotEqual => self.negate(equal(), &held),
            Operator::Contains => contained(),
            Operator::NotContain => self.negate(contained(), &held),
            Operator::StartsWith => {
                any_value(&|wanted| held.matches(wanted, |text, part| text.starts_with(part)))
            }
            ordering => any_value(&|wanted| held.ordered(wanted, ordering)),
        }
    }

    /// Whether a blank field meets "is not" is not documented for sharing rules, unless blank is among the values.
    fn negate(&self, met: Verdict, held: &FieldValue<'_>) -> Verdict {
        let blank_is_stated = self.values.iter().any(String::is_empty);
        match met {
            Verdict::Yes => Verdict::No,
            Verdict::Either => Verdict::Either,
            Verdict::No if held.is_blank() && !blank_is_stated => Verdict::Either,
            Verdict::No => Verdict::Yes,
        }
    }
}

impl FieldValue<'_> {
    fn is_blank(&self) -> bool {
        self.value.is_null() || self.value.as_str() == Some("")
    }

    fn is(&self, kinds: &[&str]) -> bool {
        self.kind
            .as_deref()
            .is_some_and(|kind| kinds.contains(&kind))
    }

    fn text(&self) -> String {
        match self.value {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        }
    }

    fn equals(&self, wanted: &str) -> Verdict {
        if wanted.is_empty() {
            return self.is_blank().into();
        }
        if let Some(flag) = self.value.as_bool() {
            let word = if flag { "true" } else { "false" };
            return wanted.eq_ignore_ascii_case(word).into();
        }
        if let (Some(number), Ok(other)) = (self.value.as_f64(), wanted.parse::<f64>()) {
            return (number == other).into();
        }
        if self.is(&["date", "datetime"]) {
            return self.by_day(wanted, Ordering::is_eq);
        }
        if same_id(&self.text(), wanted) {
            return Verdict::Yes;
        }
        self.matches(wanted, |text, whole| text == whole)
    }

    /// Sharing compares text with regard to case. For e-mail addresses, phone numbers, web addresses and picklists the
    /// documentation does not say, so a match but for case is open; so is whether a blank is a part of anything.
    fn matches(&self, wanted: &str, compare: impl Fn(&str, &str) -> bool) -> Verdict {
        if wanted.is_empty() {
            return Verdict::Either;
        }
        let text = self.text();
        if compare(&text, wanted) {
            return Verdict::Yes;
        }
        let open = self.is(&["email", "phone", "url", "picklist"]);
        if open && compare(&text.to_lowercase(), &wanted.to_lowercase()) {
            Verdict::Either
        } else {
            Verdict::No
        }
    }

    fn ordered(&self, wanted: &str, operator: Operator) -> Verdict {
        let holds = |ordering: Ordering| match operator {
            Operator::LessThan => ordering.is_lt(),
            Operator::GreaterThan => ordering.is_gt(),
            Operator::LessOrEqual => ordering.is_le(),
            _ => ordering.is_ge(),
        };
        if self.is_blank() {
            return Verdict::No;
        }
        if self.is(&["date", "datetime"]) {
            return self.by_day(wanted, holds);
        }
        match (self.value.as_f64(), wanted.parse::<f64>()) {
            (Some(number), Ok(other)) => number.partial_cmp(&other).is_some_and(holds).into(),
            (Some(_), Err(_)) => Verdict::No,
            _ => holds(self.text().as_str().cmp(wanted)).into(),
        }
    }

    /// Compares days. A rule holds a date in the form of the org's locale, so a text can mean two days. A moment is
    /// told apart from a day only beyond a day's distance: which time zone counts is not documented.
    fn by_day(&self, wanted: &str, holds: impl Fn(Ordering) -> bool) -> Verdict {
        let Some(day) = self
            .text()
            .get(..10)
            .and_then(|day| day.parse::<Date>().ok())
        else {
            return Verdict::No;
        };
        let verdicts = days(wanted).into_iter().map(|wanted| {
            let apart = (day - wanted).get_days();
            match self.is(&["datetime"]) && apart.abs() <= 1 {
                true => Verdict::Either,
                false => holds(day.cmp(&wanted)).into(),
            }
        });
        unanimous(verdicts)
    }
}

/// The day a text means where months are written first, or days are.
pub(super) fn day(text: &str, month_first: bool) -> Option<Date> {
    let readings = days(text);
    match month_first {
        true => readings.first().copied(),
        false => readings.last().copied(),
    }
}

/// The days a text can mean: `2026-12-31`, `12/31/2026`, `31.12.2026`, with or without a time behind.
fn days(text: &str) -> Vec<Date> {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    let parts: Option<Vec<i16>> = day
        .split(['/', '.', '-'])
        .map(|part| part.parse().ok())
        .collect();
    let Some(&[first, second, third]) = parts.as_deref() else {
        return Vec::new();
    };
    let readings = match day.split(['/', '.', '-']).next() {
        Some(year) if year.len() == 4 => vec![(first, second, third)],
        _ if day.contains('.') => vec![(third, second, first)],
        _ => vec![(third, first, second), (third, second, first)],
    };
    let mut days: Vec<Date> = readings.into_iter().filter_map(date).collect();
    days.dedup();
    days
}

/// Two digits are a year of this century.
fn date((year, month, day): (i16, i16, i16)) -> Option<Date> {
    let year = if (0..100).contains(&year) {
        year + 2000
    } else {
        year
    };
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// What all say; open where they do not agree, no where nobody says anything.
fn unanimous(mut verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let Some(first) = verdicts.next() else {
        return Verdict::No;
    };
    verdicts.fold(
        first,
        |sum, next| if sum == next { sum } else { Verdict::Either },
    )
}

/// Ids are 15 characters, or the same with a checksum of three more.
fn same_id(left: &str, right: &str) -> bool {
    let long = left.len().max(right.len()) == 18 && left.len().min(right.len()) == 15;
    long && soql::is_id(left) && soql::is_id(right) && left.get(..15) == right.get(..15)
}

fn any(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::No, |sum, next| match (sum, next) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::Either, _) | (_, Verdict::Either) => Verdict::Either,
        _ => Verdict::No,
    })
}

pub(super) fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::Yes, |sum, next| match (sum, next) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::Either, _) | (_, Verdict::Either) => Verdict::Either,
        _ => Verdict::Yes,
    })
}

/// The verdict of conditions: of all of them, unless a logic says otherwise.
pub(super) fn together(logic: Option<&Logic>, each: &[Verdict]) -> Verdict {
    match logic {
        Some(logic) => combine(logic, each),
        None => all(each.iter().copied()),
    }
}

/// The verdict of a logic over those of its conditions. A number that no condition has is not met.
fn combine(logic: &Logic, each: &[Verdict]) -> Verdict {
    match logic {
        Logic::Item(number) => number
            .checked_sub(1)
            .and_then(|i| each.get(i))
            .copied()
            .unwrap_or(Verdict::No),
        Logic::And(parts) => all(parts.iter().map(|part| combine(part, each))),
        Logic::Or(parts) => any(parts.iter().map(|part| combine(part, each))),
    }
}
