//! When a stage begins and ends, by the clock of the connection.

use super::{Run, Step};
use crate::change::Stage;
use crate::event::Event;
use std::time::{Duration, Instant};

impl Run<'_> {
    /// Says what begins; gives when.
    pub(super) fn begin_stage(
        &mut self,
        stage: Stage,
        title: &str,
        changes: &[usize],
    ) -> Step<Instant> {
        self.check_stop()?;
        self.reader.begin_phase(&format!("stage {stage}"));
        let addresses = changes
            .iter()
            .map(|index| self.plan.changes[*index].address.clone());
        (self.emit)(Event::StageStarted {
            stage,
            title: title.to_owned(),
            addresses: addresses.collect(),
        });
        Ok(self.now())
    }

    pub(super) fn end_stage(&mut self, stage: Stage, started: Instant) {
        let elapsed_ms = self.milliseconds(started);
        (self.emit)(Event::StageDone { stage, elapsed_ms });
    }

    pub(super) fn now(&self) -> Instant {
        self.reader.clock().now()
    }

    pub(super) fn elapsed(&self, since: Instant) -> Duration {
        self.now().saturating_duration_since(since)
    }

    pub(super) fn milliseconds(&self, since: Instant) -> u64 {
        u64::try_from(self.elapsed(since).as_millis()).unwrap_or(u64::MAX)
    }
}
