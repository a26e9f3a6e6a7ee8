//! What an org said of a plan without saving anything, in sentences that every report shares.

use super::kind_words;
use crate::change::Stage;
use crate::count::{agree, count, first_few};
use crate::diagnostic::Severity;
use crate::plan::{CheckedStage, NotCheckable, PlanCheck};

/// What stands above them.
pub(super) const TITLE: &str = "Check";

/// A sentence about a check.
pub(super) struct CheckLine {
    /// How much it weighs; `None`: as it should be.
    pub(super) weight: Option<Severity>,
    /// The sentence; the org's words in it are foreign.
    pub(super) text: String,
}

/// The sentences, but for what the org refused: those are findings of their own.
pub(super) fn lines(check: &PlanCheck) -> Vec<CheckLine> {
    let stages = check.checked.iter().map(checked);
    let left_out = check.left_out.iter().map(|dropped| CheckLine {
        weight: Some(Severity::Warning),
        text: format!(
            "{} goes without {}, which the org refused: {}",
            dropped.address, dropped.entry, dropped.problem
        ),
    });
    let warnings = check.warnings.iter().map(|warning| CheckLine {
        weight: Some(Severity::Warning),
        text: format!("the org warns of {}: {}", warning.about, warning.problem),
    });
    let later = grouped(&check.not_checkable).into_iter().map(not_yet);
    let mut lines: Vec<CheckLine> = stages
        .chain(left_out)
        .chain(warnings)
        .chain(later)
        .collect();
    if lines.is_empty() {
        lines.push(CheckLine {
            weight: None,
            text: "there is nothing to check".to_owned(),
        });
    }
    lines
}

fn checked(checked: &CheckedStage) -> CheckLine {
    let changes = count(checked.addresses.len() as u64, "change");
    let (weight, verdict) = match checked.accepted {
        true => (None, format!("the org would take {changes}")),
        false => (
            Some(Severity::Error),
            format!("the org would not take {changes}"),
        ),
    };
    CheckLine {
        weight,
        text: format!("{}: {verdict}", stage(checked.stage)),
    }
}

fn stage(stage: Stage) -> String {
    format!("stage {stage}, {}", stage.title())
}

/// Those of one stage with one reason, together.
fn grouped(later: &[NotCheckable]) -> Vec<Vec<&NotCheckable>> {
    let mut groups: Vec<Vec<&NotCheckable>> = Vec::new();
    for one in later {
        let alike = groups.iter_mut().find(|group| {
            let mut members = group.iter();
            members.any(|other| (other.stage, &other.reason) == (one.stage, &one.reason))
        });
        match alike {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn not_yet(group: Vec<&NotCheckable>) -> CheckLine {
    let names: Vec<String> = group
        .iter()
        .map(|one| format!("{} {}", kind_words(&one.address), one.address.name))
        .collect();
    let first = group.first();
    let where_ = first.map_or_else(String::new, |one| stage(one.stage));
    let reason = first.map_or("", |one| one.reason.as_str());
    let are = agree(group.len() as u64, "is", "are");
    CheckLine {
        weight: Some(Severity::Note),
        text: format!(
            "{where_}: {} {are} not checkable yet: {reason}",
            first_few(&names)
        ),
    }
}
