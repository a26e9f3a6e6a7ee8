//! `WHERE` and `HAVING`: conditions, operators and values.

use super::Parser;
use crate::soql::ast::*;
use crate::soql::lexer::TokenKind;
use crate::soql::{dates, ranges};
use crate::soql_error::SoqlError;

impl Parser {
    /// Conditions joined by one word; AND and OR at one level need brackets.
    pub(super) fn condition(&mut self) -> Result<Condition, SoqlError> {
        self.deeper(|parser| {
            let first = parser.term()?;
            if parser.is_word("AND") {
                return Ok(Condition::And(parser.joined(first, "AND")?));
            }
            if parser.is_word("OR") {
                return Ok(Condition::Or(parser.joined(first, "OR")?));
            }
            Ok(first)
        })
    }

    fn joined(&mut self, first: Condition, word: &str) -> Result<Vec<Condition>, SoqlError> {
        let mut terms = vec![first];
        while self.take_word(word) {
            // A NOT that does not come first needs brackets around it.
            if self.is_word("NOT") {
                return Err(self.unexpected());
            }
            terms.push(self.term()?);
        }
        if self.is_word("AND") || self.is_word("OR") {
            return Err(self.unexpected());
        }
        Ok(terms)
    }

    fn term(&mut self) -> Result<Condition, SoqlError> {
        if self.take_word("NOT") {
            let negated = self.deeper(Parser::term)?;
            return Ok(Condition::Not(Box::new(negated)));
        }
        if self.take_symbol("(") {
            let inner = self.condition()?;
            self.expect_symbol(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    pub(super) fn operand(&mut self) -> Result<Operand, SoqlError> {
        let name = self.grouped()?;
        if self.is_symbol("(") {
            return Ok(Operand::Aggregate(self.aggregate(&name)?));
        }
        Ok(Operand::Field(name))
    }

    fn comparison(&mut self) -> Result<Condition, SoqlError> {
        let operand = self.operand()?;
        if self.take_word("NOT") {
            self.expect_word("IN")?;
            return self.membership(operand, true);
        }
        if self.take_word("IN") {
            return self.membership(operand, false);
        }
        for (word, negated) in [("INCLUDES", false), ("EXCLUDES", true)] {
            if self.take_word(word) {
                let values = self.values()?;
                return Ok(Condition::Includes(operand, negated, values));
            }
        }
        let operator = self.operator()?;
        Ok(Condition::Compare(operand, operator, self.literal()?))
    }

    fn operator(&mut self) -> Result<Operator, SoqlError> {
        let operator = match self.peek() {
            TokenKind::Symbol("=") => Operator::Equal,
            TokenKind::Symbol("!=" | "<>") => Operator::NotEqual,
            TokenKind::Symbol("<") => Operator::Less,
            TokenKind::Symbol("<=") => Operator::LessOrEqual,
            TokenKind::Symbol(">") => Operator::Greater,
            TokenKind::Symbol(">=") => Operator::GreaterOrEqual,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(operator)
    }

    fn membership(&mut self, operand: Operand, negated: bool) -> Result<Condition, SoqlError> {
        let query_follows = matches!(self.tokens.get(self.next + 1).map(|token| &token.kind),
            Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("SELECT"));
        if !query_follows {
            return Ok(Condition::In(operand, negated, self.values()?));
        }
        self.expect_symbol("(")?;
        let query = self.deeper(Parser::query)?;
        self.expect_symbol(")")?;
        Ok(Condition::InQuery(operand, negated, Box::new(query)))
    }

    fn values(&mut self) -> Result<Vec<Literal>, SoqlError> {
        self.expect_symbol("(")?;
        let values = self.list(Parser::literal)?;
        self.expect_symbol(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, SoqlError> {
        let literal = match self.peek().clone() {
            TokenKind::Text { value, pattern } => Literal::Text(value, pattern),
            TokenKind::Number(text) => dates::literal(&text).ok_or_else(|| self.unexpected())?,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("null") => Literal::Null,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            TokenKind::Word(word) if ranges::is_range(&word) => {
                return self.range(word.to_ascii_uppercase());
            }
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn range(&mut self, word: String) -> Result<Literal, SoqlError> {
        self.next += 1;
        if !ranges::takes_number(&word) {
            return Ok(Literal::Range(word, 0));
        }
        self.expect_symbol(":")?;
        let number = self.count()?;
        Ok(Literal::Range(
            word,
            i64::try_from(number).unwrap_or(i64::MAX),
        ))
    }
}
