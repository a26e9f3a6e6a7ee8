//! What a deploy has to say: one message for each component and problem, and the counters over them.

use serde::{Deserialize, Serialize};

use super::Options;
use crate::language::Language;
use crate::problem::Problem;
use crate::store::{Id, Millis};

/// One component's outcome, or one problem of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Message {
    /// `componentType`; empty for the manifest.
    pub(crate) kind: String,
    pub(crate) full_name: String,
    pub(crate) file_name: String,
    pub(crate) id: Option<Id>,
    pub(crate) created: bool,
    pub(crate) changed: bool,
    pub(crate) deleted: bool,
    pub(crate) success: bool,
    pub(crate) problem: Option<String>,
    /// `Error`, `Warning` or `Info`, where there is a problem.
    pub(crate) problem_type: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) created_date: Millis,
}

impl Message {
    /// A failure; which component it is about is filled in by the caller.
    pub(crate) fn of_problem(problem: &Problem) -> Self {
        Self {
            problem: Some(problem.message.clone()),
            problem_type: Some("Error".to_owned()),
            line: problem.place.map(|(line, _)| line),
            column: problem.place.map(|(_, column)| column),
            ..Self::default()
        }
    }

    /// The same with a warning; whether it counts as a success is decided elsewhere.
    pub(crate) fn with_warning(self, warning: &str) -> Self {
        Self {
            problem: Some(warning.to_owned()),
            problem_type: Some("Warning".to_owned()),
            ..self
        }
    }

    /// The same at another time.
    pub(crate) fn at(self, created_date: Millis) -> Self {
        Self {
            created_date,
            ..self
        }
    }

    fn names(&self, other: &Message) -> bool {
        self.kind == other.kind && self.full_name == other.full_name
    }
}

/// The outcome of a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Report {
    pub(crate) messages: Vec<Message>,
    /// `numberComponentsTotal`.
    pub(crate) total: usize,
    /// `numberComponentsDeployed`: components that went in, or would have.
    pub(crate) deployed: usize,
    /// `numberComponentErrors`.
    pub(crate) errors: usize,
    /// `Succeeded`, `SucceededPartial` or `Failed`.
    pub(crate) status: String,
    /// `errorStatusCode` and `errorMessage` of a deploy that was refused as a whole.
    pub(crate) error: Option<(String, String)>,
}

impl Report {
    /// A deploy that stopped at its manifest: one failure, and the counters stay at nothing.
    pub(crate) fn of_manifest(problem: Problem, now: Millis) -> Self {
        let name = || "package.xml".to_owned();
        let message = Message {
            full_name: name(),
            file_name: name(),
            created_date: now,
            ..Message::of_problem(&problem)
        };
        Self {
            messages: vec![message],
            status: "Failed".to_owned(),
            ..Self::default()
        }
    }

    /// A deploy that is refused as a whole, without a word about any component.
    pub(crate) fn refused((code, message): (&str, String)) -> Self {
        Self {
            status: "Failed".to_owned(),
            error: Some((code.to_owned(), message)),
            ..Self::default()
        }
    }

    /// Tells every problem in the language of who deploys.
    pub(crate) fn translate(&mut self, language: Language<'_>) {
        for problem in self
            .messages
            .iter_mut()
            .filter_map(|message| message.problem.as_mut())
        {
            *problem = language.message(problem);
        }
    }

    /// Adds a message.
    pub(crate) fn add(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Turns a component's success into this failure.
    pub(crate) fn replace(&mut self, failure: Message) {
        self.messages
            .retain(|message| !(message.success && message.names(&failure)));
        self.messages.push(failure);
    }

    /// Counts, and adds the entry of the manifest itself.
    pub(crate) fn finish(&mut self, manifest: &str, options: &Options, now: Millis) {
        let components = || {
            self.messages
                .iter()
                .filter(|message| !message.kind.is_empty())
        };
        self.deployed = components().filter(|message| message.success).count();
        let failed = distinct(components().filter(|message| !message.success));
        self.total = self.deployed + failed;
        self.errors = distinct(self.messages.iter().filter(|message| !message.success));
        let partial = !options.rollback_on_error && self.deployed > 0;
        self.status = match (self.errors, partial) {
            (0, _) => "Succeeded",
            (_, true) => "SucceededPartial",
            (_, false) => "Failed",
        }
        .to_owned();
        self.messages.push(Message {
            full_name: "package.xml".to_owned(),
            file_name: manifest.to_owned(),
            changed: true,
            success: true,
            created_date: now,
            ..Message::default()
        });
    }

    /// Whether the deploy reached what it was asked for.
    pub(crate) fn success(&self) -> bool {
        self.status == "Succeeded" || self.status == "SucceededPartial"
    }
}

fn distinct<'m>(messages: impl Iterator<Item = &'m Message>) -> usize {
    let mut names: Vec<(&str, &str)> = messages
        .map(|message| (message.kind.as_str(), message.full_name.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
