//! Writes values into SOQL so that no value can end its own quotes.
//!
//! **Promise:** a SOQL lexer reads exactly the given text back out of [`literal`]; a `LIKE` with [`like`] matches
//! exactly that text. Everything that meets SOQL goes through here.

/// The text as a quoted SOQL literal.
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    text.chars()
        .for_each(|character| push_escaped(&mut quoted, character));
    quoted.push('\'');
    quoted
}

/// The text for the inside of a `LIKE` pattern, without quotes: `%` and `_` stand for themselves.
pub fn like(text: &str) -> String {
    let mut body = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_') {
            body.push('\\');
        }
        push_escaped(&mut body, character);
    }
    body
}

/// The texts as a list for `IN`. SOQL has no empty list: with nothing to ask, ask nothing.
pub fn list<Item: AsRef<str>>(items: impl IntoIterator<Item = Item>) -> String {
    let literals: Vec<String> = items
        .into_iter()
        .map(|item| literal(item.as_ref()))
        .collect();
    format!("({})", literals.join(","))
}

/// Whether a text is a record id: 15 or 18 letters and digits.
pub fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The escapes of the SOQL reference, "Quoted String Escape Sequences".
fn push_escaped(body: &mut String, character: char) {
    match character {
        '\'' => body.push_str("\\'"),
        '\\' => body.push_str("\\\\"),
        '\n' => body.push_str("\\n"),
        '\r' => body.push_str("\\r"),
        '\t' => body.push_str("\\t"),
        '\u{8}' => body.push_str("\\b"),
        '\u{c}' => body.push_str("\\f"),
        other => body.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The literal's value as the platform's lexer reads it, and what follows the closing quote.
    fn lex(text: &str) -> Option<(String, &str)> {
        let mut rest = text.strip_prefix('\'')?.chars();
        let mut value = String::new();
        loop {
            match rest.next()? {
                '\'' => return Some((value, rest.as_str())),
                '\\' => value.push(match rest.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    other @ ('\'' | '\\' | '"' | '%' | '_') => other,
                    _ => return None,
                }),
                other => value.push(other),
            }
        }
    }

    #[test]
    fn literals() {
        for (text, expected) in [
            ("plain", "'plain'"),
            ("O'Brien", r"'O\'Brien'"),
            (r"back\slash", r"'back\\slash'"),
            ("two\nlines", r"'two\nlines'"),
            ("’ typographic", "'’ typographic'"),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn like_takes_wildcards_literally() {
        assert_eq!(like(r"50%_off\'"), r"50\%\_off\\\'");
    }

    #[test]
    fn lists() {
        assert_eq!(list(["a", "b'c"]), r"('a','b\'c')");
    }

    #[test]
    fn ids() {
        assert!(is_id("00D000000000001") && is_id("00D000000000001EAA"));
        assert!(!is_id("00D00000000000' ") && !is_id("00D0000000000011") && !is_id(""));
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn a_literal_reads_back_and_ends_where_it_ends(text in any::<String>()) {
            let query = format!("{} AND X", literal(&text));
            prop_assert_eq!(lex(&query), Some((text, " AND X")));
        }

        #[test]
        fn a_like_body_reads_back(text in any::<String>()) {
            let query = format!("'{}'", like(&text));
            prop_assert_eq!(lex(&query), Some((text, "")));
        }
    }
}
