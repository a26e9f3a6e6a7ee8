//! Consent to an apply: given beforehand, or asked for at a terminal. Nothing is written without it.

use std::io::BufRead;
use std::path::Path;

use super::arguments::Apply;
use super::codes::{self, failure};
use super::output::{Output, can_ask};
use crate::diagnostic::{Exit, Failure};
use crate::plan::Plan;
use crate::report::saved::{SavedPlan, saved_plan};
use crate::report::text::{printable, short_digest};

/// How consent was, or will be, given.
#[derive(Debug, PartialEq)]
pub(crate) enum Consent {
    /// Whatever is planned.
    Anything,
    /// The plan whose digest begins so.
    Digest(String),
    /// The plan that was saved.
    Saved(SavedPlan),
    /// A person at a terminal is asked.
    Ask,
}

impl Consent {
    /// What the command line gives; a failure where it gives none and nobody can be asked.
    pub(crate) fn of(arguments: &Apply) -> Result<Self, Failure> {
        if let Some(path) = &arguments.plan {
            return Ok(Self::Saved(read_saved(path)?));
        }
        match (&arguments.expect, arguments.yes) {
            (Some(digest), _) => Ok(Self::Digest(digest.clone())),
            (None, true) => Ok(Self::Anything),
            (None, false) if can_ask() => Ok(Self::Ask),
            (None, false) => Err(nobody_to_ask()),
        }
    }

    /// Refuses a plan that is not the one consent was given to.
    pub(crate) fn check(&self, plan: &Plan) -> Result<(), Failure> {
        match self {
            Self::Anything | Self::Ask => Ok(()),
            Self::Digest(expected) => same_digest(expected, plan),
            Self::Saved(saved) if saved.org_id != plan.org.id => Err(other_org(saved, plan)),
            Self::Saved(saved) => same_digest(saved.digest.trim_start_matches("sha256:"), plan),
        }
    }
}

fn nobody_to_ask() -> Failure {
    let help = "give --expect DIGEST (from plan), --plan FILE (a saved plan), or --yes";
    failure(
        Exit::Usage,
        codes::CONSENT,
        "apply needs consent, and there is no terminal to ask at",
        help,
    )
    .state("nothing was sent to any org")
}

fn read_saved(path: &Path) -> Result<SavedPlan, Failure> {
    let shown = path.display();
    let help = "save one with: orgwright plan --format json --out FILE";
    let refuse = |reason: String| {
        failure(
            Exit::Usage,
            codes::SAVED_PLAN,
            format!("{shown} cannot be used as a plan: {reason}"),
            help,
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let saved = saved_plan(&text).map_err(refuse)?;
    let digest = saved.digest.trim_start_matches("sha256:");
    if digest.len() != 64 || !digest.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(refuse("its digest is not one".to_owned()));
    }
    Ok(saved)
}

fn same_digest(expected: &str, plan: &Plan) -> Result<(), Failure> {
    let made = plan.digest.trim_start_matches("sha256:");
    if made.starts_with(expected) {
        return Ok(());
    }
    let problem = format!(
        "the plan is {} now, not {}: the manifest or the org has changed since",
        short_digest(made),
        short_digest(expected)
    );
    Err(failure(
        Exit::Stale,
        codes::STALE,
        problem,
        "plan again, read it, and apply that one",
    )
    .state("nothing was changed"))
}

fn other_org(saved: &SavedPlan, plan: &Plan) -> Failure {
    let problem = format!(
        "the plan was made for the org {} ({}), and this is {} ({})",
        saved.org_name, saved.org_id, plan.org.name, plan.org.id
    );
    failure(
        Exit::Stale,
        codes::OTHER_ORG,
        problem,
        "choose that org with --org, or plan for this one",
    )
    .state("nothing was changed")
}

/// What has to be typed: production's own name, `yes` for every other org.
fn wanted(plan: &Plan, embedded: bool) -> &str {
    let production = !embedded && !plan.org.sandbox && !plan.org.name.trim().is_empty();
    if production {
        plan.org.name.trim()
    } else {
        "yes"
    }
}

/// Asks the person at the terminal. The answer is read on a thread of its own, so that a signal still ends the run.
pub(crate) async fn ask(plan: &Plan, embedded: bool, output: &Output) -> Result<(), Failure> {
    let wanted = wanted(plan, embedded).to_owned();
    let name = if wanted == "yes" {
        String::new()
    } else {
        format!(" the name of this production org, {},", printable(&wanted))
    };
    let question = if name.is_empty() {
        "Apply this plan? Only `yes` is taken: ".to_owned()
    } else {
        format!("Apply this plan? Type{name} to go on: ")
    };
    output.warn(&question);
    let answer = tokio::task::spawn_blocking(read_line)
        .await
        .unwrap_or_default();
    if answer.trim() == wanted {
        return Ok(());
    }
    Err(failure(
        Exit::Failed,
        codes::DECLINED,
        "the plan was not confirmed",
        "",
    )
    .state("nothing was changed"))
}

/// One line from standard input; empty at its end.
fn read_line() -> String {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) => line,
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn refused(consent: &Consent) -> (Exit, &'static str) {
        let failure = consent.check(&samples::plan()).unwrap_err();
        (failure.exit, failure.diagnostics[0].code)
    }

    #[test]
    fn only_the_expected_plan_is_taken() {
        let digest = |text: &str| Consent::Digest(text.to_owned());
        assert!(digest("7f3a91c2d4e5").check(&samples::plan()).is_ok());
        assert!(Consent::Anything.check(&samples::plan()).is_ok());
        assert_eq!(
            refused(&digest("7f3a91c2d4e6")),
            (Exit::Stale, codes::STALE)
        );
        assert_eq!(
            refused(&digest("7f3a91c2d4e5fffff")),
            (Exit::Stale, codes::STALE)
        );
    }

    #[test]
    fn a_saved_plan_is_of_one_org() {
        let plan = samples::plan();
        let saved = SavedPlan {
            digest: plan.digest.clone(),
            org_id: plan.org.id.clone(),
            org_name: "Acme".into(),
            files: Vec::new(),
        };
        assert!(Consent::Saved(saved.clone()).check(&plan).is_ok());
        let other = SavedPlan {
            org_id: "00D000000000002EAA".into(),
            ..saved
        };
        assert_eq!(
            refused(&Consent::Saved(other)),
            (Exit::Stale, codes::OTHER_ORG)
        );
    }

    #[test]
    fn production_asks_for_its_name_and_others_for_yes() {
        let mut plan = samples::plan();
        assert_eq!(wanted(&plan, false), "Acme");
        assert_eq!(wanted(&plan, true), "yes");
        plan.org.sandbox = true;
        assert_eq!(wanted(&plan, false), "yes");
    }
}
