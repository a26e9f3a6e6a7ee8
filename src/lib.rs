//! orgwright: integration users for Salesforce, from a file in git.
//!
//! The modules stand in reading order: each may import the ones above it, none below (see `docs/architecture.md`).

pub mod secret;
pub mod address;
pub mod diagnostic;

pub mod archive;
pub mod soql;
pub mod xml;

pub mod manifest;

pub mod org;
