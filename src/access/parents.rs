//! How many accounts the user will read because it is given contacts, opportunities or cases of them: Salesforce opens the
//! account of each, to reading alone, and nothing switches that off. Each account is counted once, so that kinds of
//! children add up. Pure.

use super::everybody::Everybody;
use super::outlook::at_most;
use super::seen::of_subordinates;
use super::ways::SeenBy;
use super::{SharingView, bypass, criteria_rules, expected_records, rights};
use crate::criteria::Verdict;
use crate::laws::{CHILDREN_OF_ACCOUNTS, OPEN_ACCOUNTS_TO_OWNERS, RecordSort, Way};
use crate::live::{AccountsOf, Defaults, Filter, Known, LACKING_OBJECT, Live, Need, ObjectRights};
use crate::manifest::{Manifest, Sharing, SharingModel};
use crate::tally::Tally;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What of one object's records the user is given.
enum GivenRecords {
    /// Nothing.
    Nothing,
    /// These at most; just these where it is not open.
    Records { filter: Filter, is_open: bool },
    /// Nobody can say: any of them.
    Any,
}

/// The accounts that come along with the records of one object.
pub(super) struct AccountsAlong {
    /// The records' object.
    pub(super) object: &'static str,
    /// How many, beside those that objects before it bring along; `None` where no query can count them.
    pub(super) need: Option<Need>,
    /// Whether it may be fewer.
    pub(super) is_open: bool,
    /// Never more than these.
    pub(super) most: Option<u64>,
}

/// What can be asked before anything is known of the org: of objects whose rules are known, where accounts become private.
pub(super) fn beforehand(accounts: &Sharing, manifest: &Manifest) -> Vec<Need> {
    let private = accounts.organization_wide_default.as_ref();
    if private.is_none_or(|model| model.value != SharingModel::Private) {
        return Vec::new();
    }
    let Some(beside) = expected_records(accounts, manifest) else {
        return Vec::new();
    };
    let with_rules = CHILDREN_OF_ACCOUNTS.into_iter().filter_map(|object| {
        let sharing = manifest.spec.sharing_of(object)?;
        let expected = expected_records(sharing, manifest)?;
        let has_rules = criteria_rules(sharing, manifest).next().is_some();
        has_rules.then_some((object, expected))
    });
    let mut besides = Vec::new();
    let mut needs = Vec::new();
    for (object, filter) in with_rules {
        needs.extend(need(object, &filter, Some(&beside), &besides));
        besides.push((object.to_owned(), filter));
    }
    needs
}

fn need(
    object: &str,
    records: &Filter,
    beside: Option<&Filter>,
    besides: &[(String, Filter)],
) -> Option<Need> {
    let accounts = AccountsOf {
        object: object.to_owned(),
        records: records.clone(),
        beside: beside.cloned(),
        besides: besides.to_vec(),
    };
    accounts.is_askable().then_some(Need::AccountsOf(accounts))
}

