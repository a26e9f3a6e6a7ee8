//! The client of a Salesforce org: log-in, REST, Metadata API.
//!
//! A [`Reader`] asks, a [`Writer`] changes. They are two types so that a command that must not change anything is
//! simply not given a writer.
//!
//! **Promise:** a token leaves for Salesforce's hosts or this machine only and is never printed; no redirect is
//! followed; a read is retried, a write never; whatever a host answers ends in data or in one [`OrgError`].
//!
//! **Invariant:** `org` knows envelopes and archives. It has never heard of a kind or a manifest.

mod answer;
mod assertion;
mod auth;
mod auth_url;
mod broken;
pub mod browser;
mod certificates;
mod clock;
mod collections;
mod composite;
mod deploy;
mod error;
mod exchange;
mod hosts;
mod http;
mod id;
mod metadata;
mod pages;
mod phases;
pub mod poll;
mod refusal_class;
mod replay;
mod rest;
mod retry;
mod secret_source;
mod session;
mod sf;
mod soap;
mod tape;
pub mod target;
mod token;
mod transcript;
mod version;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::Resolve;
use serde_json::Value;
use tokio::task::JoinSet;

use auth::LogIn;
use session::Session;

pub use auth::{LoggedOut, log_out};
pub use clock::{Clock, MachineClock, Wait};
pub use collections::{FIRST_ID, MOST_IN_COLLECTION, MOST_TOGETHER, NewRecord, Rows};
pub use composite::{Json, Resource};
pub use deploy::{ComponentMessage, DeployOptions, DeployStatus, TestFailure};
pub use error::{OrgError, Refusal};
pub use exchange::{Exchange, Trace};
pub use id::of_18 as full_id;
pub use metadata::{FileProperties, Retrieved};
pub use phases::Phase;
pub use refusal_class::RefusalClass;
pub use replay::{NOT_RECORDED, Recording};
pub use rest::{query_path, tooling_query_path};
pub use tape::Tape;
pub use target::{NamedTarget, Target};
pub use transcript::{Asking, Transcript};

/// How to connect.
#[derive(Clone, Default)]
pub struct Options {
    /// An API version such as `66.0`; `None` takes the newest that both sides know.
    pub api_version: Option<String>,
    /// The program's name and version, as the org's logs show it: `orgwright/0.1.0`.
    pub client: String,
    /// A file with certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Connections to open while a token is asked for, where the org's host is known by then, so that the first wave of
    /// reads finds them standing.
    pub warm_connections: usize,
    /// Is told about every request.
    pub trace: Option<Trace>,
    /// Keeps every question with its answer, whole.
    pub tape: Option<Arc<Tape>>,
    /// Requests under way at once, where that is to be fewer than usual.
    pub most_in_flight: Option<usize>,
    /// The time to live by; `None` is the machine's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Finds the addresses of hosts; `None` asks the machine.
    pub resolver: Option<Arc<dyn Resolve>>,
}

/// Which org this is, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Scheme, host and port, without a slash at the end.
    pub instance_url: String,
    /// Organization id, 18 characters.
    pub org_id: String,
    /// API version in use, such as `66.0`.
    pub api_version: String,
    /// Username, where the log-in told it.
    pub username: Option<String>,
}

/// What was used since the log-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// HTTP requests, retries included.
    pub requests: u64,
    /// Calls the org counts: a composite is one, whatever it holds.
    pub api_calls: u64,
    /// Bytes of request bodies as sent.
    pub bytes_sent: u64,
    /// Bytes of answer bodies as received.
    pub bytes_received: u64,
    /// Calls used and allowed for the day, as the org said last.
    pub allocation: Option<(u64, u64)>,
}

/// Asks an org, and cannot change it.
#[derive(Clone)]
pub struct Reader {
    session: Arc<Session>,
    identity: Arc<Identity>,
}

/// Lets an org check what it would take, and saves nothing.
#[derive(Clone, Debug)]
pub struct Rehearser {
    reader: Reader,
}

/// Changes an org.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

/// Logs in to the target and finds out which org it is.
///
/// # Errors
/// [`OrgError::Usage`] where the target cannot be used as written, [`OrgError::Login`] where the org refuses,
/// and the errors of transport.
pub async fn connect(target: Target, options: Options) -> Result<Reader, OrgError> {
    let log_in = auth::log_in(target, &options).await?;
    let nothing = |_| async { Ok(()) };
    let (reader, _nothing) = identified(log_in, options, nothing).await?;
    Ok(reader)
}

/// Logs in, and reads at the same time as it finds out which org it is. The reader given to `read` speaks the version
/// that most orgs end up with; where this one does not, it is called once more.
///
/// # Errors
/// As [`connect`]; what becomes of the reading is its own result.
pub async fn connect_reading<Output, Reading>(
    target: Target,
    options: Options,
    read: impl Fn(Reader) -> Reading,
) -> Result<(Reader, Result<Output, OrgError>), OrgError>
where
    Reading: Future<Output = Result<Output, OrgError>>,
{
    let log_in = auth::log_in(target, &options).await?;
    identified(log_in, options, read).await
}

