//! Foreign text in Markdown, made inert.

use crate::report::text::{clipped, printable};

/// Longest name, sentence or value, in characters.
const LONGEST_TEXT: usize = 600;

/// Foreign text as a sentence: nothing in it is markup, a mention or a reference.
pub(super) fn sentence(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in clipped(&printable(text), LONGEST_TEXT).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // An empty comment between the sign and the name: shown as written, and no mention or reference.
            '@' => safe.push_str("@<!-- -->"),
            '#' => safe.push_str("#<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            plain => safe.push(plain),
        }
    }
    safe
}

/// Foreign text as code: exact, with a fence longer than any run of backticks in it.
pub(super) fn code(text: &str) -> String {
    let text = clipped(&printable(text), LONGEST_TEXT);
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Lines that were made printable already, as a block of code that nothing in them ends.
pub(super) fn fenced(lines: &str) -> String {
    let runs = lines.split(|character| character != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n\n", lines.trim_end())
}

/// Foreign text as code within a table, where a pipe would end the cell even in code.
pub(super) fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_inert() {
        let check = |text: &str, expected: &str| assert_eq!(sentence(text), expected);
        check("@team #1 <b>", "@<!-- -->team #<!-- -->1 &lt;b&gt;");
        check("a|b`c\\", "a\\|b\\`c\\\\");
        check("![x](y)\u{1b}", "\\!\\[x\\](y)\\\\u{1b}");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(fenced("a```b\n"), "````text\na```b\n````\n\n");
    }
}
