//! What each person sees of an object before and after, and loses.

use super::evaluate::{ReachingRules, SightSpan, Span, Viewer, reached, sight_of};
use super::ground::Ground;
use super::readers::Reading;
use crate::access::people::{People, either_way};
use crate::criteria::Verdict;
use crate::live::{Person, ShareRows};
use std::collections::{BTreeMap, HashMap};

/// Share rows that no rule made, as far as the org told: by holder, and by holder and owner where that was asked.
pub(super) struct GivenShares<'a> {
    pub(super) rows: &'a [ShareRows],
    pub(super) by_owner: Option<&'a [ShareRows]>,
}

/// What is the same for everybody who stands alike.
pub(super) struct Class<'s, 'a> {
    ground: &'s Ground<'a>,
    reached: ReachingRules,
    /// Who stands for them.
    like: &'a Person,
    sights: [Option<SightSpan>; 2],
}

/// Whether rows are made by hand, by a team, by a territory or by the org itself: whatever no rule of the object makes.
pub(super) fn is_given(rows: &&ShareRows) -> bool {
    rows.cause != "Rule" && rows.cause != "Owner"
}

impl<'s, 'a> Class<'s, 'a> {
    /// Whether somebody may come to stand elsewhere, and not below them any more.
    pub(super) fn may_lose_subordinates(&self) -> bool {
        self.ground.moves
    }

    pub(super) fn of(ground: &'s Ground<'a>, like: &'a Person) -> Self {
        Self {
            ground,
            reached: reached(ground, like),
            like,
            sights: [None, None],
        }
    }

    /// What somebody sees who reads the object, is granted no more than sharing gives, and saw everything before or not.
    pub(super) fn sight(
        &mut self,
        person: &'a Person,
        everything: bool,
        given: &GivenShares,
    ) -> SightSpan {
        let mut by_hand = self.by_hand(person, given.rows);
        // Rows may be of records that cannot be shared, and open nothing.
        by_hand.least = 0;
        if by_hand.most > 0 && given.by_owner.is_some() {
            return self.owner_by_owner(person, everything, given);
        }
        let mut sight = self.of_all(everything);
        let own = self.ground.of_person.get(person.id.as_str());
        for part in own
            .into_iter()
            .flatten()
            .filter_map(|place| self.ground.parts.get(*place))
        {
            let viewer = |itself: bool| Viewer {
                person,
                itself,
                everything,
            };
            sight = sight.without(sight_of(part, &self.reached, viewer(false), self.ground));
            sight = sight.plus(sight_of(part, &self.reached, viewer(true), self.ground));
        }
        by_hand.added_to(sight, everything)
    }

    /// What all of them see, none of whom owns anything.
    fn of_all(&mut self, everything: bool) -> SightSpan {
        let viewer = Viewer {
            person: self.like,
            itself: false,
            everything,
        };
        let parts = self.ground.merged.iter();
        let each = || parts.map(|part| sight_of(part, &self.reached, viewer, self.ground));
        *self.sights[usize::from(everything)]
            .get_or_insert_with(|| each().fold(SightSpan::default(), SightSpan::plus))
    }

    fn owner_by_owner(
        &self,
        person: &'a Person,
        everything: bool,
        given: &GivenShares,
    ) -> SightSpan {
        let mut rows: HashMap<Option<&str>, Vec<&ShareRows>> = HashMap::new();
        for row in given.by_owner.into_iter().flatten() {
            rows.entry(row.owner.as_deref()).or_default().push(row);
        }
        let viewer = Viewer {
            person,
            itself: true,
            everything,
        };
        let mut by_owner: BTreeMap<Option<&str>, SightSpan> = BTreeMap::new();
        for part in &self.ground.parts {
            let sight = by_owner.entry(part.portion.owner.as_deref()).or_default();
            *sight = sight.plus(sight_of(part, &self.reached, viewer, self.ground));
        }
        let each = by_owner.into_iter().map(|(owner, sight)| {
            let rows = rows.get(&owner).map_or(&[][..], Vec::as_slice);
            let by_hand = self.by_hand(person, rows.iter().copied());
            by_hand.added_to(sight, everything)
        });
        each.fold(SightSpan::default(), SightSpan::plus)
    }

