//! What an exchange that failed means: whether anything was sent, and whether anybody knows what became of it.

use super::error::OrgError;
use super::hosts;
use super::http::{CONNECT_TIMEOUT, Call};

/// An answer that is larger than is taken in.
pub(super) fn too_large(call: &Call, limit_bytes: usize) -> OrgError {
    match call.write {
        true => lost(call, format!("it is larger than {limit_bytes} bytes")),
        false => OrgError::TooLarge {
            operation: call.operation.clone(),
            limit_bytes,
        },
    }
}

/// A connection that never stood sent nothing; after that only a read can be tried again.
pub(super) fn broken(call: &Call, error: &reqwest::Error) -> OrgError {
    let reason = match (error.is_connect(), error.is_timeout()) {
        (true, true) => format!("no connection within {} seconds", CONNECT_TIMEOUT.as_secs()),
        _ => innermost(error),
    };
    let host = hosts::shown(&call.url);
    // The TLS library's error type is not ours to name; this is how all its complaints about a certificate begin.
    if error.is_connect() && reason.contains("invalid peer certificate") {
        return OrgError::Certificate { host, reason };
    }
    if error.is_connect() || error.is_builder() {
        return OrgError::Unreachable { host, reason };
    }
    lost(call, reason)
}

/// A request whose answer did not come, or came in pieces.
pub(super) fn lost(call: &Call, reason: String) -> OrgError {
    match call.write {
        true => OrgError::LostAnswer {
            operation: call.operation.clone(),
            reason,
        },
        false => OrgError::Unreachable {
            host: hosts::shown(&call.url),
            reason,
        },
    }
}

/// The cause at the bottom: the layers above it repeat the URL and say "error sending request".
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
