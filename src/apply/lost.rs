//! When a write may be sent again.
//!
//! **Promise:** no insert and no deploy is sent twice without a look at the org in between; one whose answer was lost
//! goes again once, and only where the look shows that the org has not taken it.

use super::deploy::{DeployTo, StageDeploy};
use super::{Run, Step};
use crate::change::Stage;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::live::{deploy_ids, deploys_since, short_id};
use crate::org::{DeployOptions, DeployStatus, OrgError};
use crate::package::Files;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Most times one write is sent; with the pauses between them that is a minute and a half.
const MOST_SENDS: u32 = 8;
/// The first pause after a refusal that passes. The platform has tried for about ten seconds itself by then
/// (Salesforce engineering blog, "Managing group membership locks").
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How much later than the look before it a look for a lost deploy comes: a request whose connection broke may still
/// be on its way into the queue.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(4),
];
/// How far the clock in front of the org may be ahead of the one that dates its deploys.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// How often a write was sent, and why it did not succeed.
pub(super) struct Attempts {
    started: Instant,
    sent: u32,
    lost: u32,
}

impl Attempts {
    pub(super) fn new(started: Instant) -> Self {
        Self {
            started,
            sent: 0,
            lost: 0,
        }
    }

    /// The pause before the write may be sent again after an error, if it may. Only asked once a look has shown that
    /// the org has not done it.
    fn pause_before_next(&mut self, error: &OrgError, left: Duration) -> Option<Duration> {
        self.sent += 1;
        if error.outcome_unknown() {
            self.lost += 1;
            return (self.lost == 1).then_some(Duration::ZERO);
        }
        let usual = FIRST_PAUSE.saturating_mul(1 << self.sent.min(MOST_SENDS).saturating_sub(1));
        let pause = error
            .retry_after()
            .unwrap_or_else(|| usual.min(LONGEST_PAUSE));
        (error.is_transient() && self.sent < MOST_SENDS && pause <= left).then_some(pause)
    }
}

/// A deploy that the org has taken.
pub(super) struct Sent {
    pub(super) id: String,
    /// Whether it was looked for, because the org's answer was lost.
    pub(super) found: bool,
}

/// What a look for a deploy found, whose answer was lost.
#[derive(Debug, PartialEq, Eq)]
enum LostDeploy {
    /// It is in the org, under this id.
    Found(String),
    /// The org has not taken it.
    Absent,
    /// Nobody can say.
    Undecided,
}

impl Run<'_> {
    /// Hands the package over. A deploy whose answer is lost goes on in the org whatever happens here, so it is looked
    /// for and attached to; it is sent again only where the org provably has not taken it.
    pub(super) async fn hand_over(&mut self, deploy: StageDeploy<'_>, zip: Vec<u8>) -> Step<Sent> {
        let mut attempts = Attempts::new(self.now());
        let since = self.reader.org_time();
        loop {
            let sent = match deploy.to {
                DeployTo::Rehearser(rehearser) => rehearser.check(zip.clone()).await,
                DeployTo::Writer(writer) => {
                    writer.deploy(zip.clone(), DeployOptions::default()).await
                }
            };
            let error = match sent {
                Ok(id) => return Ok(Sent { id, found: false }),
                Err(error) => error,
            };
            if !error.outcome_unknown() && !error.is_transient() {
                return Err(error.into());
            }
            match self.look_for_deploy(since, deploy.is_rehearsal()).await {
                LostDeploy::Found(id) => return Ok(Sent { id, found: true }),
                LostDeploy::Absent => {}
                LostDeploy::Undecided => {
                    self.unsure_of(deploy);
                    return Err(error.into());
                }
            }
            self.before_next(deploy.stage, &mut attempts, error).await?;
        }
    }

    /// Looks for a deploy of ours that the org may have taken since a point of its time.
    async fn look_for_deploy(&self, since: jiff::Timestamp, check_only: bool) -> LostDeploy {
        let reader = self.reader;
        let user = reader.user_info().await.ok();
        let user = user
            .as_ref()
            .and_then(|info| info.get("user_id"))
            .and_then(Value::as_str);
        let since = since.saturating_sub(CLOCK_TOLERANCE).unwrap_or(since);
        let query = deploys_since(since, check_only, user);
        for wait in LOOKS {
            reader.clock().sleep(wait).await;
            let Ok(rows) = reader.tooling_query(&query).await else {
                return LostDeploy::Undecided;
            };
            match lost_among(&deploy_ids(&rows), &self.deploys) {
                LostDeploy::Absent => {}
                found => return found,
            }
        }
        LostDeploy::Absent
    }

    /// Pauses after an error before a write goes again, or ends with the error. Only for what a look has shown not to be
    /// done, or may be done twice.
    pub(super) async fn before_next(
        &mut self,
        stage: Stage,
        attempts: &mut Attempts,
        error: OrgError,
    ) -> Step<()> {
        let left = self
            .options
            .wait
            .saturating_sub(self.elapsed(attempts.started));
        let Some(pause) = attempts.pause_before_next(&error, left) else {
            return Err(error.into());
        };
        self.check_stop()?;
        if !pause.is_zero() {
            let elapsed_ms = self.milliseconds(attempts.started);
            (self.emit)(Event::Waiting {
                stage,
                what: format!("the org ({error})"),
                elapsed_ms,
            });
            self.pause(pause).await;
        }
        Ok(())
    }
}

