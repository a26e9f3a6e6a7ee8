//! One stage's records: users and assignments, one after the other, each looked up before and after.

use super::{Result, Run, Step};
use crate::change::{Component, Lookup, Record, RecordValue, Write};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure;
use crate::org::OrgError;
use crate::soql;
use serde_json::{Map, Value};

impl Run<'_> {
    /// Writes the records of these changes.
    pub(super) async fn write_records(&mut self, stage: u8, changes: &[usize]) -> Step<()> {
        for index in changes.iter().copied() {
            if self.deploys(index).is_some() {
                continue;
            }
            self.check_stop()?;
            let write = self.plan.changes[index].write.clone();
            match self.write_record(write).await {
                Ok(id) => self.mark(index, stage, Result::Done, id),
                Err(super::Stopped::Org(error)) => return Err(self.refused_record(index, error)),
                Err(stopped) => return Err(stopped),
            }
        }
        Ok(())
    }

    async fn write_record(&self, write: Write) -> Step<Option<String>> {
        match write {
            Write::Insert(record) => {
                let values = self.values(&record).await?;
                Ok(Some(self.insert(&record, values).await?))
            }
            Write::Update(id, record) => {
                let values = self.values(&record).await?;
                self.writer.update(record.object, &id, &values).await?;
                Ok(Some(id))
            }
            Write::Remove(object, id) => {
                self.writer.delete(&object, &id).await?;
                Ok(None)
            }
            Write::Deploy(_) => Ok(None),
        }
    }

    /// A lost answer is looked up, never sent again: a user made twice could never be deleted. An assignment that is
    /// there already is what was wanted.
    async fn insert(&self, record: &Record, values: Map<String, Value>) -> Step<String> {
        let error = match self.writer.create(record.object, &values).await {
            Ok(id) => return Ok(id),
            Err(error) => error,
        };
        let duplicate = error
            .refusal()
            .is_some_and(|refusal| refusal.code == "DUPLICATE_VALUE");
        if !error.outcome_unknown() && !duplicate {
            return Err(error.into());
        }
        match self.find(&twin(record, &values)).await {
            Ok(Some(id)) => Ok(id),
            _ => Err(error.into()),
        }
    }

    async fn values(&self, record: &Record) -> Step<Map<String, Value>> {
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
    pub(super) async fn with_ids(&self, mut components: Vec<Component>) -> Step<Vec<Component>> {
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

    async fn look_up(&self, lookup: &Lookup) -> Step<String> {
        match self.find(&lookup.soql).await? {
            Some(id) => Ok(id),
            None => {
                let message = format!("the {} cannot be found in the org", lookup.what);
                let help = "an earlier stage should have made it; run the same command again";
                let diagnostic = Diagnostic::error("OW3009", message).help(help);
                Err(Failure::new(Exit::Failed, vec![diagnostic]).into())
            }
        }
    }

    async fn find(&self, soql: &str) -> std::result::Result<Option<String>, OrgError> {
        let rows = self.writer.reader().query(soql).await?;
        Ok(rows
            .first()
            .and_then(|row| row.get("Id"))
            .and_then(Value::as_str)
            .map(str::to_owned))
    }

    fn refused_record(&mut self, index: usize, error: OrgError) -> super::Stopped {
        if error.outcome_unknown() {
            self.mark(index, self.plan.changes[index].stage, Result::Unknown, None);
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
        element.text = element.text.replace(placeholder, id);
    }
    for child in &mut element.children {
        replace_text(child, placeholder, id);
    }
}
