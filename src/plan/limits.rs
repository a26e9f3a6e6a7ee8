//! The limits of the manifests, each held against what is planned. What is not known is beyond every limit. Pure.

use crate::access::{Fate, Impact};
use crate::address::Address;
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::Known;
use crate::manifest::{ExpectedRecords, Manifest, Sp};
use crate::tally::Tally;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The limit of records that may become visible.
const RECORDS: &str = "recordsBecomingVisible";

/// A limit, and what is planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldLimit {
    /// The key of the manifest: `usersLosingAccess`, `recordsBecomingVisible`, `expectVisible`.
    pub name: &'static str,
    /// The manifest's name.
    pub manifest: String,
    /// The rule that it is about, where it is about one.
    pub rule: Option<Address>,
    /// What the manifest allows.
    pub limit: Allowed,
    /// What is planned.
    pub planned: Tally,
    /// What comes of that.
    pub verdict: LimitVerdict,
    /// Where the manifest states it.
    #[serde(skip)]
    pub place: Option<Place>,
    /// Why the plan is refused, where it is.
    #[serde(skip)]
    pub refusal: Option<Diagnostic>,
}

/// What a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Allowed {
    /// So many at most.
    AtMost(u64),
    /// So many as are expected.
    Expected(ExpectedRecords),
}

/// Whether a limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitVerdict {
    /// What is planned keeps within it.
    Holds,
    /// It does not.
    Broken,
    /// Nobody can tell, so that it counts as passed.
    NotKnown,
}

impl HeldLimit {
    /// Whether `apply` refuses the plan for it.
    pub fn refuses(&self) -> bool {
        self.verdict != LimitVerdict::Holds
    }

    /// Whether it is about records that the user comes to see.
    pub fn is_of_records(&self) -> bool {
        self.name == RECORDS
    }
}

/// Whether a manifest has limits that a plan is held against.
pub fn has_limits(manifest: &Manifest) -> bool {
    let limits = &manifest.spec.limits;
    let mut rules = manifest.spec.sharing.iter().flat_map(|one| &one.rules);
    limits.users_losing_access.is_some()
        || limits.records_becoming_visible.is_some()
        || rules.any(|rule| !rule.absent && rule.expect_visible.is_some())
}

/// Every limit of the manifests. `own` is where the impact of each manifest stands in that of all, in their order.
pub(super) fn held(manifests: &[Manifest], impact: &[Impact]) -> Vec<HeldLimit> {
    let mut held = Vec::new();
    let mut own = impact;
    for manifest in manifests {
        let (of_manifest, rest) = own.split_at(manifest.spec.sharing.len().min(own.len()));
        own = rest;
        let limits = &manifest.spec.limits;
        if let Some(limit) = &limits.users_losing_access {
            let losing = most_users_losing(impact);
            let refusal = users_beyond(&losing, limit);
            let refusal = refusal.map(|refusal| with_reasons(refusal, impact));
            held.push(at_most(
                "usersLosingAccess",
                manifest,
                &losing,
                limit,
                refusal,
            ));
        }
        if let Some(limit) = &limits.records_becoming_visible {
            let becoming = becoming_visible(impact);
            let refusal = records_beyond(&becoming, limit);
            held.push(at_most(RECORDS, manifest, &becoming, limit, refusal));
        }
        held.extend(of_manifest.iter().flat_map(|one| expected(manifest, one)));
    }
    held
}

/// What a number is to a bound: what is not known exactly counts by the most that it may be.
fn verdict(planned: &Tally, limit: u64) -> LimitVerdict {
    match planned.at_most() {
        Some(most) if most <= limit => LimitVerdict::Holds,
        Some(_) if planned.at_least() > limit => LimitVerdict::Broken,
        _ => LimitVerdict::NotKnown,
    }
}

/// A number of all objects together, held against the most that is allowed.
fn at_most(
    name: &'static str,
    manifest: &Manifest,
    planned: &Tally,
    limit: &Sp<u64>,
    refusal: Option<Diagnostic>,
) -> HeldLimit {
    HeldLimit {
        name,
        manifest: manifest.name.value.clone(),
        rule: None,
        limit: Allowed::AtMost(limit.value),
        planned: planned.clone(),
        verdict: verdict(planned, limit.value),
        place: Some(limit.place.clone()),
        refusal,
    }
}

/// The rules of an object of which the manifest says how many records are meant.
fn expected(manifest: &Manifest, impact: &Impact) -> Vec<HeldLimit> {
    let rules = impact.by_rules.expected.iter();
    let held = rules.map(|rule| {
        let meant = rule.meant.value;
        let (least, most) = (rule.records.at_least(), rule.records.at_most());
        let surely = least > meant.at_most || most.is_some_and(|most| most < meant.at_least);
        let verdict = match (rule.holds(), surely) {
            (true, _) => LimitVerdict::Holds,
            (false, true) => LimitVerdict::Broken,
            (false, false) => LimitVerdict::NotKnown,
        };
        let name = format!("{}.{}", impact.object, rule.rule);
        HeldLimit {
            name: "expectVisible",
            manifest: manifest.name.value.clone(),
            rule: Some(Address::new("sharing_rule", name)),
            limit: Allowed::Expected(meant),
            planned: rule.records.clone(),
            verdict,
            place: Some(rule.meant.place.clone()),
            refusal: None,
        }
    });
    held.collect()
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

/// The same with why of some people nobody can say whether they lose access.
fn with_reasons(mut refusal: Diagnostic, impact: &[Impact]) -> Diagnostic {
    let lost = impact
        .iter()
        .filter_map(|one| one.sight_lost.as_ref().learnt());
    let why_not = lost.flat_map(|lost| &lost.why_not);
    let reasons: BTreeSet<String> = why_not
        .map(|(why, people)| format!("nobody can say it of {}: {why}", count(*people, "user")))
        .collect();
    let told = refusal.help.into_iter().chain(reasons);
    refusal.help = Some(told.collect::<Vec<_>>().join("; "));
    refusal
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
            by_rules: crate::access::ByRules::default(),
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
