//! Which records a proof compares, and what a sample of them may miss.

use super::Access;

/// Records of a sample, where none was asked for.
const SAMPLE: u64 = 2_000;
/// Records of one object that are all compared; beyond it a sample is.
const ALL_UP_TO: u64 = 20_000;

/// Which records to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// How many.
    pub size: SampleSize,
    /// What chooses them by chance, where they are not all: the same seed chooses the same.
    pub seed: u64,
}

/// How many records to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SampleSize {
    /// All up to 20,000 an object, else 2,000: half of them that should be visible, half that should not.
    #[default]
    Auto,
    /// All, however many.
    All,
    /// So many an object.
    Exactly(u64),
}

impl Sample {
    /// As many as are compared where nobody says.
    pub const AUTO: Self = Self {
        size: SampleSize::Auto,
        seed: 0,
    };
    /// All of them.
    pub const ALL: Self = Self {
        size: SampleSize::All,
        seed: 0,
    };

    /// How many, where they are not all.
    pub(super) fn records(self) -> u64 {
        match self.size {
            SampleSize::Exactly(size) => size,
            SampleSize::Auto | SampleSize::All => SAMPLE,
        }
    }

    /// Whether all records of an object with so many are compared.
    pub(super) fn is_whole(self, population: u64) -> bool {
        match self.size {
            SampleSize::All => true,
            SampleSize::Auto => population <= ALL_UP_TO,
            SampleSize::Exactly(size) => size >= population,
        }
    }
}

impl Access {
    /// How rare leaks have to be that a sample without any may have missed: fewer than one in so many of the records that
    /// should be hidden, with a probability of 95 % and if they are spread evenly (the rule of three). `None` where all were
    /// compared, or leaks were found.
    pub fn may_miss_one_in(&self) -> Option<u64> {
        let hidden = self.checked.saturating_sub(self.expected);
        let found_none = self.sampled && self.leaks.is_empty();
        found_none.then_some((hidden / 3).max(1))
    }
}
