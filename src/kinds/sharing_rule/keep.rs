//! `keepAccess` of roles.

use super::super::{Draft, compare, has_role, role_names, unknown_name};
use super::element::{element, read};
use super::{KIND, SharingRule};
use crate::address::Address;
use crate::change::{Component, Stage, Write};
use crate::code::Code;
use crate::live::{Live, RuleKind};
use crate::manifest::{self, Holder, KeptAccess, Sharing};
use crate::xml::Element;
use std::collections::BTreeMap;

/// `keepAccess` of a role: an owner rule, so that the role goes on seeing what its members own.
pub(super) fn kept_roles(
    sharing: &Sharing,
) -> Vec<(String, (&manifest::KeepAccess, &manifest::Sp<String>))> {
    let entries = sharing
        .keep_access
        .iter()
        .filter_map(|entry| match &entry.holder {
            Holder::Role(role) => Some((format!("Keep_{}", role.value), (entry, role))),
            Holder::Profile(_) => None,
        });
    entries.collect()
}

/// Proposes the owner rule of one role.
pub(super) fn propose_kept(
    name: &str,
    (entry, role): (&manifest::KeepAccess, &manifest::Sp<String>),
    sharing: &Sharing,
    live: &Live,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    if !has_role(role, live) {
        draft.errors.push(unknown_name(
            Code::UnknownRole,
            "role",
            role,
            &role.place,
            role_names(live),
        ));
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
        shared_to: format!("role:{role}"),
        include_all: None,
        description: own.as_ref().and_then(|own| own.description.clone()),
    };
    let Some(comparison) = compare(own.as_ref(), Some(&desired)) else {
        return;
    };
    let document = element(name, &desired, None);
    let component = Component::new("SharingOwnerRule", full_name.clone(), document);
    let address = Address::new(KIND.name, full_name);
    draft.change(
        address,
        comparison,
        Stage::Rules,
        &entry.place,
        Write::Deploy(vec![component]),
    );
}
