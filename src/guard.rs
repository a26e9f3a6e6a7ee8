//! Guards: plans that are refused whatever consent was given. Pure.

use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::manifest::{Limits, Manifest};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// Checks a plan against the manifests' limits, and against locking out the one who applies it.
///
/// # Errors
/// Exit 4 with every refusal.
pub fn check(plan: &Plan, manifests: &[Manifest]) -> Result<(), Failure> {
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
    for manifest in manifests {
        refusals.extend(limits(plan, &manifest.spec.limits));
        refusals.extend(own_user(plan, manifest));
    }
    if refusals.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Guarded, refusals)
        .state("nothing was changed")
        .with_sources(&plan.sources))
}

/// Findings that no consent allows to pass over.
fn found(plan: &Plan, code: Code) -> Vec<Diagnostic> {
    plan.findings
        .iter()
        .filter(|finding| finding.code == code)
        .cloned()
        .collect()
}

fn limits(plan: &Plan, limits: &Limits) -> Vec<Diagnostic> {
    let mut refusals = Vec::new();
    if let Some(limit) = &limits.users_losing_access {
        let users = most_users_losing(plan);
        let users_losing = count(users, "user");
        let message = format!("{users_losing} would lose access, and the manifest allows {limit}");
        let help = "name who must keep it under `keepAccess`, or raise the limit";
        if users > limit.value {
            refusals.push(
                Diagnostic::error(Code::UsersLosingAccessLimit, message)
                    .at(&limit.place)
                    .help(help),
            );
        }
    }
    if let Some(limit) = &limits.records_becoming_visible {
        let records: u64 = plan.impact.iter().map(becoming_visible).sum();
        let becoming = count(records, "record");
        let known = plan
            .impact
            .iter()
            .all(|impact| impact.visible_after.is_some());
        let verb = if known { "would" } else { "may" };
        let message = format!("{becoming} {verb} become visible, and the manifest allows {limit}");
        let help = if known {
            "narrow the criteria, or raise the limit"
        } else {
            "some of it cannot be counted before apply, so that every record counts: narrow the criteria, or raise the limit"
        };
        if records > limit.value {
            refusals.push(
                Diagnostic::error(Code::RecordsBecomingVisibleLimit, message)
                    .at(&limit.place)
                    .help(help),
            );
        }
    }
    refusals
}

/// The same people lose sight of several objects: they count once a profile, by the object that takes most.
fn most_users_losing(plan: &Plan) -> u64 {
    let mut by_profile: BTreeMap<&str, u64> = BTreeMap::new();
    for losing in plan
        .impact
        .iter()
        .flat_map(|impact| &impact.users_losing_access)
    {
        let most = by_profile.entry(&losing.profile).or_default();
        *most = losing.users.max(*most);
    }
    by_profile.values().sum()
}

/// What cannot be counted beforehand may be every record.
fn becoming_visible(impact: &crate::access::Impact) -> u64 {
    impact
        .at_worst
        .saturating_sub(impact.visible_now.unwrap_or(0))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Impact;

    #[test]
    fn what_cannot_be_counted_may_be_every_record() {
        let mut impact = Impact {
            object: "Lead".to_owned(),
            records: 2_000,
            visible_now: None,
            user_exists: false,
            visible_after: Some(311),
            at_most: false,
            at_worst: 311,
            users_losing_access: Vec::new(),
            bypass: Vec::new(),
        };
        assert_eq!(becoming_visible(&impact), 311);
        (impact.visible_after, impact.at_worst) = (None, impact.records);
        assert_eq!(becoming_visible(&impact), 2_000);
        impact.visible_now = Some(500);
        assert_eq!(becoming_visible(&impact), 1_500);
    }
}
