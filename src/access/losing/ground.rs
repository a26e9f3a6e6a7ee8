//! What is known of an object and its people before and after a plan.

use super::evaluate::{Terms, Viewer};
use super::terms::{RuleSource, RuleTerm, terms};
use crate::access::accounts::is_forced;
use crate::access::people::{People, both};
use crate::criteria::Verdict;
use crate::live::{Filter, Known, Live, Person, Portion, is_under_accounts};
use crate::manifest::{AccessLevel, Manifest, Principal, Role, Sharing};
use std::collections::{BTreeMap, HashMap};

/// Records that are seen together or not at all but for rules by criteria.
pub(super) struct Lot {
    pub(super) portion: Portion,
    /// For each rule by owner, whether it shares them.
    pub(super) covered: Vec<Verdict>,
    /// Its place among the portions, or among the merged ones.
    place: LotPlace,
}

#[derive(Clone, Copy)]
enum LotPlace {
    Single(usize),
    Merged(usize),
}

/// How many records of each portion a set of rules shares.
struct Met {
    single: Vec<u64>,
    merged: Vec<u64>,
}

/// Everything that decides who sees what.
pub(super) struct Ground<'a> {
    object: &'a str,
    manifest: &'a Manifest,
    live: &'a Live,
    pub(super) before: People<'a>,
    pub(super) after: People<'a>,
    /// Whether a role, or the manifest's user, comes to stand elsewhere.
    pub(super) moves: bool,
    pub(super) terms: Vec<RuleTerm>,
    /// Each portion by itself.
    pub(super) parts: Vec<Lot>,
    /// Portions of owners who stand alike, as one.
    pub(super) merged: Vec<Lot>,
    /// The places of portions that somebody owns, or whose account somebody owns.
    pub(super) of_person: HashMap<&'a str, Vec<usize>>,
    met: BTreeMap<Terms, Met>,
}

impl<'a> Ground<'a> {
    /// `None` in it where records are not counted.
    pub(super) fn of(sharing: &'a Sharing, manifest: &'a Manifest, live: &'a Live) -> Known<Self> {
        let object = sharing.object.as_str();
        let people = People::of(live).and(People::after(live, manifest));
        people.map(|(mut before, after)| {
            before.tell_apart_as(&after);
            let mut ground = Self {
                object,
                manifest,
                live,
                before: before.of_object(object),
                after: after.of_object(object),
                moves: moves(manifest, live),
                terms: terms(sharing, manifest, live),
                parts: Vec::new(),
                merged: Vec::new(),
                of_person: HashMap::new(),
                met: BTreeMap::new(),
            };
            if let Some(portions) = live.portions(object, None).learnt() {
                ground.divide(portions);
            }
            ground
        })
    }

    fn divide(&mut self, portions: &'a [Portion]) {
        let terms = self.terms.iter().enumerate();
        let owners: Vec<(usize, Option<&Principal>)> = terms
            .filter_map(|(index, term)| match &term.source {
                RuleSource::Owners(principal) => Some((index, Some(principal))),
                RuleSource::Everything => Some((index, None)),
                _ => None,
            })
            .collect();
        let last = owners.last().map_or(0, |(index, _)| index + 1);
        let mut parts = Vec::new();
        for (place, portion) in portions.iter().enumerate() {
            let mut covered = vec![Verdict::No; last];
            for (index, principal) in &owners {
                covered[*index] = match principal {
                    Some(principal) => self.covers(principal, portion.owner.as_deref()),
                    None => Verdict::Yes,
                };
            }
            parts.push(Lot {
                portion: portion.clone(),
                covered,
                place: LotPlace::Single(place),
            });
            let people = [&portion.owner, &portion.account_owner];
            let mut people: Vec<&str> = people.into_iter().flatten().map(String::as_str).collect();
            people.dedup();
            for person in people {
                self.of_person.entry(person).or_default().push(place);
            }
        }
        self.merged = self.merge(&parts);
        self.parts = parts;
    }

