//! Who gains and who loses sight of records, for people.

use crate::access::{Bypass, Impact, Losing};
use crate::count::count;
use crate::live::Known;
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
    losing(page, &impact.users_losing_access);
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

fn losing(page: &mut Page, losing: &Known<Vec<Losing>>) {
    let Some(losing) = losing.as_ref().learnt() else {
        return fact(page, "lose sight", "how many people is not known");
    };
    let users: u64 = losing.iter().map(|profile| profile.users).sum();
    if users == 0 {
        return fact(page, "lose sight", "nobody else");
    }
    let text = format!(
        "{} of records they neither own nor supervise",
        count(users, "active user")
    );
    fact(page, "lose sight", &text);
    let entries: Vec<_> = losing
        .iter()
        .map(|entry| (entry.profile.clone(), count(entry.users, "user")))
        .collect();
    table(page, &entries, Some(Tone::Careful));
    page.toned(
        17,
        19,
        Some(Tone::Faint),
        "`keepAccess` spares those it names",
    );
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
