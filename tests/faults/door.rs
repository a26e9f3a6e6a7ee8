//! A door in front of the org: its host name, its certificate, and connections that do not come about.
//!
//! The client looks up the name, connects and shakes hands as it does everywhere. What the name leads to, and what stands
//! there, is the case's affair.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use orgwright::org::{Options, Target};
use orgwright::secret::Secret;
use rcgen::CertifiedKey;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use salesforce_emulator::Server;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::cases::{Broken, Case, Way};

const HOST: &str = "acme.my.salesforce.com";

/// The certificates of all doors: one that clients are told to trust, and one they are not.
pub(crate) struct Keys {
    known: TlsAcceptor,
    unknown: TlsAcceptor,
    trusted: std::path::PathBuf,
}

impl Keys {
    /// Makes them; what is to be trusted goes into a file of the folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let (known, pem) = acceptor();
        let trusted = folder.join("authority.pem");
        std::fs::write(&trusted, pem).expect("a file");
        Self {
            known,
            unknown: acceptor().0,
            trusted,
        }
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate and its key");
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}

/// The way to one org by its name.
pub(crate) struct Door {
    open: SocketAddr,
    wrong: SocketAddr,
    closed: SocketAddr,
    trusted: std::path::PathBuf,
    asked: AtomicU64,
    case: Mutex<Option<Case>>,
}

impl Door {
    /// Opens the door of an org, with something broken where the case says so. Call it inside a runtime.
    pub(crate) async fn open(server: &Server, keys: &Keys, case: Option<Case>) -> Arc<Self> {
        let inner = server.base_url().trim_start_matches("http://").to_owned();
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let closed = closed.local_addr().expect("its address");
        Arc::new(Self {
            open: listen(keys.known.clone(), inner.clone()).await,
            wrong: listen(keys.unknown.clone(), inner).await,
            closed,
            trusted: keys.trusted.clone(),
            asked: AtomicU64::new(0),
            case: Mutex::new(case),
        })
    }

    /// Mends what is broken.
    pub(crate) fn mend(&self) {
        *self.case.lock().expect("no panic") = None;
    }

    /// How many connections were wanted.
    pub(crate) fn wanted(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How a client comes in.
    pub(crate) fn way_in(self: &Arc<Self>, server: &Server, options: Options) -> (Target, Options) {
        let target = Target::Url {
            base_url: format!("https://{HOST}"),
            token: Secret::new(server.access_token()),
        };
        let options = Options {
            ca_file: Some(self.trusted.clone()),
            resolver: Some(Arc::new(Signpost(Arc::clone(self)))),
            ..options
        };
        (target, options)
    }

    /// Where the next connection leads.
    fn next(&self) -> Option<SocketAddr> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let case = *self.case.lock().expect("no panic");
        let struck = case.filter(|case| {
            let first = u64::try_from(case.request).unwrap_or(u64::MAX);
            (first..first + case.times).contains(&number)
        });
        match struck.map(|case| case.kind.way) {
            Some(Way::Connect(Broken::Refused)) => Some(self.closed),
            Some(Way::Connect(Broken::Name)) => None,
            Some(Way::Connect(Broken::Certificate)) => Some(self.wrong),
            _ => Some(self.open),
        }
    }
}

/// Tells clients where the name leads.
struct Signpost(Arc<Door>);

impl Resolve for Signpost {
    fn resolve(&self, _name: Name) -> Resolving {
        let next = self.0.next();
        Box::pin(async move {
            let address = next.ok_or("Name or service not known")?;
            Ok(Box::new(std::iter::once(address)) as Addrs)
        })
    }
}

/// Serves one certificate in front of an org, as long as the runtime lives.
async fn listen(acceptor: TlsAcceptor, inner: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let (acceptor, inner) = (acceptor.clone(), inner.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate leaves in the middle of the hand-shake.
                let Ok(mut outside) = acceptor.accept(outside).await else {
                    return;
                };
                let Ok(mut inside) = TcpStream::connect(inner).await else {
                    return;
                };
                // One of both ends first, which is how every connection ends.
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    address
}