    /// Whether a rule shares what an owner has. Who moves meanwhile may be covered or not.
    fn covers(&self, principal: &Principal, owner: Option<&str>) -> Verdict {
        let Some(owner) = owner else {
            return Verdict::No;
        };
        let before = self.before.owns_for(principal, owner);
        match before == self.after.owns_for(principal, owner) {
            true => before,
            false => Verdict::Either,
        }
    }

    /// Portions of owners who stand alike, as one. Who stands for them is never asked about itself.
    fn merge(&self, parts: &[Lot]) -> Vec<Lot> {
        let mut places: HashMap<(String, String, &[Verdict]), usize> = HashMap::new();
        let mut merged: Vec<Lot> = Vec::new();
        for part in parts {
            let owner = self.standing(part.portion.owner.as_deref());
            let above = self.standing(part.portion.account_owner.as_deref());
            let next = merged.len();
            let place = *places.entry((owner, above, &part.covered)).or_insert(next);
            match merged.get_mut(place) {
                Some(one) => one.portion.records += part.portion.records,
                None => merged.push(Lot {
                    portion: part.portion.clone(),
                    covered: part.covered.clone(),
                    place: LotPlace::Merged(place),
                }),
            }
        }
        merged
    }

    /// What decides who has what somebody has.
    fn standing(&self, id: Option<&str>) -> String {
        let Some(id) = id else {
            return String::new();
        };
        let Some(person) = self.before.person(id) else {
            return id.to_owned();
        };
        let role = |people: &People| people.role_of(person).unwrap_or("-").to_owned();
        format!("{} {}", role(&self.before), role(&self.after))
    }

    /// Takes in how many records the unions of these rules share.
    pub(super) fn count(&mut self, unions: impl IntoIterator<Item = Terms>) {
        for union in unions {
            let filter = self.filter(&union);
            let known = filter.map(|filter| self.live.portions(self.object, Some(&filter)));
            let Some(Known::Is(portions)) = known else {
                continue;
            };
            let key = |portion: &'_ Portion| (portion.owner.clone(), portion.account_owner.clone());
            let counts: HashMap<_, u64> = portions
                .iter()
                .map(|portion| (key(portion), portion.records))
                .collect();
            let of = |part: &Lot| counts.get(&key(&part.portion)).copied().unwrap_or(0);
            let single: Vec<u64> = self.parts.iter().map(of).collect();
            let merged = self.add_up(&single);
            self.met.insert(union, Met { single, merged });
        }
    }

    fn add_up(&self, single: &[u64]) -> Vec<u64> {
        let mut places: HashMap<(String, String, &[Verdict]), usize> = HashMap::new();
        let mut sums = Vec::new();
        for (part, records) in self.parts.iter().zip(single) {
            let owner = self.standing(part.portion.owner.as_deref());
            let above = self.standing(part.portion.account_owner.as_deref());
            let next = sums.len();
            let place = *places.entry((owner, above, &part.covered)).or_insert(next);
            match sums.get_mut(place) {
                Some(sum) => *sum += records,
                None => sums.push(*records),
            }
        }
        sums
    }

    /// The records that any of these rules shares; `None` where one may share every record.
    pub(super) fn filter(&self, union: &Terms) -> Option<Filter> {
        let each = union
            .iter()
            .map(|index| match &self.terms.get(*index)?.source {
                RuleSource::Meeting(found, _) => Some(found.at_most.clone()),
                _ => None,
            });
        Filter::any(each.collect::<Option<Vec<_>>>()?)
    }

    /// How many records of a part these rules share; `None` where that was not counted.
    pub(super) fn met(&self, union: &Terms, part: &Lot) -> Option<u64> {
        if union.is_empty() {
            return Some(0);
        }
        let met = self.met.get(union)?;
        match part.place {
            LotPlace::Single(place) => met.single.get(place).copied(),
            LotPlace::Merged(place) => met.merged.get(place).copied(),
        }
    }

