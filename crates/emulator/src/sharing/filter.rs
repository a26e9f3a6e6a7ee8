//! `booleanFilter`: which combination of numbered criteria must hold.

/// A parsed filter, e.g. `1 AND (2 OR 3)`. Keywords go in any case; AND binds tighter than OR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The criterion with this number, counted from 1.
    Item(usize),
    /// All of these.
    All(Vec<Filter>),
    /// At least one of these.
    Any(Vec<Filter>),
}

/// Brackets deeper than this are refused, so that a hostile filter cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

impl Filter {
    /// Reads a filter over `count` criteria. `None` where it is malformed, names a criterion that does not exist, or
    /// leaves one out.
    pub fn parse(text: &str, count: usize) -> Option<Filter> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            depth: 0,
        };
        let filter = parser.any()?;
        let complete = parser.tokens.is_empty()
            && (1..=count).all(|number| tokens.contains(&Token::Number(number)));
        let known = tokens
            .iter()
            .all(|token| !matches!(token, Token::Number(number) if !(1..=count).contains(number)));
        (complete && known).then_some(filter)
    }

    /// The filter that asks for all of `count` criteria: what an absent one means.
    pub fn all(count: usize) -> Filter {
        Filter::All((1..=count).map(Filter::Item).collect())
    }

    /// Whether it holds, given which criteria do.
    pub fn holds(&self, item: &impl Fn(usize) -> bool) -> bool {
        match self {
            Filter::Item(number) => item(*number),
            Filter::All(parts) => parts.iter().all(|part| part.holds(item)),
            Filter::Any(parts) => parts.iter().any(|part| part.holds(item)),
        }
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

fn tokens(text: &str) -> Option<Vec<Token>> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().map(token).collect()
}

fn token(word: &str) -> Option<Token> {
    match word.to_ascii_uppercase().as_str() {
        "(" => Some(Token::Open),
        ")" => Some(Token::Close),
        "AND" => Some(Token::And),
        "OR" => Some(Token::Or),
        number => number.parse().ok().map(Token::Number),
    }
}

struct Parser<'tokens> {
    tokens: &'tokens [Token],
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Option<Filter> {
        let mut parts = vec![self.all()?];
        while self.take(Token::Or) {
            parts.push(self.all()?);
        }
        Some(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::Any(parts)
        })
    }

    fn all(&mut self) -> Option<Filter> {
        let mut parts = vec![self.factor()?];
        while self.take(Token::And) {
            parts.push(self.factor()?);
        }
        Some(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::All(parts)
        })
    }

    fn factor(&mut self) -> Option<Filter> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match first {
            Token::Number(number) => Some(Filter::Item(*number)),
            Token::Open if self.depth < MAX_DEPTH => self.bracketed(),
            _ => None,
        }
    }

    fn bracketed(&mut self) -> Option<Filter> {
        self.depth += 1;
        let inside = self.any()?;
        self.depth -= 1;
        self.take(Token::Close).then_some(inside)
    }

    fn take(&mut self, wanted: Token) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if *first == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds for which of the eight combinations of three criteria, as a bit mask; `None` where it is refused.
    fn check(text: &str, expected: Option<u8>) {
        let held = Filter::parse(text, 3).map(|filter| {
            (0..8u8)
                .filter(|case| filter.holds(&|number| case & (1 << (number - 1)) != 0))
                .fold(0, |mask, case| mask | 1 << case)
        });
        assert_eq!(held, expected, "{text}");
    }

    #[test]
    fn filters_hold_for_the_right_combinations() {
        check("1 AND 2 AND 3", Some(0b1000_0000));
        check("1 OR 2 OR 3", Some(0b1111_1110));
        check("1 or 2 OR  3", Some(0b1111_1110));
        check("(1 AND 2 )OR 3", Some(0b1111_1000));
        check("1 AND (2 OR 3)", Some(0b1010_1000));
        check("1 AND 2 OR 3", Some(0b1111_1000));
        check("((1)) and((2)or(3))", Some(0b1010_1000));
    }

    #[test]
    fn malformed_filters_are_refused() {
        for text in [
            "",
            "1",
            "1 AND 2",
            "1 AND 2 AND 4",
            "1 AND 2 AND 3 AND",
            "(1 AND 2 AND 3",
            "1 2 3",
            "NOT 1 AND 2 AND 3",
            "1 AND 2 AND 3)",
            "0 AND 1 AND 2 AND 3",
        ] {
            check(text, None);
        }
        check(&"(".repeat(5000), None);
    }
}
