//! Stories, one a folder of `tests/scenarios`, told to the built program against an emulated org.
//!
//! | in the folder | holds |
//! | --- | --- |
//! | `manifest.yaml` | what is wanted |
//! | `org/` | what the org holds before, in the vendor's own file formats; missing: the demo org |
//! | `scenario.toml` | what differs from the usual, see [`Scenario`]; may be missing |
//! | `requests.json` | requests that bring the org where no file can: method, path and body of each |
//! | `plan.txt` | the plan for people at 80 columns, and its exit code |
//! | `after/TYPE/NAME.xml` | elements that the component must have afterwards |
//! | `after/TYPE/NAME.gone` | the component must not exist afterwards |
//! | `after/queries.json` | queries with the rows they must return afterwards |
//!
//! Of every folder, without being asked: the plan is as written and writes nothing; two plans for machines are the same
//! bytes; apply ends as stated; where that is 0, the next plan is empty, the next apply writes nothing, and verify ends
//! as stated; no stream and no file holds the token. `BLESS=1 cargo test --test scenarios` writes `plan.txt` anew,
//! `SCENARIO=part-of-a-name` tells only those stories. All together have to make, change, replace and remove whatever
//! the kinds can.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic, and says which story took how long"
)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use orgwright::kinds::KINDS;
use serde::Deserialize;
use serde_json::Value;

use support::{Org, Run, finish, words};

/// What differs from the usual.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Scenario {
    /// Manifests planned together, seen from the folder; usually `manifest.yaml`.
    manifests: Vec<String>,
    /// Folders the org is seeded from, in this order; usually `org` where there is one.
    seeds: Vec<String>,
    /// Further arguments of the emulator.
    emulator: Vec<String>,
    /// Applied before the story begins; ends with `before_exit`.
    before: Vec<String>,
    before_exit: i32,
    /// Further arguments of that, and of the first apply of the story.
    before_arguments: Vec<String>,
    apply_arguments: Vec<String>,
    /// How the applies end, one after the other; usually one, with 0.
    apply_exits: Vec<i32>,
    /// Words of the first apply.
    apply_says: Vec<String>,
    /// How verify ends; usually with 0.
    verify_exit: i32,
    /// Words of verify.
    verify_says: Vec<String>,
}

/// What was done over all stories: kind and action.
type Covered = BTreeSet<(String, String)>;

/// What each kind can have done to it.
const ACTIONS: [(&str, &[&str]); 8] = [
    ("custom_field", &["create", "update", "delete"]),
    ("permission_set", &["create", "update"]),
    ("profile", &["create", "update", "delete"]),
    ("role", &["create", "update", "delete"]),
    ("user", &["create", "update"]),
    ("permission_set_assignment", &["create", "delete"]),
    ("organization_wide_default", &["update"]),
    ("sharing_rule", &["create", "update", "replace", "delete"]),
];

#[test]
fn every_story_ends_as_it_should() {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && name(path).contains(&only))
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no story is called {only}");
    let (covered, failures) = tell_all(&folders);
    assert!(
        failures.is_empty(),
        "{} of {} stories end otherwise:\n\n{}",
        failures.len(),
        folders.len(),
        failures.join("\n\n")
    );
    if only.is_empty() {
        check_coverage(&covered);
    }
}

/// Tells them on all cores; what was covered, and what went wrong.
fn tell_all(folders: &[PathBuf]) -> (Covered, Vec<String>) {
    let next = AtomicUsize::new(0);
    let covered = Mutex::new(Covered::new());
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            let begun = Instant::now();
            let told = catch_unwind(AssertUnwindSafe(|| tell(folder)));
            println!("{:>6} ms  {}", begun.elapsed().as_millis(), name(folder));
            match told {
                Ok(done) => covered.lock().unwrap().extend(done),
                Err(panic) => failures.lock().unwrap().push(format!(
                    "{}: {}",
                    name(folder),
                    message(panic.as_ref())
                )),
            }
        }
    };
    // A story waits more than it works.
    let workers = std::thread::available_parallelism().map_or(4, |cores| 2 * cores.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    (covered.into_inner().unwrap(), failures)
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without words",
    }
}

