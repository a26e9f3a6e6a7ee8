//! One stage's records: users and assignments, one after the other, each looked up before and after.

use super::lost::Attempts;
use super::{ChangeResult, Run, Step};
use crate::change::{Component, Lookup, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure;
use crate::org::{OrgError, Refusal, Row};
use crate::soql;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl Run<'_> {
    /// Writes the records of these changes.
    pub(super) async fn write_records(&mut self, stage: Stage, changes: &[usize]) -> Step<()> {
        let written: Vec<usize> = changes
            .iter()
            .copied()
            .filter(|index| self.deploys(*index).is_none())
            .collect();
        let made: BTreeSet<String> = written
            .iter()
            .filter_map(|index| self.made_by(*index))
            .collect();
        let lookups = written.iter().flat_map(|index| self.lookups_of(*index));
        let known = lookups.filter(|lookup| !made.contains(&lookup.soql));
        let lookups: Vec<Lookup> = known.cloned().collect();
        self.find_together(&lookups).await?;
        for index in written {
            self.check_stop()?;
            let write = self.plan.changes[index].write.clone();
            match self.write_record(stage, write).await {
                Ok(id) => self.mark(index, stage, ChangeResult::Done, id),
                Err(super::Stopped::Org(error)) => return Err(self.refused_record(index, error)),
                Err(stopped) => return Err(stopped),
            }
        }
        Ok(())
    }

    fn lookups_of(&self, index: usize) -> impl Iterator<Item = &Lookup> {
        let record = match &self.plan.changes[index].write {
            Write::Insert(record) | Write::Update(_, record) => Some(record),
            Write::Deploy(_) | Write::Remove(..) => None,
        };
        let values = record.into_iter().flat_map(|record| record.values.values());
        values.filter_map(|value| match value {
            RecordValue::Lookup(lookup) => Some(lookup),
            RecordValue::Literal(_) => None,
        })
    }

    /// The query that will find the record of an insert: its id is known once it is made.
    fn made_by(&self, index: usize) -> Option<String> {
        let Write::Insert(record) = &self.plan.changes[index].write else {
            return None;
        };
        let values = record
            .values
            .iter()
            .filter_map(|(column, value)| match value {
                RecordValue::Literal(value) => Some(((*column).to_owned(), value.clone())),
                RecordValue::Lookup(_) => None,
            });
        Some(twin(record, &values.collect()))
    }

    async fn write_record(&mut self, stage: Stage, write: Write) -> Step<Option<String>> {
        match write {
            Write::Insert(record) => {
                let values = self.values(&record).await?;
                let id = self.insert(stage, &record, &values).await?;
                self.found.insert(twin(&record, &values), id.clone());
                Ok(Some(id))
            }
            Write::Update(id, record) => {
                let values = self.values(&record).await?;
                self.update(stage, record.object, &id, &values).await?;
                Ok(Some(id))
            }
            Write::Remove(object, id) => {
                self.remove(stage, &object, &id).await?;
                Ok(None)
            }
            Write::Deploy(_) => Ok(None),
        }
    }

    /// A lost answer is looked up first: a user made twice could never be deleted. A record that is there already is
    /// what was wanted.
    async fn insert(
        &mut self,
        stage: Stage,
        record: &Record,
        values: &Map<String, Value>,
    ) -> Step<String> {
        let mut attempts = Attempts::new(self.now());
        loop {
            let error = match self.writer.create(record.object, values).await {
                Ok(id) => return Ok(id),
                Err(error) => error,
            };
            let duplicate = error.refusal().is_some_and(is_duplicate);
            if !error.outcome_unknown() && !error.is_transient() && !duplicate {
                return Err(error.into());
            }
            match self.find(&twin(record, values)).await {
                Ok(Some(id)) => return Ok(id),
                Ok(None) => {}
                Err(_) => return Err(error.into()),
            }
            self.before_next(stage, &mut attempts, error).await?;
        }
    }

    /// The same values written twice are the same values, so a lost answer needs no look.
    async fn update(
        &mut self,
        stage: Stage,
        object: &str,
        id: &str,
        values: &Map<String, Value>,
    ) -> Step<()> {
        let mut attempts = Attempts::new(self.now());
        loop {
            let Err(error) = self.writer.update(object, id, values).await else {
                return Ok(());
            };
            self.before_next(stage, &mut attempts, error).await?;
        }
    }

    /// A record that is gone is what was wanted.
    async fn remove(&mut self, stage: Stage, object: &str, id: &str) -> Step<()> {
        let mut attempts = Attempts::new(self.now());
        loop {
            let error = match self.writer.delete(object, id).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if error.refusal().is_some_and(is_gone) {
                return Ok(());
            }
            self.before_next(stage, &mut attempts, error).await?;
        }
    }

    async fn values(&mut self, record: &Record) -> Step<Map<String, Value>> {
        let mut values = Map::new();
        for (column, value) in &record.values {
            let value = match value {
                RecordValue::Literal(value) => value.clone(),
                RecordValue::Lookup(lookup) => Value::String(self.look_up(lookup).await?),
            };
            if !value.is_null() {
                values.insert((*column).to_owned(), value);
            }
        }
        Ok(values)
    }

    /// Puts ids that only exist now in the place of their placeholders.
    pub(super) async fn with_ids(
        &mut self,
        mut components: Vec<Component>,
    ) -> Step<Vec<Component>> {
        let lookups = components
            .iter()
            .flat_map(|component| component.lookups.values());
        let lookups: Vec<Lookup> = lookups.cloned().collect();
        self.find_together(&lookups).await?;
        for component in &mut components {
            for (placeholder, lookup) in std::mem::take(&mut component.lookups) {
                let id = self.look_up(&lookup).await?;
                if let Some(body) = &mut component.body {
                    replace_text(body, &placeholder, &id);
                }
            }
        }
        Ok(components)
    }

    async fn look_up(&mut self, lookup: &Lookup) -> Step<String> {
        if let Some(id) = self.found.get(&lookup.soql) {
            return Ok(id.clone());
        }
        match self.find(&lookup.soql).await? {
            Some(id) => Ok(id),
            None => {
                let message = format!("the {} cannot be found in the org", lookup.what);
                let help = "an earlier stage should have made it; run the same command again";
                let diagnostic = Diagnostic::error(Code::IdNotFound, message).help(help);
                Err(Failure::new(Exit::Failed, vec![diagnostic]).into())
            }
        }
    }

    /// Asks for what a stage looks up, in one request. What does not exist yet is asked for again when it is needed.
    async fn find_together(&mut self, lookups: &[Lookup]) -> Step<()> {
        let unknown = lookups
            .iter()
            .filter(|lookup| !self.found.contains_key(&lookup.soql));
        let mut queries: Vec<String> = unknown.map(|lookup| lookup.soql.clone()).collect();
        queries.sort();
        queries.dedup();
        if queries.is_empty() {
            return Ok(());
        }
        let results = self.writer.reader().queries(&queries).await?;
        for (query, rows) in queries.into_iter().zip(results) {
            let id = rows.ok().as_deref().and_then(first_id);
            self.found.extend(id.map(|id| (query, id)));
        }
        Ok(())
    }

    async fn find(&self, soql: &str) -> Result<Option<String>, OrgError> {
        Ok(first_id(&self.writer.reader().query(soql).await?))
    }

    fn refused_record(&mut self, index: usize, error: OrgError) -> super::Stopped {
        if error.outcome_unknown() {
            self.mark(
                index,
                self.plan.changes[index].stage,
                ChangeResult::Unknown,
                None,
            );
        }
        let change = &self.plan.changes[index];
        let mut failure = failure::of_org(&error);
        for diagnostic in &mut failure.diagnostics {
            diagnostic.message = format!("{}: {}", change.address, diagnostic.message);
            diagnostic.address = Some(change.address.clone());
            diagnostic.place.clone_from(&change.place);
        }
        failure.into()
    }
}

fn first_id(rows: &[Row]) -> Option<String> {
    Some(rows.first()?.get("Id")?.as_str()?.to_owned())
}

/// Whether the org has the record already. A username is taken in this org or in another one: the look tells.
fn is_duplicate(refusal: &Refusal) -> bool {
    matches!(
        refusal.code.as_str(),
        "DUPLICATE_VALUE" | "DUPLICATE_USERNAME"
    )
}

fn is_gone(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "ENTITY_IS_DELETED" | "NOT_FOUND")
}

/// The query that finds the record an insert would have made.
fn twin(record: &Record, values: &Map<String, Value>) -> String {
    let text = |column: &str| {
        soql::literal(
            values
                .get(column)
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )
    };
    match record.object {
        "PermissionSetAssignment" => format!(
            "SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = {} AND PermissionSetId = {}",
            text("AssigneeId"),
            text("PermissionSetId")
        ),
        _ => format!("SELECT Id FROM User WHERE Username = {}", text("Username")),
    }
}

fn replace_text(element: &mut crate::xml::Element, placeholder: &str, id: &str) {
    if element.text.contains(placeholder) {
        element.text = element.text.replace(placeholder, id).into();
    }
    for child in &mut element.children {
        replace_text(child, placeholder, id);
    }
}
