//! How much of an object the integration user sees today. Counts, by share rows where the rules are not yet as wanted.

use super::accounts::{account_level, account_rules, opens_to_owners};
use super::outlook::at_most;
use super::visible::objects_whose_rules_change;
use super::{SharingView, count, expected_records, held_bypass, shareable};
use crate::live::{Filter, Known, Live, LiveRole, LiveUser, Need, SharedWith};
use crate::manifest::{Sharing, SharingModel};
use crate::tally::Tally;
use std::collections::BTreeSet;

impl SharingView<'_> {
    /// What the user sees today: everything where the default or a permission opens it, else what it and its
    /// subordinates own and what share rows give them; without public groups, whose members are for the org to say.
    /// `None` while the user does not exist.
    pub(super) fn visible_now(&self) -> Option<Tally> {
        let user = self.live.own_user(self.manifest)?;
        let held = held_bypass(self.object(), user, self.live);
        Some(match held {
            Known::Is(Some(_)) => self.records.clone().into(),
            Known::Is(None) => self.visible_by_sharing(user),
            other => other.unknown_tally(),
        })
    }

    fn visible_by_sharing(&self, user: &LiveUser) -> Tally {
        match self.live.default_in_force(self.object()) {
            Some(SharingModel::Private) | None => {}
            Some(model) => return self.by_default(model),
        }
        if let Some(wanted) = self.counts_as_wanted(user) {
            let counts = wanted.iter().map(|need| Tally::from(self.live.count(need)));
            let wanted = counts.fold(Tally::Exactly(0), |sum, count| sum.plus(&count));
            let beside = expected_records(self.sharing, self.manifest);
            return self.within_all(wanted.plus(&self.by_rows_apart(beside)));
        }
        let sight = UserSight::of(user, self.live);
        let opened = match sight.is_opened_by_accounts(self.object(), self.live) {
            Known::Is(false) => self.is_opened_by_shared_accounts(self.people.now()),
            other => other,
        };
        match opened {
            // What was not asked for is unbounded below.
            Known::Is(false) | Known::NotAsked => {}
            Known::Is(true) => {
                let why = "accounts open more of them to the user than can be counted";
                return Tally::Unknown(why.to_owned());
            }
            other => return other.unknown_tally(),
        }
        let owned = sight.owned_records(self.sharing, self.live);
        self.within_all(self.shared_today(user, &sight).plus(&owned.into()))
    }

    /// What share rows open beside what is owned: at least what the groups of everybody and of roles hold, where the org
    /// did not tell who else is where.
    fn shared_today(&self, user: &LiveUser, sight: &UserSight<'_>) -> Tally {
        match self.held_today(user) {
            Known::Is(held) => {
                let need = self.need_of_rows(&held, false, sight.owned_filter(self.sharing));
                match need.map(|need| self.live.count(&need)) {
                    None if held.holders.is_empty() && !held.is_open => Tally::Exactly(0),
                    Some(Known::Is(records)) if held.is_open => at_most(records),
                    Some(known) => known.into(),
                    None => at_most(u64::MAX),
                }
            }
            _ => match self.live.count(&sight.shared(self.object())) {
                Known::Is(at_least) => Tally::Between {
                    at_least,
                    at_most: u64::MAX,
                },
                other => other.into(),
            },
        }
    }

    /// Counts what the manifest's rules give and what the user owns, where it sees just that and queries can count it; of
    /// accounts also those that come along with other objects' records.
    fn counts_as_wanted(&self, user: &LiveUser) -> Option<Vec<Need>> {
        let just_that = self.is_countable()
            && self.sees_every_criterion()
            && self.rules_stand
            && !self.is_open()
            && !self.is_reached_by_others()
            && self.is_opened_by_shared_accounts(self.people.now()) != Known::Is(true)
            && !self.is_in_queues(user)
            && UserSight::of(user, self.live).below.is_empty();
        let expected = expected_records(self.sharing, self.manifest).filter(|_| just_that)?;
        let mut needs = vec![count(self.sharing, expected.clone())];
        if self.is_opened_by_children() {
            let changing = objects_whose_rules_change(self.manifest, self.live);
            for along in self.accounts_along(Some(&expected)) {
                let as_wanted = !along.is_open
                    && along.most != Some(u64::MAX)
                    && !changing.contains(along.object);
                needs.push(along.need.filter(|_| as_wanted)?);
            }
        }
        Some(needs)
    }

    /// What has to be counted so that [`SharingView::visible_now`] can answer, beside what is asked anyhow.
    pub(super) fn counts_of_now(&self) -> Vec<Need> {
        let private = self.live.default_in_force(self.object()) == Some(SharingModel::Private);
        let user = self.live.own_user(self.manifest).filter(|_| private);
        let Some(user) = user else {
            return Vec::new();
        };
        if let Some(mut wanted) = self.counts_as_wanted(user) {
            let held = self.held_by_people().learnt();
            let beside = || expected_records(self.sharing, self.manifest);
            wanted.extend(held.and_then(|held| self.need_of_rows(&held, true, beside())));
            return wanted;
        }
        let sight = UserSight::of(user, self.live);
        let accounts = account_level(self.object()).map(|_| sight.accounts());
        let owned = sight.owned(self.sharing);
        let owned = owned.filter(|_| self.needs_count_of_owned(&sight));
        let shared = match self.held_today(user) {
            Known::Is(held) => self.need_of_rows(&held, false, sight.owned_filter(self.sharing)),
            _ => (!self.asks_for_rows()).then(|| sight.shared(self.object())),
        };
        let counts = shared.into_iter();
        counts.chain(owned).chain(accounts).collect()
    }

    /// What the user alone owns is told by the counts by owner, where the org gave them.
    fn needs_count_of_owned(&self, sight: &UserSight) -> bool {
        let by_owner = self.live.owners(self.object()).learnt();
        by_owner.is_none() || !sight.below.is_empty()
    }
}

