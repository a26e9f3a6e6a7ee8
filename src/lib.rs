//! Integration users for Salesforce, from a file in git: plan, apply and prove what they can see.

pub mod emulator;
