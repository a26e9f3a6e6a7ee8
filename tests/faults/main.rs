//! Fault enumeration: every request of the reference apply meets every kind of failure, once, twice and five times.
//!
//! **Promise:** whatever a request meets, the run ends with an allowed exit code and says nothing untrue; the next run,
//! without failures, leaves the org exactly as a run without failures would have: one user, nothing moved that the
//! manifest does not own, and an empty plan. What must hold is in `faults/invariants.rs`, the kinds in `faults/cases.rs`.
//!
//! All of it goes by a clock of its own, on which a minute takes no time. `ORGWRIGHT_FAULT=REQUEST/KIND/TIMES` runs one
//! case alone, `ORGWRIGHT_CASES` says how many there are to be, `ORGWRIGHT_SEED` decides order and chances.

mod beside;
mod cases;
mod clock;
mod door;
mod invariants;
mod members;
mod outcomes;
mod queue;
mod run;
mod sample;
mod several;
mod state;
mod together;

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cases::{Case, KINDS, faults};
use door::{Door, Keys};
use invariants::Holds;
use orgwright::diagnostic::Exit;
use orgwright::manifest::{self, Manifest};
use run::{Run, Way, run};
use salesforce_emulator::store::Org;
use salesforce_emulator::{self as emulator, Clock, Server};

/// Cases of a test run, some of everything; how many there are in all is told.
const CASES: u32 = 250;

/// Requests of an apply from plan to proof, besides log-in and looks at deploys: the
/// rehearsal, both looks at the queue, and what the proof asks of the user's capabilities included.
const MOST_REQUESTS: usize = 24;

/// One case of so many is run twice, to see that it goes the same way.
const AGAIN: usize = 25;

/// Long enough that a deploy is not done at the first look, and is at the second.
const DEPLOY_TIME: Duration = Duration::from_millis(100);

const MANIFEST: &str = "manifests/hubspot-selective-sync.yaml";

/// What all cases share.
struct Stage {
    folder: tempfile::TempDir,
    keys: Keys,
    manifests: Vec<Manifest>,
    seeded: Org,
    seed: u64,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let loaded = manifest::load(&[MANIFEST.into()], &[], &[], &|_| None);
        Self {
            keys: Keys::new(folder.path()),
            folder,
            manifests: loaded.expect("the reference manifest"),
            seeded: state::seeded(),
            seed: testing::seed(),
        }
    }

    async fn start(&self) -> Arc<Server> {
        self.start_with(DEPLOY_TIME).await
    }

    async fn start_with(&self, deploy_time: Duration) -> Arc<Server> {
        self.start_from(self.seeded.clone(), deploy_time).await
    }

    /// Starts the org anew over the state of another one, in its usual pace.
    async fn start_over(&self, org: &Org) -> Arc<Server> {
        self.start_from(org.clone(), DEPLOY_TIME).await
    }

    async fn start_from(&self, org: Org, deploy_time: Duration) -> Arc<Server> {
        let options = emulator::Options {
            clock: Clock::Manual,
            deploy_time,
            ..emulator::Options::default()
        };
        let server = emulator::start_over(org, options).await;
        Arc::new(server.expect("an org"))
    }

    /// A folder for the files of one worker's target.
    fn target(&self) -> PathBuf {
        let folder = tempfile::tempdir_in(self.folder.path())
            .expect("a folder")
            .keep();
        let mut secret = std::fs::OpenOptions::new();
        let secret = secret.write(true).create_new(true).mode(0o600);
        let mut secret = secret.open(folder.join("secret")).expect("a file");
        secret.write_all(run::CANARY.as_bytes()).expect("a file");
        folder
    }

    async fn run(&self, server: &Arc<Server>, way: &Way<'_>) -> Run {
        run(server, way, &self.manifests, self.seed).await
    }
}

/// A run without failures: what it leaves, and how often it asks and connects.
struct Reference {
    expected: Org,
    requests: usize,
    connections: usize,
}

