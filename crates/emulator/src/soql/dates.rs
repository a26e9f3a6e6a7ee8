//! Literals without quotes: numbers, days, moments.

use super::ast::Literal;
use crate::moment::{day, moment};

/// An unquoted number, day or moment.
pub(super) fn literal(text: &str) -> Option<Literal> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(Literal::Number(number));
    }
    if text.contains('T') {
        return moment(text).map(Literal::DateTime);
    }
    day(text).map(|_| Literal::Date(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_days_and_nonsense_are_told_apart() {
        assert_eq!(literal("-1.5"), Some(Literal::Number(-1.5)));
        assert_eq!(
            literal("2026-01-02"),
            Some(Literal::Date("2026-01-02".to_owned()))
        );
        assert_eq!(literal("2026-02-30"), None);
        assert_eq!(literal("12abc"), None);
    }
}
