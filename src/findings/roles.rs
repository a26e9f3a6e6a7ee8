//! Where the role stands in the hierarchy, and what that opens.

use super::View;
use crate::code::Code;
use crate::count::{agree, count};
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Known, Live, LiveRole, Need};
use crate::manifest::Manifest;

pub(super) fn needs(manifest: &Manifest) -> Option<Need> {
    let role = manifest.spec.role.as_ref()?;
    manifest.spec.user.as_ref()?;
    Some(Need::Members(role.name.value.clone()))
}

/// Asked only where the role turns out to stand above or below others.
pub(super) fn further_needs(manifest: &Manifest, live: &Live) -> Option<Need> {
    let role = manifest.spec.role.as_ref()?;
    let below = role.parent.is_some();
    let above = !subordinates(&role.name, live).is_empty();
    (below || above).then_some(Need::UsersByRole)
}

/// Other active users in the manifest's role.
fn other_members(manifest: &Manifest, live: &Live) -> usize {
    let (Some(role), Some(user)) = (&manifest.spec.role, &manifest.spec.user) else {
        return 0;
    };
    let own = |username: &str| {
        let mut names = std::iter::once(&user.username).chain(&user.renamed_from);
        names.any(|name| username.eq_ignore_ascii_case(name))
    };
    // A refusal has a remark of its own.
    let members = live.members(&role.name).learnt().into_iter().flatten();
    members
        .filter(|member| member.active && !own(&member.username))
        .count()
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
    let superiors = superiors(parent, view.live);
    let (users, one) = users_in(&superiors, view.live);
    let message = format!(
        "the role stands below {}: their {users} {} whatever is shared with it",
        count(superiors.len() as u64, "role"),
        agree(one, "sees", "see")
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
    let subordinates = subordinates(name, view.live);
    let (users, one) = users_in(&subordinates, view.live);
    let message = format!(
        "the role stands above {}: the user sees every record their {users} {}, rule or no rule",
        count(subordinates.len() as u64, "role"),
        agree(one, "owns", "own")
    );
    let help = "move those roles elsewhere, or give the integration a role of its own at the top";
    (!subordinates.is_empty()).then(|| {
        Diagnostic::error(Code::RoleAboveOthers, message)
            .at(place)
            .help(help)
    })
}

fn shared_with_others(view: &View, name: &str, place: &Place) -> Option<Diagnostic> {
    let others = other_members(view.manifest, view.live) as u64;
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

/// The role of an API name, and those above it.
fn superiors<'a>(name: &str, live: &'a Live) -> Vec<&'a LiveRole> {
    let roles = live.roles().learnt();
    let role = roles.and_then(|roles| roles.named(name));
    let Some((roles, role)) = roles.zip(role) else {
        return Vec::new();
    };
    let mut superiors = roles.above(role);
    superiors.push(role);
    superiors
}

fn subordinates<'a>(name: &str, live: &'a Live) -> Vec<&'a LiveRole> {
    let roles = live.roles().learnt();
    let role = roles.and_then(|roles| roles.named(name));
    let around = roles.zip(role);
    around.map_or_else(Vec::new, |(roles, role)| roles.below(role))
}

/// `12 users`, and the number that words have to agree with.
fn users_in(roles: &[&LiveRole], live: &Live) -> (String, u64) {
    match live.users_by_role() {
        Known::Is(counts) => {
            let users = roles.iter().map(|role| counts.of(&role.id)).sum();
            (count(users, "user"), users)
        }
        _ => ("users, how many is not known,".to_owned(), 2),
    }
}
