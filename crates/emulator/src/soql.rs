//! The query language: parsing, evaluation over the org's tables, and the records as the REST API gives them.

pub mod aggregate;
pub mod ast;
mod columns;
pub mod compare;
mod compile;
mod dates;
pub mod evaluate;
pub mod lexer;
mod order;
pub mod parser;
mod parts;
mod ranges;
pub mod render;
pub mod resolve;
pub mod restrictions;
mod scan;

use crate::http::Refusal;
use crate::viewer::Viewer;

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
