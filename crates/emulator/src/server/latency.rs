//! The time that a round trip takes, to a fraction of a millisecond: whoever measures against this org measures that too.

use std::time::{Duration, Instant};

/// By how much the runtime's timer may be late: it counts whole milliseconds, and rounds up.
const COARSE: Duration = Duration::from_millis(3);

/// Waits for so long, and no longer.
pub(super) async fn pass(time: Duration) {
    let until = Instant::now() + time;
    tokio::time::sleep(time.saturating_sub(COARSE)).await;
    let rest = move || std::thread::sleep(until.saturating_duration_since(Instant::now()));
    // It fails only where the runtime ends, and the request with it.
    let _ = tokio::task::spawn_blocking(rest).await;
}
