//! `schema`: the manifest's JSON Schema.

use super::context::Context;
use crate::diagnostic::{Exit, Failure};
use crate::manifest;

/// Prints it.
pub(crate) fn run(context: &Context) -> Result<Exit, Failure> {
    context
        .output
        .data(&format!("{:#}\n", manifest::json_schema()));
    Ok(Exit::Done)
}
