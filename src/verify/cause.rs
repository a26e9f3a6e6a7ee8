//! Why a record is visible that should not be: every permission, rule, row and record that opens it, each by itself.
//!
//! **Promise:** what is told is the org's own: rows that it shows, rules that it has, permissions that it grants. Which
//! rule made a row, the org does not tell: those that share with the row's holder and whose criteria the record meets.
//! What the org did not tell is told as not known.

pub(crate) mod accounts;
mod everything;
mod leaks;
pub(crate) mod rows;
pub(crate) mod rules;

use crate::access::Ties;
use crate::criteria::Verdict;
use crate::laws::{Level, Way};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use everything::by_permission;
pub(super) use leaks::{Explained, explain_leaks};

/// One thing that opens a record by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// `view_all`, `modify_all`, `default`, `owner`, `role_hierarchy`, `queue`, `sharing_rule`, `manual_share`, `team`,
    /// `territory`, `apex_sharing`, `implicit_parent`, `implicit_child` or `other`; `not_known` where the org did not tell. Of
    /// what is missing: `user`, `object_permission` or `sharing_rule`.
    pub kind: &'static str,
    /// Its name: of a permission, a rule, a queue, or the cause that the org's row carries.
    pub name: String,
    /// What it reaches the user through: a profile, a role, a group, an object.
    pub through: Vec<String>,
    /// Record id of what does it, where it is a record.
    pub id: Option<String>,
    /// Whether it is certain that it opens the record.
    pub certain: bool,
    /// In words.
    #[serde(skip)]
    pub(crate) words: String,
    /// What it gives, where a share row says so and it is certain that the row reaches the user.
    #[serde(skip)]
    pub(crate) level: Option<Level>,
    /// Whether a recalculation may still take it away: a row for the manifest's own role, with which only its own rules
    /// share.
    #[serde(skip)]
    settling: bool,
    /// What has to go that it is no more, for anybody.
    #[serde(skip)]
    pub(super) source: Option<CauseSource>,
    /// What has to go that it is the user's no more, all of them.
    #[serde(skip)]
    pub(super) ties: Ties,
    /// Whom the row names, where it is a row.
    #[serde(skip)]
    pub(super) holder: Option<String>,
    /// Of an account that comes along: the records that are known to bring it, by the first 15 characters of their ids.
    #[serde(skip)]
    pub(super) children: BTreeSet<String>,
}

/// What opens a record to somebody, whoever that is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CauseSource {
    /// A profile or permission set that ignores sharing, by record id.
    Permission(String),
    /// The object's default.
    Default(String),
    /// A sharing rule: its object and name.
    Rule(String, String),
    /// A share row that somebody made: its record, holder and cause.
    Row(String, String, String),
    /// Whose the record is.
    Owner(String),
}

/// What opens each record, by the first 15 characters of its id.
pub(crate) type CausesById = BTreeMap<String, BTreeSet<Cause>>;

impl Cause {
    pub(crate) fn new(kind: &'static str, name: impl Into<String>, words: String) -> Self {
        Self {
            kind,
            name: name.into(),
            through: Vec::new(),
            id: None,
            certain: true,
            words,
            level: None,
            settling: false,
            source: None,
            ties: Ties::new(),
            holder: None,
            children: BTreeSet::new(),
        }
    }

    /// Something that the org did not tell: what, and why.
    pub(super) fn not_known(what: impl Into<String>, why: &str) -> Self {
        let what = what.into();
        let words = format!("{what} is not known: {why}");
        let cause = Self::new("not_known", what, words);
        Self {
            certain: false,
            ..cause
        }
    }

    /// The same in words that many records share.
    pub fn in_general(&self) -> String {
        match self.kind {
            "implicit_parent" => "accounts of records that are visible or were given".to_owned(),
            _ => self.words.clone(),
        }
    }

    pub(crate) fn through(mut self, through: impl Into<String>) -> Self {
        self.through.push(through.into());
        self
    }

    pub(crate) fn giving(mut self, level: Option<Level>) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn of(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    fn sourced(mut self, source: CauseSource) -> Self {
        self.source = Some(source);
        self
    }

    /// Whether it is the profile's doing, which no assignment can end.
    pub(crate) fn is_by_profile(&self) -> bool {
        self.through
            .iter()
            .any(|through| through.starts_with("profile/"))
    }

    fn tied(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// The same where it is not certain.
    fn perhaps(mut self) -> Self {
        if self.certain {
            self.certain = false;
            self.level = None;
            self.words = format!("perhaps {}", self.words);
        }
        self
    }

    /// The same as a law has it; `None` where the law is against it.
    fn under_law(self, holds: Verdict) -> Option<Self> {
        match holds {
            Verdict::Yes => Some(self),
            Verdict::Either => Some(self.perhaps()),
            Verdict::No => None,
        }
    }

    /// The way of the laws that it is one of; `None` where it is no way, or not known.
    fn way(&self) -> Option<Way> {
        Some(match self.kind {
            "view_all" | "modify_all" => Way::Permission,
            "default" => Way::Default,
            "owner" => Way::Owned,
            "role_hierarchy" => Way::Below,
            "queue" => Way::Queue,
            "sharing_rule" => Way::Rule,
            "manual_share" | "team" | "territory" | "apex_sharing" | "other" => Way::Row,
            "implicit_parent" => Way::ParentOfGiven,
            "implicit_child" => Way::ChildOfOwned,
            _ => return None,
        })
    }
}
