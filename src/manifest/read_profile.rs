//! From the node tree to the typed manifest: the profile.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Content, Entry, Node};
use super::read::texts;
use super::reader::{Section, flag, items, word};
use super::spanned::Sp;
use super::spec::{LeaveOut, Profile, WithoutAdministration};
use super::words::{LoginRestrictions, ObjectPermission};
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn profile(mut section: Section<'_>) -> Profile {
    let login_restrictions = section.word("loginRestrictions");
    let profile = Profile {
        name: section.required_text("name"),
        clone_from: section.text("cloneFrom"),
        without_data_administration: removals(&mut section),
        without_administration: without_administration(&mut section),
        object_permissions: object_permissions(&mut section),
        user_permissions: user_permissions(&mut section),
        leave_out: section.section("leaveOut").map(leave_out),
        login_restrictions: login_restrictions
            .map_or(LoginRestrictions::LeaveOut, |restrictions| {
                restrictions.value
            }),
        follow: follow(&mut section),
        description: section.text("description"),
        renamed_from: section.text("renamedFrom"),
        absent: section.is_set("absent"),
        place: section.place.clone(),
    };
    section.finish();
    profile
}

/// The objects that lose data administration. An empty list would take nothing away anywhere.
fn removals(section: &mut Section<'_>) -> Option<Vec<Sp<String>>> {
    const KEY: &str = "withoutDataAdministration";
    let place = &section.entry(KEY)?.key_place;
    let objects = texts(section, KEY)?;
    if section.list(KEY).is_some_and(<[Node]>::is_empty) {
        let finding =
            Diagnostic::error(Code::NothingToTakeAway, format!("`{KEY}` names no object"))
                .at(place);
        let help =
            "name the objects, or leave the key out: then it is every object under `sharing`";
        section.findings.push(finding.help(help));
    }
    Some(objects)
}

/// `true`, or a map that names what is kept all the same; `false` is as good as nothing.
fn without_administration(section: &mut Section<'_>) -> Option<WithoutAdministration> {
    const KEY: &str = "withoutAdministration";
    let entry = section.entry(KEY)?;
    let place = entry.key_place.clone();
    if !matches!(entry.value.content, Content::Map(_)) {
        let keep = Vec::new();
        return section
            .is_set(KEY)
            .then_some(WithoutAdministration { keep, place });
    }
    let mut kept = section.section(KEY)?;
    let keep = texts(&mut kept, "keep").unwrap_or_default();
    kept.finish();
    Some(WithoutAdministration { keep, place })
}

fn leave_out(mut section: Section<'_>) -> LeaveOut {
    let leave_out = LeaveOut {
        tabs: texts(&mut section, "tabs"),
        fields: texts(&mut section, "fields"),
        apps: texts(&mut section, "apps"),
        classes: texts(&mut section, "classes"),
        layouts: texts(&mut section, "layouts"),
        record_types: texts(&mut section, "recordTypes"),
    };
    section.finish();
    leave_out
}

fn follow(section: &mut Section<'_>) -> bool {
    let Some(follow) = section.text("follow") else {
        return false;
    };
    if *follow != "source" {
        let finding = super::reader::unknown_word(&follow, &follow.place, &["source"]);
        section.findings.push(finding);
    }
    true
}

/// Each object's permissions, placed at the object's key.
fn object_permissions(
    section: &mut Section<'_>,
) -> BTreeMap<String, Sp<BTreeSet<ObjectPermission>>> {
    let findings = section.findings;
    let read = |entry: &Entry| -> Option<Sp<BTreeSet<ObjectPermission>>> {
        let permissions = match &entry.value.content {
            Content::Null => &[],
            _ => items(&entry.value, findings)?,
        };
        let words = permissions.iter().filter_map(|item| word(item, findings));
        let set = words.map(|permission: Sp<ObjectPermission>| permission.value);
        Some(Sp::new(set.collect(), entry.key_place.clone()))
    };
    keyed(section, "objectPermissions", read)
}

/// Each system permission, placed at its key.
fn user_permissions(section: &mut Section<'_>) -> BTreeMap<String, Sp<bool>> {
    let findings = section.findings;
    let read = |entry: &Entry| {
        let value = flag(&entry.value, findings)?;
        Some(Sp::new(value.value, entry.key_place.clone()))
    };
    keyed(section, "userPermissions", read)
}

/// The map under `key`, whose own keys the author chooses.
pub(super) fn keyed<T>(
    section: &mut Section<'_>,
    key: &'static str,
    read: impl Fn(&Entry) -> Option<T>,
) -> BTreeMap<String, T> {
    let Some(map) = section.section(key) else {
        return BTreeMap::new();
    };
    let entries = map.entries().iter();
    entries
        .filter_map(|entry| Some((entry.key.to_string(), read(entry)?)))
        .collect()
}
