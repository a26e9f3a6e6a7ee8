//! How much of an object the integration user will see. Counts, not records: verify looks at records.

use super::accounts::{account_rules, of_account_owners};
use super::seen::of_subordinates;
use super::{
    Bypass, SharingView, bypass::containers_that_bypass, count, criteria_rules, expected_by,
    held_bypass, owner_rules, without_account,
};
use crate::criteria::{self, Verdict};
use crate::kinds::{find_permission_set, referred_to, rule_changes};
use crate::live::{
    AskedAs, CriteriaKnowledge, Defaults, Filter, Known, Live, LiveRole, Membership, Need, Refused,
    profile_label,
};
use crate::manifest::{Criterion, Manifest, Operator, Sharing, SharingModel, Value};
use crate::tally::Tally;
use std::collections::BTreeSet;

/// The most that may be, of what cannot be counted before apply.
fn at_most(records: u64) -> Tally {
    match records {
        0 => Tally::Exactly(0),
        at_most => Tally::Between {
            at_least: 0,
            at_most,
        },
    }
}

impl SharingView<'_> {
    /// What the user will see, at least and at most.
    pub(super) fn visible_after(&self) -> Tally {
        match self.sees_all() {
            Known::Is(true) => return self.records.clone().into(),
            Known::Is(false) => {}
            other => return other.unknown_tally(),
        }
        match self.default_after() {
            Some(SharingModel::Private) | None => {}
            Some(model) => return self.by_default(model),
        }
        let countable = self.is_countable() && self.sees_every_criterion();
        let bound = match countable && !self.is_reached_by_others() {
            true => self.bound(),
            false => None,
        };
        let Some(bound) = bound else {
            return self.at_worst();
        };
        match (self.live.count(&bound), self.is_open()) {
            (Known::Is(records), true) => at_most(records),
            (Known::Is(records), false) => Tally::Exactly(records),
            (Known::NotAsked, _) => self.at_worst(),
            (refused, _) => refused.into(),
        }
    }

    fn default_after(&self) -> Option<SharingModel> {
        Defaults::new(self.manifest, self.live).after(self.object())
    }

    /// The most that the user may see where it cannot be counted: nothing, where each rule asks for a field still to be
    /// made in a way that no record meets yet; else every record.
    fn at_worst(&self) -> Tally {
        let unmet = |criterion: &Criterion| {
            let made = self.manifest.spec.field(self.object(), &criterion.field);
            let made = made.filter(|field| !field.absent);
            self.live.field(self.object(), &criterion.field).is_none()
                && made.is_some_and(|field| !criteria::may_be_met_at_first(criterion, field))
        };
        let mut rules = criteria_rules(self.sharing, self.manifest);
        let gives_nothing = rules.all(|(rule, _)| !criteria::may_be_met(rule, unmet));
        let is_private = matches!(self.default_after(), Some(SharingModel::Private) | None);
        let nothing = is_private
            && gives_nothing
            && self.is_countable()
            && self.roles_below().is_empty()
            && !self.is_reached_by_others();
        match (nothing, &self.records) {
            (true, _) => self.owned(),
            (false, Known::Is(records)) => at_most(*records),
            (false, other) => other.clone().into(),
        }
    }

    /// What the user owns, which it always sees.
    fn owned(&self) -> Tally {
        match self.live.own_user(self.manifest) {
            Some(user) => self.live.owned_by(self.object(), user).into(),
            None => Tally::Exactly(0),
        }
    }

    /// What everybody sees through a default that is not private: all records, unless the parent decides, or contacts
    /// without an account are their owners' alone.
    pub(super) fn by_default(&self, model: SharingModel) -> Tally {
        let all = match &self.records {
            Known::Is(records) => *records,
            other => return other.clone().into(),
        };
        if model == SharingModel::ControlledByParent {
            return at_most(all);
        }
        if self.object() != "Contact" {
            return Tally::Exactly(all);
        }
        match self.live.count(&without_account()) {
            Known::Is(0) => Tally::Exactly(all),
            Known::Is(private) => Tally::Between {
                at_least: all.saturating_sub(private),
                at_most: all,
            },
            _ => at_most(all),
        }
    }

    /// Whether a query can count what the manifest's rules give: not what the members of a role own, because semi-joins
    /// cannot stand beside an OR, and not what a rule gives that may or may not reach the user.
    pub(super) fn is_countable(&self) -> bool {
        owner_rules(self.sharing, self.manifest).next().is_none()
            && criteria_rules(self.sharing, self.manifest).all(|(_, reach)| reach == Verdict::Yes)
    }

    /// Whether each criterion asks for a field that the asking user sees: no query can ask for another, or for one that
    /// is still to be made.
    pub(super) fn sees_every_criterion(&self) -> bool {
        let seen =
            |criterion: &Criterion| self.live.field(self.object(), &criterion.field).is_some();
        criteria_rules(self.sharing, self.manifest).all(|(rule, _)| rule.criteria.iter().all(seen))
    }

    /// Whether sharing may decide otherwise than a query: where case tells records apart, or where a criterion that says
    /// "not" meets a blank field.
    pub(super) fn is_open(&self) -> bool {
        let open = |criterion: &Criterion| {
            let field = self.live.field(self.object(), &criterion.field);
            let nillable = field.is_some_and(|field| field.nillable == Some(true));
            let stated = criterion.value.each().any(Value::is_blank);
            self.regards_case(criterion)
                || self.is_of_moments(criterion)
                || (criterion.operator.value.is_negative() && nillable && !stated)
        };
        criteria_rules(self.sharing, self.manifest).any(|(rule, _)| rule.criteria.iter().any(open))
    }

    /// How a criterion is asked so that no record is left out that sharing, with regard to case, may share: `north` is
    /// not `North`.
    fn asked(&self, criterion: &Criterion) -> AskedAs {
        let found = [Operator::Equals, Operator::Contains, Operator::StartsWith];
        let found = found.contains(&criterion.operator.value);
        if !found && self.regards_case(criterion) {
            AskedAs::EveryRecord
        } else if self.is_of_moments(criterion) {
            AskedAs::Moments
        } else {
            AskedAs::Written
        }
    }

    fn is_of_moments(&self, criterion: &Criterion) -> bool {
        self.live.field_type(self.object(), &criterion.field) == Some("datetime")
    }

    fn regards_case(&self, criterion: &Criterion) -> bool {
        let kind = self.live.field_type(self.object(), &criterion.field);
        criteria::regards_case(criterion, kind) != Verdict::No
    }

    /// Whether the profile, or a permission set that the user holds or gets, sees every record.
    fn sees_all(&self) -> Known<bool> {
        let bypass = self.bypass.as_ref();
        let by_profile = profile_sees_all_by(self.sharing, self.manifest, bypass.clone());
        match by_profile {
            Known::Is(false) => bypass.map(|bypass| self.sets_see_all(bypass)),
            known => known,
        }
    }

    /// Whether a permission set that the user holds, or gets, sees every record.
    fn sets_see_all(&self, bypass: &[Bypass]) -> bool {
        let sets = sets_after(self.manifest, self.live);
        let mut sets_that_bypass = bypass.iter().filter(|by| by.kind != "profile");
        sets_that_bypass.any(|by| sets.contains(&by.id))
    }

    /// Whether a rule that no manifest names shares more with the user, or may: rules on the object, and rules that share
    /// accounts together with such children.
    pub(super) fn is_reached_by_others(&self) -> bool {
        let foreign = self.live.foreign_rules(self.sharing, self.manifest);
        let mut account_rules = account_rules(self.object(), self.live).peekable();
        if !foreign.is_empty() || account_rules.peek().is_none() {
            return !foreign.is_empty();
        }
        let membership = Membership::of(self.sharing, self.manifest, self.live);
        account_rules.any(|rule| membership.reach(rule).is_some())
    }

    /// Counts what the user will see, at most: what [`super::expected_records`] counts, what it may leave out, what roles
    /// below the manifest's own have, and what they see by the accounts they own.
    fn bound(&self) -> Option<Need> {
        let asked = |criterion: &Criterion| self.asked(criterion);
        let queue = |value: &Value| match value {
            Value::Queue(_) => referred_to(value, self.object(), self.manifest, self.live),
            _ => None,
        };
        let known = CriteriaKnowledge {
            asked: &asked,
            id: &queue,
        };
        let expected = expected_by(self.sharing, self.manifest, &known)?;
        let below = self.roles_below();
        let ids: BTreeSet<String> = below.iter().map(|role| role.id.clone()).collect();
        let mut any = vec![expected];
        any.extend((!ids.is_empty()).then(|| of_subordinates(self.sharing, &ids)));
        any.extend(of_account_owners(self.sharing, self.manifest, &below));
        Some(count(self.sharing, Filter::any(any)?))
    }

    /// The roles below the manifest's own.
    fn roles_below(&self) -> Vec<&LiveRole> {
        let roles = self.live.roles().learnt();
        let wanted = self.manifest.spec.role.as_ref();
        let role = wanted.and_then(|role| roles?.named(&role.name));
        let around = roles.zip(role);
        around.map_or_else(Vec::new, |(roles, role)| roles.below(role))
    }

    /// What only the first answers show to be worth counting.
    pub(super) fn further_counts(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        let populated = self.records.as_ref().learnt().is_some();
        needs.extend((!populated).then(|| Need::population(self.object())));
        needs.extend(self.bound().filter(|_| self.sees_every_criterion()));
        needs.extend(self.counts_of_now());
        needs.extend(self.owned_alone());
        needs
    }

    /// What the user owns, where the counts by owner did not tell.
    fn owned_alone(&self) -> Option<Need> {
        let user = self.live.own_user(self.manifest)?;
        let told = self.live.owners(self.object()).learnt().is_some();
        let owned = || count(self.sharing, Filter::owned_by(&user.username));
        (!told).then(owned)
    }
}

