//! The built program as an org in a process of its own, and requests to it over a bare socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;

use crate::sharing::desk::Package;

/// What the metadata service is asked with.
const SERVICE: &str = "http://soap.sforce.com/2006/04/metadata";

/// An emulated org in a process of its own, ended when dropped.
pub(crate) struct Org {
    child: Child,
    base_url: String,
    token: String,
}

impl Drop for Org {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Org {
    /// Starts it with these options on a free port.
    pub(crate) fn start(options: &[&str]) -> Org {
        let mut child = Command::new(env!("CARGO_BIN_EXE_salesforce-emulator"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut ready = String::new();
        let out = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(out)
            .read_line(&mut ready)
            .expect("the program says where it is");
        let line: Value = serde_json::from_str(&ready).expect("the ready line is JSON");
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        Org {
            child,
            base_url: text("base_url"),
            token: text("access_token"),
        }
    }

    /// Sends a request; status and body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        let host = self.base_url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the program listens");
        let (token, length) = (&self.token, body.len());
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

    /// The rows of a query that needs no encoding but for its blanks.
    pub(crate) fn query(&self, soql: &str) -> Vec<Value> {
        let path = format!("/services/data/v66.0/query?q={}", soql.replace(' ', "+"));
        let (status, body) = self.send("GET", &path, "", "");
        assert_eq!(status, 200, "{soql}: {body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        page["records"].as_array().cloned().unwrap_or_default()
    }

    /// Begins a deploy over SOAP; its id.
    pub(crate) fn deploy(&self, package: &Package) -> String {
        let (zip, token) = (BASE64.encode(package.zip()), &self.token);
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><SessionHeader xmlns=\"{SERVICE}\"><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><deploy xmlns=\"{SERVICE}\"><ZipFile>{zip}</ZipFile><DeployOptions><rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions></deploy></e:Body></e:Envelope>"
        );
        let headers = "Content-Type: text/xml; charset=UTF-8\r\nSOAPAction: \"\"\r\n";
        let (status, answer) = self.send("POST", "/services/Soap/m/66.0", headers, &body);
        assert_eq!(status, 200, "{answer}");
        let (_, rest) = answer.split_once("<id>").expect("an id");
        rest.split_once("</id>").expect("its end").0.to_owned()
    }
}

#[test]
fn a_program_that_cannot_start_says_why() {
    let output = Command::new(env!("CARGO_BIN_EXE_salesforce-emulator"))
        .args(["--seed", "no/such/folder"])
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    let expected = "error: the emulator cannot start: read the seed no/such/folder";
    assert!(told.starts_with(expected), "{told}");
    assert!(output.stdout.is_empty());
}

#[test]
fn switches_of_the_platform_are_taken_one_by_one_or_together() {
    let org = Org::start(&[
        "--platform",
        "tabs=stale,tooling-in-composite=refused",
        "--platform",
        "tooling-in-composite=answered",
    ]);
    let query = "/services/data/v66.0/tooling/query?q=SELECT+Id+FROM+CustomField+LIMIT+1";
    let body = format!(
        r#"{{"compositeRequest": [{{"method": "GET", "url": "{query}", "referenceId": "a"}}]}}"#
    );
    let (_, answer) = org.send("POST", "/services/data/v66.0/composite", "", &body);
    assert!(answer.contains("\"httpStatusCode\":200"), "{answer}");
    let output = Command::new(env!("CARGO_BIN_EXE_salesforce-emulator"))
        .args(["--platform", "tabs=wild"])
        .output()
        .expect("the program starts");
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains("expected `listed` or `stale`"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_program_that_is_told_to_end_ends_well() {
    let mut org = Org::start(&[]);
    let id = org.child.id().to_string();
    let told = Command::new("kill").arg(id).status();
    assert!(told.expect("there is a kill").success());
    let status = org.child.wait().expect("the program ends");
    assert_eq!(status.code(), Some(0));
}
