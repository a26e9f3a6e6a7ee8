//! orgwright: integration users for Salesforce, from a file in git.
//!
//! The modules stand in reading order: each may import the ones above it, none below (see `docs/architecture.md`).

pub mod code;
pub mod private_file;
pub mod secret;

pub mod address;
pub mod count;
pub mod diagnostic;
pub mod tally;

pub mod archive;
pub mod soql;
pub mod xml;

pub mod entries;
pub mod power;

pub mod manifest;

pub mod change;
pub mod event;
pub mod live;

pub mod clone;
pub mod criteria;

pub mod laws;

pub mod kinds;

pub mod access;

pub mod findings;

pub mod plan;

pub mod guard;

pub mod package;

pub mod difference;

pub mod documents;

pub mod back;
pub mod snapshot;

pub mod org;

pub mod failure;

pub mod observe;

pub mod verify;

pub mod apply;
pub mod doctor;
pub mod explain;
pub mod field_test;
pub mod inventory;
pub mod render;

pub mod report;

pub mod cli;
