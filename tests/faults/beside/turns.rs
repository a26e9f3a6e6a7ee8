//! Two runs at once that take turns.

use super::*;

/// Schedules of two runs in a test run.
const SCHEDULES: u32 = 40;

/// How often the turn may pass from a run that could go on.
const PREEMPTIONS: usize = 3;

/// Who of two runs is next. The turn passes at the stated numbers of waits, and for good when one has ended.
struct Turns {
    passes: Vec<usize>,
    state: Mutex<Turn>,
    changed: Notify,
}

#[derive(Default)]
struct Turn {
    whose: usize,
    waits: usize,
    ended: [bool; 2],
}

impl Turns {
    fn new(passes: Vec<usize>) -> Self {
        Self {
            passes,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Waits for one's turn.
    async fn mine(&self, me: usize) {
        loop {
            // Before the look, so that no change is missed after it.
            let changed = self.changed.notified();
            if self.take(me) {
                return;
            }
            changed.await;
        }
    }

    fn take(&self, me: usize) -> bool {
        let mut turn = self.state.lock().expect("no panic");
        let other = 1 - me;
        if turn.ended[other] {
            return true;
        }
        if turn.whose != me {
            return false;
        }
        turn.waits += 1;
        if self.passes.contains(&turn.waits) {
            turn.whose = other;
            self.changed.notify_waiters();
        }
        true
    }

    fn end(&self, me: usize) {
        self.state.lock().expect("no panic").ended[me] = true;
        self.changed.notify_waiters();
    }
}

/// The clock of one of two runs that take turns.
struct OneOfTwo {
    clock: Arc<VirtualClock>,
    turns: Arc<Turns>,
    me: usize,
}

impl Clock for OneOfTwo {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep(&self, time: Duration) -> Wait<'_, ()> {
        self.clock.sleep(time)
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move {
            self.turns.mine(self.me).await;
            self.clock.within(limit, work).await
        })
    }

    fn chance(&self) -> f64 {
        self.clock.chance()
    }
}

/// Two runs at once, the turn passing at these numbers.
async fn two(
    stage: &Stage,
    server: &Arc<Server>,
    folders: [&Path; 2],
    passes: Vec<usize>,
) -> [Run; 2] {
    let clock = Arc::new(VirtualClock::new(Arc::clone(server), stage.seed));
    let turns = Arc::new(Turns::new(passes));
    let one = async |me: usize| {
        let own = OneOfTwo {
            clock: Arc::clone(&clock),
            turns: Arc::clone(&turns),
            me,
        };
        let way = Way::Credentials(folders[me]);
        let run = client(server, &way, &stage.manifests, Arc::new(own)).await;
        turns.end(me);
        run
    };
    let both = async { tokio::join!(one(0), one(1)) };
    clock.drive(both).await.into()
}

async fn see_two(stage: &Stage, reference: &Reference, passes: &[usize], folder: &Path) -> Outcome {
    let server = stage.start().await;
    let other = stage.target();
    let runs = two(stage, &server, [folder, &other], passes.to_vec()).await;
    let org = server.org();
    invariants::there_is_one_user_at_most(&org)?;
    invariants::the_rest_is_untouched(&stage.seeded, &org)?;
    for run in &runs {
        invariants::nothing_goes_twice_blindly(run)?;
        invariants::no_secret_is_told(run, &org)?;
    }
    let way = Way::Credentials(folder);
    let next = stage.run(&server, &way).await;
    invariants::it_is_proved(&next).map_err(|problem| format!("{problem}: {}", next.told))?;
    invariants::there_is_one_user_at_most(&server.org())?;
    invariants::the_org_is_as_it_should_be(&server.org(), &reference.expected)?;
    let last = stage.run(&server, &way).await;
    invariants::nothing_was_left_to_do(&last)?;
    Ok(runs[1].exit)
}

#[test]
fn two_runs_at_once_leave_what_one_leaves() {
    let stage = Stage::new();
    let (reference, waits) = runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let server = stage.start().await;
        let folder = stage.target();
        let (_, waits) = edited(&stage, &server, &folder, 0, None).await;
        (reference, waits as u64)
    });
    let mut random = stage.seed | 1;
    let mut moment = || {
        random = next_random(random);
        usize::try_from((random >> 8) % (2 * waits)).unwrap_or(0)
    };
    let schedules = (0..wanted(SCHEDULES)).map(|_| {
        let mut passes: Vec<usize> = (0..PREEMPTIONS).map(|_| 1 + moment()).collect();
        passes.sort_unstable();
        passes.dedup();
        let name: Vec<String> = passes.iter().map(usize::to_string).collect();
        (format!("two/{}", name.join("-")), passes)
    });
    let sample = Sample {
        what: "two runs at once, with up to three passes of the turn",
        test: "two_runs_at_once",
        stage: &stage,
    };
    sample.rehearse(schedules.collect(), |passes, folder| {
        runtime().block_on(see_two(&stage, &reference, passes, folder))
    });
}
