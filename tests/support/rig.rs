//! An org and the program in processes of their own, whichever build they are of: what is asked of one build can be asked
//! of another. Nothing here knows more of the program than its command line, and of the org than its address.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A built program.
#[derive(Clone, Debug)]
pub(crate) struct Program(PathBuf);

impl Program {
    /// The build that `variable` names, else the one that belongs to this test.
    pub(crate) fn named_by(variable: &str, own: &str) -> Self {
        Self(std::env::var_os(variable).map_or_else(|| own.into(), PathBuf::from))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The program in a folder, with nothing of the tester's environment.
    pub(crate) fn command(&self, folder: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(words).current_dir(folder).stdin(Stdio::null());
        command
            .env_clear()
            .env("HOME", folder)
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "200");
        command
    }

    /// The program about the org at this address, which this token opens.
    pub(crate) fn about(&self, folder: &Path, url: &str, token: &str, words: &[&str]) -> Command {
        let mut command = self.command(folder, words);
        command.args(["--org", "env"]);
        command
            .env("SF_ACCESS_TOKEN", token)
            .env("SF_ORG_INSTANCE_URL", url);
        command
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Runs to the end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// An emulated org, ended when dropped.
pub(crate) struct Org {
    child: Child,
    /// Where it is.
    pub(crate) url: String,
    /// What opens it.
    pub(crate) token: String,
}

impl Drop for Org {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Org {
    /// Starts it on a free port with these arguments.
    ///
    /// # Panics
    /// Where the emulator refuses them, with its words.
    pub(crate) fn start(program: &Program, folder: &Path, arguments: &[&str]) -> Self {
        let mut words = vec!["emulator", "--listen", "127.0.0.1:0"];
        words.extend(arguments);
        let mut command = program.command(folder, &words);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the emulator starts");
        let mut ready = String::new();
        let out = child.stdout.take().expect("standard output is a pipe");
        let read = BufReader::new(out).read_line(&mut ready);
        read.expect("the emulator says where it is");
        let Ok(line) = serde_json::from_str::<Value>(&ready) else {
            let mut told = String::new();
            let err = child.stderr.take().expect("standard error is a pipe");
            let _ = BufReader::new(err).read_to_string(&mut told);
            panic!("the emulator did not start in {}: {told}", folder.display());
        };
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        Self {
            child,
            url: text("base_url"),
            token: text("access_token"),
        }
    }

    /// Its address without the scheme.
    pub(crate) fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Sends a request past the program; status and body.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.host()).expect("the emulator listens");
        let (host, token, length) = (self.host(), &self.token, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it is answered");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.expect("a status"), body.to_owned())
    }

    /// The first page of a query's rows; none where the org refuses it.
    pub(crate) fn query(&self, soql: &str) -> Vec<Value> {
        let encoded: String = soql.bytes().map(encoded).collect();
        let path = format!("/services/data/v66.0/query?q={encoded}");
        let (status, body) = self.send("GET", &path, "");
        let page: Value = serde_json::from_str(&body).unwrap_or_default();
        let rows = page["records"].as_array().cloned();
        rows.filter(|_| status == 200).unwrap_or_default()
    }

    /// Keeps the org as it is, or brings it back to that.
    ///
    /// # Panics
    /// Where the emulator refuses.
    pub(crate) fn control(&self, action: &str, name: &str) {
        let body = serde_json::json!({"name": name}).to_string();
        let (status, answer) = self.send("POST", &format!("/emulator/{action}"), &body);
        assert_eq!(status, 200, "{action} {name}: {answer}");
    }
}

fn encoded(byte: u8) -> String {
    match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}
