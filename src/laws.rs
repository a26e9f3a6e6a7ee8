//! The laws of record access: on which ways a user comes to a record, what each way gives, and how they add up. Pure.
//!
//! A law is said once, here; a plan counts by it, a proof judges by it, an explanation names it. Rooms above bring the
//! facts: who owns a record, which rules it meets, whose account it hangs on. Where the sources conflict or are silent,
//! the answer is [`Verdict::Either`], and whatever rests on it is a bound.
//!
//! Sources, by the names used below: *guide*, Salesforce Security Guide; *under the hood*, Record Access Under the Hood;
//! *reference*, Object Reference for the Salesforce Platform; *help*, Salesforce Help.

use crate::criteria::Verdict;
use crate::manifest::{AccessLevel, RuleAccess, SharingModel};

/// The objects whose records hang on accounts, in the order in which a plan counts them.
pub const CHILDREN_OF_ACCOUNTS: [&str; 3] = ["Contact", "Opportunity", "Case"];

/// Objects whose owners read the accounts of their records as well (reference, AccountShare). Whether rules on them do the
/// same, the sources disagree.
pub const OPEN_ACCOUNTS_TO_OWNERS: [&str; 2] = ["Contract", "Order"];

/// What a user may do with a record, by sharing alone: each level holds those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    None,
    /// Read it.
    Read,
    /// Edit it.
    Edit,
    /// Delete, transfer and share it.
    All,
}

impl From<RuleAccess> for Level {
    fn from(access: RuleAccess) -> Self {
        match access {
            RuleAccess::ReadOnly => Self::Read,
            RuleAccess::ReadWrite => Self::Edit,
        }
    }
}

impl From<AccessLevel> for Level {
    fn from(level: AccessLevel) -> Self {
        match level {
            AccessLevel::None => Self::None,
            AccessLevel::Read => Self::Read,
            AccessLevel::Edit => Self::Edit,
        }
    }
}

impl Level {
    /// The word for it in reports for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Edit => "edit",
            Self::All => "all",
        }
    }

    /// What a share row or a rule says that it gives: `Read`, `Edit` or `All` (Metadata API guide, SharingBaseRule,
    /// `accessLevel`; object reference, AccountShare).
    pub fn named(level: &str) -> Option<Self> {
        match level {
            "None" => Some(Self::None),
            "Read" => Some(Self::Read),
            "Edit" => Some(Self::Edit),
            "All" => Some(Self::All),
            _ => None,
        }
    }

    /// What a default gives to everybody who may read the object; `None` where another record decides.
    pub fn of_default(default: SharingModel) -> Option<Self> {
        match default {
            SharingModel::Private => Some(Self::None),
            SharingModel::Read | SharingModel::ReadSelect => Some(Self::Read),
            SharingModel::ReadWrite | SharingModel::ReadWriteTransfer => Some(Self::Edit),
            SharingModel::FullAccess => Some(Self::All),
            SharingModel::ControlledByParent => None,
        }
    }
}

/// What tells a record from others in the eyes of the laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSort {
    /// An account.
    Account,
    /// A contact of an account.
    Contact,
    /// A contact without an account.
    LoneContact,
    /// An opportunity; whether it is marked as private.
    Opportunity(Verdict),
    /// A case.
    Case,
    /// A record of any other object.
    Other,
}

impl RecordSort {
    /// The sort that most records of an object are of.
    pub fn of(object: &str) -> Self {
        match object {
            "Account" => Self::Account,
            "Contact" => Self::Contact,
            "Opportunity" => Self::Opportunity(Verdict::No),
            "Case" => Self::Case,
            _ => Self::Other,
        }
    }
}

/// A way on which a user comes to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A permission over all records of the object, or of the org.
    Permission,
    /// The organization-wide default.
    Default,
    /// Its owner is the user.
    Owned,
    /// Its owner stands in a role below the user's.
    Below,
    /// Its owner is a queue with the user among its members.
    Queue,
    /// A sharing rule.
    Rule,
    /// A share row that no rule made: by hand, by a team, by code.
    Row,
    /// It is an account, and the user was given a contact, opportunity or case of it.
    ParentOfGiven,
    /// It hangs on an account whose owner is the user, or stands below.
    ChildOfOwned,
    /// The record that it hangs on decides.
    ControllingParent,
}

