//! What an apply is doing, line by line.

use crate::event::Event;
use crate::report::kind_words;
use crate::report::style::Style;
use crate::report::text::{count, duration, number, printable};

/// One line for an event.
pub fn progress(event: &Event, style: Style) -> String {
    let dot = style.dot();
    let line = match event {
        Event::StageStarted { stage, title, addresses } => {
            let changes = count(addresses.len() as u64, "change");
            format!("stage {stage} {dot} {title} {dot} {changes}")
        }
        Event::DeployStarted { id, components, .. } => format!("  deploy {id} accepted with {}", count(*components as u64, "component")),
        Event::DeployProgress { status, done, total, elapsed_ms, .. } => {
            format!("  deploy {status}: {} of {} after {}", number(*done), number(*total), duration(*elapsed_ms))
        }
        Event::EntryDropped { address, entry, problem, .. } => {
            format!("  left {entry} out of {}: {problem}", kind_words(address))
        }
        Event::Written { address, .. } => format!("  written: {} {}", kind_words(address), address.name),
        Event::Waiting { what, elapsed_ms, .. } => format!("  waiting for {what}, {} so far", duration(*elapsed_ms)),
        Event::StageDone { stage, elapsed_ms } => format!("stage {stage} done after {}", duration(*elapsed_ms)),
        Event::Remark { finding } => format!("  {} {}: {}", finding.severity.word(), finding.code, finding.message),
        Event::Checking { object, checked, population } => {
            format!("  checked {} of {} {object} records", number(*checked), number(*population))
        }
    };
    printable(&line).into_owned()
}
