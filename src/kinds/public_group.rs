//! The public group of `keepAccess: everyone`. Its members are records: a kind of their own.

use super::everyone::{self, kept_by_everyone, not_kept};
use super::{Attributed, Draft, Kind, compare};
use crate::address::Address;
use crate::change::{Attributes, Component, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Live, everyone_name};
use crate::manifest::Manifest;
use crate::xml::Element;
use serde_json::json;

/// Public groups.
pub(super) static KIND: Kind = Kind {
    name: "public_group",
    noun: "public group",
    needs: everyone::needs,
    propose,
};

/// Longest label of a group, in characters.
const LONGEST_LABEL: usize = 40;

#[derive(Clone, Debug, PartialEq)]
struct PublicGroup {
    label: String,
    includes_bosses: bool,
    description: Option<String>,
}

impl Attributed for PublicGroup {
    fn attributes(&self) -> Attributes {
        vec![
            ("label".into(), json!(self.label), None),
            (
                "doesIncludeBosses".into(),
                json!(self.includes_bosses),
                None,
            ),
            ("description".into(), json!(self.description), None),
        ]
    }
}

/// The entry that asks for the group first.
pub(super) fn first_entry(manifest: &Manifest, live: &Live) -> Option<Place> {
    let kept = kept_by_everyone(manifest, live);
    let mut sharing = manifest.spec.sharing.iter();
    let first = sharing.find(|sharing| kept.contains_key(sharing.object.as_str()))?;
    Some(first.keep_everyone.as_ref()?.place.clone())
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    for sharing in &manifest.spec.sharing {
        draft.errors.extend(not_kept(sharing, manifest, live));
    }
    match first_entry(manifest, live) {
        Some(place) => put(manifest, live, &place, &mut draft),
        None => remove(manifest, live, &mut draft),
    }
    draft
}

fn put(manifest: &Manifest, live: &Live, place: &Place, draft: &mut Draft) {
    let name = everyone_name(manifest);
    if live.is_others_group(manifest) {
        let message =
            format!("the org has a public group `{name}` that was not made for this manifest");
        let help = "rename that group, or give the manifest another `metadata.name`";
        let error = Diagnostic::error(Code::GroupOfOthers, message).at(place);
        draft.errors.push(error.help(help));
        return;
    }
    let standing = standing(&name, manifest, live);
    let kept = kept_by_everyone(manifest, live);
    let of_name = || {
        manifest
            .name
            .chars()
            .take(LONGEST_LABEL - "Everyone but ".len())
    };
    let desired = PublicGroup {
        label: match &standing {
            Some(standing) => standing.label.clone(),
            None => format!("Everyone but {}", of_name().collect::<String>().trim_end()),
        },
        includes_bosses: false,
        description: live.everyone_description(manifest, &kept),
    };
    let Some(comparison) = compare(standing.as_ref(), Some(&desired)) else {
        return;
    };
    let mut document = Element::new("Group");
    if let Some(description) = &desired.description {
        document.set_text("description", description);
    }
    document.set_text("doesIncludeBosses", "false");
    document.set_text("name", &desired.label);
    let component = Component::new("Group", name.clone(), document);
    let write = Write::Deploy(vec![component]);
    let address = Address::new(KIND.name, name);
    draft.change(address, comparison, Stage::Containers, place, write);
}

/// The group as the org has it. A description that nobody told is as it should be.
fn standing(name: &str, manifest: &Manifest, live: &Live) -> Option<PublicGroup> {
    let group = live.group_of_name(name)?;
    let kept = kept_by_everyone(manifest, live);
    let (label, description) = match live.described_everyone(manifest) {
        Some((label, description)) => (label.to_owned(), description.map(str::to_owned)),
        None => (
            name.replace('_', " "),
            live.everyone_description(manifest, &kept),
        ),
    };
    Some(PublicGroup {
        label,
        includes_bosses: group.includes_bosses != Some(false),
        description,
    })
}

/// The group goes where the manifest says `absent: true`, and no object needs it.
fn remove(manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let mut entries = manifest.spec.sharing.iter();
    let absent =
        entries.find_map(|sharing| sharing.keep_everyone.as_ref().filter(|one| one.absent));
    let name = everyone_name(manifest);
    let (Some(absent), Some(standing)) = (absent, standing(&name, manifest, live)) else {
        return;
    };
    if live.is_others_group(manifest) || !draft.errors.is_empty() {
        return;
    }
    let Some(comparison) = compare(Some(&standing), None) else {
        return;
    };
    let write = Write::Deploy(vec![Component::removal("Group", name.clone())]);
    let address = Address::new(KIND.name, name);
    draft.change(address, comparison, Stage::Removals, &absent.place, write);
}
