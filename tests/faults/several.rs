//! Several failures in one run: every two in order, and up to six at random, from orgs that are in any state.

use std::path::Path;
use std::time::Duration;

use orgwright::diagnostic::Exit;
use salesforce_emulator::store::Org;

use crate::cases::{Case, KINDS, Kind, Way as Fails, faults, next_random, shuffled};
use crate::invariants;
use crate::run::Way;
use crate::sample::{Outcome, Sample, wanted};
use crate::{Reference, Stage, runtime, state};

/// Pairs of a test run.
const PAIRS: u32 = 100;
/// Random runs of a test run.
const RANDOM: u32 = 100;
/// Failures of one random run.
const MOST_FAILURES: u64 = 6;

/// A role that others made, with the label of ours.
const NAMESAKE: (&str, &str) = (
    "roles/Other_HubSpot.role",
    "<Role xmlns=\"http://soap.sforce.com/2006/04/metadata\"><name>HubSpot Integration</name></Role>",
);

/// Kinds of failure that strike requests, in no need of a door.
fn kinds() -> Vec<Kind> {
    let strikes = |kind: &Kind| !matches!(kind.way, Fails::Connect(_));
    KINDS.into_iter().filter(strikes).collect()
}

/// An org to begin with, and what a run without failures makes of it.
struct Start {
    stage: Stage,
    reference: Reference,
}

impl Start {
    async fn at(org: Org) -> Self {
        let stage = Stage {
            seeded: org,
            ..Stage::new()
        };
        let server = stage.start().await;
        let folder = stage.target();
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Done, "without failures: {}", run.told);
        let reference = Reference {
            expected: state::settled(server.org()),
            requests: run.asked.len(),
            connections: 0,
        };
        Self { stage, reference }
    }
}

/// The org after a run that met these failures, once everything under way has come through.
async fn after(stage: &Stage, text: &str) -> Org {
    let server = stage.start().await;
    server.set_faults(faults(text));
    let folder = stage.target();
    stage.run(&server, &Way::Credentials(&folder)).await;
    server.advance(Duration::from_secs(100_000));
    let mut org = server.org();
    org.deploys.clear();
    org
}

/// The org as it was seeded, converged, half done at several requests, drifted, and with a role that has the label of
/// ours.
async fn starts(fresh: &Stage) -> Vec<Start> {
    let converged = after(fresh, "[]").await;
    let mut orgs = vec![fresh.seeded.clone(), converged.clone()];
    for request in [9, 12, 15, 18, 21] {
        let ends = format!(r#"[{{"skip": {request}, "drop": "before"}}]"#);
        orgs.push(after(fresh, &ends).await);
    }
    let mut drifted = converged;
    state::drift(&mut drifted);
    orgs.push(drifted);
    orgs.push(state::seeded_with(&[NAMESAKE]));
    let mut starts = Vec::new();
    for org in orgs {
        starts.push(Start::at(org).await);
    }
    starts
}

/// A run to be: where it begins, and what it meets.
struct Story {
    start: usize,
    failures: Vec<Case>,
}

/// The run, and the ones after it, which meet nothing.
async fn see(start: &Start, failures: &[Case], folder: &Path) -> Outcome {
    let (stage, way) = (&start.stage, Way::Credentials(folder));
    let server = stage.start().await;
    let entries: Vec<String> = failures.iter().map(Case::entry).collect();
    server.set_faults(faults(&format!("[{}]", entries.join(","))));
    let first = stage.run(&server, &way).await;
    let stopped = server.org();
    server.set_faults(faults("[]"));
    let hiding = failures.iter().find(|case| case.kind.hides);
    let worst = hiding.or(failures.first()).expect("a failure");
    stage.holds_after(&first, &stopped, worst, &start.reference)?;
    if first.exit != Exit::Done {
        stage.finishes(&server, &way, &start.reference).await?;
    } else {
        let second = stage.run(&server, &way).await;
        invariants::nothing_was_left_to_do(&second)?;
    }
    Ok(first.exit)
}

#[test]
fn every_two_failures_in_order() {
    let stage = Stage::new();
    let start = runtime().block_on(Start::at(stage.seeded.clone()));
    let single = kinds().into_iter().flat_map(|kind| {
        let case = move |request| Case {
            request,
            times: 1,
            kind,
        };
        (0..start.reference.requests).map(case)
    });
    let single: Vec<Case> = single.collect();
    let firsts = shuffled(single.clone(), stage.seed);
    let mut random = stage.seed | 1;
    let pairs = (0..wanted(PAIRS)).map(|number: usize| {
        random = next_random(random);
        let second = usize::try_from(random >> 8).unwrap_or(0) % single.len();
        [firsts[number % firsts.len()], single[second]]
    });
    let named = pairs.map(|pair| {
        let [first, second] = pair.map(|case| case.name());
        (format!("{first}+{second}"), pair)
    });
    let sample = Sample {
        what: "two failures in one run",
        test: "every_two_failures",
        stage: &stage,
    };
    sample.rehearse(named.collect(), |pair, folder| {
        runtime().block_on(see(&start, pair, folder))
    });
}

#[test]
fn several_failures_from_any_state() {
    let stage = Stage::new();
    let starts = runtime().block_on(starts(&stage));
    let kinds = kinds();
    let mut random = stage.seed | 1;
    let mut below = |bound: u64| {
        random = next_random(random);
        (random >> 8) % bound
    };
    let index = |number: u64| usize::try_from(number).unwrap_or(0);
    let stories = (0..wanted(RANDOM)).map(|number| {
        let start = index(below(starts.len() as u64));
        let requests = starts[start].reference.requests as u64;
        let failures = (0..=below(MOST_FAILURES)).map(|_| Case {
            request: index(below(requests)),
            times: 1 + below(2),
            kind: kinds[index(below(kinds.len() as u64))],
        });
        let failures = failures.collect();
        (format!("several/{number}"), Story { start, failures })
    });
    let stories: Vec<_> = stories.collect();
    let sample = Sample {
        what: "one to six failures in one run, from nine states of the org",
        test: "several_failures",
        stage: &stage,
    };
    sample.rehearse(stories, |story, folder| {
        let seen = see(&starts[story.start], &story.failures, folder);
        runtime().block_on(seen).map_err(|problem| {
            let names: Vec<String> = story.failures.iter().map(Case::name).collect();
            format!("{problem} (start {}, {names:?})", story.start)
        })
    });
}

#[test]
fn an_inactive_user_is_told_and_not_waited_for() {
    let stage = Stage::new();
    runtime().block_on(async {
        let converged = after(&stage, "[]").await;
        let server = stage.start_over(&converged).await;
        crate::beside::change_ours(&server, r#"{"IsActive": false}"#).await;
        let folder = stage.target();
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::ProofFailed, "{}", run.told);
        assert!(run.told.contains("the user is inactive"), "{}", run.told);
        assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
    });
}
