//! What an org holds when it starts: the standard org, the demo org, and files laid over the standard one.
//!
//! Everything is the same at every start: ids, names, records and the token.

mod csv;
pub mod demo;
mod standard;

use super::store::Org;

/// An org as it comes: standard objects and profiles, one administrator, five free Salesforce licences.
pub fn standard() -> Org {
    standard::org()
}

/// The demo org: a company with some forty users, a role tree and a few thousand records.
pub fn demo() -> Org {
    demo::org()
}
