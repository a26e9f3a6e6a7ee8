//! The way back: what a plan made goes, what it changed is put back, and what somebody changed since stays. Pure.
//!
//! **Promise:** nothing widens while the user can act. One that the plan made is put out of use before anything else, one
//! that was there has its own rights back before a default widens; rules go only after the default that they stood in for.
//! An attribute that is neither as it was left nor as it was before is somebody else's: it stays, and is told.

mod fate;
mod made;
mod needs;
mod order;
mod puts;
mod restored;
mod retired;
mod used;
mod user;
mod visible;

use crate::address::Address;
use crate::change::Change;
use crate::diagnostic::{Diagnostic, Sources};
use crate::live::Live;
use crate::plan::{self, Plan};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

pub use made::{Made, made_by, made_of};
pub use needs::needs;
pub use retired::{defaults_of, restored_to, retired};
pub use user::freezing;

/// Which way back it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackBy {
    /// Everything is as it was before a plan.
    Undo,
    /// What manifests describe is no more.
    Retire,
}

/// What goes back, and to what.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// Which way back it is.
    pub by: BackBy,
    /// What it is called: the manifests' names.
    pub name: String,
    /// The digest of what it is the way back from.
    pub digest: String,
    /// What was made.
    pub made: Vec<Made>,
    /// Documents as they were before, where they were kept.
    pub before: BTreeMap<Address, Element>,
    /// The most records that integrations may come to see, where somebody said so.
    pub limit: Option<u64>,
    /// Objects whose default was restricted and stays so, because nobody asked for the other.
    pub kept_defaults: Vec<String>,
    /// Profiles, by label, whose users were given sets that go.
    pub keepers: Vec<String>,
}

/// What a way back comes to.
#[derive(Clone, Debug)]
pub struct BackPlan {
    /// What is written, stage by stage, with what stays among its findings.
    pub plan: Plan,
    /// Why it is refused whatever consent was given, where it is.
    pub refusals: Vec<Diagnostic>,
}

/// Plans a way back.
pub fn plan(way: &WayBack, live: &Live) -> BackPlan {
    let way = &way.with_keepers(live);
    let mut draft = BackDraft::new(way, live);
    draft.decide();
    draft.put();
    draft.tell_what_becomes_visible();
    let BackDraft {
        mut changes,
        findings,
        refusals,
        ..
    } = draft;
    order::sort(&mut changes);
    let mut findings: Vec<Diagnostic> = findings;
    findings
        .sort_by(|a, b| (a.severity, a.code, &a.message).cmp(&(b.severity, b.code, &b.message)));
    BackPlan {
        plan: as_plan(way, live, changes, findings),
        refusals,
    }
}

/// What is being found out of a way back.
struct BackDraft<'a> {
    way: &'a WayBack,
    live: &'a Live,
    fates: Vec<fate::BackFate>,
    changes: Vec<Change>,
    findings: Vec<Diagnostic>,
    refusals: Vec<Diagnostic>,
}

impl<'a> BackDraft<'a> {
    fn new(way: &'a WayBack, live: &'a Live) -> Self {
        Self {
            way,
            live,
            fates: Vec::new(),
            changes: Vec::new(),
            findings: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// What was made, with what becomes of it.
    fn decided(&self) -> impl Iterator<Item = (&'a Made, &fate::BackFate)> {
        self.way.made.iter().zip(&self.fates)
    }

    /// The user that was made, or that was there and was changed.
    fn user(&self) -> Option<&'a Made> {
        let mut made = self.way.made.iter();
        made.find(|made| made.address.kind == "user")
    }

    /// Names of what was made of a kind and goes.
    fn own_that_go(&self, kind: &str) -> BTreeSet<&'a str> {
        let go = self
            .decided()
            .filter(|(made, fate)| made.address.kind == kind && **fate == fate::BackFate::Goes);
        go.map(|(made, _)| made.address.name.as_str()).collect()
    }

    /// Names of what was made of a kind.
    fn own(&self, kind: &str) -> impl Iterator<Item = &'a str> {
        let made = self
            .way
            .made
            .iter()
            .filter(move |made| made.address.kind == kind);
        made.filter(|made| made.is_new())
            .map(|made| made.address.name.as_str())
    }
}

fn as_plan(way: &WayBack, live: &Live, changes: Vec<Change>, findings: Vec<Diagnostic>) -> Plan {
    Plan {
        name: way.name.clone(),
        digest: plan::digest(&way.digest, live, &changes),
        manifest_digest: way.digest.clone(),
        org: live.org.clone(),
        changes,
        impact: Vec::new(),
        expectations: Vec::new(),
        limits: Vec::new(),
        findings,
        manual_steps: Vec::new(),
        left_alone: BTreeMap::new(),
        api_requests: live.requests,
        api_calls: live.api_calls,
        retrieved: Vec::new(),
        sources: Sources::default(),
        check: None,
    }
}
