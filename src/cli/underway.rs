//! What an apply was doing, and how its end is told.

use crate::change::Stage;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::org;
use crate::plan::Plan;
use crate::report;

/// What an apply was doing when it last said something.
#[derive(Debug, PartialEq)]
pub(super) enum Underway {
    /// It has the org check a deploy of this id, and has written nothing.
    Checks(String),
    /// It writes, in this stage.
    Writes(Stage),
}

impl Underway {
    /// The step that an event begins.
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::DeployStarted {
                id,
                check_only: true,
                ..
            } => Some(Self::Checks(id.clone())),
            Event::StageStarted { stage, .. } => Some(Self::Writes(*stage)),
            _ => None,
        }
    }
}

/// What a phase used, as the report tells it.
pub(super) fn phase(phase: org::Phase) -> report::json::PhaseUsage {
    report::json::PhaseUsage {
        phase: phase.name,
        api_requests: phase.requests,
        api_calls: phase.api_calls,
        bytes_sent: phase.bytes_sent,
        bytes_received: phase.bytes_received,
        elapsed_ms: u64::try_from(phase.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

/// The failure with the texts it points into and, where the work can be finished, the command that does.
pub(super) fn with_next_command(
    failure: &Failure,
    plan: &Plan,
    next: String,
    is_begun: bool,
    is_in_gap: bool,
) -> Failure {
    let mut told = failure.clone().with_sources(&plan.sources);
    let unfinished = matches!(
        told.exit,
        Exit::Partial | Exit::Busy | Exit::Interrupted | Exit::Terminated | Exit::ProofFailed
    ) || (told.exit == Exit::Guarded && is_begun)
        || is_in_gap;
    if unfinished && told.next.is_none() {
        told.next = Some(next);
    }
    told
}
