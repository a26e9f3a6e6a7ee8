//! One story: an emulated org, and the program run against it as the folder says.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::outputs::{COMMENT, junit, sarif, schemas};
use crate::support::{Org, Run, finish, finish_once_said, words};

/// What differs from the usual.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Scenario {
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
    /// Words of the last apply that the org's clock stands still for; once they are said, hours pass. Whether a run has
    /// to wait does so not hang on how busy the machine is.
    still_until: String,
}

impl Scenario {
    /// What a folder says, and what is usual where it says nothing.
    pub(super) fn read(folder: &Path) -> Self {
        let settings = std::fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
        let mut scenario: Self = toml::from_str(&settings).expect("scenario.toml");
        usual(&mut scenario.manifests, &["manifest.yaml"]);
        if folder.join("org").is_dir() {
            usual(&mut scenario.seeds, &["org"]);
        }
        if scenario.apply_exits.is_empty() {
            scenario.apply_exits.push(0);
        }
        scenario
    }

    /// Whether the last apply does all that was planned.
    pub(super) fn ends_well(&self) -> bool {
        self.apply_exits.last() == Some(&0)
    }
}

/// A story under way.
pub(super) struct Story<'a> {
    /// Where snapshots go: not into the folders of the tests.
    snapshots: String,
    pub(super) folder: &'a Path,
    scenario: Scenario,
    pub(super) org: Org,
    log: PathBuf,
}

/// Tells one story.
pub(super) fn tell(folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let story = Story::begin(folder, scratch.path());
    let first = story.plan(&[]);
    story.check_plan(&first);
    let document = story.plan_into_files();
    let again = story.plan(&["--format", "json"]);
    assert_eq!(
        document.out, again.out,
        "two plans of the same are the same bytes"
    );
    let planned = writes(&story.log);
    for (turn, exit) in story.scenario.apply_exits.iter().enumerate() {
        story.apply(turn, *exit);
    }
    if matches!(first.code, 65 | 4) {
        assert_eq!(
            writes(&story.log),
            planned,
            "a plan that cannot be made writes nothing"
        );
        return;
    }
    if story.scenario.ends_well() {
        story.check_rest();
    }
    story.verify();
    story.check_after();
}

impl<'a> Story<'a> {
    fn begin(folder: &'a Path, scratch: &Path) -> Story<'a> {
        let scenario = Scenario::read(folder);
        let log = scratch.join("requests.log");
        let mut arguments = vec!["--log", log.to_str().expect("UTF-8")];
        if !scenario.still_until.is_empty() {
            arguments.extend(["--clock", "manual"]);
        }
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
            snapshots: scratch
                .join("snapshots")
                .to_str()
                .expect("UTF-8")
                .to_owned(),
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
            let mut words = vec!["apply", "--yes", "--snapshot-dir", &self.snapshots];
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
        self.discreet(words, finish(&mut self.org.program(self.folder, words)))
    }

    fn discreet(&self, words: &[&str], run: Run) -> Run {
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

    fn pass_hours(&self) {
        let (status, answer) = self
            .org
            .send("POST", "/emulator/clock", "", r#"{"advance": "5h"}"#);
        assert_eq!(status, 200, "{answer}");
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
        let mut words = vec!["apply", "--yes", "--snapshot-dir", &self.snapshots];
        words.extend(self.scenario.manifests.iter().map(String::as_str));
        if turn == 0 && !self.scenario.apply_arguments.is_empty() {
            words.extend(self.scenario.apply_arguments.iter().map(String::as_str));
        } else {
            words.extend(["--wait", "10m"]);
        }
        let last = turn + 1 == self.scenario.apply_exits.len();
        let run = match self.scenario.still_until.as_str() {
            said if last && !said.is_empty() => {
                let command = &mut self.org.program(self.folder, &words);
                self.discreet(
                    &words,
                    finish_once_said(command, said, || self.pass_hours()),
                )
            }
            _ => self.run(&words),
        };
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
        assert_eq!(changes(&plan.out), 0);
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
        let files = self.files();
        let mut words = vec!["verify"];
        words.extend(files.iter().flat_map(|file| ["--out", file]));
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
        self.judge("verify");
    }

    /// The plan for machines, with the same in every other format.
    fn plan_into_files(&self) -> Run {
        let files = self.files();
        let mut words = vec!["--format", "json"];
        words.extend(files.iter().flat_map(|file| ["--out", file]));
        let run = self.plan(&words);
        let saved = std::fs::read_to_string(&files[0]).unwrap();
        assert_eq!(run.out, saved, "standard output and the file hold the same");
        self.judge("plan");
        if !matches!(run.code, 65 | 4) {
            self.check_shown(&files[0], &files[1]);
        }
        run
    }

    /// A saved plan that is shown again says what it said when it was made, but for the command to run next and what only
    /// an org can tell: what would refuse it.
    fn check_shown(&self, saved: &str, comment: &str) {
        let shown = |format: &str| {
            let command =
                &mut crate::support::program(self.folder, &["show", saved, "--format", format]);
            let run = finish(command);
            assert_eq!(run.code, 0, "{}", run.err);
            run.out
        };
        let read = |file: &str| std::fs::read_to_string(file).unwrap();
        assert_eq!(shown("json"), read(saved));
        let lasting = |text: &str| {
            let lines = text
                .lines()
                .take_while(|line| !line.starts_with("**`apply` would refuse"));
            let lines =
                lines.filter(|line| !line.starts_with("Next: ") && !line.starts_with("plan `"));
            lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
        };
        assert_eq!(lasting(&shown("markdown")), lasting(&read(comment)));
        shown("html");
        shown("human");
    }

    /// Files for reports: JSON, Markdown, SARIF, JUnit.
    fn files(&self) -> Vec<String> {
        let name = |name: &str| self.log.with_file_name(name).to_string_lossy().into_owned();
        ["r.json", "r.md", "r.sarif", "r.junit.xml"]
            .map(name)
            .into()
    }

    /// Each of them is as its readers demand.
    fn judge(&self, command: &str) {
        let read = |file: &String| std::fs::read_to_string(file).unwrap();
        let texts: Vec<String> = self.files().iter().map(read).collect();
        schemas::hold(command, &texts[0]);
        assert!(texts[1].len() < COMMENT, "a comment holds no more");
        sarif::judged(&texts[2]);
        junit::judged(&texts[3]);
    }
}

fn usual(list: &mut Vec<String>, values: &[&str]) {
    if list.is_empty() {
        list.extend(values.iter().map(|value| (*value).to_owned()));
    }
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

/// How many requests so far could have changed something.
fn writes(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines.filter(|line| line["write"] == true).count()
}

/// How many changes a plan for machines has.
fn changes(plan: &str) -> usize {
    let plan: Value = serde_json::from_str(plan).expect("JSON");
    plan["changes"].as_array().map_or(0, Vec::len)
}
