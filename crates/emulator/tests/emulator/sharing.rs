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
mod setup;

use std::collections::BTreeSet;

use company::{Company, Model, OBJECTS, Object, company};
use emulated::Emulated;
use proptest::prelude::*;

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
