//! Every single read of the org, refused: for good, and once.
//!
//! **Promise:** what was not learnt is never nothing. Refused for good, a read leaves no false number, passes no limit,
//! creates nobody who exists and proves nothing; what is only counted does not end a plan. Refused once, it is asked again
//! and leaves no trace. What must hold is in `refused/invariants.rs`, the scenes are in `refused/stage.rs`.
//!
//! The reads are learnt from runs that may read everything: every part of every composite, every GET of its own, every
//! read of the Metadata API. A new one is in it by itself; what a plan needs and what it only counts is said in
//! `refused/cases.rs`. `ORGWRIGHT_CASES` says how many cases there are to be, or `all`; `ORGWRIGHT_CASE` runs the one that
//! a failure has named. `ORGWRIGHT_NET_BINARY` takes another build of the program than the one under test.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "refused/cases.rs"]
mod cases;
#[path = "refused/claims.rs"]
mod claims;
#[path = "refused/invariants.rs"]
mod invariants;
#[path = "support/relay.rs"]
mod relay;
#[path = "support/rig.rs"]
mod rig;
#[path = "refused/stage.rs"]
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cases::{Case, Need, Place, need};
use relay::Read;
use rig::Program;
use stage::{SCENES, Scene, Seen, Stage};

/// Cases of a usual run.
const USUAL: usize = 100;
const SEED: u64 = 20_260_302;
/// Letters of a read or a problem that are shown.
const LONGEST: usize = 300;
/// Orgs at once.
const WORKERS: usize = 2;

#[test]
fn what_was_not_learnt_is_never_nothing() {
    let begun = Instant::now();
    let program = Program::named_by("ORGWRIGHT_NET_BINARY", env!("CARGO_BIN_EXE_orgwright"));
    let stages: Vec<Stage> = (0..WORKERS).map(|_| Stage::set(&program)).collect();
    let clean: BTreeMap<Scene, Seen> = SCENES
        .into_iter()
        .map(|scene| (scene, stages[0].run(scene, None, true)))
        .collect();
    let places: Vec<Place> = clean
        .iter()
        .flat_map(|(scene, seen)| cases::places(*scene, &seen.reads))
        .collect();
    let all: Vec<Case> = places.iter().flat_map(cases::cases).collect();
    let count = all.len();
    let wanted = wanted(cases::ordered(all, SEED));
    let wrong = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for stage in stages {
            let (next, wanted, wrong, clean) = (&next, &wanted, &wrong, &clean);
            scope.spawn(move || {
                while let Some(case) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = problems(&stage, case, &clean[&case.place.scene]);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let reads: BTreeSet<&Read> = places.iter().map(|place| &place.read).collect();
    let of = |kind: Need| reads.iter().filter(|read| need(read) == kind).count();
    say(&format!(
        "{} reads, {} needed, {} counted, {} open, at {} places in {} scenes: {} of {count} cases in {:.0?}, {} wrong\n",
        reads.len(),
        of(Need::Needed),
        of(Need::Counted),
        of(Need::Open),
        places.len(),
        SCENES.len(),
        wanted.len(),
        begun.elapsed(),
        wrong.len()
    ));
    assert!(!wanted.is_empty(), "no such case");
    assert!(wrong.is_empty(), "{}", report(&wrong));
}

/// A broken invariant, the case, its read, and what is wrong.
type Problem = (&'static str, String, String, String);

/// What is wrong with a case.
fn problems(stage: &Stage, case: &Case, clean: &Seen) -> Vec<Problem> {
    let human = case.how.name == "access";
    let seen = stage.run(case.place.scene, Some(case.refusal()), human);
    let struck = seen.asked > case.place.skip;
    if !struck {
        return vec![(
            "meets its read",
            case.name(),
            case.place.read.to_string(),
            "it was not asked".to_owned(),
        )];
    }
    let invariants = match case.how.for_good {
        true => &invariants::FOR_GOOD[..],
        false => &invariants::ONCE[..],
    };
    let broken = invariants.iter().filter_map(|(name, invariant)| {
        let problem = invariant(case, clean, &seen).err()?;
        Some((*name, case.name(), case.place.read.to_string(), problem))
    });
    broken.collect()
}

fn wanted(mut cases: Vec<Case>) -> Vec<Case> {
    if let Ok(name) = std::env::var("ORGWRIGHT_CASE") {
        cases.retain(|case| case.name() == name);
        return cases;
    }
    let wanted = std::env::var("ORGWRIGHT_CASES").unwrap_or_default();
    match wanted.as_str() {
        "all" => {}
        "" => cases.truncate(USUAL),
        number => cases.truncate(number.parse().expect("ORGWRIGHT_CASES")),
    }
    cases
}

/// Every broken invariant with its cases.
fn report(wrong: &[Problem]) -> String {
    let mut sorted: Vec<&Problem> = wrong.iter().collect();
    sorted.sort();
    let mut text = String::new();
    let mut last = "";
    for (invariant, case, read, problem) in sorted {
        if *invariant != last {
            let count = wrong.iter().filter(|(name, ..)| name == invariant).count();
            text += &format!("\n{invariant}: not in {count} cases\n");
            last = invariant;
        }
        let read: String = read.chars().take(LONGEST).collect();
        let problem: String = problem.chars().take(LONGEST).collect();
        text += &format!("  ORGWRIGHT_CASE={case}\n    {read}\n    {problem}\n");
    }
    text
}

/// Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
