//! What reaches a user that is there already beside rules and ownership: what people shared by hand, teams and code, with
//! it, with those below, or with groups that it is in; and what its queues own. Pure.

use super::accounts::is_opened_by_account_rows;
use super::outlook::at_most;
use super::{People, SharingView};
use crate::criteria::Verdict;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{
    Defaults, Filter, GivenTo, GroupKind, Known, LiveUser, Need, Person, SharingNeed,
    is_under_accounts,
};
use crate::manifest::SharingModel;
use crate::tally::Tally;
use std::collections::BTreeSet;

/// Rows that one page of an answer holds (REST API guide, Query), and pages of users that are worth reading.
const PAGE: u64 = 2_000;
const MOST_PAGES: u64 = 20;

/// Causes of rows that are counted otherwise: what comes along with other records, and what rules share.
const COUNTED_OTHERWISE: [&str; 4] = ["Owner", "Rule", "ImplicitParent", "ImplicitChild"];

/// Who holds what the user has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeldFor {
    /// Record ids of users, groups and queues.
    pub(super) holders: BTreeSet<String>,
    /// Whether some of them may not be among them.
    pub(super) is_open: bool,
}

/// An internal user of that id and role.
fn person(id: &str, role: Option<String>) -> Person {
    Person {
        id: id.to_owned(),
        username: String::new(),
        role,
        profile: None,
        active: true,
        kind: "Standard".to_owned(),
    }
}

