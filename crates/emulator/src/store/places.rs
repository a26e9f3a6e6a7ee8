//! Which records of one part of a table are meant.

/// Records in a part at most.
pub(super) const MOST: usize = 1024;

const WORD: usize = 64;

/// Some records of a part, by their places: one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places([u64; MOST / WORD]);

impl Places {
    /// None of them.
    pub const NONE: Places = Places([0; MOST / WORD]);

    /// The first so many.
    pub fn first(count: usize) -> Places {
        Places::of(count, |_| true)
    }

    /// Those of the first `count` for which this holds.
    pub fn of(count: usize, mut holds: impl FnMut(usize) -> bool) -> Places {
        let mut places = Places::NONE;
        for (word, start) in places.0.iter_mut().zip((0..count).step_by(WORD)) {
            for bit in 0..WORD.min(count - start) {
                *word |= u64::from(holds(start + bit)) << bit;
            }
        }
        places
    }

    /// Those of these for which this holds.
    pub fn keep(&self, mut holds: impl FnMut(usize) -> bool) -> Places {
        let mut kept = Places::NONE;
        for place in self.iter().filter(|place| holds(*place)) {
            kept.insert(place);
        }
        kept
    }

    /// Adds one.
    pub fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / WORD) {
            *word |= 1 << (place % WORD);
        }
    }

    /// Whether this one is among them.
    pub fn contains(&self, place: usize) -> bool {
        let word = self.0.get(place / WORD).copied().unwrap_or_default();
        word >> (place % WORD) & 1 == 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Places::NONE
    }

    /// From the first to the last.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.into_iter().zip((0..).step_by(WORD));
        words.flat_map(|(word, start)| {
            let after = |rest: &u64| Some(rest & (rest - 1)).filter(|rest| *rest != 0);
            let left = std::iter::successors(Some(word).filter(|word| *word != 0), after);
            left.map(move |rest| start + rest.trailing_zeros() as usize)
        })
    }

    /// Those that are in both.
    pub fn and(&self, other: &Places) -> Places {
        self.joined(other, |own, other| own & other)
    }

    /// Those that are in one of them at least.
    pub fn or(&self, other: &Places) -> Places {
        self.joined(other, |own, other| own | other)
    }

    /// These without the others.
    pub fn without(&self, other: &Places) -> Places {
        self.joined(other, |own, other| own & !other)
    }

    fn joined(&self, other: &Places, join: impl Fn(u64, u64) -> u64) -> Places {
        let mut joined = *self;
        for (own, other) in joined.0.iter_mut().zip(other.0) {
            *own = join(*own, other);
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(places: Places) -> Vec<usize> {
        assert_eq!(places.count(), places.iter().count());
        assert_eq!(places.is_empty(), places.iter().next().is_none());
        places.iter().collect()
    }

    #[test]
    fn places_behave_as_a_set() {
        let threes = Places::of(200, |place| place % 3 == 0);
        let evens = Places::first(1000).keep(|place| place % 2 == 0);
        let check = |places, holds: &dyn Fn(usize) -> bool| {
            let expected: Vec<usize> = (0..MOST).filter(|place| holds(*place)).collect();
            assert_eq!(listed(places), expected);
        };
        let is_three = |place: usize| place < 200 && place.is_multiple_of(3);
        let is_even = |place: usize| place < 1000 && place.is_multiple_of(2);
        check(threes, &is_three);
        check(evens, &is_even);
        check(threes.and(&evens), &|place| {
            is_three(place) && is_even(place)
        });
        check(threes.or(&evens), &|place| {
            is_three(place) || is_even(place)
        });
        check(threes.without(&evens), &|place| {
            is_three(place) && !is_even(place)
        });
        check(Places::first(MOST), &|_| true);
        check(Places::NONE, &|_| false);
        assert!(threes.contains(63) && !threes.contains(64) && !threes.contains(MOST));
    }
}
