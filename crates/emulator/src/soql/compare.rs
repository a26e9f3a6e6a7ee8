//! Values of records against values in a query.

use std::cmp::Ordering;

use serde_json::Value;

use super::ast::{Literal, Operator};
use super::ranges;
use crate::moment;
use crate::store::{FieldType, Millis, canonical, fold, fold_characters};

/// Whether a value meets a comparison. Texts are compared without regard to case, ids in their long form; a missing
/// value is only ever equal to null, and unequal to everything else.
pub(crate) fn meets(
    value: &Value,
    kind: FieldType,
    operator: Operator,
    literal: &Literal,
    now: Millis,
) -> bool {
    match operator {
        Operator::Equal => equals(value, kind, literal, now),
        Operator::NotEqual => !equals(value, kind, literal, now),
        Operator::Like => match (value, literal) {
            (Value::String(text), Literal::Text(_, pattern)) => Pattern::new(pattern).matches(text),
            _ => false,
        },
        _ => match order(value, kind, literal, now) {
            Some(Ordering::Less) => matches!(operator, Operator::Less | Operator::LessOrEqual),
            Some(Ordering::Equal) => {
                matches!(operator, Operator::LessOrEqual | Operator::GreaterOrEqual)
            }
            Some(Ordering::Greater) => {
                matches!(operator, Operator::Greater | Operator::GreaterOrEqual)
            }
            None => false,
        },
    }
}

/// Whether a value has no content: the platform keeps no empty texts.
pub(crate) fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn equals(value: &Value, kind: FieldType, literal: &Literal, now: Millis) -> bool {
    match literal {
        Literal::Null => is_empty(value),
        Literal::Text(text, _) if text.is_empty() => is_empty(value),
        Literal::Boolean(expected) => value.as_bool().unwrap_or(false) == *expected,
        Literal::Range(word, number) => {
            within(value, kind, word, *number, now) == Some(Ordering::Equal)
        }
        _ => order(value, kind, literal, now) == Some(Ordering::Equal),
    }
}

fn order(value: &Value, kind: FieldType, literal: &Literal, now: Millis) -> Option<Ordering> {
    match literal {
        Literal::Text(text, _) => order_texts(value.as_str()?, text, kind),
        Literal::Number(number) => value.as_f64()?.partial_cmp(number),
        Literal::Date(day) => Some(value.as_str()?.get(..10)?.cmp(day)),
        Literal::DateTime(moment) => Some(moment::moment(value.as_str()?)?.cmp(moment)),
        Literal::Range(word, number) => within(value, kind, word, *number, now),
        Literal::Boolean(_) | Literal::Null => None,
    }
}

fn order_texts(value: &str, literal: &str, kind: FieldType) -> Option<Ordering> {
    if matches!(kind, FieldType::Id | FieldType::Reference) {
        let literal = canonical(literal);
        return Some(value.cmp(literal.as_deref()?));
    }
    Some(order_folded(value, literal))
}

/// The order of two texts without their case; most are ASCII, which needs no copies.
fn order_folded(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
        return left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    fold(left).cmp(&fold(right))
}

/// Where a day or moment lies: before a range, in it, or after it.
fn within(
    value: &Value,
    kind: FieldType,
    word: &str,
    number: i64,
    now: Millis,
) -> Option<Ordering> {
    let (first, after) = ranges::range(word, number, now)?;
    let at = match kind {
        FieldType::DateTime => moment::moment(value.as_str()?)?,
        _ => moment::midnight(moment::day(value.as_str()?)?)?,
    };
    if at < moment::midnight(first)? {
        Some(Ordering::Less)
    } else if at < moment::midnight(after)? {
        Some(Ordering::Equal)
    } else {
        Some(Ordering::Greater)
    }
}

/// A LIKE pattern: `%` stands for any characters, `_` for one, a backslash before either for itself.
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    /// What a text has to contain, where that is all.
    contained: Option<String>,
}

#[derive(PartialEq)]
enum Piece {
    Any,
    One,
    This(char),
}