    fn by_hand<'r>(
        &self,
        person: &Person,
        rows: impl IntoIterator<Item = &'r ShareRows>,
    ) -> ByHand {
        let mut by_hand = ByHand::default();
        for row in rows.into_iter().filter(is_given) {
            let before = self.ground.before.reaches(person, &row.holder);
            let after = self.ground.after.reaches(person, &row.holder);
            if after != Verdict::No {
                by_hand.most = by_hand.most.saturating_add(row.rows);
            }
            if after == Verdict::Yes {
                by_hand.least = by_hand.least.max(row.rows);
            }
            if before != Verdict::No {
                by_hand.before = by_hand.before.saturating_add(row.rows);
            }
            let stays = before == after && (before != Verdict::Either || !self.ground.moves);
            if before != Verdict::No && !stays {
                by_hand.ended = by_hand.ended.saturating_add(row.rows);
            }
        }
        by_hand
    }

    /// How many records that can be shared somebody owns.
    pub(super) fn owned(&self, person: &Person) -> u64 {
        let own = self.ground.of_person.get(person.id.as_str());
        let own = own.into_iter().flatten();
        let own = own.filter_map(|place| self.ground.parts.get(*place));
        let own = own.filter(|part| part.portion.owner.as_ref() == Some(&person.id));
        own.map(|part| part.portion.records).sum()
    }

    /// Whether somebody comes from outside.
    pub(super) fn is_from_outside(&self, person: &Person) -> bool {
        self.ground.before.is_from_outside(person)
    }

    /// Everybody, as they stand after the plan.
    pub(super) fn people(&self) -> &'s People<'a> {
        &self.ground.after
    }
}

/// Records that share rows open which no rule made: the same record may have several.
#[derive(Default)]
struct ByHand {
    /// Of one holder and cause: never fewer.
    least: u64,
    most: u64,
    before: u64,
    /// Those that no longer reach.
    ended: u64,
}

impl ByHand {
    /// How many of the owner's records they open is known only of one holder; the others may be the same, or such as are
    /// seen anyhow.
    fn added_to(&self, sight: SightSpan, everything: bool) -> SightSpan {
        let mut sight = sight;
        if self.most == 0 && self.before == 0 {
            return sight;
        }
        let all = sight.all;
        sight.lost.low = sight.lost.low.saturating_sub(self.most);
        if !everything {
            sight.before.high = sight.before.high.saturating_add(self.before).min(all);
            sight.lost.high = sight.lost.high.saturating_add(self.ended);
        }
        sight.lost.high = sight
            .lost
            .high
            .min(all.saturating_sub(self.least))
            .min(sight.before.high);
        sight.lost.low = sight.lost.low.min(sight.lost.high);
        sight.after.high = sight.after.high.saturating_add(self.most).min(all);
        sight.after.low = sight.after.low.max(self.least.min(all));
        sight
    }
}

/// What permissions make of what sharing gives.
pub(super) fn with_permissions(
    reading: Reading,
    shared: SightSpan,
    everything: SightSpan,
    unshareable: Span,
) -> SightSpan {
    let mut sight = match reading.all_before {
        Verdict::Yes => everything,
        Verdict::No => shared,
        Verdict::Either => SightSpan {
            before: Span {
                low: shared.before.low,
                high: everything.before.high,
            },
            lost: Span {
                low: shared.lost.low.min(everything.lost.low),
                high: everything.lost.high.max(shared.lost.high),
            },
            ..shared
        },
    };
    // Who sees all sees as well what cannot be shared.
    if reading.all_before != Verdict::No {
        sight.before.high = sight.before.high.saturating_add(unshareable.high);
        sight.lost.high = sight.lost.high.saturating_add(unshareable.high);
        if reading.all_before == Verdict::Yes {
            sight.before.low = sight.before.low.saturating_add(unshareable.low);
            sight.lost.low = sight.lost.low.saturating_add(unshareable.low);
        }
    }
    match reading.all_after {
        Verdict::Yes => {
            sight.lost = Span::default();
            sight.after = sight.before;
        }
        Verdict::Either => {
            sight.lost.low = 0;
            sight.after.high = sight.before.high;
        }
        Verdict::No => {}
    }
    let reads_after = either_way(reading.reads_after, reading.all_after);
    match reads_after {
        Verdict::Yes => {}
        Verdict::No => {
            sight.after = Span::default();
            sight.lost = sight.before;
        }
        Verdict::Either => {
            sight.after.low = 0;
            sight.lost.high = sight.before.high;
        }
    }
    if either_way(reading.reads_before, reading.all_before) == Verdict::Either {
        sight.before.low = 0;
        sight.lost.low = 0;
    }
    sight
}
