//! What a proof finds of one object.

use super::cause::Cause;
use super::mends::Mend;
use crate::diagnostic::Place;
use serde::Serialize;

/// How the user's sight of an object compares with what the manifest asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The name of the manifest that it is about.
    pub manifest: String,
    /// The username of its user.
    pub user: String,
    /// The object's API name.
    pub object: String,
    /// Records in the org.
    pub population: u64,
    /// Records compared.
    pub checked: u64,
    /// Whether only a sample was compared.
    pub sampled: bool,
    /// What chose the sample, where it is one: the same seed chooses the same records.
    pub seed: Option<u64>,
    /// Records the user should see, among those compared.
    pub expected: u64,
    /// Records the user does see.
    pub visible: u64,
    /// Records the user can edit.
    pub editable: u64,
    /// Records the user sees, or can edit, and should not; the first of them.
    pub leaks: Vec<Mismatch>,
    /// Records the user should see, or edit, and cannot; the first of them.
    pub missing: Vec<Mismatch>,
    /// How many leaks were found, of which the first are kept.
    pub leaks_found: u64,
    /// The same of what is missing.
    pub missing_found: u64,
    /// The smallest set of changes that closes all leaks of the user whose causes are known, as far as it is about this object;
    /// what touches nobody else comes first.
    pub mends: Vec<Mend>,
    /// Whether no smaller set is known to do. Where the documentation leaves open what comes to the user, or accounts come
    /// along with records that were not compared, the set is a bound.
    pub mends_are_fewest: bool,
    /// Leaks whose causes are not all known, or cannot be changed by themselves: the mends may leave them open.
    pub leaks_without_mend: u64,
    /// Where the manifest asks for it.
    #[serde(skip)]
    pub place: Option<Place>,
    /// Whether the rules that reach the user match none of the records, all of which were compared.
    #[serde(skip)]
    pub rules_match_nothing: bool,
}

/// A record whose access is not what the manifest asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Record id.
    pub id: String,
    /// Why, as far as the org tells.
    pub cause: String,
    /// Each thing that opens it by itself, of a leak; each that hides it by itself, of what is missing.
    pub causes: Vec<Cause>,
    /// What the user can do and should not, of a leak, or should and cannot: `read` or `edit`.
    pub access: &'static str,
    /// Whether the user does not see it at all.
    #[serde(skip)]
    pub hidden: bool,
    /// Whether a recalculation under way may still put it right.
    #[serde(skip)]
    pub settling: bool,
}

impl Access {
    /// Whether a recalculation under way may still change the outcome.
    pub(super) fn settling(&self) -> bool {
        self.leaks
            .iter()
            .chain(&self.missing)
            .any(|mismatch| mismatch.settling)
    }

    /// Whether nothing leaks and nothing is missing.
    pub fn holds(&self) -> bool {
        self.leaks.is_empty() && self.missing.is_empty()
    }
}
