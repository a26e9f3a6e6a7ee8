//! What every change of the org entails: locks before it, the recalculation of sharing and the audit trail after it.

use std::collections::BTreeSet;

use super::report::Report;
use super::{Occasion, audit};
use crate::documents::{self, sharing_rules};
use crate::problem::{INTEGRITY, Problem};
use crate::store::{Org, SharingModel};
use crate::{rules, sharing};

/// Sharing cannot be changed while it is recalculated: the locks are those of the org before the deploy, the changes
/// those one component makes.
pub(super) fn unlocked(locks: &Org, before: &Org, after: &Org) -> Result<(), Vec<Problem>> {
    let models =
        |org: &Org, name: &str| org.objects.get(name).map(|object| object.sharing.requested);
    let known = before.objects.keys();
    let defaults = known
        .filter(|name| models(before, name) != models(after, name))
        .count()
        > 0;
    let of_defaults = if defaults {
        sharing::locked_defaults(locks)
    } else {
        None
    };
    let mut rules = changed_rules(before, after).into_iter();
    let of_rules = || rules.find_map(|object| sharing::locked_rules(locks, &object));
    match of_defaults.or_else(of_rules) {
        Some(message) => Err(vec![Problem::new(INTEGRITY, message)]),
        None => Ok(()),
    }
}

/// Objects whose rules differ.
pub(super) fn changed_rules(before: &Org, after: &Org) -> BTreeSet<String> {
    let differs = |name: &&String| after.rules.get(*name) != before.rules.get(*name);
    let changed = after
        .rules
        .keys()
        .chain(before.rules.keys())
        .filter(differs);
    changed
        .filter_map(|name| name.split('.').next())
        .map(str::to_owned)
        .collect()
}

/// Makes one change outside a deploy, with the locks and the recalculation a deploy would have.
pub(crate) fn change(
    org: &mut Org,
    occasion: &Occasion,
    (kind, name): (&str, &str),
    make: impl FnOnce(&mut Org) -> documents::Applied,
) -> documents::Applied {
    let mut attempt = org.clone();
    let outcome = make(&mut attempt)?;
    unlocked(org, org, &attempt)?;
    let coupling = |org: &Org| rules::coupling_refusal(org, "Account", &BTreeSet::new());
    if let Some(message) =
        coupling(&attempt).filter(|message| coupling(org).as_ref() != Some(message))
    {
        return Err(vec![Problem::new(INTEGRITY, message)]);
    }
    let before = std::mem::replace(org, attempt);
    audit::single_call(org, &before, (kind, name), outcome, occasion);
    settle_sharing(org, &before, occasion);
    Ok(outcome)
}

/// Makes the draft the org, and starts the recalculation of what changed in sharing.
pub(super) fn commit(org: &mut Org, draft: Org, report: &Report, occasion: &Occasion) {
    let before = std::mem::replace(org, draft);
    audit::deploy(org, &before, report, occasion);
    settle_sharing(org, &before, occasion);
}

/// What every change of defaults and rules entails: contracts follow accounts, a default controlled by the parent ends
/// the rules of the object, and the objects concerned are recalculated.
fn settle_sharing(org: &mut Org, before: &Org, occasion: &Occasion) {
    let models =
        |org: &Org, name: &str| org.objects.get(name).map(|object| object.sharing.requested);
    if models(org, "Account") != models(before, "Account") {
        rules::contract_follows_account(org);
    }
    let mut concerned: BTreeSet<String> = BTreeSet::new();
    for object in before
        .objects
        .values()
        .filter(|object| models(org, &object.name) != Some(object.sharing.requested))
    {
        concerned.insert(object.name.clone());
    }
    concerned.retain(|name| org.objects.contains_key(name));
    org.rules.retain(|_, rule| {
        let model = org
            .objects
            .get(&rule.object)
            .map(|object| object.sharing.requested.internal);
        !(concerned.contains(&rule.object) && model == Some(SharingModel::ControlledByParent))
    });
    concerned.extend(changed_rules(before, org));
    sharing_rules::read_guest_rules(org);
    let names: Vec<&str> = concerned.iter().map(String::as_str).collect();
    let timing = occasion.timing.clone();
    sharing::begin(org, &names, &occasion.user, occasion.now, timing);
}
