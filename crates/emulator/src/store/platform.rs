//! In which ways the org is as hard as a real one.
//!
//! What sources document is how the org behaves without a word. What they only suggest, or contradict each other about,
//! is a switch here, so that a client can be tested both ways.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Switches of the platform's behaviour. What is not stated has its default (`docs/emulator.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Platform {
    /// Whether profiles, when they are read, list tabs that the org does not have.
    pub tabs: Option<ListedTabs>,
    /// Whether a composite answers queries of the Tooling API.
    pub tooling_in_composite: Option<ToolingInComposite>,
}

/// Which tabs a profile lists when it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListedTabs {
    /// Those of the org.
    #[default]
    Listed,
    /// Tabs of features that are off as well.
    Stale,
}

/// Whether a composite answers queries of the Tooling API, which has a composite resource of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolingInComposite {
    /// As any other.
    #[default]
    Answered,
    /// There is no such resource in it.
    Refused,
}

/// Why switches cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// A switch without its value.
    #[error("{0:?} is not NAME=VALUE")]
    NoValue(String),
    /// A name or a value that is none.
    #[error("{stated:?} is no switch of the platform: {reason}")]
    Unknown {
        /// What was stated.
        stated: String,
        /// What there is instead.
        reason: String,
    },
}

impl Platform {
    /// Reads `NAME=VALUE`, or several of them with commas between; the last word on a switch counts.
    ///
    /// # Errors
    /// A switch that the platform does not have, or a value that it does not take.
    pub fn parse(text: &str) -> Result<Platform, PlatformError> {
        let mut platform = Platform::default();
        for stated in text.split(',') {
            platform.lay(read(stated)?);
        }
        Ok(platform)
    }

    /// Takes over what another one states.
    pub fn lay(&mut self, stated: Platform) {
        let Platform {
            tabs,
            tooling_in_composite,
        } = stated;
        lay(&mut self.tabs, tabs);
        lay(&mut self.tooling_in_composite, tooling_in_composite);
    }
}

fn lay<T>(place: &mut Option<T>, stated: Option<T>) {
    if stated.is_some() {
        *place = stated;
    }
}

fn read(stated: &str) -> Result<Platform, PlatformError> {
    let no_value = || PlatformError::NoValue(stated.to_owned());
    let (name, value) = stated.split_once('=').ok_or_else(no_value)?;
    let switch = Map::from_iter([(name.trim().to_owned(), Value::from(value.trim()))]);
    serde_json::from_value(Value::Object(switch)).map_err(|error| PlatformError::Unknown {
        stated: stated.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, expected: &str) {
        let message = Platform::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn what_is_no_switch_is_refused_with_what_there_is() {
        check_refused("tooling-in-composite", "is not NAME=VALUE");
        check_refused("", "is not NAME=VALUE");
        check_refused("tooling=refused", "tooling-in-composite");
        check_refused(
            "tooling-in-composite=no",
            "expected `answered` or `refused`",
        );
    }

    #[test]
    fn the_last_word_on_a_switch_counts() {
        let read =
            Platform::parse("tooling-in-composite=refused, tooling-in-composite=answered").unwrap();
        assert_eq!(
            read.tooling_in_composite,
            Some(ToolingInComposite::Answered)
        );
    }
}
