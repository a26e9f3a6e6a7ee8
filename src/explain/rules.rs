//! Each sharing rule that reaches the user, or may, against the record: whom it shares with, and which condition is met by
//! which value.

use super::links::{Link, given, word};
use crate::access::{People, RuleTarget, target_of};
use crate::criteria::{Criteria, Verdict};
use crate::kinds::rule_criteria;
use crate::laws::Level;
use crate::live::{Known, LiveRecord, LiveRule, RuleKind};
use crate::manifest::Rule;
use crate::verify::cause::{self, Cause};
use crate::verify::subject::Subject;
use serde::Serialize;

/// A rule against a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleTold {
    /// Its API name.
    pub name: String,
    /// `Read` or `Edit`; what the manifest asks for where the org has no such rule.
    pub access: String,
    /// Whom it shares with, as an address; `None` where the org does not say.
    pub shared_to: Option<String>,
    /// Whether the manifest names it; `None` where no manifest speaks of the object and the user.
    pub of_manifest: Option<bool>,
    /// Whether the org has it.
    pub in_org: bool,
    /// Whether it shares with the user: `yes`, `no` or `perhaps`.
    pub reaches: &'static str,
    /// Whether it shares the record: `yes`, `no` or `perhaps`.
    pub met: &'static str,
    /// Its conditions; none of a rule by owner.
    pub conditions: Vec<ConditionTold>,
}

/// A condition against a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionTold {
    /// In words.
    pub condition: String,
    /// What the record has.
    pub value: String,
    /// Whether it is met: `yes`, `no` or `perhaps`.
    pub met: &'static str,
}

/// The rules of the object that share with the user, or may, and those of the manifest that the org has not.
pub(super) fn rules(
    subject: &Subject,
    record: &LiveRecord,
    is_stated: bool,
    people: &Known<People<'_>>,
    rows: &Known<Vec<Cause>>,
) -> Link {
    let object = subject.sharing.object.as_str();
    let of_rules = |rows: &Vec<Cause>| {
        let by = rows.iter().filter(|cause| cause.kind == "sharing_rule");
        by.cloned().collect::<Vec<Cause>>()
    };
    let by = rows.as_ref().map(of_rules);
    let of_org = subject.live.rules(object).map(|rule| {
        let reach = reach(&rule, subject, people);
        let mut told = of_org(subject, people.as_ref().learnt(), &rule, record, reach);
        told.of_manifest = told.of_manifest.filter(|_| is_stated);
        (reach, told)
    });
    let (reaching, others): (Vec<_>, Vec<_>) =
        of_org.partition(|(reach, told)| *reach != Verdict::No || told.of_manifest == Some(true));
    let mut told: Vec<RuleTold> = reaching.into_iter().map(|(_, told)| told).collect();
    let has = |rule: &&Rule| {
        subject
            .live
            .rules(object)
            .any(|live| rule.answers_to(live.name))
    };
    let wanted = subject.sharing.rules.iter();
    let lacking = wanted.filter(|rule| !rule.absent && !has(rule));
    told.extend(lacking.map(|rule| of_manifest(subject, rule, record)));
    let elsewhere = match others.len() {
        0 => String::new(),
        1 => "; one more rule shares with others".to_owned(),
        more => format!("; {more} more rules share with others"),
    };
    let (gives, says) = given_by_rules(subject, &by, told.is_empty(), &elsewhere);
    let by = by.learnt().unwrap_or_default();
    let mut link = Link::new("sharing_rules", gives, says).with(by);
    link.rules = told;
    link
}

/// What rules have given the user, as its share rows show, and in a sentence.
fn given_by_rules(
    subject: &Subject,
    by: &Known<Vec<Cause>>,
    none_told: bool,
    elsewhere: &str,
) -> (Option<&'static str>, String) {
    let object = subject.sharing.object.as_str();
    let unknown = subject.live.sharing_rules(object).why_unknown();
    match (by, unknown) {
        (Known::Is(by), _) if !by.is_empty() => {
            let words: Vec<&str> = by.iter().map(|cause| cause.words.as_str()).collect();
            (given(by), format!("{}{elsewhere}", words.join("; ")))
        }
        (_, Some(why)) => (
            None,
            format!("which sharing rules there are is not known: {why}"),
        ),
        (Known::Is(_), None) if none_told => (
            Some("none"),
            format!("no sharing rule of {object} reaches the user{elsewhere}"),
        ),
        (Known::Is(_), None) => (
            Some("none"),
            format!("no sharing rule has given it to the user{elsewhere}"),
        ),
        (other, None) => {
            let why = other.why_unknown().unwrap_or_default();
            (
                None,
                format!("what sharing rules have given the user is not known: {why}"),
            )
        }
    }
}

