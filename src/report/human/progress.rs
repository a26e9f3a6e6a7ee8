//! What an apply is doing, line by line.

use crate::count::{count, number};
use crate::event::Event;
use crate::report::kind_words;
use crate::report::style::Style;
use crate::report::text::{duration, printable};

/// One line for an event.
pub fn progress(event: &Event, style: Style) -> String {
    let line = match event {
        Event::StageStarted {
            stage,
            title,
            addresses,
        } => {
            let (dot, changes) = (style.dot(), count(addresses.len() as u64, "change"));
            format!("stage {stage} {dot} {title} {dot} {changes}")
        }
        Event::RehearsalStarted {
            stage,
            title,
            addresses,
        } => {
            let (dot, changes) = (style.dot(), count(addresses.len() as u64, "change"));
            format!(
                "rehearsal of stage {stage} {dot} {title} {dot} {changes} {dot} check-only, nothing is saved"
            )
        }
        Event::NotRehearsed { stage, reason } => {
            format!("stage {stage} is not rehearsed: {reason}")
        }
        Event::RehearsalDone { stage, elapsed_ms } => {
            format!(
                "the org would take stage {stage}, after {}",
                duration(*elapsed_ms)
            )
        }
        Event::StageDone { stage, elapsed_ms } => {
            format!("stage {stage} done after {}", duration(*elapsed_ms))
        }
        Event::Retrieving { what, missing } => {
            let missing = missing.join(", ");
            format!("retrieving {what}: the org gave it without {missing}")
        }
        Event::LimitsHeld { stage } => {
            format!("the limits still hold, read again before stage {stage}")
        }
        within => format!("  {}", step(within)),
    };
    printable(&line).into_owned()
}

/// What happens within a stage.
fn step(event: &Event) -> String {
    match event {
        Event::Written { address, .. } => {
            format!("written: {} {}", kind_words(address), address.name)
        }
        Event::EntryDropped {
            address,
            entry,
            problem,
            ..
        } => {
            format!(
                "left {entry} out of {} {}: {problem}",
                kind_words(address),
                address.name
            )
        }
        Event::Waiting {
            what, elapsed_ms, ..
        } => {
            format!("waiting for {what}, {} so far", duration(*elapsed_ms))
        }
        Event::Checking {
            object,
            checked,
            population,
        } => {
            format!(
                "checked {} of {} {object} records",
                number(*checked),
                number(*population)
            )
        }
        Event::DeployStarted { .. } | Event::DeployProgress { .. } => deploying(event),
        Event::Retrieving { .. }
        | Event::LimitsHeld { .. }
        | Event::RehearsalStarted { .. }
        | Event::RehearsalDone { .. }
        | Event::NotRehearsed { .. }
        | Event::StageStarted { .. }
        | Event::StageDone { .. } => String::new(),
    }
}

/// How a deploy goes on.
fn deploying(event: &Event) -> String {
    match event {
        Event::DeployStarted {
            id,
            components,
            check_only,
            ..
        } => {
            let what = if *check_only {
                "check-only deploy"
            } else {
                "deploy"
            };
            format!(
                "{what} {id} accepted with {}",
                count(*components as u64, "component")
            )
        }
        Event::DeployProgress {
            status,
            done,
            total,
            elapsed_ms,
            ..
        } => {
            format!(
                "deploy {status}: {} of {} after {}",
                number(*done),
                number(*total),
                duration(*elapsed_ms)
            )
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::change::Stage;

    #[test]
    fn an_event_is_one_line() {
        let check =
            |event: Event, expected: &str| assert_eq!(progress(&event, Style::PLAIN), expected);
        check(
            Event::DeployStarted {
                stage: Stage::Containers,
                id: "0Af1".into(),
                check_only: false,
                components: 1,
            },
            "  deploy 0Af1 accepted with 1 component",
        );
        check(
            Event::DeployProgress {
                stage: Stage::Containers,
                id: "0Af1".into(),
                status: "InProgress".into(),
                done: 2,
                total: 5,
                elapsed_ms: 1250,
            },
            "  deploy InProgress: 2 of 5 after 1.25 s",
        );
        check(
            Event::Written {
                stage: Stage::Containers,
                address: Address::new("role", "a\u{1b}b"),
                id: None,
            },
            "  written: role a\\u{1b}b",
        );
        check(
            Event::Waiting {
                stage: Stage::Defaults,
                what: "Lead".into(),
                elapsed_ms: 61_000,
            },
            "  waiting for Lead, 1 min 1 s so far",
        );
    }
}
