//! What the tests that run the built program share: the program without the tester's environment, an emulated org in a
//! process of its own, and requests to it that do not go through the client under test.

#![allow(dead_code, reason = "not every test uses all of it")]

pub(crate) mod host;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The program in a folder, with nothing of the tester's environment that it listens to.
pub(crate) fn program(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgwright"));
    command.args(words).current_dir(folder).stdin(Stdio::null());
    let heard = ["ORGWRIGHT_", "SF_", "CLICOLOR", "LC_"];
    let also = [
        "CI",
        "NO_COLOR",
        "LANG",
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
        "ALL_PROXY",
        "all_proxy",
        "SSL_CERT_FILE",
        "BROWSER",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
    ];
    for (name, _) in std::env::vars() {
        let listens = heard.iter().any(|prefix| name.starts_with(prefix));
        if listens || also.contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    command.env("COLUMNS", "80").env("LC_ALL", "C.UTF-8");
    command
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// Both streams in one line: words can be looked for wherever the lines were broken.
    pub(crate) fn words(&self) -> String {
        words(&format!("{} {}", self.out, self.err))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("both streams are UTF-8");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// Runs to the end. A run that panicked is never right, whatever else it said.
pub(crate) fn finish(command: &mut Command) -> Run {
    let run = Run::from(command.output().expect("the program starts"));
    assert!(
        !run.err.contains("panicked at"),
        "{:?} panicked: {}",
        command.get_args().collect::<Vec<_>>(),
        run.err
    );
    run
}

/// Runs to the end, and does something as soon as the words are said on standard error, and with every line after them.
pub(crate) fn finish_once_said(command: &mut Command, said: &str, then: impl Fn()) -> Run {
    let streams = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the program starts");
    let err = child.stderr.take().expect("standard error is a pipe");
    let mut told = String::new();
    for line in BufReader::new(err).lines() {
        told += &line.expect("UTF-8");
        told.push('\n');
        if words(&told).contains(said) {
            then();
        }
    }
    let output = child.wait_with_output().expect("it ends");
    Run {
        err: told,
        ..Run::from(output)
    }
}

/// Runs to the end, and interrupts it once, as soon as the words are said on standard error.
#[cfg(unix)]
pub(crate) fn interrupted_once_said(command: &mut Command, said: &str) -> Run {
    let streams = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the program starts");
    let err = child.stderr.take().expect("standard error is a pipe");
    let (mut told, mut interrupted) = (String::new(), false);
    for line in BufReader::new(err).lines() {
        told += &line.expect("UTF-8");
        told.push('\n');
        if !interrupted && words(&told).contains(said) {
            interrupted = true;
            signal(&child, "-INT");
        }
    }
    let output = child.wait_with_output().expect("it ends");
    Run {
        err: told,
        ..Run::from(output)
    }
}

/// Sends a signal to a program.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(sent.success());
}

/// The text with every run of white space as one blank.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An emulated org in a process of its own, ended when dropped.
pub(crate) struct Org {
    child: Child,
    /// Where it is.
    pub(crate) base_url: String,
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
    /// Starts it with these arguments on a free port.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Org {
        let mut words = vec!["emulator", "--listen", "127.0.0.1:0"];
        words.extend(arguments);
        let mut child = program(folder, &words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut ready = String::new();
        let out = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(out)
            .read_line(&mut ready)
            .expect("the emulator says where it is");
        let Ok(line) = serde_json::from_str::<Value>(&ready) else {
            let mut told = String::new();
            let err = child.stderr.take().expect("standard error is a pipe");
            let _ = BufReader::new(err).read_to_string(&mut told);
            panic!("the emulator did not start: {told}");
        };
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        Org {
            child,
            base_url: text("base_url"),
            token: text("access_token"),
        }
    }

    /// The program against this org.
    pub(crate) fn program(&self, folder: &Path, words: &[&str]) -> Command {
        let mut command = program(folder, words);
        command.args(["--org", "env"]);
        command
            .env("SF_ACCESS_TOKEN", &self.token)
            .env("SF_ORG_INSTANCE_URL", &self.base_url);
        command
    }

    /// Sends a request without the client under test; status and body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        self.send_as(&self.token, method, path, headers, body)
    }

    /// The same with the token of somebody else.
    pub(crate) fn send_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        let host = self.base_url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the emulator listens");
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it is answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.expect("a status"), body.to_owned())
    }

    /// The rows of a query, without what only describes them.
    pub(crate) fn query(&self, soql: &str) -> Vec<Value> {
        let encoded: String = soql
            .bytes()
            .map(|byte| match byte {
                b' ' => "+".to_owned(),
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        let path = format!("/services/data/v66.0/query?q={encoded}");
        let (status, body) = self.send("GET", &path, "", "");
        assert_eq!(status, 200, "{soql}: {body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        let rows = page["records"].as_array().cloned().unwrap_or_default();
        rows.into_iter().map(plain).collect()
    }

    /// A call of the Metadata API that succeeds, by the holder of a token.
    pub(crate) fn call_metadata(&self, token: &str, operation: &str, inside: &str) {
        let service = "http://soap.sforce.com/2006/04/metadata";
        let body = format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
             <e:Header><SessionHeader xmlns='{service}'><sessionId>{token}</sessionId></SessionHeader></e:Header>\
             <e:Body><{operation} xmlns='{service}'>{inside}</{operation}></e:Body></e:Envelope>"
        );
        let headers = "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n";
        let (status, answer) = self.send("POST", "/services/Soap/m/66.0", headers, &body);
        assert!(
            status == 200 && answer.contains("<success>true"),
            "{answer}"
        );
    }

    /// What the Metadata API reads of one component.
    pub(crate) fn read_metadata(&self, kind: &str, name: &str) -> String {
        let token = &self.token;
        let name = name.replace('&', "&amp;").replace('<', "&lt;");
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>\
             <h:SessionHeader xmlns:h=\"http://soap.sforce.com/2006/04/metadata\"><h:sessionId>{token}</h:sessionId>\
             </h:SessionHeader></s:Header><s:Body><readMetadata xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
             <type>{kind}</type><fullNames>{name}</fullNames></readMetadata></s:Body></s:Envelope>"
        );
        let headers = "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n";
        let (status, answer) = self.send("POST", "/services/Soap/m/66.0", headers, &body);
        assert_eq!(status, 200, "{kind} {name}: {answer}");
        answer
    }
}

fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "attributes");
            Value::Object(kept.map(|(name, value)| (name, plain(value))).collect())
        }
        other => other,
    }
}

/// What an org at this host answers to a read; `None` where it refuses.
pub(crate) fn get(host: &str, path: &str, headers: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(host).expect("the emulator listens");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let is_told = head.split(' ').nth(1) == Some("200");
    is_told.then(|| serde_json::from_str(body).expect("JSON"))
}
