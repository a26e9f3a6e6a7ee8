//! How an emulator is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "program")]
use crate::moment;
use crate::store::{Platform, Scale};
use crate::world::Clock;

/// How an emulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether it may listen beyond this machine.
    pub open_to_network: bool,
    /// Folders of metadata and records laid over a minimal org; without any, the demo org.
    pub seeds: Vec<PathBuf>,
    /// How large the demo org is.
    pub scale: Scale,
    /// The file that keeps the state; without it nothing is written.
    pub state: Option<PathBuf>,
    /// Delay of every request; a new connection is delayed twice as long.
    pub latency: Duration,
    /// How long a deploy takes.
    pub deploy_time: Duration,
    /// How long a recalculation of sharing takes.
    pub recalculation: Duration,
    /// In which ways the platform is as hard as a real one, beyond what a seed or the state says.
    pub platform: Platform,
    /// A file of failures on request.
    pub faults: Option<PathBuf>,
    /// Which clock the org lives by.
    pub clock: Clock,
    /// A file that gets a line for each request.
    pub log: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            open_to_network: false,
            seeds: Vec::new(),
            scale: Scale::default(),
            state: None,
            latency: Duration::ZERO,
            deploy_time: Duration::ZERO,
            recalculation: Duration::ZERO,
            platform: Platform::default(),
            faults: None,
            clock: Clock::Real,
            log: None,
        }
    }
}

/// The options of a program that serves an emulated org, as its command line takes them.
#[cfg(feature = "program")]
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Allow --listen on an address that other machines reach: whoever reaches it gets an administrator's token by any
    /// password.
    #[arg(long)]
    pub open_to_network: bool,
    /// Metadata and records to start from instead of the demo org (repeatable).
    #[arg(long, value_name = "DIR")]
    pub seed: Vec<PathBuf>,
    /// A larger demo org, such as leads=1000000,users=100000,roles=5000.
    #[arg(long, value_name = "WHAT=COUNT,…", value_parser = Scale::parse, conflicts_with = "seed")]
    pub scale: Option<Scale>,
    /// Keep the org in this file; without it nothing is written to disk.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Delay each request once and each new connection twice.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub latency: Duration,
    /// How long a deploy takes.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub deploy_time: Duration,
    /// How long a sharing recalculation takes.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub recalculation: Duration,
    /// In which ways the platform is as hard as a real one, such as tooling-in-composite=refused (repeatable).
    #[arg(long, value_name = "NAME=VALUE,…", value_parser = Platform::parse)]
    pub platform: Vec<Platform>,
    /// Faults to play, as JSON.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Whose time passes.
    #[arg(long, value_enum, default_value_t = Clock::Real)]
    pub clock: Clock,
    /// Write each request to this file.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

#[cfg(feature = "program")]
impl From<Arguments> for Options {
    fn from(arguments: Arguments) -> Options {
        let mut platform = Platform::default();
        let stated = arguments.platform.into_iter();
        stated.for_each(|stated| platform.lay(stated));
        Options {
            listen: arguments.listen,
            open_to_network: arguments.open_to_network,
            seeds: arguments.seed,
            scale: arguments.scale.unwrap_or_default(),
            state: arguments.state,
            latency: arguments.latency,
            deploy_time: arguments.deploy_time,
            recalculation: arguments.recalculation,
            platform,
            faults: arguments.faults,
            clock: arguments.clock,
            log: arguments.log,
        }
    }
}

#[cfg(feature = "program")]
fn duration(text: &str) -> Result<Duration, &'static str> {
    moment::duration(text).ok_or("a duration is a number with ms, s, m or h")
}
