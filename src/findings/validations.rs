//! Validations of other people that a deploy of the plan makes void for quick deploy.
//!
//! A validation is good for ten days, until anything is deployed after it (Metadata API guide, deployRecentValidation).
//! Whether one that ran no tests can be deployed so at all is not known, so all are told.

use crate::change::{Change, Write};
use crate::code::Code;
use crate::count::{count, first_few};
use crate::diagnostic::Diagnostic;
use crate::live::{Known, Live, Validation};

/// What the changes make void, or that the org does not tell; nothing where nobody asked, or nothing is deployed.
pub fn voided(live: &Live, changes: &[Change]) -> Option<Diagnostic> {
    let mut changes = changes.iter();
    if !changes.any(|change| matches!(change.write, Write::Deploy(_))) {
        return None;
    }
    let deploys = match live.deploys() {
        Known::Is(deploys) => deploys,
        Known::Refused(refused) => {
            let message = format!(
                "whether the deploys make validations of others void is not known: {refused}"
            );
            let help = "Setup > Deployment Status shows them";
            return Some(Diagnostic::note(Code::ValidationsNotKnown, message).help(help));
        }
        Known::NotAsked => return None,
    };
    let own = live.org.running_user.as_deref();
    let others = deploys.validations.iter();
    let others: Vec<String> = others
        .filter(|validation| !validation.by.is(own))
        .map(described)
        .collect();
    if others.is_empty() {
        return None;
    }
    let whose = match own {
        Some(_) => "of others",
        None => "of others, or your own,",
    };
    let more = if deploys.may_be_more { "at least " } else { "" };
    let message = format!(
        "the deploys make {more}{} {whose} void for quick deploy: {}",
        count(others.len() as u64, "validation"),
        first_few(&others)
    );
    let help = "let them deploy first, or tell them to validate again; `protectValidations: true` in the manifest makes \
                apply refuse";
    let warning = Diagnostic::warning(Code::ValidationsMadeVoid, message).help(help);
    Some(warning.naming(&others))
}

fn described(validation: &Validation) -> String {
    let (id, by, ended) = (&validation.id, validation.by.words(), &validation.ended);
    format!("{id} by {by}, ended {ended}")
}
