//! What somebody sees of an object before and after, and loses: portion by portion, since what an owner has is seen whole or
//! by what rules share of it.
//!
//! For each portion: lost is what was seen and will not be. Between sets of rules, *in the one and not in the other* is
//! counted as *in either, less the other*: no query has to say *not*.

use super::ground::{Ground, Lot};
use super::terms::{RuleSource, RuleTarget, RuleTerm};
use crate::access::people::{People, both, either_way};
use crate::criteria::Verdict;
use crate::live::Person;
use crate::tally::Tally;
use std::collections::BTreeSet;

/// A number between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Span {
    pub(super) fn just(number: u64) -> Self {
        Self {
            low: number,
            high: number,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            low: self.low.saturating_add(other.low),
            high: self.high.saturating_add(other.high),
        }
    }

    /// Without a part of it.
    pub(super) fn without(self, part: Self) -> Self {
        Self {
            low: self.low.saturating_sub(part.low),
            high: self.high.saturating_sub(part.high),
        }
    }

    pub(super) fn tally(self) -> Tally {
        match self.low >= self.high {
            true => Tally::Exactly(self.high),
            false => Tally::Between {
                at_least: self.low,
                at_most: self.high,
            },
        }
    }
}

/// What somebody sees before and after, and what is lost of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SightSpan {
    /// Records there are.
    pub(super) all: u64,
    pub(super) before: Span,
    pub(super) after: Span,
    pub(super) lost: Span,
}

impl SightSpan {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all.saturating_add(other.all),
            before: self.before.plus(other.before),
            after: self.after.plus(other.after),
            lost: self.lost.plus(other.lost),
        }
    }

    pub(super) fn without(self, part: Self) -> Self {
        Self {
            all: self.all.saturating_sub(part.all),
            before: self.before.without(part.before),
            after: self.after.without(part.after),
            lost: self.lost.without(part.lost),
        }
    }
}

/// Sets of rules by criteria, by their places among the terms.
pub(super) type Terms = BTreeSet<usize>;

/// What of the rules by criteria reaches somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReachingRules {
    /// Before, for certain and with just what their criteria ask.
    sure_before: Terms,
    maybe_before: Terms,
    sure_after: Terms,
    maybe_after: Terms,
    /// Those before that do not stand on.
    lost: Terms,
    /// The same, and what is there for certain after.
    lost_or_after: Terms,
    /// What is there for certain before, and what may be after.
    before_or_after: Terms,
    /// Rules by owner, before and after.
    owners: Vec<(usize, Verdict, Verdict)>,
}

impl ReachingRules {
    /// The unions that have to be counted to tell what is lost.
    pub(super) fn unions(&self, everything_before: bool) -> Vec<Terms> {
        let mut unions = vec![self.sure_after.clone(), self.maybe_after.clone()];
        if !everything_before {
            unions.push(self.lost_or_after.clone());
            unions.push(self.before_or_after.clone());
        }
        unions.retain(|union| !union.is_empty());
        unions
    }

    /// Whether a rule that ends may reach.
    pub(super) fn loses(&self) -> bool {
        !self.lost.is_empty() || self.owners.iter().any(|(_, before, after)| before != after)
    }
}

/// Somebody, as before and after.
#[derive(Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) person: &'a Person,
    /// Whether what the person itself owns is looked at; else the person stands for others like it.
    pub(super) itself: bool,
    /// Whether everything is seen before.
    pub(super) everything: bool,
}

/// Which rules reach somebody.
pub(super) fn reached(ground: &Ground, person: &Person) -> ReachingRules {
    let mut reached = ReachingRules::default();
    for (index, term) in ground.terms.iter().enumerate() {
        let reach = |stands: bool, people: &People| match stands {
            true => reach_of(term, people, person),
            false => Verdict::No,
        };
        let before = reach(term.before, &ground.before);
        let after = reach(term.after, &ground.after);
        match &term.source {
            RuleSource::Nothing => {}
            RuleSource::Owners(_) | RuleSource::Everything => {
                if before != Verdict::No || after != Verdict::No {
                    reached.owners.push((index, before, after));
                }
            }
            RuleSource::Meeting(..) | RuleSource::Anything => {
                let exact = matches!(&term.source, RuleSource::Meeting(found, _) if found.exact);
                put(
                    before,
                    exact,
                    index,
                    &mut reached.sure_before,
                    &mut reached.maybe_before,
                );
                put(
                    after,
                    exact,
                    index,
                    &mut reached.sure_after,
                    &mut reached.maybe_after,
                );
                if before != Verdict::No && !is_kept(before, after, ground) {
                    reached.lost.insert(index);
                }
            }
        }
    }
    reached.lost_or_after = &reached.lost | &reached.sure_after;
    reached.before_or_after = &reached.sure_before | &reached.maybe_after;
    reached
}

