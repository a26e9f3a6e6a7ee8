//! Writes values into SOQL so that no value can end its own quotes, and reads the rows that come back.
//!
//! **Promise:** a SOQL lexer reads exactly the given text back out of [`literal`]; a `LIKE` with [`like`] matches
//! exactly that text. Everything that meets SOQL goes through here.

mod row;
mod same;
mod selection_of_ids;

pub use row::{Cells, Row};
pub use same::{canonical, words};
pub use selection_of_ids::{MOST_SELECTED, SELECTION_FORM, SelectionOfIds};

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

/// Most characters of one query (SOQL and SOSL Reference, "SOQL Limits").
pub const MOST_CHARACTERS: usize = 100_000;

/// The texts in groups, as few as keep the [`list`] of each within so many characters. They stay in their order; one that
/// is too long by itself stands alone.
pub fn list_groups<Item: AsRef<str>>(
    items: impl IntoIterator<Item = Item>,
    most: usize,
) -> Vec<Vec<Item>> {
    let room = most.saturating_sub("()".len());
    grouped(items, room, ",".len(), |item| {
        characters(&literal(item.as_ref()))
    })
}

/// A condition, and what is answered by the rows that meet it.
pub type ConditionOf<Met> = (String, Vec<Met>);

/// The conditions joined by `OR`, in as few texts as keep each within so many characters, with what each answers. They
/// stay in their order; one that is too long by itself stands alone.
pub fn any_of<Met>(
    conditions: impl IntoIterator<Item = ConditionOf<Met>>,
    most: usize,
) -> Vec<ConditionOf<Met>> {
    const OR: &str = ") OR (";
    let room = most.saturating_sub("()".len());
    let groups = grouped(conditions, room, OR.len(), |(condition, _)| {
        characters(condition)
    });
    let joined = groups.into_iter().map(|group| {
        let (conditions, met): (Vec<String>, Vec<Vec<Met>>) = group.into_iter().unzip();
        let text = match conditions.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(OR)),
        };
        (text, met.into_iter().flatten().collect())
    });
    joined.collect()
}

/// Items in groups whose sizes, with what stands between, add up to no more than there is room for.
fn grouped<Item>(
    items: impl IntoIterator<Item = Item>,
    room: usize,
    between: usize,
    size: impl Fn(&Item) -> usize,
) -> Vec<Vec<Item>> {
    let mut groups: Vec<Vec<Item>> = Vec::new();
    let mut left = 0;
    for item in items {
        let size = size(&item);
        match groups.last_mut() {
            Some(group) if size + between <= left => {
                left -= size + between;
                group.push(item);
            }
            _ => {
                left = room.saturating_sub(size);
                groups.push(vec![item]);
            }
        }
    }
    groups
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// Whether a text is a record id: 15 or 18 letters and digits.
pub fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether the last three of 18 characters are those that the first 15 make: each tells which five of them are capitals
/// (SOAP API guide, "ID Field Type"). An id of 15 has nothing to compare.
pub fn is_spelled_right(id: &str) -> bool {
    let (Some(own), Some(check)) = (id.get(..15), id.get(15..)) else {
        return true;
    };
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let letter = |five: &[u8]| {
        let bits = five.iter().enumerate();
        let bits = bits.filter(|(_, byte)| byte.is_ascii_uppercase());
        let index: usize = bits.map(|(place, _)| 1 << place).sum();
        letters.get(index).copied().map(char::from)
    };
    let made: Option<String> = own.as_bytes().chunks(5).map(letter).collect();
    check.is_empty() || made.is_some_and(|made| made.eq_ignore_ascii_case(check))
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
    fn the_end_of_an_id_tells_its_capitals() {
        for right in [
            "00QOw0000000001MAA",
            "0013000000GwP0rAAF",
            "00QOw0000000001",
            "0013000000GwP0raaf",
        ] {
            assert!(is_spelled_right(right), "{right}");
        }
        for wrong in [
            "00Qow0000000001MAA",
            "0013000000GwP0rAAE",
            "0013000000gwP0rAAF",
        ] {
            assert!(!is_spelled_right(wrong), "{wrong}");
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

    #[test]
    fn what_does_not_fit_stands_alone() {
        let long = "x".repeat(20);
        let groups = list_groups(["a", "b", &long, "c"], 12);
        assert_eq!(groups, [vec!["a", "b"], vec![&*long], vec!["c"]]);
        assert_eq!(
            list_groups(Vec::<String>::new(), 12),
            Vec::<Vec<String>>::new()
        );
        let conditions = [("A = 1", 1), ("B = 2", 2), ("C = 3", 3)];
        let conditions = conditions.map(|(text, number)| (text.to_owned(), vec![number]));
        let joined = [
            ("(A = 1) OR (B = 2)".to_owned(), vec![1, 2]),
            ("C = 3".to_owned(), vec![3]),
        ];
        assert_eq!(any_of(conditions, 22), joined);
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn a_split_list_holds_everything_once_in_order_and_as_tightly_as_can_be(
            items in prop::collection::vec(".{0,12}", 0..60),
            most in 0_usize..200,
        ) {
            let groups = list_groups(items.iter().map(String::as_str), most);
            let fits = |group: &[&str]| characters(&list(group)) <= most;
            for group in &groups {
                prop_assert!(group.len() == 1 || fits(group), "{group:?} does not fit {most}");
            }
            for pair in groups.windows(2) {
                let with_next = [pair[0].as_slice(), &pair[1][..1]].concat();
                prop_assert!(!fits(&with_next), "{with_next:?} fits {most}");
            }
            let all: Vec<&str> = items.iter().map(String::as_str).collect();
            prop_assert_eq!(groups.concat(), all);
        }

        #[test]
        fn split_conditions_are_all_there_and_fit(
            sizes in prop::collection::vec(1_usize..40, 0..60),
            most in 0_usize..200,
        ) {
            let conditions: Vec<String> = sizes.iter().map(|size| "x".repeat(*size)).collect();
            let with_nothing = conditions.iter().map(|text| (text.clone(), Vec::<()>::new()));
            let joined: Vec<String> = any_of(with_nothing, most).into_iter().map(|(text, _)| text).collect();
            for text in &joined {
                prop_assert!(characters(text) <= most || !text.contains(" OR "), "{text}");
            }
            let mut apart = Vec::new();
            for text in &joined {
                match text.contains(") OR (") {
                    true => apart.extend(text[1..text.len() - 1].split(") OR (")),
                    false => apart.push(text.as_str()),
                }
            }
            prop_assert_eq!(apart, conditions);
        }

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
