//! What a group of everybody but integrations says of itself: whom it leaves out, and what its rules give.
//!
//! There is no state file. Its description is how another run knows the user that it was made for, and how a run that ended
//! after the defaults knows what they gave.

use super::{EVERYONE_BUT, everyone_name};
use crate::live::Live;
use crate::live::known::Known;
use crate::live::need::Need;
use crate::live::sharing_need::SharingNeed;
use crate::manifest::{Manifest, RuleAccess, Word};
use crate::soql::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Groups that were made for `keepAccess: everyone`. Descriptions are there from version 62.0 on (object reference, Group).
pub(in crate::live) const GROUPS_OF_EVERYONE: &str = "SELECT DeveloperName, Name, Description FROM Group WHERE Type = 'Regular' AND DeveloperName LIKE 'Everyone_but_%'";

/// From this version on groups have a description.
const DESCRIBED_FROM: f64 = 62.0;

/// Longest description that is written, in characters.
const LONGEST: usize = 255;

const BUT: &str = "Everybody but ";
const NOBODY: &str = "no user";
const KEEPS: &str = " keeps ";

/// Such a group, and what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::live) struct EveryoneGroup {
    name: String,
    label: Option<String>,
    description: Option<String>,
}

pub(in crate::live) fn everyone_group(row: &Row) -> Option<EveryoneGroup> {
    let cells = row.cells();
    let name = cells.owned("DeveloperName")?;
    name.starts_with(EVERYONE_BUT).then(|| EveryoneGroup {
        name,
        label: cells.owned("Name"),
        description: cells.owned("Description"),
    })
}

impl EveryoneGroup {
    /// The username that it leaves out.
    fn leaves_out(&self) -> Option<&str> {
        let text = self.description.as_deref()?.strip_prefix(BUT)?;
        let (user, _) = text.split_once(KEEPS)?;
        Some(user).filter(|user| *user != NOBODY)
    }

    fn access_of(&self, object: &str) -> Option<RuleAccess> {
        let (_, kept) = self.description.as_deref()?.split_once(KEEPS)?;
        let mut kept = kept.split(", ").filter_map(|entry| entry.split_once(' '));
        let (_, word) = kept.find(|(of, _)| *of == object)?;
        RuleAccess::of(word)
    }
}

impl Live {
    /// What the group of a manifest says of itself; `None` where the org's version knows no descriptions.
    pub fn everyone_description(
        &self,
        manifest: &Manifest,
        kept: &BTreeMap<&str, RuleAccess>,
    ) -> Option<String> {
        let version: f64 = self.org.api_version.parse().unwrap_or(DESCRIBED_FROM);
        if version < DESCRIBED_FROM {
            return None;
        }
        let user = manifest.spec.user.as_ref();
        let user = user.map_or(NOBODY, |user| user.username.value.as_str());
        let mut text = format!("{BUT}{user}{KEEPS}");
        for (number, (object, access)) in kept.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            let entry = format!("{comma}{object} {}", access.word());
            if text.len() + entry.len() <= LONGEST {
                text.push_str(&entry);
            }
        }
        Some(text)
    }

    /// That the org told of such groups; that it does not know descriptions yet is an answer.
    pub(in crate::live) fn told_of_everyone(&self) -> Known<()> {
        let need = Need::Sharing(SharingNeed::EveryoneGroups);
        match self.known(&need, self.everyone_groups.as_ref()).map(drop) {
            Known::Refused(refused) if refused.code == "INVALID_FIELD" => Known::Is(()),
            other => other,
        }
    }

    /// The label and the description that a manifest's group has; `None` where nobody told.
    pub fn described_everyone(&self, manifest: &Manifest) -> Option<(&str, Option<&str>)> {
        let name = everyone_name(manifest);
        let groups = self.everyone_groups.as_ref()?;
        let own = groups.iter().find(|group| group.name == name)?;
        let label = own.label.as_deref().unwrap_or_default();
        Some((label, own.description.as_deref()))
    }

    /// Whether somebody else made the group of this name: it does not say what ours say, or says it of another user that the
    /// org has.
    pub fn is_others_group(&self, manifest: &Manifest) -> bool {
        let name = everyone_name(manifest);
        let groups = self.everyone_groups.iter().flatten();
        let Some(own) = groups.into_iter().find(|group| group.name == name) else {
            return false;
        };
        // Where the org's version knows no descriptions, the name has to do.
        let said = own.description.as_deref();
        if said.is_some_and(|text| !text.starts_with(BUT)) {
            return true;
        }
        let user = manifest.spec.user.as_ref();
        let names = user.into_iter().flat_map(|user| {
            let earlier = user.renamed_from.iter();
            earlier
                .chain([&user.username])
                .map(|name| name.value.as_str())
        });
        let names: Vec<&str> = names.collect();
        own.leaves_out().is_some_and(|named| {
            let ours = names.iter().any(|name| name.eq_ignore_ascii_case(named));
            let people = self.people().learnt().unwrap_or_default();
            let mut people = people.iter().map(|person| person.username.as_str());
            !ours && people.any(|username| username.eq_ignore_ascii_case(named))
        })
    }

    /// What a manifest's group says that everybody keeps of an object, or where that says nothing, another of these groups.
    pub fn noted_access(&self, manifest: &Manifest, object: &str) -> Option<RuleAccess> {
        let name = everyone_name(manifest);
        let groups = self.everyone_groups.iter().flatten();
        let (own, others): (Vec<_>, Vec<_>) = groups.partition(|group| group.name == name);
        let noted = |groups: Vec<&EveryoneGroup>| {
            let noted = groups.iter().filter_map(|group| group.access_of(object));
            noted.max()
        };
        noted(own).or_else(|| noted(others))
    }

    /// The users whom such groups were made for, in lower case.
    pub(super) fn users_of_groups(&self) -> BTreeSet<String> {
        let groups = self.everyone_groups.iter().flatten();
        let users = groups.filter_map(EveryoneGroup::leaves_out);
        users.map(str::to_lowercase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_group_tells_whom_it_leaves_out_and_what_the_others_keep() {
        let group = |name: &str, description: &str| {
            let row = json!({"DeveloperName": name, "Description": description});
            everyone_group(&Row::of(&row))
        };
        let text = "Everybody but sync.bot@acme.example keeps Lead ReadWrite, Order__c ReadOnly";
        let own = group("Everyone_but_sync", text).expect("such a group");
        assert_eq!(own.leaves_out(), Some("sync.bot@acme.example"));
        assert_eq!(own.access_of("Lead"), Some(RuleAccess::ReadWrite));
        assert_eq!(own.access_of("Order__c"), Some(RuleAccess::ReadOnly));
        assert_eq!(own.access_of("Order"), None);
        let nobody = group(
            "Everyone_but_x",
            "Everybody but no user keeps Lead ReadOnly",
        );
        assert_eq!(nobody.as_ref().and_then(EveryoneGroup::leaves_out), None);
        let other = group("Everyone_but_x", "Sales and marketing").expect("such a group");
        assert_eq!((other.leaves_out(), other.access_of("Lead")), (None, None));
        assert_eq!(group("EveryoneXbutY", text), None);
    }
}
