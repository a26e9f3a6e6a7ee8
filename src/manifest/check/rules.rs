//! Sharing rules: that they can exist, do something, and reach somebody.

use super::super::findings::Findings;
use super::super::sharing::{Rule, Sharing};
use super::super::spec::Spec;
use super::super::words::{RuleAccess, SharingModel};
use super::values;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(spec: &Spec, findings: &Findings) {
    for sharing in &spec.sharing {
        for rule in sharing.rules.iter().filter(|rule| !rule.absent) {
            check_kind(rule, findings);
            check_default(sharing, rule, findings);
            check_target(spec, rule, findings);
            check_logic(rule, findings);
            check_inclusion(rule, findings);
            for criterion in &rule.criteria {
                values::check(spec, criterion, findings);
            }
        }
    }
}

/// By criteria or by owner: exactly one of the two.
fn check_kind(rule: &Rule, findings: &Findings) {
    match (&rule.owned_by, rule.criteria.is_empty()) {
        (None, true) => {
            let message = "the rule has neither `criteria` nor `ownedBy`";
            let finding = Diagnostic::error(Code::CriteriaOrOwner, message).at(&rule.place);
            findings.push(finding.help(
                "say which records it shares; an empty rule would share all of them or none",
            ));
        }
        (Some(owner), false) => {
            let message = "a rule goes by `criteria` or by `ownedBy`, not by both";
            findings.error(Code::CriteriaOrOwner, &owner.place, message);
        }
        (Some(_), true) => check_owner_rule(rule, findings),
        (None, false) => {}
    }
}

fn check_owner_rule(rule: &Rule, findings: &Findings) {
    if let Some(logic) = &rule.logic {
        findings.error(
            Code::CriteriaLogic,
            &logic.place,
            "a rule by owner has no criteria to combine",
        );
    }
    if let Some(included) = &rule.include_records_owned_by_all {
        let message = "`includeRecordsOwnedByAll` is for rules by criteria only";
        findings.error(Code::CriteriaOrOwner, &included.place, message);
    }
}

fn check_default(sharing: &Sharing, rule: &Rule, findings: &Findings) {
    let Some(default) = &sharing.organization_wide_default else {
        return;
    };
    let object = &sharing.object.value;
    let label = format!("{object} ends with this default");
    if default.value == SharingModel::ControlledByParent {
        let message = format!("{object} can have no rules while it is controlled by its parent");
        let finding = Diagnostic::error(Code::RuleWithoutEffect, message).at(&rule.place);
        findings.push(
            finding
                .see(&default.place, label)
                .help("write `organizationWideDefault: Private`"),
        );
    } else if default.is_public_to_edit() {
        let message =
            format!("everybody can edit every {object} already, so a rule can add nothing");
        let finding = Diagnostic::error(Code::RuleWithoutEffect, message).at(&rule.place);
        findings.push(
            finding
                .see(&default.place, label)
                .help("write `organizationWideDefault: Private`"),
        );
    } else if default.value == SharingModel::Read && rule.access.value == RuleAccess::ReadOnly {
        let message =
            format!("everybody can read every {object} already, so this rule adds nothing");
        let finding = Diagnostic::warning(Code::RuleAddsNothing, message).at(&rule.access.place);
        findings.push(finding.see(&default.place, label));
    }
}

fn check_target(spec: &Spec, rule: &Rule, findings: &Findings) {
    let has_role = spec.role.as_ref().is_some_and(|role| !role.absent);
    if rule.shared_to.is_some() || has_role {
        return;
    }
    let message =
        "the rule shares with nobody: the manifest has no `role`, and the rule no `sharedTo`";
    let finding = Diagnostic::error(Code::RuleWithoutTarget, message).at(&rule.place);
    findings.push(finding.help("add `sharedTo: {role: NAME}`"));
}

/// Records of owners who cannot have a role, such as site guests, are easily forgotten.
fn check_inclusion(rule: &Rule, findings: &Findings) {
    let excluded = rule
        .include_records_owned_by_all
        .as_ref()
        .filter(|included| !included.value && rule.owned_by.is_none());
    if let Some(excluded) = excluded {
        let message = "records of owners who cannot have a role stay hidden, whatever the criteria";
        let finding = Diagnostic::note(Code::OwnersWithoutRole, message).at(&excluded.place);
        findings.push(finding.help("write `true`, or leave the key out, to share these too"));
    }
}

/// Every criterion is named by the logic, and nothing beyond them.
fn check_logic(rule: &Rule, findings: &Findings) {
    let Some(logic) = rule.logic.as_ref().filter(|_| rule.owned_by.is_none()) else {
        return;
    };
    let items = logic.items();
    let count = rule.criteria.len();
    for number in items.iter().filter(|number| !(1..=count).contains(*number)) {
        let message = format!("the logic names criterion {number}, but there are {count}");
        findings.error(Code::CriteriaLogic, &logic.place, message);
    }
    for (number, criterion) in (1..).zip(&rule.criteria) {
        if !items.contains(&number) {
            let message =
                format!("the logic leaves criterion {number} out, which the platform refuses");
            let finding = Diagnostic::error(Code::CriteriaLogic, message).at(&logic.place);
            findings.push(finding.see(&criterion.place, format!("criterion {number}")));
        }
    }
}
