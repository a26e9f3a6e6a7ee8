//! Entries of metadata lists: what tells them apart, and which of them say nothing. Pure.
//!
//! One table for every reader and writer, so that what a package merges and what a comparison pairs are the same.

use crate::xml::Element;
use std::borrow::Cow;

/// What names an entry, by the first of these that it has.
const KEYS: [&str; 21] = [
    "fullName",
    "object",
    "field",
    "tab",
    "application",
    "apexClass",
    "apexPage",
    "flow",
    "layout",
    "recordType",
    "externalDataSource",
    "externalCredentialPrincipal",
    "servicePresenceStatus",
    "dataCategoryGroup",
    "agentName",
    "name",
    "startAddress",
    "actionName",
    "friendlyname",
    "picklist",
    "valueName",
];

/// Lists whose entries take more than one value to tell apart: one layout is assigned to several record types, one
/// action is overridden for several form factors.
const COMPOUND_KEYS: [(&str, &[&str]); 5] = [
    ("actionOverrides", &["actionName", "formFactor"]),
    ("layoutAssignments", &["layout", "recordType"]),
    (
        "loginFlows",
        &["friendlyname", "flow", "vfFlowPage", "uiLoginFlowType"],
    ),
    ("loginIpRanges", &["startAddress", "endAddress"]),
    (
        "profileActionOverrides",
        &[
            "actionName",
            "pageOrSobjectType",
            "formFactor",
            "profile",
            "recordType",
        ],
    ),
];

/// Lists of grants: an entry with every flag off grants what no entry grants (Metadata API guide, Profile and
/// PermissionSet). Not so elsewhere: a value of a record type that is not the default is still a value.
const GRANTS: [&str; 16] = [
    "agentAccesses",
    "applicationVisibilities",
    "classAccesses",
    "customMetadataTypeAccesses",
    "customPermissions",
    "customSettingAccesses",
    "emailRoutingAddressAccesses",
    "externalCredentialPrincipalAccesses",
    "externalDataSourceAccesses",
    "fieldPermissions",
    "flowAccesses",
    "objectPermissions",
    "pageAccesses",
    "recordTypeVisibilities",
    "servicePresenceStatusAccesses",
    "userPermissions",
];

/// What is written for people, even where it reads `true`.
const TEXTS: [&str; 7] = [
    "comment",
    "description",
    "errorMessage",
    "inlineHelpText",
    "label",
    "masterLabel",
    "members",
];

/// Where nothing written does not mean `false`: picklist values are active, criteria compare with a blank, objects
/// take part in search and the programming interfaces.
const NOT_FALSE_WHEN_ABSENT: [&str; 7] = [
    "enableBulkApi",
    "enableSearch",
    "enableSharing",
    "enableStreamingApi",
    "isActive",
    "value",
    "values",
];

/// What tells an entry apart from the others of its list; empty where nothing does.
pub fn key(entry: &Element) -> Cow<'_, str> {
    let compound = COMPOUND_KEYS
        .iter()
        .find(|(list, _)| *list == entry.name.as_str());
    if let Some((_, parts)) = compound {
        let values = parts
            .iter()
            .map(|part| text(entry, part).unwrap_or_default());
        return Cow::Owned(values.collect::<Vec<_>>().join("\u{0}"));
    }
    let main = KEYS.iter().find_map(|name| text(entry, name));
    Cow::Borrowed(main.unwrap_or_default())
}

/// The text of a leaf as it is compared: without white space around it, and booleans in one spelling.
pub fn normal_text(leaf: &Element) -> &str {
    let text = trimmed(&leaf.text);
    if is_text(&leaf.name) {
        return text;
    }
    ["true", "false"]
        .into_iter()
        .find(|word| text.eq_ignore_ascii_case(word))
        .unwrap_or(text)
}

/// Whether leaving the element out would say the same: a flag that is off, or a grant whose flags are all off.
pub fn is_off(element: &Element) -> bool {
    if element.children.is_empty() {
        return is_off_flag(element);
    }
    GRANTS.contains(&element.name.as_str())
        && element.children.iter().any(is_off_flag)
        && (element.children.iter()).all(|child| names_entry(&child.name) || is_off_flag(child))
}

/// Whether elements of that name say which entry it is, rather than what it grants or holds.
pub fn names_entry(name: &str) -> bool {
    KEYS.contains(&name)
}

fn is_off_flag(leaf: &Element) -> bool {
    leaf.children.is_empty()
        && normal_text(leaf) == "false"
        && !is_text(&leaf.name)
        && !NOT_FALSE_WHEN_ABSENT.contains(&leaf.name.as_str())
}

/// Whether a leaf of that name is text whatever it reads: what names an entry, and what is written for people.
fn is_text(name: &str) -> bool {
    TEXTS.contains(&name) || names_entry(name)
}

/// The text of the child of that name; of several the smallest, so that their order does not matter.
fn text<'a>(entry: &'a Element, name: &str) -> Option<&'a str> {
    let named = entry
        .children
        .iter()
        .filter(|child| child.name == name && !child.is_nil());
    named.map(|child| trimmed(&child.text)).min()
}

/// Without XML's white space at both ends; a no-break space is text.
fn trimmed(text: &str) -> &str {
    text.trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    fn element(text: &str) -> Element {
        xml::read(text).expect("well-formed")
    }

    #[test]
    fn entries_are_told_apart_by_what_names_them() {
        let check =
            |text: &str, expected: &str| assert_eq!(key(&element(text)), expected, "{text}");
        check(
            "<userPermissions><enabled>true</enabled><name> A </name></userPermissions>",
            "A",
        );
        check(
            "<fieldPermissions><field>Lead.X</field><name>n</name></fieldPermissions>",
            "Lead.X",
        );
        check(
            "<layoutAssignments><layout>L</layout><recordType>R</recordType></layoutAssignments>",
            "L\u{0}R",
        );
        check(
            "<layoutAssignments><layout>L</layout></layoutAssignments>",
            "L\u{0}",
        );
        check("<sharedTo><role>R</role></sharedTo>", "");
    }

    #[test]
    fn booleans_have_one_spelling_and_labels_keep_theirs() {
        let check = |name: &str, text: &str, expected: &str| {
            assert_eq!(
                normal_text(&Element::leaf(name, text)),
                expected,
                "{name} {text:?}"
            );
        };
        check("enabled", " True\n", "true");
        check("value", "FALSE", "false");
        check("label", "True", "True");
        check("value", "\u{a0}x", "\u{a0}x");
        check("value", "Truely", "Truely");
    }

    #[test]
    fn only_what_absence_says_too_is_off() {
        let check =
            |text: &str, expected: bool| assert_eq!(is_off(&element(text)), expected, "{text}");
        check("<custom>false</custom>", true);
        check("<isActive>false</isActive>", false);
        check("<label>false</label>", false);
        check(
            "<userPermissions><enabled>False</enabled><name>A</name></userPermissions>",
            true,
        );
        check(
            "<userPermissions><enabled>true</enabled><name>A</name></userPermissions>",
            false,
        );
        check(
            "<values><default>false</default><fullName>A</fullName></values>",
            false,
        );
        check(
            "<layoutAssignments><layout>A</layout></layoutAssignments>",
            false,
        );
        check(
            "<classAccesses><apexClass>A</apexClass></classAccesses>",
            false,
        );
    }
}
