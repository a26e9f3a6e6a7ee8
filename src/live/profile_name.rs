//! Names of profiles: the label people see, and the name the Metadata API uses.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Standard profiles whose API name is not their label.
const STANDARD: [(&str, &str); 7] = [
    ("Admin", "System Administrator"),
    ("Standard", "Standard User"),
    ("ReadOnly", "Read Only"),
    ("MarketingProfile", "Marketing User"),
    ("ContractManager", "Contract Manager"),
    ("SolutionManager", "Solution Manager"),
    ("StandardAul", "Standard Platform User"),
];

/// Whether a label is that of a profile that the platform brings, and that has a name of its own in the Metadata API.
pub(super) fn is_standard(label: &str) -> bool {
    STANDARD.iter().any(|(_, standard)| *standard == label)
}

/// The Metadata API's name of a profile given by label or by API name: every character but letters, digits, space,
/// `-` and `_` is percent-encoded.
pub fn profile_full_name(name: &str) -> String {
    let standard = STANDARD
        .iter()
        .find(|(api, label)| *api == name || *label == name);
    match standard {
        Some((api, _)) => (*api).to_owned(),
        None => encode(name),
    }
}

/// The label of a profile given by label or by API name.
pub fn profile_label(name: &str) -> String {
    let standard = STANDARD.iter().find(|(api, _)| *api == name);
    standard.map_or_else(|| name.to_owned(), |(_, label)| (*label).to_owned())
}

fn encode(name: &str) -> String {
    let mut encoded = String::new();
    for character in name.chars() {
        if character.is_alphanumeric() || matches!(character, ' ' | '-' | '_') {
            encoded.push(character);
        } else {
            let mut buffer = [0; 4];
            let bytes: &str = character.encode_utf8(&mut buffer);
            encoded.extend(utf8_percent_encode(bytes, NON_ALPHANUMERIC));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_the_names_that_retrieves_use() {
        for (name, expected) in [
            ("System Administrator", "Admin"),
            ("Admin", "Admin"),
            ("HubSpot Integration", "HubSpot Integration"),
            ("Force.com - One App User", "Force%2Ecom - One App User"),
            ("Ação (BR)", "Ação %28BR%29"),
            ("A – B", "A %E2%80%93 B"),
        ] {
            assert_eq!(profile_full_name(name), expected);
        }
        assert_eq!(profile_label("Admin"), "System Administrator");
    }
}
