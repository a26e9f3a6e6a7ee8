//! What the program says about sharing, held against plain loops over a description of the company, which also judge the
//! emulated org (`crates/emulator/tests/emulator/sharing.rs`).
//!
//! `ORGWRIGHT_CASES=N` asks for more companies than usual. A company that the two disagree on is shrunk and printed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod back;
#[path = "../../crates/emulator/tests/emulator/sharing/company.rs"]
mod company;
mod criteria;
#[allow(dead_code, reason = "here it only seeds an org")]
#[path = "../../crates/emulator/tests/emulator/sharing/emulated.rs"]
mod emulated;
#[allow(dead_code, reason = "nothing here asks for share rows")]
#[path = "../../crates/emulator/tests/emulator/sharing/evaluator.rs"]
mod evaluator;
mod everyone;
mod expected;
mod explained;
mod family;
mod losing;
mod predicted;
mod reasons;
mod through;
mod wish;

use company::{Company, Object};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Generated values, one after the other, the same in each run.
fn drawn<T: Strategy>(strategy: T) -> impl Iterator<Item = T::Value> {
    let mut runner = TestRunner::new(testing::law(1));
    std::iter::repeat_with(move || strategy.new_tree(&mut runner).unwrap().current())
}

fn records_of(company: &Company, object: Object) -> Vec<usize> {
    let of_object = |number: &usize| company.records[*number].object == object;
    (0..company.records.len()).filter(of_object).collect()
}
