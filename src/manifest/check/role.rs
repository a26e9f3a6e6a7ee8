//! Access levels of the role against the defaults the manifest ends with.

use super::super::findings::Findings;
use super::super::spanned::Sp;
use super::super::spec::{Role, Spec};
use super::super::words::{AccessLevel, SharingModel};
use super::by_object;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(spec: &Spec, findings: &Findings) {
    let Some(role) = &spec.role else {
        return;
    };
    let objects = by_object(spec);
    for (object, level) in levels(role) {
        let sharing = objects.get(object);
        let default = sharing.and_then(|sharing| sharing.organization_wide_default.as_ref());
        if let (Some(level), Some(default)) = (level, default) {
            check_level(object, level, default, findings);
        }
    }
    check_parent(role, findings);
}

fn levels(role: &Role) -> [(&'static str, Option<&Sp<AccessLevel>>); 3] {
    [
        ("Contact", role.contact_access.as_ref()),
        ("Opportunity", role.opportunity_access.as_ref()),
        ("Case", role.case_access.as_ref()),
    ]
}

fn check_level(
    object: &str,
    level: &Sp<AccessLevel>,
    default: &Sp<SharingModel>,
    findings: &Findings,
) {
    let label = format!("{object} ends with the default {default}");
    if default.is_public_to_edit() || default.value == SharingModel::ControlledByParent {
        let message = format!("this level means nothing: the default of {object} is {default}");
        let finding = Diagnostic::warning(Code::RoleLevelWithoutMeaning, message).at(&level.place);
        findings.push(finding.see(&default.place, label).help("leave the key out"));
    } else if default.value == SharingModel::Read && level.value == AccessLevel::None {
        let message =
            format!("`{level}` is below what everybody has: the default of {object} is {default}");
        let finding =
            Diagnostic::error(Code::StatedRoleLevelBelowDefault, message).at(&level.place);
        findings.push(
            finding
                .see(&default.place, label)
                .help("write `Read`, or leave the key out"),
        );
    }
}

/// A role below itself cannot be; a role below another one leaks to everybody above.
fn check_parent(role: &Role, findings: &Findings) {
    let Some(parent) = &role.parent else {
        return;
    };
    if parent.value == role.name.value {
        findings.error(
            Code::RoleIsItsOwnParent,
            &parent.place,
            "a role cannot be its own parent",
        );
        return;
    }
    let message = format!(
        "everybody above `{}` in the hierarchy sees what the rules share with it",
        role.name.value
    );
    let finding = Diagnostic::warning(Code::RoleBelowAnother, message).at(&parent.place);
    findings.push(finding.help("leave `parent` out to put the role outside every branch"));
}
