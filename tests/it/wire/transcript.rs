//! A transcript: a request, its response and the source of both, read from a file of `tests/wire`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use orgwright::xml::{self, Element};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::assertion;

/// A file of `tests/wire`.
pub(crate) struct Transcript {
    /// The file's name without its number.
    pub(crate) name: String,
    pub(crate) request: Message,
    pub(crate) response: Message,
    /// What the client must make of the response.
    pub(crate) understood: String,
}

/// A request or a response: its first line, its headers with names in lower case, its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Method and path of a request, status of a response.
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// All of them, in the order of their numbers.
pub(crate) fn transcripts() -> Vec<Transcript> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let files = std::fs::read_dir(folder).expect("the transcripts");
    let paths = files.map(|file| file.expect("a file").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "http"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 26, "{} transcripts", paths.len());
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Transcript {
    let text = std::fs::read_to_string(path).expect("a transcript");
    let stem = path.file_stem().and_then(|name| name.to_str());
    let (_, name) = stem.and_then(|stem| stem.split_once('-')).expect("a name");
    assert!(text.contains("\n# Source: "), "{name} names no source");
    let text = text.replace("{{zip}}", &STANDARD.encode(package()));
    let text = signed(text);
    let part = |title: &str| {
        let (_, after) = text.split_once(&format!("\n### {title}")).expect("a part");
        after.split("\n### ").next().expect("its text").to_owned()
    };
    Transcript {
        name: name.to_owned(),
        request: request(&part("request")),
        response: response(&part("response")),
        understood: part("understood").trim().to_owned(),
    }
}

fn request(text: &str) -> Message {
    let (head, body) = text.split_once("\n\n").expect("a body");
    let mut lines = head.trim().lines();
    Message {
        line: lines.next().expect("a request line").to_owned(),
        headers: headers(lines),
        body: body.trim().to_owned(),
    }
}

/// A status, perhaps with the type of the body behind it; other headers stand below.
fn response(text: &str) -> Message {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = first.split_whitespace();
    let line = words.next().expect("a status").to_owned();
    let is_header = rest.starts_with("location:");
    let (head, body) = if is_header { (rest, "") } else { ("", rest) };
    let mut headers = headers(head.lines());
    headers.extend(words.map(|kind| ("content-type".to_owned(), kind.to_owned())));
    Message {
        line,
        headers,
        body: body.trim().to_owned(),
    }
}

fn headers<'l>(lines: impl Iterator<Item = &'l str>) -> BTreeMap<String, String> {
    let pairs = lines.filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect()
}

/// The text with an assertion in place of its claims.
fn signed(text: String) -> String {
    let Some((before, rest)) = text.split_once("{{signed ") else {
        return text;
    };
    let (claims, after) = rest.split_once("}}}").expect("the end of the claims");
    let claims: Value = serde_json::from_str(&format!("{claims}}}")).expect("claims");
    format!("{before}{}{after}", assertion::sign(claims))
}

/// A package of one role.
pub(crate) fn package() -> Vec<u8> {
    let manifest = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
                    <types><members>Wire</members><name>Role</name></types><version>66.0</version></Package>";
    let role = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Role xmlns=\"http://soap.sforce.com/2006/04/metadata\"><name>Wire</name></Role>";
    let files = [("package.xml", manifest), ("roles/Wire.role", role)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    orgwright::archive::pack(&files.into_iter().collect()).expect("a package")
}

/// Reads one message from a connection.
pub(crate) fn message(stream: &TcpStream) -> Option<Message> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = headers(lines.iter().skip(1).map(String::as_str));
    let length = headers.get("content-length");
    let length = length.and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Message {
        line: lines.first()?.clone(),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

/// Method, path and query of a request line, and its body, in one form each. What a client makes up for itself stands
/// for what the transcript has in its place.
pub(crate) fn canonical(message: &Message, stands_for: &BTreeMap<String, String>) -> [Value; 3] {
    let line = message.line.trim_end_matches(" HTTP/1.1");
    let (path, query) = line.split_once('?').unwrap_or((line, ""));
    [
        json!(path),
        form(query, stands_for),
        canonical_body(&message.body, stands_for),
    ]
}

/// A body in one form: JSON by its values, XML by its elements, forms by their pairs.
fn canonical_body(body: &str, stands_for: &BTreeMap<String, String>) -> Value {
    if body.starts_with('<') {
        return tree(&xml::read(body).expect("XML"));
    }
    serde_json::from_str(body).unwrap_or_else(|_| form(body, stands_for))
}

fn tree(element: &Element) -> Value {
    let children: Vec<Value> = element.children.iter().map(tree).collect();
    let text = if children.is_empty() {
        element.text.trim()
    } else {
        ""
    };
    json!([element.name.to_string(), text, children])
}

/// The pairs of a form. A verifier is known by its challenge, an assertion by what was signed.
fn form(text: &str, stands_for: &BTreeMap<String, String>) -> Value {
    let pairs = pairs(text).into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            "code_verifier" => URL_SAFE_NO_PAD.encode(Sha256::digest(&value)),
            _ => value,
        };
        let value = stands_for.get(&value).cloned().unwrap_or(value);
        let value = match name.as_str() {
            "assertion" => assertion::read(&value),
            _ => json!(value),
        };
        (name, value)
    });
    Value::Object(pairs.collect())
}

/// The pairs of a form or a query, decoded.
pub(crate) fn pairs(text: &str) -> BTreeMap<String, String> {
    let url = format!("http://wire.example/?{text}");
    let url = reqwest::Url::parse(&url).expect("a form");
    url.query_pairs().into_owned().collect()
}
