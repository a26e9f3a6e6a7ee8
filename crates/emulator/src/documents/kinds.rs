//! Component types, and the names and files of components.

use std::sync::LazyLock;

/// A component type as `describeMetadata` shows it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `CustomObject`.
    pub(crate) name: &'static str,
    /// Folder in a package: `objects`.
    pub(crate) folder: &'static str,
    /// Ending of the file without the dot: `object`.
    pub(crate) suffix: &'static str,
    /// Whether components are grouped in folders.
    pub(crate) in_folder: bool,
    /// Whether a file of another format has its metadata in a file beside it.
    pub(crate) with_content: bool,
    /// Types of the components inside, which manifests can name on their own.
    pub(crate) children: Vec<&'static str>,
}

/// Every component type of the org, by name.
pub(crate) static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let lines = include_str!("kinds.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(parse_kind)
        .collect()
});

fn parse_kind(line: &'static str) -> Option<Kind> {
    let (own, children) = line.split_once('>').unwrap_or((line, ""));
    let mut words = own.split_whitespace();
    let (name, folder, suffix) = (words.next()?, words.next()?, words.next()?);
    let marks: Vec<&str> = words.collect();
    Some(Kind {
        name,
        folder,
        suffix,
        in_folder: marks.contains(&"folders"),
        with_content: marks.contains(&"content"),
        children: children.split_whitespace().collect(),
    })
}

/// The type of that name; child types such as `CustomField` are not among them.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The type whose file holds components of this type: itself, or the parent of a child type.
pub(crate) fn file_kind(name: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.name == name || kind.children.contains(&name))
}

/// A full name as the API writes it: characters other than letters, digits, space, `-`, `_` as `%` and upper-case
/// hexadecimal UTF-8. Only profiles, layouts and other components with free names are written so.
pub(crate) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_alphanumeric() || matches!(character, ' ' | '-' | '_') {
            encoded.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The full name of a component as answers and file names show it.
pub(crate) fn shown_name(kind: &str, name: &str) -> String {
    match kind {
        "Profile" | "Layout" => encode(name),
        _ => name.to_owned(),
    }
}

/// The path of a component's file inside a package, without a leading folder for the package.
pub(crate) fn path_of(kind: &str, name: &str) -> Option<String> {
    let file = file_kind(kind)?;
    let stem = if file.name == kind {
        name
    } else {
        name.split('.').next().unwrap_or(name)
    };
    Some(format!(
        "{}/{}.{}",
        file.folder,
        shown_name(file.name, stem),
        file.suffix
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_encoded_as_the_platform_does() {
        let check = |name: &str, expected: &str| {
            assert_eq!(encode(name), expected);
            assert_eq!(crate::http::decode(expected), name);
        };
        check("Force.com - One App User", "Force%2Ecom - One App User");
        check("A/B (c) & d", "A%2FB %28c%29 %26 d");
        check("Vertrieb – Süd", "Vertrieb %E2%80%93 Süd");
        check("A_b-c", "A_b-c");
    }

    #[test]
    fn types_know_their_files_and_children() {
        assert_eq!(
            path_of("CustomField", "Lead.X__c").as_deref(),
            Some("objects/Lead.object")
        );
        assert_eq!(
            path_of("SharingCriteriaRule", "Lead.A").as_deref(),
            Some("sharingRules/Lead.sharingRules")
        );
        assert_eq!(
            path_of("Profile", "A/B").as_deref(),
            Some("profiles/A%2FB.profile")
        );
        assert_eq!(path_of("Nothing", "x"), None);
        assert!(kind("ApexClass").is_some_and(|kind| kind.with_content));
        assert!(
            kind("CustomField").is_none(),
            "a child type has no file of its own"
        );
    }
}
