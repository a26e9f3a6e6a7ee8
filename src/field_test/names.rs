//! Pseudonyms: the same for the same name wherever it stands, and nothing of it in them.
//!
//! **Promise:** what is not in the vocabulary is replaced. Joined names (`Lead.Rating__c`, `a@b.example`) are replaced part
//! by part, so that what belongs together still does; two spellings of a name are two spellings of its pseudonym.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use percent_encoding::percent_decode_str;

use crate::org::full_id;
use crate::soql;

use super::vocabulary;

/// What joins names.
const BETWEEN: [char; 11] = ['.', ',', ';', ':', '/', '@', '|', '-', '\\', '<', '>'];
/// What stands behind the API names of an administrator's own things.
const SUFFIXES: [&str; 12] = [
    "c", "r", "e", "x", "b", "mdt", "kav", "pc", "Share", "History", "Feed", "Tag",
];
/// How this program begins names that it makes of others.
const MADE_OF: [&str; 4] = [
    "Keep_View_All_",
    "Keep_Modify_All_",
    "Keep View All ",
    "Keep Modify All ",
];
/// The vendor whose name in a name says which findings concern a manifest.
const VENDOR: &str = "hubspot";
/// Letters of pseudonyms behind the first: no vowels, so no words.
const LETTERS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";

/// Pseudonyms and what stands for them, in one direction.
#[derive(Debug)]
pub struct Pseudonyms {
    /// Words that were kept, and how often.
    kept: BTreeMap<&'static str, usize>,
    /// The number of a name in lower case, and its spellings but the one in lower case.
    words: HashMap<String, (usize, Vec<String>)>,
    ids: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
    days: BTreeSet<String>,
    /// What stands for what: by the pseudonym.
    originals: BTreeMap<String, String>,
    /// How far days are moved.
    days_moved: i32,
}

impl Pseudonyms {
    /// No names yet. All days are to be moved by so many.
    pub fn new(days_moved: i32) -> Self {
        Self {
            kept: BTreeMap::new(),
            words: HashMap::new(),
            ids: HashMap::new(),
            numbers: HashMap::new(),
            days: BTreeSet::new(),
            originals: BTreeMap::new(),
            days_moved,
        }
    }

