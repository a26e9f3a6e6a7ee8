//! Events: what a verb reports while it works. Verbs emit, reports show; nobody else prints.

use crate::address::Address;
use crate::change::Stage;
use serde::Serialize;

/// Something that happened while planning, during `apply` or `verify`. Durations are in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The org gave a clone source in part, and the rest of it is retrieved: what, and what it came without.
    Retrieving {
        what: String,
        missing: Vec<&'static str>,
    },
    /// A stage begins: its number, what it does, and which resources.
    StageStarted {
        stage: Stage,
        title: String,
        addresses: Vec<Address>,
    },
    /// The org begins to check a stage, which saves nothing: its number, what it does, and which resources.
    RehearsalStarted {
        stage: Stage,
        title: String,
        addresses: Vec<Address>,
    },
    /// The stage could not be checked: why, in the org's words.
    NotRehearsed { stage: Stage, reason: String },
    /// The org would take the stage.
    RehearsalDone { stage: Stage, elapsed_ms: u64 },
    /// A deploy was accepted under this id; one that only checks saves nothing.
    DeployStarted {
        stage: Stage,
        id: String,
        check_only: bool,
        components: usize,
    },
    /// A deploy moved on; counts may go backwards after a restart on the server.
    DeployProgress {
        stage: Stage,
        id: String,
        status: String,
        done: u64,
        total: u64,
        elapsed_ms: u64,
    },
    /// The org refused an entry the manifest did not state; it was dropped and the deploy goes again.
    EntryDropped {
        stage: Stage,
        address: Address,
        entry: String,
        problem: String,
    },
    /// A resource was written.
    Written {
        stage: Stage,
        address: Address,
        id: Option<String>,
    },
    /// The limits still hold, read once more before the first stage that changes what anybody sees.
    LimitsHeld { stage: Stage },
    /// Something is waited for: the recalculation of an object, a lock, sharing rows.
    Waiting {
        stage: Stage,
        what: String,
        elapsed_ms: u64,
    },
    /// A stage is through.
    StageDone { stage: Stage, elapsed_ms: u64 },
    /// Record access was compared: so many of so many records.
    Checking {
        object: String,
        checked: u64,
        population: u64,
    },
}

/// Where events go.
pub type Emit<'a> = &'a mut (dyn FnMut(Event) + Send);
