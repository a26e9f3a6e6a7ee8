//! What reports can be written as.

use clap::ValueEnum;

use crate::report::ReportFormat;

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// What a plan, a proof and an inventory can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Human,
    /// For machines; a plan so is what apply --plan takes.
    Json,
    /// For a pull request's comment.
    Markdown,
    /// One page for a browser.
    Html,
}

impl PlanFormat {
    /// The same as a report's format; none for text for people.
    pub(crate) fn of_report(self) -> Option<ReportFormat> {
        match self {
            Self::Human => None,
            Self::Json => Some(ReportFormat::Json),
            Self::Markdown => Some(ReportFormat::Markdown),
            Self::Html => Some(ReportFormat::Html),
        }
    }
}
