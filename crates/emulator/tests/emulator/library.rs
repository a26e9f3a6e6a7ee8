//! The library as somebody else's tests use it: nothing but what its documentation shows.

use std::time::Duration;

use salesforce_emulator::faults::Faults;
use salesforce_emulator::{Clock, Options, Platform, Server, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status and the body of a request.
async fn ask(server: &Server, path: &str) -> (u16, String) {
    let host = server.base_url().trim_start_matches("http://");
    let token = server.access_token();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is sent");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it is answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.expect("a status"), body.to_owned())
}

const COUNT: &str = "/services/data/v66.0/query?q=SELECT+COUNT()+FROM+Lead";

#[tokio::test]
async fn orgs_run_side_by_side_and_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let leads = "LastName,Company\nFen,Acme\nOldacre,Acme\n";
    std::fs::write(folder.path().join("Lead.csv"), leads).expect("a seed");
    let seeded = Options {
        seeds: vec![folder.path().to_owned()],
        ..Options::default()
    };
    let demo = start(Options::default()).await.expect("a demo org");
    let seeded = start(seeded).await.expect("a seeded org");
    for (server, leads) in [(&demo, 2000), (&seeded, 2)] {
        let (status, body) = ask(server, COUNT).await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&format!("\"totalSize\":{leads},")), "{body}");
    }
    let host = demo.base_url().trim_start_matches("http://").to_owned();
    demo.stop().await;
    assert!(TcpStream::connect(host).await.is_err());
    assert_eq!(ask(&seeded, COUNT).await.0, 200);
    seeded.stop().await;
}

#[tokio::test]
async fn a_test_decides_on_time_and_failures() {
    let options = Options {
        clock: Clock::Manual,
        ..Options::default()
    };
    let server = start(options).await.expect("a demo org");
    let before = server.now();
    server.advance(Duration::from_secs(90));
    assert_eq!(server.now() - before, 90_000);
    let faults = br#"[{"path": "/query", "times": 1, "status": 503}]"#;
    server.set_faults(Faults::parse(faults).expect("faults"));
    assert_eq!(ask(&server, COUNT).await.0, 503);
    assert_eq!(ask(&server, COUNT).await.0, 200);
    assert_eq!(server.struck(), 1);
    server.stop().await;
}

#[tokio::test]
async fn switches_of_the_platform_are_kept_with_the_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let strict = Platform::parse("tooling-in-composite=refused").expect("a switch");
    let steps = [
        (Platform::default(), Platform::default()),
        (strict.clone(), strict.clone()),
        (Platform::default(), strict),
    ];
    for (stated, expected) in steps {
        let options = Options {
            state: Some(state.clone()),
            platform: stated,
            ..Options::default()
        };
        let server = start(options).await.expect("an org");
        assert_eq!(server.org().platform, expected);
        server.stop().await;
    }
}
