//! `emulator`: serves the embedded org until it is told to end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::finding::failure;
use super::session;
use super::signals::Signals;
use super::values::duration;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::emulator::{self, Scale};

/// `emulator`.
#[derive(Debug, Args)]
pub(crate) struct Emulator {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Metadata and records to start from instead of the demo org (repeatable).
    #[arg(long, value_name = "DIR")]
    pub(crate) seed: Vec<PathBuf>,
    /// A larger demo org, such as leads=1000000,users=100000,roles=5000.
    #[arg(long, value_name = "WHAT=COUNT,…", value_parser = Scale::parse, conflicts_with = "seed")]
    pub(crate) scale: Option<Scale>,
    /// Keep the org in this file; without it nothing is written to disk.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Delay each request once and each new connection twice.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub(crate) latency: Duration,
    /// How long a deploy takes.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub(crate) deploy_time: Duration,
    /// How long a sharing recalculation takes.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub(crate) recalculation: Duration,
    /// Faults to play, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Whose time passes.
    #[arg(long, value_enum, default_value_t = EmulatorClock::Real)]
    pub(crate) clock: EmulatorClock,
    /// Write each request to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

/// Whose time passes in the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmulatorClock {
    /// The machine's.
    Real,
    /// Time stands still until a test moves it.
    Manual,
}

/// Starts it, says on one line where it is, and serves.
pub(crate) fn run(arguments: &Emulator, context: &Context) -> Result<Exit, Failure> {
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let server = emulator::start(options(arguments)).await;
        let server = server.map_err(|error| {
            failure(
                Exit::Failed,
                Code::EmulatorNotStarted,
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

fn options(arguments: &Emulator) -> emulator::Options {
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
            EmulatorClock::Real => emulator::Clock::Real,
            EmulatorClock::Manual => emulator::Clock::Manual,
        },
        log: arguments.log.clone(),
    }
}
