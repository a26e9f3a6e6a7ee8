//! How large the demo org is.

use serde::{Deserialize, Serialize};

/// More of anything than this is a slip of the pen.
const MOST: u64 = 10_000_000;

/// How many leads, users and roles the demo org has at least; 0 for as many as it has anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Leads.
    pub leads: u64,
    /// Users, the administrator among them.
    pub users: u64,
    /// Roles.
    pub roles: u64,
}

impl Scale {
    /// Reads `leads=1000000,users=100000,roles=5000`; each part may be missing.
    ///
    /// # Errors
    /// A sentence about the first part that cannot be used.
    pub fn parse(text: &str) -> Result<Scale, String> {
        let mut scale = Scale::default();
        for part in text.split(',') {
            let (what, count) = part
                .split_once('=')
                .ok_or_else(|| format!("{part:?} is not WHAT=COUNT"))?;
            let place = match what.trim() {
                "leads" => &mut scale.leads,
                "users" => &mut scale.users,
                "roles" => &mut scale.roles,
                other => return Err(format!("{other:?} is none of leads, users, roles")),
            };
            let count = count.trim().parse().ok();
            *place = count
                .filter(|count| *count <= MOST)
                .ok_or_else(|| format!("{part:?} needs a number up to {MOST}"))?;
        }
        Ok(scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_read_and_slips_refused() {
        let expected = Scale {
            leads: 1_000_000,
            users: 0,
            roles: 50,
        };
        assert_eq!(Scale::parse("leads=1000000, roles=50"), Ok(expected));
        for text in [
            "",
            "leads",
            "leads=",
            "leads=-1",
            "lead=5",
            "users=99999999999",
            "users=1,,",
        ] {
            assert!(Scale::parse(text).is_err(), "{text}");
        }
    }
}