fn check_coverage(covered: &Covered) {
    let listed: BTreeSet<&str> = ACTIONS.iter().map(|(kind, _)| *kind).collect();
    let known: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(listed, known, "ACTIONS names every kind, and only kinds");
    for (kind, actions) in ACTIONS {
        for action in actions {
            let pair = (kind.to_owned(), (*action).to_owned());
            assert!(covered.contains(&pair), "no story has a {kind} to {action}");
        }
    }
    for (kind, action) in covered {
        let known = ACTIONS
            .iter()
            .any(|(name, actions)| name == kind && actions.contains(&action.as_str()));
        assert!(known, "ACTIONS does not say that a {kind} can {action}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A story under way.
struct Story<'a> {
    folder: &'a Path,
    scenario: Scenario,
    org: Org,
    log: PathBuf,
}

/// Tells one story; what it made, changed, replaced and removed.
fn tell(folder: &Path) -> Covered {
    let scratch = tempfile::tempdir().unwrap();
    let story = Story::begin(folder, scratch.path());
    let first = story.plan(&[]);
    story.check_plan(&first);
    let document = story.plan(&["--format", "json"]);
    let again = story.plan(&["--format", "json"]);
    assert_eq!(
        document.out, again.out,
        "two plans of the same are the same bytes"
    );
    let planned = writes(&story.log);
    let exits = story.scenario.apply_exits.clone();
    for (turn, exit) in exits.iter().enumerate() {
        story.apply(turn, *exit);
    }
    if first.code == 65 {
        assert_eq!(
            writes(&story.log),
            planned,
            "a plan that cannot be made writes nothing"
        );
        return Covered::new();
    }
    if exits.last() == Some(&0) {
        story.check_rest();
    }
    story.verify();
    story.check_after();
    if exits.last() == Some(&0) {
        actions(&document.out)
    } else {
        Covered::new()
    }
}

impl<'a> Story<'a> {
    fn begin(folder: &'a Path, scratch: &Path) -> Story<'a> {
        let settings = std::fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
        let mut scenario: Scenario = toml::from_str(&settings).expect("scenario.toml");
        usual(&mut scenario.manifests, &["manifest.yaml"]);
        if folder.join("org").is_dir() {
            usual(&mut scenario.seeds, &["org"]);
        }
        if scenario.apply_exits.is_empty() {
            scenario.apply_exits.push(0);
        }
        let log = scratch.join("requests.log");
        let mut arguments = vec!["--log", log.to_str().expect("UTF-8")];
        for seed in &scenario.seeds {
            arguments.extend(["--seed", seed]);
        }
        arguments.extend(scenario.emulator.iter().map(String::as_str));
        let org = Org::start(folder, &arguments);
        let story = Story {
            folder,
            org,
            log,
            scenario,
        };
        story.prepare();
        story
    }

    /// Brings the org to where the story begins.
    fn prepare(&self) {
        if let Ok(text) = std::fs::read_to_string(self.folder.join("requests.json")) {
            let requests: Vec<Value> = serde_json::from_str(&text).expect("requests.json");
            for request in requests {
                let part = |key: &str| request[key].as_str().unwrap_or_default();
                let body = request["body"].to_string();
                let json = "Content-Type: application/json\r\n";
                let (status, answer) = self.org.send(part("method"), part("path"), json, &body);
                assert!(status < 300, "{request}: {answer}");
            }
        }
        if !self.scenario.before.is_empty() {
            let mut words = vec!["apply", "--yes"];
            words.extend(self.scenario.before.iter().map(String::as_str));
            words.extend(self.scenario.before_arguments.iter().map(String::as_str));
            let run = self.run(&words);
            assert_eq!(
                run.code, self.scenario.before_exit,
                "before: {}{}",
                run.out, run.err
            );
        }
    }

    /// Runs the program against the org; the token is nobody's business.
    fn run(&self, words: &[&str]) -> Run {
        let run = finish(&mut self.org.program(self.folder, words));
        let (_, secret) = self.org.token.split_once('!').expect("a token");
        for stream in [&run.out, &run.err] {
            assert!(
                !stream.contains(secret),
                "{words:?} shows the token: {stream}"
            );
        }
        let logged = std::fs::read_to_string(&self.log).unwrap_or_default();
        assert!(!logged.contains(secret), "the log holds the token");
        run
    }

    fn plan(&self, arguments: &[&str]) -> Run {
        let before = writes(&self.log);
        let mut words = vec!["plan", "--detailed-exitcode"];
        words.extend(self.scenario.manifests.iter().map(String::as_str));
        words.extend(arguments);
        let run = self.run(&words);
        assert_eq!(writes(&self.log), before, "plan only reads");
        run
    }

    /// The plan for people is as written.
    fn check_plan(&self, run: &Run) {
        let shown = |text: &str| text.replace(&self.org.base_url, "http://127.0.0.1:PORT");
        let mut text = shown(&run.out);
        if !run.err.is_empty() {
            let _ = write!(text, "--- standard error\n{}", shown(&run.err));
        }
        let _ = writeln!(text, "--- exit {}", run.code);
        let path = self.folder.join("plan.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        let differences = similar::TextDiff::from_lines(expected.as_str(), text.as_str());
        assert!(
            expected == text,
            "plan.txt differs (BLESS=1 writes it anew):\n{}",
            differences.unified_diff()
        );
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "a line is wider than 80 columns");
    }

    fn apply(&self, turn: usize, exit: i32) {
        let mut words = vec!["apply", "--yes"];
        words.extend(self.scenario.manifests.iter().map(String::as_str));
        if turn == 0 && !self.scenario.apply_arguments.is_empty() {
            words.extend(self.scenario.apply_arguments.iter().map(String::as_str));
        } else {
            words.extend(["--wait", "30s"]);
        }
        let run = self.run(&words);
        assert_eq!(run.code, exit, "apply {}: {}{}", turn + 1, run.out, run.err);
        if turn == 0 {
            says(&run, &self.scenario.apply_says);
        }
    }

    /// Nothing is left to do, and nothing is done.
    fn check_rest(&self) {
        let plan = self.plan(&["--format", "json"]);
        assert_eq!(
            plan.code, 0,
            "the second plan is empty: {}{}",
            plan.out, plan.err
        );
        assert_eq!(actions(&plan.out), Covered::new());
        let before = writes(&self.log);
        let run = {
            let mut words = vec!["apply", "--yes", "--detailed-exitcode"];
            words.extend(self.scenario.manifests.iter().map(String::as_str));
            self.run(&words)
        };
        assert_eq!(run.code, 0, "the second apply: {}{}", run.out, run.err);
        assert_eq!(writes(&self.log), before, "the second apply writes nothing");
    }

    fn verify(&self) {
        let mut words = vec!["verify"];
        words.extend(self.scenario.manifests.iter().map(String::as_str));
        let before = writes(&self.log);
        let run = self.run(&words);
        assert_eq!(
            run.code, self.scenario.verify_exit,
            "verify: {}{}",
            run.out, run.err
        );
        says(&run, &self.scenario.verify_says);
        assert_eq!(writes(&self.log), before, "verify only reads");
    }

    fn check_after(&self) {
        let after = self.folder.join("after");
        for kind in entries(&after).into_iter().filter(|path| path.is_dir()) {
            for file in entries(&kind) {
                self.check_component(&name(&kind), &file);
            }
        }
        let Ok(text) = std::fs::read_to_string(after.join("queries.json")) else {
            return;
        };
        let queries: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("queries");
        for (soql, rows) in queries {
            assert_eq!(Value::Array(self.org.query(&soql)), rows, "{soql}");
        }
    }

    fn check_component(&self, kind: &str, file: &Path) {
        let component = file.file_stem().unwrap_or_default().to_string_lossy();
        let answer = self.org.read_metadata(kind, &component);
        let document = roxmltree::Document::parse(&answer).expect("XML");
        let live = document
            .descendants()
            .find(|node| node.tag_name().name() == "records");
        let exists = live.is_some_and(|node| node.has_children());
        if file.extension().is_some_and(|suffix| suffix == "gone") {
            assert!(!exists, "{kind} {component} is still there: {answer}");
            return;
        }
        assert!(exists, "there is no {kind} {component}");
        let text = std::fs::read_to_string(file).unwrap();
        let wanted = roxmltree::Document::parse(&text).expect("XML");
        let live = live.expect("checked above");
        for element in wanted
            .root_element()
            .children()
            .filter(roxmltree::Node::is_element)
        {
            let found = live.children().any(|other| holds(other, element));
            assert!(
                found,
                "{kind} {component} has no\n{}\nbut\n{answer}",
                &text[element.range()]
            );
        }
    }
}

fn usual(list: &mut Vec<String>, values: &[&str]) {
    if list.is_empty() {
        list.extend(values.iter().map(|value| (*value).to_owned()));
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn says(run: &Run, sentences: &[String]) {
    let told = run.words();
    for sentence in sentences {
        assert!(
            told.contains(&words(sentence)),
            "it does not say {sentence:?}: {}{}",
            run.out,
            run.err
        );
    }
}

/// Whether an element says at least what another one says, in any order.
fn holds(live: roxmltree::Node, wanted: roxmltree::Node) -> bool {
    let text = |node: roxmltree::Node| node.text().unwrap_or_default().trim().to_owned();
    let inner = wanted.children().filter(roxmltree::Node::is_element);
    live.tag_name().name() == wanted.tag_name().name()
        && text(live) == text(wanted)
        && inner
            .into_iter()
            .all(|inner| live.children().any(|other| holds(other, inner)))
}

/// How many requests so far could have changed something.
fn writes(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines.filter(|line| line["write"] == true).count()
}

/// Kinds and actions of a plan for machines.
fn actions(plan: &str) -> Covered {
    let plan: Value = serde_json::from_str(plan).expect("JSON");
    let changes = plan["changes"].as_array().cloned().unwrap_or_default();
    let text = |change: &Value, key: &str| change[key].as_str().unwrap_or_default().to_owned();
    changes
        .iter()
        .map(|change| (text(change, "kind"), text(change, "action")))
        .collect()
}