impl SharingView<'_> {
    /// What has to be known of the others in the org, where the user is there already.
    pub(super) fn needs_of_rows(&self) -> Vec<Need> {
        let is_few = self.live.users_by_profile();
        let is_few = is_few.map(|users| users.all() / PAGE < MOST_PAGES);
        if self.standing().is_none() || is_few.learnt() != Some(true) {
            return Vec::new();
        }
        let after = Defaults::new(self.manifest, self.live).after(self.object());
        if after != Some(SharingModel::Private) {
            return Vec::new();
        }
        let mut needs = vec![
            Need::Sharing(SharingNeed::People),
            Need::Sharing(SharingNeed::Groups),
            Need::Sharing(SharingNeed::Members),
        ];
        let children: &[&str] = match self.object() {
            "Account" => &CHILDREN_OF_ACCOUNTS,
            _ => &[],
        };
        if is_under_accounts(self.object()) {
            let through = SharingNeed::RowsThroughAccounts(self.object().to_owned());
            needs.push(Need::Sharing(through));
        }
        // What people shared of these opens their accounts.
        let objects = children.iter().copied().chain([self.object()]);
        let private =
            |object: &&str| self.live.default_in_force(object) == Some(SharingModel::Private);
        let objects = objects.filter(private);
        needs.extend(objects.map(|object| Need::Sharing(SharingNeed::Rows(object.to_owned()))));
        needs
    }

    /// Whether share rows decide anything today: what was shared while a default is public went when it became so.
    fn has_rows(&self) -> bool {
        self.live.default_in_force(self.object()) == Some(SharingModel::Private)
    }

    /// Whether the others in the org are still to be asked for.
    pub(super) fn asks_for_rows(&self) -> bool {
        let needs = self.needs_of_rows();
        needs.iter().any(|need| !self.live.was_asked(need))
    }

    /// Whether a queue's records are the user's today.
    pub(super) fn is_in_queues(&self, user: &LiveUser) -> bool {
        let people = self.people.now().learnt();
        let user = person(&user.id, user.role_id.clone());
        people.is_some_and(|people| !self.queues(&user, people).is_empty())
    }

    /// Queues whose records the user will have, by id.
    pub(super) fn queues_after(&self) -> BTreeSet<String> {
        let Some(user) = self.standing() else {
            return BTreeSet::new();
        };
        let people = self.people.after().learnt();
        people.map_or_else(BTreeSet::new, |people| self.queues(&user, people))
    }

    /// The user as it will stand: one that is there already, or a new one in a role that others may have shared with, or
    /// with those above it. With a new role at the top nobody has.
    fn standing(&self) -> Option<Person> {
        if let Some(user) = self.live.own_user(self.manifest) {
            return Some(person(&user.id, user.role_id.clone()));
        }
        let wanted = self.manifest.spec.role.as_ref();
        let wanted = wanted.filter(|role| !role.absent)?;
        let roles = self.live.roles().learnt();
        let there = roles.and_then(|roles| roles.named(&wanted.name));
        let role = match (there, &wanted.parent) {
            (Some(role), _) => role.id.clone(),
            (None, Some(_)) => wanted.name.value.clone(),
            (None, None) => return None,
        };
        Some(person("", Some(role)))
    }

    fn queues(&self, user: &Person, people: &People<'_>) -> BTreeSet<String> {
        let groups = self.live.sharing_groups().learnt().unwrap_or_default();
        let queues = groups.iter().filter(|group| group.kind == GroupKind::Queue);
        let has = |id: &str| people.reaches(user, id) == Verdict::Yes;
        let queues = queues.filter(|queue| has(&queue.id));
        queues.map(|queue| queue.id.clone()).collect()
    }

    /// Who holds rows that people made and that will reach the user; nobody where no rows decide.
    pub(super) fn held_by_people(&self) -> Known<HeldFor> {
        let Some(user) = self.standing().filter(|_| self.has_rows()) else {
            return Known::Is(HeldFor::default());
        };
        let people = self.people.after();
        let by_people = |cause: &str| !COUNTED_OTHERWISE.contains(&cause);
        self.held_for(&user, people, by_people)
    }

    /// Whether accounts that people shared with the user, or teams did, open more of the object's records, as everybody stands
    /// then. Not asked where nobody can have shared anything, or others are too many to be asked for.
    pub(super) fn is_opened_by_shared_accounts(&self, people: Known<&People<'_>>) -> Known<bool> {
        let Some(user) = self.standing() else {
            return Known::Is(false);
        };
        people.and_then(|people| {
            let reaches = |holder: &str| people.reaches(&user, holder) != Verdict::No;
            is_opened_by_account_rows(self.object(), self.live, reaches)
        })
    }

    /// Who holds rows that reach the user today, whatever made them, its queues included.
    pub(super) fn held_today(&self, user: &LiveUser) -> Known<HeldFor> {
        let people = self.people.now();
        let user = person(&user.id, user.role_id.clone());
        let held = self.held_for(&user, people.clone(), |_| true);
        let queues = people.map(|people| self.queues(&user, people));
        held.and(queues).map(|(mut held, queues)| {
            held.holders.extend(queues);
            held
        })
    }

    fn held_for(
        &self,
        user: &Person,
        people: Known<&People<'_>>,
        is_meant: impl Fn(&str) -> bool,
    ) -> Known<HeldFor> {
        let rows = self.live.share_rows(self.object());
        people.and(rows).map(|(people, rows)| {
            let mut held = HeldFor::default();
            for row in rows.iter().filter(|row| is_meant(&row.cause)) {
                match people.reaches(user, &row.holder) {
                    Verdict::No => continue,
                    Verdict::Either => held.is_open = true,
                    Verdict::Yes => {}
                }
                held.holders.insert(row.holder.clone());
            }
            held
        })
    }

    /// Counts what these rows open beside other records.
    pub(super) fn need_of_rows(
        &self,
        held: &HeldFor,
        by_people: bool,
        beside: Option<Filter>,
    ) -> Option<Need> {
        let given = GivenTo {
            object: self.object().to_owned(),
            holders: held.holders.clone(),
            by_people,
            has_private: self.has_private(),
            beside,
        };
        given.is_askable().then_some(Need::GivenTo(given))
    }

    /// What people shared with the user beside all that; unbounded where the org did not tell.
    pub(super) fn by_rows(&self, beside: Option<Filter>) -> Tally {
        let unknown = || Tally::Between {
            at_least: 0,
            at_most: u64::MAX,
        };
        match self.held_by_people() {
            Known::Is(held) if held.holders.is_empty() && !held.is_open => Tally::Exactly(0),
            Known::Is(held) => {
                let need = self.need_of_rows(&held, true, beside);
                let open = held.is_open || self.has_private();
                match need.map(|need| self.live.count(&need)) {
                    Some(Known::Is(records)) if open => at_most(records),
                    Some(Known::Is(records)) => Tally::Exactly(records),
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }

    /// The same, as far as it is not counted otherwise: a row may be on an account that comes along anyhow.
    pub(super) fn by_rows_apart(&self, beside: Option<Filter>) -> Tally {
        let by_rows = self.by_rows(beside);
        match self.is_opened_by_children() {
            true => by_rows.at_most().map_or(by_rows.clone(), at_most),
            false => by_rows,
        }
    }

    /// What is edited, and what people shared may be: also of records that the user sees anyhow.
    pub(super) fn with_rows(&self, edited: Tally, visible: &Tally) -> Tally {
        match self.held_by_people() {
            Known::Is(held) if held.holders.is_empty() && !held.is_open => edited,
            _ => {
                let most = visible.at_most().unwrap_or(u64::MAX);
                let more = most.saturating_sub(edited.at_least());
                self.within_all(edited.plus(&at_most(more)))
            }
        }
    }
}
