//! Who reads an object, and who sees all of it whatever is shared, before and after a plan.

use super::super::SharingView;
use crate::access::people::{People, either_way};
use crate::access::visible::profile_sees_all;
use crate::criteria::Verdict;
use crate::live::{Known, Person, UserCounts};
use crate::manifest::{Holder, ObjectPermission};
use std::collections::{HashMap, HashSet};

/// What permissions give one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) reads_before: Verdict,
    pub(super) reads_after: Verdict,
    /// Whether it sees every record whatever is shared.
    pub(super) all_before: Verdict,
    pub(super) all_after: Verdict,
}

/// What profiles and permission sets give on an object.
pub(super) struct Readers<'a> {
    /// Profiles that read, and those that see all, by id.
    reading: HashSet<&'a str>,
    /// Profiles and permission sets that see all, by id.
    bypassing: HashSet<&'a str>,
    /// Permission sets that let read, by user.
    sets: HashMap<&'a str, Vec<&'a str>>,
    /// The profile of each of these users.
    profiles_of: HashMap<&'a str, &'a str>,
    /// Permission sets that a session has to activate.
    activated: HashSet<&'a str>,
    /// Labels of profiles whose users keep seeing all.
    kept: HashSet<&'a str>,
    labels: HashMap<&'a str, &'a str>,
    /// The profile that the manifest edits: whether it reads, and whether it sees all, after.
    edited: Option<(&'a str, Option<bool>, Known<bool>)>,
}

impl<'a> Readers<'a> {
    pub(super) fn of(view: &'a SharingView) -> Known<Self> {
        let bypass = view.bypass.as_ref();
        let known = bypass.and(view.live.readers(view.object()));
        let known = known.and(profiles_reading(view));
        let known = known.and(view.live.containers());
        known.map(|(((bypass, readers), reading), containers)| {
            let mut sets: HashMap<&str, Vec<&str>> = HashMap::new();
            let mut profiles_of = HashMap::new();
            for reader in readers {
                if let Some(profile) = &reader.profile {
                    profiles_of.insert(reader.user.as_str(), profile.as_str());
                }
                sets.entry(&reader.user).or_default().push(&reader.set);
            }
            let activated = containers.all().iter().filter(|set| set.needs_activation);
            let labels = containers
                .profiles()
                .map(|profile| (profile.id.as_str(), profile.label.as_str()));
            let kept = view.sharing.keep_access.iter();
            let kept = kept.filter_map(|entry| match &entry.holder {
                Holder::Profile(name) => Some(name.value.as_str()),
                Holder::Role(_) | Holder::Branch(_) => None,
            });
            Self {
                reading,
                bypassing: bypass.iter().map(|by| by.id.as_str()).collect(),
                sets,
                profiles_of,
                activated: activated.map(|set| set.id.as_str()).collect(),
                kept: kept.collect(),
                labels: labels.collect(),
                edited: edited(view),
            }
        })
    }

