//! Profiles. At its creation the whole profile is ours, computed by [`crate::clone`]; later only what the manifest
//! states, the removals, and View All and Modify All on the selective objects.

mod behind;
mod created;
mod dependencies;
mod known;
mod login;
mod lost_fields;
mod lost_objects;
mod not_kept;
mod partial;
mod power;
mod state;
mod unknown;
mod wishes;

pub use not_kept::not_kept;
pub use partial::{PartialSource, partial_source, whole_source};

use super::{Draft, Kind, compare};
use crate::address::Address;
use crate::change::{Component, Stage, Write};
use crate::clone::{self, ObjectFlags, Removals, Wishes};
use crate::code::Code;
use crate::count::{count, first_few};
use crate::diagnostic::Diagnostic;
use crate::live::{Live, Need, profile_full_name as full_name};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use behind::Behind;
use known::exact_objects;
pub(super) use known::stands;
use state::{ProfileState, written};
use std::collections::{BTreeMap, BTreeSet};

/// What no integration can do without: where the clone source has it and the clone has lost it, it is taken over again.
const INDISPENSABLE: &str = "ApiEnabled";

/// Why what the clone source has is taken over.
const FOLLOWED: &str = "the clone source has it, and `follow: source`";

/// Profiles.
pub(super) static KIND: Kind = Kind {
    name: "profile",
    noun: "profile",
    needs: known::needs,
    propose,
};

/// What the first answers make necessary to know.
pub(super) fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    known::further_needs(manifest, live)
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.profile else {
        draft.findings.extend(power::of_unchanged(manifest, live));
        return draft;
    };
    let document = partial::complete_profile(&wanted.name, live);
    let document = document.as_deref();
    draft.errors.extend(standard(wanted, document));
    draft.errors.extend(unknown::objects(wanted, live));
    let address = Address::new(KIND.name, wanted.name.value.clone());
    if wanted.absent {
        let removal = Write::Deploy(vec![Component::removal("Profile", full_name(&wanted.name))]);
        let gone = document.map(|_| ProfileState::default());
        if let Some(comparison) = compare(gone.as_ref(), None) {
            draft.change(address, comparison, Stage::Removals, &wanted.place, removal);
        }
        return draft;
    }
    draft.errors.extend(unknown::permissions(wanted, live));
    draft
        .errors
        .extend(login::held_by_others(manifest, wanted, live));
    let wishes = wishes::wishes(wanted, manifest);
    let removals = known::requirements(manifest, wanted, live).removals(&wishes);
    draft
        .errors
        .extend(wishes::contradictions(&removals, wanted, manifest));
    match document {
        Some(document) => {
            let owned = Owned {
                behind: behind::behind(manifest, wanted, (&wishes, &removals), live),
                wanted,
                manifest,
                wishes,
                removals,
                lost_fields: lost_fields::lost_fields(manifest, wanted, live),
                lost_objects: lost_objects::lost_objects(manifest, wanted, live),
                live,
            };
            owned.update(document, address, &mut draft);
        }
        None => created::create(wanted, manifest, live, &removals, address, &mut draft),
    }
    draft
}

/// A standard profile is everybody's; the platform refuses most changes to it, and none of them is ours to make.
fn standard(wanted: &manifest::Profile, live: Option<&Element>) -> Option<Diagnostic> {
    if live?.text_of("custom") == Some("true") {
        return None;
    }
    let message = format!("`{}` is a standard profile", wanted.name);
    let help = "give the integration a profile of its own name; `cloneFrom` says where it starts";
    Some(
        Diagnostic::error(Code::StandardProfile, message)
            .at(&wanted.name.place)
            .help(help),
    )
}

/// What is ours of a profile that exists, and what the org says of it.
struct Owned<'a> {
    wanted: &'a manifest::Profile,
    manifest: &'a Manifest,
    wishes: Wishes,
    removals: Removals,
    /// Fields that the clone has to read again, and whether to edit them too.
    lost_fields: BTreeMap<String, bool>,
    /// Rights on objects that the clone has to have again.
    lost_objects: BTreeMap<String, ObjectFlags>,
    /// What else the clone lacks of what its source has.
    behind: Behind,
    live: &'a Live,
}

