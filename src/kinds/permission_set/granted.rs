//! Permission sets of the manifest: made, owned whole, and what they will grant.

use super::completed::{completed, next_need};
use super::document::{SetState, read, write};
use super::fields::{FieldRights, FieldsAfter, fields_after};
use super::{KIND, beyond};
use crate::address::Address;
use crate::change::{Component, Stage, Write};
use crate::clone::{ObjectFlags, Right};
use crate::code::Code;
use crate::count::{agree, count, first_few};
use crate::diagnostic::Diagnostic;
use crate::kinds::{Draft, compare, lacks_object, unknown_name};
use crate::live::{Live, Need, ObjectRights};
use crate::manifest::{AllOrNamed, GrantedObject, GrantedSet, Manifest, NewFields};
use std::collections::{BTreeMap, BTreeSet};

/// What lets its holder read or change all data, so that the platform sets rights on every object of the set.
const OVER_ALL_DATA: [&str; 2] = ["ModifyAllData", "ViewAllData"];

pub(super) fn needs(manifest: &Manifest) -> Vec<Need> {
    let mut needs = Vec::new();
    for set in &manifest.spec.grants {
        needs.push(Need::PermissionSet(set.name.value.clone()));
    }
    for set in manifest.spec.granted_sets() {
        needs.push(Need::Object("PermissionSet".to_owned()));
        needs.extend(set.objects.keys().cloned().map(Need::Object));
        needs.extend(next_need(set, manifest, &Live::default()));
    }
    needs
}

pub(in crate::kinds) fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    let sets = manifest.spec.granted_sets();
    sets.filter_map(|set| next_need(set, manifest, live))
        .collect()
}

pub(super) fn propose(manifest: &Manifest, live: &Live, draft: &mut Draft) {
    for set in &manifest.spec.grants {
        propose_set(set, manifest, live, draft);
    }
    draft.errors.extend(beyond::check(manifest, live));
}

fn propose_set(set: &GrantedSet, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let address = Address::new(KIND.name, set.name.value.clone());
    let document = live.permission_set_document(&set.name).found();
    let today = document.map(read);
    if set.absent {
        let removal = vec![Component::removal("PermissionSet", set.name.value.clone())];
        if let Some(comparison) = compare(today.as_ref(), None) {
            let write = Write::Deploy(removal);
            draft.change(address, comparison, Stage::Removals, &set.place, write);
        }
        return;
    }
    draft.errors.extend(unknown(set, live));
    draft
        .errors
        .extend(fixed_licence(set, today.as_ref(), live));
    let (wanted, fields) = desired(set, manifest, today.as_ref(), live);
    for (object, fields) in fields {
        draft.errors.extend(fields.errors);
        let remark = later(&object, &fields.later, set);
        draft
            .findings
            .extend(remark.map(|it| it.about(address.clone())));
    }
    if let Some(comparison) = compare(today.as_ref(), Some(&wanted)) {
        let name = set.name.value.clone();
        let component = Component::new("PermissionSet", name, write(&wanted));
        let write = Write::Deploy(vec![component]);
        draft.change(address, comparison, Stage::Containers, &set.place, write);
    }
}

/// The set as the manifest means it, and what becomes of the fields of each object.
fn desired(
    set: &GrantedSet,
    manifest: &Manifest,
    today: Option<&SetState>,
    live: &Live,
) -> (SetState, Vec<(String, FieldsAfter)>) {
    let completed = completed(set, manifest, live);
    let fields = today.map(|today| &today.fields);
    let after = set.objects.iter().map(|(object, granted)| {
        let after = fields_after(object, granted, manifest, fields, live);
        (object.clone(), after)
    });
    let after: Vec<(String, FieldsAfter)> = after.collect();
    let granted = after.iter().flat_map(|(_, after)| &after.granted);
    let granted: FieldRights = granted
        .map(|(name, edits)| (name.clone(), *edits))
        .collect();
    let types = set.objects.iter();
    let types = types.flat_map(|(object, granted)| record_types(object, granted, live));
    let mut objects = completed.objects;
    let over_all = OVER_ALL_DATA
        .iter()
        .any(|name| completed.users.contains_key(*name));
    if let Some(today) = today.filter(|_| over_all) {
        for (object, flags) in &today.objects {
            objects.insert(object.clone(), flags.clone());
        }
    }
    let description = set.description.as_ref().map(|text| text.value.clone());
    let license = set
        .license
        .as_ref()
        .map(|name| licence_in_metadata(name, live));
    let label = set.label.as_ref().map(|label| label.value.clone());
    let state = SetState {
        label: label.unwrap_or_else(|| set.name.replace('_', " ")),
        description: description.or_else(|| today?.description.clone()),
        license: license.or_else(|| today?.license.clone()),
        sleeps: false,
        users: completed.users,
        objects,
        fields: granted,
        record_types: types.collect(),
        others: BTreeMap::new(),
    };
    (state, after)
}

/// A licence as documents name it: a permission set licence by its API name, a user licence by its name.
fn licence_in_metadata(name: &str, live: &Live) -> String {
    let licence = live.set_licence(name);
    licence.map_or_else(|| name.to_owned(), |licence| licence.name.clone())
}