    /// Words that were kept, and how often.
    pub fn kept(&self) -> &BTreeMap<&'static str, usize> {
        &self.kept
    }

    /// What stands for what, by the pseudonym: no part of a record.
    pub fn originals(&self) -> &BTreeMap<String, String> {
        &self.originals
    }

    /// How many names, ids, numbers and days were replaced.
    pub fn replaced(&self) -> [(&'static str, usize); 4] {
        [
            ("names and texts", self.words.len()),
            ("record ids", self.ids.len()),
            ("numbers", self.numbers.len()),
            ("days", self.days.len()),
        ]
    }

    /// What stands for a name, or for names that are joined.
    pub fn value(&mut self, text: &str) -> String {
        if text.trim().is_empty() || self.keeps(text) {
            return text.to_owned();
        }
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if decoded != text {
            return self.value(&decoded);
        }
        if let Some(day) = self.day(text) {
            return day;
        }
        if is_number(text) {
            return self.number(text);
        }
        if let Some(id) = self.id(text) {
            return id;
        }
        self.joined(text, &BETWEEN, Self::part)
    }

    /// What stands for a text that nothing is looked for in: one word for all of it.
    pub fn hidden(&mut self, text: &str) -> String {
        match text.trim().is_empty() {
            true => text.to_owned(),
            false => self.pseudonym(text),
        }
    }

    /// What stands for each part of a text, with what stands between kept.
    pub fn joined(
        &mut self,
        text: &str,
        between: &[char],
        of_part: fn(&mut Self, &str) -> String,
    ) -> String {
        let mut joined = String::new();
        for piece in text.split_inclusive(between) {
            let part = piece.trim_end_matches(between);
            let name = part.trim();
            let start = part.len() - part.trim_start().len();
            joined += &part[..start];
            if !name.is_empty() {
                joined += &of_part(self, name);
            }
            joined += &piece[start + name.len()..];
        }
        joined
    }

    /// What stands for a number: another one.
    pub fn number(&mut self, text: &str) -> String {
        let next = self.numbers.len();
        let number = *self.numbers.entry(text.to_owned()).or_insert(next);
        let pseudonym = (1_001 + number).to_string();
        self.tell(&pseudonym, text);
        pseudonym
    }

    /// One name without what joins names, perhaps with a namespace before and a suffix behind.
    fn part(&mut self, part: &str) -> String {
        if self.keeps(part) {
            return part.to_owned();
        }
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.number(part);
        }
        if let Some(id) = self.id(part) {
            return id;
        }
        if let Some(prefix) = MADE_OF.iter().find(|prefix| part.starts_with(**prefix)) {
            let rest = self.value(&part[prefix.len()..]);
            return format!("{prefix}{rest}");
        }
        let pieces: Vec<&str> = part.split("__").collect();
        let last = pieces.len() - 1;
        let each = pieces.iter().enumerate().map(|(place, piece)| {
            let is_suffix = place > 0 && place == last && SUFFIXES.contains(piece);
            match is_suffix {
                true => (*piece).to_owned(),
                false => self.name(piece),
            }
        });
        each.collect::<Vec<_>>().join("__")
    }

    fn name(&mut self, name: &str) -> String {
        if name.is_empty() || self.keeps(name) {
            return name.to_owned();
        }
        if let Some(permission) = name.strip_prefix("Permissions").filter(|it| !it.is_empty()) {
            return format!("Permissions{}", self.name(permission));
        }
        let pseudonym = self.pseudonym(name);
        match name.to_lowercase().contains(VENDOR) {
            true if name.contains(char::is_uppercase) => format!("HubSpot{pseudonym}"),
            true => format!("{VENDOR}{pseudonym}"),
            false => pseudonym,
        }
    }

    /// Whether it is a word that is kept.
    fn keeps(&mut self, text: &str) -> bool {
        let Some(word) = vocabulary::word(text) else {
            return false;
        };
        *self.kept.entry(word).or_default() += 1;
        true
    }

    /// A word of its own for a text. Blanks and underscores are alike, as between names and the labels made of them.
    fn pseudonym(&mut self, text: &str) -> String {
        let spelling = text.split([' ', '_']).collect::<Vec<_>>().join(" ");
        let lower = spelling.to_lowercase();
        let next = self.words.len();
        let (number, spellings) = self
            .words
            .entry(lower.clone())
            .or_insert((next, Vec::new()));
        let number = *number;
        let pseudonym = if spelling == lower {
            in_spelling(number, None)
        } else {
            let known = spellings.iter().position(|known| *known == spelling);
            let place = known.unwrap_or_else(|| {
                spellings.push(spelling);
                spellings.len() - 1
            });
            in_spelling(number, Some(place))
        };
        self.tell(&pseudonym, text);
        pseudonym
    }

    /// What stands for a record id: the three characters that say of which object it is, and a number.
    fn id(&mut self, text: &str) -> Option<String> {
        if !is_record_id(text) {
            return None;
        }
        let short = text.get(..15)?.to_owned();
        let next = self.ids.len() + 1;
        let number = *self.ids.entry(short).or_insert(next);
        let short = format!("{}{number:012}", text.get(..3)?);
        let pseudonym = match text.len() {
            15 => short,
            _ => full_id(&short)?,
        };
        self.tell(&pseudonym, text);
        Some(pseudonym)
    }

    /// What stands for a day, or for a moment: the day moved, and midnight.
    fn day(&mut self, text: &str) -> Option<String> {
        let day: Date = text.get(..10)?.parse().ok()?;
        let time = text.get(10..)?;
        if !time.is_empty() && !time.starts_with(['T', ' ']) {
            return None;
        }
        let moved = day.checked_add(self.days_moved.days()).ok()?;
        let to_zero = |digit: char| if digit.is_ascii_digit() { '0' } else { digit };
        let time: String = time.chars().map(to_zero).collect();
        self.days.insert(text.to_owned());
        let pseudonym = format!("{moved}{time}");
        self.tell(&pseudonym, text);
        Some(pseudonym)
    }

    fn tell(&mut self, pseudonym: &str, original: &str) {
        if !self.originals.contains_key(pseudonym) {
            self.originals
                .insert(pseudonym.to_owned(), original.to_owned());
        }
    }
}

