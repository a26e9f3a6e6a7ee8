//! Every way into an org, with the built program against the emulated org: what gets in, what is kept, what is said where
//! nobody gets in. No stream ever shows a token.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod kept;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{Org, Run, finish, program};
use kept::write_script;
use tempfile::TempDir;

const ADMINISTRATOR: &str = "admin@embedded-org.example";
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");

/// A repository's root with a target `uat` of these keys.
fn folder(keys: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let text = format!("[targets.uat]\n{keys}\n");
    std::fs::write(folder.path().join("orgwright.toml"), text).unwrap();
    folder
}

fn org(folder: &Path) -> Org {
    Org::start(folder, &["--seed", SEED, "--log", "requests.log"])
}

/// A run that shows neither a refresh token nor an access token of the emulator.
fn quiet(command: &mut Command) -> Run {
    let run = finish(command);
    for secret in ["5Aep", "!AQ", "canary"] {
        let streams = format!("{}{}", run.out, run.err);
        assert!(!streams.contains(secret), "{secret} is shown: {streams}");
    }
    run
}

fn plan(folder: &Path) -> Command {
    let manifest = include_str!("../scenarios/fresh-org/manifest.yaml");
    std::fs::write(folder.join("orgwright.yaml"), manifest).unwrap();
    program(folder, &["plan", "--org", "uat"])
}

fn login(folder: &Path) -> Command {
    let mut command = program(folder, &["login", "uat", "--no-browser", "--wait", "20s"]);
    command.env_remove("BROWSER");
    command
}

/// A log-in under way, and the page it wants opened.
struct Waiting {
    child: Child,
    page: String,
}

fn wait_for_page(command: &mut Command) -> Waiting {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let err = child.stderr.take().unwrap();
    let mut lines = BufReader::new(err).lines().map(Result::unwrap);
    let page = lines.find(|line| line.starts_with("http"));
    // Whatever else it says has to go somewhere, or it waits for a reader.
    std::thread::spawn(move || lines.count());
    Waiting {
        child,
        page: page.expect("the page to open is printed"),
    }
}

impl Waiting {
    fn end(self) -> (i32, String) {
        let output = self.child.wait_with_output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8(output.stdout).unwrap(),
        )
    }
}

/// Opens a page as a browser would, without following where it leads: its head.
fn open(url: &str) -> String {
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split("\r\n\r\n").next().unwrap().to_owned()
}

fn location(head: &str) -> &str {
    let header = |line: &str| line.to_ascii_lowercase().starts_with("location: ");
    let line = head.lines().find(|line| header(line));
    &line.expect("a redirect")["location: ".len()..]
}

fn browser_folder(org: &Org, more: &str) -> TempDir {
    folder(&format!(
        "auth = 'browser'\ninstance_url = '{}'\nclient_id = 'app'\nrefresh_token_file = 'keys/uat.refresh'\n{more}",
        org.base_url
    ))
}

fn kept(folder: &TempDir) -> PathBuf {
    folder.path().join("keys/uat.refresh")
}

#[test]
fn somebody_logs_in_with_a_browser_works_and_logs_out() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let folder = browser_folder(&org, "");
    let before = quiet(&mut plan(folder.path()));
    assert_eq!(before.code, 77, "{}", before.err);
    assert!(
        before.words().contains("run `orgwright login uat`"),
        "{}",
        before.err
    );
    let waiting = wait_for_page(&mut login(folder.path()));
    for part in ["response_type=code", "code_challenge_method=S256", "state="] {
        assert!(waiting.page.contains(part), "{part}: {}", waiting.page);
    }
    let consent = open(&waiting.page);
    let callback = location(&consent).to_owned();
    // Strangers are turned away and the log-in goes on.
    let stranger = callback.split("&state=").next().unwrap().to_owned() + "&state=guessed";
    assert!(open(&stranger).starts_with("HTTP/1.1 400"));
    assert!(open(&callback).starts_with("HTTP/1.1 200"));
    let (code, out) = waiting.end();
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(ADMINISTRATOR), "{out}");
    assert!(out.contains("refresh token is kept in"), "{out}");
    assert!(
        TcpStream::connect(host_of(&callback)).is_err(),
        "nobody listens any longer"
    );
    assert!(
        std::fs::read_to_string(kept(&folder))
            .unwrap()
            .starts_with("# written by orgwright: a refresh token\n5Aep")
    );
    assert_private(&kept(&folder));
    let planned = quiet(&mut plan(folder.path()));
    assert_eq!(planned.code, 0, "{}", planned.err);
    let token = std::fs::read(kept(&folder)).unwrap();
    let out = quiet(&mut program(folder.path(), &["logout", "uat"]));
    assert_eq!(out.code, 0, "{}", out.err);
    assert!(
        out.out.contains("took the refresh token back"),
        "{}",
        out.out
    );
    assert!(!kept(&folder).exists());
    // Whoever has a copy of the token has nothing: the org took it back.
    std::fs::write(kept(&folder), token).unwrap();
    close_to_others(&kept(&folder));
    let copied = quiet(&mut plan(folder.path()));
    assert_eq!(copied.code, 77, "{}", copied.err);
    let expired = quiet(&mut program(folder.path(), &["logout", "uat"]));
    assert!(expired.out.contains("knew the refresh token no more"));
    let again = quiet(&mut program(folder.path(), &["logout", "uat"]));
    assert_eq!(
        (again.code, again.out.contains("nobody was logged in")),
        (0, true)
    );
}

