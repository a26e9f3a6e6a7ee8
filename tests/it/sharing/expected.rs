//! What a plan foresees of single records and of anybody's access to them, held against the evaluator record by record; and
//! what the org says today.

use std::collections::HashMap;
use std::fmt::Write;

use orgwright::access::{ExpectedAccess, RecordSeen};
use orgwright::criteria::Verdict;
use orgwright::live::Known;
use proptest::prelude::*;

use super::company::{Company, Object, company};
use super::evaluator;
use super::predicted::{Rehearsal, run};
use super::wish::{Wish, wishes};
use super::{drawn, emulated, records_of};

/// Records with users that tell how often nobody can say.
const ENOUGH: usize = 1_000;

/// Users besides that of the manifest who are looked at.
const LOOKED_AT: usize = 3;

const OBJECTS: [Object; 6] = [
    Object::Lead,
    Object::Account,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
    Object::Thing,
];

/// Users of a company whose access is expected, by number.
fn meant(company: &Company, wish: &Wish) -> Vec<usize> {
    let users = (0..company.users.len()).rev();
    let others = users.filter(|user| Some(*user) != wish.user);
    let others = others.filter(|user| !company.users[*user].system);
    others.take(LOOKED_AT).collect()
}

/// What a plan says of every record of every object, for the manifest's user and some others.
async fn foreseen(
    company: &Company,
    wish: &Wish,
) -> (Vec<(Option<usize>, ExpectedAccess)>, emulated::Ids) {
    let users = meant(company, wish);
    let names = users.iter().map(|user| Some(*user)).chain([None]);
    let mut manifest = wish.manifest(company);
    manifest.push_str("  expect:\n");
    let mut asked = Vec::new();
    for user in names {
        for object in OBJECTS {
            let who = user.map_or("this".to_owned(), |user| {
                format!("user{user}@company.example")
            });
            writeln!(
                manifest,
                "    - {{query: SELECT Id FROM {}, access: none, user: {who}, count: 0..2000}}",
                object.name()
            )
            .unwrap();
            asked.push(user);
        }
    }
    let (org, ids) = emulated::org(company);
    let rehearsal = Rehearsal::over(org, manifest).await;
    let plan = rehearsal.plan().await;
    rehearsal.server.stop().await;
    (asked.into_iter().zip(plan.expectations).collect(), ids)
}

fn is(verdict: Verdict, truth: bool) -> bool {
    verdict == Verdict::Either || verdict == Verdict::from(truth)
}

/// How many of the predictions are exact, of how many.
fn judged(company: &Company, wish: &Wish) -> Result<(usize, usize), String> {
    let (told, ids) = run(foreseen(company, wish));
    let numbers = ids.records.iter().enumerate();
    let numbers: HashMap<String, usize> = numbers
        .map(|(number, id)| (id.to_string(), number))
        .collect();
    let (after, own) = wish.granted(company);
    let (mut exact, mut all) = (0, 0);
    for (user, expected) in told {
        let Known::Is((object, records)) = &expected.found else {
            return Err(format!("{:?}", expected.found));
        };
        let object = OBJECTS
            .into_iter()
            .find(|one| one.name() == object)
            .unwrap();
        if records.len() != records_of(company, object).len() {
            return Err(format!("{} records of {object:?}", records.len()));
        }
        for record in records {
            let number = numbers[&record.id];
            judge(
                company,
                (&after, own),
                user.or(wish.user),
                user.unwrap_or(own),
                number,
                record,
            )
            .map_err(|wrong| format!("{wrong}\n{company:?}\n{wish:?}"))?;
            all += 1;
            let after = record.after;
            exact += usize::from(after.read != Verdict::Either && after.edit != Verdict::Either);
        }
    }
    Ok((exact, all))
}

fn judge(
    company: &Company,
    (after, _): (&Company, usize),
    today: Option<usize>,
    then: usize,
    number: usize,
    record: &RecordSeen,
) -> Result<(), String> {
    let truth = evaluator::access(after, then, number);
    let seen = record.after;
    // Nobody acts as an inactive user: what it would see is left open.
    let active = after.users[then].active;
    if active && !(is(seen.read, truth.read) && is(seen.edit, truth.read && truth.edit)) {
        return Err(format!(
            "user {then}, record {number}: {truth:?}, foreseen {seen:?}"
        ));
    }
    match (today, &record.now) {
        (None, Known::NotAsked) => Ok(()),
        (Some(user), Known::Is(now)) => {
            let truth = evaluator::access(company, user, number);
            let right =
                !company.users[user].active || (now.read, now.edit) == (truth.read, truth.edit);
            right
                .then_some(())
                .ok_or_else(|| format!("user {user}, record {number}: {truth:?}, told {now:?}"))
        }
        (today, now) => Err(format!("{today:?}: {now:?}")),
    }
}

proptest! {
    #![proptest_config(testing::law(24))]

    #[test]
    fn what_becomes_of_a_record_is_foreseen((company, wish) in wishes(company())) {
        if let Err(wrong) = judged(&company, &wish) {
            prop_assert!(false, "{wrong}");
        }
    }
}

/// Who never says anything is never wrong.
#[test]
fn most_records_are_foreseen_exactly() {
    let (mut exact, mut all) = (0, 0);
    let cases = testing::cases(12) as usize;
    // Few companies may chance to be open ones: then more of them are looked at.
    for (case, (company, wish)) in drawn(wishes(company())).take(cases * 8).enumerate() {
        if case >= cases && all >= ENOUGH {
            break;
        }
        let (some, of) = judged(&company, &wish).unwrap_or_else(|wrong| panic!("{wrong}"));
        exact += some;
        all += of;
    }
    assert!(
        all >= ENOUGH && exact * 10 >= all * 6,
        "{exact} of {all} exactly"
    );
}
