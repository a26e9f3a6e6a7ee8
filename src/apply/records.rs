//! One stage's records: which go together, and the ids that they and the components of a deploy refer to.

use super::lost::Attempts;
use super::{ChangeResult, Run, Step, Stopped};
use crate::change::{Component, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::Reference;
use crate::org::{MOST_IN_COLLECTION, MOST_TOGETHER, OrgError, Writer};
use serde_json::Value;
use std::collections::BTreeSet;

/// The object of users, which others are assigned to.
pub(super) const USER: &str = "User";

/// Writes that one request carries out, by change.
enum Group {
    Inserts(Vec<usize>),
    Update(usize),
    Removals(Vec<usize>),
}

impl Run<'_> {
    /// Writes the records of these changes, as many with one request as the platform takes.
    pub(super) async fn write_records(
        &mut self,
        stage: Stage,
        changes: &[usize],
        writer: &Writer,
    ) -> Step<()> {
        let written: Vec<usize> = changes
            .iter()
            .copied()
            .filter(|index| self.deploys(*index).is_none())
            .collect();
        let made: BTreeSet<Reference> = written
            .iter()
            .filter_map(|index| self.made_by(*index))
            .collect();
        let lookups = written.iter().flat_map(|index| self.lookups_of(*index));
        let known = lookups.filter(|lookup| !made.contains(*lookup));
        let lookups: BTreeSet<Reference> = known.cloned().collect();
        self.find_together(lookups).await?;
        for group in self.groups(&written) {
            self.check_stop()?;
            match group {
                Group::Inserts(indexes) => self.insert(stage, indexes, writer).await?,
                Group::Update(index) => self.update(stage, index, writer).await?,
                Group::Removals(indexes) => self.remove(stage, indexes, writer).await?,
            }
        }
        Ok(())
    }

    /// The writes, those together that one request carries out, otherwise in their order.
    fn groups(&self, written: &[usize]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for index in written.iter().copied() {
            match &self.plan.changes[index].write {
                Write::Insert(record) => self.group_insert(&mut groups, index, record),
                Write::Update(..) => groups.push(Group::Update(index)),
                Write::Remove(..) => match groups.last_mut() {
                    Some(Group::Removals(removals)) if removals.len() < MOST_IN_COLLECTION => {
                        removals.push(index);
                    }
                    _ => groups.push(Group::Removals(vec![index])),
                },
                Write::Deploy(_) => {}
            }
        }
        groups
    }

    /// Puts an insert with the one it refers to, or with others of its object.
    fn group_insert(&self, groups: &mut Vec<Group>, index: usize, record: &Record) {
        let leads = |first: &usize| {
            let made = self.made_by(*first);
            made.is_some_and(|made| self.lookups_of(index).any(|lookup| *lookup == made))
        };
        let with_its_first = groups.iter_mut().find_map(|group| match group {
            Group::Inserts(inserts) => inserts
                .first()
                .is_some_and(leads)
                .then_some(inserts)
                .filter(|inserts| inserts.len() < MOST_TOGETHER),
            _ => None,
        });
        if let Some(inserts) = with_its_first {
            return inserts.push(index);
        }
        let is_alike = |first: &usize| match &self.plan.changes[*first].write {
            Write::Insert(first) => first.object == record.object && record.object != USER,
            _ => false,
        };
        match groups.last_mut() {
            Some(Group::Inserts(inserts))
                if inserts.len() < MOST_IN_COLLECTION && inserts.iter().all(is_alike) =>
            {
                inserts.push(index);
            }
            _ => groups.push(Group::Inserts(vec![index])),
        }
    }

    fn lookups_of(&self, index: usize) -> impl Iterator<Item = &Reference> {
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

    /// The user that an insert makes: its id is known once it is made.
    pub(super) fn made_by(&self, index: usize) -> Option<Reference> {
        let Write::Insert(record) = &self.plan.changes[index].write else {
            return None;
        };
        match record.values.get("Username") {
            Some(RecordValue::Literal(username)) if record.object == USER => {
                Some(Reference::Username(username.as_str()?.to_owned()))
            }
            _ => None,
        }
    }

    /// The same values written twice are the same values, so a lost answer needs no look.
    async fn update(&mut self, stage: Stage, index: usize, writer: &Writer) -> Step<()> {
        let Write::Update(id, record) = self.plan.changes[index].write.clone() else {
            return Ok(());
        };
        let mut values = self.values(&record, None).await?;
        // What goes is written as null; a new record just leaves it out.
        let gone = record.values.iter().filter(
            |(_, value)| matches!(value, RecordValue::Literal(literal) if literal.is_null()),
        );
        values.extend(gone.map(|(column, _)| (column.clone().into_owned(), Value::Null)));
        let mut attempts = Attempts::new(self.now());
        while let Err(error) = writer.update(record.object, &id, &values).await {
            let lost = error.outcome_unknown();
            match self.before_next(stage, &mut attempts, error).await {
                Err(Stopped::Org(error)) => {
                    if lost {
                        self.unknown(&[index]);
                    }
                    return Err(self.at_record(index, &error));
                }
                paused => paused?,
            }
        }
        self.mark(index, stage, ChangeResult::Done, Some(id));
        Ok(())
    }

    /// Puts ids that only exist now in the place of their placeholders.
    pub(super) async fn with_ids(
        &mut self,
        mut components: Vec<Component>,
    ) -> Step<Vec<Component>> {
        let lookups = components
            .iter()
            .flat_map(|component| component.lookups.values());
        let lookups: BTreeSet<Reference> = lookups.cloned().collect();
        self.find_together(lookups).await?;
        for component in &mut components {
            for (placeholder, reference) in std::mem::take(&mut component.lookups) {
                let id = self.look_up(&reference).await?;
                if let Some(body) = &mut component.body {
                    replace_text(body, &placeholder, &id);
                }
            }
        }
        Ok(components)
    }

    /// The id of what a name stands for, which must be in the org by now.
    pub(super) async fn look_up(&mut self, reference: &Reference) -> Step<String> {
        if let Some(id) = self.found.get(reference) {
            return Ok(id.clone());
        }
        match self.find(reference).await? {
            Some(id) => Ok(id),
            None => {
                let what = reference.what();
                let message = format!("the {what} cannot be found in the org");
                let help = "an earlier stage should have made it; run the same command again";
                let diagnostic = Diagnostic::error(Code::IdNotFound, message).help(help);
                Err(Failure::new(Exit::Failed, vec![diagnostic]).into())
            }
        }
    }

    /// Asks for what a stage looks up, in one request. What does not exist yet is asked for again when it is needed.
    async fn find_together(&mut self, mut references: BTreeSet<Reference>) -> Step<()> {
        references.retain(|reference| !self.found.contains_key(reference));
        if references.is_empty() {
            return Ok(());
        }
        let queries: Vec<String> = references.iter().map(Reference::query).collect();
        let results = self.reader.queries(&queries).await?;
        for (reference, rows) in references.into_iter().zip(results) {
            let id = rows.ok().and_then(|rows| reference.found_in(&rows));
            self.found.extend(id.map(|id| (reference, id)));
        }
        Ok(())
    }

    /// The id of what a name stands for, where the org has it.
    pub(super) async fn find(&self, reference: &Reference) -> Result<Option<String>, OrgError> {
        let rows = self.reader.query(&reference.query()).await?;
        Ok(reference.found_in(&rows))
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
