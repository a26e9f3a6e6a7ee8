//! The time a client lives by: what it waits in, and what it measures with.
//!
//! **Promise:** neither `org` nor `apply` waits or measures elsewhere, so a rehearsal may let hours pass in no time, and
//! two rehearsals of the same failure take the same pauses.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::time::{Duration, Instant};

/// What is waited for.
pub type Wait<'a, Output> = Pin<Box<dyn Future<Output = Output> + Send + 'a>>;

/// A clock, and the chance that keeps clients apart that wait for the same.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> Wait<'_, ()>;

    /// Waits for what a host does; whether it was done within the limit.
    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool>;

    /// Anything from 0 to 1, for pauses that no two clients share.
    fn chance(&self) -> f64;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) -> Wait<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move { tokio::time::timeout(limit, work).await.is_ok() })
    }

    fn chance(&self) -> f64 {
        // The standard library seeds every hasher state differently; better randomness would change nothing here.
        RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64
    }
}

/// What the work gives, if it is done within the limit.
pub(super) async fn within<Output: Send>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = Output> + Send,
) -> Option<Output> {
    let mut outcome = None;
    let slot = &mut outcome;
    let work = Box::pin(async move { *slot = Some(work.await) });
    // Work that ends together with the limit has ended.
    let _in_time = clock.within(limit, work).await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_waited_for_as_long_as_the_limit_says() {
        let clock = MachineClock;
        let quick = within(&clock, Duration::from_secs(5), async { 7 }).await;
        assert_eq!(quick, Some(7));
        let endless = std::future::pending::<()>();
        assert_eq!(
            within(&clock, Duration::from_millis(1), endless).await,
            None
        );
    }

    #[test]
    fn chance_lies_between_nothing_and_all() {
        assert!((0..100).all(|_| (0.0..=1.0).contains(&MachineClock.chance())));
    }
}
