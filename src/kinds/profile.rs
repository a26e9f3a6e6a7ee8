//! Profiles. At its creation the whole profile is ours, computed by [`crate::clone`]; later only what the manifest
//! states, the removals, and View All and Modify All on the selective objects.

use super::profile_name::{full_name, label};
use super::{Draft, Kind, Resource, column, compare, unknown};
use crate::address::Address;
use crate::change::{Attributes, Component, Write};
use crate::clone::{self, ObjectFlags, REMOVED, Source, Wishes};
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, PROFILES, Question};
use crate::manifest::{self, LoginRestrictions, Manifest, ObjectPermission};
use crate::soql;
use crate::xml::{self, Element};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Profiles.
pub(super) static KIND: Kind = Kind {
    name: "profile",
    noun: "profile",
    ask,
    propose,
};

/// What is compared of a profile that exists: the entries we own.
#[derive(Clone, Debug, Default, PartialEq)]
struct Profile {
    user_permissions: BTreeMap<String, (bool, Option<String>)>,
    objects: BTreeMap<String, (ObjectFlags, Option<String>)>,
    description: Option<String>,
}

impl Resource for Profile {
    fn attributes(&self) -> Attributes {
        let mut attributes: Attributes =
            vec![("description".into(), json!(self.description), None)];
        for (name, (enabled, reason)) in &self.user_permissions {
            attributes.push((
                format!("userPermissions.{name}"),
                json!(enabled),
                reason.clone(),
            ));
        }
        for (object, (flags, reason)) in &self.objects {
            attributes.push((
                format!("objectPermissions.{object}"),
                json!(flags.words()),
                reason.clone(),
            ));
        }
        attributes
    }
}

/// A profile that is made: what it comes from, and how it differs from that.
struct Cloned<'a> {
    source: Option<String>,
    clone: &'a clone::Clone,
    stated: &'a BTreeMap<String, bool>,
}

impl Resource for Cloned<'_> {
    fn attributes(&self) -> Attributes {
        let licence = self.clone.document.text_of("userLicense");
        let mut attributes: Attributes = vec![
            ("cloneFrom".into(), json!(self.source), None),
            ("userLicense".into(), json!(licence), None),
        ];
        for (name, reason) in &self.clone.removed {
            attributes.push((
                format!("userPermissions.{name}"),
                json!(false),
                Some(reason.clone()),
            ));
        }
        for (name, enabled) in self.stated {
            let reason = Some("stated in the manifest".to_owned());
            attributes.push((format!("userPermissions.{name}"), json!(enabled), reason));
        }
        for (object, _, after, reason) in &self.clone.objects {
            attributes.push((
                format!("objectPermissions.{object}"),
                json!(after.words()),
                Some(reason.clone()),
            ));
        }
        for (name, count) in &self.clone.left_out {
            let reason = Some(format!(
                "{count} of the source left out: they would lock the integration out"
            ));
            attributes.push(((*name).into(), json!("left out"), reason));
        }
        attributes.push((
            "sameAsSource".into(),
            json!(self.clone.kept),
            Some("settings kept as they are".into()),
        ));
        attributes
    }
}

fn ask(manifest: &Manifest) -> Vec<Question> {
    let Some(profile) = &manifest.spec.profile else {
        return Vec::new();
    };
    let mut questions = vec![
        Question::Component("Profile", full_name(&profile.name)),
        Question::Describe("PermissionSet".to_owned()),
        Question::Query(object_permissions(profile)),
    ];
    if let Some(source) = &profile.clone_from {
        questions.push(Question::Component("Profile", full_name(source)));
    }
    questions
}

