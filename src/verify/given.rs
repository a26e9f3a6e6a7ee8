//! Which accounts the user reads because it was given contacts, opportunities or cases of them. Salesforce opens them to
//! reading, and nothing switches that off: they are no leak, and no wish of the manifest has to name them.

use super::reached::HolderReach;
use super::subject::{Records, Subject, read_records};
use super::wanted::Around;
use crate::criteria::Verdict;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{GrantedByRecord, LiveRecord, parent_rows, read_shares, short_id};
use crate::org::{OrgError, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that one query asks about.
const ACCOUNTS_A_QUERY: usize = 200;

/// What opens accounts, by the first 15 characters of their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened(BTreeMap<String, OpenedBy>);

/// What opens one account.
#[derive(Clone, Debug)]
pub(crate) struct OpenedBy {
    /// Whether it does.
    pub(crate) holds: Verdict,
    /// Record id of a child that does; `None` where only the org's own row tells.
    pub(crate) child: Option<String>,
}

impl Opened {
    /// What opens an account.
    pub(crate) fn of(&self, account: &str) -> Option<&OpenedBy> {
        self.0.get(&short_id(account))
    }

    fn open(&mut self, account: &str, holds: Verdict, child: Option<&str>) {
        let opened = self.0.entry(short_id(account));
        let opened = opened.or_insert(OpenedBy {
            holds: Verdict::No,
            child: None,
        });
        if opened.holds == Verdict::Yes || holds == Verdict::No {
            return;
        }
        *opened = OpenedBy {
            holds,
            child: child.map(str::to_owned),
        };
    }

    /// Takes in what the user should be given of an object's records.
    fn take_in(&mut self, subject: &Subject<'_>, records: &[LiveRecord], around: &Around) {
        let grounds = subject.grounds();
        for record in records {
            let Some(account) = record.account() else {
                continue;
            };
            let wanted = subject.wanted_access(record, &grounds, around);
            self.open(account, wanted.opens_account, Some(record.id()));
        }
    }
}

/// One object's records, and what the org says of them.
pub(super) type Proving<'a> = (&'a Subject<'a>, &'a Records, &'a GrantedByRecord);

/// What the columns of each object's records do not tell. What hangs on accounts comes first, because it opens accounts.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn around_all(
    all: &[Proving<'_>],
    reader: &Reader,
) -> Result<Vec<Around>, OrgError> {
    let mut known = vec![Around::default(); all.len()];
    let of_accounts = |(subject, ..): &Proving<'_>| subject.sharing.object.value == "Account";
    let (accounts, others): (Vec<usize>, Vec<usize>) =
        (0..all.len()).partition(|index| all.get(*index).is_some_and(of_accounts));
    for index in others.into_iter().chain(accounts) {
        let Some(compared) = all.get(index) else {
            continue;
        };
        let siblings = all.iter().zip(&known);
        let siblings = siblings.filter(|((sibling, ..), _)| {
            let hangs = CHILDREN_OF_ACCOUNTS.contains(&sibling.sharing.object.as_str());
            hangs && std::ptr::eq(sibling.manifest, compared.0.manifest)
        });
        let siblings: Vec<_> = siblings.map(|(sibling, known)| (*sibling, known)).collect();
        let asked = known.iter().find(|around| around.reached.knows_people());
        let reached = HolderReach::with_people_of(asked.map(|around| &around.reached));
        let found = around(*compared, reached, &siblings, reader).await?;
        if let Some(place) = known.get_mut(index) {
            *place = found;
        }
    }
    Ok(known)
}

/// What the columns of a page of records do not tell, of an object whose records nothing hangs on: by queues that own what
/// is in doubt.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn around_page(
    subject: &Subject<'_>,
    records: &Records,
    granted: &GrantedByRecord,
    around: &mut Around,
    reader: &Reader,
) -> Result<(), OrgError> {
    let doubtful = subject.doubtful_at_all(records.all(), granted, around);
    let owners = doubtful.iter().filter_map(|record| record.owner());
    let queues: BTreeSet<&str> = owners.filter(|owner| owner.starts_with("00G")).collect();
    around.reached.ask(subject, queues, reader).await
}

