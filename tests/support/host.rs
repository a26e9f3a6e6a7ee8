//! Hosts on loopback that answer by script: what an org would never say, and what was said to them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// How a host answers a request, by its head.
type Answer = dyn Fn(&str) -> Vec<u8> + Send + Sync;

/// A host that answers every connection once and closes it. It lives as long as the test's process.
pub(crate) struct Host {
    /// Where it is.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// Starts it on a free port.
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (answer, seen): (Arc<Answer>, _) = (Arc::new(answer), Arc::default());
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || serve(stream, &*answer, &log));
            }
        });
        Self {
            url: format!("http://{address}"),
            seen,
        }
    }

    /// Every request so far, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("nobody panicked").clone()
    }
}

/// Reads a whole request, so that closing the connection does not reset it, and answers.
pub(crate) fn serve(
    mut stream: impl Read + Write,
    answer: &Answer,
    log: &Mutex<Vec<String>>,
) -> Option<()> {
    let (head, body) = request(&mut stream)?;
    log.lock().ok()?.push(format!("{head}\r\n{body}"));
    stream.write_all(&answer(&head)).ok()?;
    stream.flush().ok()
}

fn request(stream: &mut impl Read) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            // Connected and gone: a client that ends leaves connections it wanted to have ready.
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}

/// A whole answer.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// The type of JSON, as a header line.
pub(crate) const JSON: &str = "Content-Type: application/json;charset=UTF-8\r\n";
