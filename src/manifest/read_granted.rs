//! From the node tree to the typed manifest: what is granted by permission sets, and the licences behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::granted::{
    AllOrNamed, ExistingProfile, GrantedFields, GrantedObject, GrantedSet, SetLicenseRef,
};
use super::node::{Content, Entry, Node};
use super::read::texts;
use super::reader::{Section, items, text, word, wrong_type};
use super::spanned::Sp;
use super::spec::PermissionSetRef;
use super::words::{NewFields, ObjectPermission};
use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// The word for everything that there is.
const ALL: &str = "all";

/// The permission sets of the manifest: a list of them, or one by itself.
pub(super) fn grants(section: &mut Section<'_>) -> Vec<GrantedSet> {
    const KEY: &str = "grants";
    let findings = section.findings;
    let Some(entry) = section.entry(KEY) else {
        return Vec::new();
    };
    match &entry.value.content {
        Content::Map(_) => grant(&entry.value, findings).into_iter().collect(),
        _ => section.list_of(KEY, grant),
    }
}

fn grant<'a>(node: &'a Node, findings: &'a Findings) -> Option<GrantedSet> {
    let mut section = Section::open(node, &node.place, findings)?;
    let set = GrantedSet {
        name: section.required_text("name"),
        label: section.text("label"),
        description: section.text("description"),
        license: section.text("license"),
        user_permissions: texts(&mut section, "userPermissions").unwrap_or_default(),
        objects: objects(&mut section),
        absent: section.is_set("absent"),
        place: section.place.clone(),
    };
    section.finish();
    Some(set)
}

fn objects(section: &mut Section<'_>) -> BTreeMap<String, GrantedObject> {
    let findings = section.findings;
    let Some(map) = section.section("objects") else {
        return BTreeMap::new();
    };
    let entries = map.entries().iter();
    entries
        .filter_map(|entry| Some((entry.key.to_string(), object(entry, findings)?)))
        .collect()
}

fn object(entry: &Entry, findings: &Findings) -> Option<GrantedObject> {
    let mut section = Section::open(&entry.value, &entry.key_place, findings)?;
    let object = GrantedObject {
        allow: allowed(&mut section),
        fields: section.section("fields").map(fields).unwrap_or_default(),
        record_types: all_or_named(&mut section, "recordTypes"),
        place: section.place.clone(),
    };
    section.finish();
    Some(object)
}

fn allowed(section: &mut Section<'_>) -> BTreeSet<ObjectPermission> {
    let findings = section.findings;
    let words = section.list("allow").unwrap_or_default().iter();
    let words = words.filter_map(|item| word(item, findings));
    words
        .map(|permission: Sp<ObjectPermission>| permission.value)
        .collect()
}

fn fields(mut section: Section<'_>) -> GrantedFields {
    let follow = section.word::<NewFields>("follow");
    let fields = GrantedFields {
        read: all_or_named(&mut section, "read"),
        edit: all_or_named(&mut section, "edit"),
        except: texts(&mut section, "except").unwrap_or_default(),
        follow: follow.map(|follow| follow.value).unwrap_or_default(),
    };
    section.finish();
    fields
}

/// `all`, or a list of names.
fn all_or_named(section: &mut Section<'_>, key: &'static str) -> Option<AllOrNamed> {
    let findings = section.findings;
    let node = &section.entry(key)?.value;
    if let Content::Scalar { text, .. } = &node.content {
        if &**text == ALL {
            return Some(AllOrNamed::All(node.place.clone()));
        }
        wrong_type(node, "`all` or a list", findings);
        return None;
    }
    let names = items(node, findings)?.iter();
    Some(AllOrNamed::Named(
        names.filter_map(|name| text(name, findings)).collect(),
    ))
}

/// The profiles of which the first that there is, is used as it is.
pub(super) fn existing_profile(mut section: Section<'_>) -> ExistingProfile {
    const KEY: &str = "existing";
    let existing = texts(&mut section, KEY).unwrap_or_default();
    if section.list(KEY).is_some_and(<[Node]>::is_empty) {
        let message = "`existing` names no profile";
        section
            .findings
            .error(Code::ExistingProfile, &section.place, message);
    }
    for entry in section.entries().iter().filter(|entry| &*entry.key != KEY) {
        let message = format!(
            "`{}` stands beside `existing`, of which nothing is changed",
            entry.key
        );
        let finding = Diagnostic::error(Code::ExistingProfile, message).at(&entry.key_place);
        let help = "grant it with a permission set under `grants`, or make a profile with `name` and `cloneFrom`";
        section.findings.push(finding.help(help));
    }
    ExistingProfile {
        existing,
        place: section.place.clone(),
    }
}

pub(super) fn set_license<'a>(node: &'a Node, findings: &'a Findings) -> Option<SetLicenseRef> {
    if !matches!(node.content, Content::Map(_)) {
        let name = text(node, findings)?;
        return Some(SetLicenseRef {
            name,
            absent: false,
        });
    }
    let mut section = Section::open(node, &node.place, findings)?;
    let license = SetLicenseRef {
        name: section.required_text("name"),
        absent: section.is_set("absent"),
    };
    section.finish();
    Some(license)
}

/// A permission set, or a group of them, that the user is assigned.
pub(super) fn permission_set<'a>(
    node: &'a Node,
    findings: &'a Findings,
) -> Option<PermissionSetRef> {
    if !matches!(node.content, Content::Map(_)) {
        let name = text(node, findings)?;
        return Some(PermissionSetRef {
            name,
            is_group: false,
            expires: None,
            absent: false,
        });
    }
    let mut section = Section::open(node, &node.place, findings)?;
    let group = section.text("group");
    let is_group = group.is_some();
    let name = match group {
        Some(group) => group,
        None => section.required_text("name"),
    };
    if is_group && let Some(named) = section.entry("name") {
        let message = "an entry is a permission set, by `name`, or a `group` of them";
        findings.error(Code::AssignmentEntry, &named.key_place, message);
    }
    let absent = section.is_set("absent");
    let expires = section.text("expires").and_then(|day| a_day(day, findings));
    if let (true, Some(expires)) = (absent, &expires) {
        let message = "what is taken away does not expire";
        findings.error(Code::AssignmentEntry, &expires.place, message);
    }
    section.finish();
    Some(PermissionSetRef {
        name,
        is_group,
        expires,
        absent,
    })
}

/// A day as `2027-03-31`.
pub(super) fn a_day(day: Sp<String>, findings: &Findings) -> Option<Sp<String>> {
    if day
        .value
        .parse::<jiff::civil::Date>()
        .is_ok_and(|date| date.to_string() == day.value)
    {
        return Some(day);
    }
    let message = format!("`{day}` is not a day");
    let finding = Diagnostic::error(Code::NotADay, message).at(&day.place);
    findings.push(finding.help("write it as 2027-03-31"));
    None
}
