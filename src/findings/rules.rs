//! Remarks on the rules of one object: what they would miss, and who else's rules reach the user.

use super::{View, matching};
use crate::access::{Impact, RulesTogether};
use crate::code::Code;
use crate::criteria::{self, Verdict};
use crate::diagnostic::Diagnostic;
use crate::live::{EVERYONE_BUT, Reach};
use crate::manifest::{Criterion, Rule, RuleAccess, Sharing, UserRef, Value};

pub(super) fn remarks(view: &View, sharing: &Sharing, impact: &Impact) -> Vec<Diagnostic> {
    let mut findings = matching::remarks(sharing, impact);
    let waits = matches!(impact.by_rules.together, RulesTogether::NothingYet(_));
    for rule in sharing.rules.iter().filter(|rule| !rule.absent) {
        findings.extend(matching::new_field(view, sharing, rule).filter(|_| !waits));
        findings.extend(negative(rule));
        findings.extend(read_only(view, rule));
        findings.extend(case(view, sharing, rule));
        findings.extend(hidden_field(view, sharing, rule));
    }
    findings.extend(created_by_integration(view, sharing));
    findings.extend(foreign(view, sharing));
    findings
}

/// The guide: "Make sure the Sharing Rule is set to 'Read/Write' Access so that the integration can update records."
fn read_only(view: &View, rule: &Rule) -> Option<Diagnostic> {
    let message = format!(
        "the rule `{}` lets the integration read and not write",
        rule.name
    );
    let help = "HubSpot syncs what its user can read and write: say `access: ReadWrite`";
    let concerned = super::hubspot::concerns(view.manifest);
    (concerned && rule.access.value == RuleAccess::ReadOnly).then(|| {
        Diagnostic::warning(Code::RuleOnlyReads, message)
            .at(&rule.access.place)
            .help(help)
    })
}

fn negative(rule: &Rule) -> Option<Diagnostic> {
    let silent = |criterion: &&Criterion| !criterion.value.each().any(Value::is_blank);
    let criterion = rule
        .criteria
        .iter()
        .filter(silent)
        .find(|criterion| criterion.operator.value.is_negative())?;
    let message = format!(
        "whether a blank `{}` meets `{}` is not documented",
        criterion.field, criterion.operator
    );
    let help = "add a criterion that says what blank means; verify accepts either outcome for blank values";
    Some(
        Diagnostic::warning(Code::NegativeOperatorOverBlanks, message)
            .at(&criterion.operator.place)
            .help(help),
    )
}

/// Sharing compares text with regard to case: `equals` misses other spellings, `notEqual` shares them.
fn case(view: &View, sharing: &Sharing, rule: &Rule) -> Vec<Diagnostic> {
    let counts = |criterion: &&Criterion| {
        let kind = view.live.field_type(&sharing.object, &criterion.field);
        criteria::regards_case(criterion, kind) == Verdict::Yes
    };
    let negative = |criterion: &&&Criterion| criterion.operator.value.is_negative();
    let counting: Vec<&Criterion> = rule.criteria.iter().filter(counts).collect();
    let leaking = counting.iter().find(|criterion| negative(criterion));
    let missing = counting.iter().find(|criterion| !negative(criterion));
    leaking
        .map(|criterion| spellings_shared(criterion))
        .into_iter()
        .chain(missing.map(|criterion| spellings_missed(criterion)))
        .collect()
}

fn spellings_missed(criterion: &Criterion) -> Diagnostic {
    let message = format!(
        "sharing rules compare `{}` with regard to case",
        criterion.field
    );
    let help =
        "list every spelling in use: `value: [Berlin, BERLIN]`; counts in the plan ignore case";
    Diagnostic::note(Code::CaseCounts, message)
        .at(&criterion.value.place)
        .help(help)
}

