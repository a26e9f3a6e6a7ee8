//! Permission sets: those of the manifest, and those of `keepAccess`, by which who must not lose sight of an object gets
//! View All or Modify All on it before its default becomes narrower.

mod beyond;
mod completed;
mod document;
mod fields;
mod granted;

pub(super) use granted::{further_needs, granted_objects};
pub use granted::{granted_permissions, granted_rights};

use super::stands::laid_open;
use super::{Attributed, Draft, Kind, compare, has_profile, profile_labels, unknown_name};
use crate::address::Address;
use crate::change::{Attributes, Component, Stage, Write};
use crate::clone::{self, ObjectFlags};
use crate::code::Code;
use crate::live::{Live, Need};
use crate::manifest::{Holder, KeepAccess, KeptAccess, Manifest, Sharing};
use crate::xml::Element;
use serde_json::json;

/// Permission sets.
pub(super) static KIND: Kind = Kind {
    name: "permission_set",
    noun: "permission set",
    needs,
    propose,
};

/// A permission set that keeps an object visible.
pub(super) struct Keeper<'a> {
    /// API name of the permission set.
    pub(super) name: String,
    /// The profile whose users get it.
    pub(super) profile: &'a crate::manifest::Sp<String>,
    object: &'a str,
    access: KeptAccess,
    pub(super) entry: &'a KeepAccess,
}

#[derive(Clone, Debug, PartialEq)]
struct PermissionSet {
    label: String,
    object: String,
    flags: ObjectFlags,
    /// Objects that it lets read because whoever reads the object must.
    along: Vec<&'static str>,
}

impl Attributed for PermissionSet {
    fn attributes(&self) -> Attributes {
        let path = format!("objectPermissions.{}", self.object);
        let mut attributes: Attributes = vec![
            ("label".into(), json!(self.label), None),
            (path, json!(self.flags.words()), None),
        ];
        let along = self.along.iter().map(|object| {
            let why = format!("whoever reads {} must", self.object);
            (
                format!("objectPermissions.{object}"),
                json!(["read"]),
                Some(why),
            )
        });
        attributes.extend(along);
        attributes
    }
}

/// What the manifest's `keepAccess` asks of permission sets: one for each object and access, whoever holds it.
pub(super) fn keepers(manifest: &Manifest) -> Vec<Keeper<'_>> {
    let of_sharing = |sharing| keepers_of(sharing);
    manifest.spec.sharing.iter().flat_map(of_sharing).collect()
}

fn keepers_of(sharing: &Sharing) -> impl Iterator<Item = Keeper<'_>> {
    sharing.keep_access.iter().filter_map(|entry| {
        let Holder::Profile(profile) = &entry.holder else {
            return None;
        };
        let object = sharing.object.value.as_str();
        let verb = if entry.access.value == KeptAccess::ModifyAll {
            "Modify"
        } else {
            "View"
        };
        let name = format!("Keep_{verb}_All_{}", object.trim_end_matches("__c"));
        Some(Keeper {
            name,
            profile,
            object,
            access: entry.access.value,
            entry,
        })
    })
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let keepers = keepers(manifest).into_iter();
    let kept = keepers.map(|keeper| Need::PermissionSet(keeper.name));
    kept.chain(granted::needs(manifest)).collect()
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    granted::propose(manifest, live, &mut draft);
    let mut done: Vec<String> = Vec::new();
    for keeper in keepers(manifest) {
        if !has_profile(keeper.profile, live) {
            draft.errors.push(unknown_name(
                Code::UnknownProfile,
                "profile",
                keeper.profile,
                &keeper.profile.place,
                profile_labels(live),
            ));
        }
        if done.contains(&keeper.name) {
            continue;
        }
        let live_document = live.permission_set_document(&keeper.name).found();
        let live_set = live_document.map(|document| read(document, keeper.object));
        let desired = desired(&keeper);
        if let Some(comparison) = compare(live_set.as_ref(), Some(&desired)) {
            let component = Component::new(
                "PermissionSet",
                keeper.name.clone(),
                write(&desired, live_document),
            );
            let address = Address::new(KIND.name, keeper.name.clone());
            draft.change(
                address,
                comparison,
                Stage::Containers,
                &keeper.entry.place,
                Write::Deploy(vec![component]),
            );
        }
        done.push(keeper.name);
    }
    draft
}

/// A permission set as the org has it, laid open: all that it grants.
pub(super) fn stands(name: &str, live: &Live) -> Option<Attributes> {
    laid_open(&document::read(live.permission_set_document(name).found()?))
}

fn read(document: &Element, object: &str) -> PermissionSet {
    let objects = clone::document_objects(document);
    let flags = objects.get(object).copied().unwrap_or_default();
    let mut along = clone::read_along_with(object);
    along.retain(|along| objects.get(*along).is_some_and(|flags| flags.read));
    let label = document.text_of("label").unwrap_or_default().to_owned();
    PermissionSet {
        label,
        object: object.to_owned(),
        flags,
        along,
    }
}

fn desired(keeper: &Keeper) -> PermissionSet {
    let modify = keeper.access == KeptAccess::ModifyAll;
    let flags = ObjectFlags {
        read: true,
        edit: modify,
        delete: modify,
        view_all: true,
        modify_all: modify,
        ..ObjectFlags::default()
    };
    PermissionSet {
        label: keeper.name.replace('_', " "),
        object: keeper.object.to_owned(),
        flags,
        along: clone::read_along_with(keeper.object),
    }
}

/// A permission set deploy replaces the whole set, so the live one is carried along.
fn write(desired: &PermissionSet, live: Option<&Element>) -> Element {
    let mut document = live
        .cloned()
        .unwrap_or_else(|| Element::new("PermissionSet"));
    document.name = "PermissionSet".into();
    document.attributes = Box::default();
    document.remove("fullName");
    document.set_text("hasActivationRequired", "false");
    document.set_text("label", &desired.label);
    clone::set_object_permission(&mut document, &desired.object, desired.flags);
    for object in &desired.along {
        let objects = clone::document_objects(&document);
        let standing = objects.get(*object).copied().unwrap_or_default();
        let flags = ObjectFlags {
            read: true,
            ..standing
        };
        clone::set_object_permission(&mut document, object, flags);
    }
    document
}