impl Way {
    /// The word for it in reports for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Default => "default",
            Self::Owned => "owner",
            Self::Below => "role_hierarchy",
            Self::Queue => "queue",
            Self::Rule => "sharing_rule",
            Self::Row => "share_row",
            Self::ParentOfGiven => "implicit_parent",
            Self::ChildOfOwned => "implicit_child",
            Self::ControllingParent => "parent",
        }
    }

    /// Whether this way leads to records of a sort under a default.
    pub fn leads_to(self, sort: RecordSort, default: Option<SharingModel>) -> Verdict {
        match (self, sort) {
            // Under the hood, "Who Sees What"; guide, "View All and Modify All": whatever sharing says.
            (Self::Permission, _) => Verdict::Yes,
            // Help, "Sharing Considerations": a contact without an account is its owner's alone, whatever the default.
            (Self::Owned, RecordSort::LoneContact) => Verdict::Yes,
            (_, RecordSort::LoneContact) => Verdict::No,
            // Help, "Sharing Considerations": neither a rule nor the default reaches a private opportunity; owner and
            // superiors do. What share rows and the owner of its account see of it, nobody says.
            (Self::Rule | Self::Default, RecordSort::Opportunity(private)) => not(private),
            (Self::Row, RecordSort::Opportunity(private)) => at_least_open(not(private)),
            (Self::ChildOfOwned, RecordSort::Opportunity(private)) if !is_controlled(default) => {
                at_least_open(not(private))
            }
            // Under the hood, "Object Relationships and Implicit Sharing": up to the account, where it is private.
            (Self::ParentOfGiven, RecordSort::Account) => match default {
                Some(SharingModel::Private) => Verdict::Yes,
                None => Verdict::Either,
                Some(_) => Verdict::No,
            },
            (Self::ParentOfGiven, _) => Verdict::No,
            // The same: down from the account, but not where the parent decides anyhow.
            (Self::ChildOfOwned, RecordSort::Contact | RecordSort::Case) => {
                (!is_controlled(default)).into()
            }
            (Self::ChildOfOwned, _) => Verdict::No,
            (Self::ControllingParent, _) => is_controlled(default).into(),
            // Help and guide disagree on what owning a contact gives where its account decides.
            (Self::Owned | Self::Below | Self::Queue, RecordSort::Contact)
                if is_controlled(default) =>
            {
                Verdict::Either
            }
            // Guide, "Sharing Default Access Settings": what the parent decides has no rules and no share rows.
            (Self::Rule | Self::Row, _) => (!is_controlled(default)).into(),
            (Self::Owned | Self::Below | Self::Queue | Self::Default, _) => Verdict::Yes,
        }
    }

    /// Whether what is held on this way opens the account that the record hangs on: what was *given*, and never by a
    /// permission or the default (under the hood, "Object Relationships and Implicit Sharing"). Implicit ways do not
    /// chain, and where the account decides over its contacts the sources disagree.
    pub fn opens_account(self, default: Option<SharingModel>) -> Verdict {
        match self {
            Self::Owned | Self::Below | Self::Queue | Self::Rule | Self::Row => {
                match is_controlled(default) {
                    true => Verdict::Either,
                    false => Verdict::Yes,
                }
            }
            Self::Permission
            | Self::Default
            | Self::ParentOfGiven
            | Self::ChildOfOwned
            | Self::ControllingParent => Verdict::No,
        }
    }
}

fn is_controlled(default: Option<SharingModel>) -> bool {
    default == Some(SharingModel::ControlledByParent)
}

fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Yes => Verdict::No,
        Verdict::No => Verdict::Yes,
        Verdict::Either => Verdict::Either,
    }
}

/// What is said of it, or open where nobody says that it is so.
fn at_least_open(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Yes => Verdict::Yes,
        Verdict::No | Verdict::Either => Verdict::Either,
    }
}

/// Both hold.
fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
        _ => Verdict::Either,
    }
}

/// A way that leads to a record, and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The way.
    pub way: Way,
    /// What it gives.
    pub level: Level,
    /// Whether it does.
    pub holds: Verdict,
}

/// What the laws take of one record and one user.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What sort of record it is.
    pub sort: RecordSort,
    /// The default of its object; `None` where it is not known.
    pub default: Option<SharingModel>,
    /// Whether the user may edit records of the object at all.
    pub edits_object: bool,
    /// The ways that the facts show, as if no law were against them.
    pub grants: Vec<Opening>,
}

/// What the laws come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSight {
    /// Whether the user reads the record.
    pub read: Verdict,
    /// Whether it edits the record.
    pub edit: Verdict,
    /// Every way that leads to the record, or may.
    pub ways: Vec<Opening>,
}

impl Facts {
    /// What they come to: the widest of all ways counts (under the hood, "Access Grants"), within the permissions on the
    /// object.
    pub fn sight(&self) -> RecordSight {
        let by_default = self.default.and_then(Level::of_default);
        let by_default = by_default.map(|level| grant(Way::Default, level, Verdict::Yes));
        let parent = grant(Way::ControllingParent, Level::All, Verdict::Either);
        let given = self.grants.iter().copied();
        let ways = given.chain(by_default).chain([parent]);
        let ways = ways
            .filter(|way| way.level > Level::None)
            .map(|way| Opening {
                holds: both(way.holds, way.way.leads_to(self.sort, self.default)),
                ..way
            });
        let ways: Vec<Opening> = ways.filter(|way| way.holds != Verdict::No).collect();
        let reaches = |least: Level| {
            let reaching = ways.iter().filter(|way| way.level >= least);
            widest(reaching.map(|way| way.holds))
        };
        let edit = match self.edits_object {
            true => reaches(Level::Edit),
            false => Verdict::No,
        };
        RecordSight {
            read: reaches(Level::Read),
            edit,
            ways,
        }
    }
}

/// A way with what it gives.
pub fn grant(way: Way, level: Level, holds: Verdict) -> Opening {
    Opening { way, level, holds }
}

/// Any of them.
fn widest(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::No, |sum, next| match (sum, next) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::Either, _) | (_, Verdict::Either) => Verdict::Either,
        _ => Verdict::No,
    })
}

impl RecordSight {
    /// The way that is told first: the widest of those that lead there for certain, else of those that may.
    pub fn way(&self) -> Option<Way> {
        let certain = |way: &&Opening| way.holds == Verdict::Yes;
        let told = self.ways.iter().filter(certain).max_by_key(|way| way.level);
        let told = told.or_else(|| self.ways.iter().max_by_key(|way| way.level));
        told.map(|way| way.way)
    }

    /// Whether the record opens the account that it hangs on.
    pub fn opens_account(&self, default: Option<SharingModel>) -> Verdict {
        let ways = self.ways.iter();
        widest(ways.map(|way| both(way.holds, way.way.opens_account(default))))
    }
}

#[cfg(test)]
mod tests;
