//! Rights on objects and fields that the clone source has and the clone has not: the source gained them, or the clone lost
//! them. The org does not tell which, so neither is said.
//!
//! **Promise:** an entry is named only where the data API tells exactly what both have. View All and Modify All are left to
//! what is said of them elsewhere.

use super::known::{exact_fields, exact_objects};
use crate::address::Address;
use crate::clone::{self, ObjectFlags, Removals, Wishes};
use crate::code::Code;
use crate::count::{count, first_few};
use crate::diagnostic::Diagnostic;
use crate::live::{Live, profile_label as label};
use crate::manifest::{self, Manifest};
use std::collections::{BTreeMap, BTreeSet};

/// What the clone lacks, beyond what is stated, taken off, or given again because rules need it.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind {
    /// Rights by object.
    pub(super) objects: BTreeMap<String, ObjectFlags>,
    /// Fields as `Object.Field`, and whether the source edits them.
    pub(super) fields: BTreeMap<String, bool>,
}

/// Compares the clone with its source.
pub(super) fn behind(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    (wishes, removals): (&Wishes, &Removals),
    live: &Live,
) -> Behind {
    let Some(source) = wanted.clone_from.as_ref() else {
        return Behind::default();
    };
    let (own, source) = (label(&wanted.name), live.profile_label(source));
    let told = [&own, &source].map(|label| live.profile_objects(label).learnt());
    if told.iter().any(|rows| rows.is_none_or(<[_]>::is_empty)) {
        return Behind::default();
    }
    let has = exact_objects(&own, live);
    let gone = removals.objects();
    let lacking = exact_objects(&source, live).into_iter();
    let lacking = lacking.filter(|(object, _)| !wishes.object_permissions.contains_key(object));
    let objects = lacking.filter_map(|(object, theirs)| {
        let (theirs, _) = match gone.get(object.as_str()) {
            Some(gone) => clone::reduced(theirs, Some(gone)),
            None => (theirs, String::new()),
        };
        let ours = has.get(&object).copied().unwrap_or_default();
        let lacks = ObjectFlags {
            read: theirs.read && !ours.read,
            create: theirs.create && !ours.create,
            edit: theirs.edit && !ours.edit,
            delete: theirs.delete && !ours.delete,
            ..ObjectFlags::default()
        };
        (lacks != ObjectFlags::default()).then_some((object, lacks))
    });
    Behind {
        objects: objects.collect(),
        fields: fields(manifest, wanted, live),
    }
}

fn fields(manifest: &Manifest, wanted: &manifest::Profile, live: &Live) -> BTreeMap<String, bool> {
    let own = label(&wanted.name);
    let mut lacking = exact_fields(manifest, wanted, live);
    let objects = lacking.keys().filter_map(|field| field.split_once('.'));
    let objects: BTreeSet<String> = objects.map(|(object, _)| object.to_owned()).collect();
    for object in objects {
        let prefix = format!("{object}.");
        let readable = live.profile_fields(&own, &object).learnt();
        let Some(readable) = readable.filter(|readable| !readable.is_empty()) else {
            lacking.retain(|field, _| !field.starts_with(&prefix));
            continue;
        };
        for (field, _) in readable {
            lacking.remove(field);
        }
    }
    let made = manifest.spec.fields.iter();
    for field in made {
        lacking.remove(&format!("{}.{}", field.object, field.name));
    }
    lacking
}

impl Behind {
    /// The remark on what is not taken over.
    pub(super) fn remark(
        &self,
        lost: (&BTreeMap<String, ObjectFlags>, &BTreeMap<String, bool>),
        wanted: &manifest::Profile,
        live: &Live,
        address: &Address,
    ) -> Option<Diagnostic> {
        let source = wanted.clone_from.as_ref()?;
        let objects = self.objects.iter();
        let objects = objects.filter(|(object, _)| !lost.0.contains_key(*object));
        let objects = objects.map(|(object, flags)| {
            let words: Vec<&str> = flags.words().into_iter().collect();
            format!("{object} ({})", words.join(", "))
        });
        let fields = self.fields.keys();
        let fields = fields.filter(|field| !lost.1.contains_key(*field)).cloned();
        let names: Vec<String> = objects.chain(fields).collect();
        if names.is_empty() {
            return None;
        }
        let message = format!(
            "`{}` has rights on {} that `{}` lacks: it gained them, or the clone lost them",
            live.spoken_profile_label(&live.profile_label(source)),
            count(names.len() as u64, "object or field")
                .replace("object or fields", "objects or fields"),
            wanted.name
        );
        let help = format!(
            "{}; state objects under `objectPermissions`, or say `follow: source`; the setup audit trail says who changed \
             either profile",
            first_few(&names)
        );
        let note = Diagnostic::note(Code::CloneLacksRights, message).help(help);
        let note = note.at(&wanted.name.place).about(address.clone());
        Some(note.naming(&names))
    }
}
