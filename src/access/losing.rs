//! Who loses sight of an object by what a plan does: in people and in records, exactly where that can be known, else between
//! two numbers that hold the truth, else *cannot tell* and why.

mod asked;
mod evaluate;
mod ground;
mod persons;
mod readers;
pub(super) mod terms;
mod told;

use super::SharingView;
use super::people::People;
use super::visible::objects_whose_rules_change;
use crate::criteria::Verdict;
use crate::kinds::kept_level;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{Defaults, Known, Person, Refused, ShareRows, is_under_accounts};
use crate::manifest::SharingModel;
use crate::tally::Tally;
use evaluate::{SightSpan, Span};
use ground::Ground;
use persons::{Class, GivenShares, is_given, with_permissions};
use readers::{Readers, Reading};
use std::collections::HashSet;

pub use asked::USUAL_BUDGET;
pub use terms::{RuleTarget, source_of, target_of};
pub use told::{Fate, Losing, LosingRole, PersonSight, SightLost};

/// Why nobody was looked at.
const TOO_MANY: &str = "there are more people than `--impact-budget` has queries for";

/// What a plan does to the sight of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nobody can lose anything.
    None,
    /// The default becomes private that let everybody see.
    Narrows,
    /// The default stays private, and rules, roles or a profile change.
    Rearranges,
    /// The parent decided, or will decide.
    Parent,
}

