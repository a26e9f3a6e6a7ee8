//! Questions as the org takes them, and how what is asked together is told apart again. Only the sender of questions
//! sees this; what they are about is a [`Need`].

use super::Live;
use super::need::Need;
use super::profile_names::ProfileNames;
use super::selection::{Selection, conditions};
use super::{assignments, containers, defaults, holding, readers, users};
use crate::soql::Row;
use crate::xml::Element;
use std::collections::BTreeMap;

use super::described::Described;

/// One thing to ask the org.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// These columns of the organization's own row, which is a record: it is not counted among the queries of a request.
    Organization(&'static str),
    /// A query over the data API, all pages.
    Query(String),
    /// A query over the Tooling API.
    Tooling(String),
    /// The describe of an object, by API name.
    Describe(String),
    /// A metadata component: type and full name.
    Component(&'static str, String),
    /// Rows of a table that several needs share.
    Rows(Table),
}

/// A table whose rows are asked for together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Users with their permission sets.
    Users,
    /// What containers grant on objects.
    ObjectPermissions,
    /// What containers grant on fields.
    FieldPermissions,
    /// What the org says of its objects.
    Definitions,
    /// Who reads objects through permission sets.
    Readers,
    /// Users who cannot log in for the time being.
    FrozenUsers,
    /// Assignments that end by themselves.
    EndingAssignments,
    /// Assignments with what makes them void.
    Assigned,
    /// Assignments that were taken back.
    Revoked,
    /// How users log in.
    LogIns,
}

impl Table {
    /// What stands before a condition on its rows, and what behind it.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => (users::USERS, ""),
            Self::ObjectPermissions => (containers::OBJECT_PERMISSIONS, ""),
            Self::FieldPermissions => (containers::FIELD_PERMISSIONS, ""),
            Self::Definitions => (defaults::DEFINITIONS, ""),
            Self::Readers => (readers::READERS, ")"),
            Self::FrozenUsers => (users::FROZEN, ")"),
            Self::EndingAssignments => assignments::ENDING,
            Self::Assigned => (holding::ASSIGNED, ""),
            Self::Revoked => holding::REVOKED,
            Self::LogIns => (holding::LOG_INS, ""),
        }
    }
}

/// A question, with the needs that its answer meets.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is asked; never [`Question::Rows`].
    pub question: Question,
    /// The needs that the answer meets, at least one.
    pub needs: Vec<Need>,
}

/// What the org said to one question.
#[derive(Debug)]
pub enum Answer {
    /// The rows of a query.
    Rows(Vec<Row>),
    /// The describe of an object; `None` where the org has none of that name, or hides it.
    Described(Option<Box<Described>>),
    /// A component; `None` where the org has none of that name.
    Component(Option<Box<Element>>),
    /// It refused this one: its code and its words.
    Refused {
        /// The HTTP status that it answered with.
        status: u16,
        /// The platform's error code, such as `INVALID_FIELD`.
        code: String,
        /// The platform's message.
        message: String,
    },
}

impl Live {
    /// The questions that tell of these things, in the org's words: as few as their lengths allow.
    pub fn questions(&self, needs: impl IntoIterator<Item = Need>) -> Vec<Asked> {
        asked(needs, &self.profile_names)
    }

    /// What was asked together and refused, asked one by one: one of them may be what the org does not tell.
    pub fn asked_apart(&self, asked: &Asked) -> Vec<Asked> {
        let needs = asked.needs.iter().cloned();
        needs.flat_map(|need| self.questions([need])).collect()
    }
}

/// The questions about things that have the same name in every language.
pub fn questions(needs: impl IntoIterator<Item = Need>) -> Vec<Asked> {
    asked(needs, &ProfileNames::default())
}

fn asked(needs: impl IntoIterator<Item = Need>, names: &ProfileNames) -> Vec<Asked> {
    let mut single = Vec::new();
    let mut tables: BTreeMap<Table, Vec<(Selection, Need)>> = BTreeMap::new();
    for need in needs {
        let spoken = names.need_as_spoken(&need);
        match (spoken.question(), spoken.selection()) {
            (Question::Rows(table), Some(selection)) => {
                tables.entry(table).or_default().push((selection, need));
            }
            (question, _) => single.push(Asked {
                question,
                needs: vec![need],
            }),
        }
    }
    let together = tables.into_iter().flat_map(|(table, selections)| {
        let (before, behind) = table.around();
        let each = conditions(selections, before.len() + behind.len()).into_iter();
        each.map(move |(condition, needs)| Asked {
            question: Question::Query(format!("{before} WHERE {condition}{behind}")),
            needs,
        })
    });
    single.into_iter().chain(together).collect()
}
