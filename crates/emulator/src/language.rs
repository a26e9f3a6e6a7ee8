//! What the platform says in the language of the running user: names of standard profiles, and messages.
//!
//! Promise: API names, codes and enumerations stay what they are. What nobody recorded in a language stays English, unless
//! a switch asks for translations that were made up.

use std::sync::LazyLock;

use serde_json::Value;

use crate::store::{Org, Profile, Translations};

/// A line of the file of texts.
struct Text {
    kind: &'static str,
    language: &'static str,
    recorded: bool,
    english: &'static str,
    other: &'static str,
}

static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| {
    let lines = include_str!("language/texts.txt").lines();
    let texts = lines.filter(|line| !line.starts_with('#'));
    texts.filter_map(read).collect()
});

fn read(line: &'static str) -> Option<Text> {
    let mut parts = line.split(" | ");
    let mut next = || parts.next();
    Some(Text {
        kind: next()?,
        language: next()?,
        recorded: next()? == "recorded",
        english: next()?,
        other: next()?,
    })
}

/// The language a user reads, and whether made-up translations count.
#[derive(Clone, Copy)]
pub(crate) struct Language<'o> {
    code: &'o str,
    made_up: bool,
}

/// The language of a user.
pub(crate) fn of<'o>(org: &'o Org, user: &str) -> Language<'o> {
    let locale = org
        .users
        .get(user)
        .map_or("en_US", |user| user.language.as_str());
    Language {
        code: locale.split('_').next().unwrap_or_default(),
        made_up: org.platform.translations == Some(Translations::All),
    }
}

impl Language<'_> {
    /// Whether nothing is translated.
    pub(crate) fn is_english(self) -> bool {
        !TEXTS.iter().any(|text| text.language == self.code)
    }

    fn texts(self, kind: &'static str) -> impl Iterator<Item = &'static Text> {
        let of_kind = TEXTS.iter().filter(move |text| text.kind == kind);
        let known = move |text: &&Text| text.recorded || self.made_up;
        let code = self.code.to_owned();
        of_kind.filter(move |text| text.language == code && known(text))
    }

    /// What the user reads for a profile. Profiles that the org made have the name that they were given.
    pub(crate) fn profile(self, profile: &Profile) -> &str {
        let standard = |text: &&Text| !profile.custom && text.english == profile.full_name;
        let found = self.texts("profile").find(standard);
        found.map_or(profile.label.as_str(), |text| text.other)
    }

    /// A message as the user reads it; several sentences may be joined by semicolons.
    pub(crate) fn message(self, text: &str) -> String {
        let sentences: Vec<String> = text
            .split("; ")
            .map(|sentence| self.sentence(sentence))
            .collect();
        sentences.join("; ")
    }

    fn sentence(self, sentence: &str) -> String {
        let translated = self.texts("message").find_map(|text| {
            let filled = filled_in(text.english, sentence)?;
            let places = filled.iter().enumerate();
            Some(
                places.fold(text.other.to_owned(), |other, (place, stated)| {
                    let place = place + 1;
                    other
                        .replace(&format!("{{{place}}}"), stated)
                        .replace(&format!("<{place}>"), &self.words(stated))
                }),
            )
        });
        translated.unwrap_or_else(|| sentence.to_owned())
    }

    /// What people read in a message: labels, and the verbs before the names of objects.
    fn words(self, stated: &str) -> String {
        let words = stated.split(", ").map(|word| {
            let whole = self.texts("word").find(|text| text.english == word);
            let verbs = self
                .texts("verb")
                .filter_map(|text| Some((text, word.strip_prefix(text.english)?)));
            let verb = verbs
                .filter(|(_, rest)| rest.starts_with(' '))
                .max_by_key(|(text, _)| text.english.len());
            match (whole, verb) {
                (Some(text), _) => text.other.to_owned(),
                (None, Some((text, rest))) => format!("{}{rest}", text.other),
                (None, None) => word.to_owned(),
            }
        });
        words.collect::<Vec<String>>().join(", ")
    }

    /// The messages of an answer of the REST API as the user reads them: whatever stands beside a code.
    pub(crate) fn errors(self, answer: &mut Value) {
        match answer {
            Value::Array(items) => items.iter_mut().for_each(|item| self.errors(item)),
            Value::Object(fields) => {
                let is_error =
                    fields.contains_key("errorCode") || fields.contains_key("statusCode");
                if let Some(Value::String(message)) = fields.get_mut("message").filter(|_| is_error)
                {
                    *message = self.message(message);
                }
                fields.values_mut().for_each(|value| self.errors(value));
            }
            _ => {}
        }
    }
}

