//! A relay between the program and an org: it keeps every exchange, and refuses single reads where it is told to.
//!
//! **Promise:** what it is not told to refuse it passes on as it came, packed answers apart, which it asks the org not to
//! send. A refused read has the shape of the interface it was asked at: a part of a composite alone, a whole answer, or a
//! fault of the Metadata API.

#![allow(dead_code, reason = "not every test uses all of it")]

pub(crate) mod texts;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

pub(crate) use texts::shape;
use texts::{gist, texts};

/// What every refusal of the relay says, so that it can be found in a report.
pub(crate) const WORDS: &str = "the rehearsal refuses this read";

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
}

/// How something was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// As a part of a composite.
    Part,
    /// By a GET of its own.
    Alone,
    /// Over the Metadata API.
    Metadata,
}

/// Something that was read: how, and what. Moments and lists of ids are left out, so that the same read is the same at any
/// time and of any records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    pub(crate) way: Way,
    /// Path and query without the version, decoded; or operation, type and names.
    pub(crate) what: String,
}

impl fmt::Display for Read {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Part => "part",
            Way::Alone => "GET",
            Way::Metadata => "SOAP",
        };
        write!(formatter, "{way} {}", self.what)
    }
}

/// Which read is refused, when, and how.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) read: Read,
    /// How many times it is answered first.
    pub(crate) skip: u64,
    /// How many times it is refused then.
    pub(crate) times: u64,
    pub(crate) status: u16,
    pub(crate) code: String,
}

#[derive(Default)]
struct State {
    exchanges: Vec<Exchange>,
    refusal: Option<Refusal>,
    /// How often the read in question was asked.
    asked: u64,
}

struct Shared {
    org: String,
    state: Mutex<State>,
    ended: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A relay to one org, closed when dropped.
pub(crate) struct Relay {
    /// Where it is.
    pub(crate) url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Only to wake the one who waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

impl Relay {
    /// Opens it on a free port, before the org at this host and port.
    pub(crate) fn open(org: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            org: org.to_owned(),
            state: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.ended.load(Ordering::Relaxed) {
                    return;
                }
                let own = Arc::clone(&own);
                // A connection that breaks is the client's to report.
                std::thread::spawn(move || serve(stream, &own));
            }
        });
        Self {
            url: format!("http://{address}"),
            address,
            shared,
        }
    }

    /// Every exchange since the last time this was asked, as they ended.
    pub(crate) fn taken(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.state().exchanges)
    }

    /// Refuses a read from now on, or nothing.
    pub(crate) fn refuse(&self, refusal: Option<Refusal>) {
        let mut state = self.shared.state();
        (state.refusal, state.asked) = (refusal, 0);
    }

    /// How often the read in question was asked since then.
    pub(crate) fn asked(&self) -> u64 {
        self.shared.state().asked
    }
}

/// Head and body of a request or an answer.
#[derive(Default)]
struct Message {
    /// The first line.
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Passes on what comes over one connection, until it ends.
fn serve(client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    let org = TcpStream::connect(&shared.org)?;
    org.set_nodelay(true)?;
    let (mut from_client, mut to_client) = (BufReader::new(client.try_clone()?), client);
    let (mut from_org, mut to_org) = (BufReader::new(org.try_clone()?), org);
    while let Some(request) = message(&mut from_client, false)? {
        send(&mut to_org, &request, "accept-encoding")?;
        let Some(mut answer) = message(&mut from_org, true)? else {
            break;
        };
        let mut words = request.line.split(' ').map(str::to_owned);
        let exchange = Exchange {
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            body: request.body,
            status: status(&answer),
        };
        strike(&mut shared.state(), &exchange, &mut answer);
        shared.state().exchanges.push(exchange);
        send(&mut to_client, &answer, "transfer-encoding")?;
    }
    Ok(())
}

fn status(answer: &Message) -> u16 {
    let code = answer.line.split(' ').nth(1);
    code.and_then(|code| code.parse().ok()).unwrap_or_default()
}

/// The next message; none where the connection has ended.
fn message(stream: &mut BufReader<TcpStream>, is_answer: bool) -> io::Result<Option<Message>> {
    let mut message = Message::default();
    if stream.read_line(&mut message.line)? == 0 {
        return Ok(None);
    }
    message.line = message.line.trim_end().to_owned();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        message.headers.push((name.to_ascii_lowercase(), value));
    }
    let header = |name: &str| {
        let mut named = message.headers.iter().filter(|(own, _)| own == name);
        named.next().map(|(_, value)| value.as_str())
    };
    let empty = is_answer && matches!(status(&message), 204 | 304);
    if header("transfer-encoding").is_some() {
        message.body = chunks(stream)?;
    } else if let (Some(length), false) = (header("content-length"), empty) {
        message.body = vec![0; length.parse().unwrap_or_default()];
        stream.read_exact(&mut message.body)?;
    }
    Ok(Some(message))
}

