//! Parsers of foreign text against mutated inputs: manifests, XML documents, SOAP, JSON and composite answers, saved
//! plans, zips.
//!
//! **Promise:** whatever the bytes, each parser returns data or an error: it never panics, hangs over no input,
//! and holds no more memory than a small multiple of what it was given.
//!
//! Inputs are good ones with bytes changed, repeated, cut and joined, in an order that `ORGWRIGHT_SEED` decides;
//! `ORGWRIGHT_CASES=10000000` gives each parser so many. They have a process for themselves, whose memory is measured.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orgwright::live::Described;
use orgwright::org::{self, Clock, Reader, Resource, Target, Wait};
use orgwright::secret::Secret;
use orgwright::{archive, documents, manifest, report, xml};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Longest time for one input. An input that hangs a parser hangs it for longer than any machine is busy with others.
const LONGEST: Duration = Duration::from_secs(60);
/// How many inputs each parser gets: some two seconds of each.
const MANIFESTS: u32 = 3_000;
const DOCUMENTS: u32 = 10_000;
const ANSWERS: u32 = 5_000;
const PLANS: u32 = 50_000;
const ZIPS: u32 = 50_000;
/// Largest input, in bytes: repetition would make some of any size.
const LARGEST: usize = 256 << 10;
/// Memory that a parser may take beyond eight times its largest input, in bytes.
const MEMORY: u64 = 64 << 20;

/// Marsaglia's xorshift: any generator that repeats from its seed would do.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 11) % bound).unwrap_or(0)
    }

    /// A stretch of so many bytes.
    fn stretch(&mut self, length: usize) -> std::ops::Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

/// Bytes that mean something to one of the parsers.
const WORDS: [&[u8]; 24] = [
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b"&#x0;",
    b"&lt;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE x [",
    b"xsi:nil=\"true\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\ud800",
    b"1e999",
    b"${env:",
    b"&a *a",
    b"!!binary",
    b"\xff\xfe",
    b"\0",
];

/// An input made of a good one, or of two.
fn mutated(good: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = good[random.below(good.len())].clone();
    for _ in 0..=random.below(4) {
        let stretch = random.stretch(input.len());
        let at = random.below(input.len() + 1);
        match random.below(7) {
            0 => drop(input.drain(stretch)),
            1 => input.truncate(at),
            2 => drop(input.splice(at..at, input[stretch].to_vec())),
            3 => drop(input.splice(at..at, WORDS[random.below(WORDS.len())].to_vec())),
            4 => {
                let word = WORDS[random.below(WORDS.len())];
                let many = word.repeat(1 + random.below(2_000));
                drop(input.splice(at..at, many));
            }
            5 => {
                let other = &good[random.below(good.len())];
                let part = other[random.stretch(other.len())].to_vec();
                drop(input.splice(stretch, part));
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.next().to_le_bytes()[0];
                }
            }
        }
        input.truncate(LARGEST);
    }
    input
}

/// Most memory that this process has held, in bytes; nothing where the system does not tell.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Tries a parser on so many inputs made of the good ones, which it has to take as they are.
fn check(name: &str, inputs: u32, good: &[Vec<u8>], parse: impl Fn(&[u8]) -> bool) {
    for input in good {
        assert!(
            parse(input),
            "{name} refuses {:?}",
            String::from_utf8_lossy(input)
        );
    }
    let (seed, inputs) = (testing::seed(), testing::cases(inputs));
    let mut random = Random(seed | 1);
    let (started, before) = (Instant::now(), memory());
    let mut taken = 0_u32;
    for tried in 0..inputs {
        let input = mutated(good, &mut random);
        let told = |what: &str| format!("{name} {what} on input {tried} of seed {seed}: {input:?}");
        let begun = Instant::now();
        let parsed = catch_unwind(AssertUnwindSafe(|| parse(&input)));
        let parsed = parsed.unwrap_or_else(|_| panic!("{}", told("panicked")));
        assert!(begun.elapsed() < LONGEST, "{}", told("hung"));
        taken += u32::from(parsed);
    }
    let grew = before
        .zip(memory())
        .map(|(before, after)| after.saturating_sub(before));
    // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{name}: {inputs} mutated inputs in {:.1} s, {taken} of them taken, {:?} MB more memory",
        started.elapsed().as_secs_f64(),
        grew.map(|grew| grew >> 20)
    );
    // Other parsers run at the same time, each with a bound of its own.
    let bound = PARSERS * (MEMORY + 8 * LARGEST as u64);
    assert!(
        grew.is_none_or(|grew| grew < bound),
        "{name} took {grew:?} bytes"
    );
}

/// How many parsers are tried.
const PARSERS: u64 = 8;

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the project")
}

#[test]
fn manifests() {
    let good = [
        file("manifests/hubspot-selective-sync.yaml"),
        file("tests/manifests/full.yaml"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("manifest.yaml");
    check("manifest", MANIFESTS, &good, |input| {
        std::fs::write(&path, input).expect("a file");
        manifest::load(std::slice::from_ref(&path), &[], &[], &|_| {
            Some("x".to_owned())
        })
        .is_ok()
    });
}

fn metadata() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/profiles");
    let files = std::fs::read_dir(folder).expect("samples");
    let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("a sample"));
    let answer = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://x\"><soapenv:Body>\
                  <readMetadataResponse><result><records xsi:type=\"Role\"><fullName>A&amp;B</fullName></records><records xsi:nil=\"true\"/>\
                  </result></readMetadataResponse></soapenv:Body></soapenv:Envelope>";
    files.chain([answer.as_bytes().to_vec()]).collect()
}

