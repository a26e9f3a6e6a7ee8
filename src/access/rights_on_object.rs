//! What one user will hold on an object once a plan is applied, each right as far as it is known. Pure.

use super::held::Standings;
use super::people::{both, either_way};
use super::rights::{rights_after, stated_rights};
use super::sets_of_others_after;
use crate::clone::{document_objects, granted};
use crate::criteria::Verdict;
use crate::kinds::{granted_rights, unchanged_profile};
use crate::live::{Container, Known, Live, LiveUser, ObjectRights, profile_label};
use crate::manifest::{Holder, KeptAccess, Manifest};

/// Whether somebody holds rights on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RightsOnObject {
    pub(super) read: Verdict,
    pub(super) edit: Verdict,
    pub(super) view_all: Verdict,
    pub(super) modify_all: Verdict,
}

impl RightsOnObject {
    fn all(verdict: Verdict) -> Self {
        Self {
            read: verdict,
            edit: verdict,
            view_all: verdict,
            modify_all: verdict,
        }
    }

    /// The same, and what a container grants besides, as far as it is in force.
    fn and_of(self, set: &Container, in_force: Verdict, rights: ObjectRights) -> Self {
        let gives = |given: bool| both(given.into(), in_force);
        let views = gives(rights.view_all || set.views_all_data);
        let modifies = gives(rights.modify_all || set.modifies_all_data);
        Self {
            read: either_way(self.read, gives(rights.read)),
            edit: either_way(self.edit, gives(rights.edit)),
            view_all: either_way(self.view_all, views),
            modify_all: either_way(self.modify_all, modifies),
        }
    }

    /// The same, and these rights besides.
    fn and(self, rights: ObjectRights) -> Self {
        Self {
            read: either_way(self.read, rights.read.into()),
            edit: either_way(self.edit, rights.edit.into()),
            view_all: either_way(self.view_all, rights.view_all.into()),
            modify_all: either_way(self.modify_all, rights.modify_all.into()),
        }
    }

    /// The same, with what follows from rights over all records: who modifies them views them, and who views them reads.
    fn with_implied(self) -> Self {
        let view_all = either_way(self.view_all, self.modify_all);
        Self {
            read: either_way(self.read, view_all),
            edit: either_way(self.edit, self.modify_all),
            view_all,
            ..self
        }
    }
}

/// What the user of a manifest will hold, by its profile and its permission sets.
pub(super) fn rights_of_own(
    object: &str,
    there: Option<&LiveUser>,
    manifest: &Manifest,
    live: &Live,
) -> RightsOnObject {
    let unchanged = unchanged_profile(manifest, live);
    let sets = sets_of_others_after(manifest, live);
    let by_sets = granted_by(object, live, |set| {
        if let Some(profile) = set.profile() {
            return Verdict::from(unchanged == Some(profile));
        }
        let is_held = Verdict::from(sets.contains(&set.id));
        let always = Verdict::from(!set.needs_activation);
        both(is_held, either_way(always, Verdict::Either))
    });
    let by_sets = by_sets.and(granted_rights(object, manifest, live));
    let Some(profile) = &manifest.spec.profile else {
        return match (unchanged, there) {
            (Some(_), _) => by_sets.with_implied(),
            (None, Some(user)) => rights_of_other(object, user, manifest, live),
            (None, None) => RightsOnObject::all(Verdict::Either),
        };
    };
    let (views, modifies) = written_rights(object, manifest, live);
    let holds = |holds: fn(ObjectRights) -> bool| {
        let held = rights_after(object, manifest, live, holds);
        held.learnt().map_or(Verdict::Either, Verdict::from)
    };
    let stated = |name: &str| {
        let stated = profile.user_permissions.get(name);
        Verdict::from(stated.is_some_and(|stated| stated.value))
    };
    let view_all = both(holds(|rights| rights.view_all), views);
    let modify_all = both(holds(|rights| rights.modify_all), modifies);
    let by_profile = RightsOnObject {
        read: holds(|rights| rights.read),
        edit: holds(|rights| rights.edit),
        view_all: either_way(view_all, stated("ViewAllData")),
        modify_all: either_way(modify_all, stated("ModifyAllData")),
    };
    RightsOnObject {
        read: by_profile.read,
        edit: by_profile.edit,
        view_all: either_way(by_profile.view_all, by_sets.view_all),
        modify_all: either_way(by_profile.modify_all, by_sets.modify_all),
    }
    .with_implied()
}

