//! The rule of `keepAccess: everyone`: every record, whoever owns it, for the group of everybody but integrations.

use super::super::everyone::{KeptLevel, every_record, kept_level};
use super::super::{Draft, compare};
use super::element::{metadata_type, read, write};
use super::{KIND, SharingRule, needs_replacing};
use crate::address::Address;
use crate::change::{Action, Component, Stage, Write};
use crate::live::{Live, RuleKind, everyone_name};
use crate::manifest::{Manifest, Principal, Sharing, Word};
use crate::xml::Element;
use std::collections::BTreeMap;

/// Proposes the rule, or that it goes.
pub(super) fn propose_everyone(
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    let Some(kept) = &sharing.keep_everyone else {
        return;
    };
    let name = everyone_name(manifest);
    let full_name = format!("{}.{name}", sharing.object);
    let element = live_rules.get(name.as_str()).copied();
    let own = element.map(read);
    let desired = match kept_level(sharing, manifest, live) {
        Some(KeptLevel::Of(access)) => Some(SharingRule {
            kind: RuleKind::Criteria,
            label: (own.as_ref()).map_or_else(|| name.replace('_', " "), |own| own.label.clone()),
            access: access.word().to_owned(),
            criteria: Some(every_record(&sharing.object)),
            owned_by: None,
            shared_to: super::element::principal_words(&Principal::Group(name)),
            include_all: Some(true),
            description: own.as_ref().and_then(|own| own.description.clone()),
        }),
        _ if kept.absent => None,
        _ => return,
    };
    let Some((action, fields)) = compare(own.as_ref(), desired.as_ref()) else {
        return;
    };
    let removal = |element| Component::removal(metadata_type(element), full_name.clone());
    let replaced = needs_replacing(action, &fields);
    let gone = element
        .filter(|_| replaced || desired.is_none())
        .map(removal);
    let made = desired.map(|rule| write(&full_name, &rule, sharing, manifest, live));
    let action = if replaced { Action::Replace } else { action };
    let write = Write::Deploy(gone.into_iter().chain(made).collect());
    let address = Address::new(KIND.name, full_name);
    draft.change(address, (action, fields), Stage::Rules, &kept.place, write);
}
