//! What manifests describe, as it is when an integration is retired: all of it was made, whatever it is by now.

use super::made::{Made, made_of};
use super::{BackBy, WayBack};
use crate::address::Address;
use crate::change::{Action, FieldChange};
use crate::diagnostic::Failure;
use crate::live::{Live, profile_label};
use crate::manifest::{Holder, Manifest, RuleAccess, SharingModel, Sp, Word};
use crate::plan;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Objects whose default manifests restrict, with what they make it.
///
/// # Errors
/// What makes the manifests impossible without any org.
pub fn defaults_of(manifests: &[Manifest]) -> Vec<(String, SharingModel)> {
    let sharing = manifests.iter().flat_map(|one| &one.spec.sharing);
    let stated = sharing.filter_map(|sharing| {
        let model = sharing.organization_wide_default.as_ref()?;
        Some((sharing.object.value.clone(), model.value))
    });
    stated.collect()
}

/// The way on which manifests are retired. Defaults go to what is given for their object; the others stay.
///
/// # Errors
/// What makes the manifests impossible without any org.
pub fn retired(
    manifests: &[Manifest],
    restored: &BTreeMap<String, Vec<FieldChange>>,
) -> Result<WayBack, Failure> {
    let planned = plan::plan(&as_if_told(manifests), &Live::offline())?;
    let mut made = made_of(&planned.changes);
    made.retain(|made| made.address.kind != "organization_wide_default");
    made.iter_mut()
        .for_each(|made| made.action = Action::Create);
    let mut kept_defaults = Vec::new();
    for (object, model) in defaults_of(manifests) {
        match restored.get(&object) {
            Some(fields) => made.push(Made {
                address: Address::new("organization_wide_default", object),
                action: Action::Update,
                place: None,
                fields: fields.clone(),
                is_recorded: false,
            }),
            None if model.is_public_to_edit() => {}
            None => kept_defaults.push(object),
        }
    }
    let keeps = manifests.iter().flat_map(|one| &one.spec.sharing);
    let keeps = keeps.flat_map(|sharing| &sharing.keep_access);
    let keepers = keeps.filter_map(|kept| match &kept.holder {
        Holder::Profile(label) => Some(profile_label(label)),
        Holder::Role(_) | Holder::Branch(_) => None,
    });
    let limits = manifests
        .iter()
        .filter_map(|one| one.spec.limits.records_becoming_visible.as_ref());
    Ok(WayBack {
        by: BackBy::Retire,
        name: planned.name,
        digest: planned.manifest_digest,
        made,
        before: BTreeMap::new(),
        limit: limits.map(|limit| limit.value).min(),
        kept_defaults,
        keepers: keepers.collect(),
    })
}

/// The manifests with what everybody keeps said, where it was for the org to say: it goes whatever it is.
fn as_if_told(manifests: &[Manifest]) -> Vec<Manifest> {
    let mut manifests = manifests.to_vec();
    let sharing = manifests.iter_mut().flat_map(|one| &mut one.spec.sharing);
    for kept in sharing.filter_map(|sharing| sharing.keep_everyone.as_mut()) {
        let place = kept.place.clone();
        kept.access
            .get_or_insert(Sp::new(RuleAccess::ReadWrite, place));
    }
    manifests
}

/// A default that goes back to a value.
pub fn restored_to(model: SharingModel) -> Vec<FieldChange> {
    vec![FieldChange {
        path: "internal".to_owned(),
        before: json!(model.word()),
        after: Value::Null,
        reason: None,
        through: None,
    }]
}

impl WayBack {
    /// The same, with the assignments by which other people hold sets that were made for them.
    pub(super) fn with_keepers(&self, live: &Live) -> Self {
        let mut way = self.clone();
        let sets: Vec<&Made> = self
            .made
            .iter()
            .filter(|made| made.address.kind == "permission_set")
            .collect();
        for label in &self.keepers {
            let holders = live.holders(label).learnt().into_iter().flatten();
            for holder in holders {
                let held = sets
                    .iter()
                    .filter(|set| holder.assignments.of(&set.address.name).is_some());
                for set in held {
                    let assignment = assignment(&set.address.name, &holder.username);
                    let is_known = way.made.iter().any(|one| one.address == assignment.address);
                    way.made.extend((!is_known).then_some(assignment));
                }
            }
        }
        way
    }
}

fn assignment(set: &str, username: &str) -> Made {
    let field = |path: &str, value: &str| FieldChange {
        path: path.to_owned(),
        before: Value::Null,
        after: json!(value),
        reason: None,
        through: None,
    };
    Made {
        address: Address::new("permission_set_assignment", format!("{set}:{username}")),
        action: Action::Create,
        place: None,
        fields: vec![field("permissionSet", set), field("user", username)],
        is_recorded: false,
    }
}
