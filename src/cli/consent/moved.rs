//! The refusal of a plan where somebody made a third thing of what it was to change: a table of planned, was, now, and who.

use serde_json::Value;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::{SetupChange, SetupTrail};
use crate::report::saved::Moved;
use crate::report::text::printable;

/// Characters of a value that the table shows.
const WIDEST: usize = 60;

/// Stops before anything is written over what somebody else made.
pub(crate) fn moved_since(moved: &[Moved], trail: Option<&SetupTrail>) -> Failure {
    let rows = moved.iter().map(|one| row(one, trail));
    let state = "nothing was changed by this run; what an earlier run of the plan made stays";
    Failure::new(Exit::Stale, rows.collect()).state(state)
}

fn row(moved: &Moved, trail: Option<&SetupTrail>) -> Diagnostic {
    let attribute = moved.attribute.as_deref();
    let what = attribute.map_or(String::new(), |name| format!("`{}` of ", printable(name)));
    let message = format!(
        "{what}{} is neither as it was nor as planned: planned {}, was {}, now {}, changed by {}",
        printable(&moved.address),
        shown(&moved.planned),
        shown(&moved.was),
        shown(&moved.now),
        whom(&moved.address, trail),
    );
    let help =
        "nothing is written over it: set it back, or plan again, read it, and apply that plan";
    Diagnostic::error(Code::NeitherBeforeNorAfter, message).help(help)
}

/// Who changed a resource last, and when, as far as the audit trail is read and names it.
fn whom(address: &str, trail: Option<&SetupTrail>) -> String {
    let name = address.split_once('/').map_or(address, |(_, name)| name);
    let Some(trail) = trail else {
        return "somebody not known (the org does not tell its audit trail)".to_owned();
    };
    // A rule's full name is that of its object and its own; the trail may say either.
    let short = name.rsplit('.').next().unwrap_or(name);
    let spaced = name.replace('_', " ");
    let found = [name, short, &spaced]
        .into_iter()
        .find_map(|name| trail.latest_about(name));
    match found {
        Some(SetupChange {
            by: Some(by), at, ..
        }) => format!("{} at {}", printable(by), printable(at)),
        Some(SetupChange { at, .. }) => format!("somebody not known, at {}", printable(at)),
        None => "somebody not known (the audit trail does not name it)".to_owned(),
    }
}

/// A value, short and harmless; what is not there is said so.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "not there".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let mut short: String = text.chars().take(WIDEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", printable(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_planned_was_now_and_who() {
        let moved = Moved {
            address: "role/HubSpot_Integration".into(),
            attribute: Some("label".into()),
            planned: "HubSpot".into(),
            was: Value::Null,
            now: "Other\u{1b}[2J".into(),
        };
        let failure = moved_since(&[moved], None);
        let told = &failure.diagnostics[0].message;
        assert_eq!(failure.exit, Exit::Stale);
        for part in [
            "planned `HubSpot`",
            "was not there",
            "now `Other",
            "changed by somebody not known",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains('\u{1b}'));
    }
}
