//! Reading typed values out of nodes, reporting what does not fit and going on.
//!
//! A value that is missing or wrong is reported once, here. Readers then go on with a stand-in (empty
//! text, the default of a vocabulary), so that one run reports everything; a manifest with an error is
//! never handed out, so no stand-in leaves this module's callers.

use std::sync::Arc;

use super::findings::Findings;
use super::node::{Content, Entry, Node};
use super::scalar::{Plain, plain};
use super::spanned::Sp;
use super::words::Word;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

/// One map of the manifest, being read key by key.
pub(super) struct Section<'a> {
    entries: &'a [Entry],
    /// Where the map is: its key, or its first key when it is an item of a list.
    pub(super) place: Place,
    /// Where everything found is left.
    pub(super) findings: &'a Findings,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// Opens `node` as a map; `place` stands for it in messages.
    pub(super) fn open(node: &'a Node, place: &Place, findings: &'a Findings) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            wrong_type(node, "a map of keys and values", findings);
            return None;
        };
        Some(Self {
            entries,
            place: place.clone(),
            findings,
            asked: Vec::new(),
        })
    }

    /// The entry of `key`, when it is there and not empty. From here on the key counts as known.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| &*entry.key == key)?;
        (!matches!(entry.value.content, Content::Null)).then_some(entry)
    }

    /// The keys and values of the map, for maps whose keys are the author's own.
    pub(super) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// The map under `key`.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let entry = self.entry(key)?;
        Section::open(&entry.value, &entry.key_place, self.findings)
    }

    /// The text under `key`.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Sp<String>> {
        let entry = self.entry(key)?;
        text(&entry.value, self.findings)
    }

    /// The text under `key`; empty where it is missing, which is reported.
    pub(super) fn required_text(&mut self, key: &'static str) -> Sp<String> {
        match self.entry(key) {
            None => self.missing(key),
            Some(entry) => text(&entry.value, self.findings)
                .unwrap_or_else(|| Sp::new(String::new(), entry.value.place.clone())),
        }
    }

    /// The flag under `key`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<Sp<bool>> {
        let entry = self.entry(key)?;
        flag(&entry.value, self.findings)
    }

    /// Whether the flag under `key` is there and true.
    pub(super) fn is_set(&mut self, key: &'static str) -> bool {
        self.flag(key).is_some_and(|flag| flag.value)
    }

    /// The count under `key`.
    pub(super) fn count(&mut self, key: &'static str) -> Option<Sp<u64>> {
        let entry = self.entry(key)?;
        count(&entry.value, self.findings)
    }

    /// The word under `key`.
    pub(super) fn word<T: Word>(&mut self, key: &'static str) -> Option<Sp<T>> {
        let entry = self.entry(key)?;
        word(&entry.value, self.findings)
    }

    /// The word under `key`; `stand_in` where it is missing, which is reported.
    pub(super) fn required_word<T: Word>(&mut self, key: &'static str, stand_in: T) -> Sp<T> {
        let Some(entry) = self.entry(key) else {
            return self.missing(key).map(|_| stand_in);
        };
        word(&entry.value, self.findings)
            .unwrap_or_else(|| Sp::new(stand_in, entry.value.place.clone()))
    }

    /// Like `required_word`, but an entry that is to be `absent` may do without.
    pub(super) fn word_unless<T: Word>(
        &mut self,
        absent: bool,
        key: &'static str,
        stand_in: T,
    ) -> Sp<T> {
        if absent && self.entry(key).is_none() {
            return Sp::new(stand_in, self.place.clone());
        }
        self.required_word(key, stand_in)
    }

    /// The items of the list under `key`; None where there is no list.
    pub(super) fn list(&mut self, key: &'static str) -> Option<&'a [Node]> {
        let entry = self.entry(key)?;
        items(&entry.value, self.findings)
    }

    /// The list under `key`, each item read by `read`; empty where there is none.
    pub(super) fn list_of<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&'a Node, &'a Findings) -> Option<T>,
    ) -> Vec<T> {
        let findings = self.findings;
        let items = self.list(key).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| read(item, findings))
            .collect()
    }

    /// Reports a required key that is not there, and stands in with empty text.
    pub(super) fn missing(&self, key: &'static str) -> Sp<String> {
        let written = self.entries.iter().find(|entry| &*entry.key == key);
        let place = written.map_or(&self.place, |entry| &entry.key_place);
        let message = match written {
            Some(_) => format!("`{key}` has no value"),
            None => format!("`{key}` is missing here"),
        };
        let finding = Diagnostic::error(Code::MissingKey, message).at(place);
        self.findings.push(match key {
            "value" => finding.help("a blank field is asked for with `value: \"\"`"),
            _ => finding,
        });
        Sp::new(String::new(), place.clone())
    }

    /// Ends the reading: whatever was never asked for is unknown.
    pub(super) fn finish(self) {
        for entry in self.entries {
            if !self.asked.iter().any(|key| *key == &*entry.key) {
                let message = format!("the key `{}` is not known here", entry.key);
                let finding = Diagnostic::error(Code::UnknownKey, message).at(&entry.key_place);
                self.findings
                    .push(finding.help(choices(&entry.key, &self.asked)));
            }
        }
    }
}

