//! The settings of an object beside its default: a deploy carries those along that were read, since what is left out may fall
//! back to what a new object has (Metadata API guide, CustomObject: "Include every field you want to keep").

use crate::live::Live;
use crate::xml::Element;

/// What the default itself is made of.
const DEFAULTS: [&str; 2] = ["externalSharingModel", "sharingModel"];

/// How records of a custom object are named: the one setting that holds others. A standard object's is not for deploys.
const NAME_FIELD: &str = "nameField";

/// The settings in the document of an object. What holds others is a component of its own: a field, a list view.
pub(super) fn settings<'a>(
    object: &str,
    document: &'a Element,
) -> impl Iterator<Item = &'a Element> {
    let is_custom = object.ends_with("__c");
    document.children.iter().filter(move |child| {
        let is_setting = child.children.is_empty() && !child.text.trim().is_empty();
        (is_setting && !DEFAULTS.contains(&child.name.as_str()))
            || (is_custom && child.name == NAME_FIELD)
    })
}

/// What a deploy of a custom object must have (Metadata API guide, CustomObject).
const ESSENTIAL: [&str; 4] = ["deploymentStatus", "label", NAME_FIELD, "pluralLabel"];

/// Takes settings out of the document of a default that the org refuses, since nobody stated them: those that its words
/// name, or all where they name none. Gives their names; none where nothing can go.
pub fn leave_out_settings(object: &str, document: &mut Element, problem: &str) -> Vec<String> {
    let is_custom = object.ends_with("__c");
    let can_go = |setting: &&Element| !is_custom || !ESSENTIAL.contains(&setting.name.as_str());
    let names: Vec<String> = settings(object, document)
        .filter(can_go)
        .map(|setting| setting.name.to_string())
        .collect();
    let named = |name: &&String| words(problem).any(|word| word == **name);
    let named: Vec<String> = names.iter().filter(named).cloned().collect();
    let gone = if named.is_empty() { names } else { named };
    let stays = |child: &Element| !gone.iter().any(|name| child.name == name.as_str());
    document.children.retain(stays);
    gone
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
}

/// The settings that a deploy sent along and that the org tells otherwise after it, each with the value that was sent.
pub fn settings_not_kept(object: &str, sent: &Element, live: &Live) -> Vec<String> {
    let told = live.object_document(object).found();
    // A document that is put together of its default and a few fields tells nothing of settings.
    let is_whole = live.object_stood_in(object).is_none();
    let Some(told) = told.filter(|_| is_whole) else {
        return Vec::new();
    };
    let is_kept = |setting: &&Element| told.children.contains(setting);
    let lost = settings(object, sent).filter(|setting| !is_kept(setting));
    lost.map(|setting| {
        format!("{} {}", setting.name, setting.text.trim())
            .trim_end()
            .to_owned()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Need};

    fn document(settings: &[(&str, &str)]) -> Element {
        let mut document = Element::new("CustomObject");
        let leaves = settings
            .iter()
            .map(|(name, text)| Element::leaf(*name, *text));
        document.children.extend(leaves);
        document
            .children
            .push(Element::new("nameField").with(Element::leaf("label", "Visit")));
        document
            .children
            .push(Element::new("fields").with(Element::leaf("fullName", "X__c")));
        document
    }

    #[test]
    fn settings_are_what_holds_nothing_else_besides_the_default() {
        let document = document(&[
            ("enableHistory", "true"),
            ("externalSharingModel", "Private"),
            ("label", "Visit"),
            ("sharingModel", "Read"),
        ]);
        let names = |object: &str| {
            settings(object, &document)
                .map(|setting| setting.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("Visit__c"), ["enableHistory", "label", "nameField"]);
        assert_eq!(names("Lead"), ["enableHistory", "label"]);
    }

    #[test]
    fn what_is_refused_goes_by_name_or_all_of_it_but_never_what_must_be_there() {
        let whole = || {
            document(&[
                ("enableFeeds", "true"),
                ("enableHistory", "true"),
                ("label", "Visit"),
                ("sharingModel", "Private"),
            ])
        };
        let left = |object: &str, problem: &str| {
            let mut document = whole();
            let gone = leave_out_settings(object, &mut document, problem);
            assert!(document.child("sharingModel").is_some() && document.child("fields").is_some());
            gone
        };
        let named = "Feld enableFeeds: nicht zulässig";
        assert_eq!(left("Lead", named), ["enableFeeds"]);
        assert_eq!(
            left("Lead", "No."),
            ["enableFeeds", "enableHistory", "label"]
        );
        assert_eq!(left("Visit__c", "label"), ["enableFeeds", "enableHistory"]);
        let mut bare = document(&[("label", "Visit"), ("sharingModel", "Private")]);
        assert_eq!(leave_out_settings("Visit__c", &mut bare, named), [""; 0]);
    }

    #[test]
    fn what_the_org_tells_otherwise_was_not_kept() {
        let sent = document(&[
            ("enableHistory", "true"),
            ("enableReports", "true"),
            ("sharingModel", "Private"),
        ]);
        let mut live = Live::default();
        assert_eq!(settings_not_kept("Visit__c", &sent, &live), [""; 0]);
        let told = document(&[
            ("enableHistory", "false"),
            ("enableReports", "true"),
            ("sharingModel", "Read"),
        ]);
        live.tell(
            Need::ObjectDocument("Visit__c".to_owned()),
            Answer::Component(Some(Box::new(told))),
        );
        assert_eq!(
            settings_not_kept("Visit__c", &sent, &live),
            ["enableHistory true"]
        );
    }
}
