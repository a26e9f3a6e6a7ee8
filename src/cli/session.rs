//! A connection to the chosen org, and the runtime it lives in. Built only by commands that need an org.

use super::codes::{self, failure};
use super::context::Context;
use super::embedded;
use super::signals::Signals;
use super::target::Choice;
use super::trace;
use crate::diagnostic::{Exit, Failure};
use crate::emulator::Server;
use crate::facts::Facts;
use crate::failure::{NOTHING_CHANGED, of_org};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{self, OrgError, Reader, Target};
use crate::secret::Secret;
use std::collections::BTreeSet;

/// Threads of the runtime: one for this program, one for an org inside it.
const THREADS: usize = 2;

/// Connections opened while the log-in goes on, where the first wave of reads comes after it.
const CONNECTIONS: usize = 4;

/// A connection. The demo org runs as long as this lives.
pub(crate) struct Session {
    /// What reads the org.
    pub(crate) reader: Reader,
    server: Option<Server>,
}

impl Session {
    /// Connects to the chosen org; starts the demo org where that is it.
    pub(crate) async fn open(choice: Choice, context: &Context) -> Result<Self, Failure> {
        let nothing = |_| async { Ok(()) };
        let (session, _nothing) = Self::open_while(choice, context, CONNECTIONS, nothing).await?;
        Ok(session)
    }

    /// Connects, and reads what these manifests make necessary at the same time: one wave of requests after the
    /// connections stand.
    pub(crate) async fn open_reading(
        choice: Choice,
        context: &Context,
        manifests: &[Manifest],
    ) -> Result<(Self, Result<Facts, Failure>), Failure> {
        let read = |reader: Reader| async move {
            observe::first_wave(manifests, BTreeSet::new(), &reader).await
        };
        let (session, facts) = Self::open_while(choice, context, 0, read).await?;
        let facts = match facts {
            Ok(facts) => observe::completed(facts, manifests, &session.reader).await,
            Err(error) => Err(of_org(&error).state(NOTHING_CHANGED)),
        };
        Ok((session, facts))
    }

    async fn open_while<Output, Reading>(
        choice: Choice,
        context: &Context,
        warm_connections: usize,
        read: impl Fn(Reader) -> Reading,
    ) -> Result<(Self, Result<Output, OrgError>), Failure>
    where
        Reading: Future<Output = Result<Output, OrgError>>,
    {
        let (target, server) = match choice {
            Choice::Salesforce(_, target) => (*target, None),
            Choice::Embedded => {
                let server = embedded::start().await?;
                let token = Secret::new(server.access_token());
                (
                    Target::Url {
                        base_url: server.base_url().to_owned(),
                        token,
                    },
                    Some(server),
                )
            }
        };
        let options = org::Options {
            // The demo org is next door: a connection to it costs nothing.
            warm_connections: if server.is_none() {
                warm_connections
            } else {
                0
            },
            trace: context
                .global
                .trace
                .as_deref()
                .map(trace::open)
                .transpose()?,
            ..options(context)
        };
        let (reader, output) = org::connect_reading(target, options, read)
            .await
            .map_err(|error| of_org(&error).state(NOTHING_CHANGED))?;
        Ok((Self { reader, server }, output))
    }

    /// Ends the connection, and the demo org with it.
    pub(crate) async fn close(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

/// How this program connects.
pub(crate) fn options(context: &Context) -> org::Options {
    org::Options {
        api_version: context.global.api_version.clone(),
        client: concat!("orgwright/", env!("CARGO_PKG_VERSION")).to_owned(),
        ..org::Options::default()
    }
}

/// Runs work that needs an org, until it is done or somebody ends it.
pub(crate) fn run<Output>(
    work: impl Future<Output = Result<Output, Failure>>,
) -> Result<Output, Failure> {
    block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            result = work => result,
            exit = signals.next() => Err(Failure::new(exit, Vec::new()).state(NOTHING_CHANGED)),
        }
    })
}

/// Runs a future on a runtime of its own, which ends with it.
pub(crate) fn block_on<Output>(
    work: impl Future<Output = Result<Output, Failure>>,
) -> Result<Output, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        failure(
            Exit::Failed,
            codes::MACHINE,
            format!("no threads to run on: {error}"),
            "",
        )
    })?;
    let result = runtime.block_on(work);
    // A question nobody answered may still wait for its line; the process ends all the same.
    runtime.shutdown_background();
    result
}
