//! The life of a deploy: waiting, running, done. One runs at a time; later ones wait for it.
//!
//! Promise: a job's state depends on the clock and on nothing else, least of all on who asks about it.

mod answer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::deploy::report::Report;
use crate::deploy::{self, Occasion, Options};
use crate::sharing::{self, Timing};
use crate::store::{DeployJob, Id, Millis, Org};
use crate::world::World;

pub(crate) use answer::{soap_date, to_json, write};

/// A job waits for this part of its time and runs for the rest.
const WAITING_PART: Millis = 10;

/// What the store keeps of a deploy besides its dates and status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Detail {
    pub(crate) options: Options,
    /// The package, until it has run.
    pub(crate) zip: String,
    pub(crate) zip_size: usize,
    /// Components counted when it began to run.
    pub(crate) total: usize,
    pub(crate) report: Option<Report>,
    /// The validation this is a quick deploy of.
    pub(crate) validated: Option<Id>,
    pub(crate) canceled_by: Option<Id>,
    /// How long it takes, where that is not what every deploy takes.
    pub(crate) takes: Option<Millis>,
}

/// What the store keeps of a deploy; empty for one that an older program wrote.
pub(crate) fn detail(job: &DeployJob) -> Detail {
    serde_json::from_value(job.detail.clone()).unwrap_or_default()
}

fn set_detail(job: &mut DeployJob, detail: &Detail) {
    job.detail = serde_json::to_value(detail).unwrap_or_default();
}

/// Puts a deploy in the queue and gives its id.
pub(crate) fn enqueue(
    world: &mut World,
    user: &str,
    zip: &[u8],
    options: Options,
    validated: Option<Id>,
) -> Id {
    let id = world.org.next_id("0Af");
    let mut job = DeployJob {
        id: id.clone(),
        created_by: user.to_owned(),
        created: world.now(),
        status: "Pending".to_owned(),
        check_only: options.check_only,
        ..DeployJob::default()
    };
    let detail = Detail {
        options,
        zip: BASE64.encode(zip),
        zip_size: zip.len(),
        validated,
        ..Detail::default()
    };
    set_detail(&mut job, &detail);
    world.org.deploys.insert(id.clone(), job);
    id
}

/// Lets a deploy take its own time.
pub(crate) fn take(world: &mut World, id: &str, takes: Millis) {
    if let Some(job) = world.org.deploys.get_mut(id) {
        let mut detail = detail(job);
        detail.takes = Some(takes);
        set_detail(job, &detail);
    }
}

/// Lets deploys and recalculations come as far as the clock allows, in the order in which they come. Called before every
/// request.
pub(crate) fn settle(world: &mut World) {
    let now = world.now();
    while let Some(id) = next_waiting(&world.org) {
        let Some(times) = times(world, &id) else {
            break;
        };
        if times.end > now {
            show_progress(&mut world.org, &id, times, now);
            break;
        }
        sharing::settle(&mut world.org, times.end);
        run(world, &id, times);
    }
    sharing::settle(&mut world.org, now);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Times {
    start: Millis,
    end: Millis,
}

fn next_waiting(org: &Org) -> Option<Id> {
    let waiting = org.deploys.values().filter(|job| job.completed.is_none());
    waiting
        .min_by_key(|job| (job.created, job.id.clone()))
        .map(|job| job.id.clone())
}

/// A job begins when it was asked for and the one before it is done. With no time to take it is done whenever the
/// clock is looked at.
fn times(world: &World, id: &str) -> Option<Times> {
    let job = world.org.deploys.get(id)?;
    let free = world
        .org
        .deploys
        .values()
        .filter_map(|job| job.completed)
        .max()
        .unwrap_or(job.created);
    let begin = job.created.max(free);
    let usual = Millis::try_from(world.deploy_time.as_millis()).unwrap_or(Millis::MAX / 4);
    let takes = detail(job).takes.unwrap_or(usual);
    let start = begin + takes / WAITING_PART;
    Some(Times {
        start,
        end: begin + takes,
    })
}

fn show_progress(org: &mut Org, id: &str, times: Times, now: Millis) {
    let Some(job) = org.deploys.get_mut(id).filter(|_| now >= times.start) else {
        return;
    };
    if job.status == "Pending" {
        let mut detail = detail(job);
        detail.total = deploy::count(
            &BASE64.decode(&detail.zip).unwrap_or_default(),
            &detail.options,
        );
        set_detail(job, &detail);
        job.status = "InProgress".to_owned();
        job.started = Some(times.start);
    }
}

fn run(world: &mut World, id: &str, times: Times) {
    let Some(mut job) = world.org.deploys.get(id).cloned() else {
        return;
    };
    let mut detail = detail(&job);
    let zip = BASE64.decode(&detail.zip).unwrap_or_default();
    let occasion = Occasion {
        user: job.created_by.clone(),
        now: times.end,
        timing: timing(world, id, times.end),
    };
    // Packages of other deploys stay out of the copies a deploy makes of the org.
    let jobs = std::mem::take(&mut world.org.deploys);
    let report = deploy::run(&mut world.org, &zip, &detail.options, &occasion);
    world.org.deploys = jobs;
    job.status = report.status.clone();
    job.started = Some(times.start);
    job.completed = Some(times.end);
    if !detail.options.check_only {
        detail.zip = String::new();
    }
    detail.report = Some(report);
    set_detail(&mut job, &detail);
    world.org.deploys.insert(id.to_owned(), job);
    sharing::deploy_reported(&mut world.org, id);
}

/// When a recalculation that begins now comes through.
pub(crate) fn timing(world: &World, deploy: &str, now: Millis) -> Timing {
    if world.recalculation.is_zero() {
        return Timing::WithDeploy(deploy.to_owned());
    }
    let takes = Millis::try_from(world.recalculation.as_millis()).unwrap_or(Millis::MAX / 4);
    Timing::Due(now + takes)
}

/// Why a deploy cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCancelled {
    Unknown,
    Completed,
}

/// Cancels a deploy that is not done.
pub(crate) fn cancel(world: &mut World, id: &str, user: &str) -> Result<(), NotCancelled> {
    let now = world.now();
    let job = world.org.deploys.get_mut(id).ok_or(NotCancelled::Unknown)?;
    if job.completed.is_some() {
        return Err(NotCancelled::Completed);
    }
    let mut detail = detail(job);
    detail.zip = String::new();
    detail.canceled_by = Some(user.to_owned());
    set_detail(job, &detail);
    job.status = "Canceled".to_owned();
    job.completed = Some(now);
    Ok(())
}

/// How long a validation is good for a quick deploy: ten days (Metadata API guide, deployRecentValidation).
const VALID_FOR: Millis = 10 * 24 * 60 * 60 * 1000;

/// The package and options of a validation that succeeded, to be deployed without validating again. It is none any more
/// once it is too old, or once another deploy has changed the org since.
pub(crate) fn validation(org: &Org, id: &str, now: Millis) -> Option<(Vec<u8>, Options)> {
    let job = org
        .deploys
        .get(id)
        .filter(|job| job.check_only && job.status == "Succeeded")?;
    let validated = job.completed?;
    let since = |other: &DeployJob| {
        let later = (other.created, &other.id) > (job.created, &job.id);
        later && !other.check_only && other.status.starts_with("Succeeded")
    };
    if now - validated > VALID_FOR || org.deploys.values().any(since) {
        return None;
    }
    let detail = detail(job);
    let zip = BASE64.decode(&detail.zip).ok()?;
    Some((
        zip,
        Options {
            check_only: false,
            ..detail.options
        },
    ))
}
