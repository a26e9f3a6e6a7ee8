//! `keepAccess` of roles.

use super::super::{Draft, compare, has_role, role_names, unknown_name};
use super::element::{principal_words, read, write};
use super::{KIND, SharingRule};
use crate::address::Address;
use crate::change::{Stage, Write};
use crate::code::Code;
use crate::live::{Live, RuleKind};
use crate::manifest::{KeepAccess, KeptAccess, Manifest, Principal, Sharing};
use crate::xml::Element;
use std::collections::BTreeMap;

/// `keepAccess` of roles, by the names of their rules: owner rules, so that they go on seeing what users own.
pub(super) fn kept_roles(sharing: &Sharing) -> Vec<(String, Principal, &KeepAccess)> {
    let entries = sharing.keep_access.iter();
    let rules = entries.filter_map(|entry| {
        let (name, target) = entry.holder.rule()?;
        Some((name, target, entry))
    });
    rules.collect()
}

/// Proposes the owner rule of one role.
pub(super) fn propose_kept(
    (name, target, entry): (&str, &Principal, &KeepAccess),
    (sharing, manifest): (&Sharing, &Manifest),
    live: &Live,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    let role = entry.holder.role();
    if let Some(role) = role.filter(|role| !has_role(role, live)) {
        let unknown = unknown_name(
            Code::UnknownRole,
            "role",
            role,
            &role.place,
            role_names(live),
        );
        draft.errors.push(unknown);
        return;
    }
    let full_name = format!("{}.{name}", sharing.object);
    let own = live_rules.get(name).copied().map(read);
    let access = if entry.access.value == KeptAccess::ReadWrite {
        "ReadWrite"
    } else {
        "ReadOnly"
    };
    let desired = SharingRule {
        kind: RuleKind::Owner,
        label: name.replace('_', " "),
        access: access.to_owned(),
        criteria: None,
        owned_by: Some("allInternalUsers".to_owned()),
        shared_to: principal_words(target),
        include_all: None,
        description: own.as_ref().and_then(|own| own.description.clone()),
    };
    let Some(comparison) = compare(own.as_ref(), Some(&desired)) else {
        return;
    };
    let component = write(&full_name, &desired, sharing, manifest, live);
    let address = Address::new(KIND.name, full_name);
    draft.change(
        address,
        comparison,
        Stage::Rules,
        &entry.place,
        Write::Deploy(vec![component]),
    );
}
