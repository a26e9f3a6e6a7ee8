//! Which records the user will see on which way, as conditions that a query can count by. Pure.

use super::accounts::{UnderAccounts, of_account_owners};
use super::seen::of_subordinates;
use super::{SharingView, criteria_rules, expected_by};
use crate::criteria::Verdict;
use crate::kinds::referred_to;
use crate::laws::Level;
use crate::live::{AskedAs, CriteriaKnowledge, Filter, LiveRole};
use crate::manifest::{Criterion, Rule, Value};
use std::collections::BTreeSet;

/// The records that a user will see, at most, on each way, and on those before it.
pub(super) struct SeenBy {
    /// What it and those below own; `None` where nobody does.
    pub(super) owned: Option<Filter>,
    /// That, and what rules give.
    pub(super) given: Option<Filter>,
    /// That, and what hangs on the accounts that they own.
    pub(super) all: Option<Filter>,
    /// What of all it may edit.
    pub(super) edited: Option<Filter>,
    /// Whether sharing may decide otherwise than the conditions.
    pub(super) is_open: bool,
}

impl SharingView<'_> {
    /// What the user will see; `None` where no query can ask for it.
    pub(super) fn seen_by(&self) -> Option<SeenBy> {
        let asked = self.is_countable() && self.sees_every_criterion();
        if !asked || self.is_reached_by_others() {
            return None;
        }
        self.by_conditions()
    }

    /// The same, whatever others share.
    pub(super) fn by_conditions(&self) -> Option<SeenBy> {
        let below = self.roles_below();
        let ids: BTreeSet<String> = below.iter().map(|role| role.id.clone()).collect();
        let of_below = (!ids.is_empty()).then(|| of_subordinates(self.sharing, &ids));
        let queues = self.queues_after();
        let of_queues = (!queues.is_empty()).then(|| Filter::owned_by_any(&queues));
        let of_others: Vec<Filter> = of_below.into_iter().chain(of_queues).collect();
        let under_accounts = of_account_owners(self.sharing, (self.manifest, self.live), &below);
        let least_open = |under: &UnderAccounts| under.least != under.most;
        let filters = |least: Level| {
            let open = under_accounts.iter().filter(|under| under.most >= least);
            open.map(|under| under.filter.clone()).collect::<Vec<_>>()
        };
        let with = |expected: Option<Filter>, more: Vec<Filter>| {
            let all = expected.into_iter().chain(of_others.clone()).chain(more);
            Filter::any(all)
        };
        let (every, writing) = (self.expected(|_| true)?, self.expected(writes)?);
        Some(SeenBy {
            owned: with(self.expected(|_| false)?, Vec::new()),
            given: with(every.clone(), Vec::new()),
            all: with(every, filters(Level::Read)),
            edited: with(writing, filters(Level::Edit)),
            is_open: self.is_open() || under_accounts.iter().any(least_open),
        })
    }

    /// What these rules give and the user owns; inner `None` where that is nothing, outer where no query can ask for it.
    fn expected(&self, is_meant: impl Fn(&Rule) -> bool) -> Option<Option<Filter>> {
        let has_private = self.has_private();
        self.with_knowledge(|known| {
            expected_by(self.sharing, self.manifest, known, has_private, is_meant)
        })
    }

    /// What is known of criteria, lent to whoever asks by it.
    pub(super) fn with_knowledge<T>(&self, asks: impl FnOnce(&CriteriaKnowledge) -> T) -> T {
        let asked = |criterion: &Criterion| self.asked(criterion);
        let queue = |value: &Value| match value {
            Value::Queue(_) => referred_to(value, self.object(), self.manifest, self.live),
            _ => None,
        };
        asks(&CriteriaKnowledge {
            asked: &asked,
            id: &queue,
        })
    }

    /// Whether the org marks some of the object's records as private.
    pub(super) fn has_private(&self) -> bool {
        self.object() == "Opportunity" && self.live.field(self.object(), "IsPrivate").is_some()
    }

    /// How a criterion is asked so that no record is left out that sharing, with regard to case, may share: `north` is
    /// not `North`.
    fn asked(&self, criterion: &Criterion) -> AskedAs {
        if self.shares_more_than_found(criterion) {
            AskedAs::EveryRecord
        } else if self.is_of_moments(criterion) {
            AskedAs::Moments
        } else {
            AskedAs::Written
        }
    }

    /// The roles below the manifest's own.
    pub(super) fn roles_below(&self) -> Vec<&LiveRole> {
        let roles = self.live.roles().learnt();
        let wanted = self.manifest.spec.role.as_ref();
        let role = wanted.and_then(|role| roles?.named(&role.name));
        let around = roles.zip(role);
        around.map_or_else(Vec::new, |(roles, role)| roles.below(role))
    }

    /// Whether each rule that may reach the user does.
    pub(super) fn reaches_for_certain(&self) -> bool {
        criteria_rules(self.sharing, self.manifest).all(|(_, reach)| reach == Verdict::Yes)
    }
}

/// Whether a rule lets edit what it shares.
fn writes(rule: &Rule) -> bool {
    Level::from(rule.access.value) >= Level::Edit
}
