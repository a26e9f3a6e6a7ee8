//! Manifests planned together must not contradict each other.

use std::collections::BTreeMap;

use super::super::Manifest;
use super::super::findings::Findings;
use super::super::spanned::Sp;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

/// What a manifest claims, and in which words: two manifests may claim a thing in the same words only.
type Claim<'a> = (String, String, &'a Place);

pub(super) fn check(manifests: &[Manifest], findings: &Findings) {
    let mut seen: BTreeMap<String, (usize, String, &Place)> = BTreeMap::new();
    for (position, manifest) in manifests.iter().enumerate() {
        for (what, words, place) in claims(manifest) {
            let Some((owner, first, first_place)) = seen.get(&what) else {
                seen.insert(what, (position, words, place));
                continue;
            };
            let agree = *first == words && !words.is_empty();
            if *owner != position && !agree {
                let message = format!("two manifests disagree about the {what}");
                let finding = Diagnostic::error(Code::ManifestsDisagree, message).at(place);
                findings.push(finding.see(first_place, "the other one"));
            }
        }
    }
}

/// Defaults may be claimed alike by several manifests; names, users, roles, profiles and rules only once.
fn claims(manifest: &Manifest) -> Vec<Claim<'_>> {
    let spec = &manifest.spec;
    let mut claims = vec![only("manifest name", &manifest.name)];
    claims.extend(spec.user.iter().map(|user| only("user", &user.username)));
    claims.extend(spec.role.iter().map(|role| only("role", &role.name)));
    claims.extend(
        spec.profile
            .iter()
            .map(|profile| only("profile", &profile.name)),
    );
    let granted = spec.grants.iter();
    claims.extend(granted.map(|set| only("permission set", &set.name)));
    for sharing in &spec.sharing {
        let object = &sharing.object.value;
        for (which, model) in [
            ("organization-wide", &sharing.organization_wide_default),
            ("external", &sharing.external_default),
        ] {
            let what = format!("{which} default of {object}");
            claims.extend(
                model
                    .iter()
                    .map(|model| (what.clone(), model.to_string(), &model.place)),
            );
        }
        for rule in &sharing.rules {
            let what = format!("rule `{object}.{}`", rule.name.value.to_lowercase());
            claims.push((what, String::new(), &rule.name.place));
        }
    }
    claims
}

/// A thing that only one manifest may claim.
fn only<'a>(what: &str, name: &'a Sp<String>) -> Claim<'a> {
    let what = format!("{what} `{}`", name.value.to_lowercase());
    (what, String::new(), &name.place)
}
