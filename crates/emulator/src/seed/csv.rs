//! Comma-separated values (RFC 4180): quoted fields may hold commas, line breaks and doubled quotes.

use csv::{ReaderBuilder, StringRecord};

/// The lines of a file, each split into its fields, however many. Lines without a value are left out, a byte order mark
/// too.
pub(super) fn read(text: &str) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    // Text that is UTF-8 already, and whose lines may be of any length, has nothing to refuse.
    let lines = reader.records().map_while(Result::ok);
    let filled = lines.filter(|line| line.iter().any(|field| !field.is_empty()));
    filled
        .map(|line: StringRecord| line.iter().map(str::to_owned).collect())
        .collect()
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
