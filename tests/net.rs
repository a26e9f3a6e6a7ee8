//! The net: what the program said and did about generated pairs of org and manifest before a change, held against what it
//! says and does now.
//!
//! `ORGWRIGHT_NET` names the folder of a recorded net, which is no part of the project; without it nothing is compared.
//! `ORGWRIGHT_NET_BINARY` takes another build of the program than the one under test. With `ORGWRIGHT_NET_RECORD=yes` the
//! folder is filled instead. `ORGWRIGHT_NET_PAIRS` says how many pairs there are to be, or which: `300`, or `17-17`.
//! What is kept of a pair is said in `net/record.rs`, and which differences are meant in `net/allowed.txt`. Every build
//! is asked about an org of its own emulator, through a relay, so that nothing but command line and wire has to stay.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "net/company.rs"]
mod company;
#[path = "net/compare.rs"]
mod compare;
#[path = "net/dice.rs"]
mod dice;
#[path = "net/grants.rs"]
mod grants;
#[path = "net/plain.rs"]
mod plain;
#[path = "net/record.rs"]
mod record;
#[path = "support/relay.rs"]
mod relay;
#[path = "support/rig.rs"]
mod rig;
#[path = "net/rule.rs"]
mod rule;
#[path = "net/seed.rs"]
mod seed;
#[path = "net/wish.rs"]
mod wish;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use compare::{Allowed, Tally};
use record::Kept;
use rig::Program;

/// How many pairs a net has.
const PAIRS: u64 = 300;
/// Pairs at once.
const WORKERS: usize = 2;

#[test]
fn the_program_says_and_does_what_it_did() {
    let Some(folder) = std::env::var_os("ORGWRIGHT_NET").map(PathBuf::from) else {
        say("skipped the net: ORGWRIGHT_NET names no folder of recorded runs\n");
        return;
    };
    let program = Program::named_by("ORGWRIGHT_NET_BINARY", env!("CARGO_BIN_EXE_orgwright"));
    let begun = Instant::now();
    if std::env::var_os("ORGWRIGHT_NET_RECORD").is_some_and(|wanted| wanted == "yes") {
        std::fs::create_dir_all(&folder).unwrap();
        each(&program, |pair, kept| save(&folder, pair, &kept));
        say(&format!("recorded in {:.0?}\n", begun.elapsed()));
        return;
    }
    let allowed = Allowed::read(include_str!("net/allowed.txt"));
    let tally = Mutex::new(Tally::default());
    each(&program, |pair, kept| {
        let before = load(&folder, pair);
        assert_eq!(
            before.get("inputs"),
            kept.get("inputs"),
            "the net was recorded of another pair {pair}: record it anew"
        );
        let found = compare::differences(&before, &kept);
        tally.lock().unwrap().note(pair, found, &allowed);
    });
    let tally = tally.into_inner().unwrap();
    let report = tally.report(&allowed);
    say(&format!("{report}in {:.0?}\n", begun.elapsed()));
    assert!(tally.holds(), "the program says or does something else");
}

/// Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Records every wanted pair.
fn each(program: &Program, take: impl Fn(u64, Kept) + Sync) {
    let queue = Mutex::new(wanted());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(pair) = next else { break };
                    let folder = tempfile::tempdir().unwrap();
                    take(pair, record::record(program, pair, folder.path()).unwrap());
                }
            });
        }
    });
}

/// `N` for the first so many pairs, `N-M` for those from N to M.
fn wanted() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("ORGWRIGHT_NET_PAIRS") else {
        return 0..PAIRS;
    };
    let number = |text: &str| text.trim().parse::<u64>().expect("ORGWRIGHT_NET_PAIRS");
    match text.split_once('-') {
        Some((first, last)) => number(first)..number(last) + 1,
        None => 0..number(&text),
    }
}

fn file(folder: &Path, pair: u64) -> PathBuf {
    folder.join(format!("{pair:03}.json"))
}

fn save(folder: &Path, pair: u64, kept: &Kept) {
    let text = serde_json::to_string_pretty(kept).unwrap();
    std::fs::write(file(folder, pair), text).unwrap();
}

fn load(folder: &Path, pair: u64) -> Kept {
    let path = file(folder, pair);
    let text = std::fs::read_to_string(&path).expect("the pair was recorded");
    serde_json::from_str(&text).expect("a recording")
}
