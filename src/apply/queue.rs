//! The org's queue of deploys, before anything of ours goes into it.
//!
//! **Promise:** nothing of this run is queued behind somebody else's deploy or validation that was there when it looked. It
//! ends before it has sent anything, or waits until they are through, as was asked. What the same user left in the queue, an
//! earlier run's, is waited for in any case: the queue runs one at a time, so this takes no longer than waiting in it.
//! Once something is written, the run goes on whoever else deploys: stopping halfway would be worse.

use super::{Run, Step};
use crate::change::Stage;
use crate::code::Code;
use crate::count::first_few;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::{Deploys, QueuedDeploy, RECENT_DEPLOYS, short_id};
use crate::org::{OrgError, poll};
use std::time::{Duration, Instant};

/// What is waited for.
const QUEUE: &str = "a deploy that was in the org's queue";

impl Run<'_> {
    /// Whether anything of the plan is deployed.
    pub(super) fn deploys_anything(&self) -> bool {
        (0..self.plan.changes.len()).any(|index| self.deploys(index).is_some())
    }

    /// Waits until the org's queue is empty, or ends the run where somebody else's deploy stands in it.
    pub(super) async fn wait_for_queue(&mut self) -> Step<()> {
        let started = self.now();
        for wait in poll::schedule() {
            let queued = self.queued().await?;
            if queued.is_empty() {
                break;
            }
            self.end_behind_others(&queued)?;
            for deploy in &queued {
                self.wait_for_deploy(&deploy.id, started).await?;
            }
            // Others may have come meanwhile, and what is through may still be listed.
            self.pause(wait).await;
            self.waiting(self.first_stage(), QUEUE, started)?;
        }
        Ok(())
    }

    /// What stands in the queue: as it was seen just now, else as the org tells. One that does not tell has a queue all the
    /// same.
    async fn queued(&mut self) -> Step<Vec<QueuedDeploy>> {
        if let Some(queued) = self.options.queue.take() {
            return Ok(queued);
        }
        match self.reader.tooling_query(RECENT_DEPLOYS).await {
            Err(error) if error.refusal().is_some() && !error.is_busy() => Ok(Vec::new()),
            rows => Ok(Deploys::of_rows(&rows?).queued),
        }
    }

    fn end_behind_others(&self, queued: &[QueuedDeploy]) -> Step<()> {
        let own = self.plan.org.running_user.as_deref();
        let is_own = |deploy: &&QueuedDeploy| {
            deploy.by.is(own) || self.deploys.contains(&short_id(&deploy.id))
        };
        let others = queued.iter().filter(|deploy| !is_own(deploy));
        let others: Vec<String> = others.map(described).collect();
        if others.is_empty() || self.options.wait_queue {
            return Ok(());
        }
        let whose = match own {
            Some(_) => "somebody else's work",
            None => "work of somebody else, or your own: the org does not tell who is logged in,",
        };
        let message = format!(
            "{whose} stands in the org's queue, and nothing of this run goes behind it: {}",
            first_few(&others)
        );
        let help = "run the same command again later, or add `--wait-queue` to wait until they are through";
        let diagnostic = Diagnostic::error(Code::QueueTaken, message)
            .help(help)
            .naming(&others);
        Err(Failure::new(Exit::Busy, vec![diagnostic]).into())
    }

    async fn wait_for_deploy(&mut self, id: &str, started: Instant) -> Step<()> {
        let stage = self.first_stage();
        for wait in std::iter::once(Duration::ZERO).chain(poll::schedule()) {
            self.pause(wait).await;
            if self.is_through(id).await? {
                break;
            }
            self.waiting(stage, QUEUE, started)?;
        }
        Ok(())
    }

    fn first_stage(&self) -> Stage {
        let stages = self.plan.changes.iter().map(|change| change.stage);
        stages.min().unwrap_or(Stage::Proof)
    }

    /// Whether a deploy has ended, or nobody can say.
    async fn is_through(&self, id: &str) -> Result<bool, OrgError> {
        match self.reader.deploy_status(id).await {
            Err(OrgError::Refused { .. }) => Ok(true),
            status => Ok(status?.done),
        }
    }
}

/// `validation 0Af… by Jane Doe, InProgress since …`.
fn described(deploy: &QueuedDeploy) -> String {
    let what = match deploy.check_only {
        true => "validation",
        false => "deploy",
    };
    let (id, by) = (&deploy.id, deploy.by.words());
    format!(
        "{what} {id} by {by}, {} since {}",
        deploy.status, deploy.since
    )
}
