//! Why a query was refused, and how the REST API words it.

use crate::http::Refusal;

/// What a query was refused for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SoqlError {
    /// `errorCode`.
    pub code: &'static str,
    /// Sentence.
    pub message: String,
    /// Byte offset in the query, where the platform points at a place.
    pub at: Option<usize>,
}

impl SoqlError {
    /// `MALFORMED_QUERY` at a place.
    pub(crate) fn malformed(at: usize, message: String) -> SoqlError {
        SoqlError {
            code: "MALFORMED_QUERY",
            message,
            at: Some(at),
        }
    }

    /// Another refusal at a place.
    pub(crate) fn at(code: &'static str, at: usize, message: String) -> SoqlError {
        SoqlError {
            code,
            message,
            at: Some(at),
        }
    }

    /// A refusal that points nowhere.
    pub(crate) fn plain(code: &'static str, message: impl Into<String>) -> SoqlError {
        SoqlError {
            code,
            message: message.into(),
            at: None,
        }
    }

    /// The refusal as the REST API words it: the line, a caret under the place, row and column, the sentence.
    pub(crate) fn refusal(&self, query: &str) -> Refusal {
        let Some(at) = self.at else {
            return Refusal::new(400, self.code, self.message.clone());
        };
        let before = query.get(..at).unwrap_or(query);
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count();
        let line = query[line_start..].lines().next().unwrap_or_default();
        let caret = " ".repeat(column);
        let place = format!(
            "\n{line}\n{caret}^\nERROR at Row:{row}:Column:{}\n",
            column + 1
        );
        Refusal::new(400, self.code, format!("{place}{}", self.message))
    }
}
