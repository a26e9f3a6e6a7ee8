//! Who gains and who loses sight of records, for people.

use crate::access::{Bypass, Fate, Impact, Losing, LosingRole, SightLost};
use crate::count::count;
use crate::live::Known;
use crate::report::losing::{integrations, of_person, of_role, people, sights, who_loses};
use crate::report::style::{Page, Tone};
use crate::report::text::{clipped, columns, printable};
use crate::report::{edited_words, opened_words, tally, tally_of, visible_after, ways_words};
use crate::tally::Tally;

/// Profiles or permission sets listed before the rest becomes a count.
const LISTED: usize = 12;

/// Puts the impact on one object on the page.
pub(super) fn impact(page: &mut Page, impact: &Impact) {
    page.text(
        2,
        4,
        &format!(
            "{}, {}",
            printable(&impact.object),
            tally_of(&impact.records, "record")
        ),
    );
    fact(page, "the user", &sight(impact));
    if let Some(ways) = ways_words(impact) {
        fact(page, "of these", &ways);
    }
    if let Some(opened) = opened_words(impact) {
        fact(page, "opens", &opened);
    }
    losing(page, &impact.sight_lost);
    bypassing(page, &impact.bypass);
    let unknown = impact.unknown();
    let is_told = |key: &str| key == "editable_after" && unknown.contains_key("visible_after");
    for (key, why) in unknown.iter().filter(|(key, _)| !is_told(key)) {
        let words = key.replace('_', " ");
        let text = format!("{words}: {}", printable(why));
        page.toned(4, 17, Some(Tone::Careful), &format!("not known    {text}"));
    }
}

/// `sees 0 now, will see 311 of 2,000`
fn sight(impact: &Impact) -> String {
    let now = match &impact.visible_now {
        Some(Tally::Unknown(_)) => "how many it sees now is not known".to_owned(),
        Some(visible) => format!("sees {} now", tally(visible)),
        None => "does not exist yet and sees none".to_owned(),
    };
    let after = match (&impact.visible_after, visible_after(impact)) {
        (Tally::Unknown(_), _) => "how many it will see is not known".to_owned(),
        (_, Some(visible)) => format!("will see {visible} of {}", tally(&impact.records)),
        (_, None) => "how many it will see is known once the change stands".to_owned(),
    };
    match edited_words(impact).filter(|_| visible_after(impact).is_some()) {
        Some(edited) => format!("{now}; {after}, {edited}"),
        None => format!("{now}; {after}"),
    }
}

fn losing(page: &mut Page, lost: &Known<SightLost>) {
    let Some(lost) = lost.as_ref().learnt() else {
        return fact(page, "lose sight", "how many people is not known");
    };
    match (who_loses(lost), lost.cannot_tell) {
        (None, 0) => return fact(page, "lose sight", "nobody else"),
        (None, _) => {}
        (Some(who), _) => {
            let sights = sights(lost).map_or(String::new(), |sights| format!("; {sights}"));
            fact(page, "lose sight", &format!("{who}{sights}"));
        }
    }
    unknown(page, lost);
    let mut roles: Vec<(&Losing, &LosingRole)> = lost
        .profiles
        .iter()
        .flat_map(|profile| profile.roles.iter().map(move |role| (profile, role)))
        .collect();
    roles.sort_by_key(|(_, role)| {
        let losing = role.users - role.lose_nothing;
        std::cmp::Reverse((losing > 0, role.records.at_most().unwrap_or(u64::MAX)))
    });
    let mut entries: Vec<_> = roles.into_iter().map(role_entry).collect();
    if entries.is_empty() {
        let profiles = lost.profiles.iter();
        let entry = |entry: &Losing| (entry.profile.clone(), count(entry.users, "user"));
        entries = profiles.map(entry).collect();
    }
    table(page, &entries, Some(Tone::Careful));
    others(page, lost);
    page.toned(
        17,
        19,
        Some(Tone::Faint),
        "`keepAccess` spares those it names",
    );
}

/// Of whom nobody can say, and why.
fn unknown(page: &mut Page, lost: &SightLost) {
    for (why, users) in &lost.why_not {
        let text = format!("{}: {}", people(*users), printable(why));
        let label = "cannot tell";
        page.toned(4, 17, Some(Tone::Careful), &format!("{label:<11}  {text}"));
    }
}

/// Other integrations first: nobody hears them complain.
fn others(page: &mut Page, lost: &SightLost) {
    for person in integrations(lost) {
        let text = format!(
            "integration  {} {}",
            printable(&person.username),
            of_person(person)
        );
        page.toned(4, 17, Some(Tone::Bad), &text);
    }
    if !page.style.names {
        return;
    }
    for person in lost.people.iter().filter(|one| one.loses != Fate::Nothing) {
        let text = format!("{} {}", printable(&person.username), of_person(person));
        page.text(17, 19, &text);
    }
}

/// `Field_Sales_North, Standard User`, and what becomes of them.
fn role_entry((profile, role): (&Losing, &LosingRole)) -> (String, String) {
    let name = role.role.as_deref().unwrap_or("without a role");
    (format!("{name}, {}", profile.profile), of_role(role))
}

fn bypassing(page: &mut Page, bypass: &Known<Vec<Bypass>>) {
    let Some(bypass) = bypass.as_ref().learnt() else {
        return fact(
            page,
            "see all",
            "who does, whatever the default says, is not known",
        );
    };
    if bypass.is_empty() {
        return;
    }
    fact(page, "see all", "whatever the default says");
    let entries: Vec<_> = bypass
        .iter()
        .map(|entry| {
            let name = format!("{} {}", entry.kind.replace('_', " "), entry.name);
            (
                name,
                format!("{} by {}", tally_of(&entry.users, "user"), entry.by),
            )
        })
        .collect();
    table(page, &entries, None);
}

fn fact(page: &mut Page, label: &str, text: &str) {
    page.text(4, 17, &format!("{label:<11}  {text}"));
}

/// Names with their counts, the longest lists cut with a count.
fn table(page: &mut Page, entries: &[(String, String)], tone: Option<Tone>) {
    let shown = if page.style.verbose {
        entries.len()
    } else {
        LISTED
    };
    let entries_shown: Vec<_> = entries
        .iter()
        .take(shown)
        .map(|(name, rest)| (clipped(&printable(name), 60), rest))
        .collect();
    let width = entries_shown
        .iter()
        .map(|(name, _)| columns(name))
        .max()
        .unwrap_or(0)
        .min(40);
    for (name, rest) in &entries_shown {
        let padding = " ".repeat(width.saturating_sub(columns(name)));
        page.toned(17, 19, tone, &format!("{name}{padding}  {rest}"));
    }
    if entries.len() > shown {
        page.text(
            17,
            19,
            &format!("and {} more (-v lists them)", entries.len() - shown),
        );
    }
}
