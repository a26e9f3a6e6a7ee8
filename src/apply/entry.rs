//! Entries of a cloned profile that an org refuses, and how they are taken out.
//!
//! Names in messages are API names or labels, so both are compared without blanks and case.

use crate::clone::{ObjectFlags, set_object_permission};
use crate::diagnostic::Place;
use crate::entries::key;
use crate::manifest::Profile;
use crate::xml::Element;
use std::cmp::Reverse;
use std::fmt;

/// What the org refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefusedEntry {
    /// An entry of any list, by name: a permission, an app, a tab, a class.
    Named(String),
    /// Everything about an object that the org does not have.
    Object(String),
    /// A right on an object that needs a right the profile does not have: the verb and the object.
    Right(&'static str, String),
    /// What a profile of this licence cannot be without, so that no entry may say otherwise.
    Forced(String),
    /// An entry that a sentence names, by its list and its key, in a language that need not be known.
    Listed(String, String),
    /// All entries of a list, where the org names none of them.
    List(&'static str),
}

/// Lists that go as a whole where a refusal names nothing, the least needed first. A list that grants rights on records or
/// fields never goes: without it the clone would be another profile.
const WHOLE_LISTS: [&str; 14] = [
    "profileActionOverrides",
    "categoryGroupVisibilities",
    "tabVisibilities",
    "applicationVisibilities",
    "layoutAssignments",
    "recordTypeVisibilities",
    "flowAccesses",
    "pageAccesses",
    "classAccesses",
    "externalDataSourceAccesses",
    "customMetadataTypeAccesses",
    "customSettingAccesses",
    "customPermissions",
    "loginFlows",
];

/// How a tab of a standard object begins in a profile; messages leave it out.
const STANDARD_TAB: &str = "standard-";

impl RefusedEntry {
    /// The first list of a profile that may go as a whole.
    pub(super) fn next_list(profile: &Element) -> Option<Self> {
        let mut lists = WHOLE_LISTS.into_iter();
        let list = lists.find(|list| profile.child(list).is_some())?;
        Some(Self::List(list))
    }

    /// The list that goes as a whole, by the name that it is told by.
    pub(super) fn list_called(entry: &str) -> Option<Self> {
        let mut lists = WHOLE_LISTS.into_iter().map(Self::List);
        lists.find(|list| list.to_string() == entry)
    }

    /// Where the manifest states it: the permission itself, or the rights on its object.
    pub(super) fn stated_in<'a>(&self, profile: &'a Profile) -> Option<&'a Place> {
        let user = profile.user_permissions.iter();
        let objects = profile.object_permissions.iter();
        let mut permission = user.map(|(name, stated)| (name, &stated.place));
        let mut object = objects.map(|(name, stated)| (name, &stated.place));
        let full = self.to_string();
        let found = match self {
            Self::Right(_, name) => object
                .find(|(own, _)| same(own, name))
                .or_else(|| permission.find(|(own, _)| same(own, &full))),
            Self::Object(name) => object.find(|(own, _)| same(own, name)),
            Self::List(_) => None,
            Self::Named(name) | Self::Forced(name) | Self::Listed(_, name) => {
                permission.chain(object).find(|(own, _)| same(own, name))
            }
        };
        found.map(|(_, place)| place)
    }

    /// Takes the entry out of a profile, unless it is `owned` by the manifest; says whether it was there.
    pub(super) fn take_out_of(&self, profile: &mut Element, owned: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Named(name) => take_out(profile, &|child| is_named(child, name), owned),
            Self::Object(name) => take_out(profile, &|child| is_about(child, name), owned),
            Self::Right(verb, object) if has_object(profile, object) => {
                lower(profile, verb, object, owned)
            }
            Self::Right(verb, object) => {
                let name = format!("{verb} {object}");
                take_out(profile, &|child| is_named(child, &name), owned)
            }
            Self::Forced(name) => {
                let object = VERBS.iter().find_map(|verb| after_verb(name, verb));
                let is_forced = |child: &Element| {
                    is_named(child, name) || object.is_some_and(|object| is_named(child, object))
                };
                take_out(profile, &is_forced, owned)
            }
            Self::Listed(list, entry) if list == "objectPermissions" => {
                lower(profile, "", entry, owned)
                    || take_out(profile, &|child| is_named(child, entry), owned)
            }
            Self::Listed(list, entry) => take_out(
                profile,
                &|child| child.name == *list && key(child) == *entry,
                owned,
            ),
            Self::List(list) => take_out(profile, &|child| child.name == *list, owned),
        }
    }
}