impl Owned<'_> {
    fn update(&self, document: &Element, address: Address, draft: &mut Draft) {
        let live = self.today(document);
        let gained = self.gained(document);
        if !self.wanted.follow {
            draft.findings.extend(self.falls_behind(&gained, &address));
            let lost = (&self.lost_objects, &self.lost_fields);
            let remark = self.behind.remark(lost, self.wanted, self.live, &address);
            draft.findings.extend(remark);
        }
        let mut desired = self.overlay(&live, gained);
        desired.ranges = login::ranges_after(document, self.manifest);
        let outside = desired.ranges.as_ref();
        let outside =
            outside.and_then(|after| login::from_outside(self.manifest, after, self.live));
        draft
            .findings
            .extend(outside.map(|it| it.about(address.clone())));
        let permissions = self.permissions_after(document, &desired);
        let objects = self.objects_after(document, &desired);
        let kept = power::Kept::new(permissions, objects, &self.wishes.selective);
        let kept = kept.and_granted(self.manifest, self.live);
        let remarks = power::remarks(&kept, &self.wanted.name.place, &address);
        draft.findings.extend(remarks);
        let Some(comparison) = compare(Some(&live), Some(&desired)) else {
            return;
        };
        let name = full_name(&self.wanted.name);
        let mut document = written(&live, &desired);
        let followed = self.behind.fields.iter().filter(|_| self.wanted.follow);
        for (field, edits) in self.lost_fields.iter().chain(followed) {
            clone::set_field_permission(&mut document, field, *edits);
        }
        let component = Component::new("Profile", name, document);
        let write = Write::Deploy(vec![component]);
        draft.change(
            address,
            comparison,
            Stage::Containers,
            &self.wanted.place,
            write,
        );
    }

    fn permissions_after(&self, document: &Element, desired: &ProfileState) -> BTreeSet<String> {
        let mut granted = clone::granted(document);
        for (name, (enabled, _)) in &desired.user_permissions {
            match enabled {
                true => granted.insert(name.clone()),
                false => granted.remove(name),
            };
        }
        granted
    }

    fn objects_after(
        &self,
        document: &Element,
        desired: &ProfileState,
    ) -> BTreeMap<String, ObjectFlags> {
        let mut objects = clone::document_objects(document);
        objects.extend(exact_objects(&self.wanted.name, self.live));
        let desired = desired.objects.iter();
        objects.extend(desired.map(|(object, (flags, _))| (object.clone(), *flags)));
        objects
    }

    /// The entries we own, as they are.
    fn today(&self, document: &Element) -> ProfileState {
        let granted = clone::granted(document);
        let removed = self.removals.user_permissions().map(|(name, _)| name);
        let owned = removed
            .filter(|name| granted.contains(*name))
            .chain(self.wishes.user_permissions.keys().map(String::as_str));
        let description = document.text_of("description");
        ProfileState {
            user_permissions: owned
                .map(|name| (name.to_owned(), (granted.contains(name), None)))
                .collect(),
            objects: self.live_objects(document),
            fields: self
                .fields()
                .into_keys()
                .map(|field| (field, None))
                .collect(),
            description: description
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            ranges: login::ranges_after(document, self.manifest)
                .map(|_| login::ranges_of(document)),
        }
    }

    /// Fields that the clone has to read, and why.
    fn fields(&self) -> BTreeMap<String, Option<&'static str>> {
        let followed = self.behind.fields.keys().filter(|_| self.wanted.follow);
        let followed = followed.map(|field| (field.clone(), Some(FOLLOWED)));
        let lost = self.lost_fields.keys();
        let lost = lost.map(|field| {
            (
                field.clone(),
                Some("a rule asks for it, and the clone source has it"),
            )
        });
        followed.chain(lost).collect()
    }

    fn live_objects(&self, document: &Element) -> BTreeMap<String, (ObjectFlags, Option<String>)> {
        let exact = exact_objects(&self.wanted.name, self.live);
        let listed = clone::document_objects(document);
        let flags = |object: &str| {
            let known = exact.get(object).or_else(|| listed.get(object));
            known.copied().unwrap_or_default()
        };
        let reduced = self.removals.objects().into_keys();
        let stated = self.wishes.object_permissions.keys().map(String::as_str);
        let followed = self.behind.objects.keys().filter(|_| self.wanted.follow);
        let lost = self.lost_objects.keys().chain(followed).map(String::as_str);
        reduced
            .chain(stated)
            .chain(lost)
            .map(|object| (object.to_owned(), (flags(object), None)))
            .collect()
    }

    fn overlay(&self, live: &ProfileState, gained: Vec<String>) -> ProfileState {
        let mut desired = live.clone();
        desired.fields = self.fields();
        for (name, reason) in self.removals.user_permissions() {
            if let Some(entry) = desired.user_permissions.get_mut(name) {
                *entry = (false, Some(reason.to_owned()));
            }
        }
        let taken_over = gained
            .into_iter()
            .filter_map(|name| Some((name.clone(), (true, Some(self.why_taken_over(&name)?)))));
        desired.user_permissions.extend(taken_over);
        for (name, enabled) in &self.wishes.user_permissions {
            let entry = (*enabled, None);
            desired.user_permissions.insert(name.clone(), entry);
        }
        for (object, gone) in self.removals.objects() {
            if let Some((flags, why)) = desired.objects.get_mut(object) {
                let (after, reason) = clone::reduced(*flags, Some(&gone));
                (*flags, *why) = (after, Some(reason));
            }
        }
        let lost = self.lost_objects.iter();
        let lost = lost.map(|lost| (lost, "a rule needs it, and the clone source has it"));
        let followed = self.behind.objects.iter().filter(|_| self.wanted.follow);
        for ((object, lost), reason) in lost.chain(followed.map(|one| (one, FOLLOWED))) {
            if let Some((flags, why)) = desired.objects.get_mut(object) {
                *flags = flags.and_records(*lost);
                *why = Some(reason.to_owned());
            }
        }
        for (object, flags) in &self.wishes.object_permissions {
            desired.objects.insert(object.clone(), (*flags, None));
        }
        if self.wishes.description.is_some() {
            desired.description.clone_from(&self.wishes.description);
        }
        desired
    }

    /// Why a permission that the clone source has and the clone has not is taken over, where it is.
    fn why_taken_over(&self, name: &str) -> Option<String> {
        let reason = match (self.wanted.follow, name) {
            (_, INDISPENSABLE) => "the clone source has it, and no integration works without",
            (true, _) => FOLLOWED,
            (false, _) => return None,
        };
        Some(reason.to_owned())
    }

    /// What the clone source has and the clone has not, removals aside.
    fn gained(&self, document: &Element) -> Vec<String> {
        let source = self.wanted.clone_from.as_ref();
        let source = source.and_then(|source| partial::complete_profile(source, self.live));
        let Some(source) = source else {
            return Vec::new();
        };
        let ours = clone::granted(document);
        let stated = |name: &str| self.wishes.user_permissions.contains_key(name);
        let removed = |name: &str| self.removals.user_permission(name).is_some();
        let vocabulary = self.live.user_permissions();
        let known = |name: &str| {
            let vocabulary = vocabulary.as_ref();
            vocabulary.is_none_or(|vocabulary| vocabulary.contains(name))
        };
        let theirs = clone::granted(&source);
        theirs
            .difference(&ours)
            .filter(|name| known(name) && !removed(name) && !stated(name))
            .cloned()
            .collect()
    }

    fn falls_behind(&self, gained: &[String], address: &Address) -> Option<Diagnostic> {
        let source = self.wanted.clone_from.as_ref()?;
        let gained = gained.iter().filter(|name| *name != INDISPENSABLE);
        let gained: Vec<String> = gained.cloned().collect();
        if gained.is_empty() {
            return None;
        }
        let message = format!(
            "`{}` has {} that `{}` lacks",
            self.live
                .spoken_profile_label(&self.live.profile_label(source)),
            count(gained.len() as u64, "user permission"),
            self.wanted.name
        );
        let help = format!(
            "{}; state them under `userPermissions`, or say `follow: source`",
            first_few(&gained)
        );
        Some(
            Diagnostic::note(Code::CloneFallsBehind, message)
                .at(&self.wanted.name.place)
                .help(help)
                .about(address.clone())
                .naming(&gained),
        )
    }
}
