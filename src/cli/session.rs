//! A connection to the chosen org, and the runtime it lives in. Built only by commands that need an org.

use super::codes::{self, failure};
use super::context::Context;
use super::signals::Signals;
use super::target::Choice;
use super::embedded;
use crate::diagnostic::{Exit, Failure};
use crate::emulator::Server;
use crate::org::{self, OrgError, Reader, Target};
use crate::secret::Secret;

/// Threads of the runtime: one for this program, one for an org inside it.
const THREADS: usize = 2;

/// A connection. The demo org runs as long as this lives.
pub(crate) struct Session {
    /// What reads the org.
    pub(crate) reader: Reader,
    server: Option<Server>,
}

impl Session {
    /// Connects to the chosen org; starts the demo org where that is it.
    pub(crate) async fn open(choice: Choice, context: &Context) -> Result<Self, Failure> {
        let (target, server) = match choice {
            Choice::Salesforce(_, target) => (target, None),
            Choice::Embedded => {
                let server = embedded::start().await?;
                let token = Secret::new(server.access_token());
                (Target::Url { base_url: server.base_url().to_owned(), token }, Some(server))
            }
        };
        let options = org::Options { api_version: context.global.api_version.clone(), ..org::Options::default() };
        let reader = org::connect(target, options).await.map_err(|error| refused(&error))?;
        Ok(Self { reader, server })
    }

    /// Ends the connection, and the demo org with it.
    pub(crate) async fn close(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

/// Why the org could not be used, before anything was written.
fn refused(error: &OrgError) -> Failure {
    let exit = match error {
        OrgError::Usage(_) => Exit::Usage,
        error if error.is_busy() => Exit::Busy,
        error if error.is_login() => Exit::Login,
        _ => Exit::Failed,
    };
    failure(exit, codes::ORG, error.to_string(), "").state("nothing was changed")
}

/// Runs work that needs an org, until it is done or somebody ends it.
pub(crate) fn run<Output>(work: impl Future<Output = Result<Output, Failure>>) -> Result<Output, Failure> {
    block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            result = work => result,
            exit = signals.next() => Err(Failure::new(exit, Vec::new()).state("nothing was changed")),
        }
    })
}

/// Runs a future on a runtime of its own, which ends with it.
pub(crate) fn block_on<Output>(work: impl Future<Output = Result<Output, Failure>>) -> Result<Output, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| failure(Exit::Failed, codes::MACHINE, format!("no threads to run on: {error}"), ""))?;
    let result = runtime.block_on(work);
    // A question nobody answered may still wait for its line; the process ends all the same.
    runtime.shutdown_background();
    result
}
