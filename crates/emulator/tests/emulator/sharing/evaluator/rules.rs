//! Which records a rule shares.

use super::super::company::{Company, Condition, Logic, Party, Record, Rule, Which};
use super::members;

/// Whether a rule shares a record, whoever with. From a queue it shares what the queue owns, from others what their members
/// own.
pub(crate) fn shares(company: &Company, rule: &Rule, record: &Record) -> bool {
    match &rule.which {
        Which::OwnedBy(queue @ Party::Queue(_)) => record.owner == Some(*queue),
        Which::OwnedBy(party) => match record.owner {
            Some(Party::User(owner)) => members(company, *party).contains(&owner),
            _ => false,
        },
        Which::Meeting {
            conditions,
            logic,
            owned_by_all,
        } => {
            let without_role = match record.owner {
                Some(Party::User(owner)) => company.users[owner].system,
                _ => false,
            };
            (*owned_by_all || !without_role) && meets(conditions, *logic, record)
        }
    }
}

fn meets(conditions: &[Condition], logic: Logic, record: &Record) -> bool {
    let mut held = conditions.iter().map(|condition| holds(condition, record));
    match logic {
        Logic::All => held.all(|one| one),
        Logic::Any => held.any(|one| one),
        Logic::FirstAndAny => {
            let first = held.next().expect("there is a condition");
            first && (conditions.len() == 1 || held.any(|one| one))
        }
    }
}

/// Text heeds case; an empty value means blank, and a blank field is not equal to any text.
fn holds(condition: &Condition, record: &Record) -> bool {
    match condition {
        Condition::Flag(wanted) => record.flag == *wanted,
        Condition::Word(wanted) => wanted.contains(&record.word),
        Condition::WordIsNot(unwanted) => record.word != *unwanted,
        Condition::WordContains(part) => record.word.contains(part),
        Condition::WordLacks(part) => !record.word.contains(part),
        Condition::CountAbove(bound) => record.count.is_some_and(|count| count > *bound),
    }
}