/// Whether a text is a decimal number.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut parts = digits.split('.');
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    parts.clone().count() <= 2 && parts.all(all_digits)
}

/// Whether a text is what every id of an object's records begins with: three characters, a digit among them.
pub(super) fn is_key_prefix(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 3
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_digit)
}

/// Whether a text is a record id and not just as long: those of 18 characters check themselves, those of 15 begin as ids of
/// the platform's objects do.
fn is_record_id(text: &str) -> bool {
    if !soql::is_id(text) {
        return false;
    }
    match text.len() {
        18 => full_id(text).as_deref() == Some(text),
        _ => text.starts_with('0') && text.contains("000"),
    }
}

/// The word of a number: in lower case, or in one of the spellings that begin with a capital.
fn in_spelling(number: usize, spelling: Option<usize>) -> String {
    let mut letters = Vec::new();
    let mut rest = number;
    while rest > 0 || letters.len() < 4 {
        letters.push(char::from(LETTERS[rest % LETTERS.len()]));
        rest /= LETTERS.len();
    }
    let capital = |(place, letter): (usize, char)| match spelling {
        Some(spelling) if spelling >> place & 1 == 1 => letter.to_ascii_uppercase(),
        _ => letter,
    };
    let first = if spelling.is_some() { 'Q' } else { 'q' };
    let rest = letters.into_iter().rev().enumerate().map(capital);
    std::iter::once(first).chain(rest).collect()
}

/// Whether a word is one that stands for a name, whatever its spelling.
pub(super) fn is_pseudonym(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let bare = lower.strip_prefix(VENDOR).unwrap_or(&lower);
    let bare = bare.strip_prefix("permissions").unwrap_or(bare);
    let letters = bare.strip_prefix('q').unwrap_or_default();
    letters.len() >= 4 && letters.bytes().all(|byte| LETTERS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_has_the_same_pseudonym_in_every_place() {
        let mut names = Pseudonyms::new(-1_000);
        let label = names.value("Field Sales");
        assert_eq!(names.value("Field_Sales"), label);
        assert_eq!(names.value("Field%20Sales"), label);
        assert_eq!(names.value("field sales"), label.to_lowercase());
        assert_ne!(names.value("FIELD SALES"), label);
        assert_eq!(
            names.value("FIELD SALES").to_lowercase(),
            label.to_lowercase()
        );
        let field = names.value("Rating_of_ours__c");
        assert!(
            field.ends_with("__c") && !field.contains("Rating"),
            "{field}"
        );
        assert_eq!(
            names.value("Lead.Rating_of_ours__c"),
            format!("Lead.{field}")
        );
        assert_eq!(
            names.value("PermissionsViewAllData"),
            "PermissionsViewAllData"
        );
        let mail = names.value("ada@acme.example");
        assert!(
            names
                .value("ada@acme.example.uat")
                .starts_with(&format!("{mail}."))
        );
        assert!(names.value("HubSpot Integration").starts_with("HubSpotQ"));
        assert_eq!(names.value("System Administrator"), "System Administrator");
        assert_eq!(names.value("Keep_View_All_Lead"), "Keep_View_All_Lead");
    }

    #[test]
    fn ids_days_and_numbers_stay_what_they_are() {
        let mut names = Pseudonyms::new(-1_000);
        let long = names.value("00D000000000062EAA");
        assert!(long.starts_with("00D") && long.len() == 18 && long != "00D000000000062EAA");
        assert_eq!(names.value("00D000000000062"), long[..15]);
        assert_eq!(names.value("2024-02-29"), "2021-06-04");
        assert_eq!(
            names.value("2024-02-29T12:34:56.789+0000"),
            "2021-06-04T00:00:00.000+0000"
        );
        let number = names.value("-12.50");
        assert!(is_number(&number));
        assert_eq!(names.value("-12.50"), number);
        // Long words are no ids: nothing of them is kept.
        let word = names.value("Confidentially1");
        assert!(is_pseudonym(&word), "{word}");
    }

    #[test]
    fn no_pseudonym_is_a_word_of_the_vocabulary() {
        for number in 0..50_000 {
            let word = in_spelling(number, Some(0));
            assert!(
                is_pseudonym(&word) && vocabulary::word(&word).is_none(),
                "{word}"
            );
        }
    }
}
