//! The limits once more, before anything changes what anybody sees.
//!
//! **Promise:** this is the last point of refusal. What comes after it gives people back what the defaults take, and is
//! finished whatever the numbers do meanwhile.

use super::{Run, Step};
use crate::change::Stage;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::guard;
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::Reader;
use crate::plan::{self, Plan};
use std::collections::BTreeSet;

/// Plans again with what limits rest on, and more, as the org tells it now: one wave of reads.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn plan_again(
    manifests: &[Manifest],
    seen: &Live,
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Plan, Failure> {
    let again = observe::look_again(manifests, seen, more, reader).await?;
    plan::plan(manifests, &again)
}

impl Run<'_> {
    /// Holds the limits of the manifests against the org as it is now, once, before the first stage that changes what
    /// anybody sees.
    pub(super) async fn hold_limits(&mut self, stage: Stage) -> Step<()> {
        let is_due = stage >= Stage::Defaults && !self.changes_of(stage).is_empty();
        let Some(seen) = self.options.seen.clone().filter(|_| is_due) else {
            return Ok(());
        };
        if self.limits_held {
            return Ok(());
        }
        self.limits_held = true;
        self.reader.begin_phase("limits");
        let again = plan_again(self.manifests, &seen, BTreeSet::new(), self.reader).await?;
        let refusals = guard::beyond_limits(&again, self.options.until);
        if refusals.is_empty() {
            (self.emit)(Event::LimitsHeld { stage });
            return Ok(());
        }
        Err(Failure::new(Exit::Guarded, refusals).into())
    }
}
