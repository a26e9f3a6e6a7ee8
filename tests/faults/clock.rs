//! A clock that stands still while somebody works, and jumps to the next moment that somebody waits for.
//!
//! One thread holds the client and the org. Time moves on only when every request under way is held by the org, so that
//! a pause of a minute takes none, and no request ever meets a time-out that it would not meet on a real clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use orgwright::org::{Clock, Wait};
use salesforce_emulator::Server;
use tokio::sync::{Notify, oneshot};

/// Turns everybody gets to do what they can, before time moves on.
const TURNS: usize = 4;
/// How long to look away where only the machine's own network can bring news.
const MOMENT: Duration = Duration::from_millis(1);
/// Moments after which no news will come: half a minute at least.
const MOST_MOMENTS: usize = 30_000;

/// The clock of one rehearsal.
pub(crate) struct VirtualClock {
    start: Instant,
    server: Arc<Server>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    now: Duration,
    number: u64,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    under_way: usize,
    random: u64,
}

impl VirtualClock {
    /// A clock over an org with a manual clock of its own, which it moves along. The seed decides all chances.
    pub(crate) fn new(server: Arc<Server>, seed: u64) -> Self {
        let state = State {
            random: seed | 1,
            ..State::default()
        };
        Self {
            start: Instant::now(),
            server,
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much time has passed.
    pub(crate) fn passed(&self) -> Duration {
        self.state().now
    }

    /// Does the work while time moves on whenever everybody waits.
    pub(crate) async fn drive<Output>(&self, work: impl Future<Output = Output>) -> Output {
        tokio::select! {
            biased;
            outcome = work => outcome,
            stuck = self.move_on() => panic!("time stands still: {stuck}"),
        }
    }

    /// Moves time on, and returns who waits for whom where that is not possible any more.
    async fn move_on(&self) -> String {
        let mut moments = 0;
        loop {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let Some(next) = self.next() else {
                tokio::select! {
                    () = self.changed.notified() => moments = 0,
                    () = tokio::time::sleep(MOMENT) => moments += 1,
                }
                if moments == MOST_MOMENTS {
                    return self.who_waits();
                }
                continue;
            };
            moments = 0;
            let by = next.saturating_sub(self.passed());
            self.server.advance(by);
            let mut state = self.state();
            state.now += by;
            let now = state.now;
            let later = state.sleepers.split_off(&(now, u64::MAX));
            for (_, sleeper) in std::mem::replace(&mut state.sleepers, later) {
                // Who has stopped waiting needs no waking.
                let _ = sleeper.send(());
            }
        }
    }

    fn who_waits(&self) -> String {
        let held = self.server.held();
        let state = self.state();
        let (under_way, sleepers) = (state.under_way, &state.sleepers);
        format!(
            "{under_way} requests under way, {held:?} held by the org, sleepers {:?} at {:?}",
            sleepers.keys(),
            state.now
        )
    }

    /// The next moment that somebody waits for, if nobody works.
    fn next(&self) -> Option<Duration> {
        let held = self.server.held();
        let state = self.state();
        if state.under_way != held.len() {
            return None;
        }
        let now = self.server.now();
        let due = held.into_iter().flatten().min();
        let due = due.map(|due| state.now + milliseconds(due.saturating_sub(now)));
        let wakes = state.sleepers.keys().next().map(|(moment, _)| *moment);
        due.into_iter().chain(wakes).min()
    }

    fn enter(&self, time: Duration) -> (Place<'_>, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        state.number += 1;
        // The org counts in whole milliseconds.
        let whole = Duration::from_millis(
            u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX),
        );
        let key = (state.now + whole, state.number);
        state.sleepers.insert(key, sender);
        drop(state);
        self.changed.notify_one();
        (Place { clock: self, key }, receiver)
    }
}

fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}

/// The place of one sleeper, which it takes with it.
struct Place<'a> {
    clock: &'a VirtualClock,
    key: (Duration, u64),
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.clock.state().sleepers.remove(&self.key);
    }
}

/// A request that the client waits for.
struct UnderWay<'a>(&'a VirtualClock);

impl<'a> UnderWay<'a> {
    fn new(clock: &'a VirtualClock) -> Self {
        clock.state().under_way += 1;
        Self(clock)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.changed.notify_one();
    }
}

impl VirtualClock {
    /// Waits until the org has noticed that a client gave up one of so many held requests.
    async fn noticed(&self, held: usize) {
        holds_fewer(&self.server, held).await;
    }
}

/// Whether the org comes to hold fewer requests than so many.
pub(crate) async fn holds_fewer(server: &Server, held: usize) -> bool {
    const MOST_LOOKS: usize = 10_000;
    for _ in 0..MOST_LOOKS {
        if server.held().len() < held {
            return true;
        }
        tokio::time::sleep(MOMENT).await;
    }
    false
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        self.start + self.passed()
    }

    fn sleep(&self, time: Duration) -> Wait<'_, ()> {
        Box::pin(async move {
            let (_place, woken) = self.enter(time);
            // The sender lives as long as the clock.
            let _ = woken.await;
        })
    }

    fn within<'a>(&'a self, limit: Duration, mut work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move {
            let _under_way = UnderWay::new(self);
            let done = tokio::select! {
                biased;
                () = &mut work => true,
                () = self.sleep(limit) => false,
            };
            if !done {
                let held = self.server.held().len();
                drop(work);
                self.noticed(held).await;
            }
            done
        })
    }

    fn chance(&self) -> f64 {
        let mut state = self.state();
        state.random = crate::cases::next_random(state.random);
        (state.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}
