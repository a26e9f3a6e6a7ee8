//! Days and moments: literals, named ranges, and the forms in which records hold them.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::ast::Literal;
use crate::emulator::store::Millis;

const RANGES: [&str; 19] = [
    "TODAY",
    "YESTERDAY",
    "TOMORROW",
    "THIS_WEEK",
    "LAST_WEEK",
    "NEXT_WEEK",
    "THIS_MONTH",
    "LAST_MONTH",
    "NEXT_MONTH",
    "THIS_YEAR",
    "LAST_YEAR",
    "NEXT_YEAR",
    "LAST_N_DAYS",
    "NEXT_N_DAYS",
    "LAST_N_WEEKS",
    "LAST_N_MONTHS",
    "LAST_N_YEARS",
    "LAST_90_DAYS",
    "NEXT_90_DAYS",
];

/// Whether this word names a range of days.
pub fn is_range(word: &str) -> bool {
    RANGES.iter().any(|range| range.eq_ignore_ascii_case(word))
}

/// An unquoted number, day or moment.
pub fn literal(text: &str) -> Option<Literal> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(Literal::Number(number));
    }
    if text.contains('T') {
        return moment(text).map(Literal::DateTime);
    }
    day(text).map(|_| Literal::Date(text.to_owned()))
}

/// A day in the form `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    text.parse().ok()
}

/// A moment, with `Z`, `+0000` or `+00:00` at its end.
pub fn moment(text: &str) -> Option<Millis> {
    let mut text = text.to_owned();
    let bare_offset = text.len() > 5 && text.get(text.len() - 5..).is_some_and(is_bare_offset);
    if bare_offset {
        text.insert(text.len() - 2, ':');
    }
    text.parse::<Timestamp>()
        .ok()
        .map(|stamp| stamp.as_millisecond())
}

fn is_bare_offset(tail: &str) -> bool {
    tail.starts_with(['+', '-']) && tail[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// A moment as the REST API writes it: `2021-05-10T04:33:16.000+0000`.
pub fn rest_moment(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or_default();
    stamp.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// The first day of a named range and the day after its last, as seen at `now`.
pub fn range(word: &str, number: i64, now: Millis) -> Option<(Date, Date)> {
    let today = Timestamp::from_millisecond(now)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .date();
    // The longest range anybody means; beyond it the calendar ends.
    let number = number.clamp(0, 3_000);
    match word {
        "TODAY" => days(today, 0, 1),
        "YESTERDAY" => days(today, -1, 0),
        "TOMORROW" => days(today, 1, 2),
        "LAST_N_DAYS" => days(today, -number, 1),
        "NEXT_N_DAYS" => days(today, 1, number + 1),
        "LAST_90_DAYS" => days(today, -90, 1),
        "NEXT_90_DAYS" => days(today, 1, 91),
        "THIS_WEEK" => days(week(today)?, 0, 7),
        "LAST_WEEK" => days(week(today)?, -7, 0),
        "NEXT_WEEK" => days(week(today)?, 7, 14),
        "LAST_N_WEEKS" => days(week(today)?, -7 * number, 0),
        "THIS_MONTH" => months(today.first_of_month(), 0, 1),
        "LAST_MONTH" => months(today.first_of_month(), -1, 0),
        "NEXT_MONTH" => months(today.first_of_month(), 1, 2),
        "LAST_N_MONTHS" => months(today.first_of_month(), -number, 0),
        "THIS_YEAR" => months(today.first_of_year(), 0, 12),
        "LAST_YEAR" => months(today.first_of_year(), -12, 0),
        "NEXT_YEAR" => months(today.first_of_year(), 12, 24),
        "LAST_N_YEARS" => months(today.first_of_year(), -12 * number, 0),
        _ => None,
    }
}

/// Midnight UTC at the start of a day.
pub fn midnight(date: Date) -> Option<Millis> {
    Some(
        date.to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

fn days(base: Date, from: i64, to: i64) -> Option<(Date, Date)> {
    Some((
        base.checked_add(from.days()).ok()?,
        base.checked_add(to.days()).ok()?,
    ))
}

fn months(base: Date, from: i64, to: i64) -> Option<(Date, Date)> {
    Some((
        base.checked_add(from.months()).ok()?,
        base.checked_add(to.months()).ok()?,
    ))
}

/// The Sunday a week begins with, in the locale of the United States.
fn week(today: Date) -> Option<Date> {
    let since = today.weekday().since(Weekday::Sunday);
    today.checked_sub(i64::from(since).days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_and_written_in_one() {
        for text in [
            "2021-05-10T04:33:16Z",
            "2021-05-10T04:33:16.000+0000",
            "2021-05-10T06:33:16+02:00",
        ] {
            assert_eq!(
                rest_moment(moment(text).unwrap()),
                "2021-05-10T04:33:16.000+0000",
                "{text}"
            );
        }
        for text in ["", "T", "2021-05-10T", "2021-13-10T00:00:00Z", "ä-0000"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_are_half_open() {
        let now = moment("2026-03-18T12:00:00Z").unwrap();
        let check = |word, number, from: &str, to: &str| {
            let expected = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(range(word, number, now), Some(expected), "{word}:{number}");
        };
        check("TODAY", 0, "2026-03-18", "2026-03-19");
        check("LAST_N_DAYS", 3, "2026-03-15", "2026-03-19");
        check("THIS_WEEK", 0, "2026-03-15", "2026-03-22");
        check("LAST_MONTH", 0, "2026-02-01", "2026-03-01");
        check("NEXT_YEAR", 0, "2027-01-01", "2028-01-01");
    }

    #[test]
    fn numbers_days_and_nonsense_are_told_apart() {
        assert_eq!(literal("-1.5"), Some(Literal::Number(-1.5)));
        assert_eq!(
            literal("2026-01-02"),
            Some(Literal::Date("2026-01-02".to_owned()))
        );
        assert_eq!(literal("2026-02-30"), None);
        assert_eq!(literal("12abc"), None);
    }
}
