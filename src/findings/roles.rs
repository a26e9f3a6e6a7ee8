//! Where the role stands in the hierarchy, and what that opens.

use super::View;
use crate::access;
use crate::code::Code;
use crate::count::{agree, count};
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{Facts, Question, ROLES, Row};
use crate::kinds::members;
use crate::manifest::Manifest;
use std::collections::BTreeSet;

/// Active users by role: who stands above and below.
const USERS_BY_ROLE: &str = "SELECT UserRoleId, COUNT(Id) n FROM User WHERE IsActive = true AND UserRoleId != null \
     GROUP BY UserRoleId";

pub(super) fn ask(manifest: &Manifest) -> Option<Question> {
    let role = manifest.spec.role.as_ref()?;
    manifest.spec.user.as_ref()?;
    Some(Question::Rows(members(&role.name)))
}

/// Asked only where the role turns out to stand above or below others.
pub(super) fn ask_more(manifest: &Manifest, facts: &Facts) -> Option<Question> {
    let role = manifest.spec.role.as_ref()?;
    let below = role.parent.is_some();
    let above = !access::subordinates(Some(&role.name), facts).is_empty();
    (below || above).then(|| Question::Query(USERS_BY_ROLE.to_owned()))
}

/// Other active users in the manifest's role.
fn other_members(manifest: &Manifest, facts: &Facts) -> usize {
    let (Some(role), Some(user)) = (&manifest.spec.role, &manifest.spec.user) else {
        return 0;
    };
    let own = |row: &Row| {
        let mut names = std::iter::once(&user.username).chain(&user.renamed_from);
        names.any(|name| {
            row.text("Username")
                .is_some_and(|text| text.eq_ignore_ascii_case(name))
        })
    };
    let rows = facts.selected(&members(&role.name)).iter();
    rows.filter(|row| row.flag("IsActive") && !own(row)).count()
}

pub(super) fn remarks(view: &View) -> Vec<Diagnostic> {
    let Some(role) = view.manifest.spec.role.as_ref().filter(|role| !role.absent) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if let Some(parent) = &role.parent {
        findings.extend(below(view, parent, &parent.place));
    }
    findings.extend(above(view, &role.name, &role.name.place));
    findings.extend(shared_with_others(view, &role.name, &role.name.place));
    findings
}

/// The guide: a role below others "may unintentionally expose records to users who have a role higher".
fn below(view: &View, parent: &str, place: &Place) -> Option<Diagnostic> {
    let superiors = superiors(view.facts, parent);
    let users = users_in(view.facts, &superiors);
    let message = format!(
        "the role stands below {}: their {} {} whatever is shared with it",
        count(superiors.len() as u64, "role"),
        count(users, "user"),
        agree(users, "sees", "see")
    );
    let help = "leave `parent` out to put the role at the top, outside every branch";
    (!superiors.is_empty()).then(|| {
        Diagnostic::warning(Code::RoleBelowOthers, message)
            .at(place)
            .help(help)
    })
}

/// The guide: with a role above others the user "may have access to records that do not meet the sharing rule".
fn above(view: &View, name: &str, place: &Place) -> Option<Diagnostic> {
    let subordinates = access::subordinates(Some(name), view.facts);
    let users = users_in(view.facts, &subordinates);
    let message = format!(
        "the role stands above {}: the user sees every record their {} {}, rule or no rule",
        count(subordinates.len() as u64, "role"),
        count(users, "user"),
        agree(users, "owns", "own")
    );
    let help = "move those roles elsewhere, or give the integration a role of its own at the top";
    (!subordinates.is_empty()).then(|| {
        Diagnostic::error(Code::RoleAboveOthers, message)
            .at(place)
            .help(help)
    })
}

fn shared_with_others(view: &View, name: &str, place: &Place) -> Option<Diagnostic> {
    let others = other_members(view.manifest, view.facts) as u64;
    let message = format!(
        "{} {} the role `{name}`, and with it sight of whatever the rules share",
        count(others, "other active user"),
        agree(others, "has", "have")
    );
    let help = "give the integration a role of its own";
    (others > 0).then(|| {
        Diagnostic::warning(Code::RoleShared, message)
            .at(place)
            .help(help)
    })
}

fn superiors(facts: &Facts, parent: &str) -> BTreeSet<String> {
    let rows = facts.rows(ROLES);
    let mut found = BTreeSet::new();
    let mut next = rows
        .iter()
        .find(|row| row.text("DeveloperName") == Some(parent));
    while let Some(row) = next {
        // A role met twice would mean a circle, which no org has; it ends the walk all the same.
        let Some(id) = row.text("Id").filter(|id| found.insert((*id).to_owned())) else {
            break;
        };
        next = rows.iter().find(|other| {
            other.text("Id") != Some(id) && other.text("Id") == row.text("ParentRoleId")
        });
    }
    found
}

fn users_in(facts: &Facts, roles: &BTreeSet<String>) -> u64 {
    let rows = facts.rows(USERS_BY_ROLE).iter();
    rows.filter(|row| row.text("UserRoleId").is_some_and(|id| roles.contains(id)))
        .filter_map(|row| row.number("n"))
        .sum()
}
