//! One run of connect, plan and apply, as the command does it, and everything it told.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orgwright::apply::{self, Applied};
use orgwright::diagnostic::{Exit, Failure};
use orgwright::failure;
use orgwright::live::Need;
use orgwright::manifest::Manifest;
use orgwright::observe;
use orgwright::org::{self, Clock, Exchange, Reader, Target, Writer};
use orgwright::plan;
use orgwright::verify::Sample;
use salesforce_emulator::Server;

use crate::clock::VirtualClock;
use crate::door::Door;

/// The secret of the log-in, which nothing may tell.
pub(crate) const CANARY: &str = "canary-sings-at-dawn";

/// Longest wait for a deploy, a lock or a recalculation, as the command has it.
pub(crate) const WAIT: Duration = Duration::from_secs(600);

/// How the org is reached.
pub(crate) enum Way<'a> {
    /// By client credentials, without encryption, on this machine.
    Credentials(&'a Path),
    /// By its own name, through a door that asks for a new connection each time.
    Door(&'a Arc<Door>),
}

/// What was asked, each with the status of its answer.
pub(crate) type Asked = Vec<(String, Option<u16>)>;

/// How a run went.
pub(crate) struct Run {
    pub(crate) exit: Exit,
    pub(crate) applied: Option<Applied>,
    /// What was asked, in order.
    pub(crate) asked: Asked,
    /// Every text that came out of it.
    pub(crate) told: String,
    /// How long it took, on its own clock.
    pub(crate) took: Duration,
}

impl Run {
    /// How many of the requests are of one kind.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let alike = |(asked, _): &&(String, Option<u16>)| asked == operation;
        self.asked.iter().filter(alike).count()
    }
}

/// Connects, plans and applies.
pub(crate) async fn run(
    server: &Arc<Server>,
    way: &Way<'_>,
    manifests: &[Manifest],
    seed: u64,
) -> Run {
    let clock = Arc::new(VirtualClock::new(Arc::clone(server), seed));
    let client = client(server, way, manifests, Arc::clone(&clock) as Arc<dyn Clock>);
    clock.drive(client).await
}

/// The same by a clock that somebody else moves on.
pub(crate) async fn client(
    server: &Server,
    way: &Way<'_>,
    manifests: &[Manifest],
    clock: Arc<dyn Clock>,
) -> Run {
    let asked: Arc<Mutex<Asked>> = Arc::default();
    let heard = Arc::clone(&asked);
    let trace = move |exchange: &Exchange| {
        let mut asked = heard.lock().expect("no panic");
        asked.push((exchange.operation.clone(), exchange.status));
    };
    let options = org::Options {
        client: "orgwright/test".to_owned(),
        trace: Some(Arc::new(trace)),
        clock: Some(Arc::clone(&clock)),
        ..org::Options::default()
    };
    let (target, options) = match way {
        Way::Credentials(file) => (named(server, file), options),
        Way::Door(door) => door.way_in(server, options),
    };
    let (mut told, started) = (String::new(), clock.now());
    let outcome = carried_out(target, options, manifests, &mut told).await;
    let (exit, applied) = match outcome {
        Ok(applied) => {
            told.push_str(&format!("{applied:?}"));
            let failure = applied.failure.as_ref();
            (
                failure.map_or(Exit::Done, |failure| failure.exit),
                Some(applied),
            )
        }
        Err(failure) => {
            told.push_str(&format!("{failure:?}"));
            (failure.exit, None)
        }
    };
    let asked = asked.lock().expect("no panic").clone();
    // Every org listens on a port of its own.
    let host = server.base_url().trim_start_matches("http://");
    let told = told.replace(host, "org");
    Run {
        exit,
        applied,
        asked,
        told,
        took: clock.now() - started,
    }
}

/// The target that a file of targets names.
fn named(server: &Server, folder: &Path) -> Target {
    let file = folder.join("orgwright.toml");
    let text = format!(
        "[targets.acme]\nauth = \"client_credentials\"\nclient_id = \"acme\"\nclient_secret_file = \"secret\"\n\
         instance_url = \"{}\"\n",
        server.base_url()
    );
    std::fs::write(&file, text).expect("a file");
    let mut targets = org::target::read_file(&file).expect("a file of targets");
    Target::Named(targets.remove("acme").expect("the target"))
}

async fn carried_out(
    target: Target,
    options: org::Options,
    manifests: &[Manifest],
    told: &mut String,
) -> Result<Applied, Failure> {
    let queue = || BTreeSet::from([Need::Deploys]);
    let read =
        |reader: Reader| async move { observe::first_wave(manifests, queue(), &reader).await };
    let (reader, live) = org::connect_reading(target, options, read)
        .await
        .map_err(|error| failure::of_org(&error))?;
    let live = live.map_err(|error| failure::of_org(&error))?;
    let live = observe::ask_further(live, manifests, &reader, &mut |_| ()).await?;
    let plan = plan::plan(manifests, &live)?;
    told.push_str(&orgwright::report::json::planned(&plan));
    let options = apply::ApplyOptions {
        queue: live
            .deploys()
            .learnt()
            .map(|deploys| deploys.queued.clone()),
        rehearse: true,
        wait: WAIT,
        stop: Arc::new(AtomicBool::new(false)),
        sample: Sample::AUTO,
        lasting: live.lasting(),
        ..apply::ApplyOptions::default()
    };
    let writer = Writer::new(reader);
    let mut tell = |event| {
        let line = serde_json::to_string(&event).expect("an event is JSON");
        told.push_str(&line);
        told.push('\n');
    };
    Ok(apply::apply(&plan, manifests, &writer, options, &mut tell).await)
}