impl fmt::Display for RefusedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) | Self::Object(name) | Self::Forced(name) => {
                formatter.write_str(name)
            }
            Self::Right(verb, object) => write!(formatter, "{verb} {object}"),
            Self::Listed(_, entry) => formatter.write_str(&entry.replace('\0', " ")),
            Self::List(list) => write!(formatter, "all of {list}"),
        }
    }
}

/// Verbs of object permissions in messages, longest first, because `Read All` begins with `Read`.
pub(super) const VERBS: [&str; 8] = [
    "View All",
    "Read All",
    "Modify All",
    "Edit All",
    "Delete",
    "Create",
    "Edit",
    "Read",
];

/// What stands behind a verb, whose first letter may be small.
pub(super) fn after_verb<'a>(name: &'a str, verb: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(verb.len())?;
    let rest = rest.strip_prefix(' ')?;
    start.eq_ignore_ascii_case(verb).then_some(rest)
}

/// The entry of a profile that a sentence names, whatever its language: names do not translate. The first one named is
/// what the sentence is about; of names that begin alike, the longest.
pub(super) fn first_entry_named_in(profile: &Element, sentence: &str) -> Option<RefusedEntry> {
    let entries = profile.children.iter();
    let entries = entries.filter(|child| !child.children.is_empty());
    let named = entries.filter_map(|child| {
        let places = names(child).filter_map(|name| {
            let spoken = name.strip_prefix(STANDARD_TAB).unwrap_or(name);
            let place = position_of(sentence, spoken);
            let place = place.or_else(|| position_of(sentence, &in_words(spoken)?));
            Some((place?, Reverse(spoken.len())))
        });
        Some((places.min()?, child))
    });
    let (_, first) = named.min_by_key(|(place, _)| *place)?;
    Some(RefusedEntry::Listed(
        first.name.to_string(),
        key(first).into_owned(),
    ))
}

/// Where a manifest states the permission that a sentence names first.
pub(super) fn first_stated_in<'a>(profile: &'a Profile, sentence: &str) -> Option<&'a Place> {
    let user = profile.user_permissions.iter();
    let user = user.map(|(name, stated)| (name, &stated.place));
    let objects = profile.object_permissions.iter();
    let stated = user.chain(objects.map(|(name, stated)| (name, &stated.place)));
    let named = stated.filter_map(|(name, place)| Some((position_of(sentence, name)?, place)));
    let first = named.min_by_key(|(position, _)| *position);
    first.map(|(_, place)| place)
}

/// `FreezeUsers` as its label has it as a rule: `Freeze Users`. `None` for a name of one word.
fn in_words(name: &str) -> Option<String> {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && words.ends_with(|c: char| c.is_ascii_lowercase()) {
            words.push(' ');
        }
        words.push(letter);
    }
    words.contains(' ').then_some(words)
}

/// Where a sentence holds a name as a word of its own.
pub(super) fn position_of(sentence: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut places = sentence.match_indices(name);
    let whole = places.find(|(place, _)| {
        let before = sentence[..*place].chars().next_back();
        let after = sentence[place + name.len()..].chars().next();
        // A name may stand in a text without blanks, as in Japanese; then what is around it is no Latin letter.
        let cuts = |c: Option<char>| c.is_none_or(|c| !c.is_ascii() || !is_part(c));
        cuts(before) && cuts(after)
    });
    whole.map(|(place, _)| place)
}