/// What both profiles really grant on each object: cheaper and more exact than the metadata document.
fn object_permissions(profile: &manifest::Profile) -> String {
    let source = profile.clone_from.as_ref().map(|source| label(source));
    let names = std::iter::once(profile.name.value.clone()).chain(source);
    format!(
        "SELECT Parent.Profile.Name, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, \
         PermissionsDelete, PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions \
         WHERE Parent.IsOwnedByProfile = true AND Parent.Profile.Name IN {}",
        soql::list(names)
    )
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.profile else {
        return draft;
    };
    let live = facts.component("Profile", &full_name(&wanted.name));
    draft.errors.extend(standard(wanted, live));
    draft.errors.extend(unknown_objects(wanted, facts));
    let address = Address::new(KIND.name, wanted.name.value.clone());
    if wanted.absent {
        let removal = Write::Deploy(vec![Component::removal("Profile", full_name(&wanted.name))]);
        let gone = live.map(|_| Profile::default());
        if let Some(comparison) = compare(gone.as_ref(), None) {
            draft.change(address, comparison, 6, &wanted.place, removal);
        }
        return draft;
    }
    match live {
        Some(document) => update(wanted, manifest, document, facts, address, &mut draft),
        None => create(wanted, manifest, facts, address, &mut draft),
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
        Diagnostic::error("OW2114", message)
            .at(&wanted.name.place)
            .help(help),
    )
}

fn unknown_objects(wanted: &manifest::Profile, facts: &Facts) -> Vec<Diagnostic> {
    let known = exact_objects(facts, wanted, None);
    let listed = || known.keys().map(String::as_str);
    if facts.offline || known.is_empty() {
        return Vec::new();
    }
    let stated = wanted
        .object_permissions
        .iter()
        .map(|(object, flags)| (object.as_str(), &flags.place));
    let selective = wanted.without_data_administration.iter().flatten();
    let named = stated.chain(selective.map(|object| (object.value.as_str(), &object.place)));
    let missing = named
        .filter(|(object, _)| !known.contains_key(*object) && facts.describe(object).is_none());
    missing
        .map(|(object, place)| unknown("OW2101", "object", object, place, listed()))
        .collect()
}

/// Object permissions of one profile, or of both where none is named.
fn exact_objects(
    facts: &Facts,
    wanted: &manifest::Profile,
    name: Option<&str>,
) -> BTreeMap<String, ObjectFlags> {
    let rows = facts.rows(&object_permissions(wanted)).iter();
    let of_profile =
        rows.filter(|row| name.is_none_or(|name| row.text("Parent.Profile.Name") == Some(name)));
    of_profile
        .filter_map(|row| {
            Some((
                row.text("SobjectType")?.to_owned(),
                ObjectFlags::of_row(row),
            ))
        })
        .collect()
}

fn wishes(wanted: &manifest::Profile, manifest: &Manifest) -> Wishes {
    let objects = manifest
        .spec
        .sharing
        .iter()
        .map(|sharing| sharing.object.value.clone());
    let selective = match &wanted.without_data_administration {
        Some(stated) => stated.iter().map(|object| object.value.clone()).collect(),
        None => objects.collect(),
    };
    Wishes {
        selective,
        object_permissions: wanted
            .object_permissions
            .iter()
            .map(|(o, flags)| (o.clone(), flags_of(flags)))
            .collect(),
        user_permissions: wanted
            .user_permissions
            .iter()
            .map(|(name, on)| (name.clone(), on.value))
            .collect(),
        fields: fields(wanted, manifest),
        login_restrictions: wanted.login_restrictions == LoginRestrictions::Clone,
        description: wanted
            .description
            .as_ref()
            .map(|description| description.value.clone()),
    }
}

/// The fields of the manifest that this profile sees: a source that may not see one says so, and a clone must not.
fn fields(wanted: &manifest::Profile, manifest: &Manifest) -> BTreeSet<String> {
    let own = |viewer: &manifest::Sp<String>| label(viewer) == wanted.name.value;
    let fields = manifest.spec.fields.iter().filter(|field| !field.absent);
    fields
        .filter(|field| field.visible_to.iter().all(|all| all.iter().any(own)))
        .map(|field| format!("{}.{}", field.object, field.name))
        .collect()
}

fn flags_of(stated: &BTreeSet<ObjectPermission>) -> ObjectFlags {
    let has = |permission| stated.contains(&permission);
    ObjectFlags {
        read: has(ObjectPermission::Read),
        create: has(ObjectPermission::Create),
        edit: has(ObjectPermission::Edit),
        delete: has(ObjectPermission::Delete),
        view_all: has(ObjectPermission::ViewAll),
        modify_all: has(ObjectPermission::ModifyAll),
        view_all_fields: has(ObjectPermission::ViewAllFields).then_some(true),
    }
}

