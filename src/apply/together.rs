//! Records that one request makes or removes: a user with its first assignments, and collections of assignments.
//!
//! **Promise:** what the org has done is marked, record by record, before anything goes again; no insert goes again
//! without a look in between; each refusal is told with its own resource and the manifest lines that asked for it.

use super::assignments::assigned_there;
use super::group_members::{GROUP_MEMBER, members_there};
use super::lost::Attempts;
use super::records::USER;
use super::{ChangeResult, Run, Step, Stopped};
use crate::change::{Record, RecordValue, Stage, Write};
use crate::diagnostic::Failure;
use crate::failure;
use crate::live::{AssignedThing, Reference};
use crate::org::{FIRST_ID, NewRecord, OrgError, RefusalClass, Rows, Writer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A record that is to be made, with the change that wants it.
pub(super) struct WantedRecord {
    pub(super) index: usize,
    pub(super) object: &'static str,
    pub(super) values: Map<String, Value>,
}

/// A record of a request that is not known to be done, and the org's own reason where it told one.
struct Open {
    index: usize,
    error: Option<OrgError>,
}

impl Run<'_> {
    /// Makes records with one request. Where the first is a user, it is all of them or none, so that no user stays
    /// without what was to be assigned to it.
    pub(super) async fn insert(
        &mut self,
        stage: Stage,
        mut left: Vec<usize>,
        writer: &Writer,
    ) -> Step<()> {
        let mut attempts = Attempts::new(self.now());
        while !left.is_empty() {
            let wanted = self.wanted(&left).await?;
            let rows = send_inserts(&wanted, writer).await;
            let mut open = self.unfinished(stage, &left, rows);
            self.end_where_final(&mut open, |error| is_passing(error) || is_duplicate(error))?;
            if !open.is_empty() {
                self.look_for(stage, &wanted, &mut open).await?;
                self.before_again(stage, &mut attempts, &mut open).await?;
            }
            left = indexes(&open);
        }
        Ok(())
    }

    /// Removes records with one request. One that is gone is what was wanted, so nothing has to be looked at.
    pub(super) async fn remove(
        &mut self,
        stage: Stage,
        mut left: Vec<usize>,
        writer: &Writer,
    ) -> Step<()> {
        let mut attempts = Attempts::new(self.now());
        while !left.is_empty() {
            let rows = self.send_removals(&left, writer).await;
            let mut open = self.unfinished(stage, &left, rows);
            for gone in open.extract_if(.., |open| is_gone(open)) {
                self.mark(gone.index, stage, ChangeResult::Done, None);
            }
            self.end_where_final(&mut open, is_passing)?;
            self.before_again(stage, &mut attempts, &mut open).await?;
            left = indexes(&open);
        }
        Ok(())
    }

    async fn send_removals(&self, indexes: &[usize], writer: &Writer) -> Result<Rows, OrgError> {
        let removals = indexes
            .iter()
            .filter_map(|index| match &self.plan.changes[*index].write {
                Write::Remove(object, id) => Some((object.as_str(), id.as_str())),
                Write::Deploy(_) | Write::Insert(_) | Write::Update(..) => None,
            });
        let removals: Vec<(&str, &str)> = removals.collect();
        if let [(object, id)] = removals.as_slice() {
            writer.delete(object, id).await?;
            return Ok(vec![Ok((*id).to_owned())]);
        }
        let ids: Vec<&str> = removals.into_iter().map(|(_, id)| id).collect();
        writer.delete_many(&ids).await
    }

    /// The records as they go over the wire. What refers to a user of the same request does so by reference.
    async fn wanted(&mut self, left: &[usize]) -> Step<Vec<WantedRecord>> {
        let first = left.first().and_then(|first| self.made_by(*first));
        let mut wanted = Vec::new();
        for index in left.iter().copied() {
            let Write::Insert(record) = self.plan.changes[index].write.clone() else {
                continue;
            };
            let values = self.values(&record, first.as_ref()).await?;
            wanted.push(WantedRecord {
                index,
                object: record.object,
                values,
            });
        }
        Ok(wanted)
    }

    /// The values of a record; `first` is the user that is made by the same request.
    pub(super) async fn values(
        &mut self,
        record: &Record,
        first: Option<&Reference>,
    ) -> Step<Map<String, Value>> {
        let mut values = Map::new();
        for (column, value) in &record.values {
            let value = match value {
                RecordValue::Literal(value) => value.clone(),
                RecordValue::Lookup(user) if first == Some(user) => Value::from(FIRST_ID),
                RecordValue::Lookup(reference) => Value::String(self.look_up(reference).await?),
            };
            if !value.is_null() {
                values.insert(column.to_string(), value);
            }
        }
        Ok(values)
    }

    /// Marks what was done and gives the others, in their order. Whoever of them has no error waits for the one that has.
    fn unfinished(
        &mut self,
        stage: Stage,
        left: &[usize],
        rows: Result<Rows, OrgError>,
    ) -> Vec<Open> {
        let (mut whole, mut halted) = (None, None);
        let rows = rows.unwrap_or_else(|error| {
            whole = Some(error);
            Vec::new()
        });
        let mut open = Vec::new();
        let mut rows = rows.into_iter();
        for index in left.iter().copied() {
            let error = match rows.next() {
                Some(Ok(id)) => {
                    self.mark_made(index, stage, id);
                    continue;
                }
                Some(Err(refusal)) if refusal.class() == RefusalClass::RolledBack => {
                    halted = halted.or(Some((open.len(), refusal.of(&self.operation(index)))));
                    None
                }
                Some(Err(refusal)) => Some(refusal.of(&self.operation(index))),
                None => whole.take(),
            };
            open.push(Open { index, error });
        }
        // All of them rolled back, and none for a reason: then that is what the org says.
        if open.iter().all(|open| open.error.is_none())
            && let Some((number, error)) = halted
        {
            open[number].error = Some(error);
        }
        open
    }

    /// What is done to a record, for errors.
    fn operation(&self, index: usize) -> String {
        match &self.plan.changes[index].write {
            Write::Insert(record) => format!("create a {} record", record.object),
            Write::Update(id, record) => format!("update {} {id}", record.object),
            Write::Remove(object, id) => format!("delete {object} {id}"),
            Write::Deploy(_) => "deploy".to_owned(),
        }
    }

    fn mark_made(&mut self, index: usize, stage: Stage, id: String) {
        if let Some(user) = self.made_by(index) {
            self.found.insert(user, id.clone());
        }
        let is_removal = matches!(self.plan.changes[index].write, Write::Remove(..));
        self.mark(
            index,
            stage,
            ChangeResult::Done,
            Some(id).filter(|_| !is_removal),
        );
    }

    /// Ends the run where a record was refused for good. All of them are told.
    fn end_where_final(
        &mut self,
        open: &mut Vec<Open>,
        may_pass: impl Fn(&OrgError) -> bool,
    ) -> Step<()> {
        let is_final = |open: &mut Open| open.error.as_ref().is_some_and(|error| !may_pass(error));
        let refused: Vec<Open> = open.extract_if(.., is_final).collect();
        let told = refused
            .into_iter()
            .filter_map(|open| Some((open.index, open.error?)));
        match self.refused_records(told.collect()) {
            Some(stopped) => Err(stopped),
            None => Ok(()),
        }
    }

    /// Asks the org which of the records it has, whatever it said or did not say.
    async fn look_for(
        &mut self,
        stage: Stage,
        wanted: &[WantedRecord],
        open: &mut Vec<Open>,
    ) -> Step<()> {
        let is_open = |one: &&WantedRecord| open.iter().any(|open| open.index == one.index);
        let wanted: Vec<&WantedRecord> = wanted.iter().filter(is_open).collect();
        let Ok(there) = self.there(&wanted).await else {
            return self.given_up(open);
        };
        for (index, id) in there {
            self.mark_made(index, stage, id);
            open.retain(|open| open.index != index);
        }
        Ok(())
    }

    /// The ids of those that the org has, by change.
    async fn there(&self, wanted: &[&WantedRecord]) -> Result<BTreeMap<usize, String>, OrgError> {
        let (members, wanted): (Vec<&WantedRecord>, Vec<&WantedRecord>) = wanted
            .iter()
            .copied()
            .partition(|one| one.object == GROUP_MEMBER);
        let mut there = members_there(self.reader, &members).await?;
        let (users, assignments): (Vec<&WantedRecord>, Vec<&WantedRecord>) =
            wanted.into_iter().partition(|one| one.object == USER);
        let mut user_id = None;
        for user in users {
            let username = text(&user.values, "Username").to_owned();
            user_id = self.find(&Reference::Username(username)).await?;
            there.extend(user_id.clone().map(|id| (user.index, id)));
        }
        for thing in AssignedThing::ALL {
            let user = user_id.as_deref();
            let assigned = assigned_there(self.reader, thing, &assignments, user);
            there.extend(assigned.await?);
        }
        Ok(there)
    }

    /// Pauses before the open records go again, or ends with the reason why they do not.
    async fn before_again(
        &mut self,
        stage: Stage,
        attempts: &mut Attempts,
        open: &mut [Open],
    ) -> Step<()> {
        let Some((index, error)) = cause(open) else {
            return Ok(());
        };
        match self.before_next(stage, attempts, error).await {
            Err(Stopped::Org(error)) => Err(self.ended_at(index, error, open)),
            paused => paused,
        }
    }

    /// The end of a run that cannot look.
    fn given_up(&mut self, open: &mut [Open]) -> Step<()> {
        match cause(open) {
            Some((index, error)) => Err(self.ended_at(index, error, open)),
            None => Ok(()),
        }
    }

    /// The failure of open records. Where the answer was lost, nobody knows about any of them.
    fn ended_at(&mut self, index: usize, error: OrgError, open: &[Open]) -> Stopped {
        if error.outcome_unknown() {
            self.unknown(&indexes(open));
        }
        self.at_record(index, &error)
    }

    /// The failure that these refusals mean together, if there is one.
    fn refused_records(&self, refused: Vec<(usize, OrgError)>) -> Option<Stopped> {
        let mut failures = refused
            .into_iter()
            .map(|(index, error)| self.record_failure(index, &error));
        let mut first = failures.next()?;
        first
            .diagnostics
            .extend(failures.flat_map(|failure| failure.diagnostics));
        Some(first.into())
    }

    /// The end of the run, told with the resource and the manifest lines of a record.
    pub(super) fn at_record(&self, index: usize, error: &OrgError) -> Stopped {
        self.record_failure(index, error).into()
    }

    fn record_failure(&self, index: usize, error: &OrgError) -> Failure {
        let change = &self.plan.changes[index];
        let mut failure = failure::of_org(error);
        for diagnostic in &mut failure.diagnostics {
            diagnostic.message = format!("{}: {}", change.address, diagnostic.message);
            diagnostic.address = Some(change.address.clone());
            diagnostic.place.clone_from(&change.place);
        }
        failure
    }
}

