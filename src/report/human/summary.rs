//! What a plan comes to, in three lines under its header: what the user will see, who loses sight, what cannot be
//! undone. Whoever reads nothing else has read this.

use crate::access::Impact;
use crate::change::Change;
use crate::count::number;
use crate::laws::Way;
use crate::plan::Plan;
use crate::report::losing::{at_least, people};
use crate::report::style::{Page, Tone};
use crate::report::text::{clipped, printable, records};
use crate::report::{kind_words, visible_after};

/// Irreversible changes named before the rest becomes a count.
const NAMED: usize = 2;
/// Longest name of one.
const LONGEST_NAME: usize = 60;

/// Puts the summary on the page.
pub(super) fn summary(page: &mut Page, plan: &Plan) {
    if !plan.impact.is_empty() {
        page.toned(2, 4, None, &sight(&plan.impact));
        let losing = losing(&plan.impact);
        let tone = losing.as_ref().map_or(Tone::Faint, |_| Tone::Bad);
        let unknown = losing_unknown(&plan.impact);
        match (losing, unknown) {
            (Some(text), None) => page.toned(2, 4, Some(tone), &text),
            (Some(text), Some(unknown)) => {
                page.toned(2, 4, Some(tone), &format!("{text}; {unknown}"));
            }
            (None, Some(unknown)) => page.toned(2, 4, Some(Tone::Careful), &unknown),
            (None, None) => page.toned(2, 4, Some(tone), "nobody else loses sight of records"),
        }
    }
    let last: Vec<&Change> = plan
        .changes
        .iter()
        .filter(|change| change.irreversible)
        .collect();
    if last.is_empty() {
        page.toned(2, 4, Some(Tone::Faint), "nothing of it is irreversible");
    } else {
        page.toned(2, 4, Some(Tone::Final), &irreversible(&last));
    }
}

/// `the user will see 311 of 2,000 leads, 255 of 1,500 contacts`
fn sight(impact: &[Impact]) -> String {
    let known = impact.iter().filter_map(|impact| {
        let visible = visible_after(impact)?;
        let object = printable(&impact.object);
        Some(match impact.records.exactly() {
            Some(all) => format!("{visible} of {}{}", records(all, &object), along(impact)),
            None => format!("{visible} {object} records"),
        })
    });
    let not_told = |impact: &&Impact| visible_after(impact).is_none();
    let (refused, unknown): (Vec<&Impact>, Vec<&Impact>) = impact
        .iter()
        .filter(not_told)
        .partition(|impact| impact.visible_after.unknown().is_some());
    let names = |impact: Vec<&Impact>| {
        let names = impact.into_iter().map(|impact| printable(&impact.object));
        names.collect::<Vec<_>>().join(" and ")
    };
    let mut parts: Vec<String> = known.collect();
    if !unknown.is_empty() {
        parts.push(format!("how much of {}, only apply tells", names(unknown)));
    }
    if !refused.is_empty() {
        parts.push(format!("how much of {} is not known", names(refused)));
    }
    format!("the user will see {}", parts.join(", "))
}

/// ` (69 of them read-only, as accounts of what is shared)`
fn along(impact: &Impact) -> String {
    let along = impact.ways_after.iter();
    let along = along.filter(|way| way.way == Way::ParentOfGiven);
    match along.map(|way| way.records).sum::<u64>() {
        0 => String::new(),
        some => format!(
            " ({} of them read-only, as accounts of what is shared)",
            number(some)
        ),
    }
}

