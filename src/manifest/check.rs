//! What can be known to be wrong, or worth saying, without asking an org.

mod defaults;
mod duplicates;
mod grants;
mod login;
mod names;
mod profile;
mod role;
mod rules;
mod together;
mod values;

use std::collections::BTreeMap;

use super::Manifest;
use super::findings::Findings;
use super::sharing::Sharing;
use super::spanned::Sp;
use super::spec::Spec;

/// Checks one manifest by itself.
pub(super) fn one(name: &Sp<String>, spec: &Spec, findings: &Findings) {
    names::check(name, spec, findings);
    duplicates::check(spec, findings);
    defaults::check(spec, findings);
    role::check(spec, findings);
    profile::check(spec, findings);
    grants::check(spec, findings);
    login::check(spec, findings);
    rules::check(spec, findings);
    values::check_expectations(spec, findings);
}

/// Checks manifests that are planned together.
pub(super) fn all(manifests: &[Manifest], findings: &Findings) {
    together::check(manifests, findings);
}

/// The sharing entries by object, the first of each.
fn by_object(spec: &Spec) -> BTreeMap<&str, &Sharing> {
    let mut objects = BTreeMap::new();
    for sharing in &spec.sharing {
        objects.entry(sharing.object.as_str()).or_insert(sharing);
    }
    objects
}

/// The objects whose records the profile must not see all of, each where the manifest says so.
fn selective_objects(spec: &Spec) -> Vec<&Sp<String>> {
    let stated = spec
        .profile
        .as_ref()
        .and_then(|profile| profile.without_data_administration.as_ref());
    match stated {
        Some(objects) => objects.iter().collect(),
        None => spec.sharing.iter().map(|sharing| &sharing.object).collect(),
    }
}
