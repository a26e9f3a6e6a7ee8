//! Fault enumeration: every request of the reference apply meets every kind of failure, once and twice.
//!
//! **Promise:** whatever one request meets, the run ends with an allowed exit code and says nothing untrue; the next
//! run, without failures, leaves the org exactly as a run without failures would have: one user, nothing that the
//! manifest does not own, and an empty plan. No insert and no deploy is sent twice without a look in between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orgwright::apply::{self, Applied};
use orgwright::diagnostic::Exit;
use orgwright::emulator::faults::Faults;
use orgwright::emulator::store::Org;
use orgwright::emulator::{self, Server};
use orgwright::failure;
use orgwright::manifest::{self, Manifest};
use orgwright::observe;
use orgwright::org::{self, Exchange, Target, Writer};
use orgwright::plan;
use orgwright::secret::Secret;
use orgwright::verify::Sample;

/// What happens to a request, as an entry of a file of faults, by name.
const KINDS: [(&str, &str); 13] = [
    ("lost before it was carried out", r#""drop": "before""#),
    ("carried out, its answer lost", r#""drop": "after""#),
    ("HTTP 500 without a word", r#""status": 500"#),
    (
        "an unexpected exception",
        r#""status": 500, "code": "UNKNOWN_EXCEPTION", "answer": "An unexpected error occurred.""#,
    ),
    (
        "HTTP 502 with a web page",
        r#""status": 502, "content_type": "text/html", "answer": "<html><title>Bad Gateway</title></html>""#,
    ),
    (
        "HTTP 503 with a wait",
        r#""status": 503, "retry_after": 1, "content_type": "text/html", "answer": "<html><title>Maintenance</title></html>""#,
    ),
    (
        "too many requests at once",
        r#""status": 403, "code": "REQUEST_LIMIT_EXCEEDED", "answer": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.""#,
    ),
    (
        "no requests left today",
        r#""status": 403, "code": "REQUEST_LIMIT_EXCEEDED", "answer": "TotalRequests Limit exceeded.""#,
    ),
    (
        "a session that has ended",
        r#""status": 401, "code": "INVALID_SESSION_ID", "answer": "Session expired or invalid""#,
    ),
    (
        "a locked row",
        r#""status": 400, "code": "UNABLE_TO_LOCK_ROW", "answer": "unable to obtain exclusive access to this record""#,
    ),
    ("half an answer", r#""spoil": "truncated""#),
    ("an answer in no language", r#""spoil": "garbled""#),
    ("a web page in its place", r#""spoil": "mistyped""#),
];

/// How a run may end that met a failure: done, failed, to be run again, busy, or without a session.
const ALLOWED: [Exit; 5] = [
    Exit::Done,
    Exit::Failed,
    Exit::Partial,
    Exit::Busy,
    Exit::Login,
];

/// How long the enumeration may take; beyond it, it ends with what it has and says so. With `ORGWRIGHT_FAULTS=all` it
/// takes the time it needs.
const MOST: Duration = Duration::from_secs(75);

/// Requests of an apply from plan to proof, besides log-in and looks at deploys.
const MOST_REQUESTS: usize = 18;

const MANIFEST: &str = "manifests/hubspot-selective-sync.yaml";
const USERNAME: &str = "hubspot.integration@acme.example";

/// A small org to begin with: a few leads, and the package's permission set.
const SEED: [(&str, &str); 4] = [
    (
        "Lead.csv",
        "LastName,Company,Email,Sync_to_HubSpot__c,Owner.Username\n\
         Abel,Mills,abel@mills.example,true,saul@acme.example\n\
         Brook,Dyes,brook@dyes.example,true,saul@acme.example\n\
         Crane,Oars,,true,saul@acme.example\n\
         Dorn,Sails,dorn@sails.example,false,saul@acme.example\n",
    ),
    (
        "User.csv",
        "Username,FirstName,LastName,Profile.Name\nsaul@acme.example,Saul,Seller,Standard User\n",
    ),
    (
        "HubSpot_Inc__HubSpot_Integration_Permissions.permissionset",
        "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>HubSpot</label></PermissionSet>",
    ),
    (
        "objects/Lead/fields/Sync_to_HubSpot__c.field-meta.xml",
        "<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fullName>Sync_to_HubSpot__c</fullName>\
         <defaultValue>false</defaultValue><label>Sync</label><type>Checkbox</type></CustomField>",
    ),
];

fn lay_seed(folder: &Path) {
    for (name, text) in SEED {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
}

async fn start(seed: &Path) -> Server {
    let options = emulator::Options {
        seeds: vec![seed.to_owned()],
        ..emulator::Options::default()
    };
    emulator::start(options).await.expect("an org")
}

fn manifests() -> Vec<Manifest> {
    let loaded = manifest::load(&[MANIFEST.into()], &[], &[], &|_| None);
    loaded.expect("the reference manifest")
}

/// How a run went.
struct Run {
    exit: Exit,
    applied: Option<Applied>,
    /// What was asked, in order.
    asked: Vec<String>,
}

/// Connects, plans and applies, as the command does.
async fn run(server: &Server, manifests: &[Manifest]) -> Run {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let options = org::Options {
        client: "orgwright/test".to_owned(),
        without_pauses: true,
        trace: Some(Arc::new(move |exchange: &Exchange| {
            let mut asked = heard.lock().expect("no panic");
            asked.push(exchange.operation.clone());
        })),
        ..org::Options::default()
    };
    let (exit, applied) = match carried_out(server, manifests, options).await {
        Ok(applied) => {
            let failed = applied.failure.as_ref();
            let exit = failed.map_or(Exit::Done, |failure| failure.exit);
            (exit, Some(applied))
        }
        Err(exit) => (exit, None),
    };
    let asked = asked.lock().expect("no panic").clone();
    Run {
        exit,
        applied,
        asked,
    }
}

async fn carried_out(
    server: &Server,
    manifests: &[Manifest],
    options: org::Options,
) -> Result<Applied, Exit> {
    let target = Target::Url {
        base_url: server.base_url().to_owned(),
        token: Secret::new(server.access_token()),
    };
    let reader = org::connect(target, options)
        .await
        .map_err(|error| failure::of_org(&error).exit)?;
    let facts = observe::observe(manifests, &reader)
        .await
        .map_err(|failure| failure.exit)?;
    let plan = plan::plan(manifests, &facts).map_err(|failure| failure.exit)?;
    let options = apply::Options {
        wait: Duration::from_secs(20),
        stop: Arc::new(AtomicBool::new(false)),
        sample: Sample::Auto,
    };
    let writer = Writer::new(reader);
    let applied = apply::apply(&plan, manifests, &writer, options, &mut |_| ()).await;
    Ok(applied)
}

/// The org without what differs between two ways to the same state: times, queues, logs and counters.
fn state(server: &Server) -> Org {
    let mut org = server.org();
    org.deploys.clear();
    org.retrieves.clear();
    org.audit.clear();
    org.sessions.clear();
    org.counters.clear();
    org.api_requests = 0;
    for user in org.users.make_mut().values_mut() {
        (user.created, user.modified) = (0, 0);
    }
    org
}

fn users(org: &Org) -> usize {
    org.users
        .values()
        .filter(|user| user.username == USERNAME)
        .count()
}

/// Everything that must hold after a run that met a failure, and after the next one.
async fn check(
    server: &Server,
    manifests: &[Manifest],
    expected: &Org,
    requests: usize,
) -> Result<Exit, String> {
    let holds = |holds: bool, what: &str| holds.then_some(()).ok_or_else(|| what.to_owned());
    let first = run(server, manifests).await;
    server.set_faults(Faults::default());
    let found = state(server);
    holds(
        ALLOWED.contains(&first.exit),
        &format!("it ended with {:?}", first.exit),
    )?;
    holds(
        first.exit != Exit::Done || found == *expected,
        "it says done and is not",
    )?;
    holds(users(&found) <= 1, "there is more than one user")?;
    holds(
        truthful(&first, &found),
        "it says a user was not made that was",
    )?;
    holds(
        first.asked.len() <= 3 * requests + 20,
        "it asks without end",
    )?;
    if let Some(twice) = sent_twice(&first.asked) {
        return Err(format!("\"{twice}\" was sent twice without a look"));
    }
    if first.exit == Exit::Done {
        // Its own proof has planned again and found nothing, and the org is as it should be.
        return Ok(first.exit);
    }
    let second = run(server, manifests).await;
    let applied = second.applied.as_ref();
    let reason = applied.and_then(|applied| applied.failure.clone());
    holds(
        second.exit == Exit::Done,
        &format!("the second run ended with {:?}: {reason:?}", second.exit),
    )?;
    let proof = applied.and_then(|applied| applied.verification.as_ref());
    holds(
        proof.is_some_and(|proof| proof.holds()),
        "the second run proves nothing",
    )?;
    holds(state(server) == *expected, "the org is not as it should be")?;
    Ok(first.exit)
}

/// What is said not to have been done has not been done.
fn truthful(run: &Run, org: &Org) -> bool {
    let outcomes = run.applied.iter().flat_map(|applied| &applied.outcomes);
    let mut of_user = outcomes.filter(|outcome| outcome.address.kind == "user");
    let undone = of_user.any(|outcome| outcome.result == apply::Result::NotDone);
    !undone || users(org) == 0
}

/// A request that must not be repeated blindly, and was.
fn sent_twice(asked: &[String]) -> Option<&String> {
    let once =
        |operation: &str| operation.starts_with("create a ") || operation == "start a deploy";
    let pairs = asked.iter().zip(asked.iter().skip(1));
    pairs
        .filter(|(first, second)| first == second && once(first))
        .map(|(first, _)| first)
        .next()
}

/// One case: the request that is struck, how often, and by what.
#[derive(Clone, Copy, Debug)]
struct Case {
    request: usize,
    times: u64,
    kind: (&'static str, &'static str),
}

impl Case {
    fn faults(&self) -> Faults {
        let text = format!(
            r#"[{{"skip": {}, "times": {}, {}}}]"#,
            self.request, self.times, self.kind.1
        );
        Faults::parse(text.as_bytes()).expect("a fault")
    }
}

fn cases(requests: usize) -> Vec<Case> {
    let times = [1, 2];
    let indices = (0..requests).flat_map(|request| times.map(|times| (request, times)));
    let cases = indices.flat_map(|(request, times)| {
        KINDS.map(|kind| Case {
            request,
            times,
            kind,
        })
    });
    cases.collect()
}

/// The cases in an order that a seed decides, so that a run which has to end early has seen some of everything.
fn shuffled(mut cases: Vec<Case>, seed: u64) -> Vec<Case> {
    let mut random = seed | 1;
    for last in (1..cases.len()).rev() {
        // Marsaglia's xorshift: any generator that repeats from its seed would do.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let bound = u64::try_from(last).unwrap_or(u64::MAX) + 1;
        cases.swap(last, usize::try_from(random % bound).unwrap_or(0));
    }
    cases
}

fn seed() -> u64 {
    let stated = std::env::var("ORGWRIGHT_FAULT_SEED").ok();
    stated
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_260_301)
}

/// What a worker has seen: how runs ended, and what was wrong.
#[derive(Default)]
struct Seen {
    exits: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// What all workers share.
struct Work {
    seed_folder: PathBuf,
    manifests: Vec<Manifest>,
    expected: Org,
    requests: usize,
    queue: Mutex<Vec<Case>>,
    started: Instant,
    /// Whether no case may be left out.
    all: bool,
}

impl Work {
    /// Takes cases until there are none, or no time.
    async fn done_by_one(&self) -> Seen {
        let mut seen = Seen::default();
        while self.all || self.started.elapsed() < MOST {
            let Some(case) = self.queue.lock().expect("no panic").pop() else {
                break;
            };
            let server = start(&self.seed_folder).await;
            server.set_faults(case.faults());
            match check(&server, &self.manifests, &self.expected, self.requests).await {
                Ok(exit) => *seen.exits.entry(format!("{exit:?}")).or_default() += 1,
                Err(problem) => seen.wrong.push(format!("{case:?}: {problem}")),
            }
            server.stop().await;
        }
        seen
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Whether a request counts: those of the log-in do not, nor do looks at a deploy, which depend on how long it takes.
fn counts(asked: &str) -> bool {
    !matches!(
        asked,
        "look at a deploy" | "read the API versions" | "read the running user"
    )
}

/// The state that a run without failures leaves, and how many requests it takes.
async fn reference(seed_folder: &Path, manifests: &[Manifest]) -> (Org, usize) {
    let server = start(seed_folder).await;
    let run = run(&server, manifests).await;
    let failure = run.applied.and_then(|applied| applied.failure);
    assert_eq!(run.exit, Exit::Done, "without failures: {failure:?}");
    let counted = run.asked.iter().filter(|asked| counts(asked)).count();
    assert!(
        counted <= MOST_REQUESTS,
        "{counted} requests: {:#?}",
        run.asked
    );
    let state = state(&server);
    server.stop().await;
    (state, run.asked.len())
}

#[test]
#[expect(clippy::print_stderr, reason = "an enumeration says what it counted")]
fn every_request_meets_every_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_seed(folder.path());
    let manifests = manifests();
    let (expected, requests) = runtime().block_on(reference(folder.path(), &manifests));
    let seed = seed();
    let cases = shuffled(cases(requests), seed);
    let all = cases.len();
    let work = Work {
        seed_folder: folder.path().to_owned(),
        manifests,
        expected,
        requests,
        queue: Mutex::new(cases),
        started: Instant::now(),
        all: std::env::var_os("ORGWRIGHT_FAULTS").is_some_and(|wanted| wanted == "all"),
    };
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        let worker = || scope.spawn(|| runtime().block_on(work.done_by_one()));
        for worker in [worker(), worker()] {
            let more = worker.join().expect("no panic");
            for (exit, count) in more.exits {
                *seen.exits.entry(exit).or_default() += count;
            }
            seen.wrong.extend(more.wrong);
        }
    });
    let count: usize = seen.exits.values().sum::<usize>() + seen.wrong.len();
    eprintln!(
        "{requests} requests x {} failures x {{once, twice}}: {count} of {all} cases in {:.1} s, {:?}, {} wrong; \
         ORGWRIGHT_FAULT_SEED={seed}",
        KINDS.len(),
        work.started.elapsed().as_secs_f64(),
        seen.exits,
        seen.wrong.len()
    );
    assert!(seen.wrong.is_empty(), "{}", seen.wrong.join("\n"));
    assert!(count >= 10, "too few cases to mean anything: {count}");
}