fn create(
    wanted: &manifest::Profile,
    manifest: &Manifest,
    facts: &Facts,
    address: Address,
    draft: &mut Draft,
) {
    let wishes = wishes(wanted, manifest);
    let vocabulary = vocabulary(facts);
    draft
        .errors
        .extend(unknown_permissions(wanted, &vocabulary));
    draft.errors.extend(not_renamed(wanted, facts));
    let Some(document) = source_document(wanted, facts, draft) else {
        return;
    };
    let source_name = wanted.clone_from.as_ref().map(|source| label(source));
    let objects = source_name
        .as_deref()
        .map(|name| exact_objects(facts, wanted, Some(name)))
        .unwrap_or_default();
    let clone = clone::clone(
        &Source {
            document: &document,
            objects,
            vocabulary,
        },
        &wishes,
    );
    let cloned = Cloned {
        source: source_name,
        clone: &clone,
        stated: &wishes.user_permissions,
    };
    let Some(comparison) = compare(None, Some(&cloned)) else {
        return;
    };
    let fingerprint = xml::write(&clone.document).ok();
    let component = Component::new("Profile", full_name(&wanted.name), clone.document.clone());
    draft.change(
        address,
        comparison,
        1,
        &wanted.place,
        Write::Deploy(vec![component]),
    );
    if let Some(change) = draft.changes.last_mut() {
        change.fingerprint = fingerprint;
    }
}

/// What the new profile starts from: the live source, or next to nothing.
fn source_document(
    wanted: &manifest::Profile,
    facts: &Facts,
    draft: &mut Draft,
) -> Option<Element> {
    let empty = || Element::new("Profile").with(Element::leaf("userLicense", "Salesforce"));
    let Some(source) = &wanted.clone_from else {
        return Some(empty());
    };
    if let Some(document) = facts.component("Profile", &full_name(source)) {
        let mut document = document.clone();
        document.name = "Profile".to_owned();
        document.attributes.clear();
        return Some(document);
    }
    if facts.offline {
        return Some(empty());
    }
    let known = column(facts.rows(PROFILES), "Name");
    draft
        .errors
        .push(unknown("OW2104", "profile", source, &source.place, known));
    None
}

fn not_renamed(wanted: &manifest::Profile, facts: &Facts) -> Option<Diagnostic> {
    let earlier = wanted.renamed_from.as_ref()?;
    column(facts.rows(PROFILES), "Name").find(|name| *name == earlier.value)?;
    let message =
        format!("the org still has the profile `{earlier}` and a deploy cannot rename it");
    let help = format!(
        "rename it to `{}` in Setup > Profiles, then plan again",
        wanted.name
    );
    Some(
        Diagnostic::error("OW2110", message)
            .at(&earlier.place)
            .help(help),
    )
}

/// The user permissions this org knows: the `Permissions*` columns of its `PermissionSet`.
fn vocabulary(facts: &Facts) -> BTreeSet<String> {
    let fields = facts
        .describe("PermissionSet")
        .and_then(|describe| describe.get("fields")?.as_array());
    let names = fields
        .into_iter()
        .flatten()
        .filter_map(|field| field.get("name")?.as_str());
    names
        .filter_map(|name| name.strip_prefix("Permissions"))
        .map(str::to_owned)
        .collect()
}

fn unknown_permissions(
    wanted: &manifest::Profile,
    vocabulary: &BTreeSet<String>,
) -> Vec<Diagnostic> {
    if vocabulary.is_empty() {
        return Vec::new();
    }
    let unknowns = wanted
        .user_permissions
        .iter()
        .filter(|(name, _)| !vocabulary.contains(*name));
    let names = || vocabulary.iter().map(String::as_str);
    unknowns
        .map(|(name, on)| unknown("OW2106", "user permission", name, &on.place, names()))
        .collect()
}

