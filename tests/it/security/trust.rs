//! S21, the boundary of trust: whose files are believed, what a manifest may read, where anything is written.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::secrets::{set_mode, write_secret};
use super::*;

/// Somebody who listens on this machine, answers nothing of use, and counts who came.
fn listener() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A connection that is opened beforehand asks nothing.
            if stream.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            let _ = stream.write_all(
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
            );
        }
    });
    (url, came)
}

/// A plan of the target `uat`, refused in these words, and nobody was asked anything.
fn refused(folder: &Path, came: &AtomicUsize, told: &str) {
    let mut command = program(folder, &["plan", "--org", "uat"]);
    let run = quiet(
        command
            .env("INNOCENT", "canary-of-a-target")
            .env("HOME", folder.join("home")),
    );
    check(&run, 64, told);
    assert_eq!(came.load(Ordering::SeqCst), 0, "{told}: somebody was asked");
}

#[test]
fn s21_a_strangers_targets_are_not_found() {
    let (url, came) = listener();
    let keys = format!("auth = 'access_token'\ninstance_url = '{url}'\ntoken_env = 'INNOCENT'");
    let folder = folder_with_target(&keys);
    let toml = folder.path().join("orgwright.toml");
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    for mode in [0o666, 0o646, 0o664] {
        set_mode(&toml, mode);
        refused(&work, &came, "others on this machine can write it");
    }
    // What names no target is not believed either: the demo org is not chosen beside it.
    check(&quiet(&mut program(&work, &["plan"])), 64, "is not used");
    let mut trusting = program(&work, &["plan", "--org", "uat"]);
    let run = quiet(
        trusting
            .env("INNOCENT", "canary-of-a-target")
            .env("ORGWRIGHT_TRUST", folder.path()),
    );
    assert_ne!(run.code, 64, "{}", run.err);
    assert!(came.swap(0, Ordering::SeqCst) > 0, "who trusts it uses it");
    // Outside of a repository nothing above the working folder is looked at.
    set_mode(&toml, 0o644);
    std::fs::remove_dir(folder.path().join(".git")).unwrap();
    std::fs::write(work.join("orgwright.yaml"), MANIFEST).unwrap();
    refused(&work, &came, "there is no org `uat`");
}

#[test]
fn s21_a_project_names_no_secrets_of_others() {
    let (url, came) = listener();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("somebody.secret");
    write_secret(&secret, "canary-in-a-file");
    let path = secret.display();
    for keys in [
        format!("auth = 'jwt'\nclient_id = 'app'\nusername = 'u'\nprivate_key_file = '{path}'"),
        format!("auth = 'refresh_token'\nclient_id = 'app'\nrefresh_token_file = '{path}'"),
        format!("auth = 'browser'\nclient_id = 'app'\nrefresh_token_file = '{path}'"),
        format!("auth = 'client_credentials'\nclient_id = 'app'\nclient_secret_file = '{path}'"),
        format!("auth = 'sfdx_auth_url'\nauth_url_file = '{path}'"),
    ] {
        let folder = folder_with_target(&format!("{keys}\ninstance_url = '{url}'"));
        refused(
            folder.path(),
            &came,
            "neither in the project nor in your own folder",
        );
        for verb in ["login", "logout"] {
            let run = quiet(&mut program(folder.path(), &[verb, "uat"]));
            check(&run, 64, "neither in the project nor in your own folder");
        }
    }
    assert_eq!(
        std::fs::read_to_string(&secret).unwrap().trim(),
        "canary-in-a-file"
    );
}

#[test]
fn s21_a_file_that_something_else_wrote_is_neither_sent_nor_replaced_nor_deleted() {
    let (url, came) = listener();
    let keys = format!(
        "auth = 'browser'\nclient_id = 'app'\nrefresh_token_file = 'mine'\ninstance_url = '{url}'"
    );
    let folder = folder_with_target(&keys);
    let mine = folder.path().join("mine");
    write_secret(&mine, "canary-in-a-file");
    refused(folder.path(), &came, "was not written by orgwright");
    for verb in ["login", "logout"] {
        let run = quiet(&mut program(folder.path(), &[verb, "uat"]));
        check(&run, 64, "was not written by orgwright");
    }
    assert_eq!(
        std::fs::read_to_string(&mine).unwrap().trim(),
        "canary-in-a-file"
    );
}

