//! A run that is killed: SIGKILL of the real process at every request and at every event, then the same command again.
//!
//! **Promise:** wherever a run was killed, the next one finishes the work: the org is exactly as an undisturbed run leaves
//! it, with one user and nothing moved that the manifest does not own; and the killed run leaves no file behind.
//!
//! `ORGWRIGHT_KILL=POINT/NUMBER` kills at one point alone.

#[path = "faults/state.rs"]
#[allow(dead_code, reason = "shared with the enumeration of failures")]
mod state;
mod support;

#[path = "killed/agreed.rs"]
mod agreed;
#[path = "killed/gap.rs"]
mod gap;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use salesforce_emulator::faults::Faults;
use salesforce_emulator::store::Org;
use salesforce_emulator::{self as emulator, Server};
use support::{Run, finish, program};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const MANIFEST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/manifests/hubspot-selective-sync.yaml"
);

/// How long a run may take to come to the point where it is killed: so many looks.
const MOST_LOOKS: usize = 300_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// Where a run is killed. Requests and events are counted from 0.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// The request is on its way; the org has not looked at it.
    BeforeSend(usize),
    /// The org has carried the request out and has not answered.
    AfterSend(usize),
    /// The org has answered.
    AfterAnswer(usize),
    /// The program has told of an event.
    BetweenSteps(usize),
}

impl Point {
    fn name(self) -> String {
        match self {
            Self::BeforeSend(number) => format!("before-send/{number}"),
            Self::AfterSend(number) => format!("after-send/{number}"),
            Self::AfterAnswer(number) => format!("after-answer/{number}"),
            Self::BetweenSteps(number) => format!("between-steps/{number}"),
        }
    }

    /// What the org does so that the run can be killed there.
    fn faults(self) -> Faults {
        let text = match self {
            Self::BeforeSend(number) => held(number, "before"),
            Self::AfterSend(number) => held(number, "after"),
            Self::AfterAnswer(_) | Self::BetweenSteps(_) => "[]".to_owned(),
        };
        Faults::parse(text.as_bytes()).expect("faults")
    }
}

fn held(number: usize, moment: &str) -> String {
    format!(r#"[{{"skip": {number}, "times": 1, "silent": "{moment}"}}]"#)
}

/// One org, and a folder that runs against it live in.
struct Stage<'a> {
    runtime: &'a Runtime,
    server: Server,
    folder: TempDir,
    /// What the command says besides, and how many requests were answered before it runs.
    consent: Vec<String>,
    earlier: usize,
}

impl<'a> Stage<'a> {
    fn new(runtime: &'a Runtime, seeded: &Org) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for part in ["home", "temporary", "work"] {
            std::fs::create_dir(folder.path().join(part)).expect("a folder");
        }
        let options = emulator::Options {
            log: Some(folder.path().join("log")),
            ..emulator::Options::default()
        };
        let server = runtime.block_on(emulator::start_over(seeded.clone(), options));
        Self {
            runtime,
            server: server.expect("an org"),
            folder,
            consent: vec!["--yes".to_owned()],
            earlier: 0,
        }
    }

    /// The program against the org, with every place where it could leave something inside the folder.
    fn apply(&self) -> Command {
        let consent = self.consent.iter().map(String::as_str);
        let words = ["apply", MANIFEST, "--format", "json"];
        self.command(&words.into_iter().chain(consent).collect::<Vec<_>>())
    }

    /// The program with these words, about the org.
    fn command(&self, words: &[&str]) -> Command {
        let words: Vec<&str> = words.iter().copied().chain(["--org", "env"]).collect();
        let mut command = program(&self.folder.path().join("work"), &words);
        command
            .env("SF_ACCESS_TOKEN", self.server.access_token())
            .env("SF_ORG_INSTANCE_URL", self.server.base_url())
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", self.folder.path().join("temporary"));
        command
    }

    /// How many requests the org has answered.
    fn answered(&self) -> usize {
        let log = std::fs::read(self.folder.path().join("log")).expect("the log");
        log.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Applies, and kills the process at the point; whether it came there.
    fn killed(&self, point: Point) -> bool {
        self.ended(point, |child| {
            // A process that has ended cannot be killed any more.
            let _ = child.kill();
        })
    }

    /// Applies, and ends the process at the point; whether it came there.
    fn ended(&self, point: Point, end: impl FnOnce(&mut Child)) -> bool {
        self.server.set_faults(point.faults());
        let mut child = self
            .apply()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let met = match point {
            Point::BetweenSteps(number) => told(&mut child, number),
            Point::AfterAnswer(number) => {
                looked_for(&mut child, || self.answered() > self.earlier + number)
            }
            Point::BeforeSend(_) | Point::AfterSend(_) => {
                looked_for(&mut child, || !self.server.held().is_empty())
            }
        };
        end(&mut child);
        child.wait().expect("it has ended");
        self.server.set_faults(Faults::default());
        met
    }

    /// Every file and folder that runs could have left. Snapshots are kept on purpose, with the folders that they lie in, and
    /// are whole: nothing else may stand beside one.
    fn left(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for part in ["home", "temporary", "work"] {
            list(&self.folder.path().join(part), &mut found);
        }
        let state = self.folder.path().join("work/.orgwright");
        let kept = state.join("snapshots").display().to_string();
        let folder = [state.clone(), state.join(".gitignore")];
        let folder = folder.map(|path| path.display().to_string());
        let is_whole = |path: &str| path.ends_with(".zip") || !path.contains(".zip");
        found.retain(|path| !(path.starts_with(&kept) && is_whole(path) || folder.contains(path)));
        found
    }

    fn end(self) {
        self.runtime.block_on(self.server.stop());
    }
}

