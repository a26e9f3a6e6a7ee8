//! The client's half of a transcript: a host that knows nothing else, and what the client makes of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orgwright::org::browser::{self, BrowserLogIn};
use orgwright::org::{
    self, DeployOptions, NamedTarget, OrgError, Rehearser, Target, Writer, query_path, target,
};
use orgwright::private_file;
use orgwright::secret::Secret;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::transcript::{Message, Transcript, message, package, pairs};
use super::{ASSIGNMENT, CHALLENGE, DEPLOY, PROFILE, SET, TOKEN, USER, assertion};

/// Where the transcripts' browser comes back to.
const CALLBACK: &str = "http://127.0.0.1:1717/OauthRedirect";

/// How long a log-in waits for the browser, which comes at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host that answers one request as the transcript says and knows nothing else.
pub(crate) struct Replay {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Message>>>,
}

impl Replay {
    pub(crate) fn start(transcript: &Transcript) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Message>>> = Arc::default();
        let (log, asked) = (Arc::clone(&seen), path(&transcript.request.line).to_owned());
        let answer = head_and_body(&transcript.response, &url);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(message) = message(&stream) else {
                    continue;
                };
                let answer = if path(&message.line) == asked {
                    log.lock().expect("no panic").push(message);
                    answer.as_str()
                } else {
                    "HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                };
                // A client that left has no use for the answer.
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { url, seen }
    }

    /// The last request that the transcript is about.
    pub(crate) fn sent(&self) -> Option<Message> {
        self.seen.lock().expect("no panic").last().cloned()
    }
}

/// Method and path of a request line, without query and protocol.
fn path(line: &str) -> &str {
    let line = line.trim_end_matches(" HTTP/1.1");
    line.split('?').next().unwrap_or_default()
}

