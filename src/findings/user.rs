//! Remarks on the user: what it owns, what else it holds, whether it can log in.

use super::{View, existing, sets};
use crate::access;
use crate::access::{Bypass, Impact};
use crate::code::Code;
use crate::count;
use crate::diagnostic::Diagnostic;
use crate::kinds::find_assigned;
use crate::live::{Known, Live, Need};
use crate::manifest::{self, Manifest};

pub(super) fn remarks(view: &View) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    findings.extend(owned(view));
    findings.extend(holds_bypass(view));
    findings.extend(inactive(view));
    findings.extend(frozen(view));
    findings.extend(copied(view));
    findings.extend(existing::lead_creator(view));
    findings.extend(sets::remarks(view));
    findings.extend(blind(view));
    findings
}

/// What has to be known of the user for the remarks alone.
pub(super) fn needs(manifest: &Manifest) -> Vec<Need> {
    let user = manifest.spec.user.as_ref();
    let names = user.into_iter().flat_map(manifest::User::names);
    names
        .flat_map(|name| {
            [
                Need::Frozen(name.clone()),
                Need::EndingAssignments(name.clone()),
            ]
        })
        .collect()
}

/// The guide: "Records owned by the integration user are always visible to that user."
fn owned(view: &View) -> Vec<Diagnostic> {
    let Some(user) = &view.manifest.spec.user else {
        return Vec::new();
    };
    let Some(live_user) = view.live.user(&user.username).found() else {
        return Vec::new();
    };
    let owned = |object: &str| {
        let owned = view.live.owned_by(object, live_user).learnt();
        owned.filter(|count| *count > 0)
    };
    let objects = view.manifest.spec.sharing.iter();
    objects
        .filter_map(|sharing| {
            let owned = owned(&sharing.object)?;
            let message = format!(
                "the integration user owns {}, which it always sees",
                count::count(owned, &format!("{} record", sharing.object))
            );
            let help = match super::hubspot::concerns(view.manifest) {
                true => "give them another owner if it shall not; HubSpot makes its user owner where it finds no other",
                false => "give them another owner if it shall not",
            };
            Some(Diagnostic::warning(Code::OwnedByIntegrationUser, message).at(&user.username.place).help(help))
        })
        .collect()
}

/// One permission set with View All on a selective object undoes the profile.
fn holds_bypass(view: &View) -> Vec<Diagnostic> {
    if view.manifest.spec.user.is_none() {
        return Vec::new();
    }
    let held = access::sets_of_others_after(view.manifest, view.live);
    let mut findings = Vec::new();
    for impact in view.impact {
        let bypass = impact.bypass.as_ref().learnt().into_iter().flatten();
        for by in bypass {
            if by.kind != "profile" && held.contains(&by.id) {
                findings.push(undone(view, impact, by));
            }
        }
    }
    findings
}

fn undone(view: &View, impact: &Impact, by: &Bypass) -> Diagnostic {
    let message = format!(
        "the permission set `{}` lets the user see every {} ({})",
        by.name, impact.object, by.by
    );
    let help = "take it away from the integration user (`absent: true` in its entry), or take the permission off it";
    let reference = view.manifest.spec.permission_sets.iter().find(|reference| {
        let found = find_assigned(view.live, reference);
        let found = found.ok().flatten();
        found.is_some_and(|set| set.id == by.id)
    });
    let diagnostic = Diagnostic::error(Code::PermissionSetUndoesProfile, message).help(help);
    let place = reference.map(|reference| &reference.name.place);
    let user = view.manifest.spec.user.as_ref();
    diagnostic.at(place.or(user.map(|user| &user.username.place)))
}

fn inactive(view: &View) -> Option<Diagnostic> {
    let user = view.manifest.spec.user.as_ref()?;
    let live_user = view.live.user_of(user)?;
    if live_user.active || user.active.is_some() {
        return None;
    }
    let message = format!(
        "the user `{}` is inactive: {} cannot log in",
        user.username,
        super::hubspot::integration(view.manifest)
    );
    let help = "add `active: true` under `user`; it takes a licence seat";
    Some(
        Diagnostic::error(Code::UserInactive, message)
            .at(&user.username.place)
            .help(help),
    )
}

/// Asked only in a sandbox that has no user of the name.
pub(super) fn further_needs(manifest: &Manifest, live: &Live) -> Option<Need> {
    let user = manifest.spec.user.as_ref()?;
    let lacking = live.is_sandbox() && live.user_of(user).is_none();
    lacking.then(|| Need::CopiesOf(user.username.value.clone()))
}

/// Production's user, under the name that the sandbox gave it.
fn copied(view: &View) -> Option<Diagnostic> {
    let user = view.manifest.spec.user.as_ref()?;
    // A refusal has a remark of its own.
    let copies = view.live.copies_of(&user.username).learnt()?;
    let copy = copies.first()?;
    let message = format!(
        "the sandbox has a user `{copy}`, which looks like a copy of `{}`: this plan makes another one",
        user.username
    );
    let help = format!("to go on with the copy, say `--set spec.user.username={copy}`");
    let warning = Diagnostic::warning(Code::CopyOfUser, message);
    Some(warning.at(&user.username.place).help(help))
}

/// Support teams freeze a user instead of deactivating it: it keeps its seat, and cannot log in.
fn frozen(view: &View) -> Option<Diagnostic> {
    let user = view.manifest.spec.user.as_ref()?;
    let is_frozen = |name: &String| view.live.frozen(name) == Known::Is(true);
    let frozen = user.names().any(is_frozen);
    let message = format!(
        "the user `{}` is frozen: it cannot log in, whatever it may see",
        user.username
    );
    let help = "find out who froze it and why, then Setup > Users > the user > Unfreeze";
    frozen.then(|| {
        Diagnostic::error(Code::UserFrozen, message)
            .at(&user.username.place)
            .help(help)
    })
}

/// Who asks must see everything, or counts and proof only speak of what they see.
fn blind(view: &View) -> Option<Diagnostic> {
    let running = view.live.org.running_user.as_deref().unwrap_or_default();
    let help = "log in as an administrator with View All Data: counts and proof would leave out what you cannot see";
    let sharing = match access::not_seen_whole(view.manifest, view.live) {
        Known::Is(sharing) => sharing?,
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let message = format!("it is not known whether you see every record: {why}");
            return Some(Diagnostic::error(Code::LogInSeesTooLittle, message).help(help));
        }
    };
    let message = format!(
        "you are logged in as `{running}`, who does not see every {}",
        sharing.object
    );
    Some(
        Diagnostic::error(Code::LogInSeesTooLittle, message)
            .at(&sharing.object.place)
            .help(help),
    )
}
