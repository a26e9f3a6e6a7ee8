//! How the user may log in, and which of its powers somebody has accepted.
//!
//! The doc comments of keys become the descriptions in the JSON Schema, so they speak to the person who writes a manifest.

use std::net::IpAddr;

use schemars::JsonSchema;

use super::schema;
use super::spanned::Sp;
use crate::diagnostic::Place;

/// From where, and by what, the user may log in.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginLimits {
    /// Addresses from which the user may log in; each is added to its own profile.
    #[schemars(default, with = "Vec<schema::IpRangeForm>")]
    pub ip_ranges: Vec<Sp<IpRange>>,
    /// `true` lets the user log in by the API only.
    #[schemars(with = "Option<bool>")]
    pub api_only: bool,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

/// A range of addresses, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IpRange {
    /// The first address.
    pub from: IpAddr,
    /// The last address.
    pub to: IpAddr,
}

impl IpRange {
    /// Reads `192.0.2.0/24`, or one address.
    pub(super) fn of_network(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let host = 32_u32.checked_sub(bits.unwrap_or(32))?;
                let hosts = u32::MAX.checked_shr(32 - host).unwrap_or(0);
                let first = address.to_bits();
                let range = Self {
                    from: IpAddr::V4(first.into()),
                    to: IpAddr::V4((first | hosts).into()),
                };
                (first & hosts == 0).then_some(range)
            }
            IpAddr::V6(address) => {
                let host = 128_u32.checked_sub(bits.unwrap_or(128))?;
                let hosts = u128::MAX.checked_shr(128 - host).unwrap_or(0);
                let first = address.to_bits();
                let range = Self {
                    from: IpAddr::V6(first.into()),
                    to: IpAddr::V6((first | hosts).into()),
                };
                (first & hosts == 0).then_some(range)
            }
        }
    }

    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.from.is_ipv4() && self.from <= address && address <= self.to
    }
}

/// A permission whose power somebody has accepted.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptedPower {
    /// User permission, by API name.
    pub permission: Sp<String>,
    /// Why it is accepted.
    pub reason: Sp<String>,
    /// The last day on which it is accepted, such as `2027-03-31`.
    pub until: Sp<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_its_first_and_its_last_address() {
        let ends = |text: &str| {
            let range = IpRange::of_network(text)?;
            Some(format!("{}-{}", range.from, range.to))
        };
        for (text, expected) in [
            ("192.0.2.0/24", Some("192.0.2.0-192.0.2.255")),
            ("192.0.2.7", Some("192.0.2.7-192.0.2.7")),
            ("192.0.2.7/32", Some("192.0.2.7-192.0.2.7")),
            ("0.0.0.0/0", Some("0.0.0.0-255.255.255.255")),
            ("2001:db8::/126", Some("2001:db8::-2001:db8::3")),
            ("192.0.2.1/24", None),
            ("192.0.2.0/33", None),
            ("192.0.2", None),
        ] {
            assert_eq!(ends(text).as_deref(), expected, "{text}");
        }
        let range = IpRange::of_network("192.0.2.0/30").unwrap();
        assert!(range.holds("192.0.2.3".parse().unwrap()));
        assert!(!range.holds("192.0.2.4".parse().unwrap()));
        assert!(!range.holds("::".parse().unwrap()));
    }
}