/// Text: quoted, or a plain word that nobody could take for something else.
pub(super) fn text(node: &Node, findings: &Findings) -> Option<Sp<String>> {
    let (written, is_plain) = scalar(node, "text", findings)?;
    if is_plain && plain(written) != Plain::Text {
        let message = format!("`{written}` without quotes is not text");
        let help = format!("write \"{written}\" in quotes");
        findings.push(
            Diagnostic::error(Code::AmbiguousScalar, message)
                .at(&node.place)
                .help(help),
        );
        return None;
    }
    if written.trim().is_empty() {
        findings.error(Code::TextLength, &node.place, "this text is empty");
        return None;
    }
    Some(Sp::new(String::from(&**written), node.place.clone()))
}

/// `true` or `false`, and no other spelling of it.
pub(super) fn flag(node: &Node, findings: &Findings) -> Option<Sp<bool>> {
    let (written, is_plain) = scalar(node, "`true` or `false`", findings)?;
    let meaning = plain(written);
    if let (true, Plain::Bool(value)) = (is_plain, meaning) {
        return Some(Sp::new(value, node.place.clone()));
    }
    let message = match meaning {
        Plain::Bool(_) => "this is text, where `true` or `false` is wanted".to_owned(),
        _ => format!("`{written}` is neither `true` nor `false`"),
    };
    let finding = Diagnostic::error(Code::WrongType, message);
    let help = match meaning {
        Plain::MaybeBool(value) => format!("write `{value}`"),
        Plain::Bool(value) => format!("take the quotes away: `{value}`"),
        _ => "write `true` or `false`".to_owned(),
    };
    findings.push(finding.at(&node.place).help(help));
    None
}

/// A whole number that is not negative.
pub(super) fn count(node: &Node, findings: &Findings) -> Option<Sp<u64>> {
    let (written, is_plain) = scalar(node, "a whole number", findings)?;
    let is_number = is_plain && plain(written) == Plain::Number;
    if let (true, Ok(value)) = (is_number, written.parse()) {
        return Some(Sp::new(value, node.place.clone()));
    }
    let finding = Diagnostic::error(
        Code::WrongType,
        format!("`{written}` is not a whole number"),
    );
    let help = "write digits only, without quotes, sign or leading zero";
    findings.push(finding.at(&node.place).help(help));
    None
}

/// A word of a closed vocabulary.
pub(super) fn word<T: Word>(node: &Node, findings: &Findings) -> Option<Sp<T>> {
    let (written, _) = scalar(node, "a word", findings)?;
    if let Some(value) = T::of(written) {
        return Some(Sp::new(value, node.place.clone()));
    }
    let words: Vec<&str> = T::ALL.iter().map(|item| item.word()).collect();
    findings.push(unknown_word(written, &node.place, &words));
    None
}

