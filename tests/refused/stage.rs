//! An org with three states to begin from, a relay before it, and the commands that read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::relay::{self, Read, Refusal, Relay};
use crate::rig::{self, Ended, Org, Program};

/// The user of the manifests.
pub(crate) const USERNAME: &str = "hubspot.integration@acme.example";

/// A command in a state of the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scene {
    pub(crate) command: &'static str,
    /// The snapshot that it begins from: `fresh`, `begun` or `done`.
    pub(crate) state: &'static str,
    /// Most users who may lose sight.
    pub(crate) limit: &'static str,
}

const fn scene(command: &'static str, state: &'static str, limit: &'static str) -> Scene {
    Scene {
        command,
        state,
        limit,
    }
}

/// Every scene: with `tight` limits nothing may be applied to a fresh org, with `roomy` ones it may.
pub(crate) const SCENES: [Scene; 11] = [
    scene("plan", "fresh", "tight"),
    scene("apply", "fresh", "tight"),
    scene("apply", "fresh", "roomy"),
    scene("render", "fresh", "tight"),
    scene("plan", "begun", "tight"),
    scene("apply", "begun", "tight"),
    scene("plan", "done", "tight"),
    scene("verify", "done", "tight"),
    scene("explain", "done", "tight"),
    scene("render", "done", "tight"),
    scene("doctor", "done", "tight"),
];

impl Scene {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.command, self.state, self.limit)
    }

    /// Whether there is the user before the command runs.
    pub(crate) fn user_exists(&self) -> bool {
        self.state != "fresh"
    }

    fn words(&self, out: &str, records: &[String]) -> Vec<String> {
        let words: &[&str] = match self.command {
            "plan" => &["plan", "wanted.yaml", "--format", "json"],
            "apply" => &[
                "apply",
                "wanted.yaml",
                "--yes",
                "--format",
                "json",
                "--wait",
                "2s",
            ],
            "verify" => &["verify", "wanted.yaml", "--format", "json"],
            "doctor" => &["doctor", "--format", "json"],
            "render" => &["render", "wanted.yaml", "--out", out],
            _ => &["explain", "wanted.yaml", "--format", "json", "--record"],
        };
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if self.command == "explain" {
            words.extend_from_slice(records);
        }
        if self.limit == "roomy" {
            words.push(String::from("--set=spec.limits.usersLosingAccess=50"));
        }
        words
    }
}

/// How a run went, and what it asked.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) code: i32,
    /// The document, or the events one after the other.
    pub(crate) json: Value,
    /// The report for people, where one was asked for.
    pub(crate) human: Option<String>,
    /// Everything that was said, in one line.
    pub(crate) words: String,
    /// What was written to files.
    pub(crate) files: BTreeMap<String, String>,
    /// Reads, in the order in which they were answered.
    pub(crate) reads: Vec<Read>,
    /// How many requests it took, looks at deploys apart.
    pub(crate) requests: usize,
    /// How often the read in question was asked.
    pub(crate) asked: u64,
}

/// The org and everything around it.
pub(crate) struct Stage {
    program: Program,
    folder: tempfile::TempDir,
    org: Org,
    relay: Relay,
    records: Vec<String>,
    runs: std::cell::Cell<usize>,
}

impl Stage {
    /// Starts the demo org and brings it to each state once.
    pub(crate) fn set(program: &Program) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("standing.yaml", include_str!("standing.yaml")),
            ("wanted.yaml", include_str!("wanted.yaml")),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let org = Org::start(program, folder.path(), &[]);
        let relay = Relay::open(org.host());
        let mut stage = Self {
            program: program.clone(),
            folder,
            org,
            relay,
            records: Vec::new(),
            runs: std::cell::Cell::default(),
        };
        stage.org.control("snapshot", "fresh");
        stage.apply("standing.yaml", "begun");
        stage.apply("wanted.yaml", "done");
        let rows = stage.org.query("SELECT Id FROM Lead ORDER BY Id LIMIT 200");
        let ids =
            [0, 60, 150].map(|place| rows[place]["Id"].as_str().unwrap_or_default().to_owned());
        stage.records = ids.to_vec();
        stage
    }

    fn apply(&self, manifest: &str, state: &str) {
        let ended = rig::ended(&mut self.command(&["apply", manifest, "--yes"]));
        assert_eq!(ended.code, 0, "{manifest}: {}{}", ended.out, ended.err);
        self.org.control("snapshot", state);
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let (folder, token) = (self.folder.path(), &self.org.token);
        self.program.about(folder, &self.relay.url, token, words)
    }

    /// Runs the command of a scene, with a read refused or none. A plan is shown to people too, where that is wanted.
    pub(crate) fn run(&self, scene: Scene, refusal: Option<Refusal>, human: bool) -> Seen {
        let shown = (human && scene.command == "plan").then(|| {
            self.org.control("restore", scene.state);
            self.relay.refuse(refusal.clone());
            rig::ended(&mut self.command(&["plan", "wanted.yaml"])).out
        });
        self.org.control("restore", scene.state);
        let number = self.runs.replace(self.runs.get() + 1);
        let out = self.folder.path().join(format!("out{number}"));
        self.relay.taken();
        self.relay.refuse(refusal);
        let words = scene.words(&out.to_string_lossy(), &self.records);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = rig::ended(&mut self.command(&words));
        let exchanges = self.relay.taken();
        let hidden = |text: &str| text.replace(&*out.to_string_lossy(), "out");
        Seen {
            code: ended.code,
            json: json(&ended),
            human: shown,
            words: hidden(&in_one_line(&format!("{} {}", ended.out, ended.err))),
            files: files(&out),
            reads: exchanges.iter().flat_map(relay::reads).collect(),
            requests: exchanges
                .iter()
                .filter(|exchange| !is_passing(exchange))
                .count(),
            asked: self.relay.asked(),
        }
    }
}

/// Looks at deploys, which depend on how long they take, and what only opens connections.
fn is_passing(exchange: &relay::Exchange) -> bool {
    let body = String::from_utf8_lossy(&exchange.body);
    body.contains("checkDeployStatus") || exchange.target == "/services/data"
}

fn json(ended: &Ended) -> Value {
    let whole = serde_json::from_str(&ended.out);
    whole.unwrap_or_else(|_| {
        let lines = ended.out.lines();
        Value::Array(
            lines
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect(),
        )
    })
}

pub(crate) fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let text = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            found.insert(name.to_string_lossy().into_owned(), text);
        }
    }
    found
}
