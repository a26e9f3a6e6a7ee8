//! Consent to an apply: given beforehand, or asked for at a terminal. Nothing is written without it.

use std::io::BufRead;
use std::path::Path;

use super::arguments::Apply;
use super::finding::failure;
use super::output::{Output, can_ask};
use crate::apply::WarningConsent;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::plan::{CheckWarning, DIGITS_OF_CHANGES, Plan, digest_with};
use crate::report::saved::{SavedPlan, SavedPlanProblem, saved_plan};
use crate::report::text::{printable, short_digest};

/// Which plan may be applied, and whether somebody has agreed to it already.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Consent {
    /// The leading digits of its digest.
    expected: Option<String>,
    /// The plan as it was saved. It says which one is meant; reading it is no agreement.
    saved: Option<SavedPlan>,
    /// Whether a person at a terminal still has to agree.
    pub(crate) ask: bool,
}

impl Consent {
    /// What the command line gives; a failure where it gives none and nobody can be asked.
    pub(crate) fn of(arguments: &Apply) -> Result<Self, Failure> {
        let given = arguments.yes || arguments.expect.is_some();
        if !given && !can_ask() {
            return Err(nobody_to_ask(arguments.plan.is_some()));
        }
        let saved = arguments.plan.as_deref().map(read_saved).transpose()?;
        Ok(Self {
            expected: arguments.expect.clone(),
            saved,
            ask: !given,
        })
    }

    /// The manifests that the saved plan was made from; none without one.
    pub(crate) fn files(&self) -> &[String] {
        self.saved.as_ref().map_or(&[], |saved| &saved.files)
    }

    /// Refuses a plan that is not the one consent was given to.
    /// One that is still to be rehearsed need not have the warnings yet that its digest covers.
    pub(crate) fn check(&self, plan: &Plan, is_rehearsed: bool) -> Result<(), Failure> {
        if let Some(saved) = &self.saved {
            if saved.org_id != plan.org.id {
                return Err(other_org(saved, plan));
            }
            if let Some(difference) = saved.difference(plan) {
                return Err(stale(difference));
            }
        }
        let Some(expected) = &self.expected else {
            return Ok(());
        };
        let checked = digest_with(&plan.digest, self.warnings());
        let is_it = [&plan.digest, &checked].into_iter().any(|digest| {
            let digest = digest.trim_start_matches("sha256:");
            digest.starts_with(expected) || (is_rehearsed && means_its_changes(expected, digest))
        });
        match is_it {
            true => Ok(()),
            false => Err(other_digest(expected, plan)),
        }
    }

    /// Whether the plan is the saved one, and the org has checked its first stage and would take it.
    pub(crate) fn is_checked(&self, plan: &Plan) -> bool {
        let saved = self.saved.as_ref().filter(|saved| saved.is_accepted);
        saved.is_some_and(|saved| digest_with(&plan.digest, &saved.warnings) == saved.digest)
    }

    /// Which warnings of a rehearsal it covers, with those that are accepted by their words.
    pub(crate) fn to_warnings(&self, accepted: &[String]) -> WarningConsent {
        WarningConsent {
            digest: self.expected.clone(),
            read: self.warnings().to_vec(),
            accepted: accepted.to_vec(),
            is_needed: true,
        }
    }

    /// What the org warned of when the saved plan was checked.
    fn warnings(&self) -> &[CheckWarning] {
        self.saved.as_ref().map_or(&[], |saved| &saved.warnings)
    }
}

fn nobody_to_ask(saved: bool) -> Failure {
    let help = if saved {
        "--plan says which plan is meant; add --yes, or --expect DIGEST (from plan), to agree to it"
    } else {
        "give --expect DIGEST (from plan), or --yes"
    };
    failure(
        Exit::Usage,
        Code::ConsentNeeded,
        "apply needs consent, and there is no terminal to ask at",
        help,
    )
    .state("nothing was sent to any org")
}

fn read_saved(path: &Path) -> Result<SavedPlan, Failure> {
    let refuse = |exit: Exit, reason: &str| {
        failure(
            exit,
            Code::SavedPlanUnreadable,
            format!("{} cannot be used as a plan: {reason}", path.display()),
            "save one with: orgwright plan --out plan.json",
        )
        .state("nothing was sent to any org")
    };
    let text =
        std::fs::read_to_string(path).map_err(|error| refuse(Exit::Usage, &error.to_string()))?;
    let saved = saved_plan(&text).map_err(|problem| {
        let exit = match problem {
            SavedPlanProblem::OfAnotherVersion(_) => Exit::Stale,
            SavedPlanProblem::Unreadable(_) => Exit::Manifest,
        };
        refuse(exit, &problem.to_string())
    })?;
    let digest = saved.digest.trim_start_matches("sha256:");
    if digest.len() != 64 || !digest.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(refuse(Exit::Manifest, "its digest is not one"));
    }
    Ok(saved)
}

