//! What a manifest expects of single records, held against what a plan will leave and against what the org says now. Pure.

mod foreseen;
mod needs;

use super::record_after::ForeseenAccess;
use crate::criteria::Verdict;
use crate::diagnostic::Place;
use crate::live::{Granted, Known};
use crate::manifest::{AccessMeant, ExpectedRecords, RecordAccess, Sp};
use crate::soql::MOST_SELECTED;
use serde::Serialize;
use serde::ser::Serializer;

pub use foreseen::expected_access;
pub(super) use needs::{further_needs, needs};

/// An entry of `expect`, with what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedAccess {
    /// The manifest's name.
    pub manifest: String,
    /// Whose access, by username.
    pub user: String,
    /// The records, as the manifest names them: an id, or a query.
    pub records: String,
    /// What is meant.
    pub access: AccessMeant,
    /// How many records a query is meant to find.
    pub count: Option<Sp<ExpectedRecords>>,
    /// Whether it is about one record.
    pub is_one: bool,
    /// Where the entry is.
    pub place: Place,
    /// The object's API name, and what is known of each record.
    pub found: Known<(String, Vec<RecordSeen>)>,
}

/// One record, and what the user may do with it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSeen {
    /// Record id.
    pub id: String,
    /// By the org's own word, today.
    pub now: Known<Granted>,
    /// Once the plan is applied.
    pub after: ForeseenAccess,
    /// Why that is not known exactly, where the org did not tell what it rests on.
    pub doubt: Option<String>,
}

/// Which of the two is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// What the org says today.
    Now,
    /// What the plan will leave.
    After,
}

/// How the records of an entry stand to what is meant of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExpectationOutcome {
    /// Records that are found.
    pub found: Option<u64>,
    /// Those that are as meant.
    pub as_expected: u64,
    /// Those that are not.
    pub otherwise: Vec<OtherAccess>,
    /// Those of which nobody can say.
    pub not_known: u64,
    /// Why not, of the first.
    pub why_not_known: Option<String>,
    /// Whether there are other than as many as are meant.
    pub is_miscounted: bool,
    /// Whether the one record is not there.
    pub is_gone: bool,
}

/// A record with another access than is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherAccess {
    /// Record id.
    pub id: String,
    /// What the user may do with it.
    #[serde(serialize_with = "in_words")]
    pub access: RecordAccess,
}

fn in_words<S: Serializer>(access: &RecordAccess, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(access)
}

impl ExpectationOutcome {
    /// Counts one record more.
    fn add(&mut self, record: &RecordSeen, meant: AccessMeant, when: When) {
        let (least, most) = record.access(when);
        let each = [RecordAccess::None, RecordAccess::Read, RecordAccess::Edit];
        let may = each.into_iter().filter(|one| (least..=most).contains(one));
        let (good, bad): (Vec<_>, Vec<_>) = may.partition(|one| meant.holds(*one));
        match (good.is_empty(), bad.is_empty()) {
            (_, true) => self.as_expected += 1,
            (true, false) => self.otherwise.push(OtherAccess {
                id: record.id.clone(),
                access: least,
            }),
            (false, false) => {
                self.not_known += 1;
                self.why_not_known
                    .get_or_insert_with(|| record.why_not_known(when));
            }
        }
    }

    /// Whether something is known to be otherwise than meant.
    pub fn is_missed(&self) -> bool {
        self.is_gone || self.is_miscounted || !self.otherwise.is_empty()
    }

    /// Whether everything is known to be as meant.
    pub fn holds(&self) -> bool {
        !self.is_missed() && self.not_known == 0 && self.found.is_some()
    }
}

impl ExpectedAccess {
    /// How it stands.
    pub fn outcome(&self, when: When) -> ExpectationOutcome {
        let records = match &self.found {
            Known::Is((_, records)) => records,
            other => {
                return ExpectationOutcome {
                    why_not_known: other.why_unknown(),
                    ..ExpectationOutcome::default()
                };
            }
        };
        let found = records.len() as u64;
        if found > MOST_SELECTED {
            let why = format!(
                "the query finds more than {MOST_SELECTED} records: narrow it, or give it a LIMIT"
            );
            return ExpectationOutcome {
                why_not_known: Some(why),
                ..ExpectationOutcome::default()
            };
        }
        let meant = self.count.as_ref();
        let is_miscounted = match meant {
            Some(meant) => !(meant.at_least..=meant.at_most).contains(&found),
            None => !self.is_one && found == 0,
        };
        let mut outcome = ExpectationOutcome {
            found: Some(found),
            is_miscounted,
            is_gone: self.is_one && found == 0,
            ..ExpectationOutcome::default()
        };
        for record in records {
            outcome.add(record, self.access, when);
        }
        outcome
    }
}

impl RecordSeen {
    /// The least and the most that the user may do with it: the same where it is known.
    fn access(&self, when: When) -> (RecordAccess, RecordAccess) {
        let of = |read: bool, edit: bool| match (read, edit) {
            (false, _) => RecordAccess::None,
            (true, false) => RecordAccess::Read,
            (true, true) => RecordAccess::Edit,
        };
        match (when, &self.now) {
            (When::Now, Known::Is(now)) => (of(now.read, now.edit), of(now.read, now.edit)),
            (When::Now, _) => (RecordAccess::None, RecordAccess::Edit),
            (When::After, _) => {
                let ForeseenAccess { read, edit } = self.after;
                let least = of(read == Verdict::Yes, edit == Verdict::Yes);
                (least, of(read != Verdict::No, edit != Verdict::No))
            }
        }
    }

    fn why_not_known(&self, when: When) -> String {
        match when {
            When::Now => match &self.now {
                Known::NotAsked => "the org has no such user yet".to_owned(),
                other => other.why_unknown().unwrap_or_default(),
            },
            When::After => self.doubt.clone().unwrap_or_else(|| {
                "what the plan leaves of it is not known before it is applied".to_owned()
            }),
        }
    }
}