/// Takes out the entries that are meant and not the manifest's own; says whether there was one.
fn take_out(
    profile: &mut Element,
    is_meant: &dyn Fn(&Element) -> bool,
    owned: &dyn Fn(&str) -> bool,
) -> bool {
    let before = profile.children.len();
    let stays = |child: &Element| !is_meant(child) || names(child).any(owned);
    profile.children.retain(stays);
    profile.children.len() < before
}

/// Whether an object of that name is listed. A user permission may be called like a right: `Edit Events`.
fn has_object(profile: &Element, object: &str) -> bool {
    profile
        .children_named("objectPermissions")
        .any(|entry| same(entry.text_of("object").unwrap_or_default(), object))
}

/// Takes one right off an object, and those that need it; without a verb, those that go beyond one's own records.
fn lower(profile: &mut Element, verb: &str, object: &str, owned: &dyn Fn(&str) -> bool) -> bool {
    let entries = profile.children_named("objectPermissions");
    let found = entries.filter_map(|entry| {
        Some((
            entry.text_of("object")?.to_owned(),
            ObjectFlags::of_element(entry),
        ))
    });
    let Some((name, mut flags)) = found.into_iter().find(|(name, _)| same(name, object)) else {
        return false;
    };
    if owned(&name) {
        return false;
    }
    let before = flags;
    flags.modify_all = false;
    match verb {
        "" | "View All" | "Read All" => flags.view_all = false,
        "Create" => flags.create = false,
        "Delete" => flags.delete = false,
        "Edit" => (flags.edit, flags.delete) = (false, false),
        "Read" => flags = ObjectFlags::default(),
        _ => {}
    }
    set_object_permission(profile, &name, flags);
    flags != before
}

/// What an entry is about: its texts that are no flags.
fn names(child: &Element) -> impl Iterator<Item = &str> {
    let values = child.children.iter();
    values
        .map(|value| value.text.as_str())
        .filter(|text| !text.is_empty() && !matches!(*text, "true" | "false"))
}

/// Whether an element is the entry of that name in any of a profile's lists.
fn is_named(child: &Element, name: &str) -> bool {
    names(child).any(|text| {
        let tab = text.strip_prefix(STANDARD_TAB).unwrap_or(text);
        same(text, name) || (child.name == "tabVisibilities" && same(tab, name))
    })
}

/// Whether an element is about an object: its rights, fields, record types, layouts or tab.
fn is_about(child: &Element, object: &str) -> bool {
    let belongs = |text: &str| {
        let rest = text.strip_prefix(object);
        rest.is_some_and(|rest| rest.starts_with(['.', '-']))
    };
    is_named(child, object) || names(child).any(belongs)
}

