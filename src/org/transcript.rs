//! What an org was asked and what it answered, one thing each: whatever request it travelled in.
//!
//! **Promise:** a question has one [`Asking::key`], in whatever order its parts stand and whichever version asks.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::soql;

/// One thing that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Asking {
    /// All rows of a query over the data API.
    Query {
        /// Its text.
        soql: String,
    },
    /// All rows of a query over the Tooling API.
    Tooling {
        /// Its text.
        soql: String,
    },
    /// Any other resource, by its path below the version, or below `/services`.
    Resource {
        /// The path, with what stands behind `?`.
        path: String,
    },
    /// A metadata component.
    Component {
        /// Metadata type.
        kind: String,
        /// Full name, without percent encoding.
        name: String,
    },
    /// All components of a metadata type.
    List {
        /// Metadata type.
        kind: String,
    },
    /// A package of components.
    Retrieve {
        /// Full names by metadata type.
        members: BTreeMap<String, Vec<String>>,
    },
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The question.
    pub asked: Asking,
    /// The HTTP status; a fault of the Metadata API has 500.
    pub status: u16,
    /// JSON as it came; a component or a list as the text of its XML, `null` for none; a package as its files and
    /// messages; a refusal as a list of code and message, whatever interface gave it.
    pub answer: Value,
}

impl Asking {
    /// The question behind the address of a `GET`, as far as anybody asks one.
    pub(super) fn of_path(path: &str) -> Self {
        let below = below_version(path);
        let (resource, parameters) = below.split_once('?').unwrap_or((below, ""));
        let text = parameters.split('&').find_map(|one| one.strip_prefix("q="));
        let text = text.map(|text| decoded(&text.replace('+', " ")));
        match (resource, text) {
            ("query", Some(soql)) => Self::Query { soql },
            ("tooling/query", Some(soql)) => Self::Tooling { soql },
            _ => Self::Resource {
                path: below.to_owned(),
            },
        }
    }

    /// A component, its name in whichever spelling.
    pub(super) fn component(kind: &str, name: &str) -> Self {
        Self::Component {
            kind: kind.to_owned(),
            name: decoded(name),
        }
    }

    /// What is alike for all questions that ask the same.
    pub fn key(&self) -> String {
        match self {
            Self::Query { soql } => format!("query {}", soql::canonical(soql)),
            Self::Tooling { soql } => format!("tooling {}", soql::canonical(soql)),
            Self::Resource { path } => format!("resource {path}"),
            Self::Component { kind, name } => format!("component {kind} {}", name.to_lowercase()),
            Self::List { kind } => format!("list {kind}"),
            Self::Retrieve { members } => {
                let sorted = members.iter().map(|(kind, names)| {
                    let mut names: Vec<String> = names.iter().map(|name| decoded(name)).collect();
                    names.sort();
                    format!("{kind}: {}", names.join(", "))
                });
                format!("retrieve {}", sorted.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// The path behind `/services/data/v66.0/`, which changes with the version and says nothing.
pub(super) fn below_version(path: &str) -> &str {
    let path = path.strip_prefix("/services/").unwrap_or(path);
    let data = path.strip_prefix("data/v");
    data.and_then(|rest| rest.split_once('/'))
        .map_or(path, |(_, below)| below)
}

/// A text without its percent encoding.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_same_in_every_version_and_order() {
        let key = |path: &str| Asking::of_path(path).key();
        assert_eq!(
            key("/services/data/v66.0/query?q=SELECT%20A%2C%20B%20FROM%20C"),
            key("/services/data/v60.0/query?q=SELECT+B,A+FROM+C")
        );
        assert_ne!(
            key("/services/data/v66.0/query?q=SELECT+A+FROM+C"),
            key("/services/data/v66.0/tooling/query?q=SELECT+A+FROM+C")
        );
        assert_eq!(
            key("/services/data/v66.0/sobjects/Lead/describe"),
            "resource sobjects/Lead/describe"
        );
        assert_eq!(key("/services/oauth2/userinfo"), "resource oauth2/userinfo");
        assert_eq!(
            Asking::component("Profile", "R%26D"),
            Asking::component("Profile", "R&D")
        );
    }
}
