//! What reports can be written as.

use clap::ValueEnum;

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// What a plan can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Human,
    /// For machines, and for apply --plan.
    Json,
    /// For a pull request's comment.
    Markdown,
    /// One page for a browser.
    Html,
}

/// What a proof can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProofFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
    /// For a pull request's comment.
    Markdown,
}
