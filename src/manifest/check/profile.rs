//! The profile: permissions that need others, and permissions that undo selective sync.

use std::collections::BTreeSet;

use super::super::findings::Findings;
use super::super::reader::unknown_word;
use super::super::spanned::Sp;
use super::super::spec::{Profile, Spec};
use super::super::words::{ObjectPermission, Word};
use super::selective_objects;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::power::{ADMINISTRATION, Power, power_of};

/// System permissions that show every record, or cannot stand without one that does, and why.
pub(super) const DEFEATING: [(&str, &str); 6] = [
    (
        "ModifyAllData",
        "it lets the user see and change every record of every object",
    ),
    (
        "ViewAllData",
        "it lets the user see every record of every object",
    ),
    (
        "QueryAllFiles",
        "it needs View All Data, which shows every record",
    ),
    (
        "InstallPackaging",
        "it needs Modify All Data, which shows every record",
    ),
    (
        "CreatePackaging",
        "it needs Modify All Data, which shows every record",
    ),
    (
        "PublishPackaging",
        "it needs Modify All Data, which shows every record",
    ),
];

pub(super) fn check(spec: &Spec, findings: &Findings) {
    let Some(profile) = &spec.profile else {
        return;
    };
    for (object, permissions) in &profile.object_permissions {
        check_requirements(object, permissions, findings);
    }
    check_bypass(spec, profile, findings);
    check_defeating(spec, profile, findings);
    check_removals(spec, profile, findings);
    check_administration(profile, findings);
    check_source(profile, findings);
}

/// What goes with `withoutAdministration` cannot be stated as well, and what is kept has to be one of those.
fn check_administration(profile: &Profile, findings: &Findings) {
    let Some(without) = &profile.without_administration else {
        return;
    };
    let stated = profile.user_permissions.iter().filter(|(_, on)| on.value);
    for (name, granted) in stated.filter(|(name, _)| !without.keeps(name)) {
        let mut over_all = DEFEATING
            .iter()
            .filter(|(permission, _)| permission == name);
        let over_all = over_all.next().map(|(_, reason)| *reason);
        let Some(reason) = power_of(name).map(Power::reason).or(over_all) else {
            continue;
        };
        let message =
            format!("`{name}` is stated, and `withoutAdministration` takes it away: {reason}");
        let finding = Diagnostic::error(Code::AdministrationStated, message).at(&granted.place);
        let help = match over_all {
            Some(_) => "take the line out".to_owned(),
            None => {
                format!("take the line out, or say `withoutAdministration: {{keep: [{name}]}}`")
            }
        };
        findings.push(
            finding
                .see(&without.place, "it is taken away here")
                .help(help),
        );
    }
    let names: Vec<&str> = ADMINISTRATION.iter().map(|(name, _)| *name).collect();
    for kept in &without.keep {
        if !names.contains(&kept.value.as_str()) {
            findings.push(unknown_word(kept, &kept.place, &names));
        }
    }
}

fn check_requirements(
    object: &str,
    permissions: &Sp<BTreeSet<ObjectPermission>>,
    findings: &Findings,
) {
    for permission in permissions.iter() {
        let missing: Vec<&str> = permission
            .requires()
            .iter()
            .filter(|required| !permissions.contains(required))
            .map(|required| required.word())
            .collect();
        if missing.is_empty() {
            continue;
        }
        let missing = missing.join(", ");
        let message = format!("`{permission}` on {object} cannot stand without {missing}");
        let finding =
            Diagnostic::error(Code::PermissionNeedsAnother, message).at(&permissions.place);
        findings.push(finding.help(format!("add {missing}, or take `{permission}` away")));
    }
}

/// View All or Modify All on an object whose records are to be selected.
fn check_bypass(spec: &Spec, profile: &Profile, findings: &Findings) {
    for object in selective_objects(spec) {
        let Some(permissions) = profile.object_permissions.get(&object.value) else {
            continue;
        };
        let bypassing = permissions
            .iter()
            .find(|permission| permission.bypasses_sharing());
        if let Some(permission) = bypassing {
            let message = format!(
                "`{permission}` on {} shows every record, whatever sharing says",
                object.value
            );
            let finding = Diagnostic::error(Code::BypassOfSharing, message).at(&permissions.place);
            let label = format!("{} is to be selective because of this", object.value);
            findings.push(
                finding
                    .see(&object.place, label)
                    .help("take it out of the list"),
            );
        }
    }
}

fn check_defeating(spec: &Spec, profile: &Profile, findings: &Findings) {
    if selective_objects(spec).is_empty() {
        return;
    }
    for (permission, reason) in DEFEATING {
        let Some(granted) = profile
            .user_permissions
            .get(permission)
            .filter(|granted| granted.value)
        else {
            continue;
        };
        let message = format!("`{permission}` defeats selective sync: {reason}");
        let finding =
            Diagnostic::error(Code::PermissionDefeatsSelection, message).at(&granted.place);
        findings.push(finding.help("take the line away; an administrator keeps this permission"));
    }
}

fn check_removals(spec: &Spec, profile: &Profile, findings: &Findings) {
    let Some(removals) = &profile.without_data_administration else {
        return;
    };
    if removals.is_empty() {
        return;
    }
    let named: BTreeSet<&str> = removals
        .iter()
        .map(|object| object.value.as_str())
        .collect();
    for sharing in &spec.sharing {
        let object = &sharing.object;
        if sharing.rules.is_empty() || object.is_empty() || named.contains(object.as_str()) {
            continue;
        }
        let message = format!(
            "{} has rules, but the profile keeps View All and Modify All on it",
            object.value
        );
        let finding =
            Diagnostic::warning(Code::ObjectKeepsDataAdministration, message).at(&object.place);
        let finding = finding.help(format!(
            "add {} to `withoutDataAdministration`",
            object.value
        ));
        findings.push(match removals.first() {
            Some(first) => finding.see(&first.place, "the list is here"),
            None => finding,
        });
    }
}

fn check_source(profile: &Profile, findings: &Findings) {
    let Some(source) = &profile.clone_from else {
        return;
    };
    if source.eq_ignore_ascii_case(&profile.name) {
        findings.error(
            Code::ProfileIsItsOwnSource,
            &source.place,
            "a profile cannot be cloned from itself",
        );
    }
}
