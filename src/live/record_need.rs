//! What there is to know of single records that a manifest names: which they are, whom they are shared with, and what
//! somebody may do with them.

use super::Live;
use super::granted::{GrantedByRecord, access_of, read_access};
use super::known::Known;
use super::need::Need;
use super::records::{LiveRecord, names_of_objects, object_of_prefix};
use super::shares::{Share, read_shares, shares_of};
use crate::soql::{Row, SelectionOfIds};
use std::collections::{BTreeMap, BTreeSet};

/// A thing to know of single records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordNeed {
    /// The object whose ids begin so.
    ObjectOf(String),
    /// The records that a query selects, with these columns.
    Selected(SelectionOfIds, BTreeSet<String>),
    /// Whom records of an object are shared with: 200 at most, by id.
    Shares(String, Vec<String>),
    /// What a user may do with records: 200 at most; all by id.
    Access(String, Vec<String>),
}

/// What the org told of single records.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordsTold {
    objects: BTreeMap<String, Option<String>>,
    records: BTreeMap<RecordNeed, Vec<LiveRecord>>,
    shares: BTreeMap<RecordNeed, Vec<Share>>,
    granted: BTreeMap<RecordNeed, GrantedByRecord>,
}

impl RecordNeed {
    pub(super) fn query(&self) -> String {
        match self {
            Self::ObjectOf(prefix) => object_of_prefix(prefix),
            Self::Selected(selection, columns) => selection.query(columns),
            Self::Shares(object, records) => shares_of(object, records),
            Self::Access(user, records) => access_of(user, records),
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::ObjectOf(prefix) => format!("which object's ids begin with `{prefix}`"),
            Self::Selected(selection, _) => {
                format!(
                    "which {} records a query of `expect` finds",
                    selection.object
                )
            }
            Self::Shares(object, _) => format!("whom some {object} records are shared with"),
            Self::Access(..) => "what a user may do with some records".to_owned(),
        }
    }
}

impl RecordsTold {
    /// Takes in what the org answered.
    pub(super) fn add(&mut self, need: &RecordNeed, rows: Vec<Row>) {
        match need {
            RecordNeed::ObjectOf(prefix) => {
                let name = names_of_objects(&rows).into_iter().next();
                self.objects.insert(prefix.clone(), name);
            }
            RecordNeed::Selected(..) => {
                self.records.insert(need.clone(), LiveRecord::of_rows(rows));
            }
            RecordNeed::Shares(object, _) => {
                self.shares.insert(need.clone(), read_shares(object, &rows));
            }
            RecordNeed::Access(..) => {
                self.granted.insert(need.clone(), read_access(&rows));
            }
        }
    }
}

impl Live {
    /// The object of an id; `None` where no object's ids begin so.
    pub fn object_of_id(&self, id: &str) -> Known<Option<&str>> {
        let prefix: String = id.chars().take(3).collect();
        if let Some(object) = self.object_of_prefix(&prefix) {
            return Known::Is(Some(object));
        }
        let told = self.told.objects.get(&prefix).and_then(Option::as_ref);
        let need = Need::Record(RecordNeed::ObjectOf(prefix));
        self.found(&need, told).map(|told| told.map(String::as_str))
    }

    /// The records that answer a need for records.
    pub fn records_of(&self, need: &RecordNeed) -> Known<&[LiveRecord]> {
        let part = self.told.records.get(need).map(Vec::as_slice);
        self.known(&Need::Record(need.clone()), part)
    }

    /// The share rows that answer a need for them.
    pub fn shares_of(&self, need: &RecordNeed) -> Known<&[Share]> {
        let part = self.told.shares.get(need).map(Vec::as_slice);
        self.known(&Need::Record(need.clone()), part)
    }

    /// What the org says that a user may do with records.
    pub fn granted(&self, need: &RecordNeed) -> Known<&GrantedByRecord> {
        self.known(&Need::Record(need.clone()), self.told.granted.get(need))
    }
}
