//! A profile that is made: a clone of the live source, complete.

use super::super::{Attributed, Draft, compare, has_profile, profile_labels, unknown_name};
use super::login::{self, Ranges};
use super::wishes::wishes;
use super::{known, lost_fields, partial, power};
use crate::address::Address;
use crate::change::{Attributes, Component, Stage, Write};
use crate::clone::{self, Removals, Source};
use crate::code::Code;
use crate::count::{count, first_few};
use crate::diagnostic::Diagnostic;
use crate::live::{Live, profile_full_name as full_name};
use crate::manifest::{self, Manifest};
use crate::xml::{self, Element};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What it comes from, and how it differs from that.
struct Cloned<'a> {
    source: Option<String>,
    clone: &'a clone::ClonedProfile,
    stated: &'a BTreeMap<String, bool>,
    ranges: Option<&'a Ranges>,
    /// Fields that it reads and the source does not.
    readable: &'a BTreeSet<String>,
}

impl Attributed for Cloned<'_> {
    fn attributes(&self) -> Attributes {
        let licence = self.clone.document.text_of("userLicense");
        let mut attributes: Attributes = vec![
            ("cloneFrom".into(), json!(self.source), None),
            ("userLicense".into(), json!(licence), None),
        ];
        let mut because = |path: String, value: Value, reason: &str| {
            attributes.push((path, value, Some(reason.to_owned())));
        };
        for (name, reason) in &self.clone.removed {
            because(format!("userPermissions.{name}"), json!(false), reason);
        }
        for (name, enabled) in self.stated {
            let path = format!("userPermissions.{name}");
            because(path, json!(enabled), "stated in the manifest");
        }
        for field in self.readable {
            let path = format!("fieldPermissions.{field}");
            because(path, json!("read"), "a rule asks for it");
        }
        for changed in &self.clone.objects {
            let path = format!("objectPermissions.{}", changed.object);
            because(path, json!(changed.after.words()), &changed.reason);
        }
        if let Some(ranges) = self.ranges {
            let stated = json!(login::words(ranges));
            because("loginIpRanges".to_owned(), stated, "stated in the manifest");
        }
        for (name, count) in &self.clone.left_out {
            let reason =
                format!("{count} of the source left out: they would lock the integration out");
            because((*name).to_owned(), json!("left out"), &reason);
        }
        let kept = json!(self.clone.kept);
        because("sameAsSource".into(), kept, "settings kept as they are");
        attributes
    }
}

/// Proposes the new profile.
pub(super) fn create(
    wanted: &manifest::Profile,
    manifest: &Manifest,
    live: &Live,
    removals: &Removals,
    address: Address,
    draft: &mut Draft,
) {
    draft.errors.extend(not_renamed(wanted, live));
    let Some(document) = source_document(wanted, live, draft) else {
        return;
    };
    let mut wishes = wishes(wanted, manifest);
    wishes.readable = lost_fields::unread_fields(manifest, wanted, live);
    wishes.readable.retain(|field| {
        !wishes.fields.contains(field) && !lost_fields::is_listed(&document, field)
    });
    let source = wanted
        .clone_from
        .as_ref()
        .map(|source| live.profile_label(source));
    let known = known_source(&document, source.as_deref(), manifest, wanted, live);
    let mut clone = clone::clone(&known, &wishes, removals);
    let ranges = login::narrow(&mut clone.document, manifest, live, &address, draft);
    let told = remarks(&clone, &wishes.readable, wanted, &address);
    draft.findings.extend(told);
    let (permissions, objects) = (
        clone::granted(&clone.document),
        clone::document_objects(&clone.document),
    );
    let kept = power::Kept::new(permissions, objects, &wishes.selective);
    let kept = kept.and_granted(manifest, live);
    let remarks = power::remarks(&kept, &wanted.name.place, &address);
    draft.findings.extend(remarks);
    let cloned = Cloned {
        source,
        clone: &clone,
        stated: &wishes.user_permissions,
        ranges: ranges.as_ref(),
        readable: &wishes.readable,
    };
    let Some(comparison) = compare(None, Some(&cloned)) else {
        return;
    };
    let fingerprint = xml::write(&clone.document).ok();
    let component = Component::new("Profile", full_name(&wanted.name), clone.document.clone());
    let source = wanted.clone_from.as_ref();
    draft
        .findings
        .extend(source.and_then(|source| partial::completed_source(source, &address, live)));
    let write = Write::Deploy(vec![component]);
    draft.change(address, comparison, Stage::Containers, &wanted.place, write);
    if let Some(change) = draft.changes.last_mut() {
        change.fingerprint = fingerprint;
    }
}

