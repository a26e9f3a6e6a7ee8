//! A scripted host on loopback: it answers by script, remembers what it saw and can break off anywhere.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::org::{Options, Reader, Target, connect};
use crate::secret::Secret;
use crate::soql::Row;

pub(super) const TOKEN: &str = "00D000000000062!canary.TOKEN";
pub(super) const LATER_TOKEN: &str = "00D000000000062!canary.LATER";

/// A request as the host saw it; the body is inflated.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: String,
}

impl Seen {
    /// Method and path with query.
    pub(super) fn line(&self) -> &str {
        self.head.split(" HTTP/").next().unwrap_or_default()
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.head.to_lowercase().contains(text) || self.body.contains(text)
    }
}

/// What the host answers.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Bytes of the body after which the connection is closed; `Some(0)` closes it without any answer.
    pub(super) cut: Option<usize>,
}

pub(super) fn reply(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: vec![("content-type", kind.to_owned())],
        body: body.into(),
        cut: None,
    }
}

pub(super) fn json(body: Value) -> Reply {
    reply(200, "application/json;charset=UTF-8", body.to_string())
}

pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
    reply(
        status,
        "application/json",
        json!([{"message": message, "errorCode": code}]).to_string(),
    )
}

pub(super) fn soap(content: &str) -> Reply {
    reply(200, "text/xml;charset=UTF-8", envelope(content))
}

pub(super) fn fault(code: &str, text: &str) -> Reply {
    let content = format!(
        "<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>"
    );
    reply(500, "text/xml;charset=UTF-8", envelope(&content))
}

fn envelope(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\" xmlns=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
}

pub(super) fn lost() -> Reply {
    Reply {
        cut: Some(0),
        ..reply(200, "text/plain", "")
    }
}

impl Reply {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

/// A host that answers by script; the number is how many requests of the same line came before.
pub(super) struct Host {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Host {
    pub(super) async fn start(
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { url, seen }
    }

    /// A host that knows its versions and answers everything else by script.
    pub(super) async fn org(
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |seen, before| match seen.line() {
            "GET /services/data" => {
                json(json!([{"version": "51.0"}, {"version": "66.0"}, {"version": "67.0"}]))
            }
            _ => script(seen, before),
        })
        .await
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|seen| seen.line().to_owned())
            .collect()
    }

    pub(super) fn target(&self) -> Target {
        Target::Url {
            base_url: self.url.clone(),
            token: Secret::new(TOKEN),
        }
    }

    pub(super) async fn reader(&self) -> Reader {
        connect(self.target(), options()).await.unwrap()
    }

    /// A reader that is told the version; nothing but the test's own requests is seen.
    pub(super) async fn quiet(&self) -> Reader {
        let options = Options {
            api_version: Some(String::from("66.0")),
            ..options()
        };
        let reader = connect(self.target(), options).await.unwrap();
        self.forget();
        reader
    }

    /// Nothing that was asked so far is seen.
    pub(super) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}

pub(super) fn options() -> Options {
    Options {
        client: String::from("orgwright/test"),
        ..Options::default()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Seen>>>) {
    while let Some(seen) = read_request(&mut stream).await {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.iter()
                .filter(|earlier| earlier.line() == seen.line())
                .count()
                - 1
        };
        let reply = script(&seen, before);
        if reply.cut == Some(0) {
            return;
        }
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {}\r\n",
            reply.status,
            reply.body.len()
        );
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
        let answer = [head.as_bytes(), b"\r\n", body].concat();
        if stream.write_all(&answer).await.is_err() || reply.cut.is_some() {
            return;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    while bytes.len() < head_end + length.unwrap_or(0) {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Seen { head, body })
}

pub(super) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn records(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"Id": id})).collect()
}

pub(super) fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.text("Id")).collect()
}
