//! What manifests expect of single records, as rows of a report.

use super::text::printable;
use crate::access::{ExpectedAccess, When};
use crate::count::{count, number};
use serde::Serialize;
use serde_json::{Value, json};

/// How an entry of `expect` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpectedVerdict {
    Holds,
    Missed,
    NotKnown,
}

impl ExpectedVerdict {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Missed => "missed",
            Self::NotKnown => "not known",
        }
    }
}

/// One entry: how it stands, whose access it is about, and the numbers.
pub(super) struct ExpectedRow {
    pub(super) verdict: ExpectedVerdict,
    /// `ada@acme.example: >=read`
    pub(super) who: String,
    /// `12 of 12 records: SELECT Id FROM Lead`
    pub(super) what: String,
}

/// The entries in the order of their manifests.
pub(super) fn rows(expected: &[ExpectedAccess], when: When) -> Vec<ExpectedRow> {
    let row = |one: &ExpectedAccess| {
        let outcome = one.outcome(when);
        let verdict = match (outcome.is_missed(), outcome.holds()) {
            (true, _) => ExpectedVerdict::Missed,
            (false, true) => ExpectedVerdict::Holds,
            (false, false) => ExpectedVerdict::NotKnown,
        };
        let words = match (outcome.found, outcome.otherwise.first()) {
            (Some(_), _) if outcome.is_gone => format!("{}: not there", one.records),
            (Some(_), Some(other)) if one.is_one => format!("{}: {}", one.records, other.access),
            (Some(_), None) if one.is_one => one.records.clone(),
            (Some(found), _) => {
                let good = number(outcome.as_expected);
                format!("{good} of {}: {}", count(found, "record"), one.records)
            }
            (None, _) => one.records.clone(),
        };
        ExpectedRow {
            verdict,
            who: printable(&format!("{}: {}", one.user, one.access)).into_owned(),
            what: printable(&words).into_owned(),
        }
    };
    expected.iter().map(row).collect()
}

#[derive(Serialize)]
struct ExpectedJson<'a> {
    manifest: &'a str,
    user: &'a str,
    records: &'a str,
    access: String,
    count: Value,
    #[serde(flatten)]
    outcome: crate::access::ExpectationOutcome,
    holds: bool,
}

/// The entries for machines.
pub(super) fn json(expected: &[ExpectedAccess], when: When) -> Vec<Value> {
    let entry = |one: &ExpectedAccess| {
        let outcome = one.outcome(when);
        let holds = outcome.holds();
        let entry = ExpectedJson {
            manifest: &one.manifest,
            user: &one.user,
            records: &one.records,
            access: one.access.to_string(),
            count: json!(one.count),
            outcome,
            holds,
        };
        // String keys and plain values only: this cannot fail.
        serde_json::to_value(entry).unwrap_or_default()
    };
    expected.iter().map(entry).collect()
}