fn update(
    wanted: &manifest::Profile,
    manifest: &Manifest,
    document: &Element,
    facts: &Facts,
    address: Address,
    draft: &mut Draft,
) {
    draft
        .errors
        .extend(unknown_permissions(wanted, &vocabulary(facts)));
    let wishes = wishes(wanted, manifest);
    let live = live(document, wanted, facts, &wishes);
    let desired = overlay(&live, &wishes, gained(wanted, document, facts, draft));
    let Some(comparison) = compare(Some(&live), Some(&desired)) else {
        return;
    };
    let mut overlaid = Element::new("Profile");
    if desired.description != live.description {
        overlaid.set_text(
            "description",
            desired.description.as_deref().unwrap_or_default(),
        );
    }
    for (name, (enabled, _)) in &desired.user_permissions {
        if live.user_permissions.get(name).map(|(on, _)| on) != Some(enabled) {
            clone::set_user_permission(&mut overlaid, name, *enabled);
        }
    }
    for (object, (flags, _)) in &desired.objects {
        if live.objects.get(object).map(|(flags, _)| flags) != Some(flags) {
            clone::set_object_permission(&mut overlaid, object, *flags);
        }
    }
    let component = Component::new("Profile", full_name(&wanted.name), overlaid);
    draft.change(
        address,
        comparison,
        1,
        &wanted.place,
        Write::Deploy(vec![component]),
    );
}

/// The entries we own, as they are.
fn live(document: &Element, wanted: &manifest::Profile, facts: &Facts, wishes: &Wishes) -> Profile {
    let granted = clone::granted(document);
    let removed = REMOVED.iter().map(|(name, _)| (*name).to_owned());
    let owned = removed
        .filter(|name| granted.contains(name))
        .chain(wishes.user_permissions.keys().cloned());
    let exact = exact_objects(facts, wanted, Some(&wanted.name));
    let listed = clone::document_objects(document);
    let flags = |object: &str| {
        exact
            .get(object)
            .or_else(|| listed.get(object))
            .copied()
            .unwrap_or_default()
    };
    let objects = clone::cascade(&wishes.selective)
        .into_keys()
        .chain(wishes.object_permissions.keys().cloned());
    Profile {
        user_permissions: owned
            .map(|name| (name.clone(), (granted.contains(&name), None)))
            .collect(),
        objects: objects
            .map(|object| (object.clone(), (flags(&object), None)))
            .collect(),
        description: document
            .text_of("description")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
    }
}

fn overlay(live: &Profile, wishes: &Wishes, gained: Vec<String>) -> Profile {
    let mut desired = live.clone();
    for (name, reason) in REMOVED {
        if let Some(entry) = desired.user_permissions.get_mut(name) {
            *entry = (false, Some(reason.to_owned()));
        }
    }
    for name in gained {
        desired.user_permissions.insert(
            name,
            (
                true,
                Some("the clone source has it, and `follow: source`".into()),
            ),
        );
    }
    for (name, enabled) in &wishes.user_permissions {
        desired
            .user_permissions
            .insert(name.clone(), (*enabled, None));
    }
    for (object, reason) in clone::cascade(&wishes.selective) {
        if let Some((flags, why)) = desired.objects.get_mut(&object) {
            *flags = flags.without_data_administration();
            *why = Some(reason);
        }
    }
    for (object, flags) in &wishes.object_permissions {
        desired.objects.insert(object.clone(), (*flags, None));
    }
    if wishes.description.is_some() {
        desired.description.clone_from(&wishes.description);
    }
    desired
}

/// What the clone source has and the clone has not, removals aside: taken over with `follow: source`, else a finding.
fn gained(
    wanted: &manifest::Profile,
    document: &Element,
    facts: &Facts,
    draft: &mut Draft,
) -> Vec<String> {
    let Some(source) = &wanted.clone_from else {
        return Vec::new();
    };
    let Some(source_document) = facts.component("Profile", &full_name(source)) else {
        return Vec::new();
    };
    let ours = clone::granted(document);
    let stated = |name: &str| wanted.user_permissions.contains_key(name);
    let removed = |name: &str| REMOVED.iter().any(|(gone, _)| *gone == name);
    let theirs = clone::granted(source_document);
    let gained: Vec<String> = theirs
        .difference(&ours)
        .filter(|name| !removed(name) && !stated(name))
        .cloned()
        .collect();
    if gained.is_empty() || wanted.follow {
        return gained;
    }
    let message = format!(
        "`{}` has {} user permissions that `{}` lacks",
        label(source),
        gained.len(),
        wanted.name
    );
    let help = format!(
        "{}; state them under `userPermissions`, or say `follow: source`",
        gained.join(", ")
    );
    let address = Address::new(KIND.name, wanted.name.value.clone());
    draft.findings.push(
        Diagnostic::note("OW2016", message)
            .at(&wanted.name.place)
            .help(help)
            .about(address),
    );
    Vec::new()
}
