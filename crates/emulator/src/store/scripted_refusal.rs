//! Refusals of deploys in words of a test's own.

use serde::{Deserialize, Serialize};

/// A refusal of what holds something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedRefusal {
    /// The type of the component that is refused, or with a `code` the object of a record; without it a whole deploy is.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Texts that have to stand in one entry of the component; of a deploy, in one of its files; of a record, in one of the
    /// values that are changed, such as `IsActive=false`. A new record is refused where there is none.
    #[serde(default)]
    pub holds: Vec<String>,
    /// What the org says.
    pub problem: String,
    /// The code of a record or deploy that is refused.
    #[serde(default)]
    pub code: Option<String>,
    /// How many deploys it is said to; every one without a number.
    #[serde(default)]
    pub times: Option<u64>,
    /// How many it was said to.
    #[serde(default)]
    pub said: u64,
}

impl ScriptedRefusal {
    /// Whether it is said to what consists of these texts.
    pub(crate) fn is_due<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> bool {
        let all_in = |text: &str| self.holds.iter().all(|held| text.contains(held.as_str()));
        self.times.is_none_or(|times| self.said < times)
            && (self.holds.is_empty() || texts.any(all_in))
    }
}