/// The response as it goes over the wire, from a host that calls itself by this URL.
fn head_and_body(response: &Message, url: &str) -> String {
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", response.line);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = response
        .body
        .replace("\"http://127.0.0.1\"", &format!("\"{url}\""));
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// What the client made of a response, and what it made up for its request: a port, a state, a challenge.
pub(crate) struct Performed {
    pub(crate) understood: String,
    pub(crate) stands_for: BTreeMap<String, String>,
}

/// Has the client do what the transcript is about.
pub(crate) async fn perform(transcript: &Transcript, url: &str) -> Performed {
    let operation = transcript.name.as_str();
    if matches!(operation, "authorize" | "token-authorization-code") {
        return by_browser(transcript, url).await;
    }
    let understood = match operation {
        "revoke" => logged_out(url).await,
        token if token.starts_with("token") => logged_in(token, url).await,
        _ => asked(operation, url).await,
    };
    Performed {
        understood,
        stands_for: BTreeMap::new(),
    }
}

fn shown<Output: std::fmt::Debug>(output: Output) -> String {
    format!("{output:?}")
}

async fn asked(operation: &str, url: &str) -> String {
    let stated = (operation != "versions").then(|| "66.0".to_owned());
    let target = Target::Url {
        base_url: url.to_owned(),
        token: Secret::new(TOKEN),
    };
    let options = org::Options {
        api_version: stated,
        ..org::Options::default()
    };
    let reader = org::connect(target, options).await.expect("a connection");
    let writer = Writer::new(reader.clone());
    let one = "SELECT Id, Username FROM User WHERE IsActive = true LIMIT 1";
    let names = ["Channel_Sales", "Nope"].map(str::to_owned);
    let told = match operation {
        "versions" => Ok(shown(reader.identity())),
        "userinfo" => reader.user_info().await.map(shown),
        "query" => reader.query(one).await.map(shown),
        "query-refused" => reader.query("SELECT Nope FROM User").await.map(shown),
        "composite" => {
            let paths = [query_path(one), "sobjects/Nope__c/describe".to_owned()];
            reader.together(&paths).await.map(shown)
        }
        "tooling-query" => reader
            .tooling_query("SELECT Id FROM DeployRequest LIMIT 1")
            .await
            .map(shown),
        "describe" => reader.get("sobjects/UserRole/describe").await.map(shown),
        "session-ended" => reader.query("SELECT Id FROM Lead").await.map(shown),
        "limit" => reader.query("SELECT Id FROM Account").await.map(shown),
        "read-metadata" => reader.read_metadata("Role", &names).await.map(shown),
        "list-metadata" | "soap-session-ended" => reader.list_metadata("Role").await.map(shown),
        "deploy-status" => reader.deploy_status(DEPLOY).await.map(shown),
        write => written(write, &writer).await,
    };
    told.unwrap_or_else(|error| format!("{error:?}"))
}

async fn written(operation: &str, writer: &Writer) -> Result<String, OrgError> {
    let fields = |value: Value| value.as_object().cloned().expect("an object");
    let user = json!({"Alias": "wire", "Email": "wire@acme.example", "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US", "LastName": "Wire", "LocaleSidKey": "en_US", "ProfileId": PROFILE,
        "TimeZoneSidKey": "Europe/London", "Username": "wire@acme.example"});
    let (object, record) = match operation {
        "create-user" => ("User", user),
        "create-refused" => ("User", json!({"Alias": "wire", "LastName": "Wire"})),
        "assign" => {
            let record = json!({"AssigneeId": USER, "PermissionSetId": SET});
            ("PermissionSetAssignment", record)
        }
        "update" => {
            let record = fields(json!({"FirstName": "Wanda"}));
            return writer.update("User", USER, &record).await.map(shown);
        }
        "unassign" => {
            let deleted = writer.delete("PermissionSetAssignment", ASSIGNMENT);
            return deleted.await.map(shown);
        }
        "deploy" => {
            let deployed = writer.deploy(package(), DeployOptions::default());
            return deployed.await.map(shown);
        }
        "check-only-deploy" => {
            let rehearser = Rehearser::new(writer.reader().clone());
            return rehearser.check(package()).await.map(shown);
        }
        other => panic!("nobody performs `{other}`"),
    };
    writer.create(object, &fields(record)).await.map(shown)
}

/// A target of `orgwright.toml` with the secrets it names beside it.
struct Configured {
    folder: TempDir,
    target: NamedTarget,
}

impl Configured {
    fn new(url: &str, keys: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // What a log-in with a browser leaves says whose it is.
        let refresh = match keys {
            BROWSER => "# written by orgwright: a refresh token\nwire-refresh",
            _ => "wire-refresh",
        };
        let secrets = [
            ("secret", "wire-secret"),
            ("refresh", refresh),
            ("key.pem", &assertion::key()),
        ];
        for (name, text) in secrets {
            // A secret that others can read is refused.
            private_file::replace(&folder.path().join(name), text.as_bytes()).expect("a file");
        }
        let file = folder.path().join("orgwright.toml");
        let text = format!("[targets.test]\ninstance_url='{url}'\nclient_id='key'\n{keys}\n");
        std::fs::write(&file, text).expect("a file");
        let mut targets = target::read_file(&file).expect("a target");
        Self {
            target: targets.remove("test").expect("the target"),
            folder,
        }
    }
}

/// Logs in to a target and tells which org it is.
async fn logged_in(operation: &str, url: &str) -> String {
    let keys = match operation {
        "token-client-credentials" => "auth='client_credentials'\nclient_secret_file='secret'",
        "token-jwt-bearer" => {
            "auth='jwt'\nusername='ada.fenwright@acme.example'\nprivate_key_file='key.pem'"
        }
        _ => "auth='refresh_token'\nrefresh_token_file='refresh'",
    };
    let configured = Configured::new(url, keys);
    let options = org::Options {
        api_version: Some("66.0".to_owned()),
        ..org::Options::default()
    };
    match org::connect(Target::Named(configured.target), options).await {
        Ok(reader) => shown(reader.identity()),
        Err(error) => shown(error),
    }
}

const BROWSER: &str = "auth='browser'\nrefresh_token_file='refresh'";

async fn logged_out(url: &str) -> String {
    let configured = Configured::new(url, BROWSER);
    shown(org::log_out(configured.target, &org::Options::default()).await)
}

/// Logs in with a browser that the host sends back, or that comes back with the transcript's code.
async fn by_browser(transcript: &Transcript, url: &str) -> Performed {
    let configured = Configured::new(url, BROWSER);
    let kept = configured.folder.path().join("refresh");
    std::fs::remove_file(&kept).expect("the token of an earlier log-in");
    let log_in = browser::begin(configured.target, &org::Options::default()).await;
    let log_in = log_in.expect("a log-in");
    let stands_for = made_up(&log_in);
    let in_its_words = |text: String| {
        let pairs = stands_for.iter();
        pairs.fold(text, |text, (own, written)| text.replace(written, own))
    };
    let page = log_in.url();
    let coming = match transcript.name.as_str() {
        "authorize" => {
            let answer = open(&page).await;
            answer.headers["location"].clone()
        }
        _ => format!("{CALLBACK}?code=wire-code&state=wire-state"),
    };
    let coming = in_its_words(coming);
    let (finished, shown_to_browser) = tokio::join!(log_in.finish(PATIENCE), open(&coming));
    let understood = match finished {
        Ok(_) => {
            let kept = std::fs::read_to_string(kept).expect("a refresh token");
            // The line before it says whose file it is.
            format!("keeps {}", kept.lines().last().unwrap_or_default())
        }
        Err(_) => shown_to_browser.line,
    };
    Performed {
        understood,
        stands_for,
    }
}

/// What a log-in made up, and what the transcripts have in its place.
fn made_up(log_in: &BrowserLogIn) -> BTreeMap<String, String> {
    let page = log_in.url();
    let (_, query) = page.split_once('?').expect("a query");
    let mut own = pairs(query);
    let written = [
        ("redirect_uri", CALLBACK),
        ("state", "wire-state"),
        ("code_challenge", CHALLENGE),
    ];
    let made_up = written.map(|(name, written)| {
        let own = own.remove(name).expect("what it made up");
        (own, written.to_owned())
    });
    made_up.into_iter().collect()
}

/// Opens a page as a browser would, without following where it leads.
async fn open(url: &str) -> Message {
    let (host, path) = url
        .trim_start_matches("http://")
        .split_once('/')
        .map(|(host, path)| (host.to_owned(), path.to_owned()))
        .expect("a host");
    let opened = tokio::task::spawn_blocking(move || {
        let stream = TcpStream::connect(&host).expect("somebody listens");
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        (&stream).write_all(request.as_bytes()).expect("it is sent");
        message(&stream).expect("an answer")
    });
    opened.await.expect("no panic")
}
