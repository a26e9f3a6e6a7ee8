//! S13 and S14: where secrets may lie, and that they lie nowhere else.

use std::path::Path;

use rcgen::{KeyPair, PKCS_RSA_SHA256};

use super::{MANIFEST, SEED, files_in, folder, folder_with_target, quiet};
use crate::support::{Org, program};

/// What no stream and no file may hold: the secrets of these tests, and the tokens of the emulator, which end like this
/// or begin like this. The last one is the first, as basic authorization would write it.
pub(crate) const CANARIES: [&str; 5] = ["canary", "Embedded.0rg_For", "!AQ", "5Aep", "Y2FuYXJ5"];

/// An RSA key in a file for its owner alone.
pub(crate) fn write_private_key(file: &Path) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    write_secret(file, &key.serialize_pem());
}

/// A secret in a file for its owner alone.
pub(super) fn write_secret(file: &Path, secret: &str) {
    std::fs::write(file, secret).unwrap();
    set_mode(file, 0o600);
}

#[cfg(unix)]
pub(super) fn set_mode(file: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(super) fn set_mode(_file: &Path, _mode: u32) {}

/// Every command, in an order in which each has something to do.
const COMMANDS: &[&[&str]] = &[
    &["login", "uat"],
    &["doctor", "uat"],
    &["doctor", "uat", "--format", "json"],
    &["plan", "-v", "--org", "uat"],
    &["plan", "--org", "uat", "--format", "json"],
    &["plan", "--org", "uat", "--format", "markdown"],
    &[
        "plan",
        "--org",
        "uat",
        "--format",
        "html",
        "--out",
        "plan.html",
    ],
    &["plan", "--org", "uat", "--out", "plan.json"],
    &["apply", "--org", "uat", "--yes", "--format", "json"],
    &["verify", "-v", "--org", "uat"],
    &["render", "--org", "uat", "--out", "rendered"],
    &["logout", "uat"],
];

/// Runs every command with a way in, and looks for its secrets in every stream and every file that is not theirs.
fn sweep(keys: &str, org: &Org, prepare: impl Fn(&Path), is_refused: bool) {
    let folder = folder_with_target(&format!("{keys}\ninstance_url = '{}'", org.base_url));
    prepare(folder.path());
    for words in COMMANDS {
        let run = quiet(
            program(folder.path(), words)
                .env("SECRET", "canary-client-secret")
                .env(
                    "TOKEN",
                    if is_refused {
                        "00D000000000062!canary"
                    } else {
                        &org.token
                    },
                )
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full"),
        );
        let told = format!("{words:?}: {}{}", run.out, run.err);
        let asks_the_org = words[0] != "logout";
        assert!(is_refused == (run.code != 0) || !asks_the_org, "{told}");
    }
    for (path, content) in files_in(folder.path()) {
        if path.ends_with(".secret") {
            continue;
        }
        let text = String::from_utf8_lossy(&content);
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} lies in {path}");
        }
    }
}

#[test]
fn s13_no_command_shows_or_keeps_a_secret_of_any_way_in() {
    let seeded = tempfile::tempdir().unwrap();
    let org = || Org::start(seeded.path(), &["--seed", SEED]);
    let client = "auth = 'client_credentials'\nclient_id = 'app'\nclient_secret_env = 'SECRET'";
    sweep(client, &org(), |_| {}, false);
    let token = "auth = 'access_token'\ntoken_env = 'TOKEN'";
    sweep(token, &org(), |_| {}, false);
    sweep(token, &org(), |_| {}, true);
    let jwt = "auth = 'jwt'\nclient_id = 'app'\nusername = 'admin@embedded-org.example'\nprivate_key_file = 'key.secret'";
    let with_key = |folder: &Path| write_private_key(&folder.join("key.secret"));
    sweep(jwt, &org(), with_key, false);
    let refresh = "auth = 'refresh_token'\nclient_id = 'app'\nrefresh_token_file = 'r.secret'";
    let with_token = |folder: &Path| write_secret(&folder.join("r.secret"), "canary-refresh");
    sweep(refresh, &org(), with_token, true);
}