async fn send_inserts(wanted: &[WantedRecord], writer: &Writer) -> Result<Rows, OrgError> {
    match wanted {
        [] => Ok(Vec::new()),
        [one] => {
            let id = writer.create(one.object, &one.values).await?;
            Ok(vec![Ok(id)])
        }
        [first, ..] if first.object == USER => {
            let records: Vec<NewRecord<'_>> =
                wanted.iter().map(|one| (one.object, &one.values)).collect();
            writer.create_together(&records).await
        }
        [first, ..] => {
            let records: Vec<_> = wanted.iter().map(|one| &one.values).collect();
            writer.create_many(first.object, &records).await
        }
    }
}

fn indexes(open: &[Open]) -> Vec<usize> {
    open.iter().map(|open| open.index).collect()
}

/// The reason to give, which is taken: one that a pause does not help, else the first.
fn cause(open: &mut [Open]) -> Option<(usize, OrgError)> {
    let told = |open: &Open| open.error.is_some();
    let lasting = |open: &Open| open.error.as_ref().is_some_and(|error| !is_passing(error));
    let number = open.iter().position(lasting);
    let open = open.get_mut(number.or_else(|| open.iter().position(told))?)?;
    Some((open.index, open.error.take()?))
}

/// Whether the same may go again: after a pause, or because nobody knows whether it was done.
fn is_passing(error: &OrgError) -> bool {
    error.outcome_unknown() || error.is_transient()
}

/// Whether the org has the record already. A username is taken in this org or in another one: the look tells.
fn is_duplicate(error: &OrgError) -> bool {
    error.refusal().is_some_and(|refusal| {
        matches!(
            refusal.class(),
            RefusalClass::Duplicate | RefusalClass::UsernameTaken
        )
    })
}

fn is_gone(open: &Open) -> bool {
    let refusal = open.error.as_ref().and_then(OrgError::refusal);
    refusal.is_some_and(|refusal| refusal.class() == RefusalClass::NotFound)
}

pub(super) fn text<'v>(values: &'v Map<String, Value>, column: &str) -> &'v str {
    values
        .get(column)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