/// The finding for a word outside a vocabulary.
pub(super) fn unknown_word(written: &str, place: &Place, words: &[&str]) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownWord,
        format!("`{written}` is not a known word here"),
    )
    .at(place)
    .help(choices(written, words))
}

/// The items of a list.
pub(super) fn items<'a>(node: &'a Node, findings: &Findings) -> Option<&'a [Node]> {
    match &node.content {
        Content::List(items) => Some(items),
        _ => {
            wrong_type(node, "a list", findings);
            None
        }
    }
}

fn scalar<'a>(node: &'a Node, expected: &str, findings: &Findings) -> Option<(&'a Arc<str>, bool)> {
    match &node.content {
        Content::Scalar { text, plain } => Some((text, *plain)),
        _ => {
            wrong_type(node, expected, findings);
            None
        }
    }
}

/// Reports that `node` is not what was expected.
pub(super) fn wrong_type(node: &Node, expected: &str, findings: &Findings) {
    if matches!(node.content, Content::Broken) {
        return;
    }
    let message = format!("expected {expected}, found {}", node.noun());
    let finding = Diagnostic::error(Code::WrongType, message).at(&node.place);
    findings.push(match (&node.content, expected) {
        (Content::Scalar { text, .. }, "a list") => {
            finding.help(format!("a list of one is written `[{text}]`"))
        }
        _ => finding,
    });
}

/// What to write instead of `word`: the nearest choice, or all of them.
pub(super) fn choices(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The choice nearest to `word`, when one is near: first by spelling without case, `_`, `-` and blanks.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let squeezed = squeeze(word);
    let same = known.iter().find(|choice| squeeze(choice) == squeezed);
    if let Some(choice) = same {
        return Some(choice);
    }
    let near = |cutoff| {
        let found = similar::get_close_matches(word, known, 1, cutoff);
        found.first().copied()
    };
    near(0.6)
}

fn squeeze(word: &str) -> String {
    let kept = word.chars().filter(|sign| !matches!(sign, '_' | '-' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::node::parse;
    use super::super::words::Operator;
    use super::*;

    /// Reads `text` as the value of a key and returns what came of it, or the finding's help.
    fn check<T: std::fmt::Debug>(
        text: &str,
        read: impl Fn(&Node, &Findings) -> Option<Sp<T>>,
        expected: &str,
    ) {
        let findings = Findings::default();
        let node = parse(&"m.yaml".into(), text, &findings).unwrap();
        let value = read(&node, &findings);
        let found = match value {
            Some(value) => format!("{:?}", value.value),
            None => findings.into_sorted()[0].help.clone().unwrap_or_default(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_are_taken_strictly_and_hints_say_how_to_write_them() {
        check("Lead", text, "\"Lead\"");
        check("'no'", text, "\"no\"");
        check("no", text, "write \"no\" in quotes");
        check("0123", text, "write \"0123\" in quotes");
        check("true", flag, "true");
        check("yes", flag, "write `true`");
        check("\"true\"", flag, "take the quotes away: `true`");
        check("maybe", flag, "write `true` or `false`");
        check("20000", count, "20000");
        let digits = "write digits only, without quotes, sign or leading zero";
        check("-1", count, digits);
        check("007", count, digits);
        check("99999999999999999999999", count, digits);
        check("equalz", word::<Operator>, "did you mean `equals`?");
        check(
            "greater_than",
            word::<Operator>,
            "did you mean `greaterThan`?",
        );
    }

    #[test]
    fn the_nearest_choice_needs_to_be_near() {
        let known = ["cloneFrom", "objectPermissions", "name"];
        assert_eq!(nearest("clone_from", &known), Some("cloneFrom"));
        assert_eq!(
            nearest("objectPermision", &known),
            Some("objectPermissions")
        );
        assert_eq!(nearest("zebra", &known), None);
    }
}