/// Whether the digits that say which changes are meant are the same in both.
fn means_its_changes(expected: &str, digest: &str) -> bool {
    let changes = expected.get(..DIGITS_OF_CHANGES);
    changes.is_some_and(|changes| digest.starts_with(changes))
}

fn other_digest(expected: &str, plan: &Plan) -> Failure {
    let made = plan.digest.trim_start_matches("sha256:");
    if means_its_changes(expected, made) {
        let problem = "the plan was agreed to with warnings of its check, and this run checks nothing: it cannot tell \
                       whether they are the same";
        return stale(problem.to_owned());
    }
    stale(format!(
        "the plan is {} now, not {}: the manifest or the org has changed since",
        short_digest(made),
        short_digest(expected)
    ))
}

/// The refusal of a plan that is another one by the time somebody has agreed.
pub(crate) fn moved(agreed: &Plan, now: &Plan) -> Failure {
    stale(format!(
        "the plan is {} now, not {}: the org has moved while you were asked",
        short_digest(&now.digest),
        short_digest(&agreed.digest)
    ))
}

fn stale(problem: String) -> Failure {
    failure(
        Exit::Stale,
        Code::NotTheExpectedPlan,
        problem,
        "plan again, read it, and apply that one",
    )
    .state("nothing was changed")
}

fn other_org(saved: &SavedPlan, plan: &Plan) -> Failure {
    let problem = format!(
        "the plan was made for the org {} ({}), and this is {} ({})",
        saved.org_name, saved.org_id, plan.org.name, plan.org.id
    );
    failure(
        Exit::Stale,
        Code::SavedPlanOfAnotherOrg,
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
        Code::NotConfirmed,
        "the plan was not confirmed",
        "",
    )
    .state("nothing was changed"))
}

/// Whether the person at the terminal answers this word, and no other.
pub(crate) fn answers(word: &str) -> bool {
    read_line().trim() == word
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
    use crate::report::{json, samples};

    fn refused(consent: &Consent) -> (Exit, Code) {
        let failure = consent.check(&samples::plan(), true).unwrap_err();
        (failure.exit, failure.diagnostics[0].code)
    }

    fn expecting(digest: &str) -> Consent {
        Consent {
            expected: Some(digest.to_owned()),
            ..Consent::default()
        }
    }

    fn of_saved(change: impl FnOnce(&mut SavedPlan)) -> Consent {
        let mut saved = saved_plan(&json::plan(&samples::plan())).unwrap();
        change(&mut saved);
        Consent {
            saved: Some(saved),
            ..Consent::default()
        }
    }

    #[test]
    fn only_the_expected_plan_is_taken() {
        assert!(Consent::default().check(&samples::plan(), true).is_ok());
        let taken = |digest: &str, is_rehearsed| {
            let checked = expecting(digest).check(&samples::plan(), is_rehearsed);
            checked.is_ok()
        };
        assert!(taken("7f3a91c2d4e5", false));
        assert_eq!(
            refused(&expecting("7f3a91c2d4e6")),
            (Exit::Stale, Code::NotTheExpectedPlan)
        );
        // What stands behind the first digits is about warnings, which a rehearsal has to meet first.
        assert!(taken("7f3a91c2d4e5eeeee", true));
        assert!(!taken("7f3a91c2d4e5eeeee", false));
    }

    #[test]
    fn a_saved_plan_is_of_one_org_and_says_what_is_done() {
        assert!(of_saved(|_| ()).check(&samples::plan(), true).is_ok());
        assert!(!of_saved(|_| ()).is_checked(&samples::plan()));
        assert!(of_saved(|saved| saved.is_accepted = true).is_checked(&samples::plan()));
        let other = of_saved(|saved| saved.org_id = "00D000000000002EAA".into());
        assert_eq!(refused(&other), (Exit::Stale, Code::SavedPlanOfAnotherOrg));
        let forged = of_saved(|saved| drop(saved.changes.pop()));
        assert_eq!(refused(&forged), (Exit::Stale, Code::NotTheExpectedPlan));
        let both = Consent {
            expected: Some("000000000000".into()),
            ..of_saved(|_| ())
        };
        assert_eq!(refused(&both), (Exit::Stale, Code::NotTheExpectedPlan));
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
