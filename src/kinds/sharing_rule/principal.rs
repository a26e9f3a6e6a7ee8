//! Whom rules share with and whose records they share: roles, public groups and queues by name.

use super::super::{has_role, unknown_name, unknown_role};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::Live;
use crate::manifest::{self, Manifest, Principal};

/// Whether any rule names a group or a queue.
pub(super) fn names_a_group(manifest: &Manifest) -> bool {
    let rules = manifest
        .spec
        .sharing
        .iter()
        .flat_map(|sharing| &sharing.rules);
    let principals = rules.flat_map(|rule| rule.shared_to.iter().chain(rule.owned_by.iter()));
    principals
        .into_iter()
        .any(|principal| matches!(principal.value, Principal::Group(_) | Principal::Queue(_)))
}

/// Those that the org does not have.
pub(super) fn unknown_principals(
    rule: &manifest::Rule,
    manifest: &Manifest,
    live: &Live,
) -> Vec<Diagnostic> {
    let own = manifest
        .spec
        .role
        .as_ref()
        .map(|role| role.name.value.as_str());
    let mut errors = Vec::new();
    for principal in rule.shared_to.iter().chain(rule.owned_by.iter()) {
        let Some(name) = principal.name().filter(|name| own != Some(*name)) else {
            continue;
        };
        let what = match principal.value {
            Principal::Group(_) => "public group",
            Principal::Queue(_) => "queue",
            _ if has_role(name, live) => continue,
            _ => {
                errors.push(unknown_role(name, &principal.place, live));
                continue;
            }
        };
        if !has_group(name, live) {
            let code = Code::UnknownRecordInRule;
            let others = group_names(live);
            errors.push(unknown_name(code, what, name, &principal.place, others));
        }
    }
    errors
}

fn has_group(name: &str, live: &Live) -> bool {
    live.offline || group_names(live).contains(&name)
}

/// API names of public groups and queues.
fn group_names(live: &Live) -> Vec<&str> {
    let groups = live.groups().learnt().into_iter().flatten();
    groups.map(String::as_str).collect()
}
