//! What users can see and do, for people.

use crate::access::Escalation;
use crate::count::{count, number};
use crate::inventory::{Inventory, ObjectInventory, UserInventory, worst};
use crate::report::inventory::{
    NOT_ASKED, NOT_KNOWN, by_tier, is_counted, log_in_words, rights_words, size_words,
    standing_words, tally_words, unknown, worst_first,
};
use crate::report::style::{Page, Style, Tone};
use crate::report::text::printable;
use crate::tally::Tally;

/// Objects that are listed where nobody asks for all.
const MOST_OBJECTS: usize = 14;

/// Columns of the table of objects.
const OBJECT: usize = 22;
const NUMBER: usize = 9;

/// The whole report.
pub fn inventory(inventory: &Inventory, org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, org);
    for user in &inventory.users {
        one(&mut page, user);
    }
    page.heading("Of nobody asked");
    for (_, why) in NOT_ASKED {
        page.text(2, 4, why);
    }
    page.raw("");
    page.text(0, 2, &size_words(inventory));
    page.text(0, 2, org);
    page.finish()
}

fn one(page: &mut Page, user: &UserInventory) {
    page.heading(&printable(&user.username));
    for (number, fact) in (1..).zip(worst(user)) {
        page.toned(
            2,
            5,
            Some(Tone::Bad),
            &format!("{number}. {}", printable(&fact)),
        );
    }
    log_in(page, user);
    sets(page, user);
    escalations(page, user);
    permissions(page, user);
    objects(page, user);
    not_known(page, user);
}

fn section(page: &mut Page, title: &str) {
    page.raw("");
    let title = page.style.paint(Tone::Strong, title);
    page.raw(&format!("  {title}"));
}

fn log_in(page: &mut Page, user: &UserInventory) {
    section(page, "Log-in");
    let profile = user.profile.as_deref().unwrap_or(NOT_KNOWN);
    let licence = user.licence.as_ref().learnt().and_then(Option::as_deref);
    let licence = licence.unwrap_or(NOT_KNOWN);
    page.text(
        4,
        6,
        &printable(&format!("profile {profile}, licence {licence}")),
    );
    page.text(4, 6, &printable(&log_in_words(&user.log_in).join("; ")));
}

fn sets(page: &mut Page, user: &UserInventory) {
    let sets = user
        .sets
        .iter()
        .filter(|(address, _)| !address.starts_with("profile/"));
    let sets: Vec<_> = sets.collect();
    if sets.is_empty() {
        return;
    }
    section(page, &format!("Holds {}", count(sets.len() as u64, "set")));
    for (address, standing) in sets {
        let words = standing_words(standing).map_or_else(String::new, |words| format!(": {words}"));
        page.text(4, 6, &printable(&format!("{address}{words}")));
    }
}

fn escalations(page: &mut Page, user: &UserInventory) {
    let Some(escalations) = user.escalations.as_ref().learnt() else {
        section(page, "Escalation paths: not known");
        return;
    };
    if escalations.is_empty() {
        section(page, "Escalation paths");
        page.toned(4, 6, Some(Tone::Good), "none that these permissions open");
        return;
    }
    section(page, &count(escalations.len() as u64, "escalation path"));
    for escalation in escalations {
        let tone = if escalation.reaches_all_data {
            Tone::Bad
        } else {
            Tone::Careful
        };
        page.split(
            4,
            tone,
            &escalation.by.join(" + "),
            &format!(": it {}", escalation.how),
            "",
        );
        page.text(8, 10, &printable(&reaches(escalation)));
    }
}

fn reaches(escalation: &Escalation) -> String {
    let hand = if escalation.by_hand {
        " (a person has to do it)"
    } else {
        ""
    };
    format!("reaches {}{hand}", escalation.reaches.join("; "))
}

fn permissions(page: &mut Page, user: &UserInventory) {
    let Some(permissions) = user.permissions.as_ref().learnt() else {
        section(page, "Permissions with power: not known");
        return;
    };
    section(page, "Permissions with power");
    if permissions.is_empty() {
        page.toned(4, 6, Some(Tone::Good), "none");
    }
    for (tier, of_tier) in by_tier(permissions) {
        let names: Vec<String> = of_tier.iter().map(|held| held.name.clone()).collect();
        let head = format!("{:7}", tier.word());
        page.split(4, Tone::Strong, &head, &format!(" {}", tier.meaning()), "");
        page.text(12, 12, &names.join(", "));
        if page.style.verbose {
            for held in of_tier {
                let from: Vec<&str> = held.from.iter().map(String::as_str).collect();
                page.text(
                    12,
                    14,
                    &printable(&format!("{} from {}", held.name, from.join(", "))),
                );
            }
        }
    }
    let sleeping = user.only_activated.as_ref().learnt().into_iter().flatten();
    let sleeping: Vec<&str> = sleeping.map(|held| held.name.as_str()).collect();
    if !sleeping.is_empty() {
        page.text(
            4,
            6,
            &format!("only in an activated session: {}", sleeping.join(", ")),
        );
    }
}

