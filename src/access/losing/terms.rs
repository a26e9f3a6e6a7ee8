//! The rules of an object before and after a plan, each as what it shares and with whom.

use crate::criteria::{self, Criteria};
use crate::kinds::{KeptLevel, is_every_record, kept_level, rule_criteria, rule_target};
use crate::laws::Level;
use crate::live::{
    FieldFacts, Filter, Live, LiveRule, RuleKind, StoredCondition, StoredMatch, everyone_name,
};
use crate::manifest::{Criterion, KeptAccess, Manifest, Principal, Rule, RuleAccess, Sharing};
use crate::xml::Element;

/// What a rule shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::access) enum RuleSource {
    /// What these own.
    Owners(Principal),
    /// What meets its criteria: as a query asks for it, and in the form in which criteria are compared.
    Meeting(StoredMatch, Criteria),
    /// Every record, whoever owns it.
    Everything,
    /// No record that there is.
    Nothing,
    /// Nobody knows.
    Anything,
}

impl RuleSource {
    /// Whether it is the same, however its values are spelled and in whatever order.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Meeting(one, criteria), Self::Meeting(two, others)) => {
                criteria == others && one.exact == two.exact
            }
            (one, other) => one == other,
        }
    }
}

/// Whom a rule shares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTarget {
    /// These.
    These(Principal),
    /// People from outside only.
    Outsiders,
    /// Somebody whose members nobody told.
    Unknown,
}

/// A rule, and whether it stands before the plan and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::access) struct RuleTerm {
    pub(in crate::access) source: RuleSource,
    pub(in crate::access) target: RuleTarget,
    /// What it gives, as it stands in the end; `None` where it does not say.
    pub(in crate::access) level: Option<Level>,
    /// Whether it leaves out the records of owners who can have no role.
    pub(in crate::access) leaves_out: bool,
    pub(in crate::access) before: bool,
    pub(in crate::access) after: bool,
}

/// The rules of an object, those that stay as they are only once.
pub(in crate::access) fn terms(
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
) -> Vec<RuleTerm> {
    let object = sharing.object.as_str();
    let mut named: Vec<(&str, RuleTerm)> = live
        .rules(object)
        .map(|rule| (rule.name, of_live(&rule, object, live)))
        .collect();
    let mut made = Vec::new();
    for rule in &sharing.rules {
        let wanted = (!rule.absent).then(|| of_manifest(rule, sharing, manifest, live));
        replace(&mut named, |name| rule.answers_to(name), wanted, &mut made);
    }
    for entry in &sharing.keep_access {
        let Some((kept, target)) = entry.holder.rule() else {
            continue;
        };
        let wanted = RuleTerm {
            source: RuleSource::Owners(Principal::AllInternalUsers),
            target: RuleTarget::These(target),
            level: kept_by_role(entry.access.value),
            leaves_out: false,
            before: false,
            after: true,
        };
        replace(&mut named, |name| name == kept, Some(wanted), &mut made);
    }
    if let Some(kept) = &sharing.keep_everyone {
        let name = everyone_name(manifest);
        let wanted = match kept_level(sharing, manifest, live) {
            Some(KeptLevel::Of(access)) => Some(access),
            _ => None,
        };
        if wanted.is_some() || kept.absent {
            let wanted = wanted.map(|access| of_everyone(name.clone(), access));
            replace(&mut named, |named| named == name, wanted, &mut made);
        }
    }
    let standing = named.into_iter().map(|(_, term)| term);
    standing.chain(made).collect()
}

/// What a role keeps; a profile keeps it by a permission.
fn kept_by_role(access: KeptAccess) -> Option<Level> {
    match access {
        KeptAccess::ReadOnly => Some(Level::Read),
        KeptAccess::ReadWrite => Some(Level::Edit),
        KeptAccess::ViewAll | KeptAccess::ModifyAll => None,
    }
}

fn of_everyone(name: String, access: RuleAccess) -> RuleTerm {
    RuleTerm {
        source: RuleSource::Everything,
        target: RuleTarget::These(Principal::Group(name)),
        level: Some(access.into()),
        leaves_out: false,
        before: false,
        after: true,
    }
}

/// Puts a rule in the place of that of its name: the same one stands on.
fn replace(
    named: &mut [(&str, RuleTerm)],
    is_meant: impl Fn(&str) -> bool,
    wanted: Option<RuleTerm>,
    made: &mut Vec<RuleTerm>,
) {
    let mut wanted = wanted;
    for (_, term) in named.iter_mut().filter(|(name, _)| is_meant(name)) {
        let same = |new: &RuleTerm| new.source.is(&term.source) && new.target == term.target;
        match wanted.take_if(|new| same(new)) {
            Some(new) => (term.level, term.leaves_out) = (new.level, new.leaves_out),
            None => term.after = false,
        }
    }
    made.extend(wanted);
}

