//! The emulated org: requests a second, memory for a million leads, and how soon it answers.
//!
//! `cargo bench --bench emulator` prints, side by side in one run, a web server that answers the same bytes without any
//! work, the demo org, and the demo org grown by `SCALE` (default: `leads=1000000,users=100000,roles=5000`); and how long
//! deploys of more and more sharing rules take, which should grow as they do.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on may stop")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salesforce_emulator::{Options, Scale, start};

/// Each question is asked for so long.
const ROUND: Duration = Duration::from_millis(1500);
/// Programs started to see how soon they answer.
const STARTS: usize = 15;
/// Rules in a deploy, and how many of them an object gets.
const RULES: [usize; 3] = [500, 2_500, 5_000];
const RULES_AN_OBJECT: usize = 250;
/// What the metadata service is asked with.
const SERVICE: &str = "http://soap.sforce.com/2006/04/metadata";

/// One connection that stays open.
struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    token: String,
}

impl Client {
    fn new(address: &str, token: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream: BufReader::new(stream),
            host: address.to_owned(),
            token: token.to_owned(),
        }
    }

    fn ask(&mut self, question: &Question) -> Vec<u8> {
        let (method, length) = (question.method(), question.body.len());
        let head = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\n\r\n",
            question.path,
            self.host,
            self.token,
            question.content_type(),
        );
        let request = format!("{head}{}", question.body.replace("TOKEN", &self.token));
        let extra = request.len() - head.len();
        let request = request.replace(
            &format!("Content-Length: {length}"),
            &format!("Content-Length: {extra}"),
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Vec<u8> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(stated) = line.strip_prefix("content-length: ") {
                length = stated.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        body
    }
}

struct Question {
    name: &'static str,
    path: String,
    body: String,
}

impl Question {
    fn soql(name: &'static str, soql: &str) -> Question {
        let path = format!(
            "/services/data/v66.0/query?q={}",
            soql.replace('%', "%25").replace(' ', "+")
        );
        Question {
            name,
            path,
            body: String::new(),
        }
    }

    fn metadata(name: &'static str, kind: &str, full_name: &str) -> Question {
        let inside = format!("<type>{kind}</type><fullNames>{full_name}</fullNames>");
        Question::call(name, "readMetadata", &inside)
    }

    fn call(name: &'static str, operation: &str, inside: &str) -> Question {
        let body = format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header><SessionHeader xmlns='{SERVICE}'><sessionId>TOKEN</sessionId></SessionHeader></e:Header><e:Body><{operation} xmlns='{SERVICE}'>{inside}</{operation}></e:Body></e:Envelope>"
        );
        Question {
            name,
            path: "/services/Soap/m/66.0".to_owned(),
            body,
        }
    }

    fn method(&self) -> &'static str {
        if self.body.is_empty() { "GET" } else { "POST" }
    }

    fn content_type(&self) -> &'static str {
        if self.body.is_empty() {
            "application/json"
        } else {
            "text/xml"
        }
    }
}

/// How long one answer takes on average, once everything is warm.
fn time(client: &mut Client, question: &Question) -> Duration {
    client.ask(question);
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < ROUND {
        client.ask(question);
        count += 1;
    }
    begun.elapsed() / count
}

/// A server that reads a request and answers the same bytes every time.
fn plain_server(body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let body = body.clone();
            std::thread::spawn(move || repeat(BufReader::new(stream), &body));
        }
    });
    address
}

fn repeat(mut stream: BufReader<TcpStream>, body: &[u8]) -> Option<()> {
    stream.get_ref().set_nodelay(true).ok()?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            if let Some(stated) = line.strip_prefix("Content-Length: ") {
                length = stated.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        let answer = [head.as_bytes(), body].concat();
        stream.get_mut().write_all(&answer).ok()?;
    }
}

/// What this process holds in memory, in megabytes; `None` where the system does not say.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes / 1024)
}

