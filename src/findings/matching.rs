//! Remarks on how many records rules match: none, none yet, or not as many as were meant.

use super::View;
use crate::access::{Impact, RuleMatches, RulesTogether};
use crate::address::Address;
use crate::change::Action;
use crate::code::Code;
use crate::count::{count, number};
use crate::criteria;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Criterion, Rule, Sharing};
use crate::tally::Tally;

pub(super) fn remarks(sharing: &Sharing, impact: &Impact) -> Vec<Diagnostic> {
    let missed = impact.by_rules.expected.iter();
    let missed = missed.filter(|rule| !rule.holds());
    let missed = missed.map(|rule| not_as_expected(sharing, rule));
    together(sharing, impact)
        .into_iter()
        .chain(missed)
        .collect()
}

/// What the rules come to together, where that is nothing.
fn together(sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let object = &sharing.object;
    match &impact.by_rules.together {
        RulesTogether::SomeOrNotKnown => None,
        RulesTogether::Nothing => {
            let all = impact.records.exactly().unwrap_or_default();
            Some(rules_match_nothing(sharing, all))
        }
        RulesTogether::NothingYet(fields) => {
            let message = format!(
                "tick first, then narrow: the user sees no {object} record until somebody fills {}, made by this plan",
                listed(object, fields)
            );
            let help = "make the fields with `apply --until prepared`, which changes nobody's access, fill them, then apply \
                        the rest; `expectVisible: 0` on each rule says that none is meant";
            let step = Diagnostic::warning(Code::TickFirst, message);
            Some(step.at(&object.place).help(help))
        }
    }
}

/// The error that the rules of an object match none of its records.
pub fn rules_match_nothing(sharing: &Sharing, records: u64) -> Diagnostic {
    let object = &sharing.object;
    let message = format!(
        "the rules of {object} match none of its {}",
        count(records, "record")
    );
    let help = "look at the values in the criteria; `expectVisible: 0` on each rule says that none is meant";
    let error = Diagnostic::error(Code::RulesMatchNothing, message);
    let address = Address::new("organization_wide_default", object.value.clone());
    error.at(&object.place).help(help).about(address)
}

/// `Lead.Sync__c and Lead.Stage__c`
fn listed(object: &str, fields: &[String]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| format!("`{object}.{field}`"))
        .collect();
    names.join(" and ")
}

/// A rule that matches other than as many records as are meant.
fn not_as_expected(sharing: &Sharing, rule: &RuleMatches) -> Diagnostic {
    let (name, meant) = (&rule.rule, &rule.meant);
    let (found, help) = match &rule.records {
        Tally::Exactly(records) => (
            format!("matches {}", count(*records, "record")),
            "look at its criteria, or say how many are meant now",
        ),
        Tally::Between { at_least, at_most } => (
            format!(
                "matches {} to {}",
                number(*at_least),
                count(*at_most, "record")
            ),
            "nobody can count it exactly before apply: say a range that holds both numbers, or leave `expectVisible` out",
        ),
        Tally::Unknown(why) => (
            format!("matches nobody can say how many records ({why})"),
            "what is not known is beyond every limit: leave `expectVisible` out, or let the org tell",
        ),
    };
    let message = format!("the rule `{name}` {found}, and the manifest expects {meant}");
    let address = Address::new("sharing_rule", format!("{}.{name}", sharing.object));
    let error = Diagnostic::error(Code::RuleMatchesOtherwise, message);
    error.at(&meant.place).help(help).about(address)
}

/// A criterion on a field this very plan makes matches nothing until somebody fills it.
pub(super) fn new_field(view: &View, sharing: &Sharing, rule: &Rule) -> Option<Diagnostic> {
    let expected = rule.expect_visible.as_ref();
    if expected.is_some_and(|expected| expected.allows_none()) {
        return None;
    }
    let name = |criterion: &Criterion| format!("{}.{}", sharing.object, criterion.field);
    let made = |criterion: &Criterion| {
        let full = name(criterion);
        view.changes.iter().any(|change| {
            change.address.kind == "custom_field"
                && change.address.name == full
                && change.action == Action::Create
        })
    };
    let unmet = |criterion: &Criterion| {
        let field = view.manifest.spec.field(&sharing.object, &criterion.field);
        made(criterion)
            && field.is_some_and(|field| !criteria::may_be_met_at_first(criterion, field))
    };
    if criteria::may_be_met(rule, unmet) {
        return None;
    }
    let criterion = rule.criteria.iter().find(|criterion| unmet(criterion))?;
    let message = format!(
        "nothing will be visible through `{}` yet: this plan makes `{}`",
        rule.name,
        name(criterion)
    );
    let help = "fill the field (a data load, a flow), or say `expectVisible: 0` on the rule if that is meant";
    let warning = Diagnostic::warning(Code::CriterionOnNewField, message);
    Some(warning.at(&criterion.field.place).help(help))
}
