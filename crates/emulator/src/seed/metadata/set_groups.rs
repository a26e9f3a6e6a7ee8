//! Permission set groups of a seed.

use std::collections::BTreeMap;

use roxmltree::Node;

use super::super::named;
use crate::store::{Container, ContainerKind, Id, Org};
use crate::xml::{child_text, child_truth, children, text};

/// Lays a group over the org; sets that it names and nothing defines grant nothing. What its muting sets take back is
/// served back and not modelled.
pub(super) fn set_group(org: &mut Org, full_name: &str, root: Node<'_, '_>) {
    let mut members: Vec<Id> = children(root, "permissionSets")
        .map(|set| named::permission_set(org, text(set)))
        .collect();
    members.sort();
    members.dedup();
    let (id, group) = ids(org, full_name);
    let (namespace, name) = named::parts(full_name);
    let muting =
        children(root, "mutingPermissionSets").map(|set| (text(set).to_owned(), BTreeMap::new()));
    let set = Container {
        id,
        name: name.to_owned(),
        namespace,
        label: child_text(root, "label").unwrap_or(name).to_owned(),
        description: child_text(root, "description").map(str::to_owned),
        has_activation_required: child_truth(root, "hasActivationRequired").unwrap_or_default(),
        kind: ContainerKind::Group { group, members },
        settings: [("mutingPermissionSets".to_owned(), muting.collect())].into(),
        ..Container::default()
    };
    org.containers.make_mut().insert(set.id.clone(), set);
}

/// The ids of the group's aggregate set and of the group itself, new ones where there is none of this name.
fn ids(org: &mut Org, full_name: &str) -> (Id, Id) {
    let existing = org.containers.values().find_map(|set| match &set.kind {
        ContainerKind::Group { group, .. } if set.is_named(full_name) => {
            Some((set.id.clone(), group.clone()))
        }
        _ => None,
    });
    existing.unwrap_or_else(|| (org.next_id("0PS"), org.next_id("0PG")))
}
