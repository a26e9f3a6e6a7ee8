//! Date functions: a part of a day or moment, as a number (SOQL reference, date functions). Times are those of UTC.

use jiff::civil::{Date, DateTime, Weekday};
use serde_json::{Value, json};

use crate::moment;
use crate::store::FieldType;

/// A date function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // named as in the language
pub(crate) enum DatePart {
    CalendarYear,
    CalendarQuarter,
    CalendarMonth,
    DayInMonth,
    DayInWeek,
    DayInYear,
    DayOnly,
    HourInDay,
    WeekInMonth,
    WeekInYear,
}

impl DatePart {
    /// The function of this name. The fiscal year is the standard one, which is the calendar's.
    pub(crate) fn parse(name: &str) -> Option<DatePart> {
        match name.to_ascii_uppercase().as_str() {
            "CALENDAR_YEAR" | "FISCAL_YEAR" => Some(DatePart::CalendarYear),
            "CALENDAR_QUARTER" | "FISCAL_QUARTER" => Some(DatePart::CalendarQuarter),
            "CALENDAR_MONTH" | "FISCAL_MONTH" => Some(DatePart::CalendarMonth),
            "DAY_IN_MONTH" => Some(DatePart::DayInMonth),
            "DAY_IN_WEEK" => Some(DatePart::DayInWeek),
            "DAY_IN_YEAR" => Some(DatePart::DayInYear),
            "DAY_ONLY" => Some(DatePart::DayOnly),
            "HOUR_IN_DAY" => Some(DatePart::HourInDay),
            "WEEK_IN_MONTH" => Some(DatePart::WeekInMonth),
            "WEEK_IN_YEAR" => Some(DatePart::WeekInYear),
            _ => None,
        }
    }

    /// Whether fields of this type have such a part: days have no hours, and are a day already.
    pub(crate) fn applies_to(self, kind: FieldType) -> bool {
        let of_moments = matches!(self, DatePart::DayOnly | DatePart::HourInDay);
        kind == FieldType::DateTime || kind == FieldType::Date && !of_moments
    }

    /// The type of the part.
    pub(crate) fn kind(self) -> FieldType {
        match self {
            DatePart::DayOnly => FieldType::Date,
            _ => FieldType::Int,
        }
    }

    /// The part of a value; null of none.
    pub(crate) fn of(self, value: &Value) -> Value {
        value
            .as_str()
            .and_then(|text| self.of_text(text))
            .unwrap_or_default()
    }

    fn of_text(self, text: &str) -> Option<Value> {
        let moment = match moment::day(text) {
            Some(day) => DateTime::from(day),
            None => moment::civil(moment::moment(text)?)?,
        };
        let day = moment.date();
        Some(match self {
            DatePart::CalendarYear => json!(day.year()),
            DatePart::CalendarQuarter => json!((day.month() - 1) / 3 + 1),
            DatePart::CalendarMonth => json!(day.month()),
            DatePart::DayInMonth => json!(day.day()),
            DatePart::DayInWeek => json!(day_in_week(day)),
            DatePart::DayInYear => json!(day.day_of_year()),
            DatePart::DayOnly => json!(day.to_string()),
            DatePart::HourInDay => json!(moment.hour()),
            DatePart::WeekInMonth => json!((day.day() - 1) / 7 + 1),
            DatePart::WeekInYear => json!((day.day_of_year() - 1) / 7 + 1),
        })
    }
}

/// 1 for Sunday to 7 for Saturday.
fn day_in_week(day: Date) -> i8 {
    day.weekday().since(Weekday::Sunday) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_moment() {
        let check = |name: &str, expected: Value| {
            let part = DatePart::parse(name).unwrap();
            assert_eq!(
                part.of(&json!("2026-11-23T17:20:00.000+0000")),
                expected,
                "{name}"
            );
            assert_eq!(part.of(&Value::Null), Value::Null);
        };
        check("calendar_year", json!(2026));
        check("FISCAL_QUARTER", json!(4));
        check("CALENDAR_MONTH", json!(11));
        check("DAY_IN_MONTH", json!(23));
        check("DAY_IN_WEEK", json!(2));
        check("DAY_IN_YEAR", json!(327));
        check("DAY_ONLY", json!("2026-11-23"));
        check("HOUR_IN_DAY", json!(17));
        check("WEEK_IN_MONTH", json!(4));
        check("WEEK_IN_YEAR", json!(47));
        assert_eq!(DatePart::CalendarYear.of(&json!("2026-01-02")), json!(2026));
    }
}