/// Whose records the user sees.
struct UserSight<'a> {
    user: &'a LiveUser,
    /// The user's role.
    role: Option<&'a LiveRole>,
    /// Those below.
    below: Vec<&'a LiveRole>,
    above: Vec<&'a LiveRole>,
}

fn ids(roles: &[&LiveRole]) -> BTreeSet<String> {
    roles.iter().map(|role| role.id.clone()).collect()
}

impl<'a> UserSight<'a> {
    fn of(user: &'a LiveUser, live: &'a Live) -> Self {
        let roles = live.roles().learnt();
        let role = roles.and_then(|roles| roles.of_id(user.role_id.as_deref()?));
        let around = roles.zip(role);
        let (below, above) = around
            .map(|(roles, role)| (roles.below(role), roles.above(role)))
            .unwrap_or_default();
        Self {
            user,
            role,
            below,
            above,
        }
    }

    /// Counts what the user and its subordinates own.
    fn owned(&self, sharing: &Sharing) -> Option<Need> {
        Some(count(sharing, self.owned_filter(sharing)?))
    }

    fn owned_filter(&self, sharing: &Sharing) -> Option<Filter> {
        let below = ids(&self.below);
        let of_below = (!below.is_empty()).then(|| of_subordinates(sharing, &below));
        let own = Filter::owned_by(&self.user.username);
        Filter::any([own].into_iter().chain(of_below))
    }

    fn owned_records(&self, sharing: &Sharing, live: &Live) -> Known<u64> {
        if self.below.is_empty() {
            return live.owned_by(&sharing.object, self.user);
        }
        match self.owned(sharing) {
            Some(need) => live.count(&need),
            None => Known::NotAsked,
        }
    }

    /// Counts the accounts that the user and its subordinates own.
    fn accounts(&self) -> Need {
        let below = ids(&self.below);
        let of_below = (!below.is_empty()).then(|| Filter::owned_by_roles(&below));
        let own = Filter::owned_by(&self.user.username);
        let all = Filter::any([own].into_iter().chain(of_below));
        Need::Count("Account".to_owned(), all)
    }

    /// Whether accounts may open an object's records: by rules on accounts, or to those who own accounts.
    fn is_opened_by_accounts(&self, object: &str, live: &Live) -> Known<bool> {
        if account_level(object).is_none() {
            return Known::Is(false);
        }
        if account_rules(object, live).next().is_some() {
            return Known::Is(true);
        }
        let mut roles = self.role.iter().chain(&self.below);
        match roles.any(|role| opens_to_owners(role, object)) {
            true => live.count(&self.accounts()).map(|owned| owned > 0),
            false => Known::Is(false),
        }
    }

    /// Counts what share rows give them besides.
    fn shared(&self, object: &str) -> Need {
        let with = SharedWith {
            user: self.user.id.clone(),
            role: self.user.role_id.clone(),
            below: ids(&self.below),
            above: ids(&self.above),
        };
        Need::Shared(object.to_owned(), with)
    }
}

/// What roles below the user's own have, by id.
pub(super) fn of_subordinates(sharing: &Sharing, below: &BTreeSet<String>) -> Filter {
    shareable(sharing, Filter::owned_by_roles(below))
}