#[test]
fn s21_this_machine_and_salesforce_are_never_mixed() {
    let (url, came) = listener();
    let jwt = "auth = 'jwt'\nusername = 'u'\nprivate_key_file = 'key.pem'\n";
    for (keys, told) in [
        (
            format!(
                "{jwt}client_id = 'app'\nlogin_url = '{url}'\naudience = 'https://login.salesforce.com'"
            ),
            "an assertion for Salesforce is not sent to this machine",
        ),
        (
            format!("{jwt}client_id = '3MVG9real'\nlogin_url = '{url}'"),
            "by the key of a Salesforce app",
        ),
        (
            format!(
                "auth = 'client_credentials'\nclient_id = 'app'\nclient_secret_env = 'INNOCENT'\nlogin_url = '{url}'\n\
                 instance_url = 'https://acme.my.salesforce.com'"
            ),
            "not both on this machine",
        ),
    ] {
        let folder = folder_with_target(&keys);
        refused(folder.path(), &came, told);
    }
}

/// What a wrong path or a link may lead to.
const SECRET_FILES: [(&str, &str); 6] = [
    ("dotenv", "HUBSPOT=canary-in-a-file\nOTHER=x\n"),
    (
        "key",
        "-----BEGIN PRIVATE KEY-----\ncanary-in-a-file\n-----END PRIVATE KEY-----\n",
    ),
    (
        "sf",
        "{\"accessToken\": \"canary-in-a-file\", \"instanceUrl\": \"x\"}\n",
    ),
    (
        "hosts",
        "github.com:\n    oauth_token: canary-in-a-file\n    user: [x\n",
    ),
    ("netrc", "machine x\n  password canary-in-a-file\n"),
    ("token", "canary-in-a-file"),
];

#[test]
fn s21_nothing_is_shown_of_what_is_no_manifest() {
    for (name, text) in SECRET_FILES {
        let folder = folder();
        std::fs::write(folder.path().join(name), text).unwrap();
        for words in [
            vec!["validate", name],
            vec!["plan", name],
            vec!["validate", "--overlay", name],
            vec!["validate", "--format", "json", name],
        ] {
            check(
                &quiet(&mut program(folder.path(), &words)),
                65,
                "is no manifest",
            );
        }
        let saved = format!(
            r#"{{"format_version": "2.0", "changes": [{{"stage": 1, "file": "{name}"}}], "digest": "sha256:{}", "manifest": {{"digest": "x"}}, "org": {{"id": "x"}}}}"#,
            "0".repeat(64)
        );
        std::fs::write(folder.path().join("plan.json"), saved).unwrap();
        let run = quiet(&mut program(
            folder.path(),
            &["apply", "--plan", "plan.json", "--yes"],
        ));
        check(&run, 65, "is no manifest");
    }
}

#[cfg(unix)]
#[test]
fn s21_a_link_that_was_found_does_not_lead_out_of_the_repository() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, format!("kind: canary-in-a-file\n{MANIFEST}")).unwrap();
    let folder = folder();
    let manifest = folder.path().join("orgwright.yaml");
    std::fs::remove_file(&manifest).unwrap();
    symlink(&secret, &manifest).unwrap();
    let render: &[&str] = &["render", "--out", "out"];
    for words in [&["validate"], &["plan"], &["verify"], render] {
        check(
            &quiet(&mut program(folder.path(), words)),
            64,
            "it is a link that leads out of",
        );
    }
    // Named on the command line it is taken as it is.
    std::fs::write(&secret, MANIFEST).unwrap();
    check(
        &quiet(&mut program(folder.path(), &["validate", "orgwright.yaml"])),
        0,
        "valid",
    );
}