fn host_of(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap()
}

/// Closes a file to others, as the program wants it.
fn close_to_others(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[cfg(not(unix))]
fn assert_private(_path: &Path) {}

#[test]
fn a_log_in_that_comes_to_nothing_says_why_and_keeps_nothing() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let folder = browser_folder(&org, "");
    let run = quiet(
        program(
            folder.path(),
            &["login", "uat", "--no-browser", "--wait", "100ms"],
        )
        .env_remove("BROWSER"),
    );
    assert_eq!(run.code, 77, "{}", run.err);
    assert!(run.words().contains("no browser came back"), "{}", run.err);

    let waiting = wait_for_page(&mut login(folder.path()));
    let callback = location(&open(&waiting.page)).to_owned();
    let (start, state) = callback.split_once("?code=").unwrap();
    let state = state.split_once("&state=").unwrap().1;
    let declined =
        format!("{start}?error=access_denied&error_description=end-user%20denied&state={state}");
    assert!(open(&declined).starts_with("HTTP/1.1 200"));
    assert_eq!(waiting.end().0, 77);

    // A code that is another log-in's is refused by the org: it is bound to a verifier.
    let waiting = wait_for_page(&mut login(folder.path()));
    let stolen = callback.split_once("?code=").unwrap().1;
    let stolen = stolen.split('&').next().unwrap();
    let consent = open(&waiting.page);
    let own = location(&consent);
    let (start, rest) = own.split_once("?code=").unwrap();
    let state = rest.split_once("&state=").unwrap().1;
    open(&format!("{start}?code={stolen}&state={state}"));
    assert_eq!(waiting.end().0, 77);
    assert!(!kept(&folder).exists());
}

#[test]
fn a_browser_that_logs_in_to_another_org_is_refused() {
    let seeded = tempfile::tempdir().unwrap();
    let (meant, other) = (
        org(seeded.path()),
        Org::start(seeded.path(), &["--seed", SEED]),
    );
    let folder = browser_folder(&meant, &format!("login_url = '{}'", other.base_url));
    let waiting = wait_for_page(&mut login(folder.path()));
    open(location(&open(&waiting.page)));
    assert_eq!(waiting.end().0, 77);
    assert!(!kept(&folder).exists());
}

#[test]
fn a_configured_callback_is_listened_on() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    let callback = format!("callback_url = 'http://localhost:{port}/OauthRedirect'");
    let folder = browser_folder(&org, &callback);
    let taken = quiet(&mut login(folder.path()));
    assert_eq!(taken.code, 64, "{}", taken.err);
    assert!(
        taken
            .words()
            .contains(&format!("cannot listen on port {port}")),
        "{}",
        taken.err
    );
    drop(free);
    let waiting = wait_for_page(&mut login(folder.path()));
    let consent = open(&waiting.page);
    let callback = location(&consent);
    assert!(callback.starts_with(&format!("http://localhost:{port}/OauthRedirect?code=")));
    assert!(open(callback).starts_with("HTTP/1.1 200"));
    assert_eq!(waiting.end().0, 0);
}

#[cfg(unix)]
#[test]
fn the_browser_that_is_named_is_opened_at_the_page() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let folder = browser_folder(&org, "");
    let pipe = folder.path().join("opened");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let script = folder.path().join("browser");
    write_script(&script, "echo \"$1\" > opened");
    let mut command = program(folder.path(), &["login", "uat", "--wait", "20s"]);
    let waiting = wait_for_page(command.env("BROWSER", &script));
    let (sender, opened) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(std::fs::read_to_string(pipe)));
    let opened = opened.recv_timeout(Duration::from_secs(120));
    let opened = opened.expect("the browser is started").unwrap();
    assert_eq!(opened.trim(), waiting.page);
    open(location(&open(&waiting.page)));
    assert_eq!(waiting.end().0, 0);
}