fn questions(ids: &[String], user: &str) -> Vec<Question> {
    let listed = ids.join("','");
    vec![
        Question::soql(
            "one lead by id",
            &format!("SELECT Id, Name, Email FROM Lead WHERE Id = '{}'", ids[7]),
        ),
        Question::soql(
            "one lead by e-mail",
            "SELECT Id FROM Lead WHERE Email = 'nobody@nowhere.example'",
        ),
        Question::soql("COUNT() of all", "SELECT COUNT() FROM Lead"),
        Question::soql(
            "COUNT() by a checkbox",
            "SELECT COUNT() FROM Lead WHERE Sync_to_HubSpot__c = true",
        ),
        Question::soql(
            "COUNT() by checkbox and LIKE",
            "SELECT COUNT() FROM Lead WHERE Sync_to_HubSpot__c = true AND Email LIKE '%@%'",
        ),
        Question::soql(
            "COUNT() by the owner's profile",
            "SELECT COUNT() FROM Lead WHERE Owner.Profile.Name = 'Inside Sales'",
        ),
        Question::soql(
            "leads by owner",
            "SELECT OwnerId, COUNT(Id) n FROM Lead GROUP BY OwnerId LIMIT 2000",
        ),
        Question::soql(
            "leads by the owner's profile",
            "SELECT Owner.Profile.Name, COUNT(Id) n, COUNT_DISTINCT(OwnerId) d FROM Lead GROUP BY Owner.Profile.Name",
        ),
        Question::soql(
            "200 leads",
            "SELECT Id, Name, Owner.Name FROM Lead LIMIT 200",
        ),
        Question::soql(
            "the ten newest leads",
            "SELECT Id, Name FROM Lead ORDER BY CreatedDate DESC LIMIT 10",
        ),
        Question::soql(
            "UserRecordAccess of 200 leads",
            &format!(
                "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ('{listed}')"
            ),
        ),
        Question::soql(
            "one user by name",
            "SELECT Id, Profile.Name FROM User WHERE Username = 'ada.fenwright@acme.example'",
        ),
        Question::metadata("readMetadata, a role", "Role", "Head_of_Sales"),
        Question::metadata("readMetadata, a profile", "Profile", "Admin"),
    ]
}

fn values(body: &[u8], field: &str) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap();
    let records = answer["records"].as_array().cloned().unwrap_or_default();
    records
        .iter()
        .filter_map(|record| record[field].as_str().map(str::to_owned))
        .collect()
}

/// Times of every question, and the bytes of its answer.
fn ask_all(server: &salesforce_emulator::Server) -> Vec<(&'static str, Duration, Vec<u8>)> {
    let address = server.base_url().trim_start_matches("http://");
    let mut client = Client::new(address, server.access_token());
    let ids = values(
        &client.ask(&Question::soql("", "SELECT Id FROM Lead LIMIT 200")),
        "Id",
    );
    let seller =
        "SELECT Id FROM User WHERE Profile.Name = 'Inside Sales' AND IsActive = true LIMIT 1";
    let user = values(&client.ask(&Question::soql("", seller)), "Id");
    let asked = questions(&ids, &user[0]).into_iter().map(|question| {
        let answer = client.ask(&question);
        (question.name, time(&mut client, &question), answer)
    });
    asked.collect()
}

fn plain_time(answer: Vec<u8>) -> Duration {
    let address = plain_server(answer).to_string();
    time(&mut Client::new(&address, "x"), &Question::soql("", "x"))
}

