//! The name of one thing orgwright looks after, the same in every output.
//!
//! An address is `KIND/NAME`: `role/HubSpot_Integration`, `sharing_rule/Lead.Sync_to_HubSpot`. It is
//! stable between runs and orgs, so plans, findings and reports can be joined on it.

use std::fmt;

use serde::{Serialize, Serializer};

/// Kind and name of one component; shown and serialised as `kind/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The resource kind, for example `organization_wide_default`.
    pub kind: &'static str,
    /// The name within the kind, for example `Lead`.
    pub name: String,
}

impl Address {
    /// The address of `name` within `kind`.
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_and_serialised_as_kind_and_name() {
        let address = Address::new("profile", "HubSpot Integration");
        assert_eq!(address.to_string(), "profile/HubSpot Integration");
        assert_eq!(
            serde_json::to_string(&address).unwrap(),
            "\"profile/HubSpot Integration\""
        );
    }
}
