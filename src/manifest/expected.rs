//! How many records a rule is meant to match: a number, or two with `..` between them.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use super::findings::Findings;
use super::node::{Content, Node};
use super::reader::wrong_type;
use super::spanned::Sp;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::tally::Tally;

/// How many records are meant, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedRecords {
    /// No fewer.
    pub at_least: u64,
    /// No more.
    pub at_most: u64,
}

impl ExpectedRecords {
    /// Whether that there are none is meant.
    pub fn allows_none(self) -> bool {
        self.at_least == 0
    }

    /// Whether a number, whatever it turns out to be, is meant: what is not known is beyond every limit.
    pub fn holds(self, records: &Tally) -> bool {
        let most = records.at_most();
        records.at_least() >= self.at_least && most.is_some_and(|most| most <= self.at_most)
    }

    /// The number, or the two numbers, that a text is.
    fn of(text: &str) -> Option<Self> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (at_least, at_most) = (digits(least)?, digits(most)?);
        (at_least <= at_most).then_some(Self { at_least, at_most })
    }
}

/// Plain digits: no sign, no white space, and no zero before others, which YAML 1.1 reads as octal.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let octal = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|_| plain && !octal)
}

/// As it is written: `250`, `200..400`.
impl fmt::Display for ExpectedRecords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_least == self.at_most {
            true => self.at_most.fmt(formatter),
            false => write!(formatter, "{}..{}", self.at_least, self.at_most),
        }
    }
}

/// As a tally: a number, or `{"at_least": …, "at_most": …}`.
impl Serialize for ExpectedRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (at_least, at_most) = (self.at_least, self.at_most);
        match at_least == at_most {
            true => Tally::Exactly(at_most).serialize(serializer),
            false => Tally::Between { at_least, at_most }.serialize(serializer),
        }
    }
}

/// Reads what stands under `expectVisible`.
pub(super) fn expected(node: &Node, findings: &Findings) -> Option<Sp<ExpectedRecords>> {
    let Content::Scalar { text, plain } = &node.content else {
        wrong_type(node, "a number such as `250`, or `200..400`", findings);
        return None;
    };
    let is_range = text.contains("..");
    let read = ExpectedRecords::of(text);
    let read_whole = read.is_some();
    let read = read.filter(|_| *plain || is_range);
    if let Some(expected) = read {
        return Some(Sp::new(expected, node.place.clone()));
    }
    let finding = Diagnostic::error(Code::WrongType, problem(text)).at(&node.place);
    let help = "write `250`, or the fewest and the most, such as `200..400`";
    findings.push(finding.help(match read_whole {
        true => format!("take the quotes away: `{text}`"),
        false => help.to_owned(),
    }));
    None
}

/// What is wrong with a text that says no number.
fn problem(text: &str) -> String {
    let ends = text.split_once("..");
    let backwards = ends.and_then(|(least, most)| Some(digits(least)? > digits(most)?));
    match backwards {
        Some(true) => format!("`{text}` has the greater number first"),
        _ => format!("`{text}` is neither a whole number nor two with `..` between them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_or_two_are_read_and_nothing_else() {
        let read = |text: &str| ExpectedRecords::of(text).map(|read| (read.at_least, read.at_most));
        assert_eq!(read("7"), Some((7, 7)));
        assert_eq!(read("0"), Some((0, 0)));
        assert_eq!(read("3..90"), Some((3, 90)));
        for text in [
            "", "..", "3..", "..9", "9..3", "-1", "+1", "007", "1..2..3", " 1", "1e3", "1...3",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_never_as_meant() {
        let meant = ExpectedRecords {
            at_least: 3,
            at_most: 9,
        };
        let between = |at_least, at_most| Tally::Between { at_least, at_most };
        for (records, holds) in [
            (Tally::Exactly(2), false),
            (Tally::Exactly(3), true),
            (Tally::Exactly(9), true),
            (Tally::Exactly(10), false),
            (between(3, 9), true),
            (between(2, 9), false),
            (between(3, 10), false),
            (Tally::Unknown("refused".to_owned()), false),
        ] {
            assert_eq!(meant.holds(&records), holds, "{records:?}");
        }
    }
}
