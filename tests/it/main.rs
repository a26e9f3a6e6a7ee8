//! The program and the library as a whole: in the process, over the wire, and as people start them.
//!
//! One binary, because each links all of what it tests. What takes minutes, other people's programs or the memory of a
//! process for itself is in a binary of its own beside this folder.

mod back;
mod beforehand;
mod beside;
mod by_hand;
mod cli;
mod clone_corpus;
mod corpus;
mod everyone;
mod field_test;
mod generated;
mod hostile;
mod inventory;
mod laws;
mod manifest;
mod manifest_schema;
mod many;
mod numbers;
mod outputs;
mod people;
mod recorded;
mod refusals;
mod rehearsal;
mod scenarios;
mod schema;
mod security;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
mod tidy;
mod unwilling;
mod ways_in;
mod whose;
mod wire;