impl Reference {
    async fn of(stage: &Stage) -> Self {
        let server = stage.start().await;
        let folder = stage.target();
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        let failure = run
            .applied
            .as_ref()
            .and_then(|applied| applied.failure.clone());
        assert_eq!(
            run.exit,
            Exit::Done,
            "without failures: {failure:?} {}",
            run.told
        );
        let counted = run.asked.iter().filter(|(asked, _)| counts(asked)).count();
        assert!(
            counted <= MOST_REQUESTS,
            "{counted} requests: {:#?}",
            run.asked
        );
        let org = server.org();
        let expected = state::settled(org.clone());
        for held in [
            invariants::the_report_is_true(&run, &stage.seeded, &org, None),
            invariants::the_rest_is_untouched(&stage.seeded, &org),
            invariants::it_is_proved(&run),
            invariants::it_is_bounded(&run, &org, run.asked.len()),
        ] {
            assert_eq!(held, Ok(()), "without failures");
        }
        Self {
            expected,
            requests: run.asked.len(),
            connections: Self::connections(stage).await,
        }
    }

    async fn connections(stage: &Stage) -> usize {
        let server = stage.start().await;
        server.set_faults(faults(r#"[{"close": true}]"#));
        let door = Door::open(&server, &stage.keys, None).await;
        let run = stage.run(&server, &Way::Door(&door)).await;
        assert_eq!(run.exit, Exit::Done, "through a door: {}", run.told);
        usize::try_from(door.wanted()).expect("a small number")
    }
}

/// Whether a request counts: those of the log-in do not, nor do looks at deploys, which depend on how long they take.
fn counts(asked: &str) -> bool {
    let log_in = ["read the API versions", "read the running user", "log in"];
    asked != "look at a deploy" && !log_in.iter().any(|words| asked.starts_with(words))
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// What became of one case.
struct Seen {
    /// How the run ended that met the failure.
    first: Run,
    /// Whether the failure met anything.
    struck: bool,
    problem: Option<String>,
}

impl Stage {
    /// The run that meets the failure, and then the ones that do not.
    async fn see(&self, case: Case, reference: &Reference, folder: &std::path::Path) -> Seen {
        let server = self.start().await;
        server.set_faults(case.faults());
        let door = match case.kind.way {
            cases::Way::Connect(_) => Some(Door::open(&server, &self.keys, Some(case)).await),
            cases::Way::Fault(_) | cases::Way::Lasting(_) => None,
        };
        let way = match &door {
            Some(door) => Way::Door(door),
            None => Way::Credentials(folder),
        };
        let first = self.run(&server, &way).await;
        let struck = door.is_some() || server.struck() > 0;
        let stopped = server.org();
        server.set_faults(faults("[]"));
        if let Some(door) = &door {
            door.mend();
        }
        let held = self.holds_after(&first, &stopped, &case, reference);
        let held = match held {
            Ok(()) if first.exit != Exit::Done => self.finishes(&server, &way, reference).await,
            held => held,
        };
        Seen {
            first,
            struck,
            problem: held.err(),
        }
    }

    /// What must hold once the failure has struck.
    fn holds_after(&self, first: &Run, org: &Org, case: &Case, reference: &Reference) -> Holds {
        invariants::the_exit_is_allowed(first, org, &reference.expected)?;
        invariants::there_is_one_user_at_most(org)?;
        invariants::the_rest_is_untouched(&self.seeded, org)?;
        invariants::the_report_is_true(first, &self.seeded, org, Some(case))?;
        invariants::nothing_goes_twice_blindly(first)?;
        invariants::no_secret_is_told(first, org)?;
        invariants::it_is_bounded(first, org, reference.requests)?;
        invariants::reading_writes_nothing(first, &self.seeded, org)
    }

    /// The next run finishes the work, and the one after it has nothing to do.
    async fn finishes(&self, server: &Arc<Server>, way: &Way<'_>, reference: &Reference) -> Holds {
        let second = self.run(server, way).await;
        let org = server.org();
        if second.exit != Exit::Done {
            return Err(format!(
                "the next run ended with {:?}: {}",
                second.exit, second.told
            ));
        }
        invariants::it_is_proved(&second)?;
        invariants::the_org_is_as_it_should_be(&org, &reference.expected)?;
        invariants::there_is_one_user_at_most(&org)?;
        invariants::the_rest_is_untouched(&self.seeded, &org)?;
        invariants::nothing_goes_twice_blindly(&second)?;
        invariants::no_secret_is_told(&second, &org)?;
        invariants::it_is_bounded(&second, &org, reference.requests)?;
        let third = self.run(server, way).await;
        invariants::nothing_was_left_to_do(&third)?;
        invariants::the_org_is_as_it_should_be(&server.org(), &reference.expected)
    }
}

/// What the workers have seen: how runs ended, and what was wrong.
#[derive(Default)]
struct Tally {
    exits: BTreeMap<String, usize>,
    missed: usize,
    again: usize,
    virtual_time: Duration,
    wrong: Vec<String>,
}

/// What all workers share.
struct Work<'a> {
    stage: &'a Stage,
    reference: &'a Reference,
    queue: Mutex<Vec<Case>>,
    tally: Mutex<Tally>,
}

impl Work<'_> {
    /// The next case, and how many are left.
    fn next(&self) -> Option<(usize, Case)> {
        let mut queue = self.queue.lock().expect("no panic");
        let case = queue.pop()?;
        Some((queue.len(), case))
    }

    /// Takes cases until there are none.
    fn done_by_one(&self) {
        let folder = self.stage.target();
        while let Some((number, case)) = self.next() {
            let see = || runtime().block_on(self.stage.see(case, self.reference, &folder));
            let mut seen = see();
            // Which request opens the failing connection is up to the machine's network: it pools them.
            let counted = !matches!(case.kind.way, cases::Way::Connect(_));
            let again = counted && number % AGAIN == 0;
            if again && seen.problem.is_none() {
                seen.problem = invariants::the_same_comes_again(&seen.first, &see().first).err();
            }
            self.note(case, &seen, again);
        }
    }

    fn note(&self, case: Case, seen: &Seen, again: bool) {
        let mut tally = self.tally.lock().expect("no panic");
        let exit = format!("{:?}", seen.first.exit);
        *tally.exits.entry(exit).or_default() += 1;
        tally.missed += usize::from(!seen.struck);
        tally.again += usize::from(again);
        tally.virtual_time += seen.first.took;
        if let Some(problem) = &seen.problem {
            let again = format!(
                "ORGWRIGHT_FAULT={} ORGWRIGHT_SEED={}",
                case.name(),
                self.stage.seed
            );
            tally
                .wrong
                .push(format!("{problem}\n    {again} cargo test --test faults"));
        }
    }
}

/// The cases to run: so many of all, or the one that is named.
fn wanted(all: Vec<Case>, seed: u64) -> Vec<Case> {
    match std::env::var("ORGWRIGHT_FAULT") {
        Ok(name) => all.into_iter().filter(|case| case.name() == name).collect(),
        Err(_) => {
            let mut cases = cases::shuffled(all, seed);
            cases.truncate(sample::wanted(CASES));
            cases
        }
    }
}

#[test]
fn every_request_meets_every_failure() {
    let stage = Stage::new();
    let reference = runtime().block_on(Reference::of(&stage));
    let cases = cases::all(reference.requests, reference.connections);
    let (all, started) = (cases.len(), Instant::now());
    let cases = wanted(cases, stage.seed);
    let work = Work {
        stage: &stage,
        reference: &reference,
        queue: Mutex::new(cases),
        tally: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| work.done_by_one());
        }
    });
    let tally = work.tally.into_inner().expect("no panic");
    let count: usize = tally.exits.values().sum();
    // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{} requests and {} connections x {} failures x {{once, twice, five times}}: {count} of {all} cases in {:.1} s \
         ({} h on their own clocks), {:?}, {} struck nothing, {} run twice, {} wrong; ORGWRIGHT_SEED={}",
        reference.requests,
        reference.connections,
        KINDS.len(),
        started.elapsed().as_secs_f64(),
        tally.virtual_time.as_secs() / 3_600,
        tally.exits,
        tally.missed,
        tally.again,
        tally.wrong.len(),
        stage.seed
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(count > 0, "no such case");
}
