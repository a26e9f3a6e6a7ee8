//! Tokens to a query. Whatever the grammar here does not have is refused where it stands.

mod absent;
mod conditions;

use super::ast::*;
use super::lexer::{Token, TokenKind, tokens};
use super::parts::DatePart;
use crate::soql_error::SoqlError;

/// How deep conditions and sub-queries may nest.
const DEEPEST: usize = 60;

/// Words that cannot be an alias because the grammar goes on with them.
const RESERVED: [&str; 17] = [
    "FROM", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "ALL", "USING",
    "UPDATE", "AND", "OR", "NOT", "ASC", "DESC",
];

/// Reads a query.
///
/// # Errors
/// `MALFORMED_QUERY`, with the place.
pub(crate) fn parse(text: &str) -> Result<Query, SoqlError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    let query = parser.query()?;
    match parser.peek() {
        TokenKind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens
            .get(self.next)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    fn at(&self) -> usize {
        self.tokens
            .get(self.next)
            .or(self.tokens.last())
            .map_or(0, |token| token.at)
    }

    fn unexpected(&self) -> SoqlError {
        if let Some(absent) = self.absent_clause() {
            return absent;
        }
        let message = match self.peek() {
            TokenKind::Symbol(":") => "Bind variables only allowed in Apex code".to_owned(),
            TokenKind::Word(word) => format!("unexpected token: '{word}'"),
            TokenKind::Text { value, .. } => format!("unexpected token: '{value}'"),
            TokenKind::Number(number) => format!("unexpected token: '{number}'"),
            TokenKind::Symbol(symbol) => format!("unexpected token: '{symbol}'"),
            TokenKind::End => "unexpected token: '<EOF>'".to_owned(),
        };
        SoqlError::malformed(self.at(), message)
    }

    fn is_word(&self, expected: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(word) if word.eq_ignore_ascii_case(expected))
    }

    fn take_word(&mut self, expected: &str) -> bool {
        let found = self.is_word(expected);
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, expected: &str) -> Result<(), SoqlError> {
        if self.take_word(expected) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn is_symbol(&self, expected: &str) -> bool {
        matches!(self.peek(), TokenKind::Symbol(symbol) if *symbol == expected)
    }

    fn take_symbol(&mut self, expected: &str) -> bool {
        let found = self.is_symbol(expected);
        self.next += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, expected: &str) -> Result<(), SoqlError> {
        if self.take_symbol(expected) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn name(&mut self) -> Result<Name, SoqlError> {
        let at = self.at();
        let TokenKind::Word(text) = self.peek() else {
            return Err(self.unexpected());
        };
        let text = text.clone();
        self.next += 1;
        Ok(Name {
            text,
            at,
            part: None,
        })
    }

    fn alias(&mut self) -> Option<String> {
        let TokenKind::Word(word) = self.peek() else {
            return None;
        };
        if word.contains('.')
            || RESERVED
                .iter()
                .any(|reserved| reserved.eq_ignore_ascii_case(word))
        {
            return None;
        }
        let alias = word.clone();
        self.next += 1;
        Some(alias)
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Parser) -> Result<T, SoqlError>,
    ) -> Result<T, SoqlError> {
        if self.depth >= DEEPEST {
            return Err(SoqlError::malformed(
                self.at(),
                "query is too complicated".to_owned(),
            ));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn query(&mut self) -> Result<Query, SoqlError> {
        self.expect_word("SELECT")?;
        let mut query = Query {
            select: self.select_list()?,
            ..Query::default()
        };
        self.expect_word("FROM")?;
        query.from = self.name()?;
        query.alias = self.alias();
        if self.take_word("WHERE") {
            query.filter = Some(self.condition()?);
        }
        self.grouping(&mut query)?;
        if self.take_word("ORDER") {
            self.expect_word("BY")?;
            query.order_by = self.list(Parser::ordering)?;
        }
        if self.take_word("LIMIT") {
            query.limit = Some(self.count()?);
        }
        if self.take_word("OFFSET") {
            query.offset = self.count()?;
        }
        Ok(query)
    }

    fn grouping(&mut self, query: &mut Query) -> Result<(), SoqlError> {
        if self.take_word("GROUP") {
            self.expect_word("BY")?;
            query.group_by = self.list(Parser::grouped)?;
        }
        if self.take_word("HAVING") {
            query.having = Some(self.condition()?);
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        read: impl Fn(&mut Parser) -> Result<T, SoqlError>,
    ) -> Result<Vec<T>, SoqlError> {
        let mut items = vec![read(self)?];
        while self.take_symbol(",") {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn select_list(&mut self) -> Result<Vec<Selected>, SoqlError> {
        self.list(Parser::selected)
    }

    fn selected(&mut self) -> Result<Selected, SoqlError> {
        let at = self.at();
        if self.take_symbol("(") {
            let query = self.deeper(Parser::query)?;
            self.expect_symbol(")")?;
            return Ok(Selected::Children(Box::new(query), at));
        }
        if let Some(absent) = self.absent_type_of() {
            return Err(absent);
        }
        let name = self.name()?;
        if !self.is_symbol("(") {
            return Ok(Selected::Field(name, self.alias()));
        }
        if name.text.eq_ignore_ascii_case("FIELDS") {
            return self.field_group(at);
        }
        if let Some(part) = DatePart::parse(&name.text) {
            let name = self.date_part(part, at)?;
            return Ok(Selected::Field(name, self.alias()));
        }
        let aggregate = self.aggregate(&name)?;
        Ok(Selected::Aggregate(aggregate, self.alias()))
    }

    fn field_group(&mut self, at: usize) -> Result<Selected, SoqlError> {
        self.expect_symbol("(")?;
        let group = match self.peek() {
            TokenKind::Word(word) if word.eq_ignore_ascii_case("ALL") => FieldGroup::All,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("STANDARD") => FieldGroup::Standard,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("CUSTOM") => FieldGroup::Custom,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        self.expect_symbol(")")?;
        Ok(Selected::Fields(group, at))
    }

    fn aggregate(&mut self, name: &Name) -> Result<Aggregate, SoqlError> {
        let Some(function) = function(&name.text) else {
            let unknown =
                || SoqlError::malformed(name.at, format!("unknown function: {}", name.text));
            let absent = self.absent_function(&name.text, name.at);
            return Err(absent.unwrap_or_else(unknown));
        };
        self.expect_symbol("(")?;
        let field = if self.is_symbol(")") {
            None
        } else {
            Some(self.name()?)
        };
        if field.is_none() && function != Function::Count {
            return Err(self.unexpected());
        }
        self.expect_symbol(")")?;
        Ok(Aggregate {
            function,
            field,
            at: name.at,
        })
    }

    fn grouped(&mut self) -> Result<Name, SoqlError> {
        let name = self.name()?;
        match DatePart::parse(&name.text) {
            Some(part) if self.is_symbol("(") => self.date_part(part, name.at),
            _ => match self.absent_function(&name.text, name.at) {
                Some(absent) => Err(absent),
                None => Ok(name),
            },
        }
    }

    /// The field a date function is about.
    fn date_part(&mut self, part: DatePart, at: usize) -> Result<Name, SoqlError> {
        self.expect_symbol("(")?;
        let field = self.name()?;
        if let Some(absent) = self.absent_function(&field.text, field.at) {
            return Err(absent);
        }
        self.expect_symbol(")")?;
        Ok(Name {
            text: field.text,
            at,
            part: Some(part),
        })
    }

    fn ordering(&mut self) -> Result<Ordering, SoqlError> {
        let by = self.operand()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let mut nulls_last = false;
        if self.take_word("NULLS") {
            nulls_last = self.take_word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(Ordering {
            by,
            descending,
            nulls_last,
        })
    }

    fn count(&mut self) -> Result<usize, SoqlError> {
        let TokenKind::Number(text) = self.peek() else {
            return Err(self.unexpected());
        };
        let count = text.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(count)
    }
}

fn function(name: &str) -> Option<Function> {
    match name.to_ascii_uppercase().as_str() {
        "COUNT" => Some(Function::Count),
        "COUNT_DISTINCT" => Some(Function::CountDistinct),
        "SUM" => Some(Function::Sum),
        "AVG" => Some(Function::Avg),
        "MIN" => Some(Function::Min),
        "MAX" => Some(Function::Max),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_query_are_told_apart() {
        let text = "SELECT OwnerId, COUNT(Id) n, (SELECT Id FROM Contacts LIMIT 1) FROM Lead l \
            WHERE (a = 'x' OR b != null) AND (NOT c IN (1, 2)) AND Id NOT IN (SELECT LeadId FROM X) \
            GROUP BY OwnerId HAVING COUNT(Id) > 3 ORDER BY OwnerId DESC NULLS LAST LIMIT 10 OFFSET 5";
        let query = parse(text).unwrap();
        assert_eq!(query.select.len(), 3);
        assert_eq!(query.alias.as_deref(), Some("l"));
        let Some(Condition::And(terms)) = &query.filter else {
            panic!("{:?}", query.filter)
        };
        assert!(matches!(&terms[0], Condition::Or(either) if either.len() == 2));
        assert!(matches!(&terms[1], Condition::Not(_)));
        assert!(matches!(&terms[2], Condition::InQuery(_, true, _)));
        assert!(query.having.is_some());
        assert!(query.order_by[0].descending && query.order_by[0].nulls_last);
        assert_eq!((query.limit, query.offset), (Some(10), 5));
    }

    #[test]
    fn what_the_grammar_lacks_is_refused_where_it_stands() {
        let cases = [
            ("SELECT", 6, "unexpected token: '<EOF>'"),
            ("SELECT Id Lead", 14, "unexpected token: '<EOF>'"),
            (
                "SELECT Id FROM Lead WHERE a = 1 OR b = 2 AND c = 3",
                41,
                "unexpected token: 'AND'",
            ),
            (
                "SELECT Id FROM Lead WHERE a IN ()",
                32,
                "unexpected token: ')'",
            ),
            (
                "SELECT Id FROM Lead WHERE a = Foo",
                30,
                "unexpected token: 'Foo'",
            ),
            ("SELECT Id FROM Lead LIMIT x", 26, "unexpected token: 'x'"),
            ("SELECT bogus(Id) FROM Lead", 7, "unknown function: bogus"),
            (
                "SELECT Id FROM Lead WHERE a = 1 AND NOT b = 2",
                36,
                "unexpected token: 'NOT'",
            ),
            (
                "SELECT Id FROM Lead WHERE a = LAST_N_DAYS",
                41,
                "unexpected token: '<EOF>'",
            ),
            (
                "SELECT Id FROM Lead WHERE Name = :name",
                33,
                "Bind variables only allowed in Apex code",
            ),
        ];
        for (query, at, message) in cases {
            let error = parse(query).unwrap_err();
            assert_eq!(
                (error.at, error.message.as_str()),
                (Some(at), message),
                "{query}"
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let query = format!("SELECT Id FROM Lead WHERE {}a = 1", "(".repeat(100_000));
        assert!(parse(&query).is_err());
        let query = format!("SELECT Id FROM Lead WHERE {}a = 1", "NOT ".repeat(100_000));
        assert!(parse(&query).is_err());
    }
}