fn record_types(object: &str, granted: &GrantedObject, live: &Live) -> Vec<String> {
    let named = |name: &str| format!("{object}.{name}");
    match &granted.record_types {
        None => Vec::new(),
        Some(AllOrNamed::Named(names)) => names.iter().map(|name| named(name)).collect(),
        Some(AllOrNamed::All(_)) => {
            let names = record_type_names(object, live);
            names.into_iter().map(named).collect()
        }
    }
}

/// The record types of an object, the one that every object has aside.
fn record_type_names<'a>(object: &str, live: &'a Live) -> Vec<&'a str> {
    let described = live.object(object).found().into_iter();
    let types = described.flat_map(|described| &described.record_types);
    let names = types.map(|one| one.developer_name.as_str());
    names.filter(|name| *name != "Master").collect()
}

/// Names that the org does not have: user permissions, objects, record types.
fn unknown(set: &GrantedSet, live: &Live) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    if let Some(vocabulary) = live.user_permissions() {
        let names = set.user_permissions.iter();
        for name in names.filter(|name| !vocabulary.contains(&name.value)) {
            let known = vocabulary.iter().map(String::as_str);
            let (code, what) = (Code::UnknownUserPermission, "user permission");
            errors.push(unknown_name(code, what, name, &name.place, known));
        }
    }
    for (object, granted) in &set.objects {
        if lacks_object(object, live) {
            let (code, place) = (Code::UnknownObject, &granted.place);
            errors.push(unknown_name(code, "object", object, place, []));
            continue;
        }
        let known = record_type_names(object, live);
        let stated = granted.record_types.iter().flat_map(AllOrNamed::named);
        let is_known = |name: &str| known.contains(&name) || live.object(object).found().is_none();
        for name in stated.filter(|name| !is_known(name)) {
            let what = format!("record type of {object}");
            let known = known.iter().copied();
            errors.push(unknown_name(
                Code::UnknownRecordType,
                &what,
                name,
                &name.place,
                known,
            ));
        }
    }
    errors
}

/// The platform never changes the licence of a set.
fn fixed_licence(set: &GrantedSet, today: Option<&SetState>, live: &Live) -> Option<Diagnostic> {
    let (stated, today) = (set.license.as_ref()?, today?);
    if today.license.as_ref() == Some(&licence_in_metadata(stated, live)) {
        return None;
    }
    let has = match &today.license {
        Some(has) => format!("belongs to the licence `{has}`"),
        None => "belongs to no licence".to_owned(),
    };
    let message = format!(
        "the permission set `{}` is there and {has}, for good",
        set.name
    );
    let help = "give the set another name, or take the one that is there away by hand";
    Some(
        Diagnostic::error(Code::SetLicenceFixed, message)
            .at(&stated.place)
            .help(help),
    )
}

/// Fields that came after the set was made.
fn later(object: &str, fields: &[String], set: &GrantedSet) -> Option<Diagnostic> {
    let granted = &set.objects.get(object)?.fields;
    let lists = granted.read.iter().chain(&granted.edit);
    let place = lists.filter_map(AllOrNamed::all).next()?;
    let number = fields.len() as u64;
    if number == 0 {
        return None;
    }
    let message = format!(
        "{} of {object} {} not granted by `{}`: made since, or taken out by hand",
        count(number, "custom field"),
        agree(number, "is", "are"),
        set.name
    );
    let help = format!(
        "{}; `follow: true` under `fields` grants them, `except` leaves them out for good",
        first_few(fields)
    );
    let remark = match granted.follow {
        NewFields::Difference => Diagnostic::error(Code::FieldsMadeLater, message),
        NewFields::Note | NewFields::Grant => Diagnostic::note(Code::FieldsMadeLater, message),
    };
    Some(remark.at(place).help(help).naming(fields))
}

/// User permissions that the sets of the manifest grant.
pub fn granted_permissions(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let sets = manifest.spec.granted_sets();
    sets.flat_map(|set| completed(set, manifest, live).users.into_keys())
        .collect()
}

/// What the sets of the manifest grant on objects.
pub(in crate::kinds) fn granted_objects(
    manifest: &Manifest,
    live: &Live,
) -> BTreeMap<String, ObjectFlags> {
    let mut objects: BTreeMap<String, ObjectFlags> = BTreeMap::new();
    for set in manifest.spec.granted_sets() {
        for (object, (granted, _)) in completed(set, manifest, live).objects {
            let flags = objects.entry(object).or_default();
            let has = Right::ALL.into_iter().filter(|right| granted.has(*right));
            *flags = has.fold(*flags, ObjectFlags::with);
        }
    }
    objects
}

/// What the sets of the manifest grant on one object.
pub fn granted_rights(object: &str, manifest: &Manifest, live: &Live) -> ObjectRights {
    let objects = granted_objects(manifest, live);
    let flags = objects.get(object).copied().unwrap_or_default();
    let permissions = granted_permissions(manifest, live);
    let over_all = |name: &str| permissions.contains(name);
    let modifies = over_all("ModifyAllData");
    let views = modifies || over_all("ViewAllData");
    ObjectRights {
        read: flags.read || views,
        create: flags.create || modifies,
        edit: flags.edit || modifies,
        delete: flags.delete || modifies,
        view_all: flags.view_all || views,
        modify_all: flags.modify_all || modifies,
    }
}
