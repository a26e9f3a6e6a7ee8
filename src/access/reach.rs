//! Which rules of a manifest reach its user. Pure.

use crate::criteria::Verdict;
use crate::kinds::rule_target;
use crate::live::Live;
use crate::manifest::{Manifest, Principal, Rule, Sharing};

/// The rules by criteria that reach the manifest's user, or may reach it: rules for others are none of its business.
pub fn criteria_rules<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
) -> impl Iterator<Item = (&'a Rule, Verdict)> {
    let rules = sharing.rules.iter();
    rules
        .filter(|rule| !rule.absent && rule.owned_by.is_none())
        .map(|rule| (rule, reach(rule, manifest)))
        .filter(|(_, reach)| *reach != Verdict::No)
}

/// The rules by owner that reach the manifest's user, or may reach it.
pub fn owner_rules<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
) -> impl Iterator<Item = (&'a Rule, &'a Principal, Verdict)> {
    let rules = sharing.rules.iter().filter(|rule| !rule.absent);
    rules
        .filter_map(|rule| Some((rule, &rule.owned_by.as_ref()?.value, reach(rule, manifest))))
        .filter(|(_, _, reach)| *reach != Verdict::No)
}

/// Whether a record of that owner is shared by a rule for what `owned_by` own. Members of groups and queues are for the
/// org to say, and so are roles that it did not tell.
pub fn owned_by(principal: &Principal, owner: &str, live: &Live) -> Verdict {
    let (name, with_below) = match principal {
        Principal::AllInternalUsers => return owner.starts_with("005").into(),
        Principal::Group(_) | Principal::Queue(_) => return Verdict::Either,
        Principal::Role(name) => (name, false),
        Principal::RoleAndSubordinates(name) | Principal::RoleAndSubordinatesInternal(name) => {
            (name, true)
        }
    };
    let Some((roles, of_users)) = live.roles().and(live.roles_of_users()).learnt() else {
        return Verdict::Either;
    };
    let Some(role) = of_users.of(owner).and_then(|id| roles.of_id(id)) else {
        return Verdict::No;
    };
    let is_below = || roles.above(role).iter().any(|above| above.name == *name);
    (role.name == *name || (with_below && is_below())).into()
}

/// Whether a rule reaches the manifest's user. Who belongs to a group, or stands below another role, is for the org to
/// say: such rules may or may not.
fn reach(rule: &Rule, manifest: &Manifest) -> Verdict {
    let own = |name: &str| {
        let role = manifest.spec.role.as_ref();
        role.is_some_and(|role| role.name.value == name)
    };
    match rule_target(rule, manifest) {
        None => Verdict::No,
        Some(Principal::AllInternalUsers) => Verdict::Yes,
        Some(Principal::Role(name)) => own(&name).into(),
        Some(
            Principal::RoleAndSubordinates(name) | Principal::RoleAndSubordinatesInternal(name),
        ) if own(&name) => Verdict::Yes,
        Some(_) => Verdict::Either,
    }
}
