//! Consent to an apply: given beforehand, or asked for at a terminal. Nothing is written without it.

mod kept;
mod moved;

use std::io::BufRead;
use std::path::Path;

use super::arguments::Apply;
use super::finding::failure;
use super::output::{Output, can_ask};
use crate::apply::WarningConsent;
use crate::change::{Dropped, Stage};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::plan::{CheckWarning, DIGITS_OF_CHANGES, Plan, digest_with};
use crate::report::saved::{Moved, PlanStanding, SavedPlan, saved_plan};
use crate::report::text::{printable, short_digest};

pub(crate) use moved::moved_since;

/// Which plan may be applied, and whether somebody has agreed to it already.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Consent {
    /// The leading digits of its digest.
    expected: Option<String>,
    /// The plan that an earlier run kept under these digits.
    kept: Option<SavedPlan>,
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
            kept: arguments.expect.as_deref().and_then(kept::find),
            saved,
            ask: !given,
        })
    }

    /// The manifests that the saved plan was made from; none without one.
    pub(crate) fn files(&self) -> &[String] {
        self.saved.as_ref().map_or(&[], |saved| &saved.files)
    }

    /// Refuses a plan that is neither the one consent was given to nor what is left of it.
    /// One that is still to be rehearsed need not have the warnings yet that its digest covers.
    pub(crate) fn check(&self, plan: &Plan, is_rehearsed: bool) -> Result<Agreement, NotAgreed> {
        let saved = match &self.saved {
            Some(saved) if saved.org_id != plan.org.id => return Err(other_org(saved, plan).into()),
            Some(saved) => agreement(saved, plan)?,
            None => Agreement::default(),
        };
        let Some(expected) = &self.expected else {
            return Ok(saved);
        };
        let plain = saved.rest_of.as_ref().unwrap_or(&plan.digest);
        let checked = digest_with(plain, self.warnings());
        let is_it = [plain, &checked].into_iter().any(|digest| {
            let digest = digest.trim_start_matches("sha256:");
            digest.starts_with(expected) || (is_rehearsed && means_its_changes(expected, digest))
        });
        let kept = self
            .kept
            .as_ref()
            .filter(|kept| self.saved.is_none() && kept.org_id == plan.org.id);
        match kept.filter(|_| !is_it) {
            Some(kept) => self.rest_of_kept(kept, plan, is_rehearsed),
            None if is_it => Ok(saved),
            None => Err(other_digest(expected, plan).into()),
        }
    }

    /// What an earlier run was agreed to, where this plan is left of it. Warnings that the digest covers were met by that run,
    /// or are met by this one: while the first stage is not made, it has to rehearse it.
    fn rest_of_kept(
        &self,
        kept: &SavedPlan,
        plan: &Plan,
        is_rehearsed: bool,
    ) -> Result<Agreement, NotAgreed> {
        let expected = self.expected.as_deref().unwrap_or_default();
        let is_plain = kept
            .digest
            .trim_start_matches("sha256:")
            .starts_with(expected);
        let is_begun = plan
            .changes
            .iter()
            .all(|change| change.stage != Stage::Containers);
        let agreement = agreement(kept, plan)?;
        match agreement.rest_of.is_some() && (is_plain || is_rehearsed || is_begun) {
            true => Ok(agreement),
            false => Err(other_digest(expected, plan).into()),
        }
    }

    /// Keeps the plan that was agreed to by its digest, for the run that finishes it where this one is interrupted. What
    /// keeps it from being kept does not keep anybody from applying it.
    pub(crate) fn keep(&self, plan: &Plan, agreement: &Agreement, output: &Output) {
        if self.expected.is_none() || agreement.rest_of.is_some() || plan.changes.is_empty() {
            return;
        }
        if let Err(failure) = kept::keep(plan) {
            let reason = failure
                .diagnostics
                .first()
                .map_or("", |first| first.message.as_str());
            output.warn(&format!(
                "the plan is not kept ({}): if this run is interrupted, the saved plan is needed to finish it\n",
                printable(reason)
            ));
        }
    }

    /// What the org refused while it checked the saved plan, of changes of this one: it stays left out.
    pub(crate) fn left_out(&self, plan: &Plan) -> Vec<Dropped> {
        let saved = self.saved.iter().flat_map(|saved| &saved.left_out);
        let of_plan = saved.filter_map(|left_out| {
            let mut changes = plan.changes.iter();
            let change = changes.find(|change| change.address.to_string() == left_out.address)?;
            Some(Dropped {
                address: change.address.clone(),
                entry: left_out.entry.clone(),
                problem: left_out.problem.clone(),
            })
        });
        of_plan.collect()
    }

    /// Whether the org has checked the first stage of the saved plan and would take it; `plan` is that one, or its rest.
    pub(crate) fn is_checked(&self, plan: &Plan) -> bool {
        let saved = self.saved.as_ref().filter(|saved| saved.is_accepted);
        saved.is_some_and(|saved| {
            matches!(
                saved.standing(plan),
                PlanStanding::Same { .. } | PlanStanding::Rest { .. }
            )
        })
    }

    /// Which warnings of a rehearsal it covers, with those that are accepted by their words.
    pub(crate) fn to_warnings(&self, accepted: &[String]) -> WarningConsent {
        WarningConsent {
            digest: self.expected.clone(),
            rest_of: None,
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

/// What was agreed to, where it is more than what is planned now.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    /// The digest of the changes of the plan that this one is the rest of.
    pub(crate) rest_of: Option<String>,
    /// What somebody should know of it.
    pub(crate) note: Option<Diagnostic>,
}

/// Why a plan is not the one that was agreed to.
#[derive(Debug)]
pub(crate) enum NotAgreed {
    /// It is another one.
    Other(Box<Failure>),
    /// Somebody made a third thing of what it was to change.
    Moved(Vec<Moved>),
}

impl From<Failure> for NotAgreed {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure))
    }
}

