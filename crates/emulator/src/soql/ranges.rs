//! Named ranges of days, such as `LAST_N_DAYS:30` (SOQL reference, date formats and date literals).
//!
//! The fiscal year is the standard one: it begins in January. A week begins on Sunday, as in the United States.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::store::Millis;

/// The longest range anybody means; beyond it the calendar ends.
const LONGEST: i64 = 3_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Which of its units a range covers, counted from the present one; some count by a number of the query's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// From the first to before the second.
    Fixed(i64, i64),
    /// So many before the present one; days include today.
    Last,
    /// So many after the present one.
    Next,
    /// The one so many before the present one.
    Ago,
}

/// Whether this word names a range of days.
pub(super) fn is_range(word: &str) -> bool {
    parse(word).is_some()
}

/// Whether a colon and a number follow the word.
pub(super) fn takes_number(word: &str) -> bool {
    parse(word).is_some_and(|(_, reach)| !matches!(reach, Reach::Fixed(..)))
}

fn parse(word: &str) -> Option<(Unit, Reach)> {
    let word = word.to_ascii_uppercase();
    let days = match word.as_str() {
        "TODAY" => Some((0, 1)),
        "YESTERDAY" => Some((-1, 0)),
        "TOMORROW" => Some((1, 2)),
        "LAST_90_DAYS" => Some((-90, 1)),
        "NEXT_90_DAYS" => Some((1, 91)),
        _ => None,
    };
    if let Some((from, to)) = days {
        return Some((Unit::Day, Reach::Fixed(from, to)));
    }
    if let Some(units) = word
        .strip_prefix("N_")
        .and_then(|rest| rest.strip_suffix("_AGO"))
    {
        return Some((many(units)?, Reach::Ago));
    }
    let (first, rest) = word.split_once('_')?;
    match (first, rest.strip_prefix("N_")) {
        ("LAST", Some(units)) => Some((many(units)?, Reach::Last)),
        ("NEXT", Some(units)) => Some((many(units)?, Reach::Next)),
        ("THIS", None) => Some((one(rest)?, Reach::Fixed(0, 1))),
        ("LAST", None) => Some((one(rest)?, Reach::Fixed(-1, 0))),
        ("NEXT", None) => Some((one(rest)?, Reach::Fixed(1, 2))),
        _ => None,
    }
}

fn one(word: &str) -> Option<Unit> {
    match word {
        "WEEK" => Some(Unit::Week),
        "MONTH" => Some(Unit::Month),
        "QUARTER" | "FISCAL_QUARTER" => Some(Unit::Quarter),
        "YEAR" | "FISCAL_YEAR" => Some(Unit::Year),
        _ => None,
    }
}

fn many(word: &str) -> Option<Unit> {
    match word {
        "DAYS" => Some(Unit::Day),
        _ => one(word.strip_suffix('S')?),
    }
}

/// The first day of a named range and the day after its last, as seen at `now`.
pub(super) fn range(word: &str, number: i64, now: Millis) -> Option<(Date, Date)> {
    let now = Timestamp::from_millisecond(now).ok()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let number = number.clamp(0, LONGEST);
    let (unit, reach) = parse(word)?;
    let (from, to) = match reach {
        Reach::Fixed(from, to) => (from, to),
        Reach::Last => (-number, i64::from(unit == Unit::Day)),
        Reach::Next => (1, number + 1),
        Reach::Ago => (-number, 1 - number),
    };
    let start = start(unit, today)?;
    Some((moved(start, unit, from)?, moved(start, unit, to)?))
}

/// The first day of the present unit.
fn start(unit: Unit, today: Date) -> Option<Date> {
    match unit {
        Unit::Day => Some(today),
        Unit::Week => {
            let since = today.weekday().since(Weekday::Sunday);
            today.checked_sub(i64::from(since).days()).ok()
        }
        Unit::Month => Some(today.first_of_month()),
        Unit::Quarter => {
            let since = i64::from((today.month() - 1) % 3);
            today.first_of_month().checked_sub(since.months()).ok()
        }
        Unit::Year => Some(today.first_of_year()),
    }
}

fn moved(date: Date, unit: Unit, by: i64) -> Option<Date> {
    let span = match unit {
        Unit::Day => by.days(),
        Unit::Week => by.weeks(),
        Unit::Month => by.months(),
        Unit::Quarter => (3 * by).months(),
        Unit::Year => by.years(),
    };
    date.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::moment;

    #[test]
    fn ranges_are_half_open() {
        let now = moment("2026-03-18T12:00:00Z").unwrap();
        let check = |word, number, from: &str, to: &str| {
            let expected = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(range(word, number, now), Some(expected), "{word}:{number}");
        };
        check("TODAY", 0, "2026-03-18", "2026-03-19");
        check("yesterday", 0, "2026-03-17", "2026-03-18");
        check("TOMORROW", 0, "2026-03-19", "2026-03-20");
        check("LAST_N_DAYS", 3, "2026-03-15", "2026-03-19");
        check("NEXT_N_DAYS", 3, "2026-03-19", "2026-03-22");
        check("N_DAYS_AGO", 3, "2026-03-15", "2026-03-16");
        check("LAST_90_DAYS", 0, "2025-12-18", "2026-03-19");
        check("NEXT_90_DAYS", 0, "2026-03-19", "2026-06-17");
        check("THIS_WEEK", 0, "2026-03-15", "2026-03-22");
        check("LAST_WEEK", 0, "2026-03-08", "2026-03-15");
        check("NEXT_N_WEEKS", 2, "2026-03-22", "2026-04-05");
        check("N_WEEKS_AGO", 1, "2026-03-08", "2026-03-15");
        check("LAST_MONTH", 0, "2026-02-01", "2026-03-01");
        check("LAST_N_MONTHS", 2, "2026-01-01", "2026-03-01");
        check("N_MONTHS_AGO", 2, "2026-01-01", "2026-02-01");
        check("NEXT_N_MONTHS", 2, "2026-04-01", "2026-06-01");
        check("THIS_QUARTER", 0, "2026-01-01", "2026-04-01");
        check("LAST_QUARTER", 0, "2025-10-01", "2026-01-01");
        check("NEXT_N_QUARTERS", 2, "2026-04-01", "2026-10-01");
        check("N_QUARTERS_AGO", 1, "2025-10-01", "2026-01-01");
        check("THIS_FISCAL_QUARTER", 0, "2026-01-01", "2026-04-01");
        check("LAST_N_FISCAL_QUARTERS", 1, "2025-10-01", "2026-01-01");
        check("N_FISCAL_YEARS_AGO", 2, "2024-01-01", "2025-01-01");
        check("NEXT_YEAR", 0, "2027-01-01", "2028-01-01");
        check("LAST_N_YEARS", 2, "2024-01-01", "2026-01-01");
    }

    #[test]
    fn only_some_words_are_ranges() {
        for word in [
            "N_DAYS",
            "LAST_N_DAY",
            "THIS_DAY",
            "THIS_N_WEEKS",
            "LAST_FISCAL_MONTH",
            "LAST_90_WEEKS",
            "_",
            "",
        ] {
            assert!(!is_range(word), "{word}");
        }
        assert!(
            takes_number("n_days_ago") && takes_number("LAST_N_WEEKS") && !takes_number("TODAY")
        );
    }
}
