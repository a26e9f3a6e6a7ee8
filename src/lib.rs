//! orgwright: integration users for Salesforce, from a file in git.
