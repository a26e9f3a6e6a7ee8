//! Ways in that need no browser: what was kept, and the log-in of the Salesforce CLI.

use super::*;

/// Logs in with a secret in the environment, or with a file of it.
fn check(keys: &str, secret: &str, code: i32, told: &str) {
    let folder = folder(keys);
    let file = folder.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    close_to_others(&file);
    let run = quiet(login(folder.path()).env("SECRET", secret));
    assert_eq!(run.code, code, "{keys}: {}", run.err);
    assert!(
        run.words().contains(told),
        "{told:?} is not in {}",
        run.words()
    );
}

/// A refresh token of the emulator, by way of a browser.
fn refresh_token(org: &Org) -> String {
    let folder = browser_folder(org, "");
    let waiting = wait_for_page(&mut login(folder.path()));
    open(location(&open(&waiting.page)));
    assert_eq!(waiting.end().0, 0);
    let text = std::fs::read_to_string(kept(&folder)).unwrap();
    text.lines().last().expect("a token").to_owned()
}

#[test]
fn a_refresh_token_and_an_auth_url_get_in_from_file_and_variable() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let url = &org.base_url;
    let token = refresh_token(&org);
    let refresh = format!("auth = 'refresh_token'\ninstance_url = '{url}'\nclient_id = 'app'\n");
    let expired = "the refresh token was revoked or has expired";
    check(
        &format!("{refresh}refresh_token_env = 'SECRET'"),
        &token,
        0,
        ADMINISTRATOR,
    );
    check(
        &format!("{refresh}refresh_token_file = 'secret'"),
        &token,
        0,
        ADMINISTRATOR,
    );
    check(
        &format!("{refresh}refresh_token_env = 'SECRET'"),
        "canary",
        77,
        expired,
    );
    let host = url.trim_start_matches("http://");
    let auth_url = format!("force://app::{token}@{host}");
    let json = format!(r#"{{"status":0,"result":{{"sfdxAuthUrl":"{auth_url}"}}}}"#);
    check(
        "auth = 'sfdx_auth_url'\nauth_url_env = 'SECRET'",
        &auth_url,
        0,
        ADMINISTRATOR,
    );
    check(
        "auth = 'sfdx_auth_url'\nauth_url_file = 'secret'",
        &json,
        0,
        ADMINISTRATOR,
    );
    let dead = format!("force://app::canary@{host}");
    check(
        "auth = 'sfdx_auth_url'\nauth_url_env = 'SECRET'",
        &dead,
        77,
        expired,
    );
    check(
        "auth = 'sfdx_auth_url'\nauth_url_env = 'SECRET'",
        "canary",
        64,
        "is not of the form",
    );
    let foreign = "force://app::canary@evil.example";
    check(
        "auth = 'sfdx_auth_url'\nauth_url_env = 'SECRET'",
        foreign,
        64,
        "not one of Salesforce's hosts",
    );
}

#[test]
fn a_json_web_token_is_refused_where_soap_is_needed_with_the_setting_that_changes_it() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let keys = |app: &str| {
        format!(
            "auth = 'client_credentials'\ninstance_url = '{}'\nclient_id = '{app}'\nclient_secret_env = 'SECRET'",
            org.base_url
        )
    };
    let planned = |app: &str| {
        let folder = folder(&keys(app));
        quiet(plan(folder.path()).env("SECRET", "canary"))
    };
    assert_eq!(planned("app").code, 0);
    let run = planned("jwt-tokens");
    assert_eq!(run.code, 77, "{}", run.err);
    let setting = "turn off \"Issue JSON Web Token (JWT)-based access tokens";
    assert!(run.words().contains(setting), "{}", run.err);
    check(&keys("jwt-tokens"), "canary", 0, ADMINISTRATOR);
    let folder = folder(&keys("jwt-tokens"));
    let doctor = quiet(program(folder.path(), &["doctor", "uat"]).env("SECRET", "canary"));
    assert_eq!(doctor.code, 77, "{}", doctor.err);
    assert!(doctor.words().contains(setting), "{}", doctor.out);
}

#[cfg(unix)]
pub(super) fn write_script(path: &Path, body: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Plans through a Salesforce CLI that answers `org display` with this token field, and other commands with the real one.
#[cfg(unix)]
fn plan_through_cli(org: &Org, displayed: &str, other: &str) -> Run {
    let folder =
        folder("auth = 'access_token'\ninstance_url = 'http://127.0.0.1:1'\ntoken_env = 'T'");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let url = &org.base_url;
    let display = format!(
        r#"{{"status":0,"result":{{"id":"00DOw0000000001MAA","accessToken":"{displayed}","instanceUrl":"{url}","username":"{ADMINISTRATOR}"}},"warnings":[]}}"#
    );
    let body = format!(
        "echo \"$@\" >> calls\ncase \"$2\" in display) cat <<'END'\n{display}\nEND\n;; *) cat <<'END'\n{other}\nEND\n;; esac"
    );
    write_script(&bin.join("sf"), &body);
    let paths = std::env::var("PATH").unwrap();
    let path = format!("{}:{paths}", bin.display());
    let manifest = include_str!("../../scenarios/fresh-org/manifest.yaml");
    std::fs::write(folder.path().join("orgwright.yaml"), manifest).unwrap();
    let run = quiet(program(folder.path(), &["plan", "--org", "sf:uat"]).env("PATH", path));
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    assert!(
        calls.lines().all(|call| call.contains("--json -o uat")),
        "{calls}"
    );
    run
}

#[cfg(unix)]
#[test]
fn the_salesforce_clis_log_in_is_borrowed_from_old_and_new_ones() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let shown = format!(
        r#"{{"status":0,"result":{{"accessToken":"{}"}},"warnings":[]}}"#,
        org.token
    );
    let hidden = "[REDACTED] Use 'sf org auth show-access-token' to view";
    let old = plan_through_cli(&org, &org.token, "{}");
    assert_eq!(old.code, 0, "{}", old.err);
    let new = plan_through_cli(&org, hidden, &shown);
    assert_eq!(new.code, 0, "{}", new.err);
    let neither = plan_through_cli(
        &org,
        hidden,
        r#"{"status":1,"name":"CommandNotFound","message":"not a sf command"}"#,
    );
    assert_eq!(neither.code, 77, "{}", neither.err);
    assert!(neither.words().contains("`sf update`"), "{}", neither.err);
    let logged_out = plan_through_cli(&org, "00DOw0000000001!canary.ended", &shown);
    assert_eq!(logged_out.code, 77, "{}", logged_out.err);
}

#[test]
fn a_note_in_place_of_a_token_is_told() {
    let seeded = tempfile::tempdir().unwrap();
    let org = org(seeded.path());
    let mut command = org.program(seeded.path(), &["doctor"]);
    let hidden = "[REDACTED] Use 'sf org auth show-access-token' to view";
    let run = quiet(command.env("SF_ACCESS_TOKEN", hidden));
    assert_eq!(run.code, 64, "{}", run.err);
    assert!(run.words().contains("in place of a token"), "{}", run.err);
}