/// The one deploy that this run does not know yet. Of two nobody can say which one is ours.
fn lost_among(ids: &[String], known: &BTreeSet<String>) -> LostDeploy {
    let mut unknown = ids.iter().filter(|id| !known.contains(&short_id(id)));
    match (unknown.next(), unknown.next()) {
        (None, _) => LostDeploy::Absent,
        (Some(id), None) => LostDeploy::Found(id.clone()),
        (Some(_), Some(_)) => LostDeploy::Undecided,
    }
}

/// Whether a deploy holds these files and no others.
pub(super) fn is_of(status: &DeployStatus, files: &Files) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let ours: BTreeSet<String> = files.keys().map(|path| last(path)).collect();
    let told = status.successes.iter().chain(&status.failures);
    told.map(|message| last(&message.file_name))
        .all(|file| file.is_empty() || ours.contains(&file))
}

pub(super) fn undecided(id: &str, deploy: StageDeploy<'_>) -> Failure {
    let message = format!(
        "the answer to a deploy was lost, and the one deploy since, {id}, holds other components: nobody can say \
         whether the org took ours"
    );
    let (exit, help) = match deploy.is_rehearsal() {
        true => (
            Exit::Busy,
            "it was a rehearsal, which saves nothing: run the same command again",
        ),
        false => (
            Exit::Partial,
            "run the same command again: it looks first, and finishes what is left",
        ),
    };
    Failure::new(
        exit,
        vec![Diagnostic::error(Code::AnswerLost, message).help(help)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::Refusal;

    #[test]
    fn only_one_unknown_deploy_can_be_the_lost_one() {
        let known = BTreeSet::from(["0Af000000000001".to_owned()]);
        for (ids, expected) in [
            (vec![], LostDeploy::Absent),
            (vec!["0Af000000000001AAA"], LostDeploy::Absent),
            (
                vec!["0Af000000000002AAA", "0Af000000000001AAA"],
                LostDeploy::Found("0Af000000000002AAA".to_owned()),
            ),
            (
                vec!["0Af000000000003AAA", "0Af000000000002AAA"],
                LostDeploy::Undecided,
            ),
        ] {
            let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
            assert_eq!(lost_among(&ids, &known), expected, "{ids:?}");
        }
    }

    #[test]
    fn a_lost_write_goes_again_once_and_a_locked_one_while_there_is_time() {
        let lost = || OrgError::LostAnswer {
            operation: "create a User record".into(),
            reason: "connection reset".into(),
        };
        let locked = || OrgError::Busy {
            host: "acme".into(),
            reason: "locked".into(),
            retry_after: None,
        };
        let minute = Duration::from_secs(60);
        let mut attempts = Attempts::new(Instant::now());
        assert_eq!(
            attempts.pause_before_next(&lost(), minute),
            Some(Duration::ZERO)
        );
        assert_eq!(attempts.pause_before_next(&lost(), minute), None);
        let mut attempts = Attempts::new(Instant::now());
        let pauses: Vec<u64> =
            std::iter::from_fn(|| attempts.pause_before_next(&locked(), minute * 10))
                .map(|pause| pause.as_secs())
                .collect();
        assert_eq!(pauses, [2, 4, 8, 16, 20, 20, 20]);
        assert_eq!(
            Attempts::new(Instant::now()).pause_before_next(&locked(), Duration::ZERO),
            None
        );
        let refused = OrgError::Refused {
            operation: "create a User record".into(),
            refusal: Box::new(Refusal {
                status: 400,
                code: "INVALID_FIELD".into(),
                message: String::new(),
                fields: Vec::new(),
            }),
            request_id: None,
        };
        assert_eq!(
            Attempts::new(Instant::now()).pause_before_next(&refused, minute),
            None
        );
    }
}
