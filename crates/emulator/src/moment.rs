//! Days and moments in the forms in which records hold them, and durations in the form in which options take them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::store::Millis;

/// A day in the form `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    text.parse().ok()
}

/// A moment, with `Z`, `+0000` or `+00:00` at its end.
pub(crate) fn moment(text: &str) -> Option<Millis> {
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
pub(crate) fn rest_moment(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or_default();
    stamp.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// Day and hour of a moment, in UTC.
pub(crate) fn civil(at: Millis) -> Option<DateTime> {
    let stamp = Timestamp::from_millisecond(at).ok()?;
    Some(stamp.to_zoned(TimeZone::UTC).datetime())
}

/// Midnight UTC at the start of a day.
pub(crate) fn midnight(date: Date) -> Option<Millis> {
    Some(
        date.to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// A duration as options take it: `80ms`, `2s`, `10m`, `1h`, or a bare number of seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
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
    fn durations_have_units() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(
                duration(text),
                expected.map(Duration::from_millis),
                "{text}"
            )
        };
        check("80ms", Some(80));
        check("2s", Some(2_000));
        check("10m", Some(600_000));
        check("1.5", Some(1_500));
        check("0", Some(0));
        for text in ["", "s", "-1s", "1d", "1..2", "99999999999999999999h"] {
            check(text, None);
        }
    }
}
