//! Looks at a deploy, on a beat that does not wait for the answers, until the org says that it is through.
//!
//! **Promise:** a deploy that was accepted goes on whatever happens here, so a look that fails is followed by another;
//! once too many have failed one after the other, its outcome is unknown.

use super::deploy::StageDeploy;
use super::{Run, Step};
use crate::change::Stage;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::org::poll::{Beat, sharpened};
use crate::org::{DeployStatus, OrgError, Reader, Refusal};
use crate::soql::Row;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Looks that may fail one after the other.
const MOST_BROKEN: u32 = 10;

/// Looks under way at once: more would only queue up in front of an org that answers slowly.
const MOST_UNDER_WAY: usize = 4;

/// Looks that ask something else beside, at most: it is one request more each time it comes too early.
const MOST_BESIDE: u32 = 1;

/// Answers to what was asked beside a look.
pub(super) type Beside = Vec<Result<Vec<Row>, Refusal>>;

/// What a look found.
pub(super) struct DeployLook {
    /// When it was sent, since the deploy was.
    sent: Duration,
    status: Result<DeployStatus, OrgError>,
    beside: Option<Beside>,
}

/// The looks at one deploy.
struct Looks {
    reader: Reader,
    id: String,
    started: Instant,
    beat: Beat,
    /// When the next look goes out, and when the last one did.
    due: Duration,
    last: Duration,
    /// Queries to be asked beside a look that may well be the last, and how often that may be.
    beside: Vec<String>,
    beside_left: u32,
    under_way: JoinSet<DeployLook>,
}

impl Looks {
    /// The next answer. Looks go out on the beat meanwhile.
    async fn next(&mut self) -> DeployLook {
        loop {
            let (reader, has_room) = (self.reader.clone(), self.under_way.len() < MOST_UNDER_WAY);
            let elapsed = reader.clock().now().saturating_duration_since(self.started);
            if has_room && elapsed >= self.due {
                self.send(elapsed);
                continue;
            }
            tokio::select! {
                biased;
                Some(look) = self.under_way.join_next() => {
                    return look.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()));
                }
                () = reader.clock().sleep(self.due.saturating_sub(elapsed)), if has_room => {}
            }
        }
    }

    fn send(&mut self, sent: Duration) {
        let (reader, id) = (self.reader.clone(), self.id.clone());
        let mut beside = Vec::new();
        if self.beat.is_near(sent) && self.beside_left > 0 {
            self.beside_left -= 1;
            beside.clone_from(&self.beside);
        }
        self.under_way.spawn(async move {
            let queries = async {
                match beside.is_empty() {
                    true => None,
                    false => reader.queries(&beside).await.ok(),
                }
            };
            let (status, beside) = tokio::join!(reader.deploy_status(&id), queries);
            DeployLook {
                sent,
                status,
                beside,
            }
        });
        self.last = sent;
        self.due = self.beat.after(sent);
    }

    /// Aims the next look by how many components are done.
    fn aim(&mut self, sent: Duration, progress: (u32, u32)) {
        let wait = self.due.saturating_sub(self.last);
        self.due = self.last + sharpened(wait, sent, progress);
    }
}

impl Run<'_> {
    /// Waits until a deploy is through, for as long as the run may wait. `beside` is asked together with the looks that may
    /// well be the last, and its answer is given where it came with the last one.
    pub(super) async fn poll(
        &mut self,
        deploy: StageDeploy<'_>,
        id: &str,
        beside: Vec<String>,
    ) -> Step<(DeployStatus, Option<Beside>)> {
        let mut looks = self.looks(id, beside);
        let mut newest = (String::new(), u64::MAX, Duration::ZERO);
        let mut broken = 0;
        loop {
            let Some(look) = self.next_look(&mut looks, deploy).await else {
                return Err(self.cut_short(deploy, id).await);
            };
            let status = match look.status {
                Ok(status) => status,
                Err(error) if error.may_pass() && broken < MOST_BROKEN => {
                    broken += 1;
                    continue;
                }
                Err(error) => {
                    self.unsure_of(deploy);
                    return Err(error.into());
                }
            };
            broken = 0;
            if status.done {
                // Those that are still under way may come to their end while the run goes on: a connection that is cut
                // off is lost.
                self.late_looks.push(looks.under_way);
                self.expected = Some(look.sent);
                return Ok((status, look.beside));
            }
            if look.sent >= newest.2 {
                let done = u64::from(status.components_deployed);
                looks.aim(
                    look.sent,
                    (status.components_deployed, status.components_total),
                );
                if (&status.status, done) != (&newest.0, newest.1) {
                    let elapsed_ms = self.milliseconds(looks.started);
                    (self.emit)(progress(deploy.stage, id, &status, elapsed_ms));
                }
                newest = (status.status, done, look.sent);
            }
            if self.elapsed(looks.started) > self.options.wait {
                self.unsure_of(deploy);
                return Err(self.not_through(deploy, id).await);
            }
        }
    }

    /// The next look; `None` where somebody asks to stop meanwhile. A deploy that saves something is looked at to its end.
    async fn next_look(&self, looks: &mut Looks, deploy: StageDeploy<'_>) -> Option<DeployLook> {
        tokio::select! {
            biased;
            look = looks.next() => Some(look),
            () = self.asked_to_stop(), if deploy.is_rehearsal() => None,
        }
    }

    fn looks(&self, id: &str, beside: Vec<String>) -> Looks {
        let beat = Beat::expecting(self.expected);
        Looks {
            reader: self.reader.clone(),
            id: id.to_owned(),
            started: self.now(),
            beat,
            due: beat.first(),
            last: Duration::ZERO,
            beside,
            beside_left: MOST_BESIDE,
            under_way: JoinSet::new(),
        }
    }
}

fn progress(stage: Stage, id: &str, status: &DeployStatus, elapsed_ms: u64) -> Event {
    Event::DeployProgress {
        stage,
        id: id.to_owned(),
        status: status.status.clone(),
        done: u64::from(status.components_deployed),
        total: u64::from(status.components_total),
        elapsed_ms,
    }
}

pub(super) fn still_running(id: &str) -> Failure {
    let diagnostic = Diagnostic::error(
        Code::StillWaiting,
        format!("the deploy {id} is still running in the org"),
    );
    let help = "it goes on there; run the same command again, or wait longer with `--wait 30m`";
    Failure::new(Exit::Partial, vec![diagnostic.help(help)])
}