#[test]
fn xml_documents() {
    check("XML", DOCUMENTS, &metadata(), |input| {
        let Ok(element) = xml::read_bytes(input) else {
            return false;
        };
        // What was read can be written and read again.
        let written = xml::write(&element);
        written.is_ok_and(|written| xml::read(&written).is_ok())
    });
}

#[test]
fn metadata_to_compare() {
    let good = &metadata()[..1];
    let read = |bytes: &[u8]| documents::read_loose("Admin.profile-meta.xml", bytes.to_vec());
    let Ok(original) = read(&good[0]) else {
        panic!("a sample is metadata");
    };
    check("metadata", DOCUMENTS, good, |input| {
        let read = read(input);
        read.is_ok_and(|document| {
            documents::compare_loose(&original, &document);
            true
        })
    });
}

/// A clock on which pauses between attempts take no time.
struct Hurried;

impl Clock for Hurried {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, _time: Duration) -> Wait<'_, ()> {
        Box::pin(async {})
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move { tokio::time::timeout(limit, work).await.is_ok() })
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// Answers every request with these bytes as the body.
async fn serve(listener: TcpListener, body: Arc<Mutex<Vec<u8>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let body = Arc::clone(&body);
        tokio::spawn(async move {
            let mut request = [0; 8 << 10];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let body = body.lock().expect("no panic").clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                    if body.starts_with(b"<") {
                        "text/xml"
                    } else {
                        "application/json"
                    },
                    body.len()
                );
                let answer = [head.as_bytes(), &body].concat();
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Has the client read mutated answers to one question.
fn check_answers(name: &str, inputs: u32, good: &[Vec<u8>], ask: impl AsyncFn(&Reader) -> bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let body = Arc::new(Mutex::new(good[0].clone()));
    let reader = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(serve(listener, Arc::clone(&body)));
        let token = Secret::new("00D000000000062!canary");
        let options = org::Options {
            api_version: Some("66.0".to_owned()),
            clock: Some(Arc::new(Hurried)),
            ..org::Options::default()
        };
        org::connect(Target::Url { base_url, token }, options).await
    });
    let reader = reader.expect("a connection");
    check(name, inputs, good, |input| {
        *body.lock().expect("no panic") = input.to_vec();
        runtime.block_on(ask(&reader))
    });
}

#[test]
fn json_answers() {
    let page = br#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"User"},"Id":"005000000000001AAA","Owner":null,
        "Sets":{"totalSize":0,"done":true,"records":[]},"Username":"a\u00e9@acme.example"}]}"#;
    check_answers("JSON answer", ANSWERS, &[page.to_vec()], async |reader| {
        reader.query("SELECT Id FROM User").await.is_ok()
    });
}

#[test]
fn composite_answers() {
    let answer = br#"{"compositeResponse":[{"body":{"totalSize":1,"done":true,"records":[{"Id":"005000000000001AAA"}]},
        "httpHeaders":{},"httpStatusCode":200,"referenceId":"r0"},{"body":{"keyPrefix":"00Q","fields":[{"name":"Email",
        "type":"email","nillable":true,"length":80,"referenceTo":[]}],"childRelationships":[{"childSObject":"Task",
        "cascadeDelete":true}]},"httpHeaders":{},"httpStatusCode":200,"referenceId":"r1"}]}"#;
    let query = org::query_path("SELECT Id FROM User");
    let paths = [query, "sobjects/Lead/describe".to_owned()];
    check_answers(
        "composite answer",
        ANSWERS,
        &[answer.to_vec()],
        async |reader| {
            let answers = reader.together(&paths).await;
            answers.is_ok_and(|answers| match answers.as_slice() {
                [Ok(Resource::Rows(_)), Ok(Resource::Json(json))] => {
                    json.read::<Described>().is_ok()
                }
                _ => false,
            })
        },
    );
}

#[test]
fn soap_answers() {
    let answer = metadata().pop().expect("the last is an answer");
    let names = ["A&B".to_owned(), "C".to_owned()];
    check_answers("SOAP answer", ANSWERS, &[answer], async |reader| {
        reader.read_metadata("Role", &names).await.is_ok()
    });
}

#[test]
fn saved_plans() {
    let plan = br#"{"format_version":"2.0","manifest":{"name":"x","digest":"sha256:00"},"org":{"id":"00D000000000062EAA",
        "name":"Acme","instance_url":"https://a.my.salesforce.com","edition":"Enterprise Edition","sandbox":false,
        "api_version":"66.0"},"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "changes":[],"impact":[],"findings":[],"manual_steps":[],"left_alone":{},"summary":{"create":0,"update":0,
        "replace":0,"delete":0},"api_requests":5,"api_calls":5}"#;
    check("saved plan", PLANS, &[plan.to_vec()], |input| {
        let text = String::from_utf8_lossy(input);
        report::saved::saved_plan(&text).is_ok()
    });
}

#[test]
fn zips() {
    let files = [
        ("package.xml", metadata().remove(0)),
        ("roles/A.role", b"<Role/>".to_vec()),
    ];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes));
    let good = archive::pack(&files.into_iter().collect()).expect("a zip");
    check("zip", ZIPS, &[good], |input| archive::unpack(input).is_ok());
}