/// `Convert Leads` is `ConvertLeads`.
fn same(left: &str, right: &str) -> bool {
    let squeezed = |text: &str| {
        text.chars()
            .filter(|c| *c != ' ')
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    squeezed(left) == squeezed(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_manifest_owns_stays() {
        let text = "<Profile><objectPermissions><allowRead>true</allowRead><object>Asset</object>\
             <viewAllRecords>true</viewAllRecords></objectPermissions>\
             <userPermissions><enabled>true</enabled><name>ConvertLeads</name></userPermissions></Profile>";
        let profile = crate::xml::read(text).expect("well-formed");
        let right = RefusedEntry::Right("Read All", "Asset".to_owned());
        let mut lowered = profile.clone();
        assert!(right.take_out_of(&mut lowered, &|_| false));
        let entry = lowered.child("objectPermissions").expect("still there");
        assert_eq!(entry.text_of("viewAllRecords"), Some("false"));
        assert!(!right.take_out_of(&mut profile.clone(), &|name| name == "Asset"));
        let mut without = profile.clone();
        assert!(RefusedEntry::Named("Convert Leads".into()).take_out_of(&mut without, &|_| false));
        assert!(without.child("userPermissions").is_none());
    }

    const CLONE: &str = "<Profile>\
        <fieldPermissions><editable>true</editable><field>Visit__c.Stage__c</field><readable>true</readable></fieldPermissions>\
        <layoutAssignments><layout>Visit__c-Visit Layout</layout><recordType>Visit__c.Home</recordType></layoutAssignments>\
        <objectPermissions><allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords><object>Visit__c</object>\
        <viewAllRecords>true</viewAllRecords></objectPermissions>\
        <tabVisibilities><tab>standard-CarePlan</tab><visibility>DefaultOn</visibility></tabVisibilities>\
        <userPermissions><enabled>false</enabled><name>ViewHelpLink</name></userPermissions></Profile>";

    fn clone() -> Element {
        crate::xml::read(CLONE).expect("well-formed")
    }

    fn lists(profile: &Element) -> Vec<&str> {
        let lists = profile.children.iter();
        lists.map(|child| child.name.as_str()).collect()
    }

    #[test]
    fn a_name_tells_the_entry_in_any_language() {
        let all = clone();
        for (sentence, expected) in [
            (
                "Registerkarte CarePlan ist ungültig.",
                Some("tabVisibilities"),
            ),
            ("タブCarePlanは有効ではありません", Some("tabVisibilities")),
            (
                "Le champ Visit__c.Stage__c est obligatoire",
                Some("fieldPermissions"),
            ),
            (
                "Das Layout Visit__c-Visit Layout fehlt",
                Some("layoutAssignments"),
            ),
            (
                "ViewHelpLink no se puede desactivar",
                Some("userPermissions"),
            ),
            ("Nicht zulässig: View Help Link", Some("userPermissions")),
            ("Visit__c: Berechtigung fehlt", Some("objectPermissions")),
            ("CarePlans are gone", None),
            ("Etwas ist falsch.", None),
        ] {
            let list = match first_entry_named_in(&all, sentence) {
                Some(RefusedEntry::Listed(list, _)) => Some(list),
                None => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(list.as_deref(), expected, "{sentence}");
        }
    }

    #[test]
    fn an_object_without_a_verb_loses_what_goes_beyond_first_and_then_its_entry() {
        let mut profile = clone();
        let entry = RefusedEntry::Listed("objectPermissions".into(), "Visit__c".into());
        assert!(entry.take_out_of(&mut profile, &|_| false));
        let rights = profile.child("objectPermissions").expect("still there");
        assert_eq!(rights.text_of("viewAllRecords"), Some("false"));
        assert!(entry.take_out_of(&mut profile, &|_| false));
        assert!(profile.child("objectPermissions").is_none());
        assert!(!entry.take_out_of(&mut profile, &|_| false));
    }

    #[test]
    fn an_object_that_is_not_there_goes_with_all_that_is_about_it() {
        let mut profile = clone();
        assert!(RefusedEntry::Object("Visit__c".into()).take_out_of(&mut profile, &|_| false));
        assert_eq!(lists(&profile), ["tabVisibilities", "userPermissions"]);
    }

    #[test]
    fn what_the_licence_forces_is_not_written() {
        let mut profile = clone();
        assert!(RefusedEntry::Forced("ViewHelpLink".into()).take_out_of(&mut profile, &|_| false));
        assert!(
            RefusedEntry::Forced("Read All Visit__c".into()).take_out_of(&mut profile, &|_| false)
        );
        assert!(profile.child("userPermissions").is_none());
        assert!(profile.child("objectPermissions").is_none());
    }

    #[test]
    fn whole_lists_go_the_least_needed_first_and_rights_never() {
        let mut profile = clone();
        let mut gone = Vec::new();
        while let Some(list) = RefusedEntry::next_list(&profile) {
            assert!(list.take_out_of(&mut profile, &|_| false));
            gone.push(list.to_string());
        }
        assert_eq!(gone, ["all of tabVisibilities", "all of layoutAssignments"]);
        assert_eq!(
            lists(&profile),
            ["fieldPermissions", "objectPermissions", "userPermissions"]
        );
    }
}
