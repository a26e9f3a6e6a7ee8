//! The gap between a restricted default and the rules that come after it: who sees nothing meanwhile.
//!
//! A rule is refused where the default is still public, so the platform leaves no other order (Sharing rules come after the
//! recalculation). What is said here of people is what the plan counts; what it does not count is said so.

use super::View;
use crate::access::{Impact, SightLost, lost_without_rules};
use crate::change::{Action, Change, Stage};
use crate::code::Code;
use crate::count::{count, number};
use crate::diagnostic::Diagnostic;
use crate::kinds::makes_editing_rule_of;
use crate::live::{Defaults, Known};
use crate::manifest::{Sharing, SharingModel};
use crate::tally::Tally;

/// What stands before the sentence where the gap is still to come.
const AHEAD: &str = "between the restricted default and its rules, ";

/// The gap that the plan makes of an object, or that an earlier run left.
pub(super) fn remark(view: &View, sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let object = &sharing.object.value;
    let wanted = sharing.organization_wide_default.as_ref()?.value;
    if !matches!(wanted, SharingModel::Private | SharingModel::Read) {
        return None;
    }
    let now = Defaults::new(view.manifest, view.live).now(object);
    let pending = rules_to_come(view, sharing, now);
    if pending.is_empty() || impact.records == Tally::Exactly(0) {
        return None;
    }
    let is_ahead = view
        .changes
        .iter()
        .any(|change| is_default_of(change, object));
    let requested = view.live.requested_default(object).0;
    if !is_ahead && now != Some(wanted) && requested != Some(wanted) {
        return None;
    }
    let is_own = |change: &&&Change| {
        let mut rules = sharing.rules.iter();
        rules.any(|rule| change.address.name == format!("{object}.{}", rule.name))
    };
    let with_user = pending.iter().any(|change| is_own(&change));
    let lost = match wanted {
        SharingModel::Private => lost_without_rules(view.manifest, view.live, object),
        // Reading stays, and who edits is not counted.
        _ => Known::NotAsked,
    };
    let sentence = sentence(&lost, with_user, object, wanted, &impact.records);
    let (code, message) = match is_ahead {
        true => (Code::GapAhead, format!("{AHEAD}{sentence}")),
        false => (Code::GapOpen, sentence),
    };
    let place = sharing
        .organization_wide_default
        .as_ref()
        .map(|default| &default.place);
    let finding = match is_ahead {
        true => Diagnostic::note(code, message),
        false => Diagnostic::warning(code, message),
    };
    let may_go_through = is_ahead
        && wanted == SharingModel::Private
        && now.is_some_and(SharingModel::is_public_to_edit)
        && sharing.narrow_through.is_none()
        && pending
            .iter()
            .all(|change| makes_editing_rule_of(change, object));
    let through = match may_go_through {
        true => THROUGH,
        false => "",
    };
    Some(finding.at(place).help(help(impact, is_ahead) + through))
}

/// The rules of an object that come once its default is restricted.
fn rules_to_come<'a>(
    view: &View<'a>,
    sharing: &Sharing,
    now: Option<SharingModel>,
) -> Vec<&'a Change> {
    let object = &sharing.object.value;
    let goes_through = goes_through(sharing, now);
    let made = view.changes.iter();
    made.filter(|change| makes_rule_of(change, object))
        .filter(|change| !(goes_through && makes_editing_rule_of(change, object)))
        .collect()
}

/// What the way without the gap is called.
const THROUGH: &str =
    ". With `narrowThrough: Read` beside the default nobody loses sight meanwhile";

/// Whether the rules that let people edit are made before the default is private.
pub(super) fn goes_through(sharing: &Sharing, now: Option<SharingModel>) -> bool {
    let through = sharing.narrow_through.as_ref();
    let is_there = through.is_some_and(|through| now == Some(through.model()));
    is_there || now.is_some_and(|now| sharing.through_from(now).is_some())
}

/// What is said of the gap where a run ends in it: the sentence of a finding about it.
pub fn gap_sentence(finding: &Diagnostic) -> &str {
    finding
        .message
        .strip_prefix(AHEAD)
        .unwrap_or(&finding.message)
}

