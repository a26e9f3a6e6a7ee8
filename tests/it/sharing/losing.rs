//! Who loses sight, as a plan says it of each person, held against the evaluator record by record.

use std::collections::BTreeSet;

use orgwright::access::{Fate, Impact, PersonSight};
use orgwright::tally::Tally;
use proptest::prelude::*;

use super::company::{Company, Object, company};
use super::predicted::{impact, run};
use super::wish::{Wish, wishes};
use super::{drawn, evaluator, records_of};

fn seen(company: &Company, user: usize, object: Object) -> BTreeSet<usize> {
    let records = records_of(company, object).into_iter();
    records
        .filter(|record| evaluator::access(company, user, *record).read)
        .collect()
}

fn holds(tally: &Tally, number: usize) -> bool {
    let number = number as u64;
    tally.at_least() <= number && tally.at_most().is_none_or(|most| number <= most)
}

/// What is told of each person, and whether it was told exactly.
fn judged(company: &Company, wish: &Wish, told: &Impact) -> Result<(usize, usize), String> {
    let (after, own) = wish.granted(company);
    let judged = judged_by(company, (&after, own), wish.object, told);
    judged.map_err(|wrong| format!("{wrong}\n{company:?}\n{wish:?}"))
}

/// The same, where the company as it will be and the manifest's user are known.
pub(super) fn judged_by(
    company: &Company,
    (after, own): (&Company, usize),
    object: Object,
    told: &Impact,
) -> Result<(usize, usize), String> {
    let lost = told.sight_lost.as_ref().learnt().ok_or("nothing is told")?;
    let (mut exact, mut all) = (0, 0);
    for user in (0..company.users.len()).filter(|user| *user != own) {
        if !company.users[user].active || company.users[user].system {
            continue;
        }
        let (before, left) = (seen(company, user, object), seen(after, user, object));
        let gone = before.difference(&left).count();
        let name = format!("user{user}@company.example");
        let Some(person) = lost.people.iter().find(|person| person.username == name) else {
            match gone {
                0 => continue,
                _ => return Err(format!("{name} loses {gone} and is not named: {lost:?}")),
            }
        };
        let right = holds(&person.lost, gone)
            && holds(&person.before, before.len())
            && holds(&person.after, left.len())
            && is_right(person, gone, left.len());
        if !right {
            let truth = format!("before {}, after {}, lost {gone}", before.len(), left.len());
            return Err(format!("{person:?}: {truth}"));
        }
        all += 1;
        exact += usize::from(person.lost.exactly().is_some());
    }
    Ok((exact, all))
}

fn is_right(person: &PersonSight, gone: usize, left: usize) -> bool {
    match person.loses {
        Fate::Nothing => gone == 0,
        Fate::Everything => gone > 0 && left == 0,
        Fate::Part => gone > 0,
        Fate::CannotTell => person.why.is_some(),
    }
}

proptest! {
    #![proptest_config(testing::law(64))]

    #[test]
    fn what_each_person_loses_lies_where_the_plan_says((company, wish) in wishes(company())) {
        let told = run(impact(&company, &wish));
        if let Err(wrong) = judged(&company, &wish, &told) {
            prop_assert!(false, "{wrong}");
        }
    }
}

/// Intervals that hold everything would hold the truth as well. Of many companies nine in ten are exact; few may chance to
/// have less.
#[test]
fn most_losses_are_told_exactly() {
    let (mut exact, mut all) = (0, 0);
    for (company, wish) in drawn(wishes(company())).take(testing::cases(48) as usize) {
        let told = run(impact(&company, &wish));
        let judged = judged(&company, &wish, &told);
        let (one, of) = judged.unwrap_or_else(|wrong| panic!("{wrong}"));
        exact += one;
        all += of;
    }
    assert!(exact * 10 >= all * 7, "{exact} of {all} exactly");
}
