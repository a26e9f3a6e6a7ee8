//! What a request handler works on: the org, the clock it lives by, and what is not kept with it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::journal::Journal;
use crate::store::{BulkJob, Code, Id, Millis, Org};

/// The state and everything around it that is not kept: what a request handler works on.
#[derive(Debug)]
pub struct World {
    /// The state.
    pub org: Org,
    /// Which clock.
    pub clock: Clock,
    /// How long a deploy takes.
    pub deploy_time: Duration,
    /// How long a recalculation of sharing takes.
    pub recalculation: Duration,
    /// Query results that are read page by page, by locator.
    pub cursors: BTreeMap<Id, Cursor>,
    /// Authorization codes that have not been traded for a token.
    pub codes: BTreeMap<String, Code>,
    /// Jobs of the Bulk API, which live as long as the server.
    pub bulk_jobs: BTreeMap<Id, BulkJob>,
    /// What requests changed.
    pub journal: Journal,
}

/// A query result that is read page by page.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// Who asked.
    pub user: Id,
    /// Whether through the Tooling API.
    pub tooling: bool,
    /// The object.
    pub object: String,
    /// `totalSize`.
    pub total: usize,
    /// All records, each as JSON text.
    pub records: Vec<String>,
}

/// Which clock the org lives by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(clap::ValueEnum))]
pub enum Clock {
    /// The machine's.
    #[default]
    Real,
    /// Time stands still until a test moves it.
    Manual,
}

impl World {
    /// A world over this state in which everything is done at once.
    pub fn new(org: Org) -> World {
        World {
            org,
            clock: Clock::Real,
            deploy_time: Duration::ZERO,
            recalculation: Duration::ZERO,
            cursors: BTreeMap::new(),
            codes: BTreeMap::new(),
            bulk_jobs: BTreeMap::new(),
            journal: Journal::default(),
        }
    }

    /// Puts another state in the place of this one; whatever was begun over the old one is gone.
    pub fn restore(&mut self, org: Org) {
        self.org = org;
        self.cursors.clear();
        self.codes.clear();
        self.bulk_jobs.clear();
        self.journal.start_over(self.now());
    }

    /// What the clock shows.
    pub fn now(&self) -> Millis {
        match self.clock {
            Clock::Real => jiff::Timestamp::now().as_millisecond(),
            Clock::Manual => self
                .org
                .manual_time
                .unwrap_or(self.org.organization.created),
        }
    }

    /// Moves a manual clock on. What is due then comes through at the next look at it.
    pub fn advance(&mut self, by: Duration) {
        let by = Millis::try_from(by.as_millis()).unwrap_or(Millis::MAX);
        self.org.manual_time = Some(self.now().saturating_add(by));
    }
}
