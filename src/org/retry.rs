//! When a read is worth sending again, and after how long.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::error::{OrgError, Refusal};

/// Attempts of one read, the first included.
const MAX_ATTEMPTS: u32 = 3;
/// Retries of a whole run; each success gives one back. An org that refuses everything is not asked for ever.
const BUDGET: u32 = 10;
const BASE_WAIT: Duration = Duration::from_millis(400);
/// The longest wait; a host that asks for more is reported as busy instead.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The retries that are left.
pub(super) struct Retries(AtomicU32);

impl Default for Retries {
    fn default() -> Self {
        Self(AtomicU32::new(BUDGET))
    }
}

impl Retries {
    /// How long to wait before sending a read again after the given attempt (counted from 1), if it is worth it. The
    /// chance, from 0 to 1, is the part of the usual wait, so that many clients do not come back together.
    pub(super) fn wait(&self, error: &OrgError, attempt: u32, chance: f64) -> Option<Duration> {
        if !error.is_transient() {
            return None;
        }
        self.granted(error.retry_after(), attempt, chance)
    }

    /// The same before the refused parts of a composite are asked again by themselves.
    pub(super) fn wait_for_part(
        &self,
        refusal: &Refusal,
        attempt: u32,
        chance: f64,
    ) -> Option<Duration> {
        if !refusal.is_transient() {
            return None;
        }
        self.granted(None, attempt, chance)
    }

    /// The wait before the next attempt, taken from what is left.
    fn granted(&self, asked: Option<Duration>, attempt: u32, chance: f64) -> Option<Duration> {
        if attempt >= MAX_ATTEMPTS {
            return None;
        }
        let usual = || BASE_WAIT.saturating_mul(1 << attempt).mul_f64(chance);
        let wait = asked.unwrap_or_else(usual);
        if wait > MAX_WAIT {
            return None;
        }
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .ok()?;
        Some(wait)
    }

    /// Gives one retry back.
    pub(super) fn succeeded(&self) {
        let give_back = |left| if left < BUDGET { Some(left + 1) } else { None };
        // A full budget stays as it is.
        let _full = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, give_back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(seconds: Option<u64>) -> OrgError {
        OrgError::Busy {
            host: String::from("h"),
            reason: String::from("r"),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn three_attempts() {
        let retries = Retries::default();
        assert!(retries.wait(&busy(None), 1, 0.5) == Some(Duration::from_millis(800 / 2)));
        assert!(retries.wait(&busy(None), 2, 0.5) == Some(Duration::from_millis(1600 / 2)));
        assert_eq!(retries.wait(&busy(None), 3, 1.0), None);
    }

    #[test]
    fn the_host_says_how_long() {
        let retries = Retries::default();
        assert_eq!(
            retries.wait(&busy(Some(7)), 1, 1.0),
            Some(Duration::from_secs(7))
        );
        assert_eq!(retries.wait(&busy(Some(3600)), 1, 1.0), None);
    }

    #[test]
    fn what_will_not_change_is_not_asked_again() {
        let retries = Retries::default();
        assert_eq!(retries.wait(&OrgError::JsonWebToken, 1, 1.0), None);
    }

    #[test]
    fn the_budget_runs_out_and_comes_back() {
        let retries = Retries::default();
        let granted = (0..50)
            .filter(|_| retries.wait(&busy(Some(0)), 1, 1.0).is_some())
            .count();
        assert_eq!(granted, 10);
        retries.succeeded();
        assert!(retries.wait(&busy(Some(0)), 1, 1.0).is_some());
        (0..50).for_each(|_| retries.succeeded());
        let granted = (0..50)
            .filter(|_| retries.wait(&busy(Some(0)), 1, 1.0).is_some())
            .count();
        assert_eq!(granted, 10);
    }
}
