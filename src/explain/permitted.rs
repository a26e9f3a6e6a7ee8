//! What profile and permission sets let the user do: with the object at all, and with every record of it.

use super::links::Link;
use crate::access::{self, Standings};
use crate::live::{Container, Known, ObjectRights, Refused};
use crate::verify::cause::{self, Cause};
use crate::verify::subject::Subject;

/// What profile and permission sets let the user do with the object at all.
pub(super) fn object_permissions(subject: &Subject) -> Link {
    let object = subject.sharing.object.as_str();
    let known = subject
        .live
        .containers()
        .and(subject.live.grants_on(object));
    let (containers, grants) = match known {
        Known::Is(known) => known,
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let says = format!("what the user may do with {object} at all is not known: {why}");
            return Link::new("object_permissions", None, says);
        }
    };
    let standings = Standings::of(subject.user, subject.live);
    let granting = containers
        .all()
        .iter()
        .filter(|container| standings.is_in_force(container));
    let granting = granting.filter_map(|container| {
        let mut grants = grants.iter();
        let grant = grants.find(|grant| grant.container == container.id)?;
        grant.rights.read.then_some((container, grant.rights))
    });
    let granting: Vec<(&Container, ObjectRights)> = granting.collect();
    let words = granting.iter().map(|(container, rights)| {
        let cause = Cause::new("object_permission", rights_words(*rights), String::new());
        cause.through(address(container)).of(container.id.clone())
    });
    let (gives, says) = permitted(object, &granting);
    let by_sets = granting.iter().any(|(set, _)| set.profile().is_none());
    let of_profile = granting.iter().filter(|(set, _)| set.profile().is_some());
    let of_profile: Vec<(&Container, ObjectRights)> = of_profile.copied().collect();
    let certain = permitted(object, &of_profile).0 == gives;
    let link = Link::new("object_permissions", Some(gives), says).with(words.collect());
    in_doubt(link, standings.doubt().filter(|_| by_sets), certain)
}

/// What these come to, and in a sentence.
fn permitted(object: &str, granting: &[(&Container, ObjectRights)]) -> (&'static str, String) {
    let edits = granting.iter().any(|(_, rights)| rights.edit);
    if granting.is_empty() {
        let says = format!(
            "no profile or permission set of the user lets it read {object}: nothing else can give that"
        );
        return ("none", says);
    }
    let by = granting.iter().map(|(container, rights)| {
        let (may, by) = (rights_words(*rights), container_words(container));
        format!("{may} by the {by}")
    });
    let by = by.collect::<Vec<_>>().join("; ");
    let (gives, but) = match edits {
        true => ("all", ""),
        false => ("read", "; nothing lets it edit"),
    };
    (gives, format!("on {object} the user may {by}{but}"))
}

/// A link that rests on permission sets, where the org did not tell whether the user's are over: what it gives is known only
/// where the profile gives as much.
fn in_doubt(link: Link, doubt: Option<&Refused>, certain: bool) -> Link {
    let Some(refused) = doubt else {
        return link;
    };
    Link {
        gives: link.gives.filter(|_| certain),
        says: format!(
            "{}; whether what it is assigned is in force is not known: {refused}",
            link.says
        ),
        ..link
    }
}

fn rights_words(rights: ObjectRights) -> String {
    let words = [
        (rights.read, "read"),
        (rights.create, "create"),
        (rights.edit, "edit"),
        (rights.delete, "delete"),
    ];
    let held = words.into_iter().filter(|(held, _)| *held);
    held.map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

fn address(container: &Container) -> String {
    match container.profile() {
        Some(profile) => format!("profile/{}", profile.label),
        None => format!("permission_set/{}", container.name),
    }
}

fn container_words(container: &Container) -> String {
    match container.profile() {
        Some(profile) => format!("profile {}", profile.label),
        None => format!("permission set {}", container.label),
    }
}

/// Permissions that ignore sharing.
pub(super) fn all_records(subject: &Subject) -> Link {
    let object = subject.sharing.object.as_str();
    if let Some(why) = access::held_bypasses(object, subject.user, subject.live).why_unknown() {
        let says = format!("whether a permission opens every {object} is not known: {why}");
        return Link::new("all_records", None, says);
    }
    let by: Vec<Cause> = cause::by_permission(subject).into_iter().collect();
    let modifies = by.iter().any(|cause| cause.kind == "modify_all");
    let (gives, says) = match by.is_empty() {
        true => (
            "none",
            format!("no permission of the user opens every {object}"),
        ),
        false => {
            let words: Vec<&str> = by.iter().map(|cause| cause.words.as_str()).collect();
            let says = format!("every {object} is open by {}", words.join("; "));
            (if modifies { "all" } else { "read" }, says)
        }
    };
    let of_profile = by.iter().filter(|cause| cause.is_by_profile());
    let modified = of_profile.clone().any(|cause| cause.kind == "modify_all");
    let certain = modified || (!modifies && of_profile.count() > 0);
    let by_sets = by.iter().any(|cause| !cause.is_by_profile());
    let standings = Standings::of(subject.user, subject.live);
    let link = Link::new("all_records", Some(gives), says).with(by);
    in_doubt(link, standings.doubt().filter(|_| by_sets), certain)
}
