//! A connection to the chosen org, and the runtime it lives in. Built only by commands that need an org.

use super::context::Context;
use super::embedded::{self, Locked};
use super::finding::failure;
use super::progress::Progress;
use super::signals::Signals;
use super::target::Choice;
use super::trace;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::failure::{NOTHING_CHANGED, of_org};
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{self, OrgError, Reader, Tape, Target};
use crate::secret::Secret;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Threads of the runtime: one for this program, one for an org inside it.
const THREADS: usize = 2;

/// Connections opened while the log-in goes on, for the first wave of reads: composites, one `readMetadata` for each type,
/// and who it is.
const CONNECTIONS: usize = 6;

/// A connection. The demo org runs as long as this lives.
pub(crate) struct OrgSession {
    /// What reads the org.
    pub(crate) reader: Reader,
    server: Option<Locked>,
}

impl OrgSession {
    /// Connects to the chosen org; starts the demo org where that is it. For a few questions one after the other: no
    /// connection is opened beforehand.
    pub(crate) async fn open(choice: Choice, context: &Context) -> Result<Self, Failure> {
        Self::open_recorded(choice, context, Recorded::default()).await
    }

    /// The same, with everything kept on a tape.
    pub(crate) async fn open_recorded(
        choice: Choice,
        context: &Context,
        recorded: Recorded,
    ) -> Result<Self, Failure> {
        let Connection {
            target,
            options,
            server,
        } = Connection::to_chosen_org(choice, context).await?;
        let options = org::Options {
            warm_connections: 0,
            tape: recorded.tape,
            most_in_flight: recorded.most_in_flight,
            ..options
        };
        let reader = org::connect(target, options).await.map_err(not_connected)?;
        Ok(Self { reader, server })
    }

    /// Connects, and reads what these manifests make necessary, and more, at the same time: one wave of requests after the
    /// connections stand.
    pub(crate) async fn open_reading(
        choice: Choice,
        context: &Context,
        manifests: &[Manifest],
        more: BTreeSet<Need>,
    ) -> Result<(Self, Result<Live, Failure>), Failure> {
        let Connection {
            target,
            options,
            server,
        } = Connection::to_chosen_org(choice, context).await?;
        let read = |reader: Reader| {
            let more = more.clone();
            async move { observe::first_wave(manifests, more, &reader).await }
        };
        let opened = org::connect_reading(target, options, read).await;
        let (reader, live) = opened.map_err(not_connected)?;
        let live = match live {
            Ok(mut live) => {
                live.impact_budget = context.impact_budget.get();
                let mut progress = Progress::new(&context.output, false, false);
                let mut emit = |event: Event| progress.show(&event);
                observe::ask_further(live, manifests, &reader, &mut emit).await
            }
            Err(error) => Err(not_connected(error)),
        };
        Ok((Self { reader, server }, live))
    }

    /// Ends the connection, and the demo org with it.
    pub(crate) async fn close(self) {
        if let Some(server) = self.server {
            server.server.stop().await;
        }
    }
}

/// What a recorded connection has besides.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Keeps every question with its answer.
    pub(crate) tape: Option<Arc<Tape>>,
    /// Requests under way at once, where that is to be fewer than usual.
    pub(crate) most_in_flight: Option<usize>,
}

/// Everything that connecting needs.
struct Connection {
    target: Target,
    options: org::Options,
    server: Option<Locked>,
}

impl Connection {
    /// The connection to the chosen org; the demo org is started.
    async fn to_chosen_org(choice: Choice, context: &Context) -> Result<Self, Failure> {
        let trace = context
            .global
            .trace
            .as_deref()
            .map(trace::open)
            .transpose()?;
        let options = org::Options {
            trace,
            ..options(context)
        };
        let Choice::Salesforce(_, target) = choice else {
            return Self::to_demo_org(options, context).await;
        };
        Ok(Self {
            target: *target,
            options: org::Options {
                warm_connections: CONNECTIONS,
                ..options
            },
            server: None,
        })
    }

    /// The connection to the demo org. It runs in this process, so that connecting costs nothing, and none is opened
    /// beforehand.
    async fn to_demo_org(options: org::Options, context: &Context) -> Result<Self, Failure> {
        let notice = || {
            context
                .output
                .note("waiting for another run that uses the demo org of this folder\n")
        };
        let locked = embedded::start(notice).await?;
        let server = &locked.server;
        let target = Target::Url {
            base_url: server.base_url().to_owned(),
            token: Secret::new(server.access_token()),
        };
        Ok(Self {
            target,
            options,
            server: Some(locked),
        })
    }
}

fn not_connected(error: OrgError) -> Failure {
    of_org(&error).state(NOTHING_CHANGED)
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
            Code::MachineRefused,
            format!("no threads to run on: {error}"),
            "",
        )
    })?;
    let result = runtime.block_on(work);
    // A question nobody answered may still wait for its line; the process ends all the same.
    runtime.shutdown_background();
    result
}