fn put(reach: Verdict, exact: bool, index: usize, sure: &mut Terms, maybe: &mut Terms) {
    if reach != Verdict::No {
        maybe.insert(index);
    }
    if reach == Verdict::Yes && exact {
        sure.insert(index);
    }
}

fn reach_of(term: &RuleTerm, people: &People, person: &Person) -> Verdict {
    match &term.target {
        RuleTarget::These(principal) => people.is_shared_with(person, principal),
        RuleTarget::Outsiders => match people.is_from_outside(person) {
            true => Verdict::Either,
            false => Verdict::No,
        },
        RuleTarget::Unknown => Verdict::Either,
    }
}

/// What reached before reaches after in the same way. Where nobody knows how, that holds while nobody moves.
fn is_kept(before: Verdict, after: Verdict, ground: &Ground) -> bool {
    before == after && (before != Verdict::Either || !ground.moves)
}

/// What somebody sees of a portion of the records.
pub(super) fn sight_of(
    part: &Lot,
    reached: &ReachingRules,
    viewer: Viewer,
    ground: &Ground,
) -> SightSpan {
    let whole = whole_of(part, reached, viewer, ground);
    let records = part.portion.records;
    let low = |terms: &Terms| ground.met(terms, part).unwrap_or(0).min(records);
    let high = |terms: &Terms| ground.met(terms, part).unwrap_or(records).min(records);
    let seen = |whole: Verdict, sure: &Terms, maybe: &Terms| Span {
        low: if whole == Verdict::Yes {
            records
        } else {
            low(sure)
        },
        high: if whole == Verdict::No {
            high(maybe)
        } else {
            records
        },
    };
    let before = seen(whole.before, &reached.sure_before, &reached.maybe_before);
    let after = seen(whole.after, &reached.sure_after, &reached.maybe_after);
    let most = match (whole.after, whole.lost) {
        (Verdict::Yes, _) => 0,
        (_, Verdict::No) if reached.lost.is_empty() => 0,
        (_, Verdict::No) => high(&reached.lost_or_after).saturating_sub(low(&reached.sure_after)),
        _ => records - low(&reached.sure_after),
    };
    let least = match (whole.after, whole.before) {
        (Verdict::Yes | Verdict::Either, _) => 0,
        (Verdict::No, Verdict::Yes) => records - high(&reached.maybe_after),
        (Verdict::No, _) => {
            low(&reached.before_or_after).saturating_sub(high(&reached.maybe_after))
        }
    };
    let most = most.min(before.high);
    let lost = Span {
        low: least.min(most),
        high: most,
    };
    SightSpan {
        all: records,
        before,
        after,
        lost,
    }
}

/// By what a portion is seen whole.
fn whole_of(part: &Lot, reached: &ReachingRules, viewer: Viewer, ground: &Ground) -> Whole {
    let mut whole = Whole::default();
    whole.add(ground.owned(part, viewer), ground);
    if part.portion.account_owner.is_some() {
        whole.add(ground.through_account(part, viewer), ground);
    }
    for (index, before, after) in &reached.owners {
        let covered = part.covered.get(*index).copied().unwrap_or(Verdict::Either);
        whole.add((both(*before, covered), both(*after, covered)), ground);
    }
    if viewer.everything {
        whole.before = Verdict::Yes;
        whole.lost = Verdict::Yes;
    }
    whole
}

/// Ways by which a portion is seen whole.
struct Whole {
    before: Verdict,
    after: Verdict,
    /// Those before that do not stand on.
    lost: Verdict,
}

impl Default for Whole {
    fn default() -> Self {
        Self {
            before: Verdict::No,
            after: Verdict::No,
            lost: Verdict::No,
        }
    }
}

impl Whole {
    fn add(&mut self, (before, after): (Verdict, Verdict), ground: &Ground) {
        self.before = either_way(self.before, before);
        self.after = either_way(self.after, after);
        if !is_kept(before, after, ground) {
            self.lost = either_way(self.lost, before);
        }
    }
}
