//! What moves while somebody is asked, at a terminal of the test's own.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use super::*;

/// Gives a program a terminal (util-linux).
const TERMINAL: &str = "/usr/bin/script";

/// Applies at a terminal; once the question stands there something happens, and then it is answered.
fn asked(stage: &Stage, happens: fn(&Stage)) -> Option<(i32, String)> {
    if !Path::new(TERMINAL).exists() {
        testing::skipped("clients", "the question at a terminal (there is no script)");
        return None;
    }
    let program = format!("{} apply --org env", env!("CARGO_BIN_EXE_orgwright"));
    let mut command = Command::new(TERMINAL);
    command.args(["-q", "-e", "-c", &program, "/dev/null"]);
    command
        .current_dir(stage.folder.path())
        .env_remove("ORGWRIGHT_ORG")
        .env("NO_COLOR", "1");
    command
        .env("SF_ACCESS_TOKEN", &stage.org.token)
        .env("SF_ORG_INSTANCE_URL", &stage.org.base_url);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut told) = (child.stdout.take().unwrap(), Vec::new());
    let mut answered = false;
    let mut part = [0; 4096];
    loop {
        let read = out.read(&mut part).unwrap_or_default();
        if read == 0 {
            break;
        }
        told.extend_from_slice(&part[..read]);
        if !answered && String::from_utf8_lossy(&told).contains("to go on: ") {
            answered = true;
            happens(stage);
            child
                .stdin
                .as_mut()
                .unwrap()
                .write_all(b"Acme Windmills\n")
                .unwrap();
        }
    }
    let status = child.wait().unwrap();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(answered, "it never asked: {told}");
    Some((status.code().unwrap_or(-1), told))
}

fn check(expected: &str, limits: &str, happens: fn(&Stage), exit: i32, code: &str) {
    let stage = Stage::new(&[], &format!("{}{limits}", ticked(expected)));
    let Some((ended, told)) = asked(&stage, happens) else {
        return;
    };
    assert_eq!(ended, exit, "{told}");
    assert!(told.contains(code), "{code}: {told}");
    let made = stage
        .org
        .query("SELECT Id FROM User WHERE Username = 'feed@numbers.example'");
    assert_eq!(made.is_empty(), exit != 0, "{told}");
}

#[test]
fn a_limit_that_is_passed_while_somebody_is_asked_is_refused() {
    let records = "  limits: {recordsBecomingVisible: 305}\n";
    check("", records, |stage| stage.tick(7), 4, "OW4002");
    let users = "  limits: {usersLosingAccess: 32}\n";
    check("", users, |stage| stage.hire(2), 4, "OW4001");
    let expected = "          expectVisible: 299..305\n";
    check(expected, "", |stage| stage.tick(7), 4, "OW2051");
    let protects = "  protectValidations: true\n";
    let validated = |stage: &Stage| {
        let soql = "SELECT Username FROM User WHERE IsActive = true AND (NOT Username LIKE 'ada.%') LIMIT 1";
        let user = stage.org.query(soql).remove(0);
        let validation = json!({"username": user["Username"], "checkOnly": true, "takes": "0"});
        stage.post("/emulator/deploys", &validation);
    };
    check("", protects, validated, 4, "OW4005");
}

#[test]
fn what_keeps_within_the_limits_is_applied() {
    let limits = "  limits: {recordsBecomingVisible: 305, usersLosingAccess: 32}\n";
    let happens = |stage: &Stage| {
        stage.tick(6);
        stage.hire(1);
    };
    check("", limits, happens, 0, "Proved: 305 of 2,000 leads");
}
