//! How much of an object the integration user will see. Counts, not records: verify looks at records.

use super::accounts::{account_rules, of_account_owners};
use super::{
    WITHOUT_ACCOUNT, bypass, condition, counting, criteria_rules, expected, held_bypass,
    of_subordinates, owner_rules, population, seen,
};
use crate::criteria::{self, Asked, Known, Verdict};
use crate::facts::{Facts, Question, ROLES, Row};
use crate::kinds::{
    Defaults, Membership, find_permission_set, foreign_rules, live_user, profile_label,
    referred_to, rule_changes, user_question,
};
use crate::manifest::{Criterion, Manifest, Operator, Sharing, SharingModel, Value};
use std::collections::BTreeSet;

/// How many records the user will see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prediction {
    /// Never fewer than it will be.
    pub(super) records: u64,
    /// Whether it may be more than it will be.
    pub(super) at_most: bool,
}

/// What the user will see. `None` where it cannot be known before apply: a field that does not exist yet, a parent
/// that decides, somebody else's rule that reaches the user.
pub(super) fn after(
    sharing: &Sharing,
    manifest: &Manifest,
    facts: &Facts,
    records: u64,
) -> Option<Prediction> {
    let exactly = |records| Prediction {
        records,
        at_most: false,
    };
    if sees_all(sharing, manifest, facts) {
        return Some(exactly(records));
    }
    match Defaults::new(manifest, facts).after(&sharing.object) {
        Some(SharingModel::Private) | None => {}
        Some(model) => return by_default(&sharing.object, model, facts, records).map(exactly),
    }
    if is_reached_by_others(sharing, manifest, facts) || !is_countable(sharing, manifest) {
        return None;
    }
    Some(Prediction {
        records: facts.count(&bound(sharing, manifest, facts)?)?,
        at_most: is_open(sharing, manifest, facts),
    })
}

/// The most that the user may see where [`after`] does not know: nothing, where each rule asks for a field still to be
/// made in a way that no record meets yet; else every record.
pub(super) fn at_worst(sharing: &Sharing, manifest: &Manifest, facts: &Facts, records: u64) -> u64 {
    let model = Defaults::new(manifest, facts).after(&sharing.object);
    let is_private = matches!(model, Some(SharingModel::Private) | None);
    let unmet = |criterion: &Criterion| {
        let made = manifest.spec.field(&sharing.object, &criterion.field);
        let made = made.filter(|field| !field.absent);
        facts.field(&sharing.object, &criterion.field).is_none()
            && made.is_some_and(|field| !criteria::may_be_met_at_first(criterion, field))
    };
    let gives_nothing =
        criteria_rules(sharing, manifest).all(|(rule, _)| !criteria::may_be_met(rule, unmet));
    let nothing = is_private
        && gives_nothing
        && is_countable(sharing, manifest)
        && !is_reached_by_others(sharing, manifest, facts);
    if nothing { 0 } else { records }
}

/// Whether a query can count what the manifest's rules give: not what the members of a role own, because semi-joins
/// cannot stand beside an OR, and not what a rule gives that may or may not reach the user.
pub(super) fn is_countable(sharing: &Sharing, manifest: &Manifest) -> bool {
    owner_rules(sharing, manifest).next().is_none()
        && criteria_rules(sharing, manifest).all(|(_, reach)| reach == Verdict::Yes)
}

/// Whether sharing may decide otherwise than a query: where case tells records apart, or where a criterion that says
/// "not" meets a blank field.
pub(super) fn is_open(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let open = |criterion: &Criterion| {
        let field = facts.field(&sharing.object, &criterion.field);
        let nillable = field.is_some_and(|field| field.nillable == Some(true));
        let stated = criterion.value.each().any(Value::is_blank);
        regards_case(criterion, sharing, facts)
            || is_of_moments(criterion, sharing, facts)
            || (criterion.operator.value.is_negative() && nillable && !stated)
    };
    criteria_rules(sharing, manifest).any(|(rule, _)| rule.criteria.iter().any(open))
}

/// How a criterion is asked so that no record is left out that sharing, with regard to case, may share: `north` is not
/// `North`.
fn asked(criterion: &Criterion, sharing: &Sharing, facts: &Facts) -> Asked {
    let found = [Operator::Equals, Operator::Contains, Operator::StartsWith];
    let found = found.contains(&criterion.operator.value);
    if !found && regards_case(criterion, sharing, facts) {
        Asked::OfEveryRecord
    } else if is_of_moments(criterion, sharing, facts) {
        Asked::AsMoments
    } else {
        Asked::AsWritten
    }
}

fn is_of_moments(criterion: &Criterion, sharing: &Sharing, facts: &Facts) -> bool {
    facts.field_type(&sharing.object, &criterion.field) == Some("datetime")
}

fn regards_case(criterion: &Criterion, sharing: &Sharing, facts: &Facts) -> bool {
    let kind = facts.field_type(&sharing.object, &criterion.field);
    criteria::regards_case(criterion, kind) != Verdict::No
}

/// What everybody sees through a default that is not private: all records, unless the parent decides, or contacts
/// without an account are their owners' alone.
pub(super) fn by_default(
    object: &str,
    model: SharingModel,
    facts: &Facts,
    records: u64,
) -> Option<u64> {
    let has_private = object == "Contact" && facts.count(WITHOUT_ACCOUNT) != Some(0);
    let known = model != SharingModel::ControlledByParent && !has_private;
    known.then_some(records)
}

/// Whether the profile, or a permission set that the user holds or gets, sees every record.
fn sees_all(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    profile_sees_all(sharing, manifest, facts) || sets_see_all(sharing, manifest, facts)
}

