//! Access: who sees how much of an object, now and after, and who loses sight of it. Pure.

mod accounts;
mod by_rules;
mod bypass;
mod capability;
mod counted;
mod demanded;
mod escalation;
mod everybody;
mod expectations;
mod gap;
mod held;
mod losing;
mod outlook;
mod parents;
mod people;
mod reach;
mod record_after;
mod rights;
mod rights_on_object;
mod rows;
mod seen;
mod visible;
mod ways;

use crate::criteria::Verdict;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{Columns, CriteriaKnowledge, Filter, Known, Live, Need, tells_default_of};
use crate::manifest::{Manifest, Rule, Sharing};
use crate::tally::Tally;
use everybody::Everybody;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub use accounts::{
    account_level, account_rules_for, level_of as level_on_own_accounts,
    own_levels as levels_of_own_accounts,
};
pub use by_rules::{ByRules, RuleMatches, RulesTogether};
pub use bypass::{Bypass, held_bypass, held_bypasses};
pub use capability::{Capability, capabilities, capability_needs, further_capability_needs};
pub use demanded::{Ability, Demand, DemandReason, demands};
pub use escalation::{Escalation, escalations};
pub use expectations::{
    ExpectationOutcome, ExpectedAccess, OtherAccess, RecordSeen, When, expected_access,
};
pub use gap::lost_without_rules;
pub use held::{
    EffectiveRights, HeldPermissions, HeldRights, HeldSet, SetStanding, Standings,
    address_of_container, counted_ids, held_sets, in_force_ids,
};
pub use losing::{
    Fate, Losing, LosingRole, PersonSight, RuleTarget, SightLost, USUAL_BUDGET, source_of,
    target_of,
};
pub use outlook::{ByWay, Outlook};
pub use people::{People, Tie, Ties, both, either_way};
pub use reach::{criteria_rules, owned_by, owner_rules, roles_of_owners_refused};
pub use record_after::ForeseenAccess;
pub use visible::{not_seen_whole, profile_sees_all, sets_after, sets_of_others_after};

/// Who sees how much of an object, now and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// The object's API name.
    pub object: String,
    /// Records in the org.
    pub records: Tally,
    /// Records the user sees today; `None` while the user does not exist.
    pub visible_now: Option<Tally>,
    /// Records the user will see.
    pub visible_after: Tally,
    /// Those of them that it will be able to edit.
    pub editable_after: Tally,
    /// What it will see, by way; none where that is not known exactly.
    pub ways_after: Vec<ByWay>,
    /// Accounts that become readable along with these records, where the manifest says nothing of accounts.
    pub accounts_opened: Option<Tally>,
    /// What the rules match, each and together.
    pub by_rules: ByRules,
    /// Active users who lose sight of records they neither own nor supervise.
    pub users_losing_access: Known<Vec<Losing>>,
    /// What becomes of the sight of everybody else, in people and in records.
    pub sight_lost: Known<SightLost>,
    /// Profiles and permission sets that ignore the default.
    pub bypass: Known<Vec<Bypass>>,
}

impl Impact {
    /// What was asked and not learnt, by the key of the report: why.
    pub fn unknown(&self) -> BTreeMap<&'static str, String> {
        let why = |tally: &Tally| tally.unknown().map(str::to_owned);
        let bypassing = || match &self.bypass {
            Known::Is(all) => all.iter().find_map(|one| why(&one.users)),
            other => other.why_unknown(),
        };
        let reasons = [
            ("records", why(&self.records)),
            ("visible_now", self.visible_now.as_ref().and_then(why)),
            ("visible_after", why(&self.visible_after)),
            ("editable_after", why(&self.editable_after)),
            (
                "users_losing_access",
                self.users_losing_access.why_unknown(),
            ),
            ("bypass", bypassing()),
        ];
        let reasons = reasons.into_iter();
        reasons.filter_map(|(key, why)| Some((key, why?))).collect()
    }
}

impl Serialize for Impact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("object", &self.object)?;
        map.serialize_entry("records", &self.records)?;
        map.serialize_entry("visible_now", &self.visible_now)?;
        map.serialize_entry("visible_after", &self.visible_after)?;
        map.serialize_entry("editable_after", &self.editable_after)?;
        map.serialize_entry("ways_after", &self.ways_after)?;
        map.serialize_entry("accounts_opened", &self.accounts_opened)?;
        let losing = self.users_losing_access.as_ref().learnt();
        map.serialize_entry("users_losing_access", &losing)?;
        map.serialize_entry("sight_lost", &self.sight_lost.as_ref().learnt())?;
        map.serialize_entry("bypass", &self.bypass.as_ref().learnt())?;
        map.serialize_entry("unknown", &self.unknown())?;
        map.end()
    }
}

