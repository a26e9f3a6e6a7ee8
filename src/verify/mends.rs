//! What closes all leaks of a user with the fewest changes: which rules, permissions, shares and owners have to change,
//! and of what the user itself is to be taken out. Pure.
//!
//! Each cause ends when what gives it goes for everybody, its source, or when every tie goes on which it comes to the user.
//! So the smallest set is the smallest cover of the pairs of sources and ties, and [`cover`] finds it exactly. Of sets that
//! are equally small it is one of those that touch other people least. What brings an account along and is not among the
//! records that were compared, no pair holds: there a bound is all there is.

mod cover;
mod told;

use super::Access;
use super::cause::{Cause, CauseSource};
use super::subject::Subject;
use super::wanted::Around;
use crate::access::Tie;
use crate::criteria::Verdict;
use crate::live::short_id;
use crate::tally::Tally;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use told::Teller;

/// A change that closes leaks, or many of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mend {
    /// What is changed: `sharing_rule`, `view_all`, `modify_all`, `default`, `manual_share`, `team`, `apex_sharing`, `account_share`,
    /// `owner`, `group`, `queue`, `permission_set`, `group_of_role` or `role_hierarchy`.
    pub kind: &'static str,
    /// The name of it: of a rule, a permission, a group.
    pub name: String,
    /// What is to be done, in words.
    pub change: String,
    /// How many changes of this sort: one, or as many as there are share rows or owners.
    pub changes: u64,
    /// Record ids of what is changed, where it is records: of which a share or the owner goes.
    pub ids: Vec<String>,
    /// Record id of whom those shares, or that rule, name.
    pub holder: Option<String>,
    /// Leaks of the object that are closed by this alone.
    pub closes_alone: u64,
    /// Leaks of the object that would stay open if this were left out of the set.
    pub closes_in_set: u64,
    /// Other people who lose sight of records by it.
    pub others: Tally,
}

/// What has to go: one of both, or nobody knows what.
type Pair = (Option<CauseSource>, Option<Tie>);

/// What closes a cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MendStep {
    Given(CauseSource),
    Tie(Tie),
}

/// One leak: the pairs of which each needs one, and an example of what each step is about.
struct Leak {
    object: usize,
    pairs: BTreeSet<Pair>,
}

