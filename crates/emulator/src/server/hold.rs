//! Requests that are held: for a time, or until the client gives up.
//!
//! On the machine's clock that is a sleep. Under a manual clock a request waits until somebody has moved the clock on,
//! and whoever moves it can ask who waits.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Service;
use crate::store::Millis;
use crate::world::Clock;

/// Who is held, and until when; `None` until the client gives up.
#[derive(Debug, Default)]
pub(crate) struct Held {
    waiting: Mutex<(u64, BTreeMap<u64, Option<Millis>>)>,
    moved: Notify,
}

impl Held {
    fn waiting(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Option<Millis>>)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each of them may go on.
    pub(crate) fn until(&self) -> Vec<Option<Millis>> {
        self.waiting().1.values().copied().collect()
    }

    /// Wakes those whose time may have come.
    pub(crate) fn clock_has_moved(&self) {
        self.moved.notify_waiters();
    }

    fn enter(&self, until: Option<Millis>) -> Place<'_> {
        let mut waiting = self.waiting();
        waiting.0 += 1;
        let number = waiting.0;
        waiting.1.insert(number, until);
        Place { held: self, number }
    }
}

/// The place of one request among those that wait. A request whose client has left takes its place with it.
struct Place<'a> {
    held: &'a Held,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.held.waiting().1.remove(&self.number);
    }
}

impl Service {
    /// Holds a request for a time.
    pub(super) async fn hold(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let until = {
            let world = self.world();
            (world.clock == Clock::Manual).then(|| world.now() + milliseconds(time))
        };
        let Some(until) = until else {
            return tokio::time::sleep(time).await;
        };
        let _place = self.held.enter(Some(until));
        loop {
            let moved = self.held.moved.notified();
            if self.world().now() >= until {
                return;
            }
            moved.await;
        }
    }

    /// Holds a request until its client gives up.
    pub(super) async fn hold_for_ever(&self) {
        let _place = self.held.enter(None);
        pending().await
    }
}

fn milliseconds(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX / 4)
}
