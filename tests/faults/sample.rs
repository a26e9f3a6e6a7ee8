//! Many cases, of which a test run takes some, in an order that the seed decides.
//!
//! `ORGWRIGHT_CASES` says how many there are to be, and `ORGWRIGHT_FAULT` runs the one that a failure has named.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use orgwright::diagnostic::Exit;

use crate::Stage;

/// How the run of a case ended, or what was wrong.
pub(crate) type Outcome = Result<Exit, String>;

/// What is rehearsed, and the test that does it.
pub(crate) struct Sample<'a> {
    pub(crate) what: &'a str,
    pub(crate) test: &'a str,
    pub(crate) stage: &'a Stage,
}

/// How many cases there are to be.
pub(crate) fn wanted(usual: u32) -> usize {
    usize::try_from(testing::cases(usual)).unwrap_or(usize::MAX)
}

/// Bytes of a worker's stack: as much as a program's first thread has, on which a run goes otherwise. Unoptimised, two runs
/// in one thread take more than a further thread is given.
const STACK: usize = 8 << 20;

impl Sample<'_> {
    /// Sees the cases, each by its name.
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
        let (started, next) = (Instant::now(), AtomicUsize::new(0));
        let exits: Mutex<BTreeMap<String, usize>> = Mutex::default();
        let wrong = Mutex::new(Vec::new());
        let work = || {
            let folder = self.stage.target();
            while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let seen = catch_unwind(AssertUnwindSafe(|| see(case, &folder)));
                let ended = match seen.unwrap_or_else(|_| Err("it panicked, see above".to_owned()))
                {
                    Ok(exit) => format!("{exit:?}"),
                    Err(problem) => {
                        wrong.lock().expect("no panic").push(self.again(
                            &problem,
                            name,
                            cases.len(),
                        ));
                        "wrong".to_owned()
                    }
                };
                *exits.lock().expect("no panic").entry(ended).or_default() += 1;
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let worker = std::thread::Builder::new().stack_size(STACK);
                worker.spawn_scoped(scope, work).expect("a thread");
            }
        });
        let (exits, wrong) = (exits.into_inner(), wrong.into_inner());
        let (exits, wrong) = (exits.expect("no panic"), wrong.expect("no panic"));
        // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
        let _ = writeln!(
            std::io::stderr().lock(),
            "{}: {} cases in {:.1} s, {exits:?}; ORGWRIGHT_SEED={}",
            self.what,
            cases.len(),
            started.elapsed().as_secs_f64(),
            self.stage.seed
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(!cases.is_empty(), "no case was seen");
    }

    /// A problem, and the command that shows it again.
    fn again(&self, problem: &str, name: &str, cases: usize) -> String {
        let (test, seed) = (self.test, self.stage.seed);
        format!(
            "{problem}\n    ORGWRIGHT_FAULT={name} ORGWRIGHT_SEED={seed} ORGWRIGHT_CASES={cases} cargo test --test faults {test}"
        )
    }
}
