//! What a run uses, told apart by what it is doing at the time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one phase of a run used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// What the run was doing, such as `plan`.
    pub name: String,
    /// HTTP requests, those of the log-in included.
    pub requests: u64,
    /// Calls the org counts.
    pub api_calls: u64,
    /// Bytes of request bodies as sent.
    pub bytes_sent: u64,
    /// Bytes of answer bodies as received.
    pub bytes_received: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// The phases so far; the last one begun goes on.
pub(super) struct Phases(Mutex<Running>);

struct Running {
    phases: Vec<Phase>,
    current: usize,
    since: Instant,
}

/// The phase in which every run begins, and to which the log-in's requests belong whenever they are sent.
const CONNECT: &str = "connect";

impl Default for Phases {
    fn default() -> Self {
        let connect = Phase {
            name: CONNECT.to_owned(),
            ..Phase::default()
        };
        Self(Mutex::new(Running {
            phases: vec![connect],
            current: 0,
            since: Instant::now(),
        }))
    }
}

impl Phases {
    /// Begins a phase, or goes on with it where there was one of that name.
    pub(super) fn begin(&self, name: &str) {
        self.with(|running| {
            running.close();
            let known = running.phases.iter().position(|phase| phase.name == name);
            running.current = known.unwrap_or_else(|| {
                running.phases.push(Phase {
                    name: name.to_owned(),
                    ..Phase::default()
                });
                running.phases.len() - 1
            });
        });
    }

    /// Adds to the phase under way, or to the log-in's; gives the name of that phase.
    pub(super) fn add(&self, log_in: bool, add: impl FnOnce(&mut Phase)) -> String {
        self.with(|running| {
            let index = if log_in { 0 } else { running.current };
            let Some(phase) = running.phases.get_mut(index) else {
                return String::new();
            };
            add(phase);
            phase.name.clone()
        })
    }

    /// The phases so far, in the order in which they began.
    pub(super) fn so_far(&self) -> Vec<Phase> {
        self.with(|running| {
            running.close();
            running.phases.clone()
        })
    }

    fn with<Output>(&self, change: impl FnOnce(&mut Running) -> Output) -> Output {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Running {
    /// Books the time since the last change of phases.
    fn close(&mut self) {
        let now = Instant::now();
        if let Some(phase) = self.phases.get_mut(self.current) {
            phase.elapsed += now.duration_since(self.since);
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_belongs_to_the_phase_it_was_sent_in() {
        let phases = Phases::default();
        let request = |log_in| phases.add(log_in, |phase| phase.requests += 1);
        assert_eq!(request(true), "connect");
        phases.begin("plan");
        assert_eq!(request(false), "plan");
        assert_eq!(request(true), "connect");
        phases.begin("proof");
        phases.begin("plan");
        request(false);
        let found: Vec<(String, u64)> = phases
            .so_far()
            .into_iter()
            .map(|phase| (phase.name, phase.requests))
            .collect();
        let expected = [("connect", 2), ("plan", 2), ("proof", 0)];
        assert_eq!(
            found,
            expected.map(|(name, count)| (name.to_owned(), count))
        );
    }
}
