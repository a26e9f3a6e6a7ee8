//! Many cases, of which a test run takes as many as fit into its time, in an order that the seed decides.
//!
//! `ORGWRIGHT_FAULTS=all` takes all of them, `ORGWRIGHT_FAULT_CASES` says how many there are to be, and `ORGWRIGHT_FAULT`
//! runs the one that a failure has named.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use orgwright::diagnostic::Exit;

use crate::{Stage, number};

/// How long one sample may take.
const MOST: Duration = Duration::from_secs(30);

/// How the run of a case ended, or what was wrong.
pub(crate) type Outcome = Result<Exit, String>;

/// What is rehearsed, and the test that does it.
pub(crate) struct Sample<'a> {
    pub(crate) what: &'a str,
    pub(crate) test: &'a str,
    pub(crate) stage: &'a Stage,
}

/// How many cases there are to be.
pub(crate) fn wanted(usual: usize) -> usize {
    let wanted = number("ORGWRIGHT_FAULT_CASES");
    wanted.map_or(usual, |wanted| usize::try_from(wanted).unwrap_or(usual))
}

impl Sample<'_> {
    /// Sees the cases, each by its name, until there are none or no time.
    pub(crate) fn rehearse<Case: Sync>(
        &self,
        mut cases: Vec<(String, Case)>,
        see: impl Fn(&Case, &Path) -> Outcome + Sync,
    ) {
        if let Ok(name) = std::env::var("ORGWRIGHT_FAULT") {
            cases.retain(|(case, _)| *case == name);
            if cases.is_empty() {
                // The case of another test.
                return;
            }
        }
        let all = std::env::var_os("ORGWRIGHT_FAULTS").is_some_and(|wanted| wanted == "all");
        let (started, next) = (Instant::now(), AtomicUsize::new(0));
        let exits: Mutex<BTreeMap<String, usize>> = Mutex::default();
        let wrong = Mutex::new(Vec::new());
        let work = || {
            let folder = self.stage.target();
            while all || started.elapsed() < MOST {
                let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                let ended = match see(case, &folder) {
                    Ok(exit) => format!("{exit:?}"),
                    Err(problem) => {
                        wrong
                            .lock()
                            .expect("no panic")
                            .push(self.again(&problem, name));
                        "wrong".to_owned()
                    }
                };
                *exits.lock().expect("no panic").entry(ended).or_default() += 1;
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        let (exits, wrong) = (exits.into_inner(), wrong.into_inner());
        let (exits, wrong) = (exits.expect("no panic"), wrong.expect("no panic"));
        let count: usize = exits.values().sum();
        // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
        let _ = writeln!(
            std::io::stderr().lock(),
            "{}: {count} of {} cases in {:.1} s, {exits:?}; ORGWRIGHT_FAULT_SEED={}",
            self.what,
            cases.len(),
            started.elapsed().as_secs_f64(),
            self.stage.seed
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count > 0, "no case was seen");
    }

    /// A problem, and the command that shows it again.
    fn again(&self, problem: &str, name: &str) -> String {
        let (test, seed) = (self.test, self.stage.seed);
        format!(
            "{problem}\n    ORGWRIGHT_FAULT={name} ORGWRIGHT_FAULT_SEED={seed} cargo test --test faults {test}"
        )
    }
}
