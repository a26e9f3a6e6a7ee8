//! Words, numbers and widths: what every report needs to put text on a page safely.
//!
//! Text from an org or a manifest is foreign: it may hold escape sequences, bidirectional overrides or
//! invisible characters that rewrite what a reviewer sees. All of it goes through [`printable`].

use crate::change::Stage;
use crate::count::{self, number, plural};
use crate::plan::{DIGITS_OF_CHANGES, Plan};
use crate::tally::Tally;
use crate::verify::{Authorship, Mend, SetupEdit};
use std::borrow::Cow;

use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest value shown whole unless everything was asked for, in characters.
const LONGEST_VALUE: usize = 160;

/// Foreign text with every character that could act on a terminal, or hide, shown as `\u{1b}`. What a build server
/// would take for a command at the start of a line (`::error`, `##[error]`) is shown so that it is none.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) && !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let shown: String = text.chars().map(escaped).collect();
    Cow::Owned(without_commands(&shown.replace("##[", "\\u{23}#[")))
}

/// The text with each `::` in front of a letter taken apart. Wherever a line is broken, it may come to stand first.
fn without_commands(text: &str) -> String {
    let mut parts = text.split("::");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_command = part.starts_with(|first: char| first.is_ascii_alphabetic());
        shown.push_str(if is_command { "\\u{3a}:" } else { "::" });
        shown.push_str(part);
    }
    shown
}

/// One character, shown escaped where [`printable`] demands it.
fn escaped(character: char) -> Cow<'static, str> {
    match character {
        '\n' => Cow::Borrowed("\\n"),
        '\r' => Cow::Borrowed("\\r"),
        '\t' => Cow::Borrowed("\\t"),
        unsafe_one if is_unsafe(unsafe_one) => {
            Cow::Owned(format!("\\u{{{:x}}}", u32::from(unsafe_one)))
        }
        plain => Cow::Owned(plain.to_string()),
    }
}

/// Whether a character controls a terminal, turns the reading direction, or cannot be seen.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Several lines of foreign text (a file's excerpt): like [`printable`], but lines stay lines.
pub fn printable_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            '\r' => shown.push(' '),
            other => shown.push_str(&escaped(other)),
        }
    }
    shown
}

/// Text for a place that can show ASCII only: everything else as `\u{e9}`.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            shown.push(character);
        } else {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        }
    }
    Cow::Owned(shown)
}

/// Records of an object: `2,000 leads`, `1 lead`; a custom object keeps its name.
pub fn records(count: u64, object: &str) -> String {
    if object.ends_with("__c") {
        return format!("{} {object} {}", number(count), plural(count, "record"));
    }
    count::count(count, &object.to_lowercase())
}

/// A duration for people, from milliseconds: `0.31 s`, `12 s`, `2 min 5 s`.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..10_000 => format!("{:.2} s", milliseconds as f64 / 1000.0),
        10_000..60_000 => format!("{} s", milliseconds / 1000),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds / 1000 % 60
        ),
    }
}

/// A value as people write it: text bare, lists with commas, nothing as `not set`; long ones cut unless `whole`.
pub fn value(value: &Value, whole: bool) -> String {
    let shown = match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) if text.is_empty() || text.trim() != text => format!("{text:?}"),
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(|item| self::value(item, whole))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    clipped(
        &printable(&shown),
        if whole { usize::MAX } else { LONGEST_VALUE },
    )
}

/// Text cut to so many characters, with the number of all of them where it was cut.
pub fn clipped(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => {
            format!(
                "{}... ({} characters)",
                &text[..end],
                number(text.chars().count() as u64)
            )
        }
    }
}

/// Columns a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks text into lines of at most `width` columns, those after the first of `width - hang`: between words where
/// it can, inside them where it must.
pub fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
    let width = width.max(8);
    let narrow = width.saturating_sub(hang).max(8);
    let mut lines = vec![String::new()];
    for word in text.split(' ').flat_map(|word| pieces(word, narrow)) {
        let room = if lines.len() == 1 { width } else { narrow };
        let line = lines.last().map(String::as_str).unwrap_or_default();
        let needed = columns(line) + usize::from(!line.is_empty()) + columns(&word);
        if needed > room && !line.is_empty() {
            lines.push(word);
        } else if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

/// The beginning of a text that fits into so many columns.
pub fn cut(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (start, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width {
            return text.get(..start).unwrap_or_default();
        }
    }
    text
}

/// A word in pieces that fit the width; one piece where it fits as it is.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for character in word.chars() {
        let taken = character.width().unwrap_or(0);
        if used + taken > width {
            pieces.push(String::new());
            used = 0;
        }
        used += taken;
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

/// The first twelve hexadecimal digits of a digest such as `sha256:7f3a…`: enough to name a plan.
pub fn short_digest(digest: &str) -> &str {
    leading(digest, DIGITS_OF_CHANGES)
}

/// The digits that name a plan with all that it was agreed to: twice as many where they have to cover warnings of its check.
pub fn plan_digest(plan: &Plan) -> &str {
    let check = plan.check.iter();
    let mut warnings = check.flat_map(|check| &check.warnings);
    match warnings.any(|warning| warning.stage == Stage::Containers) {
        true => leading(&plan.digest, 2 * DIGITS_OF_CHANGES),
        false => short_digest(&plan.digest),
    }
}

fn leading(digest: &str, digits: usize) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..digits).unwrap_or(hex)
}

