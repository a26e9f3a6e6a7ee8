//! Hosts that are not what they say: entities, bombs, other hosts, redirects, proxies, clocks.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{SEED, check, folder, folder_with_target, quiet};
use crate::support::host::{Host, JSON, response};
use crate::support::{Org, Run, program};

const TOKEN: &str = "00D000000000062!canary.TOKEN";

/// The target `env` at a host.
pub(crate) fn with_token<'a>(command: &'a mut Command, url: &str) -> &'a mut Command {
    command
        .env("SF_ACCESS_TOKEN", TOKEN)
        .env("SF_ORG_INSTANCE_URL", url)
}

fn plan_at(url: &str) -> Run {
    let folder = folder();
    quiet(with_token(
        &mut program(folder.path(), &["plan", "--org", "env"]),
        url,
    ))
}

#[test]
fn s04_no_entity_is_expanded_and_none_is_fetched() {
    let fetched = Host::start(|_| response("200 OK", "", "canary"));
    let url = &fetched.url;
    for document in [
        format!("<!DOCTYPE a [<!ENTITY x SYSTEM \\\"{url}/x\\\">]><a>&x;</a>"),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \\\"file:///etc/hostname\\\">]><a>&x;</a>".to_owned(),
        format!("<!DOCTYPE a SYSTEM \\\"{url}/a.dtd\\\"><a/>"),
        "<!DOCTYPE a [<!ENTITY x \\\"xx\\\"><!ENTITY y \\\"&x;&x;\\\">]><a>&y;</a>".to_owned(),
        "<a>&undefined;</a>".to_owned(),
    ] {
        let folder = folder();
        let faults = format!(
            r#"[{{"path": "/Soap/m/", "status": 200, "answer": "{document}", "content_type": "text/xml"}}]"#
        );
        std::fs::write(folder.path().join("faults.json"), faults).unwrap();
        let org = Org::start(folder.path(), &["--seed", SEED, "--faults", "faults.json"]);
        let run = quiet(&mut org.program(folder.path(), &["plan"]));
        check(&run, 1, "OW3004");
    }
    assert!(fetched.seen().is_empty());
}

#[test]
fn s05_bombs_and_endless_answers_end_within_limits() {
    let bomb = {
        let zeros = vec![b' '; 64 << 20];
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &zeros).unwrap();
        encoder.finish().unwrap()
    };
    assert!(bomb.len() < 100_000);
    let head = format!(
        "HTTP/1.1 200 OK\r\n{JSON}Content-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bomb.len()
    );
    let whole = [head.into_bytes(), bomb].concat();
    check(
        &plan_at(&Host::start(move |_| whole.clone()).url),
        1,
        "is larger than",
    );

    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            std::thread::spawn(move || endless(stream, &counted));
        }
    });
    check(&plan_at(&format!("http://{address}")), 1, "is larger than");
    assert!(sent.load(Ordering::SeqCst) < 1 << 30);
}

/// Chunks without end, up to four gigabytes.
fn endless(mut stream: std::net::TcpStream, counted: &AtomicU64) {
    use std::io::{Read as _, Write as _};
    let mut head = [0; 4096];
    let _ = stream.read(&mut head);
    let begin = format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n");
    let mut chunk = b"100000\r\n".to_vec();
    chunk.extend(vec![b' '; 0x10_0000]);
    chunk.extend(b"\r\n");
    let mut alive = stream.write_all(begin.as_bytes()).is_ok();
    for _ in 0..4096 {
        alive = alive && stream.write_all(&chunk).is_ok();
        if !alive {
            return;
        }
        counted.fetch_add(chunk.len() as u64, Ordering::SeqCst);
    }
}

/// Logs in with a refresh token at a host that issues a token for this instance. Counts what the host was asked besides
/// its versions, which everybody may ask for, and which open the connections.
fn log_in_to(instance: &str, keys: &str) -> (Run, usize) {
    let body = serde_json::json!({"access_token": TOKEN, "instance_url": instance}).to_string();
    let host = Host::start(move |_| response("200 OK", JSON, &body));
    let folder = folder_with_target(&format!(
        "auth = 'refresh_token'\nlogin_url = '{}'\nclient_id = 'app'\nrefresh_token_env = 'SECRET'\n{keys}",
        host.url
    ));
    let run = quiet(
        program(folder.path(), &["plan", "--org", "uat"]).env("SECRET", "canary-refresh-token"),
    );
    let (open, asked): (Vec<_>, Vec<_>) = host
        .seen()
        .into_iter()
        .partition(|request| request.starts_with("GET /services/data HTTP"));
    let anonymous = |request: &String| {
        let request = request.to_lowercase();
        !request.contains("authorization") && !request.contains("canary")
    };
    assert!(open.iter().all(anonymous), "{open:?}");
    (run, asked.len())
}