fn spellings_shared(criterion: &Criterion) -> Diagnostic {
    let value = criterion.value.each().find_map(criteria::spelled_otherwise);
    let (value, other) = value.unwrap_or_default();
    let message = format!(
        "sharing rules compare `{}` with regard to case: `{other}` is not `{value}`, so this shares it",
        criterion.field
    );
    let help = "list every spelling in use: `value: [Berlin, BERLIN]`; the plan counts as if all others were shared";
    Diagnostic::warning(Code::CaseCounts, message)
        .at(&criterion.value.place)
        .help(help)
}

/// A field that exists and that the running user cannot see: counts and proof cannot look at it.
fn hidden_field(view: &View, sharing: &Sharing, rule: &Rule) -> Option<Diagnostic> {
    let exists = |name: &str| {
        let object = view.live.object_document(&sharing.object).found();
        object.is_some_and(|object| {
            object
                .children_named("fields")
                .any(|f| f.text_of("fullName") == Some(name))
        })
    };
    view.live.object(&sharing.object).found()?;
    let hidden = |criterion: &&Criterion| {
        view.live.field(&sharing.object, &criterion.field).is_none() && exists(&criterion.field)
    };
    let criterion = rule.criteria.iter().find(hidden)?;
    let message = format!(
        "you cannot see `{}.{}`, so the proof cannot look at it",
        sharing.object, criterion.field
    );
    let help = "list the field under `fields` with `visibleTo` naming your profile, or grant it by a permission set";
    Some(
        Diagnostic::warning(Code::FieldNotVisible, message)
            .at(&criterion.field.place)
            .help(help),
    )
}

/// The guide: records created by the integration "will stop syncing unless the new record meets the criteria".
fn created_by_integration(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    view.manifest.spec.user.as_ref()?;
    let covers = |criterion: &Criterion| {
        let by = criterion.field.eq_ignore_ascii_case("CreatedById")
            || criterion.field.eq_ignore_ascii_case("OwnerId");
        by && matches!(criterion.value.value, Value::User(UserRef::This))
    };
    let rules: Vec<&Rule> = sharing.rules.iter().filter(|rule| !rule.absent).collect();
    let rule = rules.first()?;
    if rules.iter().any(|rule| rule.criteria.iter().any(covers)) {
        return None;
    }
    let by_workflow = match super::hubspot::concerns(view.manifest) {
        true => "a HubSpot or Salesforce workflow",
        false => "a workflow",
    };
    let message = format!(
        "{} records that {} creates are lost to it unless they meet the criteria",
        sharing.object,
        super::hubspot::integration(view.manifest)
    );
    let help = format!(
        "set the fields by {by_workflow}, or add a rule with \
         `{{field: CreatedById, operator: equals, value: {{user: this}}}}`"
    );
    Some(
        Diagnostic::warning(Code::CreatedByHubSpot, message)
            .at(&rule.place)
            .help(help),
    )
}

/// Rules that reach the user although no manifest names them.
fn foreign(view: &View, sharing: &Sharing) -> Vec<Diagnostic> {
    let rules = view.live.foreign_rules(sharing, view.manifest).into_iter();
    let told = rules.filter_map(|(rule, reach)| {
        let message = format!(
            "the {} `{}.{}` shares more with the integration user, and no manifest names it",
            rule.kind.noun(),
            sharing.object,
            rule.name
        );
        let diagnostic = match reach {
            Reach::Own => Diagnostic::error(Code::AnotherRuleReachesUser, message),
            Reach::Everybody => Diagnostic::warning(Code::AnotherRuleReachesUser, message),
            Reach::Possible => return None,
        };
        let help = match rule.name.starts_with(EVERYONE_BUT) {
            true => {
                "plan the manifest that made it together with this one: it then leaves this user out"
            }
            false => {
                "name the rule in the manifest to own it, or remove it: what it shares will sync"
            }
        };
        Some(diagnostic.at(&sharing.object.place).help(help))
    });
    told.collect()
}