fn list(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        found.insert(path.display().to_string());
        if path.is_dir() {
            list(&path, found);
        }
    }
}

/// Reads events until one has come after so many others.
fn told(child: &mut Child, number: usize) -> bool {
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let events = output.lines().map_while(Result::ok);
    events.filter(|line| is_event(line)).nth(number).is_some()
}

fn is_event(line: &str) -> bool {
    line.contains("\"event\":")
}

/// Looks until it is so, or the process has ended.
fn looked_for(child: &mut Child, so: impl Fn() -> bool) -> bool {
    for _ in 0..MOST_LOOKS {
        if so() {
            return true;
        }
        if child.try_wait().expect("its state").is_some() {
            return so();
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    false
}

/// A run that is not killed.
struct Reference {
    expected: Org,
    left: BTreeSet<String>,
    requests: usize,
    events: usize,
}

impl Reference {
    fn of(runtime: &Runtime, seeded: &Org) -> Self {
        let stage = Stage::new(runtime, seeded);
        let reference = Self::on(stage);
        assert_eq!(
            reference.left,
            BTreeSet::new(),
            "an undisturbed run leaves files"
        );
        reference
    }

    fn on(stage: Stage<'_>) -> Self {
        let run = finish(&mut stage.apply());
        assert_eq!(run.code, 0, "{}", run.words());
        let reference = Self {
            expected: state::settled(stage.server.org()),
            left: stage.left(),
            requests: stage.answered() - stage.earlier,
            events: run.out.lines().filter(|line| is_event(line)).count(),
        };
        stage.end();
        reference
    }

    fn points(&self) -> Vec<Point> {
        let at_requests = (0..self.requests).flat_map(|number| {
            [
                Point::BeforeSend(number),
                Point::AfterSend(number),
                Point::AfterAnswer(number),
            ]
        });
        let at_events = (0..self.events).map(Point::BetweenSteps);
        let all = at_requests.chain(at_events);
        match std::env::var("ORGWRIGHT_KILL") {
            Ok(name) => all.filter(|point| point.name() == name).collect(),
            Err(_) => all.collect(),
        }
    }
}

/// What is wrong after a run that was killed and the one after it, if anything is.
fn problem(stage: &Stage, seeded: &Org, reference: &Reference, point: Point) -> Option<String> {
    if !stage.killed(point) {
        return Some("the run ended before it came there".to_owned());
    }
    let left = stage.left();
    if !left.is_empty() {
        return Some(format!("it left {left:?}"));
    }
    if let Some(part) = state::moved(seeded, &stage.server.org()) {
        return Some(format!("{part} moved that is not the manifest's"));
    }
    let run = finish(&mut stage.apply());
    let org = stage.server.org();
    if run.code != 0 {
        return Some(format!(
            "the next run ended with {}: {}",
            run.code,
            run.words()
        ));
    }
    if state::users(&org) != 1 {
        return Some(format!("there are {} users", state::users(&org)));
    }
    if state::settled(org) != reference.expected {
        return Some("the org is not as it should be".to_owned());
    }
    (!is_proved(&run)).then(|| format!("the next run proves nothing: {}", run.out))
}

/// Whether the run says that planning again found nothing.
fn is_proved(run: &Run) -> bool {
    run.out.contains("\"converged\":true")
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    let runtime = Runtime::new().expect("a runtime");
    let seeded = state::seeded();
    let reference = Reference::of(&runtime, &seeded);
    let points = reference.points();
    let (all, started) = (points.len(), Instant::now());
    let queue = Mutex::new(points);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        while let Some(point) = { queue.lock().expect("no panic").pop() } {
            let stage = Stage::new(&runtime, &seeded);
            if let Some(problem) = problem(&stage, &seeded, &reference, point) {
                let name = point.name();
                let text = format!("{problem}\n    ORGWRIGHT_KILL={name} cargo test --test killed");
                wrong.lock().expect("no panic").push(text);
            }
            stage.end();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let wrong = wrong.into_inner().expect("no panic");
    // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{} requests x {{before send, after send, after answer}} + {} events: killed {all} times in {:.1} s, {} wrong",
        reference.requests,
        reference.events,
        started.elapsed().as_secs_f64(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all > 0, "no such point");
}
