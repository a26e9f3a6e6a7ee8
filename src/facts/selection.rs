//! Rows that can be asked for together with others of the same object, and told apart again.

use super::Row;
use crate::soql;
use std::collections::BTreeSet;

/// The rows of one object where every term holds. Selections with the same columns are one query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selection {
    /// `SELECT … FROM …`. The columns hold those of the terms.
    pub select: &'static str,
    /// What holds of each row; at least one term.
    pub terms: Vec<Term>,
}

/// Something that holds of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// A column has one of these values, without regard to case.
    In(&'static str, BTreeSet<String>),
    /// A checkbox is ticked.
    True(&'static str),
}

impl Selection {
    /// The rows whose column has one of these values.
    pub fn of<Value: Into<String>>(
        select: &'static str,
        column: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        Self {
            select,
            terms: Vec::new(),
        }
        .and(column, values)
    }

    /// Those of them whose column has one of these values.
    pub fn and<Value: Into<String>>(
        mut self,
        column: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.terms.push(Term::In(column, values));
        self
    }

    /// Those of them where this checkbox is ticked.
    pub fn and_true(mut self, column: &'static str) -> Self {
        self.terms.push(Term::True(column));
        self
    }

    /// What stands behind `WHERE`.
    pub fn condition(&self) -> String {
        let terms: Vec<String> = self.terms.iter().map(Term::condition).collect();
        terms.join(" AND ")
    }

    /// Whether a row is one of these.
    pub fn holds(&self, row: &Row) -> bool {
        self.terms.iter().all(|term| term.holds(row))
    }
}

impl Term {
    fn condition(&self) -> String {
        match self {
            Self::In(column, values) => match values.first() {
                Some(value) if values.len() == 1 => format!("{column} = {}", soql::literal(value)),
                _ => format!("{column} IN {}", soql::list(values)),
            },
            Self::True(column) => format!("{column} = true"),
        }
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::In(column, values) => row.text(column).is_some_and(|text| {
                let text = text.to_lowercase();
                values.iter().any(|value| value.to_lowercase() == text)
            }),
            Self::True(column) => row.flag(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selection_asks_for_what_it_recognises() {
        let check = |selection: Selection, condition: &str, row: serde_json::Value, holds| {
            assert_eq!(selection.condition(), condition);
            let row = Row(row.as_object().cloned().expect("an object"));
            assert_eq!(selection.holds(&row), holds, "{condition}");
        };
        let one = || Selection::of("SELECT Name FROM A", "Name", ["O'Neil"]);
        check(one(), "Name = 'O\\'Neil'", json!({"Name": "o'NEIL"}), true);
        check(one(), "Name = 'O\\'Neil'", json!({"Name": null}), false);
        let both = one().and("B.C", ["x", "y"]).and_true("D");
        let condition = "Name = 'O\\'Neil' AND B.C IN ('x','y') AND D = true";
        let row = |ticked| json!({"Name": "O'Neil", "B": {"C": "y"}, "D": ticked});
        check(both.clone(), condition, row(true), true);
        check(both, condition, row(false), false);
    }
}
