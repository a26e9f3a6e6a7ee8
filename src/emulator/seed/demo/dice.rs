//! Chance that falls the same way every time, and the words to choose from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = "";
    for line in include_str!("../../../../templates/demo-org/words.txt").lines() {
        match line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            Some(name) => section = name,
            None if line.is_empty() || line.starts_with('#') => {}
            None => words.entry(section).or_default().push(line),
        }
    }
    words
});

/// The words of a section of the demo org's word list.
pub(super) fn words(section: &str) -> &'static [&'static str] {
    WORDS.get(section).map(Vec::as_slice).unwrap_or_default()
}

/// A source of numbers (SplitMix64), the same for the same record.
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one record: `table` tells objects apart.
    pub(super) fn of(table: u64, number: u64) -> Dice {
        Dice((table << 40) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `count` - 1.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.next() % count.max(1)
    }

    /// Whether something happens that happens in one of `count` cases.
    pub(super) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// One of these; empty text where there are none.
    pub(super) fn pick<'word>(&mut self, words: &[&'word str]) -> &'word str {
        let place = self.below(words.len() as u64);
        usize::try_from(place)
            .ok()
            .and_then(|place| words.get(place))
            .copied()
            .unwrap_or_default()
    }
}
