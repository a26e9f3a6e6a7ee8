//! How a run ended, for machines: beside its data, or in place of them.

use serde::Serialize;

use super::{FORMAT_VERSION, pretty};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::report::Ending;

/// A report's data, and behind them which program made it and how its run ended.
#[derive(Serialize)]
pub(super) struct Ended<'a, Body> {
    #[serde(flatten)]
    body: Body,
    tool: ToolJson,
    exit: u8,
    exit_meaning: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
}

#[derive(Serialize)]
struct ToolJson {
    name: &'static str,
    version: &'static str,
}

impl<'a, Body> Ended<'a, Body> {
    pub(super) fn new(body: Body, ending: &'a Ending) -> Self {
        Self {
            body,
            tool: ToolJson {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
            },
            exit: ending.exit.code(),
            exit_meaning: ending.exit.meaning(),
            time: ending.at.as_deref(),
        }
    }
}

impl Ending {
    /// An end of this class, whenever it was.
    pub fn of(exit: Exit) -> Self {
        Self { exit, at: None }
    }
}

/// A run that ended without its result.
pub fn failure(failure: &Failure, ending: &Ending) -> String {
    let body = ErrorJson {
        format_version: FORMAT_VERSION,
        error: FailureJson::from(failure),
    };
    pretty(&Ended::new(body, ending))
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    format_version: &'static str,
    error: FailureJson<'a>,
}

#[derive(Serialize)]
pub(super) struct FailureJson<'a> {
    exit: u8,
    exit_meaning: &'static str,
    diagnostics: &'a [Diagnostic],
    org_state: Option<&'a str>,
    next: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureJson<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            exit: failure.exit.code(),
            exit_meaning: failure.exit.meaning(),
            diagnostics: &failure.diagnostics,
            org_state: failure.org_state.as_deref(),
            next: failure.next.as_deref(),
        }
    }
}
