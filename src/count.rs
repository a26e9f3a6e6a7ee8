//! Counts in sentences: with separators, and with words that agree with them.

/// A whole number with separators between thousands: `12,345`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A count with its noun: `1 user`, `12 users`, `2 entries`.
pub fn count(value: u64, noun: &str) -> String {
    format!("{} {}", number(value), plural(value, noun))
}

/// The noun as it goes with a count.
pub fn plural(value: u64, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if value == 1 => noun.to_owned(),
        Some(stem) if !noun.ends_with("ey") => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

/// The word that goes with a count: the first with one, the second with any other number.
pub fn agree<'w>(value: u64, one: &'w str, many: &'w str) -> &'w str {
    if value == 1 { one } else { many }
}

/// Names that a sentence takes.
const MOST_NAMED: usize = 6;

/// The first few names of a list, how many more there are, and where all of them stand.
pub fn first_few(names: &[String]) -> String {
    if names.len() <= MOST_NAMED {
        return names.join(", ");
    }
    // One more would take no more room than to say so.
    let (few, others) = names.split_at(MOST_NAMED - 1);
    format!(
        "{} and {} more (`--format json` names all)",
        few.join(", "),
        number(others.len() as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_agree_with_their_count() {
        for (value, noun, expected) in [
            (1, "role", "1 role"),
            (0, "role", "0 roles"),
            (12_345, "entry", "12,345 entries"),
            (2, "key", "2 keys"),
        ] {
            assert_eq!(count(value, noun), expected);
        }
        assert_eq!(
            [0, 1, 2].map(|value| agree(value, "is", "are")),
            ["are", "is", "are"]
        );
    }

    #[test]
    fn long_lists_are_cut_where_that_saves_something() {
        let names: Vec<String> = ('a'..='z').map(String::from).collect();
        assert_eq!(first_few(&names[..6]), "a, b, c, d, e, f");
        assert_eq!(
            first_few(&names[..7]),
            "a, b, c, d, e and 2 more (`--format json` names all)"
        );
        assert_eq!(first_few(&[]), "");
    }
}