/// A change that closes leaks, in a sentence.
pub(super) fn mend(mend: &Mend) -> String {
    let others = match &mend.others {
        Tally::Exactly(0) => "touches nobody else".to_owned(),
        Tally::Exactly(others) => {
            format!(
                "{} may lose sight by it",
                count::count(*others, "other user")
            )
        }
        Tally::Between { at_most, .. } => {
            let others = count::count(*at_most, "other user");
            format!("up to {others} may lose sight by it")
        }
        Tally::Unknown(why) => format!("whom else it touches is not known: {}", printable(why)),
    };
    format!(
        "{}: closes {} alone, and without it {} would stay open; {others}",
        printable(&mend.change),
        number(mend.closes_alone),
        number(mend.closes_in_set),
    )
}

/// Who changed something, and when, as far as it is known: a sentence without its subject.
pub(super) fn authorship(authorship: &Authorship) -> String {
    match authorship {
        Authorship::Known { by } => edit(by),
        Authorship::Candidates { by } if by.len() == 1 => {
            let each: Vec<String> = by.iter().map(edit).collect();
            format!("perhaps {}", each.concat())
        }
        Authorship::Candidates { by } => {
            let each: Vec<String> = by.iter().map(edit).collect();
            format!("either {}", each.join(", or "))
        }
        Authorship::NotKnown { why } => {
            format!("who changed it is not known: {}", printable(why))
        }
    }
}

fn edit(edit: &SetupEdit) -> String {
    let verb = match edit.deployed {
        true => "deployed",
        false => "changed",
    };
    let user = edit.user.as_deref().unwrap_or("somebody");
    let when = match minute(&edit.first) == minute(&edit.last) {
        true => format!("at {}", minute(&edit.last)),
        false => format!("between {} and {}", minute(&edit.first), minute(&edit.last)),
    };
    format!("{verb} by {} {when}", printable(user))
}

/// A moment in the org's words, to the minute: `2026-03-01 10:00 UTC`.
fn minute(moment: &str) -> String {
    let is_utc = moment.ends_with("+0000") || moment.ends_with('Z');
    match (moment.get(..16), is_utc) {
        (Some(minute), true) => format!("{} UTC", printable(&minute.replace('T', " "))),
        _ => printable(moment).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_acts_on_a_terminal_or_hides_is_shown_escaped() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check(
            "Sales EMEA \u{2014} M\u{fc}ller",
            "Sales EMEA \u{2014} M\u{fc}ller",
        );
        check("a\u{1b}[2Jb", "a\\u{1b}[2Jb");
        check(
            "x\u{202e}y\u{200b}z\u{feff}",
            "x\\u{202e}y\\u{200b}z\\u{feff}",
        );
        check("\u{9b}31m\u{7f}\r\n\t", "\\u{9b}31m\\u{7f}\\r\\n\\t");
        check("\u{e0041}", "\\u{e0041}");
    }

    #[test]
    fn nothing_is_a_command_to_a_build_server() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check("::error::x", "\\u{3a}:error\\u{3a}:x");
        check("a ::set-env name=b::1", "a \\u{3a}:set-env name=b::1");
        check("##[error]x", "\\u{23}#[error]x");
        check("http://[::1]:80", "http://[::1]:80");
    }

    #[test]
    fn no_character_at_all_gets_through_as_a_control() {
        for character in (0..0x11_0000).filter_map(char::from_u32) {
            let text = character.to_string();
            let shown = printable(&text);
            assert!(
                !shown.chars().any(char::is_control),
                "{:x}",
                u32::from(character)
            );
        }
    }

    #[test]
    fn numbers_and_nouns_read_well() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(records(1, "Lead"), "1 lead");
        assert_eq!(records(2000, "Opportunity"), "2,000 opportunities");
        assert_eq!(records(1, "Deal__c"), "1 Deal__c record");
        assert_eq!(duration(314), "0.31 s");
        assert_eq!(duration(125_000), "2 min 5 s");
    }

    #[test]
    fn values_are_shown_as_people_write_them() {
        let check = |given: Value, expected: &str| assert_eq!(value(&given, false), expected);
        check(json!(null), "not set");
        check(json!(true), "true");
        check(json!("Lead"), "Lead");
        check(json!(""), "\"\"");
        check(json!(["read", "edit"]), "read, edit");
        check(json!("\u{1b}]52;c;x\u{7}"), "\\u{1b}]52;c;x\\u{7}");
        check(
            json!("y".repeat(161)),
            &format!("{}... (161 characters)", "y".repeat(160)),
        );
    }

    #[test]
    fn lines_break_between_words_and_inside_them_where_they_must() {
        assert_eq!(
            wrapped("one two three four", 9, 0),
            ["one two", "three", "four"]
        );
        assert_eq!(wrapped("abcdefghijkl mn", 8, 0), ["abcdefgh", "ijkl mn"]);
        assert_eq!(wrapped("", 8, 0), [""]);
        assert_eq!(
            wrapped("\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}", 8, 0).len(),
            2
        );
    }

    #[test]
    fn a_cut_keeps_the_beginning_as_it_is() {
        assert_eq!(cut("  abc", 4), "  ab");
        assert_eq!(cut("\u{6f22}\u{5b57}", 3), "\u{6f22}");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn a_digest_is_named_by_twelve_digits() {
        assert_eq!(short_digest("sha256:7f3a91c2d4e5aaaa"), "7f3a91c2d4e5");
        assert_eq!(short_digest("abc"), "abc");
    }
}
