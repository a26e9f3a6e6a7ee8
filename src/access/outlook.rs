//! How many of an object's records the user will see and edit, and on which ways. Counts, not records: verify looks at
//! records. What no query can count exactly is a bound. Pure.

use super::parents::AccountsAlong;
use super::rights::rights_after;
use super::ways::SeenBy;
use super::{SharingView, count, criteria_rules, without_account};
use crate::criteria;
use crate::laws::{Level, Way};
use crate::live::{Defaults, Filter, Known, Need};
use crate::manifest::SharingModel;
use crate::tally::Tally;
use serde::Serialize;

/// What the user will see of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Records the user will see.
    pub visible: Tally,
    /// Those of them that it will be able to edit.
    pub editable: Tally,
    /// The same by way, each record counted once; none where that is not known exactly.
    pub ways: Vec<ByWay>,
}

/// Records that the user sees on one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByWay {
    /// The way: `sharing_rule`, `owner`, `implicit_child`, `implicit_parent`, `default`, `permission`.
    #[serde(serialize_with = "word")]
    pub way: Way,
    /// How many, beside those of the ways before.
    pub records: u64,
    /// The object whose records bring them along, of accounts that come along with records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<&'static str>,
}

fn word<S: serde::Serializer>(way: &Way, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(way.word())
}

/// The most that may be, of what cannot be counted before apply.
pub(super) fn at_most(records: u64) -> Tally {
    match records {
        0 => Tally::Exactly(0),
        at_most => Tally::Between {
            at_least: 0,
            at_most,
        },
    }
}

impl Outlook {
    /// One number for all of it.
    fn of_all(visible: Tally, editable: Tally, way: Way) -> Self {
        let ways = by_way(way, &visible).into_iter().collect();
        Self {
            visible,
            editable,
            ways,
        }
    }
}

fn by_way(way: Way, records: &Tally) -> Option<ByWay> {
    let records = records.exactly().filter(|records| *records > 0)?;
    Some(ByWay {
        way,
        records,
        through: None,
    })
}

