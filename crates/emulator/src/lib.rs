#![doc = include_str!("../README.md")]

// The modules stand in reading order: each may import the ones above it, none below (see `docs/architecture.md`).
// Those that are hidden from the documentation are open to the tests of this repository alone.

#[doc(hidden)]
pub mod store;
mod xml;

#[doc(hidden)]
pub mod http;
mod language;
mod moment;
#[doc(hidden)]
pub mod schema;

mod journal;
mod problem;
mod soql_error;

#[doc(hidden)]
pub mod world;

mod viewer;

#[doc(hidden)]
pub mod sharing;

mod rules;

mod views;

mod soql;

mod documents;

#[doc(hidden)]
pub mod seed;

mod persist;

mod deploy;

mod jobs;

mod login;
mod write;

mod bulk;
mod deploy_request;

mod rest;
mod soap;

pub mod faults;
#[doc(hidden)]
pub mod router;

mod control;

mod server;

mod options;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use control::Control;
use faults::{Faults, FaultsError};
#[cfg(feature = "program")]
pub use options::Arguments;
pub use options::Options;
use serde_json::json;
use server::{Held, Service};
use store::{Millis, Org};
pub use store::{Platform, Scale};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
pub use world::Clock;
use world::World;

/// How long requests under way may take once the server is told to end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address is one that other machines reach, and nobody allowed that.
    #[error(
        "{0} can be reached from other machines, and whoever reaches the org gets an administrator's token: \
         listen on 127.0.0.1, or say --open-to-network"
    )]
    Beyond(SocketAddr),
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] persist::StateError),
    /// The seed cannot be used.
    #[error(transparent)]
    Seed(#[from] seed::SeedError),
    /// The file of faults cannot be used.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The log cannot be written.
    #[error("cannot write the log {}: {source}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A running emulator. Dropping it leaves it running until the runtime ends; [`Server::stop`] ends it.
pub struct Server {
    base_url: String,
    access_token: String,
    username: String,
    service: Arc<Service>,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts an emulator.
///
/// # Errors
/// An address in use, a state file, seed or file of faults that cannot be used.
pub async fn start(options: Options) -> Result<Server, StartError> {
    let org = org(&options)?;
    start_over(org, options).await
}

/// Starts an emulator over a state that was taken from another one.
///
/// # Errors
/// An address in use, a file of faults that cannot be used, a log that cannot be written.
#[doc(hidden)]
pub async fn start_over(org: Org, options: Options) -> Result<Server, StartError> {
    if !options.listen.ip().is_loopback() && !options.open_to_network {
        return Err(StartError::Beyond(options.listen));
    }
    let faults = options
        .faults
        .as_deref()
        .map(Faults::read)
        .transpose()?
        .unwrap_or_default();
    let log = options.log.as_deref().map(open_log).transpose()?;
    let failed = |source| StartError::Listen {
        address: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
    let access_token = org.organization.access_token.clone();
    let administrator = org.users.get(&org.organization.administrator);
    let username = administrator
        .map(|user| user.username.clone())
        .unwrap_or_default();
    let world = World {
        clock: options.clock,
        deploy_time: options.deploy_time,
        recalculation: options.recalculation,
        ..World::new(org)
    };
    let service = Arc::new(Service {
        control: Control::new(world.org.clone(), !options.listen.ip().is_loopback()),
        world: Mutex::new(world),
        faults: Mutex::new(faults),
        state: options.state,
        latency: options.latency,
        log: log.map(Mutex::new),
        held: Held::default(),
    });
    let (end, ended) = oneshot::channel();
    let until = async move {
        // A sender that is gone without a word is no order to end.
        if ended.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let task = tokio::spawn(server::serve(listener, Arc::clone(&service), until));
    Ok(Server {
        base_url,
        access_token,
        username,
        service,
        end,
        task,
    })
}

/// The org to serve: the kept one, else a new one, which is kept at once.
fn org(options: &Options) -> Result<Org, StartError> {
    if let Some(path) = &options.state
        && let Some(mut org) = persist::load(path)?
    {
        if options.platform != Platform::default() {
            org.lay_platform(&options.platform);
            persist::save(path, &org)?;
        }
        return Ok(org);
    }
    let mut org = if options.seeds.is_empty() {
        seed::demo_of(options.scale)
    } else {
        seed::from_files(&options.seeds)?
    };
    org.lay_platform(&options.platform);
    if let Some(path) = &options.state {
        persist::save(path, &org)?;
    }
    Ok(org)
}

fn open_log(path: &std::path::Path) -> Result<std::fs::File, StartError> {
    let opened = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    opened.map_err(|source| StartError::Log {
        path: path.to_owned(),
        source,
    })
}

impl Server {
    /// What has to be said loudly, where other machines reach it.
    pub fn warning(&self) -> Option<String> {
        let is_open = self.service.control.is_open();
        is_open.then(|| {
            format!(
                "WARNING: {} can be reached from other machines, over plain http, and whoever reaches it can take an \
                 administrator's token\n",
                self.base_url
            )
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A token of the administrator; the same at every start over one state.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// The administrator's username.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The newest API version served.
    pub fn api_version(&self) -> &str {
        "66.0"
    }

    /// Replaces what happens to requests from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.service.faults() = faults;
    }

    /// How many requests the faults have struck.
    pub fn struck(&self) -> u64 {
        self.service.faults().struck()
    }

    /// The state of the org, as it is now.
    #[doc(hidden)]
    pub fn org(&self) -> Org {
        self.service.world().org.clone()
    }

    /// Changes what the org holds, as somebody does in Setup: without a request, and in force at once.
    #[doc(hidden)]
    pub fn change(&self, change: impl FnOnce(&mut Org)) {
        change(&mut self.service.world().org);
    }

    /// Moves a manual clock on.
    pub fn advance(&self, by: Duration) {
        let mut world = self.service.world();
        world.advance(by);
        jobs::settle(&mut world);
        drop(world);
        self.service.held.clock_has_moved();
    }

    /// What a manual clock shows.
    pub fn now(&self) -> Millis {
        self.service.world().now()
    }

    /// When each request may go on that a fault holds; `None` for those that wait for ever.
    #[doc(hidden)]
    pub fn held(&self) -> Vec<Option<Millis>> {
        self.service.held.until()
    }

    /// Ends the server: requests under way may finish within half a second.
    pub async fn stop(mut self) {
        // Where the server is gone already, nobody listens.
        let _ = self.end.send(());
        if tokio::time::timeout(LAST_WORDS, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

/// The line in which an emulator tells that it is ready, without its line end.
pub fn ready_line(server: &Server) -> String {
    json!({
        "base_url": server.base_url(),
        "access_token": server.access_token(),
        "username": server.username(),
        "api_version": server.api_version(),
    })
    .to_string()
}
