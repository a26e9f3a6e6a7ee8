//! `--trace` and the line about what a run used.
//!
//! **Promise:** a trace holds methods, paths, numbers and the platform's request ids: no header, no query, no body.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use super::context::Context;
use super::files::{must_be_writable, unwritable};
use crate::count::count;
use crate::diagnostic::Failure;
use crate::org::{Exchange, Phase, Reader, Trace};
use crate::private_file;
use crate::report::text::duration;

/// Begins a trace: a file for its owner's eyes that gets a line of JSON for each request.
pub(crate) fn open(path: &Path) -> Result<Trace, Failure> {
    must_be_writable(path)?;
    let file = fresh(path).map_err(|error| unwritable(path, &error))?;
    let file = Mutex::new(file);
    Ok(Arc::new(move |exchange: &Exchange| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        // A trace that cannot be written must not end the run it is about.
        let _ = writeln!(file, "{}", line(exchange));
    }))
}

/// A new file in the place of an earlier trace; a device or a pipe as it is.
fn fresh(path: &Path) -> io::Result<fs::File> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return fs::OpenOptions::new().write(true).open(path),
        Ok(_) => fs::remove_file(path)?,
        Err(_) => {}
    }
    private_file::create(path)
}

fn line(exchange: &Exchange) -> String {
    json!({
        "time": Timestamp::now().to_string(),
        "phase": exchange.phase,
        "operation": exchange.operation,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "bytes_sent": exchange.bytes_sent,
        "bytes_received": exchange.bytes_received,
        "milliseconds": exchange.elapsed.as_millis() as u64,
        "request_id": exchange.request_id,
    })
    .to_string()
}

/// With `-v`: what the run used, by phase.
pub(crate) fn tell_phases(context: &Context, reader: &Reader) {
    if context.global.verbose {
        let phases: Vec<String> = reader.phases().iter().map(words).collect();
        context
            .output
            .note(&format!("used: {}\n", phases.join("; ")));
    }
}

fn words(phase: &Phase) -> String {
    format!(
        "{} {}, {}, {} B out, {} B in, {}",
        phase.name,
        count(phase.requests, "request"),
        count(phase.api_calls, "call"),
        phase.bytes_sent,
        phase.bytes_received,
        duration(u64::try_from(phase.elapsed.as_millis()).unwrap_or(u64::MAX))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_of_the_trace_tells_what_was_asked_and_what_it_took() {
        let line = line(&Exchange {
            phase: "plan".to_owned(),
            operation: "read 12 resources at once".to_owned(),
            method: "POST".to_owned(),
            path: "/services/data/v66.0/composite".to_owned(),
            status: Some(200),
            bytes_sent: 900,
            bytes_received: 4_000,
            elapsed: Duration::from_millis(81),
            request_id: Some("abc".to_owned()),
        });
        for part in [
            "\"phase\":\"plan\"",
            "\"status\":200",
            "\"milliseconds\":81",
            "\"request_id\":\"abc\"",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_trace_replaces_an_earlier_one_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.jsonl");
        fs::write(&path, "old").unwrap();
        assert!(open(&path).is_ok());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!((mode & 0o777, fs::read(&path).unwrap().len()), (0o600, 0));
    }
}
