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

/// The moments of looks at something that runs in the org, on a beat that does not wait for the answers: by the schedule,
/// or aimed where it is known how long something alike took.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    expected: Option<Duration>,
}

/// Parts of the expected time at which an aimed beat looks before it begins in earnest: something may be quicker.
const EARLY: [f64; 4] = [0.1, 0.3, 0.6, AIMED_FROM];
/// The longest expected time, in seconds, before which no other looks are taken: nobody waits half of an hour for nothing.
const MOST_LEFT_OUT: f64 = 10.0;
/// Part of the time waited so far between two looks before a beat with a longer expected time is aimed.
const EARLY_PART: f64 = 0.25;
/// Part of the expected time from which on a beat is aimed.
const AIMED_FROM: f64 = 0.85;
/// Part of the expected time between two looks of an aimed beat.
const AIMED_PART: f64 = 0.05;
/// Seconds between two of them at least.
const AIMED_MIN_SECONDS: f64 = 0.1;
/// Seconds between two looks in any case.
const SOONEST: f64 = 0.01;
/// Part of the expected time up to which a beat is aimed; what takes longer takes as long as it does.
const AIMED_UNTIL: f64 = 1.3;
/// Part of the expected time from which on the next look may well be the last.
const NEAR: f64 = 0.95;

impl Beat {
    /// The beat for something that should take as long as something alike did.
    pub fn expecting(expected: Option<Duration>) -> Self {
        Self { expected }
    }

    /// The first look.
    pub fn first(self) -> Duration {
        match self.seconds() {
            Some(expected) if expected <= MOST_LEFT_OUT => {
                Duration::from_secs_f64(expected * EARLY[0])
            }
            _ => Duration::ZERO,
        }
    }

    /// The look that follows the one at a moment.
    pub fn after(self, moment: Duration) -> Duration {
        let seconds = moment.as_secs_f64();
        let usual = seconds + (seconds * PART).clamp(MIN_SECONDS, MAX_SECONDS);
        let next = match self.seconds() {
            Some(expected) if seconds + SOONEST < expected * AIMED_FROM => {
                let early = EARLY.map(|part| part * expected);
                let next = early.into_iter().find(|early| early - seconds > SOONEST);
                match expected <= MOST_LEFT_OUT {
                    true => next.unwrap_or(usual),
                    false => {
                        let step = (seconds * EARLY_PART).clamp(MIN_SECONDS, MAX_SECONDS);
                        (seconds + step).min(expected * AIMED_FROM)
                    }
                }
            }
            Some(expected) if seconds < expected * AIMED_UNTIL => {
                seconds + (expected * AIMED_PART).clamp(AIMED_MIN_SECONDS, MAX_SECONDS)
            }
            _ => usual,
        };
        Duration::from_secs_f64(next)
    }

    fn seconds(self) -> Option<f64> {
        self.expected.map(|expected| expected.as_secs_f64())
    }

    /// Whether a look at a moment may well be the last.
    pub fn is_near(self, moment: Duration) -> bool {
        self.expected
            .is_some_and(|expected| moment >= expected.mul_f64(NEAR))
    }
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

    /// Looks until something is through that takes so long, and how much too late the last one comes.
    fn watch_on(beat: Beat, takes: f64) -> (usize, f64) {
        let mut moment = beat.first();
        for look in 1..1_000 {
            if moment.as_secs_f64() >= takes {
                return (look, moment.as_secs_f64() - takes);
            }
            let next = beat.after(moment);
            assert!(next > moment, "{beat:?} stands still at {moment:?}");
            moment = next;
        }
        (usize::MAX, f64::MAX)
    }

    #[test]
    fn a_beat_without_aim_is_the_schedule_from_the_start_on() {
        let (mut moment, beat) = (Duration::ZERO, Beat::expecting(None));
        assert_eq!(beat.first(), moment);
        for wait in schedule().take(50) {
            let next = beat.after(moment);
            let apart = (next - moment).abs_diff(wait);
            assert!(apart < Duration::from_micros(1), "{moment:?}");
            moment = next;
        }
        assert!(!beat.is_near(moment));
    }

    #[test]
    fn an_aimed_beat_needs_few_looks_and_is_late_by_a_twentieth() {
        for expected in [0.3, 2.0, 9.0] {
            let beat = Beat::expecting(Some(Duration::from_secs_f64(expected)));
            for part in [0.9, 0.97, 1.0, 1.04, 1.2] {
                let (looks, late) = watch_on(beat, expected * part);
                let bound = (expected * AIMED_PART).max(AIMED_MIN_SECONDS);
                assert!(late <= bound + 1e-6, "{expected} {part}: {late} s late");
                assert!(looks <= 12, "{expected} {part}: {looks} looks");
            }
        }
    }

    #[test]
    fn a_wrong_aim_costs_little() {
        for (expected, takes, most_looks, most_late) in [
            (2.0, 0.3, 2, 0.31),
            (2.0, 1.3, 4, 0.41),
            (2.0, 20.0, 35, 2.5),
            (0.0, 2.0, 14, 0.3),
            (600.0, 3.0, 14, 0.75),
            (600.0, 580.0, 90, 10.0),
        ] {
            let beat = Beat::expecting(Some(Duration::from_secs_f64(expected)));
            let (looks, late) = watch_on(beat, takes);
            assert!(looks <= most_looks, "{expected} {takes}: {looks} looks");
            assert!(late <= most_late, "{expected} {takes}: {late} s late");
        }
    }
}