/// Records that the rules let the user see, or that the user owns, as far as the manifest tells. SOQL ignores case,
/// sharing does not.
pub fn expected_records(sharing: &Sharing, manifest: &Manifest) -> Option<Filter> {
    expected_by(
        sharing,
        manifest,
        &CriteriaKnowledge::NOTHING,
        false,
        |_| true,
    )?
}

/// The same by what is known of the criteria, with the rules that are meant. Inner `None` where that is nothing, outer
/// where no query can ask for it.
fn expected_by(
    sharing: &Sharing,
    manifest: &Manifest,
    known: &CriteriaKnowledge,
    has_private: bool,
    is_meant: impl Fn(&Rule) -> bool,
) -> Option<Option<Filter>> {
    let user = manifest.spec.user.as_ref();
    let username = user.map(|user| user.username.value.as_str());
    let rules = criteria_rules(sharing, manifest)
        .filter(|(rule, reach)| *reach == Verdict::Yes && is_meant(rule));
    let met = rules.map(|(rule, _)| rule_filter(rule, sharing, manifest, known, has_private));
    let mut any: Vec<Filter> = met.collect::<Option<_>>()?;
    any.extend(username.map(Filter::owned_by));
    Some(Filter::any(any))
}

/// The records that a rule by criteria matches by itself; `None` where no query can ask for them.
fn rule_filter(
    rule: &Rule,
    sharing: &Sharing,
    manifest: &Manifest,
    known: &CriteriaKnowledge,
    has_private: bool,
) -> Option<Filter> {
    let user = manifest.spec.user.as_ref();
    let username = user.map(|user| user.username.value.as_str());
    let met = Filter::meeting(rule, username, known)?;
    let met = match has_private {
        true => met.not_private(),
        false => met,
    };
    Some(shareable(sharing, met))
}

/// The need to count records of an object.
fn count(sharing: &Sharing, filter: Filter) -> Need {
    Need::Count(sharing.object.value.clone(), Some(filter))
}

/// Those of the records that can be shared: a contact without an account is its owner's alone.
fn shareable(sharing: &Sharing, filter: Filter) -> Filter {
    match sharing.object.as_str() {
        "Contact" => filter.with_account(),
        _ => filter,
    }
}

/// What has to be known to say who sees what.
pub fn needs(manifests: &[Manifest]) -> BTreeSet<Need> {
    let counted = counted::counted_beforehand(manifests);
    let of_manifest = |manifest| {
        let sharing = objects_of_names(manifest);
        let counts = sharing.filter(|sharing| counted.contains(sharing.object.as_str()));
        let counts = counts.flat_map(|sharing| counts_of(sharing, manifest));
        counts.chain(needs_of(manifest)).collect::<Vec<_>>()
    };
    manifests.iter().flat_map(of_manifest).collect()
}

/// What has to be known of an org besides how many records there are.
fn needs_of(manifest: &Manifest) -> Vec<Need> {
    let mut needs = vec![
        Need::Organization(Columns::All),
        Need::Containers,
        Need::Roles(Columns::All),
    ];
    let sharing = || manifest.spec.sharing.iter();
    needs.extend((!manifest.spec.sharing.is_empty()).then_some(Need::UsersByProfile));
    let told = |rule: &Rule| rule.owned_by.is_some() && rule.expect_visible.is_some();
    let by_owner = sharing().any(|sharing| {
        owner_rules(sharing, manifest).next().is_some() || sharing.rules.iter().any(told)
    });
    needs.extend(by_owner.then_some(Need::RolesOfUsers));
    for sharing in objects_of_names(manifest) {
        let object = &sharing.object.value;
        needs.push(Need::Grants(object.clone()));
        needs.push(Need::Readers(object.clone()));
        needs.extend((!tells_default_of(object)).then(|| Need::DefaultInForce(object.clone())));
    }
    needs.extend(needs_of_family(manifest));
    needs.extend(expectations::needs(manifest));
    needs
}

/// What accounts open of their children, and children of their accounts.
fn needs_of_family(manifest: &Manifest) -> Vec<Need> {
    let under_accounts = |sharing: &Sharing| accounts::account_level(&sharing.object).is_some();
    let has_children = manifest.spec.sharing.iter().any(under_accounts);
    let has_accounts = manifest.spec.sharing_of("Account").is_some();
    let rules = |object: &str| Need::SharingRules(object.to_owned());
    let mut needs = Vec::new();
    if has_children {
        needs.extend([rules("Account"), Need::Grants("Account".to_owned())]);
    }
    if has_accounts {
        needs.extend(CHILDREN_OF_ACCOUNTS.into_iter().map(rules));
    }
    needs
}

