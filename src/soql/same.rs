//! Whether two queries ask the same: the order of columns, of listed values and of conditions says nothing.

/// One piece of a query: a word, a literal or a sign; or what stands between brackets.
#[derive(Clone, Debug)]
enum Piece {
    Word(String),
    Bracketed(Vec<Piece>),
}

/// The query in the form that all queries share that ask the same.
pub fn canonical(query: &str) -> String {
    let mut words = words(query).into_iter();
    statement(&pieces(&mut words))
}

/// Words, literals with their quotes, and signs. Blanks are no part of it.
pub fn words(query: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut characters = query.chars().peekable();
    while let Some(first) = characters.next() {
        let mut word = String::from(first);
        if first == '\'' {
            while let Some(next) = characters.next() {
                word.push(next);
                match next {
                    '\\' => word.extend(characters.next()),
                    '\'' => break,
                    _ => {}
                }
            }
        } else if is_of_word(first) {
            while let Some(next) = characters.next_if(|next| is_of_word(*next)) {
                word.push(next);
            }
        } else if first.is_whitespace() {
            continue;
        } else if matches!(first, '!' | '<' | '>') {
            word.extend(characters.next_if_eq(&'='));
        }
        words.push(word);
    }
    words
}

/// Letters and digits, and what stands within names, numbers and days.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '-' | '+')
}

fn pieces(words: &mut impl Iterator<Item = String>) -> Vec<Piece> {
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "(" => found.push(Piece::Bracketed(pieces(words))),
            ")" => break,
            _ => found.push(Piece::Word(word)),
        }
    }
    found
}

fn is(piece: &Piece, wanted: &str) -> bool {
    matches!(piece, Piece::Word(word) if word.eq_ignore_ascii_case(wanted))
}

/// A whole query: its columns, its conditions, and what stands before, between and behind them.
fn statement(pieces: &[Piece]) -> String {
    let ends = ["GROUP", "ORDER", "LIMIT", "HAVING"];
    let place = |wanted: &str| pieces.iter().position(|piece| is(piece, wanted));
    let (Some(from), true) = (
        place("FROM"),
        pieces.first().is_some_and(|it| is(it, "SELECT")),
    ) else {
        return condition(pieces);
    };
    let condition_from = place("WHERE").unwrap_or(pieces.len());
    let behind = pieces.iter().enumerate().skip(from);
    let mut behind = behind.filter(|(_, piece)| ends.iter().any(|end| is(piece, end)));
    let end = behind.next().map_or(pieces.len(), |(at, _)| at);
    let part = |from: usize, to: usize| pieces.get(from..to.max(from)).unwrap_or_default();
    let mut text = format!("{} {} ", plain(part(0, 1)), listed(part(1, from)));
    text += &plain(part(from, condition_from.min(end)));
    if condition_from < end {
        text += &format!(" WHERE {}", condition(part(condition_from + 1, end)));
    }
    format!("{text} {}", plain(part(end, pieces.len())))
}

/// Conditions joined by `OR`, else by `AND`, in the order of their texts; a list of values likewise.
fn condition(pieces: &[Piece]) -> String {
    for word in ["OR", "AND"] {
        let parts: Vec<&[Piece]> = pieces.split(|piece| is(piece, word)).collect();
        if parts.len() > 1 {
            let mut texts: Vec<String> = parts.into_iter().map(condition).collect();
            texts.sort();
            return texts.join(&format!(" {word} "));
        }
    }
    listed(pieces)
}

fn listed(pieces: &[Piece]) -> String {
    let parts = pieces.split(|piece| is(piece, ","));
    let mut texts: Vec<String> = parts.map(plain).collect();
    texts.sort();
    texts.join(",")
}

fn plain(pieces: &[Piece]) -> String {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Word(word) => word.clone(),
        Piece::Bracketed(inner) => format!("({})", statement(inner)),
    });
    texts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_says_nothing_and_everything_else_does() {
        let same = |one: &str, other: &str| canonical(one) == canonical(other);
        let base = "SELECT Id, Name FROM User WHERE (A = 'x, OR y' AND B IN ('1','2')) OR (C = true) ORDER BY Id LIMIT 5";
        for other in [
            "SELECT Name,Id FROM User WHERE (C = true) OR (B IN ('2','1') AND A = 'x, OR y') ORDER BY Id LIMIT 5",
            "SELECT  Name, Id FROM User  WHERE (C=true) OR (B IN ( '2', '1' ) AND A='x, OR y') ORDER BY Id LIMIT 5",
        ] {
            assert!(
                same(base, other),
                "{} and {}",
                canonical(base),
                canonical(other)
            );
        }
        for other in [
            "SELECT Id, Name FROM User WHERE (A = 'x, OR z' AND B IN ('1','2')) OR (C = true) ORDER BY Id LIMIT 5",
            "SELECT Id, Name FROM User WHERE (A = 'x, OR y' OR B IN ('1','2')) AND (C = true) ORDER BY Id LIMIT 5",
            "SELECT Id, Name FROM User WHERE (A = 'x, OR y' AND B IN ('1','2')) OR (C = true) ORDER BY Id LIMIT 6",
            "SELECT Id, Name FROM User WHERE (A != 'x, OR y' AND B IN ('1','2')) OR (C = true) ORDER BY Id LIMIT 5",
            "SELECT Id FROM User WHERE (A = 'x, OR y' AND B IN ('1','2')) OR (C = true) ORDER BY Id LIMIT 5",
        ] {
            assert!(!same(base, other), "{other}");
        }
        let inner = |list: &str| {
            format!(
                "SELECT Id FROM G WHERE Id IN (SELECT A FROM B WHERE C IN ({list})) AND D = null"
            )
        };
        assert!(same(&inner("'1','2'"), &inner("'2','1'")));
        assert!(!same(&inner("'1','2'"), &inner("'2','3'")));
        assert!(!same(
            "SELECT Id FROM A WHERE B = 'x' AND C = 'y'",
            "SELECT Id FROM A WHERE B = 'y' AND C = 'x'"
        ));
    }

    #[test]
    fn a_literal_is_one_word_whatever_it_holds() {
        assert_eq!(
            words(r"A='O\'Hare (x) ' AND B>=2024-01-01T00:00:00Z"),
            [
                "A",
                "=",
                r"'O\'Hare (x) '",
                "AND",
                "B",
                ">=",
                "2024-01-01T00:00:00Z"
            ]
        );
    }
}
