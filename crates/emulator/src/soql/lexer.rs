//! Texts to tokens, each with its place.

use crate::soql_error::SoqlError;

/// A token and where it begins, in bytes from the start of the query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub at: usize,
}

/// Kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A keyword or name, with dots: `Profile.Name`, `LAST_N_DAYS`.
    Word(String),
    /// A quoted text, unescaped; `pattern` keeps the escapes that matter to LIKE.
    Text {
        /// The text meant.
        value: String,
        /// The same with `\%` and `\_` left escaped.
        pattern: String,
    },
    /// A number, date or date with time, as written.
    Number(String),
    /// `=`, `!=`, `<`, `(`, `,` …
    Symbol(&'static str),
    /// The end.
    End,
}

const SYMBOLS: [&str; 13] = [
    "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ":", "+", "-",
];

/// Splits a query into tokens, an `End` last.
///
/// # Errors
/// A text without closing quote, an unknown escape, a character that begins no token.
pub(crate) fn tokens(query: &str) -> Result<Vec<Token>, SoqlError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += query[at..].len() - query[at..].trim_start().len();
        let Some(first) = query[at..].chars().next() else {
            break;
        };
        let (kind, length) = token(&query[at..], first, at)?;
        tokens.push(Token { kind, at });
        at += length;
    }
    tokens.push(Token {
        kind: TokenKind::End,
        at: query.len(),
    });
    Ok(tokens)
}

fn token(rest: &str, first: char, at: usize) -> Result<(TokenKind, usize), SoqlError> {
    if first == '\'' {
        return text(rest, at);
    }
    if first.is_ascii_digit() || (first == '-' || first == '+') && digit_follows(rest) {
        let length = 1 + prefix(&rest[1..], |c| {
            c.is_ascii_alphanumeric() || "-+:.".contains(c)
        });
        return Ok((TokenKind::Number(rest[..length].to_owned()), length));
    }
    if first.is_alphabetic() || first == '_' {
        let length = prefix(rest, |c| c.is_alphanumeric() || c == '_' || c == '.');
        return Ok((TokenKind::Word(rest[..length].to_owned()), length));
    }
    match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
        Some(symbol) => Ok((TokenKind::Symbol(symbol), symbol.len())),
        None => Err(SoqlError::malformed(
            at,
            format!("unexpected token: '{first}'"),
        )),
    }
}

fn digit_follows(rest: &str) -> bool {
    rest[1..].starts_with(|c: char| c.is_ascii_digit())
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn text(rest: &str, at: usize) -> Result<(TokenKind, usize), SoqlError> {
    let (mut value, mut pattern) = (String::new(), String::new());
    let mut characters = rest.char_indices().skip(1);
    while let Some((offset, character)) = characters.next() {
        match character {
            '\'' => return Ok((TokenKind::Text { value, pattern }, offset + 1)),
            '\\' => {
                let unknown = || {
                    SoqlError::malformed(at + offset, "invalid string escape sequence".to_owned())
                };
                let (meant, escaped) = escape(&mut characters).ok_or_else(unknown)?;
                if escaped {
                    pattern.push('\\');
                }
                value.push(meant);
                pattern.push(meant);
            }
            other => {
                value.push(other);
                pattern.push(other);
            }
        }
    }
    Err(SoqlError::malformed(
        at,
        "unexpected end of string literal".to_owned(),
    ))
}

/// The character meant, and whether LIKE must still see it escaped (SOQL reference, quoted string escape sequences).
fn escape(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<(char, bool)> {
    let (_, code) = characters.next()?;
    match code {
        '\\' => Some(('\\', true)),
        '%' | '_' => Some((code, true)),
        '\'' | '"' => Some((code, false)),
        'n' | 'N' => Some(('\n', false)),
        'r' | 'R' => Some(('\r', false)),
        't' | 'T' => Some(('\t', false)),
        'b' | 'B' => Some(('\u{8}', false)),
        'f' | 'F' => Some(('\u{c}', false)),
        'u' => unicode(characters).map(|meant| (meant, false)),
        _ => None,
    }
}

fn unicode(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let digits: String = characters.take(4).map(|(_, digit)| digit).collect();
    if digits.len() != 4 {
        return None;
    }
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[TokenKind]) {
        let kinds: Vec<TokenKind> = tokens(query).unwrap().into_iter().map(|t| t.kind).collect();
        assert_eq!(kinds, expected, "{query}");
    }

    fn word(text: &str) -> TokenKind {
        TokenKind::Word(text.to_owned())
    }

    #[test]
    fn words_texts_and_numbers() {
        let text = TokenKind::Text {
            value: "O'Neill %".to_owned(),
            pattern: "O'Neill \\%".to_owned(),
        };
        let equals = TokenKind::Symbol("=");
        check(
            r"Profile.Name = 'O\'Neill \%'",
            &[word("Profile.Name"), equals, text, TokenKind::End],
        );
        let date = TokenKind::Number("2026-01-02T03:04:05Z".to_owned());
        check(
            "a>=2026-01-02T03:04:05Z",
            &[word("a"), TokenKind::Symbol(">="), date, TokenKind::End],
        );
        let number = TokenKind::Number("-1.5".to_owned());
        check(
            "a<-1.5)",
            &[
                word("a"),
                TokenKind::Symbol("<"),
                number,
                TokenKind::Symbol(")"),
                TokenKind::End,
            ],
        );
    }

    #[test]
    fn broken_texts_are_refused() {
        for query in ["'a", r"'\q'", r"'\u12'", "a ; b", "'\\"] {
            assert!(tokens(query).is_err(), "{query}");
        }
    }
}