    /// Whether somebody sees a part by owning it, or by standing above its owner, before and after.
    pub(super) fn owned(&self, part: &Lot, viewer: Viewer) -> (Verdict, Verdict) {
        let Some(owner) = part.portion.owner.as_deref() else {
            return (Verdict::No, Verdict::No);
        };
        if viewer.itself && owner == viewer.person.id {
            return (Verdict::Yes, Verdict::Yes);
        }
        (
            self.before.is_passed_to(viewer.person, owner),
            self.after.is_passed_to(viewer.person, owner),
        )
    }

    /// Whether somebody sees a part by owning the account above it, or by standing above its owner.
    pub(super) fn through_account(&self, part: &Lot, viewer: Viewer) -> (Verdict, Verdict) {
        let owner = part.portion.account_owner.as_deref();
        let Some(owner) = owner.filter(|_| is_under_accounts(self.object)) else {
            return (Verdict::No, Verdict::No);
        };
        (
            self.opened(&self.before, owner, viewer, false),
            self.opened(&self.after, owner, viewer, true),
        )
    }

    /// Of superiors nobody agrees whether the level of their own role counts, or that of the owner's.
    fn opened(&self, people: &People, owner: &str, viewer: Viewer, after: bool) -> Verdict {
        let level = |person: Option<&Person>| match person.and_then(|one| people.role_of(one)) {
            Some(role) => self.level_of(role, after),
            None => Verdict::Either,
        };
        let of_owner = level(people.person(owner));
        if viewer.itself && owner == viewer.person.id {
            return of_owner;
        }
        let relation = people.is_passed_to(viewer.person, owner);
        let own = level(Some(viewer.person));
        match of_owner == own {
            true => both(relation, own),
            false => both(relation, Verdict::Either),
        }
    }

    /// Whether account owners of a role see what lies under their accounts.
    fn level_of(&self, role: &str, after: bool) -> Verdict {
        let wanted = self.manifest.spec.role.as_ref().filter(|_| after);
        let roles = self.live.roles().learnt();
        let known = roles.and_then(|roles| roles.of_id(role));
        let name = known.map_or(role, |role| &role.name);
        if let Some(wanted) = wanted.filter(|wanted| wanted.name.value == name) {
            return opens_children(wanted, self.object).into();
        }
        match known.and_then(|role| role.level_on(self.object)) {
            Some(level) if is_forced(level, self.object, self.manifest, self.live) => {
                Verdict::Either
            }
            Some(level) => (level != "None").into(),
            None => Verdict::Either,
        }
    }
}

/// Whether a role, as a manifest has it, shows what lies under the accounts that its members own: levels that are not
/// stated are the narrowest.
fn opens_children(role: &Role, object: &str) -> bool {
    let stated = match object {
        "Case" => &role.case_access,
        "Contact" => &role.contact_access,
        _ => &role.opportunity_access,
    };
    let stated = stated.as_ref();
    stated.is_some_and(|level| level.value != AccessLevel::None)
}

/// Whether the manifest's role is there already, and will no more show what lies under the accounts of its members.
pub(super) fn closes_children(object: &str, manifest: &Manifest, live: &Live) -> bool {
    let wanted = manifest.spec.role.as_ref();
    let roles = live.roles().learnt();
    let standing = wanted.and_then(|role| roles?.named(&role.name));
    let level = standing.and_then(|role| role.level_on(object));
    let is_open = level.is_some_and(|level| level != "None");
    is_open && wanted.is_some_and(|role| !opens_children(role, object))
}

/// Whether the manifest's role reports to another than today, or its user has another.
pub(super) fn moves(manifest: &Manifest, live: &Live) -> bool {
    let Some(wanted) = &manifest.spec.role else {
        return false;
    };
    let roles = live.roles().learnt();
    let standing = roles.and_then(|roles| roles.named(&wanted.name));
    let parent = |id: &str| Some(roles?.of_id(id)?.name.as_str());
    let reports = standing.and_then(|role| parent(role.parent()?));
    let wants = wanted.parent.as_ref().map(|parent| parent.value.as_str());
    let user = live.own_user(manifest);
    let stays =
        user.is_none_or(|user| user.role_id.as_deref() == standing.map(|role| role.id.as_str()));
    !stays || (standing.is_some() && (wanted.absent || reports != wants))
}
