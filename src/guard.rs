//! Guards: plans that are refused whatever consent was given. Pure.

use crate::access::{Fate, Impact};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Exit, Failure, Severity};
use crate::live::Known;
use crate::manifest::{Limits, Manifest, Sp};
use crate::plan::Plan;
use crate::tally::Tally;
use std::collections::{BTreeMap, BTreeSet};

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
    // An edition that the org does not tell is no reason to refuse.
    let editions = found(plan, Code::EditionTooLow).into_iter();
    refusals.extend(editions.filter(|finding| finding.severity == Severity::Error));
    for manifest in manifests {
        refusals.extend(limits(plan, &manifest.spec.limits));
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

/// Findings that no consent allows to pass over.
fn found(plan: &Plan, code: Code) -> Vec<Diagnostic> {
    plan.findings
        .iter()
        .filter(|finding| finding.code == code)
        .cloned()
        .collect()
}

fn limits(plan: &Plan, limits: &Limits) -> Vec<Diagnostic> {
    let losing = limits.users_losing_access.as_ref();
    let losing = losing.and_then(|limit| users_beyond(&most_users_losing(&plan.impact), limit));
    let visible = limits.records_becoming_visible.as_ref();
    let visible = visible.and_then(|limit| records_beyond(&becoming_visible(&plan.impact), limit));
    losing.into_iter().chain(visible).collect()
}

/// What is not known is beyond every limit.
fn users_beyond(users: &Tally, limit: &Sp<u64>) -> Option<Diagnostic> {
    let message = match users.at_most() {
        Some(users) if users <= limit.value => return None,
        Some(most) => {
            let users = match users.at_least() {
                least if least == most => count(most, "user"),
                least => format!("{least} to {}", count(most, "user")),
            };
            format!("{users} would lose access, and the manifest allows {limit}")
        }
        None => format!(
            "how many users would lose access is not known, and the manifest allows {limit}: {}",
            users.unknown().unwrap_or_default()
        ),
    };
    let help = match users.unknown() {
        None => "name who must keep it under `keepAccess`, or raise the limit",
        Some(_) => {
            "let the org tell, or take the limit out: what is not known is beyond every limit"
        }
    };
    let error = Diagnostic::error(Code::UsersLosingAccessLimit, message);
    Some(error.at(&limit.place).help(help))
}

/// The same of records: what cannot be counted beforehand may be every record.
fn records_beyond(records: &Tally, limit: &Sp<u64>) -> Option<Diagnostic> {
    let message = match (records.at_most(), records) {
        (Some(most), _) if most <= limit.value => return None,
        (Some(most), Tally::Exactly(_)) => format!(
            "{} would become visible, and the manifest allows {limit}",
            count(most, "record")
        ),
        (Some(most), _) => format!(
            "{} may become visible, and the manifest allows {limit}",
            count(most, "record")
        ),
        (None, _) => format!(
            "how many records would become visible is not known, and the manifest allows {limit}: {}",
            records.unknown().unwrap_or_default()
        ),
    };
    let help = match records {
        Tally::Exactly(_) => "narrow the criteria, or raise the limit",
        Tally::Between { .. } => {
            "some of it cannot be counted before apply, so that every record counts: narrow the criteria, or raise the limit"
        }
        Tally::Unknown(_) => {
            "let the org tell, or take the limit out: what is not known is beyond every limit"
        }
    };
    let error = Diagnostic::error(Code::RecordsBecomingVisibleLimit, message);
    Some(error.at(&limit.place).help(help))
}

/// Whoever loses something, or may lose something, of any object counts once. Where people are not known, the same people
/// may lose sight of several objects: they count once a profile, by the object that takes most.
fn most_users_losing(impact: &[Impact]) -> Tally {
    let mut people: BTreeSet<&str> = BTreeSet::new();
    let mut surely: BTreeSet<&str> = BTreeSet::new();
    let mut by_profile: BTreeMap<&str, u64> = BTreeMap::new();
    for impact in impact {
        let lost = match &impact.sight_lost {
            Known::Is(lost) => lost,
            other => return other.unknown_tally(),
        };
        let losing = lost.people.iter().filter(|one| one.loses != Fate::Nothing);
        people.extend(losing.map(|one| one.username.as_str()));
        let losing = lost.people.iter();
        let losing = losing.filter(|one| matches!(one.loses, Fate::Everything | Fate::Part));
        surely.extend(losing.map(|one| one.username.as_str()));
        let unnamed = lost.profiles.iter().filter(|_| lost.people.is_empty());
        for losing in unnamed {
            let most = by_profile.entry(&losing.profile).or_default();
            *most = losing.users.max(*most);
        }
    }
    let unnamed: u64 = by_profile.values().sum();
    let (least, most) = (surely.len() as u64, unnamed + people.len() as u64);
    match least == most {
        true => Tally::Exactly(most),
        false => Tally::Between {
            at_least: least,
            at_most: most,
        },
    }
}

/// What the user will see and does not see today. What it sees today and nobody can count, is no reason to allow more.
fn becoming_visible(impact: &[Impact]) -> Tally {
    let becoming = impact.iter().map(|impact| {
        let now = impact.visible_now.as_ref().map_or(0, Tally::at_least);
        impact.visible_after.minus(&Tally::Exactly(now))
    });
    becoming.fold(Tally::Exactly(0), |all, one| all.plus(&one))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::SightLost;
    use crate::live::Refused;

    fn impact(change: impl FnOnce(&mut Impact)) -> [Impact; 1] {
        let lost = SightLost::sample(&[("Marketing User", 13)], (5, 20));
        let mut impact = Impact {
            object: "Lead".to_owned(),
            records: Tally::Exactly(2_000),
            visible_now: None,
            visible_after: Tally::Exactly(311),
            editable_after: Tally::Exactly(311),
            ways_after: Vec::new(),
            accounts_opened: None,
            users_losing_access: Known::Is(lost.profiles.clone()),
            sight_lost: Known::Is(lost),
            bypass: Known::Is(Vec::new()),
        };
        change(&mut impact);
        [impact]
    }

    fn limit(value: u64) -> Sp<u64> {
        Sp::new(value, crate::diagnostic::Place::start_of(&"m.yaml".into()))
    }

    fn refused<T>() -> Known<T> {
        Known::Refused(Refused {
            what: "how many users each profile has".into(),
            status: 400,
            code: "QUERY_TIMEOUT".into(),
            message: String::new(),
        })
    }

    #[test]
    fn what_cannot_be_counted_may_be_every_record() {
        let check = |after: Tally, now: Option<Tally>, limit_of: u64, refused: bool| {
            let impact = impact(|impact| (impact.visible_after, impact.visible_now) = (after, now));
            let found = records_beyond(&becoming_visible(&impact), &limit(limit_of));
            assert_eq!(found.is_some(), refused, "{found:?}");
        };
        let up_to = |at_most| Tally::Between {
            at_least: 0,
            at_most,
        };
        let unknown = || Tally::Unknown("the org refused".to_owned());
        check(Tally::Exactly(311), None, 311, false);
        check(Tally::Exactly(311), None, 310, true);
        check(up_to(2_000), None, 1_999, true);
        check(up_to(2_000), Some(Tally::Exactly(11)), 1_989, false);
        check(Tally::Exactly(311), Some(unknown()), 310, true);
        check(unknown(), None, u64::MAX, true);
    }

    #[test]
    fn users_of_whom_nobody_knows_are_beyond_every_limit() {
        let known = impact(|_| ());
        assert!(users_beyond(&most_users_losing(&known), &limit(13)).is_none());
        assert!(users_beyond(&most_users_losing(&known), &limit(12)).is_some());
        let unknown = impact(|impact| impact.sight_lost = refused());
        let error = users_beyond(&most_users_losing(&unknown), &limit(u64::MAX));
        let message = error.expect("a refusal").message;
        assert!(
            message.contains("how many users each profile has"),
            "{message}"
        );
        assert!(message.contains("QUERY_TIMEOUT"), "{message}");
    }
}
