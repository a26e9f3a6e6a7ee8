//! Remarks on what a user cannot do although it is stated or needed, and on what it can although the manifest denies it.

use crate::access::{Ability, Capability, DemandReason};
use crate::change::Change;
use crate::code::Code;
use crate::count::{agree, count, first_few};
use crate::diagnostic::Diagnostic;
use crate::live::Known;
use crate::manifest::{ObjectPermission, Word};
use std::collections::BTreeMap;

/// One error for each difference, and one remark for each reason why something is not known. What keeps a user from logging in has remarks of
/// its own. `drift` is what planning again would change.
pub fn of_capabilities(capabilities: &[Capability], drift: &[Change]) -> Vec<Diagnostic> {
    let differences = capabilities.iter().filter(|one| one.is_difference());
    let told = differences.filter(|one| !is_told_by_its_object(one, capabilities));
    let told = told.filter_map(|one| difference(one, drift));
    told.chain(not_known(capabilities)).collect()
}

/// Whether a field is hidden for the sake of its object, which is told by itself.
fn is_told_by_its_object(one: &Capability, all: &[Capability]) -> bool {
    let Ability::Field(object, _) = &one.ability else {
        return false;
    };
    let read = Ability::Object(object.clone(), ObjectPermission::Read);
    let mut others = all.iter().filter(|other| other.user == one.user);
    others.any(|other| other.ability == read && other.is_difference())
}

fn difference(one: &Capability, drift: &[Change]) -> Option<Diagnostic> {
    let message = message(one)?;
    let code = match (one.reason, one.wanted) {
        (_, false) => Code::CapabilityBeyond,
        (DemandReason::Stated, true) => Code::CapabilityMissing,
        (_, true) => Code::UserCannotWork,
    };
    let help = match is_healed(one, drift) {
        true => "apply gives it back: it stands among the differences".to_owned(),
        false => by_hand(one),
    };
    Some(Diagnostic::error(code, message).help(help).at(&one.place))
}

fn message(one: &Capability) -> Option<String> {
    let user = &one.user;
    let because = match one.reason {
        DemandReason::Stated => "which the manifest states",
        DemandReason::Integration => "which every integration needs",
        DemandReason::Rule => "which a rule asks for",
        DemandReason::Expectation => "which `expect` asks for",
    };
    let nothing = match one.void.is_empty() {
        true => "neither its profile nor a permission set that it holds grants it".to_owned(),
        false => format!("nothing in force grants it, and {}", one.void.join("; ")),
    };
    let from = one.from.iter().cloned().collect::<Vec<_>>().join(", ");
    Some(match &one.ability {
        Ability::Active | Ability::NotFrozen => return None,
        Ability::Permission(name) if !one.wanted => {
            format!(
                "`{user}` holds `{name}`, which the manifest denies it: {from} {} it",
                agree(one.from.len() as u64, "grants", "grant")
            )
        }
        Ability::Permission(name) if one.reason == DemandReason::Integration => format!(
            "`{user}` cannot use the API: {}",
            nothing.replace("grants it", &format!("grants `{name}`"))
        ),
        Ability::Permission(name) => {
            format!("`{user}` does not hold `{name}`, {because}: {nothing}")
        }
        Ability::SetInForce(name) | Ability::GroupInForce(name) => {
            let noun = match one.ability {
                Ability::GroupInForce(_) => "permission set group",
                _ => "permission set",
            };
            match one.void.is_empty() {
                true => format!("`{user}` does not hold the {noun} `{name}`, {because}"),
                false => format!(
                    "the {noun} `{name}` gives `{user}` nothing: {}",
                    one.void.join("; ")
                ),
            }
        }
        Ability::Object(object, right) => format!(
            "`{user}` lacks `{}` on {object}, {because}: {nothing}",
            right.word()
        ),
        Ability::Field(object, field) => {
            format!("`{user}` cannot read `{object}.{field}`, {because}: {nothing}")
        }
    })
}

