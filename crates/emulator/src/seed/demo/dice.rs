//! Chance that falls the same way every time, and the words to choose from.

use std::sync::LazyLock;

/// The words the demo org's records are made of.
pub(super) struct Words {
    pub(super) first_names: Vec<&'static str>,
    pub(super) last_names: Vec<&'static str>,
    pub(super) company_names: Vec<&'static str>,
    pub(super) company_trades: Vec<&'static str>,
    pub(super) company_forms: Vec<&'static str>,
    /// `City/State/Country`.
    pub(super) cities: Vec<&'static str>,
    pub(super) streets: Vec<&'static str>,
    pub(super) titles: Vec<&'static str>,
}

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    first_names: section("first names"),
    last_names: section("last names"),
    company_names: section("company names"),
    company_trades: section("company trades"),
    company_forms: section("company forms"),
    cities: section("cities"),
    streets: section("streets"),
    titles: section("titles"),
});

/// The lines under a heading of the word list, up to the empty line after them.
fn section(name: &str) -> Vec<&'static str> {
    let lines = include_str!("../../../seed/words.txt").lines();
    let heading = format!("[{name}]");
    lines
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect()
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

    /// One of these; `None` where there are none.
    pub(super) fn one_of<'item, T>(&mut self, items: &'item [T]) -> Option<&'item T> {
        let place = self.below(items.len() as u64);
        items.get(usize::try_from(place).ok()?)
    }

    /// One of these; empty text where there are none.
    pub(super) fn pick<'word>(&mut self, words: &[&'word str]) -> &'word str {
        self.one_of(words).copied().unwrap_or_default()
    }
}