/// What an agreed plan says of the one that was just made.
fn agreement(agreed: &SavedPlan, plan: &Plan) -> Result<Agreement, NotAgreed> {
    match agreed.standing(plan) {
        PlanStanding::Same {
            counts_moved: false,
        } => Ok(Agreement::default()),
        PlanStanding::Same { counts_moved: true } => {
            let words = "since the plan was saved the org has moved in nothing that is written: only people or records are \
                         counted otherwise";
            Ok(Agreement {
                rest_of: None,
                note: Some(Diagnostic::note(Code::RestOfThePlan, words)),
            })
        }
        PlanStanding::Rest { made, all } => {
            let words = format!(
                "{made} of the {all} changes of the plan that was agreed to are made already: this run finishes it"
            );
            Ok(Agreement {
                rest_of: Some(agreed.digest_of_changes()),
                note: Some(Diagnostic::note(Code::RestOfThePlan, words)),
            })
        }
        PlanStanding::Moved(moved) => Err(NotAgreed::Moved(moved)),
        PlanStanding::Other(problem) => Err(stale(problem).into()),
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
    let text = std::fs::read_to_string(path)
        .map_err(|error| unreadable_plan(path, Exit::Usage, &error.to_string()))?;
    let saved = saved_plan(&text)
        .map_err(|problem| unreadable_plan(path, problem.exit(), &problem.to_string()))?;
    let digest = saved.digest.trim_start_matches("sha256:");
    if digest.len() != 64 || !digest.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(unreadable_plan(
            path,
            Exit::Manifest,
            "its digest is not one",
        ));
    }
    Ok(saved)
}

/// The refusal of a file that is no saved plan.
pub(super) fn unreadable_plan(path: &Path, exit: Exit, reason: &str) -> Failure {
    failure(
        exit,
        Code::SavedPlanUnreadable,
        format!("{} cannot be used as a plan: {reason}", path.display()),
        "save one with: orgwright plan --out plan.json",
    )
    .state("nothing was sent to any org")
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
        "the plan is {} now, not {}: the manifest or the org has changed since; if a run of it was interrupted, the saved plan \
         is needed to finish it (`--plan FILE`), because `.orgwright/plans` in this folder does not hold it",
        short_digest(made),
        short_digest(expected)
    ))
}

/// The refusal of a plan that is another one by the time somebody has agreed.
pub(crate) fn moved_while_asked(agreed: &Plan, now: &Plan) -> Failure {
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
        match consent.check(&samples::plan(), true).unwrap_err() {
            NotAgreed::Other(failure) => (failure.exit, failure.diagnostics[0].code),
            moved @ NotAgreed::Moved(_) => panic!("{moved:?}"),
        }
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
