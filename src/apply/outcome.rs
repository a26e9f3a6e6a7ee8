//! How an apply ended, as data.

use crate::address::Address;
use crate::change::{Action, Dropped, Until};
use crate::diagnostic::Failure;
use crate::verify::Verification;
use serde::Serialize;

/// How an apply ended.
#[derive(Debug)]
pub struct Applied {
    /// What became of each change of the plan, in its order.
    pub outcomes: Vec<Outcome>,
    /// What was planned and is covered by the digest, and was not deployed because the org refused it.
    pub left_out: Vec<Dropped>,
    /// How far it was to go: short of the end only where something of the plan waits for another run.
    pub until: Until,
    /// The proof, where the stages got that far.
    pub verification: Option<Verification>,
    /// Who sees nothing, because it ended between a default and its rules: a sentence for each object.
    pub in_the_dark: Vec<String>,
    /// Why it stopped, where it did.
    pub failure: Option<Failure>,
}

impl Applied {
    /// Whether anything of it is known to be done.
    pub fn wrote(&self) -> bool {
        let mut outcomes = self.outcomes.iter();
        outcomes.any(|outcome| outcome.result == ChangeResult::Done)
    }

    /// Whether all was done that was to be done now, and the proof was made where that was the end.
    pub fn is_through(&self) -> bool {
        self.failure.is_none() && (self.verification.is_some() || self.until.is_early())
    }
}

/// What became of one change.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The resource.
    pub address: Address,
    /// What was to happen to it.
    pub action: Action,
    /// What happened.
    pub result: ChangeResult,
}

/// What happened to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeResult {
    /// It was written, and the org said so.
    Done,
    /// It was not written.
    NotDone,
    /// It was sent and the answer was lost.
    Unknown,
}
