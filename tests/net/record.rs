//! What one build of the program says and does about one pair of org and manifest.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::company::{Company, OBJECTS};
use super::plain::{self, Names};
use super::{seed, wish};
use crate::relay::{self, Exchange, Relay};
use crate::rig::{Ended, Org, Program, ended};

/// Everything that is kept of a pair: text by name. What stands before the first `/` is its kind.
pub(crate) type Kept = BTreeMap<String, String>;

/// Longest wait of an apply for shares that do not come.
const WAIT: &str = "2s";

/// Runs everything about a pair, in a folder of its own.
pub(crate) fn record(program: &Program, pair: u64, folder: &Path) -> std::io::Result<Kept> {
    let company = Company::of(pair);
    let files = seed::files(&company);
    let manifests = wish::manifests(pair, &company);
    let own = folder.join("org");
    seed::write(&files, &own)?;
    seed::write(&manifests.iter().cloned().collect(), folder)?;
    let org = Org::start(program, folder, &["--seed", "org"]);
    let relay = Relay::open(org.host());
    let names: Vec<&str> = manifests.iter().map(|(name, _)| name.as_str()).collect();
    let mut bench = Bench {
        program,
        folder,
        org,
        relay,
        manifests: names,
        raw: Kept::new(),
    };
    let records = bench.records(&manifests);
    bench.run("plan.json", &["plan", "--format", "json"]);
    bench.run("plan.txt", &["plan"]);
    let apply = ["apply", "--yes", "--format", "json", "--wait", WAIT];
    let exchanges = bench.run("apply.json", &apply);
    bench.keep_deploys(&exchanges);
    bench.run("plan-again.json", &["plan", "--format", "json"]);
    bench.run("verify.json", &["verify", "--format", "json"]);
    if !records.is_empty() {
        let mut words = vec!["explain", "--format", "json", "--record"];
        words.extend(records.iter().map(String::as_str));
        bench.run("explain.json", &words);
    }
    let inputs = inputs(&files, &manifests);
    Ok(bench.plain(inputs))
}

/// A number for what the pair was made of: a net that was recorded of other pairs cannot be compared.
fn inputs(files: &seed::Files, manifests: &[(String, String)]) -> String {
    let texts = files
        .iter()
        .chain(manifests.iter().map(|(name, text)| (name, text)));
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in texts.flat_map(|(name, text)| name.bytes().chain(text.bytes())) {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{sum:016x}\n")
}

/// One org, and what was heard about it.
struct Bench<'a> {
    program: &'a Program,
    folder: &'a Path,
    org: Org,
    relay: Relay,
    manifests: Vec<&'a str>,
    raw: Kept,
}

