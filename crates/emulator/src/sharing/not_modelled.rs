//! What this org holds and does not evaluate. It says so when it is asked, so that nobody takes its silence for an answer.

use crate::store::{Org, SharingRule};

/// Roles of sites, which nobody in this org has, and groups of channel programs.
const TARGETS: [&str; 4] = [
    "portalRole",
    "portalRoleAndSubordinates",
    "channelProgramGroup",
    "channelProgramGroups",
];

/// A sentence about a rule of the object whose target or kind this org does not evaluate.
pub fn not_modelled(org: &Org, object: &str) -> Option<String> {
    let mut rules = org.rules_in_force.values();
    let rule = rules.find(|rule| rule.object == object && shares_to_nobody_here(rule));
    let by_target = rule.map(|rule| (rule.full_name(), rule.shared_to.kind.clone()));
    let prefix = format!("{object}.");
    let kept = org.documents.get("SharingTerritoryRule");
    let mut names = kept.into_iter().flat_map(|kept| kept.keys());
    let by_territory = || {
        let name = names.find(|name| name.starts_with(&prefix))?;
        Some((name.clone(), "a rule by territory".to_owned()))
    };
    let (name, what) = by_target.or_else(by_territory)?;
    Some(format!(
        "The emulator does not evaluate the sharing rule {name} ({what}), so it cannot tell who has access to {object}"
    ))
}

fn shares_to_nobody_here(rule: &SharingRule) -> bool {
    TARGETS.contains(&rule.shared_to.kind.as_str())
}
