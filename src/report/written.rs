//! One report in any of its formats.

use super::results::cases;
use super::{Ending, Frame, html, json, junit, markdown, sarif};
use crate::apply::Applied;
use crate::diagnostic::Failure;
use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::report::json::Took;
use crate::verify::Verification;

/// What a report can be written as, beside text for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// For machines.
    Json,
    /// For a pull request's comment.
    Markdown,
    /// One page for a browser.
    Html,
    /// For code scanning.
    Sarif,
    /// For whoever counts tests.
    Junit,
}

/// What a report is about.
#[derive(Clone, Copy)]
pub enum Reported<'a> {
    /// What would change.
    Plan(&'a Plan),
    /// What the org says of the user's sight.
    Proof(&'a Verification),
    /// What became of a plan, and what that took.
    Applied(&'a Plan, &'a Applied, &'a Took),
    /// What users can see and do.
    Inventory(&'a Inventory),
    /// Why a run of this command ended without its result.
    Failure(&'a str, &'a Failure),
}

impl Reported<'_> {
    /// The command that reports it.
    fn verb(&self) -> &str {
        match self {
            Self::Plan(_) => "plan",
            Self::Proof(_) => "verify",
            Self::Applied(..) => "apply",
            Self::Inventory(_) => "access",
            Self::Failure(command, _) => command,
        }
    }
}

/// The report as a text of this format.
pub fn written(
    format: ReportFormat,
    reported: Reported<'_>,
    frame: &Frame,
    ending: &Ending,
) -> String {
    match format {
        ReportFormat::Json => as_json(reported, ending),
        ReportFormat::Markdown => as_markdown(reported, frame, ending),
        ReportFormat::Html => as_html(reported, frame, ending),
        ReportFormat::Sarif => sarif::log(&cases(&reported, frame), frame, ending),
        ReportFormat::Junit => {
            junit::suites(&cases(&reported, frame), reported.verb(), frame, ending)
        }
    }
}

fn as_json(reported: Reported<'_>, ending: &Ending) -> String {
    match reported {
        Reported::Plan(plan) => json::plan_report(plan, ending),
        Reported::Proof(verification) => json::verification(verification, ending),
        Reported::Applied(plan, applied, took) => json::applied(plan, applied, ending, took),
        Reported::Inventory(inventory) => json::inventory(inventory, ending),
        Reported::Failure(_, failure) => json::failure(failure, ending),
    }
}

fn as_markdown(reported: Reported<'_>, frame: &Frame, ending: &Ending) -> String {
    match reported {
        Reported::Plan(plan) => markdown::plan(plan, frame),
        Reported::Proof(verification) => markdown::verification(verification, frame),
        Reported::Applied(plan, applied, took) => {
            markdown::applied(plan, applied, took, frame, ending)
        }
        Reported::Inventory(inventory) => markdown::inventory(inventory, &frame.org),
        Reported::Failure(command, failure) => markdown::failure(command, failure, frame),
    }
}

fn as_html(reported: Reported<'_>, frame: &Frame, ending: &Ending) -> String {
    match reported {
        Reported::Plan(plan) => html::plan(plan, frame),
        Reported::Proof(verification) => html::verification(verification, frame),
        Reported::Applied(plan, applied, took) => html::applied(plan, applied, took, frame, ending),
        Reported::Inventory(inventory) => html::inventory(inventory, &frame.org),
        Reported::Failure(command, failure) => html::failure(command, failure, frame),
    }
}
