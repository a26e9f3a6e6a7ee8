//! Dates as criteria hold them: in the form of the org's locale.

use jiff::civil::{Date, date};
use jiff::{Timestamp, tz::TimeZone};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// The order in which a locale writes a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    /// `12/31/2026`.
    MonthDayYear,
    /// `31/12/2026`, `31.12.2026`.
    DayMonthYear,
    /// `2026-12-31`, `2026/12/31`.
    YearMonthDay,
}

impl Dates {
    /// The order of a locale (`LocaleSidKey`).
    pub(super) fn of_locale(locale: &str) -> Dates {
        let language = locale.split('_').next().unwrap_or_default();
        match (locale, language) {
            ("en_US" | "en_PH" | "", _) => Dates::MonthDayYear,
            ("en_CA" | "en_ZA", _) | (_, "ja" | "zh" | "ko" | "sv" | "hu" | "lt") => {
                Dates::YearMonthDay
            }
            _ => Dates::DayMonthYear,
        }
    }

    /// Seconds since 1970 of a criterion's value, and whether it states a day only. Times of day are read as UTC.
    pub(super) fn criterion(self, value: &str) -> Option<(i64, bool)> {
        let (day, time) = value.split_once(' ').unwrap_or((value, ""));
        let start = seconds(self.day(day)?)?;
        if time.is_empty() {
            Some((start, true))
        } else {
            Some((start + time_of_day(time)?, false))
        }
    }

    /// Seconds since 1970 of a record's value, a date or a date-time in ISO form.
    pub(super) fn stored(self, value: &str) -> Option<(i64, bool)> {
        match value.parse::<Date>() {
            Ok(day) if !value.contains('T') => Some((seconds(day)?, true)),
            _ => instant(value).map(|instant| (instant.as_second(), false)),
        }
    }

    fn day(self, text: &str) -> Option<Date> {
        let parts: Vec<&str> = text
            .split(['/', '.', '-'])
            .filter(|part| !part.is_empty())
            .collect();
        let numbers: Vec<i16> = parts
            .iter()
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let &[first, second, third] = numbers.as_slice() else {
            return None;
        };
        let written_in_full = parts.first().is_some_and(|part| part.len() == 4);
        let (year, month, day) = match self {
            _ if written_in_full => (first, second, third),
            Dates::MonthDayYear => (third, first, second),
            Dates::DayMonthYear => (third, second, first),
            Dates::YearMonthDay => (first, second, third),
        };
        Date::new(century(year), month.try_into().ok()?, day.try_into().ok()?).ok()
    }
}

/// Two-digit years are of this century.
fn century(year: i16) -> i16 {
    if (0..100).contains(&year) {
        year + 2000
    } else {
        year
    }
}

fn seconds(day: Date) -> Option<i64> {
    let start = day.max(date(1700, 1, 1)).to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp().as_second())
}

/// `2026-01-31T10:00:00.000+0000`: the data API writes offsets without a colon.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text
        .strip_suffix("+0000")
        .map_or_else(|| text.to_owned(), |stem| format!("{stem}Z"));
    text.parse().ok()
}

/// `3:05 PM` or `15:05`, in seconds.
fn time_of_day(text: &str) -> Option<i64> {
    let upper = text.trim().to_ascii_uppercase();
    let (clock, afternoon) = match (upper.strip_suffix("PM"), upper.strip_suffix("AM")) {
        (Some(clock), _) => (clock.trim(), Some(true)),
        (_, Some(clock)) => (clock.trim(), Some(false)),
        _ => (upper.as_str(), None),
    };
    let numbers: Vec<i64> = clock
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let (hour, minute) = (*numbers.first()?, numbers.get(1).copied().unwrap_or(0));
    let hour = match afternoon {
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        None => hour,
    };
    Some(hour * 3600 + minute * 60 + numbers.get(2).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_reads_by_the_locale() {
        let check = |dates: Dates, text: &str, iso: &str| {
            assert_eq!(dates.criterion(text), dates.stored(iso), "{text}");
            assert!(dates.criterion(text).is_some(), "{text}");
        };
        check(Dates::of_locale("en_US"), "12/31/2800", "2800-12-31");
        check(Dates::of_locale("en_US"), "1/2/26", "2026-01-02");
        check(Dates::of_locale("en_GB"), "1/2/2026", "2026-02-01");
        check(Dates::of_locale("de_DE"), "01.02.2026", "2026-02-01");
        check(Dates::of_locale("ja_JP"), "2026/02/01", "2026-02-01");
        check(Dates::of_locale("en_US"), "2026-02-01", "2026-02-01");
        check(
            Dates::of_locale("en_US"),
            "1/31/2026 3:05 PM",
            "2026-01-31T15:05:00.000+0000",
        );
        check(
            Dates::of_locale("de_DE"),
            "31.01.2026 12:05 am",
            "2026-01-31T00:05:00Z",
        );
    }

    #[test]
    fn no_date_is_no_date() {
        for text in [
            "",
            "soon",
            "13/13/2026",
            "1/2",
            "1/2/3/4",
            "99999/1/1",
            "1/1/2026 noon",
        ] {
            assert_eq!(Dates::MonthDayYear.criterion(text), None, "{text}");
        }
        assert_eq!(Dates::MonthDayYear.stored("x"), None);
    }
}