fn known_source<'a>(
    document: &'a Element,
    name: Option<&str>,
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &'a Live,
) -> Source<'a> {
    let vocabulary = live.user_permissions().unwrap_or_default();
    let objects = name.map(|name| known::exact_objects(name, live));
    Source {
        document,
        objects: objects.unwrap_or_default(),
        fields: known::exact_fields(manifest, wanted, live),
        fixed_fields: known::fixed_fields(manifest, wanted, live),
        baseline: known::baseline(document, &vocabulary, live),
        vocabulary,
        tabs: live.tabs().learnt().cloned().unwrap_or_default(),
    }
}

/// What is told of a clone: what it reads besides its source, and what of the source it does not take.
fn remarks(
    clone: &clone::ClonedProfile,
    readable: &BTreeSet<String>,
    wanted: &manifest::Profile,
    address: &Address,
) -> Vec<Diagnostic> {
    let not_there = clone.not_there.iter();
    asked_granted(readable, wanted, address)
        .into_iter()
        .chain(left_out(&clone.unknown, wanted, address))
        .chain(tabs_left_out(&clone.unknown_tabs, wanted, address))
        .chain(not_there.map(|name| names_nothing(name, address)))
        .collect()
}

/// What the profile reads because rules ask for it, and its source does not.
fn asked_granted(
    fields: &BTreeSet<String>,
    wanted: &manifest::Profile,
    address: &Address,
) -> Option<Diagnostic> {
    if fields.is_empty() {
        return None;
    }
    let names: Vec<String> = fields.iter().cloned().collect();
    let message = format!(
        "the clone source cannot read {}, which rules ask for: the profile is given read of it",
        first_few(&names)
    );
    let help = "other fields that the integration reads or writes may be hidden from it as well: grant them with `grants`";
    let note = Diagnostic::note(Code::AskedFieldsGranted, message).help(help);
    Some(
        note.at(&wanted.name.place)
            .about(address.clone())
            .naming(&names),
    )
}

fn tabs_left_out(
    names: &[String],
    wanted: &manifest::Profile,
    address: &Address,
) -> Option<Diagnostic> {
    if names.is_empty() {
        return None;
    }
    let tabs = count(names.len() as u64, "tab");
    let message = format!("{tabs} of the clone source are left out: the org does not have them");
    let note = Diagnostic::note(Code::TabsNotThere, message).at(&wanted.name.place);
    let help = format!(
        "{}; users of the profile could not open them anyway",
        first_few(names)
    );
    Some(note.help(help).about(address.clone()).naming(names))
}

/// What is left out by hand and is not in the source.
fn names_nothing(name: &manifest::Sp<String>, address: &Address) -> Diagnostic {
    let message = format!(
        "`{name}` is not among the entries of the clone source that it would be left out of"
    );
    let help = "take it out of `leaveOut`, or write the name as the profile's document has it";
    let warning = Diagnostic::warning(Code::LeftOutNotThere, message).at(&name.place);
    warning.help(help).about(address.clone())
}

fn left_out(names: &[String], wanted: &manifest::Profile, address: &Address) -> Option<Diagnostic> {
    if names.is_empty() {
        return None;
    }
    let count = names.len();
    let message = format!(
        "{count} user permissions of the clone source are left out: the org does not list them"
    );
    Some(
        Diagnostic::note(Code::PermissionsNotListed, message)
            .at(&wanted.name.place)
            .help(names.join(", "))
            .about(address.clone()),
    )
}

/// What the new profile starts from: the live source, or next to nothing.
fn source_document(wanted: &manifest::Profile, live: &Live, draft: &mut Draft) -> Option<Element> {
    let empty = || Element::new("Profile").with(Element::leaf("userLicense", "Salesforce"));
    let Some(source) = &wanted.clone_from else {
        return Some(empty());
    };
    if let Some(document) = partial::complete_profile(source, live) {
        draft
            .errors
            .extend(partial::unreadable_source(source, live));
        let mut document = document.into_owned();
        document.name = "Profile".into();
        document.attributes = Box::default();
        return Some(document);
    }
    if live.offline {
        return Some(empty());
    }
    let known = profile_labels(live);
    draft.errors.push(unknown_name(
        Code::UnknownProfile,
        "profile",
        source,
        &source.place,
        known,
    ));
    None
}

fn not_renamed(wanted: &manifest::Profile, live: &Live) -> Option<Diagnostic> {
    let earlier = wanted.renamed_from.as_ref()?;
    let exists = !live.offline && has_profile(earlier, live);
    let message =
        format!("the org still has the profile `{earlier}` and a deploy cannot rename it");
    let help = format!(
        "rename it to `{}` in Setup > Profiles, then plan again",
        wanted.name
    );
    let error = || {
        Diagnostic::error(Code::RenameByHand, message)
            .at(&earlier.place)
            .help(help)
    };
    exists.then(error)
}
