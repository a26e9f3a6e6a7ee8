//! What a manifest expects of single records: who reads or edits them. Each is a test that lives beside what it tests.

use std::fmt;

use super::expected::{ExpectedRecords, expected};
use super::findings::Findings;
use super::node::Node;
use super::reader::{Section, unknown_word};
use super::schema;
use super::sharing::UserRef;
use super::spanned::Sp;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::soql::{self, SELECTION_FORM, SelectionOfIds};
use schemars::JsonSchema;

/// Somebody's access to records, as it is meant to be: predicted by a plan, proved by `verify`.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = schema::one_of_record_and_query)]
pub struct AccessExpectation {
    /// Which records.
    #[schemars(skip)]
    pub records: Sp<RecordsMeant>,
    /// Whose access: `this` for the user of the manifest, or the username of another; absent: `this`.
    #[schemars(with = "Option<String>")]
    pub user: Sp<UserRef>,
    /// `none`, `read` or `edit`; with `>=` before it, more is as good.
    #[schemars(with = "schema::AccessWord")]
    pub access: Sp<AccessMeant>,
    /// How many records the query is meant to find, such as `250` or `200..400`; absent: at least one.
    #[schemars(with = "Option<schema::ExpectedCount>")]
    pub count: Option<Sp<ExpectedRecords>>,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

/// Records that an expectation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordsMeant {
    /// One, by its id.
    Id(String),
    /// Those that a query selects, as it is written.
    Query(SelectionOfIds),
}

/// What somebody may do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordAccess {
    /// Nothing.
    None,
    /// See it.
    Read,
    /// See and edit it.
    Edit,
}

/// The access that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessMeant {
    /// What it is.
    pub access: RecordAccess,
    /// Whether more is as good.
    pub or_more: bool,
}

/// The words for what may be meant.
const WORDS: [&str; 5] = ["none", "read", "edit", ">=read", ">=edit"];

impl AccessMeant {
    fn of(word: &str) -> Option<Self> {
        let (access, or_more) = match word.strip_prefix(">=") {
            Some(least) => (least.trim_start(), true),
            None => (word, false),
        };
        let access = match access {
            "none" if !or_more => RecordAccess::None,
            "read" => RecordAccess::Read,
            "edit" => RecordAccess::Edit,
            _ => return None,
        };
        Some(Self { access, or_more })
    }

    /// Whether an access is as meant.
    pub fn holds(self, access: RecordAccess) -> bool {
        match self.or_more {
            true => access >= self.access,
            false => access == self.access,
        }
    }
}

impl fmt::Display for RecordAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Edit => "edit",
        })
    }
}

/// As it is written: `none`, `>=read`.
impl fmt::Display for AccessMeant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.or_more { ">=" } else { "" };
        write!(formatter, "{sign}{}", self.access)
    }
}

/// As it can be asked: `SELECT Id FROM Lead WHERE …`, or the id.
impl fmt::Display for RecordsMeant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => formatter.write_str(id),
            Self::Query(query) => query.fmt(formatter),
        }
    }
}

/// Reads an entry of `expect`.
pub(super) fn expectation<'a>(node: &'a Node, findings: &'a Findings) -> Option<AccessExpectation> {
    let mut section = Section::open(node, &node.place, findings)?;
    let records = records(&mut section);
    let user = section.text("user");
    let user = match user {
        Some(name) if *name != "this" => name.map(UserRef::Named),
        Some(this) => this.map(|_| UserRef::This),
        None => Sp::new(UserRef::This, section.place.clone()),
    };
    let access = access(&mut section);
    let count = section.entry("count");
    let place = section.place.clone();
    let count = count.and_then(|entry| expected(&entry.value, findings));
    section.finish();
    let (records, access) = (records?, access?);
    if let (RecordsMeant::Id(_), Some(count)) = (&records.value, &count) {
        let message = "`count` says how many records a query finds, and a record is one";
        findings.error(Code::ExpectationUnreadable, &count.place, message);
    }
    Some(AccessExpectation {
        records,
        user,
        access,
        count,
        place,
    })
}

/// The records under `record` or `query`, of which there is one.
fn records(section: &mut Section<'_>) -> Option<Sp<RecordsMeant>> {
    let (record, query) = (section.text("record"), section.text("query"));
    let error = |place: &Place, message: String, help: &str| {
        let finding = Diagnostic::error(Code::ExpectationUnreadable, message).at(place);
        section.findings.push(finding.help(help.to_owned()));
        None
    };
    match (record, query) {
        (Some(id), None) if soql::is_id(&id) && soql::is_spelled_right(&id) => {
            Some(id.map(RecordsMeant::Id))
        }
        (Some(id), None) => error(
            &id.place,
            format!("`{}` is no record's id", id.value),
            "an id has 15 or 18 letters and digits, and of 18 the last three fit the others: copy it from the address of \
             the record's page",
        ),
        (None, Some(query)) => match SelectionOfIds::of_text(&query) {
            Ok(selection) => Some(Sp::new(RecordsMeant::Query(selection), query.place)),
            Err(reason) => error(
                &query.place,
                format!("the query cannot be asked: {reason}"),
                &format!("write `{SELECTION_FORM}`, with ORDER BY and LIMIT at most behind it"),
            ),
        },
        (Some(_), Some(query)) => error(
            &query.place,
            "`record` and `query` stand in one entry".to_owned(),
            "an entry is about one record or about those of a query: write two",
        ),
        // What stands under a key and cannot be read is reported already.
        (None, None) => {
            let written = section.entry("record").or(section.entry("query"));
            if written.is_none() {
                error(
                    &section.place,
                    "neither `record` nor `query` says which records are meant".to_owned(),
                    &format!("write `record: ID`, or `query: \"{SELECTION_FORM}\"`"),
                );
            }
            None
        }
    }
}

fn access(section: &mut Section<'_>) -> Option<Sp<AccessMeant>> {
    let word = match section.entry("access") {
        Some(_) => section.text("access")?,
        None => {
            section.missing("access");
            return None;
        }
    };
    if let Some(meant) = AccessMeant::of(&word) {
        return Some(Sp::new(meant, word.place));
    }
    section
        .findings
        .push(unknown_word(&word, &word.place, &WORDS));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_that_access_or_at_least_that() {
        let access = [RecordAccess::None, RecordAccess::Read, RecordAccess::Edit];
        for (word, holds) in [
            ("none", [true, false, false]),
            ("read", [false, true, false]),
            ("edit", [false, false, true]),
            (">=read", [false, true, true]),
            (">= read", [false, true, true]),
            (">=edit", [false, false, true]),
        ] {
            let meant = AccessMeant::of(word).unwrap();
            assert_eq!(access.map(|access| meant.holds(access)), holds, "{word}");
            assert_eq!(meant.to_string(), word.replace(' ', ""));
        }
        for word in ["", ">=none", "Read", "write", ">=", "=>read", "all"] {
            assert_eq!(AccessMeant::of(word), None, "{word}");
        }
    }
}
