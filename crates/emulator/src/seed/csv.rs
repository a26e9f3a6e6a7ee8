//! Comma-separated values (RFC 4180): quoted fields may hold commas, line breaks and doubled quotes.

/// The lines of a file, each split into its fields. Empty lines are left out, a byte order mark too.
pub(super) fn read(text: &str) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new()]];
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        let Some(line) = lines.last_mut() else { break };
        let Some(field) = line.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => line.push(String::new()),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => lines.push(vec![String::new()]),
            _ => field.push(character),
        }
    }
    lines.retain(|line| line.iter().any(|field| !field.is_empty()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        assert_eq!(read(text), expected, "{text:?}");
    }

    #[test]
    fn fields_are_split_as_the_rfc_says() {
        check("a,b\nc,d\n", &[&["a", "b"], &["c", "d"]]);
        check("\u{feff}a,b\r\nc,\r\n\r\n", &[&["a", "b"], &["c", ""]]);
        check(
            "\"Sales, North\",\"say \"\"no\"\"\"\n",
            &[&["Sales, North", "say \"no\""]],
        );
        check("\"two\nlines\",x", &[&["two\nlines", "x"]]);
        check("", &[]);
        check("it's 5\" wide,y", &[&["it's 5\" wide", "y"]]);
    }
}