impl Bench<'_> {
    /// Runs a command about the manifests and keeps what it said and asked.
    fn run(&mut self, name: &str, words: &[&str]) -> Vec<Exchange> {
        let (url, token) = (&self.relay.url, &self.org.token);
        let mut command = self.program.about(self.folder, url, token, &words[..1]);
        command.args(&self.manifests).args(&words[1..]);
        let told = ended(&mut command);
        assert!(!told.err.contains("panicked at"), "{words:?}: {}", told.err);
        self.raw.insert(name.to_owned(), said(name, &told));
        let exchanges = self.relay.taken();
        let command = name.split('.').next().unwrap_or_default();
        // Those that open connections ahead may still be under way when the program ends.
        let mut asked: Vec<String> = exchanges.iter().flat_map(asked).collect();
        asked.retain(|line| line != "GET /services/data");
        asked.sort();
        let asked = asked.join("\n") + "\n";
        self.raw.insert(format!("requests/{command}"), asked);
        exchanges
    }

    /// Three records of the first object that the first manifest shares.
    fn records(&self, manifests: &[(String, String)]) -> Vec<String> {
        let text = manifests.first().map(|(_, text)| text.as_str());
        let manifest: Value = serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
        let object = manifest["spec"]["sharing"][0]["object"].as_str();
        let Some(object) = object else {
            return Vec::new();
        };
        let rows = self
            .org
            .query(&format!("SELECT Id FROM {object} ORDER BY Id"));
        let mut places = vec![0, rows.len() / 2, rows.len().saturating_sub(1)];
        places.dedup();
        let ids = places
            .iter()
            .filter_map(|place| rows.get(*place)?["Id"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// The files of every deploy that saves something, in the order in which they were sent.
    fn keep_deploys(&mut self, exchanges: &[Exchange]) {
        let bodies = exchanges
            .iter()
            .map(|exchange| String::from_utf8_lossy(&exchange.body));
        let saving = bodies.filter(|body| !body.contains("checkOnly>true<"));
        let packed = saving.filter_map(|body| zip_of(&body));
        for (number, bytes) in packed.enumerate() {
            for (path, text) in unpacked(&bytes) {
                let name = format!("deploy/{}/{path}", number + 1);
                self.raw.insert(name, text);
            }
        }
    }

    /// Everything that was kept, without what differs from run to run.
    fn plain(self, inputs: String) -> Kept {
        let objects = OBJECTS.map(|(object, _)| object);
        let names = Names::of(&self.org, &objects);
        let addresses = [self.relay.url.as_str(), self.org.url.as_str()];
        let hosts = addresses.map(|address| address.trim_start_matches("http://"));
        let mut places = addresses.to_vec();
        places.extend(hosts);
        places.push("http://127.0.0.1");
        let folder = self.folder.to_string_lossy();
        let plain = |text: &str| plain::text(text, &names, &places).replace(&*folder, "<folder>");
        let mut kept: Kept = self
            .raw
            .iter()
            .map(|(name, text)| (name.clone(), plain(text)))
            .collect();
        kept.insert("inputs".to_owned(), inputs);
        kept
    }
}

/// Both streams and the exit code: JSON where JSON was asked for.
fn said(name: &str, told: &Ended) -> String {
    let Ended { code, out, err } = told;
    if !name.ends_with(".json") {
        return format!("{out}--- standard error\n{err}--- exit {code}\n");
    }
    let whole: Option<Value> = serde_json::from_str(out).ok();
    let lines = || {
        let lines = out
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Value::Array(lines.filter(is_lasting).collect())
    };
    let out = whole.unwrap_or_else(lines);
    let told = json!({"exit": code, "out": plain::unmeasured(out), "err": err});
    serde_json::to_string_pretty(&told).unwrap_or_default() + "\n"
}

/// Events that come as often as somebody looks say nothing that lasts.
fn is_lasting(event: &Value) -> bool {
    let passing = ["deploy_progress", "waiting", "checking"];
    !passing.contains(&event["event"].as_str().unwrap_or_default())
}

/// The package in a SOAP body, if there is one.
fn zip_of(body: &str) -> Option<Vec<u8>> {
    let text = body.split("ZipFile>").nth(1)?.split('<').next()?;
    BASE64.decode(text.trim()).ok()
}

fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes));
    let mut archive = archive.expect("a deploy is a zip archive");
    let count = archive.len();
    let file = |number| {
        let mut file = archive.by_index(number).expect("it has so many files");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .expect("a file can be unpacked");
        let name = file.name().expect("a name").into_owned();
        (name, String::from_utf8_lossy(&bytes).into_owned())
    };
    (0..count).map(file).collect()
}

/// What a request asks: a line for itself, and one for each part of a composite.
fn asked(exchange: &Exchange) -> Vec<String> {
    let path = relay::shape(&exchange.target);
    let body: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
    if let Some(parts) = body["compositeRequest"].as_array() {
        let part = |part: &Value| {
            let text = |key: &str| part[key].as_str().unwrap_or_default();
            let body = part
                .get("body")
                .map_or(String::new(), |body| format!(" {body}"));
            format!(
                "{} part {}{body}",
                text("method"),
                relay::shape(text("url"))
            )
        };
        let mut lines: Vec<String> = parts.iter().map(part).collect();
        lines.push(format!("{} {path}", exchange.method));
        return lines;
    }
    if path.starts_with("/services/Soap") {
        let body = String::from_utf8_lossy(&exchange.body);
        return vec![format!("SOAP {}", operation(&body))];
    }
    let body = match body {
        Value::Null => String::new(),
        body => format!(" {body}"),
    };
    vec![format!("{} {path}{body}", exchange.method)]
}

/// The operation of a SOAP body with what it says, the package and the session apart.
fn operation(body: &str) -> String {
    let inner = body.split("Body>").nth(1).unwrap_or(body);
    let inner = inner.trim_end_matches('/').trim_end_matches("</");
    let zip = inner.split("ZipFile>").nth(1).unwrap_or_default();
    let zip = zip.split('<').next().unwrap_or_default();
    let inner = match zip.is_empty() {
        true => inner.to_owned(),
        false => inner.replace(zip, "…"),
    };
    inner.replace(['\n', '\t'], "")
}
