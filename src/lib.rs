//! orgwright: integration users for Salesforce, from a file in git.

pub mod address;
pub mod diagnostic;
pub mod manifest;