#[test]
fn s09_a_token_goes_to_no_host_that_a_log_in_made_up() {
    for instance in [
        "https://evil.example",
        "https://salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "http://acme.my.salesforce.com",
        "https://10.0.0.1",
        "https://169.254.169.254/latest/meta-data",
        "https://user@acme.my.salesforce.com",
        "https://acme.my.salesforce.com:8443",
        "https://acme.my.sаlesforce.com",
        "https://xn--slesforce-1fg.com",
        "https://[::ffff:169.254.169.254]",
        "https://acme.my.salesforce.com@evil.example",
        "javascript:alert(1)",
        "",
        // Salesforce's own, but a log-in on this machine leads to no org elsewhere.
        "https://other.my.salesforce.com",
    ] {
        let (run, requests) = log_in_to(instance, "");
        assert!(
            [64, 77].contains(&run.code),
            "{instance}: {} {}",
            run.code,
            run.err
        );
        assert_eq!(requests, 1, "{instance}: the log-in and nothing else");
    }
    let meant = "instance_url = 'https://acme.my.salesforce.com'";
    let (run, _) = log_in_to("https://other.my.salesforce.com", meant);
    check(
        &run,
        64,
        "the log-in host and the instance are not both on this machine",
    );
}

#[test]
fn s10_no_redirect_is_followed_and_nothing_is_sent_again() {
    for status in ["301", "302", "303", "307", "308"] {
        let elsewhere = Host::start(|_| response("200 OK", JSON, "[]"));
        let location = format!("Location: {}/services/data\r\n", elsewhere.url);
        let host = Host::start(move |_| response(&format!("{status} Moved"), &location, ""));
        let run = plan_at(&host.url);
        let bare = |host: &Host| host.url.trim_start_matches("http://").to_owned();
        check(&run, 1, &bare(&elsewhere));
        check(&run, 1, &bare(&host));
        assert!(elsewhere.seen().is_empty(), "{status}: it was followed");

        let location = format!("Location: {}/services/oauth2/token\r\n", elsewhere.url);
        let login = Host::start(move |_| response(&format!("{status} Moved"), &location, ""));
        let folder = folder_with_target(&format!(
            "auth = 'client_credentials'\ninstance_url = '{}'\nclient_id = 'app'\nclient_secret_env = 'SECRET'",
            login.url
        ));
        let run = quiet(
            program(folder.path(), &["plan", "--org", "uat"]).env("SECRET", "canary-client-secret"),
        );
        check(&run, 1, &bare(&elsewhere));
        assert!(
            elsewhere.seen().is_empty(),
            "{status}: the secret was sent on"
        );
    }
    let circle = Host::start(|_| response("302 Found", "Location: /services/data\r\n", ""));
    assert_eq!(plan_at(&circle.url).code, 1);
    // As many as the first wave has requests, each once.
    assert!(circle.seen().len() <= 10, "{}", circle.seen().len());
}

#[test]
fn s16_a_proxy_is_used_and_its_password_is_nobodys_business() {
    let proxy = Host::start(|_| response("407 Proxy Authentication Required", "", ""));
    let bare = proxy.url.trim_start_matches("http://").to_owned();
    let run = |name: &str, no_proxy: &str| {
        let folder = folder();
        let mut command = program(folder.path(), &["plan", "--org", "env"]);
        command
            .env(name, format!("http://somebody:canary-password@{bare}"))
            .env("NO_PROXY", no_proxy);
        quiet(with_token(&mut command, "https://acme.my.salesforce.com"))
    };
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let before = proxy.seen().len();
        let refused = run(name, "");
        assert_eq!(refused.code, 1, "{}", refused.err);
        assert!(refused.err.contains("OW3001"), "{}", refused.err);
        let seen = proxy.seen().split_off(before);
        assert!(
            seen.iter()
                .all(|request| request.starts_with("CONNECT acme.my.salesforce.com:443")),
            "{seen:?}"
        );
        assert!(!seen.is_empty(), "{name} is not heard");
        let authorized = |request: &String| {
            request
                .to_ascii_lowercase()
                .contains("proxy-authorization: basic ")
        };
        assert!(seen.iter().all(authorized), "{seen:?}");
        assert!(!seen.iter().any(|request| request.contains("canary.TOKEN")));
    }
    let before = proxy.seen().len();
    plan_at(&Host::start(|_| response("404 Not Found", JSON, "[]")).url);
    assert_eq!(proxy.seen().len(), before, "loopback needs no proxy");
}

#[test]
fn s20_a_clock_that_is_off_is_named_by_the_hosts_date() {
    let body = r#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;
    let headers = format!("{JSON}Date: Tue, 01 Jan 2019 00:00:00 GMT\r\n");
    let host = Host::start(move |_| response("400 Bad Request", &headers, body));
    let folder = folder_with_target(&format!(
        "auth = 'jwt'\ninstance_url = '{}'\nclient_id = 'app'\nusername = 'u@acme.example'\nprivate_key_file = 'key.pem'",
        host.url
    ));
    super::secrets::write_private_key(&folder.path().join("key.pem"));
    let run = quiet(&mut program(folder.path(), &["plan", "--org", "uat"]));
    check(&run, 77, "this machine's clock differs from the org's by");
}
