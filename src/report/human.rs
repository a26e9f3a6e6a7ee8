//! Reports for people: at a terminal, in a log, through a pipe.

mod change;
mod failure;
mod finding;
mod impact;
mod plan;
mod progress;
mod verification;

pub use failure::failure;
pub use plan::{plan, plan_totals};
pub use progress::{applied, progress};
pub use verification::{proof, verification};