/// The first object whose records the running user does not see all: counts and proof would be blind.
pub fn blind<'a>(manifest: &'a Manifest, facts: &Facts) -> Option<&'a Sharing> {
    let running = facts.org.running_user.as_deref()?;
    let row = facts.selected(&user_question(running)).first()?;
    let mut sharing = manifest.spec.sharing.iter();
    sharing.find(|sharing| held_bypass(&sharing.object, row, facts).is_none())
}

/// The manifest's user as the org has it.
pub(super) fn user_row<'a>(manifest: &Manifest, facts: &'a Facts) -> Option<&'a Row> {
    live_user(manifest.spec.user.as_ref()?, facts)
}

/// Whether the manifest's profile goes on seeing every record: View and Modify All are only taken off the objects that
/// are named.
pub fn profile_sees_all(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let Some(profile) = &manifest.spec.profile else {
        return false;
    };
    let object = &sharing.object.value;
    if let Some(stated) = profile.object_permissions.get(object) {
        return stated
            .iter()
            .any(|permission| permission.bypasses_sharing());
    }
    let selective = profile.without_data_administration.as_ref();
    if selective.is_none_or(|named| named.iter().any(|name| name.value == *object)) {
        return false;
    }
    let label = profile
        .clone_from
        .as_ref()
        .map(|source| profile_label(source));
    let names = [Some(profile.name.value.clone()), label];
    let known = |name: &String| {
        bypass(object, facts)
            .iter()
            .any(|by| by.kind == "profile" && by.name == *name)
    };
    names.iter().flatten().any(known)
}

/// Whether a permission set that the user holds, or gets, sees every record.
fn sets_see_all(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let held = user_row(manifest, facts)
        .map(|row| row.children("PermissionSetAssignments"))
        .unwrap_or_default();
    let mut ids: BTreeSet<String> = held
        .iter()
        .filter(|set| !set.flag("PermissionSet.IsOwnedByProfile"))
        .filter_map(|set| set.text("PermissionSetId").map(str::to_owned))
        .collect();
    for reference in &manifest.spec.permission_sets {
        let found = find_permission_set(facts, &reference.name).ok().flatten();
        let Some(id) = found.and_then(|row| row.text("Id")) else {
            continue;
        };
        match reference.absent {
            true => ids.remove(id),
            false => ids.insert(id.to_owned()),
        };
    }
    bypass(&sharing.object, facts)
        .iter()
        .any(|by| by.kind != "profile" && ids.contains(&by.id))
}

/// Whether a rule that no manifest names shares more with the user, or may: rules on the object, and rules that share
/// accounts together with such children.
pub(super) fn is_reached_by_others(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let membership = Membership::of(sharing, manifest, facts);
    !foreign_rules(sharing, manifest, facts).is_empty()
        || account_rules(&sharing.object, facts).any(|rule| membership.reach(rule).is_some())
}

/// Whether the org has the manifest's rules just as they are wanted.
pub(super) fn rules_stand(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> bool {
    let prefix = format!("{}.", sharing.object);
    rule_changes(manifest, facts)
        .iter()
        .all(|name| !name.starts_with(&prefix))
}

/// Roles below a role, by id.
pub fn subordinates(role: Option<&str>, facts: &Facts) -> BTreeSet<String> {
    let rows = facts.rows(ROLES);
    let own = rows
        .iter()
        .find(|row| role.is_some() && row.text("DeveloperName") == role);
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = own.and_then(|row| row.text("Id")).into_iter().collect();
    while let Some(id) = open.pop() {
        let children = rows
            .iter()
            .filter(|row: &&Row| row.text("ParentRoleId") == Some(id));
        open.extend(
            children
                .filter_map(|row| row.text("Id"))
                .filter(|child| found.insert((*child).to_owned())),
        );
    }
    found
}

/// Counts what the user will see, at most: what [`expected`] counts, what it may leave out, what roles below the
/// manifest's own have, and what they see by the accounts they own.
fn bound(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> Option<String> {
    let asked = |criterion: &Criterion| asked(criterion, sharing, facts);
    let queue = |value: &Value| match value {
        Value::Queue(_) => referred_to(value, &sharing.object, manifest, facts),
        _ => None,
    };
    let known = Known {
        asked: &asked,
        id: &queue,
    };
    let condition = condition(sharing, manifest, &known)?;
    let below = subordinates(role_name(manifest), facts);
    let mut any = vec![condition];
    any.extend((!below.is_empty()).then(|| of_subordinates(sharing, &below)));
    any.extend(of_account_owners(sharing, manifest, &below, facts));
    Some(counting(sharing, &any.join(" OR ")))
}

fn role_name(manifest: &Manifest) -> Option<&str> {
    let role = manifest.spec.role.as_ref()?;
    Some(&role.name.value)
}

/// What only the first answers show to be worth asking: a second, small wave in few orgs.
pub fn ask_more(manifest: &Manifest, facts: &Facts) -> Vec<Question> {
    let mut queries = Vec::new();
    for sharing in manifest
        .spec
        .sharing
        .iter()
        .filter(|sharing| facts.describe(&sharing.object).is_some())
    {
        let object = &sharing.object;
        let populated = facts.count(&population(object)).is_some();
        queries.extend((!populated).then(|| population(object)));
        let asked = expected(sharing, manifest);
        let bound = bound(sharing, manifest, facts);
        queries.extend(bound.filter(|bound| Some(bound) != asked.as_ref()));
        let counts = seen::counts(sharing, manifest, facts).into_iter();
        queries.extend(counts.filter(|query| facts.count(query).is_none()));
    }
    queries.into_iter().map(Question::Query).collect()
}