impl SharingView<'_> {
    /// What the user will see, at least and at most.
    pub(super) fn outlook(&self) -> Outlook {
        match self.sees_all() {
            Known::Is(true) => {
                let all: Tally = self.records.clone().into();
                let editable = all.at_most().map_or_else(|| all.clone(), at_most);
                return Outlook::of_all(all, editable, Way::Permission);
            }
            Known::Is(false) => {}
            other => {
                let unknown = other.unknown_tally();
                return Outlook::of_all(unknown.clone(), unknown, Way::Permission);
            }
        }
        match self.default_after() {
            Some(SharingModel::Private) | None => self.by_sharing(),
            Some(model) => {
                let visible = self.by_default(model);
                let editable = self.editable_by_default(model, &visible);
                Outlook::of_all(visible, editable, Way::Default)
            }
        }
    }

    pub(super) fn default_after(&self) -> Option<SharingModel> {
        Defaults::new(self.manifest, self.live).after(self.object())
    }

    /// What a default opens to editing, and rules beyond it.
    fn editable_by_default(&self, model: SharingModel, visible: &Tally) -> Tally {
        let edits = self.edits_object();
        let all = match Level::of_default(model) {
            Some(level) if level >= Level::Edit => visible.clone(),
            _ => visible.at_most().map_or_else(|| visible.clone(), at_most),
        };
        within(&all, &edits)
    }

    /// Whether the user will be able to edit records of the object at all.
    fn edits_object(&self) -> Known<bool> {
        let edits = |rights: crate::live::ObjectRights| rights.edit || rights.modify_all;
        rights_after(self.object(), self.manifest, self.live, edits)
    }

    /// What the user sees of a private object.
    fn by_sharing(&self) -> Outlook {
        let Some(seen) = self.seen_by() else {
            return self.beyond_conditions();
        };
        let direct = self.counted(seen.all.as_ref(), seen.is_open);
        let Some(direct) = direct else {
            return self.beyond_conditions();
        };
        let edited = match self.is_told_by_owners(&seen) {
            true => Some(self.owned()),
            false => self.counted(seen.edited.as_ref(), seen.is_open),
        };
        let edited = edited.unwrap_or_else(|| direct.at_most().map_or(direct.clone(), at_most));
        let along = self.along(seen.all.as_ref());
        let mut ways = self.ways_of(&seen, &direct).unwrap_or_default();
        let mut visible = direct.clone();
        for (object, accounts) in &along {
            visible = self.within_all(visible.plus(accounts));
            ways.extend(by_way(Way::ParentOfGiven, accounts).map(|way| ByWay {
                through: Some(object),
                ..way
            }));
        }
        let apart = self.by_rows_apart(seen.all.clone());
        visible = self.within_all(visible.plus(&apart));
        ways.extend(by_way(Way::Row, &apart));
        let mut edited = self.with_rows(edited, &visible);
        // Nobody counts which of them hang on such accounts.
        let by_accounts = self.is_opened_by_shared_accounts(self.people.after());
        if by_accounts != Known::Is(false) {
            visible = self.within_all(visible.plus(&at_most(u64::MAX)));
            edited = self.within_all(edited.plus(&at_most(u64::MAX)));
        }
        if visible.exactly().is_none() {
            ways.clear();
        }
        Outlook {
            visible,
            editable: within(&edited, &self.edits_object()),
            ways,
        }
    }

    /// The accounts that come along with the records of other objects, by object.
    fn along(&self, beside: Option<&Filter>) -> Vec<(&'static str, Tally)> {
        if !self.is_opened_by_children() {
            return Vec::new();
        }
        let most = self.records.clone().learnt().unwrap_or(u64::MAX);
        let tally = |along: AccountsAlong| (along.object, along.tally(self.live, most));
        self.accounts_along(beside).into_iter().map(tally).collect()
    }

    /// Whether the user edits what it owns alone, which the counts by owner tell.
    fn is_told_by_owners(&self, seen: &SeenBy) -> bool {
        seen.edited == seen.owned && self.owns_alone()
    }

    /// Whether what is owned for the user is owned by the user: by none below it, and by no queue.
    fn owns_alone(&self) -> bool {
        self.roles_below().is_empty() && self.queues_after().is_empty()
    }

    /// Never more than there are.
    pub(super) fn within_all(&self, tally: Tally) -> Tally {
        match (&tally, self.records.as_ref().learnt()) {
            (Tally::Between { at_least, at_most }, Some(all)) => Tally::Between {
                at_least: *at_least.min(all),
                at_most: *at_most.min(all),
            },
            _ => tally,
        }
    }

    /// What was counted; `None` where nobody asked.
    pub(super) fn counted(&self, records: Option<&Filter>, is_open: bool) -> Option<Tally> {
        let Some(records) = records else {
            return Some(Tally::Exactly(0));
        };
        match self.live.count(&count(self.sharing, records.clone())) {
            Known::Is(records) if is_open => Some(at_most(records)),
            Known::NotAsked => None,
            told => Some(told.into()),
        }
    }

    /// What is owned, what rules give beyond it, and what hangs on owned accounts beyond that.
    fn ways_of(&self, seen: &SeenBy, all: &Tally) -> Option<Vec<ByWay>> {
        let owned = match (&seen.owned, self.owns_alone()) {
            (None, _) => Tally::Exactly(0),
            (Some(_), true) => self.owned(),
            (Some(owned), false) => self.counted(Some(owned), false)?,
        };
        let given = match seen.given == seen.all {
            true => all.clone(),
            false => self.counted(seen.given.as_ref(), false)?,
        };
        let parts = [
            (Way::Owned, owned.clone()),
            (Way::Rule, given.minus(&owned)),
            (Way::ChildOfOwned, all.minus(&given)),
        ];
        let parts = parts.iter();
        Some(
            parts
                .filter_map(|(way, tally)| by_way(*way, tally))
                .collect(),
        )
    }

    /// The most that the user may see where it cannot be counted: nothing but what it owns, where each rule asks for a
    /// field still to be made in a way that no record meets yet; else every record.
    fn beyond_conditions(&self) -> Outlook {
        let is_private = matches!(self.default_after(), Some(SharingModel::Private) | None);
        let nothing = is_private
            && self.gives_nothing_yet()
            && self.is_countable()
            && self.roles_below().is_empty()
            && !self.is_reached_by_others()
            && self.by_rows(None) == Tally::Exactly(0)
            && self.is_opened_by_shared_accounts(self.people.after()) == Known::Is(false);
        if nothing {
            let owned = self.owned();
            let editable = within(&owned, &self.edits_object());
            let mut outlook = Outlook::of_all(owned, editable, Way::Owned);
            let user = self.manifest.spec.user.as_ref();
            let beside = user.map(|user| Filter::owned_by(&user.username));
            for (object, accounts) in self.along(beside.as_ref()) {
                outlook.visible = self.within_all(outlook.visible.plus(&accounts));
                outlook
                    .ways
                    .extend(by_way(Way::ParentOfGiven, &accounts).map(|way| ByWay {
                        through: Some(object),
                        ..way
                    }));
            }
            return outlook;
        }
        let any: Tally = match &self.records {
            Known::Is(records) => at_most(*records),
            other => other.clone().into(),
        };
        Outlook {
            editable: within(&any, &self.edits_object()),
            visible: any,
            ways: Vec::new(),
        }
    }

    /// Whether each rule asks for a field still to be made in a way that no record meets yet.
    pub(super) fn gives_nothing_yet(&self) -> bool {
        let mut rules = criteria_rules(self.sharing, self.manifest);
        rules.all(|(rule, _)| !criteria::may_be_met(rule, |one| self.is_unmet_yet(one)))
    }

    /// What the user owns, which it always sees.
    fn owned(&self) -> Tally {
        match self.live.own_user(self.manifest) {
            Some(user) => self.live.owned_by(self.object(), user).into(),
            None => Tally::Exactly(0),
        }
    }

    /// What everybody sees through a default that is not private: all records, unless the parent decides, contacts without
    /// an account are their owners' alone, or opportunities may be private.
    pub(super) fn by_default(&self, model: SharingModel) -> Tally {
        let all = match &self.records {
            Known::Is(records) => *records,
            other => return other.clone().into(),
        };
        if model == SharingModel::ControlledByParent {
            return at_most(all);
        }
        if self.has_private() {
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

    /// What only the first answers show to be worth counting.
    pub(super) fn further_counts(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        let populated = self.records.as_ref().learnt().is_some();
        needs.extend((!populated).then(|| Need::population(self.object())));
        if self.sees_every_criterion()
            && let Some(seen) = self.by_conditions()
        {
            needs.extend(self.counts_of(&seen));
        }
        needs.extend(self.counts_of_now());
        needs.extend(self.owned_alone());
        needs.extend(self.counts_of_accounts());
        needs.extend(self.needs_of_rows());
        needs.extend(self.needs_by_rules());
        let rows = self.held_by_people().learnt();
        let rows = rows.filter(|held| !held.holders.is_empty());
        if let (Some(held), Some(seen)) = (rows, self.seen_by()) {
            needs.extend(self.need_of_rows(&held, true, seen.all));
        }
        needs
    }

    fn counts_of(&self, seen: &SeenBy) -> Vec<Need> {
        let owned = seen.owned.as_ref().filter(|_| !self.owns_alone());
        let edited = seen
            .edited
            .as_ref()
            .filter(|_| !self.is_told_by_owners(seen));
        let parts = [seen.all.as_ref(), seen.given.as_ref(), edited, owned];
        let parts = parts.into_iter().flatten();
        parts
            .map(|filter| count(self.sharing, filter.clone()))
            .collect()
    }

    /// Counts the accounts that come along, where that is not seen of them otherwise.
    fn counts_of_accounts(&self) -> Vec<Need> {
        let opened = self.accounts_opened();
        let mut needs: Vec<Need> = opened.into_iter().filter_map(|along| along.need).collect();
        if self.object() != "Account" || !self.is_opened_by_children() {
            return needs;
        }
        let user = self.manifest.spec.user.as_ref();
        let own = || user.map(|user| Filter::owned_by(&user.username));
        let beside = self.seen_by().map_or_else(own, |seen| seen.all);
        let along = self.accounts_along(beside.as_ref()).into_iter();
        let known = along.filter(|along| along.most != Some(u64::MAX));
        needs.extend(known.filter_map(|along| along.need));
        needs.extend(self.counts_of_owned());
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

/// What of it remains within the permission on the object.
fn within(all: &Tally, permitted: &Known<bool>) -> Tally {
    match permitted {
        Known::Is(true) => all.clone(),
        Known::Is(false) => Tally::Exactly(0),
        _ => all.at_most().map_or_else(|| all.clone(), at_most),
    }
}
