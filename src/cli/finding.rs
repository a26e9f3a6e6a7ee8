//! Failures with one finding, and the name that a wrong one is close to.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};

/// A failure with one finding.
pub(crate) fn failure(
    exit: Exit,
    code: Code,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Failure {
    let help = help.into();
    let finding = Diagnostic::error(code, message);
    let finding = if help.is_empty() {
        finding
    } else {
        finding.help(help)
    };
    Failure::new(exit, vec![finding])
}

/// `; did you mean …?` for the closest of the names there are, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    similar::get_close_matches(word, names, 1, 0.6)
        .first()
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_meant() {
        assert_eq!(did_you_mean("prdo", &["prod", "uat"]), Some("prod"));
        assert_eq!(did_you_mean("x", &["prod", "uat"]), None);
    }
}
