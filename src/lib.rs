//! orgwright: integration users for Salesforce, from a file in git.

pub mod archive;
pub mod org;
pub mod secret;
pub mod soql;
pub mod xml;
