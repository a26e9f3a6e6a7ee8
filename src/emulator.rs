//! A Salesforce org inside the program: the same wire protocols, the same refusals.
//!
//! The emulator is a stranger to the rest of the crate and imports nothing of it.
//! What it does not know it refuses, in the vendor's error shape.

pub mod deploy;
pub mod deploy_request;
pub mod documents;
pub mod http;
pub mod jobs;
pub mod login;
pub mod persist;
pub mod rest;
pub mod router;
pub mod rules;
pub mod schema;
pub mod seed;
pub mod sharing;
pub mod soap;
pub mod soql;
pub mod store;
pub mod viewer;
pub mod views;
pub mod write;
pub mod xml;