/// Finds out which org was logged in to, and reads.
async fn identified<Output, Reading>(
    log_in: LogIn,
    options: Options,
    read: impl Fn(Reader) -> Reading,
) -> Result<(Reader, Result<Output, OrgError>), OrgError>
where
    Reading: Future<Output = Result<Output, OrgError>>,
{
    let stated = options
        .api_version
        .as_deref()
        .map(version::checked)
        .transpose()?;
    let reader = provisional(log_in, stated.clone().unwrap_or_else(version::likeliest));
    reader.begin_phase("plan");
    let asked = async {
        match stated {
            Some(stated) => Ok(stated),
            None => version::newest(&reader.session).await,
        }
    };
    let ((version, username), output) = tokio::join!(
        async { tokio::join!(asked, reader.running_user()) },
        read(reader.clone())
    );
    let identity = Identity {
        api_version: version?,
        username,
        ..(*reader.identity).clone()
    };
    let guessed = identity.api_version == reader.identity.api_version;
    let mut reader = Reader {
        identity: Arc::new(identity),
        ..reader
    };
    if reader.identity.org_id.is_empty() {
        reader = reader.asking_who_it_is().await?;
    }
    let output = match guessed {
        true => output,
        false => read(reader.clone()).await,
    };
    Ok((reader, output))
}

/// A reader of the org that was logged in to, as far as the log-in tells who it is.
fn provisional(log_in: LogIn, api_version: String) -> Reader {
    let LogIn {
        http,
        base,
        token,
        credentials,
        username,
        org_id,
    } = log_in;
    let known_id = org_id
        .as_deref()
        .or_else(|| id::in_token(token.expose()))
        .and_then(id::of_18);
    let identity = Identity {
        instance_url: base.origin().ascii_serialization(),
        org_id: known_id.unwrap_or_default(),
        api_version,
        username,
    };
    Reader {
        session: Arc::new(Session::new(http, base, credentials, token)),
        identity: Arc::new(identity),
    }
}

impl Reader {
    /// Which org this is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What was used since the log-in.
    pub fn usage(&self) -> Usage {
        self.session.http.usage()
    }

    /// Begins a phase of the run, to which what is used from here on belongs.
    pub fn begin_phase(&self, name: &str) {
        self.session.http.phases.begin(name);
    }

    /// What each phase used so far, in the order in which they began.
    pub fn phases(&self) -> Vec<Phase> {
        self.session.http.phases.so_far()
    }

    /// The org's clock as its last answer told it, in whole seconds and never ahead; this machine's where no answer
    /// did. Clocks differ between machines, and what the org says about times is said by its own.
    pub fn org_time(&self) -> Timestamp {
        self.session.http.host_time().unwrap_or_else(Timestamp::now)
    }

    /// How far this machine's clock is from the org's, as its last answer told it, to a second.
    pub fn clock_skew(&self) -> Option<Duration> {
        let there = self.session.http.host_time()?;
        Some(Timestamp::now().duration_since(there).unsigned_abs())
    }

    /// The time that pauses between looks and attempts are taken in.
    pub fn clock(&self) -> &dyn Clock {
        self.session.http.clock()
    }

    /// Who is logged in, where the log-in did not say: not every token may ask, and nothing depends on the answer but
    /// guards.
    async fn running_user(&self) -> Option<String> {
        if self.identity.username.is_some() {
            return self.identity.username.clone();
        }
        let info = self.log_in_info().await.ok()?;
        info.get("preferred_username")
            .and_then(Value::as_str)
            .map(str::to_owned)
    }

    /// The reader with the org id that a token in another form does not tell.
    async fn asking_who_it_is(self) -> Result<Self, OrgError> {
        let info = self.log_in_info().await?;
        let text = |name: &str| info.get(name).and_then(Value::as_str);
        let Some(org_id) = text("organization_id").and_then(id::of_18) else {
            let what = String::from("the org does not say which one it is");
            return Err(OrgError::Garbled {
                what,
                excerpt: error::excerpt(&info.to_string()),
            });
        };
        let username = self
            .identity
            .username
            .clone()
            .or_else(|| text("preferred_username").map(str::to_owned));
        let identity = Identity {
            org_id,
            username,
            ..(*self.identity).clone()
        };
        Ok(Self {
            identity: Arc::new(identity),
            ..self
        })
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Reader")
            .field(&self.identity)
            .finish()
    }
}

impl Rehearser {
    /// A rehearser at the same org.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reader of the same org.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

impl Writer {
    /// A writer to the same org. Only `apply`, `undo` and `destroy` have reason to make one.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reader of the same org.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

/// Runs all of them at once and gives their results in order, or a failure as soon as there is one. Each is a task of
/// its own, so that one answer is taken apart while others are.
pub(crate) async fn all<Output, Running>(
    running: impl Iterator<Item = Running>,
) -> Result<Vec<Output>, OrgError>
where
    Output: Send + 'static,
    Running: Future<Output = Result<Output, OrgError>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (number, task) in running.enumerate() {
        tasks.spawn(async move { (number, task.await) });
    }
    let mut finished = BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        let (number, result) =
            ended.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()));
        finished.insert(number, result?);
    }
    Ok(finished.into_values().collect())
}

#[cfg(test)]
mod tests;
