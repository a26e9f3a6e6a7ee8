//! Ctrl-C and requests to terminate.

use super::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::failure::NOTHING_CHANGED;
use std::sync::atomic::{AtomicBool, Ordering};

/// Listens from when it is made; nothing ends the process by itself any more.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

/// The failure of a run that a signal ended before anything was written.
pub(crate) fn ended_by_signal(exit: Exit) -> Failure {
    Failure::new(exit, Vec::new()).state(NOTHING_CHANGED)
}

/// Runs work that comes to its own end once it is asked to. The first signal asks it to, which `notice` tells; the second ends
/// it at once.
///
/// # Errors
/// The second signal.
pub(crate) async fn until_stopped<Output>(
    work: impl Future<Output = Output>,
    stop: &AtomicBool,
    signals: &mut Signals,
    notice: impl Fn(),
) -> Result<(Output, Option<Exit>), Exit> {
    let mut work = std::pin::pin!(work);
    let mut signal = None;
    loop {
        tokio::select! {
            output = &mut work => return Ok((output, signal)),
            exit = signals.next() => {
                if signal.replace(exit).is_some() {
                    return Err(exit);
                }
                stop.store(true, Ordering::SeqCst);
                notice();
            }
        }
    }
}

impl Signals {
    /// Begins to listen. Needs a runtime.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| {
                failure(
                    Exit::Failed,
                    Code::MachineRefused,
                    format!("no signals can be heard: {error}"),
                    "",
                )
            })
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Begins to listen. Needs a runtime.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Waits for the next one, and says how the run ends because of it.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }

    /// Waits for the next one, and says how the run ends because of it.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> Exit {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