/// Whether planning again would put it right.
fn is_healed(one: &Capability, drift: &[Change]) -> bool {
    let path = match &one.ability {
        Ability::Permission(name) => format!("userPermissions.{name}"),
        Ability::Object(object, _) => format!("objectPermissions.{object}"),
        Ability::Field(object, field) => format!("fieldPermissions.{object}.{field}"),
        Ability::SetInForce(name) => {
            let mut assigned = drift.iter();
            return assigned.any(|change| {
                change.address.kind == "permission_set_assignment" && change.address.name == *name
            });
        }
        Ability::GroupInForce(name) => {
            let own = format!("{name}@");
            let mut assigned = drift.iter();
            return assigned.any(|change| {
                change.address.kind == "permission_set_group_assignment"
                    && change.address.name.starts_with(&own)
            });
        }
        Ability::Active | Ability::NotFrozen => return false,
    };
    let in_own = |change: &&Change| {
        let is_own = ["profile", "permission_set"].contains(&change.address.kind);
        is_own && change.fields.iter().any(|field| field.path == path)
    };
    let of_field = |change: &&Change| match &one.ability {
        Ability::Field(object, field) => {
            change.address.kind == "custom_field"
                && change.address.name == format!("{object}.{field}")
        }
        _ => false,
    };
    let only_own = one.wanted || one.from.iter().all(|from| from.starts_with("profile/"));
    let mut changes = drift.iter();
    only_own && changes.any(|change| in_own(&change) || of_field(&change))
}

/// What a person does where no apply does it.
fn by_hand(one: &Capability) -> String {
    match &one.ability {
        Ability::Permission(_) if !one.wanted => {
            "take the permission off what grants it, or take that from the user (`absent: true` in its entry under \
             `permissionSets`)"
                .to_owned()
        }
        Ability::Permission(name) => format!(
            "no integration can connect as this user without the API, nor do what it is meant to without what is stated; plan \
             again, and where that changes nothing, state `{name}: true` under `profile.userPermissions`"
        ),
        Ability::SetInForce(_) | Ability::GroupInForce(_) => {
            "Setup > Permission Sets > the set > Manage Assignments: take the expiry off, or assign it anew; of a set that a \
             session has to activate, switch Session Activation Required off"
                .to_owned()
        }
        Ability::Object(object, right) => format!(
            "records that are shared stay closed without it; state `{object}: […, {}]` under `profile.objectPermissions`, or \
             give the user a permission set that grants it",
            right.word()
        ),
        Ability::Field(..) => {
            "the integration does not see the field; plan again, and where that changes nothing, let its profile read it in \
             Setup > Object Manager > Fields > Set Field-Level Security"
                .to_owned()
        }
        Ability::Active | Ability::NotFrozen => String::new(),
    }
}

/// What nobody can say, by why.
fn not_known(capabilities: &[Capability]) -> Vec<Diagnostic> {
    let mut by_reason: BTreeMap<(&str, String), Vec<&Capability>> = BTreeMap::new();
    for one in capabilities {
        if matches!(one.has, Known::Is(_)) {
            continue;
        }
        let why = one.has.why_unknown().unwrap_or_default();
        by_reason.entry((&one.user, why)).or_default().push(one);
    }
    let told = by_reason.into_iter().map(|((user, why), all)| {
        let things = count(all.len() as u64, "thing");
        let message = format!("whether `{user}` can do {things} that are stated or needed, is not known: {why}");
        let names: Vec<String> = all.iter().map(|one| one.ability.to_string()).collect();
        let help = format!(
            "{}; log in as a user with View Setup, and with Manage Users for who is frozen, to know it",
            first_few(&names)
        );
        let place = all.first().map(|one| &one.place);
        // What the org refused is not proved; what it merely does not show to who asks is told.
        let refusals = all.iter().filter_map(|one| one.has.refused());
        let found = match refusals.into_iter().any(|refused| !refused.code.is_empty()) {
            true => Diagnostic::error(Code::CapabilityNotKnown, message),
            false => Diagnostic::warning(Code::CapabilityNotKnown, message),
        };
        found.help(help).at(place).naming(&names)
    });
    told.collect()
}
