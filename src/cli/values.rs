//! Values of flags, as they are written on the command line.

use clap::ValueEnum;
use std::time::{Duration, SystemTime};

use crate::change::Until;
use crate::plan::CheckScope;
use crate::verify::{Sample, SampleSize};

/// How much a plan says of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImpactDetail {
    /// By profile and role.
    Summary,
    /// Each by name.
    Full,
}

/// How much of a plan the org is to check.
pub(super) fn check_scope(text: &str) -> Result<CheckScope, String> {
    match text {
        "ready" => Ok(CheckScope::Ready),
        "all" => Ok(CheckScope::All),
        _ => Err("it is --check, or --check=all".to_owned()),
    }
}

/// How far an apply goes, where that is not to its end.
pub(super) fn until(text: &str) -> Result<Until, String> {
    match text {
        "prepared" => Ok(Until::Prepared),
        "narrowed" => Ok(Until::Narrowed),
        _ => Err("prepared, or narrowed".to_owned()),
    }
}

/// A duration: `80ms`, `2s`, `10m`, `1h`, or a bare number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let milliseconds = match unit {
        "ms" => 1.0,
        "" | "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err(format!("no such unit: {unit} (ms, s, m or h)")),
    };
    let plain = |character: char| character.is_ascii_digit() || character == '.';
    let simple = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(plain)
        && digits.len() <= 12;
    let amount: f64 = digits
        .parse()
        .ok()
        .filter(|_| simple)
        .ok_or("a duration is a number with ms, s, m or h")?;
    Duration::try_from_secs_f64(amount * milliseconds / 1000.0).map_err(|error| error.to_string())
}

/// How many records to compare.
pub(super) fn sample(text: &str) -> Result<SampleSize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1, or all".to_owned()),
        Ok(size) => Ok(SampleSize::Exactly(size)),
        Err(_) if text == "all" => Ok(SampleSize::All),
        Err(_) => Err("a number, or all".to_owned()),
    }
}

/// The sample that was asked for. Where nobody says which, the clock chooses: a proof that is repeated looks elsewhere.
pub(super) fn sample_of(size: Option<SampleSize>, seed: Option<u64>) -> Sample {
    let by_clock = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| u64::from(since.subsec_micros()))
    };
    Sample {
        size: size.unwrap_or_default(),
        seed: seed.unwrap_or_else(by_clock),
    }
}

/// Twelve or more leading hexadecimal digits of a plan's digest, in lower case.
pub(super) fn digest(text: &str) -> Result<String, String> {
    let hex = text
        .strip_prefix("sha256:")
        .unwrap_or(text)
        .to_ascii_lowercase();
    let valid =
        (12..=64).contains(&hex.len()) && hex.chars().all(|digit| digit.is_ascii_hexdigit());
    if valid {
        Ok(hex)
    } else {
        Err("a plan's digest: 12 to 64 hexadecimal digits".to_owned())
    }
}

/// The API versions this program speaks.
const API_VERSIONS: std::ops::RangeInclusive<u16> = 51..=66;

/// An API version: `66.0`; `66` is completed.
pub(super) fn api_version(text: &str) -> Result<String, String> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    let plain = whole.chars().all(|digit| digit.is_ascii_digit());
    let version = whole.parse().ok().filter(|_| plain);
    match version {
        Some(version) if API_VERSIONS.contains(&version) => Ok(format!("{version}.0")),
        _ => Err(format!(
            "an API version from {}.0 to {}.0",
            API_VERSIONS.start(),
            API_VERSIONS.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_usual_units() {
        let check = |text: &str, milliseconds: u64| {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            )
        };
        check("80ms", 80);
        check("2s", 2000);
        check("10m", 600_000);
        check("1.5", 1500);
        check("0", 0);
        for bad in ["", "s", "2 s", "-1s", "2d", "1e9s", "inf", "nan", "1_000"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_digest_needs_twelve_digits() {
        assert_eq!(digest("sha256:7F3A91C2D4E5"), Ok("7f3a91c2d4e5".to_owned()));
        assert!(digest("7f3a91c2d4e").is_err());
        assert!(digest("7f3a91c2d4ex").is_err());
    }

    #[test]
    fn samples_and_versions() {
        assert_eq!(sample("all"), Ok(SampleSize::All));
        assert_eq!(sample("200"), Ok(SampleSize::Exactly(200)));
        assert!(sample("0").is_err() && sample("some").is_err());
        assert_eq!(api_version("66"), Ok("66.0".to_owned()));
        assert_eq!(api_version("51.0"), Ok("51.0".to_owned()));
        for bad in ["50.0", "67.0", "66.5", "66.0.0", "+66", "v66.0", "x", ""] {
            let told = api_version(bad);
            assert_eq!(
                told,
                Err("an API version from 51.0 to 66.0".into()),
                "{bad}"
            );
        }
    }
}
