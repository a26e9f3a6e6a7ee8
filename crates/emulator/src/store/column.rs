//! One field of the records of a part: which of them have a value in common, and where a value is to be found.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use serde_json::Value;

use super::Places;

/// A text without its case, as texts are compared.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
    {
        return Cow::Owned(text.to_lowercase());
    }
    Cow::Borrowed(text)
}

/// A text without its case, as patterns are matched: each character on its own.
pub fn fold_characters(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return fold(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

/// What stands for a text in look-ups: equal texts, in any case, have the same; others may.
pub fn text_key(text: &str) -> u32 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let hash = if text.is_ascii() {
        let bytes = text.bytes().map(|byte| byte.to_ascii_lowercase());
        bytes.fold(OFFSET, step)
    } else {
        fold(text).bytes().fold(OFFSET, step)
    };
    (hash ^ (hash >> 32)) as u32
}

/// An id as a number; `None` for what is no id in its long form. The last three characters are but a checksum.
pub fn id_key(id: &str) -> Option<u128> {
    let bytes: &[u8; 18] = id.as_bytes().try_into().ok()?;
    let significant = bytes.iter().take(15);
    Some(significant.fold(0, |key, byte| key << 8 | u128::from(*byte)))
}

/// Ids to look up.
pub type IdKeys = HashSet<u128, BuildHasherDefault<IdHasher>>;

/// Mixes the digits of an id, which differ most at the end.
#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn write_u128(&mut self, key: u128) {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.0 ^ key as u64).wrapping_mul(MIX) ^ (key >> 64) as u64;
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }
}

/// One field of the records of a part. Each value that occurs has a number.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// For each record the number of its value.
    numbers: Vec<u16>,
    /// For each number the place of a record that has this value.
    examples: Vec<u16>,
    /// Keys of texts with the number of the value, in the order of keys.
    by_text: OnceLock<ByText>,
    folded: OnceLock<Folded>,
    ids: OnceLock<Vec<Packed>>,
}

#[derive(Debug)]
struct ByText {
    texts: Vec<(u32, u16)>,
    /// Numbers of values that are no texts.
    others: Vec<u16>,
}

/// What a reference holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Null.
    Nothing,
    /// This id.
    Id(u128),
    /// Something else, or what is not known from the record alone.
    Other,
}

/// The same in half the memory, of which a million records need a lot.
#[derive(Clone, Copy, Debug)]
struct Packed(u128);

/// The texts of a column without their case, one after the other.
#[derive(Debug, Default)]
struct Folded {
    text: String,
    /// For each number where its text ends.
    ends: Vec<u32>,
    /// Which numbers have a text at all.
    texts: Vec<bool>,
}