impl SharingView<'_> {
    /// Whether what the user is given of other objects opens more accounts to it.
    pub(super) fn is_opened_by_children(&self) -> bool {
        let default = Defaults::new(self.manifest, self.live).after(self.object());
        let sort = RecordSort::of(self.object());
        Way::ParentOfGiven.leads_to(sort, default) != Verdict::No
    }

    /// The accounts that come along, by the objects that bring them; those that the user sees otherwise left out.
    pub(super) fn accounts_along(&self, beside: Option<&Filter>) -> Vec<AccountsAlong> {
        let mut besides: Vec<(String, Filter)> = Vec::new();
        let mut along = Vec::new();
        for object in CHILDREN_OF_ACCOUNTS {
            let (need, is_open) = match self.given_of(object) {
                GivenRecords::Nothing => continue,
                GivenRecords::Any => (None, true),
                GivenRecords::Records { filter, is_open } => {
                    let need = need(object, &filter, beside, &besides);
                    besides.push((object.to_owned(), filter));
                    (need, is_open)
                }
            };
            along.push(AccountsAlong {
                object,
                need,
                is_open,
                most: None,
            });
        }
        for object in OPEN_ACCOUNTS_TO_OWNERS {
            let Some((filter, owned)) = self.owned_of(object) else {
                continue;
            };
            along.push(AccountsAlong {
                object,
                need: need(object, &filter, beside, &besides),
                is_open: false,
                most: Some(owned),
            });
            besides.push((object.to_owned(), filter));
        }
        along
    }

    /// What the user and those below own of objects that the manifest does not speak of, where that is any: how many.
    fn owned_of(&self, object: &str) -> Option<(Filter, u64)> {
        let filter = self.owned_filter(object)?;
        let owned = self
            .live
            .count(&Need::Count(object.to_owned(), Some(filter.clone())));
        match owned {
            Known::Is(0) => None,
            Known::Is(owned) => Some((filter, owned)),
            Known::Refused(refused) if refused.code == LACKING_OBJECT => None,
            Known::Refused(_) | Known::NotAsked => Some((filter, u64::MAX)),
        }
    }

    /// Counts that tell whether the user and those below own any such record.
    pub(super) fn counts_of_owned(&self) -> Vec<Need> {
        let objects = OPEN_ACCOUNTS_TO_OWNERS.into_iter();
        let need = |object: &str| {
            let filter = self.owned_filter(object)?;
            Some(Need::Count(object.to_owned(), Some(filter)))
        };
        objects.filter_map(need).collect()
    }

    /// What the user owns that is there already, and those below; `None` where there is nobody who could.
    fn owned_filter(&self, object: &str) -> Option<Filter> {
        let bare = Sharing::bare(object);
        let below = self.roles_below();
        let ids: BTreeSet<String> = below.iter().map(|role| role.id.clone()).collect();
        let of_below = (!ids.is_empty()).then(|| of_subordinates(&bare, &ids));
        let user = self.live.own_user(self.manifest);
        let own = user.map(|user| Filter::owned_by(&user.username));
        Filter::any(own.into_iter().chain(of_below))
    }

    /// What the user will be given of another object's records.
    fn given_of(&self, object: &str) -> GivenRecords {
        let bare = Sharing::bare(object);
        let sharing = self.manifest.spec.sharing_of(object).unwrap_or(&bare);
        let view = SharingView {
            sharing,
            manifest: self.manifest,
            live: self.live,
            people: Rc::new(Everybody::new(self.manifest, self.live)),
            records: Known::NotAsked,
            bypass: Known::NotAsked,
            rules_stand: false,
        };
        view.given()
    }

    fn given(&self) -> GivenRecords {
        let default = Defaults::new(self.manifest, self.live).after(self.object());
        let owned_opens = Way::Owned.opens_account(default);
        let is_controlled = owned_opens != Verdict::Yes;
        if !is_controlled
            && !self
                .live
                .foreign_rules(self.sharing, self.manifest)
                .is_empty()
        {
            return GivenRecords::Any;
        }
        let is_told = self.is_countable() && self.is_given_by_nobody();
        if !is_controlled && !is_told {
            return GivenRecords::Any;
        }
        let knows_criteria = self.sees_every_criterion();
        if !is_controlled && !knows_criteria && !self.gives_nothing_yet() {
            return GivenRecords::Any;
        }
        let Some(SeenBy {
            owned,
            given,
            is_open,
            ..
        }) = self.by_conditions()
        else {
            return GivenRecords::Any;
        };
        let by_rules = !is_controlled && knows_criteria && self.has_rules();
        let filter = if by_rules { given } else { owned };
        if !by_rules && self.owns_nothing() {
            return GivenRecords::Nothing;
        }
        filter.map_or(GivenRecords::Nothing, |filter| GivenRecords::Records {
            filter,
            is_open: is_controlled || (by_rules && is_open),
        })
    }

    /// Whether nobody shared any of them with the user by hand, as far as that is known.
    fn is_given_by_nobody(&self) -> bool {
        let held = self.held_by_people().learnt();
        held.is_some_and(|held| held.holders.is_empty() && !held.is_open)
    }

    fn has_rules(&self) -> bool {
        let mut rules = criteria_rules(self.sharing, self.manifest);
        rules.next().is_some()
    }

    /// Whether neither the user nor anybody below owns a record, as far as that is known.
    fn owns_nothing(&self) -> bool {
        if !self.roles_below().is_empty() {
            return false;
        }
        let Some(user) = self.live.own_user(self.manifest) else {
            return true;
        };
        let owners = self.live.owners(self.object()).learnt();
        owners.is_some_and(|owners| owners.of(&user.id) == 0)
    }

    /// Whether every account is seen anyhow: by the default, or by View All, which a profile keeps on what the manifest
    /// does not name.
    fn sees_every_account(&self) -> Known<bool> {
        let default = Defaults::new(self.manifest, self.live).after("Account");
        if default.is_none_or(|model| model != SharingModel::Private) {
            return Known::Is(true);
        }
        let bypass = bypass::containers_that_bypass("Account", self.live);
        let by_set = bypass.map(|bypass| self.sets_see_all(&bypass));
        let sees_all = |rights: ObjectRights| rights.view_all || rights.modify_all;
        let by_profile = rights::rights_after("Account", self.manifest, self.live, sees_all);
        by_set
            .and(by_profile)
            .map(|(by_set, by_profile)| by_set || by_profile)
    }

    /// The accounts that become readable through this object's records, where the manifest says nothing of accounts; each
    /// counted with the first object that brings it along.
    pub(super) fn accounts_opened(&self) -> Option<AccountsAlong> {
        let is_child = CHILDREN_OF_ACCOUNTS.contains(&self.object());
        if !is_child || self.manifest.spec.sharing_of("Account").is_some() {
            return None;
        }
        if self.sees_every_account() != Known::Is(false) {
            return None;
        }
        let along = self.accounts_along(None).into_iter();
        along
            .into_iter()
            .find(|along| along.object == self.object())
    }
}

impl AccountsAlong {
    /// How many there are.
    pub(super) fn tally(&self, live: &Live, most: u64) -> Tally {
        let most = self.most.map_or(most, |own| own.min(most));
        let Some(need) = &self.need else {
            return at_most(most);
        };
        match (live.count(need), self.is_open) {
            (Known::Is(accounts), true) => at_most(accounts),
            (Known::Is(accounts), false) => Tally::Exactly(accounts),
            (Known::NotAsked, _) => at_most(most),
            (refused, _) => refused.into(),
        }
    }
}