fn of_live(rule: &LiveRule, object: &str, live: &Live) -> RuleTerm {
    let target = target_of(rule.element);
    let source = match rule.kind {
        RuleKind::Criteria if is_every_record(rule.element, object) => RuleSource::Everything,
        RuleKind::Criteria | RuleKind::Guest => {
            Criteria::of_element(rule.element).map_or(RuleSource::Anything, |criteria| {
                let all = rule.element.text_of("includeRecordsOwnedByAll");
                meeting(&criteria, all == Some("true"), object, live)
            })
        }
        RuleKind::Owner => source_of(rule.element).map_or(RuleSource::Anything, RuleSource::Owners),
        RuleKind::Territory => RuleSource::Anything,
    };
    RuleTerm {
        source,
        target: match rule.kind {
            RuleKind::Guest => RuleTarget::Outsiders,
            _ => target,
        },
        level: rule.element.text_of("accessLevel").and_then(Level::named),
        leaves_out: rule.element.text_of("includeRecordsOwnedByAll") == Some("false"),
        before: true,
        after: true,
    }
}

/// Whom an element of a rule shares with.
pub fn target_of(rule: &Element) -> RuleTarget {
    let target = rule.child("sharedTo").and_then(|to| to.children.first());
    let Some(target) = target else {
        return RuleTarget::Unknown;
    };
    match (principal(target), target.name.as_str()) {
        (Some(principal), _) => RuleTarget::These(principal),
        (None, "allCustomerPortalUsers" | "allPartnerUsers" | "guestUser") => RuleTarget::Outsiders,
        (None, _) => RuleTarget::Unknown,
    }
}

/// Whose records an element of a rule shares; `None` where it names nobody that has members inside.
pub fn source_of(rule: &Element) -> Option<Principal> {
    principal(rule.child("sharedFrom")?.children.first()?)
}

fn principal(element: &Element) -> Option<Principal> {
    let name = element.text.to_string();
    Some(match element.name.as_str() {
        "role" => Principal::Role(name),
        "roleAndSubordinates" => Principal::RoleAndSubordinates(name),
        "roleAndSubordinatesInternal" => Principal::RoleAndSubordinatesInternal(name),
        "group" => Principal::Group(name),
        "queue" => Principal::Queue(name),
        "allInternalUsers" => Principal::AllInternalUsers,
        _ => return None,
    })
}

fn of_manifest(rule: &Rule, sharing: &Sharing, manifest: &Manifest, live: &Live) -> RuleTerm {
    let object = sharing.object.as_str();
    let unmet = |criterion: &Criterion| {
        let made = manifest.spec.field(object, &criterion.field);
        let made = made.filter(|field| !field.absent);
        live.field(object, &criterion.field).is_none()
            && made.is_some_and(|field| !criteria::may_be_met_at_first(criterion, field))
    };
    let include = rule.include_records_owned_by_all.as_ref();
    let include = include.is_none_or(|include| include.value);
    let source = match &rule.owned_by {
        Some(owners) => RuleSource::Owners(owners.value.clone()),
        None if !criteria::may_be_met(rule, unmet) => RuleSource::Nothing,
        None => meeting(
            &rule_criteria(rule, object, manifest, live).0,
            include,
            object,
            live,
        ),
    };
    let target = rule_target(rule, manifest);
    RuleTerm {
        source,
        target: target.map_or(RuleTarget::Unknown, RuleTarget::These),
        level: Some(rule.access.value.into()),
        leaves_out: !include,
        before: false,
        after: true,
    }
}

/// Rules that leave out the records of owners who can have no role share fewer than their criteria say.
fn meeting(criteria: &Criteria, of_all: bool, object: &str, live: &Live) -> RuleSource {
    let conditions = criteria.conditions.iter().map(|condition| StoredCondition {
        field: &condition.field,
        operator: condition.operator,
        values: &condition.values,
    });
    let conditions: Vec<StoredCondition> = conditions.collect();
    let facts = |field: &str| {
        let field = live.field(object, field)?;
        Some(FieldFacts {
            kind: &field.kind,
            nillable: field.nillable != Some(false),
        })
    };
    let mut found = Filter::stored(&conditions, criteria.logic.as_ref(), &facts);
    found.exact &= of_all;
    RuleSource::Meeting(found, criteria.canonical())
}