#[cfg(unix)]
#[test]
fn s21_standard_input_is_read_and_a_silent_pipe_is_not_waited_for() {
    let folder = folder();
    let mut command = program(folder.path(), &["validate", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(MANIFEST.as_bytes())
        .unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    check(&run, 0, "valid");
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    check(
        &quiet(&mut program(folder.path(), &["validate", "pipe"])),
        64,
        "nothing has come out of it",
    );
}

#[test]
fn s21_the_command_line_opens_a_variable_and_its_name_does() {
    let folder = folder();
    let with = |name: &str| {
        let label = format!("label: ${{env:{name}}}");
        let text = MANIFEST.replacen("label: HubSpot Integration", &label, 1);
        std::fs::write(folder.path().join("orgwright.yaml"), text).unwrap();
    };
    with("INNOCENT");
    let set = |words: &[&str]| {
        let mut command = program(folder.path(), words);
        quiet(
            command
                .env("INNOCENT", "From outside")
                .env("ORGWRIGHT_VAR_SITE", "From outside"),
        )
    };
    check(&set(&["validate"]), 65, "`ORGWRIGHT_VAR_INNOCENT`");
    check(&set(&["validate", "--env", "INNOCENT"]), 0, "valid");
    with("ORGWRIGHT_VAR_SITE");
    check(&set(&["validate"]), 0, "valid");
}

#[test]
fn s21_a_run_waits_for_the_one_that_has_the_demo_org() {
    let folder = folder();
    check(
        &quiet(&mut program(folder.path(), &["plan", "--org", "embedded"])),
        0,
        "embedded demo org",
    );
    let lock = std::fs::File::open(folder.path().join(".orgwright/embedded.lock")).unwrap();
    lock.lock().unwrap();
    check(
        &quiet(&mut program(folder.path(), &["reset"])),
        75,
        "uses the demo org",
    );
    let mut command = program(folder.path(), &["plan", "--org", "embedded"]);
    let waited = crate::support::finish_once_said(&mut command, "waiting for another run", || {
        lock.unlock().unwrap()
    });
    check(&waited, 0, "embedded demo org");
}

#[test]
fn s21_the_emulator_listens_to_this_machine_alone_unless_somebody_says_so() {
    let folder = folder();
    let run = quiet(&mut program(
        folder.path(),
        &["emulator", "--listen", "0.0.0.0:0"],
    ));
    check(&run, 1, "--open-to-network");
}

#[cfg(unix)]
#[test]
fn s21_nothing_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let elsewhere = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("out")).unwrap();
    symlink(elsewhere.path(), at("out/force-app")).unwrap();
    check(
        &quiet(&mut program(folder.path(), &["render", "--out", "out"])),
        64,
        "is a link",
    );
    for name in ["new.yaml", "trace", "plan.json"] {
        symlink(elsewhere.path().join(name), at(name)).unwrap();
    }
    let refused = [
        vec!["init", "--out", "new.yaml"],
        vec!["plan", "--org", "embedded", "--trace", "trace"],
        vec!["plan", "--org", "embedded", "--out", "plan.json"],
    ];
    for words in refused {
        let run = quiet(&mut program(folder.path(), &words));
        assert_ne!(run.code, 0, "{words:?}");
    }
    let _ = std::fs::remove_dir_all(at(".orgwright"));
    symlink(elsewhere.path(), at(".orgwright")).unwrap();
    check(
        &quiet(&mut program(folder.path(), &["plan", "--org", "embedded"])),
        1,
        "is a link",
    );
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn s21_no_org_is_never_the_demo_org() {
    let folder = folder();
    for verb in ["plan", "apply", "verify", "doctor"] {
        let words: &[&str] = match verb {
            "apply" => &[verb, "--yes"],
            verb => &[verb],
        };
        let empty = [words, &["--org", ""]].concat();
        check(&quiet(&mut program(folder.path(), &empty)), 64, "is empty");
        let mut command = program(folder.path(), words);
        check(&quiet(command.env("ORGWRIGHT_ORG", "")), 64, "is empty");
        let mut command = program(folder.path(), words);
        check(
            &quiet(command.env("CI", "true")),
            64,
            "has to be named here, because of CI",
        );
        let named = [words, &["--org", "embedded"]].concat();
        let mut command = program(folder.path(), &named);
        let run = quiet(command.env("CI", "true"));
        assert!(
            run.code != 64 && run.words().contains("embedded demo org"),
            "{}",
            run.words()
        );
    }
}
