//! What has a verdict, as tables.

use super::inert::sentence;
use super::parts::ReportPart;
use crate::access::{Capability, ExpectedAccess, When};
use crate::plan::{HeldLimit, Plan};
use crate::report::capable;
use crate::report::expected::{ExpectedRow, ExpectedVerdict, rows};
use crate::report::limit_words;

/// What the users can do of what is stated or needed.
pub(super) fn capable(capabilities: &[Capability]) -> ReportPart {
    let lines = capable::lines(capabilities).into_iter();
    ReportPart {
        opening: "\n".to_owned(),
        items: lines
            .map(|(_, line)| format!("{}\n", sentence(&line)))
            .collect(),
        closing: "",
    }
}

/// The limits of the manifests, each with its verdict.
pub(super) fn limits(plan: &Plan) -> ReportPart {
    let row = |limit: &HeldLimit| {
        let [name, verdict, words] = limit_words(limit);
        let verdict = match limit.refuses() {
            true => format!("**{verdict}**"),
            false => verdict,
        };
        format!(
            "| {} | {verdict} | {} |\n",
            sentence(&name),
            sentence(&words)
        )
    };
    let opening = "\n### Limits\n\n| limit | verdict | numbers |\n| --- | --- | --- |\n";
    ReportPart {
        opening: opening.to_owned(),
        items: plan.limits.iter().map(row).collect(),
        closing: "",
    }
}

/// What the manifests expect of single records.
pub(super) fn expected(expected: &[ExpectedAccess], when: When) -> ReportPart {
    let row = |row: &ExpectedRow| {
        let verdict = match row.verdict {
            ExpectedVerdict::Holds => row.verdict.word().to_owned(),
            ExpectedVerdict::Missed | ExpectedVerdict::NotKnown => {
                format!("**{}**", row.verdict.word())
            }
        };
        format!(
            "| {} | {verdict} | {} |\n",
            sentence(&row.who),
            sentence(&row.what)
        )
    };
    let opening = "\n### Expected\n\n| access | verdict | records |\n| --- | --- | --- |\n";
    ReportPart {
        opening: opening.to_owned(),
        items: rows(expected, when).iter().map(row).collect(),
        closing: "",
    }
}
