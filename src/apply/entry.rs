//! Entries of a cloned profile that an org refuses, and how they are taken out.
//!
//! Names in messages are API names or labels, so both are compared without blanks and case.

use crate::clone::ObjectFlags;
use crate::clone::set_object_permission;
use crate::diagnostic::Place;
use crate::manifest::Profile;
use crate::xml::Element;
use std::fmt;

/// What the org refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefusedEntry {
    /// An entry of any list, by name: a permission, an app, a tab, a class.
    Named(String),
    /// A right on an object that needs a right the profile does not have: the verb and the object.
    Right(&'static str, String),
}

impl RefusedEntry {
    /// Where the manifest states it: the permission itself, or the rights on its object.
    pub(super) fn stated_in<'a>(&self, profile: &'a Profile) -> Option<&'a Place> {
        let user = profile.user_permissions.iter();
        let objects = profile.object_permissions.iter();
        let mut permission = user.map(|(name, stated)| (name, &stated.place));
        let mut object = objects.map(|(name, stated)| (name, &stated.place));
        let full = self.to_string();
        let found = match self {
            Self::Named(name) => permission.chain(object).find(|(own, _)| same(own, name)),
            Self::Right(_, name) => object
                .find(|(own, _)| same(own, name))
                .or_else(|| permission.find(|(own, _)| same(own, &full))),
        };
        found.map(|(_, place)| place)
    }

    /// Takes the entry out of a profile, unless it is `owned` by the manifest; says whether it was there.
    pub(super) fn take_out_of(&self, profile: &mut Element, owned: &dyn Fn(&str) -> bool) -> bool {
        let before = profile.children.len();
        match self {
            Self::Right(verb, object) if !names_a_user_permission(profile, object) => {
                return lower(profile, verb, object, owned);
            }
            Self::Right(verb, object) => {
                let name = format!("{verb} {object}");
                profile
                    .children
                    .retain(|child| !is_named(child, &name, owned));
            }
            Self::Named(name) => profile
                .children
                .retain(|child| !is_named(child, name, owned)),
        }
        profile.children.len() < before
    }
}

impl fmt::Display for RefusedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::Right(verb, object) => write!(formatter, "{verb} {object}"),
        }
    }
}

/// A user permission may be called like a right: `Edit Events`. Then no object of that name is listed.
fn names_a_user_permission(profile: &Element, object: &str) -> bool {
    !profile
        .children_named("objectPermissions")
        .any(|entry| same(entry.text_of("object").unwrap_or_default(), object))
}

/// Takes one right off an object, and those that need it.
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
        "View All" | "Read All" => flags.view_all = false,
        "Create" => flags.create = false,
        "Delete" => flags.delete = false,
        "Edit" => (flags.edit, flags.delete) = (false, false),
        _ => {}
    }
    set_object_permission(profile, &name, flags);
    flags != before
}

/// Whether an element is the entry of that name in any of a profile's lists, and not the manifest's own.
fn is_named(child: &Element, name: &str, owned: &dyn Fn(&str) -> bool) -> bool {
    let names = child
        .children
        .iter()
        .filter(|value| !matches!(value.text.as_str(), "true" | "false"));
    names
        .into_iter()
        .any(|value| same(&value.text, name) && !owned(&value.text))
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
}
