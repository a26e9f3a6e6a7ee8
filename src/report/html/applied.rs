//! How an apply ended, as a page of its own.

use maud::{Markup, html};

use super::ended::reasons;
use super::proof::sections;
use super::{document, findings, section};
use crate::apply::{Applied, ChangeResult, Outcome};
use crate::count::count;
use crate::plan::Plan;
use crate::report::json::Took;
use crate::report::text::{duration, printable};
use crate::report::{Ending, Frame, kind_words};

/// What became of each change, the proof, and why it stopped where it did.
pub fn applied(plan: &Plan, applied: &Applied, took: &Took, frame: &Frame, end: &Ending) -> String {
    let title = format!("orgwright apply: {}", printable(&plan.name));
    let body = html! {
        header {
            h1 { (title) }
            p { (printable(&frame.org)) }
            @for dark in &applied.in_the_dark { p { strong class="error" { (printable(dark)) } } }
            p { strong { (end.exit.meaning()) } " (exit " (end.exit.code()) ")" }
        } "\n"
        @if let Some(failure) = &applied.failure { (section("Why it stopped", "", reasons(failure))) }
        (section("Changes", "", outcomes(&applied.outcomes)))
        (section("Not deployed, because the org refused it", "", not_deployed(applied)))
        @match &applied.verification {
            Some(verification) => { (sections(verification)) }
            None => { (section("Findings", "", findings(&plan.findings))) }
        }
        footer {
            p {
                "plan " code { (printable(&plan.digest)) } " \u{b7} " (count(took.requests, "request")) " \u{b7} "
                (duration(took.milliseconds)) " \u{b7} " (printable(&frame.made_by()))
            }
        } "\n"
    };
    document(&title, body)
}

fn outcomes(outcomes: &[Outcome]) -> Markup {
    html! {
        @if !outcomes.is_empty() {
            ul { @for one in outcomes { (outcome(one)) } } "\n"
        }
    }
}

fn outcome(outcome: &Outcome) -> Markup {
    let (word, class) = match outcome.result {
        ChangeResult::Done => ("done", "create"),
        ChangeResult::NotDone => ("not done", "warning"),
        ChangeResult::Unknown => ("unknown", "error"),
    };
    html! {
        li {
            strong class=(class) { (word) } " " (outcome.action.word()) " " (kind_words(&outcome.address)) " "
            code { (printable(&outcome.address.name)) }
        } "\n"
    }
}

fn not_deployed(applied: &Applied) -> Markup {
    html! {
        @if !applied.left_out.is_empty() {
            ul {
                @for dropped in &applied.left_out {
                    li {
                        code { (printable(&dropped.address.to_string())) } " " code { (printable(&dropped.entry)) } ": "
                        (printable(&dropped.problem))
                    } "\n"
                }
            } "\n"
        }
    }
}
