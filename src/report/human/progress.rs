//! What an apply is doing, line by line, and what became of each change at its end.

use crate::apply::{Applied, Outcome, Result};
use crate::event::Event;
use crate::report::kind_words;
use crate::report::style::{Page, Style, Tone};
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

/// What became of each change, where not all of them were made.
pub fn applied(applied: &Applied, style: Style) -> String {
    let mut page = Page::new(style);
    let partial = applied.outcomes.iter().any(|outcome| outcome.result != Result::Done);
    let done = applied.outcomes.iter().filter(|outcome| outcome.result == Result::Done).count();
    if partial {
        page.heading(&format!("OUTCOME ({done} of {} done)", applied.outcomes.len()));
        applied.outcomes.iter().for_each(|entry| outcome(&mut page, entry));
        page.raw("");
    } else if done > 0 {
        page.toned(0, 2, Some(Tone::Good), &format!("Applied: {}.", count(done as u64, "change")));
    }
    page.finish()
}

fn outcome(page: &mut Page, outcome: &Outcome) {
    let (word, tone) = match outcome.result {
        Result::Done => ("done", Tone::Good),
        Result::NotDone => ("not done", Tone::Careful),
        Result::Unknown => ("unknown", Tone::Bad),
    };
    let address = format!("{} {}", kind_words(&outcome.address), printable(&outcome.address.name));
    let line = format!("{word:<8}  {:<7}  {address}", outcome.action.word());
    page.toned(2, 21, Some(tone), &line);
}
