//! How many rules an object takes; those of others count as well.

use super::super::Draft;
use super::keep::kept_roles;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::Sharing;
use crate::xml::Element;
use std::collections::BTreeMap;

/// Rules of one object, and how many of them by criteria or for guests (Security guide, Criteria-Based Sharing Rules).
/// Salesforce Support raises both, so an org that has more already is not judged.
const LIMITS: [(&str, usize); 2] = [("rules", 300), ("rules by criteria or for guests", 50)];

/// Refuses rules that find no room beside those that the org has.
/// `everyone` is the name of the rule for everybody, where the object gets it.
pub(super) fn check(
    sharing: &Sharing,
    everyone: Option<&str>,
    live_rules: &BTreeMap<&str, &Element>,
    draft: &mut Draft,
) {
    let live: BTreeMap<String, bool> = live_rules
        .iter()
        .map(|(name, element)| ((*name).to_owned(), is_limited(element)))
        .collect();
    let after = after(sharing, everyone, live.clone());
    for ((what, most), (before, after)) in LIMITS
        .iter()
        .zip(counts(&live).into_iter().zip(counts(&after)))
    {
        if after > *most && before <= *most {
            let message = format!(
                "{} would have {after} {what}; an object takes {most}",
                sharing.object
            );
            let help =
                "remove rules that nobody needs, or ask Salesforce Support for a higher limit";
            let error = Diagnostic::error(Code::TooManyRules, message).at(&sharing.object.place);
            draft.errors.push(error.help(help));
        }
    }
}

fn is_limited(rule: &Element) -> bool {
    matches!(&*rule.name, "sharingCriteriaRules" | "sharingGuestRules")
}

/// All rules, and those by criteria or for guests.
fn counts(rules: &BTreeMap<String, bool>) -> [usize; 2] {
    [
        rules.len(),
        rules.values().filter(|limited| **limited).count(),
    ]
}

/// The rules once the plan is applied.
fn after(
    sharing: &Sharing,
    everyone: Option<&str>,
    mut rules: BTreeMap<String, bool>,
) -> BTreeMap<String, bool> {
    for rule in &sharing.rules {
        if let Some(earlier) = &rule.renamed_from {
            rules.remove(&earlier.value);
        }
        match rule.absent {
            true => rules.remove(&rule.name.value),
            false => rules.insert(rule.name.value.clone(), rule.owned_by.is_none()),
        };
    }
    rules.extend(
        kept_roles(sharing)
            .into_iter()
            .map(|(name, ..)| (name, false)),
    );
    rules.extend(everyone.map(|name| (name.to_owned(), true)));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    /// The messages for a manifest with these rules, on an object that has so many by criteria and by owner.
    fn messages(rules: &str, by_criteria: usize, by_owner: usize) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  role:\n    name: R\n\
             \u{20} sharing:\n    - object: Lead\n      rules:\n{rules}"
        );
        std::fs::write(&file, text).expect("written");
        let manifests = manifest::load(&[file], &[], &[], &|_| None).expect("valid");
        let sharing = &manifests.first().expect("one").spec.sharing[0];
        let (criteria, owner) = (
            Element::new("sharingCriteriaRules"),
            Element::new("sharingOwnerRules"),
        );
        let names: Vec<String> = (0..by_criteria + by_owner)
            .map(|number| format!("Rule{number}"))
            .collect();
        let numbered = names.iter().enumerate();
        let live = numbered
            .map(|(number, name)| {
                (
                    name.as_str(),
                    if number < by_criteria {
                        &criteria
                    } else {
                        &owner
                    },
                )
            })
            .collect();
        let mut draft = Draft::default();
        check(sharing, None, &live, &mut draft);
        draft
            .errors
            .into_iter()
            .map(|error| error.message)
            .collect()
    }

    #[test]
    fn rules_of_others_count() {
        let rule = |name: &str, more: &str| {
            format!("        - name: {name}\n          access: ReadOnly\n{more}")
        };
        let criteria = "          criteria: [{field: Email, operator: contains, value: '@'}]\n";
        let new = rule("New", criteria);
        let owner = rule("New", "          ownedBy: {role: Sales}\n");
        let by_criteria = "Lead would have 51 rules by criteria or for guests; an object takes 50";
        let all = "Lead would have 301 rules; an object takes 300";
        assert!(messages(&new, 49, 250).is_empty());
        assert_eq!(messages(&new, 50, 0), [by_criteria]);
        assert_eq!(messages(&new, 50, 250), [all, by_criteria]);
        assert!(messages(&owner, 50, 249).is_empty());
        assert_eq!(messages(&owner, 50, 250), [all]);
        assert!(
            messages(&rule("Rule0", criteria), 50, 0).is_empty(),
            "it is there already"
        );
        let removal = "        - name: Rule1\n          absent: true\n          access: ReadOnly\n";
        assert!(
            messages(&format!("{new}{removal}{}", ""), 50, 0).is_empty(),
            "one goes"
        );
        let renamed = rule("New", &format!("          renamedFrom: Rule2\n{criteria}"));
        assert!(messages(&renamed, 50, 0).is_empty(), "one is renamed");
        assert!(messages(&new, 60, 0).is_empty(), "the limit was raised");
    }
}
