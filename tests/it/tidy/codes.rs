//! Codes of findings: told in one place, and raised by their names.

use orgwright::code::Code;

use super::source::{Source, sources};

const CATALOGUE: &str = "src/code.rs";

/// Production files other than the catalogue.
fn others() -> impl Iterator<Item = Source> {
    let sources = sources().into_iter();
    sources.filter(|source| source.path != CATALOGUE)
}

/// Codes that stand as text in production code, where the type belongs.
pub(crate) fn literals() -> Vec<String> {
    let found = others().flat_map(|source| {
        let lines = source.production.lines().enumerate();
        let literal = lines.filter(|(_, line)| line.split("\"OW").skip(1).any(is_numbered));
        literal
            .map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
            .collect::<Vec<_>>()
    });
    found.collect()
}

/// Whether a text goes on as a code does after its letters.
fn is_numbered(rest: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && rest[digits..].starts_with('"')
}

/// Codes that nothing raises.
pub(crate) fn unused() -> Vec<String> {
    let texts: Vec<String> = others().map(|source| source.production).collect();
    let raised = |code: &Code| {
        let name = format!("Code::{code:?}");
        let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        let mut texts = texts.iter();
        texts.any(|text| text.split(&name).skip(1).any(ends))
    };
    let unused = Code::ALL.iter().filter(|code| !raised(code));
    unused.map(|code| format!("{code} ({code:?})")).collect()
}