/// Ids of the permission sets that the user holds once the manifest is applied, that of its profile aside.
pub fn sets_after(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let user = live.own_user(manifest);
    let held = user.map_or(&[][..], |user| user.assignments.all());
    let held = held.iter().filter(|set| !set.of_profile);
    let mut ids: BTreeSet<String> = held.map(|set| set.set_id.clone()).collect();
    for reference in &manifest.spec.permission_sets {
        let Some(set) = find_permission_set(live, &reference.name).ok().flatten() else {
            continue;
        };
        match reference.absent {
            true => ids.remove(&set.id),
            false => ids.insert(set.id.clone()),
        };
    }
    ids
}

/// The first object whose records the running user does not see all: counts and proof would be blind.
pub fn not_seen_whole<'a>(manifest: &'a Manifest, live: &Live) -> Known<Option<&'a Sharing>> {
    if manifest.spec.sharing.is_empty() || live.offline {
        return Known::Is(None);
    }
    let Some(running) = live.org.running_user.as_deref() else {
        return Known::Refused(Refused::not_told("who you are"));
    };
    let user = match live.user(running) {
        Known::Is(Some(user)) => user,
        Known::Is(None) | Known::NotAsked => {
            return Known::Refused(Refused::not_told("what you may see"));
        }
        Known::Refused(refused) => return Known::Refused(refused),
    };
    let mut not_known = None;
    for sharing in &manifest.spec.sharing {
        match held_bypass(&sharing.object, user, live) {
            Known::Is(Some(_)) => {}
            Known::Is(None) => return Known::Is(Some(sharing)),
            other => not_known = Some(other.map(|_| None)),
        }
    }
    not_known.unwrap_or(Known::Is(None))
}

