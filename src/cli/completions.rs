//! `completions`: what a shell needs to complete commands and flags.

use clap::CommandFactory;

use super::arguments::{Arguments, Completions};
use super::context::Context;
use crate::diagnostic::{Exit, Failure};

/// Prints them for one shell.
pub(crate) fn run(arguments: &Completions, context: &Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "orgwright",
        &mut script,
    );
    context.output.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