#[test]
fn s13_an_org_that_says_a_secret_again_does_not_bring_it_into_an_error() {
    use crate::support::host::{Host, JSON, response};
    for body in [
        r#"{"error":"invalid_client","error_description":"no app with canary-client-secret"}"#,
        "canary-client-secret",
        "<html><title>canary-client-secret</title></html>",
        r#"{"access_token":"canary-token","instance_url":7}"#,
    ] {
        for status in ["400 Bad Request", "200 OK", "500 Oops"] {
            let host = Host::start(move |_| response(status, JSON, body));
            let folder = folder_with_target(&format!(
                "auth = 'client_credentials'\ninstance_url = '{}'\nclient_id = 'app'\nclient_secret_env = 'SECRET'",
                host.url
            ));
            let mut command = program(folder.path(), &["plan", "--org", "uat"]);
            let run = quiet(command.env("SECRET", "canary-client-secret"));
            assert_ne!(run.code, 0, "{}", run.err);
        }
    }
}

#[test]
fn s13_an_org_that_says_the_session_again_does_not_bring_it_into_an_error() {
    use crate::support::host::{Host, JSON, response};
    let session = "00D000000000062!canary-session";
    let known = r#"{"user_id":"005","organization_id":"00D000000000062EAA","preferred_username":"a@b.example"}"#;
    for answer in [
        r#"{"compositeResponse":[{"httpStatusCode":"SESSION"}]}"#,
        r#"{"compositeResponse":[{"httpStatusCode":400,"referenceId":"r0","body":[{"errorCode":"X","message":"SESSION"}]}]}"#,
        r#"{"compositeResponse":"SESSION"}"#,
        r#"{"SESSION":[]}"#,
        "SESSION",
    ] {
        let answer = answer.replace("SESSION", session);
        let host = Host::start(move |request| match request {
            composite if composite.contains("/composite") => response("200 OK", JSON, &answer),
            versions if versions.starts_with("GET /services/data ") => {
                response("200 OK", JSON, r#"[{"version":"66.0"}]"#)
            }
            soap if soap.contains("/Soap/") => response("500 Oops", JSON, &answer),
            _ => response("200 OK", JSON, known),
        });
        let folder = folder();
        let mut command = program(folder.path(), &["plan", "--org", "env"]);
        command.env("SF_ACCESS_TOKEN", session);
        let run = quiet(command.env("SF_ORG_INSTANCE_URL", &host.url));
        assert_ne!(run.code, 0, "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn s14_a_secret_that_others_can_read_is_refused() {
    for (keys, file) in [
        (
            "auth = 'client_credentials'\nclient_id = 'app'\nclient_secret_file = 'x.secret'",
            "x.secret",
        ),
        (
            "auth = 'refresh_token'\nclient_id = 'app'\nrefresh_token_file = 'x.secret'",
            "x.secret",
        ),
        (
            "auth = 'browser'\nclient_id = 'app'\nrefresh_token_file = 'x.secret'",
            "x.secret",
        ),
        (
            "auth = 'sfdx_auth_url'\nauth_url_file = 'x.secret'",
            "x.secret",
        ),
        (
            "auth = 'jwt'\nclient_id = 'app'\nusername = 'u'\nprivate_key_file = 'x.secret'",
            "x.secret",
        ),
    ] {
        let folder = folder_with_target(&format!("{keys}\ninstance_url = 'http://127.0.0.1:1'"));
        let path = folder.path().join(file);
        write_secret(&path, "canary");
        for mode in [0o640, 0o604, 0o644] {
            set_mode(&path, mode);
            let run = quiet(&mut program(folder.path(), &["plan", "--org", "uat"]));
            assert_eq!(run.code, 64, "{keys} {mode:o}: {}", run.err);
            assert!(
                run.words().contains("`chmod 600` it"),
                "{keys}: {}",
                run.err
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn s14_reports_and_plans_are_their_owners_and_follow_no_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let org = Org::start(folder.path(), &["--seed", SEED]);
    for name in ["a.json", "a.html", "a.md", "a.sarif", "a.junit.xml"] {
        let words = ["plan", "--out", name];
        assert_eq!(quiet(&mut org.program(folder.path(), &words)).code, 0);
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let aim = folder.path().join("orgwright.yaml");
    std::os::unix::fs::symlink(&aim, folder.path().join("link.json")).unwrap();
    let run = quiet(&mut org.program(folder.path(), &["plan", "--out", "link.json"]));
    assert_eq!(run.code, 64, "{}", run.err);
    assert_eq!(std::fs::read_to_string(&aim).unwrap(), MANIFEST);
}
