//! The `logic` of a rule: which criteria combine how, read strictly and written canonically.
//!
//! The platform's grammar is `expr := term (OR term)*`, `term := factor (AND factor)*`,
//! `factor := NUMBER | "(" expr ")"`, with keywords in any case. AND and OR side by side without
//! brackets is refused by the platform's filter logic elsewhere, so it is refused here.

use std::collections::BTreeSet;
use std::fmt;

use super::sharing::Logic;

/// Deepest nesting of brackets.
const MOST_DEPTH: usize = 20;

/// What is wrong with a logic, and at which byte of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogicError {
    pub(super) message: String,
    pub(super) offset: usize,
    pub(super) length: usize,
}

impl Logic {
    /// Reads a filter as an org stores it; `None` where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).ok()
    }

    /// The criteria it names, counted from 1.
    pub fn items(&self) -> BTreeSet<usize> {
        match self {
            Self::Item(number) => BTreeSet::from([*number]),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Logic::items).collect(),
        }
    }

    fn is_single(&self) -> bool {
        matches!(self, Self::Item(_))
    }
}

/// Canonical: upper-case keywords, single blanks, brackets around every inner combination.
impl fmt::Display for Logic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, keyword) = match self {
            Self::Item(number) => return write!(formatter, "{number}"),
            Self::And(parts) => (parts, " AND "),
            Self::Or(parts) => (parts, " OR "),
        };
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                formatter.write_str(keyword)?;
            }
            if part.is_single() {
                write!(formatter, "{part}")?;
            } else {
                write!(formatter, "({part})")?;
            }
        }
        Ok(())
    }
}

/// Reads `text` as a logic.
pub(super) fn parse(text: &str) -> Result<Logic, LogicError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.len(),
    };
    let logic = parser.expression(0)?;
    match parser.peek() {
        None => Ok(logic),
        Some(_) => Err(parser.unexpected("AND, OR or the end")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Number(usize),
    And,
    Or,
    Open,
    Close,
}

/// A token with its byte range.
type Located = (Token, usize, usize);

fn tokens(text: &str) -> Result<Vec<Located>, LogicError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let offset = text.len() - rest.len();
        let length = match sign {
            '0'..='9' => run(rest, |sign| sign.is_ascii_digit()),
            sign if sign.is_alphabetic() => run(rest, char::is_alphabetic),
            sign => sign.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if !sign.is_whitespace() {
            tokens.push((token(piece, offset)?, offset, length));
        }
    }
    Ok(tokens)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|sign| !belongs(sign)).unwrap_or(text.len())
}

fn token(piece: &str, offset: usize) -> Result<Token, LogicError> {
    let error = |message: String| LogicError {
        message,
        offset,
        length: piece.len(),
    };
    match piece.to_ascii_uppercase().as_str() {
        "(" => Ok(Token::Open),
        ")" => Ok(Token::Close),
        "AND" => Ok(Token::And),
        "OR" => Ok(Token::Or),
        "NOT" => Err(error(
            "sharing rules know no NOT; use the operator `notEqual` or `notContain`".into(),
        )),
        upper => match upper.parse() {
            Ok(number) => Ok(Token::Number(number)),
            Err(_) => Err(error(format!(
                "`{piece}` is neither a number, AND, OR nor a bracket"
            ))),
        },
    }
}

struct Parser {
    tokens: Vec<Located>,
    next: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).map(|(token, ..)| *token)
    }

    fn expression(&mut self, depth: usize) -> Result<Logic, LogicError> {
        let first = self.factor(depth)?;
        let Some(keyword @ (Token::And | Token::Or)) = self.peek() else {
            return Ok(first);
        };
        let mut parts = vec![first];
        while let Some(token @ (Token::And | Token::Or)) = self.peek() {
            if token != keyword {
                return Err(
                    self.error("AND and OR side by side need brackets to say which comes first")
                );
            }
            self.next += 1;
            parts.push(self.factor(depth)?);
        }
        Ok(match keyword {
            Token::And => Logic::And(parts),
            _ => Logic::Or(parts),
        })
    }

    fn factor(&mut self, depth: usize) -> Result<Logic, LogicError> {
        match self.peek() {
            Some(Token::Number(number)) => {
                self.next += 1;
                Ok(Logic::Item(number))
            }
            Some(Token::Open) if depth >= MOST_DEPTH => {
                Err(self.error("the brackets nest too deeply"))
            }
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.expression(depth + 1)?;
                if self.peek() != Some(Token::Close) {
                    return Err(self.unexpected("a closing bracket"));
                }
                self.next += 1;
                Ok(inner)
            }
            _ => Err(self.unexpected("a number or an opening bracket")),
        }
    }

    fn unexpected(&self, expected: &str) -> LogicError {
        self.error(&format!("expected {expected} here"))
    }

    fn error(&self, message: &str) -> LogicError {
        let (offset, length) = self
            .tokens
            .get(self.next)
            .map_or((self.end, 0), |(_, offset, length)| (*offset, *length));
        LogicError {
            message: message.to_owned(),
            offset,
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match parse(text) {
            Ok(logic) => logic.to_string(),
            Err(error) => format!("{} at {}", error.message, error.offset),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn logic_is_read_in_any_spelling_and_written_in_one() {
        check("1", "1");
        check("1 or 2 OR 3", "1 OR 2 OR 3");
        check("(1 AND 2) oR(3)", "(1 AND 2) OR 3");
        check("((1))", "1");
        check("1 AND (2 OR (3 AND 4))", "1 AND (2 OR (3 AND 4))");
    }

    #[test]
    fn what_the_platform_would_refuse_is_refused() {
        check("", "expected a number or an opening bracket here at 0");
        check("1 AND", "expected a number or an opening bracket here at 5");
        check("1 2", "expected AND, OR or the end here at 2");
        check("(1 OR 2", "expected a closing bracket here at 7");
        check(
            "1 AND 2 OR 3",
            "AND and OR side by side need brackets to say which comes first at 8",
        );
        check(
            "NOT 1",
            "sharing rules know no NOT; use the operator `notEqual` or `notContain` at 0",
        );
        check(
            "1 && 2",
            "`&` is neither a number, AND, OR nor a bracket at 2",
        );
        check(
            "1 ÄND 2",
            "`ÄND` is neither a number, AND, OR nor a bracket at 2",
        );
        check(
            "99999999999999999999",
            "`99999999999999999999` is neither a number, AND, OR nor a bracket at 0",
        );
        check(&"(".repeat(50), "the brackets nest too deeply at 20");
    }

    #[test]
    fn every_item_is_counted() {
        let logic = parse("1 AND (3 OR 2 OR 3)").unwrap();
        assert_eq!(logic.items().into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