/// A body that comes in pieces.
fn chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).unwrap_or_default();
        let mut piece = vec![0; length + 2];
        stream.read_exact(&mut piece)?;
        if length == 0 {
            return Ok(body);
        }
        piece.truncate(length);
        body.append(&mut piece);
    }
}

/// Sends a message whole, without one of its headers.
fn send(stream: &mut TcpStream, message: &Message, without: &str) -> io::Result<()> {
    let mut bytes = format!("{}\r\n", message.line).into_bytes();
    let dropped = [without, "content-length"];
    let kept = |(name, _): &&(String, String)| !dropped.contains(&name.as_str());
    for (name, value) in message.headers.iter().filter(kept) {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", message.body.len()).into_bytes());
    bytes.extend(&message.body);
    stream.write_all(&bytes)
}

/// Refuses what is to be refused of an exchange.
fn strike(state: &mut State, exchange: &Exchange, answer: &mut Message) {
    let Some(refusal) = state.refusal.clone() else {
        return;
    };
    let asked = asked(exchange);
    for (reference, _) in asked.iter().filter(|(_, read)| *read == refusal.read) {
        state.asked += 1;
        if state.asked <= refusal.skip || state.asked - refusal.skip > refusal.times {
            continue;
        }
        match refusal.read.way {
            Way::Part => refuse_part(answer, reference, &refusal),
            Way::Alone => refuse_whole(answer, &refusal),
            Way::Metadata => refuse_soap(answer, &refusal),
        }
    }
}

fn refuse_part(answer: &mut Message, reference: &str, refusal: &Refusal) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return;
    };
    let parts = body["compositeResponse"].as_array_mut();
    for part in parts.into_iter().flatten() {
        if part["referenceId"] == reference {
            part["httpStatusCode"] = json!(refusal.status);
            part["body"] = json!([{"errorCode": refusal.code, "message": WORDS}]);
        }
    }
    answer.body = body.to_string().into_bytes();
}

fn refuse_whole(answer: &mut Message, refusal: &Refusal) {
    answer.line = format!("HTTP/1.1 {} Refused", refusal.status);
    let body = json!([{"errorCode": refusal.code, "message": WORDS}]);
    answer.body = body.to_string().into_bytes();
}

fn refuse_soap(answer: &mut Message, refusal: &Refusal) {
    answer.line = String::from("HTTP/1.1 500 Refused");
    let code = &refusal.code;
    answer.body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\">\
         <soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {WORDS}</faultstring>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    .into_bytes();
}

/// What an exchange reads of the org, log-in and looks at deploys apart.
pub(crate) fn reads(exchange: &Exchange) -> Vec<Read> {
    let asked = asked(exchange).into_iter();
    asked.map(|(_, read)| read).collect()
}

/// The reads, each with the reference of its part where it is one.
fn asked(exchange: &Exchange) -> Vec<(String, Read)> {
    let path = exchange.target.split('?').next().unwrap_or_default();
    if exchange.method == "GET" {
        let read = Read {
            way: Way::Alone,
            what: gist(&shape(&exchange.target)),
        };
        let is_data = path.starts_with("/services/data/v");
        return is_data
            .then_some((String::new(), read))
            .into_iter()
            .collect();
    }
    if path.ends_with("/composite") {
        return parts(&exchange.body);
    }
    if path.starts_with("/services/Soap/m/") {
        return soap_read(&String::from_utf8_lossy(&exchange.body))
            .into_iter()
            .collect();
    }
    Vec::new()
}

/// The parts of a composite that read.
fn parts(body: &[u8]) -> Vec<(String, Read)> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let parts = body["compositeRequest"].as_array().cloned();
    let text = |part: &Value, key: &str| part[key].as_str().unwrap_or_default().to_owned();
    let reading = parts
        .into_iter()
        .flatten()
        .filter(|part| part["method"] == "GET");
    let read = |part: Value| {
        let what = gist(&shape(&text(&part, "url")));
        let read = Read {
            way: Way::Part,
            what,
        };
        (text(&part, "referenceId"), read)
    };
    reading.map(read).collect()
}

/// A reading operation of the Metadata API.
fn soap_read(body: &str) -> Option<(String, Read)> {
    let reading = ["readMetadata", "listMetadata", "retrieve"];
    let is_asked = |operation: &&str| {
        let opened = [
            format!("<{operation}>"),
            format!("<{operation} "),
            format!(":{operation}"),
        ];
        opened.iter().any(|tag| body.contains(tag.as_str()))
    };
    let operation = reading.into_iter().find(is_asked)?;
    let mut what = vec![operation.to_owned()];
    for element in ["type", "fullNames", "name", "members"] {
        what.extend(texts(body, element));
    }
    let read = Read {
        way: Way::Metadata,
        what: what.join(" "),
    };
    Some((String::new(), read))
}
