//! `reset`: the demo org afresh.

use super::context::Context;
use super::embedded;
use crate::diagnostic::{Exit, Failure};
use crate::report::EMBEDDED_ORG;

/// Forgets the demo org of this folder; the next command finds it as it was at first.
pub(crate) fn run(context: &Context) -> Result<Exit, Failure> {
    let said = if embedded::reset()? {
        "the demo org starts afresh"
    } else {
        "the demo org is fresh already"
    };
    context.output.say(&format!("{said}\n{EMBEDDED_ORG}\n"));
    Ok(Exit::Done)
}