/// What the columns of an object's records do not tell: by queues that own what is in doubt, and of accounts by what is
/// known of their children, then by what the org tells of those that would be leaks.
///
/// # Errors
/// What the org or the way to it made impossible.
async fn around(
    (subject, records, granted): Proving<'_>,
    reached: HolderReach,
    siblings: &[(Proving<'_>, &Around)],
    reader: &Reader,
) -> Result<Around, OrgError> {
    let mut around = Around {
        reached,
        ..Around::default()
    };
    around_page(subject, records, granted, &mut around, reader).await?;
    if subject.sharing.object.value != "Account" {
        return Ok(around);
    }
    for ((sibling, records, _), known) in siblings {
        around.opened.take_in(sibling, records.all(), known);
    }
    for ((sibling, children, has), known) in siblings {
        let doubtful = subject.doubtful(records.all(), granted, &around);
        let ids: Vec<&str> = doubtful.into_iter().map(LiveRecord::id).collect();
        let found;
        let (children, asked) = match children.sampled {
            false => (children.all(), None),
            true => {
                found = children_of(sibling, &ids, reader).await?;
                around.opened.take_in(sibling, &found, known);
                let ids: Vec<&str> = found.iter().map(LiveRecord::id).collect();
                (found.as_slice(), Some(sibling.granted(reader, &ids).await?))
            }
        };
        let leaks = sibling.doubtful(children, asked.as_ref().unwrap_or(has), known);
        // What is seen by a permission or a default was not given, and opens no account.
        let leaks = leaks.into_iter().filter(|_| sibling.is_closed());
        let leaks: Vec<(String, String)> = leaks
            .filter_map(|leak| Some((short_id(leak.account()?), leak.id().to_owned())))
            .collect();
        for (account, leak) in leaks {
            around.leaking.entry(account).or_default().insert(leak);
        }
    }
    let doubtful = subject.doubtful(records.all(), granted, &around);
    let left = doubtful.into_iter().map(LiveRecord::id);
    let left: Vec<&str> = left
        .filter(|id| !around.leaking.contains_key(&short_id(id)))
        .collect();
    ask_rows(subject, &left, &mut around, reader).await?;
    Ok(around)
}

/// The same for one record by itself.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(crate) async fn around_one(
    subject: &Subject<'_>,
    record: &LiveRecord,
    reader: &Reader,
) -> Result<Around, OrgError> {
    let mut around = Around::default();
    let queue = record.owner().filter(|owner| owner.starts_with("00G"));
    around
        .reached
        .ask(subject, queue.into_iter().collect(), reader)
        .await?;
    if subject.sharing.object.value == "Account" {
        for sibling in subject.children() {
            let children = children_of(&sibling, &[record.id()], reader).await?;
            around
                .opened
                .take_in(&sibling, &children, &Around::default());
        }
        if around.opened.of(record.id()).is_none() {
            ask_rows(subject, &[record.id()], &mut around, reader).await?;
        }
    }
    Ok(around)
}

async fn children_of(
    child: &Subject<'_>,
    accounts: &[&str],
    reader: &Reader,
) -> Result<Vec<LiveRecord>, OrgError> {
    let mut children = Vec::new();
    for accounts in accounts.chunks(ACCOUNTS_A_QUERY) {
        let query = child.query().of_accounts(accounts);
        children.extend(read_records(reader, &query).await?);
    }
    Ok(children)
}

/// Asks which of the accounts the org has opened because of children that the manifest does not speak of: contracts,
/// orders, or objects that it leaves alone and other people's rules share.
async fn ask_rows(
    subject: &Subject<'_>,
    accounts: &[&str],
    around: &mut Around,
    reader: &Reader,
) -> Result<(), OrgError> {
    for accounts in accounts.chunks(ACCOUNTS_A_QUERY) {
        let rows = reader.query(&parent_rows(accounts)).await?;
        let rows = read_shares("Account", &rows);
        let holders = rows.iter().map(|row| row.with.as_str());
        let holders: BTreeSet<&str> = holders.collect();
        around.reached.ask(subject, holders, reader).await?;
        for row in &rows {
            let holds = around.reached.has(&row.with);
            around.opened.open(&row.record, holds, None);
        }
    }
    Ok(())
}
