//! S15: a host that cannot prove who it is gets nothing, and nothing but a certificate authority's file changes that.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{check, folder_with_target, quiet};
use crate::support::host::{JSON, response, serve};
use crate::support::{Run, program};

/// A certificate authority that nobody knows.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A host with a certificate of this authority; every request it hears is kept.
    fn host(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> TlsHost {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        TlsHost::start(certificate.der().to_vec(), &key)
    }
}

struct TlsHost {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl TlsHost {
    fn start(certificate: Vec<u8>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)
            .unwrap();
        let (config, seen) = (Arc::new(config), Arc::<Mutex<Vec<String>>>::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, log) = (Arc::clone(&config), Arc::clone(&log));
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).ok()?;
                    serve(StreamOwned::new(connection, stream), &answer, &log)
                });
            }
        });
        Self { url, seen }
    }
}

fn answer(head: &str) -> Vec<u8> {
    let body = match head.contains("userinfo") {
        true => r#"{"preferred_username":"u@acme.example","organization_id":"00D000000000062EAA"}"#,
        false if head.contains("query") => r#"{"done":true,"records":[]}"#,
        false => r#"[{"version":"66.0"}]"#,
    };
    response("200 OK", JSON, body)
}

fn log_in(url: &str, keys: &str, files: &[(&str, &str)], variables: &[(&str, &Path)]) -> Run {
    let folder = folder_with_target(&format!(
        "auth = 'access_token'\ninstance_url = '{url}'\ntoken_env = 'TOKEN'\n{keys}"
    ));
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let mut command = program(folder.path(), &["login", "uat"]);
    command.env("TOKEN", "00D000000000062!canary.TOKEN");
    // Switches of other programs that turn the check off; none of them is heard.
    for switch in [
        "NODE_TLS_REJECT_UNAUTHORIZED",
        "PYTHONHTTPSVERIFY",
        "GIT_SSL_NO_VERIFY",
        "CURL_INSECURE",
    ] {
        command.env(switch, if switch.starts_with("GIT") { "1" } else { "0" });
    }
    for (name, value) in variables {
        command.env(name, folder.path().join(value));
    }
    quiet(&mut command)
}

#[test]
fn s15_a_host_of_a_named_authority_is_trusted_and_of_an_unknown_one_not() {
    let authority = Authority::new();
    let host = authority.host("127.0.0.1", |_| {});
    let files = [("ca.pem", authority.pem.as_str())];
    let unknown = log_in(&host.url, "", &files, &[]);
    check(&unknown, 1, "cannot trust 127.0.0.1");
    check(&unknown, 1, "SSL_CERT_FILE");
    assert!(host.seen.lock().unwrap().is_empty(), "nothing was sent");
    let by_target = log_in(&host.url, "ca_file = 'ca.pem'", &files, &[]);
    check(&by_target, 0, "logged in as u@acme.example");
    let ca: PathBuf = "ca.pem".into();
    let by_variable = log_in(&host.url, "", &files, &[("SSL_CERT_FILE", &ca)]);
    check(&by_variable, 0, "logged in as u@acme.example");
    let seen = host.seen.lock().unwrap();
    assert!(seen.iter().any(|request| request.contains("canary.TOKEN")));
}

#[test]
fn s15_expired_misnamed_and_self_signed_certificates_are_refused_whatever_is_named() {
    let authority = Authority::new();
    let files = [("ca.pem", authority.pem.as_str())];
    let refused = |host: &TlsHost, told: &str| {
        let run = log_in(&host.url, "ca_file = 'ca.pem'", &files, &[]);
        check(&run, 1, "cannot trust 127.0.0.1");
        check(&run, 1, told);
        assert!(
            host.seen.lock().unwrap().is_empty(),
            "{told}: something was sent"
        );
    };
    let expired = authority.host("127.0.0.1", |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    refused(&expired, "expired");
    let early = authority.host("127.0.0.1", |params| {
        params.not_before = date_time_ymd(2999, 1, 1)
    });
    refused(&early, "not valid yet");
    refused(
        &authority.host("acme.my.salesforce.com", |_| {}),
        "not valid for name",
    );
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    own.distinguished_name
        .push(DnType::CommonName, "somebody of its own");
    let own = own.self_signed(&key).unwrap();
    refused(&TlsHost::start(own.der().to_vec(), &key), "UnknownIssuer");
}

#[test]
fn s15_there_is_no_switch_and_a_broken_authority_is_told() {
    for key in ["insecure = true", "verify = false", "tls = 'off'"] {
        let run = log_in("https://127.0.0.1:1", key, &[], &[]);
        check(&run, 64, "unknown field");
    }
    let broken = [(
        "ca.pem",
        "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n",
    )];
    check(
        &log_in("https://127.0.0.1:1", "ca_file = 'ca.pem'", &broken, &[]),
        64,
        "ca.pem",
    );
    check(
        &log_in("https://127.0.0.1:1", "ca_file = 'nowhere.pem'", &[], &[]),
        64,
        "nowhere.pem",
    );
}

/// A server's first words in TLS 1.1: version 3.2, no session, an old cipher, no compression.
fn tls_1_1_hello() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let mut message = vec![2, 0, 0, u8::try_from(hello.len()).unwrap()];
    message.extend(hello);
    let mut record = vec![22, 3, 2, 0, u8::try_from(message.len()).unwrap()];
    record.extend(message);
    record
}

#[test]
fn s15_an_outdated_protocol_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(&tls_1_1_hello());
            let _ = stream.read(&mut asked);
        }
    });
    let run = log_in(&url, "", &[], &[]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("OW3001"), "{}", run.err);
}
