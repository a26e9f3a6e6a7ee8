//! Remarks on permission sets that the user holds and that may give it nothing: now, or some day.

use super::View;
use crate::access;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::kinds::find_assigned;
use crate::live::{Container, EndingAssignment, Known};

pub(super) fn remarks(view: &View) -> Vec<Diagnostic> {
    let mut findings = session_based(view);
    findings.extend(ending(view));
    findings
}

/// The place that asks for a set; of one that is held without being asked for, the user's.
fn place<'a>(view: &View<'a>, set_id: &str) -> Option<&'a Place> {
    let mut named = view.manifest.spec.permission_sets.iter();
    let reference = named.find(|reference| {
        let found = find_assigned(view.live, reference);
        found.ok().flatten().is_some_and(|set| set.id == set_id)
    });
    let user = view.manifest.spec.user.as_ref();
    let named = reference.map(|reference| &reference.name.place);
    named.or(user.map(|user| &user.username.place))
}

/// A set that a session has to activate, which no integration does.
fn session_based(view: &View) -> Vec<Diagnostic> {
    let containers = view.live.containers().learnt();
    let after = access::sets_after(view.manifest, view.live);
    let sets = containers
        .into_iter()
        .flat_map(|containers| containers.sets());
    let given = sets.filter(|set| set.needs_activation && after.contains(&set.id));
    let told = |set: &Container| {
        let message = format!(
            "the permission set `{}` gives nothing until a session activates it, which an integration does not do",
            set.name
        );
        let help = "switch Session Activation Required off in the set, or assign another one";
        let place = place(view, &set.id)?;
        let warning = Diagnostic::warning(Code::SessionBasedSet, message).at(place);
        Some(warning.help(help))
    };
    given.filter_map(told).collect()
}

/// Assignments that end by themselves, and stay.
fn ending(view: &View) -> Vec<Diagnostic> {
    let Some(user) = &view.manifest.spec.user else {
        return Vec::new();
    };
    let after = access::sets_after(view.manifest, view.live);
    // A refusal has a remark of its own.
    let ending = user.names().map(|name| view.live.ending_assignments(name));
    let staying = ending.filter_map(Known::learnt).flatten();
    let stated = view.manifest.spec.permission_sets.iter();
    let is_stated = |one: &EndingAssignment| {
        stated.clone().any(|reference| {
            let found = find_assigned(view.live, reference).ok().flatten();
            reference.expires.is_some() && found.is_some_and(|set| set.id == one.set_id)
        })
    };
    let told = staying
        .filter(|one| after.contains(&one.set_id) && !is_stated(one))
        .map(|one| {
            let message = format!(
                "the user holds the permission set `{}` until {} only",
                one.name, one.day
            );
            let help = "take the expiry off the assignment: Setup > Permission Sets > the set > Manage Assignments";
            let warning = Diagnostic::warning(Code::AssignmentEnds, message).help(help);
            warning.at(place(view, &one.set_id))
        });
    told.collect()
}