/// What stands in the places of a pattern (`{1}`, `{2}`…, in this order), if the text follows it.
fn filled_in<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut literals = pattern.split('{');
    let mut rest = text.strip_prefix(literals.next()?)?;
    let mut filled = Vec::new();
    for literal in literals {
        let literal = literal.split_once('}')?.1;
        let end = match literal.is_empty() {
            true => rest.len(),
            false => rest.find(literal)?,
        };
        filled.push(rest.get(..end)?);
        rest = rest.get(end + literal.len()..)?;
    }
    rest.is_empty().then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(code: &'static str, made_up: bool) -> Language<'static> {
        Language { code, made_up }
    }

    #[test]
    fn recorded_messages_are_translated_and_others_only_on_demand() {
        let check = |code, made_up, text: &str, expected: &str| {
            assert_eq!(language(code, made_up).message(text), expected);
        };
        let below =
            "field integrity exception: unknown (Case access level below organization default)";
        check(
            "ja",
            false,
            below,
            "項目の整合性例外: 不明 (ケースのアクセス権が組織のデフォルトを下回っています)",
        );
        check("de", false, below, below);
        let joined = "Permission View All Wind__c depends on permission(s): Read Wind__c, RunWild; \
                      Unknown user permission: Gale";
        check("fr", false, joined, joined);
        check(
            "de",
            true,
            joined,
            "Die Berechtigung Alle anzeigen Wind__c hängt von folgenden Berechtigungen ab: Lesen Wind__c, RunWild; \
             Unbekannte Benutzerberechtigung: Gale",
        );
        check(
            "ja",
            true,
            "In field: tab - no CustomTab named Wind Map found",
            "項目: tab - Wind Map という名前の CustomTab が見つかりません",
        );
        check(
            "de",
            true,
            "Private is not a valid sharing model for Case when Account sharing model is Private",
            "Private ist kein gültiges Freigabemodell für Case, wenn das Freigabemodell von Account Private ist",
        );
        check(
            "ja",
            true,
            "Sharing rules are not supported for Case since it's org wide default is Private",
            "組織の共有設定が 非公開 であるため、Case の共有ルールはサポートされていません",
        );
        check("en", true, joined, joined);
    }

    #[test]
    fn every_line_of_the_file_is_read_and_fills_the_same_places() {
        let lines = include_str!("language/texts.txt").lines();
        let stated = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(TEXTS.len(), stated.count());
        for text in TEXTS.iter() {
            for place in 1..=4 {
                let [kept, read] = [format!("{{{place}}}"), format!("<{place}>")];
                let filled = text.other.matches(&kept).count() + text.other.matches(&read).count();
                assert_eq!(
                    text.english.matches(&kept).count(),
                    filled,
                    "{}",
                    text.other
                );
            }
        }
    }

    #[test]
    fn codes_are_never_translated() {
        let mut answer = serde_json::json!([
            {"errorCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Company]", "fields": ["Company"]},
            {"message": "Required fields are missing: [Company]"},
        ]);
        let expected = serde_json::json!([
            {"errorCode": "REQUIRED_FIELD_MISSING", "message": "Faltan campos obligatorios: [Company]", "fields": ["Company"]},
            {"message": "Required fields are missing: [Company]"},
        ]);
        language("es", false).errors(&mut answer);
        assert_eq!(answer, expected);
    }
}
