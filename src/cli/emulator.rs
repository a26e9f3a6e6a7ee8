//! `emulator`: serves the embedded org until it is told to end.

use clap::Args;
use salesforce_emulator as emulator;

use super::context::Context;
use super::finding::failure;
use super::session;
use super::signals::Signals;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};

/// `emulator`.
#[derive(Debug, Args)]
pub(crate) struct Emulator {
    #[command(flatten)]
    arguments: emulator::Arguments,
}

/// Starts it, says on one line where it is, and serves.
pub(crate) fn run(emulator: &Emulator, context: &Context) -> Result<Exit, Failure> {
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let server = emulator::start(emulator.arguments.clone().into()).await;
        let server = server.map_err(|error| {
            failure(
                Exit::Failed,
                Code::EmulatorNotStarted,
                format!("the emulator cannot start: {error}"),
                "",
            )
        })?;
        if let Some(warning) = server.warning() {
            context.output.warn(&warning);
        }
        context
            .output
            .data(&format!("{}\n", emulator::ready_line(&server)));
        if context.global.verbose {
            context.output.note(&format!(
                "serving {} as {}; Ctrl-C ends it\n",
                server.base_url(),
                server.username()
            ));
        }
        let exit = signals.next().await;
        server.stop().await;
        Ok(exit)
    })
}
