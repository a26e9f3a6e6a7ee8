//! Guards: plans that are refused whatever consent was given. Pure.

use crate::change::Until;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Severity};
use crate::manifest::Manifest;
use crate::plan::Plan;

/// Checks a plan that is applied so far against the manifests' limits, and against locking out the one who applies it.
///
/// # Errors
/// Exit 4 with every refusal.
pub fn check(plan: &Plan, manifests: &[Manifest], until: Until) -> Result<(), Failure> {
    if plan.is_empty() {
        return Ok(());
    }
    let blind = found(plan, Code::LogInSeesTooLittle);
    if !blind.is_empty() {
        return Err(Failure::new(Exit::Login, blind)
            .state("nothing was changed")
            .with_sources(&plan.sources));
    }
    let mut refusals = found(plan, Code::UsernameOfAnother);
    // An edition that the org does not tell is no reason to refuse.
    let editions = found(plan, Code::EditionTooLow).into_iter();
    refusals.extend(editions.filter(|finding| finding.severity == Severity::Error));
    refusals.extend(beyond_limits(plan, until));
    for manifest in manifests {
        refusals.extend(own_user(plan, manifest));
        refusals.extend(validations(plan, manifest));
    }
    if refusals.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Guarded, refusals)
        .state("nothing was changed")
        .with_sources(&plan.sources))
}

/// The limits that a plan passes. What rules match is no matter where the fields that they ask for are only made: somebody
/// has to fill them first.
pub fn beyond_limits(plan: &Plan, until: Until) -> Vec<Diagnostic> {
    let held = plan.limits.iter();
    let mut refusals: Vec<Diagnostic> = held.filter_map(|limit| limit.refusal.clone()).collect();
    if until != Until::Prepared {
        refusals.extend(rules_not_as_expected(plan));
        refusals.extend(found(plan, Code::ExpectationMissed));
        refusals.extend(found(plan, Code::ExpectedRecordGone));
    }
    refusals
}

/// Rules that do not match as many records as the manifest expects.
pub fn rules_not_as_expected(plan: &Plan) -> Vec<Diagnostic> {
    found(plan, Code::RuleMatchesOtherwise)
}

/// Findings that no consent allows to pass over.
fn found(plan: &Plan, code: Code) -> Vec<Diagnostic> {
    plan.findings
        .iter()
        .filter(|finding| finding.code == code)
        .cloned()
        .collect()
}

/// Validations of others that the manifest protects; what is not known may be some.
fn validations(plan: &Plan, manifest: &Manifest) -> Option<Diagnostic> {
    let protects = manifest.spec.protect_validations.as_ref()?;
    let mut findings = plan.findings.iter();
    let found = findings.find(|finding| {
        [Code::ValidationsMadeVoid, Code::ValidationsNotKnown].contains(&finding.code)
    })?;
    if !protects.value {
        return None;
    }
    let error = Diagnostic::error(Code::ValidationsProtected, found.message.clone());
    let help = "apply once they are deployed or void, or take `protectValidations` out";
    Some(error.at(&protects.place).help(help).naming(&found.names))
}

/// The user who applies the plan is the one it would take rights from.
fn own_user(plan: &Plan, manifest: &Manifest) -> Option<Diagnostic> {
    let user = manifest.spec.user.as_ref()?;
    let running = plan.org.running_user.as_deref()?;
    if !running.eq_ignore_ascii_case(&user.username) {
        return None;
    }
    let message =
        format!("you are logged in as `{running}`, the very user this manifest restricts");
    let help = "log in as an administrator: applied like this, the plan would take away the rights it needs";
    Some(
        Diagnostic::error(Code::LockingYourselfOut, message)
            .at(&user.username.place)
            .help(help),
    )
}
