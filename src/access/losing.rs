//! Who loses sight of an object when its default narrows.

use super::SharingView;
use crate::live::{Defaults, Known, LiveProfile, ReaderBySet, Refused, UserCounts};
use crate::manifest::{Holder, SharingModel};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Users of one profile who lose access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Losing {
    /// The profile's label.
    pub profile: String,
    /// How many active users.
    pub users: u64,
}

impl SharingView<'_> {
    /// Active users, by profile, who read the object today through a public default and will only see what they own,
    /// what their subordinates own and what is shared with them.
    pub(super) fn users_losing_access(&self) -> Known<Vec<Losing>> {
        let Some(narrows) = self.narrows() else {
            let what = format!("which default of {} is in force", self.object());
            return Known::Refused(Refused::not_told(what));
        };
        if !narrows {
            return Known::Is(Vec::new());
        }
        let counts = self.live.users_by_profile();
        let readers = self.live.readers(self.object());
        let bypassing = self.bypass.as_ref();
        let known = counts.and(readers).and(bypassing);
        let known = known.and(self.profiles_reading());
        let containers = self.live.containers();
        containers
            .and(known)
            .map(|(containers, (((counts, readers), bypassing), reading))| {
                let bypassing = bypassing.iter().map(|by| by.id.as_str()).collect();
                let sight = ObjectSight {
                    counts,
                    readers: by_profile(&readers),
                    bypassing,
                    reading,
                };
                self.losing(containers.profiles(), &sight)
            })
    }

    fn losing<'p>(
        &self,
        profiles: impl Iterator<Item = &'p LiveProfile>,
        sight: &ObjectSight,
    ) -> Vec<Losing> {
        let losing = profiles.filter(|profile| !self.is_kept(&profile.label));
        let losing = losing.map(|profile| Losing {
            profile: profile.label.clone(),
            users: sight
                .losing_of(&profile.id)
                .saturating_sub(self.own(&profile.id)),
        });
        let mut losing: Vec<Losing> = losing.filter(|losing| losing.users > 0).collect();
        losing.sort_by(|a, b| {
            b.users
                .cmp(&a.users)
                .then_with(|| a.profile.cmp(&b.profile))
        });
        losing
    }

    /// Whether the default becomes private that was not; `None` where today's is not known.
    fn narrows(&self) -> Option<bool> {
        let defaults = Defaults::new(self.manifest, self.live);
        let stated = self.sharing.organization_wide_default.is_some();
        if !stated || defaults.after(self.object()) != Some(SharingModel::Private) {
            return Some(false);
        }
        let now = defaults.now(self.object())?;
        Some(now != SharingModel::Private)
    }

    /// Ids of the profiles that read the object by themselves.
    fn profiles_reading(&self) -> Known<HashSet<&str>> {
        let grants = self.live.grants_on(self.object());
        grants
            .and(self.live.containers())
            .map(|(grants, containers)| {
                let reading = grants.iter().filter(|grant| grant.rights.read);
                let reading: HashSet<&str> =
                    reading.map(|grant| grant.container.as_str()).collect();
                let containers = containers.all().iter();
                let reading =
                    containers.filter(|container| reading.contains(container.id.as_str()));
                let profiles = reading.filter_map(|container| container.profile());
                profiles.map(|profile| profile.id.as_str()).collect()
            })
    }

    fn is_kept(&self, profile: &str) -> bool {
        let mut kept = self.sharing.keep_access.iter();
        kept.any(|entry| match &entry.holder {
            Holder::Profile(name) => name.value == profile,
            Holder::Role(_) => false,
        })
    }

    /// 1 where the manifest's own user is an active user of this profile: it is meant to lose sight.
    fn own(&self, profile_id: &str) -> u64 {
        let user = self.live.own_user(self.manifest);
        let own = user.filter(|user| user.active);
        u64::from(own.is_some_and(|user| user.profile_id.as_deref() == Some(profile_id)))
    }
}

/// Who sees an object by what.
struct ObjectSight<'a> {
    counts: &'a UserCounts,
    /// Readers through permission sets, by the id of their profile.
    readers: HashMap<&'a str, Vec<&'a ReaderBySet>>,
    /// Ids of the profiles and permission sets that ignore the default.
    bypassing: HashSet<&'a str>,
    /// Ids of the profiles that read the object by themselves.
    reading: HashSet<&'a str>,
}

fn by_profile<'a>(readers: &[&'a ReaderBySet]) -> HashMap<&'a str, Vec<&'a ReaderBySet>> {
    let mut by_profile: HashMap<&str, Vec<&ReaderBySet>> = HashMap::new();
    for reader in readers {
        if let Some(profile) = &reader.profile {
            by_profile.entry(profile).or_default().push(reader);
        }
    }
    by_profile
}

impl ObjectSight<'_> {
    /// How many users of a profile lose sight, by the profile's id.
    fn losing_of(&self, profile: &str) -> u64 {
        if self.bypassing.contains(profile) {
            return 0;
        }
        let all = match self.reading.contains(profile) {
            true => self.counts.of(profile),
            false => self.through_sets(profile, |_| true),
        };
        let keeping = self.through_sets(profile, |set| self.bypassing.contains(set));
        all.saturating_sub(keeping)
    }

    /// Users of a profile who read the object through a permission set of that kind, each counted once.
    fn through_sets(&self, profile: &str, counts: impl Fn(&str) -> bool) -> u64 {
        let readers = self.readers.get(profile).into_iter().flatten();
        let readers = readers.filter(|reader| counts(&reader.set));
        let users: HashSet<&str> = readers.map(|reader| reader.user.as_str()).collect();
        users.len() as u64
    }
}
