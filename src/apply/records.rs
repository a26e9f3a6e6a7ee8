//! One stage's records: which go together, and the ids that they and the components of a deploy refer to.

use super::lost::Attempts;
use super::{Result, Run, Step, Stopped};
use crate::change::{Component, Lookup, Record, RecordValue, Write};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::org::{MOST_IN_COLLECTION, MOST_TOGETHER, OrgError, Row};
use crate::soql;
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
    pub(super) async fn write_records(&mut self, stage: u8, changes: &[usize]) -> Step<()> {
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
        for group in self.groups(&written) {
            self.check_stop()?;
            match group {
                Group::Inserts(indexes) => self.insert(stage, indexes).await?,
                Group::Update(index) => self.update(stage, index).await?,
                Group::Removals(indexes) => self.remove(stage, indexes).await?,
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
            made.is_some_and(|made| self.lookups_of(index).any(|lookup| lookup.soql == made))
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

    /// The query that will find the user of an insert: its id is known once it is made.
    pub(super) fn made_by(&self, index: usize) -> Option<String> {
        let Write::Insert(record) = &self.plan.changes[index].write else {
            return None;
        };
        match record.values.get("Username") {
            Some(RecordValue::Literal(username)) if record.object == USER => {
                Some(user_query(username.as_str().unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// The same values written twice are the same values, so a lost answer needs no look.
    async fn update(&mut self, stage: u8, index: usize) -> Step<()> {
        let Write::Update(id, record) = self.plan.changes[index].write.clone() else {
            return Ok(());
        };
        let values = self.values(&record, None).await?;
        let mut attempts = Attempts::new(self.now());
        while let Err(error) = self.writer.update(record.object, &id, &values).await {
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
        self.mark(index, stage, Result::Done, Some(id));
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

    pub(super) async fn look_up(&mut self, lookup: &Lookup) -> Step<String> {
        if let Some(id) = self.found.get(&lookup.soql) {
            return Ok(id.clone());
        }
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

    async fn find(&self, soql: &str) -> std::result::Result<Option<String>, OrgError> {
        Ok(first_id(&self.writer.reader().query(soql).await?))
    }
}

pub(super) fn first_id(rows: &[Row]) -> Option<String> {
    Some(rows.first()?.get("Id")?.as_str()?.to_owned())
}

/// The query that finds a user.
pub(super) fn user_query(username: &str) -> String {
    format!(
        "SELECT Id FROM User WHERE Username = {}",
        soql::literal(username)
    )
}

fn replace_text(element: &mut crate::xml::Element, placeholder: &str, id: &str) {
    if element.text.contains(placeholder) {
        element.text = element.text.replace(placeholder, id).into();
    }
    for child in &mut element.children {
        replace_text(child, placeholder, id);
    }
}
