//! Reports for people: at a terminal, in a log, through a pipe.

mod applied;
mod back;
mod change;
mod difference;
mod doctor;
mod expected;
mod explained;
mod failure;
mod field_test;
mod finding;
mod impact;
mod inventory;
mod plan;
mod progress;
mod summary;
mod urgent;
mod valid;
mod verification;

pub use applied::{applied, applied_end};
pub use back::{back_end, stays, way_back};
pub use difference::comparison;
pub use doctor::diagnosis;
pub use explained::explained;
pub use failure::failure;
pub use field_test::field_test;
pub use inventory::inventory;
pub use plan::{plan, plan_to_apply, plan_totals};
pub use progress::progress;
pub use valid::{explanation, valid};
pub use verification::verification;
