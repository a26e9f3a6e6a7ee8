//! Nothing is said twice: the second saying would silently win or lose.

use std::collections::BTreeMap;

use super::super::findings::Findings;
use super::super::spanned::Sp;
use super::super::spec::Spec;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

pub(super) fn check(spec: &Spec, findings: &Findings) {
    renames(spec, findings);
    let fields = spec.fields.iter();
    let fields = fields.map(|field| {
        let name = format!("{}.{}", field.object.value, field.name.value);
        (name, &field.name.place)
    });
    once(
        "field",
        fields.filter(|(name, _)| !name.ends_with('.')),
        findings,
    );
    let assigned = spec.permission_sets.iter().filter(|set| !set.is_group);
    let granted = spec.grants.iter().map(|set| &set.name);
    let sets = granted.chain(assigned.map(|set| &set.name));
    once("permission set", texts(sets), findings);
    let groups = spec.permission_sets.iter().filter(|set| set.is_group);
    let groups = groups.map(|set| &set.name);
    once("permission set group", texts(groups), findings);
    let licences = spec.permission_set_licenses.iter().map(|one| &one.name);
    once("permission set licence", texts(licences), findings);
    let objects = spec.sharing.iter().map(|sharing| &sharing.object);
    once("object under `sharing`", texts(objects), findings);
    for sharing in &spec.sharing {
        let rules = sharing.rules.iter().map(|rule| &rule.name);
        let what = format!("rule of {}", sharing.object.value);
        once(&what, texts(rules), findings);
    }
    if let Some(profile) = &spec.profile {
        let objects = profile.without_data_administration.iter().flatten();
        once(
            "object of `withoutDataAdministration`",
            texts(objects),
            findings,
        );
    }
}

fn texts<'a>(
    names: impl Iterator<Item = &'a Sp<String>>,
) -> impl Iterator<Item = (String, &'a Place)> {
    let stated = names.filter(|name| !name.is_empty());
    stated.map(|name| (name.value.clone(), &name.place))
}

/// A new name that is the old one.
fn renames(spec: &Spec, findings: &Findings) {
    let profile = spec
        .profile
        .iter()
        .map(|profile| (&profile.name, &profile.renamed_from));
    let role = spec
        .role
        .iter()
        .map(|role| (&role.name, &role.renamed_from));
    let user = spec
        .user
        .iter()
        .map(|user| (&user.username, &user.renamed_from));
    let rules = spec.sharing.iter().flat_map(|sharing| &sharing.rules);
    let rules = rules.map(|rule| (&rule.name, &rule.renamed_from));
    for (name, old) in profile.chain(role).chain(user).chain(rules) {
        if let Some(old) = old.as_ref().filter(|old| *old == name) {
            let message = format!("`{}` is the old name and the new one", old.value);
            let finding = Diagnostic::error(Code::RenamedFromItself, message).at(&old.place);
            findings.push(finding.help("take `renamedFrom` away once every org has the new name"));
        }
    }
}

/// Reports every name that comes again. The platform compares names without case.
fn once<'a>(what: &str, names: impl Iterator<Item = (String, &'a Place)>, findings: &Findings) {
    let mut seen: BTreeMap<String, &Place> = BTreeMap::new();
    for (name, place) in names {
        match seen.get(&name.to_lowercase()) {
            Some(first) => {
                let message = format!("the {what} `{name}` is there twice");
                let finding = Diagnostic::error(Code::NamedTwice, message).at(place);
                findings.push(finding.see(first, "first here"));
            }
            None => {
                seen.insert(name.to_lowercase(), place);
            }
        }
    }
}
