//! What may be shown of a request and its answer.

use std::sync::Arc;
use std::time::Duration;

/// Somebody who wants to know about every request.
pub type Trace = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// One request with its answer, as far as it may be shown: no header, no query, no body.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the run was doing: `connect`, `plan` and so on.
    pub phase: String,
    /// What was asked, in words.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Bytes of the body sent, compressed.
    pub bytes_sent: usize,
    /// Bytes of the body received, compressed.
    pub bytes_received: usize,
    /// Time from sending to the last byte.
    pub elapsed: Duration,
    /// The platform's own id of the request, if it told one.
    pub request_id: Option<String>,
}
