//! Permission sets of the manifest: what they grant must not undo what the manifest selects.

use super::super::findings::Findings;
use super::super::granted::GrantedSet;
use super::super::spec::Spec;
use super::profile::DEFEATING;
use super::selective_objects;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(spec: &Spec, findings: &Findings) {
    for set in spec.granted_sets() {
        check_bypass(spec, set, findings);
        check_defeating(spec, set, findings);
    }
}

/// View All or Modify All on an object whose records are to be selected.
fn check_bypass(spec: &Spec, set: &GrantedSet, findings: &Findings) {
    for object in selective_objects(spec) {
        let Some(granted) = set.objects.get(&object.value) else {
            continue;
        };
        let mut allowed = granted.allow.iter();
        let Some(permission) = allowed.find(|permission| permission.bypasses_sharing()) else {
            continue;
        };
        let message = format!(
            "`{permission}` on {} shows every record, whatever sharing says",
            object.value
        );
        let finding = Diagnostic::error(Code::BypassOfSharing, message).at(&granted.place);
        let label = format!("{} is to be selective because of this", object.value);
        findings.push(
            finding
                .see(&object.place, label)
                .help("take it out of `allow`"),
        );
    }
}

fn check_defeating(spec: &Spec, set: &GrantedSet, findings: &Findings) {
    if selective_objects(spec).is_empty() {
        return;
    }
    for granted in &set.user_permissions {
        let mut defeating = DEFEATING.iter();
        let found = defeating.find(|(permission, _)| *permission == granted.value);
        if let Some((permission, reason)) = found {
            let message = format!("`{permission}` defeats selective sync: {reason}");
            let finding = Diagnostic::error(Code::PermissionDefeatsSelection, message);
            let finding = finding.at(&granted.place);
            findings
                .push(finding.help("take the line away; an administrator keeps this permission"));
        }
    }
}
