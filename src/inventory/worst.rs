//! The worst that there is to say of a user, in sentences.

use super::{ObjectInventory, UserInventory};
use crate::access::Escalation;
use crate::count::{agree, count, number};

/// Facts that lead a report.
const MOST: usize = 3;

/// Objects that a fact names.
const MOST_NAMED: usize = 3;

/// The worst facts, the worst first, at most three. What is not known is no fact: the report says it in its place.
pub fn worst(user: &UserInventory) -> Vec<String> {
    let mut facts = Vec::new();
    // Who has everything already gains nothing by any path.
    facts.extend(all_data(user));
    facts.extend(escalation(user));
    if all_data(user).is_none() {
        facts.extend(open_objects(user));
    }
    facts.extend(from_anywhere(user));
    facts.extend(exports(user));
    facts.extend(never_expires(user));
    facts.truncate(MOST);
    facts
}

fn escalation(user: &UserInventory) -> Option<String> {
    let escalations = user.escalations.as_ref().learnt()?;
    let first: &Escalation = escalations.first()?;
    let ways = count(escalations.len() as u64, "escalation path");
    let by = first.by.join(" and ");
    let reach = first
        .reaches
        .first()
        .map_or_else(String::new, |reach| format!(", such as {reach}"));
    let how = first.how.split(':').next().unwrap_or_default();
    Some(format!(
        "it can give itself more: {ways}; by {by} it {how}{reach}"
    ))
}

fn all_data(user: &UserInventory) -> Option<String> {
    let does = match (user.holds("ModifyAllData"), user.holds("ViewAllData")) {
        (Some(true), _) => "reads, changes and deletes every record of the org (Modify All Data)",
        (_, Some(true)) => "reads every record of the org (View All Data)",
        _ => return None,
    };
    let from = user.permissions.as_ref().learnt()?.iter();
    let from = from.filter(|held| matches!(held.name.as_str(), "ModifyAllData" | "ViewAllData"));
    let from = from.flat_map(|held| held.from.iter()).next()?;
    let largest = largest(user);
    let named = if largest.is_empty() {
        String::new()
    } else {
        format!(": {largest}")
    };
    Some(format!("it {does}, by {from}{named}"))
}

/// Objects with View All or Modify All, by the number of records.
fn open_objects(user: &UserInventory) -> Option<String> {
    let objects = user.objects.as_ref().learnt()?.iter();
    let open = objects.filter(|object| object.held.rights.view_all).count() as u64;
    let largest = largest(user);
    let named = if largest.is_empty() {
        String::new()
    } else {
        format!(": {largest}")
    };
    (open > 0).then(|| {
        let objects = format!("{} {}", number(open), agree(open, "object", "objects"));
        format!("it sees every record of {objects} past sharing (View All or Modify All){named}")
    })
}

fn largest(user: &UserInventory) -> String {
    let Some(objects) = user.objects.as_ref().learnt() else {
        return String::new();
    };
    let counted = |object: &&ObjectInventory| object.records.at_least() > 0;
    let open = objects.iter().filter(|object| object.held.rights.view_all);
    let mut open: Vec<&ObjectInventory> = open.filter(counted).collect();
    open.sort_by_key(|object| (std::cmp::Reverse(object.records.at_least()), &object.object));
    let named = open.iter().take(MOST_NAMED);
    let named =
        named.map(|object| format!("{} {}", number(object.records.at_least()), object.object));
    named.collect::<Vec<_>>().join(", ")
}

fn from_anywhere(user: &UserInventory) -> Option<String> {
    let ranges = user.log_in.ip_ranges.as_ref().learnt()?;
    let open = ranges.is_empty() && user.log_in.active;
    open.then(|| "it can log in from any address: its profile has no log-in IP ranges".to_owned())
}

fn exports(user: &UserInventory) -> Option<String> {
    let exports = user.holds("DataExport") == Some(true);
    exports.then(|| "it can have all data of the org exported (Weekly Data Export)".to_owned())
}

fn never_expires(user: &UserInventory) -> Option<String> {
    let never = user.holds("PasswordNeverExpires") == Some(true);
    never.then(|| "its password never expires".to_owned())
}
