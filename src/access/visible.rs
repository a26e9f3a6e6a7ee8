//! What keeps a query from counting what the integration user will see, and what lets it see everything.

use super::accounts::account_rules;
use super::{
    Bypass, SharingView, bypass::containers_that_bypass, criteria_rules, held_bypass, owner_rules,
};
use crate::criteria::{self, Verdict};
use crate::kinds::{find_assigned, granted_rights, rule_changes, unchanged_profile};
use crate::live::{Known, Live, Membership, Refused, profile_label};
use crate::manifest::{Criterion, Manifest, Operator, Rule, Sharing, Value};
use std::collections::BTreeSet;

impl SharingView<'_> {
    /// Whether a query can count what the manifest's rules give: not what the members of a role own, because semi-joins
    /// cannot stand beside an OR, and not what a rule gives that may or may not reach the user.
    pub(super) fn is_countable(&self) -> bool {
        owner_rules(self.sharing, self.manifest).next().is_none() && self.reaches_for_certain()
    }

    /// Whether each criterion asks for a field that the asking user sees: no query can ask for another, or for one that
    /// is still to be made.
    pub(super) fn sees_every_criterion(&self) -> bool {
        criteria_rules(self.sharing, self.manifest).all(|(rule, _)| self.sees_criteria(rule))
    }

    /// The same of one rule.
    pub(super) fn sees_criteria(&self, rule: &Rule) -> bool {
        let seen =
            |criterion: &Criterion| self.live.field(self.object(), &criterion.field).is_some();
        rule.criteria.iter().all(seen)
    }

    /// Whether sharing may decide otherwise than a query: where case tells records apart, or where a criterion that says
    /// "not" meets a blank field.
    pub(super) fn is_open(&self) -> bool {
        criteria_rules(self.sharing, self.manifest).any(|(rule, _)| self.is_open_rule(rule))
    }

    /// The same of one rule.
    pub(super) fn is_open_rule(&self, rule: &Rule) -> bool {
        let open = |criterion: &Criterion| {
            let field = self.live.field(self.object(), &criterion.field);
            let nillable = field.is_some_and(|field| field.nillable == Some(true));
            let stated = criterion.value.each().any(Value::is_blank);
            self.regards_case(criterion)
                || self.is_of_moments(criterion)
                || (criterion.operator.value.is_negative() && nillable && !stated)
        };
        rule.criteria.iter().any(open)
    }

    /// Whether sharing, with regard to case, may share records that a query without it does not find: `north` is not
    /// `North`.
    pub(super) fn shares_more_than_found(&self, criterion: &Criterion) -> bool {
        let found = [Operator::Equals, Operator::Contains, Operator::StartsWith];
        let found = found.contains(&criterion.operator.value);
        !found && self.regards_case(criterion)
    }

    pub(super) fn is_of_moments(&self, criterion: &Criterion) -> bool {
        self.live.field_type(self.object(), &criterion.field) == Some("datetime")
    }

    fn regards_case(&self, criterion: &Criterion) -> bool {
        let kind = self.live.field_type(self.object(), &criterion.field);
        criteria::regards_case(criterion, kind) != Verdict::No
    }

    /// Whether the profile, or a permission set that the user holds or gets, sees every record.
    pub(super) fn sees_all(&self) -> Known<bool> {
        let bypass = self.bypass.as_ref();
        let unchanged = unchanged_profile(self.manifest, self.live);
        let unchanged = unchanged.map(|profile| profile.label.as_str());
        let by_profile =
            profile_sees_all_by(self.sharing, self.manifest, unchanged, bypass.clone());
        match by_profile {
            Known::Is(false) => bypass.map(|bypass| self.sets_see_all(bypass)),
            known => known,
        }
    }

    /// Whether a permission set that the user holds, or gets, sees every record.
    pub(super) fn sets_see_all(&self, bypass: &[Bypass]) -> bool {
        let sets = sets_of_others_after(self.manifest, self.live);
        if granted_rights(self.object(), self.manifest, self.live).view_all {
            return true;
        }
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
}

/// Ids of the permission sets that the user holds once the manifest is applied, that of its profile aside.
pub fn sets_after(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let user = live.own_user(manifest);
    let held = user.map_or(&[][..], |user| user.assignments.all());
    let held = held.iter().filter(|set| !set.of_profile);
    let mut ids: BTreeSet<String> = held.map(|set| set.set_id.clone()).collect();
    for reference in &manifest.spec.permission_sets {
        let Some(set) = find_assigned(live, reference).ok().flatten() else {
            continue;
        };
        match reference.absent {
            true => ids.remove(&set.id),
            false => ids.insert(set.id.clone()),
        };
    }
    ids
}

/// The same without the sets that the manifest makes: what these grant then is what it states, and not what they grant now.
pub fn sets_of_others_after(manifest: &Manifest, live: &Live) -> BTreeSet<String> {
    let mut ids = sets_after(manifest, live);
    let containers = live.containers().learnt();
    for set in &manifest.spec.grants {
        if let Some(own) = containers.and_then(|containers| containers.set_named(&set.name)) {
            ids.remove(&own.id);
        }
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
    let unchanged = unchanged_profile(manifest, live);
    let unchanged = unchanged.map(|profile| profile.label.as_str());
    profile_sees_all_by(sharing, manifest, unchanged, bypass.as_ref())
}

fn profile_sees_all_by(
    sharing: &Sharing,
    manifest: &Manifest,
    unchanged: Option<&str>,
    bypass: Known<&Vec<Bypass>>,
) -> Known<bool> {
    let by_profile = |bypass: &Vec<Bypass>, label: &str| {
        let mut profiles = bypass.iter().filter(|by| by.kind == "profile");
        profiles.any(|by| by.name == label)
    };
    let Some(profile) = &manifest.spec.profile else {
        return match unchanged {
            Some(label) => bypass.map(|bypass| by_profile(bypass, label)),
            None => Known::Is(false),
        };
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
    bypass.map(|bypass| names.iter().flatten().any(|name| by_profile(bypass, name)))
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
    use crate::live::{Answer, Need};
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