impl Pattern {
    /// Reads a pattern, escapes and all.
    pub(crate) fn new(pattern: &str) -> Pattern {
        let folded = fold_characters(pattern);
        let mut pieces = Vec::new();
        let mut characters = folded.chars();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '%' => Piece::Any,
                '_' => Piece::One,
                '\\' => Piece::This(characters.next().unwrap_or('\\')),
                other => Piece::This(other),
            });
        }
        Pattern {
            contained: contained(&pieces),
            pieces,
        }
    }

    /// Whether a text has this shape, in any case. Goes back to the last `%` alone, so that time stays bounded.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.matches_folded(&fold_characters(text))
    }

    /// The same for a text without its case.
    pub(crate) fn matches_folded(&self, text: &str) -> bool {
        if let Some(contained) = &self.contained {
            return text.contains(contained.as_str());
        }
        if text.is_ascii() {
            let bytes = text.as_bytes();
            return self.fits(bytes.len(), |at| bytes.get(at).copied().map(char::from));
        }
        let characters: Vec<char> = text.chars().collect();
        self.fits(characters.len(), |at| characters.get(at).copied())
    }

    fn fits(&self, length: usize, character: impl Fn(usize) -> Option<char>) -> bool {
        let (mut at, mut piece) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < length {
            match self.pieces.get(piece) {
                Some(Piece::Any) => {
                    retry = Some((at, piece + 1));
                    piece += 1;
                }
                Some(Piece::One) => (at, piece) = (at + 1, piece + 1),
                Some(Piece::This(c)) if Some(*c) == character(at) => {
                    (at, piece) = (at + 1, piece + 1)
                }
                _ => {
                    let Some((start, after)) = retry else {
                        return false;
                    };
                    (at, piece) = (start + 1, after);
                    retry = Some((start + 1, after));
                }
            }
        }
        let rest = self.pieces.iter().skip(piece);
        rest.into_iter().all(|piece| *piece == Piece::Any)
    }
}

/// What stands between two `%`, where the pattern is nothing else.
fn contained(pieces: &[Piece]) -> Option<String> {
    let [Piece::Any, middle @ .., Piece::Any] = pieces else {
        return None;
    };
    let characters = middle.iter().map(|piece| match piece {
        Piece::This(character) => Some(*character),
        Piece::Any | Piece::One => None,
    });
    characters.collect()
}

/// The order of two values of a field in `ORDER BY`; missing ones first unless asked otherwise. Ids have a case.
pub(crate) fn sort(
    kind: FieldType,
    (left, right): (&Value, &Value),
    descending: bool,
    nulls_last: bool,
) -> Ordering {
    match (is_empty(left), is_empty(right)) {
        (true, true) => return Ordering::Equal,
        (true, false) => {
            return if nulls_last {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        (false, true) => {
            return if nulls_last {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        (false, false) => {}
    }
    let order = match (kind, left, right) {
        (FieldType::Id | FieldType::Reference, Value::String(left), Value::String(right)) => {
            left.cmp(right)
        }
        _ => plain(left, right),
    };
    if descending { order.reverse() } else { order }
}

/// The order of two values that are there.
pub(crate) fn plain(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            order_folded(left, right).then_with(|| left.cmp(right))
        }
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => left
            .as_f64()
            .partial_cmp(&right.as_f64())
            .unwrap_or(Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: &str) -> Literal {
        Literal::Text(value.to_owned(), value.to_owned())
    }

    #[test]
    fn values_are_compared_as_the_platform_does() {
        let check = |value: Value, kind, operator, literal: Literal, expected| {
            assert_eq!(
                meets(&value, kind, operator, &literal, 0),
                expected,
                "{value} {operator:?} {literal:?}"
            );
        };
        use FieldType::{Boolean, Double, Id, String};
        check(json!("Acme"), String, Operator::Equal, text("ACME"), true);
        check(
            json!("Acme"),
            String,
            Operator::NotEqual,
            text("other"),
            true,
        );
        check(Value::Null, String, Operator::NotEqual, text("other"), true);
        check(Value::Null, String, Operator::Equal, Literal::Null, true);
        check(
            json!("001D000000IqhSLIAZ"),
            Id,
            Operator::Equal,
            text("001D000000IqhSL"),
            true,
        );
        check(
            json!("001D000000IqhSLIAZ"),
            Id,
            Operator::Equal,
            text("001d000000iqhsl"),
            false,
        );
        check(
            json!(3),
            Double,
            Operator::GreaterOrEqual,
            Literal::Number(3.0),
            true,
        );
        check(
            Value::Null,
            Double,
            Operator::Less,
            Literal::Number(3.0),
            false,
        );
        check(
            Value::Null,
            Boolean,
            Operator::Equal,
            Literal::Boolean(false),
            true,
        );
        check(
            json!("2026-01-02"),
            FieldType::Date,
            Operator::Less,
            Literal::Date("2026-01-03".into()),
            true,
        );
    }

    #[test]
    fn patterns() {
        let cases = [
            ("abc", "a%", true),
            ("abc", "%B%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("50%", r"50\%", true),
            ("50x", r"50\%", false),
            ("", "%", true),
            ("aXbXc", "%x%x%", true),
            ("aab", "%ab", true),
            ("ÄRGER", "%ärg%", true),
            ("ΟΔΟΣ", "οδο_", true),
            ("ΟΔΟΣ ΜΑΣ", "ΟΔΟΣ%", true),
            ("a%b", r"%\%%", true),
            ("", "%%", true),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{text} LIKE {pattern}"
            );
        }
    }
}
