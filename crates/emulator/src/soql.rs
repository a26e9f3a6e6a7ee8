//! The query language: parsing, evaluation over the org's tables, and the records as the REST API gives them.

pub mod aggregate;
pub mod ast;
mod columns;
pub mod compare;
mod compile;
pub mod dates;
pub mod evaluate;
pub mod lexer;
mod order;
pub mod parser;
mod parts;
mod ranges;
pub mod render;
pub mod resolve;
mod scan;

use crate::http::Refusal;
use crate::viewer::Viewer;

/// What a query was refused for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoqlError {
    /// `errorCode`.
    pub code: &'static str,
    /// Sentence.
    pub message: String,
    /// Byte offset in the query, where the platform points at a place.
    pub at: Option<usize>,
}

impl SoqlError {
    /// `MALFORMED_QUERY` at a place.
    pub fn malformed(at: usize, message: String) -> SoqlError {
        SoqlError {
            code: "MALFORMED_QUERY",
            message,
            at: Some(at),
        }
    }

    /// Another refusal at a place.
    pub fn at(code: &'static str, at: usize, message: String) -> SoqlError {
        SoqlError {
            code,
            message,
            at: Some(at),
        }
    }

    /// A refusal that points nowhere.
    pub fn plain(code: &'static str, message: impl Into<String>) -> SoqlError {
        SoqlError {
            code,
            message: message.into(),
            at: None,
        }
    }

    /// The refusal as the REST API words it: the line, a caret under the place, row and column, the sentence.
    pub fn refusal(&self, query: &str) -> Refusal {
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

/// What a query found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// `totalSize`: the number of records, or the count in `SELECT COUNT()`.
    pub total: usize,
    /// The records, each as JSON text.
    pub records: Vec<String>,
    /// Canonical name of the object.
    pub object: String,
    /// Whether the records are groups, which cannot be paged.
    pub grouped: bool,
}

/// Answers a query as the running user.
///
/// # Errors
/// What the platform refuses, in its words, with the place in the query.
pub fn run(viewer: &Viewer<'_>, text: &str) -> Result<Found, Refusal> {
    parser::parse(text)
        .and_then(|query| evaluate::answer(viewer, &query))
        .map_err(|error| error.refusal(text))
}

/// Tells what the columns of a query are, as the running user.
///
/// # Errors
/// What the platform refuses, in its words, with the place in the query.
pub fn columns(viewer: &Viewer<'_>, text: &str) -> Result<serde_json::Value, Refusal> {
    parser::parse(text)
        .and_then(|query| columns::describe(viewer, &query))
        .map_err(|error| error.refusal(text))
}

#[cfg(test)]
mod tests;