/// What is counted of an object's records, as far as it is known without the org.
fn counts_of(sharing: &Sharing, manifest: &Manifest) -> Vec<Need> {
    let object = &sharing.object.value;
    let mut needs = vec![Need::Owners(object.clone())];
    needs.extend(expected_records(sharing, manifest).map(|filter| count(sharing, filter)));
    let told = sharing.rules.iter().filter(|rule| !rule.absent);
    let told = told.filter(|rule| rule.owned_by.is_none() && rule.expect_visible.is_some());
    let alone = told.filter_map(|rule| {
        rule_filter(rule, sharing, manifest, &CriteriaKnowledge::NOTHING, false)
    });
    needs.extend(alone.map(|filter| count(sharing, filter)));
    needs.extend((object == "Contact").then(without_account));
    if object == "Account" {
        needs.extend(parents::beforehand(sharing, manifest));
    }
    needs
}

/// What only the first answers show to be worth asking: a second, small wave in few orgs.
pub fn further_needs(manifests: &[Manifest], live: &Live) -> BTreeSet<Need> {
    let mut counted = counted::counted_beforehand(manifests);
    counted.extend(counted::counted_for_change(manifests, live));
    let of_manifest = |manifest| {
        let is_there = |sharing: &&Sharing| {
            let object = &sharing.object;
            let described = live.object(object).found().is_some();
            described || live.object_document(object).found().is_some()
        };
        let sharing = objects_of_names(manifest).filter(is_there);
        let sharing = sharing.filter(|sharing| counted.contains(sharing.object.as_str()));
        let views: Vec<SharingView> = views(sharing, manifest, live).collect();
        views.into_iter().flat_map(|view| {
            let beforehand = counts_of(view.sharing, manifest).into_iter();
            let counts = beforehand.chain(view.further_counts());
            counts.chain(view.needs_of_losing()).collect::<Vec<_>>()
        })
    };
    let counts = manifests.iter().flat_map(of_manifest);
    let expected = manifests.iter();
    let expected = expected.flat_map(|manifest| expectations::further_needs(manifest, live));
    counts.chain(expected).collect()
}

/// Names go into query text as they are: only what can be a name.
fn objects_of_names(manifest: &Manifest) -> impl Iterator<Item = &Sharing> {
    let sharing = manifest.spec.sharing.iter();
    sharing.filter(|sharing| is_name(&sharing.object))
}

/// The need to count contacts that belong to no account: they are their owners' alone, whatever the default.
pub fn without_account() -> Need {
    Need::Count("Contact".to_owned(), Some(Filter::without_account()))
}

/// Whether a text can be a name.
pub fn is_name(object: &str) -> bool {
    !object.is_empty()
        && object
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The access impact, one for each object under `sharing`.
pub fn impact(manifest: &Manifest, live: &Live) -> Vec<Impact> {
    let views = views(manifest.spec.sharing.iter(), manifest, live);
    views.map(SharingView::impact).collect()
}

/// Whether a manifest wants its rules to give its user some records of an object.
pub fn expects_records(sharing: &Sharing, manifest: &Manifest, live: &Live) -> bool {
    let mut view = views(std::iter::once(sharing), manifest, live);
    view.any(|view| view.expects_records())
}

/// These objects' sharing, with what was learnt of each.
fn views<'a>(
    sharing: impl Iterator<Item = &'a Sharing>,
    manifest: &'a Manifest,
    live: &'a Live,
) -> impl Iterator<Item = SharingView<'a>> {
    let rules_that_change = visible::objects_whose_rules_change(manifest, live);
    let people = Rc::new(Everybody::new(manifest, live));
    sharing.map(move |sharing| SharingView {
        people: Rc::clone(&people),
        sharing,
        manifest,
        live,
        records: live.population(&sharing.object),
        bypass: bypass::containers_that_bypass(&sharing.object, live),
        rules_stand: !rules_that_change.contains(&sharing.object.value),
    })
}

/// One object's sharing, and what was learnt of it.
struct SharingView<'a> {
    sharing: &'a Sharing,
    manifest: &'a Manifest,
    live: &'a Live,
    people: Rc<Everybody<'a>>,
    /// Records in the org.
    records: Known<u64>,
    bypass: Known<Vec<Bypass>>,
    /// Whether the org has the manifest's rules just as they are wanted.
    rules_stand: bool,
}

impl SharingView<'_> {
    fn impact(self) -> Impact {
        let counted = self.is_counted();
        let told = |tally: Tally| {
            if counted {
                tally
            } else {
                counted::not_counted()
            }
        };
        let outlook = self.outlook();
        let by_rules = self.by_rules();
        let opened = self.accounts_opened();
        let opened = opened.map(|accounts| accounts.tally(self.live, u64::MAX));
        let lost = self.sight_lost();
        Impact {
            object: self.sharing.object.value.clone(),
            records: told(self.records.clone().into()),
            visible_now: self.visible_now().map(told),
            visible_after: told(outlook.visible),
            editable_after: told(outlook.editable),
            ways_after: outlook.ways,
            accounts_opened: opened.filter(|_| counted),
            by_rules,
            users_losing_access: lost.as_ref().map(|lost| lost.profiles.clone()),
            sight_lost: lost,
            bypass: self.bypass,
        }
    }

    fn object(&self) -> &str {
        &self.sharing.object
    }
}