impl Column {
    /// The column of these values; `None` where a record holds none.
    pub(super) fn of<'r>(values: impl Iterator<Item = Option<Cow<'r, Value>>>) -> Column {
        let mut column = Column::default();
        let mut known: HashMap<Option<Cow<'r, Value>>, u16> = HashMap::new();
        for (place, value) in (0..).zip(values) {
            let examples = &mut column.examples;
            let number = *known.entry(value).or_insert_with(|| {
                examples.push(place);
                u16::try_from(examples.len() - 1).unwrap_or(u16::MAX)
            });
            column.numbers.push(number);
        }
        column
    }

    /// How many values there are.
    fn count(&self) -> usize {
        self.examples.len()
    }

    /// The place of a record that has the value of this number.
    pub(super) fn example(&self, number: u16) -> usize {
        let place = self.examples.get(usize::from(number)).copied();
        usize::from(place.unwrap_or_default())
    }

    fn examples(&self) -> impl Iterator<Item = (u16, usize)> {
        let places = self.examples.iter().map(|place| usize::from(*place));
        (0..).zip(places)
    }

    fn number(&self, place: usize) -> usize {
        usize::from(self.numbers.get(place).copied().unwrap_or_default())
    }

    /// For each value of these records the place of the first that has it, and how many have it.
    pub(super) fn tallied(&self, among: &Places) -> Vec<(usize, usize)> {
        let mut counts = vec![0; self.count()];
        let mut firsts: Vec<(usize, usize)> = Vec::new();
        for place in among.iter() {
            let number = self.number(place);
            if let Some(count) = counts.get_mut(number) {
                if *count == 0 {
                    firsts.push((place, number));
                }
                *count += 1;
            }
        }
        let counted = firsts.into_iter();
        counted
            .map(|(place, number)| (place, counts[number]))
            .collect()
    }

    /// Which of these records have a value that passes. It is asked about no value twice.
    pub(super) fn passing(&self, among: &Places, mut verdict: impl FnMut(u16) -> bool) -> Places {
        if self.count() * 2 < among.count() {
            let verdicts: Vec<bool> = (0..).take(self.count()).map(verdict).collect();
            return self.spread(&verdicts).and(among);
        }
        let (mut known, mut good) = (Places::NONE, Places::NONE);
        among.keep(|place| {
            let number = self.number(place);
            if !known.contains(number) {
                known.insert(number);
                if verdict(u16::try_from(number).unwrap_or(u16::MAX)) {
                    good.insert(number);
                }
            }
            good.contains(number)
        })
    }

    /// The records whose values have passed.
    fn spread(&self, verdicts: &[bool]) -> Places {
        Places::of(self.numbers.len(), |place| {
            verdicts
                .get(self.number(place))
                .copied()
                .unwrap_or_default()
        })
    }

    /// The records that have one of these values.
    fn having(&self, numbers: &[u16]) -> Places {
        let mut verdicts = vec![false; self.count()];
        for number in numbers {
            if let Some(verdict) = verdicts.get_mut(usize::from(*number)) {
                *verdict = true;
            }
        }
        self.spread(&verdicts)
    }

    /// The records whose value is a text of one of these keys, or no text, and passes.
    pub(super) fn looked_up<'r>(
        &self,
        keys: &[u32],
        value: impl Fn(usize) -> Option<Cow<'r, Value>>,
        verdict: impl Fn(u16) -> bool,
    ) -> Places {
        let index = self.by_text.get_or_init(|| ByText::of(self, value));
        let texts = keys.iter().flat_map(|key| index.with(*key));
        let passing: Vec<u16> = texts
            .chain(index.others.iter().copied())
            .filter(|number| verdict(*number))
            .collect();
        if passing.is_empty() {
            return Places::NONE;
        }
        self.having(&passing)
    }

    /// Which of these records have a text that passes without its case, or no text, and pass.
    pub(super) fn matching<'r>(
        &self,
        among: &Places,
        value: impl Fn(usize) -> Option<Cow<'r, Value>>,
        matches: impl Fn(&str) -> bool,
        verdict: impl Fn(u16) -> bool,
    ) -> Places {
        let folded = self.folded.get_or_init(|| Folded::of(self, value));
        self.passing(among, |number| match folded.text(number) {
            Some(text) => matches(text),
            None => verdict(number),
        })
    }

    /// Which of these records refer to something that passes.
    pub(super) fn referring<'r>(
        &self,
        among: &Places,
        value: impl Fn(usize) -> Option<Cow<'r, Value>>,
        verdict: impl Fn(u16, Held) -> bool,
    ) -> Places {
        let packed = |(_, place): (u16, usize)| Packed::of(value(place).as_deref());
        let ids = self
            .ids
            .get_or_init(|| self.examples().map(packed).collect());
        self.passing(among, |number| {
            let held = ids.get(usize::from(number)).copied();
            verdict(number, held.map_or(Held::Other, Packed::held))
        })
    }
}

impl ByText {
    fn of<'r>(column: &Column, value: impl Fn(usize) -> Option<Cow<'r, Value>>) -> ByText {
        let (mut texts, mut others) = (Vec::new(), Vec::new());
        for (number, place) in column.examples() {
            match value(place).as_deref().and_then(Value::as_str) {
                Some(text) => texts.push((text_key(text), number)),
                None => others.push(number),
            }
        }
        texts.sort_unstable();
        texts.shrink_to_fit();
        ByText { texts, others }
    }

    fn with(&self, key: u32) -> impl Iterator<Item = u16> {
        let start = self.texts.partition_point(|(own, _)| *own < key);
        let from = self.texts.iter().skip(start);
        let same = from.take_while(move |(own, _)| *own == key);
        same.map(|(_, number)| *number)
    }
}

impl Packed {
    const NOTHING: u128 = 0;
    const OTHER: u128 = u128::MAX;

    fn of(value: Option<&Value>) -> Packed {
        Packed(match value {
            Some(Value::Null) => Packed::NOTHING,
            Some(Value::String(text)) => id_key(text).unwrap_or(Packed::OTHER),
            _ => Packed::OTHER,
        })
    }

    fn held(self) -> Held {
        match self.0 {
            Packed::NOTHING => Held::Nothing,
            Packed::OTHER => Held::Other,
            id => Held::Id(id),
        }
    }
}

impl Folded {
    fn of<'r>(column: &Column, value: impl Fn(usize) -> Option<Cow<'r, Value>>) -> Folded {
        let mut folded = Folded::default();
        for (_, place) in column.examples() {
            let value = value(place);
            let text = value.as_deref().and_then(Value::as_str);
            folded
                .text
                .push_str(&fold_characters(text.unwrap_or_default()));
            folded.texts.push(text.is_some());
            folded
                .ends
                .push(u32::try_from(folded.text.len()).unwrap_or(u32::MAX));
        }
        folded.text.shrink_to_fit();
        folded
    }

    fn text(&self, number: u16) -> Option<&str> {
        let number = usize::from(number);
        let end = |number: usize| self.ends.get(number).map(|end| *end as usize);
        let start = number.checked_sub(1).map_or(Some(0), end)?;
        let has_text = self.texts.get(number).copied().unwrap_or_default();
        self.text.get(start..end(number)?).filter(|_| has_text)
    }
}