/// What the document of the manifest's profile, or of the one that it is cloned from, says of an object: whether it views,
/// and modifies, all records. Rows show what rights over all data imply as well, and these may go.
fn written_rights(object: &str, manifest: &Manifest, live: &Live) -> (Verdict, Verdict) {
    let Some(profile) = &manifest.spec.profile else {
        return (Verdict::Either, Verdict::Either);
    };
    if let Some(stated) = profile.object_permissions.get(object) {
        let rights = stated_rights(stated);
        return (rights.view_all.into(), rights.modify_all.into());
    }
    let standing = live.profile_document(&profile.name).found();
    let source = || live.profile_document(profile.clone_from.as_ref()?).found();
    let Some(document) = standing.or_else(source) else {
        return (Verdict::Either, Verdict::Either);
    };
    let flags = document_objects(document)
        .remove(object)
        .unwrap_or_default();
    // Whether an object keeps what a right over all data implied, where that is taken off a profile that stands, nobody
    // documents; a new one is written whole.
    let all_data = ["ViewAllData", "ModifyAllData"];
    let granted = granted(document);
    let implied = standing.is_some() && all_data.iter().any(|name| granted.contains(*name));
    let told = |flag: bool| match (flag, implied) {
        (true, true) => Verdict::Either,
        (flag, _) => flag.into(),
    };
    (told(flags.view_all), told(flags.modify_all))
}

/// What somebody else holds, and will: what the plan gives to users of its profile among it.
pub(super) fn rights_of_other(
    object: &str,
    user: &LiveUser,
    manifest: &Manifest,
    live: &Live,
) -> RightsOnObject {
    let label = user.profile.as_deref().unwrap_or_default();
    let profile = manifest.spec.profile.as_ref();
    if profile.is_some_and(|profile| profile_label(&profile.name) == label) {
        return RightsOnObject::all(Verdict::Either);
    }
    let standings = Standings::of(user, live);
    let mut rights = granted_by(object, live, |set| standings.verdict(set));
    let sharing = manifest.spec.sharing_of(object);
    let kept = sharing.into_iter().flat_map(|sharing| &sharing.keep_access);
    let keeps = |holder: &Holder| match holder {
        Holder::Profile(name) => profile_label(name) == label,
        Holder::Role(_) | Holder::Branch(_) => false,
    };
    for entry in kept.filter(|entry| keeps(&entry.holder)) {
        let modifies = Verdict::from(entry.access.value == KeptAccess::ModifyAll);
        rights.view_all = Verdict::Yes;
        rights.modify_all = either_way(rights.modify_all, modifies);
    }
    rights.with_implied()
}

/// What profiles and permission sets grant on an object, each as far as it is in force.
fn granted_by(
    object: &str,
    live: &Live,
    in_force: impl Fn(&Container) -> Verdict,
) -> RightsOnObject {
    let Known::Is((containers, grants)) = live.containers().and(live.grants_on(object)) else {
        return RightsOnObject::all(Verdict::Either);
    };
    let all = containers.all().iter().map(|set| (set, in_force(set)));
    let held = all.filter(|(_, in_force)| *in_force != Verdict::No);
    held.fold(RightsOnObject::all(Verdict::No), |sum, (set, in_force)| {
        let rights = grants.iter().find(|grant| grant.container == set.id);
        let rights = rights.map(|grant| grant.rights).unwrap_or_default();
        sum.and_of(set, in_force, rights)
    })
}
