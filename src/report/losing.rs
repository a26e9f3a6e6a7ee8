//! Who loses sight, in words that every report shares.

use super::tally;
use crate::access::{Fate, LosingRole, PersonSight, SightLost};
use crate::count::{count, number};
use crate::tally::Tally;

/// `31 people, 6 of them all that they see`; `None` where nobody is known to lose anything.
pub(super) fn who_loses(lost: &SightLost) -> Option<String> {
    let losing = lost.lose_everything + lost.lose_part;
    let least = at_least(lost);
    let people = match losing {
        0 => return None,
        people => format!("{least}{}", self::people(people)),
    };
    Some(match (lost.lose_everything, lost.lose_part) {
        (0, _) => people,
        (1, 0) => format!("{people}, all that it sees"),
        (_, 0) => format!("{people}, all that they see"),
        (everything, _) => format!("{people}, {} of them all that they see", number(everything)),
    })
}

/// What stands before the number of those who lose sight, where there may be more.
pub(super) fn at_least(lost: &SightLost) -> &'static str {
    if lost.cannot_tell > 0 {
        "at least "
    } else {
        ""
    }
}

/// `2 people`.
pub(super) fn people(people: u64) -> String {
    match people {
        1 => "1 person".to_owned(),
        more => format!("{} people", number(more)),
    }
}

/// `8 lose nothing`, `20 lose 195 each`, `3 of 5 lose 1,936 to 1,991`, `2 lose all 2,000`, `cannot tell of 2`.
pub(super) fn of_role(role: &LosingRole) -> String {
    let losing = role.users - role.lose_nothing;
    if losing == 0 {
        return format!("{} {} nothing", number(role.users), lose(role.users));
    }
    let who = match losing == role.users {
        true => number(losing),
        false => format!("{} of {}", number(losing), number(role.users)),
    };
    if role.cannot_tell == losing {
        let most = role.each.at_most();
        let most = most.map_or(String::new(), |most| format!(", at most {}", number(most)));
        return format!("cannot tell of {who}{most}");
    }
    let records = match (&role.each, role.lose_everything == losing) {
        (Tally::Unknown(_), _) => "an unknown number".to_owned(),
        (each, true) => format!("all {}", tally(each)),
        (each @ Tally::Exactly(_), false) if losing > 1 => format!("{} each", tally(each)),
        (each, false) => tally(each),
    };
    format!("{who} {} {records}", lose(losing))
}

fn lose(people: u64) -> &'static str {
    match people {
        1 => "loses",
        _ => "lose",
    }
}

/// `2,000 before, 195 after`, and why where that is not plain.
pub(super) fn of_person(person: &PersonSight) -> String {
    let why = person
        .why
        .as_ref()
        .map_or(String::new(), |why| format!(": {why}"));
    match (&person.before, person.loses) {
        (Tally::Unknown(_), _) => format!("cannot tell{why}"),
        (before, Fate::CannotTell) => {
            format!("sees {}, then {}{why}", tally(before), tally(&person.after))
        }
        (before, _) => format!("sees {}, then {}", tally(before), tally(&person.after)),
    }
}

/// The people who lose something and are users of other integrations.
pub(super) fn integrations(lost: &SightLost) -> Vec<&PersonSight> {
    let people = lost.people.iter();
    people
        .filter(|person| person.integration && person.loses != Fate::Nothing)
        .collect()
}

/// `54,997 sights in all`: a record counts once for each who sees it no more.
pub(super) fn sights(lost: &SightLost) -> Option<String> {
    match &lost.records {
        Tally::Unknown(_) => None,
        Tally::Exactly(sights) => Some(format!("{} in all", count(*sights, "sight"))),
        other => Some(format!("{} sights in all", tally(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(users: u64, [everything, part, nothing, unknown]: [u64; 4], each: Tally) -> LosingRole {
        LosingRole {
            role: None,
            users,
            lose_everything: everything,
            lose_part: part,
            lose_nothing: nothing,
            cannot_tell: unknown,
            records: each.clone(),
            each,
        }
    }

    #[test]
    fn a_role_is_told_in_people_and_records() {
        let between = |at_least, at_most| Tally::Between { at_least, at_most };
        for (role, expected) in [
            (role(8, [0, 0, 8, 0], Tally::Exactly(0)), "8 lose nothing"),
            (
                role(20, [0, 20, 0, 0], Tally::Exactly(195)),
                "20 lose 195 each",
            ),
            (role(1, [0, 1, 0, 0], Tally::Exactly(195)), "1 loses 195"),
            (
                role(5, [0, 3, 2, 0], between(1_936, 1_991)),
                "3 of 5 lose 1,936 to 1,991",
            ),
            (
                role(2, [2, 0, 0, 0], Tally::Exactly(2_000)),
                "2 lose all 2,000",
            ),
            (
                role(2, [0, 0, 0, 2], between(0, 7)),
                "cannot tell of 2, at most 7",
            ),
            (
                role(3, [0, 0, 2, 1], Tally::Unknown("why".into())),
                "cannot tell of 1 of 3",
            ),
        ] {
            assert_eq!(of_role(&role), expected);
        }
    }

    #[test]
    fn what_people_lose_is_all_or_some() {
        let check = |lose_everything, lose_part, expected: Option<&str>| {
            let lost = SightLost {
                lose_everything,
                lose_part,
                ..SightLost::default()
            };
            assert_eq!(who_loses(&lost).as_deref(), expected);
        };
        check(0, 0, None);
        check(0, 13, Some("13 people"));
        check(6, 25, Some("31 people, 6 of them all that they see"));
        check(1, 0, Some("1 person, all that it sees"));
        check(2, 0, Some("2 people, all that they see"));
    }
}
