//! Sharing, decided twice: by the emulated org, and by plain loops over a description of the company. And the setup
//! that sharing stands on: deploys, recalculations, users, what is refused and what is remembered.
//!
//! `ORGWRIGHT_CASES=N` asks for more companies than usual. A company that the two disagree on is shrunk and printed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod company;
mod deploys;
pub(crate) mod desk;
mod emulated;
mod evaluator;
mod public_groups;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use company::{Company, Grants, Model, OBJECTS, Object, Party, company};
use emulated::Emulated;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn cases() -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 20_000,
        ..testing::law(160)
    }
}

fn records_of(company: &Company, object: Object) -> Vec<usize> {
    let of_object = |number: &usize| company.records[*number].object == object;
    (0..company.records.len()).filter(of_object).collect()
}

/// What a company holds that somebody could get wrong, each once.
fn traits_of(company: &Company) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut note = |holds: bool, what: &'static str| {
        if holds {
            found.insert(what);
        }
    };
    let records = || company.records.iter();
    let of = |object: Object| records().filter(move |record| record.object == object);
    let controlled = company.defaults[&Object::Contact] == Model::ControlledByParent;
    let private = company.defaults[&Object::Account] == Model::Private;
    let held = of(Object::Contact).any(|contact| contact.parent.is_some());
    note(
        controlled && private && held,
        "a contact its account controls",
    );
    note(
        of(Object::Contact).any(|it| it.parent.is_none()),
        "a contact without account",
    );
    note(of(Object::Part).count() > 0, "a detail");
    note(of(Object::Pair).count() > 0, "a junction");
    note(
        !company.open.is_empty(),
        "details written by whoever reads the master",
    );
    note(!company.flat.is_empty(), "an object without hierarchies");
    note(records().any(|it| it.private), "a private opportunity");
    let queued = |owner| matches!(owner, Some(Party::Queue(_)));
    note(records().any(|it| queued(it.owner)), "a record of a queue");
    for bosses in [true, false] {
        let nested = |group: &company::Group| {
            let mut members = group.members.iter();
            group.bosses == bosses && members.any(|member| matches!(member, Party::Group(_)))
        };
        let what = match bosses {
            true => "a group in a group with bosses",
            false => "a group in a group without",
        };
        note(company.groups.iter().any(nested), what);
    }
    note(!company.shares.is_empty(), "a share by hand");
    let ended = |share: &company::Share| matches!(share.to, Party::User(user) if !company.users[user].active);
    note(
        company.shares.iter().any(ended),
        "a share with somebody inactive",
    );
    note(
        company.users.iter().any(|user| bypasses(company, user) > 1),
        "two bypasses at once",
    );
    let children = [Object::Contact, Object::Opportunity, Object::Case];
    let family = |account: usize| {
        children
            .iter()
            .all(|child| of(*child).any(|it| it.parent == Some(account)))
    };
    note((0..company.records.len()).any(family), "an account family");
    let depth =
        |role: usize| std::iter::successors(Some(role), |role| company.roles[*role].above).count();
    note(
        (0..company.roles.len()).any(|role| depth(role) >= 5),
        "roles five deep",
    );
    found
}

/// How many of a user's containers see or change everything of some object, whoever owns it.
fn bypasses(company: &Company, user: &company::User) -> usize {
    let around = |grants: &&Grants| {
        let mut rights = grants.objects.values();
        grants.view_all_data || grants.modify_all_data || rights.any(|it| it.view_all)
    };
    let sets = user.sets.iter().map(|set| &company.sets[*set]);
    let containers = sets.chain([&company.profiles[user.profile]]);
    containers.filter(around).count()
}

#[test]
fn companies_hold_whatever_somebody_could_get_wrong() {
    const COMPANIES: usize = 480;
    const LEAST: usize = 10;
    let mut runner = TestRunner::new(testing::law(160));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..COMPANIES {
        let company = company().new_tree(&mut runner).unwrap().current();
        for what in traits_of(&company) {
            *counts.entry(what).or_default() += 1;
        }
    }
    assert_eq!(counts.len(), 15, "{counts:?}");
    assert!(counts.values().all(|count| *count >= LEAST), "{counts:?}");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn record_access_is_what_the_documentation_says(company in company()) {
        let mut org = Emulated::new(&company);
        let records: Vec<usize> = (0..company.records.len()).collect();
        for user in 0..company.users.len() {
            for (record, access) in org.access(None, user, &records) {
                let expected = evaluator::access(&company, user, record);
                prop_assert_eq!(access, expected, "user {} and record {}", user, record);
            }
        }
    }

    #[test]
    fn queries_return_the_records_that_may_be_read(company in company()) {
        let mut org = Emulated::new(&company);
        for user in (0..company.users.len()).filter(|user| company.users[*user].active) {
            for object in OBJECTS {
                let may = evaluator::rights(&company, user, object).read;
                let readable = records_of(&company, object).into_iter();
                let expected: BTreeSet<usize> = readable.filter(|record| evaluator::access(&company, user, *record).read).collect();
                prop_assert_eq!(org.rows_seen(user, object), may.then_some(expected), "user {} and {:?}", user, object);
            }
        }
    }

    #[test]
    fn who_cannot_read_a_record_is_told_nothing_about_it(company in company()) {
        let mut org = Emulated::new(&company);
        let records: Vec<usize> = (0..company.records.len()).collect();
        let asked = company.users.len() - 1;
        for running in (0..company.users.len()).filter(|user| company.users[*user].active) {
            let told: BTreeSet<usize> = org.access(Some(running), asked, &records).into_keys().collect();
            let readable = records.iter().copied().filter(|record| evaluator::access(&company, running, *record).read);
            prop_assert_eq!(told, readable.collect::<BTreeSet<_>>(), "user {}", running);
        }
    }

    #[test]
    fn share_rows_tell_who_was_given_what_and_why(company in company()) {
        let mut org = Emulated::new(&company);
        let stored = |object: &&Object| {
            let shared = !matches!(**object, Object::Part | Object::Pair | Object::Contract);
            shared && company.defaults[object] != Model::ControlledByParent
        };
        for object in OBJECTS.iter().filter(stored) {
            let expected: BTreeSet<_> = evaluator::rows(&company, *object).into_iter().map(|row| org.shown(row)).collect();
            prop_assert_eq!(org.share_rows(*object), expected, "{:?}", object);
        }
    }
}