/// Whether the manifest's profile goes on seeing every record: View and Modify All are only taken off the objects that
/// are named.
pub fn profile_sees_all(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Known<bool> {
    let bypass = containers_that_bypass(&sharing.object, live);
    profile_sees_all_by(sharing, manifest, bypass.as_ref())
}

fn profile_sees_all_by(
    sharing: &Sharing,
    manifest: &Manifest,
    bypass: Known<&Vec<Bypass>>,
) -> Known<bool> {
    let Some(profile) = &manifest.spec.profile else {
        return Known::Is(false);
    };
    let object = &sharing.object.value;
    if let Some(stated) = profile.object_permissions.get(object) {
        let mut stated = stated.iter();
        return Known::Is(stated.any(|permission| permission.bypasses_sharing()));
    }
    let selective = profile.without_data_administration.as_ref();
    if selective.is_none_or(|named| named.iter().any(|name| name.value == *object)) {
        return Known::Is(false);
    }
    let source = profile.clone_from.as_ref();
    let label = source.map(|source| profile_label(source));
    let names = [Some(profile.name.value.clone()), label];
    bypass.map(|bypass| {
        let mut profiles = bypass.iter().filter(|by| by.kind == "profile");
        profiles.any(|by| names.iter().flatten().any(|name| by.name == *name))
    })
}

/// Objects of which the org does not have the manifest's rules just as they are wanted.
pub(super) fn objects_whose_rules_change(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let names = rule_changes(manifest, live).into_iter();
    let object = |name: String| name.split_once('.').map(|(object, _)| object.to_owned());
    names.filter_map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Answer;
    use crate::manifest::load;
    use crate::soql::Row;
    use serde_json::json;

    fn manifest() -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        let text = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  sharing:\n    - object: Lead\n";
        std::fs::write(&path, text).unwrap();
        load(&[path], &[], &[], &|_| None).unwrap().remove(0)
    }

    /// An org that answered who the running user is, what holds permissions and what they grant on leads.
    fn live(user: Answer, containers: Answer, grants: Answer) -> Live {
        let mut live = Live::default();
        live.org.running_user = Some("ada@acme.example".to_owned());
        live.tell(Need::User("ada@acme.example".to_owned()), user);
        live.tell(Need::Containers, containers);
        live.tell(Need::Grants("Lead".to_owned()), grants);
        live
    }

    fn refused() -> Answer {
        Answer::Refused {
            status: 400,
            code: "INSUFFICIENT_ACCESS".to_owned(),
            message: String::new(),
        }
    }

    fn rows(values: &[serde_json::Value]) -> Answer {
        Answer::Rows(values.iter().map(Row::of).collect())
    }

    fn user() -> Answer {
        rows(&[json!({"Id": "005A", "Username": "ada@acme.example", "ProfileId": "00e1"})])
    }

    fn containers(views_all: bool) -> Answer {
        rows(&[
            json!({"Id": "0PS1", "Name": "X", "Label": "X", "IsOwnedByProfile": true, "ProfileId": "00e1",
            "PermissionsViewAllData": views_all, "Profile": {"Name": "Sales"}}),
        ])
    }

    #[test]
    fn whether_everything_is_seen_is_not_known_where_the_org_refused_what_it_rests_on() {
        let manifest = manifest();
        let seen = |live: Live| {
            let seen = not_seen_whole(&manifest, &live);
            seen.map(|object| object.map(|sharing| sharing.object.value.clone()))
        };
        let grants = || rows(&[]);
        let blind = seen(live(user(), containers(false), grants()));
        assert_eq!(blind, Known::Is(Some("Lead".to_owned())));
        assert_eq!(
            seen(live(user(), containers(true), grants())),
            Known::Is(None)
        );
        // Who views all data needs no look at the object.
        assert_eq!(
            seen(live(user(), containers(true), refused())),
            Known::Is(None)
        );
        for live in [
            live(refused(), containers(true), grants()),
            live(user(), refused(), grants()),
            live(user(), containers(false), refused()),
        ] {
            let seen = seen(live);
            let refused = seen.refused().map(|refused| refused.code.clone());
            assert_eq!(refused.as_deref(), Some("INSUFFICIENT_ACCESS"));
        }
        let unnamed = Live::default();
        let why = seen(unnamed).why_unknown();
        assert_eq!(why.as_deref(), Some("the org did not tell who you are"));
    }
}
