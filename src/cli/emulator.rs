//! `emulator`: serves the embedded org until it is told to end.

use clap::ValueEnum;

use super::arguments::Emulator as Arguments;
use super::codes::{self, failure};
use super::context::Context;
use super::session;
use super::signals::Signals;
use crate::diagnostic::{Exit, Failure};
use crate::emulator;
pub(crate) use crate::emulator::Scale;

/// Whose time passes in the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Clock {
    /// The machine's.
    Real,
    /// Time stands still until a test moves it.
    Manual,
}

/// Starts it, says on one line where it is, and serves.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let server = emulator::start(options(arguments)).await;
        let server = server.map_err(|error| {
            failure(
                Exit::Failed,
                codes::EMULATOR,
                format!("the emulator cannot start: {error}"),
                "",
            )
        })?;
        context
            .output
            .data(&format!("{}\n", emulator::ready_line(&server).trim_end()));
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

/// Reads `--scale`.
pub(crate) fn scale(text: &str) -> Result<Scale, String> {
    Scale::parse(text)
}

fn options(arguments: &Arguments) -> emulator::Options {
    emulator::Options {
        listen: arguments.listen,
        seeds: arguments.seed.clone(),
        scale: arguments.scale.unwrap_or_default(),
        state: arguments.state.clone(),
        latency: arguments.latency,
        deploy_time: arguments.deploy_time,
        recalculation: arguments.recalculation,
        faults: arguments.faults.clone(),
        clock: match arguments.clock {
            Clock::Real => emulator::Clock::Real,
            Clock::Manual => emulator::Clock::Manual,
        },
        log: arguments.log.clone(),
    }
}
