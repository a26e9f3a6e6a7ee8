//! `schema`: the JSON Schema of the manifest, or of what a command reports.

use clap::Args;

use super::context::Context;
use crate::diagnostic::{Exit, Failure};
use crate::manifest;
use crate::report::schema::{REPORTS, of_report};

/// `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// The report of this command as JSON, instead of the manifest; of `apply` the result, its last line.
    #[arg(long, value_name = "COMMAND", value_parser = REPORTS)]
    pub(crate) of: Option<String>,
}

/// Prints it.
pub(crate) fn run(arguments: &SchemaArguments, context: &Context) -> Result<Exit, Failure> {
    let schema = match arguments.of.as_deref() {
        Some(command) => of_report(command).unwrap_or_default(),
        None => manifest::json_schema(),
    };
    context.output.data(&format!("{schema:#}\n"));
    Ok(Exit::Done)
}
