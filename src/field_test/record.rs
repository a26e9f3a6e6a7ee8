//! The record of an org as files: what was asked and answered with its content replaced, the manifests in the same names,
//! and a page to read before anything is sent.
//!
//! **Promise:** there is no record unless every word of it is one that is kept or one that stands for another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::manifest::Manifest;
use crate::org::{Identity, Recording, Transcript};

use super::names::{Pseudonyms, is_key_prefix, is_pseudonym};
use super::{content, page, vocabulary};

/// The file of what was asked and answered.
pub const RECORD: &str = "record.json";
/// The page to read before sending.
pub const PAGE: &str = "READ-BEFORE-SENDING.md";
/// The file that says which folder somebody has approved.
pub const APPROVAL: &str = "approved.txt";
/// Version of the form of a record.
const FORMAT_VERSION: &str = "1.0";

/// A record, ready to be written.
#[derive(Clone, Debug)]
pub struct FieldRecord {
    /// Its files by name.
    pub files: BTreeMap<String, String>,
    /// What stands for what, by the pseudonym: it stays with whoever recorded.
    pub names: BTreeMap<String, String>,
}

/// What `record.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct RecordFile {
    format_version: String,
    api_version: String,
    org_id: String,
    username: Option<String>,
    transcripts: Vec<Transcript>,
}

/// Makes the record of what was asked and answered. Days are moved by so many.
///
/// # Errors
/// Words that are neither kept nor stand for others, of which there are to be none: then there is no record.
pub fn record(
    transcripts: &[Transcript],
    manifests: &[Manifest],
    identity: &Identity,
    days_moved: i32,
) -> Result<FieldRecord, BTreeSet<String>> {
    let mut names = Pseudonyms::new(days_moved);
    let mut file = RecordFile {
        format_version: FORMAT_VERSION.to_owned(),
        api_version: identity.api_version.clone(),
        org_id: names.value(&identity.org_id),
        username: identity.username.as_deref().map(|name| names.value(name)),
        transcripts: transcripts
            .iter()
            .map(|transcript| content::transcript(transcript, &mut names))
            .collect(),
    };
    // In the order of their pseudonyms: that of the names would tell of the names.
    file.transcripts.sort_by_cached_key(|one| one.asked.key());
    let mut files = BTreeMap::new();
    for (number, manifest) in manifests.iter().enumerate() {
        let name = match manifests.len() {
            1 => "orgwright.yaml".to_owned(),
            _ => format!("manifest-{}.yaml", number + 1),
        };
        files.insert(name, content::manifest(&manifest.content, &mut names));
    }
    let value = serde_json::to_value(&file).unwrap_or_default();
    let mut texts = texts_of(&value);
    // The version of the API that was spoken is the platform's, not the org's.
    texts.retain(|text| **text != file.api_version);
    let manifests_texts = files.values().map(String::as_str);
    let foreign = foreign_words(
        texts.into_iter().map(String::as_str).chain(manifests_texts),
        &names,
    );
    if !foreign.is_empty() {
        return Err(foreign);
    }
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    files.insert(RECORD.to_owned(), text + "\n");
    let page = page::page(&files, &value, &names);
    files.insert(PAGE.to_owned(), page);
    Ok(FieldRecord {
        files,
        names: names.originals().clone(),
    })
}

/// The org that a record plays.
///
/// # Errors
/// Why it is none.
pub fn recording(text: &str) -> Result<Recording, String> {
    let file: RecordFile =
        serde_json::from_str(text).map_err(|error| format!("it is no record: {error}"))?;
    if file.format_version != FORMAT_VERSION {
        return Err(format!(
            "it is of version {}, and this program reads {FORMAT_VERSION}",
            file.format_version.escape_debug()
        ));
    }
    let mut recording = Recording::new(&file.api_version, &file.org_id, file.transcripts);
    recording.username = file.username;
    Ok(recording)
}

/// The digest of a folder's files, its approval apart: what somebody approves.
pub fn digest(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in files.iter().filter(|(name, _)| *name != APPROVAL) {
        hash.update(format!("{name}\0{}\0", text.len()));
        hash.update(text);
    }
    let mut digest = String::new();
    for byte in hash.finalize() {
        // Writing into a string does not fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// Every key and every text of a value.
fn texts_of(value: &Value) -> Vec<&String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(entries) => {
            let below = entries
                .iter()
                .flat_map(|(key, value)| std::iter::once(key).chain(texts_of(value)));
            below.collect()
        }
        _ => Vec::new(),
    }
}

/// Words that are neither kept nor stand for others. The words that are kept are looked at afresh: whatever replaced the
/// content is not believed.
fn foreign_words<'a>(texts: impl Iterator<Item = &'a str>, names: &Pseudonyms) -> BTreeSet<String> {
    let of_ours = "asked ask status answer soql path kind name members query tooling resource component list retrieve \
                   format_version api_version org_id username transcripts files messages xml version encoding UTF xsi nil \
                   Keep View Modify All HubSpot hubspot null c r e x b mdt kav pc Share History Feed Tag";
    let is_between = |character: char| !character.is_alphanumeric();
    let kept = vocabulary::words().chain([of_ours]);
    let kept: BTreeSet<&str> = kept.flat_map(|word| word.split(is_between)).collect();
    let is_fine = |word: &str| {
        kept.contains(word)
            || is_pseudonym(word)
            || names.originals().contains_key(word)
            || is_of_digits(word)
            || is_key_prefix(word)
            || word
                .strip_prefix("Permissions")
                .is_some_and(|it| kept.contains(it))
    };
    texts
        .flat_map(|text| text.split(is_between))
        .filter(|word| !word.is_empty() && !is_fine(word))
        .map(str::to_owned)
        .collect()
}

/// Digits alone, or with the letters of a moment between them.
fn is_of_digits(word: &str) -> bool {
    let rest = word.trim_end_matches('Z').replacen('T', "", 1);
    rest.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_nobody_replaced_is_found() {
        let names = Pseudonyms::new(-1_000);
        let texts = [
            "SELECT Id FROM Lead WHERE Name = 'Acme'",
            "2021-01-01T00:00:00Z",
            "Qbbbb",
        ];
        let foreign = foreign_words(texts.into_iter(), &names);
        assert_eq!(foreign, BTreeSet::from(["Acme".to_owned()]));
    }

    #[test]
    fn a_digest_is_of_every_file_but_the_approval() {
        let files = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
        assert_eq!(digest(&files(APPROVAL, "x")), digest(&BTreeMap::new()));
        assert_ne!(digest(&files("a", "bc")), digest(&files("ab", "c")));
        assert_eq!(digest(&files("a", "bc")).len(), 64);
    }
}
