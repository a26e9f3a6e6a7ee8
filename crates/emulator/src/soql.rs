//! The query language: parsing, evaluation over the org's tables, and the records as the REST API gives them.

pub(crate) mod aggregate;
pub(crate) mod ast;
mod columns;
pub(crate) mod compare;
mod compile;
mod dates;
pub(crate) mod evaluate;
pub(crate) mod lexer;
mod order;
pub(crate) mod parser;
mod parts;
mod ranges;
pub(crate) mod render;
pub(crate) mod resolve;
pub(crate) mod restrictions;
mod scan;

use crate::http::Refusal;
use crate::soql_error::SoqlError;
use crate::viewer::Viewer;

/// What a query found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// `totalSize`: the number of records, or the count in `SELECT COUNT()`.
    pub total: usize,
    /// The records, each as JSON text.
    pub records: Vec<String>,
    /// Canonical name of the object.
    pub object: String,
    /// Whether the records are groups, which cannot be paged.
    pub grouped: bool,
}

/// The longest query, in characters (SOQL and SOSL limits).
const LONGEST: usize = 100_000;

/// A query that is not too long, parsed. The sentence is the one public clients report.
fn parsed(text: &str) -> Result<ast::Query, SoqlError> {
    if text.chars().count() > LONGEST {
        let message = format!("SOQL statements can not be longer than {LONGEST} characters.");
        return Err(SoqlError::plain("MALFORMED_QUERY", message));
    }
    parser::parse(text)
}

/// Answers a query as the running user.
///
/// # Errors
/// What the platform refuses, in its words, with the place in the query.
pub(crate) fn run(viewer: &Viewer<'_>, text: &str) -> Result<Found, Refusal> {
    parsed(text)
        .and_then(|query| evaluate::answer(viewer, &query))
        .map_err(|error| error.refusal(text))
}

/// Tells what the columns of a query are, as the running user.
///
/// # Errors
/// What the platform refuses, in its words, with the place in the query.
pub(crate) fn columns(viewer: &Viewer<'_>, text: &str) -> Result<serde_json::Value, Refusal> {
    parsed(text)
        .and_then(|query| columns::describe(viewer, &query))
        .map_err(|error| error.refusal(text))
}

#[cfg(test)]
mod tests;