impl SharingView<'_> {
    /// Who loses sight, person by person, of all who read the object now.
    pub(super) fn sight_lost(&self) -> Known<SightLost> {
        let effect = match self.effect() {
            Known::Is(Effect::None) => return Known::Is(SightLost::default()),
            Known::Is(effect) => effect,
            Known::Refused(refused) => return Known::Refused(refused),
            Known::NotAsked => return Known::NotAsked,
        };
        if self.records == Known::Is(0) {
            return Known::Is(SightLost::default());
        }
        let readers = Readers::of(self).and(self.live.users_by_profile());
        readers.map(
            |(readers, counts)| match Ground::of(self.sharing, self.manifest, self.live) {
                Known::Is(ground) => self.of_people(&readers, ground, effect),
                other => {
                    let counted = self.is_counted();
                    let why = match (&other, counted) {
                        (Known::NotAsked, false) => "its records are not counted".to_owned(),
                        (Known::NotAsked, true) => TOO_MANY.to_owned(),
                        _ => other.why_unknown().unwrap_or_default(),
                    };
                    told::by_profile(self, &readers, counts, &why)
                }
            },
        )
    }

    /// What the plan does to the sight of others; refused where today's default is not known.
    fn effect(&self) -> Known<Effect> {
        let defaults = Defaults::new(self.manifest, self.live);
        let object = self.object();
        let Some(now) = defaults.now(object) else {
            let changes = self.sharing.organization_wide_default.is_some() || self.rearranges();
            let what = format!("which default of {object} is in force");
            return match changes {
                true => Known::Refused(Refused::not_told(what)),
                false => Known::Is(Effect::None),
            };
        };
        let after = defaults.after(object).unwrap_or(now);
        let parent = SharingModel::ControlledByParent;
        Known::Is(match (now, after) {
            (SharingModel::Private, SharingModel::Private) if self.may_lose_children() => {
                Effect::Parent
            }
            (SharingModel::Private, SharingModel::Private) => match self.rearranges() {
                true => Effect::Rearranges,
                false => Effect::None,
            },
            (_, SharingModel::Private) if now == parent => match self.follows_open_accounts() {
                true => Effect::Narrows,
                false => Effect::Parent,
            },
            (_, SharingModel::Private) => Effect::Narrows,
            (now, after) if (now == parent) != (after == parent) => Effect::Parent,
            (_, after) if after == parent && self.is_parent_narrowed() => Effect::Parent,
            _ => Effect::None,
        })
    }

    /// Whether everybody sees contacts today because everybody sees accounts. Whoever reads contacts reads accounts: the
    /// platform grants the one right only with the other.
    fn follows_open_accounts(&self) -> bool {
        let accounts = Defaults::new(self.manifest, self.live).now("Account");
        let width = accounts.and_then(SharingModel::width);
        self.object() == "Contact" && width >= SharingModel::Read.width()
    }

    /// Whether the records follow accounts whose default the plan narrows.
    fn is_parent_narrowed(&self) -> bool {
        let defaults = Defaults::new(self.manifest, self.live);
        let width = |model: Option<SharingModel>| model.and_then(SharingModel::width);
        let now = width(defaults.now("Account"));
        self.object() == "Contact" && width(defaults.after("Account")) < now
    }

    /// Whether the plan changes rules that stand, of what opens accounts to those who are given it.
    fn may_lose_children(&self) -> bool {
        // Every rule is looked at for that: once for accounts, not once for each object.
        if self.object() != "Account" {
            return false;
        }
        let changing = objects_whose_rules_change(self.manifest, self.live);
        let stands = |object: &String| self.live.rules(object).next().is_some();
        let opens = |object: &&String| CHILDREN_OF_ACCOUNTS.contains(&object.as_str());
        changing.iter().filter(opens).any(stands)
    }

    /// Whether rules that stand, a role or a profile change, where sharing alone decides.
    fn rearranges(&self) -> bool {
        let standing = self.live.rules(self.object()).next().is_some();
        let rules = standing && !self.rules_stand;
        let role = ground::moves(self.manifest, self.live)
            || ground::closes_children(self.object(), self.manifest, self.live);
        rules || role || self.everyone_loses_some() || readers::edits_profile(self)
    }

    /// Whether the group of everybody but integrations loses a member.
    fn everyone_loses_some(&self) -> bool {
        let kept = kept_level(self.sharing, self.manifest, self.live);
        let everyone = kept.and_then(|_| self.live.everyone(self.manifest).learnt());
        everyone.is_some_and(|everyone| !everyone.to_go.is_empty())
    }

    fn of_people(&self, readers: &Readers, mut ground: Ground, effect: Effect) -> SightLost {
        let narrows = effect == Effect::Narrows;
        let own = self.live.own_user(self.manifest);
        let own = own.map(|user| user.id.clone());
        let meant = |person: &&Person| person.active && Some(&person.id) != own.as_ref();
        let unions = asked::unions(self, readers, &ground, narrows);
        ground.count(unions);
        let unknown = self.unknown(&ground, effect);
        let mut people = Vec::new();
        for class in ground.before.classes().into_values() {
            let mut alike: Option<Class> = None;
            for person in class.into_iter().filter(meant) {
                let reading = readers.reading(person, &ground.before);
                if reading.reads_before == Verdict::No && reading.all_before == Verdict::No {
                    continue;
                }
                let class = alike.get_or_insert_with(|| Class::of(&ground, person));
                let sight = match &unknown {
                    None => Ok(self.sight(class, person, reading, narrows)),
                    Some(why) => Err(why.clone()),
                };
                people.push(self.person(readers, &ground, (person, reading), sight));
            }
        }
        told::summed(people)
    }

    /// Why nothing can be said of anybody's records; `None` where it can.
    fn unknown(&self, ground: &Ground, effect: Effect) -> Option<String> {
        if effect == Effect::Parent {
            let why = match self.object() {
                "Account" => "who is given a contact, opportunity or case sees its account",
                _ => "whoever sees the account sees its records, or will",
            };
            return Some(why.to_owned());
        }
        if !self.is_counted() {
            return Some("its records are not counted".to_owned());
        }
        let portions = self.live.portions(self.object(), None);
        portions.why_unknown().or_else(|| {
            let empty = ground.parts.is_empty() && self.records.as_ref().learnt() != Some(&0);
            let private = matches!(self.object(), "Contact" | "Opportunity");
            (empty && !private).then(|| "nobody told who owns them".to_owned())
        })
    }

    fn person(
        &self,
        readers: &Readers,
        ground: &Ground,
        (person, reading): (&Person, Reading),
        sight: Result<(SightSpan, Option<String>), String>,
    ) -> PersonSight {
        let profile = readers.profile(person);
        let containers = self.live.containers().learnt();
        let licence = containers
            .and_then(|all| all.profile(profile))
            .and_then(|profile| profile.licence.as_deref());
        let role = ground.before.role_name(person);
        told::PersonFacts {
            username: person.username.clone(),
            profile: profile.to_owned(),
            role: role.map(str::to_owned),
            integration: licence.is_some_and(|licence| licence.contains("Integration")),
            sees_all: reading.all_after == Verdict::Yes,
        }
        .with(sight)
    }

    /// What somebody sees and loses, and why that is not told exactly.
    fn sight<'a>(
        &self,
        class: &mut Class<'_, 'a>,
        person: &'a Person,
        reading: Reading,
        narrows: bool,
    ) -> (SightSpan, Option<String>) {
        let rows = self.live.share_rows(self.object());
        let by_owner = self.live.given_rows(self.object()).learnt();
        let given = GivenShares {
            rows: rows.as_ref().learnt().copied().unwrap_or_default(),
            by_owner,
        };
        let everything = class.sight(person, true, &given);
        let shared = match narrows {
            true => everything,
            false => class.sight(person, false, &given),
        };
        let (mut shared, mut everything) = (shared, everything);
        let mut doubts = self.doubts(class, person, narrows);
        doubts.extend(rows.why_unknown().filter(|_| !self.has_no_rows(narrows)));
        if !doubts.is_empty() {
            for sight in [&mut shared, &mut everything] {
                sight.lost.low = 0;
                sight.after.high = sight.all;
                sight.before.high = sight.all;
            }
        }
        doubts.extend(self.owners_unknown(everything.all));
        let [own, others] = self.unshareable(person, everything.all, class.owned(person));
        for sight in [&mut shared, &mut everything] {
            sight.before = sight.before.plus(own);
            sight.after = sight.after.plus(own);
            // Superiors see private opportunities: who stands above nobody any more may lose them.
            if class.may_lose_subordinates() && self.object() == "Opportunity" {
                sight.lost = sight.lost.plus(Span {
                    low: 0,
                    high: others.high,
                });
            }
        }
        let sight = with_permissions(reading, shared, everything, others);
        (sight, doubts.into_iter().next())
    }

    /// Why nobody can say whose those records are that cannot be shared, where there are some.
    fn owners_unknown(&self, shareable: u64) -> Option<String> {
        let there_are = self.records.as_ref().learnt().copied();
        let some = there_are.is_none_or(|records| records > shareable);
        let owners = self.live.owners(self.object());
        owners.why_unknown().filter(|_| some)
    }

    /// What may open more records to somebody than is counted.
    fn doubts(&self, class: &Class, person: &Person, narrows: bool) -> Vec<String> {
        let mut doubts = Vec::new();
        let object = self.object();
        if class.is_from_outside(person) {
            doubts.push("people from outside have a default and ways of their own".to_owned());
        }
        if object == "Account" && narrows {
            let why = "who is given a contact, opportunity or case sees its account";
            doubts.push(why.to_owned());
        }
        if is_under_accounts(object) && self.opens_accounts(class, person) {
            let unknown = self.live.rows_through_accounts(object).why_unknown();
            doubts.push(unknown.unwrap_or_else(|| "accounts open some of them".to_owned()));
        }
        doubts
    }

    /// Whether rules or share rows of accounts may open records below them to somebody.
    fn opens_accounts(&self, class: &Class, person: &Person) -> bool {
        let people = class.people();
        let reaches = |rows: &ShareRows| people.reaches(person, &rows.holder) != Verdict::No;
        let by_rows = match self.live.rows_through_accounts(self.object()) {
            Known::Is(rows) => rows.iter().any(reaches),
            _ => true,
        };
        by_rows || {
            let mut rules = super::accounts::account_rules(self.object(), self.live);
            rules.any(|rule| match terms::target_of(rule) {
                terms::RuleTarget::These(principal) => {
                    people.is_shared_with(person, &principal) != Verdict::No
                }
                terms::RuleTarget::Outsiders => false,
                terms::RuleTarget::Unknown => true,
            })
        }
    }

    /// Without a private default on either side, and where the parent decides, there is no table of shares to ask (Record
    /// Access Under the Hood; object reference, ContactShare): that it is refused is no doubt.
    fn has_no_rows(&self, narrows: bool) -> bool {
        let rows = self.live.share_rows(self.object());
        let no_table = rows
            .refused()
            .is_some_and(|refused| refused.code == "INVALID_TYPE");
        let now = Defaults::new(self.manifest, self.live).now(self.object());
        let open = now.is_some_and(SharingModel::is_public_to_edit);
        narrows && (self.follows_parent() || (no_table && open))
    }

    /// Whether the parent decides today.
    fn follows_parent(&self) -> bool {
        let now = Defaults::new(self.manifest, self.live).now(self.object());
        now == Some(SharingModel::ControlledByParent)
    }

    /// Contacts without an account, and private opportunities: those that somebody owns, or may see as a superior, and the
    /// others.
    fn unshareable(&self, person: &Person, all: u64, owned: u64) -> [Span; 2] {
        let there_are = self.records.as_ref().learnt().copied().unwrap_or(all);
        let unshareable = there_are.saturating_sub(all);
        let own = self.live.owners(self.object()).learnt();
        let own = own.map(|owners| owners.of(&person.id).saturating_sub(owned));
        let up_to = |low: u64, high: u64| Span { low, high };
        match own {
            _ if unshareable == 0 => [Span::default(); 2],
            Some(own) if self.object() == "Contact" => {
                [Span::just(own), Span::just(unshareable.saturating_sub(own))]
            }
            own => {
                let own = own.unwrap_or(0);
                let others = up_to(0, unshareable.saturating_sub(own));
                [up_to(own, unshareable), others]
            }
        }
    }
}

/// The tally of several.
fn together(tallies: impl Iterator<Item = Tally>) -> Tally {
    tallies.fold(Tally::Exactly(0), |all, one| all.plus(&one))
}

/// How many share rows no rule made.
fn given_rows(rows: &[ShareRows]) -> u64 {
    rows.iter().filter(is_given).map(|rows| rows.rows).sum()
}

/// Everybody whose sight is looked at.
fn active_readers<'a>(people: &People<'a>, readers: &Readers) -> HashSet<&'a str> {
    let reads = |person: &&Person| {
        let reading = readers.reading(person, people);
        person.active && (reading.reads_before != Verdict::No || reading.all_before != Verdict::No)
    };
    people
        .all()
        .filter(reads)
        .map(|person| person.id.as_str())
        .collect()
}
