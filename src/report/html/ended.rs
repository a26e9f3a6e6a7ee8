//! A run that ended without its result, as a page of its own.

use maud::{Markup, html};

use super::document;
use crate::diagnostic::Failure;
use crate::report::style::Style;
use crate::report::text::printable;
use crate::report::{Frame, human};

/// Why a run of this command ended: each finding with its code, its line and what to do.
pub fn failure(command: &str, failure: &Failure, frame: &Frame) -> String {
    let body = html! {
        header {
            h1 { "orgwright " (command) ": not done" }
            p { strong class="error" { (failure.exit.meaning()) } " (exit " (failure.exit.code()) ")" }
            @if !frame.org.is_empty() { p { (printable(&frame.org)) } }
        } "\n"
        (reasons(failure))
        footer { p { (printable(&frame.made_by())) } } "\n"
    };
    document(&format!("orgwright {command}: not done"), body)
}

/// Each finding with the lines of the manifest that it points into, the state of the org, and what to run next.
pub(super) fn reasons(failure: &Failure) -> Markup {
    html! {
        @for one in &failure.diagnostics {
            @let alone = Failure::new(failure.exit, vec![one.clone()]).with_sources(&failure.sources);
            pre { (human::failure(&alone, Style::PLAIN)) } "\n"
        }
        @if let Some(state) = &failure.org_state { p { "State: " (printable(state)) } "\n" }
        @if let Some(next) = &failure.next { p { "Next: " code { (printable(next)) } } "\n" }
    }
}