fn objects(page: &mut Page, user: &UserInventory) {
    let Some(objects) = user.objects.as_ref().learnt() else {
        section(page, "Objects: not known");
        return;
    };
    section(page, &count(objects.len() as u64, "object"));
    let ordered = worst_first(objects);
    let (counted, others): (Vec<_>, Vec<_>) =
        ordered.into_iter().partition(|object| is_counted(object));
    if !counted.is_empty() {
        let head = row("object", ["records", "reads", "edits", "fields"], "may");
        let head = page.style.paint(Tone::Faint, &head);
        page.raw(&head);
    }
    let most = if page.style.verbose {
        usize::MAX
    } else {
        MOST_OBJECTS
    };
    for object in counted.iter().take(most) {
        object_row(page, object);
    }
    let more = counted.len().saturating_sub(most) as u64;
    if more > 0 {
        page.text(
            4,
            6,
            &format!("{} more objects: -v lists them", number(more)),
        );
    }
    uncounted(page, &others);
}

/// Objects whose records are not counted, by what may be done with them.
fn uncounted(page: &mut Page, others: &[&ObjectInventory]) {
    if others.is_empty() {
        return;
    }
    let with = |all: fn(&ObjectInventory) -> bool| {
        others.iter().filter(|object| all(object)).count() as u64
    };
    let modify = with(|object| object.held.rights.modify_all);
    let view = with(|object| object.held.rights.view_all && !object.held.rights.modify_all);
    let text = format!(
        "{} not counted, {} of them with Modify All and {} with View All",
        count(others.len() as u64, "other object"),
        number(modify),
        number(view)
    );
    page.text(4, 6, &text);
    if page.style.verbose {
        for object in others {
            let rights = rights_words(object.held.rights);
            page.text(6, 8, &printable(&format!("{}: {rights}", object.object)));
        }
    }
}

fn row(object: &str, numbers: [&str; 4], may: &str) -> String {
    let numbers: String = numbers
        .iter()
        .map(|number| format!("{number:>NUMBER$}"))
        .collect();
    format!("    {object:OBJECT$}{numbers}  {may}")
}

fn object_row(page: &mut Page, object: &ObjectInventory) {
    let numbers = [&object.records, &object.readable, &object.editable].map(short_tally);
    let fields = |known: &crate::live::Known<u64>| {
        known
            .as_ref()
            .learnt()
            .map_or("?".to_owned(), |fields| number(*fields))
    };
    let fields = format!(
        "{}/{}",
        fields(&object.readable_fields),
        fields(&object.editable_fields)
    );
    let name = printable(&object.object);
    let fits = name.len() < OBJECT;
    if !fits {
        page.text(4, 6, &name);
    }
    let [records, readable, editable] = &numbers;
    let name = if fits { &*name } else { "" };
    let line = row(
        name,
        [records, readable, editable, &fields],
        short_rights(object),
    );
    page.raw(&line);
    if page.style.verbose {
        let from: Vec<&str> = object.held.from.iter().map(String::as_str).collect();
        page.text(8, 10, &printable(&format!("from {}", from.join(", "))));
    }
}

fn short_tally(tally: &Tally) -> String {
    match tally {
        Tally::Unknown(_) => "?".to_owned(),
        Tally::Between { at_most, .. } => format!("<={}", number(*at_most)),
        Tally::Exactly(_) => tally_words(tally),
    }
}

/// The rights as letters fit: View All and Modify All are the ones that matter most.
fn short_rights(object: &ObjectInventory) -> &'static str {
    let rights = object.held.rights;
    match (rights.modify_all, rights.view_all, rights.edit, rights.read) {
        (true, ..) => "Modify All",
        (_, true, ..) => "View All",
        (.., true, _) => "edit",
        (.., true) => "read",
        _ => "none",
    }
}

fn not_known(page: &mut Page, user: &UserInventory) {
    let facts = unknown(user).into_iter();
    let mut reasons: Vec<String> = facts.map(|(key, why)| format!("{key}: {why}")).collect();
    let objects = user.objects.as_ref().learnt().into_iter().flatten();
    reasons.extend(
        objects
            .filter(|object| is_counted(object))
            .filter_map(|object| {
                let why = object.readable.unknown().or(object.editable.unknown())?;
                Some(format!("records of {}: {why}", object.object))
            }),
    );
    if reasons.is_empty() {
        return;
    }
    section(page, "Not known");
    for reason in reasons {
        page.text(4, 6, &printable(&reason));
    }
}