/// Deploys one file for each object and waits for it; how long that took.
fn deploy(
    client: &mut Client,
    kind: &str,
    folder: &str,
    suffix: &str,
    files: &[(String, String)],
) -> Duration {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut write = |path: &str, text: &str| {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(path, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let mut members = String::new();
    for (name, inside) in files {
        let text = format!("<{kind} xmlns='{SERVICE}'>{inside}</{kind}>");
        write(&format!("{folder}/{name}.{suffix}"), &text);
        members += &format!("<members>{name}</members>");
    }
    let types = format!("<types>{members}<name>{kind}</name></types>");
    write(
        "package.xml",
        &format!("<Package xmlns='{SERVICE}'>{types}<version>66.0</version></Package>"),
    );
    let packed = BASE64.encode(zip.finish().unwrap().into_inner());
    let options = "<DeployOptions><rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions>";
    let inside = format!("<ZipFile>{packed}</ZipFile>{options}");
    let begun = Instant::now();
    let answer = client.ask(&Question::call("", "deploy", &inside));
    let answer = String::from_utf8(answer).unwrap();
    let id = answer.split("<id>").nth(1).unwrap();
    let id = id.split("</id>").next().unwrap();
    let inside = format!("<asyncProcessId>{id}</asyncProcessId>");
    let answer = client.ask(&Question::call("", "checkDeployStatus", &inside));
    let taken = begun.elapsed();
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("<status>Succeeded</status>"),
        "{answer:.2000}"
    );
    taken
}

/// How long a deploy of so many sharing rules takes.
fn deploy_of_rules(client: &mut Client, count: usize) -> Duration {
    let objects = (0..count / RULES_AN_OBJECT).map(|number| format!("Of{count}No{number}__c"));
    let objects: Vec<String> = objects.collect();
    let object = "<deploymentStatus>Deployed</deploymentStatus><label>Of</label><nameField><label>Name</label><type>Text</type></nameField><pluralLabel>Of</pluralLabel><sharingModel>Private</sharingModel>";
    let rule = |number: usize| {
        format!(
            "<sharingOwnerRules><fullName>R{number}</fullName><accessLevel>Read</accessLevel><label>R{number}</label><sharedTo><role>Head_of_Sales</role></sharedTo><sharedFrom><allInternalUsers></allInternalUsers></sharedFrom></sharingOwnerRules>"
        )
    };
    let rules: String = (0..RULES_AN_OBJECT).map(rule).collect();
    let with = |inside: &str| -> Vec<(String, String)> {
        let named = objects.iter().map(|name| (name.clone(), inside.to_owned()));
        named.collect()
    };
    deploy(client, "CustomObject", "objects", "object", &with(object));
    deploy(
        client,
        "SharingRules",
        "sharingRules",
        "sharingRules",
        &with(&rules),
    )
}

/// From the start of the program to the line that says it answers.
fn start_time() -> Duration {
    let begun = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_salesforce-emulator"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let taken = begun.elapsed();
    program.kill().unwrap();
    program.wait().unwrap();
    taken
}

fn main() {
    let mut starts: Vec<Duration> = (0..STARTS).map(|_| start_time()).collect();
    starts.sort();
    println!(
        "start of the demo org: {:.1?} (median of {STARTS}; best {:.1?})",
        starts[STARTS / 2],
        starts[0]
    );
    let scale = std::env::var("SCALE")
        .unwrap_or_else(|_| "leads=1000000,users=100000,roles=5000".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let demo = runtime.block_on(start(Options::default())).unwrap();
    let small = ask_all(&demo);
    let address = demo.base_url().trim_start_matches("http://");
    let mut client = Client::new(address, demo.access_token());
    for count in RULES {
        let taken = deploy_of_rules(&mut client, count);
        println!("deploy of {count} sharing rules: {taken:.1?}");
    }
    let before = memory();
    let begun = Instant::now();
    let options = Options {
        scale: Scale::parse(&scale).unwrap(),
        ..Options::default()
    };
    let grown = runtime.block_on(start(options)).unwrap();
    let answering = begun.elapsed();
    let large = ask_all(&grown);
    println!("{scale}: answers after {answering:.1?}");
    if let (Some(before), Some(after)) = (before, memory()) {
        println!(
            "memory: {before} MB with the demo org, {} MB more for the large one",
            after - before
        );
    }
    println!(
        "{:<32} {:>12} {:>12} {:>12} {:>12}",
        "requests a second", "no work", "demo org", "large org", "large, ms"
    );
    for ((name, small, answer), (_, large, _)) in small.into_iter().zip(large) {
        let rate = |time: Duration| 1.0 / time.as_secs_f64();
        let milliseconds = large.as_secs_f64() * 1000.0;
        println!(
            "{name:<32} {:>12.0} {:>12.0} {:>12.0} {milliseconds:>12.2}",
            rate(plain_time(answer)),
            rate(small),
            rate(large)
        );
    }
}
