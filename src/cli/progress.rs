//! Progress of an apply: every event to a script, every change of state to a person, a heartbeat to a log.

use std::time::{Duration, Instant};

use super::output::Output;
use crate::event::Event;
use crate::report;

/// How seldom a log that nobody watches hears that something still goes on.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Shows events as they come.
pub(crate) struct Progress<'a> {
    output: &'a Output,
    json: bool,
    watched: bool,
    last: Option<(String, Instant)>,
}

impl<'a> Progress<'a> {
    /// Progress for people on standard error, or as JSON lines on standard output. `watched` at a terminal.
    pub(crate) fn new(output: &'a Output, json: bool, watched: bool) -> Self {
        Self {
            output,
            json,
            watched,
            last: None,
        }
    }

    /// Shows an event.
    pub(crate) fn show(&mut self, event: &Event) {
        if self.json {
            return self.output.data(&report::json::event(event));
        }
        if self.is_news(event, Instant::now()) {
            let line = report::human::progress(event, self.output.notes);
            self.output.note(&format!("{line}\n"));
        }
    }

    /// Whether an event says something new. Repetitions count once in a while, so that silence means the end.
    fn is_news(&mut self, event: &Event, now: Instant) -> bool {
        let Some(state) = self.repeatable(event) else {
            return true;
        };
        let told = self
            .last
            .as_ref()
            .is_some_and(|(last, at)| *last == state && now.duration_since(*at) < HEARTBEAT);
        if !told {
            self.last = Some((state, now));
        }
        !told
    }

    /// What an event that comes again and again says; `None` for those that come once.
    fn repeatable(&self, event: &Event) -> Option<String> {
        match event {
            Event::DeployProgress {
                id,
                status,
                done,
                total,
                ..
            } if self.watched => Some(format!("{id} {status} {done} {total}")),
            Event::DeployProgress { id, status, .. } => Some(format!("{id} {status}")),
            Event::Waiting { what, .. } => Some(what.clone()),
            Event::Checking {
                object, checked, ..
            } if self.watched => Some(format!("{object} {checked}")),
            Event::Checking { object, .. } => Some(object.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Stage;
    use crate::cli::arguments::Global;

    fn waiting(what: &str, elapsed_ms: u64) -> Event {
        Event::Waiting {
            stage: Stage::Defaults,
            what: what.to_owned(),
            elapsed_ms,
        }
    }

    #[test]
    fn what_repeats_is_told_every_thirty_seconds() {
        let output = Output::new(&Global::of_color(crate::cli::arguments::Color::Never));
        let mut progress = Progress::new(&output, false, false);
        let begin = Instant::now();
        let mut told =
            |event: Event, after: u64| progress.is_news(&event, begin + Duration::from_secs(after));
        assert!(told(waiting("Lead", 0), 0));
        assert!(!told(waiting("Lead", 29_000), 29));
        assert!(told(waiting("Lead", 31_000), 31));
        assert!(told(waiting("Contact", 32_000), 32));
        assert!(told(
            Event::StageDone {
                stage: Stage::Defaults,
                elapsed_ms: 1
            },
            33
        ));
        assert!(told(
            Event::StageDone {
                stage: Stage::Defaults,
                elapsed_ms: 1
            },
            33
        ));
    }
}