/// Puts to the objects of each user what closes its leaks together.
pub(super) fn find(subjects: &[Subject<'_>], proved: &mut [Access], around: &[Around]) {
    let users: BTreeSet<(String, String)> = proved
        .iter()
        .map(|access| (access.manifest.clone(), access.user.clone()))
        .collect();
    for user in users {
        let of_user = |access: &&Access| (&access.manifest, &access.user) == (&user.0, &user.1);
        let objects: Vec<usize> = (0..proved.len())
            .filter(|index| proved.get(*index).as_ref().is_some_and(of_user))
            .collect();
        let found = LeaksOfUser::of(&objects, proved);
        if found.leaks.is_empty() {
            continue;
        }
        let set = found.smallest();
        for object in objects {
            let known = subjects.get(object).zip(around.get(object));
            if let Some(((subject, around), access)) = known.zip(proved.get_mut(object)) {
                let teller = Teller::new(subject, around);
                access.mends = found.mends(object, &set, &teller);
                access.mends_are_fewest = found.is_certain;
                access.leaks_without_mend = found.without(object);
            }
        }
    }
}

/// What the leaks of a user come to.
struct LeaksOfUser {
    leaks: Vec<Leak>,
    /// An example of a cause that a step ends.
    examples: BTreeMap<MendStep, Cause>,
    /// Whether each cause and each tie is one for certain, and none may lie in records that were not compared.
    is_certain: bool,
}

impl LeaksOfUser {
    fn of(objects: &[usize], proved: &[Access]) -> Self {
        let all = || {
            objects
                .iter()
                .filter_map(|index| Some((*index, proved.get(*index)?)))
        };
        let by_id: BTreeMap<String, &[Cause]> = all()
            .flat_map(|(_, access)| &access.leaks)
            .map(|leak| (short_id(&leak.id), leak.causes.as_slice()))
            .collect();
        let mut found = Self {
            leaks: Vec::new(),
            examples: BTreeMap::new(),
            is_certain: true,
        };
        for (object, access) in all() {
            // What a recalculation may still take away by itself, nobody has to change.
            let lasting = access.leaks.iter().filter(|leak| {
                let by_default = leak.causes.iter().any(|cause| cause.kind == "default");
                !leak.settling || by_default
            });
            for leak in lasting.filter(|leak| !leak.causes.is_empty()) {
                let mut pairs = BTreeSet::new();
                for cause in &leak.causes {
                    found.add(cause, &by_id, &mut pairs);
                }
                found.leaks.push(Leak { object, pairs });
            }
        }
        found
    }

    /// Adds what closes one cause. Of an account that comes along, what closes the records that bring it to the same holder.
    fn add(
        &mut self,
        cause: &Cause,
        by_id: &BTreeMap<String, &[Cause]>,
        pairs: &mut BTreeSet<Pair>,
    ) {
        self.is_certain &= cause.certain && cause.kind != "implicit_parent";
        for child in &cause.children {
            let causes = by_id.get(child).copied().unwrap_or_default();
            let bringing = causes
                .iter()
                .filter(|one| cause.holder.is_none() || one.holder == cause.holder);
            bringing.for_each(|one| self.add_own(one, pairs));
        }
        if cause.children.is_empty() {
            self.add_own(cause, pairs);
        }
    }

    fn add_own(&mut self, cause: &Cause, pairs: &mut BTreeSet<Pair>) {
        let ties_are_certain = cause.ties.values().all(|holds| *holds == Verdict::Yes);
        self.is_certain &= cause.certain && ties_are_certain;
        let source = cause.source.clone();
        let ends = cause.ties.keys().all(can_end) && !cause.ties.is_empty();
        let ties: Vec<Option<Tie>> = match ends {
            true => cause.ties.keys().cloned().map(Some).collect(),
            false => vec![None],
        };
        for tie in ties {
            let steps = source.clone().map(MendStep::Given).into_iter();
            for step in steps.chain(tie.clone().map(MendStep::Tie)) {
                self.examples.entry(step).or_insert_with(|| cause.clone());
            }
            pairs.insert((source.clone(), tie));
        }
    }

    /// The smallest set that closes what can be closed.
    fn smallest(&self) -> BTreeSet<MendStep> {
        let all: BTreeSet<&Pair> = self.leaks.iter().flat_map(|leak| &leak.pairs).collect();
        let alone = all.iter().filter_map(|pair| match pair {
            (Some(source), None) => Some(MendStep::Given(source.clone())),
            (None, Some(tie)) => Some(MendStep::Tie(tie.clone())),
            _ => None,
        });
        let mut set: BTreeSet<MendStep> = alone.collect();
        let pairs = all.iter().filter_map(|pair| match pair {
            (Some(source), Some(tie)) => Some((source.clone(), tie.clone())),
            _ => None,
        });
        let open = |(source, tie): &(CauseSource, Tie)| {
            let taken = |step: MendStep| set.contains(&step);
            !taken(MendStep::Given(source.clone())) && !taken(MendStep::Tie(tie.clone()))
        };
        let pairs: BTreeSet<(CauseSource, Tie)> = pairs.filter(open).collect();
        let (sources, ties) =
            cover::cheapest_cover(&pairs, |_| cost(true), |tie| cost(touches_others(tie)));
        set.extend(sources.into_iter().map(MendStep::Given));
        set.extend(ties.into_iter().map(MendStep::Tie));
        set
    }

    /// The set as it is told, as far as it is about an object.
    fn mends(&self, object: usize, set: &BTreeSet<MendStep>, teller: &Teller<'_>) -> Vec<Mend> {
        let leaks: Vec<&Leak> = self
            .leaks
            .iter()
            .filter(|leak| leak.object == object)
            .collect();
        let concerned: BTreeSet<MendStep> = leaks
            .iter()
            .flat_map(|leak| &leak.pairs)
            .flat_map(steps_of)
            .filter(|step| set.contains(step))
            .collect();
        let mut sorts: BTreeMap<String, Vec<MendStep>> = BTreeMap::new();
        for step in concerned {
            let example = self.examples.get(&step);
            let sort = example.map(|cause| told::sort_of(&step, cause));
            sorts
                .entry(sort.unwrap_or_default())
                .or_default()
                .push(step);
        }
        let mends = sorts.into_values().filter_map(|steps| {
            let own: BTreeSet<&MendStep> = steps.iter().collect();
            let others = |step: &MendStep| set.contains(step) && !own.contains(step);
            let alone = leaks
                .iter()
                .filter(|leak| leak.is_closed_by(|step| own.contains(step)));
            let closed = leaks
                .iter()
                .filter(|leak| leak.is_closed_by(|step| set.contains(step)));
            let needing = closed.filter(|leak| !leak.is_closed_by(others));
            let mend = teller.mend(&steps, self.examples.get(steps.first()?)?);
            Some(Mend {
                closes_alone: alone.count() as u64,
                closes_in_set: needing.count() as u64,
                ..mend
            })
        });
        let mut mends: Vec<Mend> = mends.collect();
        mends.sort_by_cached_key(|mend| {
            let touching = mend.others != Tally::Exactly(0);
            (
                touching,
                u64::MAX - mend.closes_in_set,
                mend.kind,
                mend.name.clone(),
            )
        });
        mends
    }

    /// Leaks of an object that no known change closes for certain.
    fn without(&self, object: usize) -> u64 {
        let leaks = self.leaks.iter().filter(|leak| leak.object == object);
        leaks.filter(|leak| !leak.is_closed_by(|_| true)).count() as u64
    }
}

impl Leak {
    /// Whether these steps close it.
    fn is_closed_by(&self, taken: impl Fn(&MendStep) -> bool) -> bool {
        self.pairs
            .iter()
            .all(|pair| steps_of(pair).iter().any(&taken))
    }
}

fn steps_of((source, tie): &Pair) -> Vec<MendStep> {
    let source = source.clone().map(MendStep::Given);
    source
        .into_iter()
        .chain(tie.clone().map(MendStep::Tie))
        .collect()
}

/// Whether a tie can go without the user ceasing to be who it is.
fn can_end(tie: &Tie) -> bool {
    match tie {
        Tie::Member(_) | Tie::RoleIn(_) | Tie::Assigned(_) | Tie::Above => true,
        Tie::Own | Tie::Everybody | Tie::Role | Tie::Unknown => false,
    }
}

fn touches_others(tie: &Tie) -> bool {
    !matches!(tie, Tie::Member(_) | Tie::Assigned(_))
}

/// One change is one change; of as many, those are cheaper that nobody else notices.
fn cost(touches_others: bool) -> u64 {
    (1 << 32) + u64::from(touches_others)
}
