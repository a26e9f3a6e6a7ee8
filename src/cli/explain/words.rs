//! What the words behind `explain` are: codes, files, or records, in whatever order they come.

use std::path::{Path, PathBuf};

use crate::cli::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::explain::RecordName;
use crate::soql;

/// The words, told apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) codes: Vec<String>,
    pub(super) files: Vec<PathBuf>,
    pub(super) records: Vec<RecordName>,
}

impl Words {
    /// Tells them apart; those behind `--record` are records.
    ///
    /// # Errors
    /// An address without a record's id, and no record behind `--record`.
    pub(super) fn of(what: &[String], records: &[String]) -> Result<Self, Failure> {
        let mut words = Self::default();
        for word in what {
            if is_file(word) {
                words.files.push(PathBuf::from(word));
            } else if let Some(record) = record(word)? {
                words.records.push(record);
            } else {
                words.codes.push(word.clone());
            }
        }
        for word in records {
            let named = record(word)?.unwrap_or_else(|| RecordName::Id(word.clone()));
            words.records.push(named);
        }
        Ok(words)
    }
}

/// A manifest, there or not: a file that is missing is told as that.
fn is_file(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    Path::new(word).is_file() || lower.ends_with(".yaml") || lower.ends_with(".yml")
}

fn record(word: &str) -> Result<Option<RecordName>, Failure> {
    if word.contains("://") {
        let id = id_in(word).ok_or_else(|| no_id(word))?;
        return Ok(Some(RecordName::Id(id.to_owned())));
    }
    if soql::is_id(word) {
        return Ok(Some(RecordName::Id(word.to_owned())));
    }
    let is_email = word.contains('@') && !word.contains('/');
    Ok(is_email.then(|| RecordName::Email(word.to_owned())))
}

/// The id in the address of a record's page, in Lightning Experience or before it.
fn id_in(address: &str) -> Option<&str> {
    let (_host, path) = address.split_once("://")?.1.split_once('/')?;
    let mut parts = path.split(|character: char| !character.is_ascii_alphanumeric());
    let is_number = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit());
    parts.find(|part| soql::is_id(part) && is_number(part))
}

fn no_id(address: &str) -> Failure {
    failure(
        Exit::Usage,
        Code::NoObjectOfTheId,
        format!("the address `{address}` holds no record's id"),
        "copy the address of the record's own page: …/lightning/r/Lead/00Q…/view",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_codes_and_files_come_in_any_order() {
        let id = "00QOw0000000001MAA";
        let page = format!("https://acme.lightning.force.com/lightning/r/Lead/{id}/view?ws=x");
        let classic = format!("https://acme.my.salesforce.com/{}", &id[..15]);
        let words = [
            "m.yaml",
            id,
            "ada@acme.example",
            &page,
            "OTHER.YML",
            &classic,
        ]
        .map(String::from);
        let words = Words::of(&words, &["bogus".to_owned()]).unwrap();
        let named = |id: &str| RecordName::Id(id.to_owned());
        let email = RecordName::Email("ada@acme.example".to_owned());
        let records = [
            named(id),
            email,
            named(id),
            named(&id[..15]),
            named("bogus"),
        ];
        assert_eq!(words.records, records);
        assert_eq!(
            words.files,
            [PathBuf::from("m.yaml"), PathBuf::from("OTHER.YML")]
        );
        assert_eq!(
            Words::of(&["OW2004".to_owned()], &[]).unwrap().codes,
            ["OW2004"]
        );
        let error = Words::of(
            &["https://acme.example/lightning/o/Lead/list".to_owned()],
            &[],
        );
        assert!(
            error.unwrap_err().diagnostics[0]
                .message
                .contains("no record's id")
        );
    }
}