    /// The label of a person's profile.
    pub(super) fn profile(&self, person: &Person) -> &'a str {
        let profile = person.profile.as_deref();
        let label = profile.and_then(|id| self.labels.get(id).copied());
        label.unwrap_or_default()
    }

    /// What permissions give somebody. What gives something to people from outside by permission sets was not asked.
    pub(super) fn reading(&self, person: &Person, people: &People) -> Reading {
        let outside = people.is_from_outside(person);
        let profile = person.profile.as_deref().unwrap_or_default();
        let by_profile: Verdict = self.reading.contains(profile).into();
        // A licence for chats alone reads no records.
        let only_chats = person.kind.starts_with("Csn");
        let by_sets = match outside {
            true if only_chats => Verdict::No,
            true => Verdict::Either,
            false => self.through_sets(person, |_| true),
        };
        let sets_see_all = self.through_sets(person, |set| self.bypassing.contains(set));
        let profile_sees_all: Verdict = self.bypassing.contains(profile).into();
        let label = self.profile(person);
        let edited = self.edited.as_ref().filter(|(name, ..)| *name == label);
        let reads_after = edited.and_then(|(_, reads, _)| *reads);
        let reads_after = reads_after.map_or(by_profile, Verdict::from);
        let sees_after = edited.map_or(profile_sees_all, |(_, _, sees)| match sees {
            Known::Is(sees) => (*sees).into(),
            _ => Verdict::Either,
        });
        let kept: Verdict = self.kept.contains(label).into();
        Reading {
            reads_before: either_way(by_profile, by_sets),
            reads_after: either_way(reads_after, by_sets),
            all_before: either_way(profile_sees_all, sets_see_all),
            all_after: either_way(kept, either_way(sees_after, sets_see_all)),
        }
    }

    /// Whether somebody who sees all today will be left with what is shared.
    pub(super) fn loses_all(&self, person: &Person, people: &People) -> bool {
        let reading = self.reading(person, people);
        reading.all_before != Verdict::No && reading.all_after != Verdict::Yes
    }

    /// How many users of a profile may lose sight, by the profile's id: all who read and do not see everything anyhow.
    pub(super) fn losing_of(&self, profile: &str, counts: &UserCounts) -> u64 {
        let label = self.labels.get(profile).copied().unwrap_or_default();
        if self.bypassing.contains(profile) || self.kept.contains(label) {
            return 0;
        }
        let of_profile = |is_meant: &dyn Fn(&str) -> bool| {
            let users = self
                .sets
                .iter()
                .filter(|(user, _)| self.profiles_of.get(**user) == Some(&profile));
            users
                .filter(|(_, sets)| sets.iter().any(|set| is_meant(set)))
                .count() as u64
        };
        let all = match self.reading.contains(profile) {
            true => counts.of(profile),
            false => of_profile(&|_| true),
        };
        all.saturating_sub(of_profile(&|set| self.bypassing.contains(set)))
    }

    fn through_sets(&self, person: &Person, is_meant: impl Fn(&str) -> bool) -> Verdict {
        let sets = self.sets.get(person.id.as_str()).into_iter().flatten();
        let sets = sets.filter(|set| is_meant(set));
        let each = sets.map(|set| match self.activated.contains(set) {
            true => Verdict::Either,
            false => Verdict::Yes,
        });
        each.fold(Verdict::No, either_way)
    }
}

/// Ids of the profiles that read the object by themselves.
fn profiles_reading<'a>(view: &'a SharingView) -> Known<HashSet<&'a str>> {
    let grants = view.live.grants_on(view.object());
    grants
        .and(view.live.containers())
        .map(|(grants, containers)| {
            let reading = grants.iter().filter(|grant| grant.rights.read);
            let reading: HashSet<&str> = reading.map(|grant| grant.container.as_str()).collect();
            let containers = containers.all().iter();
            let reading = containers.filter(|container| reading.contains(container.id.as_str()));
            let profiles = reading.filter_map(|container| container.profile());
            profiles.map(|profile| profile.id.as_str()).collect()
        })
}

/// Whether the manifest edits a profile that sees all today and will not.
pub(super) fn edits_profile(view: &SharingView) -> bool {
    let Some((label, _, sees)) = edited(view) else {
        return false;
    };
    let bypass = view.bypass.as_ref();
    let sees_today = bypass.map(|bypass| {
        let mut profiles = bypass.iter().filter(|by| by.kind == "profile");
        profiles.any(|by| by.name == label)
    });
    sees != Known::Is(true) && sees_today != Known::Is(false)
}

/// What becomes of a profile that is there already and that the manifest edits.
fn edited<'a>(view: &'a SharingView) -> Option<(&'a str, Option<bool>, Known<bool>)> {
    let profile = view.manifest.spec.profile.as_ref()?;
    let containers = view.live.containers().learnt()?;
    let earlier = profile.renamed_from.as_ref();
    let names = std::iter::once(&profile.name).chain(earlier);
    let mut names = names.map(|name| crate::live::profile_label(&name.value));
    let standing = names.find_map(|name| containers.profile(&name))?;
    let stated = profile.object_permissions.get(view.object());
    let reads = stated.map(|stated| stated.contains(&ObjectPermission::Read));
    let sees = profile_sees_all(view.sharing, view.manifest, view.live);
    Some((standing.label.as_str(), reads, sees))
}