/// Whether a rule shares with the user.
fn reach(rule: &LiveRule, subject: &Subject, people: &Known<People<'_>>) -> Verdict {
    let people = people.as_ref().learnt();
    let user = people.and_then(|people| people.person(&subject.user.id));
    match (target_of(rule.element), people.zip(user)) {
        (RuleTarget::These(principal), Some((people, user))) => {
            people.is_shared_with(user, &principal)
        }
        (RuleTarget::Outsiders, Some((_, user))) if user.kind == "Standard" => Verdict::No,
        _ => Verdict::Either,
    }
}

fn of_org(
    subject: &Subject,
    people: Option<&People<'_>>,
    rule: &LiveRule,
    record: &LiveRecord,
    reach: Verdict,
) -> RuleTold {
    let criteria = match rule.kind {
        RuleKind::Criteria | RuleKind::Guest => Criteria::of_element(rule.element),
        RuleKind::Owner | RuleKind::Territory => None,
    };
    let mut names = subject.sharing.rules.iter();
    RuleTold {
        name: rule.name.to_owned(),
        access: rule
            .element
            .text_of("accessLevel")
            .unwrap_or_default()
            .to_owned(),
        shared_to: match target_of(rule.element) {
            RuleTarget::These(principal) => Some(cause::rules::address_of(&principal)),
            RuleTarget::Outsiders | RuleTarget::Unknown => None,
        },
        of_manifest: Some(names.any(|named| named.answers_to(rule.name))),
        in_org: true,
        reaches: word(reach),
        met: word(cause::rules::meets(subject, people, rule, record)),
        conditions: criteria
            .map_or_else(Vec::new, |criteria| conditions(subject, &criteria, record)),
    }
}

fn of_manifest(subject: &Subject, rule: &Rule, record: &LiveRecord) -> RuleTold {
    let object = &subject.sharing.object;
    let (criteria, _) = rule_criteria(rule, object, subject.manifest, subject.live);
    let by_owner = rule.owned_by.is_some();
    let kind = |field: &str| subject.live.field_type(object, field).map(str::to_owned);
    let met = match by_owner {
        true => Verdict::Either,
        false => criteria.verdict(record.row(), &kind),
    };
    RuleTold {
        name: rule.name.value.clone(),
        access: match Level::from(rule.access.value) {
            Level::Edit => "Edit".to_owned(),
            _ => "Read".to_owned(),
        },
        shared_to: crate::kinds::rule_target(rule, subject.manifest)
            .map(|to| cause::rules::address_of(&to)),
        of_manifest: Some(true),
        in_org: false,
        reaches: word(Verdict::No),
        met: word(met),
        conditions: match by_owner {
            true => Vec::new(),
            false => conditions(subject, &criteria, record),
        },
    }
}

fn conditions(subject: &Subject, criteria: &Criteria, record: &LiveRecord) -> Vec<ConditionTold> {
    let object = &subject.sharing.object;
    let kind = |field: &str| subject.live.field_type(object, field).map(str::to_owned);
    let each = criteria.findings(record.row(), &kind).into_iter();
    let told = each.map(|(condition, value, verdict)| ConditionTold {
        condition,
        value,
        met: word(verdict),
    });
    told.collect()
}

impl RuleTold {
    /// What it says, a sentence a line; conditions stand two columns further.
    pub(super) fn sentences(&self) -> Vec<String> {
        let foreign = match self.of_manifest {
            Some(false) => ", which no manifest names,",
            Some(true) | None => "",
        };
        let to = self
            .shared_to
            .as_deref()
            .unwrap_or("whom the org does not say");
        let reaches = match (self.in_org, self.reaches) {
            (false, _) => "is not in the org yet".to_owned(),
            (true, "yes") => format!("reaches the user ({} to {to})", self.access),
            (true, "no") => format!("does not reach the user ({} to {to})", self.access),
            (true, _) => format!("may reach the user ({} to {to})", self.access),
        };
        let met = match self.met {
            "yes" => "met",
            "no" => "not met",
            _ => "not documented either way",
        };
        let head = format!("rule {}{foreign} {reaches}: {met}", self.name);
        let conditions = self.conditions.iter().map(|told| {
            let met = match told.met {
                "yes" => "met",
                "no" => "NOT met",
                _ => "not documented either way",
            };
            format!("  {}: {met}, the record has {}", told.condition, told.value)
        });
        std::iter::once(head).chain(conditions).collect()
    }
}
