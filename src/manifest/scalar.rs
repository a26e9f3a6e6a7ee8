//! What an unquoted word of YAML means here: strictly, and the same in every version of YAML.
//!
//! `no`, `0123` or `1e3` mean one thing in one version and another in the next. Such words are never
//! guessed at; they must be quoted or written plainly.

/// What an unquoted word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number without an exponent.
    Number,
    /// Text.
    Text,
    /// A boolean to some readers and text to others; what it would be as a boolean.
    MaybeBool(bool),
    /// A number to some readers and text, or another number, to others.
    MaybeNumber,
}

/// The meaning of the unquoted word `text`.
pub(super) fn plain(text: &str) -> Plain {
    match text {
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        _ => {}
    }
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" => return Plain::MaybeBool(true),
        "no" | "off" | "n" => return Plain::MaybeBool(false),
        _ => {}
    }
    if is_decimal(text) {
        return Plain::Number;
    }
    if is_number_to_somebody(text) {
        return Plain::MaybeNumber;
    }
    Plain::Text
}

/// `-12`, `0`, `3.50`: no leading zero, no plus sign, digits on both sides of the point.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    all_digits(whole) && !leading_zero && fraction.is_none_or(all_digits)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number_to_somebody(text: &str) -> bool {
    let unsigned = text.trim_start_matches(['+', '-']);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return true;
    }
    let based = |prefix: &str, radix: u32| {
        lower.strip_prefix(prefix).is_some_and(|digits| {
            !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
        })
    };
    if based("0x", 16) || based("0o", 8) || based("0b", 2) {
        return true;
    }
    let bare = lower.replace('_', "");
    let (mantissa, exponent) = bare.split_once('e').unwrap_or((&bare, "0"));
    is_loose_decimal(mantissa) && all_digits(exponent.trim_start_matches(['+', '-']))
}

/// Digits with at most one point anywhere, beginning with a digit or the point.
fn is_loose_decimal(text: &str) -> bool {
    let digits = text.replacen('.', "", 1);
    all_digits(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Plain, words: &[&str]) {
        for word in words {
            assert_eq!(plain(word), expected, "{word}");
        }
    }

    #[test]
    fn unquoted_words_mean_one_thing_or_are_not_guessed_at() {
        check(Plain::Bool(true), &["true", "True", "TRUE"]);
        check(Plain::Bool(false), &["false"]);
        check(Plain::MaybeBool(true), &["yes", "Yes", "on", "y", "Y"]);
        check(Plain::MaybeBool(false), &["no", "NO", "off", "n"]);
        check(Plain::Number, &["0", "-1", "10", "3.50", "0.5"]);
        check(
            Plain::MaybeNumber,
            &[
                "0123", "1e3", "+1", "0x1F", "0o17", ".5", "5.", "1_000", ".inf", "-.inf",
            ],
        );
        check(
            Plain::Text,
            &[
                "Lead",
                "1.2.3",
                "12/31/2800",
                "2026-01-31",
                "e3",
                "-",
                "_",
                "tRue",
                "+",
                ".",
            ],
        );
    }
}
