//! How long to wait between two looks at something that runs in the org.

use std::time::Duration;

const MIN_SECONDS: f64 = 0.15;
const MAX_SECONDS: f64 = 10.0;
/// Part of the time waited so far. The overshoot stays below it, and the number of looks grows with the logarithm.
const PART: f64 = 0.12;

/// The waits before each look, without end: 12 % of the time waited so far, at least 0.15 s, at most 10 s.
pub fn schedule() -> impl Iterator<Item = Duration> + Send {
    let mut elapsed = 0.0;
    std::iter::repeat_with(move || {
        let wait = (elapsed * PART).clamp(MIN_SECONDS, MAX_SECONDS);
        elapsed += wait;
        Duration::from_secs_f64(wait)
    })
}

/// The wait before the next look at a deploy that has done some of its components: until it should be through at the
/// pace so far, no longer than twice the wait of the schedule.
pub fn sharpened(wait: Duration, elapsed: Duration, (done, total): (u32, u32)) -> Duration {
    if done == 0 || done >= total {
        return wait;
    }
    let left = elapsed.mul_f64(f64::from(total - done) / f64::from(done));
    left.clamp(
        wait.min(Duration::from_secs_f64(MIN_SECONDS)),
        wait.saturating_mul(2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_tell_when_to_look_next() {
        let check = |wait: u64, elapsed: u64, progress, expected: u64| {
            let [wait, elapsed, expected] = [wait, elapsed, expected].map(Duration::from_millis);
            assert_eq!(sharpened(wait, elapsed, progress), expected, "{progress:?}");
        };
        // Nothing is known yet, or nothing is left but the end.
        check(1_200, 10_000, (0, 10), 1_200);
        check(1_200, 10_000, (10, 10), 1_200);
        // At this pace it is through in half a second.
        check(1_200, 10_000, (20, 21), 500);
        check(1_200, 10_000, (999, 1_000), 150);
        // A pace is no promise.
        check(1_200, 10_000, (1, 10), 2_400);
        check(0, 0, (1, 10), 0);
    }

    /// Looks needed for something that takes so long, and how much too late the last one comes.
    fn watch(takes: f64) -> (usize, f64) {
        let mut elapsed = 0.0;
        for (index, wait) in schedule().take(1_000).enumerate() {
            elapsed += wait.as_secs_f64();
            if elapsed >= takes {
                return (index + 1, elapsed - takes);
            }
        }
        (usize::MAX, f64::MAX)
    }

    #[test]
    fn waits_grow_from_the_least_to_the_most() {
        let waits: Vec<Duration> = schedule().take(200).collect();
        assert_eq!(waits.first(), Some(&Duration::from_millis(150)));
        assert_eq!(waits.last(), Some(&Duration::from_secs(10)));
        assert!(waits.is_sorted());
    }

    #[test]
    fn looks_and_overshoot_stay_small() {
        for (takes, most_looks) in [(0.3, 3), (2.3, 14), (15.0, 32), (60.0, 44), (1_200.0, 165)] {
            let (looks, overshoot) = watch(takes);
            assert!(looks <= most_looks, "{takes} s took {looks} looks");
            assert!(
                overshoot <= (takes * 0.13).clamp(0.15, 10.0),
                "{takes} s overshot by {overshoot} s"
            );
        }
    }
}