/// Objects of which nobody knows who loses sight, and people of whom nobody can say.
fn losing_unknown(impact: &[Impact]) -> Option<String> {
    let lost = |impact: &&Impact| impact.sight_lost.as_ref().learnt().is_none();
    let names: Vec<_> = impact
        .iter()
        .filter(lost)
        .map(|impact| printable(&impact.object))
        .collect();
    let refused = (!names.is_empty()).then(|| {
        format!(
            "how many people lose sight of {} records is not known",
            names.join(" and ")
        )
    });
    let unknown: Vec<String> = impact
        .iter()
        .filter_map(|impact| {
            let lost = impact.sight_lost.as_ref().learnt()?;
            let of = || {
                format!(
                    "of {} for {}",
                    people(lost.cannot_tell),
                    printable(&impact.object)
                )
            };
            (lost.cannot_tell > 0).then(of)
        })
        .collect();
    let unknown =
        (!unknown.is_empty()).then(|| format!("it cannot be told {}", unknown.join(", ")));
    let parts: Vec<String> = refused.into_iter().chain(unknown).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `31 people lose sight of Lead records, 6 of them of all; 30 people of Contact records`; `None` where nobody is known to.
fn losing(impact: &[Impact]) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for impact in impact {
        let Some(lost) = impact.sight_lost.as_ref().learnt() else {
            continue;
        };
        let losing = lost.lose_everything + lost.lose_part;
        if losing == 0 {
            continue;
        }
        let (object, least) = (printable(&impact.object), at_least(lost));
        let mut part = match (losing, parts.is_empty()) {
            (1, true) => format!("{least}1 person loses sight of {object} records"),
            (_, true) => {
                format!(
                    "{least}{} people lose sight of {object} records",
                    number(losing)
                )
            }
            (_, false) => format!("{least}{} of {object} records", number(losing)),
        };
        if lost.lose_everything > 0 {
            part.push_str(&format!(
                " ({} of all they see)",
                number(lost.lose_everything)
            ));
        }
        parts.push(part);
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `cannot be undone: create user hubspot.integration@acme.example`
fn irreversible(changes: &[&Change]) -> String {
    let name = |change: &&Change| {
        let name = clipped(&printable(&change.address.name), LONGEST_NAME);
        format!(
            "{} {} {name}",
            change.action.word(),
            kind_words(&change.address)
        )
    };
    let named: Vec<String> = changes.iter().take(NAMED).map(name).collect();
    let more = match changes.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {} more", number(more as u64)),
    };
    format!("cannot be undone: {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::SightLost;
    use crate::live::{Known, Refused};
    use crate::report::samples;
    use crate::report::style::Style;
    use crate::tally::Tally;

    fn check(change: impl FnOnce(&mut Plan), expected: [&str; 3]) {
        let mut plan = samples::plan();
        change(&mut plan);
        let mut page = Page::new(Style {
            width: 100,
            ..Style::PLAIN
        });
        summary(&mut page, &plan);
        let text = page.finish();
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        assert_eq!(lines, expected);
    }

    fn second(visible_after: Tally, users: u64) -> Impact {
        let lost = SightLost::sample(&[("Standard User", users)], (5, 20));
        Impact {
            object: "Deal__c".into(),
            records: Tally::Exactly(20),
            editable_after: visible_after.clone(),
            visible_after,
            ways_after: Vec::new(),
            accounts_opened: None,
            users_losing_access: Known::Is(lost.profiles.clone()),
            sight_lost: Known::Is(lost),
            ..samples::plan().impact.remove(0)
        }
    }

    #[test]
    fn three_lines_say_what_it_comes_to() {
        let user = "cannot be undone: create user hubspot.integration@acme.example";
        let sees = "the user will see 311 of 2,000 leads";
        let lose = "13 people lose sight of Lead records";
        check(|_| (), [sees, lose, user]);
        check(
            |plan| plan.impact[0].sight_lost = Known::Is(SightLost::default()),
            [sees, "nobody else loses sight of records", user],
        );
        check(
            |plan| plan.impact = vec![second(Tally::Exactly(3), 1)],
            [
                "the user will see 3 of 20 Deal__c records",
                "1 person loses sight of Deal__c records",
                user,
            ],
        );
        check(
            |plan| {
                plan.impact.push(second(
                    Tally::Between {
                        at_least: 0,
                        at_most: 20,
                    },
                    4,
                ))
            },
            [
                "the user will see 311 of 2,000 leads, how much of Deal__c, only apply tells",
                "13 people lose sight of Lead records, 4 of Deal__c records",
                user,
            ],
        );
        let refused = || Refused {
            what: "how many users each profile has".into(),
            status: 400,
            code: "INSUFFICIENT_ACCESS".into(),
            message: String::new(),
        };
        check(
            |plan| plan.impact[0].sight_lost = Known::Refused(refused()),
            [
                sees,
                "how many people lose sight of Lead records is not known",
                user,
            ],
        );
        check(
            |plan| plan.impact[0].visible_after = Tally::Unknown(refused().to_string()),
            [
                "the user will see how much of Lead is not known",
                lose,
                user,
            ],
        );
        check(
            |plan| plan.changes.retain(|change| !change.irreversible),
            [sees, lose, "nothing of it is irreversible"],
        );
        check(
            |plan| {
                plan.changes
                    .iter_mut()
                    .for_each(|change| change.irreversible = true)
            },
            [
                sees,
                lose,
                "cannot be undone: create profile HubSpot Integration, create role HubSpot_Integration and 2 more",
            ],
        );
    }
}