/// Whether a change makes a rule of an object that was not there.
pub fn makes_rule_of(change: &Change, object: &str) -> bool {
    let of_object = change.address.name.strip_prefix(object);
    change.stage == Stage::Rules
        && change.action == Action::Create
        && change.address.kind == "sharing_rule"
        && of_object.is_some_and(|rest| rest.starts_with('.'))
}

/// Whether a change sets the default of an object.
pub fn is_default_of(change: &Change, object: &str) -> bool {
    change.stage == Stage::Defaults && change.address.name == object
}

/// `32 people and the integration user see no Lead they do not own until this is finished (2,000 records)`
fn sentence(
    lost: &Known<SightLost>,
    with_user: bool,
    object: &str,
    wanted: SharingModel,
    records: &Tally,
) -> String {
    let verb = match wanted {
        SharingModel::Private => "see no",
        _ => "can edit no",
    };
    let many = match records {
        Tally::Exactly(records) => format!(" ({})", count(*records, "record")),
        _ => " (how many records, is not known)".to_owned(),
    };
    let people = people(lost);
    let whom = match (people, with_user) {
        (Some(people), true) => format!("{people} and the integration user"),
        (Some(people), false) => people,
        (None, true) => {
            let verb = verb.replace("see no", "sees no");
            return format!(
                "the integration user {verb} {object} it does not own until this is finished{many}"
            );
        }
        (None, false) => "nobody who is known".to_owned(),
    };
    format!("{whom} {verb} {object} they do not own until this is finished{many}")
}

/// How many people, as far as the plan counts them; `None` where it counts nobody.
fn people(lost: &Known<SightLost>) -> Option<String> {
    let Known::Is(lost) = lost else {
        return Some("people (how many is not known)".to_owned());
    };
    let noun = |people: u64| match people {
        1 => "1 person".to_owned(),
        people => format!("{} people", number(people)),
    };
    match (lost.lose_everything + lost.lose_part, lost.cannot_tell) {
        (0, 0) => None,
        (losing, 0) => Some(noun(losing)),
        (0, unknown) => Some(format!("up to {}", noun(unknown))),
        (losing, unknown) => Some(format!("{} to {}", number(losing), noun(losing + unknown))),
    }
}

fn help(impact: &Impact, is_ahead: bool) -> String {
    let stay = match impact.sight_lost.as_ref().learnt() {
        Some(lost) if is_ahead => match (lost.lose_everything + lost.lose_part, lost.cannot_tell) {
            (0, 0) => "the rules then give everybody theirs".to_owned(),
            (stay, 0) => format!(
                "{} of them stay without what the plan takes from them",
                number(stay)
            ),
            _ => "how many of them stay without what the plan takes from them is not known"
                .to_owned(),
        },
        _ => "the rules then show what they are to show".to_owned(),
    };
    format!(
        "whoever has it by the role hierarchy, by other rules or by View All keeps it; {stay}. A run that ends in between \
         says so, and `apply` finishes it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_people_are_not_nobody() {
        let check = |lost: &Known<SightLost>, with_user, expected: &str| {
            let told = sentence(
                lost,
                with_user,
                "Lead",
                SharingModel::Private,
                &Tally::Exactly(2000),
            );
            assert_eq!(
                told,
                format!("{expected} until this is finished (2,000 records)")
            );
        };
        let of = |losing: u64, cannot_tell| {
            Known::Is(SightLost {
                lose_part: losing,
                cannot_tell,
                ..SightLost::default()
            })
        };
        check(
            &of(32, 0),
            true,
            "32 people and the integration user see no Lead they do not own",
        );
        check(
            &of(1, 0),
            true,
            "1 person and the integration user see no Lead they do not own",
        );
        check(
            &of(0, 0),
            true,
            "the integration user sees no Lead it does not own",
        );
        check(
            &of(0, 7),
            true,
            "up to 7 people and the integration user see no Lead they do not own",
        );
        check(
            &of(3, 7),
            true,
            "3 to 10 people and the integration user see no Lead they do not own",
        );
        let unknown =
            "people (how many is not known) and the integration user see no Lead they do not own";
        check(&Known::NotAsked, true, unknown);
    }
}
